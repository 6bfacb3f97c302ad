"""Runs of desktop flows (``flowsession``) as cases, and their action logs as activities.

Mapping: the process is the desktop flow, the case the session, its parent the run of the cloud flow that started it.
``statuscode`` says how it ended; ``statecode`` does not (a succeeded session is Active). The robot is the machine; whether a
person sat before it (attended) is kept as the variable ``runmode``. Action logs are of version 2 (table ``flowlog``, type
DesktopFlowRunAction) or 1 (the file in ``additionalcontext``); their JSON is not documented field by field, so that times
fall back on when the log was written, and how long the action took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.engine.calls import put_calls
from poanalyzer.ingest.power_automate.failures import kind_of
from poanalyzer.ingest.power_automate.flowids import FlowIds
from poanalyzer.ingest.power_automate.records import Records
from poanalyzer.ingest.power_automate.runs import state_of
from poanalyzer.ingest.power_automate.times import json_moment

if TYPE_CHECKING:
    import ibis

_STATUS = (
    "NotSpecified", "Paused", "Running", "Waiting", "Succeeded", "Skipped", "Suspended", "Cancelled", "Failed", "Faulted",
    "TimedOut", "Aborted", "Ignored", "Deleted", "Terminated",
)  # fmt: skip
_MODES = ("local", "attended", "unattended")
_ACTION_LOG = ("100000001", "DesktopFlowRunAction")
_ERROR = ("100000004", "Error")
_STEP = "struct<name:string,actionName:string,functionName:string,startTime:string,endTime:string,status:string,errorCode:string>"
_LOGGED = f"array<{_STEP}>"
_GUID = r"(?i)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"


def sessions(records: Records, ids: FlowIds, cloud: ibis.Table) -> ibis.Table:
    """Return one row a session: ``case_id, process_key, start, end, state, parent_case, machine, …``; kept in the store."""
    import ibis

    rows = records.of("flowsession")
    word = ibis.cases(*((rows.status == str(number), word) for number, word in enumerate(_STATUS)), else_=rows.status)
    mode = ibis.cases(
        *((rows["mode"] == str(number), word) for number, word in enumerate(_MODES)), else_=rows["mode"].lower()
    )
    rows = rows.mutate(
        word=word, runmode=mode, case_id=rows.row, flow_ref=ibis.coalesce(rows.flow, rows.flow_name, "unknown")
    )
    rows = ids.key(rows, "flow_ref")
    state = state_of(rows.word)
    rows = rows.mutate(
        state=state,
        start=ibis.coalesce(rows.start, rows.created),
        end=ibis.ifelse(state.isin(["running", "waiting", "suspended"]), ibis.null("int64"), rows.end),
        never=rows.word.lower().isin(["skipped", "ignored", "deleted"]).fill_null(False),
        robot=ibis.coalesce(rows.machine_name, rows.machine, rows.group_name),
    )
    parents = cloud.select(p_case="case_id", p_root="root_case_id")
    rows = rows.left_join(parents, [("parent_run", "p_case")])
    # the cloud flow's runs are another input: its run is named, whether it is in the data or not
    named = ibis.coalesce(rows.p_case, rows.parent_run.nullif("").nullif("0"))
    return records.keep(rows.mutate(parent_case=named).drop("p_case"), "sessions")


def put_sessions(records: Records, ids: FlowIds, rows: ibis.Table) -> None:
    """Fill ``cases``, ``links``, ``exceptions`` and ``variables`` with the sessions."""
    import ibis

    rows = rows.filter(~rows.never)
    named = rows.left_join(ids.names, [("process_key", "named_key")])
    records.sink.put(
        "cases",
        named.select(
            "case_id", "process_key", "start", "end", "state", "raw_ref",
            engine=ibis.literal(records.sink.record.engine),
            process_name=ibis.coalesce(named.process_name, named.flow_name),
            process_version=named.version,
            root_case_id=ibis.coalesce(named.p_root, named.case_id),
            parent_case_id=named.parent_case,
            trigger=ibis.ifelse(named.parent_case.notnull(), "call", ibis.null("string")),
        ),
    )  # fmt: skip
    put_calls(
        rows.filter(rows.p_root.notnull()), records.sink, parent="parent_case", key="correlation", raw_ref="raw_ref"
    )
    failed = rows.filter((rows.state == "failed") & ibis.coalesce(rows.end, rows.modified, rows.start).notnull())
    records.sink.put(
        "exceptions",
        failed.select(
            "case_id", "raw_ref",
            exception_id=failed.case_id, kind=kind_of(failed.error_code, (failed.word.lower() == "timedout").fill_null(False)),
            code=failed.error_code, raised=ibis.coalesce(failed.end, failed.modified, failed.start),
            cleared_by=ibis.literal("none"), root_id=failed.case_id,
        ),
    )  # fmt: skip
    for name, column in (("runmode", "runmode"), ("machine", "robot")):
        known = rows.filter(rows[column].notnull())
        records.sink.put(
            "variables",
            known.select(
                "case_id", "raw_ref", name=ibis.literal(name), type=ibis.literal("string"), value=known[column]
            ),
        )


def put_logs(records: Records, rows: ibis.Table) -> None:
    """Fill ``activities`` with the action logs of sessions."""
    import ibis

    logs = ibis.union(_second(records), _first(records))
    logs = logs.join(rows.filter(~rows.never).select("case_id", "robot", case_state="state"), [("session", "case_id")])
    nth = ibis.row_number().over(group_by="session", order_by=["seq", "start", "name"])
    logs = logs.mutate(seq=ibis.coalesce(logs.seq, nth))
    records.sink.put(
        "activities",
        logs.select(
            "start", "end", "seq", "raw_ref", "error_code",
            case_id=logs.session,
            activity_instance_id=logs.session + "/" + logs.seq.cast("string"),
            element_id=logs.name,
            activity=logs.name,
            element_type=ibis.literal("serviceTask"),
            scope_id=logs.session,
            start_kind=ibis.ifelse(logs.start.isnull(), ibis.null("string"), logs.start_kind),
            state=ibis.ifelse(logs.failed, "failed", "completed"),
            resource=logs.robot,
            resource_type=ibis.literal("bot"),
            endpoint=ibis.literal("desktop"),
        ),
    )  # fmt: skip


def _second(records: Records) -> ibis.Table:
    import ibis

    rows = records.of("flowlog")
    rows = rows.filter(rows.type.isin(_ACTION_LOG) | rows.type.isnull())
    data = rows.data.try_cast("json").try_cast(_STEP)
    rows = rows.mutate(d=data)
    said = json_moment(rows.d["startTime"])
    end = ibis.coalesce(json_moment(rows.d["endTime"]), rows.created)
    # the column's own page: milliseconds
    start = ibis.coalesce(said, end - rows.duration * 1000)
    return rows.select(
        "session", "seq", "raw_ref", start=start, end=end,
        start_kind=ibis.ifelse(said.isnull(), "inferred", "observed"),
        name=ibis.coalesce(rows.d["actionName"], rows.d["functionName"], rows.d["name"], rows.name, "action"),
        failed=rows.level.isin(_ERROR).fill_null(False) | (rows.d["status"].lower() == "failed").fill_null(False),
        error_code=rows.d["errorCode"],
    )  # fmt: skip


def _first(records: Records) -> ibis.Table:
    import ibis

    rows = records.of("actionlog")
    rows = rows.mutate(session=rows.file.re_extract(_GUID + r"[^/]*$", 1).lower().nullif(""))
    if count := int(records.sink.con.execute(rows.filter(rows.session.isnull()).count())):
        records.sink.note(
            "warning", f"{count:,} files of desktop actions do not say their session and are left out",
            fix="Name the file after the session's id (flowsessionid).",
        )  # fmt: skip
    rows = rows.filter(rows.session.notnull())
    listed = rows.definition.try_cast("json").try_cast(f"struct<actions:{_LOGGED}>")["actions"]
    each = rows.select("session", "raw_ref", one=listed.unnest())
    one = each.one
    return each.select(
        "session", seq=ibis.null("int64"), raw_ref="raw_ref", start=json_moment(one["startTime"]),
        end=json_moment(one["endTime"]), start_kind=ibis.literal("observed"),
        name=ibis.coalesce(one["actionName"], one["name"], one["functionName"], "action"),
        failed=(one["status"].lower() == "failed").fill_null(False), error_code=one["errorCode"],
    )  # fmt: skip
