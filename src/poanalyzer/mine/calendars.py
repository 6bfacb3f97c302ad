"""When people work: a week of hours, discovered from when they began and finished.

An hour of the week counts as worked where something began or ended in it in at least a tenth of the weeks from a resource's
first record to its last, and so do the hours of a day between its first and its last worked one: breaks are not told from
work. Hours are UTC, so that a change of the clock makes a calendar an hour wider. A resource with fewer than twenty records
has the calendar of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

HOUR = 3_600_000_000
WEEK = 168 * HOUR
#: 1970-01-01 was a Thursday: a week that begins on Monday begins four days later.
MONDAY = 4 * 24 * HOUR
ENOUGH, SHARE = 20, 0.1


@dataclass(frozen=True)
class Calendar:
    """Worked hours of a week from Monday 00:00 UTC; ``before[h]`` are the worked µs of the week before hour ``h``."""

    worked: tuple[bool, ...]
    before: tuple[int, ...]

    def available(self, start: int, end: int) -> int:
        """Return the worked time between two points in time, µs."""
        return self._until(end) - self._until(start)

    def _until(self, moment: int) -> int:
        weeks, rest = divmod(moment - MONDAY, WEEK)
        hour, part = divmod(rest, HOUR)
        return int(weeks * self.before[168] + self.before[hour] + (part if self.worked[hour] else 0))


def calendar(times: np.ndarray[Any, Any]) -> Calendar:
    """Return the calendar of the times (µs) at which work began or ended."""
    import numpy as np

    weeks, rest = np.divmod(times - MONDAY, WEEK)
    cells = np.unique(np.stack([weeks, rest // HOUR]), axis=1)[1]
    seen = np.bincount(cells, minlength=168)
    often = seen >= max(1.0, SHARE * float(weeks.max() - weeks.min() + 1))
    worked = np.zeros(168, dtype=bool)
    for day in range(7):
        hours = np.flatnonzero(often[day * 24 : day * 24 + 24])
        if hours.size:
            worked[day * 24 + hours[0] : day * 24 + hours[-1] + 1] = True
    before = np.concatenate(([0], np.cumsum(worked.astype(np.int64)) * HOUR))
    return Calendar(tuple(bool(w) for w in worked), tuple(int(b) for b in before))
