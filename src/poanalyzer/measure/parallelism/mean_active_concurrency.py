"""Mean active concurrency.

How many activities of a case were active on average while any was. 1 means that nothing overlapped. Rows of work with
a start and an end count, in cases of the window that may still be open; zero-length rows add nothing. For the
portfolio a root case is taken together with the cases it called.

Formula: Σ durations of rows of work / Σ time with at least one of them active, over cases.

Range: 1 and above.

Known bias: a user task that lies open overlaps with all that runs meanwhile, although waiting is not work.

Example: one activity runs from minute 0 to 20, another from 10 to 30: 40 minutes of work in 30 busy ones, 1.33.

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
