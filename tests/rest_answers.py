"""REST answers written by hand, and exports of tables ACT_* as they are staged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.act.exports import FoundExport, find_exports
from poanalyzer.ingest.files import find_files


class Staged:
    """An export's staged tables, as Python rows."""

    def __init__(self, path: Path, zone: str = "UTC") -> None:
        self.store = Store()
        self.files = find_files(str(path), Path(), self.store.workdir)
        self.found: list[FoundExport] = find_exports(self.files)
        self.sink = self.store.sink(InputRecord(str(path), "x", "x", "engine", False, "0" * 64))
        self.export = Export([file for one in self.found for file in one.files], zone, self.sink)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a staged table, by id."""
        found: list[dict[str, Any]] = self.export.table(table).to_pyarrow().to_pylist()
        return sorted(found, key=lambda row: str(row.get("ID_")))

    def texts(self) -> str:
        """Return all notes and warnings."""
        return "\n".join(p.text for p in self.sink.problems)


def opener() -> Iterator[Callable[..., Staged]]:
    """Yield a function that stages an export; drop the stores in the end."""
    some: list[Staged] = []

    def run(path: Path, zone: str = "UTC") -> Staged:
        some.append(Staged(path, zone))
        return some[-1]

    yield run
    for one in some:
        one.store.close()


def answer(path: Path, content: Any) -> Path:
    """Write an answer; text as it stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def instance(number: int, **more: Any) -> dict[str, Any]:
    """Return an answer about a process instance."""
    return {
        "id": f"c{number}", "businessKey": None, "processDefinitionId": "p:1:x", "processDefinitionKey": "p",
        "startTime": "2026-03-02T08:00:00.000+0100", "endTime": None, "durationInMillis": None, "startActivityId": "s",
        "rootProcessInstanceId": f"c{number}", "superProcessInstanceId": None, "state": "ACTIVE", **more,
    }  # fmt: skip


def activity(number: int, **more: Any) -> dict[str, Any]:
    """Return an answer about an activity instance of the first process instance."""
    return {
        "id": f"a{number}", "parentActivityInstanceId": "c1", "activityId": "t", "activityType": "userTask",
        "processDefinitionId": "p:1:x", "processDefinitionKey": "p", "processInstanceId": "c1", "executionId": "c1",
        "taskId": None, "calledProcessInstanceId": None, "assignee": None, "startTime": "2026-03-02T08:00:00.000+0100",
        "endTime": None, "canceled": False, "completeScope": False, **more,
    }  # fmt: skip


def variable(number: int, kind: str, value: Any, **more: Any) -> dict[str, Any]:
    """Return an answer about a variable."""
    return {
        "id": f"v{number}", "name": "n", "type": kind, "value": value, "valueInfo": {}, "processInstanceId": "c1",
        "activityInstanceId": "c1", "state": "CREATED", "createTime": "2026-03-02T08:00:00.000+0100", **more,
    }  # fmt: skip


def page(*records: dict[str, Any]) -> dict[str, Any]:
    """Return a page as Flowable answers it."""
    return {
        "data": list(records),
        "total": len(records),
        "start": 0,
        "sort": "id",
        "order": "asc",
        "size": len(records),
    }
