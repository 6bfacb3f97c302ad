"""Exceptions that the model itself handled: boundary events and event sub-processes that fired.

Camunda 7 writes no row for the error as such. It shows in the boundary event's row and in the cancelled row of the
activity that the event is attached to, which ends at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink

if TYPE_CHECKING:
    import ibis

#: ACT_TYPE_ of boundary events that mean an exception → kind of exception (Russell et al. 2006).
_BOUNDARIES = {
    "boundaryError": "constraint", "boundaryEscalation": "constraint", "cancelBoundaryCatch": "constraint",
    "boundaryTimer": "deadline", "boundaryMessage": "external", "boundarySignal": "external",
    "boundaryConditional": "external",
}  # fmt: skip
_EVENT_STARTS = {
    "errorStartEvent": "constraint", "escalationStartEvent": "constraint", "startTimerEvent": "deadline",
    "messageStartEvent": "external", "signalStartEvent": "external", "conditionalStartEvent": "external",
}  # fmt: skip


#: What catches an error that was thrown in the same transaction begins within this time.
_AT_ONCE_US = 1_000_000


def put_handled(acts: ibis.Table, cases: ibis.Table, sink: Sink) -> None:
    """Fill ``exceptions`` with what boundary events and event sub-processes caught, cleared by the model.

    External events count where they interrupted something: a message that only starts side work is no exception. An error
    that an end event threw and nothing caught, in its instance or in those that called it, is one that nobody cleared.
    """
    sink.put("exceptions", _boundaries(acts))
    sink.put("exceptions", _event_scopes(acts))
    sink.put("exceptions", _uncaught(acts, cases))


def _kind(raw: ibis.Value, kinds: dict[str, str]) -> ibis.Value:
    import ibis

    return ibis.cases(*((raw == name, kind) for name, kind in kinds.items()))


def _boundaries(acts: ibis.Table) -> ibis.Table:
    import ibis

    fired = acts.filter(acts.ACT_TYPE_.isin(list(_BOUNDARIES)))
    hosts = acts.select(
        h_case="PROC_INST_ID_", h_id="ID_", h_scope="PARENT_ACT_INST_ID_", h_element="bare_id", h_type="ACT_TYPE_",
        h_start="START_TIME_", h_end="END_TIME_", h_canceled="canceled",
    )  # fmt: skip
    # with a model the host is known by its element; without one it is what was cancelled beside the event
    modelled = fired.filter(fired.m_attached_to.notnull())
    modelled = modelled.inner_join(hosts, [("PROC_INST_ID_", "h_case"), ("m_attached_to", "h_element")])
    beside = fired.filter(fired.m_attached_to.isnull()).inner_join(
        hosts.filter(hosts.h_canceled),
        [("PROC_INST_ID_", "h_case"), ("PARENT_ACT_INST_ID_", "h_scope"), ("START_TIME_", "h_end")],
    )
    columns = ("ID_", "START_TIME_", "PARENT_ACT_INST_ID_", *(c for c in hosts.columns if c != "h_case"))
    pairs = modelled.select(columns).union(beside.select(columns))
    pairs = pairs.filter(
        (pairs.h_start <= pairs.START_TIME_) & (pairs.h_end.isnull() | (pairs.h_end >= pairs.START_TIME_))
    )
    interrupted = pairs.h_canceled & (pairs.h_end == pairs.START_TIME_).fill_null(False)
    same_scope = (pairs.h_scope == pairs.PARENT_ACT_INST_ID_).fill_null(False)
    rank = ibis.row_number().over(
        group_by=pairs.ID_,
        order_by=[
            ibis.ifelse(interrupted, 0, 1),
            ibis.ifelse(same_scope, 0, 1),
            pairs.h_start.desc(),
            pairs.h_id,
        ],
    )
    best = pairs.mutate(place=rank, hit=interrupted)
    best = best.filter(best.place == 0).select(b_id="ID_", host="h_id", host_element="h_element", hit="hit")
    rows = fired.left_join(best, [("ID_", "b_id")])
    rows = rows.mutate(
        kind=_kind(rows.ACT_TYPE_, _BOUNDARIES),
        instance=rows.host,
        element=ibis.coalesce(rows.m_attached_to, rows.host_element),
        handler=rows.element_id,
    )
    counts = (rows.kind != "external") | ibis.coalesce(rows.m_interrupting, rows.hit, False)
    return _exceptions(rows.filter(counts))


def _event_scopes(acts: ibis.Table) -> ibis.Table:
    import ibis

    started = acts.filter(acts.ACT_TYPE_.isin(list(_EVENT_STARTS)) & (acts.PARENT_ACT_INST_ID_ != acts.PROC_INST_ID_))
    scopes = acts.select(s_id="ID_", s_element="element_id", s_outer="PARENT_ACT_INST_ID_")
    rows = started.left_join(scopes, [("PARENT_ACT_INST_ID_", "s_id")])
    stopped = acts.filter(acts.canceled).select(outer="PARENT_ACT_INST_ID_", stopped_at="END_TIME_").distinct()
    rows = rows.left_join(stopped, [("s_outer", "outer"), ("START_TIME_", "stopped_at")])
    rows = rows.mutate(
        kind=_kind(rows.ACT_TYPE_, _EVENT_STARTS), instance=rows.s_id, element=rows.s_element, handler=rows.s_element
    )
    counts = (rows.kind != "external") | ibis.coalesce(rows.m_interrupting, rows.stopped_at.notnull())
    return _exceptions(rows.filter(counts))


def _uncaught(acts: ibis.Table, cases: ibis.Table) -> ibis.Table:
    import ibis

    roots = cases.select(r_case="case_id", root="root_case_id")
    thrown = acts.filter(acts.ACT_TYPE_ == "errorEndEvent")
    thrown = thrown.inner_join(roots, [("PROC_INST_ID_", "r_case")])
    catching = acts.filter(
        (acts.ACT_TYPE_ == "boundaryError")
        | ((acts.ACT_TYPE_ == "errorStartEvent") & (acts.PARENT_ACT_INST_ID_ != acts.PROC_INST_ID_))
    )
    catching = catching.select(c_case="PROC_INST_ID_", c_start="START_TIME_")
    catching = catching.inner_join(roots.select(k_case="r_case", k_root="root"), [("c_case", "k_case")])
    caught = thrown.select("ID_", "START_TIME_", "root").inner_join(catching, [("root", "k_root")])
    caught = caught.filter((caught.c_start - caught.START_TIME_).between(0, _AT_ONCE_US)).select("ID_").distinct()
    rows = thrown.anti_join(caught, "ID_")
    rows = rows.mutate(
        kind=ibis.literal("constraint"), instance=rows.ID_, element=rows.element_id, handler=ibis.null("string")
    )
    return _exceptions(rows, by="none")


def _exceptions(rows: ibis.Table, by: str = "model") -> ibis.Table:
    import ibis

    return rows.select(
        "kind",
        exception_id=rows.ID_,
        case_id=rows.PROC_INST_ID_,
        activity_instance_id=rows.instance,
        element_id=rows.element,
        code=ibis.coalesce(rows.m_event_ref, rows.ACT_TYPE_),
        raised=rows.START_TIME_,
        cleared=ibis.coalesce(rows.END_TIME_, rows.START_TIME_) if by == "model" else ibis.null("int64"),
        cleared_by=ibis.literal(by),
        root_id=rows.ID_,
        handled_by=rows.handler,
        raw_ref=ibis.literal("ACT_HI_ACTINST:") + rows.ID_,
    )
