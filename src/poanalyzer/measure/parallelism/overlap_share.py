"""Overlap share.

Share of the busy time of cases in which at least two activities of the same case were active. Intervals that only
touch do not overlap. Rows of work with a start and an end count, in cases of the window that may still be open; for
the portfolio a root case is taken together with the cases it called.

Formula: Σ time with ≥ 2 rows of work active / Σ time with ≥ 1 active, over cases.

Known bias: a user task that lies open overlaps with all that runs meanwhile, although waiting is not work; the
overlap shares of people and of services stand beside it.

Example: one activity runs from minute 0 to 20, another from 10 to 30: 10 of 30 busy minutes, 0.33.

Source: this project's definition, from interval overlap.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="overlap-share",
    numerator=lambda c: c.overlap,
    denominator=lambda c: c.busy,
    denominator_name="time with work active",
    needs=("start-times", "end-times"),
    closed=False,
    durations=True,
    witness=Witness(
        where=lambda c: c.overlap > 0,
        order=lambda c: [c.overlap.desc()],
        what=lambda r: f"{r.overlap / r.busy:.0%} of {r.busy / 3.6e9:.1f} busy hours with two or more active",
    ),
)
