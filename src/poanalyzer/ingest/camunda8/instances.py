"""Process instances and element instances from records of type PROCESS_INSTANCE, as canonical rows.

All records with one key are one element instance; the process itself is an element too, of type PROCESS. A sequence flow is
an element to the engine, and none here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.activities import element_type, first_of, put_activities
from poanalyzer.ingest.camunda8.records import Records
from poanalyzer.ingest.camunda8.work import moment, with_jobs, with_user_tasks
from poanalyzer.ingest.engine.calls import put_calls, with_roots

if TYPE_CHECKING:
    import ibis

_TRIGGERS = {"MESSAGE": "message", "TIMER": "timer", "SIGNAL": "signal", "CONDITIONAL": "conditional"}


def element_instances(records: Records) -> ibis.Table:
    """Return one row a key: what it is, when it began and ended, and where in the log; kept in the store.

    Columns: ``key, case_id, element_id, kind`` (BpmnElementType), ``event`` (BpmnEventType), ``scope, process_key, version,
    definition, parent_case, parent_element, root_case, tenant, business_id, start, end, canceled, leaving`` (when its
    termination began), ``left_at`` (position of that), ``first, last`` (positions), ``seen`` (time of its last record).
    """
    rows = records.of("PROCESS_INSTANCE")
    rows = rows.filter(
        rows.processInstanceKey.notnull() & rows.elementId.notnull() & (rows.bpmnElementType != "SEQUENCE_FLOW")
    )
    began, entered = rows.intent == "ELEMENT_ACTIVATED", rows.intent == "ELEMENT_ACTIVATING"
    over = rows.intent.isin(["ELEMENT_COMPLETED", "ELEMENT_TERMINATED"])
    leaving = rows.intent == "ELEMENT_TERMINATING"
    grouped = rows.group_by("key").agg(
        case_id=rows.processInstanceKey.max(),
        # a migration changes them: the last word counts
        element_id=rows.elementId.argmax(rows.position),
        process_key=rows.bpmnProcessId.argmax(rows.position),
        version=rows.version.argmax(rows.position),
        definition=rows.processDefinitionKey.argmax(rows.position),
        kind=rows.bpmnElementType.max(),
        event=rows.bpmnEventType.max(),
        scope=rows.flowScopeKey.max(),
        parent_case=rows.parentProcessInstanceKey.max(),
        parent_element=rows.parentElementInstanceKey.max(),
        root_case=rows.rootProcessInstanceKey.max(),
        tenant=rows.tenantId.max(),
        business_id=rows.businessId.max(),
        activated=rows["at"].min(where=began),
        entered=rows["at"].min(where=entered),
        end=rows["at"].max(where=over),
        canceled=(rows.intent == "ELEMENT_TERMINATED").any(),
        leaving=rows["at"].min(where=leaving),
        left_at=rows.position.min(where=leaving),
        first=rows.position.min(),
        last=rows.position.max(),
        seen=rows["at"].max(),
        pausing=rows.intent.argmax(rows.position, where=rows.intent.isin(["SUSPENDED", "RESUMED"])),
    )
    import ibis

    return records.keep(
        grouped.mutate(start=ibis.coalesce(grouped.activated, grouped.entered)).drop("activated", "entered"),
        "instances",
    )


def put_cases(records: Records, instances: ibis.Table, definitions: ibis.Table, sink: Sink) -> ibis.Table:
    """Fill ``cases`` and the call ``links``; return the cases by id, process key and definition.

    Instances of which only elements are in the export (it begins later) become cases of state unknown.
    """
    import ibis

    cases = records.keep(with_known_roots(_known_cases(records, instances, sink), records.keep), "cases")
    rows = cases.left_join(definitions.select("definition", "process_name"), "definition").drop("definition_right")
    rows = _with_beginning(rows, instances)
    rows = _with_keys(rows, records)
    state = ibis.cases(
        (rows.lost, "unknown"),
        (rows.canceled, "terminated"),
        (rows.end.notnull(), "completed"),
        (rows.pausing == "SUSPENDED", "suspended"),
        else_="running",
    )
    trigger = ibis.cases(
        (rows.parent_case.notnull(), "call"),
        *((rows.start_event == theirs, ours) for theirs, ours in _TRIGGERS.items()),
        (rows.start_event.notnull(), "api"),
    )
    sink.put(
        "cases",
        rows.select(
            "case_id", "process_key", "process_name", "root_case_id", "tenant", "started_by", "start", "end",
            "end_element_id", "business_key",
            engine=ibis.literal(sink.record.engine),
            process_version=rows.version,
            parent_case_id=rows.parent_case,
            parent_activity_instance_id=rows.parent_element,
            trigger=trigger,
            state=state,
            raw_ref=ibis.literal("PROCESS_INSTANCE:") + rows.case_id,
        ),
    )  # fmt: skip
    ref = ibis.literal("PROCESS_INSTANCE:") + rows.case_id
    put_calls(rows, sink, parent="parent_case", key="parent_element", raw_ref=ref)
    return rows


def _known_cases(records: Records, instances: ibis.Table, sink: Sink) -> ibis.Table:
    import ibis

    own = instances.filter(instances.kind == "PROCESS").mutate(lost=False)
    names = ("case_id", "process_key", "version", "definition", "parent_case", "parent_element", "root_case", "tenant",
             "business_id", "start", "end", "canceled", "leaving", "left_at", "pausing", "seen", "lost")  # fmt: skip
    others = instances.anti_join(own.select("case_id"), "case_id")
    others = others.group_by("case_id").agg(
        process_key=others.process_key.max(),
        version=others.version.max(),
        definition=others.definition.max(),
        tenant=others.tenant.max(),
        root_case=others.root_case.max(),
        start=others.start.min(),
        end=ibis.ifelse(others.end.isnull().any(), ibis.null("int64"), others.end.max()),
        seen=others.seen.max(),
    )
    lost = int(sink.con.execute(others.count()))
    if lost:
        sink.note("warning", f"{lost} process instances have elements but no record of their own; state unknown")
    others = others.mutate(canceled=False, lost=True)
    filled = {n: others[n] if n in others.columns else ibis.null(own[n].type()) for n in names}
    rows = ibis.union(own.select(*names), others.select(**filled))
    return rows.mutate(process_key=ibis.coalesce(rows.process_key, "unknown"))


def with_known_roots(rows: ibis.Table, keep: Callable[[ibis.Table, str], ibis.Table]) -> ibis.Table:
    """Add ``root_case_id``: as the engine says (8.9 and later), else by following the callers."""
    import ibis

    rows = keep(rows, "unrooted")
    if not rows.parent_case.count().to_pyarrow().as_py():
        return rows.mutate(root_case_id=ibis.coalesce(rows.root_case, rows.case_id))
    rows = with_roots(rows, "parent_case", keep)
    return rows.mutate(root_case_id=ibis.coalesce(rows.root_case, rows.root_case_id))


def _with_beginning(rows: ibis.Table, instances: ibis.Table) -> ibis.Table:
    """Add ``start_event`` (the event type of the start event) and ``end_element_id`` (what finished last in the process)."""
    top = instances.filter(instances.scope == instances.case_id)
    starts = top.filter(top.kind == "START_EVENT")
    starts = starts.group_by(start_case="case_id").agg(start_event=starts.event.argmin(starts["first"]))
    ends = top.filter(top.kind.isin(["END_EVENT", "EVENT_SUB_PROCESS"]) & top.end.notnull() & ~top.canceled)
    ends = ends.group_by(end_case="case_id").agg(finished=ends.element_id.argmax(ends["last"]))
    rows = rows.left_join(starts, [("case_id", "start_case")])
    rows = rows.left_join(ends, [("case_id", "end_case")])
    import ibis

    done = rows.end.notnull() & ~rows.canceled
    return rows.mutate(end_element_id=ibis.ifelse(done, rows.finished, ibis.null("string")))


def _with_keys(rows: ibis.Table, records: Records) -> ibis.Table:
    """Add ``business_key`` and ``started_by``.

    The key is the engine's business id (8.9 and later), else the correlation key of the message that started the case,
    else a variable called ``businessKey`` of the case itself: what Camunda's own migration from 7 makes of it.
    """
    import ibis

    made = records.of("PROCESS_INSTANCE_CREATION").filter(ibis._.processInstanceKey.notnull())
    made = made.group_by(made_case="processInstanceKey").agg(made_id=made.businessId.max(), started_by=made.user.max())
    started = records.of("MESSAGE_START_EVENT_SUBSCRIPTION", "CORRELATED").filter(ibis._.processInstanceKey.notnull())
    started = started.group_by(sent_case="processInstanceKey").agg(sent_key=started.correlationKey.max())
    said = records.of("VARIABLE").filter(
        (ibis._.name == "businessKey") & (ibis._.scopeKey == ibis._.processInstanceKey)
    )
    said = said.group_by(said_case="processInstanceKey").agg(
        said_key=said.variable_value.argmax(said.position).replace('"', "").nullif("").nullif("null")
    )
    rows = rows.left_join(made, [("case_id", "made_case")])
    rows = rows.left_join(started, [("case_id", "sent_case")])
    rows = rows.left_join(said, [("case_id", "said_case")])
    return rows.mutate(business_key=ibis.coalesce(rows.business_id, rows.made_id, rows.sent_key, rows.said_key))


def put_element_instances(records: Records, instances: ibis.Table, elements: ibis.Table, sink: Sink) -> None:
    """Fill ``activities`` from the element instances, their jobs and user tasks, and the models."""
    import ibis

    rows = instances.filter(instances.kind != "PROCESS")
    rows = rows.left_join(elements, [("definition", "definition_id"), ("element_id", "m_element_id")])
    rows = with_user_tasks(with_jobs(rows, records), records)
    rows = _with_scope(rows, records, instances)
    typed = element_type(rows.kind)
    # brokers before 8.0 wrote event sub-processes as sub-processes
    by_event = (typed == "subProcess") & (
        rows.event_scope.notnull() | (rows.m_element_type == "eventSubProcess").fill_null(False)
    )
    rows = rows.mutate(
        element_type=ibis.ifelse(by_event, "eventSubProcess", typed),
        person=ibis.coalesce(rows.assignee, rows.header_assignee),
        group=ibis.coalesce(first_of(rows.task_groups), first_of(rows.header_groups)),
    )
    # what a compensation starts bears its event type, though it is no event
    handler = (rows.event == "COMPENSATION").fill_null(False) & ~rows.element_type.endswith("Event")
    nth = ibis.row_number().over(group_by="scope", order_by=["first", "key"]) + 1
    put_activities(
        rows,
        instances.filter(instances.kind == "PROCESS"),
        sink,
        activity=ibis.coalesce(rows.m_name, rows.element_id),
        scope_id=rows.scope.nullif(rows.case_id),
        mi_index=ibis.ifelse(rows.in_body.notnull(), ibis.coalesce(rows.counter, nth), ibis.null("int64")),
        scheduled=ibis.coalesce(rows.task_created, rows.job_created),
        assigned=rows.task_assigned,
        start_kind=ibis.ifelse(rows.start.notnull(), "observed", ibis.null("string")),
        due=ibis.coalesce(moment(rows.task_due), moment(rows.header_due)),
        is_compensation=ibis.ifelse(handler, True, rows.m_is_compensation),
        raw_ref=ibis.literal("PROCESS_INSTANCE:") + rows.key,
    )


def _with_scope(rows: ibis.Table, records: Records, instances: ibis.Table) -> ibis.Table:
    """Add ``in_body`` and ``counter`` of multi-instance items, and ``event_scope`` of scopes that an event started."""
    import ibis

    bodies = instances.filter(instances.kind == "MULTI_INSTANCE_BODY").select(in_body="key")
    loops = records.of("VARIABLE", "CREATED").filter((ibis._.name == "loopCounter") & ibis._.scopeKey.notnull())
    loops = loops.group_by(looping="scopeKey").agg(counter=loops.variable_value.try_cast("int64").max())
    starts = instances.filter((instances.kind == "START_EVENT") & (instances.scope != instances.case_id))
    starts = starts.filter(~starts.event.isin(["NONE", "UNSPECIFIED"])).select(event_scope="scope").distinct()
    rows = rows.left_join(bodies, [("scope", "in_body")])
    rows = rows.left_join(loops, [("key", "looping")])
    return rows.left_join(starts, [("key", "event_scope")])
