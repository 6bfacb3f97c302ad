"""The usable activity rows, the process instances and the call links of a Camunda 7 export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.act.roots import with_roots

if TYPE_CHECKING:
    import ibis

BODY = "#multiInstanceBody"
#: Types of ACT_TYPE_ that are BPMN names already (ActivityTypes.java); events are renamed by their pattern.
_KEPT = (
    "task", "scriptTask", "serviceTask", "businessRuleTask", "manualTask", "userTask", "sendTask", "receiveTask",
    "subProcess", "adHocSubProcess", "callActivity", "transaction", "multiInstanceBody", "exclusiveGateway",
    "inclusiveGateway", "parallelGateway", "complexGateway", "eventBasedGateway",
)  # fmt: skip
#: Start events that only an event sub-process has when they stand below the process itself.
TYPED_STARTS = (
    "startTimerEvent", "messageStartEvent", "signalStartEvent", "escalationStartEvent", "compensationStartEvent",
    "errorStartEvent", "conditionalStartEvent",
)  # fmt: skip
_TRIGGERS = {
    "startTimerEvent": "timer", "messageStartEvent": "message", "signalStartEvent": "signal",
    "conditionalStartEvent": "conditional",
}  # fmt: skip
_CANCELED = "2"


def element_type(raw: ibis.Value) -> ibis.Value:
    """Return the BPMN name of an ACT_TYPE_."""
    import ibis

    return ibis.cases(
        (raw.isin(_KEPT), raw),
        (raw.startswith("boundary") | raw.isin(["compensationBoundaryCatch", "cancelBoundaryCatch"]), "boundaryEvent"),
        ((raw == "startEvent") | raw.isin(TYPED_STARTS), "startEvent"),
        (raw.startswith("intermediate") & raw.contains("Throw"), "intermediateThrowEvent"),
        (raw.startswith("intermediate"), "intermediateCatchEvent"),
        (raw.endswith("EndEvent"), "endEvent"),
        else_="unknown",
    )


def usable_activities(export: Export, sink: Sink) -> ibis.Table:
    """Return the rows of ACT_HI_ACTINST that can be used, kept in the store; account for all of them."""
    import ibis

    rows = export.table("HI_ACTINST")
    start, end = rows.START_TIME_, rows.END_TIME_
    implausible = ~start.between(EARLIEST_US, LATEST_US) | (end.notnull() & ~end.between(EARLIEST_US, LATEST_US))
    reason = ibis.cases(
        (rows.ID_.isnull(), "no id"),
        (rows.PROC_INST_ID_.isnull(), "no process instance"),
        (rows.ACT_ID_.isnull(), "no activity"),
        (start.isnull(), "no start time that can be read"),
        (implausible, "time outside 1950–2150"),
        else_="",
    )
    judged = rows.mutate(reason=reason)
    found = judged.group_by("reason").agg(n=judged.count(), example=judged.ID_.min()).to_pyarrow().to_pylist()
    counts = {row["reason"]: int(row["n"]) for row in found}
    malformed, twice = export.malformed.get("HI_ACTINST", 0), export.duplicates.get("HI_ACTINST", 0)
    sink.read(sum(counts.values()) + malformed + twice)
    sink.kept(counts.get("", 0))
    sink.reject("row does not fit the header", malformed)
    sink.reject("row exported twice", twice)
    for row in sorted(found, key=lambda r: r["reason"]):
        if row["reason"]:
            sink.reject(row["reason"], int(row["n"]), f"ACT_HI_ACTINST {row['example']}" if row["example"] else "")
    good = judged.filter(judged.reason == "").drop("reason")
    return export.keep(
        good.mutate(
            element_id=good.ACT_ID_,
            bare_id=good.ACT_ID_.replace(BODY, ""),
            canceled=(good.ACT_INST_STATE_ == _CANCELED).fill_null(False),
            seq=good.SEQUENCE_COUNTER_.try_cast("int64"),
        ),
        "actinst",
    )


def put_cases(export: Export, acts: ibis.Table, definitions: ibis.Table, sink: Sink) -> ibis.Table:
    """Fill ``cases`` and the call ``links``; return the cases by id, process key and definition.

    Instances that only activity rows name (history cut by clean-up, or ACT_HI_PROCINST not exported) become cases of
    state unknown, from their first to their last row.
    """
    import ibis

    raw = export.table("HI_PROCINST")
    raw = raw.mutate(case_id=ibis.coalesce(raw.PROC_INST_ID_, raw.ID_))
    plausible = raw.START_TIME_.between(EARLIEST_US, LATEST_US).fill_null(False)
    unusable = int(sink.con.execute((raw.case_id.isnull() | ~plausible).sum().fill_null(0)))
    if unusable:
        sink.note("warning", f"{unusable} rows of ACT_HI_PROCINST have no id or no time that can be read; left out")
    raw = raw.filter(raw.case_id.notnull() & plausible)
    known = raw.select("case_id").distinct()
    orphans = acts.anti_join(known, [("PROC_INST_ID_", "case_id")])
    orphans = orphans.group_by("PROC_INST_ID_").agg(
        START_TIME_=orphans.START_TIME_.min(),
        END_TIME_=ibis.ifelse(orphans.END_TIME_.isnull().any(), ibis.null("int64"), orphans.END_TIME_.max()),
        PROC_DEF_KEY_=orphans.PROC_DEF_KEY_.min(),
        PROC_DEF_ID_=orphans.PROC_DEF_ID_.min(),
        TENANT_ID_=orphans.TENANT_ID_.min(),
    )
    _tell_migrated(export, acts, sink)
    lost = int(sink.con.execute(orphans.count()))
    if lost and export.has("HI_PROCINST"):
        sink.note("warning", f"{lost} process instances have activities but no row in ACT_HI_PROCINST; state unknown")
    columns = ("case_id", *(c.lstrip("@") for c in raw.columns if c not in ("case_id", "ID_", "PROC_INST_ID_")))
    orphans = orphans.rename(case_id="PROC_INST_ID_").mutate(STATE_=ibis.literal("?"))
    filled = {c: orphans[c] if c in orphans.columns else ibis.null(raw[c].type()) for c in columns}
    rows = export.keep(ibis.union(raw.select(columns), orphans.select(**filled)), "procinst")
    rows = rows.left_join(definitions, [("PROC_DEF_ID_", "definition_id")])
    key = ibis.coalesce(rows.PROC_DEF_KEY_, rows.process_key, rows.PROC_DEF_ID_.split(":")[0], "unknown")
    version = ibis.coalesce(rows.version, rows.PROC_DEF_ID_.re_extract(r"^[^:]*:(\d+):", 1).nullif(""))
    rows = rows.mutate(process_key=key, version=version)

    callers = acts.filter(acts.CALL_PROC_INST_ID_.notnull())
    callers = callers.group_by("CALL_PROC_INST_ID_").agg(
        call_instance=callers.ID_.min(), call_parent=callers.PROC_INST_ID_.min()
    )
    starts = acts.filter(acts.ACT_TYPE_.isin(list(_TRIGGERS)) & (acts.PARENT_ACT_INST_ID_ == acts.PROC_INST_ID_))
    starts = starts.group_by("PROC_INST_ID_").agg(start_type=starts.ACT_TYPE_.min())
    rows = rows.left_join(callers, [("case_id", "CALL_PROC_INST_ID_")])
    rows = rows.left_join(starts, [("case_id", "PROC_INST_ID_")])
    parent = ibis.coalesce(rows.SUPER_PROCESS_INSTANCE_ID_, rows.call_parent)
    parent = parent.nullif(rows.case_id)
    rows = export.keep(rows.mutate(parent_case_id=parent), "cases")
    root = rows.ROOT_PROC_INST_ID_ if export.has_column("HI_PROCINST", "ROOT_PROC_INST_ID_") else None
    rows = rows.mutate(root_case_id=ibis.coalesce(root, rows.case_id)) if root is not None else with_roots(rows, export)
    state = ibis.cases(
        (rows.STATE_ == "?", "unknown"),
        (rows.STATE_ == "ACTIVE", "running"),
        (rows.STATE_ == "SUSPENDED", "suspended"),
        (rows.STATE_ == "COMPLETED", "completed"),
        (rows.STATE_.isin(["EXTERNALLY_TERMINATED", "INTERNALLY_TERMINATED"]), "terminated"),
        # engines before 7.6 have no STATE_
        (rows.END_TIME_.isnull(), "running"),
        (rows.DELETE_REASON_.notnull(), "terminated"),
        else_="completed",
    )
    trigger = ibis.cases(
        (rows.parent_case_id.notnull(), "call"),
        *((rows.start_type == raw_type, name) for raw_type, name in _TRIGGERS.items()),
        else_="api",
    )
    sink.put(
        "cases",
        rows.select(
            "case_id", "process_key", "process_name", "root_case_id", "parent_case_id",
            engine=ibis.literal(sink.record.engine),
            process_version=rows.version,
            parent_activity_instance_id=rows.call_instance,
            restarted_from=rows.RESTARTED_PROC_INST_ID_,
            business_key=rows.BUSINESS_KEY_,
            tenant=rows.TENANT_ID_,
            trigger=trigger,
            started_by=rows.START_USER_ID_,
            start=rows.START_TIME_,
            end=rows.END_TIME_,
            state=state,
            end_element_id=rows.END_ACT_ID_,
            raw_ref=ibis.literal("ACT_HI_PROCINST:") + rows.case_id,
        ),
    )  # fmt: skip
    children = rows.filter(rows.parent_case_id.notnull())
    sink.put(
        "links",
        children.select(
            from_case_id=children.parent_case_id,
            to_case_id=children.case_id,
            kind=ibis.literal("call"),
            key=children.call_instance,
            raw_ref=ibis.literal("ACT_HI_PROCINST:") + children.case_id,
        ),
    )
    return rows


def _tell_migrated(export: Export, acts: ibis.Table, sink: Sink) -> None:
    """Say how many instances have rows of more than one definition: somebody moved them to another version."""
    rows = acts.group_by("PROC_INST_ID_").agg(first=acts.PROC_DEF_ID_.min(), last=acts.PROC_DEF_ID_.max())
    moved = export.size(rows.filter(rows["first"] != rows["last"]))
    if moved:
        sink.note(
            "note",
            f"{moved} process instances were migrated from one version to another: they count to the one they are in now",
        )
