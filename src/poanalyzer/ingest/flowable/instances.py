"""Process instances, activity instances and call links of a Flowable or Activiti export as canonical rows.

These engines keep neither a state nor a scope: an activity that carries a reason of deletion was cancelled, and what an
activity stands in is found by the model. Flowable writes a row for each sequence flow, which is no activity, and one for
each boundary event when it begins to listen: only those that fired count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import EARLIEST_US, HUMAN_TYPES, LATEST_US, SERVICE_TYPES
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.act.roots import with_roots

if TYPE_CHECKING:
    import ibis

#: ACT_TYPE_ that is a BPMN name already (BpmnXMLConstants of flowable-engine).
_KEPT = (
    "task", "scriptTask", "serviceTask", "businessRuleTask", "manualTask", "userTask", "sendTask", "receiveTask",
    "subProcess", "adHocSubProcess", "eventSubProcess", "callActivity", "transaction", "multiInstanceBody",
    "exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "startEvent", "endEvent",
    "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
)  # fmt: skip
FLOW = "sequenceFlow"
#: Why events behind an event-based gateway end that did not happen: another one did.
_LOST = "event based gateway cancel"


def element_type(raw: ibis.Value) -> ibis.Value:
    """Return the BPMN name of an ACT_TYPE_; Activiti 5 names events by what they wait for (``boundaryTimer``)."""
    import ibis

    return ibis.cases(
        (raw.isin(_KEPT), raw),
        (raw.isin(["eventGateway", "eventBasedGateway"]), "eventBasedGateway"),
        (
            raw.endswith("ServiceTask") | raw.isin(["mailTask", "shellTask", "httpTask", "dmnTask", "caseTask"]),
            "serviceTask",
        ),
        (raw.startswith("boundary"), "boundaryEvent"),
        ((raw == "throwEvent") | (raw.startswith("intermediate") & raw.contains("Throw")), "intermediateThrowEvent"),
        (raw.startswith("intermediate"), "intermediateCatchEvent"),
        (raw.endswith("EndEvent"), "endEvent"),
        (raw.lower().contains("startevent"), "startEvent"),
        else_="unknown",
    )


def usable_activities(export: Export, sink: Sink) -> tuple[ibis.Table, ibis.Table]:
    """Return the usable rows of ACT_HI_ACTINST as (activities, sequence flows taken), kept in the store.

    All rows are accounted for. ``seq`` is the order inside a transaction; ``canceled`` says whether a reason of deletion is
    there.
    """
    import ibis

    rows = export.table("HI_ACTINST")
    start, end = rows.START_TIME_, rows.END_TIME_
    implausible = ~start.between(EARLIEST_US, LATEST_US) | (end.notnull() & ~end.between(EARLIEST_US, LATEST_US))
    reason = ibis.cases(
        (rows.ID_.isnull(), "no id"),
        (rows.PROC_INST_ID_.isnull(), "no process instance"),
        (rows.ACT_ID_.isnull() & (rows.ACT_TYPE_ != FLOW).fill_null(True), "no activity"),
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
    kept = export.keep(
        good.mutate(
            # an end event that ends everything names itself as the reason
            canceled=good.DELETE_REASON_.notnull() & (good.ACT_TYPE_ != "endEvent").fill_null(True),
            lost=(good.DELETE_REASON_ == _LOST).fill_null(False),
            seq=good.TRANSACTION_ORDER_.try_cast("int64"),
        ),
        "actinst",
    )
    is_flow = (kept.ACT_TYPE_ == FLOW).fill_null(False)
    return kept.filter(~is_flow), kept.filter(is_flow)


def put_cases(export: Export, acts: ibis.Table, definitions: ibis.Table, sink: Sink) -> ibis.Table:
    """Fill ``cases`` and the call ``links``; return the cases by id and definition.

    Instances that only activity rows name become cases of state unknown, from their first to their last row.
    """
    import ibis

    raw = export.table("HI_PROCINST")
    raw = raw.mutate(case_id=ibis.coalesce(raw.PROC_INST_ID_, raw.ID_), named=ibis.literal(True))
    plausible = raw.START_TIME_.between(EARLIEST_US, LATEST_US).fill_null(False)
    unusable = int(sink.con.execute((raw.case_id.isnull() | ~plausible).sum().fill_null(0)))
    if unusable:
        sink.note("warning", f"{unusable} rows of ACT_HI_PROCINST have no id or no time that can be read; left out")
    raw = raw.filter(raw.case_id.notnull() & plausible)
    orphans = acts.anti_join(raw.select("case_id").distinct(), [("PROC_INST_ID_", "case_id")])
    orphans = orphans.group_by(case_id="PROC_INST_ID_").agg(
        START_TIME_=orphans.START_TIME_.min(),
        END_TIME_=ibis.ifelse(orphans.END_TIME_.isnull().any(), ibis.null("int64"), orphans.END_TIME_.max()),
        PROC_DEF_ID_=orphans.PROC_DEF_ID_.min(),
        TENANT_ID_=orphans.TENANT_ID_.min(),
        named=ibis.literal(False),
    )
    lost = int(sink.con.execute(orphans.count()))
    if lost and export.has("HI_PROCINST"):
        sink.note("warning", f"{lost} process instances have activities but no row in ACT_HI_PROCINST; state unknown")
    columns = ("case_id", "named", "BUSINESS_KEY_", "PROC_DEF_ID_", "START_TIME_", "END_TIME_", "START_USER_ID_",
               "END_ACT_ID_", "SUPER_PROCESS_INSTANCE_ID_", "DELETE_REASON_", "TENANT_ID_")  # fmt: skip
    filled = {c: orphans[c] if c in orphans.columns else ibis.null(raw[c].type()) for c in columns}
    rows = export.keep(ibis.union(raw.select(columns), orphans.select(**filled)), "procinst")
    rows = rows.left_join(definitions, [("PROC_DEF_ID_", "definition_id")])
    callers = acts.filter(acts.CALL_PROC_INST_ID_.notnull())
    callers = callers.group_by("CALL_PROC_INST_ID_").agg(
        call_instance=callers.ID_.min(), call_parent=callers.PROC_INST_ID_.min()
    )
    rows = rows.left_join(callers, [("case_id", "CALL_PROC_INST_ID_")])
    parent = ibis.coalesce(rows.SUPER_PROCESS_INSTANCE_ID_, rows.call_parent).nullif(rows.case_id)
    rows = with_roots(export.keep(rows.mutate(parent_case_id=parent), "cases"), export)
    # an end event that ends everything is an end all the same; other reasons come from outside
    ended_itself = rows.DELETE_REASON_.isnull() | rows.DELETE_REASON_.startswith("terminate end event")
    sink.put(
        "cases",
        rows.select(
            "case_id", "process_name", "root_case_id", "parent_case_id",
            engine=ibis.literal(sink.record.engine),
            process_key=ibis.coalesce(rows.process_key, rows.PROC_DEF_ID_.split(":")[0], "unknown"),
            process_version=ibis.coalesce(rows.version, rows.PROC_DEF_ID_.re_extract(r"^[^:]*:(\d+):", 1).nullif("")),
            parent_activity_instance_id=rows.call_instance,
            business_key=rows.BUSINESS_KEY_,
            tenant=rows.TENANT_ID_,
            trigger=ibis.ifelse(rows.parent_case_id.notnull(), "call", ibis.null("string")),
            started_by=rows.START_USER_ID_,
            start=rows.START_TIME_,
            end=rows.END_TIME_,
            state=ibis.cases(
                (~rows.named, "unknown"), (rows.END_TIME_.isnull(), "running"), (ended_itself, "completed"),
                else_="terminated",
            ),
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


def put_activities(
    export: Export, acts: ibis.Table, fired: ibis.Table | None, elements: ibis.Table, sink: Sink
) -> None:
    """Fill ``activities``. ``fired``: boundary events' instances that did; None where nothing tells."""
    import ibis

    rows = acts.mutate(element_type=element_type(acts.ACT_TYPE_)).left_join(
        elements, [("PROC_DEF_ID_", "definition_id"), ("ACT_ID_", "m_element_id")]
    )
    rows = rows.left_join(_scopes(export, acts, elements), [("ID_", "inner_id")])
    rows = _with_tasks(rows, export)
    rows = rows.mutate(silent=ibis.literal(False))
    if fired is not None:
        rows = rows.left_join(fired.select(fired_id="ID_").distinct(), [("ID_", "fired_id")])
        rows = rows.mutate(silent=(rows.element_type == "boundaryEvent") & rows.fired_id.isnull())
    repeats = rows.m_multi_instance.notnull() | rows.repeated.fill_null(False)
    nth = ibis.row_number().over(
        group_by=[rows.PROC_INST_ID_, rows.ACT_ID_], order_by=[rows.START_TIME_, rows.seq, rows.ID_]
    )
    kind = ibis.ifelse(
        (rows.element_type == "subProcess") & (rows.m_element_type == "eventSubProcess").fill_null(False),
        "eventSubProcess",
        rows.element_type,
    )
    name = ibis.coalesce(rows.ACT_NAME_, rows.m_name, rows.ACT_ID_).re_replace(r"\s+", " ").strip()
    machine = rows.element_type.isin(SERVICE_TYPES)
    person = ibis.coalesce(rows.COMPLETED_BY_, rows.task_completed_by, rows.task_assignee, rows.ASSIGNEE_)
    topic = ibis.ifelse(machine, rows.m_implementation.re_replace("^[a-z]+:", ""), ibis.null("string"))
    sink.put(
        "activities",
        rows.select(
            "seq",
            activity_instance_id=rows.ID_,
            case_id=rows.PROC_INST_ID_,
            element_id=rows.ACT_ID_,
            activity=name.nullif("").fill_null(rows.ACT_ID_),
            element_type=kind,
            scope_id=rows.scope_id,
            called_case_id=rows.CALL_PROC_INST_ID_,
            mi_index=ibis.ifelse(repeats, nth, ibis.null("int64")),
            scheduled=ibis.ifelse(rows.element_type == "userTask", rows.START_TIME_, ibis.null("int64")),
            assigned=rows.claimed,
            start=rows.START_TIME_,
            end=rows.END_TIME_,
            start_kind=ibis.literal("observed"),
            state=ibis.cases(
                (rows.silent | rows.lost, "skipped"), (rows.canceled, "canceled"), (rows.END_TIME_.isnull(), "running"),
                else_="completed",
            ),
            resource=ibis.ifelse(machine, ibis.null("string"), person),
            role=ibis.coalesce(rows.task_group, _plain_groups(rows.m_candidate_groups)),
            resource_type=ibis.cases(
                (machine, "system"),
                (rows.element_type.isin(HUMAN_TYPES) & person.notnull(), "human"),
                else_="unknown",
            ),
            endpoint=topic,
            due=rows.task_due,
            is_compensation=rows.m_is_compensation,
            raw_ref=ibis.literal("ACT_HI_ACTINST:") + rows.ID_,
        ),
    )  # fmt: skip


def _scopes(export: Export, acts: ibis.Table, elements: ibis.Table) -> ibis.Table:
    """Return for each activity that stands in a sub-process by the model the sub-process' instance of that time.

    Where several instances of the sub-process were open at once (multi-instance), which one is not recorded: none is said,
    and ``repeated`` says that the activity may run more than once by design.
    """
    import ibis

    within = elements.filter(elements.m_parent_id.notnull())
    within = within.select("definition_id", inner_element="m_element_id", outer_element="m_parent_id")
    many = elements.select(many_def="definition_id", many_element="m_element_id", many="m_multi_instance")
    within = within.left_join(many, [("definition_id", "many_def"), ("outer_element", "many_element")])
    inner = acts.join(within, [("PROC_DEF_ID_", "definition_id"), ("ACT_ID_", "inner_element")])
    inner = inner.select(
        inner_id="ID_", inner_case="PROC_INST_ID_", at="START_TIME_", outer_element="outer_element", many="many"
    )
    outer = acts.select(outer_id="ID_", outer_case="PROC_INST_ID_", outer_act="ACT_ID_", begin="START_TIME_",
                        finish="END_TIME_")  # fmt: skip
    pairs = inner.left_join(outer, [("inner_case", "outer_case"), ("outer_element", "outer_act")])
    around = (pairs.begin <= pairs["at"]) & (pairs.finish.isnull() | (pairs.finish >= pairs["at"]))
    hit = around.fill_null(False)
    found = pairs.group_by("inner_id").agg(
        hits=hit.sum(),
        last=pairs.outer_id.argmax(ibis.ifelse(hit, pairs.begin, ibis.null("int64"))),
        repeated=pairs.many.notnull().any(),
    )
    one = (found.hits == 1) | ((found.hits > 1) & ~found.repeated)
    return export.keep(
        found.select("inner_id", "repeated", scope_id=ibis.ifelse(one, found.last, ibis.null("string"))), "scopes"
    )


def _plain_groups(groups: ibis.Value) -> ibis.Value:
    """Return the first candidate group of a model; an expression names nobody."""
    import ibis

    first = groups.split(",")[0].strip()
    return ibis.ifelse(groups.contains("${") | groups.contains("#{"), ibis.null("string"), first.nullif(""))


def _with_tasks(rows: ibis.Table, export: Export) -> ibis.Table:
    """Add what is known of the human task: due date, group, when it was claimed, who completed it."""
    import ibis

    tasks = export.table("HI_TASKINST")
    tasks = tasks.group_by(task_ref=tasks.ID_).agg(
        task_due=tasks.DUE_DATE_.max(),
        task_assignee=tasks.ASSIGNEE_.max(),
        task_completed_by=tasks.COMPLETED_BY_.max(),
        task_claimed=tasks.CLAIM_TIME_.max(),
    )
    links = export.table("HI_IDENTITYLINK")
    links = links.filter(links.TASK_ID_.notnull()).group_by(link_task="TASK_ID_").agg(
        task_group=ibis.ifelse(links.TYPE_ == "candidate", links.GROUP_ID_, None).min(),
        link_claimed=ibis.ifelse(
            (links.TYPE_ == "assignee") & links.USER_ID_.notnull(), links.CREATE_TIME_, None
        ).min(),
    )  # fmt: skip
    rows = rows.left_join(tasks, [("TASK_ID_", "task_ref")])
    rows = rows.left_join(links, [("TASK_ID_", "link_task")])
    return rows.mutate(claimed=ibis.coalesce(rows.task_claimed, rows.link_claimed))
