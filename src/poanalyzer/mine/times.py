"""Where the end-to-end time of a case went: with the engine, active or waiting; beside it, logged; or in the dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.mine.concurrency import busy_time, with_reach
from poanalyzer.mine.outside import build_outside

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined

#: Work that an engine waits for: people and messages. Its rows are open from when they are handed out.
AWAITED = ("userTask", "manualTask", "receiveTask")


def case_times(mined: Mined) -> ibis.Table:
    """Create and return ``m_times``: one row a closed root case of the window, with times in microseconds.

    ``case_ix, case_id, process_ix, end, linked`` (an outside record names it), ``elapsed`` (first to last record of
    any source) and its parts: ``active`` (the engine's own work ran), ``waiting`` (the rest of the engine's time),
    ``outside`` (beside the engine, covered by an outside record), ``dark`` (nobody recorded anything).
    """
    import ibis

    roots = mined.root_units
    roots = roots.filter(roots.in_window & roots.closed & roots.start.notnull() & roots.end.notnull())
    roots = roots.filter(roots.end >= roots.start).select("case_ix", "case_id", "process_ix", "start", "end")
    seen = mined.of(build_outside).filter(mined.of(build_outside).root_ix.notnull())
    seen = seen.select("root_ix", low=ibis.coalesce(seen.start, seen["at"]), high=ibis.coalesce(seen.end, seen["at"]))
    seen = seen.filter(seen.low.notnull()).mutate(high=ibis.ifelse(seen.high < seen.low, seen.low, seen.high))
    span = seen.group_by("root_ix").agg(first=seen.low.min(), last=seen.high.max()).rename(span_ix="root_ix")
    beside = busy_time(with_reach(_beside(seen, roots), "case_ix"), "case_ix").select("case_ix", beside="busy")
    own = busy_time(with_reach(_active(mined, roots), "case_ix"), "case_ix").select("case_ix", own="busy")
    rows = roots.left_join(span, [roots.case_ix == span.span_ix])
    rows = rows.left_join(beside, "case_ix").drop("case_ix_right").left_join(own, "case_ix").drop("case_ix_right")
    begin = ibis.ifelse(rows["first"] < rows.start, rows["first"], rows.start)
    end = ibis.ifelse(rows["last"] > rows.end, rows["last"], rows.end)
    engine, active, outside = rows.end - rows.start, ibis.coalesce(rows.own, 0), ibis.coalesce(rows.beside, 0)
    return mined.log.con.create_table(
        "m_times",
        rows.select(
            "case_ix", "case_id", "process_ix", "end", linked=rows["first"].notnull(), elapsed=end - begin,
            active=active, waiting=engine - active, outside=outside, dark=end - begin - engine - outside,
        ),
    )  # fmt: skip


def _beside(seen: ibis.Table, roots: ibis.Table) -> ibis.Table:
    """Return what of the outside records lies before the case began in the engine, and after it ended there."""
    import ibis

    rows = seen.join(roots.select(root_ix="case_ix", open="start", shut="end"), "root_ix")
    before = rows.select(
        case_ix="root_ix", start="low", end=ibis.ifelse(rows.high < rows.open, rows.high, rows.open)
    )  # fmt: skip
    after = rows.select(case_ix="root_ix", start=ibis.ifelse(rows.low > rows.shut, rows.low, rows.shut), end="high")
    both = ibis.union(before, after)
    return both.filter(both.end > both.start)


def _active(mined: Mined, roots: ibis.Table) -> ibis.Table:
    """Return the intervals of the engine's own work of each root case and its descendants, within the root's time."""
    import ibis

    kinds = mined.log.coded("d_step").select("step_ix", "element_type")
    rows = mined.steps.filter(mined.steps.start.notnull() & mined.steps.end.notnull())
    rows = rows.select("case_ix", "step_ix", low="start", high="end").join(kinds, "step_ix")
    rows = rows.filter(rows.element_type.notin(AWAITED))
    rows = rows.join(mined.cases.select("case_ix", "root_ix"), "case_ix").select("root_ix", "low", "high")
    rows = rows.join(roots.select(root_ix="case_ix", open="start", shut="end"), "root_ix")
    clipped = rows.select(
        case_ix="root_ix",
        start=ibis.ifelse(rows.low < rows.open, rows.open, rows.low),
        end=ibis.ifelse(rows.high > rows.shut, rows.shut, rows.high),
    )
    return clipped.filter(clipped.end > clipped.start)
