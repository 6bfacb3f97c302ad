"""Small Camunda 8 exports written by hand, and the canonical rows that come of them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.camunda8 import ADAPTER
from poanalyzer.ingest.files import find_files

#: Keys are 64-bit integers that a double cannot hold: two of these differ only in digits that it would lose.
_FIRST_KEY = 4_611_686_018_427_387_905
_SIGNS = {
    ">": "ELEMENT_ACTIVATING", "+": "ELEMENT_ACTIVATED", "-": "ELEMENT_COMPLETED", "!": "ELEMENT_TERMINATING",
    "x": "ELEMENT_TERMINATED", "~": "SEQUENCE_FLOW_TAKEN", "^": "ELEMENT_MIGRATED",
}  # fmt: skip
_KEYS = re.compile(r"(?<!correlation)(key|Key)$")


def key(name: str) -> int:
    """Return the key that a short name stands for: two letters or digits."""
    return _FIRST_KEY + sum(ord(c) << 8 * i for i, c in enumerate(reversed(name)))


def name(number: str | None) -> str | None:
    """Return the short name of a key."""
    if number is None or not number.isdigit():
        return number
    rest, letters = int(number) - _FIRST_KEY, ""
    while rest > 0:
        rest, code = divmod(rest, 256)
        letters = chr(code) + letters
    return letters


def time(text: str) -> int:
    """Return ``8:05`` of 2 March 2026 as epoch milliseconds."""
    hour, minute = text.split(":")
    return int(datetime(2026, 3, 2, int(hour), int(minute), tzinfo=UTC).timestamp() * 1000)


def records(text: str, partition: int = 1, first: int = 1) -> list[dict[str, Any]]:
    """Return the records that lines describe, with positions in the order of the lines.

    ``8:00 + a1 SERVICE_TASK credit`` is an element's record (signs: ``> + - ! x ~ ^``), its scope and case being ``c1`` unless
    ``in=`` and ``case=`` say otherwise; ``8:01 JOB FAILED j1 on=a1 retries=2`` is any other, ``on`` naming the element.
    """
    elements: dict[str, dict[str, Any]] = {}
    out = []
    for position, line in enumerate((line for line in text.splitlines() if line.strip()), first):
        at, *words = line.split()
        fields = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("="))
        words = [word for word in words if "=" not in word or word.startswith("=")]
        if words[0] in _SIGNS:
            value = _element(words, fields)
            elements[words[1]] = value
            kind, intent, own = "PROCESS_INSTANCE", _SIGNS[words[0]], words[1]
        else:
            kind, intent, own = words
            value = _value(fields, elements)
        record_type = fields.pop("recordType", "EVENT")
        out.append(
            {
                "partitionId": partition, "position": position, "key": key(own), "timestamp": time(at),
                "recordType": record_type, "valueType": kind, "intent": intent, "brokerVersion": "8.8.2",
                "sequence": position, "sourceRecordPosition": -1, "value": value,
            }
        )  # fmt: skip
    return out


def _element(words: list[str], fields: dict[str, str]) -> dict[str, Any]:
    own, kind, element = words[1:]
    case = fields.pop("case", "c1" if kind != "PROCESS" else own)
    scope = fields.pop("in", case)
    value: dict[str, Any] = {
        "bpmnElementType": kind, "elementId": element, "processInstanceKey": key(case),
        "flowScopeKey": -1 if kind == "PROCESS" else key(scope), "bpmnProcessId": "p", "version": 1,
        "processDefinitionKey": key("d1"), "parentProcessInstanceKey": -1, "parentElementInstanceKey": -1,
        "tenantId": "<default>", "bpmnEventType": "UNSPECIFIED",
    }  # fmt: skip
    return value | _converted(fields)


def _value(fields: dict[str, str], elements: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    on = fields.pop("on", None)
    value: dict[str, Any] = {"tenantId": "<default>"}
    if on:
        of = elements[on]
        value |= {n: of[n] for n in ("processInstanceKey", "elementId", "bpmnProcessId", "processDefinitionKey")}
        value["elementInstanceKey"] = key(on)
    fields = dict(fields)
    fields.pop("recordType", None)
    return value | _converted(fields)


def _converted(fields: Mapping[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for field, text in fields.items():
        if _KEYS.search(field):
            out[field] = key(text)
        elif text.lstrip("-").isdigit() and field not in ("value", "correlationKey"):
            out[field] = int(text)
        elif text.startswith(("[", "{")):
            out[field] = json.loads(text)
        else:
            out[field] = text.replace("_", " ") if field == "errorMessage" else text
    return out


def process(
    xml: str, at: str = "7:00", version: int = 1, definition: str = "d1", position: int = 900
) -> dict[str, Any]:
    """Return the record of a deployed process."""
    value = {
        "bpmnProcessId": "p", "version": version, "processDefinitionKey": key(definition), "resourceName": "p.bpmn",
        "resource": base64.b64encode(xml.encode()).decode(), "duplicate": False, "deploymentKey": key(f"D{version}"),
        "checksum": "x", "tenantId": "<default>", "versionTag": "",
    }  # fmt: skip
    return {
        "partitionId": 1, "position": position + version, "key": key(definition), "timestamp": time(at),
        "recordType": "EVENT", "valueType": "PROCESS", "intent": "CREATED", "brokerVersion": "8.8.2", "value": value,
    }  # fmt: skip


def model(body: str, process_id: str = "p", attributes: str = "") -> str:
    """Return a BPMN file of one process."""
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><error id="e" errorCode="E1"/><message id="m" name="stop"/>'
        f'<process id="{process_id}" {attributes}>{body}</process></definitions>'
    )


def lines(found: Iterable[Mapping[str, Any]]) -> str:
    """Return records as JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in found)


class Read:
    """An export as the adapter reads it: the sink, and its canonical rows."""

    def __init__(self, path: Path) -> None:
        self.store = Store()
        settings = InputSettings(path=str(path))
        claims = ADAPTER.claim(find_files(str(path), Path(), self.store.workdir), settings)
        assert len(claims) == 1
        self.claim = claims[0]
        record = InputRecord(str(path), "camunda8", claims[0].engine, "engine", False, "0" * 64)
        self.sink: Sink = self.store.sink(record)
        ADAPTER.read(claims[0], settings, Config(), self.sink)
        self.record = record

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a canonical table, in the order of their references."""
        found = [row for held, rows in self.sink.tables if held == table for row in rows.to_pyarrow().to_pylist()]
        return sorted(found, key=lambda row: (str(row.get("raw_ref")), str(row)))

    def only(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Return some columns of a canonical table; times as ``8:05``, keys as their short names."""
        return [tuple(_shown(row[c], c) for c in columns.split()) for row in self.rows(table)]

    def can(self, capability: str) -> str:
        """Return whether the export can show something."""
        return self.record.capabilities[capability].available

    def why(self, capability: str) -> str:
        """Return why."""
        return self.record.capabilities[capability].why

    def texts(self) -> str:
        """Return all notes and warnings."""
        return "\n".join(f"{p.severity}: {p.text}" for p in self.sink.problems)

    def close(self) -> None:
        """Drop the store."""
        self.store.close()


_TIMES = {"start", "end", "at", "raised", "cleared", "scheduled", "assigned", "due", "deployed_at"}
_NAMED = {
    "case_id", "root_case_id", "parent_case_id", "parent_activity_instance_id", "activity_instance_id", "scope_id",
    "called_case_id", "exception_id", "root_id", "from_case_id", "to_case_id", "key", "operation_id",
}  # fmt: skip


def _shown(value: Any, column: str) -> Any:
    if column in _NAMED:
        return name(value)
    if column not in _TIMES or value is None:
        return value
    moment = datetime.fromtimestamp(value / 1e6, UTC)
    return f"{moment.hour}:{moment:%M}"


Reader = Callable[..., Read]


def reader(folder: Path) -> Iterator[Reader]:
    """Yield a function that writes files (name → text) below ``folder`` and reads them; drop the stores in the end."""
    opened: list[Read] = []

    def run(files: Mapping[str, str] | str, *more: Mapping[str, Any]) -> Read:
        target = folder / f"export{len(opened)}"
        target.mkdir()
        if isinstance(files, str):
            files = {"records.ndjson": lines([*records(files), *more])}
        for file, text in files.items():
            (target / file).write_text(text, encoding="utf-8")
        opened.append(Read(target))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


ONE_CASE = "8:00 + c1 PROCESS p\n9:00 - c1 PROCESS p"
