"""The canonical tables: their columns and types, in one place.

Inside the store every time is a 64-bit integer, microseconds since 1970-01-01 UTC (exact, and the same on every back
end); :mod:`poanalyzer.eventlog.views` shows them as timestamps. ``NULL`` means unknown or not applicable, never zero.
"""

from __future__ import annotations

#: Column type of a point in time: int64 microseconds UTC in the store, a UTC timestamp in the views.
TIME = "time"

#: Types of every canonical table, in column order. A trailing ``!`` marks a column that is never null.
TABLES: dict[str, dict[str, str]] = {
    "cases": {
        "case_id": "string!", "engine": "string!", "process_key": "string!", "process_name": "string",
        "process_version": "string", "root_case_id": "string!", "parent_case_id": "string",
        "parent_activity_instance_id": "string", "restarted_from": "string", "business_key": "string",
        "tenant": "string", "trigger": "string", "started_by": "string", "start": TIME, "end": TIME,
        "state": "string!", "end_element_id": "string", "outcome": "string", "source": "string!", "raw_ref": "string",
    },
    "activities": {
        "activity_instance_id": "string", "case_id": "string!", "element_id": "string", "activity": "string!",
        "element_type": "string!", "scope_id": "string", "called_case_id": "string", "mi_index": "int64",
        "scheduled": TIME, "assigned": TIME, "start": TIME, "end": TIME, "start_kind": "string", "state": "string!",
        "resource": "string", "role": "string", "resource_type": "string!", "endpoint": "string", "due": TIME,
        "seq": "int64", "source_ids": "string", "is_compensation": "boolean", "error_code": "string",
        "source": "string!", "raw_ref": "string",
    },
    "attempts": {
        "case_id": "string!", "activity_instance_id": "string", "element_id": "string!", "attempt": "int64",
        "at": "time!", "end": TIME, "error_code": "string", "message": "string", "retries_left": "int64",
        "worker": "string", "source": "string!", "raw_ref": "string",
    },
    "exceptions": {
        "exception_id": "string!", "case_id": "string!", "activity_instance_id": "string", "element_id": "string",
        "kind": "string!", "code": "string", "raised": "time!", "cleared": TIME, "cleared_by": "string",
        "root_id": "string!", "handled_by": "string", "source": "string!", "raw_ref": "string",
    },
    "links": {
        "from_case_id": "string!", "to_case_id": "string!", "kind": "string!", "key": "string",
        "source": "string!", "raw_ref": "string",
    },
    "definitions": {
        "process_key": "string!", "version": "string!", "version_tag": "string", "name": "string",
        "checksum": "string", "model_ref": "string", "tenant": "string", "deployed_at": TIME,
        "history_ttl": "string", "source": "string!", "raw_ref": "string",
    },
    "deployments": {
        "process_key": "string!", "version": "string!", "deployed_at": "time!", "deployed_by": "string",
        "deployment_source": "string", "release_id": "string", "result": "string", "lead_start": TIME,
        "is_duplicate": "boolean", "checksum": "string", "tenant": "string", "source": "string!", "raw_ref": "string",
    },
    "elements": {
        "process_key": "string!", "version": "string!", "element_id": "string!", "element_type": "string!",
        "name": "string", "parent_id": "string", "attached_to": "string", "event_kind": "string",
        "interrupting": "boolean", "retry": "string", "timer": "string", "template": "string",
        "implementation": "string", "multi_instance": "string", "is_compensation": "boolean", "default_flow": "string",
        "source_ref": "string", "target_ref": "string", "called_key": "string", "candidate_groups": "string",
        "due_date": "string", "condition": "string", "source": "string!", "raw_ref": "string",
    },
    "operations": {
        "operation": "string!", "case_id": "string", "entity": "string", "user": "string", "at": "time!",
        "operation_id": "string", "activity_instance_id": "string", "element_id": "string", "source": "string!",
        "raw_ref": "string",
    },
    "variables": {
        "case_id": "string!", "activity_instance_id": "string", "name": "string!", "type": "string",
        "value": "string", "at": TIME, "source": "string!", "raw_ref": "string",
    },
}  # fmt: skip

#: Columns of activities that name the step, and those that name who did it: few combinations, kept in dictionaries.
STEP_NAMES = ("element_id", "activity", "element_type", "endpoint")
RESOURCE_NAMES = ("resource", "role", "resource_type")
NAMES = STEP_NAMES + RESOURCE_NAMES

#: What a column that is never null holds where an adapter says nothing.
UNSAID = {"element_type": "unknown", "resource_type": "unknown", "state": "unknown"}

#: Element types whose rows are work: somebody or something did a task.
WORK_TYPES = (
    "task", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "manualTask",
)  # fmt: skip
#: Work done by a person, whatever resource is named.
HUMAN_TYPES = ("userTask", "manualTask")
#: Work done by a machine, whatever resource is named.
SERVICE_TYPES = ("serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask")

CASE_STATES = ("running", "waiting", "suspended", "completed", "failed", "terminated", "unknown")
ACTIVITY_STATES = ("running", "completed", "canceled", "failed", "skipped")
RESOURCE_TYPES = ("human", "bot", "system", "device", "external", "unknown")
EXCEPTION_KINDS = ("work-item-failure", "deadline", "resource-unavailable", "external", "constraint")
CLEARED_BY = ("retry", "model", "operator", "cancel", "none")

#: What an export may be able to show. Metrics name the ones they need; the facets F1–F11 of engine evidence in words.
CAPABILITIES: dict[str, str] = {
    "instances": "process instances with start and end (F1)",
    "activities": "activity instances (F2)",
    "start-times": "start times of activities",
    "end-times": "end times of activities",
    "element-types": "BPMN element types of activities",
    "resources": "who or what did an activity",
    "user-tasks": "creation, claiming and completion of human tasks (F3)",
    "attempts": "failed tries of jobs and external tasks (F4)",
    "incidents": "incidents with their creation and resolution (F5)",
    "deployments": "deployments and definition versions (F6)",
    "commits": "commits behind deployments, from version control or its pipelines (F14)",
    "operations": "operators' interventions (F7)",
    "models": "the models of all versions (F8)",
    "decisions": "decision evaluations (F9)",
    "variables": "process variables (F10)",
    "correlations": "message, signal and call links between instances (F11)",
    "business-keys": "keys that link an instance to the business object",
}


def columns(table: str) -> tuple[str, ...]:
    """Return the column names of a canonical table."""
    return tuple(TABLES[table])


def ibis_type(declared: str) -> str:
    """Return the Ibis type of a declared one as the store keeps it."""
    bare = declared.rstrip("!")
    return "int64" if bare == TIME else bare


#: Times outside [1950, 2150) are no real times of a process (year 1, year 9999): such rows are rejected, and counted.
EARLIEST_US = -631_152_000_000_000
LATEST_US = 5_680_281_600_000_000
