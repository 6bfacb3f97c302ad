"""How an inspection is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.cli.console import emit, emit_table

if TYPE_CHECKING:
    from poanalyzer.pipeline import Inspection
    from poanalyzer.results import InputResult, LogSummary


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
    rows = [(claim, "yes" if rateable else "no", quote, why) for claim, quote, rateable, why in inspection.supports]
    emit_table(("claim", "can be rated", "quote", "why"), rows)


def _input(source: InputResult) -> None:
    emit(source.path)
    engine = source.engine + (f" {source.engine_version}" if source.engine_version else "")
    said = "declared" if source.role_declared else "assumed"
    _pair("read as", f"{source.adapter} ({engine}), role {source.role} ({said})")
    _pair("rows", f"{source.rows_kept:,} of {source.rows_read:,} kept".replace(",", " "))
    for reason, count in source.rows_rejected.items():
        _pair("", f"{count:,} rejected: {reason}".replace(",", " "))
    if source.columns:
        _pair("columns", ", ".join(f"{role} = {column}" for role, column in source.columns.items()))
    _pair("time zone", source.timezone)
    if source.history_level:
        _pair("history", source.history_level)
    for answer in ("yes", "partial", "no"):
        of = [c for c in source.capabilities if c.available == answer]
        if of and answer == "yes":
            _pair("shows", ", ".join(c.capability for c in of))
        for capability in of if answer != "yes" else ():
            unlock = f" → {capability.unlock}" if capability.unlock else ""
            _pair("partly" if answer == "partial" else "lacks", f"{capability.capability}: {capability.why}{unlock}")


def _log(log: LogSummary) -> None:
    emit("Log")
    counts = {
        "cases": log.cases,
        "events": log.events,
        "activity instances": log.activity_instances,
        "activity names": log.activity_names,
        "variants": log.variants,
    }
    _pair("counts", ", ".join(f"{count:,} {name}".replace(",", " ") for name, count in counts.items()))
    if log.start:
        _pair("time", f"{log.start} to {log.end}")
    if log.window_start:
        _pair("window", f"{log.window_start} to {log.window_end}, {log.cases_in_window:,} cases".replace(",", " "))


def _pair(name: str, text: str) -> None:
    emit(f"  {name:<10} {text}")
