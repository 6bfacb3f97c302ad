"""Declared KPIs as figures: by process over the window and by month, with the sums that an interval needs.

Source: the aggregated and derived measures of PPINOT (del-Río-Ortega et al. 2013). The values of the cases come from
:mod:`poanalyzer.mine.kpi_expressions`; here they become figures, in two queries for all KPIs together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.kpis import Kpi
from poanalyzer.mine.blocks import Layout, Pair, Sums
from poanalyzer.mine.kpi_expressions import MILLION, absent, base_rows, form, has_values, steps_by_name, valued

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined

#: Two-sided 95 % of the normal distribution.
_Z = 1.959963984540054
#: Values whose squares, and sums of them, fit 38 digits: 31 years, or a thousand million of an attribute's unit.
_SQUARED = 10**15
#: Ways to make one figure of the values of cases that are quantiles of them.
QUANTILES = {"median": 0.5, "p90": 0.9, "p95": 0.95}


@dataclass(frozen=True)
class Figure:
    """One KPI of one process in one stretch of time.

    ``cases`` it applies to, the share of them with a value (``quality``), the ``value``. ``parts``: Σx (in millionths) and
    Σy over the cases with a value, of which the value is the quotient where it is a mean or a share; ``sums``: the same with
    what an interval needs, over the window only. ``low``, ``high``: the order statistics that enclose a quantile with 95 %
    certainty.
    """

    cases: int
    quality: float
    value: float | None
    parts: tuple[int, int] | None = None
    sums: Sums | None = None
    low: float | None = None
    high: float | None = None
    #: Whether a value is below zero: amounts may be, times, counts and shares are not.
    signed: bool = False

    @property
    def valued(self) -> int:
        """The cases that the value is of: those that it applies to and that have one."""
        return round(self.cases * self.quality)


@dataclass(frozen=True)
class Evaluation:
    """One KPI of one process: its figure over the window and by month (a number: year · 12 + month − 1)."""

    unit: str
    measured_as: str
    how: str
    whole: Figure
    months: tuple[tuple[int, Figure], ...]
    missing: tuple[str, ...] = ()
    #: What ``cases`` of its figures counts.
    counted: str = "cases"

    @property
    def cases_ever(self) -> int:
        """Closed cases of the whole export that it applies to."""
        return sum(f.cases for _, f in self.months)

    @property
    def quality_ever(self) -> float:
        """The share of them with a value."""
        return sum(f.cases * f.quality for _, f in self.months) / max(self.cases_ever, 1)


def evaluations(mined: Mined) -> dict[tuple[int, str], Evaluation]:
    """Return the evaluation of each declared KPI by process number and KPI id; derived ones come from the others'."""
    asked = [(n, k) for n, k in enumerate(mined.config.kpi) if has_values(k.measure)]
    out: dict[tuple[int, str], Evaluation] = {}
    if not asked:
        return out
    names = steps_by_name(mined)
    flows = [(n, k) for n, k in asked if k.measure != "backlog"]
    whole, months = _all_figures(mined, flows, names)
    for n, kpi in asked:
        words, unit, how = form(kpi)
        stocks = _stocks(mined, kpi) if kpi.measure == "backlog" else {}
        for process in mined.processes:
            if not kpi.serves(process.key):
                continue
            gone = absent(kpi.measure, process, names)
            if kpi.measure == "backlog":
                total, series = stocks.get(process.ix, (Figure(0, 0.0, None), ()))
            else:
                rows = sorted(months.get((n, process.ix), []), key=lambda r: int(r["month"]))
                series = tuple((int(r["month"]), _figure(r, how)) for r in rows)
                total = _figure(whole.get((n, process.ix), {}), how)
            if how == "sum":
                total = Figure(total.cases, total.quality, monthly(mined, series))
            counted = {"time-to-restore": "incidents", "backlog": "open cases"}.get(str(kpi.measure), "cases")
            out[process.ix, kpi.id] = Evaluation(unit, words, how, total, series, gone, counted)
    return out | dict(_derived(mined, out))


def _all_figures(
    mined: Mined, asked: list[tuple[int, Kpi]], names: dict[str, tuple[int, ...]]
) -> tuple[dict[tuple[int, int], dict[str, Any]], dict[tuple[int, int], list[dict[str, Any]]]]:
    """Return the rows of figures by KPI number and process: of the window, and of each month."""
    if not asked:
        return {}, {}
    import ibis

    base = base_rows(mined)
    parts = [valued(mined, base, names, n, k, [p for p in mined.processes if k.serves(p.key)]) for n, k in asked]
    table = mined.log.con.create_table("m_kpi_values", ibis.union(*parts) if len(parts) > 1 else parts[0])
    window = table.filter(table.in_window & table.applies)
    quantiles = sorted({how for _, k in asked if (how := form(k)[2]) in QUANTILES})
    whole = _rows(mined, _ranked(window, quantiles), (), _bounds(quantiles))
    sums = _sums(mined, window) if any(form(k)[2] == "mean" for _, k in asked) else {}
    months: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in _rows(mined, table.filter(table.applies), ("month",), {}):
        months.setdefault((int(row["kpi"]), int(row["process_ix"])), []).append(row)
    keyed = {(int(r["kpi"]), int(r["process_ix"])): r for r in whole}
    return {key: r | {"sums": sums.get(key)} for key, r in keyed.items()}, months


def _ranked(table: ibis.Table, quantiles: list[str]) -> ibis.Table:
    """Add the rank of each value among those of its KPI and process, and how many there are."""
    import ibis

    if not quantiles:
        return table
    by = [table.kpi, table.process_ix, table.value.isnull()]
    return table.mutate(
        rank=ibis.row_number().over(group_by=by, order_by=table.value) + 1, size=ibis._.count().over(group_by=by)
    )


def _bounds(quantiles: list[str]) -> dict[str, Any]:
    """Return the aggregates that pick the order statistics around each quantile (Conover 1999, 3.2)."""
    import ibis

    out: dict[str, Any] = {}
    for name in quantiles:
        q, n = QUANTILES[name], ibis._["size"]
        spread = (n * (q * (1 - q))).sqrt() * _Z
        out[f"{name}_low"] = ibis._.value.max(where=ibis._["rank"] == (n * q - spread).ceil())
        out[f"{name}_high"] = ibis._.value.max(where=ibis._["rank"] == (n * q + spread).ceil())
    return out


def _rows(mined: Mined, table: ibis.Table, more: tuple[str, ...], bounds: dict[str, Any]) -> list[dict[str, Any]]:
    import ibis

    value = table.value
    counted = ibis.ifelse(value.notnull(), table.base, ibis.null("int64"))
    grouped = table.group_by(["kpi", "process_ix", *more]).agg(
        cases=table.count(), filled=value.count(), sum=value.cast("decimal(38,0)").sum(),
        base=counted.cast("decimal(38,0)").sum(), min=value.min(), max=value.max(),
        median=value.quantile(0.5), p90=value.quantile(0.9), p95=value.quantile(0.95), **bounds,
    )  # fmt: skip
    rows: list[dict[str, Any]] = mined.query(grouped).to_dict("records")
    return rows


def _figure(row: dict[str, Any], how: str) -> Figure:
    cases, filled = int(row.get("cases", 0)), int(row.get("filled", 0))
    if not filled:
        return Figure(cases, 0.0, None)

    def part(name: str) -> float | None:
        value = row.get(name)
        return None if value is None or value != value else float(value) / MILLION

    adds = how in ("mean", "sum")
    parts = (int(row["sum"]), int(row["base"])) if adds else None
    value = parts[0] / parts[1] / MILLION if how == "mean" and parts and parts[1] else part(how)
    return Figure(
        cases, filled / cases, value, parts,
        sums=row.get("sums") if how == "mean" and max(abs(row["min"]), abs(row["max"])) < _SQUARED else None,
        low=part(f"{how}_low"), high=part(f"{how}_high"), signed=row["min"] < 0,
    )  # fmt: skip


def _sums(mined: Mined, window: ibis.Table) -> dict[tuple[int, int], Sums]:
    """Return the sums of the values over cases, days and weeks by KPI number and process."""
    import ibis

    rows = window.filter(window.value.notnull())
    # what is too large to be squared stays out, and the figure goes without an interval
    layout = Layout({"value": Pair((rows.value.abs() < _SQUARED).ifelse(rows.value, ibis.literal(0)), rows.base)}, {})
    found: dict[tuple[int, int], dict[int, dict[str, Any]]] = {}
    for row in mined.query(layout.agg(rows, rows.day, ("kpi", "process_ix"))).to_dict("records"):
        found.setdefault((int(row["kpi"]), int(row["process_ix"])), {})[int(row["k"])] = row
    return {key: layout.sums(by_k, "value") for key, by_k in found.items()}


def monthly(mined: Mined, series: tuple[tuple[int, Figure], ...]) -> float | None:
    """Return the mean of the sums of the complete months: of part of a month no sum can be told."""
    sums = [f.value for m, f in series if complete(mined, m, series[0][0]) and f.value is not None]
    return sum(sums) / len(sums) if sums else None


def complete(mined: Mined, month: int, first: int) -> bool:
    """Return whether a calendar month (UTC) lies wholly between the first month with cases and the last record."""
    from datetime import UTC, datetime

    end = datetime.fromtimestamp(mined.window.end / 1e6, tz=UTC)
    return first < month < end.year * 12 + end.month - 1


def _stocks(mined: Mined, kpi: Kpi) -> dict[int, tuple[Figure, tuple[tuple[int, Figure], ...]]]:
    """Return the open cases at the end of the records and of each month, by process, from one small table."""
    rows = base_rows(mined, kpi.scope, closed=False)
    per = rows.group_by(["process_ix", "began", "month"]).agg(n=rows.count())
    counts: dict[int, list[tuple[int, int | None, int]]] = {}
    for r in mined.query(per).to_dict("records"):
        over = None if r["month"] is None or r["month"] != r["month"] else int(r["month"])
        counts.setdefault(int(r["process_ix"]), []).append((int(r["began"]), over, int(r["n"])))
    out = {}
    for ix, found in counts.items():
        first, last = min(b for b, _, _ in found), max(m for b, e, _ in found for m in (b, e) if m is not None)
        series = []
        for month in range(first, last + 1):
            left = sum(n for b, e, n in found if b <= month and (e is None or e > month))
            series.append((month, Figure(left, 1.0, float(left))))
        still = sum(n for _, e, n in found if e is None)
        out[ix] = (Figure(still, 1.0, float(still)), tuple(series))
    return out


def _derived(mined: Mined, known: dict[tuple[int, str], Evaluation]) -> Iterator[tuple[tuple[int, str], Evaluation]]:
    for kpi in mined.config.kpi:
        if isinstance(kpi.measure, str) or not kpi.measure.derived:
            continue
        one, other = kpi.measure.derived
        words, _, how = form(kpi)
        for process in mined.processes:
            first, second = known.get((process.ix, one)), known.get((process.ix, other))
            if not kpi.serves(process.key) or first is None or second is None:
                continue
            share = kpi.measure.ratio is not None
            gone = first.missing + second.missing
            if not share and first.unit != second.unit:
                gone += (f"one unit for both ({one}: {first.unit or 'none'}, {other}: {second.unit or 'none'})",)
            theirs = dict(second.months)
            months = tuple((m, _combined(f, theirs[m], share)) for m, f in first.months if m in theirs)
            whole = _combined(first.whole, second.whole, share)
            unit = "ratio" if share else first.unit
            yield (process.ix, kpi.id), Evaluation(unit, words, how, whole, months, gone)


def _combined(one: Figure, other: Figure, ratio: bool) -> Figure:
    value = combined(one.value, other.value, ratio)
    return Figure(min(one.cases, other.cases), min(one.quality, other.quality), value)


def combined(one: float | None, other: float | None, ratio: bool) -> float | None:
    """Return the ratio or the difference of two figures; None where one is missing or the divisor is zero."""
    if one is None or other is None or (ratio and not other):
        return None
    return one / other if ratio else one - other
