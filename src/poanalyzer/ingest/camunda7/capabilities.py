"""What a Camunda 7 export can show: by the history level it was written at, and by the tables that were exported.

A table that is absent was not exported, or its history level never writes it: either way its silence proves nothing.
A table that is there without rows, at a level that writes it, proves that nothing happened.
"""

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

LEVELS = ("none", "activity", "audit", "full")
_ONLY_FULL = ("HI_JOB_LOG", "HI_EXT_TASK_LOG", "HI_INCIDENT", "HI_OP_LOG", "HI_IDENTITYLINK", "HI_DETAIL", "HI_DECINST")
#: Kinds of activities that a model may hand to external workers.
_MAY_BE_EXTERNAL = (
    "serviceTask", "sendTask", "businessRuleTask", "intermediateMessageThrowEvent", "messageEndEvent",
)  # fmt: skip
_DAY_US = 86_400_000_000
_RAISE = "Set the engine's history level to full; it applies to what happens from then on."


def put_capabilities(
    export: Export, cases: ibis.Table, acts: ibis.Table, found: Sequence[Definition], sink: Sink
) -> None:
    """Say for every capability what this export can show, and set the record's level, version and window."""
    level = _level(export, sink)
    if level == 0:
        sink.note("warning", "history level none records nothing: what is here was written before it was set", _RAISE)
    sink.record.engine_version = newest(export.table("GE_SCHEMA_LOG").VERSION_.to_pyarrow().to_pylist())
    put_window((cases, acts), sink, "START_TIME_", "END_TIME_")
    kept = _retention(export, found, sink)
    put_central_tables(export, sink, f"; finished ones are removed after {kept} days" if kept else "")
    _work(export, sink)
    _at_full(export, level, found, sink)
    put_deployments(
        export, found, cases, sink,
        none="neither deployed resources nor BPMN files that match a definition",
        unlock="Also export ACT_GE_BYTEARRAY where DEPLOYMENT_ID_ is set, with BYTES_ as hexadecimal text; or put the BPMN "
        "files of all versions beside the tables, named by version (order_v2.bpmn).",
    )  # fmt: skip
    put_business_keys(cases, sink)


def _level(export: Export, sink: Sink) -> int:
    """Return the history level as the engine's property says, else as the tables show it at least to be."""
    rows = export.table("GE_PROPERTY")
    said = rows.filter(rows.NAME_ == "historyLevel").VALUE_.to_pyarrow().to_pylist()
    if said and said[0] in ("0", "1", "2", "3"):
        sink.record.history_level = LEVELS[int(said[0])]
        return int(said[0])
    if said:
        sink.note("note", f"the engine runs a history level of its own making ({said[0]}); judged by the tables")
    # the tables exist at every level, and over REST an engine answers `[]` for what its level never records
    silent = [t for t in sorted(export.named) if t in (*_ONLY_FULL, "HI_VARINST") and not export.count(t)]
    proven = export.named.difference(silent)
    level = 3 if any(t in proven for t in _ONLY_FULL) else 2 if "HI_VARINST" in proven else 1
    sink.record.history_level = f"{LEVELS[level]} (inferred)"
    sink.note(
        "note",
        f"ACT_GE_PROPERTY does not say the history level; the exported tables show that it is at least {LEVELS[level]}",
        "Also export ACT_GE_PROPERTY.",
    )
    if silent and level < 3:
        sink.note(
            "warning",
            ", ".join(f"ACT_{t}" for t in silent) + " have no rows, and none shows that the engine "
            "records such things at all: that nothing happened is not proven",
            "Also export ACT_GE_PROPERTY from the database; it says the history level.",
        )
    return level


def _work(export: Export, sink: Sink) -> None:
    """Judge who worked, and which instance called which."""
    workers = export.has("HI_EXT_TASK_LOG")
    put_by_table(
        export, sink, "resources", "HI_ACTINST", "yes" if workers else "partial",
        "people and external workers are named; code that runs inside the engine has no name but its implementation",
        "" if workers else "Also export ACT_HI_EXT_TASK_LOG (history level full).",
    )  # fmt: skip
    calls = export.has_column("HI_PROCINST", "SUPER_PROCESS_INSTANCE_ID_") or export.has("HI_ACTINST")
    sink.capability(
        "correlations", "partial" if calls else "no",
        "calls between instances are recorded; who sent a message or signal is not" if calls else "no table of calls",
        "" if calls else "Also export ACT_HI_PROCINST.",
    )  # fmt: skip


def _at_full(export: Export, level: int, found: Sequence[Definition], sink: Sink) -> None:
    """Judge what only the levels above activity write."""
    if level < 2:
        sink.capability("variables", "no", _too_low(level, "variables"), _RAISE)
    elif level >= 3 and export.has("HI_DETAIL"):
        sink.capability(
            "variables", "yes", "ACT_HI_DETAIL: every value and when it was set; serialised ones without content"
        )
    elif export.has("HI_VARINST"):
        more = "; every value with its time is in ACT_HI_DETAIL" if level >= 3 else ""
        sink.capability("variables", "yes", f"ACT_HI_VARINST: last values; serialised ones without their content{more}")
    else:
        sink.capability("variables", "no", "ACT_HI_VARINST was not exported", "Also export ACT_HI_VARINST.")
    claims = export.has("HI_IDENTITYLINK") or export.has("HI_OP_LOG")
    if not export.has("HI_TASKINST") and not export.has("HI_ACTINST"):
        sink.capability("user-tasks", "no", "ACT_HI_TASKINST was not exported", "Also export ACT_HI_TASKINST.")
    elif level >= 3 and claims and export.has("HI_TASKINST"):
        sink.capability("user-tasks", "yes", "ACT_HI_TASKINST, with claims where people claimed in the engine")
    else:
        unlock = _RAISE if level < 3 else "Also export ACT_HI_TASKINST and ACT_HI_IDENTITYLINK."
        sink.capability(
            "user-tasks", "partial", "creation and completion; when a task was claimed is not there", unlock
        )
    if level < 3:
        for name, what in (
            ("attempts", "failed tries"),
            ("incidents", "incidents"),
            ("operations", "operations"),
            ("decisions", "decisions"),
        ):
            sink.capability(name, "no", _too_low(level, what), _RAISE)
        return
    _attempts(export, found, sink)
    _decisions(export, found, sink)
    if export.has("HI_INCIDENT"):
        sink.capability("incidents", "yes", "ACT_HI_INCIDENT at history level full")
    else:
        sink.capability(
            "incidents", "no", "ACT_HI_INCIDENT was not exported: no row is not the same as no incident",
            "Also export ACT_HI_INCIDENT, even if it is empty.",
        )  # fmt: skip
    put_by_table(
        export, sink, "operations", "HI_OP_LOG", "partial",
        "ACT_HI_OP_LOG: only what logged-in users did; scripts without a user are not in it",
        "Set restrictUserOperationLogToAuthenticatedUsers to false.",
    )  # fmt: skip


def _attempts(export: Export, found: Sequence[Definition], sink: Sink) -> None:
    """Judge failed tries. Where one of the two logs is missing and work that it is about may have been done, what is left
    would make every failure that it alone tells a success: then tries count as not recorded at all."""
    missing = [t for t in ("HI_JOB_LOG", "HI_EXT_TASK_LOG") if not export.has(t)]
    unseen = [t for t in missing if t == "HI_JOB_LOG" or _may_be_external(export, found)]
    if not missing:
        sink.capability("attempts", "yes", "ACT_HI_JOB_LOG and ACT_HI_EXT_TASK_LOG at history level full")
    elif not unseen:
        sink.capability("attempts", "yes", "ACT_HI_JOB_LOG; no external task ran")
    elif len(missing) == 2:
        sink.capability(
            "attempts", "no", "neither ACT_HI_JOB_LOG nor ACT_HI_EXT_TASK_LOG was exported",
            "Also export ACT_HI_JOB_LOG and ACT_HI_EXT_TASK_LOG, even if they are empty.",
        )  # fmt: skip
    else:
        what = "jobs" if unseen == ["HI_JOB_LOG"] else "external tasks, which ran or may have run,"
        sink.capability(
            "attempts", "no", f"ACT_{unseen[0]} was not exported: failed tries of {what} are not seen",
            f"Also export ACT_{unseen[0]}, even if it is empty.",
        )  # fmt: skip
    if export.has("HI_JOB_LOG") or export.has("HI_EXT_TASK_LOG"):
        sink.note(
            "note", "code called inside the engine's transaction leaves no trace when it fails and is rolled back"
        )


def _may_be_external(export: Export, found: Sequence[Definition]) -> bool:
    """Return whether external tasks ran, or cannot be ruled out by the models or by the kinds of activities that ran."""
    incidents = export.table("HI_INCIDENT")
    if export.size(incidents.filter(incidents.INCIDENT_TYPE_ == "failedExternalTask")):
        return True
    modelled = [d.model for d in found if d.model]
    if modelled and len(modelled) == len(found):
        return any((e.implementation or "").startswith("external:") for m in modelled for e in m.elements)
    if not export.has("HI_ACTINST"):
        return True
    acts = export.table("HI_ACTINST")
    return bool(export.size(acts.filter(acts.ACT_TYPE_.isin(_MAY_BE_EXTERNAL))))


def _decisions(export: Export, found: Sequence[Definition], sink: Sink) -> None:
    """Judge decision evaluations. Those outside any process are counted beside the others."""
    if not export.has("HI_DECINST"):
        modelled = [d.model for d in found if d.model]
        asked = any((e.implementation or "").startswith("decision:") for m in modelled for e in m.elements)
        if modelled and len(modelled) == len(found) and not asked:
            sink.capability("decisions", "yes", "no model asks for a decision")
        else:
            sink.capability("decisions", "no", "ACT_HI_DECINST was not exported", "Also export ACT_HI_DECINST.")
        return
    rows = export.table("HI_DECINST")
    asked_for = rows.filter(rows.ROOT_DEC_INST_ID_.isnull())
    count, inside = export.size(asked_for), export.size(asked_for.filter(asked_for.PROC_INST_ID_.notnull()))
    keys = export.size(asked_for.select("DEC_DEF_KEY_").distinct())
    why = (
        f"ACT_HI_DECINST: {count} evaluations of {keys} decisions"
        if count
        else "ACT_HI_DECINST: no decision was evaluated"
    )
    outside = f", {count - inside} of them outside any process" if count > inside else ""
    sink.capability("decisions", "yes", why + outside)


def _too_low(level: int, what: str) -> str:
    return f"history level {LEVELS[level]} does not record {what}"


def _retention(export: Export, found: Sequence[Definition], sink: Sink) -> str:
    """Return how many days finished instances are kept, by the definitions or by when instances are to be removed; say it."""
    days = sorted({int(d.history_ttl) for d in found if d.history_ttl and d.history_ttl.isdigit()})
    if not days and export.has("HI_PROCINST"):
        rows = export.table("HI_PROCINST")
        kept = (rows.REMOVAL_TIME_ - rows.END_TIME_ + _DAY_US // 2) // _DAY_US
        marked = rows.filter(
            rows.REMOVAL_TIME_.notnull() & rows.END_TIME_.notnull() & (rows.REMOVAL_TIME_ > rows.END_TIME_)
        )
        shown = marked.select(days=kept).distinct().to_pyarrow()["days"].to_pylist()
        days = sorted(int(day) for day in shown if day)
    if not days:
        return ""
    sink.record.retention_days = days[0]
    span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
    sink.note(
        "note",
        f"finished instances are removed {span} days after their end (history time to live): what ended earlier is "
        "missing, long-running instances less so than short ones",
    )
    return span
