"""What a Flowable or Activiti export can show. The history level is not recorded: the tables show what it was at least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.capabilities import (
    newest,
    put_business_keys,
    put_by_table,
    put_central_tables,
    put_deployments,
)
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.engine.definitions import Definition
from poanalyzer.ingest.engine.shown import put_window

if TYPE_CHECKING:
    import ibis

#: Tables that prove a history level, the highest first (HistoryLevel of flowable-engine).
_PROOFS = (("full", "HI_DETAIL"), ("audit", "HI_TASKINST"), ("activity", "HI_ACTINST"), ("instance", "HI_PROCINST"))


def put_capabilities(
    export: Export, cases: ibis.Table, acts: ibis.Table, found: Sequence[Definition], sink: Sink
) -> None:
    """Say for every capability what this export can show, and set the record's level, version and window."""
    _level(export, sink)
    sink.record.engine_version = _engine_version(export)
    put_window((cases, acts), sink, "START_TIME_", "END_TIME_")
    put_central_tables(export, sink)
    _work(export, sink)
    _failures(export, sink)
    _tasks(export, sink)
    put_deployments(
        export, found, cases, sink,
        none="no BPMN file among the input matches a definition",
        unlock="Put the BPMN files of all versions beside the tables, named by version (order_v2.bpmn).",
    )  # fmt: skip
    put_business_keys(cases, sink)


def _level(export: Export, sink: Sink) -> None:
    rows = {table for _, table in _PROOFS if export.count(table)}
    level = next((name for name, table in _PROOFS if table in rows), "none")
    if level == "audit" and "HI_ACTINST" not in rows:
        level = "task"
    sink.record.history_level = f"{level} (inferred)"


def _engine_version(export: Export) -> str | None:
    properties = export.table("GE_PROPERTY")
    said = properties.filter(properties.NAME_.isin(["common.schema.version", "schema.version"]))
    return newest(said.VALUE_.to_pyarrow().to_pylist())


def _work(export: Export, sink: Sink) -> None:
    """Judge who worked, which instance called which, and what was decided."""
    why = "people are named; workers and code that runs in the engine are not"
    put_by_table(export, sink, "resources", "HI_ACTINST", "partial", why)
    sink.capability(
        "correlations", "partial", "calls between instances are recorded; who sent a message or signal is not"
    )
    if export.count("DMN_HI_DECISION_EXECUTION"):
        sink.capability("decisions", "partial", "ACT_DMN_HI_DECISION_EXECUTION was exported")
    else:
        sink.capability(
            "decisions",
            "no",
            "no decision is in the export",
            "Also export ACT_DMN_HI_DECISION_EXECUTION and ACT_DMN_DECISION.",
        )


def _failures(export: Export, sink: Sink) -> None:
    """Say that failures are forgotten: these engines have neither a log of tries nor one of incidents."""
    sink.capability("attempts", "no", "this engine keeps no history of failed tries")
    dead = export.count("RU_DEADLETTER_JOB")
    now = f"; {dead} dead-letter job{'s are' if dead != 1 else ' is'} open now" if dead else ""
    sink.capability("incidents", "no", f"this engine keeps no history of dead-letter jobs{now}")
    sink.note("note", f"failed tries and repaired dead-letter jobs leave no trace in this engine{now}")
    if export.has("HI_TSK_LOG"):
        why = "moved tokens, deleted instances, and what happened to tasks (ACT_HI_TSK_LOG); retries by hand are not recorded"
    else:
        why = "moved tokens and deleted instances; nothing else that operators do is recorded"
    sink.capability("operations", "partial", why)


def _tasks(export: Export, sink: Sink) -> None:
    if export.has("HI_TASKINST"):
        sink.capability("user-tasks", "yes", "ACT_HI_TASKINST, with claims where people claimed in the engine")
    else:
        sink.capability(
            "user-tasks", "partial", "creation and completion; when a task was claimed is not there",
            "Also export ACT_HI_TASKINST.",
        )  # fmt: skip
    table = "HI_DETAIL" if export.has("HI_DETAIL") else "HI_VARINST"
    put_by_table(export, sink, "variables", table, why=f"ACT_{table}; serialised ones without their content")
