"""Why work waited before somebody began it: five causes, taken away from the waiting time one after the other.

For a row that was ready at e and begun at s by a named resource: *batching*, until the last row of the batch it was done in
was ready; *contention*, while the resource was busy with rows ready no later than this one; *prioritisation*, while it was
busy with rows that became ready later; *unavailability*, outside its hours; *extraneous*, the rest. The five add up to s − e.
Source: Lashkevich et al. (2023); batches after Martin et al. (2017): two or more rows of one activity that one resource did
without a minute's pause, all ready before the first began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.calendars import ENOUGH, Calendar, calendar
from poanalyzer.mine.case_sample import timed_work
from poanalyzer.mine.critical_path import critical_paths

if TYPE_CHECKING:
    import ibis
    import numpy as np

    from poanalyzer.mine.mined import Mined

CAUSES = ("batching", "contention", "prioritisation", "unavailability", "extraneous")
#: At most about this many rows of the resources are fetched; of busier logs fewer resources, drawn in order of their names' hash.
RESOURCE_ROWS = 400_000
#: At most about this many rows that waited are looked at one by one.
TARGETS = 20_000
PAUSE_US = 60_000_000


@dataclass(frozen=True)
class Waits:
    """Rows of the sample that waited for a named resource: ``row`` numbers of the sample, ``parts`` (µs) by cause.

    ``unattributed``: waiting of rows that name nobody, by process number, µs. ``probability``: that a resource was looked
    at, ``cases``: that a sampled case was.
    """

    row: np.ndarray[Any, Any]
    parts: np.ndarray[Any, Any]
    unattributed: dict[int, int]
    probability: float
    cases: float


@dataclass(frozen=True)
class _Desk:
    """The rows of one resource, by begin; ``reach`` is the running maximum of their ends."""

    begin: np.ndarray[Any, Any]
    end: np.ndarray[Any, Any]
    ready: np.ndarray[Any, Any]
    reach: np.ndarray[Any, Any]
    batch_ready: dict[tuple[int, int, int], int]
    hours: Calendar


def waits(mined: Mined) -> Waits:
    """Return the causes of waiting of the sampled rows."""
    import numpy as np

    paths = mined.of(critical_paths)
    rows = paths.work_rows
    waited = rows.begin - paths.ready
    # the sampled cases stand in no order that matters: of many, each so-manieth is looked at
    every = -(-int(((waited > 0) & (rows.resource >= 0)).sum()) // TARGETS) or 1
    chosen = np.unique(rows.case, return_inverse=True)[1] % every == 0
    unattributed: dict[int, int] = {}
    for process in np.unique(rows.process).tolist():
        of = (rows.process == process) & (rows.resource < 0) & chosen
        unattributed[int(process)] = int(waited[of].sum())
    asked = np.flatnonzero((waited > 0) & (rows.resource >= 0) & chosen)
    desks, probability = _desks(mined, np.unique(rows.resource[asked]))
    kept = [int(i) for i in asked if int(rows.resource[i]) in desks]
    parts = np.zeros((len(kept), len(CAUSES)), dtype=np.int64)
    for number, i in enumerate(kept):
        desk = desks[int(rows.resource[i])]
        ready, begin = int(paths.ready[i]), int(rows.begin[i])
        together = desk.batch_ready.get((int(rows.activity[i]), begin, int(rows.end[i])), ready)
        parts[number] = _causes(desk, ready, begin, together)
    return Waits(np.array(kept, dtype=np.int64), parts, unattributed, probability, 1 / every)


def _causes(desk: _Desk, ready: int, begin: int, together: int) -> tuple[int, ...]:
    """Return the parts of the time from ``ready`` to ``begin`` by cause."""
    from_ = min(max(together, ready), begin)
    low = int(desk.reach.searchsorted(from_, side="right"))
    high = int(desk.begin.searchsorted(begin, side="left"))
    busy = [
        (max(int(desk.begin[k]), from_), min(int(desk.end[k]), begin), int(desk.ready[k]) <= ready)
        for k in range(low, high) if desk.end[k] > from_ and desk.end[k] > desk.begin[k]
    ]  # fmt: skip
    free, contention = _without([(from_, begin)], [(a, b) for a, b, before in busy if before])
    free, prioritisation = _without(free, [(a, b) for a, b, before in busy if not before])
    left = sum(b - a for a, b in free)
    at_work = sum(desk.hours.available(a, b) for a, b in free)
    return from_ - ready, contention, prioritisation, left - at_work, at_work


def _without(spans: list[tuple[int, int]], taken: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], int]:
    """Return what is left of disjoint ``spans`` without ``taken``, and how much was taken."""
    total = 0
    for start, end in sorted(taken):
        left = []
        for a, b in spans:
            x, y = max(a, start), min(b, end)
            if x >= y:
                left.append((a, b))
                continue
            total += y - x
            left += [span for span in ((a, x), (y, b)) if span[0] < span[1]]
        spans = left
    return spans, total


def _desks(mined: Mined, resources: np.ndarray[Any, Any]) -> tuple[dict[int, _Desk], float]:
    """Return the desks of the resources: of all, or of as many as the bound on rows lets in."""
    import ibis
    import numpy as np

    if not resources.size:
        return {}, 1.0
    rows = timed_work(mined)
    rows = rows.filter(rows.resource_ix >= 0)
    counts = mined.query(rows.group_by("resource_ix").agg(n=rows.count()))
    count = dict(zip(counts["resource_ix"].tolist(), counts["n"].tolist(), strict=True))
    # a resource's number is its name's place in the alphabet: multiplied by an odd constant it is as good as drawn
    drawn: list[int] = []
    total = 0
    for resource in sorted(resources.tolist(), key=lambda r: (r * 2_654_435_761 % 2**32, r)):
        total += count[resource]
        if drawn and total > RESOURCE_ROWS:
            break
        drawn.append(resource)
    wanted = ibis.memtable({"resource_ix": drawn}, schema=ibis.schema({"resource_ix": "int64"}))
    frame = mined.query(_desk_rows(mined, rows.semi_join(wanted, "resource_ix")))
    frame = frame.sort_values(["resource_ix", "begin", "end", "activity_ix", "ready"], ignore_index=True, kind="stable")
    moments = np.concatenate([frame["begin"].to_numpy(np.int64), frame["end"].to_numpy(np.int64)])
    everyone = calendar(moments)
    desks = {}
    for resource, part in frame.groupby("resource_ix", sort=True):
        begin, end, ready, activity = (part[c].to_numpy(np.int64) for c in ("begin", "end", "ready", "activity_ix"))
        hours = calendar(np.concatenate([begin, end])) if begin.size >= ENOUGH else everyone
        desks[int(str(resource))] = _Desk(
            begin, end, ready, np.maximum.accumulate(end), _batches(begin, end, ready, activity), hours
        )
    return desks, len(drawn) / resources.size


def _desk_rows(mined: Mined, rows: ibis.Table) -> ibis.Table:
    """Add ``ready``: what the engine recorded, else the latest end of the case's earlier rows, else the begin itself."""
    import ibis

    if not mined.scalar((rows.enabled < 0).sum().fill_null(0)):
        return rows.select("resource_ix", "activity_ix", "begin", "end", ready="enabled")
    steps = mined.steps.filter(mined.steps.reach.notnull()).select("case_ix", "activity_ix", "start", "end", "reach")
    steps = steps.group_by(["case_ix", "activity_ix", "start", "end"]).agg(reach=steps.reach.max())
    both = rows.left_join(
        steps,
        [rows.case_ix == steps.case_ix, rows.activity_ix == steps.activity_ix, rows.begin == steps.start,
         rows.end == steps.end],
    )  # fmt: skip
    before = ibis.ifelse((both.reach <= both.begin).fill_null(False), both.reach, both.begin)
    return both.select(
        "resource_ix", "activity_ix", "begin", "end", ready=ibis.ifelse(both.enabled >= 0, both.enabled, before)
    )


def _batches(begin: Any, end: Any, ready: Any, activity: Any) -> dict[tuple[int, int, int], int]:
    """Return when the batch of each row that was done in one was ready, by (activity, begin, end)."""
    import numpy as np

    if begin.size < 2:
        return {}
    reach = np.maximum.accumulate(end)
    new = (activity[1:] != activity[:-1]) | (begin[1:] > reach[:-1] + PAUSE_US)
    run = np.concatenate(([0], np.cumsum(new)))
    first = begin[np.concatenate(([0], np.flatnonzero(new) + 1))][run]
    member = ready <= first
    size = np.bincount(run, weights=member)
    last = np.full(int(run[-1]) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, run[member], ready[member])
    whole = member & (size[run] >= 2)
    return {
        (int(a), int(b), int(e)): int(last[r])
        for a, b, e, r in zip(activity[whole], begin[whole], end[whole], run[whole], strict=True)
    }
