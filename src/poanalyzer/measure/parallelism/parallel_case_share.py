"""Parallel case share.

Share of cases in which any two activities overlapped, among the cases with at least one activity that took time.
Cases of the window count, open ones too; for the portfolio a root case together with the cases it called.

Formula: cases with an overlap / cases with at least one row of work that took time.

Known bias: a second of overlap counts as much as a day of it; a user task that lies open overlaps with all that runs
meanwhile.

Example: of 40 cases with work that took time, two activities overlap in 10: 0.25.

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
