"""Activity instances of a Camunda 7 export as canonical rows: what its other tables and the models know of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.activities import activity_names, put_activities
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.camunda7.instances import TYPED_STARTS
from poanalyzer.ingest.camunda7.jobs import with_jobs
from poanalyzer.ingest.camunda7.multi_instance import with_index

if TYPE_CHECKING:
    import ibis

#: ACT_TYPE_ of events that throw or catch an error: the model knows its code.
_ERRORS = ("errorEndEvent", "boundaryError", "errorStartEvent")
#: ACT_TYPE_ of what throws compensation; it lasts until the handlers have ended.
_COMPENSATING = ("intermediateCompensationThrowEvent", "compensationEndEvent", "cancelEndEvent")


def put_activity_instances(export: Export, acts: ibis.Table, elements: ibis.Table, sink: Sink) -> None:
    """Fill ``activities`` from ACT_HI_ACTINST, the tasks, the jobs, the external tasks, the decisions and the models."""
    import ibis

    tasks = export.table("HI_TASKINST")
    alone = export.size(tasks.filter(tasks.ID_.notnull() & tasks.PROC_INST_ID_.isnull()))
    if alone:
        sink.note(
            "note", f"{alone} tasks stand outside any process (ACT_HI_TASKINST): they are no activities, and left out"
        )
    by_event = acts.filter(acts.ACT_TYPE_.isin(TYPED_STARTS) & (acts.PARENT_ACT_INST_ID_ != acts.PROC_INST_ID_))
    by_event = export.keep(by_event.select(event_scope="PARENT_ACT_INST_ID_").distinct(), "event_scopes")
    named = acts.left_join(by_event, [("ID_", "event_scope")])
    named = _with_tasks(named, export)
    named = _with_workers(named, export)
    named = _with_decisions(named, export)
    named = named.mutate(
        element_type=ibis.ifelse(
            (named.element_type == "subProcess") & named.event_scope.notnull(), "eventSubProcess", named.element_type
        ),
        person=ibis.coalesce(named.completed_by, named.task_assignee, named.ASSIGNEE_),
        endpoint=ibis.coalesce(named.topic, named.decision_key, named.m_code),
        scope_id=named.PARENT_ACT_INST_ID_.nullif(named.PROC_INST_ID_),
    )
    rows = with_index(named, acts, export)
    rows = with_jobs(rows, acts, export)
    rows = _with_compensation(rows, acts, elements)
    # selected columns, engines before the state was kept: of tasks alone it is known how they ended
    stated = export.has_column("HI_ACTINST", "ACT_INST_STATE_")
    canceled = rows.canceled if stated else (rows.task_reason != "completed").fill_null(False)
    put_activities(
        rows,
        sink,
        named.select(**activity_names(named)),
        scheduled=ibis.coalesce(
            rows.offered, ibis.ifelse(rows.element_type == "userTask", rows.START_TIME_, rows.job_created)
        ),
        state=ibis.cases((canceled, "canceled"), (rows.END_TIME_.isnull(), "running"), else_="completed"),
        is_compensation=ibis.coalesce(rows.m_is_compensation, rows.compensates),
        error_code=ibis.ifelse(rows.ACT_TYPE_.isin(_ERRORS), rows.m_event_ref, ibis.null("string")),
    )


def _with_tasks(rows: ibis.Table, export: Export) -> ibis.Table:
    """Add what is known of the human task: due date, group, when it was claimed, who completed it, why it ended."""
    import ibis

    tasks, links, ops = (export.table(t) for t in ("HI_TASKINST", "HI_IDENTITYLINK", "HI_OP_LOG"))
    added, nobody, never = links.OPERATION_TYPE_ == "add", ibis.null("string"), ibis.null("int64")
    taken = ops.OPERATION_TYPE_.isin(["Claim", "Assign"]) & (ops.PROPERTY_ == "assignee") & ops.NEW_VALUE_.notnull()
    told = [
        tasks.select(
            task_ref="ID_", task_due="DUE_DATE_", task_assignee="ASSIGNEE_", task_reason="DELETE_REASON_",
            task_group=nobody, link_claimed=never, op_claimed=never, completed_by=nobody,
        ),
        links.select(
            task_ref="TASK_ID_", task_due=never, task_assignee=nobody, task_reason=nobody,
            task_group=ibis.ifelse((links.TYPE_ == "candidate") & added, links.GROUP_ID_, None),
            link_claimed=ibis.ifelse(
                (links.TYPE_ == "assignee") & added & links.USER_ID_.notnull(), links.TIMESTAMP_, None
            ),
            op_claimed=never, completed_by=nobody,
        ),
        ops.filter(ops.ENTITY_TYPE_ == "Task").select(
            task_ref="TASK_ID_", task_due=never, task_assignee=nobody, task_reason=nobody, task_group=nobody,
            link_claimed=never, op_claimed=ibis.ifelse(taken, ops.TIMESTAMP_, None),
            completed_by=ibis.ifelse(ops.OPERATION_TYPE_ == "Complete", ops.USER_ID_, None),
        ),
    ]  # fmt: skip
    every = ibis.union(*told)
    of_task = every.filter(every.task_ref.notnull()).group_by("task_ref").agg(
        task_due=every.task_due.max(), task_assignee=every.task_assignee.max(), task_reason=every.task_reason.max(),
        task_group=every.task_group.min(), completed_by=every.completed_by.max(),
        claimed=ibis.coalesce(every.link_claimed.min(), every.op_claimed.min()),
    )  # fmt: skip
    return rows.left_join(export.keep(of_task, "tasks"), [("TASK_ID_", "task_ref")])


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
    rows = rows.left_join(export.keep(log, "workers"), [("ID_", "ext_instance")])
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
