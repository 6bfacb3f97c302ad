"""Failed tries and failures of Temporal workflows, as far as a history keeps them.

While an activity is tried again nothing is written; when it is over, the number of its last try is. So how often it failed
is known of everything that ended, and a floor for the rest; when it failed is not, but for the last time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.temporal.events import Events
from poanalyzer.ingest.temporal.work import FAILED, failure_code

if TYPE_CHECKING:
    import ibis

#: Failed workflow tasks that are no failures of code: races with signals, resets, forced ends.
_NO_FAULT = ("resetworkflow", "unhandledcommand", "forceclosecommand", "failoverclosecommand")
_NOT_RETRYABLE = "nonretryablefailure"
_NO_WORKER = "scheduletostart"


def failed_tries(events: Events, work: ibis.Table) -> ibis.Table:
    """Return one row a failed try that the histories prove: ``run, case_id, id, name, nth_try, tried_at, exact,
    error, text, by, file``.

    Tries before the last one are told by its number alone: ``tried_at`` is when the last one began, the latest that they can
    have failed. The last one failed when the activity did, unless its error was one that is not to be tried again, which is
    the workflow's to deal with. A timeout while waiting for the next try proves one failed try.
    """
    import ibis

    rows = work.filter(work.kind == "activitytaskscheduled")
    earlier = rows.filter(rows.attempt > 1)
    earlier = earlier.mutate(nth_try=ibis.range(1, earlier.attempt).unnest())
    latest = earlier.nth_try == earlier.attempt - 1
    none = ibis.null("string")
    before = earlier.select(
        "run", "case_id", "id", "name", "nth_try", "file",
        tried_at=earlier.begun,
        exact=ibis.literal(False),
        error=ibis.ifelse(latest, earlier.last_type, none),
        text=ibis.ifelse(latest, earlier.last_message, none),
        by=none,
    )  # fmt: skip
    ended = rows.filter(rows.how.isin(["activitytaskfailed", "activitytasktimedout"]))
    tried = ended.begun.notnull() & (ended.retry_state != _NOT_RETRYABLE).fill_null(True)
    waiting = ended.begun.isnull() & ended.behind.notnull()
    ended = ended.filter(tried | waiting)
    final = ended.select(
        "run", "case_id", "id", "name", "file",
        nth_try=ended.attempt,
        tried_at=ended.ended,
        exact=ended.begun.notnull(),
        error=failure_code(ended),
        text=ibis.coalesce(ended.behind, ended.message),
        by=ended.worker,
    )  # fmt: skip
    columns = before.columns
    return events.keep(ibis.union(before.select(*columns), final.select(*columns)), "tries")


def put_attempts(events: Events, tries: ibis.Table) -> None:
    """Fill ``attempts``."""
    events.sink.put(
        "attempts",
        tries.select(
            "case_id",
            activity_instance_id=tries.run + ":" + tries.id.cast("string"),
            element_id=tries.name,
            attempt=tries.nth_try,
            at=tries.tried_at,
            error_code=tries.error,
            message=tries.text,
            worker=tries.by,
            raw_ref=tries.file + ": event " + tries.id.cast("string"),
        ),
    )


def put_exceptions(events: Events, work: ibis.Table, runs: ibis.Table) -> None:
    """Fill ``exceptions``: what failed for good, runs that failed by themselves, and code that could not go on."""
    _put_of_work(events, work, runs)
    _put_of_runs(events, work, runs)
    _put_of_code(events, runs)


def _learned(events: Events, work: ibis.Table) -> ibis.Table:
    """Return the work that failed with ``task_id, task_at``: the first workflow task completed after the workflow could know."""
    tasks = events.of("workflowtaskcompleted").select(task_run="run", done="id", done_at="at")
    failed = work.filter(work.how.isin(FAILED))
    pairs = failed.select("run", "id", "end_id").join(tasks, [("run", "task_run")])
    pairs = pairs.filter(pairs.done > pairs.end_id)
    first = pairs.group_by(["run", "id"]).agg(task_id=pairs.done.min(), task_at=pairs.done_at.argmin(pairs.done))
    return failed.left_join(first, ["run", "id"]).drop("run_right", "id_right")


def _put_of_work(events: Events, work: ibis.Table, runs: ibis.Table) -> None:
    """What the workflow went on after, its code dealt with; if it failed in the step that learned of it, nothing did."""
    import ibis

    rows = _learned(events, work)
    of_run = runs.select("run", "how", "by_task", "end").rename(run_how="how", run_task="by_task", run_end="end")
    rows = rows.join(of_run, "run")
    here = runs.select(child_run="run")
    rows = rows.left_join(here, [("other_run", "child_run")])
    uncaught = ((rows.run_how == "workflowexecutionfailed") & (rows.run_task == rows.task_id)).fill_null(False)
    caught, stopped = rows.task_id.notnull() & ~uncaught, rows.task_id.isnull() & rows.run_end.notnull()
    timed = rows.how.isin([k for k in FAILED if k.endswith("timedout")])
    own = rows.run + ":" + rows.id.cast("string")
    events.sink.put(
        "exceptions",
        rows.select(
            "case_id",
            exception_id=own,
            activity_instance_id=own,
            element_id=rows.name,
            kind=ibis.cases(
                ((rows.timeout == _NO_WORKER).fill_null(False), "resource-unavailable"),
                (timed, "deadline"),
                ((rows.retry_state == _NOT_RETRYABLE).fill_null(False), "constraint"),
                else_="work-item-failure",
            ),
            code=failure_code(rows),
            raised=rows.ended,
            cleared=ibis.cases((caught, rows.task_at), (stopped, rows.run_end)),
            cleared_by=ibis.cases((caught, "model"), (stopped, "cancel"), else_="none"),
            # a child that is in the export tells of its failure itself
            root_id=ibis.ifelse(rows.child_run.notnull(), ibis.literal("run:") + rows.child_run, own),
            raw_ref=rows.file + ": event " + rows.end_id.cast("string"),
        ),
    )  # fmt: skip


def _put_of_runs(events: Events, work: ibis.Table, runs: ibis.Table) -> None:
    """Runs that failed or ran out of time, but for those that failed with their work; the next try of a run clears it."""
    import ibis

    learned = _learned(events, work).filter(ibis._.task_id.notnull()).select(of_run="run", task="task_id").distinct()
    rows = runs.filter(runs.how.isin(["workflowexecutionfailed", "workflowexecutiontimedout"]))
    rows = rows.anti_join(learned, [("run", "of_run"), ("by_task", "task")])
    after = runs.select(after="run", after_start="start", after_case="case_id")
    rows = rows.left_join(after, [("new_run", "after"), ("case_id", "after_case")])
    own = ibis.literal("run:") + rows.run
    events.sink.put(
        "exceptions",
        rows.select(
            "case_id",
            exception_id=own,
            kind=ibis.cases(
                (rows.how == "workflowexecutiontimedout", "deadline"), (rows.goes_on, "work-item-failure"),
                else_="constraint",
            ),
            code=rows.failure_type,
            raised=rows.end,
            cleared=rows.after_start,
            cleared_by=ibis.ifelse(rows.goes_on, "retry", "none"),
            root_id=own,
            raw_ref=rows.file + ": event " + rows.end_id.cast("string"),
        ),
    )  # fmt: skip


def _put_of_code(events: Events, runs: ibis.Table) -> None:
    """Workflow tasks that failed: code that broke off, or does not fit the history. The next one that completes clears it."""
    import ibis

    rows = events.of("workflowtaskfailed")
    rows = rows.filter(
        ~rows.cause.isin([*_NO_FAULT, *(f"workflowtaskfailedcause{c}" for c in _NO_FAULT)]).fill_null(False)
    )
    of_run = runs.select("run", "case_id", "reset_id", "here", run_end="end")
    rows = rows.join(of_run, "run")
    rows = rows.filter(~(rows.here & (rows.id < rows.reset_id)).fill_null(False))
    tasks = events.of("workflowtaskcompleted").select(task_run="run", done="id", done_at="at")
    pairs = rows.select("run", "id").join(tasks, [("run", "task_run")])
    pairs = pairs.filter(pairs.done > pairs.id)
    first = pairs.group_by(["run", "id"]).agg(done_at=pairs.done_at.argmin(pairs.done))
    rows = rows.left_join(first, ["run", "id"]).drop("run_right", "id_right")
    own = rows.run + ":" + rows.id.cast("string")
    events.sink.put(
        "exceptions",
        rows.select(
            "case_id",
            exception_id=own,
            kind=ibis.literal("work-item-failure"),
            code=rows.failure_type,
            raised=rows["at"],
            cleared=ibis.coalesce(rows.done_at, rows.run_end),
            cleared_by=ibis.cases((rows.done_at.notnull(), "retry"), (rows.run_end.notnull(), "cancel"), else_="none"),
            root_id=own,
            raw_ref=rows.file + ": event " + rows.id.cast("string"),
        ),
    )
