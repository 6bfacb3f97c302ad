"""Exceptions that the model handled: boundary events that fired and event sub-processes that began.

Flowable says it in two places: an activity that was interrupted carries the boundary event's name in its reason of deletion,
and the sequence flow that leaves a boundary event has a row when it was taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.engine.exceptions import exception_kind

if TYPE_CHECKING:
    import ibis

_INTERRUPTED = r"^boundary event \((.*)\)$"


def fired_boundaries(
    export: Export, acts: ibis.Table, flows: ibis.Table, elements: ibis.Table, leaving: ibis.Table
) -> ibis.Table | None:
    """Return each firing of a boundary event: its instance, ``hit_at`` and its host. None where nothing tells of firings.

    ``leaving``: (definition, boundary event, sequence flow) of the models. Engines that write no row for sequence flows
    (Activiti) write a boundary event's row only when it fires.
    """
    import ibis

    if not export.size(flows):
        return None
    listening = acts.filter(acts.ACT_TYPE_.startswith("boundary"))
    model = elements.filter(elements.m_attached_to.notnull()).select(
        "definition_id", "m_element_id", "m_attached_to", "m_event_ref", "m_event_kind", "m_interrupting"
    )
    hits = export.keep(_hits(listening, acts, flows, leaving), "fired")
    listening = listening.left_join(model, [("PROC_DEF_ID_", "definition_id"), ("ACT_ID_", "m_element_id")])
    pairs = listening.join(hits, [("PROC_INST_ID_", "f_case"), ("ACT_ID_", "f_boundary")])
    pairs = pairs.filter(
        (pairs.f_at >= pairs.START_TIME_) & (pairs.END_TIME_.isnull() | (pairs.f_at <= pairs.END_TIME_))
    )
    # a listener that goes on after it fired gets a new row: the event belongs to the row that ended with it
    rank = ibis.row_number().over(
        group_by=[pairs.PROC_INST_ID_, pairs.ACT_ID_, pairs.f_at],
        order_by=[ibis.ifelse(pairs.f_at == pairs.END_TIME_, 0, 1), pairs.START_TIME_.desc(), pairs.ID_],
    )
    best = pairs.mutate(place=rank)
    best = export.keep(best.filter(best.place == 0).drop("place"), "firings")
    hosts = acts.select(
        h_id="ID_", h_case="PROC_INST_ID_", h_element="ACT_ID_", h_start="START_TIME_", h_end="END_TIME_"
    )
    around = best.join(hosts, [("PROC_INST_ID_", "h_case"), ("m_attached_to", "h_element")])
    around = around.filter((around.h_start <= around.f_at) & (around.h_end.isnull() | (around.h_end >= around.f_at)))
    around = around.group_by("ID_", "f_at").agg(host=around.h_id.argmax(around.h_start))
    around = export.keep(around.rename(host_of="ID_", host_at="f_at"), "hosts")
    best = best.left_join(around, [("ID_", "host_of"), ("f_at", "host_at")])
    return export.keep(
        best.select(
            "ID_", "PROC_INST_ID_", "ACT_ID_", "ACT_TYPE_", "host", "m_attached_to", "m_event_ref", "m_event_kind",
            "m_interrupting", hit_at="f_at",
        ),
        "boundaries",
    )  # fmt: skip


def _hits(listening: ibis.Table, acts: ibis.Table, flows: ibis.Table, leaving: ibis.Table) -> ibis.Table:
    """Return (case, boundary event, time) of every firing, by whichever of its traces is there."""
    import ibis

    taken = flows.join(leaving, [("PROC_DEF_ID_", "leaves_definition"), ("ACT_ID_", "leaves_by")])
    taken = taken.select(f_case="PROC_INST_ID_", f_boundary="leaves", f_at="START_TIME_")
    stopped = acts.filter(acts.DELETE_REASON_.startswith("boundary event (").fill_null(False))
    stopped = stopped.select(
        f_case="PROC_INST_ID_", f_boundary=stopped.DELETE_REASON_.re_extract(_INTERRUPTED, 1), f_at="END_TIME_"
    )
    # without a model: the event's own execution goes on, or it listens anew beside a host that goes on
    ended = listening.select(
        l_execution="EXECUTION_ID_", f_case="PROC_INST_ID_", f_boundary="ACT_ID_", f_at="END_TIME_"
    )
    left = flows.select(x_execution="EXECUTION_ID_", x_at="START_TIME_").distinct()
    went_on = ended.semi_join(left, [("l_execution", "x_execution"), ("f_at", "x_at")]).drop("l_execution")
    nth = ibis.row_number().over(
        group_by=[listening.EXECUTION_ID_, listening.ACT_ID_], order_by=[listening.START_TIME_, listening.ID_]
    )
    anew = listening.mutate(nth=nth)
    anew = anew.filter(anew.nth > 0).select(f_case="PROC_INST_ID_", f_boundary="ACT_ID_", f_at="START_TIME_")
    every = ibis.union(taken, stopped, went_on, anew)
    return every.filter(every.f_at.notnull()).distinct()


def put_handled(
    acts: ibis.Table, fired: ibis.Table | None, elements: ibis.Table, starts: ibis.Table, sink: Sink
) -> None:
    """Fill ``exceptions`` with what the model caught. External events count where they interrupted something.

    ``starts``: (definition, event sub-process, kind of its start event, interrupting) of the models.
    """
    if fired is not None:
        sink.put("exceptions", _boundaries(fired))
    sink.put("exceptions", _event_scopes(acts, starts))


def _boundaries(fired: ibis.Table) -> ibis.Table:
    import ibis

    rows = fired.mutate(
        kind=ibis.coalesce(exception_kind(fired.m_event_kind), "constraint"),
        exception_id=fired.ID_ + ":" + fired.hit_at.cast("string"),
        instance=fired.host,
        element=fired.m_attached_to,
        code=ibis.coalesce(fired.m_event_ref, fired.m_event_kind, fired.ACT_TYPE_),
        raised=fired.hit_at,
        cleared=fired.hit_at,
    )
    return _exceptions(rows.filter((rows.kind != "external") | rows.m_interrupting.fill_null(True)))


def _event_scopes(acts: ibis.Table, starts: ibis.Table) -> ibis.Table:
    import ibis

    began = acts.join(starts, [("PROC_DEF_ID_", "s_definition"), ("ACT_ID_", "s_scope")])
    began = began.mutate(
        kind=exception_kind(began.s_kind),
        exception_id=began.ID_,
        instance=began.ID_,
        element=began.ACT_ID_,
        code=ibis.coalesce(began.s_ref, began.s_kind),
        raised=began.START_TIME_,
        cleared=ibis.coalesce(began.END_TIME_, began.START_TIME_),
    )
    counts = began.kind.notnull() & ((began.kind != "external") | began.s_interrupting.fill_null(True))
    return _exceptions(began.filter(counts))


def _exceptions(rows: ibis.Table) -> ibis.Table:
    import ibis

    return rows.select(
        "kind", "exception_id", "code", "raised", "cleared",
        case_id=rows.PROC_INST_ID_,
        activity_instance_id=rows.instance,
        element_id=rows.element,
        cleared_by=ibis.literal("model"),
        root_id=rows.exception_id,
        handled_by=rows.ACT_ID_,
        raw_ref=ibis.literal("ACT_HI_ACTINST:") + rows.ID_,
    )  # fmt: skip


def put_dead_letters(export: Export, acts: ibis.Table, sink: Sink) -> None:
    """Fill ``exceptions`` with the jobs that are dead now: what was repaired before has left no trace."""
    import ibis

    jobs = export.table("RU_DEADLETTER_JOB")
    # the job exists since its first try; it died when the last one was over
    at = ibis.coalesce(jobs.DUEDATE_, jobs.CREATE_TIME_)
    jobs = jobs.mutate(died=at)
    jobs = jobs.filter(jobs.ID_.notnull() & jobs.PROCESS_INSTANCE_ID_.notnull() & jobs.died.notnull())
    known = acts.filter(acts.END_TIME_.isnull()).group_by("PROC_INST_ID_", "ACT_ID_").agg(open_id=acts.ID_.max())
    known = export.keep(known.rename(k_case="PROC_INST_ID_", k_element="ACT_ID_"), "open")
    jobs = jobs.left_join(known, [("PROCESS_INSTANCE_ID_", "k_case"), ("ELEMENT_ID_", "k_element")])
    sink.put(
        "exceptions",
        jobs.select(
            exception_id=jobs.ID_,
            case_id=jobs.PROCESS_INSTANCE_ID_,
            activity_instance_id=jobs.open_id,
            element_id=jobs.ELEMENT_ID_,
            kind=ibis.literal("work-item-failure"),
            code=ibis.literal("deadLetterJob"),
            raised=jobs.died,
            cleared=ibis.null("int64"),
            cleared_by=ibis.literal("none"),
            root_id=jobs.ID_,
            raw_ref=ibis.literal("ACT_RU_DEADLETTER_JOB:") + jobs.ID_,
        ),
    )
