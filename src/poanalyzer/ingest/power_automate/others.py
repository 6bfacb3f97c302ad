"""What exports of desktop flows and of work queues can show."""

from __future__ import annotations

from typing import Any

from poanalyzer.ingest.power_automate.records import Records

_GET_LOGS = "Export the table flowlog (action logs of version 2), or save each session's additionalcontext as a file."
_GET_SESSIONS = "Export the tables flowsession and flowlog, which hold what robots did."


def put_other_capabilities(records: Records, facts: dict[str, Any]) -> None:
    """Say for every capability what sessions of desktop flows, or items of work queues, can show."""
    sink = records.sink
    if facts["sessions"]:
        sink.capability("instances", "yes", "table flowsession")
        _steps(records, facts)
    else:
        sink.capability("instances", "yes", "table workqueueitem")
        why = "one step an item, its processing; what was done in it is not in the table"
        for name in ("activities", "start-times", "end-times"):
            sink.capability(name, "partial", why, _GET_SESSIONS)
        sink.capability("attempts", "no", "how often items were tried again is a number without times", _GET_SESSIONS)
        sink.capability("incidents", "yes", "items that ended in an exception, by its kind")
    sink.capability("element-types", "yes", "every step is a machine's")
    sink.capability("user-tasks", "yes", "machines alone work here")
    sink.capability("resources", "yes", "machines")
    sink.capability("operations", "no", "who cancelled a session or queued an item again is not recorded")
    sink.capability("models", "no", "scripts of desktop flows are no process models")
    sink.capability("deployments", "no", "when a desktop flow was changed is not in these tables")
    sink.capability("decisions", "no", "nothing here evaluates decisions")
    sink.capability("variables", "partial", "run mode and machine of sessions, retries of queue items")
    if facts["items"]:
        sink.capability("correlations", "no", "queue items do not say which run worked on them")
        sink.capability("business-keys", "yes", "queue items bear an id of the business object")
    else:
        sink.capability("correlations", "partial", "the run of the cloud flow that started a session")
        sink.capability("business-keys", "no", "sessions bear no key of the business object")


def _steps(records: Records, facts: dict[str, Any]) -> None:
    sink = records.sink
    if not facts["logs"]:
        for name in ("activities", "start-times", "end-times"):
            sink.capability(name, "no", "sessions are without their action logs", _GET_LOGS)
        sink.capability("incidents", "partial", "only how sessions ended is known", _GET_LOGS)
    else:
        why = "action logs, as far as the environment's settings keep them (all, on failure, by level)"
        for name in ("activities", "start-times", "end-times"):
            sink.capability(name, "partial", why)
        sink.capability("incidents", "yes", "sessions that failed")
    sink.capability("attempts", "no", "action logs do not say what was tried again")
