"""Small Power Automate answers and tables written by hand, and the canonical rows that come of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.adapters.power_automate import ADAPTER
from poanalyzer.ingest.files import find_files

FLOW = "11111111-aaaa-4aaa-8aaa-000000000001"
CHILD = "11111111-aaaa-4aaa-8aaa-000000000002"
ROW = "22222222-bbbb-4bbb-8bbb-000000000001"
CHILD_ROW = "22222222-bbbb-4bbb-8bbb-000000000002"
ROOT = f"/providers/Microsoft.ProcessSimple/environments/Default-1/flows/{FLOW}"
Json = dict[str, Any]


class Read:
    """What one set of files became."""

    def __init__(self, sinks: list[Sink], claims: list[Claim]) -> None:
        self.sinks, self.claims = sinks, claims
        self.record = sinks[0].record

    def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Return the asked columns of a canonical table, sorted; times as HH:MM[:SS] of 2 March 2026."""
        found = [row for s in self.sinks for name, t in s.tables if name == table for row in t.to_pyarrow().to_pylist()]
        times = {"start", "end", "raised", "cleared", "at", "deployed_at", "scheduled", "due"}
        listed = [tuple(_clock(row[c]) if c in times else row[c] for c in columns.split()) for row in found]
        return sorted(listed, key=str)

    def capability(self, name: str) -> str:
        """Return whether a capability is there."""
        return self.record.capabilities[name].available

    def notes(self) -> str:
        """Return all problems as one text."""
        return "\n".join(p.text for s in self.sinks for p in s.problems)


def _clock(micros: int | None) -> str | None:
    if micros is None:
        return None
    moment = datetime.fromtimestamp(micros // 1_000_000, UTC)
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M") if moment.day == 2 else moment.isoformat()


Reader = Callable[..., Read]


def reader(tmp_path: Path) -> Iterator[Reader]:
    """Yield what reads files, by name and content, as one input; content is bytes, text, or what becomes JSON."""
    stores: list[Store] = []

    def reading(files: dict[str, Any], **more: Any) -> Read:
        folder = tmp_path / f"in{len(stores)}"
        folder.mkdir()
        for name, content in files.items():
            data = (
                content
                if isinstance(content, bytes)
                else content.encode()
                if isinstance(content, str)
                else json.dumps(content).encode()
            )
            (folder / name).write_bytes(data)
        settings = InputSettings(path="in", **more)
        store = Store()
        stores.append(store)
        claims = list(ADAPTER.claim(find_files(str(folder), Path(), store.workdir), settings))
        sinks = []
        for claim in claims:
            sink = store.sink(InputRecord("in", ADAPTER.id, claim.engine, "engine", False, "0" * 64))
            ADAPTER.read(claim, settings, Config(), sink)
            sinks.append(sink)
        return Read(sinks, claims)

    yield reading
    for store in stores:
        store.close()


def t(clock: str) -> str:
    return f"2026-03-02T{clock}:00.1234567Z"


def run(name: str, start: str, end: str | None = None, status: str = "Succeeded", **more: Any) -> Json:
    flow = more.pop("flow", FLOW)
    keywords = {"clientKeywords": ["resubmitFlow"]} if more.pop("resubmitted", False) else {}
    origin = {"originHistoryName": more.pop("origin")} if "origin" in more else {}
    properties = {
        "startTime": t(start),
        "status": status,
        "correlation": {"clientTrackingId": more.pop("tracking", name), **keywords},
        "trigger": {"name": "manual", **origin},
        **more,
    }
    if end:
        properties["endTime"] = t(end)
    return {"name": name, "id": f"{ROOT.replace(FLOW, flow)}/runs/{name}", "properties": properties}


def action(
    of: str, name: str, start: str, end: str | None, status: str = "Succeeded", flow: str = FLOW, **more: Any
) -> Json:
    properties = {"startTime": t(start), "status": status, **({"endTime": t(end)} if end else {}), **more}
    return {"name": name, "id": f"{ROOT.replace(FLOW, flow)}/runs/{of}/actions/{name}", "properties": properties}


def repetition(
    of: str, name: str, at: list[tuple[str, int]], start: str, end: str, status: str = "Succeeded", **more: Any
) -> Json:
    indexes = [{"scopeName": scope, "itemIndex": item} for scope, item in at]
    one = action(of, name, start, end, status, repetitionIndexes=indexes, **more)
    one["id"] += "/repetitions/" + "-".join(f"{item:06}" for _, item in at)
    return one


def flow(actions: Json, modified: str = "06:00", key: str = FLOW, **more: Any) -> Json:
    return {
        "name": key,
        "id": ROOT.replace(FLOW, key),
        "properties": {
            "displayName": more.pop("title", "Order"),
            "lastModifiedTime": t(modified),
            **more,
            "definition": {"triggers": {"manual": {"type": "Request"}}, "actions": actions},
        },
    }


def step(kind: str = "Http", after: Json | None = None, **more: Any) -> Json:
    return {"type": kind, "inputs": more.pop("inputs", {}), "runAfter": after or {}, **more}


def table(*rows: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([cell.strip() for cell in row.split("|")] for row in rows)
    return out.getvalue()
