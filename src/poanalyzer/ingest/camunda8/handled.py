"""Exceptions that the model itself handled: boundary events and event sub-processes that fired.

A boundary event's record does not name the activity it is attached to. The model does; without one it is the element of the
same scope that was terminated at that moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.engine.exceptions import KINDS, exception_kind

if TYPE_CHECKING:
    import ibis


def put_handled(instances: ibis.Table, elements: ibis.Table, sink: Sink) -> None:
    """Fill ``exceptions`` with what boundary events and event sub-processes caught, cleared by the model.

    External events count where they interrupted something: a message that only starts side work is no exception.
    """
    sink.put("exceptions", _boundaries(instances, elements))
    sink.put("exceptions", _event_scopes(instances, elements))


def _modelled(fired: ibis.Table, elements: ibis.Table) -> ibis.Table:
    model = elements.select("definition_id", "m_element_id", "m_attached_to", "m_event_ref", "m_interrupting")
    return fired.left_join(model, [("definition", "definition_id"), ("element_id", "m_element_id")])


def _boundaries(instances: ibis.Table, elements: ibis.Table) -> ibis.Table:
    import ibis

    fired = instances.filter((instances.kind == "BOUNDARY_EVENT") & instances.event.lower().isin(list(KINDS)))
    fired = _modelled(fired.filter(fired.start.notnull()), elements)
    hosts = instances.filter(~instances.kind.isin(["PROCESS", "BOUNDARY_EVENT"])).select(
        h_case="case_id", h_id="key", h_scope="scope", h_element="element_id", h_start="start", h_end="end",
        h_canceled="canceled", h_first="first",
    )  # fmt: skip
    pairs = fired.join(hosts, [("case_id", "h_case"), ("scope", "h_scope")])
    interrupted = pairs.h_canceled & (pairs.h_end == pairs.start).fill_null(False)
    # with a model the host is known by its element; without one it is what was terminated beside the event
    pairs = pairs.filter(
        (pairs.h_first < pairs["first"])
        & (pairs.h_end.isnull() | (pairs.h_end >= pairs.start))
        & ibis.ifelse(pairs.m_attached_to.notnull(), pairs.h_element == pairs.m_attached_to, interrupted)
    )
    interrupted = pairs.h_canceled & (pairs.h_end == pairs.start).fill_null(False)
    rank = ibis.row_number().over(
        group_by=pairs.key, order_by=[ibis.ifelse(interrupted, 0, 1), pairs.h_first.desc(), pairs.h_id]
    )
    best = pairs.mutate(place=rank, hit=interrupted)
    best = best.filter(best.place == 0).select(b_id="key", host="h_id", host_element="h_element", hit="hit")
    rows = fired.left_join(best, [("key", "b_id")])
    rows = rows.mutate(
        exception=exception_kind(rows.event.lower()),
        instance=rows.host,
        raised_in=ibis.coalesce(rows.m_attached_to, rows.host_element),
        handler=rows.element_id,
    )
    counts = (rows.exception != "external") | ibis.coalesce(rows.m_interrupting, rows.hit, False)
    return _exceptions(rows.filter(counts))


def _event_scopes(instances: ibis.Table, elements: ibis.Table) -> ibis.Table:
    """Return what started event sub-processes: a start event of a type, in a scope that is not the process itself."""
    import ibis

    started = instances.filter(
        (instances.kind == "START_EVENT")
        & (instances.scope != instances.case_id)
        & instances.event.lower().isin(list(KINDS))
    )
    started = _modelled(started.filter(started.start.notnull()), elements)
    scopes = instances.select(s_id="key", s_element="element_id", s_outer="scope")
    rows = started.left_join(scopes, [("scope", "s_id")])
    stopped = instances.filter(instances.canceled).select(outer="scope", stopped_at="end").distinct()
    rows = rows.left_join(stopped, [("s_outer", "outer"), ("start", "stopped_at")])
    rows = rows.mutate(
        exception=exception_kind(rows.event.lower()),
        instance=rows.s_id,
        raised_in=rows.s_element,
        handler=rows.s_element,
    )
    counts = (rows.exception != "external") | ibis.coalesce(rows.m_interrupting, rows.stopped_at.notnull())
    return _exceptions(rows.filter(counts))


def _exceptions(rows: ibis.Table) -> ibis.Table:
    import ibis

    return rows.select(
        "case_id",
        exception_id=rows.key,
        activity_instance_id=rows.instance,
        element_id=rows.raised_in,
        kind=rows.exception,
        code=ibis.coalesce(rows.m_event_ref, rows.event.lower()),
        raised=rows.start,
        cleared=ibis.coalesce(rows.end, rows.start),
        cleared_by=ibis.literal("model"),
        root_id=rows.key,
        handled_by=rows.handler,
        raw_ref=ibis.literal("PROCESS_INSTANCE:") + rows.key,
    )
