"""Overlap share.

Share of the busy time in which at least two activities of the same case were active: time with ≥ 2 active / time with
≥ 1 active, summed over cases. Intervals that only touch do not overlap.

Known bias: as mean active concurrency.

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
