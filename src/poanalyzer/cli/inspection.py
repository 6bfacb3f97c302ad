"""How an inspection is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.cli.console import emit

if TYPE_CHECKING:
    from poanalyzer.results import Capability, Contents, InputResult, Inspection, LogSummary, Unlock

#: Processes and tenants named before the rest is only counted.
_SHOWN = 12


def show(inspection: Inspection) -> None:
    """Print what was found out, one block an input, then the log, its quality and the claims it can support."""
    held = {c.source: c for c in inspection.contents}
    for source in inspection.inputs:
        _input(source, held.get(source.path))
        emit()
    _log(inspection.log)
    if inspection.quality:
        emit("\nQuality")
        for finding in inspection.quality:
            emit(f"  {finding.severity:<8} {finding.title}: {finding.text}")
    emit("\nClaims it can support")
    for claim in inspection.claims:
        why = f": {claim.why}" if claim.why else ""
        emit(f"  {'yes' if claim.rateable else 'no':<4} {claim.claim:<5} {claim.quote}{why}")
    _unlocks(inspection.unlocks)


def _unlocks(unlocks: Sequence[Unlock]) -> None:
    """Print what to export or declare next, and what that would answer."""
    if not unlocks:
        return
    emit("\nWhat would unlock more")
    for unlock in unlocks:
        emit(f"  {unlock.what}")
        if unlock.claims:
            emit(f"             claims {', '.join(unlock.claims)}")
        emit(f"             metrics {', '.join(unlock.metrics)}")


def _input(source: InputResult, held: Contents | None) -> None:
    emit(source.path)
    engine = source.engine + (f" {source.engine_version}" if source.engine_version else "")
    assumed = "" if source.role_declared else " (assumed)"
    _pair("read as", f"{source.adapter} ({engine}), role {source.role}{assumed}")
    _pair("rows", f"{_number(source.rows_kept)} of {_number(source.rows_read)} kept")
    for reason, count in source.rows_rejected.items():
        _pair("", f"{_number(count)} rejected: {reason}")
    if source.columns:
        _pair("columns", ", ".join(f"{role} = {column}" for role, column in source.columns.items()))
    _pair("time zone", source.timezone)
    if source.history_level:
        _pair("history", source.history_level)
    if source.window_start:
        _pair("records", f"{source.window_start} to {source.window_end}")
    if held:
        versions = {1: "", 0: ""}
        named = [
            f"{p.name} ({_number(p.cases)} cases{versions.get(p.versions, f', {p.versions} versions')})"
            for p in held.processes
        ]
        _listed("processes" if len(named) > 1 else "process", named)
        _listed(
            "tenants" if len(held.tenants) > 1 else "tenant", [f"{t.name} ({_number(t.cases)})" for t in held.tenants]
        )
    _capabilities(source.capabilities)


def _capabilities(capabilities: Sequence[Capability]) -> None:
    """Print what can be shown, then what cannot, with one line for each reason."""
    if shown := [c.capability for c in capabilities if c.available == "yes"]:
        _pair("shows", ", ".join(shown))
    for answer, name in (("partial", "partly"), ("no", "lacks")):
        reasons: dict[tuple[str, str], list[str]] = {}
        for capability in capabilities:
            if capability.available == answer:
                reasons.setdefault((capability.why, capability.unlock), []).append(capability.capability)
        for (why, unlock), names in reasons.items():
            _pair(name, f"{', '.join(names)}: {why}")
            if unlock:
                _pair("", f"→ {unlock}")


def _log(log: LogSummary) -> None:
    emit("Log")
    counts = {
        "cases": log.cases,
        "events": log.events,
        "activity instances": log.activity_instances,
        "activity names": log.activity_names,
        "variants": log.variants,
    }
    _pair("counts", ", ".join(f"{_number(count)} {name}" for name, count in counts.items()))
    if log.start:
        _pair("time", f"{log.start} to {log.end}")
    if log.window_start:
        _pair("window", f"{log.window_start} to {log.window_end}, {_number(log.cases_in_window)} cases")


def _number(count: int) -> str:
    return f"{count:,}"


def _pair(name: str, text: str) -> None:
    emit(f"  {name:<10} {text}")


def _listed(name: str, values: Sequence[str]) -> None:
    """Print the first of ``values``; nothing where there are none."""
    if values:
        more = f" and {_number(len(values) - _SHOWN)} more" if len(values) > _SHOWN else ""
        _pair(name, ", ".join(values[:_SHOWN]) + more)
