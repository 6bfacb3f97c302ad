"""Stretches without records where there usually are some, by weekday and hour.

How many records an hour should have is the mean of its hour of the week, scaled to how busy the four weeks around were.
Records come in bursts, so their variance is larger than their mean: a stretch in which Λ records were expected is empty
with probability exp(−Λ/c), where c is the index of dispersion (at least 1), of hours or of days, whichever is larger.
A stretch counts as a gap where that is below 2.5 % divided by the number of hours that it could have begun in, or the same
holds of its whole days and the number of days.

Source: Poisson counts with over-dispersion (McCullagh and Nelder 1989, 6.2); Bonferroni's bound over the beginnings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: Chance, at most, that a log without gaps shows one.
LEVEL = 0.05
WEEK = 168
#: Weeks that the profile of a week needs.
LEAST_WEEKS = 3
#: Hours on either side of a stretch that tell how busy the time was.
AROUND = 2 * WEEK


@dataclass(frozen=True)
class Gap:
    """Hours (since 1970, UTC) from the first to the last in which records were expected, how many, and the p value."""

    first: int
    last: int
    expected: float
    p: float

    @property
    def days(self) -> range:
        """The days (since 1970) that it touches."""
        return range(self.first // 24, self.last // 24 + 1)


def gaps(hours: Mapping[int, int]) -> tuple[Gap, ...]:
    """Return the gaps in ``hours`` (hour since 1970, UTC → records in it), oldest first; none below three weeks."""
    import numpy as np

    if not hours:
        return ()
    start, stop = min(hours), max(hours) + 1
    if stop - start < LEAST_WEEKS * WEEK:
        return ()
    count = np.zeros(stop - start)
    for hour, n in hours.items():
        count[hour - start] = n
    place = np.arange(start, stop) % WEEK
    profile = np.bincount(place, weights=count, minlength=WEEK) / np.maximum(np.bincount(place, minlength=WEEK), 1)
    flat = profile[place]
    seen, due = _running(count), _running(flat)
    usual = flat * _level(seen, due)
    spread = _dispersion(count, usual)
    wanted = usual > 0
    days = np.bincount(np.arange(start, stop) // 24 - start // 24, weights=usual)
    limits = LEVEL / 2 / max(int(wanted.sum()), 1), LEVEL / 2 / max(int((days > 0).sum()), 1)
    found = []
    busy = np.flatnonzero(count)
    for at in np.flatnonzero(due[busy[1:]] - due[busy[:-1] + 1] > 0):
        left, right = int(busy[at]) + 1, int(busy[at + 1])
        missed = due[right] - due[left]
        low, high = max(left - AROUND, 0), min(right + AROUND, count.size)
        around = due[high] - due[low] - missed
        scale = (seen[high] - seen[low]) / around if around > 0 else 1.0
        first, last = -(-(start + left) // 24) * 24 - start, (start + right) // 24 * 24 - start
        whole = due[last] - due[first] if last > first else 0.0
        p, of_days = math.exp(-missed * scale / spread), math.exp(-whole * scale / spread)
        if p < limits[0] or of_days < limits[1]:
            hit = left + np.flatnonzero(wanted[left:right])
            found.append(Gap(start + int(hit[0]), start + int(hit[-1]), float(missed * scale), p))
    return tuple(found)


def _running(values: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.concatenate(([0.0], np.cumsum(values)))


def _level(seen: np.ndarray, due: np.ndarray) -> np.ndarray:
    """Return how busy the time around each hour was, 1 being usual."""
    import numpy as np

    size = seen.size - 1
    low, high = np.maximum(np.arange(size) - AROUND, 0), np.minimum(np.arange(size) + AROUND, size)
    return np.asarray((seen[high] - seen[low]) / np.maximum(due[high] - due[low], 1e-12))


def _dispersion(count: np.ndarray, usual: np.ndarray) -> float:
    """Return the index of dispersion of the counts around what is usual, of hours or of days, at least 1."""
    worst = 1.0
    for width in (1, 24):
        whole = count.size // width * width
        seen = count[:whole].reshape(-1, width).sum(axis=1)
        due = usual[:whole].reshape(-1, width).sum(axis=1)
        if due.sum() > 0:
            # the profile was made of the same counts: a week of them says nothing about the spread
            free = 1 - min(WEEK / width, seen.size - 1) / seen.size
            worst = max(worst, float(((seen - due) ** 2).sum() / due.sum() / free))
    return worst
