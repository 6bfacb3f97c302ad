"""Values of declared KPIs as they are reported: with intervals, and over all the processes that a KPI is declared for.

A share or a mean has the interval of :mod:`poanalyzer.measure.interval`, a quantile the order statistics that enclose
it, the sum of a month a t interval over the complete months; extremes, open cases, derived figures and amounts of which
some are below zero have none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.mine.blocks import Sums
from poanalyzer.mine.kpi_expressions import MILLION, form
from poanalyzer.mine.kpi_values import Evaluation, Figure, combined, complete, evaluations
from poanalyzer.mine.trackability import held_against, judged, kpi_grades, month_name
from poanalyzer.results import KpiGrade, KpiMonth, MetricResult, PortfolioKpi, Status

if TYPE_CHECKING:
    from poanalyzer.kpis import Kpi
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: (low, high, how it was made): an open end is None.
Limits = tuple[float | None, float | None, str]

NO_LIMITS: Limits = (None, None, "")
#: Months that the spread of monthly sums needs.
MONTHS = 3
#: Why a way to make one figure of cases does not carry over to several processes.
_ALONE = {
    "median": "a median", "p90": "a percentile", "p95": "a percentile", "min": "a minimum", "max": "a maximum",
}  # fmt: skip


def reported(mined: Mined, process: Process, metrics: Sequence[MetricResult] = ()) -> tuple[KpiGrade, ...]:
    """Return the figures of a process with the intervals of those that have a value.

    ``metrics``: what was measured; the time to restore is that metric's where it was, since incidents that are still
    open count there too.
    """
    measures = {k.id: k for k in mined.config.kpi}
    return tuple(
        _reported(k, measures[k.id], mined.of(evaluations)[process.ix, k.id], mined, process, metrics)
        if k.declared and (process.ix, k.id) in mined.of(evaluations)
        else k
        for k in mined.of(kpi_grades)[process.ix]
    )


def _reported(
    grade: KpiGrade, kpi: Kpi, found: Evaluation, mined: Mined, process: Process, metrics: Sequence[MetricResult]
) -> KpiGrade:
    if kpi.measure == "time-to-restore":
        whole = next((m for m in metrics if (m.id, m.process) == (kpi.measure, process.key)), None)
        if whole is not None and whole.status is Status.MEASURED and not kpi.scope and grade.value is not None:
            told = "median time from the creation of an incident to its resolution; months: of those resolved in them"
            better = judged(replace(grade, cases=whole.n), whole.value)
            return replace(better, low=whole.low, high=whole.high, method=whole.method, measured_as=told)
    if grade.value is None:
        return grade
    low, high, method = limits(found, mined)
    return replace(grade, low=low, high=high, method=method)


def limits(found: Evaluation, mined: Mined) -> Limits:
    """Return the 95 % interval of a figure over the window, and how it was made."""
    whole = found.whole
    if whole.low is not None or whole.high is not None:
        return whole.low, whole.high, "order statistics"
    if found.how == "sum":
        return _of_months([f.value for m, f in found.months if complete(mined, m, found.months[0][0])])
    return _of_sums(whole, found.unit)


def _of_months(values: Sequence[float | None]) -> Limits:
    sums = [v for v in values if v is not None]
    if len(sums) < MONTHS:
        return NO_LIMITS
    whole = sum(sums)
    low, high = interval.jackknife(
        [(whole - v) / (len(sums) - 1) for v in sums], whole / len(sums), -math.inf if min(sums) < 0 else 0.0
    )
    return low, high, f"jackknife over {len(sums)} complete months"


def _of_sums(figure: Figure, unit: str) -> Limits:
    """Return the interval of a share or a mean, by cases, days or weeks: whichever differ most."""
    sums = figure.sums
    if sums is None or sums.y == 0 or figure.signed:
        return NO_LIMITS
    if unit == "share" and sums.y == sums.n:
        _, low, high, method = interval.case_rate(_in_units(sums, MILLION))
        return low, high, method
    highest = float(MILLION) if unit == "share" else None
    _, least, most, method = interval.ratio(sums, highest=highest)
    return _finite(least), _finite(most), method


def _in_units(sums: Sums, unit: int) -> Sums:
    """Return sums with x in ``unit`` of its own."""
    days, weeks = (None if s is None else _in_units(s, unit) for s in (sums.days, sums.weeks))
    return Sums(sums.n, sums.x // unit, sums.y, sums.xx // unit**2, sums.yy, sums.xy // unit, days, weeks)


def _finite(limit: float) -> float | None:
    return limit / MILLION if math.isfinite(limit) else None


def portfolio_kpis(mined: Mined) -> tuple[PortfolioKpi, ...]:
    """Return the declared KPIs that are about the portfolio or several processes, over all of these."""
    known: dict[str, PortfolioKpi] = {}
    derived = [k for k in mined.config.kpi if not isinstance(k.measure, str) and k.measure.derived]
    for kpi in (*(k for k in mined.config.kpi if k not in derived), *derived):
        served = [p for p in mined.processes if kpi.serves(p.key, p.productive) and p.closed]
        if kpi.portfolio or len(served) > 1 or _wanted(kpi.id, derived):
            known[kpi.id] = _combination(kpi, served, known) if kpi in derived else _sum(mined, kpi, served)
    shown = [k for k in mined.config.kpi if k.id in known]
    return tuple(known[k.id] for k in shown if k.portfolio or len(known[k.id].processes) > 1)


def _wanted(id_: str, derived: Sequence[Kpi]) -> bool:
    return any(not isinstance(k.measure, str) and id_ in (k.measure.derived or ()) for k in derived)


def _blank(kpi: Kpi, served: Sequence[Process]) -> PortfolioKpi:
    return PortfolioKpi(
        id=kpi.id, title=kpi.title or kpi.id, processes=tuple(p.key for p in served), target=kpi.target or "",
        owner=kpi.owner or "", scope=f"cases {kpi.scope.told}" if kpi.scope else "",
    )  # fmt: skip


def _sum(mined: Mined, kpi: Kpi, served: Sequence[Process]) -> PortfolioKpi:
    """Return Σ/Σ of a KPI over its processes; one that does not add up has no value over several."""
    found = {p.ix: e for p in served if (e := mined.of(evaluations).get((p.ix, kpi.id))) is not None}
    grades = {p.ix: next(k for k in mined.of(kpi_grades)[p.ix] if k.id == kpi.id) for p in served}
    blank = _blank(kpi, served)
    if not found:
        why = "no process has closed cases" if not served else "no value of it is worked out for any of its processes"
        return replace(blank, reason=why)
    words, unit, how = form(kpi)
    blank = replace(blank, measured_as=words, unit=unit, n_unit=next(iter(found.values())).counted)
    if len(served) > 1 and how in _ALONE:
        told = "; declare it as an expression with aggregate = “mean” to have one figure"
        instead = told if unit == "s" and kpi.measure != "time-to-restore" else ""
        return replace(blank, reason=f"not additive: {_ALONE[how]} over several processes is of none of them{instead}")
    lacking = [p.name for p in served if grades[p.ix].value is None and p.ix in found]
    able = {ix: e for ix, e in found.items() if grades[ix].value is not None}
    if not able:
        return replace(blank, reason=f"not computable for {', '.join(lacking)}")
    values = [e.whole.value for e in able.values() if e.whole.value is not None]
    together = _pooled([e.whole for e in able.values()])
    bounds = NO_LIMITS
    months = _months(able, grades, how)
    if len(able) == 1:
        one = next(iter(able))
        value: float | None = grades[one].value
        bounds = limits(able[one], mined)
    elif how == "sum":
        whole = [m.value for m in months if m.complete]
        seen = [v for v in whole if v is not None]
        value, bounds = (sum(seen) / len(seen) if seen else None), _of_months(whole)
    elif how == "stock":
        value = sum(values)
    else:
        value, bounds = together.value, _of_sums(together, unit)
    attained, why = held_against(blank.target, unit, value)
    without = f"without {', '.join(lacking)}: not computable there" if lacking else ""
    return replace(
        blank, value=value, low=bounds[0], high=bounds[1], method=bounds[2], attained=attained, months=months,
        cases=sum(e.whole.valued for e in able.values()), reason="; ".join(filter(None, (without, why))),
    )  # fmt: skip


def _pooled(figures: Sequence[Figure]) -> Figure:
    """Return Σ/Σ of several processes as one figure; a day of each of them is a block of its own."""
    parts = [f.parts for f in figures if f.parts is not None]
    x, y = (sum(column) for column in zip(*parts, strict=True)) if parts and len(parts) == len(figures) else (0, 0)
    return Figure(
        sum(f.cases for f in figures), 1.0, x / y / MILLION if y else None, (x, y), _added([f.sums for f in figures]),
        signed=any(f.signed for f in figures),
    )  # fmt: skip


def _added(sums: Sequence[Sums | None]) -> Sums | None:
    known = [s for s in sums if s is not None]
    if len(known) < len(sums) or not known:
        return None
    n, x, y, xx, yy, xy = (
        sum(column) for column in zip(*((s.n, s.x, s.y, s.xx, s.yy, s.xy) for s in known), strict=True)
    )
    return Sums(n, x, y, xx, yy, xy, _added([s.days for s in known]), _added([s.weeks for s in known]))


def _months(able: dict[int, Evaluation], grades: dict[int, KpiGrade], how: str) -> tuple[KpiMonth, ...]:
    """Return the months of several processes as one series; one that any of them cannot be computed in has no value."""
    series = {ix: {m.month: m for m in grades[ix].months} for ix in able}
    out = []
    for number in sorted({m for e in able.values() for m, _ in e.months}):
        name = month_name(number)
        here = [(series[ix][name], dict(e.months)[number]) for ix, e in able.items() if name in series[ix]]
        sound = all(month.computable for month, _ in here)
        out.append(
            KpiMonth(
                month=name, cases=sum(month.cases for month, _ in here), computable=sound,
                complete=all(month.complete for month, _ in here),
                value=_together([f for _, f in here], how) if sound else None,
            )
        )  # fmt: skip
    return tuple(out)


def _together(figures: Sequence[Figure], how: str) -> float | None:
    """Return one figure of several processes: their sum, or Σ/Σ."""
    values = [f.value for f in figures if f.value is not None]
    if len(figures) == 1 or not values:
        return values[0] if values else None
    if how in ("sum", "stock"):
        return sum(values)
    return _pooled(figures).value


def _combination(kpi: Kpi, served: Sequence[Process], known: dict[str, PortfolioKpi]) -> PortfolioKpi:
    """Return a derived KPI over the portfolio's figures of the two that it is a function of."""
    blank = replace(_blank(kpi, served), measured_as=form(kpi)[0])
    assert not isinstance(kpi.measure, str) and kpi.measure.derived
    one, other = (known[i] for i in kpi.measure.derived)
    ratio = kpi.measure.ratio is not None
    apart = not ratio and one.unit != other.unit
    if one.value is None or other.value is None or apart:
        why = one.reason or other.reason or "the two have no unit in common"
        return replace(blank, reason=why)
    theirs = {m.month: m for m in other.months}
    months = [
        replace(m, value=combined(m.value, o.value, ratio), complete=m.complete and o.complete,
                computable=m.computable and o.computable, cases=min(m.cases, o.cases))
        for m in one.months if (o := theirs.get(m.month))
    ]  # fmt: skip
    unit = "ratio" if ratio else one.unit
    value = combined(one.value, other.value, ratio)
    attained, why = held_against(blank.target, unit, value)
    return replace(
        blank, unit=unit, value=value, attained=attained, reason=why, cases=min(one.cases or 0, other.cases or 0),
        months=tuple(months),
    )  # fmt: skip
