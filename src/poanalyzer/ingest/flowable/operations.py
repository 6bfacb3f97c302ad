"""What operators did, as far as these engines keep it: tokens they moved, instances they deleted, tasks they changed.

None of them has a log of operations. A moved token and a deleted instance show in reasons of deletion; what happened to
tasks stands in ACT_HI_TSK_LOG, if that log was switched on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export

if TYPE_CHECKING:
    import ibis

_MOVED = r"^Change (parent )?activit(y|ies) to "
#: With this beginning the whole scope was moved: that is what a migration to another version does.
_MIGRATED = "Change parent"
#: What the engine itself writes as a reason when an instance ends.
_OWN_REASONS = ("terminate end event", "event subprocess(", "boundary event (")
_TASKS = {"USER_TASK_ASSIGNEE_CHANGED": "Assign", "USER_TASK_COMPLETED": "Complete"}


def put_operations(export: Export, acts: ibis.Table, cases: ibis.Table, sink: Sink) -> None:
    """Fill ``operations`` from reasons of deletion and the task log."""
    import ibis

    moved = acts.filter(acts.DELETE_REASON_.re_search(_MOVED).fill_null(False) & acts.END_TIME_.notnull())
    sink.put(
        "operations",
        moved.select(
            operation=ibis.ifelse(moved.DELETE_REASON_.startswith(_MIGRATED), "Migrate", "ModifyProcessInstance"),
            case_id=moved.PROC_INST_ID_,
            entity=ibis.literal("ProcessInstance"),
            at=moved.END_TIME_,
            operation_id=moved.ID_,
            activity_instance_id=moved.ID_,
            element_id=moved.ACT_ID_,
            raw_ref=ibis.literal("ACT_HI_ACTINST:") + moved.ID_,
        ),
    )
    own = ibis.literal(False)
    for reason in _OWN_REASONS:
        own = own | cases.DELETE_REASON_.startswith(reason)
    deleted = cases.filter(
        cases.DELETE_REASON_.notnull() & cases.END_ACT_ID_.isnull() & cases.END_TIME_.notnull() & ~own
        & cases.parent_case_id.isnull()
    )  # fmt: skip
    sink.put(
        "operations",
        deleted.select(
            "case_id",
            operation=ibis.literal("Delete"),
            entity=ibis.literal("ProcessInstance"),
            at=deleted.END_TIME_,
            operation_id=deleted.case_id,
            raw_ref=ibis.literal("ACT_HI_PROCINST:") + deleted.case_id,
        ),
    )
    log = export.table("HI_TSK_LOG")
    log = log.filter(log.TIME_STAMP_.notnull() & log.TYPE_.isin(list(_TASKS)) & log.ID_.notnull())
    tasks = export.table("HI_TASKINST")
    tasks = tasks.filter(tasks.ID_.notnull()).group_by(task_key="ID_").agg(element=tasks.TASK_DEF_KEY_.max())
    log = log.left_join(tasks, [("TASK_ID_", "task_key")])
    sink.put(
        "operations",
        log.select(
            operation=ibis.cases(*((raw == log.TYPE_, name) for raw, name in _TASKS.items())),
            case_id=log.PROC_INST_ID_,
            entity=ibis.literal("Task"),
            user=log.USER_ID_,
            at=log.TIME_STAMP_,
            operation_id=log.ID_,
            element_id=log.element,
            raw_ref=ibis.literal("ACT_HI_TSK_LOG:") + log.ID_,
        ),
    )
