"""Failed tries and incidents of a Camunda 7 export.

A try that fails leaves no activity row: its transaction is rolled back. It stands in ACT_HI_JOB_LOG or
ACT_HI_EXT_TASK_LOG only, and its activity instance is the one that begins when a later try succeeds
(:mod:`poanalyzer.ingest.camunda7.tried`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.camunda7.tried import with_instance

if TYPE_CHECKING:
    import ibis

_FAILED = "1"


def put_attempts(export: Export, tried: ibis.Table, acts: ibis.Table, sink: Sink) -> None:
    """Fill ``attempts`` from the failure rows of the job log and of the external task log.

    ``tried``: the instances that jobs belong to (:func:`poanalyzer.ingest.camunda7.tried.tried_instances`).
    """
    log = export.table("HI_JOB_LOG")
    outside = export.size(log.filter((log.JOB_STATE_ == _FAILED) & log.PROCESS_INSTANCE_ID_.isnull()))
    if outside:
        sink.note(
            "note", f"{outside} failed tries belong to no process instance (batches, timers that start processes)"
        )
    sink.put("attempts", _job_attempts(export, tried, acts))
    sink.put("attempts", _external_attempts(export))


def _job_attempts(export: Export, tried: ibis.Table, acts: ibis.Table) -> ibis.Table:
    import ibis

    log = export.table("HI_JOB_LOG")
    element = ibis.coalesce(log.FAILED_ACT_ID_, log.ACT_ID_)
    log = log.mutate(element=element)
    failed = log.filter((log.JOB_STATE_ == _FAILED) & log.element.notnull() & log.TIMESTAMP_.notnull())
    failed = failed.filter(failed.PROCESS_INSTANCE_ID_.notnull())
    failed = failed.mutate(case=failed.PROCESS_INSTANCE_ID_, at=failed.TIMESTAMP_, job=failed.JOB_ID_)
    failed = with_instance(failed, tried, acts, export)
    nth = ibis.row_number().over(group_by=failed.JOB_ID_, order_by=[failed.TIMESTAMP_, failed.ID_])
    before = failed.JOB_RETRIES_.try_cast("int64")
    return failed.select(
        case_id=failed.PROCESS_INSTANCE_ID_,
        activity_instance_id=failed.instance,
        element_id=failed.element,
        attempt=nth + 1,
        at=failed.TIMESTAMP_,
        message=failed.JOB_EXCEPTION_MSG_,
        # the row is written before the count is lowered
        retries_left=ibis.greatest(before - 1, 0),
        worker=failed.HOSTNAME_,
        raw_ref=ibis.literal("ACT_HI_JOB_LOG:") + failed.ID_,
    )


def _external_attempts(export: Export) -> ibis.Table:
    """Return failures of external tasks. The worker sets the count after the row is written: the next row shows it."""
    import ibis

    log = export.table("HI_EXT_TASK_LOG")
    log = log.filter(log.EXT_TASK_ID_.notnull() & log.TIMESTAMP_.notnull())
    log = log.semi_join(log.filter(log.STATE_ == _FAILED), "EXT_TASK_ID_")
    in_order = [log.TIMESTAMP_, log.STATE_, log.ID_]
    log = log.mutate(
        next_retries=log.RETRIES_.lead().over(group_by=log.EXT_TASK_ID_, order_by=in_order).try_cast("int64"),
        nth=ibis.row_number().over(group_by=[log.EXT_TASK_ID_, log.STATE_], order_by=[log.TIMESTAMP_, log.ID_]),
    )
    incidents = export.table("HI_INCIDENT")
    exhausted = incidents.filter(incidents.INCIDENT_TYPE_ == "failedExternalTask")
    exhausted = exhausted.select(gone_task="CONFIGURATION_", gone_at="CREATE_TIME_").distinct()
    failed = log.filter((log.STATE_ == _FAILED) & log.PROC_INST_ID_.notnull() & log.ACT_ID_.notnull())
    failed = failed.left_join(exhausted, [("EXT_TASK_ID_", "gone_task"), ("TIMESTAMP_", "gone_at")])
    return failed.select(
        case_id=failed.PROC_INST_ID_,
        activity_instance_id=failed.ACT_INST_ID_,
        element_id=failed.ACT_ID_,
        attempt=failed.nth + 1,
        at=failed.TIMESTAMP_,
        message=failed.ERROR_MSG_,
        retries_left=ibis.ifelse(failed.gone_task.notnull(), 0, failed.next_retries),
        worker=failed.WORKER_ID_,
        raw_ref=ibis.literal("ACT_HI_EXT_TASK_LOG:") + failed.ID_,
    )


def put_incidents(export: Export, tried: ibis.Table, acts: ibis.Table, sink: Sink) -> None:
    """Fill ``exceptions`` with root incidents; the rows that repeat one in its callers are left out.

    Where the root itself is not in the export (one tenant's rows, a table cut by clean-up), the row nearest to it stands for
    it. An incident of a job or external task that has no retries left is only resolved by somebody, or some script, that
    raises them: engines never do so themselves. A deleted one went with its instance.
    """
    import ibis

    rows = export.table("HI_INCIDENT")
    known = rows.filter(rows.ID_.notnull()).select(known="ID_").distinct()
    rows = rows.mutate(
        element=ibis.coalesce(rows.FAILED_ACTIVITY_ID_, rows.ACTIVITY_ID_),
        root=ibis.coalesce(rows.ROOT_CAUSE_INCIDENT_ID_, rows.ID_),
        cause=ibis.coalesce(rows.CAUSE_INCIDENT_ID_, rows.ROOT_CAUSE_INCIDENT_ID_, rows.ID_),
    )
    rows = rows.left_join(known.rename(known_root="known"), [("root", "known_root")])
    rows = rows.left_join(known.rename(known_cause="known"), [("cause", "known_cause")])
    is_root = (rows.root == rows.ID_) | (rows.known_root.isnull() & rows.known_cause.isnull())
    rows = rows.filter(is_root & rows.ID_.notnull() & rows.CREATE_TIME_.notnull())
    outside = export.size(rows.filter(rows.PROC_INST_ID_.isnull()))
    if outside:
        sink.note("note", f"{outside} incidents belong to no process instance (batches, timers that start processes)")
    rows = rows.filter(rows.PROC_INST_ID_.notnull())
    rows = rows.mutate(case=rows.PROC_INST_ID_, at=rows.CREATE_TIME_, job=rows.CONFIGURATION_)
    rows = with_instance(rows, tried, acts, export)
    log = export.table("HI_EXT_TASK_LOG")
    tasks = log.filter(log.EXT_TASK_ID_.notnull()).group_by(ext_task="EXT_TASK_ID_").agg(
        ext_instance=log.ACT_INST_ID_.max()
    )  # fmt: skip
    rows = rows.left_join(tasks, [("CONFIGURATION_", "ext_task")])
    sink.put(
        "exceptions",
        rows.select(
            exception_id=rows.ID_,
            case_id=rows.PROC_INST_ID_,
            activity_instance_id=ibis.coalesce(rows.ext_instance, rows.instance),
            element_id=rows.element,
            kind=ibis.literal("work-item-failure"),
            code=rows.INCIDENT_TYPE_,
            raised=rows.CREATE_TIME_,
            cleared=rows.END_TIME_,
            cleared_by=ibis.cases(
                (rows.INCIDENT_STATE_ == "1", "operator"), (rows.INCIDENT_STATE_ == "2", "cancel"), else_="none"
            ),
            root_id=rows.root,
            raw_ref=ibis.literal("ACT_HI_INCIDENT:") + rows.ID_,
        ),
    )
