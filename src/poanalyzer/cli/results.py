"""``poanalyzer report`` and ``poanalyzer schema``: what can be done with a result alone, without the log."""

from __future__ import annotations

import json
from pathlib import Path

import click

from poanalyzer.cli.console import emit
from poanalyzer.cli.options import output_options, talk_of, voice


@click.command()
@click.argument("assessment", type=click.Path(path_type=Path))
@output_options("html")
@voice
@click.pass_context
def report(ctx: click.Context, assessment: Path, out: Path, formats: list[str]) -> None:
    """Write a report again from ASSESSMENT, an assessment.json (or its folder); no log is needed."""
    from poanalyzer.report import load, render, terminal_summary

    result = load(assessment / "assessment.json" if assessment.is_dir() else assessment)
    written = render(result, formats, out)
    talk_of(ctx).detail(terminal_summary(result))
    for path in written:
        emit(str(path))


@click.command()
@voice
def schema() -> None:
    """Print the JSON Schema of assessment.json."""
    from poanalyzer.report import json_schema

    emit(json.dumps(json_schema(), indent=2, ensure_ascii=False))
