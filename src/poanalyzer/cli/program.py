"""The program: its commands, and what becomes of their failures."""

from __future__ import annotations

import gc
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import NoReturn

import click

from poanalyzer import __version__
from poanalyzer.cli import exits
from poanalyzer.cli.assess import assess
from poanalyzer.cli.catalogue import explain, list_
from poanalyzer.cli.console import Talk, without_secrets
from poanalyzer.cli.logs import convert, init, inspect
from poanalyzer.cli.results import report, schema
from poanalyzer.cli.survey import survey
from poanalyzer.errors import PoanalyzerError

_EPILOG = """\b
Examples:
  poanalyzer inspect exports/camunda7         what is it, and what can it show?
  poanalyzer init exports/camunda7            write poanalyzer.toml from it
  poanalyzer assess                           assess what poanalyzer.toml names
  poanalyzer assess log.xes.gz --out result   assess one log

Exit codes: 0 done, 1 a gate failed, 2 bad input or usage, 3 done but incomplete, 70 a fault of the program."""


class _InterruptedError(Exception):
    """Ctrl-C. (click would turn it into the same signal as an unexpected end of file.)"""


class _ReaderGoneError(Exception):
    """The program that read our output has closed it."""


class _Program(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _InterruptedError from None
        except BrokenPipeError:
            raise _ReaderGoneError from None
        except EOFError as error:
            raise RuntimeError("unexpected end of data") from error


_SELDOM = (200_000, 50, 100)


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(__version__, "--version", prog_name="poanalyzer", message="%(prog)s %(version)s")
def program() -> None:
    """Say, with the evidence, how mature a process orchestration is, from what its engines recorded."""


for _command in (assess, inspect, init, convert, report, explain, list_, survey, schema):
    program.add_command(_command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the program with ``args`` (default: those of the process) and exit with its code."""
    talk = Talk()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # names from logs must not fail on a terminal with a small character set
            stream.reconfigure(errors="backslashreplace")
    # queries are built of many short-lived objects: looking for garbage less often saves a tenth of a small log's time
    gc.set_threshold(*_SELDOM)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries: our own are problems of the result
    try:
        code = program.main(args, "poanalyzer", standalone_mode=False, obj=talk)
        sys.stdout.flush()
    except (_ReaderGoneError, BrokenPipeError):
        # Python flushes standard output once more when it ends: that must not fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exits.BROKEN_PIPE
    except (_InterruptedError, KeyboardInterrupt):
        code = exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last catch: everything becomes a line and an exit code
        code = _tell(error, talk)
    sys.exit(code if isinstance(code, int) else exits.DONE)


def _tell(error: Exception, talk: Talk) -> int:
    """Say what failed and return the exit code."""
    if talk.verbosity >= 2 and not isinstance(error, click.ClickException):
        sys.stderr.write(without_secrets("".join(traceback.format_exception(error))))
    if isinstance(error, PoanalyzerError):
        place = f"{error.where}: " if error.where else ""
        talk.error(f"{place}{error.what}", error.fix)
        return exits.BAD_INPUT
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "poanalyzer"
        talk.error(error.format_message(), f"“{path} --help” shows what it takes.")
        return exits.BAD_INPUT
    if isinstance(error, click.ClickException):
        talk.error(error.format_message())
        return exits.BAD_INPUT
    if isinstance(error, OSError) and error.filename:
        talk.error(f"{error.filename}: {error.strerror}", "Check that the file or folder may be read or written.")
        return exits.BAD_INPUT
    # the back end has a class of its own for it
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        talk.error("not enough memory", "Give it a machine with more memory, or fewer inputs at a time.")
        return exits.BAD_INPUT
    text = " ".join(str(error).split()) or "no message"
    if len(text) > 200:
        text = text[:200] + "…"
    again = "" if talk.verbosity >= 2 else "Run it again with -vv for the traceback, and report it."
    talk.error(f"internal error: {type(error).__name__}: {text}", again)
    return exits.INTERNAL_ERROR
