"""What histories can show: the last try of everything, and nothing of what happened between two tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poanalyzer.ingest.temporal.events import Events

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.sink import Sink

SHOW = "temporal workflow show --workflow-id ID --run-id RUN --output json"


def put_capabilities(events: Events, runs: ibis.Table, cases: ibis.Table, work: ibis.Table, tries: ibis.Table) -> None:
    """Say for every capability what the histories can show, and set the record's window."""
    sink = events.sink
    facts = _facts(events, runs, cases, work, tries)
    sink.record.window_start, sink.record.window_end = facts["low"], facts["high"]
    sink.record.history_level = f"whole histories of {facts['runs']:,} runs"
    _instances(sink, facts)
    sink.capability("activities", "yes", "activities, child workflows, timers, signals and updates of each run")
    why = "of an activity that was tried several times the begin of the last try; of local activities none"
    sink.capability("start-times", "partial" if facts["retried"] or facts["local"] else "yes", why)
    sink.capability("end-times", "yes", "each with the moment at which the service wrote it down")
    if facts["outside"]:
        why = f"{facts['outside']:,} activities were completed from outside their workers: by whom is not said"
        for name in ("element-types", "resources"):
            sink.capability(
                name, "partial", why, "Say who is who in the project file: [accounts] human = […], system = […]."
            )
    else:
        sink.capability("element-types", "yes", "activities are what workers do")
        sink.capability("resources", "yes", "identities of workers")
    sink.capability(
        "user-tasks", "no", "Temporal knows no human tasks: people show only as signals, updates and activities completed "
        "from outside",
    )  # fmt: skip
    _failures(sink, facts)
    sink.capability(
        "operations",
        "no",
        "interventions cannot be counted: terminations, requests to cancel, resets and signals show; who paused, went on with or "
        "tried an activity again, or mended what it calls, is not recorded",
    )
    sink.capability("models", "no", "a workflow is code: it has no model")
    sink.capability("deployments", "no", f"{facts['builds']:,} builds ran; when they were deployed is not in a history")
    sink.capability("decisions", "no", "decisions are code, and leave no record")
    if facts["attributes"]:
        why = "search attributes with their times; payloads may be encrypted, and are never read"
        sink.capability("variables", "partial", why)
    else:
        why = "no search attribute is set; payloads may be encrypted, and are never read"
        sink.capability(
            "variables", "no", why, "Set what matters to the business as search attributes of the workflow."
        )
    sink.capability("correlations", "partial", "child workflows, and signals from workflow to workflow")
    _business_keys(sink, facts)


def _facts(events: Events, runs: ibis.Table, cases: ibis.Table, work: ibis.Table, tries: ibis.Table) -> dict[str, Any]:
    activity = work.kind == "activitytaskscheduled"
    asked = (
        (runs, {
            "runs": runs.count(), "low": runs.start.min(), "high": runs.last_record.max(),
            "holes": (runs.last_id != runs.n).sum(),
        }),
        (cases, {
            "cases": cases.count(), "cut": cases.cut.sum(), "unknown": (cases.state == "unknown").sum(),
            "roots": cases.parent_run.isnull().sum(), "keyed": (cases.parent_run.isnull() & cases.key.notnull()).sum(),
            "by_file": (cases.parent_run.isnull() & cases.key.notnull() & cases.named).sum(),
            "builds": cases.process_version.nunique(), "orphans": (cases.parent_run.notnull()).sum(),
        }),
        (work, {
            "activities": activity.sum(), "local": (work.kind == "markerrecorded").sum(),
            "retried": (activity & (work.attempt > 1)).sum(),
            "pending": (activity & (work.state != "completed") & work.begun.isnull() & work.how.isnull()).sum(),
            "outside": (activity & (work.how == "activitytaskcompleted") & (work.done_by != work.worker)).sum(),
        }),
        (events.attributes, {"attributes": events.attributes.count()}),
        (tries, {"tries": tries.count(), "timed": tries.exact.sum()}),
    )  # fmt: skip
    facts: dict[str, Any] = {}
    for table, sums in asked:
        facts |= table.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return {name: value if name in ("low", "high") else int(value or 0) for name, value in facts.items()}


def _instances(sink: Sink, facts: dict[str, Any]) -> None:
    lacking = []
    if facts["cut"]:
        lacking.append(f"of {facts['cut']:,} cases the first run is not in the export")
    if facts["unknown"]:
        lacking.append(f"{facts['unknown']:,} went on in a run that is not in the export")
    if facts["holes"]:
        lacking.append(f"of {facts['holes']:,} runs some events are missing")
    if facts["runs"] != facts["cases"]:
        sink.note(
            "note", f"{facts['runs']:,} runs are {facts['cases']:,} cases: runs that go on from one another are one"
        )
    if lacking:
        sink.capability("instances", "partial", "; ".join(lacking), f"Export all runs whole: {SHOW}")
    else:
        sink.capability("instances", "yes", "workflow runs with begin and end")


def _failures(sink: Sink, facts: dict[str, Any]) -> None:
    """Failed tries are a floor; with no time of theirs nothing is known of how long a failure stood, or what ended it."""
    floor = f"at least {facts['tries']:,} failed tries, {facts['timed']:,} of them with their time"
    left = f"; of {facts['pending']:,} activities that did not end no try is recorded" if facts["pending"] else ""
    if facts["activities"]:
        why = f"a history keeps the number of an activity's last try: {floor}{left}"
        sink.capability("attempts", "partial", why)
        sink.note("note", f"failures are a floor: {why}. Times of tries, and what ended a failure, are not available")
    else:
        sink.capability("attempts", "yes", "no activity ran")
    sink.capability(
        "incidents",
        "no",
        "Temporal has no incidents: an activity that fails is tried again without a record, until it succeeds or gives up",
    )


def _business_keys(sink: Sink, facts: dict[str, Any]) -> None:
    roots, keyed, by_file = facts["roots"], facts["keyed"], facts["by_file"]
    unlock = "Give workflows the number of the business object as their id."
    if not keyed:
        sink.capability("business-keys", "no", "no workflow's id names a business object: they are random", unlock)
    elif by_file or keyed < roots:
        named = f"; of {by_file:,} the file is named after it" if by_file else ""
        sink.capability("business-keys", "partial", f"ids of {keyed:,} of {roots:,} root workflows{named}", unlock)
    else:
        sink.capability("business-keys", "yes", "the workflow's id")
