"""``poanalyzer inspect``, ``init`` and ``convert``: looking at exports without rating them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from poanalyzer.cli.console import emit
from poanalyzer.cli.options import column_roles, log_options, names_option, talk_of, voice
from poanalyzer.cli.project import FILE_NAME, find_project
from poanalyzer.errors import UsageError


@click.command()
@log_options
@voice
@click.pass_context
def inspect(ctx: click.Context, inputs: tuple[str, ...], config_path: Path | None, mapping: tuple[str, ...]) -> None:
    """Say what exports are, how they are read, and what they can show. Writes nothing."""
    talk = talk_of(ctx)
    paths, overrides = column_roles(inputs, mapping)
    project = find_project(paths, config_path)
    if project.note:
        talk.say(project.note)

    from poanalyzer import pipeline
    from poanalyzer.cli.inspection import show

    with talk.progress() as progress:
        inspection = pipeline.inspect(project.inputs, project.config, overrides=overrides, progress=progress)
    show(inspection)
    talk.problems(inspection.problems)


@click.command()
@log_options
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path(FILE_NAME),
    metavar="FILE",
    show_default=True,
    help="Where to write the project file; “-” prints it.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--names", is_flag=True, help="List resources of unknown kind by name: people may be among them.")
@voice
@click.pass_context
def init(
    ctx: click.Context,
    inputs: tuple[str, ...],
    config_path: Path | None,
    mapping: tuple[str, ...],
    out: Path,
    force: bool,
    names: bool,
) -> None:
    """Write a project file from what is detected in INPUT….

    What was only inferred stands in it as a comment: remove the “#” of what is right, and it counts as declared.
    """
    talk = talk_of(ctx)
    paths, overrides = column_roles(inputs, mapping)
    printed = str(out) == "-"
    if not printed and out.exists() and not force:
        raise UsageError("there is a project file already", where=str(out), fix="Give --force, or another --out.")
    if not paths:
        raise UsageError("nothing to read: no INPUT given", fix="Give the file or folder of an export.")

    from poanalyzer import pipeline
    from poanalyzer.cli.detected import project_draft
    from poanalyzer.cli.draft import project_file
    from poanalyzer.config import load_config

    config = load_config(config_path) if config_path else None
    folder = Path() if printed else out.parent
    with talk.progress() as progress, pipeline.read(paths, config, overrides=overrides, progress=progress) as log:
        text = project_file(project_draft(log, folder, names=names))
    if printed:
        sys.stdout.write(text)
        return
    write_whole(out, text)
    emit(str(out))
    talk.say(f"Confirm what it says, then run “poanalyzer assess -c {out}”.")


@click.command()
@log_options
@click.option(
    "--to", "kind", type=click.Choice(["parquet"]), default="parquet", show_default=True, help="Format of the tables."
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder for the tables."
)
@names_option
@voice
@click.pass_context
def convert(
    ctx: click.Context,
    inputs: tuple[str, ...],
    config_path: Path | None,
    mapping: tuple[str, ...],
    kind: str,
    out: Path,
    names: bool,
) -> None:
    """Write the canonical tables that exports are read into, one file a table."""
    talk = talk_of(ctx)
    paths, overrides = column_roles(inputs, mapping)
    project = find_project(paths, config_path)
    if project.note:
        talk.say(project.note)

    from poanalyzer import pipeline

    with talk.progress() as progress:
        written = pipeline.convert(
            project.inputs, out, to=kind, config=project.config, overrides=overrides, names=names, progress=progress
        )
    for path in written:
        emit(str(path))


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` so that ``path`` appears whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
