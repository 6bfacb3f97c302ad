"""A ledger as plain logs of one process: an XES file with start and complete events, a CSV file with both times a row.

Neither has a place for failed tries, incidents, kinds of elements or for what calls what: only the work of one process is
told, by name, time and resource.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

from ..ledger import Instance, Ledger


def _rows(ledger: Ledger, process: str) -> list[tuple[str, list[Instance]]]:
    work = ledger.of_case()
    return [
        (f"{case.key}", [i for i in work[case.id] if i.work and i.started is not None])
        for case in ledger.cases.values()
        if case.process == process
    ]


def stamp(at: float) -> str:
    """Return a time as ISO 8601 with milliseconds, UTC."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{int(at) % 1000:03d}+00:00"


def xes(ledger: Ledger, process: str, path: Path) -> Path:
    """Write an XES log and return its path."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<log xes.version="1.0" xmlns="http://www.xes-standard.org/">',
        '<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>',
        '<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>',
        '<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>',
        '<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>',
        f'<string key="concept:name" value={quoteattr(process)}/>',
    ]
    for case, work in _rows(ledger, process):
        lines.append(f'<trace><string key="concept:name" value={quoteattr(case)}/>')
        events = [(i.started, 1, n, i, "start") for n, i in enumerate(work)]
        events += [(i.ended, 0 if i.ended != i.started else 2, n, i, "complete") for n, i in enumerate(work) if i.ended]
        for at, _, number, instance, transition in sorted(events, key=lambda e: e[:3]):
            assert at is not None
            lines.append(
                f'<event><string key="concept:name" value={quoteattr(instance.name)}/>'
                f'<string key="concept:instance" value="{number}"/>'
                f'<string key="lifecycle:transition" value="{transition}"/><date key="time:timestamp" value="{stamp(at)}"/>'
                f'<string key="org:resource" value={quoteattr(str(instance.who))}/></event>'
            )
        lines.append("</trace>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, "</log>"]), encoding="utf-8")
    return path


def table(ledger: Ledger, process: str, path: Path) -> Path:
    """Write a CSV file with a row an activity and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["Case", "Activity", "Start", "End", "Resource"])
        for case, work in _rows(ledger, process):
            for i in work:
                writer.writerow([case, i.name, stamp(i.started or 0), "" if i.ended is None else stamp(i.ended), i.who])
    return path


def tables(ledger: Ledger, path: Path) -> Path:
    """Write a CSV file with the work of all processes, a column naming each, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["Process", "Case", "Activity", "Start", "End", "Resource"])
        for process in sorted({c.process for c in ledger.cases.values()}):
            for case, work in _rows(ledger, process):
                for i in work:
                    end = "" if i.ended is None else stamp(i.ended)
                    writer.writerow([process, case, i.name, stamp(i.started or 0), end, i.who])
    return path


def outside(ledger: Ledger, path: Path) -> Path:
    """Write what other systems recorded beside the engine, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["Order", "Step", "Start", "End", "User", "System"])
        for o in ledger.outside:
            if o.recorded:
                writer.writerow([o.key or "", o.name, stamp(o.start), stamp(o.end), o.who, o.system])
    return path
