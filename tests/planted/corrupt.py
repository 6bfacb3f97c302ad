"""What goes wrong with exports on their way: rows out of order, twice, or gone; tables missing; clocks that differ.

Works on the written files, so that it is the same for whatever wrote them.
"""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

Rows = list[dict[str, str]]


def copied(folder: Path, name: str) -> Path:
    """Return a copy of an export beside it."""
    target = folder.with_name(f"{folder.name}-{name}")
    shutil.copytree(folder, target)
    return target


def _each(folder: Path, change: Callable[[str, Rows], Rows]) -> Path:
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            columns, rows = list(reader.fieldnames or []), list(reader)
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, columns, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(change(path.stem, rows))
    return folder


def edited(folder: Path, change: Callable[[str, Rows], Rows]) -> Path:
    """Change the tables of an export in place: ``change`` gets the name and the rows of each, in the order of names."""
    return _each(folder, change)


def shuffled(folder: Path, seed: int = 1) -> Path:
    """Put the rows of every table into another order."""
    rng = random.Random(seed)
    return _each(copied(folder, "shuffled"), lambda _, rows: rng.sample(rows, len(rows)))


def doubled(folder: Path, share: float = 0.1, seed: int = 1) -> Path:
    """Export some rows of every table twice."""
    rng = random.Random(seed)

    def change(name: str, rows: Rows) -> Rows:
        return rows + [row for row in rows if rng.random() < share]

    return _each(copied(folder, "doubled"), change)


def without(folder: Path, *tables: str) -> Path:
    """Leave out whole tables."""
    target = copied(folder, "without-" + "-".join(tables))
    for table in tables:
        (target / f"ACT_{table}.csv").unlink()
    return target


def at_level(folder: Path, level: int) -> Path:
    """Return what an engine at a lower history level (1 activity, 2 audit) would have written."""
    target = copied(folder, f"level-{level}")
    gone = ["HI_JOB_LOG", "HI_EXT_TASK_LOG", "HI_INCIDENT", "HI_OP_LOG", "HI_IDENTITYLINK"]
    for table in [*gone, "HI_VARINST"] if level < 2 else gone:
        path = target / f"ACT_{table}.csv"
        path.write_text(path.read_text(encoding="utf-8").split("\n", 1)[0] + "\n", encoding="utf-8")

    def change(name: str, rows: Rows) -> Rows:
        if name == "ACT_GE_PROPERTY":
            return [row | {"VALUE_": str(level)} if row["NAME_"] == "historyLevel" else row for row in rows]
        return rows

    return _each(target, change)


def cleaned(folder: Path, gone: set[str]) -> Path:
    """Remove the rows of some instances from every table, as the clean-up of finished instances does."""

    def change(name: str, rows: Rows) -> Rows:
        return [row for row in rows if not gone & {row.get("PROC_INST_ID_", ""), row.get("PROCESS_INSTANCE_ID_", "")}]

    return _each(copied(folder, "cleaned"), change)


def later(folder: Path, by: timedelta) -> Path:
    """Set the engine's clock forward. (Whole weeks within one season keep the hours of the day.)"""

    def change(name: str, rows: Rows) -> Rows:
        return [{c: _moved(v, by) if v and _is_time(c) else v for c, v in row.items()} for row in rows]

    return _each(copied(folder, "later"), change)


def _moved(value: str, by: timedelta) -> str:
    at = datetime.strptime(value, "%Y-%m-%d %H:%M:%S.%f") + by
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def _is_time(column: str) -> bool:
    return column.endswith(("_TIME_", "DUEDATE_")) or column == "TIMESTAMP_"


def moved(folder: Path, by: timedelta, instances: set[str]) -> Path:
    """Set the clock of the engine that ran some instances forward (or back), in place."""

    def change(name: str, rows: Rows) -> Rows:
        for row in rows:
            if {row.get("PROC_INST_ID_", ""), row.get("PROCESS_INSTANCE_ID_", "")} & instances:
                row.update({c: _moved(v, by) for c, v in row.items() if v and _is_time(c)})
        return rows

    return _each(folder, change)


def of_table(path: Path, name: str, change: Callable[[Rows], Rows]) -> Path:
    """Return a changed copy of a CSV file beside it."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or []), list(reader)
    target = path.with_name(f"{path.stem}-{name}.csv")
    with target.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(change(rows))
    return target


def days_lost(path: Path, days: range) -> Path:
    """Lose the rows of some days (numbers since 1970, UTC) of a CSV file with ``Start`` and ``End``."""

    def day(value: str) -> int:
        return datetime.fromisoformat(value).date().toordinal() - date(1970, 1, 1).toordinal()

    def change(rows: Rows) -> Rows:
        return [r for r in rows if day(r["Start"]) not in days and not (r["End"] and day(r["End"]) in days)]

    return of_table(path, "lost", change)


def lines_twice(folder: Path, share: float = 0.2, seed: int = 1) -> Path:
    """Deliver some records of a stream of JSON lines twice, the second time later, as exporters do after a restart."""
    rng = random.Random(seed)
    target = copied(folder, "twice")
    for path in target.glob("*.ndjson"):
        lines = path.read_text(encoding="utf-8").splitlines()
        again = [line for line in lines if rng.random() < share]
        path.write_text("\n".join(lines + again) + "\n", encoding="utf-8")
    return target


def marked(path: Path) -> Path:
    """Write a byte order mark before a text file."""
    target = path.with_name(f"{path.stem}-marked.csv")
    target.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return target


def without_kind(folder: Path, kind: str) -> Path:
    """Leave out a table, or with ``bpmn`` all models."""
    if kind != "bpmn":
        return without(folder, kind)
    target = copied(folder, "without-models")
    for path in target.glob("*.bpmn"):
        path.unlink()
    return target
