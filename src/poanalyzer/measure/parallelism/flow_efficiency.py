"""Flow efficiency.

Share of the elapsed time of a case in which something was being done: Σ time with work active / Σ (last end − first
start), over rows of work with a start and an end.

Known bias: an open user task counts as activity, although it mostly waits; a log without waiting looks perfect.

Source: cycle time efficiency in Dumas et al., Fundamentals of Business Process Management (2018), on interval unions.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="flow-efficiency",
    numerator=lambda c: c.busy,
    denominator=lambda c: c.last_end - c.first_start,
    denominator_name="elapsed time",
    needs=("start-times", "end-times"),
    closed=False,
    durations=True,
    witness=Witness(
        where=lambda c: c.last_end - c.first_start > c.busy,
        order=lambda c: [(c.last_end - c.first_start - c.busy).desc()],
        what=lambda r: f"{(r.last_end - r.first_start - r.busy) / 3.6e9:.1f} h in which nothing was active",
    ),
)
