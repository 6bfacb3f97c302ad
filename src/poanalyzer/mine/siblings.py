"""Which instances of a parallel multi-instance activity really ran at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined

#: So many instances of one activation are compared with one another, those that began first.
COMPARED = 100
#: Deeper than sub-processes are nested.
_LEVELS = 12


def sibling_pairs(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_siblings``: a row an activation of a parallel multi-instance with two or more instances that
    finished work.

    Columns: ``case_ix, process_ix, root_ix, step_ix, instances`` (at most :data:`COMPARED`), ``left_out`` (those beyond),
    ``realised`` (pairs of instances with rows that overlap by more than nothing), ``beside`` (instances in such a pair).

    What an instance did is its row, where it is a task or calls a case, else the tasks and calls inside it. Instances belong
    together that stand in one body; where the engine records no bodies, all those of one activity in a case. None where
    no model holds a parallel multi-instance.
    """
    import ibis

    rows = _rows(mined)
    if rows is None:
        return None
    place = ["case_ix", "process_ix", "step_ix", "body"]
    each = rows.group_by([*place, "instance"]).agg(start=rows.start.min(), end=rows.end.max())
    order = ibis.window(group_by=place, order_by=["start", "end", "instance"])
    each = each.mutate(nth=ibis.row_number().over(order))
    whole = each.group_by(place).agg(instances=(each.nth < COMPARED).sum(), left_out=(each.nth >= COMPARED).sum())
    near = rows.join(each.filter(each.nth < COMPARED).select(*place, "instance", "nth"), [*place, "instance"])
    near = near.filter(near.end > near.start).select(*place, "nth", "start", "end")
    other = near.select(*place, other="nth", other_start="start", other_end="end")
    both = near.join(other, place)
    both = both.filter(
        (both.nth != both.other) & (both.start < both.other_end) & (both.other_start < both.end)
    ).select(*place, "nth", "other").distinct()  # fmt: skip
    met = both.group_by(place).agg(twice=both.count(), beside=both.nth.nunique())
    found = whole.filter(whole.instances > 1).left_join(met, place)
    found = found.select(
        "case_ix", "process_ix", "step_ix", "instances", "left_out", realised=found.twice.fill_null(0) // 2,
        beside=found.beside.fill_null(0),
    )  # fmt: skip
    return mined.log.con.create_table(
        "m_siblings", found.join(mined.cases.select("case_ix", "root_ix", "in_window"), "case_ix")
    )


def _rows(mined: Mined) -> ibis.Table | None:
    """Return finished work of instances: ``case_ix, process_ix, step_ix`` (of the multi-instance), ``body, instance, start,
    end``. A body and an instance are named by the ids of their rows."""
    import ibis

    log, elements = mined.log, mined.elements
    if not len(elements):
        return None
    many = elements[elements["multi_instance"] == "parallel"]
    if many.empty:
        return None
    steps = log.coded("d_step").filter(ibis._.element_type != "multiInstanceBody")
    model = ibis.memtable(many[["process_key", "version", "element_id"]].drop_duplicates(ignore_index=True))
    model = model.join(log.coded("d_process").select("process_ix", "process_key"), "process_key")
    model = model.join(steps.select("step_ix", "element_id", "is_task", "is_call"), "element_id")
    ran = log.coded("c_cases").select("case_ix", version="process_version")
    acts = log.coded("c_acts")
    if "mi_index" not in log.con.table("c_acts").columns:
        return None
    items = acts.filter(acts.mi_index.notnull()).join(
        model.select("process_ix", "step_ix", "version", "is_task", "is_call"), ["process_ix", "step_ix"]
    )
    items = items.join(ran, ["case_ix", "version"])
    items = items.mutate(
        body=ibis.coalesce(items.scope_id, ""),
        instance=ibis.coalesce(items.activity_instance_id, items.mi_index.cast("string")),
    )
    columns = ("case_ix", "process_ix", "step_ix", "body", "instance", "start", "end")
    done = items.filter((items.is_task | items.is_call) & _finished(items)).select(*columns)
    inside = items.filter(~(items.is_task | items.is_call)).select(
        "case_ix", "process_ix", "step_ix", "body", "instance", holder="instance"
    )
    if not log.con.execute(inside.count()):
        return done
    found = [done]
    below = acts.join(log.coded("d_step").select("step_ix", "is_task", "is_call"), "step_ix")
    below = below.select(
        "case_ix", "start", "end", "state", "is_task", "is_call", holder="scope_id", own="activity_instance_id"
    )
    for level in range(_LEVELS):
        rows = log.con.create_table(f"m_sibling_rows_{level}", inside.join(below, ["case_ix", "holder"]))
        if not log.con.execute(rows.count()):
            break
        found.append(rows.filter((rows.is_task | rows.is_call) & _finished(rows)).select(*columns))
        inside = rows.filter(~rows.is_task & rows.own.notnull()).drop("holder").mutate(holder=rows.own)
        inside = inside.select("case_ix", "process_ix", "step_ix", "body", "instance", "holder")
    return ibis.union(*found)


def _finished(rows: ibis.Table) -> ibis.BooleanValue:
    """Return which rows ended by themselves, with both times: a cancelled one did not finish anything."""
    return (rows.state == "completed") & rows.start.notnull() & rows.end.notnull()
