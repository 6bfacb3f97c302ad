"""Sums over units, made in the engine: what a ratio and its clustered interval need, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poanalyzer.measure.interval import Sums

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined


def products(x: ibis.Value, y: ibis.Value) -> tuple[ibis.Value, ibis.Value, ibis.Value]:
    """Return x², y² and x·y, wide enough: a squared number of microseconds passes 64 bits above 51 minutes."""
    wide_x, wide_y = x.cast("decimal(38,0)"), y.cast("decimal(38,0)")
    return wide_x * wide_x, wide_y * wide_y, wide_x * wide_y


def over_units(
    mined: Mined, rows: ibis.Table, x: ibis.Value, y: ibis.Value, **counts: ibis.Value
) -> tuple[Sums, dict[str, int]]:
    """Return the sums of ``x`` and ``y`` over ``rows``, one row a unit, and further sums by name.

    ``n`` counts the rows with a positive ``y``: the units that say something about the ratio.
    """
    xx, yy, xy = products(x, y)
    row = mined.query(
        rows.agg(
            n_=(y > 0).sum(), x_=x.sum(), y_=y.sum(), xx_=xx.sum(), yy_=yy.sum(), xy_=xy.sum(),
            **{name: value.sum() for name, value in counts.items()},
        )
    ).iloc[0]  # fmt: skip
    whole = {name: whole_number(row[name]) for name in row.index}
    return Sums(*(whole[k] for k in ("n_", "x_", "y_", "xx_", "yy_", "xy_"))), {c: whole[c] for c in counts}


def whole_number(value: Any) -> int:
    """Return a sum as an integer; the sum of no rows is 0."""
    return 0 if value is None or value != value else int(value)
