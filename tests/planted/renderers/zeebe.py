"""A ledger as the records that a Zeebe broker (Camunda 8) exports: one JSON record a line.

A job that fails stays the job of the same element instance, which lasts from the token's arrival to its completion: where
a Camunda 7 job loses the time of its failed tries, Zeebe keeps it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from ..blocks import World, all_processes, as_of
from ..ledger import Case, Episode, Instance, Ledger
from .bpmn import model

_KEY = 2_251_799_813_000_000
_LATE = 10**12
_TYPES = {
    "startEvent": "START_EVENT", "endEvent": "END_EVENT", "userTask": "USER_TASK", "serviceTask": "SERVICE_TASK",
    "scriptTask": "SCRIPT_TASK", "exclusiveGateway": "EXCLUSIVE_GATEWAY", "parallelGateway": "PARALLEL_GATEWAY",
    "callActivity": "CALL_ACTIVITY", "multiInstanceBody": "MULTI_INSTANCE_BODY", "boundaryEvent": "BOUNDARY_EVENT",
}  # fmt: skip


class _Stream:
    """Records in the order of their time; at one time in the order in which an engine writes them."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.records: list[tuple[float, int, int, dict[str, Any]]] = []
        self.last = max([*ledger.cases, *ledger.instances], default=0)
        self.definitions: dict[tuple[str, int], int] = {}

    def key(self, number: int | None) -> int:
        return -1 if number is None else _KEY + number

    def next(self) -> int:
        self.last += 1
        return self.last

    def put(self, at: float, rank: int, value_type: str, intent: str, key: int, value: dict[str, Any]) -> None:
        record = {"partitionId": 1, "recordType": "EVENT", "valueType": value_type, "intent": intent, "key": key,
                  "timestamp": int(at), "brokerVersion": "8.8.21", "rejectionType": "NULL_VAL", "value": value}  # fmt: skip
        self.records.append((at, rank, len(self.records), record))

    def definition(self, case: Case) -> dict[str, Any]:
        return {"bpmnProcessId": case.process, "processDefinitionKey": self.definitions[case.process, case.version],
                "processInstanceKey": self.key(case.id), "tenantId": "<default>"}  # fmt: skip


def render(ledger: Ledger, world: World, folder: Path) -> Path:
    """Write ``records.ndjson`` into ``folder`` and return the folder."""
    stream = _Stream(ledger)
    _deployed(stream, world)
    episodes: dict[int, list[Episode]] = {}
    for episode in ledger.episodes:
        episodes.setdefault(episode.instance, []).append(episode)
    for case in ledger.cases.values():
        _case(stream, case)
    joined: set[tuple[int, str, float]] = set()
    for instance in ledger.instances.values():
        if instance.element.endswith("_join"):
            # a join is one instance, begun when the last token arrives
            this = (instance.case, instance.element, instance.ended or 0.0)
            if instance.ended is None or instance.state != "completed" or this in joined:
                continue
            joined.add(this)
        _instance(stream, instance, episodes.get(instance.id, []))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "records.ndjson").open("w", encoding="utf-8") as out:
        for position, (*_, record) in enumerate(sorted(stream.records, key=lambda r: r[:3]), start=1):
            out.write(json.dumps(record | {"position": position}, separators=(",", ":")) + "\n")
    return folder


def _deployed(stream: _Stream, world: World) -> None:
    processes = {p.key: p for p in all_processes(world)}
    for release in stream.ledger.releases:
        key = stream.key(stream.next())
        stream.definitions[release.process, release.version] = key
        process_then = as_of(world, processes[release.process], release.version)
        xml = model(process_then, "zeebe", release.content).encode()
        process = {
            "bpmnProcessId": release.process, "version": release.version, "versionTag": "", "processDefinitionKey": key,
            "resourceName": f"{release.process}.bpmn", "deploymentKey": key, "duplicate": False, "tenantId": "<default>",
            "checksum": base64.b64encode(hashlib.md5(xml).digest()).decode(),
        }  # fmt: skip
        resource = base64.b64encode(xml).decode()
        stream.put(release.at, 0, "PROCESS", "CREATED", key, process | {"resource": resource})
        stream.put(release.at, 0, "DEPLOYMENT", "CREATED", key, {
            "resources": [], "processesMetadata": [process], "decisionsMetadata": [], "decisionRequirementsMetadata": [],
            "formMetadata": [], "tenantId": "<default>", "deploymentKey": key,
        })  # fmt: skip


def _case(stream: _Stream, case: Case) -> None:
    value = stream.definition(case) | {
        "version": case.version, "elementId": case.process, "bpmnElementType": "PROCESS", "bpmnEventType": "UNSPECIFIED",
        "flowScopeKey": -1, "parentProcessInstanceKey": stream.key(case.parent),
        "parentElementInstanceKey": stream.key(case.parent_instance),
    }  # fmt: skip
    key = stream.key(case.id)
    for intent in ("ELEMENT_ACTIVATING", "ELEMENT_ACTIVATED"):
        stream.put(case.start, case.id, "PROCESS_INSTANCE", intent, key, value)
    stream.put(case.start, case.id, "VARIABLE", "CREATED", stream.key(stream.next()), stream.definition(case) | {
        "name": "businessKey", "value": json.dumps(case.key), "scopeKey": key,
    })  # fmt: skip
    if case.end is None:
        return
    if case.state == "terminated":
        stream.put(case.end, _LATE, "PROCESS_INSTANCE", "ELEMENT_TERMINATING", key, value)
        stream.put(case.end, _LATE + 4, "PROCESS_INSTANCE", "ELEMENT_TERMINATED", key, value)
    else:
        for intent in ("ELEMENT_COMPLETING", "ELEMENT_COMPLETED"):
            stream.put(case.end, _LATE, "PROCESS_INSTANCE", intent, key, value)


def _instance(stream: _Stream, instance: Instance, episodes: list[Episode]) -> None:
    case = stream.ledger.cases[instance.case]
    begun = instance.ended if instance.element.endswith("_join") and instance.ended is not None else instance.offered
    value = stream.definition(case) | {
        "version": case.version, "elementId": instance.element.removesuffix("#multiInstanceBody"),
        "bpmnElementType": _TYPES[instance.kind],
        "bpmnEventType": "ERROR" if instance.kind == "boundaryEvent" else "UNSPECIFIED",
        "flowScopeKey": stream.key(case.id if instance.body is None else instance.body),
        "parentProcessInstanceKey": stream.key(case.parent),
        "parentElementInstanceKey": stream.key(case.parent_instance),
    }  # fmt: skip
    key = stream.key(instance.id)
    for intent in ("ELEMENT_ACTIVATING", "ELEMENT_ACTIVATED"):
        stream.put(begun, instance.id, "PROCESS_INSTANCE", intent, key, value)
    if instance.ended is not None:
        if instance.state == "canceled":
            late = _LATE if case.state == "terminated" and case.end == instance.ended else instance.id
            stream.put(instance.ended, late + 1, "PROCESS_INSTANCE", "ELEMENT_TERMINATING", key, value)
            stream.put(instance.ended, late + 3, "PROCESS_INSTANCE", "ELEMENT_TERMINATED", key, value)
        else:
            for intent in ("ELEMENT_COMPLETING", "ELEMENT_COMPLETED"):
                stream.put(instance.ended, instance.id, "PROCESS_INSTANCE", intent, key, value)
    if instance.flavour == "user":
        _user_task(stream, case, instance)
    elif instance.flavour == "external":
        _job(stream, case, instance, episodes)


def _user_task(stream: _Stream, case: Case, instance: Instance) -> None:
    key = stream.key(stream.next())
    value = stream.definition(case) | {
        "elementId": instance.element, "elementInstanceKey": stream.key(instance.id), "userTaskKey": key, "assignee": "",
        "candidateGroupsList": [instance.group], "candidateUsersList": [], "dueDate": "", "processDefinitionVersion": 1,
    }  # fmt: skip
    for intent in ("CREATING", "CREATED"):
        stream.put(instance.offered, instance.id, "USER_TASK", intent, key, value)
    stream.put(instance.offered, instance.id, "USER_TASK", "ASSIGNED", key, value | {"assignee": instance.who})
    if instance.ended is not None:
        intent = "COMPLETED" if instance.state == "completed" else "CANCELED"
        stream.put(instance.ended, instance.id, "USER_TASK", intent, key, value | {"assignee": instance.who})


def _job(stream: _Stream, case: Case, instance: Instance, episodes: list[Episode]) -> None:
    key = stream.key(stream.next())
    value = stream.definition(case) | {
        "elementId": instance.element, "elementInstanceKey": stream.key(instance.id), "type": instance.element,
        "jobKind": "BPMN_ELEMENT", "worker": instance.who, "retries": 3, "errorCode": "", "errorMessage": "",
        "customHeaders": {}, "processDefinitionVersion": case.version,
    }  # fmt: skip

    def job(intent: str, at: float, rank: int = instance.id, **more: object) -> None:
        stream.put(at, rank, "JOB", intent, key, value | more)

    job("CREATED", instance.offered, worker="")
    for episode in episodes:
        for failure in episode.failures:
            job("FAILED", failure.at, retries=max(0, failure.tries - 1), errorMessage="service unavailable")
        for incident in episode.incidents:
            _incident(stream, case, instance, key, incident.created, incident.cleared, incident.by)
            if incident.by == "operator" and incident.cleared is not None:
                job("RETRIES_UPDATED", incident.cleared, retries=1)
        if episode.disposition == "modelled" and episode.over is not None:
            job("ERROR_THROWN", episode.over, errorCode="REFUSED")
    if instance.ended is not None and instance.state == "completed":
        job("COMPLETED", instance.ended)
    elif instance.ended is not None and case.state == "terminated" and case.end == instance.ended:
        job("CANCELED", instance.ended, _LATE + 2)


def _incident(
    stream: _Stream, case: Case, instance: Instance, job: int, created: float, cleared: float | None, by: str
) -> None:
    key = stream.key(stream.next())
    value = stream.definition(case) | {
        "elementId": instance.element, "elementInstanceKey": stream.key(instance.id), "jobKey": job,
        "errorType": "JOB_NO_RETRIES", "errorMessage": "service unavailable", "variableScopeKey": stream.key(instance.id),
    }  # fmt: skip
    stream.put(created, instance.id, "INCIDENT", "CREATED", key, value)
    if cleared is not None:
        stream.put(cleared, instance.id if by == "operator" else _LATE + 2, "INCIDENT", "RESOLVED", key, value)
