"""Reports and ``assessment.json``, made from an :class:`~poanalyzer.results.Assessment` alone, without the log."""

from __future__ import annotations

from poanalyzer.report.document import dumps, json_schema, load, loads
from poanalyzer.report.renderer import Renderer, render
from poanalyzer.report.summary import terminal_summary

__all__ = ["Renderer", "dumps", "json_schema", "load", "loads", "render", "terminal_summary"]
