"""Process instances, activity instances and call links of a Flowable or Activiti export as canonical rows.

These engines keep neither a state nor a scope: an activity that carries a reason of deletion was cancelled, and what an
activity stands in is found by the model. Flowable writes a row for each sequence flow, which is no activity, and one for
each boundary event when it begins to listen: only those that fired count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.activities import FLOW, keep_rows, put_activities, told_by_model, usable_rows
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.act.instances import known_instances, put_cases, recorded_instances

if TYPE_CHECKING:
    import ibis

#: ACT_TYPE_ that is a BPMN name already (BpmnXMLConstants of flowable-engine).
_KEPT = (
    "task", "scriptTask", "serviceTask", "businessRuleTask", "manualTask", "userTask", "sendTask", "receiveTask",
    "subProcess", "adHocSubProcess", "eventSubProcess", "callActivity", "transaction", "multiInstanceBody",
    "exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "startEvent", "endEvent",
    "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
)  # fmt: skip
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
    rows = usable_rows(export, sink)
    rows = rows.mutate(
        # an end event that ends everything names itself as the reason
        canceled=rows.DELETE_REASON_.notnull() & (rows.ACT_TYPE_ != "endEvent").fill_null(True),
        lost=(rows.DELETE_REASON_ == _LOST).fill_null(False),
        seq=rows.TRANSACTION_ORDER_.try_cast("int64"),
    )
    kept = keep_rows(rows, sink, lambda kinds: kinds.mutate(element_type=element_type(kinds.ACT_TYPE_)))
    is_flow = (kept.ACT_TYPE_ == FLOW).fill_null(False)
    return kept.filter(~is_flow), kept.filter(is_flow)


def put_instances(export: Export, acts: ibis.Table, definitions: ibis.Table, sink: Sink) -> ibis.Table:
    """Fill ``cases`` and the call ``links``; return the cases by id and definition."""
    import ibis

    cases = known_instances(export, recorded_instances(export, sink), acts, definitions, sink)
    # an end event that ends everything is an end all the same; other reasons come from outside
    ended_itself = cases.DELETE_REASON_.isnull() | cases.DELETE_REASON_.startswith("terminate end event")
    state = ibis.cases(
        (~cases.recorded, "unknown"),
        (cases.END_TIME_.isnull(), "running"),
        (ended_itself, "completed"),
        else_="terminated",
    )
    put_cases(
        cases, sink, state=state, trigger=ibis.ifelse(cases.parent_case_id.notnull(), "call", ibis.null("string"))
    )
    return cases


def put_activity_instances(
    export: Export, acts: ibis.Table, fired: ibis.Table | None, elements: ibis.Table, sink: Sink
) -> None:
    """Fill ``activities``. ``fired``: boundary events' instances that did; None where nothing tells."""
    import ibis

    rows = told_by_model(acts.left_join(elements, [("PROC_DEF_ID_", "definition_id"), ("ACT_ID_", "m_element_id")]))
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
    rows = rows.mutate(
        mi_index=ibis.ifelse(repeats, nth, ibis.null("int64")),
        person=ibis.coalesce(rows.COMPLETED_BY_, rows.task_completed_by, rows.task_assignee, rows.ASSIGNEE_),
        worker=ibis.null("string"),
        endpoint=rows.m_code,
    )
    put_activities(
        rows,
        sink,
        scheduled=ibis.ifelse(rows.element_type == "userTask", rows.START_TIME_, ibis.null("int64")),
        state=ibis.cases(
            (rows.silent | rows.lost, "skipped"), (rows.canceled, "canceled"), (rows.END_TIME_.isnull(), "running"),
            else_="completed",
        ),
        is_compensation=rows.m_is_compensation,
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
