"""Truth: counts straight from the shipped sample, read by json and csv alone, against the canonical tables."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.power_automate import ADAPTER
from poanalyzer.ingest.files import find_files
from tests.data import EVENT_LOGS

SAMPLE = EVENT_LOGS / "power-automate-samples"
HISTORY = SAMPLE / "dataverse-and-history"
STATES = {"Succeeded": "completed", "Failed": "failed", "Running": "running"}
Rows = list[dict[str, Any]]


def answers(*patterns: str) -> Rows:
    """Return all records of JSON answers."""
    found: Rows = []
    for pattern in patterns:
        for path in sorted(HISTORY.glob(pattern)):
            text = gzip.decompress(path.read_bytes()).decode()
            found += (
                [json.loads(line) for line in text.splitlines()] if ".jsonl" in path.name else json.loads(text)["value"]
            )
    return found


def table(name: str) -> Rows:
    """Return the rows of a CSV."""
    with gzip.open(HISTORY / name, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def read() -> Iterator[tuple[dict[str, Rows], list[Sink]]]:
    """Return the canonical tables of the whole sample, and the sinks of its inputs."""
    store = Store()
    settings = InputSettings(path="sample", timezone="UTC")
    sinks = []
    for claim in ADAPTER.claim(find_files(str(SAMPLE), Path(), store.workdir), settings):
        sinks.append(store.sink(InputRecord(claim.why, ADAPTER.id, claim.engine, "engine", False, "0" * 64)))
        ADAPTER.read(claim, settings, Config(), sinks[-1])
    tables: dict[str, Rows] = {}
    for sink in sinks:
        for name, rows in sink.tables:
            tables.setdefault(name, []).extend(rows.to_pyarrow().to_pylist())
    yield tables, sinks
    store.close()


def test_runs_by_state(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    states = {run["name"]: run["properties"]["status"] for run in answers("runs-*.json.gz")}
    states |= {row["name"]: row["status"] for row in answers("flowruns-*.json.gz") if row["name"] not in states}
    cases = {row["case_id"]: row["state"] for row in read[0]["cases"]}
    assert {name: cases[name] for name in states} == {name: STATES[word] for name, word in states.items()}
    assert len(states) > 190


def test_every_flow_has_enough_runs(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    runs = Counter(row["process_name"] for row in read[0]["cases"])
    assert set(runs) == {
        "Approve expense",
        "Take in invoice",
        "Post invoice",
        "Nightly sync",
        "Enter order",
        "Orders to enter",
        "Visitor badge",
    }
    assert min(runs.values()) >= 40


def test_actions_by_state(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    repetitions = answers("repetitions.json.gz")
    repeated = {
        (one["id"].split("/runs/")[1].split("/")[0], one["id"].split("/actions/")[1].split("/")[0])
        for one in repetitions
    }
    actions = [
        one
        for one in answers("actions.jsonl.gz")
        if (one["id"].split("/runs/")[1].split("/")[0], one["name"]) not in repeated
    ]
    words = {
        "Succeeded": "completed",
        "Failed": "failed",
        "TimedOut": "failed",
        "Skipped": "skipped",
        "Running": "running",
    }
    expected = Counter(words[one["properties"]["status"]] for one in [*actions, *repetitions])
    runs = {row["case_id"] for row in read[0]["cases"] if row["tenant"]}
    assert Counter(row["state"] for row in read[0]["activities"] if row["case_id"] in runs) == expected
    assert expected["failed"] > 20


def test_attempts_and_failures(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    tries = [one for action in answers("actions.jsonl.gz") for one in action["properties"].get("retryHistory", [])]
    assert len(read[0]["attempts"]) == len(tries) > 30
    codes = Counter(one["error"]["code"] for one in tries)
    assert Counter(row["error_code"] for row in read[0]["attempts"]) == codes
    late = sum(1 for one in answers("actions.jsonl.gz") if one["properties"]["status"] == "TimedOut")
    runs = {row["case_id"] for row in read[0]["cases"] if row["tenant"]}
    mine = [row for row in read[0]["exceptions"] if row["case_id"] in runs and row["activity_instance_id"]]
    assert Counter(row["kind"] for row in mine)["deadline"] == late
    # the scope that catches ran once for each failure it handled
    caught = {
        one["id"].split("/runs/")[1].split("/")[0]
        for one in answers("actions.jsonl.gz")
        if one["name"] == "Catch" and one["properties"]["status"] == "Succeeded"
    }
    handled = {row["case_id"] for row in mine if row["handled_by"] == "Catch"}
    before = {
        run["name"]
        for run in answers("runs-approve-expense-*.json.gz")
        if run["properties"]["startTime"] < "2026-03-16T18"
    }
    assert caught
    # of runs before the last change the definition is not known, nor what it catches
    assert handled == caught - before


def test_restarts_and_children(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    runs = {run["name"]: run for run in answers("runs-*.json.gz")}
    again = {name for name, run in runs.items() if "clientKeywords" in run["properties"]["correlation"]}
    assert {row["case_id"] for row in read[0]["cases"] if row["restarted_from"]} == again != set()
    parents = {row["name"]: row["parentrunid"] for row in answers("flowruns-*.json.gz") if row["parentrunid"] != "0"}
    assert {row["case_id"]: row["parent_case_id"] for row in read[0]["cases"] if row["parent_case_id"]} == parents
    called = {row["called_case_id"]: row["case_id"] for row in read[0]["activities"] if row["called_case_id"]}
    assert called == parents


def test_desktop_flows_and_queues(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    sessions = {
        row["flowsessionid"]: {4: "completed", 8: "failed"}[row["statuscode"]]
        for row in answers("flowsessions.json.gz")
    }
    cases = {row["case_id"]: row["state"] for row in read[0]["cases"]}
    assert {key: cases[key] for key in sessions} == sessions
    logs = Counter(row["_flowsessionid_value"] for row in answers("flowlogs.json.gz"))
    found = Counter(row["case_id"] for row in read[0]["activities"] if row["case_id"] in sessions)
    assert found == logs
    kinds = {"5": "work-item-failure", "6": "constraint"}
    items = {row["workqueueitemid"].strip("{}").lower(): row for row in table("workqueueitem.csv.gz")}
    expected = Counter(kinds[row["statuscode"]] for row in items.values() if row["statuscode"] in kinds)
    assert Counter(row["kind"] for row in read[0]["exceptions"] if row["case_id"] in items) == expected
    assert {row["business_key"] for row in read[0]["cases"] if row["case_id"] in items} == {
        r["uniqueidbyqueue"] for r in items.values()
    }


def test_releases_and_definitions(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    history = answers("solutionhistory.json.gz")
    flows = [row for row in table("workflow.csv.gz") if row["category"] == "5"]
    assert len(read[0]["deployments"]) == len(history) * len(flows)
    assert Counter(row["result"] for row in read[0]["deployments"])["failed"] == len(flows)
    versions = {run["properties"]["workflow"]["name"] for run in answers("runs-*.json.gz")}
    assert versions <= {row["version"] for row in read[0]["definitions"]}


def test_what_each_input_can_show(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    said = {
        sink.record.path.split(":")[1].split(",")[0].strip()
        if ":" in sink.record.path
        else "portal": sink.record.capabilities
        for sink in read[1]
    }
    assert {name: caps["attempts"].available for name, caps in said.items()} == {
        "action": "yes",
        "flowlog": "no",
        "workqueue": "no",
        "portal": "no",
    }
    assert all(len(caps) == 16 for caps in said.values())


def test_rows_add_up(read: tuple[dict[str, Rows], list[Sink]]) -> None:
    for sink in read[1]:
        assert sink.record.rows_read == sink.record.rows_kept + sum(sink.record.rejected.values())


def test_the_program_writes_these_files(tmp_path: Path) -> None:
    program = EVENT_LOGS / "programs" / "power_automate_samples.py"
    subprocess.run([sys.executable, str(program), str(tmp_path)], check=True, timeout=60)
    made = {p.relative_to(tmp_path).as_posix(): gzip.decompress(p.read_bytes()) for p in tmp_path.rglob("*.gz")}
    kept = {p.relative_to(SAMPLE).as_posix(): gzip.decompress(p.read_bytes()) for p in SAMPLE.rglob("*.gz")}
    assert made == kept
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*.gz")) < 150_000
