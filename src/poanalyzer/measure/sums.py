"""Sums of ratios over units, in one query: what its clustered interval needs (:mod:`poanalyzer.mine.blocks`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from poanalyzer.mine.blocks import Layout, Pair, Sums, day_of

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined


def over_units(
    mined: Mined, rows: ibis.Table, x: ibis.Value, y: ibis.Value, *, times: bool = False, **counts: ibis.Value
) -> tuple[Sums, dict[str, int]]:
    """Return the sums of ``x`` and ``y`` over ``rows``, one row a unit, and further sums by name.

    ``n`` counts the rows with a positive ``y``: the units that say something about the ratio. Rows are summed by day and week
    too where they have the ``day`` (since 1970) that they belong to, or the times of their case, or its number (``case_ix``
    or ``root_ix``). ``times``: both are microseconds.
    """
    found, more = several_over_units(mined, rows, {"ratio": Pair(x, y, times)}, counts)
    return found["ratio"], more


def several_over_units(
    mined: Mined, rows: ibis.Table, pairs: Mapping[str, Pair], counts: Mapping[str, ibis.Value]
) -> tuple[dict[str, Sums], dict[str, int]]:
    """Return the sums of several ratios over the same ``rows``, and further sums, by name: as :func:`over_units`."""
    import ibis

    zero = ibis.literal(0, "int64")
    known = set(rows.columns)
    rows = rows.mutate(
        **{f"x_{name}": ibis.coalesce(pair.x.cast("int64"), zero) for name, pair in pairs.items()},
        **{f"y_{name}": ibis.coalesce(pair.y.cast("int64"), zero) for name, pair in pairs.items()},
        **{f"c_{name}": value.cast("int64") for name, value in counts.items()},
    )  # fmt: skip
    day: ibis.Value = zero
    if "day" in known:
        day = rows["day"]
    elif {"start", "end", "last_at"} <= known:
        day = day_of(rows)
    elif key := next((c for c in ("case_ix", "root_ix") if c in known), None):
        begun = mined.cases.select(unit_ix_="case_ix", day_=day_of(mined.cases))
        rows = rows.left_join(begun, [rows[key] == begun.unit_ix_])
        day = rows.day_
    layout = Layout(
        {name: Pair(rows[f"x_{name}"], rows[f"y_{name}"], pair.times) for name, pair in pairs.items()},
        {name: rows[f"c_{name}"] for name in counts},
    )
    found = {int(row["k"]): row for row in mined.query(layout.agg(rows, day, ())).to_dict("records")}
    if not found:
        return dict.fromkeys(pairs, Sums(0, 0, 0, 0, 0, 0)), dict.fromkeys(counts, 0)
    return {name: layout.sums(found, name) for name in pairs}, {name: layout.count(found, name) for name in counts}
