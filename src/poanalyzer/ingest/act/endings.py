"""Where instances ended, for exports whose table of instances does not say it (Camunda 7's REST interface leaves it out)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis


def with_end_elements(instances: ibis.Table, activities: ibis.Table) -> ibis.Table:
    """Return ACT_HI_PROCINST with END_ACT_ID_ as the engine sets it: the activity with which the instance ended.

    That is the one of the instance's own scope, not cancelled, which ended at the same moment: an end event, or where there
    is none an event sub-process that took over. Where several elements did, it stays unknown.
    """
    import ibis

    ended = activities.filter(
        (activities.PARENT_ACT_INST_ID_ == activities.PROC_INST_ID_)
        & activities.END_TIME_.notnull()
        & (activities.ACT_INST_STATE_ != "2").fill_null(True)
    )
    is_end = ended.ACT_TYPE_.endswith("EndEvent").fill_null(False)
    last = ended.group_by(last_case="PROC_INST_ID_", last_end="END_TIME_").agg(
        end_event=_only(ended.ACT_ID_, is_end), other=_only(ended.ACT_ID_, ~is_end), end_events=is_end.sum()
    )
    rows = instances.left_join(last, [("PROC_INST_ID_", "last_case"), ("END_TIME_", "last_end")])
    found = ibis.ifelse(rows.end_events > 0, rows.end_event, rows.other)
    return rows.mutate(END_ACT_ID_=ibis.coalesce(rows.END_ACT_ID_, found)).select(*instances.columns)


def _only(element: ibis.Value, where: ibis.Value) -> ibis.Value:
    """Return the one element among the rows ``where``; NULL where there is none or more than one."""
    import ibis

    first, last = element.min(where=where), element.max(where=where)
    return ibis.ifelse(first == last, first, ibis.null("string"))
