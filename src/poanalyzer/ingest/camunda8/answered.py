"""Search answers read into the canonical tables: the state of instances as the interfaces show it, not their history.

No time of an incident's resolution, no scope above an element, no single tries, no time of a deployment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.activities import element_type, first_of, put_activities
from poanalyzer.ingest.camunda8.answers import Answers
from poanalyzer.ingest.camunda8.definitions import lookup_tables, with_files
from poanalyzer.ingest.camunda8.forms import is_model
from poanalyzer.ingest.camunda8.handled import put_handled
from poanalyzer.ingest.camunda8.instances import with_known_roots
from poanalyzer.ingest.camunda8.operations import json_value
from poanalyzer.ingest.camunda8.shown import put_capabilities
from poanalyzer.ingest.camunda8.work import LISTENERS
from poanalyzer.ingest.engine.calls import put_calls
from poanalyzer.ingest.engine.definitions import Definition, put_definitions, read_model_files
from poanalyzer.ingest.files import InputFile

if TYPE_CHECKING:
    import ibis

_CANCELED = ("TERMINATED", "CANCELED")


def read_answers(files: Sequence[InputFile], sink: Sink) -> None:
    """Read search answers. Raises :class:`InputError` where they hold neither process nor element instances."""
    answers = Answers(files, sink)
    cases = answers.keep(with_known_roots(_cases(answers), answers.keep), "cases")
    if not sink.con.execute(cases.count()):
        raise InputError(
            "the answers hold no process instances and no element instances",
            where=sink.record.path,
            fix="Fetch process-instances/search and element-instances/search, without a filter.",
        )
    found = _definitions(answers, cases, files, sink)
    _, elements = lookup_tables(found, sink)
    instances = answers.keep(_instances(answers, elements), "instances")
    _put_cases(cases, sink)
    _put_activities(answers, cases, instances, elements, sink)
    _put_incidents(answers, instances, sink)
    put_handled(instances, elements, sink)
    put_definitions(found, sink, "PROCESS")
    _put_variables(answers, sink)
    put_capabilities(answers, cases, instances, found, sink)


def _cases(answers: Answers) -> ibis.Table:
    """Return process instances; those that only elements name are of state unknown."""
    import ibis

    own = answers.items("process-instances").rename(case_id="key")
    elements = answers.items("element-instances")
    others = elements.anti_join(own.select("case_id"), "case_id")
    others = others.group_by("case_id").agg(
        process_key=others.process_key.max(),
        definition=others.definition.max(),
        tenant=others.tenant.max(),
        start=others.start.min(),
        end=ibis.ifelse(others.end.isnull().any(), ibis.null("int64"), others.end.max()),
    )
    others = others.mutate(state=ibis.literal("?"))
    filled = {c: others[c] if c in others.columns else ibis.null(own[c].type()) for c in own.columns}
    rows = ibis.union(own, others.select(**filled))
    return rows.mutate(process_key=ibis.coalesce(rows.process_key, "unknown"))


def _definitions(answers: Answers, cases: ibis.Table, files: Sequence[InputFile], sink: Sink) -> list[Definition]:
    found = {
        row["key"]: Definition(
            id=row["key"], process_key=row["process_key"], version=row["version"] or "unknown", name=row["name"],
            version_tag=row["version_tag"], tenant=row["tenant"],
        )
        for row in answers.items("process-definitions").to_pyarrow().to_pylist()
    }  # fmt: skip
    ran = cases.filter(cases.definition.notnull()).group_by("definition").agg(
        process_key=cases.process_key.max(), version=cases.version.max(), name=cases.process_name.max(),
        version_tag=cases.version_tag.max(), tenant=cases.tenant.max(),
    )  # fmt: skip
    for row in ran.to_pyarrow().to_pylist():
        known = found.get(row["definition"])
        found[row["definition"]] = Definition(
            id=row["definition"],
            process_key=row["process_key"],
            version=row["version"] or (known.version if known else "unknown"),
            name=row["name"] or (known.name if known else None),
            version_tag=row["version_tag"] or (known.version_tag if known else None),
            tenant=row["tenant"],
            ran=True,
        )
    return with_files(found.values(), read_model_files(filter(is_model, files), sink))


def _instances(answers: Answers, elements: ibis.Table) -> ibis.Table:
    """Return element instances as :func:`~poanalyzer.ingest.camunda8.instances.element_instances` does, as far as known.

    Scopes are unknown: all stand in their case. The kind of an event is the model's.
    """
    import ibis

    rows = answers.items("element-instances").filter(~ibis._.kind.isin(["PROCESS", "SEQUENCE_FLOW"]).fill_null(False))
    model = elements.select("definition_id", "m_element_id", "m_event_kind")
    rows = rows.left_join(model, [("definition", "definition_id"), ("element_id", "m_element_id")])
    return rows.select(
        "key", "case_id", "element_id", "name", "kind", "start", "end", "definition", "incident", "state",
        event=rows.m_event_kind.upper(),
        scope=rows.case_id,
        canceled=rows.state.isin(_CANCELED).fill_null(False),
        # keys are given out one after the other on a partition, and a case stays on one
        first=rows.key.try_cast("int64"),
    )  # fmt: skip


def _put_cases(cases: ibis.Table, sink: Sink) -> None:
    import ibis

    state = ibis.cases(
        (cases.state == "?", "unknown"),
        (cases.state.isin(_CANCELED), "terminated"),
        (cases.state == "COMPLETED", "completed"),
        (cases.state == "SUSPENDED", "suspended"),
        (cases.state.isin(["ACTIVE", "INCIDENT"]), "running"),
        else_="unknown",
    )
    sink.put(
        "cases",
        cases.select(
            "case_id", "process_key", "process_name", "root_case_id", "tenant", "start", "end",
            engine=ibis.literal(sink.record.engine),
            process_version=cases.version,
            parent_case_id=cases.parent_case,
            parent_activity_instance_id=cases.parent_element,
            business_key=cases.business_id,
            trigger=ibis.ifelse(cases.parent_case.notnull(), "call", ibis.null("string")),
            state=state,
            raw_ref=ibis.literal("process-instances:") + cases.case_id,
        ),
    )  # fmt: skip
    ref = ibis.literal("process-instances:") + cases.case_id
    put_calls(cases, sink, parent="parent_case", key="parent_element", raw_ref=ref)


def _put_activities(
    answers: Answers, cases: ibis.Table, instances: ibis.Table, elements: ibis.Table, sink: Sink
) -> None:
    import ibis

    rows = instances.left_join(elements, [("definition", "definition_id"), ("element_id", "m_element_id")])
    jobs = answers.items("jobs").filter(~ibis._.job_kind.isin(LISTENERS).fill_null(False))
    jobs = jobs.group_by(job_instance="instance").agg(
        job_type=jobs.job_type.max(), worker=jobs.worker.max(), error_code=jobs.error_code.max()
    )
    tasks = answers.items("user-tasks")
    tasks = tasks.group_by(task_instance="instance").agg(
        assignee=tasks.assignee.max(), groups=tasks.groups.max(), created=tasks.created.min(), due=tasks.due.max()
    )
    rows = rows.left_join(jobs, [("key", "job_instance")])
    rows = rows.left_join(tasks, [("key", "task_instance")])
    # items of a body bear its element's id; which body they belong to is not said
    bodies = instances.filter(instances.kind == "MULTI_INSTANCE_BODY").select(body_case="case_id", body="element_id")
    rows = rows.left_join(bodies.distinct(), [("case_id", "body_case"), ("element_id", "body")])
    item = rows.body.notnull() & (rows.kind != "MULTI_INSTANCE_BODY")
    nth = ibis.row_number().over(group_by=["case_id", "element_id", "kind"], order_by=["first", "key"]) + 1
    rows = rows.mutate(element_type=element_type(rows.kind), person=rows.assignee, group=first_of(rows.groups))
    put_activities(
        rows,
        cases,
        sink,
        activity=ibis.coalesce(rows.name, rows.m_name, rows.element_id),
        mi_index=ibis.ifelse(item, nth, ibis.null("int64")),
        scheduled=rows.created,
        start_kind=ibis.literal("observed"),
        due=rows.due,
        is_compensation=rows.m_is_compensation,
        raw_ref=ibis.literal("element-instances:") + rows.key,
    )


def _put_incidents(answers: Answers, instances: ibis.Table, sink: Sink) -> None:
    """Fill ``exceptions`` with incidents: of resolved ones ``cleared`` stays NULL, since the time is not said."""
    import ibis

    rows = answers.items("incidents")
    hosts = instances.select(host="key", host_element="element_id", host_canceled="canceled")
    named = instances.filter(instances.incident.notnull())
    named = named.group_by(named="incident").agg(named_host=named.key.max())
    rows = rows.left_join(named, [("key", "named")])
    rows = rows.mutate(at_instance=ibis.coalesce(rows.instance, rows.named_host))
    rows = rows.left_join(hosts, [("at_instance", "host")])
    cleared_by = ibis.cases(
        (rows.state != "RESOLVED", "none"), (rows.host_canceled.fill_null(False), "cancel"), else_="operator"
    )
    sink.put(
        "exceptions",
        rows.select(
            "case_id", "code", "raised",
            exception_id=rows.key,
            activity_instance_id=rows.at_instance.nullif(rows.case_id),
            element_id=ibis.coalesce(rows.element_id, rows.host_element),
            kind=ibis.literal("work-item-failure"),
            cleared_by=cleared_by,
            root_id=rows.key,
            raw_ref=ibis.literal("incidents:") + rows.key,
        ),
    )  # fmt: skip


def _put_variables(answers: Answers, sink: Sink) -> None:
    import ibis

    rows = answers.items("variables")
    kind, value = json_value(rows.value)
    sink.put(
        "variables",
        rows.select(
            "case_id", "name",
            activity_instance_id=rows.scope.nullif(rows.case_id),
            type=kind,
            value=ibis.ifelse(kind == "null", ibis.null("string"), value),
            raw_ref=ibis.literal("variables:") + rows.key,
        ),
    )  # fmt: skip
