"""Activity instances, as Camunda 7, Flowable and Activiti all keep them in ACT_HI_ACTINST."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import EARLIEST_US, HUMAN_TYPES, LATEST_US, SERVICE_TYPES
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.engine.accounting import reject_rows

if TYPE_CHECKING:
    import ibis

#: Columns that have few values together: models have so many elements, however many rows there are.
_NAMES = ("PROC_DEF_KEY_", "PROC_DEF_ID_", "ACT_ID_", "ACT_NAME_", "ACT_TYPE_", "ACT_INST_STATE_")
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
    return judged.filter(judged.reason == "").drop("reason")


def keep_rows(rows: ibis.Table, sink: Sink, told: Callable[[ibis.Table], ibis.Table]) -> ibis.Table:
    """Return the rows of ACT_HI_ACTINST kept in the store, with names on one line; ``told`` is of :meth:`Sink.keep_named`."""

    def on_one_line(kinds: ibis.Table) -> ibis.Table:
        return told(kinds.mutate(ACT_NAME_=kinds.ACT_NAME_.re_replace(r"\s+", " ").strip().nullif("")))

    return sink.keep_named(rows, _NAMES, "actinst", on_one_line)


def told_by_model(rows: ibis.Table) -> ibis.Table:
    """Add what the model says of who does it: ``m_code`` (class, expression or topic of a machine's work), ``m_group``."""
    import ibis

    groups, does = rows.m_candidate_groups, rows.m_implementation.re_replace("^[a-z]+:", "")
    names_nobody = groups.contains("${") | groups.contains("#{")
    return rows.mutate(
        m_code=ibis.ifelse(rows.element_type.isin(SERVICE_TYPES), does, ibis.null("string")),
        m_group=ibis.ifelse(names_nobody, ibis.null("string"), groups.split(",")[0].strip().nullif("")),
    )


def activity_names(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Return the columns of ``activities`` that name a step and who did it, from rows as :func:`put_activities` takes them."""
    import ibis

    machine, human = rows.element_type.isin(SERVICE_TYPES), rows.element_type.isin(HUMAN_TYPES)
    in_event = (rows.element_type == "subProcess") & (rows.m_element_type == "eventSubProcess").fill_null(False)
    return {
        "element_id": rows.ACT_ID_,
        "activity": ibis.coalesce(rows.ACT_NAME_, rows.m_name, rows.ACT_ID_),
        "element_type": ibis.ifelse(in_event, "eventSubProcess", rows.element_type),
        "endpoint": rows.endpoint,
        "resource": ibis.ifelse(machine, rows.worker, rows.person),
        "role": ibis.coalesce(rows.task_group, rows.m_group),
        "resource_type": ibis.cases(
            (machine, "system"), (human & rows.person.notnull(), "human"), else_="unknown"
        ),
    }  # fmt: skip


def put_activities(rows: ibis.Table, sink: Sink, names: ibis.Table | None = None, **of_engine: ibis.Value) -> None:
    """Fill ``activities``, with the columns that each engine tells in its own way.

    ``rows`` are those of ACT_HI_ACTINST with ``element_type`` (of BPMN), ``scope_id``, ``mi_index``, ``person`` and
    ``worker`` (who did it if it is a human task, or if it is a machine's), ``endpoint``, ``claimed``, ``task_group``,
    ``task_due``, and what the model says of the element (``m_…``, :func:`told_by_model`). ``names``: what :meth:`Sink.put` takes.
    """
    import ibis

    sink.record.activity_refs = "ACT_HI_ACTINST:"
    sink.put(
        "activities",
        rows.select(
            "scope_id", "mi_index", "seq",
            activity_instance_id=rows.ID_,
            case_id=rows.PROC_INST_ID_,
            called_case_id=rows.CALL_PROC_INST_ID_,
            assigned=rows.claimed,
            start=rows.START_TIME_,
            end=rows.END_TIME_,
            start_kind=ibis.literal("observed"),
            due=rows.task_due,
            **activity_names(rows),
            **of_engine,
        ),
        names=names,
    )  # fmt: skip
