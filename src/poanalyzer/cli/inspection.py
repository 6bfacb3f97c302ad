"""How an inspection is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.cli.console import emit

if TYPE_CHECKING:
    from poanalyzer.pipeline import Inspection
    from poanalyzer.results import Capability, InputResult, LogSummary


def show(inspection: Inspection) -> None:
    """Print what was found out, one block an input, then the log, its quality and the claims it can support."""
    for source in inspection.inputs:
        _input(source)
        emit()
    _log(inspection.log)
    if inspection.quality:
        emit("\nQuality")
        for finding in inspection.quality:
            emit(f"  {finding.severity:<8} {finding.title}: {finding.text}")
    emit("\nClaims it can support")
    for claim, quote, rateable, why in inspection.supports:
        emit(f"  {'yes' if rateable else 'no':<4} {claim:<5} {quote}" + (f": {why}" if why else ""))


def _input(source: InputResult) -> None:
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
