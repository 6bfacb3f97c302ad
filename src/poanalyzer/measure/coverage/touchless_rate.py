"""Touchless rate.

Share of closed cases all of whose work is known to be non-human (straight-through processing). Cases are selected by
their end, since running cases look touchless until somebody touches them. Cases with work of unknown hands and no
human one belong to the upper bound.

Formula: closed cases all of whose rows of work are non-human / closed cases with work; the upper bound adds those
with unknown hands and no human row.

Known bias: what people did outside the recorded work is not seen, and repairs by operators are not rows of work:
both make it too high.

Example: 100 closed cases, 60 by services alone, 10 more with work of unknown hands and no human one: 0.6, at most
0.7.

Source: straight-through processing; the bounds are this project's.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="touchless-rate",
    numerator=lambda c: (c.work > 0) & (c.machine == c.work),
    denominator=lambda c: c.work > 0,
    unknown=lambda c: (c.human == 0) & (c.unknown > 0),
    inferred=lambda c: c.inferred > 0,
    denominator_name="closed cases with work",
    needs=("activities", ("element-types", "resources")),
    binary=True,
    witness=Witness(
        where=lambda c: c.human > 0,
        order=lambda c: [c.human, c.work.desc()],
        what=lambda r: f"touched: {r.human:.0f} of {r.work:.0f} rows of work done by people",
    ),
)
