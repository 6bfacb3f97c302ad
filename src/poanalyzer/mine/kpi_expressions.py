"""Declared KPIs evaluated in the engine: a value for each closed case that is in the scope.

Source: the kinds of measure and the scope of PPINOT (del-Río-Ortega et al. 2013). A case counts where it ended; the order
of rows and of files plays no part. Values are whole numbers in the engine (microseconds, millionths), so that sums do
not depend on the number of threads. :mod:`poanalyzer.mine.kpi_values` makes figures of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.errors import did_you_mean
from poanalyzer.eventlog.views import timestamp
from poanalyzer.kpis import Between, Condition, Expression, Kpi, Moment, Scope, seconds
from poanalyzer.mine.blocks import day_of

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MILLION = 1_000_000
#: Larger attribute values are no amounts; their millionths would not fit.
LARGEST = 9_000_000_000_000


#: Measures of the catalogue that have a value here: what they are in words, their unit, and how cases become a figure.
NAMED = {
    "cycle-time": ("median time from start to end of the case", "s", "median"),
    "processing-time": ("median time with work active in a case", "s", "median"),
    "waiting-time": ("median time without work active between first and last work of a case", "s", "median"),
    "throughput": ("cases completed in a month", "cases a month", "sum"),
    "straight-through": ("share of cases done by machines alone", "share", "mean"),
    "rework": ("share of cases in which an activity was repeated", "share", "mean"),
    "automation-rate": ("share of the rows of work done by machines", "share", "mean"),
    "exception-rate": ("failure episodes a closed case", "episodes a case", "mean"),
    "sla-attainment": ("share of the rows of work with a due date that ended in time", "share", "mean"),
    "time-to-restore": (
        "median time from the creation of an incident to its resolution, of those resolved",
        "s",
        "median",
    ),
    "backlog": ("cases open at the end of the records, and at the end of each month", "cases", "stock"),
    "success-rate": ("share of cases with a successful outcome", "share", "mean"),
    "cancellation-rate": ("share of cases that were terminated", "share", "mean"),
}


def has_values(measure: str | Expression) -> bool:
    """Return whether the cases have values of a measure: it is no function of others, and is worked out here."""
    return measure in NAMED if isinstance(measure, str) else not measure.derived


def form(kpi: Kpi) -> tuple[str, str, str]:
    """Return what a KPI measures in words, its unit, and how the values of cases become one.

    How: an aggregate of :data:`poanalyzer.kpis.Aggregate`, ``stock`` (counted at one moment) or ``derived``.
    """
    words, unit, how = _form(kpi.measure)
    return words + (f", in cases {kpi.scope.told}" if kpi.scope else ""), unit, how


def _form(measure: str | Expression) -> tuple[str, str, str]:
    if isinstance(measure, str):
        return NAMED[measure]
    if measure.derived:
        one, other = measure.derived
        return (f"{one} / {other}" if measure.ratio else f"{one} − {other}"), "", "derived"
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


def base_rows(mined: Mined, scope: Scope | None = None, *, closed: bool = True) -> ibis.Table:
    """Return the cases of a scope with ``month``, in which they ended, and ``began``; the closed ones, or all."""
    rows = mined.cases
    rows = rows.filter(rows.closed & rows.end.notnull() if closed else rows.start.notnull())
    ended, begun = timestamp(rows.end), timestamp(rows.start)
    month = (ended.year() * 12 + ended.month() - 1).cast("int64")
    if not closed:
        import ibis

        month = ibis.ifelse(rows.closed, month, ibis.null("int64"))
    rows = rows.mutate(month=month, began=(begun.year() * 12 + begun.month() - 1).cast("int64"))
    return _scoped(mined, rows, scope) if scope else rows


def _scoped(mined: Mined, rows: ibis.Table, scope: Scope) -> ibis.Table:
    if scope.tenant:
        rows = rows.filter(rows.tenant == scope.tenant)
    if scope.version:
        cases = mined.log.coded("c_cases")
        rows = rows.semi_join(cases.filter(cases.process_version == scope.version), "case_ix")
    if scope.attribute:
        rows = _with_attribute(mined, rows, scope.attribute)
        rows = rows.filter(rows.said == scope.equals).drop("said")
    return rows


def valued(
    mined: Mined, base: ibis.Table, names: dict[str, tuple[int, ...]], number: int, kpi: Kpi, asked: list[Process]
) -> ibis.Table:
    """Return ``kpi, process_ix, month, day, in_window, applies, value, base`` of one KPI, a row a closed case (or incident).

    ``value`` is in millionths; where cases weigh unequally, ``base`` is what the value is a part of. ``day`` (since 1970):
    when the case began, since what goes wrong on a day strikes those that begin on it.
    """
    import ibis

    if kpi.measure == "time-to-restore":  # what was restored was, whether its case has ended or not
        base = base_rows(mined, closed=False)
    rows = base.filter(base.process_ix.isin([p.ix for p in asked])) if asked else base.filter(ibis.literal(False))
    if kpi.scope:
        rows = _scoped(mined, rows, kpi.scope)
    measure = kpi.measure
    yes = ibis.literal(True)
    rows = rows.mutate(base=ibis.literal(1, "int64"), applies=yes)
    if isinstance(measure, str):
        rows = _NAMED.get(measure, _of_case)(mined, rows, measure)
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
        "process_ix", "month", "in_window", "applies",
        kpi=ibis.literal(number, "int64"), value=rows.value.cast("int64"), base=rows.base.cast("int64"),
        day=day_of(rows),
    )  # fmt: skip


def _of_case(mined: Mined, rows: ibis.Table, measure: str) -> ibis.Table:
    """Add the value of a measure that the facts of a case hold."""
    import ibis

    def share(condition: ibis.BooleanValue) -> ibis.Value:
        return condition.cast("int64") * MILLION

    ran = rows.bounded > 0
    value = {
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
    return rows.mutate(value=value)


def _automated(mined: Mined, rows: ibis.Table, measure: str) -> ibis.Table:
    return rows.mutate(applies=rows.work > 0, value=rows.machine * MILLION, base=rows.work)


def _failed(mined: Mined, rows: ibis.Table, measure: str) -> ibis.Table:
    found = rows.left_join(mined.units.select("case_ix", "episodes"), "case_ix").drop("case_ix_right")
    return found.mutate(value=found.episodes.fill_null(0) * MILLION)


def _punctual(mined: Mined, rows: ibis.Table, measure: str) -> ibis.Table:
    acts = mined.log.coded("c_acts")
    acts = acts.filter(acts.due.notnull() & acts.end.notnull() & (acts.state != "skipped"))
    per = acts.group_by("case_ix").agg(dues=acts.count(), met=(acts.end <= acts.due).sum())
    found = rows.left_join(per, "case_ix").drop("case_ix_right")
    return found.mutate(applies=found.dues.notnull(), value=found.met * MILLION, base=found.dues.fill_null(0))


def _restored(mined: Mined, rows: ibis.Table, measure: str) -> ibis.Table:
    """Return a row an incident of the cases that was resolved, with the month of its resolution."""
    found = mined.log.coded("exceptions")
    found = found.filter(
        (found.kind == "work-item-failure") & (found.root_id == found.exception_id)
        & (found.cleared >= found.raised) & (found.cleared_by != "cancel")
    )  # fmt: skip
    found = found.select("case_ix", "raised", "cleared").join(rows, "case_ix")
    cleared, begin = timestamp(found.cleared), mined.window.start
    return found.mutate(
        value=found.cleared - found.raised, month=(cleared.year() * 12 + cleared.month() - 1).cast("int64"),
        in_window=found.in_window if begin is None else found.cleared >= begin,
    )  # fmt: skip


#: Measures that take more than the facts of the case.
_NAMED = {
    "automation-rate": _automated, "exception-rate": _failed, "sla-attainment": _punctual, "time-to-restore": _restored,
}  # fmt: skip


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


def steps_by_name(mined: Mined) -> dict[str, tuple[int, ...]]:
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


def absent(measure: str | Expression, process: Process, names: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    """Return the activities of a measure that are not in the records, in words."""
    if isinstance(measure, str):
        return ()
    times = (measure.time, measure.share.time if measure.share else None)
    moments = [m.activity for t in times if t for m in (t.from_, t.to) if m]
    asked = [*moments, *filter(None, (measure.count, measure.share.activity if measure.share else None))]
    known = sorted(names)
    return tuple(f"the activity “{name}” (not in the records. {did_you_mean(name, known)[:200]})" for name in asked
                 if name not in names)  # fmt: skip
