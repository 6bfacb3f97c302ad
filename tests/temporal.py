"""Small Temporal histories written by hand, and the canonical rows that come of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.temporal import ADAPTER
from poanalyzer.ingest.files import find_files

Json = dict[str, Any]
#: Short names of events → the names that the server gives them.
_KINDS = {
    "start": "WORKFLOW_EXECUTION_STARTED", "done": "WORKFLOW_EXECUTION_COMPLETED", "failed": "WORKFLOW_EXECUTION_FAILED",
    "terminated": "WORKFLOW_EXECUTION_TERMINATED", "canceled": "WORKFLOW_EXECUTION_CANCELED",
    "late": "WORKFLOW_EXECUTION_TIMED_OUT", "continued": "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
    "stop": "WORKFLOW_EXECUTION_CANCEL_REQUESTED", "signal": "WORKFLOW_EXECUTION_SIGNALED",
    "task": "WORKFLOW_TASK_COMPLETED", "broken": "WORKFLOW_TASK_FAILED", "asked": "WORKFLOW_TASK_SCHEDULED",
    "schedule": "ACTIVITY_TASK_SCHEDULED", "begin": "ACTIVITY_TASK_STARTED", "complete": "ACTIVITY_TASK_COMPLETED",
    "fail": "ACTIVITY_TASK_FAILED", "timeout": "ACTIVITY_TASK_TIMED_OUT", "cancel": "ACTIVITY_TASK_CANCELED",
    "timer": "TIMER_STARTED", "fired": "TIMER_FIRED", "marker": "MARKER_RECORDED",
    "child": "START_CHILD_WORKFLOW_EXECUTION_INITIATED", "child-begin": "CHILD_WORKFLOW_EXECUTION_STARTED",
    "child-done": "CHILD_WORKFLOW_EXECUTION_COMPLETED", "child-failed": "CHILD_WORKFLOW_EXECUTION_FAILED",
    "tell": "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED",
}  # fmt: skip
#: Short names of members → where they stand in the attributes.
_MEMBERS = {
    "by": "identity", "id": "workflowId", "run": "originalExecutionRunId", "first": "firstExecutionRunId",
    "after": "continuedExecutionRunId", "cron": "cronSchedule", "parent": "parentWorkflowExecution.runId",
    "parent_event": "parentInitiatedEventId", "of": "scheduledEventId", "child_of": "initiatedEventId",
    "timer_of": "startedEventId", "task": "workflowTaskCompletedEventId", "attempt": "attempt", "retry": "retryState",
    "error": "failure.applicationFailureInfo.type", "which": "failure.timeoutFailureInfo.timeoutType",
    "message": "failure.message", "behind": "failure.cause.message", "last": "lastFailure.message", "cause": "cause",
    "next": "newExecutionRunId", "made": "newRunId", "base": "baseRunId", "other": "workflowExecution.runId",
    "other_id": "workflowExecution.workflowId", "build": "workerVersion.buildId", "queue": "taskQueue.name",
    "initiator": "initiator", "checksum": "binaryChecksum", "deployed": "deploymentVersion.buildId",
}  # fmt: skip
_NAMES = {"start": "workflowType.name", "schedule": "activityType.name", "child": "workflowType.name",
          "signal": "signalName", "marker": "markerName", "tell": "signalName"}  # fmt: skip


def camel(name: str) -> str:
    """Return ``TIMER_FIRED`` as ``TimerFired``."""
    return "".join(word.capitalize() for word in name.split("_"))


def history(text: str, old: bool = False) -> list[Json]:
    """Return the events that lines describe: ``8:00 start Order run=r1 id=order-1``, ``8:01 schedule pay``, ``8:02 begin of=2``.

    Ids count the lines; ``id=7`` of an event other than the first is not needed. ``old``: in the older
    spelling.
    """
    events = []
    for number, line in enumerate((line for line in text.splitlines() if line.strip()), 1):
        at, kind, *words = line.split()
        name = _KINDS[kind]
        attributes: Json = {}
        for word in words:
            member, _, value = word.rpartition("=")
            path = _MEMBERS[member] if member else _NAMES[kind]
            inner = attributes
            *above, last = path.split(".")
            for step in above:
                inner = inner.setdefault(step, {})
            inner[last] = int(value) if member == "attempt" else value
        key = camel(name)
        events.append(
            {
                "eventId": str(number), "eventTime": stamp(at), "taskId": str(1_048_576 + number),
                "eventType": key if old else f"EVENT_TYPE_{name}",
                f"{key[0].lower()}{key[1:]}EventAttributes": attributes,
            }
        )  # fmt: skip
    return events


def stamp(at: str) -> str:
    """Return ``8:05`` of 2 March 2026 in nanoseconds."""
    hour, minute = at.split(":")
    return f"2026-03-02T{int(hour):02}:{minute}:00.000000000Z"


def document(text: str, old: bool = False) -> str:
    """Return a history as a file of the command line."""
    return json.dumps({"events": history(text, old)}, indent=2)


class Read:
    """An export as the adapter reads it: the sink, and its canonical rows."""

    def __init__(self, path: Path) -> None:
        self.store = Store()
        settings = InputSettings(path=str(path))
        claims = ADAPTER.claim(find_files(str(path), Path(), self.store.workdir), settings)
        assert len(claims) == 1
        record = InputRecord(str(path), "temporal", claims[0].engine, "engine", False, "0" * 64)
        self.sink: Sink = self.store.sink(record)
        self.record = record
        ADAPTER.read(claims[0], settings, Config(), self.sink)

    def rows(self, table: str) -> list[Json]:
        """Return the rows of a canonical table, in the order of their ids."""
        found = [row for held, rows in self.sink.tables if held == table for row in rows.to_pyarrow().to_pylist()]
        return sorted(found, key=lambda row: [str(v).rjust(24) for v in row.values()])

    def only(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Return some columns of a canonical table; times as ``8:05``."""
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


_TIMES = {"start", "end", "at", "raised", "cleared", "scheduled"}


def _shown(value: Any, column: str) -> Any:
    if column not in _TIMES or value is None:
        return value
    moment = datetime.fromtimestamp(value / 1e6, UTC)
    return f"{moment.hour}:{moment:%M}"


Reader = Callable[..., Read]


def reader(folder: Path) -> Iterator[Reader]:
    """Yield a function that writes histories (texts, or name → content of a file) and reads them; drop the stores in the end."""
    opened: list[Store] = []
    folders = itertools.count()

    def run(*histories: str, files: Mapping[str, str | bytes] | None = None) -> Read:
        target = folder / f"export{next(folders)}"
        target.mkdir()
        for number, text in enumerate(histories):
            (target / f"order-{number}.json").write_text(document(text), encoding="utf-8")
        for name, content in (files or {}).items():
            data = content if isinstance(content, bytes) else content.encode()
            (target / name).write_bytes(data)
        found = Read(target)
        opened.append(found.store)
        return found

    yield run
    for store in opened:
        store.close()
