"""What exporter records can show, given which value types are among them.

An exporter writes a value type or it does not; since 8.8 the default one writes seven. A type that is there is recorded,
so that what does not occur in it did not happen. A type that is absent proves nothing, unless something else does: a dump
file named for its index, be it empty; a log without gaps; or records of another type that show that there was nothing to
write. What contradicts an absence (a job without retries left, and no incident) is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.records import Records
from poanalyzer.ingest.engine.definitions import Definition
from poanalyzer.ingest.engine.shown import put_models

if TYPE_CHECKING:
    import ibis

#: Element types whose work may be a job.
_BY_JOB = ("SERVICE_TASK", "SEND_TASK", "SCRIPT_TASK", "BUSINESS_RULE_TASK", "USER_TASK", "AD_HOC_SUB_PROCESS")
_MORE = "From version 8.8, set include-enabled-records in the exporter's index settings to have it."


def put_capabilities(
    records: Records, instances: ibis.Table, cases: ibis.Table, found: Sequence[Definition], sink: Sink
) -> None:
    """Say for every capability what these records can show, and set the record's version and window."""
    _window(records, sink)
    facts = _facts(records, instances)
    for name in ("instances", "activities", "start-times", "end-times", "element-types"):
        sink.capability(name, "yes", "PROCESS_INSTANCE records")
    _work(records, facts, sink)
    _incidents(records, facts, sink)
    _operations(records, sink)
    _models(records, found, sink)
    _rest(records, facts, sink)
    _business_keys(cases, sink)


def unlock(value_type: str, more: str = "") -> str:
    """Return what to do to have a value type."""
    index = f"zeebe-record_{value_type.lower().replace('_', '-')}"
    return f"Also export the {value_type} records ({index}_…), even if there are none." + (f" {more}" if more else "")


def _window(records: Records, sink: Sink) -> None:
    rows = records.events
    row = rows.aggregate(a=rows["at"].min(), b=rows["at"].max()).to_pyarrow().to_pylist()[0]
    sink.record.window_start, sink.record.window_end = row["a"], row["b"]
    versions = rows.select("brokerVersion").distinct().to_pyarrow().to_pylist()
    known = [row["brokerVersion"] for row in versions if row["brokerVersion"]]
    sink.record.engine_version = max(known, key=version_number, default=None)
    sink.note("note", "how long the indexes are kept is not in the records: what was deleted from them is not seen")


def version_number(version: str) -> list[int]:
    """Return a version as numbers that can be compared."""
    return [int(part) if part.isdigit() else 0 for part in version.replace("-", ".").split(".")]


def _facts(records: Records, instances: ibis.Table) -> dict[str, Any]:
    jobs = records.of("JOB")
    gone = jobs.filter(jobs.intent.isin(["FAILED", "TIMED_OUT"]) & (jobs.retries.try_cast("int64") <= 0))
    return {
        "by_job": _count(instances.filter(
            instances.kind.isin(_BY_JOB) | (instances.kind.isin(["END_EVENT", "INTERMEDIATE_THROW_EVENT"])
                                            & (instances.event == "MESSAGE"))
        )),
        "user_tasks": _count(instances.filter(instances.kind == "USER_TASK")),
        "rules": _count(instances.filter(instances.kind == "BUSINESS_RULE_TASK")),
        "exhausted": _count(gone),
        "task_jobs": _count(jobs.filter(jobs.job_type == "io.camunda.zeebe:userTask")),
    }  # fmt: skip


def _count(rows: ibis.Table) -> int:
    return int(rows.count().to_pyarrow().as_py())


def _work(records: Records, facts: dict[str, Any], sink: Sink) -> None:
    if records.proven("JOB"):
        sink.capability("attempts", "yes", "JOB records")
    elif not facts["by_job"]:
        sink.capability("attempts", "yes", "PROCESS_INSTANCE records: no element ran whose work is a job")
    else:
        sink.capability(
            "attempts", "no", f"no JOB records, though {facts['by_job']:,} elements ran whose work may be a job",
            unlock("JOB"),
        )  # fmt: skip
    if not facts["user_tasks"]:
        sink.capability("user-tasks", "yes", "PROCESS_INSTANCE records: no human task ran")
    elif records.has("USER_TASK"):
        sink.capability("user-tasks", "yes", "USER_TASK records: creation, assignment and completion")
    elif facts["task_jobs"]:
        sink.capability(
            "user-tasks", "partial", "human tasks are jobs here: when they were claimed is not recorded",
            "Model human tasks as Camunda user tasks (zeebe:userTask).",
        )  # fmt: skip
    else:
        sink.capability(
            "user-tasks", "partial", "PROCESS_INSTANCE records alone: when human tasks began and ended",
            unlock("USER_TASK"),
        )  # fmt: skip
    tasks_known = records.has("USER_TASK") or facts["task_jobs"] or not facts["user_tasks"]
    jobs_known = records.proven("JOB") or not facts["by_job"]
    if tasks_known and jobs_known:
        sink.capability("resources", "yes", "workers of JOB records and assignees of human tasks")
    else:
        missing = [t for t, known in (("JOB", jobs_known), ("USER_TASK", tasks_known)) if not known]
        sink.capability(
            "resources", "partial", f"no {' and no '.join(missing)} records: who worked is known by element type alone",
            " ".join(unlock(t) for t in missing),
        )  # fmt: skip


def _incidents(records: Records, facts: dict[str, Any], sink: Sink) -> None:
    if records.has("INCIDENT"):
        sink.capability("incidents", "yes", "INCIDENT records, with their creation and resolution")
    elif facts["exhausted"]:
        sink.capability(
            "incidents", "no",
            f"no INCIDENT records, though {facts['exhausted']:,} jobs ran out of retries: they were not exported",
            unlock("INCIDENT"),
        )  # fmt: skip
    elif records.proven("INCIDENT"):
        sink.capability("incidents", "yes", "INCIDENT records would be in the export; there are none")
    else:
        sink.capability(
            "incidents", "no", "no INCIDENT records, which is not the same as no incident", unlock("INCIDENT")
        )


def _operations(records: Records, sink: Sink) -> None:
    """Cancellations, raised retries and resolved incidents are always there; the other kinds are exported on demand."""
    kinds = ("PROCESS_INSTANCE_MODIFICATION", "PROCESS_INSTANCE_MIGRATION", "VARIABLE_DOCUMENT")
    missing = [kind for kind in kinds if not records.proven(kind)]
    basic = [kind for kind in ("JOB", "INCIDENT") if not records.proven(kind)]
    if not missing and not basic:
        sink.capability("operations", "yes", "all kinds of interventions; who intervened is not in the records")
    elif len(basic) == 2:
        sink.capability(
            "operations", "no", "no JOB and no INCIDENT records: of interventions only cancellations are seen",
            " ".join(unlock(t) for t in basic),
        )  # fmt: skip
    else:
        sink.capability(
            "operations", "partial", "cancellations, raised retries and resolved incidents as far as exported; no "
            f"{', '.join([*basic, *missing])} records, which may mean that there were none",
            f"Also export the records of {', '.join([*basic, *missing])}. {_MORE}",
        )  # fmt: skip


def _models(records: Records, found: Sequence[Definition], sink: Sink) -> None:
    """Judge models and deployments over the versions that ran."""
    relevant = [d for d in found if d.ran] or list(found)
    unlocked = "Export the PROCESS records since the first deployment, or put the BPMN files beside (order_v2.bpmn)."
    with_model = put_models(
        relevant, sink, none="no PROCESS record and no BPMN file of a definition that ran", unlock=unlocked
    )
    timed = sum(1 for d in relevant if d.deployed_at is not None)
    more = "Also export the DEPLOYMENT and PROCESS records since the first deployment."
    if not timed:
        sink.capability("deployments", "no", "no DEPLOYMENT or PROCESS record of a definition that ran", more)
    elif timed < len(relevant):
        sink.capability(
            "deployments", "partial", f"deployments of {timed} of {len(relevant)} definitions that ran", more
        )
    elif not with_model:
        why = "versions and deployment times; without models nobody sees which versions changed"
        sink.capability("deployments", "partial", why, unlocked)
    else:
        sink.capability("deployments", "yes", "DEPLOYMENT and PROCESS records")


def _rest(records: Records, facts: dict[str, Any], sink: Sink) -> None:
    if records.proven("VARIABLE"):
        sink.capability("variables", "yes", "VARIABLE records, each value with its time")
    else:
        sink.capability("variables", "no", "no VARIABLE records", unlock("VARIABLE"))
    if records.proven("DECISION_EVALUATION"):
        sink.capability("decisions", "partial", "DECISION_EVALUATION records; decisions show as business rule tasks")
    elif not facts["rules"]:
        sink.capability("decisions", "partial", "PROCESS_INSTANCE records: no business rule task ran")
    else:
        sink.capability("decisions", "no", "no DECISION_EVALUATION records", unlock("DECISION_EVALUATION", _MORE))
    sent = any(records.has(t) for t in ("PROCESS_MESSAGE_SUBSCRIPTION", "MESSAGE_START_EVENT_SUBSCRIPTION"))
    sink.capability(
        "correlations", "partial",
        "calls between instances are recorded; who sent a message is not, "
        + ("and inferred where one sender alone fits" if sent else "nor, here, which instances it reached"),
        "" if sent else unlock("PROCESS_MESSAGE_SUBSCRIPTION", _MORE),
    )  # fmt: skip


def _business_keys(cases: ibis.Table, sink: Sink) -> None:
    roots = cases.filter(cases.parent_case.isnull())
    row = roots.aggregate(n=roots.count(), keyed=roots.business_key.count()).to_pyarrow().to_pylist()[0]
    share = row["keyed"] / row["n"] if row["n"] else 0.0
    where = "business id, the starting message's correlation key, or a variable “businessKey”"
    if share == 1:
        sink.capability("business-keys", "yes", f"every root instance has a {where}")
    elif share:
        sink.capability("business-keys", "partial", f"{share:.0%} of the root instances have a {where}")
    else:
        sink.capability(
            "business-keys", "no", f"no instance has a {where}", "Start instances with a business id (8.9 and later) or such "
            "a variable, and export VARIABLE records.",
        )  # fmt: skip
