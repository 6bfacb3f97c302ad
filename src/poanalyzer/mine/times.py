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

    roots, seen = mined.of(closed_roots), outside_spans(mined)
    span = seen.group_by("root_ix").agg(first=seen.low.min(), last=seen.high.max()).rename(span_ix="root_ix")
    parts = beside_engine(seen, roots).select("case_ix", "start", "end")
    parts = parts.filter(parts.end > parts.start)
    beside = busy_time(with_reach(parts, "case_ix"), "case_ix").select("case_ix", beside="busy")
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


def closed_roots(mined: Mined) -> ibis.Table:
    """Return the closed root cases of the window that have a time in the engine: ``case_ix, case_id, process_ix, start, end``."""
    roots = mined.root_units
    roots = roots.filter(roots.in_window & roots.closed & roots.start.notnull() & roots.end.notnull())
    return roots.filter(roots.end >= roots.start).select("case_ix", "case_id", "process_ix", "start", "end")


def outside_spans(mined: Mined) -> ibis.Table:
    """Return the linked outside records as spans: ``root_ix, activity, low, high``; both are its moment where that is all."""
    import ibis

    seen = mined.of(build_outside).filter(mined.of(build_outside).root_ix.notnull())
    seen = seen.select(
        "root_ix", "activity", low=ibis.coalesce(seen.start, seen["at"]), high=ibis.coalesce(seen.end, seen["at"])
    )
    return seen.filter(seen.low.notnull()).mutate(high=ibis.ifelse(seen.high < seen.low, seen.low, seen.high))


def beside_engine(seen: ibis.Table, roots: ibis.Table) -> ibis.Table:
    """Return what of the outside spans lies before the case began in the engine (``early``), and after it ended there.

    Columns: ``case_ix``, ``early``, ``start``, ``end`` and ``far`` (µs that the span reaches beyond the engine's time), beside
    those of ``seen`` but its span. Moments have no length.
    """
    import ibis

    kept = [c for c in seen.columns if c not in ("root_ix", "low", "high")]
    rows = seen.join(roots.select(root_ix="case_ix", open="start", shut="end"), "root_ix")
    before, after = rows.filter(rows.low < rows.open), rows.filter(rows.high > rows.shut)
    return ibis.union(
        before.select(
            *kept, case_ix="root_ix", early=ibis.literal(True), start="low",
            end=ibis.ifelse(before.high < before.open, before.high, before.open), far=before.open - before.low,
        ),
        after.select(
            *kept, case_ix="root_ix", early=ibis.literal(False),
            start=ibis.ifelse(after.low > after.shut, after.low, after.shut), end="high", far=after.high - after.shut,
        ),
    )  # fmt: skip


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
