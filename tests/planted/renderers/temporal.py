"""A ledger as histories of Temporal workflow runs, one file a run, as the command line writes them.

As the service does it: while an activity is tried again nothing is written, and ``ACTIVITY_TASK_STARTED`` stands there once it is
over, with the number of its last try. What was under way when a run is terminated leaves no word of how far it got. People
work on activities that they complete from outside; a workflow that fails says so, whatever the model would have called it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..blocks import World
from ..ledger import Case, Episode, Instance, Ledger

Json = dict[str, Any]
#: At one moment: the begin of the run, what came to an end, the workflow's step, what it asks for, its own end.
_BEGIN, _ENDED, _STEP, _ASKED, _LAST = range(5)
_SERVER = "history-service"


def render(ledger: Ledger, world: World, folder: Path) -> Path:
    """Write the histories into ``folder`` and return it. ``world`` has nothing to add: workflows are code, and have no model."""
    folder.mkdir(parents=True, exist_ok=True)
    episodes: dict[int, list[Episode]] = {}
    for episode in ledger.episodes:
        episodes.setdefault(episode.instance, []).append(episode)
    for case, instances in ledger.of_case().items():
        run = _Run(ledger, ledger.cases[case], episodes)
        for instance in instances:
            run.instance(instance)
        path = folder / f"{run.workflow.replace('/', '_')}.json"
        path.write_text(json.dumps({"events": run.told()}, separators=(",", ":")), encoding="utf-8")
    return folder


def stamp(at: float) -> str:
    """Return milliseconds as the service writes times: to the nanosecond, UTC."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{int(at) % 1000:03d}000000Z"


def _name(case: Case) -> str:
    return case.key if case.parent is None else f"{case.key}/{case.process}-{case.id}"


class _Run:
    """One run while its events gather; references between them are put in when their order is known."""

    def __init__(self, ledger: Ledger, case: Case, episodes: dict[int, list[Episode]]) -> None:
        self.ledger, self.case, self.episodes = ledger, case, episodes
        self.workflow = _name(case)
        self.events: list[tuple[float, int, int, str, str, Json, str | None]] = []
        begun: Json = {
            "workflowType": {"name": case.process}, "workflowId": self.workflow, "originalExecutionRunId": f"run-{case.id}",
            "firstExecutionRunId": f"run-{case.id}", "attempt": 1, "identity": "" if case.parent else "api@gateway",
            "taskQueue": {"name": case.process, "kind": "TASK_QUEUE_KIND_NORMAL"},
            "input": {"payloads": [{"metadata": {"encoding": "YmluYXJ5L2VuY3J5cHRlZA=="}, "data": "3q2+7w=="}]},
        }  # fmt: skip
        if case.parent is not None:
            parent = ledger.cases[case.parent]
            begun["parentWorkflowExecution"] = {"workflowId": _name(parent), "runId": f"run-{parent.id}"}
        self.put(case.start, _BEGIN, "WORKFLOW_EXECUTION_STARTED", begun)
        self._end()

    def put(self, at: float, rank: int, kind: str, attributes: Json, own: str = "", of: str | None = None) -> None:
        """Add an event; ``own`` is what others call it, ``of`` the one that it answers."""
        self.events.append((at, rank, len(self.events), kind, own, attributes, of))

    def _end(self) -> None:
        case = self.case
        if case.end is None:
            return
        if case.state == "terminated":
            by = "operator" if case.parent is None else _SERVER
            self.put(case.end, _LAST, "WORKFLOW_EXECUTION_TERMINATED", {"reason": "no longer wanted", "identity": by})
        elif case.ended_at is None:
            failure = {"message": "refused", "applicationFailureInfo": {"type": "REFUSED"}}
            said = {"failure": failure, "retryState": "RETRY_STATE_RETRY_POLICY_NOT_SET"}
            self.put(case.end, _LAST, "WORKFLOW_EXECUTION_FAILED", said)
        else:
            self.put(case.end, _LAST, "WORKFLOW_EXECUTION_COMPLETED", {})

    def instance(self, instance: Instance) -> None:
        """Tell one activation, if it is work or a call: of gateways and events code leaves no trace."""
        if instance.calls is not None:
            self._child(instance)
        elif instance.work:
            self._activity(instance)

    def _activity(self, instance: Instance) -> None:
        own = f"i{instance.id}"
        queue = instance.group or f"{self.case.process}-services"
        self.put(instance.offered, _ASKED, "ACTIVITY_TASK_SCHEDULED", {
            "activityId": str(instance.id), "activityType": {"name": instance.element}, "taskQueue": {"name": queue},
            "retryPolicy": {"initialInterval": "600s", "backoffCoefficient": 1},
        }, own)  # fmt: skip
        found = self.episodes.get(instance.id, [])
        caught = any(e.disposition == "modelled" for e in found)
        over = instance.ended is not None and instance.started is not None
        if not over or (instance.state == "canceled" and not caught):
            return
        tries = 1 + sum(len(e.failures) for e in found)
        worker = f"{instance.group}-desk" if instance.group else str(instance.who)
        begun: Json = {"identity": worker, "attempt": tries}
        if tries > 1:
            begun["lastFailure"] = {"message": "service unavailable"}
        assert instance.started is not None and instance.ended is not None
        # both are written when it is over, the one with the time at which the last try began
        self.put(instance.ended, _ENDED, "ACTIVITY_TASK_STARTED", begun | {"at": instance.started}, f"s{own}", own)
        if caught:
            failure = {"message": "refused", "applicationFailureInfo": {"type": "REFUSED", "nonRetryable": True}}
            said = {"failure": failure, "retryState": "RETRY_STATE_NON_RETRYABLE_FAILURE", "identity": worker}
            self.put(instance.ended, _ENDED, "ACTIVITY_TASK_FAILED", said, of=own)
        else:
            by = {"identity": str(instance.who)}
            self.put(instance.ended, _ENDED, "ACTIVITY_TASK_COMPLETED", by, of=own)

    def _child(self, instance: Instance) -> None:
        child = self.ledger.cases.get(instance.calls or 0)
        own, kind = f"i{instance.id}", child.process if child else "unknown"
        self.put(instance.offered, _ASKED, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", {
            "workflowType": {"name": kind}, "taskQueue": {"name": kind},
        }, own)  # fmt: skip
        if child is None:
            return
        execution = {"workflowExecution": {"workflowId": _name(child), "runId": f"run-{child.id}"}}
        self.put(child.start, _ASKED, "CHILD_WORKFLOW_EXECUTION_STARTED", dict(execution), of=own)
        if instance.ended is not None and child.end is not None and child.state == "completed":
            how = "COMPLETED" if child.ended_at else "FAILED"
            self.put(instance.ended, _ENDED, f"CHILD_WORKFLOW_EXECUTION_{how}", dict(execution), of=own)

    def told(self) -> list[Json]:
        """Return the events in order, with a step of the workflow before whatever it decided."""
        for at in sorted(
            {e[0] for e in self.events if e[1] in (_ASKED, _LAST) and e[3].split("_")[-1] != "TERMINATED"}
        ):
            for part in ("SCHEDULED", "STARTED"):
                self.put(at, _STEP, f"WORKFLOW_TASK_{part}", {"identity": "workflows"})
            build = {"deploymentVersion": {"deploymentName": "workers", "buildId": f"v{self.case.version}"}}
            self.put(at, _STEP, "WORKFLOW_TASK_COMPLETED", build)
        ordered = sorted(self.events, key=lambda e: e[:3])
        numbers = {own: n for n, (*_, own, _, _) in enumerate(ordered, 1) if own}
        step, out = 0, []
        for number, (at, rank, _, kind, _, attributes, of) in enumerate(ordered, 1):
            if rank == _STEP:
                step = number
            inside = {name: value for name, value in attributes.items() if name != "at"}
            if of is not None:
                member = "initiatedEventId" if kind.startswith("CHILD") else "scheduledEventId"
                inside[member] = str(numbers[of])
            if (rank == _ASKED and of is None) or (rank == _LAST and kind.endswith(("FAILED", "COMPLETED"))):
                inside["workflowTaskCompletedEventId"] = str(step)
            words = kind.lower().split("_")
            member = words[0] + "".join(w.capitalize() for w in words[1:])
            out.append({
                "eventId": str(number), "eventTime": stamp(attributes.get("at", at)), "eventType": f"EVENT_TYPE_{kind}",
                "taskId": str(1_048_576 + number), f"{member}EventAttributes": inside,
            })  # fmt: skip
        return out
