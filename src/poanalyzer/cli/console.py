"""What the program says on standard error, and how it prints tables.

Names come from logs and may hold terminal control sequences: everything printed passes :func:`clean`.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from poanalyzer.results import Problem

Progress = Callable[[str, float], None]

#: Signs of our own that a small character set lacks, in plain letters.
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "’": "'", "→": "->", "–": "-", "−": "-", "…": "...", "≥": ">=", "≤": "<=", "×": "x", "·": "-"}
)
#: Inputs that are named of those that have the same problem.
_NAMED = 3
#: Unicode categories that a terminal may act on instead of showing: control, format (bidi overrides), surrogates.
_ACTING = {"Cc", "Cf", "Cs"}


def clean(text: str) -> str:
    """Return ``text`` with every character that a terminal would act on replaced by “�”; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in _ACTING else "�" for c in text)


#: What stands before the host of a URL, and parameters that are passwords.
_ACCOUNT = re.compile(r"(:/{1,3})\S*@")
_PASSWORD = re.compile(r"(?i)([?&]\w*pass\w*=)[^&\s'\"”]*")


def without_secrets(text: str) -> str:
    """Return ``text`` with accounts and passwords of URLs left out: a mistyped one must not end in a terminal's log."""
    if ":/" not in text:
        return text
    return _PASSWORD.sub(r"\1…", _ACCOUNT.sub(r"\1", text))


@dataclass
class Talk:
    """How much the program says on standard error."""

    quiet: bool = False
    verbosity: int = 0

    def error(self, what: str, fix: str = "") -> None:
        """Say what failed and what to do about it; ``-q`` does not silence this."""
        _lines(sys.stderr, f"poanalyzer: {what}", fix)

    def say(self, text: str) -> None:
        """Say something that ``-q`` silences."""
        if not self.quiet:
            _lines(sys.stderr, text)

    def detail(self, text: str) -> None:
        """Say something that only ``-v`` shows."""
        if self.verbosity:
            self.say(text)

    def problems(self, problems: Sequence[Problem]) -> None:
        """Say what went wrong or was assumed: errors always, warnings unless quiet, notes with ``-v``.

        What is the same of several inputs is said once.
        """
        places: dict[tuple[str, str, str], list[str]] = {}
        for problem in problems:
            if problem.severity == "error" or (not self.quiet and (problem.severity == "warning" or self.verbosity)):
                places.setdefault((problem.severity, problem.text, problem.fix), []).append(problem.where)
        for (severity, text, fix), found in places.items():
            named = list(dict.fromkeys(where for where in found if where))
            more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
            place = f"{', '.join(named[:_NAMED])}{more}: " if named else ""
            _lines(sys.stderr, f"{severity}: {place}{text}", fix)

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """Show a progress bar on a terminal; give ``None`` where standard error is none."""
        if self.quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[share]:>4}"),
            TimeElapsedColumn(),
        )
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("starting", total=None, share="")

            def tell(label: str, share: float) -> None:
                # a stage that is done leaves the bar pulsing until the next one says something
                going = 0.0 <= share < 1.0
                told = f"{share:.0%}" if going else ""
                total = 1.0 if going else None
                bar.update(task, description=_short(clean(label), 44), total=total, completed=share, share=told)

            yield tell


def emit(text: str = "") -> None:
    """Print data to standard output; on a terminal, wrapped to its width."""
    sys.stdout.write(_wrapped(clean(text), sys.stdout) + "\n")


def emit_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output: aligned and wrapped on a terminal, tab-separated elsewhere."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            emit("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(header):
        table.add_column(name, overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    Console().print(table)


def _lines(stream: TextIO, text: str, fix: str = "") -> None:
    stream.write(_wrapped(clean(without_secrets(text)), stream) + "\n")
    if fix:
        stream.write(_wrapped(f"  → {clean(without_secrets(fix))}", stream) + "\n")
    stream.flush()


def _wrapped(text: str, stream: TextIO) -> str:
    """Return ``text`` in the signs the stream has, with lines wider than the terminal broken between words."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:  # an old terminal, LANG=C: our own signs have plain forms, names keep escapes
        text = text.translate(_PLAIN)
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # no terminal, or no file at all
        return text
    if width < 20:
        return text
    return "\n".join(_broken(line, width) if len(line) > width else line for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    """Break one line; what follows stands below its text: after a label and its gap, or after the indentation."""
    label = re.match(r" *\S.{0,18}?\S? {2,}(?=\S)| *→ | +", line)
    hang = label.end() if label and label.end() < width // 2 else 0
    kept = line[:hang]  # textwrap would count the gap as a place to break
    parts = textwrap.wrap(line[hang:], width - hang, break_long_words=False, break_on_hyphens=False)
    return kept + ("\n" + " " * hang).join(parts)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[1 - width :]
