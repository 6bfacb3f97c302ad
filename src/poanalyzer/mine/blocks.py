"""Sums over units, made in the engine: what a ratio and its clustered interval need, exactly.

A unit is a case, or a root case with its descendants. One query sums in three steps: over the units of a day, over the days
of a week, over the weeks. Each step adds the squares of what it sums (of weeks, of how they differ from the week before), so
that variances between cases, between days and between weeks come out of one pass over the units.

A unit belongs to the day (UTC) on which it began: what goes wrong on a day strikes the cases that run through it, and most
begin on it; the day of the end is moved by the very repairs that are counted. Weeks begin on Mondays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.cases import DAY_US

if TYPE_CHECKING:
    import ibis

#: 1970-01-01 was a Thursday: three days later than a Monday.
_TO_MONDAY = 3
#: Units (µs) in which times are squared by day, and multiplied three times by case: a day of many long cases fits then.
_MILLI, TENTH = 1_000, 100_000
#: Sums of a day from this on have squares that do not fit 38 digits when added up: then days and weeks are not told.
_DAILY = 10**16
WIDE = "decimal(38,0)"
_SUMS = ("n", "x", "y", "xx", "yy", "xy")


@dataclass(frozen=True)
class Tail:
    """Σx²y, Σxy² and Σy³ over cases, in a unit coarse enough for them (``unit`` of the unit of x and y); the largest y."""

    unit: int
    xxy: int
    xyy: int
    yyy: int
    largest: int


@dataclass(frozen=True)
class Sums:
    """Sums over clusters (cases, or the cases of a day) of a numerator x and a denominator y: exact integers.

    ``n`` counts those with a positive y. ``days`` are the sums over days of the same cases, in whatever unit; ``weeks`` has as
    ``xx``, ``yy`` and ``xy`` those of the differences between one week and the one before. Without them cases are taken for
    independent. ``tail`` is known where a few cases may outweigh all others.
    """

    n: int
    x: int
    y: int
    xx: int
    yy: int
    xy: int
    days: Sums | None = None
    weeks: Sums | None = None
    tail: Tail | None = None

    @property
    def effective(self) -> float:
        """The number of clusters of equal size that would tell as much: (Σy)²/Σy²."""
        return self.y * self.y / self.yy if self.yy else 0.0

    @property
    def largest_share(self) -> float:
        """The part of the denominator that the largest case holds; 0 where that is not known."""
        return self.tail.largest / self.y if self.tail and self.y else 0.0


@dataclass(frozen=True)
class Pair:
    """Numerator and denominator of one unit: integers, never null. ``times``: both are microseconds."""

    x: ibis.Value
    y: ibis.Value
    times: bool = False


def day_of(units: ibis.Table) -> ibis.Value:
    """Return the day (since 1970, UTC) that a unit belongs to: of its start, else of what else is known of it."""
    import ibis

    return ibis.coalesce(units.start, units.end, units.last_at) // DAY_US


class Layout:
    """The sums of several ratios in one query: wide by case, then one row a ratio; shared denominators are summed once.

    ``counts`` are further sums, by name.
    """

    def __init__(self, pairs: Mapping[str, Pair], counts: Mapping[str, ibis.Value]) -> None:
        self.pairs, self.counts = dict(pairs), dict(counts)
        self.place = {name: n for n, name in enumerate((*pairs, *(f"tail {p}" for p in pairs), *counts))}
        self.denominators: list[ibis.Value] = []
        self.of: dict[str, int] = {}
        for name, pair in pairs.items():
            same = (i for i, y in enumerate(self.denominators) if y.equals(pair.y))
            self.of[name] = next(same, len(self.denominators))
            if self.of[name] == len(self.denominators):
                self.denominators.append(pair.y)

    def agg(self, units: ibis.Table, day: ibis.Value, by: tuple[str, ...]) -> ibis.Table:
        """Return the sums over ``units`` as a table with a row for each of ``by`` and each ratio and count (``k``)."""
        import ibis

        rows = units.select(
            **{key: units[key] for key in by},
            day=day,
            **{f"x_{name}": _wide(pair.x) for name, pair in self.pairs.items()},
            **{f"y_{j}": _wide(y) for j, y in enumerate(self.denominators)},
            **{f"c_{name}": _wide(value) for name, value in self.counts.items()},
        )
        days = self._by_day(rows, by)
        days = days.mutate(week=(days["day"] + _TO_MONDAY) // 7)
        unit = days.k.isin([self.place[name] for name, pair in self.pairs.items() if pair.times]).ifelse(_MILLI, 1)
        days = days.mutate(bx=_wide(days.x // unit), by=_wide(days.y // unit))
        large, none = (days.bx.abs() >= _DAILY) | (days.by >= _DAILY), ibis.literal(0, WIDE)
        days = days.mutate(bx=large.ifelse(none, days.bx), by=large.ifelse(none, days.by), large=large.cast("int64"))
        weeks = days.group_by([*by, "k", "week"]).agg(
            **{c: days[c].sum() for c in (*_SUMS, "bx", "by", "large")}, top=days.top.max(), days=(days.y > 0).sum(),
            dxx=(days.bx * days.bx).sum(), dyy=(days.by * days.by).sum(), dxy=(days.bx * days.by).sum(),
        )  # fmt: skip
        before = ibis.window(group_by=[*by, "k"], order_by="week")
        weeks = weeks.mutate(rx=weeks.bx - weeks.bx.lag().over(before), ry=weeks.by - weeks.by.lag().over(before))
        return weeks.group_by([*by, "k"]).agg(
            **{c: weeks[c].sum() for c in (*_SUMS, "days", "large", "dxx", "dyy", "dxy")}, top=weeks.top.max(),
            weeks=(weeks.y > 0).sum(),
            wxx=(weeks.rx * weeks.rx).sum(), wyy=(weeks.ry * weeks.ry).sum(), wxy=(weeks.rx * weeks.ry).sum(),
        )  # fmt: skip

    def _by_day(self, rows: ibis.Table, by: tuple[str, ...]) -> ibis.Table:
        """Return a row for each of ``by``, each day and each ratio and count."""
        import ibis

        aggregates: dict[str, ibis.Value] = {f"c_{name}": rows[f"c_{name}"].sum() for name in self.counts}
        for j in range(len(self.denominators)):
            y = rows[f"y_{j}"]
            aggregates |= {f"n_{j}": _wide((y > 0).sum()), f"y_{j}": y.sum(), f"yy_{j}": (y * y).sum()}
        for name, pair in self.pairs.items():
            x, y = rows[f"x_{name}"], rows[f"y_{self.of[name]}"]
            aggregates |= {f"x_{name}": x.sum(), f"xx_{name}": (x * x).sum(), f"xy_{name}": (x * y).sum()}
            if pair.times:
                a, b = _wide(x // TENTH), _wide(y // TENTH)
                aggregates |= {f"xxy_{name}": (a * a * b).sum(), f"xyy_{name}": (a * b * b).sum(),
                               f"yyy_{name}": (b * b * b).sum(), f"top_{name}": y.max()}  # fmt: skip
        days = rows.group_by([*by, "day"]).agg(**aggregates)
        none = ibis.literal(0, WIDE)

        def entry(name: str, **sums: ibis.Value) -> ibis.Value:
            k = ibis.literal(self.place[name], "int64")
            return ibis.struct({"k": k, **{c: sums.get(c, none) for c in (*_SUMS, "top")}})

        entries = [entry(name, x=days[f"c_{name}"]) for name in self.counts]
        for name, pair in self.pairs.items():
            j = self.of[name]
            entries.append(
                entry(name, n=days[f"n_{j}"], x=days[f"x_{name}"], y=days[f"y_{j}"], xx=days[f"xx_{name}"],
                      yy=days[f"yy_{j}"], xy=days[f"xy_{name}"], top=days[f"top_{name}"] if pair.times else none)
            )  # fmt: skip
            if pair.times:
                entries.append(
                    entry(f"tail {name}", xx=days[f"xxy_{name}"], xy=days[f"xyy_{name}"], yy=days[f"yyy_{name}"])
                )
        long = days.select(*by, "day", entry=ibis.array(entries).unnest())
        return long.select(*by, "day", **{c: long.entry[c] for c in ("k", *_SUMS, "top")})

    def sums(self, rows: Mapping[int, Mapping[str, Any]], name: str) -> Sums:
        """Return the sums of one ratio from the query's rows by ``k``."""
        pair, row = self.pairs[name], rows[self.place[name]]
        n, x, y, xx, yy, xy, days, weeks, top = (whole_number(row[c]) for c in (*_SUMS, "days", "weeks", "top"))
        unit = _MILLI if pair.times else 1

        def block(count: int, prefix: str) -> Sums | None:
            if whole_number(row["large"]):
                return None
            xx, yy, xy = (whole_number(row[f"{prefix}{c}"]) for c in ("xx", "yy", "xy"))
            return Sums(count, x // unit, y // unit, xx, yy, xy)

        tail = None
        if pair.times:
            cubes = rows[self.place[f"tail {name}"]]
            xxy, xyy, yyy = (whole_number(cubes[c]) for c in ("xx", "xy", "yy"))
            tail = Tail(TENTH, xxy, xyy, yyy, largest=top)
        return Sums(n, x, y, xx, yy, xy, block(days, "d"), block(weeks, "w"), tail)

    def count(self, rows: Mapping[int, Mapping[str, Any]], name: str) -> int:
        """Return one of the further sums."""
        return whole_number(rows[self.place[name]]["x"])


def _wide(value: ibis.Value) -> ibis.Value:
    """Return a number wide enough to be squared: microseconds pass 64 bits above 51 minutes."""
    return value.cast(WIDE)


def of_units(x: Sequence[int], y: Sequence[int], days: Sequence[int], *, times: bool = False) -> Sums:
    """Return the sums of units that have left the engine, a row each: as :class:`Layout` makes them, exactly.

    ``days``: the day that each belongs to. ``times``: a few may outweigh all others, and their tail is told.
    """
    rows = list(zip(x, y, strict=True))
    tail = None
    if times:
        tail = Tail(1, sum(a * a * b for a, b in rows), sum(a * b * b for a, b in rows), sum(b**3 for _, b in rows),
                    max(y, default=0))  # fmt: skip
    by_day: dict[int, tuple[int, int]] = {}
    for day, (a, b) in zip(days, rows, strict=True):
        before = by_day.get(day, (0, 0))
        by_day[day] = before[0] + a, before[1] + b
    return replace(of_days(_plain(rows), by_day), tail=tail)


def of_days(units: Sums, by_day: Mapping[int, tuple[int, int]]) -> Sums:
    """Return the sums of units with those of their days and weeks: Σx and Σy by day (since 1970)."""
    by_week: dict[int, tuple[int, int]] = {}
    for day, (x, y) in by_day.items():
        before = by_week.get((day + _TO_MONDAY) // 7, (0, 0))
        by_week[(day + _TO_MONDAY) // 7] = before[0] + x, before[1] + y
    in_order = [by_week[week] for week in sorted(by_week)]
    steps = _plain([(x - a, y - b) for (a, b), (x, y) in pairwise(in_order)])
    weeks = replace(steps, n=sum(y > 0 for _, y in in_order), x=units.x, y=units.y)
    return replace(units, days=_plain(list(by_day.values())), weeks=weeks)


def _plain(rows: Sequence[tuple[int, int]]) -> Sums:
    return Sums(
        sum(y > 0 for _, y in rows), sum(x for x, _ in rows), sum(y for _, y in rows), sum(x * x for x, _ in rows),
        sum(y * y for _, y in rows), sum(x * y for x, y in rows),
    )  # fmt: skip


def whole_number(value: Any) -> int:
    """Return a sum as an integer; the sum of no rows is 0."""
    return 0 if value is None or value != value else int(value)
