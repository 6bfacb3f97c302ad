"""Declared KPIs evaluated in the engine: a value for each closed case, then figures by process and by month.

Source: the kinds of measure of PPINOT (del-Río-Ortega et al. 2013). A case counts where it ended; the order of rows and
of files plays no part. Values are whole numbers in the engine (microseconds, millionths), so that sums do not depend
on the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import did_you_mean
from poanalyzer.eventlog.views import timestamp
from poanalyzer.kpis import Between, Condition, Expression, Kpi, Moment, seconds

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MILLION = 1_000_000
#: Larger attribute values are no amounts; their millionths would not fit.
LARGEST = 9_000_000_000_000


@dataclass(frozen=True)
class Figure:
    """One KPI of one process in one stretch of time: ``cases`` it applies to, share of them with a value, the value."""

    cases: int
    quality: float
    value: float | None


@dataclass(frozen=True)
class Evaluation:
    """One KPI of one process: its figure over the window and by month (a number: year · 12 + month − 1)."""

    unit: str
    measured_as: str
    whole: Figure
    months: tuple[tuple[int, Figure], ...]
    missing: tuple[str, ...] = ()

    @property
    def cases_ever(self) -> int:
        """Closed cases of the whole export that it applies to."""
        return sum(f.cases for _, f in self.months)

    @property
    def quality_ever(self) -> float:
        """The share of them with a value."""
        return sum(f.cases * f.quality for _, f in self.months) / max(self.cases_ever, 1)


#: Measures of the catalogue that have a value here: what they are in words, their unit, and how cases become a figure.
NAMED = {
    "cycle-time": ("median time from start to end of the case", "s", "median"),
    "processing-time": ("median time with work active in a case", "s", "median"),
    "waiting-time": ("median time without work active between first and last work of a case", "s", "median"),
    "throughput": ("cases completed in a month", "cases a month", "sum"),
    "straight-through": ("share of cases done by machines alone", "share", "mean"),
    "rework": ("share of cases in which an activity was repeated", "share", "mean"),
    "success-rate": ("share of cases with a successful outcome", "share", "mean"),
    "cancellation-rate": ("share of cases that were terminated", "share", "mean"),
}


def evaluations(mined: Mined) -> dict[tuple[int, str], Evaluation]:
    """Return the evaluation of each declared KPI by process number and KPI id; derived ones come from the others'."""
    asked = [(n, k) for n, k in enumerate(mined.config.kpi) if _plain(k.measure)]
    out: dict[tuple[int, str], Evaluation] = {}
    if not asked:
        return out
    names = _steps_by_name(mined)
    keys = {p.ix: p for p in mined.processes}
    base = _closed_cases(mined)
    parts = [_valued(mined, base, names, n, k, [p for p in mined.processes if k.serves(p.key)]) for n, k in asked]
    import ibis

    table = mined.log.con.create_table("m_kpi_values", ibis.union(*parts) if len(parts) > 1 else parts[0])
    whole = {(int(r["kpi"]), int(r["process_ix"])): r for r in _figures(mined, table.filter(table.in_window), ())}
    months: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in _figures(mined, table, ("month",)):
        months.setdefault((int(row["kpi"]), int(row["process_ix"])), []).append(row)
    for n, kpi in asked:
        for ix, process in keys.items():
            if not kpi.serves(process.key):
                continue
            words, unit, how = _form(kpi.measure)
            absent = _absent(kpi.measure, process, names)
            series = tuple(
                (int(r["month"]), _figure(r, unit, how))
                for r in sorted(months.get((n, ix), []), key=lambda r: r["month"])
            )
            total = _figure(whole.get((n, ix), {}), unit, how)
            if how == "sum":
                total = Figure(total.cases, total.quality, _monthly(mined, series))
            out[ix, kpi.id] = Evaluation(unit, words, total, series, absent)
    return out | dict(_derived(mined, out))


def _plain(measure: str | Expression) -> bool:
    return measure in NAMED if isinstance(measure, str) else not measure.derived


def _form(measure: str | Expression) -> tuple[str, str, str]:
    """Return what a measure is in words, its unit, and how the values of cases become one."""
    if isinstance(measure, str):
        return NAMED[measure]
    how = measure.reduced_by
    if measure.time:
        return f"{how} time {_span(measure.time)}", "s", how
    if measure.count:
        per = "in a month" if how == "sum" else "a case"
        return f"{how} number of “{measure.count}” {per}", "rows a month" if how == "sum" else "rows a case", how
    if measure.share:
        return f"share of cases {_told(measure.share)}", "share", "mean"
    unit = measure.unit + (" a month" if how == "sum" else "")
    return f"{how} of “{measure.attribute}”" + (" in a month" if how == "sum" else ""), unit.strip(), how


def _span(time: Between) -> str:
    def moment(of: Moment | None, edge: str) -> str:
        return f"the {'start' if of.start else 'end'} of “{of.activity}”" if of else f"the {edge} of the case"

    return f"from {moment(time.from_, 'start')} to {moment(time.to, 'end')}"


def _told(share: Condition) -> str:
    if share.activity:
        return f"with “{share.activity}”"
    if share.outcome:
        return f"that ended in {share.outcome}"
    if share.state:
        return f"that were {share.state}"
    if share.time:
        return f"within {share.within} {_span(share.time)}"
    return f"whose “{share.attribute}” is “{share.equals}”"


def _figure(row: dict[str, Any], unit: str, how: str) -> Figure:
    cases = int(row.get("cases", 0))
    filled = int(row.get("filled", 0))
    value = row[how] if filled else None
    return Figure(cases, filled / cases if cases else 0.0, None if value is None else float(value) / MILLION)


def _monthly(mined: Mined, series: tuple[tuple[int, Figure], ...]) -> float | None:
    """Return the mean of the sums of the complete months: of part of a month no sum can be told."""
    sums = [f.value for m, f in series if complete(mined, m, series[0][0]) and f.value is not None]
    return sum(sums) / len(sums) if sums else None


def complete(mined: Mined, month: int, first: int) -> bool:
    """Return whether a calendar month (UTC) lies wholly between the first month with cases and the last record."""
    from datetime import UTC, datetime

    end = datetime.fromtimestamp(mined.window.end / 1e6, tz=UTC)
    return first < month < end.year * 12 + end.month - 1


def _figures(mined: Mined, table: ibis.Table, more: tuple[str, ...]) -> list[dict[str, Any]]:
    table = table.filter(table.applies)
    value = table.value
    grouped = table.group_by(["kpi", "process_ix", *more]).agg(
        cases=table.count(), filled=value.count(), sum=value.cast("decimal(38,0)").sum(),
        mean=value.cast("decimal(38,0)").sum().cast("float64") / value.count(), min=value.min(), max=value.max(),
        median=value.quantile(0.5), p90=value.quantile(0.9), p95=value.quantile(0.95),
    )  # fmt: skip
    rows: list[dict[str, Any]] = mined.query(grouped).to_dict("records")
    return rows


def _closed_cases(mined: Mined) -> ibis.Table:
    rows = mined.cases.filter(mined.cases.closed & mined.cases.end.notnull())
    ended = timestamp(rows.end)
    return rows.mutate(month=(ended.year() * 12 + ended.month() - 1).cast("int64"))


def _valued(
    mined: Mined, base: ibis.Table, names: dict[str, tuple[int, ...]], number: int, kpi: Kpi, asked: list[Process]
) -> ibis.Table:
    """Return ``kpi, case_ix, process_ix, month, in_window, applies, value`` of one KPI, a row a closed case."""
    import ibis

    rows = base.filter(base.process_ix.isin([p.ix for p in asked])) if asked else base.filter(ibis.literal(False))
    measure = kpi.measure
    yes = ibis.literal(True)
    if isinstance(measure, str):
        rows = rows.mutate(applies=yes, value=_named(rows, measure))
    elif measure.time:
        rows = _timed(mined, rows, names, measure.time)
    elif measure.count:
        rows = _counted(mined, rows, names, measure.count)
        rows = rows.mutate(applies=yes, value=rows.found * MILLION)
    elif measure.attribute:
        rows = _with_attribute(mined, rows, measure.attribute)
        number_ = rows.said.try_cast("float64")
        rows = rows.mutate(
            applies=yes, value=ibis.ifelse(number_.abs() < LARGEST, (number_ * MILLION).round().try_cast("int64"), None)
        )
    else:
        assert measure.share
        rows = _shared(mined, rows, names, measure.share)
    return rows.select(
        "case_ix", "process_ix", "month", "in_window", "applies",
        kpi=ibis.literal(number, "int64"), value=rows.value.cast("int64"),
    )  # fmt: skip


def _named(rows: ibis.Table, measure: str) -> ibis.Value:
    import ibis

    def share(condition: ibis.BooleanValue) -> ibis.Value:
        return condition.cast("int64") * MILLION

    ran = rows.bounded > 0
    return {
        "cycle-time": ibis.ifelse(rows.end >= rows.start, rows.end - rows.start, None),
        "processing-time": ibis.ifelse(ran, rows.busy, None),
        "waiting-time": ibis.ifelse(ran, rows.last_end - rows.first_start - rows.busy, None),
        "throughput": ibis.literal(MILLION, "int64"),
        "straight-through": ibis.ifelse(
            (rows.work > 0) & ((rows.unknown == 0) | (rows.human > 0)), share(rows.machine == rows.work), None
        ),
        "rework": share(rows.repeated > 0),
        "success-rate": share(rows.outcome == "success"),
        "cancellation-rate": share(rows.state == "terminated"),
    }[measure]


def _hits(mined: Mined, names: dict[str, tuple[int, ...]], name: str) -> ibis.Table:
    """Return the executed rows of an activity, control elements too: milestones are events as often as tasks."""
    import ibis

    acts = mined.log.coded("c_acts")
    wanted = acts.step_ix.isin(names[name]) if names.get(name) else ibis.literal(False)
    return acts.filter(wanted & (acts.state != "skipped")).select("case_ix", "start", "end")


def _counted(mined: Mined, rows: ibis.Table, names: dict[str, tuple[int, ...]], name: str) -> ibis.Table:
    hits = _hits(mined, names, name)
    per = hits.group_by("case_ix").agg(found=hits.count())
    joined = rows.left_join(per, "case_ix").drop("case_ix_right")
    return joined.mutate(found=joined.found.fill_null(0))


def _timed(mined: Mined, rows: ibis.Table, names: dict[str, tuple[int, ...]], time: Between) -> ibis.Table:
    """Add ``applies`` (the case shows both activities) and ``value`` (µs; null where none follows the other)."""
    import ibis

    begun = rows.mutate(begin=rows.start, shows=ibis.literal(True))
    if time.from_:
        hits = _hits(mined, names, time.from_.activity)
        per = hits.group_by("case_ix").agg(first=(hits.start if time.from_.start else hits.end).min())
        begun = rows.left_join(per.mutate(seen=ibis.literal(True)), "case_ix").drop("case_ix_right")
        begun = begun.mutate(begin=begun["first"], shows=begun.seen.fill_null(False)).drop("first", "seen")
    if not time.to:
        value = ibis.ifelse(begun.end >= begun.begin, begun.end - begun.begin, None)
        return begun.mutate(applies=begun.shows, value=value)
    hits = _hits(mined, names, time.to.activity).join(begun.select("case_ix", "begin"), "case_ix")
    moment = hits.start if time.to.start else hits.end
    per = hits.group_by("case_ix").agg(reached=ibis.ifelse(moment >= hits.begin, moment, None).min(), ends=hits.count())
    both = begun.left_join(per, "case_ix").drop("case_ix_right")
    return both.mutate(applies=both.shows & (both.ends.fill_null(0) > 0), value=both.reached - both.begin)


def _shared(mined: Mined, rows: ibis.Table, names: dict[str, tuple[int, ...]], share: Condition) -> ibis.Table:
    import ibis

    yes = ibis.literal(True)
    if share.time and share.within:
        timed = _timed(mined, rows, names, share.time)
        return timed.mutate(value=(timed.value <= round(seconds(share.within) * MILLION)).cast("int64") * MILLION)
    if share.activity:
        rows = _counted(mined, rows, names, share.activity)
        met = rows.found > 0
    elif share.attribute:
        rows = _with_attribute(mined, rows, share.attribute)
        met = rows.said == share.equals
    else:
        met = rows.outcome == share.outcome if share.outcome else rows.state == share.state
    return rows.mutate(applies=yes, value=met.cast("int64") * MILLION)


def _with_attribute(mined: Mined, rows: ibis.Table, name: str) -> ibis.Table:
    """Add ``said``: the case's own value of an attribute, the latest where there are several."""
    import ibis

    said = mined.log.coded("variables")
    said = said.filter((said.name == name) & said.value.notnull() & said.case_ix.notnull())
    order = [said.activity_instance_id.notnull(), said["at"].isnull(), said["at"].desc(), said.value.desc()]
    rank = ibis.row_number().over(group_by=said.case_ix, order_by=order)
    last = said.mutate(rank=rank).filter(ibis._.rank == 0).select("case_ix", said="value")
    return rows.left_join(last, "case_ix").drop("case_ix_right")


def _steps_by_name(mined: Mined) -> dict[str, tuple[int, ...]]:
    """Return the step numbers of every activity name and element id; of what only a model shows, none."""
    kinds = mined.log.coded("d_step")
    # the body around instances bears their name, and is none of them
    kinds = kinds.filter(~kinds.element_type.isin(("multiInstanceBody", "sequenceFlow")))
    frame = mined.query(kinds.select("step_ix", "activity", "element_id"))
    out: dict[str, set[int]] = {}
    for step, activity, element in frame.itertuples(index=False):
        for name in (activity, element):
            if isinstance(name, str):
                out.setdefault(name, set()).add(int(step))
    for row in mined.elements[["name", "element_id"]].itertuples(index=False):
        for name in row:
            if isinstance(name, str):
                out.setdefault(name, set())
    return {name: tuple(sorted(steps)) for name, steps in out.items()}


def _absent(measure: str | Expression, process: Process, names: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    """Return the activities of a measure that are not in the records, in words."""
    if isinstance(measure, str):
        return ()
    times = (measure.time, measure.share.time if measure.share else None)
    moments = [m.activity for t in times if t for m in (t.from_, t.to) if m]
    asked = [*moments, *filter(None, (measure.count, measure.share.activity if measure.share else None))]
    known = sorted(names)
    return tuple(f"the activity “{name}” (not in the records. {did_you_mean(name, known)[:200]})" for name in asked
                 if name not in names)  # fmt: skip


def _derived(mined: Mined, known: dict[tuple[int, str], Evaluation]) -> Iterator[tuple[tuple[int, str], Evaluation]]:
    for kpi in mined.config.kpi:
        if isinstance(kpi.measure, str) or not kpi.measure.derived:
            continue
        one, other = kpi.measure.derived
        for process in mined.processes:
            first, second = known.get((process.ix, one)), known.get((process.ix, other))
            if not kpi.serves(process.key) or first is None or second is None:
                continue
            share = kpi.measure.ratio is not None
            words = f"{one} / {other}" if share else f"{one} − {other}"
            gone = first.missing + second.missing
            if not share and first.unit != second.unit:
                gone += (f"one unit for both ({one}: {first.unit or 'none'}, {other}: {second.unit or 'none'})",)
            theirs = dict(second.months)
            months = tuple((m, _combined(f, theirs[m], share)) for m, f in first.months if m in theirs)
            whole = _combined(first.whole, second.whole, share)
            yield (process.ix, kpi.id), Evaluation("ratio" if share else first.unit, words, whole, months, gone)


def _combined(one: Figure, other: Figure, ratio: bool) -> Figure:
    value = None
    if one.value is not None and other.value is not None and (not ratio or other.value):
        value = one.value / other.value if ratio else one.value - other.value
    return Figure(min(one.cases, other.cases), min(one.quality, other.quality), value)
