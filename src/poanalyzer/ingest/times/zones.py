"""Local clock times → UTC, by the transitions of the IANA time zone in the years of the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US

if TYPE_CHECKING:
    import ibis

_DAY_US = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: Zones that never move their clocks: nothing to compute, nothing to count.
_UTC_NAMES = {"UTC", "Etc/UTC", "Etc/UCT", "Zulu", "GMT", "Etc/GMT", "UCT"}


@dataclass(frozen=True)
class Transition:
    """A change of a zone's offset: the instant (µs UTC), and the offsets (µs ahead of UTC) before and after it."""

    at: int
    before: int
    after: int

    @property
    def settled(self) -> int:
        """The local time (µs) from which on clocks read the later offset without doubt."""
        return self.at + max(self.before, self.after)

    @property
    def doubtful(self) -> tuple[int, int]:
        """The local times, from–to, that are read twice (clocks set back) or never (set forward)."""
        return self.at + min(self.before, self.after), self.settled


def transitions(zone: str, first: int, last: int) -> tuple[int, list[Transition]]:
    """Return the offset at ``first`` (µs) and the changes from a day before it to a day after ``last``."""
    info = ZoneInfo(zone)

    def offset(instant: int) -> int:
        moment = (_EPOCH + dt.timedelta(microseconds=instant)).astimezone(info)
        shift = moment.utcoffset() or dt.timedelta()
        return shift // dt.timedelta(microseconds=1)

    start = (max(first, EARLIEST_US) // _DAY_US - 2) * _DAY_US
    end = min(last, LATEST_US) + 2 * _DAY_US
    found = []
    low, before = start, offset(start)
    initial = before
    while low < end:
        high = low + _DAY_US
        after = offset(high)
        if after != before:
            found.append(Transition(_bisect(offset, low, high, before), before, after))
        low, before = high, after
    return initial, found


def _bisect(offset: Callable[[int], int], low: int, high: int, before: int) -> int:
    second = 1_000_000
    while high - low > second:
        middle = low + (high - low) // (2 * second) * second
        if offset(middle) == before:
            low = middle
        else:
            high = middle
    return high


def is_utc(zone: str) -> bool:
    """Whether the zone is UTC under one of its names."""
    return zone in _UTC_NAMES


def local_to_utc(local: ibis.Value, zone: str, first: int, last: int) -> ibis.Value:
    """Return µs UTC of local µs in ``zone``; ``first``–``last`` bound the local times that occur.

    A time that is read twice counts as the earlier of the two instants, one that is never read as if the clock had
    not been set forward yet (as Python's ``fold=0``).
    """
    import ibis

    initial, changes = transitions(zone, first, last)
    if not changes:
        return local - initial
    branches = [(local < changes[0].settled, initial)]
    branches += [(local < later.settled, earlier.after) for earlier, later in pairwise(changes)]
    return local - ibis.cases(*branches, else_=changes[-1].after).cast("int64")


def doubtful(local: ibis.Value, zone: str, first: int, last: int) -> tuple[ibis.Value, ibis.Value]:
    """Return whether a local time is read twice in ``zone``, and whether it is never read."""
    import ibis

    twice: ibis.Value = ibis.literal(False)
    never: ibis.Value = ibis.literal(False)
    for change in transitions(zone, first, last)[1]:
        low, high = change.doubtful
        inside = (local >= low) & (local < high)
        if change.after < change.before:
            twice = twice | inside
        else:
            never = never | inside
    return twice, never
