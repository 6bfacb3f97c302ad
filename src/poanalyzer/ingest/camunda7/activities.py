"""Activity instances of a Camunda 7 export as canonical rows: what its other tables and the models know of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import HUMAN_TYPES, SERVICE_TYPES
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.camunda7.instances import TYPED_STARTS, element_type
from poanalyzer.ingest.camunda7.jobs import with_jobs
from poanalyzer.ingest.camunda7.multi_instance import with_index

if TYPE_CHECKING:
    import ibis

#: ACT_TYPE_ of events that throw or catch an error: the model knows its code.
_ERRORS = ("errorEndEvent", "boundaryError", "errorStartEvent")
#: ACT_TYPE_ of what throws compensation; it lasts until the handlers have ended.
_COMPENSATING = ("intermediateCompensationThrowEvent", "compensationEndEvent", "cancelEndEvent")


def put_activities(export: Export, acts: ibis.Table, elements: ibis.Table, sink: Sink) -> None:
    """Fill ``activities`` from ACT_HI_ACTINST, the tasks, the jobs, the external tasks, the decisions and the models."""
    import ibis

    tasks = export.table("HI_TASKINST")
    alone = export.size(tasks.filter(tasks.ID_.notnull() & tasks.PROC_INST_ID_.isnull()))
    if alone:
        sink.note(
            "note", f"{alone} tasks stand outside any process (ACT_HI_TASKINST): they are no activities, and left out"
        )
    typed = element_type(acts.ACT_TYPE_)
    rows = acts.mutate(element_type=typed).left_join(
        elements, [("PROC_DEF_ID_", "definition_id"), ("bare_id", "m_element_id")]
    )
    by_event = acts.filter(acts.ACT_TYPE_.isin(TYPED_STARTS) & (acts.PARENT_ACT_INST_ID_ != acts.PROC_INST_ID_))
    by_event = by_event.select(event_scope="PARENT_ACT_INST_ID_").distinct()
    rows = rows.left_join(by_event, [("ID_", "event_scope")])
    rows = with_index(rows, acts, export)
    rows = with_jobs(rows, acts, export)
    rows = _with_tasks(rows, export)
    rows = _with_workers(rows, export)
    rows = _with_decisions(rows, export)
    rows = _with_compensation(rows, acts, elements)
    is_event_scope = rows.event_scope.notnull() | (rows.m_element_type == "eventSubProcess").fill_null(False)
    kind = ibis.ifelse((rows.element_type == "subProcess") & is_event_scope, "eventSubProcess", rows.element_type)
    name = ibis.coalesce(rows.ACT_NAME_, rows.m_name, rows.ACT_ID_).re_replace(r"\s+", " ").strip()
    machine = rows.element_type.isin(SERVICE_TYPES)
    person = ibis.coalesce(rows.completed_by, rows.task_assignee, rows.ASSIGNEE_)
    does = rows.m_implementation.re_replace("^[a-z]+:", "")
    # selected columns, engines before the state was kept: of tasks alone it is known how they ended
    stated = export.has_column("HI_ACTINST", "ACT_INST_STATE_")
    canceled = rows.canceled if stated else (rows.task_reason != "completed").fill_null(False)
    sink.put(
        "activities",
        rows.select(
            "seq", "mi_index",
            activity_instance_id=rows.ID_,
            case_id=rows.PROC_INST_ID_,
            element_id=rows.ACT_ID_,
            activity=name.nullif("").fill_null(rows.ACT_ID_),
            element_type=kind,
            scope_id=rows.PARENT_ACT_INST_ID_.nullif(rows.PROC_INST_ID_),
            called_case_id=rows.CALL_PROC_INST_ID_,
            scheduled=ibis.coalesce(
                rows.offered, ibis.ifelse(rows.element_type == "userTask", rows.START_TIME_, rows.job_created)
            ),
            assigned=rows.claimed,
            start=rows.START_TIME_,
            end=rows.END_TIME_,
            start_kind=ibis.literal("observed"),
            state=ibis.cases((canceled, "canceled"), (rows.END_TIME_.isnull(), "running"), else_="completed"),
            resource=ibis.ifelse(machine, rows.worker, person),
            role=ibis.coalesce(rows.task_group, _plain_groups(rows.m_candidate_groups)),
            resource_type=ibis.cases(
                (machine, "system"),
                (rows.element_type.isin(HUMAN_TYPES) & person.notnull(), "human"),
                else_="unknown",
            ),
            endpoint=ibis.coalesce(
                rows.topic, rows.decision_key, ibis.ifelse(machine, does, ibis.null("string"))
            ),
            due=rows.task_due,
            is_compensation=ibis.coalesce(rows.m_is_compensation, rows.compensates),
            error_code=ibis.ifelse(rows.ACT_TYPE_.isin(_ERRORS), rows.m_event_ref, ibis.null("string")),
            raw_ref=ibis.literal("ACT_HI_ACTINST:") + rows.ID_,
        ),
    )  # fmt: skip


def _plain_groups(groups: ibis.Value) -> ibis.Value:
    """Return the first candidate group of a model; an expression names nobody."""
    import ibis

    first = groups.split(",")[0].strip()
    return ibis.ifelse(groups.contains("${") | groups.contains("#{"), ibis.null("string"), first.nullif(""))


def _with_tasks(rows: ibis.Table, export: Export) -> ibis.Table:
    """Add what is known of the human task: due date, group, when it was claimed, who completed it, why it ended."""
    import ibis

    tasks = export.table("HI_TASKINST")
    tasks = tasks.group_by(task_ref=tasks.ID_).agg(
        task_due=tasks.DUE_DATE_.max(), task_assignee=tasks.ASSIGNEE_.max(), task_reason=tasks.DELETE_REASON_.max()
    )
    links = export.table("HI_IDENTITYLINK")
    added = links.OPERATION_TYPE_ == "add"
    links = links.filter(links.TASK_ID_.notnull()).group_by(link_task="TASK_ID_").agg(
        task_group=ibis.ifelse((links.TYPE_ == "candidate") & added, links.GROUP_ID_, None).min(),
        link_claimed=ibis.ifelse(
            (links.TYPE_ == "assignee") & added & links.USER_ID_.notnull(), links.TIMESTAMP_, None
        ).min(),
    )  # fmt: skip
    ops = export.table("HI_OP_LOG")
    ops = ops.filter((ops.ENTITY_TYPE_ == "Task") & ops.TASK_ID_.notnull())
    taken = ops.OPERATION_TYPE_.isin(["Claim", "Assign"]) & (ops.PROPERTY_ == "assignee") & ops.NEW_VALUE_.notnull()
    ops = ops.group_by(op_task="TASK_ID_").agg(
        op_claimed=ibis.ifelse(taken, ops.TIMESTAMP_, None).min(),
        completed_by=ibis.ifelse(ops.OPERATION_TYPE_ == "Complete", ops.USER_ID_, None).max(),
    )
    rows = rows.left_join(tasks, [("TASK_ID_", "task_ref")])
    rows = rows.left_join(links, [("TASK_ID_", "link_task")])
    rows = rows.left_join(ops, [("TASK_ID_", "op_task")])
    return rows.mutate(claimed=ibis.coalesce(rows.link_claimed, rows.op_claimed))


def _with_workers(rows: ibis.Table, export: Export) -> ibis.Table:
    """Add topic, worker and time of creation of the external task behind an activity."""
    import ibis

    log = export.table("HI_EXT_TASK_LOG")
    log = log.filter(log.ACT_INST_ID_.notnull()).group_by(ext_instance="ACT_INST_ID_").agg(
        topic=log.TOPIC_NAME_.max(),
        done_by=ibis.ifelse(log.STATE_ == "2", log.WORKER_ID_, None).max(),
        tried_by=log.WORKER_ID_.max(),
        offered=ibis.ifelse(log.STATE_ == "0", log.TIMESTAMP_, None).min(),
    )  # fmt: skip
    rows = rows.left_join(log, [("ID_", "ext_instance")])
    return rows.mutate(worker=ibis.coalesce(rows.done_by, rows.tried_by))


def _with_decisions(rows: ibis.Table, export: Export) -> ibis.Table:
    """Add the key of the decision that an activity evaluated: the one it asked for, not those that one needs in turn."""
    decisions = export.table("HI_DECINST")
    decisions = decisions.filter(decisions.ACT_INST_ID_.notnull() & decisions.ROOT_DEC_INST_ID_.isnull())
    decisions = decisions.group_by(decided="ACT_INST_ID_").agg(decision_key=decisions.DEC_DEF_KEY_.min())
    return rows.left_join(decisions, [("ID_", "decided")])


def _with_compensation(rows: ibis.Table, acts: ibis.Table, elements: ibis.Table) -> ibis.Table:
    """Add ``compensates`` where no model says it: work that runs within an event that throws compensation.

    The event lasts until its handlers have ended, and they stand in its scope.
    """
    throws = acts.filter(acts.ACT_TYPE_.isin(_COMPENSATING))
    throws = throws.anti_join(elements.select("definition_id").distinct(), [("PROC_DEF_ID_", "definition_id")])
    throws = throws.select(t_scope="PARENT_ACT_INST_ID_", t_id="ID_", t_start="START_TIME_", t_end="END_TIME_")
    work = acts.filter(acts.ACT_TYPE_.endswith("Task") | acts.ACT_TYPE_.isin(["task", "callActivity", "subProcess"]))
    pairs = work.inner_join(throws, [("PARENT_ACT_INST_ID_", "t_scope")])
    at_once = pairs.t_end == pairs.t_start
    within = (pairs.t_start <= pairs.START_TIME_) & (
        pairs.t_end.isnull() | at_once.ifelse(pairs.t_end == pairs.START_TIME_, pairs.t_end > pairs.START_TIME_)
    )
    found = pairs.filter(within).select(handler="ID_").distinct().mutate(compensates=True)
    return rows.left_join(found, [("ID_", "handler")])
