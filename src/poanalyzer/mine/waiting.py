"""Why work waited before somebody began it: five causes, taken away from the waiting time one after the other.

For a row that was ready at e and begun at s by a named resource: *batching*, until the last row of the batch it was done in
was ready; *contention*, while the resource was busy with rows ready no later than this one; *prioritisation*, while it was
busy with rows that became ready later; *unavailability*, outside its hours; *extraneous*, the rest. The five add up to s − e.
Source: Lashkevich et al. (2023).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.critical_path import critical_paths
from poanalyzer.mine.desks import batch_ready, desks_of, rows_of_resources

if TYPE_CHECKING:
    import numpy as np

    from poanalyzer.mine.desks import Desk
    from poanalyzer.mine.mined import Mined

CAUSES = ("batching", "contention", "prioritisation", "unavailability", "extraneous")
#: At most about this many rows that waited are looked at, and this many pairs of one of them and a row that may have kept
#: its resource busy meanwhile; of more waiting fewer cases, by the lots that they drew.
TARGETS, PAIRS = 20_000, 100_000_000


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


def waits(mined: Mined) -> Waits:
    """Return the causes of waiting of the sampled rows."""
    import numpy as np

    paths = mined.of(critical_paths)
    rows = paths.work_rows
    waited = rows.begin - paths.ready
    asked = (waited > 0) & (rows.resource >= 0)
    drawn = _fewer(rows.drawn, int(asked.sum()) / TARGETS)
    frame, probability = rows_of_resources(mined, np.unique(rows.resource[asked & (rows.lot < drawn)]), paths)
    desks, together = desks_of(frame), batch_ready(frame, paths)
    asked &= np.isin(rows.resource, np.fromiter(desks, dtype=np.int64, count=len(desks)))
    pairs = 0
    for desk, here in _by_desk(desks, rows.resource, np.flatnonzero(asked & (rows.lot < drawn))):
        first, last = desk.between(paths.ready[here], rows.begin[here])
        pairs += int((last - first).sum())
    drawn = _fewer(drawn, pairs / PAIRS)
    kept = np.flatnonzero(asked & (rows.lot < drawn))
    parts = np.zeros((rows.begin.size, len(CAUSES)), dtype=np.int64)
    for desk, here in _by_desk(desks, rows.resource, kept):
        parts[here] = causes(desk, paths.ready[here], rows.begin[here], together[here])
    unattributed: dict[int, int] = {}
    for process in np.unique(rows.process).tolist():
        of = (rows.process == process) & (rows.resource < 0) & (rows.lot < drawn)
        unattributed[int(process)] = int(waited[of].sum())
    return Waits(kept, parts[kept], unattributed, probability, drawn / rows.drawn)


def _fewer(drawn: int, times: float) -> int:
    """Return how many lots are looked at where there is so many times as much as can be."""
    return drawn if times <= 1 else max(1, int(drawn / times))


def _by_desk(
    desks: dict[int, Desk], resource: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]
) -> Iterator[tuple[Desk, np.ndarray[Any, Any]]]:
    """Yield each desk with its rows among ``rows``."""
    import numpy as np

    order = rows[np.argsort(resource[rows], kind="stable")]
    for part in np.split(order, np.flatnonzero(np.diff(resource[order])) + 1):
        if part.size:
            yield desks[int(resource[part[0]])], part


def causes(
    desk: Desk, ready: np.ndarray[Any, Any], begin: np.ndarray[Any, Any], together: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return the parts of the times from ``ready`` to ``begin`` by cause: µs, a row each, a column a cause.

    ``together`` is when the last row of each one's batch was ready; no later than ``ready`` for one without a batch.
    """
    import numpy as np

    start = np.minimum(np.maximum(together, ready), begin)
    busy_then, busy_in_hours_then = desk.busy_until(begin)
    busy_first, busy_in_hours_first = desk.busy_until(start)
    busy = busy_then - busy_first
    at_work = desk.hours.available(start, begin) - (busy_in_hours_then - busy_in_hours_first)
    contention = np.zeros_like(busy)
    first, last = desk.between(start, begin)
    for k in np.flatnonzero(busy > 0).tolist():
        rows = slice(int(first[k]), int(last[k]))
        earlier = desk.ready[rows] <= ready[k]
        low = np.maximum(desk.begin[rows][earlier], start[k])
        high = np.minimum(desk.end[rows][earlier], begin[k])
        if low.size:
            # what each adds to what those before it covered
            low[1:] = np.maximum(low[1:], np.maximum.accumulate(high)[:-1])
            contention[k] = np.maximum(high - low, 0).sum()
    free = begin - start - busy
    return np.stack([start - ready, contention, busy - contention, free - at_work, at_work], axis=1)
