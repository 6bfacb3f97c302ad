"""What a run did, as canonical activities: activities and children with their last try, timers, signals, updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.temporal.events import Events

if TYPE_CHECKING:
    import ibis

#: Kind of event that opens a row → element type.
_OPENING = {
    "activitytaskscheduled": "serviceTask", "startchildworkflowexecutioninitiated": "callActivity",
    "nexusoperationscheduled": "callActivity", "timerstarted": "intermediateCatchEvent",
    "workflowexecutionupdateaccepted": "intermediateCatchEvent", "workflowexecutionsignaled": "intermediateCatchEvent",
}  # fmt: skip
_MARKER = "markerrecorded"
_STARTED = ("activitytaskstarted", "childworkflowexecutionstarted", "nexusoperationstarted")
_DONE = (
    "activitytaskcompleted", "childworkflowexecutioncompleted", "nexusoperationcompleted", "timerfired",
    "workflowexecutionupdatecompleted",
)  # fmt: skip
FAILED = (
    "activitytaskfailed", "activitytasktimedout", "childworkflowexecutionfailed", "childworkflowexecutiontimedout",
    "startchildworkflowexecutionfailed", "nexusoperationfailed", "nexusoperationtimedout",
)  # fmt: skip
_STOPPED = (
    "activitytaskcanceled", "childworkflowexecutioncanceled", "childworkflowexecutionterminated",
    "nexusoperationcanceled", "timercanceled",
)  # fmt: skip
_NAMES = {"timerstarted": "Timer", "workflowexecutionsignaled": "Signal", "workflowexecutionupdateaccepted": "Update"}
#: Runs have at most 51,200 events: the order in a chain of runs is the run's, then the event's.
_MOST_EVENTS = 1 << 20


def work_rows(events: Events, runs: ibis.Table) -> ibis.Table:
    """Return a row for each thing that a run set going, kept in the store.

    Columns: ``run, case_id, nth, id, kind, element_type, name, queue, by_task, at`` (when it was set going), ``begun, attempt,
    worker`` (of the last try), ``ended, how, end_id, done_by, failure_type, message, last_message, last_type, retry_state,
    timeout, behind, other_run, state``. What a reset copied is told by the run that was reset, if that is in the export.
    """
    import ibis

    rows = events.rows
    local = (rows.type == _MARKER) & (
        rows.local_activity.notnull() | rows.name.lower().replace("_", "").contains("localactivity")
    )
    opened = rows.filter(rows.type.isin(list(_OPENING)) | local)
    opened = opened.select(
        "run", "id", "at", "queue", "by_task", "file", "identity", "signaller",
        kind=opened.type,
        element_type=ibis.cases(*((opened.type == k, t) for k, t in _OPENING.items()), else_="serviceTask"),
        name=ibis.cases(
            (opened.type == _MARKER, ibis.coalesce(opened.local_activity, "Local activity")),
            *((opened.type == k, ibis.ifelse(opened.name.isnull(), n, ibis.literal(n) + " " + opened.name))
              for k, n in _NAMES.items()),
            else_=ibis.coalesce(opened.name, "unknown"),
        ),
    )  # fmt: skip
    after = rows.filter(rows.type.isin([*_STARTED, *_DONE, *FAILED, *_STOPPED]) & rows.of_event.notnull())
    begun, closing = after.type.isin(_STARTED), ~after.type.isin(_STARTED)
    ends = after.group_by(["run", "of_event"]).agg(
        begun=after["at"].max(where=begun),
        begun_id=after.id.max(where=begun),
        attempt=after.attempt.max(where=begun),
        worker=after.identity.max(where=begun),
        last_message=after.message.max(where=begun),
        last_type=after.last_type.max(where=begun),
        other_run=after.other_run.max(where=begun),
        ended=after["at"].max(where=closing),
        how=after.type.argmax(after.id, where=closing),
        end_id=after.id.max(where=closing),
        done_by=after.identity.argmax(after.id, where=closing),
        **{
            name: after[name].argmax(after.id, where=closing)
            for name in ("failure_type", "message", "retry_state", "timeout", "behind")
        },
    )  # fmt: skip
    found = opened.left_join(ends, [("run", "run"), ("id", "of_event")]).drop("run_right", "of_event")
    of_run = runs.select("run", "case_id", "nth", "reset_id", "here", "goes_on", run_end="end")
    found = found.join(of_run, "run")
    copied = found.here & (found.id < found.reset_id) & (ibis.coalesce(found.end_id, 0) < found.reset_id)
    found = found.filter(~copied.fill_null(False))
    at_once = found.kind.isin([_MARKER, "workflowexecutionsignaled"])
    found = found.mutate(
        ended=ibis.cases(
            (at_once, found["at"]), (found.how.notnull(), found.ended), else_=found.run_end
        ),
        state=ibis.cases(
            (at_once | found.how.isin(_DONE), "completed"),
            (found.how.isin(FAILED), "failed"),
            (found.how.isin(_STOPPED) | found.run_end.notnull(), "canceled"),
            else_="running",
        ),
    )  # fmt: skip
    return events.keep(found.drop("reset_id", "here", "run_end", "goes_on"), "work")


def put_activities(events: Events, work: ibis.Table, runs: ibis.Table) -> None:
    """Fill ``activities``.

    A row of an activity begins with its last try: earlier ones leave no trace but their number. What is completed by another
    than the worker that began it was done outside the worker, by a person or another system: nobody says which. Things of
    one name that one step of the workflow set going together are instances of one multi-instance.
    """
    import ibis

    called = runs.select(called_run="run", called_case="case_id")
    rows = work.left_join(called, [("other_run", "called_run")])
    activity = rows.kind == "activitytaskscheduled"
    outside = (activity & (rows.how == "activitytaskcompleted") & (rows.done_by != rows.worker)).fill_null(False)
    # what was done outside once is not the workers' own, nor are those of its kind that are still under way
    element = outside.max().over(group_by=["kind", "name"]) & activity
    unsure = element & (rows.how != "activitytaskcompleted").fill_null(True) | outside
    at_once = rows.kind.isin([_MARKER, "workflowexecutionsignaled"])
    event = rows.element_type == "intermediateCatchEvent"
    start = ibis.cases(
        (rows.kind == _MARKER, ibis.null("int64")), (event, rows["at"]), else_=rows.begun
    )  # fmt: skip
    several = rows.by_task.notnull() & ~event & ~at_once
    group = ["run", "by_task", "kind", "name"]
    many = several & (ibis._.id.count().over(group_by=group) > 1)
    rows = rows.mutate(many=many, index=ibis.row_number().over(group_by=group, order_by=rows.id))
    events.sink.put(
        "activities",
        rows.select(
            "case_id", "state",
            activity_instance_id=rows.run + ":" + rows.id.cast("string"),
            element_id=rows.name,
            activity=rows.name,
            element_type=ibis.ifelse(element, "task", rows.element_type),
            called_case_id=ibis.coalesce(rows.called_case, rows.other_run),
            scope_id=ibis.ifelse(rows.many, rows.run + ":" + rows.by_task.cast("string"), ibis.null("string")),
            mi_index=ibis.ifelse(rows.many, rows.index, ibis.null("int64")),
            scheduled=ibis.ifelse(rows.kind == _MARKER, ibis.null("int64"), rows["at"]),
            start=start,
            end=rows.ended,
            start_kind=ibis.ifelse(start.notnull(), "observed", ibis.null("string")),
            resource=ibis.cases((outside, rows.done_by), (activity, rows.worker)),
            resource_type=ibis.cases(
                (unsure, "unknown"), (activity | (rows.kind == _MARKER), "system"), else_="unknown"
            ),
            endpoint=rows.queue,
            seq=rows.nth * _MOST_EVENTS + rows.id,
            error_code=ibis.ifelse(rows.state == "failed", failure_code(rows), ibis.null("string")),
            raw_ref=rows.file + ": event " + rows.id.cast("string"),
        ),
    )  # fmt: skip


def failure_code(rows: ibis.Table) -> ibis.Value:
    """Return the type of the error behind a failure; of a timeout which one it was."""
    import ibis

    return ibis.coalesce(rows.failure_type, ibis.literal("timeout:") + rows.timeout)
