"""The assessment on a terminal: levels and areas in a few lines, as plain text."""

from __future__ import annotations

from poanalyzer.results import Assessment


def terminal_summary(assessment: Assessment) -> str:
    """Return the summary."""
    return assessment.project
