"""Flow efficiency.

Share of the time of cases, from the first start to the last end of their work, in which something was being done.
Rows of work with a start and an end count, in cases of the window that may still be open; for the portfolio a root
case is taken together with the cases it called.

Formula: Σ time with at least one row of work active / Σ (last end − first start), over cases.

Known bias: an open user task counts as activity, although it mostly waits, so a process of user tasks looks better
than it is; what came before the first row of work or after the last is not in the elapsed time. Where a few cases wait
for very long, the interval holds the truth in about nine of ten logs rather than in nineteen of twenty.

Example: work from 9:00 to 10:00, from 9:30 to 11:00 and from 15:00 to 17:00: 4 of 8 hours, 0.5.

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
