"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from poanalyzer.cli.console import Talk
from poanalyzer.errors import UsageError, did_you_mean

Command = TypeVar("Command", bound=Callable[..., Any])


def talk_of(ctx: click.Context) -> Talk:
    """Return how much this run says."""
    return ctx.find_root().ensure_object(Talk)


def _quiet(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        talk_of(ctx).quiet = True


def _verbose(ctx: click.Context, _parameter: click.Parameter, value: int) -> None:
    talk_of(ctx).verbosity = max(talk_of(ctx).verbosity, value)


def voice(command: Command) -> Command:
    """Add ``-q`` and ``-v``."""
    quiet = click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, is_eager=True, callback=_quiet, help="Say only errors."
    )
    verbose = click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        is_eager=True,
        callback=_verbose,
        help="Say more; -vv adds tracebacks.",
    )
    return quiet(verbose(command))


def log_options(command: Command) -> Command:
    """Add the inputs and how to read them: INPUT…, ``--config`` and ``--map``."""
    inputs = click.argument("inputs", nargs=-1, metavar="[INPUT]...")
    config = click.option(
        "-c",
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        help="Project file. Default: poanalyzer.toml in the current folder, or in the one folder given.",
    )
    mapping = click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="ROLE=COLUMN",
        help="Which column plays which role in a plain table, for example --map case=Order. Repeatable.",
    )
    return inputs(config(mapping(command)))


def names_option(command: Command) -> Command:
    """Add ``--names``."""
    return click.option("--names", is_flag=True, help="Write people's names as recorded, instead of pseudonyms.")(
        command
    )


def output_options(default: str) -> Callable[[Command], Command]:
    """Return what adds ``--out`` and ``--format``, with these formats where none are named."""

    def add(command: Command) -> Command:
        out = click.option(
            "-o",
            "--out",
            type=click.Path(path_type=Path),
            default=Path("poanalyzer-report"),
            show_default=True,
            metavar="DIR",
            callback=_folder,
            help="Folder for the results.",
        )
        formats = click.option(
            "--format",
            "formats",
            multiple=True,
            default=(default,),
            show_default=True,
            metavar="FORMAT,…",
            callback=_formats,
            help="What to write: html, json, md, bpmn (mined models), or pdf (which needs the extra “pdf”).",
        )
        return out(formats(command))

    return add


def _folder(_ctx: click.Context, _parameter: click.Parameter, value: Path) -> Path:
    """Return the folder to write to; what cannot be one must not be found out after a long run."""
    if value.exists() and not value.is_dir():
        raise UsageError("is a file, not a folder", where=str(value), fix="Name another folder with --out.")
    return value


def _formats(_ctx: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> list[str]:
    """Return the formats asked for, all of them known: a wrong one must not be found out after a long run."""
    from poanalyzer.report.renderer import renderers

    wanted = split_list(value)
    known = list(renderers())
    for name in wanted:
        if name not in known:
            raise UsageError(f"--format {name}: there is no such format", fix=did_you_mean(name, known))
    if not wanted:
        raise UsageError("--format names no format", fix=f"Known: {', '.join(known)}.")
    return wanted


def split_list(values: Sequence[str]) -> list[str]:
    """Return the items of a repeatable option that also takes commas, without doubles, in the order given."""
    items = (item.strip() for value in values for item in value.split(","))
    return list(dict.fromkeys(item for item in items if item))


def column_roles(inputs: Sequence[str], mapping: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the inputs and the columns by role.

    ``--map case=A activity=B`` is understood too: after a ``--map``, an INPUT that reads ROLE=COLUMN and names no
    file belongs to it.
    """
    from poanalyzer.config import COLUMN_ROLES

    def is_role(text: str) -> bool:
        role, equals, _ = text.partition("=")
        return bool(equals) and role in COLUMN_ROLES and not Path(text).exists()

    moved = [text for text in inputs if mapping and is_role(text)]
    overrides: dict[str, str] = {}
    for text in (*mapping, *moved):
        role, equals, column = text.partition("=")
        if not equals or not column:
            raise UsageError(f"--map {text}: not ROLE=COLUMN", fix="For example --map case=Order --map activity=Step.")
        if role not in COLUMN_ROLES:
            raise UsageError(f"--map {text}: “{role}” is no column role", fix=did_you_mean(role, COLUMN_ROLES))
        if role in overrides and overrides[role] != column:
            raise UsageError(f"--map gives the role “{role}” to two columns", fix="Name it once.")
        overrides[role] = column
    return [text for text in inputs if text not in moved], overrides
