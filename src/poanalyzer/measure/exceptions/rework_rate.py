"""Rework rate.

Share of closed cases in which a work activity has two or more recorded instances. Retries of one instance and
multi-instance siblings do not count.

Formula: closed cases with a repeated work activity / closed cases with work.

Known bias: loops by design count as rework; in status logs a repeated status does.

Example: 100 closed cases, in 12 of them an activity was done again: 0.12.

Source: first time right of UiPath Process Mining, turned; repetitions of edeaR.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="rework-rate",
    numerator=lambda c: c.repeated,
    denominator=lambda c: c.work > 0,
    denominator_name="closed cases with work",
    needs=("activities",),
    better="down",
    binary=True,
    witness=Witness(
        where=lambda c: c.repeated > 0,
        order=lambda c: [c.work.desc()],
        what=lambda r: f"an activity repeated; {r.work:.0f} rows of work",
    ),
)
