"""The usable activity rows and the process instances of a Camunda 7 export: what their types and states mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.activities import keep_rows, told_by_model, usable_rows
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.act.instances import known_instances, put_cases, recorded_instances

if TYPE_CHECKING:
    import ibis

BODY = "#multiInstanceBody"
#: Types of ACT_TYPE_ that are BPMN names already (ActivityTypes.java); events are renamed by their pattern.
_KEPT = (
    "task", "scriptTask", "serviceTask", "businessRuleTask", "manualTask", "userTask", "sendTask", "receiveTask",
    "subProcess", "adHocSubProcess", "callActivity", "transaction", "multiInstanceBody", "exclusiveGateway",
    "inclusiveGateway", "parallelGateway", "complexGateway", "eventBasedGateway",
)  # fmt: skip
#: Start events that only an event sub-process has when they stand below the process itself.
TYPED_STARTS = (
    "startTimerEvent", "messageStartEvent", "signalStartEvent", "escalationStartEvent", "compensationStartEvent",
    "errorStartEvent", "conditionalStartEvent",
)  # fmt: skip
_TRIGGERS = {
    "startTimerEvent": "timer", "messageStartEvent": "message", "signalStartEvent": "signal",
    "conditionalStartEvent": "conditional",
}  # fmt: skip
_CANCELED = "2"


def element_type(raw: ibis.Value) -> ibis.Value:
    """Return the BPMN name of an ACT_TYPE_."""
    import ibis

    return ibis.cases(
        (raw.isin(_KEPT), raw),
        (raw.startswith("boundary") | raw.isin(["compensationBoundaryCatch", "cancelBoundaryCatch"]), "boundaryEvent"),
        ((raw == "startEvent") | raw.isin(TYPED_STARTS), "startEvent"),
        (raw.startswith("intermediate") & raw.contains("Throw"), "intermediateThrowEvent"),
        (raw.startswith("intermediate"), "intermediateCatchEvent"),
        (raw.endswith("EndEvent"), "endEvent"),
        else_="unknown",
    )


def usable_activities(export: Export, elements: ibis.Table, sink: Sink) -> ibis.Table:
    """Return the rows of ACT_HI_ACTINST that can be used, kept in the store; account for all of them.

    ``elements``: of the models; what these say of the element that ran stands beside it (``m_…``).
    """

    def told(kinds: ibis.Table) -> ibis.Table:
        kinds = kinds.mutate(
            element_id=kinds.ACT_ID_,
            bare_id=kinds.ACT_ID_.replace(BODY, ""),
            canceled=(kinds.ACT_INST_STATE_ == _CANCELED).fill_null(False),
            element_type=element_type(kinds.ACT_TYPE_),
        )
        known = [("PROC_DEF_ID_", "definition_id"), ("bare_id", "m_element_id")]
        return told_by_model(kinds.left_join(elements, known))

    rows = usable_rows(export, sink)
    return keep_rows(rows.mutate(seq=rows.SEQUENCE_COUNTER_.try_cast("int64")), sink, told)


def put_instances(export: Export, acts: ibis.Table, definitions: ibis.Table, sink: Sink) -> ibis.Table:
    """Fill ``cases`` and the call ``links``; return the cases by id, process key and definition."""
    import ibis

    recorded = recorded_instances(export, sink)
    _tell_migrated(export, acts, sink)
    cases = known_instances(export, recorded, acts, definitions, sink)
    starts = acts.filter(acts.ACT_TYPE_.isin(list(_TRIGGERS)) & (acts.PARENT_ACT_INST_ID_ == acts.PROC_INST_ID_))
    starts = starts.group_by("PROC_INST_ID_").agg(start_type=starts.ACT_TYPE_.min())
    rows = cases.left_join(starts, [("case_id", "PROC_INST_ID_")])
    state = ibis.cases(
        (~rows.recorded, "unknown"),
        (rows.STATE_ == "ACTIVE", "running"),
        (rows.STATE_ == "SUSPENDED", "suspended"),
        (rows.STATE_ == "COMPLETED", "completed"),
        (rows.STATE_.isin(["EXTERNALLY_TERMINATED", "INTERNALLY_TERMINATED"]), "terminated"),
        # engines before 7.6 have no STATE_
        (rows.END_TIME_.isnull(), "running"),
        (rows.DELETE_REASON_.notnull(), "terminated"),
        else_="completed",
    )
    trigger = ibis.cases(
        (rows.parent_case_id.notnull(), "call"),
        *((rows.start_type == raw_type, name) for raw_type, name in _TRIGGERS.items()),
        else_="api",
    )
    put_cases(rows, sink, state=state, trigger=trigger, restarted_from=rows.RESTARTED_PROC_INST_ID_)
    return cases


def _tell_migrated(export: Export, acts: ibis.Table, sink: Sink) -> None:
    """Say how many instances have rows of more than one definition: somebody moved them to another version."""
    rows = acts.group_by("PROC_INST_ID_").agg(first=acts.PROC_DEF_ID_.min(), last=acts.PROC_DEF_ID_.max())
    moved = export.size(rows.filter(rows["first"] != rows["last"]))
    if moved:
        sink.note(
            "note",
            f"{moved} process instances were migrated from one version to another: they count to the one they are in now",
        )
