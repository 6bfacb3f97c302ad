"""What outside sources saw beside the engine, linked to the engine's cases by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.mined import Mined

#: An outside record of the same name this close to an engine step is that step, recorded twice.
COUNTERPART_US = 15 * 60 * 1_000_000


def build_outside(mined: Mined) -> ibis.Table:
    """Create and return ``m_outside``: one row a record of an outside source.

    Columns: ``root_ix`` (null where no engine case has its key), ``root_process_ix``, ``key``, ``activity``,
    ``start``, ``end``, ``at``, ``actor``, ``step_ix``, ``resource_ix``, ``counterpart`` (the engine recorded it too),
    ``number`` (of the record, in the order of cases and times).

    A record is linked by the business key of its case (else its case id) to the root case with that business key
    (else that case id); a key that several root cases share links to the one that started first.
    """
    log, steps, cases = mined.log, mined.steps, mined.cases
    import ibis

    process = log.coded("d_process").filter(ibis._.outside).select("process_ix")
    acts = log.coded("c_acts").filter(ibis._.work).semi_join(process, "process_ix")
    keys = log.coded("c_cases").select("case_ix", key=ibis.coalesce(ibis._.business_key, ibis._.case_id))
    acts = acts.join(keys, "case_ix").join(log.coded("d_activity"), "activity_ix")
    roots = cases.filter(cases.is_root)
    named = roots.select("case_ix", "process_ix", "start", key=ibis.coalesce(roots.business_key, roots.case_id))
    first = ibis.row_number().over(group_by=named.key, order_by=[named.start, named.case_ix])
    named = named.mutate(place=first)
    named = named.filter(named.place == 0).select("key", root_ix="case_ix", root_process_ix="process_ix")
    rows = acts.left_join(named, "key").drop("key_right").mutate(number=ibis.row_number().over(
        order_by=[ibis._.case_ix, ibis._.at, ibis._.end, ibis._.activity_ix, ibis._.resource_ix]))  # fmt: skip
    of_root = cases.select("case_ix", "root_ix")
    engine = steps.join(of_root, "case_ix").join(log.coded("d_activity"), "activity_ix")
    engine = engine.select("root_ix", "case_ix", "pos", label=_plain(engine.activity), seen=engine.at, over=engine.end)
    labelled = rows.select("number", "root_ix", "at", "end", label=_plain(rows.activity))
    twins = _matched(log, labelled, engine).mutate(twin=ibis.literal(True))
    rows = rows.left_join(twins, "number").drop("number_right")
    return log.con.create_table(
        "m_outside",
        rows.select(
            "root_ix", "root_process_ix", "key", "activity", "start", "end", "at", "actor", "step_ix", "resource_ix", "number",
            counterpart=ibis.coalesce(rows.twin, False),
        ),
    )  # fmt: skip


def _matched(log: EventLog, records: ibis.Table, engine: ibis.Table) -> ibis.Table:
    """Return the ``number`` of the outside records that an engine step answers for: each step for one record, each
    record by one step, the nearest pairs first (ties by the order of steps, then of records)."""
    import ibis

    pairs = records.join(engine, ["root_ix", "label"])
    begins, ends = (pairs.seen - pairs.at).abs(), (pairs.over - pairs.end).abs()
    gap = ibis.ifelse(ends < begins, ends, ibis.coalesce(begins, ends))
    pairs = pairs.mutate(gap=gap).filter(ibis._.gap <= COUNTERPART_US).select("number", "case_ix", "pos", "gap")
    free = log.con.create_table("t_twins_0", pairs)
    matched: list[ibis.Table] = []
    # two that are each other's nearest are a pair; what is left looks again among what is left
    while log.con.execute(free.count()):
        number = len(matched) + 1
        own = ibis.row_number().over(group_by="number", order_by=["gap", "case_ix", "pos"])
        step = ibis.row_number().over(group_by=["case_ix", "pos"], order_by=["gap", "number"])
        placed = free.mutate(own=own, step=step)
        best = log.con.create_table(f"t_matched_{number}", placed.filter((placed.own == 0) & (placed.step == 0)))
        matched.append(best)
        rest = free.anti_join(best, "number").anti_join(best, ["case_ix", "pos"])
        free = log.con.create_table(f"t_twins_{number}", rest)
    return (
        ibis.union(*[m.select("number") for m in matched])
        if len(matched) > 1
        else (matched or [free])[0].select("number")
    )


def of_window(mined: Mined) -> ibis.Table:
    """Return the outside records of the window: linked ones by their case, the others by their own time."""
    import ibis

    rows = mined.of(build_outside)
    if mined.window.start is None:
        return rows
    kept = mined.cases.filter(mined.cases.in_window).select(kept_ix="case_ix")
    joined = rows.left_join(kept, [rows.root_ix == kept.kept_ix])
    own = joined.root_ix.isnull() & (joined["at"] >= mined.window.start)
    return joined.filter(joined.kept_ix.notnull() | ibis.coalesce(own, False)).drop("kept_ix")


def keyless_records(mined: Mined) -> int:
    """Return how many outside records without any key were rejected on the way in: they happened, too."""
    return sum(r.rejected.get("no case", 0) for r in mined.log.inputs if r.role == "outside")


def _plain(label: ibis.StringValue) -> ibis.StringValue:
    return label.strip().lower()


def handovers(mined: Mined) -> ibis.Table:
    """Return causal hand-overs between endpoints, one row a root case seen on both sides.

    ``pairs`` endpoint-changing causal transitions, ``mediated`` those with the engine on both sides, ``skipped``
    transitions with an unknown endpoint. The cause of a row is the row of the same root case that ended last before
    it began: an enabling relation, so that parallel branches make no false hand-overs. Source: van der Aalst, Reijers
    and Song (2005).
    """
    outside = mined.of(build_outside)
    linked = outside.filter(outside.root_ix.notnull() & ~outside.counterpart)
    return mined.log.con.create_table("m_handovers", handovers_seen(mined, linked))


def handovers_seen(mined: Mined, linked: ibis.Table) -> ibis.Table:
    """Return what :func:`handovers` tells if only the records ``linked`` (of :func:`build_outside`) were seen outside."""
    log, steps, cases = mined.log, mined.steps, mined.cases
    seen = linked.select("root_ix").distinct()
    inner = steps.join(cases.select("case_ix", "root_ix"), "case_ix").semi_join(seen, "root_ix")
    starts = causal_starts(log, inner, linked)
    starts = starts.filter(starts.ended > 0)
    known = starts.endpoint.notnull() & starts.from_endpoint.notnull()
    change = known & (starts.endpoint != starts.from_endpoint)
    return starts.group_by("root_ix").agg(
        pairs=change.sum(),
        mediated=(change & (starts.engine == 1) & (starts.from_engine == 1)).sum(),
        skipped=(~known).sum(),
    )


def causal_starts(log: EventLog, inner: ibis.Table, linked: ibis.Table | None) -> ibis.Table:
    """Return each row of work with its cause: ``root_ix, t`` (its start), ``endpoint, engine`` (1: an engine's row),
    ``ended`` (how many rows of its root case ended before), ``from_endpoint, from_engine`` of the one that ended last.

    Args:
        inner: engine rows with ``root_ix, start, end, at, actor, step_ix, resource_ix``.
        linked: the same of an outside source, or None.
    """
    import ibis

    from poanalyzer.mine.endpoints import with_endpoints

    columns = ("root_ix", "start", "end", "at", "actor", "step_ix", "resource_ix")
    both = _points(with_endpoints(log, inner.select(*columns)), 1)
    if linked is not None:
        both = ibis.union(both, _points(with_endpoints(log, linked.select(*columns)), 0))
    # at one instant: first what ends there, then what starts there, last what began and ended in it
    order = ibis.window(group_by="root_ix", order_by=["t", "kind", "endpoint", "engine"], preceding=None, following=0)
    both = both.mutate(ended=(both.kind != 1).cast("int64").sum().over(order))
    cause = ibis.window(group_by=["root_ix", "ended"])
    is_end = both.kind != 1
    both = both.mutate(
        from_endpoint=ibis.ifelse(is_end, both.endpoint, ibis.null("string")).max().over(cause),
        from_engine=ibis.ifelse(is_end, both.engine, ibis.null("int64")).max().over(cause),
    )
    return both.filter(both.kind == 1)


def _points(rows: ibis.Table, engine: int) -> ibis.Table:
    """Return the start and the end of each row as points in time (kind 0 end, 1 start, 2 end of an instant)."""
    import ibis

    begin = ibis.coalesce(rows.start, rows.at)
    end = ibis.coalesce(rows.end, ibis.null("int64"))
    flag = ibis.literal(engine, "int64")
    starts = rows.select("root_ix", t=begin, kind=ibis.literal(1, "int64"), endpoint=rows.endpoint, engine=flag)
    ends = rows.filter(rows.end.notnull()).select(
        "root_ix", t=end, kind=ibis.ifelse(end > begin, 0, 2).cast("int64"), endpoint=rows.endpoint, engine=flag
    )
    return ibis.union(starts, ends)
