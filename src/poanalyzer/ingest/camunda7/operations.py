"""What people did to instances: the user operation log of Camunda 7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export

if TYPE_CHECKING:
    import ibis


def put_operations(export: Export, tried: ibis.Table, sink: Sink) -> None:
    """Fill ``operations``: one row an operation, though the log has one for each property it changed.

    ``tried``: the instances that jobs belong to (:func:`poanalyzer.ingest.camunda7.tried.tried_instances`).
    """
    import ibis

    rows = export.table("HI_OP_LOG")
    rows = rows.filter(rows.TIMESTAMP_.notnull() & rows.OPERATION_TYPE_.notnull() & rows.ID_.notnull())
    rows = rows.mutate(operation_id=ibis.coalesce(rows.OPERATION_ID_, rows.ID_))
    # an operation may touch several kinds of things at once: each is one row
    merged = rows.group_by("operation_id", "OPERATION_TYPE_", "ENTITY_TYPE_").agg(
        case_id=rows.PROC_INST_ID_.min(),
        user=rows.USER_ID_.min(),
        at=rows.TIMESTAMP_.min(),
        task=rows.TASK_ID_.min(),
        job=rows.JOB_ID_.min(),
        external=rows.EXTERNAL_TASK_ID_.min(),
    )
    tasks = _elements_of(export.table("HI_TASKINST"), "ID_", "TASK_DEF_KEY_", "task", rows.TASK_ID_)
    jobs = _elements_of(export.table("HI_JOB_LOG"), "JOB_ID_", "ACT_ID_", "job", rows.JOB_ID_, None)
    externals = _elements_of(
        export.table("HI_EXT_TASK_LOG"), "EXT_TASK_ID_", "ACT_ID_", "external", rows.EXTERNAL_TASK_ID_
    )
    # a job that failed at several elements had several instances: which of them was meant nobody knows
    instances = tried.group_by(tried_job="job").agg(low=tried.instance.min(), high=tried.instance.max())
    instances = instances.filter(instances.low == instances.high).select("tried_job", job_instance="low")
    merged = merged.left_join(tasks, [("task", "task_key")])
    merged = merged.left_join(jobs, [("job", "job_key")])
    merged = merged.left_join(instances, [("job", "tried_job")])
    merged = merged.left_join(externals, [("external", "external_key")])
    sink.put(
        "operations",
        merged.select(
            "case_id", "user", "at", "operation_id",
            operation=merged.OPERATION_TYPE_,
            entity=merged.ENTITY_TYPE_,
            activity_instance_id=ibis.coalesce(
                merged.task_instance, merged.job_instance, merged.external_instance
            ),
            element_id=ibis.coalesce(merged.task_element, merged.job_element, merged.external_element),
            raw_ref=ibis.literal("ACT_HI_OP_LOG:") + merged.operation_id,
        ),
    )  # fmt: skip


def _elements_of(
    rows: ibis.Table, key: str, element: str, name: str, asked: ibis.Value, instance: str | None = "ACT_INST_ID_"
) -> ibis.Table:
    """Return the element, and where the table names it the activity instance, of each task or job ``asked`` for."""
    known = rows.filter(rows[key].notnull()).semi_join(asked.name("asked").as_table(), [(key, "asked")])
    found = {f"{name}_element": known[element].max()}
    if instance is not None:
        found[f"{name}_instance"] = known[instance].max()
    return known.group_by(**{f"{name}_key": known[key]}).agg(**found)
