"""``poanalyzer assess``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from poanalyzer.cli import exits
from poanalyzer.cli.console import Talk, emit
from poanalyzer.cli.gate import parse_gate, passes
from poanalyzer.cli.options import column_roles, log_options, output_options, split_list, talk_of, voice
from poanalyzer.cli.project import find_project

if TYPE_CHECKING:
    from poanalyzer.results import Assessment


@click.command()
@log_options
@output_options("html,json")
@click.option(
    "--model",
    "models",
    multiple=True,
    default=("pomm",),
    show_default=True,
    metavar="ID,…",
    help="Maturity models to rate by (“poanalyzer list models”).",
)
@click.option("--survey", metavar="FILE|DIR", help="Survey answers; default: those the project file names.")
@click.option(
    "--fail-under",
    "gates",
    multiple=True,
    metavar="DRIVER=LEVEL",
    help="Exit with 1 where the demonstrated level of the portfolio is lower. Repeatable.",
)
@click.option(
    "--backend",
    default="duckdb",
    show_default=True,
    metavar="NAME|URL",
    help="What mines and measures: duckdb, or for large logs Spark: local (all cores of this machine), local[4],"
    " spark://host:port. Needs the extra “spark” and Java 17.",
)
@voice
@click.pass_context
def assess(
    ctx: click.Context,
    inputs: tuple[str, ...],
    config_path: Path | None,
    mapping: tuple[str, ...],
    out: Path,
    formats: list[str],
    models: tuple[str, ...],
    survey: str | None,
    gates: tuple[str, ...],
    backend: str,
) -> int:
    """Assess exports and write the report.

    INPUT is a file, folder, glob or zip of exports; without one, the inputs of the project file are read.
    The paths of what was written go to standard output.
    """
    talk = talk_of(ctx)
    started = time.monotonic()
    paths, overrides = column_roles(inputs, mapping)
    wanted = split_list(models)
    gate = parse_gate(split_list(gates), wanted)
    project = find_project(paths, config_path)
    if project.note:
        talk.say(project.note)

    from poanalyzer import pipeline
    from poanalyzer.report import render

    with talk.progress() as progress:
        assessment = pipeline.assess(
            project.inputs,
            project.config,
            overrides=overrides,
            survey=survey,
            models=wanted,
            backend=backend,
            progress=progress,
        )
        written = render(assessment, formats, out)
    _summary(assessment, talk)
    talk.problems(assessment.problems)
    talk.detail(f"{time.monotonic() - started:.1f} s")
    for path in written:
        emit(str(path))
    if not passes(gate, assessment, talk):
        return exits.GATE_FAILED
    return exit_code(assessment, talk)


def _summary(assessment: Assessment, talk: Talk) -> None:
    from poanalyzer.report import terminal_summary

    talk.say(terminal_summary(assessment))


def exit_code(assessment: Assessment, talk: Talk) -> int:
    """Return the exit code of an assessment whose gates hold; say what could not be computed."""
    from poanalyzer.results import Status

    failed = sorted({metric.id for metric in assessment.metrics if metric.status is Status.ERROR})
    if not failed and not any(problem.severity == "error" for problem in assessment.problems):
        return exits.DONE
    what = f"could not be computed: {', '.join(failed)}" if failed else "something went wrong on the way"
    talk.error(f"incomplete: {what}", "The report says what and why, under the metrics and the problems.")
    return exits.INCOMPLETE
