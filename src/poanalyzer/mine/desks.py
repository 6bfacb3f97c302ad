"""What each resource had on its desk: its rows of work, when each was ready, its batches and its hours.

A row was ready when the engine says so; else when the critical path says so, where its case is in the sample; else at the
latest end of a row of its case before it, concurrent or not. A batch is two or more rows of one activity that one resource
did without a minute's pause between them and that were all ready before the first began, after Martin et al. (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.calendars import ENOUGH, Calendar, calendar
from poanalyzer.mine.case_sample import timed_work

if TYPE_CHECKING:
    import ibis
    import numpy as np
    import pandas as pd

    from poanalyzer.mine.critical_path import CriticalPaths
    from poanalyzer.mine.mined import Mined

#: At most about this many rows of the resources are fetched; of busier logs fewer resources, drawn by a hash of their names.
RESOURCE_ROWS = 400_000
PAUSE_US = 60_000_000
#: What a row of a resource is known by: rows alike in these are alike in all that matters here.
_KEYS = ["case_ix", "activity_ix", "resource_ix", "begin", "end"]


@dataclass(frozen=True)
class Desk:
    """The rows of one resource in order of their begin: when they began, ended and were ready (µs); and its hours."""

    begin: np.ndarray[Any, Any]
    end: np.ndarray[Any, Any]
    ready: np.ndarray[Any, Any]
    hours: Calendar

    def between(
        self, start: np.ndarray[Any, Any], end: np.ndarray[Any, Any]
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the first and last + 1 row that can lie between ``start`` and ``end``."""
        import numpy as np

        first = self._reach.searchsorted(start, side="right")
        return first, np.maximum(self.begin.searchsorted(end, side="left"), first)

    def busy_until(self, moment: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return for how long the resource had been busy until then, and for how long of that in its hours."""
        import numpy as np

        first, last, busy, in_hours = self._busy
        if not first.size:
            return np.zeros_like(moment), np.zeros_like(moment)
        at = first.searchsorted(moment, side="right") - 1
        k = np.maximum(at, 0)
        stop = np.where(at >= 0, np.minimum(moment, last[k]), first[k])
        return busy[k] + stop - first[k], in_hours[k] + self.hours.available(first[k], stop)

    @cached_property
    def _reach(self) -> np.ndarray[Any, Any]:
        import numpy as np

        return np.maximum.accumulate(self.end)

    @cached_property
    def _busy(self) -> tuple[np.ndarray[Any, Any], ...]:
        """The disjoint stretches in which it was busy, and how much it had been (and in its hours) before each."""
        import numpy as np

        if not self.begin.size:
            return (self.begin,) * 4
        new = np.concatenate(([True], self.begin[1:] > self._reach[:-1]))
        first, last = self.begin[new], self._reach[np.concatenate((new[1:], [True]))]
        lengths = last - first, self.hours.available(first, last)
        return first, last, *(np.cumsum(length) - length for length in lengths)


def rows_of_resources(
    mined: Mined, resources: np.ndarray[Any, Any], paths: CriticalPaths
) -> tuple[pd.DataFrame, float]:
    """Return the rows of resources (numbers), or of as many as the bound on rows lets in, and the share of those.

    A row a row of work, by resource, activity and time: ``case_ix, activity_ix, resource_ix, begin, end, ready``.
    """
    import ibis
    import numpy as np
    import pandas as pd

    if not resources.size:
        return pd.DataFrame({c: np.zeros(0, dtype=np.int64) for c in (*_KEYS, "ready")}), 1.0
    asked = _these(timed_work(mined), resources.tolist())
    counts = asked.group_by("resource_ix").agg(n=asked.count())
    names = mined.log.coded("d_resource").select("resource_ix", name="resource")
    counts = counts.join(names, "resource_ix").select("resource_ix", "n", lot=ibis._.name.hexdigest("md5"))
    lots = mined.query(counts.distinct()).sort_values(["lot", "resource_ix"], kind="stable")
    drawn = lots["resource_ix"][(lots["n"].cumsum() <= RESOURCE_ROWS) | (np.arange(len(lots)) == 0)].tolist()
    frame = mined.query(_with_latest_end(timed_work(mined), drawn))
    row = paths.work_rows
    known = pd.DataFrame(
        {"case_ix": row.case, "activity_ix": row.activity, "resource_ix": row.resource, "begin": row.begin,
         "end": row.end, "known": paths.ready}
    ).drop_duplicates(_KEYS)  # fmt: skip
    frame = frame.merge(known, on=_KEYS, how="left")
    # microseconds of any real date are exact in a float, which stands where there are gaps
    read = frame["known"].astype("float64").fillna(frame["before"].astype("float64")).fillna(frame["begin"])
    frame["ready"] = frame["enabled"].where(frame["enabled"] >= 0, read).astype("int64")
    order = ["resource_ix", "activity_ix", "begin", "end", "ready", "case_ix"]
    return frame[[*_KEYS, "ready"]].sort_values(order, ignore_index=True, kind="stable"), len(drawn) / resources.size


def _these(rows: ibis.Table, resources: list[int]) -> ibis.Table:
    import ibis

    wanted = ibis.memtable({"resource_ix": resources}, schema=ibis.schema({"resource_ix": "int64"}))
    return rows.semi_join(wanted, "resource_ix")


def _with_latest_end(work: ibis.Table, resources: list[int]) -> ibis.Table:
    """Return the rows of resources with ``before``: the latest end of a row of the case that ended before it began.

    The ends and the begins of a case stand in one row of moments. Of one moment ends come before begins, and those of
    rows of no length between them: such rows do not come before one another.
    """
    import ibis

    asked = _these(work, resources)
    cases = asked.filter(asked.enabled < 0).select("case_ix").distinct()
    none = {c: ibis.null("int64") for c in ("activity_ix", "resource_ix", "begin", "end", "enabled")}
    ends = work.semi_join(cases, "case_ix")
    ends = ends.select("case_ix", **none, at="end", turn=ibis.ifelse(ends.end > ends.begin, 0, 2), until="end")
    begins = asked.select(
        *_KEYS, "enabled", at="begin", turn=ibis.ifelse(asked.end > asked.begin, 3, 1), until=ibis.null("int64")
    )
    both = ibis.union(ends, begins.select(*ends.columns))
    so_far = ibis.cumulative_window(group_by="case_ix", order_by=["at", "turn"])
    both = both.mutate(before=both.until.max().over(so_far))
    return both.filter(both.begin.notnull()).select(*_KEYS, "enabled", "before")


def desks_of(frame: pd.DataFrame) -> dict[int, Desk]:
    """Return the desk of each resource of :func:`rows_of_resources`."""
    import numpy as np

    if not len(frame):
        return {}
    rows = frame.sort_values(["resource_ix", "begin", "end"], kind="stable")
    resource, begin, end, ready = (rows[c].to_numpy(np.int64) for c in ("resource_ix", "begin", "end", "ready"))
    everyone = calendar(np.concatenate([begin, end]))
    desks = {}
    for part in np.split(np.arange(resource.size), np.flatnonzero(np.diff(resource)) + 1):
        hours = calendar(np.concatenate([begin[part], end[part]])) if part.size >= ENOUGH else everyone
        desks[int(resource[part[0]])] = Desk(begin[part], end[part], ready[part], hours)
    return desks


def batch_ready(frame: pd.DataFrame, paths: CriticalPaths) -> np.ndarray[Any, Any]:
    """Return by row of the sample when the batch in which it was done was ready; its own ``ready`` where in none."""
    import numpy as np
    import pandas as pd

    rows = paths.work_rows
    if not len(frame):
        return paths.ready
    resource, activity, begin, end, ready = (
        frame[c].to_numpy(np.int64) for c in ("resource_ix", "activity_ix", "begin", "end", "ready")
    )
    other = np.concatenate(([True], (np.diff(resource) != 0) | (np.diff(activity) != 0)))
    # the running maximum of the ends of each activity at each desk: the places of the ends in their order stay small
    ends, place = np.unique(end, return_inverse=True)
    part = np.cumsum(other) * ends.size
    reach = ends[np.maximum.accumulate(part + place) - part]
    run = np.cumsum(other | np.concatenate(([True], begin[1:] > reach[:-1] + PAUSE_US))) - 1
    first = begin[np.flatnonzero(np.diff(run, prepend=-1))][run]
    member = ready <= first
    size = np.bincount(run, weights=member)
    last = np.full(int(run[-1]) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, run[member], ready[member])
    batched = frame.assign(together=last[run])[member & (size[run] >= 2)][[*_KEYS, "together"]].drop_duplicates(_KEYS)
    keys = pd.DataFrame(
        {"case_ix": rows.case, "activity_ix": rows.activity, "resource_ix": rows.resource, "begin": rows.begin,
         "end": rows.end}
    )  # fmt: skip
    found = keys.merge(batched, on=_KEYS, how="left")["together"]
    own = pd.Series(paths.ready)
    return np.asarray(found.fillna(own), dtype=np.int64)
