"""Small Camunda 7 exports written by hand, and the canonical rows that come of them."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from poanalyzer.config import Config, InputSettings, ProjectSettings
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.camunda7 import ADAPTER
from poanalyzer.ingest.files import find_files

#: What is the same in every table of a test, so that it need not be written there.
_ALWAYS = {
    "PROC_DEF_KEY_": "p", "PROC_DEF_ID_": "p:1:x", "PROCESS_DEF_KEY_": "p", "PROCESS_DEF_ID_": "p:1:x",
}  # fmt: skip
_PROCDEF = "ID_ KEY_ VERSION_ NAME_ DEPLOYMENT_ID_ RESOURCE_NAME_\np:1:x p 1 Orders d1 p.bpmn"
_FULL = "NAME_ VALUE_\nhistoryLevel 3"


def cells(text: str) -> list[list[str]]:
    """Return a table written with blanks between its cells: ``-`` is NULL, ``_`` a blank, ``8:05`` a time of 2 March."""
    table = [line.split() for line in text.strip().splitlines()]
    return [[_cell(cell) for cell in row] for row in table]


def _cell(cell: str) -> str:
    if re.fullmatch(r"\d{1,2}:\d\d", cell):
        return f"2026-03-02 {cell.zfill(5)}:00"
    if re.fullmatch(r"[A-Z_]+_", cell):
        return cell
    return "" if cell == "-" else cell.replace("_", " ") if cell.startswith("_") else cell


def write(folder: Path, tables: Mapping[str, str], models: Mapping[str, str] | None = None) -> Path:
    """Write tables as CSV, and models, into ``folder``; with a definition p:1:x and history level full by default."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"RE_PROCDEF": _PROCDEF, "GE_PROPERTY": _FULL, **tables}.items():
        if not text:
            continue
        header, *rows = cells(text)
        more = [c for c in _ALWAYS if c not in header] if name.startswith("HI_") else []
        with (folder / f"ACT_{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow([*header, *more])
            writer.writerows([*row, *(_ALWAYS[c] for c in more)] for row in rows)
    for file, xml in (models or {}).items():
        (folder / file).write_text(xml, encoding="utf-8")
    return folder


def model(body: str, key: str = "p", attributes: str = "") -> str:
    """Return a BPMN file of one process."""
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><error id="e" errorCode="E1"/><message id="m" name="stop"/>'
        f'<process id="{key}" {attributes}>{body}</process></definitions>'
    )


class Read:
    """An export as the adapter reads it: the sink, and its canonical rows."""

    def __init__(self, path: Path, zone: str | None = "UTC") -> None:
        self.store = Store()
        config = Config(project=ProjectSettings(timezone=zone))
        settings = InputSettings(path=str(path))
        claims = ADAPTER.claim(find_files(str(path), Path(), self.store.workdir), settings)
        assert len(claims) == 1
        record = InputRecord(str(path), "camunda7", claims[0].engine, "engine", False, "0" * 64)
        self.sink: Sink = self.store.sink(record)
        ADAPTER.read(claims[0], settings, config, self.sink)
        self.record = record

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a canonical table, in the order of their references."""
        found = [row for name, rows in self.sink.tables if name == table for row in rows.to_pyarrow().to_pylist()]
        return sorted(found, key=lambda row: str(row["raw_ref"] or row.get("activity_instance_id")))

    def only(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Return some columns of a canonical table; times as ``8:05``."""
        return [tuple(_shown(row[c], c) for c in columns.split()) for row in self.rows(table)]

    def can(self, capability: str) -> str:
        """Return whether the export can show something."""
        return self.record.capabilities[capability].available

    def texts(self) -> str:
        """Return all notes and warnings."""
        return "\n".join(f"{p.severity}: {p.text}" for p in self.sink.problems)

    def close(self) -> None:
        """Drop the store."""
        self.store.close()


_TIMES = {"start", "end", "at", "raised", "cleared", "scheduled", "assigned", "due", "deployed_at"}


def _shown(value: Any, column: str) -> Any:
    if column not in _TIMES or value is None:
        return value
    moment = datetime.fromtimestamp(value / 1e6, UTC)
    return f"{moment.hour}:{moment:%M}"


def csv_rows(files: Iterable[Path]) -> list[dict[str, str]]:
    """Return the rows of exported tables as Python's own reader sees them."""
    found: list[dict[str, str]] = []
    for file in files:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
        found += list(csv.DictReader(io.StringIO(text, newline="")))
    return found


PROCINST = "ID_ PROC_INST_ID_ BUSINESS_KEY_ START_TIME_ END_TIME_ STATE_ ROOT_PROC_INST_ID_ SUPER_PROCESS_INSTANCE_ID_"
ONE_CASE = f"{PROCINST}\nc1 c1 B1 8:00 9:00 COMPLETED c1 -"
ACTINST = (
    "ID_ PARENT_ACT_INST_ID_ PROC_INST_ID_ EXECUTION_ID_ ACT_ID_ ACT_TYPE_ START_TIME_ END_TIME_ ACT_INST_STATE_ "
    "SEQUENCE_COUNTER_ TASK_ID_ CALL_PROC_INST_ID_ ACT_NAME_"
)
JOB_LOG = (
    "ID_ TIMESTAMP_ JOB_ID_ JOB_RETRIES_ JOB_EXCEPTION_MSG_ JOB_STATE_ ACT_ID_ FAILED_ACT_ID_ EXECUTION_ID_ "
    "PROCESS_INSTANCE_ID_ HOSTNAME_"
)
INCIDENT = (
    "ID_ PROC_INST_ID_ EXECUTION_ID_ CREATE_TIME_ END_TIME_ INCIDENT_TYPE_ ACTIVITY_ID_ FAILED_ACTIVITY_ID_ "
    "ROOT_CAUSE_INCIDENT_ID_ CONFIGURATION_ INCIDENT_STATE_"
)
BOUNDARY = (
    f"{ACTINST}\na1 c1 c1 x1 credit serviceTask 8:00 8:05 2 1 - - Check\n"
    "a2 c1 c1 x1 refused boundaryError 8:05 8:05 4 2 - - Refused\na3 c1 c1 x1 tell userTask 8:05 8:30 4 3 t1 - Tell"
)

Reader = Callable[..., Read]


def reader(folder: Path) -> Iterator[Reader]:
    """Yield a function that writes an export below ``folder`` and reads it; drop the stores in the end."""
    opened: list[Read] = []

    def run(tables: dict[str, str], models: dict[str, str] | None = None, zone: str | None = "UTC") -> Read:
        opened.append(Read(write(folder / f"export{len(opened)}", tables, models), zone))
        return opened[-1]

    yield run
    for one in opened:
        one.close()
