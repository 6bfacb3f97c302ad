"""Sums of ratios over units, from one query by day: what clustered intervals need (:mod:`poanalyzer.mine.blocks`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.blocks import TENTH, WIDE, Pair, Sums, Tail, day_of, of_days, whole_number

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
    wide = {c: rows[c].cast(WIDE) for c in rows.columns if c.startswith(("x_", "y_", "c_"))}
    asked: dict[str, ibis.Value] = {f"c_{name}": wide[f"c_{name}"].sum() for name in counts}
    for name, pair in pairs.items():
        x, y = wide[f"x_{name}"], wide[f"y_{name}"]
        asked |= {f"n_{name}": (y > 0).sum(), f"x_{name}": x.sum(), f"y_{name}": y.sum(), f"xx_{name}": (x * x).sum(),
                  f"yy_{name}": (y * y).sum(), f"xy_{name}": (x * y).sum()}  # fmt: skip
        if pair.times:
            a, b = (x // TENTH).cast(WIDE), (y // TENTH).cast(WIDE)
            asked |= {f"xxy_{name}": (a * a * b).sum(), f"xyy_{name}": (a * b * b).sum(),
                      f"yyy_{name}": (b * b * b).sum(), f"top_{name}": y.max()}  # fmt: skip
    days = mined.query(rows.mutate(day_of_unit=day).group_by("day_of_unit").agg(**asked)).to_dict("records")
    return (
        {name: _sums(days, name, pair.times) for name, pair in pairs.items()},
        {name: sum(whole_number(row[f"c_{name}"]) for row in days) for name in counts},
    )


def _sums(days: list[dict[str, Any]], name: str, times: bool) -> Sums:
    """Return the sums of one ratio from those of its days: there are few, so that weeks need no query."""

    def total(part: str) -> int:
        return sum(whole_number(row[f"{part}_{name}"]) for row in days)

    tail = None
    if times:
        largest = max((whole_number(row[f"top_{name}"]) for row in days), default=0)
        tail = Tail(TENTH, total("xxy"), total("xyy"), total("yyy"), largest=largest)
    n, x, y, xx, yy, xy = (total(part) for part in ("n", "x", "y", "xx", "yy", "xy"))
    units = Sums(n, x, y, xx, yy, xy, tail=tail)
    by_day = {whole_number(row["day_of_unit"]): row for row in days}
    return of_days(units, {d: (whole_number(r[f"x_{name}"]), whole_number(r[f"y_{name}"])) for d, r in by_day.items()})
