"""What search answers can show: the present state of things, without the history behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.answers import Answers
from poanalyzer.ingest.engine.definitions import Definition
from poanalyzer.ingest.engine.shown import put_models, put_window

if TYPE_CHECKING:
    import ibis

_RECORDS = "Give the exporter's records (zeebe-record_… indexes) instead of search answers."


def put_capabilities(
    answers: Answers, cases: ibis.Table, instances: ibis.Table, found: Sequence[Definition], sink: Sink
) -> None:
    """Say for every capability what these answers can show, and set the record's window."""
    put_window((cases, instances), sink)
    _instances(answers, sink)
    _human_work(answers, instances, sink)
    if answers.has("incidents"):
        sink.capability(
            "incidents", "partial", "incidents with their creation; when they were resolved is not said", _RECORDS
        )
    else:
        sink.capability(
            "incidents", "no", "no answer of incidents/search", "Fetch incidents/search as well, even if it is empty."
        )
    sink.capability("attempts", "no", "search answers show a job's last state, not its failed tries", _RECORDS)
    sink.capability("operations", "no", "search answers do not show interventions", _RECORDS)
    sink.capability("deployments", "no", "search answers have versions, but no time of deployment", _RECORDS)
    put_models(
        [d for d in found if d.ran] or list(found), sink,
        none="no BPMN file of a definition that ran",
        unlock="Put the answers of process-definitions/{key}/xml beside, named by that key (2251799813685251.bpmn).",
    )  # fmt: skip
    _said(answers, sink, "variables", "variables", "yes", "last values")
    _said(answers, sink, "decisions", "decision-instances", "partial", "decisions show as business rule tasks")
    sink.capability("correlations", "partial", "calls between instances only", _RECORDS)
    _business_keys(cases, sink)


def _instances(answers: Answers, sink: Sink) -> None:
    if answers.has("process-instances"):
        sink.capability("instances", "yes", "process-instances/search")
    else:
        sink.capability(
            "instances", "partial", "no answer of process-instances/search; start and end are guessed from elements",
            "Fetch process-instances/search as well.",
        )  # fmt: skip
    for name in ("activities", "start-times", "end-times", "element-types"):
        if answers.has("element-instances"):
            sink.capability(name, "yes", "element-instances/search; scopes around elements are not said")
        else:
            sink.capability(
                name, "no", "no answer of element-instances/search", "Fetch element-instances/search as well."
            )


def _human_work(answers: Answers, instances: ibis.Table, sink: Sink) -> None:
    """Judge user tasks and resources."""
    people = int(instances.filter(instances.kind == "USER_TASK").count().to_pyarrow().as_py())
    if not answers.has("element-instances"):
        sink.capability(
            "user-tasks", "no", "no answer of element-instances/search", "Fetch element-instances/search as well."
        )
    elif not people:
        sink.capability("user-tasks", "yes", "element-instances/search: no human task ran")
    elif answers.has("user-tasks"):
        sink.capability(
            "user-tasks", "partial", "creation and completion; when a task was claimed is not said", _RECORDS
        )
    else:
        sink.capability("user-tasks", "partial", "element-instances/search alone", "Fetch user-tasks/search as well.")
    missing = [k for k in ("jobs", "user-tasks") if not answers.has(k) and (k == "jobs" or people)]
    if missing:
        more = " and ".join(f"{kind}/search" for kind in missing)
        why = f"no answer of {more}: who worked is known by element type alone"
        sink.capability("resources", "partial", why, f"Fetch {more} as well.")
    else:
        sink.capability("resources", "yes", "workers of jobs and assignees of human tasks")


def _said(answers: Answers, sink: Sink, name: str, kind: str, available: str, why: str) -> None:
    if not answers.has(kind):
        sink.capability(name, "no", f"no answer of {kind}/search", f"Fetch {kind}/search as well.")
    else:
        sink.capability(name, "yes" if available == "yes" else "partial", f"{kind}/search: {why}")


def _business_keys(cases: ibis.Table, sink: Sink) -> None:
    roots = cases.filter(cases.parent_case.isnull())
    row = roots.aggregate(n=roots.count(), keyed=roots.business_id.count()).to_pyarrow().to_pylist()[0]
    if row["keyed"]:
        why = f"business ids of {row['keyed']:,} of {row['n']:,} root instances"
        sink.capability("business-keys", "yes" if row["keyed"] == row["n"] else "partial", why)
    else:
        sink.capability(
            "business-keys", "no", "no instance has a business id", "Start instances with a business id (8.9)."
        )
