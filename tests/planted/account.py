"""The account of a run as Markdown: a table of the rows, then what was not accepted, then the numbers."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import Line
from .suite import ROWS, Job

#: What the acceptance table of the methods asks for and nothing here plants.
_NOT_PLANTED = (
    "The oracles of concurrency that judge by the order of events (C2): the program judges by overlaps alone. The simplest of "
    "them, alpha, is among the negative controls.",
    "Cases joined by messages (A5): pieces are joined by calls here; messages stand in the tests of the metric.",
)
#: What no number of cases tells, by definition.
_NOT_TOLD = (
    "Whether a release fails that fails exactly twice as often: a failed release has credibly at least twice the failures of "
    "those before, and what was seen lies below that line as often as above it. Every second one is called failed, whatever the "
    "number of cases; the power from 1.5 to 4 times is under E1–E5.",
    "The level of a process whose rate lies at a cut: one of two neighbours is shown, and the claim is called perhaps chance.",
)


@dataclass(frozen=True)
class Done:
    """A job with what it found and how long it took."""

    job: Job
    lines: list[Line]
    seconds: float


def account(done: list[Done], missing: list[Job], command: str) -> str:
    """Return the page."""
    lines = [line for d in done for line in d.lines]
    seconds = sum(d.seconds for d in done)
    good = sum(line.accepted for line in lines)
    out = [
        "# Validation on planted truth",
        "",
        "A simulator that shares no code with poanalyzer plants processes, failures, repairs, calls, waiting, releases and",
        "steps beside the engine, writes down everything that happened, and then tells it as engines and logs would.",
        "poanalyzer reads what was told; its numbers are held against what happened. The simulator is `tests/planted/`; a",
        "small run of all checks is part of the tests.",
        "",
        f"Made by `{command}`: {seconds / 60:.0f} minutes of processor time. The same seeds give the same numbers.",
        "",
        f"**{good:,} of {len(lines):,} comparisons accepted.**",
        "",
    ]
    if missing:
        out += [f"Not run: {', '.join(f'{job.name} ({job.row})' for job in missing)}.", ""]
    out += ["## The rows", "", *_rows(done), ""]
    bad = [(d.job.row, x) for d in done for x in d.lines if not x.accepted]
    if bad:
        out += ["## Not accepted", "", *_not_accepted(bad), ""]
    out += ["## Estimates, intervals, bounds and negative controls", ""]
    for row, title in ROWS.items():
        shown = [x for d in done if d.job.row == row for x in d.lines if not _exact(x)]
        if shown:
            out += [f"### {row}: {title}", "", *_table(shown), ""]
    out += ["## What cannot be told", "", *(f"- {text}" for text in _NOT_TOLD), ""]
    out += ["## Not planted", "", *(f"- {text}" for text in _NOT_PLANTED)]
    return "\n".join(out).rstrip()


def _exact(line: Line) -> bool:
    """Return whether a line compares number with number, or one run with another: these are only counted."""
    return line.rule in ("equal to 1e-9", "exact") or line.rule.startswith(("absent", "equal"))


def _rows(done: list[Done]) -> list[str]:
    out = [
        "`N` are the cases of a replication (where there are several), `R` the replications. The largest bias is in the",
        "unit of its figure, or relative. Controls are methods that must fail here: else the world would prove nothing.",
        "",
        "| row | what | N | R | comparisons | largest bias | coverage, power | controls that fail | verdict |",
        "|---|---|---|---|---:|---:|---|---|---|",
    ]
    for row, title in ROWS.items():
        mine = [d for d in done if d.job.row == row]
        if not mine:
            continue
        lines = [x for d in mine for x in d.lines]
        wrong = sum(not x.accepted for x in lines)
        biases = [x.bias for x in lines if x.bias is not None and not x.control]
        shares = [x.coverage for x in lines if x.coverage is not None and not x.control and "reported" not in x.rule]
        controls = [x for x in lines if x.control]
        failing = sum(x.accepted for x in controls)
        cells = [
            row, title, _several({d.job.cases for d in mine}), _several({d.job.replications for d in mine}), f"{len(lines):,}",
            f"{max(biases, key=abs):+.4f}" if biases else "",
            f"{min(shares):.1%}–{max(shares):.1%}" if shares else "",
            f"{failing} of {len(controls)}" if controls else "",
            f"**missed: {wrong} of {len(lines)}**" if wrong else "ok",
        ]  # fmt: skip
        out.append(f"| {' | '.join(cells)} |")
    return out


def _several(numbers: set[int]) -> str:
    return ", ".join(f"{n}" for n in sorted(numbers))


def _not_accepted(bad: list[tuple[str, Line]]) -> list[str]:
    """Return a table of what missed; of one check at most a few lines, with how many more there are."""
    out = ["| row | check | what | truth | found | rule |", "|---|---|---|---:|---:|---|"]
    seen: dict[tuple[str, str], int] = {}
    for row, x in bad:
        seen[row, x.check] = seen.get((row, x.check), 0) + 1
        if seen[row, x.check] <= _SHOWN:
            out.append(f"| {row} | {x.check} | {x.what} | {x.truth} | {x.found} | {x.rule} |")
    more = [f"{n - _SHOWN} more of “{check}”" for (_, check), n in seen.items() if n > _SHOWN]
    return [*out, *(["", f"And {', '.join(more)}."] if more else [])]


_SHOWN = 8


def _table(lines: list[Line]) -> list[str]:
    head = ["| check | what | truth | found | rule | |", "|---|---|---:|---:|---|---|"]
    rows = [
        f"| {x.check} | {x.what} | {x.truth} | {x.found} | {x.rule} | {'yes' if x.accepted else '**no**'} |"
        for x in lines
    ]
    return [*head, *rows]
