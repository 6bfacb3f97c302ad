"""Actions of runs as activity instances, and the tries of theirs that failed.

Mapping: an action is a row, an action in a loop one row a repetition. What kind of step it is stands in the flow's definition:
connectors and HTTP are service tasks, approvals and cards that wait for an answer user tasks, scopes, conditions and loops
sub-processes, child flows and desktop flows call activities, delays timer events, variables and expressions script tasks.
The endpoint is the connector, or the host of an HTTP action. Who answered an approval is in its outputs, which exports leave out.

An answer's row for an action inside a loop sums its repetitions up: it begins with the last one. Where the repetitions are in
the export they take its place; where not, its times are called inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import SERVICE_TYPES
from poanalyzer.ingest.power_automate.flowids import RUN_OF_PATH, FlowIds
from poanalyzer.ingest.power_automate.records import Records

if TYPE_CHECKING:
    import ibis

_STATES = {
    "succeeded": "completed", "failed": "failed", "faulted": "failed", "timedout": "failed", "cancelled": "canceled",
    "canceled": "canceled", "aborted": "canceled", "skipped": "skipped", "ignored": "skipped", "running": "running",
    "waiting": "running", "paused": "running", "suspended": "running",
}  # fmt: skip
_INDEXES = "array<struct<scopeName:string,itemIndex:int64>>"
_TRIES = "array<struct<startTime:string,endTime:string,code:string,error:struct<code:string,message:string>>>"
#: Loops nest at most eight deep.
_LEVELS = 8
_FINE = ("ok", "accepted", "created", "nocontent", "succeeded", "notspecified", "")


def action_rows(records: Records, runs: ibis.Table, lookup: ibis.Table) -> ibis.Table:
    """Return one row an action or repetition with its run and model; kept in the store.

    Columns: those of the record, ``case_id, element, instance, suffix, item, state, process_key, process_version, m_*, exact``.
    """
    import ibis

    parts = []
    for kind in ("action", "repetition"):
        rows = records.of(kind)
        named = rows.name if kind == "action" else rows.row.re_extract(r"/actions/([^/]+)/", 1)
        parts.append(rows.mutate(element=named, repeated=ibis.literal(kind == "repetition")))
    rows = ibis.union(*parts)
    rows = rows.mutate(case_id=rows.row.re_extract(RUN_OF_PATH, 1).nullif(""), element=rows.element.nullif(""))
    lost = rows.filter(rows.case_id.isnull() | rows.element.isnull())
    if count := int(records.sink.con.execute(lost.count())):
        records.sink.note(
            "warning", f"{count:,} actions do not say which run they belong to and are left out",
            fix="Keep the member “id” of each action, which names flow and run.",
        )  # fmt: skip
    rows = rows.filter(rows.case_id.notnull() & rows.element.notnull())
    rows = _with_indexes(rows)
    loops = rows.filter(rows.repeated).select(r_case="case_id", r_element="element").distinct()
    rows = rows.left_join(loops, [("case_id", "r_case"), ("element", "r_element")])
    rows = rows.filter(rows.repeated | rows.r_case.isnull()).drop("r_case", "r_element")
    of_run = runs.select("case_id", "process_key", "process_version", "never", case_state="state")
    rows = rows.join(of_run, "case_id").filter(~ibis._.never)
    exact = lookup.filter(lookup.m_version.notnull())
    exact = exact.rename({f"e_{c[2:]}": c for c in exact.columns})
    loose = lookup.filter(lookup.m_version.isnull()).drop("m_version")
    rows = rows.left_join(exact, [("process_key", "e_key"), ("process_version", "e_version"), ("element", "e_element")])
    rows = rows.left_join(loose, [("process_key", "m_key"), ("element", "m_element")])
    took = ("type", "parent", "endpoint", "called", "loop", "repeats")
    known = rows.e_type.notnull()
    rows = rows.mutate(exact=known, **{f"m_{n}": ibis.ifelse(known, rows[f"e_{n}"], rows[f"m_{n}"]) for n in took})
    word = rows.status.lower()
    state = ibis.cases(
        *((word == theirs, ours) for theirs, ours in _STATES.items()),
        (rows.end.isnull(), "running"), else_="completed",
    )  # fmt: skip
    sign = ibis.ifelse(rows.suffix == "", "", "#" + rows.suffix)
    rows = rows.mutate(state=state, instance=rows.case_id + "/" + rows.element + sign)
    rows = rows.drop("e_key", "e_version", "e_element", *(f"e_{n}" for n in took), "m_key", "m_element", "never")
    return records.keep(_with_loops_seen(rows), "rows")


def _with_indexes(rows: ibis.Table) -> ibis.Table:
    """Add ``suffix`` (the numbers of the repetition, outermost loop first) and ``item`` (the innermost number)."""
    import ibis

    rows = rows.mutate(steps=rows.indexes.try_cast("json").try_cast(_INDEXES))
    depth = rows.steps.length().fill_null(0)
    suffix: ibis.Value = ibis.literal("")
    for level in range(_LEVELS):
        number = rows.steps[level]["itemIndex"].cast("string").lpad(6, "0")
        suffix = suffix + ibis.ifelse(depth > level, ("-" if level else "") + number, "").fill_null("")
    from_name = rows.row.re_extract(r"epetitions/([^/]+)$", 1).nullif("")
    last = rows.steps[depth - 1]
    return rows.mutate(
        suffix=ibis.ifelse(rows.repeated & (suffix == ""), from_name.fill_null(""), suffix),
        item=last["itemIndex"],
    ).drop("steps")


def _with_loops_seen(rows: ibis.Table) -> ibis.Table:
    """Give actions that others name as their loop the type of a scope where no definition says what they are."""
    import ibis

    steps = rows.filter(rows.indexes.notnull())
    steps = steps.select("case_id", one=steps.indexes.try_cast("json").try_cast(_INDEXES).unnest())
    loops = (
        steps.select(l_case="case_id", l_element=steps.one["scopeName"]).filter(ibis._.l_element.notnull()).distinct()
    )
    rows = rows.left_join(loops, [("case_id", "l_case"), ("element", "l_element")])
    seen = ibis.ifelse(rows.l_element.notnull(), "subProcess", ibis.null("string"))
    return rows.mutate(m_type=ibis.coalesce(rows.m_type, seen)).drop("l_case", "l_element")


def put_activities(records: Records, ids: FlowIds, rows: ibis.Table, runs: ibis.Table) -> None:
    """Fill ``activities``."""
    import ibis

    called = _called(records, ids, rows, runs)
    out = rows.left_join(called, [("instance", "caller")])
    at_loop = (out.m_parent == out.m_loop).fill_null(False)
    outer = ibis.ifelse(at_loop, out.suffix.re_replace(r"-?[^-]*$", ""), out.suffix)
    sign = ibis.ifelse(outer == "", "", "#" + outer)
    kind = ibis.coalesce(out.m_type, "unknown")
    summed = out.m_loop.notnull() & ~out.repeated
    records.sink.put(
        "activities",
        out.select(
            "case_id", "state", "called_case_id", "start", "end", "raw_ref",
            activity_instance_id=out.instance,
            element_id=out.element,
            activity=out.element.re_replace("_", " ").strip(),
            element_type=kind,
            scope_id=ibis.ifelse(out.m_parent.isnull(), out.case_id, out.case_id + "/" + out.m_parent + sign),
            mi_index=out.item,
            scheduled=ibis.ifelse(kind == "userTask", out.start, ibis.null("int64")),
            start_kind=ibis.ifelse(out.start.isnull(), ibis.null("string"), ibis.ifelse(summed, "inferred", "observed")),
            resource_type=ibis.ifelse(kind.isin([*SERVICE_TYPES, "endEvent"]), "system", "unknown"),
            endpoint=out.m_endpoint,
            error_code=ibis.ifelse(
                out.state == "failed", ibis.coalesce(out.error_code, out.code.nullif("NotSpecified")), ibis.null("string")
            ),
        ),
    )  # fmt: skip


def _called(records: Records, ids: FlowIds, rows: ibis.Table, runs: ibis.Table) -> ibis.Table:
    """Return the run that an action called: of its flow, with its run as parent, begun while it ran, and the only such one."""
    import ibis

    calls = ids.key(rows.filter(rows.m_called.notnull()).drop("process_key"), "m_called")
    calls = calls.select("instance", "case_id", target="process_key", c_start="start", c_end="end")
    children = runs.filter(runs.parent_case.notnull())
    children = children.select(child="case_id", of="parent_case", of_flow="process_key", began="start")
    late = ibis.coalesce(calls.c_end, 1 << 61)
    pairs = calls.join(children, [calls.case_id == children.of, calls.target == children.of_flow,
                                  children.began >= calls.c_start - 1_000_000, children.began <= late])  # fmt: skip
    alone = pairs.group_by("child").agg(caller=pairs.instance.max(), n=pairs.count())
    alone = alone.filter(alone.n == 1)
    found = alone.group_by("caller").agg(called_case_id=alone.child.max(), n=alone.count())
    return records.keep(found.filter(found.n == 1).select("caller", "called_case_id"), "called")


def put_attempts(records: Records, rows: ibis.Table) -> None:
    """Fill ``attempts``: the tries of an action that failed, from its retry history."""
    import ibis

    from poanalyzer.ingest.power_automate.times import json_moment

    tried = rows.filter(rows.retries.notnull())
    tried = tried.mutate(tries=tried.retries.try_cast("json").try_cast(_TRIES))
    tried = tried.filter(tried.tries.length() > 0)
    each = tried.select("case_id", "instance", "element", "raw_ref", one=tried.tries.unnest())
    each = each.mutate(
        at=json_moment(each.one["startTime"]), end=json_moment(each.one["endTime"]), code=each.one["code"],
        error_code=each.one["error"]["code"], message=each.one["error"]["message"],
    )  # fmt: skip
    good = each.error_code.isnull() & ibis.coalesce(each.code, "").lower().isin(_FINE)
    each = each.filter(each["at"].notnull() & ~good)
    order = ibis.row_number().over(group_by="instance", order_by=["at", "end", "error_code"])
    records.sink.put(
        "attempts",
        each.select(
            "case_id", "at", "end", "message", "raw_ref",
            activity_instance_id=each.instance,
            element_id=each.element,
            attempt=order + 1,
            error_code=ibis.coalesce(each.error_code, each.code),
        ),
    )  # fmt: skip
