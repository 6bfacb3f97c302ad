"""Activities that always run one after the other on the critical path, although nothing recorded says that they must.

A pair (a, b) is a candidate where b waited for a on critical paths, a came first in at least 95 % of at least 30 cases that
show both, b ran in at least 95 % of the cases with a (so that a does not seem to decide whether b runs), and no one person
did both in more than half of them. Whether b reads what a wrote no export says: candidates are hypotheses.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from poanalyzer.eventlog.coding import ACTOR_HUMAN
from poanalyzer.mine.critical_path import critical_paths

if TYPE_CHECKING:
    import numpy as np

    from poanalyzer.mine.critical_path import CriticalPaths
    from poanalyzer.mine.mined import Mined

FIRST, ALSO, SAME, TOGETHER = 0.95, 0.95, 0.5, 30


@dataclass(frozen=True)
class Candidate:
    """A pair of activities (numbers) of a process: cases that show both, and what it could save at most, µs in all."""

    process: int
    one: int
    other: int
    cases: int
    order: float
    times: int
    saving: int


@dataclass(frozen=True)
class Missed:
    """Candidates, and by sampled case the most that disjoint ones could save and the time the case took, µs."""

    candidates: tuple[Candidate, ...]
    saving: tuple[int, ...]
    elapsed: tuple[int, ...]


def missed(mined: Mined) -> Missed:
    """Return the candidates of the sampled cases."""
    import numpy as np

    paths = mined.of(critical_paths)
    rows = paths.work_rows
    process, activity = rows.process.tolist(), rows.activity.tolist()
    person = np.where(rows.actor == ACTOR_HUMAN, rows.resource, -1).tolist()
    seen: Counter[tuple[int, int, int]] = Counter()
    same: Counter[tuple[int, int, int]] = Counter()
    for chain in paths.chain:
        for i, j in pairwise(chain):
            key = (process[i], activity[i], activity[j])
            seen[key] += 1
            same[key] += person[i] >= 0 and person[i] == person[j]
    kept = {}
    begun = _first_begins(paths)
    for key, times in seen.items():
        if key[1] != key[2] and same[key] <= SAME * times:
            cases, also, order = _orders(begun, key)
            if cases >= TOGETHER and also >= ALSO and order >= FIRST:
                kept[key] = (cases, order)
    span = (rows.end - paths.ready).tolist()
    saved: Counter[tuple[int, int, int]] = Counter()
    savings, elapsed = [], []
    begin, end = paths.ready.tolist(), rows.end.tolist()
    for (first, last), chain in zip(paths.cases, paths.chain, strict=True):
        savings.append(_best(chain, [(process[i], activity[i]) for i in chain], span, kept, saved))
        elapsed.append(max(end[first:last]) - min(begin[first:last]))
    candidates = [Candidate(*key, *kept[key], seen[key], saved[key]) for key in kept]
    return Missed(
        tuple(sorted(candidates, key=lambda c: (-c.saving, c.process, c.one, c.other))), tuple(savings), tuple(elapsed)
    )


#: By process and activity: the cases that show it, in order, and when it first began in each.
_Begins = dict[tuple[int, int], "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]"]


def _first_begins(paths: CriticalPaths) -> _Begins:
    import numpy as np

    rows = paths.work_rows
    if not rows.case.size:
        return {}
    order = np.lexsort((rows.begin, rows.case, rows.activity, rows.process))
    process, activity, case = rows.process[order], rows.activity[order], rows.case[order]
    named = np.concatenate(([True], (np.diff(process) != 0) | (np.diff(activity) != 0)))
    first = np.flatnonzero(named | np.concatenate(([True], np.diff(case) != 0)))
    cuts = np.flatnonzero(named[first])[1:]
    names = first[named[first]]
    cases, begins = np.split(case[first], cuts), np.split(rows.begin[order][first], cuts)
    return {
        (int(process[k]), int(activity[k])): (there, begin)
        for k, there, begin in zip(names, cases, begins, strict=True)
    }


def _orders(begun: _Begins, key: tuple[int, int, int]) -> tuple[int, float, float]:
    """Return cases with both, the share of those with the first that show the other, and how often it came first."""
    import numpy as np

    cases, begin = begun[key[0], key[1]]
    others, other_begin = begun[key[0], key[2]]
    _, here, there = np.intersect1d(cases, others, assume_unique=True, return_indices=True)
    if not here.size:
        return 0, 0.0, 0.0
    return int(here.size), here.size / cases.size, float((begin[here] < other_begin[there]).mean())


def _best(
    chain: tuple[int, ...], names: list[tuple[int, int]], span: list[int],
    kept: dict[tuple[int, int, int], tuple[int, float]], saved: Counter[tuple[int, int, int]],
) -> int:  # fmt: skip
    """Return the most that pairs of neighbours, none in two pairs, could save; count it for the pairs chosen."""
    best = [0] * (len(chain) + 1)
    took = [False] * (len(chain) + 1)
    for k in range(2, len(chain) + 1):
        key = (*names[k - 2], names[k - 1][1])
        gain = min(span[chain[k - 2]], span[chain[k - 1]]) if key in kept else 0
        best[k] = max(best[k - 1], best[k - 2] + gain)
        took[k] = best[k] > best[k - 1]
    k = len(chain)
    while k >= 2:
        if took[k]:
            saved[*names[k - 2], names[k - 1][1]] += best[k] - best[k - 2]
        k -= 2 if took[k] else 1
    return best[-1]
