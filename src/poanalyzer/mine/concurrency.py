"""Interval unions and overlaps per case, from sorted sweeps in the engine. Zero-length intervals add nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis


def busy_time(intervals: ibis.Table, key: str) -> ibis.Table:
    """Return one row a ``key`` with the busy time of its intervals, all in microseconds.

    Args:
        intervals: rows with ``key``, ``start`` and ``end`` (int64 µs), neither null, ``end >= start``.
        key: the column that names the unit (case or root case).

    Returns:
        ``intervals`` (count of positive length), ``bounded`` (count of all), ``duration`` Σ lengths, ``busy`` time
        with at least one active, ``overlap`` time with at least two active, ``first_start``, ``last_end``.

    With intervals in order of start, time is shared by two or more exactly where a later interval lies below the
    running maximum M of earlier ends: the union of [start, min(end, M)]. Both unions are sums of what each interval
    adds beyond the running maximum before it.
    """
    import ibis

    before = ibis.window(group_by=key, order_by=["start", "end"], preceding=(None, 1))
    rows = intervals.mutate(reach=intervals.end.max().over(before))
    # back ends disagree on LEAST of NULL: the first interval of a unit is sorted out by hand
    shared_end = ibis.ifelse(rows.reach < rows.end, rows.reach, rows.end)
    is_shared = rows.reach.notnull() & (shared_end > rows.start)
    rows = rows.mutate(shared_end=ibis.ifelse(is_shared, shared_end, ibis.null("int64")))
    rows = rows.mutate(shared_reach=rows.shared_end.max().over(before))
    alone = rows.end - ibis.greatest(rows.start, ibis.coalesce(rows.reach, rows.start))
    shared = rows.shared_end - ibis.greatest(rows.start, ibis.coalesce(rows.shared_reach, rows.start))
    return rows.group_by(key).agg(
        intervals=(rows.end > rows.start).sum(),
        bounded=rows.count(),
        duration=(rows.end - rows.start).sum(),
        busy=ibis.greatest(alone, 0).sum(),
        overlap=ibis.ifelse(rows.shared_end.isnull(), 0, ibis.greatest(ibis.coalesce(shared, 0), 0)).sum(),
        first_start=rows.start.min(),
        last_end=rows.end.max(),
    )
