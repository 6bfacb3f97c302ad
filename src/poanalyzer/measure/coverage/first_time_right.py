"""First-time-right rate.

Share of closed cases in which no work activity was recorded twice or more; multi-instance siblings count once. It is
what ``rework-rate`` leaves.

Formula: closed cases with work and no repeated activity / closed cases with work.

Known bias: loops that the model intends count as not right.

Example: 100 closed cases, in 12 of them a step was done again: 0.88.

Source: UiPath's “first time right” (traces without revisions); the exclusion of siblings is this project's.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="first-time-right",
    numerator=lambda c: 1 - c.repeated,
    denominator=lambda c: c.work > 0,
    denominator_name="closed cases with work",
    needs=("activities",),
    binary=True,
    witness=Witness(
        where=lambda c: c.repeated > 0,
        order=lambda c: [c.work.desc()],
        what=lambda r: f"a step was done more than once ({r.work:.0f} rows of work)",
    ),
)
