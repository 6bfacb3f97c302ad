"""Mean active concurrency.

How many activities were active on average while any was: Σ durations / Σ time with at least one active, summed over
cases. 1 means that nothing overlapped. Only rows of work with a start and an end count; zero-length ones add nothing.

Known bias: a user task that lies open overlaps trivially (waiting is not work).

Source: this project's definition: the speed-up over busy time, as in multiprogramming.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="mean-active-concurrency",
    numerator=lambda c: c.duration,
    denominator=lambda c: c.busy,
    denominator_name="time with work active",
    needs=("start-times", "end-times"),
    unit="activities",
    closed=False,
    durations=True,
    lowest=1.0,
    highest=None,
    witness=Witness(
        where=lambda c: c.overlap > 0,
        order=lambda c: [c.overlap.desc()],
        what=lambda r: f"{r.overlap / 3.6e9:.1f} h of {r.busy / 3.6e9:.1f} busy hours with two or more active",
    ),
)
