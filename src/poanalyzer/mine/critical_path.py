"""What held up a case: enabling rows, critical paths and slack, of a sample of cases.

A row is enabled by the latest row that ended before it was ready and is not concurrent with it; of several that ended at that
moment, by the one that the longest chain of work led to. Rows of no length at one moment do not enable one another: nothing
but a name would say which came first. Which activities are concurrent the intervals say: pairs that overlap in at least 5 %
of the cases that show both, of at least 20. (Orders alone cannot tell concurrency from free order.) Sources: critical path
method; concurrency oracles after Augusto et al. (2020).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.case_sample import case_work

if TYPE_CHECKING:
    import numpy as np

    from poanalyzer.mine.case_sample import CaseWork
    from poanalyzer.mine.mined import Mined

OVERLAPPING, TOGETHER = 0.05, 20
#: Rows of one case that are compared with one another at most this far apart in the order of their begin.
REACH = 500
#: So many overlaps are held before they are counted.
_HELD = 2_000_000


@dataclass(frozen=True)
class CriticalPaths:
    """By row of the sample: ``enabler`` (row number, −1 for none), ``ready`` (µs), ``slack`` (µs). By case: see ``cases``.

    ``length`` is the longest chain of enabling rows, ``work`` the sum of all rows, ``chain`` the rows of that chain in order.
    """

    work_rows: CaseWork
    enabler: np.ndarray[Any, Any]
    ready: np.ndarray[Any, Any]
    slack: np.ndarray[Any, Any]
    cases: tuple[tuple[int, int], ...]
    length: tuple[int, ...]
    work: tuple[int, ...]
    chain: tuple[tuple[int, ...], ...]


def critical_paths(mined: Mined) -> CriticalPaths:
    """Return the critical path of every sampled case."""
    import numpy as np

    rows = mined.of(case_work)
    apart = _Apart(concurrent_pairs(rows))
    begin, end, activity = rows.begin.tolist(), rows.end.tolist(), rows.activity.tolist()
    process, recorded = rows.process.tolist(), rows.enabled.tolist()
    enabler, ready, slack = [-1] * len(begin), list(begin), [0] * len(begin)
    reach = [0] * len(begin)
    lengths, works, chains, cases = [], [], [], rows.cases()
    for first, last in cases:
        # (end, reach, row) of the earlier rows by group of activities, the latest last
        ended: dict[int, list[tuple[int, int, int]]] = {}
        # rows of no length wait here until time has passed
        momentary: list[int] = []
        for i in range(first, last):
            long = end[i] > begin[i]
            if momentary and (long or begin[momentary[0]] < begin[i]):
                for j in momentary:
                    group = apart.group(process[j], activity[j])
                    insort(ended.setdefault(group, []), (end[j], reach[j], j))
                momentary = []
            at = recorded[i] if recorded[i] >= 0 else begin[i]
            moment, way = -_NEVER, 0
            for group in apart.groups(process[i], activity[i], ended):
                k = bisect_right(ended[group], (at, _NEVER, 0)) - 1
                if k >= 0 and ended[group][k] > (moment, way, enabler[i]):
                    moment, way, enabler[i] = ended[group][k]
            ready[i] = recorded[i] if recorded[i] >= 0 else moment if enabler[i] >= 0 else begin[i]
            reach[i] = end[i] - begin[i] + way
            if long:
                insort(ended.setdefault(apart.group(process[i], activity[i]), []), (end[i], reach[i], i))
            else:
                momentary.append(i)
        top = max(range(first, last), key=lambda i: (reach[i], -i))
        waiting: dict[int, _Latest] = {}
        for i in reversed(range(first, last)):
            # what may have waited for it has to begin in time: whatever was ready after it ended and is not concurrent
            until = reach[top]
            for group in apart.groups(process[i], activity[i], waiting):
                until = min(until, waiting[group].of_those_from(end[i], until))
            slack[i] = max(0, until - reach[i])
            at = recorded[i] if recorded[i] >= 0 else begin[i]
            group = apart.group(process[i], activity[i])
            waiting.setdefault(group, _Latest()).add(at, until - (end[i] - begin[i]))
        chain = [top]
        while enabler[chain[-1]] >= 0:
            chain.append(enabler[chain[-1]])
        lengths.append(reach[top])
        works.append(sum(end[first:last]) - sum(begin[first:last]))
        chains.append(tuple(reversed(chain)))
    return CriticalPaths(
        work_rows=rows, enabler=np.array(enabler, dtype=np.int64), ready=np.array(ready, dtype=np.int64),
        slack=np.array(slack, dtype=np.int64), cases=tuple(cases), length=tuple(lengths), work=tuple(works),
        chain=tuple(chains),
    )  # fmt: skip


_NEVER = 1 << 62


class _Apart:
    """Activities in groups: one of all that are concurrent with nothing, and each of the others by itself."""

    def __init__(self, pairs: set[tuple[int, int, int]]) -> None:
        self._with: dict[tuple[int, int], set[int]] = {}
        for process, a, b in pairs:
            self._with.setdefault((process, a), set()).add(b)

    def group(self, process: int, activity: int) -> int:
        """Return the group of an activity."""
        return activity if (process, activity) in self._with else -1

    def groups(self, process: int, activity: int, present: Iterable[int]) -> Iterable[int]:
        """Return those of the groups with which an activity is not concurrent."""
        beside = self._with.get((process, activity))
        return present if beside is None else [g for g in present if g not in beside]


class _Latest:
    """When rows have to begin at the latest, by when they were ready: only those are kept that can be the smallest."""

    def __init__(self) -> None:
        self._at: list[int] = []
        self._begin: list[int] = []

    def add(self, at: int, begin: int) -> None:
        """Add a row that was ready ``at`` and has to begin by ``begin``."""
        place = bisect_left(self._at, at)
        if place < len(self._at) and self._begin[place] <= begin:
            return
        if place < len(self._at) and self._at[place] == at:
            place += 1
        low = bisect_left(self._begin, begin, 0, place)
        self._at[low:place], self._begin[low:place] = [at], [begin]

    def of_those_from(self, moment: int, otherwise: int) -> int:
        """Return the smallest begin of the rows that were ready at ``moment`` or later."""
        place = bisect_left(self._at, moment)
        return self._begin[place] if place < len(self._at) else otherwise


def concurrent_pairs(rows: CaseWork) -> set[tuple[int, int, int]]:
    """Return (process, activity, activity), both ways round, of the pairs that overlap often enough.

    An activity may be concurrent with itself: then the cases count that show it twice.
    """
    together = _in_cases(rows)
    return {
        (p, a, b)
        for (p, one, other), count in _overlaps(rows).items()
        if together(p, one, other) >= TOGETHER and count / together(p, one, other) >= OVERLAPPING
        for a, b in ((one, other), (other, one))
    }


def _overlaps(rows: CaseWork) -> dict[tuple[int, int, int], int]:
    """Return in how many cases two activities of a process overlapped: rows shifted against themselves, step by step."""
    import numpy as np

    n = rows.case.size
    if not n:
        return {}
    many = int(rows.activity.max()) + 1
    case = np.cumsum(np.concatenate(([0], np.diff(rows.case) != 0)))
    process = np.zeros(int(case[-1]) + 1, dtype=np.int64)
    process[case] = rows.process
    found, held = [np.zeros(0, dtype=np.int64)], 0
    here = np.arange(n)
    for shift in range(1, REACH):
        here = here[here + shift < n]
        there = here + shift
        same = (case[here] == case[there]) & (rows.begin[there] < rows.end[here])
        here, there = here[same], there[same]
        if not here.size:
            break
        real = rows.end[there] > rows.begin[there]
        a, b = rows.activity[here[real]], rows.activity[there[real]]
        found.append((case[here[real]] * many + np.minimum(a, b)) * many + np.maximum(a, b))
        held += found[-1].size
        if held > _HELD:
            found = [np.unique(np.concatenate(found))]
            held = 0
    pairs = np.unique(np.concatenate(found))
    keys, counts = np.unique(process[pairs // many**2] * many**2 + pairs % many**2, return_counts=True)
    return {
        (key // many**2, key // many % many, key % many): count
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
    }


def _in_cases(rows: CaseWork) -> Any:
    """Return a function that counts the cases in which a process shows both activities, or one twice."""
    import numpy as np

    seen, times = np.unique(np.stack([rows.process, rows.activity, rows.case]), axis=1, return_counts=True)
    of: dict[tuple[int, int], tuple[np.ndarray[Any, Any], int]] = {}
    cuts = np.flatnonzero(np.any(np.diff(seen[:2], axis=1) != 0, axis=0)) + 1
    for part, count in zip(np.split(seen, cuts, axis=1), np.split(times, cuts), strict=True):
        if part.size:
            of[int(part[0, 0]), int(part[1, 0])] = part[2], int((count > 1).sum())
    known: dict[tuple[int, int, int], int] = {}

    def together(process: int, one: int, other: int) -> int:
        key = (process, one, other)
        if key not in known:
            (cases, twice), (others, _) = of[process, one], of[process, other]
            known[key] = twice if one == other else int(np.intersect1d(cases, others, assume_unique=True).size)
        return known[key]

    return together
