"""Camunda 8: what is counted in real records by Python alone is what stands in the canonical tables."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.camunda8 import Read
from tests.data import EVENT_LOGS

_LOGS = ("parity/camunda8", "camunda8-claims")
_BPMN = {"SUB_PROCESS": "subProcess", "AD_HOC_SUB_PROCESS_INNER_INSTANCE": "subProcess"}


@dataclass
class Truth:
    """A real export: its records as Python reads them, and the same through the adapter."""

    records: list[dict[str, Any]]
    read: Read
    by_key: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def of(self, value_type: str, *intents: str) -> list[dict[str, Any]]:
        """Return the records of a type."""
        return [r for r in self.records if r["valueType"] == value_type and (not intents or r["intent"] in intents)]


@pytest.fixture(scope="module", params=_LOGS)
def truth(request: pytest.FixtureRequest) -> Iterator[Truth]:
    folder: Path = EVENT_LOGS / request.param
    files = sorted(folder.rglob("*.ndjson.gz"))
    if not files:
        pytest.skip(f"the export {request.param} is not among the event logs")
    records = [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    events = {(r["partitionId"], r["position"]): r for r in records if r["recordType"] == "EVENT"}
    found = Truth(list(events.values()), Read(files[0].parent))
    for record in found.of("PROCESS_INSTANCE"):
        if record["value"]["bpmnElementType"] != "SEQUENCE_FLOW":
            found.by_key.setdefault(record["key"], []).append(record)
    yield found
    found.read.close()


def _last(rows: list[dict[str, Any]]) -> str:
    intents = {r["intent"] for r in rows}
    ended = {"ELEMENT_COMPLETED": "completed", "ELEMENT_TERMINATED": "terminated"}
    return next((state for intent, state in ended.items() if intent in intents), "running")


def test_every_event_is_accounted_for(truth: Truth) -> None:
    record = truth.read.record
    assert record.rows_kept == len(truth.records)
    assert record.rows_read == record.rows_kept + sum(record.rejected.values())


def test_instances_by_process_and_state(truth: Truth) -> None:
    expected = Counter(
        (rows[0]["value"]["bpmnProcessId"], _last(rows))
        for rows in truth.by_key.values()
        if rows[0]["value"]["bpmnElementType"] == "PROCESS"
    )
    assert Counter((r["process_key"], r["state"]) for r in truth.read.rows("cases")) == expected
    assert sum(expected.values()) >= 100


def test_called_instances(truth: Truth) -> None:
    expected = {
        str(key): str(rows[0]["value"]["parentProcessInstanceKey"])
        for key, rows in truth.by_key.items()
        if rows[0]["value"]["bpmnElementType"] == "PROCESS" and rows[0]["value"]["parentProcessInstanceKey"] != -1
    }
    cases = {r["case_id"]: r for r in truth.read.rows("cases")}
    assert {k: r["parent_case_id"] for k, r in cases.items() if r["parent_case_id"]} == expected
    called = {r["called_case_id"] for r in truth.read.rows("activities") if r["called_case_id"]}
    assert called == set(expected)


def test_messages_link_what_they_started(truth: Truth) -> None:
    links = [r for r in truth.read.rows("links") if r["kind"] == "message"]
    started = {str(r["value"]["processInstanceKey"]): r["value"]["correlationKey"]
               for r in truth.of("MESSAGE_START_EVENT_SUBSCRIPTION", "CORRELATED")}  # fmt: skip
    assert {r["to_case_id"]: r["key"] for r in links if r["to_case_id"] in started} == started


def test_elements_by_type_and_state(truth: Truth) -> None:
    def bpmn(raw: str) -> str:
        words = raw.lower().split("_")
        return _BPMN.get(raw) or words[0] + "".join(word.title() for word in words[1:])

    expected = Counter(
        (bpmn(rows[0]["value"]["bpmnElementType"]), _last(rows).replace("terminated", "canceled"))
        for rows in truth.by_key.values()
        if rows[0]["value"]["bpmnElementType"] != "PROCESS"
    )
    assert Counter((r["element_type"], r["state"]) for r in truth.read.rows("activities")) == expected


def test_times_of_elements(truth: Truth) -> None:
    def moment(rows: list[dict[str, Any]], *intents: str) -> int | None:
        return next((r["timestamp"] * 1000 for intent in intents for r in rows if r["intent"] == intent), None)

    expected = {
        str(key): (
            moment(rows, "ELEMENT_ACTIVATED", "ELEMENT_ACTIVATING"),
            moment(rows, "ELEMENT_COMPLETED", "ELEMENT_TERMINATED"),
        )
        for key, rows in truth.by_key.items()
        if rows[0]["value"]["bpmnElementType"] != "PROCESS"
    }
    rows = truth.read.rows("activities")
    assert {r["activity_instance_id"]: (r["start"], r["end"]) for r in rows} == expected


def test_failed_tries(truth: Truth) -> None:
    loose = {r["value"]["elementInstanceKey"] for r in truth.of("INCIDENT", "CREATED")
             if r["value"]["errorType"] == "UNHANDLED_ERROR_EVENT"}  # fmt: skip
    failed = truth.of("JOB", "FAILED", "TIMED_OUT")
    failed += [r for r in truth.of("JOB", "ERROR_THROWN") if r["value"]["elementInstanceKey"] in loose]
    expected = Counter((r["value"]["elementId"], r["value"]["retries"], r["timestamp"] * 1000) for r in failed)
    found = Counter((r["element_id"], r["retries_left"], r["at"]) for r in truth.read.rows("attempts"))
    assert found == expected
    assert found


def test_incidents(truth: Truth) -> None:
    solved = {r["key"]: r["timestamp"] * 1000 for r in truth.of("INCIDENT", "RESOLVED")}
    expected = {str(r["key"]): (r["timestamp"] * 1000, solved.get(r["key"])) for r in truth.of("INCIDENT", "CREATED")}
    rows = [r for r in truth.read.rows("exceptions") if r["raw_ref"].startswith("INCIDENT:")]
    assert {r["exception_id"]: (r["raised"], r["cleared"]) for r in rows} == expected
    retried = {r["value"]["elementInstanceKey"] for r in truth.of("JOB", "RETRIES_UPDATED")}
    by_hand = {
        r["activity_instance_id"] for r in rows if r["cleared_by"] == "operator" and r["code"] == "JOB_NO_RETRIES"
    }
    assert by_hand <= {str(k) for k in retried}


def test_exceptions_that_the_model_handled(truth: Truth) -> None:
    fired = [
        key
        for key, rows in truth.by_key.items()
        if rows[0]["value"]["bpmnElementType"] == "BOUNDARY_EVENT"
        and rows[0]["value"]["bpmnEventType"] in ("ERROR", "TIMER", "ESCALATION")
        and any(r["intent"] == "ELEMENT_ACTIVATED" for r in rows)
    ]
    rows = {r["exception_id"]: r for r in truth.read.rows("exceptions") if r["cleared_by"] == "model"}
    assert {str(k) for k in fired} <= set(rows)
    assert all(r["activity_instance_id"] for r in rows.values())
    assert fired


def test_cancellations_and_operations(truth: Truth) -> None:
    roots = [
        rows
        for rows in truth.by_key.values()
        if rows[0]["value"]["bpmnElementType"] == "PROCESS" and rows[0]["value"]["parentProcessInstanceKey"] == -1
    ]
    expected = Counter(
        {
            "Delete": sum(_last(rows) == "terminated" for rows in roots),
            "SetJobRetries": len(truth.of("JOB", "RETRIES_UPDATED")),
            "ModifyProcessInstance": len(truth.of("PROCESS_INSTANCE_MODIFICATION", "MODIFIED")),
            "SetVariables": len(truth.of("VARIABLE_DOCUMENT", "UPDATED")),
            "Migrate": len(truth.of("PROCESS_INSTANCE_MIGRATION", "MIGRATED")),
        }
    )
    found = Counter(r["operation"] for r in truth.read.rows("operations"))
    assert {name: found[name] for name in expected} == dict(expected)
    assert all(r["case_id"] for r in truth.read.rows("operations"))


def test_deployments_and_their_models(truth: Truth) -> None:
    made = {r["key"]: r["timestamp"] * 1000 for r in truth.of("DEPLOYMENT", "CREATED")}
    processes = {r["value"]["processDefinitionKey"]: r["value"] for r in truth.of("PROCESS", "CREATED")}
    expected = Counter((v["bpmnProcessId"], str(v["version"]), made[v["deploymentKey"]]) for v in processes.values())
    rows = truth.read.rows("deployments")
    assert Counter((r["process_key"], r["version"], r["deployed_at"]) for r in rows) == expected
    for value in processes.values():
        xml = base64.b64decode(value["resource"]).decode()
        elements = [
            r["element_id"]
            for r in truth.read.rows("elements")
            if (r["process_key"], r["version"]) == (value["bpmnProcessId"], str(value["version"]))
        ]
        assert elements
        assert all(f'id="{element}"' in xml for element in elements)


def test_people_and_workers(truth: Truth) -> None:
    workers = {str(r["value"]["elementInstanceKey"]): r["value"]["worker"] for r in truth.of("JOB", "COMPLETED")
               if r["value"].get("jobKind", "BPMN_ELEMENT") == "BPMN_ELEMENT"}  # fmt: skip
    people = {str(r["value"]["elementInstanceKey"]): r["value"]["assignee"] for r in truth.of("USER_TASK", "COMPLETED")}
    rows = {r["activity_instance_id"]: r for r in truth.read.rows("activities")}
    service = {k: w for k, w in workers.items() if w and rows[k]["resource_type"] == "system"}
    assert {k: rows[k]["resource"] for k in service} == service
    assert {k: rows[k]["resource"] for k in people} == {k: p or None for k, p in people.items()}
    assert service
    assert people


def test_variables(truth: Truth) -> None:
    expected = Counter((r["value"]["name"], r["timestamp"] * 1000) for r in truth.of("VARIABLE", "CREATED", "UPDATED"))
    assert Counter((r["name"], r["at"]) for r in truth.read.rows("variables")) == expected


def test_multi_instance_items_are_numbered(truth: Truth) -> None:
    loops = {str(r["value"]["scopeKey"]): int(r["value"]["value"]) for r in truth.of("VARIABLE", "CREATED")
             if r["value"]["name"] == "loopCounter"}  # fmt: skip
    found = {
        r["activity_instance_id"]: r["mi_index"] for r in truth.read.rows("activities") if r["mi_index"] is not None
    }
    assert found == loops


def test_window_and_version(truth: Truth) -> None:
    times = [r["timestamp"] * 1000 for r in truth.records]
    assert (truth.read.record.window_start, truth.read.record.window_end) == (min(times), max(times))
    assert truth.read.record.engine_version == max(r["brokerVersion"] for r in truth.records)
