"""Process instances and calls between them, as Camunda 7, Flowable and Activiti all keep them in ACT_HI_PROCINST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.engine.calls import put_calls, with_roots

if TYPE_CHECKING:
    import ibis


def recorded_instances(export: Export, sink: Sink) -> ibis.Table:
    """Return the usable rows of ACT_HI_PROCINST by ``case_id``; say how many are not."""
    import ibis

    rows = export.table("HI_PROCINST")
    rows = rows.mutate(case_id=ibis.coalesce(rows.PROC_INST_ID_, rows.ID_))
    plausible = rows.START_TIME_.between(EARLIEST_US, LATEST_US).fill_null(False)
    unusable = export.size(rows.filter(rows.case_id.isnull() | ~plausible))
    if unusable:
        sink.note("warning", f"{unusable} rows of ACT_HI_PROCINST have no id or no time that can be read; left out")
    return rows.filter(rows.case_id.notnull() & plausible)


def known_instances(
    export: Export, recorded: ibis.Table, acts: ibis.Table, definitions: ibis.Table, sink: Sink
) -> ibis.Table:
    """Return all process instances, kept in the store: those that are ``recorded``, and those that only activities name.

    History cut by clean-up, or ACT_HI_PROCINST not exported, leaves activities without their instance: it lasts from the
    first to the last of them. Added are ``recorded`` (whether it has a row of its own), ``process_key``, ``process_name``,
    ``version``, ``parent_case_id``, ``call_instance`` (the call activity there) and ``root_case_id``.
    """
    import ibis

    orphans = acts.anti_join(recorded.select("case_id").distinct(), [("PROC_INST_ID_", "case_id")])
    orphans = orphans.group_by(case_id="PROC_INST_ID_").agg(
        START_TIME_=orphans.START_TIME_.min(),
        END_TIME_=ibis.ifelse(orphans.END_TIME_.isnull().any(), ibis.null("int64"), orphans.END_TIME_.max()),
        PROC_DEF_KEY_=orphans.PROC_DEF_KEY_.min(),
        PROC_DEF_ID_=orphans.PROC_DEF_ID_.min(),
        TENANT_ID_=orphans.TENANT_ID_.min(),
        recorded=ibis.literal(False),
    )
    lost = export.size(orphans)
    if lost and export.has("HI_PROCINST"):
        sink.note("warning", f"{lost} process instances have activities but no row in ACT_HI_PROCINST; state unknown")
    own = recorded.drop("ID_", "PROC_INST_ID_").mutate(recorded=ibis.literal(True))
    filled = {c: orphans[c] if c in orphans.columns else ibis.null(own[c].type()) for c in own.columns}
    rows = export.keep(ibis.union(own, orphans.select(**filled)), "procinst")
    rows = rows.left_join(definitions, [("PROC_DEF_ID_", "definition_id")])
    callers = acts.filter(acts.CALL_PROC_INST_ID_.notnull())
    callers = callers.group_by("CALL_PROC_INST_ID_").agg(
        call_instance=callers.ID_.min(), call_parent=callers.PROC_INST_ID_.min()
    )
    rows = rows.left_join(callers, [("case_id", "CALL_PROC_INST_ID_")])
    rows = rows.mutate(
        process_key=ibis.coalesce(rows.PROC_DEF_KEY_, rows.process_key, rows.PROC_DEF_ID_.split(":")[0], "unknown"),
        version=ibis.coalesce(rows.version, rows.PROC_DEF_ID_.re_extract(r"^[^:]*:(\d+):", 1).nullif("")),
        parent_case_id=ibis.coalesce(rows.SUPER_PROCESS_INSTANCE_ID_, rows.call_parent).nullif(rows.case_id),
    )
    rows = export.keep(rows, "cases")
    if export.has_column("HI_PROCINST", "ROOT_PROC_INST_ID_"):
        return rows.mutate(root_case_id=ibis.coalesce(rows.ROOT_PROC_INST_ID_, rows.case_id))
    return with_roots(rows, "parent_case_id", export.keep)


def put_cases(rows: ibis.Table, sink: Sink, **of_engine: ibis.Value) -> None:
    """Fill ``cases`` from :func:`known_instances`, with the columns that each engine tells in its own way, and call ``links``."""
    import ibis

    sink.put(
        "cases",
        rows.select(
            "case_id", "process_key", "process_name", "root_case_id", "parent_case_id",
            engine=ibis.literal(sink.record.engine),
            process_version=rows.version,
            parent_activity_instance_id=rows.call_instance,
            business_key=rows.BUSINESS_KEY_,
            tenant=rows.TENANT_ID_,
            started_by=rows.START_USER_ID_,
            start=rows.START_TIME_,
            end=rows.END_TIME_,
            end_element_id=rows.END_ACT_ID_,
            raw_ref=ibis.literal("ACT_HI_PROCINST:") + rows.case_id,
            **of_engine,
        ),
    )  # fmt: skip
    ref = ibis.literal("ACT_HI_PROCINST:") + rows.case_id
    put_calls(rows, sink, parent="parent_case_id", key="call_instance", raw_ref=ref)
