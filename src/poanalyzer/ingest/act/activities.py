"""Activity instances, as Camunda 7, Flowable and Activiti all keep them in ACT_HI_ACTINST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import EARLIEST_US, HUMAN_TYPES, LATEST_US, SERVICE_TYPES
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.engine.accounting import reject_rows

if TYPE_CHECKING:
    import ibis

#: ACT_TYPE_ of rows that are no activities: sequence flows taken, which only Flowable writes.
FLOW = "sequenceFlow"


def usable_rows(export: Export, sink: Sink) -> ibis.Table:
    """Return the rows of ACT_HI_ACTINST that can be used; account for all of them.

    Where that table was not exported, the rows of ACT_HI_PROCINST are what counts.
    """
    import ibis

    if not export.has("HI_ACTINST"):
        count = export.count("HI_PROCINST")
        sink.read(count)
        sink.kept(count)
        return export.table("HI_ACTINST")
    rows = export.table("HI_ACTINST")
    start, end = rows.START_TIME_, rows.END_TIME_
    implausible = ~start.between(EARLIEST_US, LATEST_US) | (end.notnull() & ~end.between(EARLIEST_US, LATEST_US))
    reason = ibis.cases(
        (rows.ID_.isnull(), "no id"),
        (rows.PROC_INST_ID_.isnull(), "no process instance"),
        # a sequence flow need not have an id
        (rows.ACT_ID_.isnull() & (rows.ACT_TYPE_ != FLOW).fill_null(True), "no activity"),
        (start.isnull(), "no start time that can be read"),
        (implausible, "time outside 1950–2150"),
        else_="",
    )
    judged = rows.mutate(reason=reason)
    malformed, twice = export.malformed["HI_ACTINST"], export.duplicates.get("HI_ACTINST", 0)
    sink.reject("row does not fit the header", malformed)
    sink.reject("row exported twice", twice)
    counts = reject_rows(judged, sink, "ID_", "ACT_HI_ACTINST {}")
    sink.read(sum(counts.values()) + malformed + twice)
    sink.kept(counts.get("", 0))
    return _plainly_named(judged.filter(judged.reason == "").drop("reason"))


def _plainly_named(rows: ibis.Table) -> ibis.Table:
    """Return the rows with names on one line. There are few names, so it is done once for each, not once a row."""
    names = rows.select(written="ACT_NAME_").distinct()
    names = names.mutate(name=names.written.re_replace(r"\s+", " ").strip().nullif(""))
    named = rows.left_join(names, [("ACT_NAME_", "written")])
    return named.mutate(ACT_NAME_=named.name).drop("written", "name")


def by_code(rows: ibis.Table) -> ibis.Value:
    """Return what the model names as a machine's work (class, expression, topic), without its kind."""
    import ibis

    does = rows.m_implementation.re_replace("^[a-z]+:", "")
    return ibis.ifelse(rows.element_type.isin(SERVICE_TYPES), does, ibis.null("string"))


def put_activities(rows: ibis.Table, sink: Sink, **of_engine: ibis.Value) -> None:
    """Fill ``activities``, with the columns that each engine tells in its own way.

    ``rows`` are those of ACT_HI_ACTINST with ``element_type`` (of BPMN), ``scope_id``, ``mi_index``, ``person`` and
    ``worker`` (who did it if it is a human task, or if it is a machine's), ``claimed``, ``task_group``, ``task_due``, and what
    the model says of the element (``m_…``).
    """
    import ibis

    machine, human = rows.element_type.isin(SERVICE_TYPES), rows.element_type.isin(HUMAN_TYPES)
    in_event = (rows.m_element_type == "eventSubProcess").fill_null(False)
    sink.put(
        "activities",
        rows.select(
            "scope_id", "mi_index", "seq",
            activity_instance_id=rows.ID_,
            case_id=rows.PROC_INST_ID_,
            element_id=rows.ACT_ID_,
            activity=ibis.coalesce(rows.ACT_NAME_, rows.m_name, rows.ACT_ID_),
            element_type=ibis.ifelse(
                (rows.element_type == "subProcess") & in_event, "eventSubProcess", rows.element_type
            ),
            called_case_id=rows.CALL_PROC_INST_ID_,
            assigned=rows.claimed,
            start=rows.START_TIME_,
            end=rows.END_TIME_,
            start_kind=ibis.literal("observed"),
            resource=ibis.ifelse(machine, rows.worker, rows.person),
            role=ibis.coalesce(rows.task_group, _plain_group(rows.m_candidate_groups)),
            resource_type=ibis.cases((machine, "system"), (human & rows.person.notnull(), "human"), else_="unknown"),
            due=rows.task_due,
            raw_ref=ibis.literal("ACT_HI_ACTINST:") + rows.ID_,
            **of_engine,
        ),
    )  # fmt: skip


def _plain_group(groups: ibis.Value) -> ibis.Value:
    """Return the first candidate group of a model; an expression names nobody."""
    import ibis

    first = groups.split(",")[0].strip()
    return ibis.ifelse(groups.contains("${") | groups.contains("#{"), ibis.null("string"), first.nullif(""))
