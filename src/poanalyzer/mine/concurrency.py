"""Interval unions and overlaps per case, from sorted sweeps in the engine. Zero-length intervals add nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis


def with_reach(intervals: ibis.Table, key: str) -> ibis.Table:
    """Add ``reach``, the latest end of the earlier intervals of the same ``key`` (null for the first)."""
    import ibis

    before = ibis.window(group_by=key, order_by=["start", "end"], preceding=(None, 1))
    return intervals.mutate(reach=intervals.end.max().over(before))


def busy_time(intervals: ibis.Table, key: str) -> ibis.Table:
    """Return one row a ``key`` with the busy time of its intervals, all in microseconds.

    Args:
        intervals: rows with ``key``, ``start``, ``end`` (int64 µs, neither null, ``end >= start``) and ``reach`` (see
            :func:`with_reach`).
        key: the column that names the unit (case or root case).

    Returns:
        ``intervals`` (count of positive length), ``bounded`` (count of all), ``duration`` Σ lengths, ``busy`` time
        with at least one active, ``overlap`` time with at least two active (null where none), ``first_start``,
        ``last_end``.

    With intervals in order of start, time is shared by two or more exactly where a later interval lies below the
    running maximum M of earlier ends: the union of [start, min(end, M)]. Both unions are sums of what each interval
    adds beyond the running maximum before it.
    """
    import ibis

    rows = intervals
    alone = rows.end - _later(rows.start, rows.reach)
    whole = rows.group_by(key).agg(
        intervals=(rows.end > rows.start).sum(),
        bounded=rows.count(),
        duration=(rows.end - rows.start).sum(),
        busy=ibis.ifelse(alone > 0, alone, 0).sum(),
        first_start=rows.start.min(),
        last_end=rows.end.max(),
    )
    shared = rows.filter(rows.reach > rows.start)
    shared = shared.select(key, "start", end=ibis.ifelse(shared.reach < shared.end, shared.reach, shared.end))
    shared = with_reach(shared.filter(shared.end > shared.start), key)
    twice = shared.end - _later(shared.start, shared.reach)
    overlap = shared.group_by(key).agg(overlap=ibis.ifelse(twice > 0, twice, 0).sum())
    return whole.left_join(overlap, key).drop(f"{key}_right")


def _later(start: ibis.IntegerValue, reach: ibis.IntegerValue) -> ibis.IntegerValue:
    """Return the later of two times; the start where nothing came before (back ends disagree on GREATEST of NULL)."""
    import ibis

    return ibis.ifelse(reach > start, reach, start)
