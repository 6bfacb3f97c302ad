"""Who did the work of an element instance: its job, or its user task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.camunda8.records import Records
from poanalyzer.ingest.times.timestamps import text_to_micros

if TYPE_CHECKING:
    import ibis

#: Listeners are jobs too, of an element instance whose work is another's.
LISTENERS = ("EXECUTION_LISTENER", "TASK_LISTENER")


def with_jobs(rows: ibis.Table, records: Records) -> ibis.Table:
    """Add ``job_type, job_created, worker, error_code`` and the headers of user tasks that are jobs."""
    jobs = records.of("JOB")
    jobs = jobs.filter(jobs.elementInstanceKey.notnull() & ~jobs.jobKind.isin(LISTENERS).fill_null(False))
    did = jobs.worker.notnull()
    grouped = jobs.group_by(job_instance="elementInstanceKey").agg(
        job_type=jobs.job_type.max(),
        job_created=jobs["at"].min(where=jobs.intent == "CREATED"),
        done_by=jobs.worker.argmax(jobs.position, where=did & (jobs.intent == "COMPLETED")),
        tried_by=jobs.worker.argmax(jobs.position, where=did),
        error_code=jobs.errorCode.argmax(jobs.position, where=jobs.intent == "ERROR_THROWN"),
        header_assignee=jobs.header_assignee.max(),
        header_groups=jobs.header_groups.max(),
        header_due=jobs.header_due.max(),
    )
    import ibis

    out = rows.left_join(grouped, [("key", "job_instance")])
    return out.mutate(worker=ibis.coalesce(out.done_by, out.tried_by))


def with_user_tasks(rows: ibis.Table, records: Records) -> ibis.Table:
    """Add ``task_created, task_assigned, assignee, task_groups, task_due``."""
    tasks = records.of("USER_TASK")
    tasks = tasks.filter(tasks.elementInstanceKey.notnull())
    named = tasks.assignee.notnull()
    grouped = tasks.group_by(task_instance="elementInstanceKey").agg(
        task_created=tasks["at"].min(where=tasks.intent.isin(["CREATING", "CREATED"])),
        task_assigned=tasks["at"].min(where=named & tasks.intent.isin(["CREATED", "ASSIGNED"])),
        assignee=tasks.assignee.argmax(tasks.position, where=named),
        task_groups=tasks.candidateGroupsList.nullif("[]").max(),
        task_due=tasks.dueDate.argmax(tasks.position, where=tasks.dueDate.notnull()),
    )
    return rows.left_join(grouped, [("key", "task_instance")])


def moment(text: ibis.Value) -> ibis.Value:
    """Return ISO 8601 text as microseconds UTC; a zone's name in brackets after the offset says nothing new."""
    return text_to_micros(text.re_replace(r"\[.*\]$", ""), "iso")[0]
