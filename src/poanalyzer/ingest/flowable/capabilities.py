"""What a Flowable or Activiti export can show. The history level is not recorded: the tables show what it was at least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.definitions import Definition
from poanalyzer.ingest.act.export import Export

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
    _window(cases, acts, sink)
    _instances(export, sink)
    _failures(export, sink)
    _tasks(export, sink)
    _models(export, found, cases, sink)
    _business_keys(cases, sink)


def _level(export: Export, sink: Sink) -> None:
    rows = {table for _, table in _PROOFS if export.count(table)}
    level = next((name for name, table in _PROOFS if table in rows), "none")
    if level == "audit" and "HI_ACTINST" not in rows:
        level = "task"
    sink.record.history_level = f"{level} (inferred)"


def _engine_version(export: Export) -> str | None:
    properties = export.table("GE_PROPERTY")
    said = properties.filter(properties.NAME_.isin(["common.schema.version", "schema.version"])).VALUE_
    versions = [v for v in said.to_pyarrow().to_pylist() if v]
    return max(versions, key=lambda v: [int(p) if p.isdigit() else 0 for p in v.split(".")], default=None)


def _window(cases: ibis.Table, acts: ibis.Table, sink: Sink) -> None:
    first = cases.aggregate(a=cases.START_TIME_.min(), b=cases.START_TIME_.max(), c=cases.END_TIME_.max())
    later = acts.aggregate(a=acts.START_TIME_.min(), b=acts.START_TIME_.max(), c=acts.END_TIME_.max())
    rows = [*first.to_pyarrow().to_pylist(), *later.to_pyarrow().to_pylist()]
    sink.record.window_start = min((r["a"] for r in rows if r["a"] is not None), default=None)
    sink.record.window_end = max((v for row in rows for v in row.values() if v is not None), default=None)


def _instances(export: Export, sink: Sink) -> None:
    if export.has("HI_PROCINST"):
        sink.capability("instances", "yes", "ACT_HI_PROCINST")
    else:
        sink.capability(
            "instances", "partial", "ACT_HI_PROCINST was not exported; start, end and state of instances are "
            "guessed from their activities", "Also export ACT_HI_PROCINST.",
        )  # fmt: skip
    for name in ("activities", "start-times", "end-times", "element-types"):
        if export.has("HI_ACTINST"):
            sink.capability(name, "yes", "ACT_HI_ACTINST")
        else:
            sink.capability(name, "no", "ACT_HI_ACTINST was not exported", "Also export ACT_HI_ACTINST.")
    if export.has("HI_ACTINST"):
        sink.capability("resources", "partial", "people are named; workers and code that runs in the engine are not")
    else:
        sink.capability("resources", "no", "ACT_HI_ACTINST was not exported", "Also export ACT_HI_ACTINST.")
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
    if export.has("HI_VARINST") or export.has("HI_DETAIL"):
        name = "HI_DETAIL" if export.has("HI_DETAIL") else "HI_VARINST"
        sink.capability("variables", "yes", f"ACT_{name}; serialised ones without their content")
    else:
        sink.capability("variables", "no", "ACT_HI_VARINST was not exported", "Also export ACT_HI_VARINST.")


def _models(export: Export, found: Sequence[Definition], cases: ibis.Table, sink: Sink) -> None:
    """Judge models over the versions that ran, and deployments over the definitions."""
    ran = set(cases.filter(cases.PROC_DEF_ID_.notnull()).PROC_DEF_ID_.to_pyarrow().unique().to_pylist())
    relevant = [d for d in found if d.id in ran] or list(found)
    with_model = sum(1 for d in relevant if d.model)
    unlock = "Put the BPMN files of all versions beside the tables, named by version (order_v2.bpmn)."
    if relevant and with_model == len(relevant):
        sink.capability("models", "yes", f"the models of all {len(relevant)} definitions that ran")
    elif with_model:
        sink.capability("models", "partial", f"models of {with_model} of {len(relevant)} definitions that ran", unlock)
    else:
        sink.capability("models", "no", "no BPMN file among the input matches a definition", unlock)
    missing = [f"ACT_{t}" for t in ("RE_PROCDEF", "RE_DEPLOYMENT") if not export.has(t)]
    if missing:
        names = " and ".join(missing)
        verb = "was" if len(missing) == 1 else "were"
        sink.capability("deployments", "no", f"{names} {verb} not exported", f"Also export {names}.")
    elif not with_model:
        why = "versions and deployment times; without models nobody sees which versions changed"
        sink.capability("deployments", "partial", why, unlock)
    else:
        sink.capability("deployments", "yes", "ACT_RE_PROCDEF and ACT_RE_DEPLOYMENT")


def _business_keys(cases: ibis.Table, sink: Sink) -> None:
    roots = cases.filter(cases.parent_case_id.isnull())
    row = roots.aggregate(n=roots.count(), keyed=roots.BUSINESS_KEY_.count()).to_pyarrow().to_pylist()[0]
    share = row["keyed"] / row["n"] if row["n"] else 0.0
    if share == 1:
        sink.capability("business-keys", "yes", "BUSINESS_KEY_ of every root instance")
    elif share:
        sink.capability("business-keys", "partial", f"BUSINESS_KEY_ of {share:.0%} of the root instances")
    else:
        sink.capability("business-keys", "no", "no instance has a business key", "Start instances with a business key.")
