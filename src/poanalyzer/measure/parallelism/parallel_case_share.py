"""Parallel case share.

Share of cases in which any two activities overlapped, among cases with at least one activity that took time.

Source: this project's definition, from interval overlap.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="parallel-case-share",
    numerator=lambda c: c.overlap > 0,
    denominator=lambda c: c.intervals > 0,
    denominator_name="cases with an activity that took time",
    needs=("start-times", "end-times"),
    closed=False,
    binary=True,
    witness=Witness(
        where=lambda c: c.overlap > 0,
        order=lambda c: [c.overlap.desc()],
        what=lambda r: f"{r.overlap / 3.6e9:.1f} h with two or more active",
    ),
)
