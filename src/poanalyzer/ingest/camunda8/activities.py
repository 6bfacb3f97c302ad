"""Element instances as canonical activities: what exporter records and search answers have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import HUMAN_TYPES, SERVICE_TYPES
from poanalyzer.eventlog.sink import Sink

if TYPE_CHECKING:
    import ibis

#: BpmnElementType → BPMN name (BpmnElementType.java of the Zeebe protocol).
ELEMENT_TYPES = {
    "SUB_PROCESS": "subProcess", "EVENT_SUB_PROCESS": "eventSubProcess", "AD_HOC_SUB_PROCESS": "adHocSubProcess",
    "AD_HOC_SUB_PROCESS_INNER_INSTANCE": "subProcess", "START_EVENT": "startEvent",
    "INTERMEDIATE_CATCH_EVENT": "intermediateCatchEvent", "INTERMEDIATE_THROW_EVENT": "intermediateThrowEvent",
    "BOUNDARY_EVENT": "boundaryEvent", "END_EVENT": "endEvent", "SERVICE_TASK": "serviceTask",
    "RECEIVE_TASK": "receiveTask", "USER_TASK": "userTask", "MANUAL_TASK": "manualTask", "TASK": "task",
    "EXCLUSIVE_GATEWAY": "exclusiveGateway", "PARALLEL_GATEWAY": "parallelGateway",
    "EVENT_BASED_GATEWAY": "eventBasedGateway", "INCLUSIVE_GATEWAY": "inclusiveGateway",
    "MULTI_INSTANCE_BODY": "multiInstanceBody", "CALL_ACTIVITY": "callActivity",
    "BUSINESS_RULE_TASK": "businessRuleTask", "SCRIPT_TASK": "scriptTask", "SEND_TASK": "sendTask",
}  # fmt: skip


def element_type(raw: ibis.Value) -> ibis.Value:
    """Return the BPMN name of a BpmnElementType."""
    import ibis

    return ibis.cases(*((raw == theirs, ours) for theirs, ours in ELEMENT_TYPES.items()), else_="unknown")


def put_activities(rows: ibis.Table, cases: ibis.Table, sink: Sink, **of_source: ibis.Value) -> None:
    """Fill ``activities``, with the columns that each kind of export tells in its own way.

    ``rows`` are element instances with ``element_type`` (of BPMN), ``worker, person, group`` (who did it if it is a job, or if
    it is a human task), ``job_type, error_code``, and what the model says of the element (``m_…``); ``cases`` are those that
    may have been called, by ``parent_element``.
    """
    import ibis

    called = cases.filter(cases.parent_element.notnull())
    called = called.group_by(caller="parent_element").agg(called_case_id=called.case_id.max())
    machine, human = rows.element_type.isin(SERVICE_TYPES), rows.element_type.isin(HUMAN_TYPES)
    by_code = ibis.ifelse(machine, rows.m_implementation.re_replace("^[a-z]+:", ""), ibis.null("string"))
    known = rows.select(
        "case_id", "element_id", "element_type", "start", "end", "error_code",
        activity_instance_id=rows.key,
        state=ibis.cases((rows.canceled, "canceled"), (rows.end.isnull(), "running"), else_="completed"),
        resource=ibis.cases((machine, rows.worker), (human, rows.person)),
        role=ibis.coalesce(rows.group, _plain_group(rows.m_candidate_groups)),
        resource_type=ibis.cases((machine, "system"), (human & rows.person.notnull(), "human"), else_="unknown"),
        endpoint=ibis.ifelse(human, ibis.null("string"), ibis.coalesce(rows.job_type, rows.m_template, by_code)),
        seq=rows["first"],
        **of_source,
    )  # fmt: skip
    sink.put("activities", known.left_join(called, [("activity_instance_id", "caller")]).drop("caller"))


def first_of(groups: ibis.Value) -> ibis.Value:
    """Return the first string of a JSON array."""
    return groups.re_extract(r'^\[\s*"([^"\\]+)"', 1).nullif("")


def _plain_group(groups: ibis.Value) -> ibis.Value:
    """Return the first candidate group of a model; an expression names nobody."""
    import ibis

    first = groups.split(",")[0].strip()
    return ibis.ifelse(groups.startswith("="), ibis.null("string"), first.nullif(""))
