"""Which members of an event are read, by the kinds of event that have them (``history/v1/message.proto``)."""

from __future__ import annotations

import json
from typing import Any

_ACTIVITY = ("activityTaskStarted", "activityTaskCompleted", "activityTaskFailed", "activityTaskTimedOut",
             "activityTaskCanceled")  # fmt: skip
_CHILD = ("childWorkflowExecutionStarted", "childWorkflowExecutionCompleted", "childWorkflowExecutionFailed",
          "childWorkflowExecutionTimedOut", "childWorkflowExecutionCanceled", "childWorkflowExecutionTerminated",
          "startChildWorkflowExecutionFailed")  # fmt: skip
_NEXUS = ("nexusOperationStarted", "nexusOperationCompleted", "nexusOperationFailed", "nexusOperationTimedOut",
          "nexusOperationCanceled")  # fmt: skip
_TASK = ("workflowTaskStarted", "workflowTaskCompleted", "workflowTaskFailed", "workflowTaskTimedOut")
_ENDS = ("workflowExecutionCompleted", "workflowExecutionFailed", "workflowExecutionTimedOut",
         "workflowExecutionContinuedAsNew")  # fmt: skip
_FAILED = ("activityTaskFailed", "activityTaskTimedOut", "childWorkflowExecutionFailed", "nexusOperationFailed",
           "workflowExecutionFailed", "workflowTaskFailed")  # fmt: skip
_BEGUN = "workflowExecutionStarted"


def _each(kinds: tuple[str, ...], path: str) -> tuple[tuple[str, str], ...]:
    return tuple((kind, path) for kind in kinds)


#: Column → the members (kind of event, path in its attributes) of which the first that is there is taken.
MEMBERS: dict[str, tuple[tuple[str, str], ...]] = {
    "workflow_type": ((_BEGUN, "workflowType.name"),),
    "workflow_id": ((_BEGUN, "workflowId"),),
    "original_run": ((_BEGUN, "originalExecutionRunId"),),
    "first_run": ((_BEGUN, "firstExecutionRunId"),),
    "continued_run": ((_BEGUN, "continuedExecutionRunId"),),
    "cron": ((_BEGUN, "cronSchedule"),),
    "parent_run": ((_BEGUN, "parentWorkflowExecution.runId"),),
    "parent_event": ((_BEGUN, "parentInitiatedEventId"),),
    "initiator": ((_BEGUN, "initiator"), ("workflowExecutionContinuedAsNew", "initiator")),
    "identity": _each(
        (_BEGUN, *_ACTIVITY, "workflowTaskFailed", "workflowExecutionSignaled", "workflowExecutionTerminated",
         "workflowExecutionCancelRequested"), "identity",
    ),
    "name": (
        ("activityTaskScheduled", "activityType.name"),
        ("startChildWorkflowExecutionInitiated", "workflowType.name"),
        ("workflowExecutionSignaled", "signalName"),
        ("signalExternalWorkflowExecutionInitiated", "signalName"),
        ("workflowExecutionUpdateAccepted", "acceptedRequest.input.name"),
        ("nexusOperationScheduled", "operation"),
        ("markerRecorded", "markerName"),
    ),
    "queue": (
        ("activityTaskScheduled", "taskQueue.name"), ("startChildWorkflowExecutionInitiated", "taskQueue.name"),
        ("nexusOperationScheduled", "endpoint"),
    ),
    "of_event": (
        *_each(_ACTIVITY, "scheduledEventId"), *_each(_CHILD, "initiatedEventId"), *_each(_NEXUS, "scheduledEventId"),
        *_each(_TASK, "scheduledEventId"), *_each(("timerFired", "timerCanceled"), "startedEventId"),
        ("workflowExecutionUpdateCompleted", "acceptedEventId"),
    ),
    "by_task": _each(
        ("activityTaskScheduled", "startChildWorkflowExecutionInitiated", "workflowExecutionCompleted",
         "workflowExecutionFailed"), "workflowTaskCompletedEventId",
    ),
    "attempt": (("activityTaskStarted", "attempt"),),
    "failure_type": (
        *_each(_FAILED, "failure.applicationFailureInfo.type"),
        *_each(_FAILED, "failure.cause.applicationFailureInfo.type"),
    ),
    "message": (("activityTaskStarted", "lastFailure.message"), *_each(_FAILED, "failure.message")),
    "last_type": (("activityTaskStarted", "lastFailure.applicationFailureInfo.type"),),
    "behind": (("activityTaskTimedOut", "failure.cause.message"),),
    "timeout": (("activityTaskTimedOut", "failure.timeoutFailureInfo.timeoutType"), ("activityTaskTimedOut", "timeoutType"),
                ("workflowTaskTimedOut", "timeoutType")),
    "retry_state": _each((*_FAILED[:4], "childWorkflowExecutionTimedOut", "workflowExecutionFailed",
                          "workflowExecutionTimedOut"), "retryState"),
    "cause": (("workflowTaskFailed", "cause"), ("workflowExecutionContinuedAsNew", "failure.message")),
    "new_run": (*_each(_ENDS, "newExecutionRunId"), ("workflowTaskFailed", "newRunId")),
    "base_run": (("workflowTaskFailed", "baseRunId"),),
    "other_run": (
        ("childWorkflowExecutionStarted", "workflowExecution.runId"),
        ("signalExternalWorkflowExecutionInitiated", "workflowExecution.runId"),
    ),
    "other_workflow": (("signalExternalWorkflowExecutionInitiated", "workflowExecution.workflowId"),),
    "signaller": (("workflowExecutionSignaled", "externalWorkflowExecution.workflowId"),),
    "build": (
        ("workflowTaskCompleted", "deploymentVersion.buildId"), ("workflowTaskCompleted", "workerDeploymentVersion"),
        ("workflowTaskCompleted", "deployment.buildId"), ("workflowTaskCompleted", "workerVersion.buildId"),
        ("workflowTaskCompleted", "binaryChecksum"),
    ),
}  # fmt: skip


def _places() -> dict[str, list[tuple[str, ...]]]:
    """Return for each column the places in an event."""
    found: dict[str, list[tuple[str, ...]]] = {
        "id": [("eventId",)],
        "told_at": [("eventTime",)],
        "type": [("eventType",)],
    }
    for column, members in MEMBERS.items():
        found[column] = [(f"{kind}EventAttributes", *path.split(".")) for kind, path in members]
    return found


def structure() -> str:
    """Return the members that are read as DuckDB's description of a structure."""
    tree: dict[str, Any] = {}
    for places in _places().values():
        for *above, last in places:
            inner = tree
            for member in above:
                inner = inner.setdefault(member, {})
            inner[last] = "VARCHAR"
    return json.dumps(tree)


def _expression(places: list[tuple[str, ...]]) -> str:
    # what is empty says nothing: protobuf knows no absent text
    values = [f"nullif(r{''.join(f'[{chr(39)}{member}{chr(39)}]' for member in place)}, '')" for place in places]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


#: Column → SQL over an event's structure ``r``.
COLUMNS = {name: _expression(places) for name, places in _places().items()}

_BEGUN_ATTRIBUTES, _MARKER = "$.workflowExecutionStartedEventAttributes", "$.markerRecordedEventAttributes.details"
#: Whether a schedule started the run, and what a marker says of the local activity behind it: of a payload only its type.
MORE = f"""
    json_type(e, '{_BEGUN_ATTRIBUTES}.searchAttributes.indexedFields.TemporalScheduledById') IS NOT NULL AS scheduled,
    nullif(coalesce(
        regexp_extract(try(decode(from_base64(json_extract_string(e, '{_MARKER}.data.payloads[0].data')))),
                       '"(?:ActivityType|activityType|activity_type)"\\s*:\\s*"([^"]+)"', 1),
        regexp_extract(try(decode(from_base64(json_extract_string(e, '{_MARKER}.type.payloads[0].data')))),
                       '^"([^"]+)"$', 1)
    ), '') AS local_activity
"""

#: Search attributes, which the service itself reads: they are never encrypted, unlike payloads.
ATTRIBUTES = f"""
    coalesce(json_extract(e, '{_BEGUN_ATTRIBUTES}.searchAttributes.indexedFields'),
             json_extract(e, '$.upsertWorkflowSearchAttributesEventAttributes.searchAttributes.indexedFields'))
"""
