"""When people work: a week of hours, discovered from when they began and finished.

An hour of the week counts as worked where something began or ended in it in at least a tenth of the weeks from a resource's
first record to its last, and so do the hours of a day between its first and its last worked one: breaks are not told from
work. A day begins in the longest stretch of hours of the day that are never worked, so that it is one person's day whatever
the time zone, and a night shift is no gap. Hours are UTC, so that a change of the clock makes a calendar an hour wider. A
resource with fewer than twenty records has the calendar of all.
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
    """Worked hours of a week from Monday 00:00 UTC: ``worked`` (168 zeros and ones)."""

    worked: np.ndarray[Any, Any]

    def available(self, start: np.ndarray[Any, Any], end: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the worked time between points in time, µs; arrays of one length."""
        import numpy as np

        return np.asarray(self._until(end) - self._until(start), dtype=np.int64)

    def _until(self, moment: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        import numpy as np

        before = np.concatenate(([0], np.cumsum(self.worked))) * HOUR
        weeks, rest = np.divmod(moment - MONDAY, WEEK)
        hour, part = np.divmod(rest, HOUR)
        return np.asarray(weeks * before[168] + before[hour] + part * self.worked[hour], dtype=np.int64)


def calendar(times: np.ndarray[Any, Any]) -> Calendar:
    """Return the calendar of the times (µs) at which work began or ended."""
    import numpy as np

    weeks, rest = np.divmod(times - MONDAY, WEEK)
    first, last = int(weeks.min()), int(weeks.max())
    cells = np.unique((weeks - first) * 168 + rest // HOUR) % 168
    often = np.bincount(cells, minlength=168) >= max(1.0, SHARE * (last - first + 1))
    night = _night(np.any(often.reshape(7, 24), axis=0))
    days = np.roll(often, -night).reshape(7, 24)
    since = np.logical_or.accumulate(days, axis=1)
    until = np.logical_or.accumulate(days[:, ::-1], axis=1)[:, ::-1]
    return Calendar(np.roll((since & until).ravel(), night).astype(np.int64))


def _night(hours: np.ndarray[Any, Any]) -> int:
    """Return the hour at which the longest stretch of hours of the day without work begins; 0 where there is none."""
    import numpy as np

    if hours.all() or not hours.any():
        return 0
    worked = np.flatnonzero(np.tile(hours, 2))
    longest = int(np.argmax(np.diff(worked)))
    return int(worked[longest] + 1) % 24
