"""What held up a case: enabling rows, critical paths and slack, of a sample of cases.

A row is enabled by the latest row that ended before it was ready and is not concurrent with it. Which activities are
concurrent the intervals say: pairs that overlap in at least 5 % of the cases that show both, of at least 20. (Orders alone
cannot tell concurrency from free order.) Sources: critical path method; concurrency oracles after Augusto et al. (2020).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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
    concurrent = concurrent_pairs(rows)
    begin, end, activity = rows.begin.tolist(), rows.end.tolist(), rows.activity.tolist()
    process, recorded = rows.process.tolist(), rows.enabled.tolist()
    enabler, ready, slack = [-1] * len(begin), list(begin), [0] * len(begin)
    lengths, works, chains, cases = [], [], [], rows.cases()
    for first, last in cases:
        ends: list[tuple[int, int]] = []
        reach: dict[int, int] = {}
        for i in range(first, last):
            at = recorded[i] if recorded[i] >= 0 else begin[i]
            for k in range(bisect_right(ends, (at, last)) - 1, -1, -1):
                end_j, j = ends[k]
                if (process[i], activity[j], activity[i]) not in concurrent:
                    enabler[i], ready[i] = j, end_j
                    break
            if recorded[i] >= 0:
                ready[i] = recorded[i]
            reach[i] = end[i] - begin[i] + (reach[enabler[i]] if enabler[i] >= 0 else 0)
            ends.insert(bisect_right(ends, (end[i], i)), (end[i], i))
        top = max(range(first, last), key=lambda i: (reach[i], -i))
        latest = {last: reach[top]}
        for i in reversed(range(first, last)):
            # whatever began after it ended may have waited for it: it must end before the first of these has to begin
            until = latest[max(bisect_left(begin, end[i], i + 1, last), i + 1)]
            slack[i] = max(0, until - reach[i])
            latest[i] = min(latest[i + 1], until - (end[i] - begin[i]))
        chain = [top]
        while enabler[chain[-1]] >= 0:
            chain.append(enabler[chain[-1]])
        lengths.append(reach[top])
        works.append(sum(end[i] - begin[i] for i in range(first, last)))
        chains.append(tuple(reversed(chain)))
    return CriticalPaths(
        work_rows=rows, enabler=np.array(enabler, dtype=np.int64), ready=np.array(ready, dtype=np.int64),
        slack=np.array(slack, dtype=np.int64), cases=tuple(cases), length=tuple(lengths), work=tuple(works),
        chain=tuple(chains),
    )  # fmt: skip


def concurrent_pairs(rows: CaseWork) -> set[tuple[int, int, int]]:
    """Return (process, activity, activity), both ways round, of the pairs that overlap often enough."""
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

    found = []
    n = rows.case.size
    here = np.arange(n)
    for shift in range(1, REACH):
        here = here[here + shift < n]
        there = here + shift
        same = (rows.case[here] == rows.case[there]) & (rows.begin[there] < rows.end[here])
        here, there = here[same], there[same]
        if not here.size:
            break
        real = rows.end[there] > rows.begin[there]
        a, b = rows.activity[here[real]], rows.activity[there[real]]
        found.append(np.stack([rows.process[here[real]], np.minimum(a, b), np.maximum(a, b), rows.case[here[real]]]))
    if not found:
        return {}
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)[:3]
    keys, counts = np.unique(pairs, axis=1, return_counts=True)
    return {(int(p), int(a), int(b)): int(c) for (p, a, b), c in zip(keys.T, counts, strict=True)}


def _in_cases(rows: CaseWork) -> Any:
    """Return a function that counts the cases in which a process shows both activities."""
    import numpy as np

    seen = np.unique(np.stack([rows.process, rows.activity, rows.case]), axis=1)
    of: dict[tuple[int, int], np.ndarray[Any, Any]] = {}
    cuts = np.flatnonzero(np.any(np.diff(seen[:2], axis=1) != 0, axis=0)) + 1
    for part in np.split(seen, cuts, axis=1):
        if part.size:
            of[int(part[0, 0]), int(part[1, 0])] = part[2]
    known: dict[tuple[int, int, int], int] = {}

    def together(process: int, one: int, other: int) -> int:
        key = (process, one, other)
        if key not in known:
            known[key] = int(np.intersect1d(of[process, one], of[process, other], assume_unique=True).size)
        return known[key]

    return together
