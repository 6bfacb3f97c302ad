"""Time stamps of XES (xs:dateTime) → microseconds since 1970-01-01 UTC, fast enough for every event of a log."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?)?"
)
_WITHIN_HOUR = {f"{m:02}:{s:02}": (m * 60 + s) * 1_000_000 for m in range(60) for s in range(60)}
_EPOCH = dt.datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)
#: Entries that a cache may hold: logs of any length are read in the same memory.
_MOST_CACHED = 100_000


class XesClock:
    """Reads time stamps; one without an offset is read in ``zone`` and counted in :attr:`zoneless`."""

    def __init__(self, zone: str) -> None:
        self.zoneless = 0
        self._zone = ZoneInfo(zone)
        self._hours: dict[str, int] = {}
        self._tails: dict[str, int] = {}

    def read(self, text: str) -> int | None:
        """Return the microseconds UTC of ``text``, or ``None`` where it is no time.

        Nearly all stamps share their hour with others and have one of a thousand endings (“.546+02:00”), so
        that three look-ups replace the parsing.
        """
        try:
            return self._hours[text[:14]] + _WITHIN_HOUR[text[14:19]] + self._tails[text[19:]]
        except KeyError:
            return self._parsed(text)

    def read_all(self, texts: Iterable[str | None]) -> list[int | None]:
        """Return :meth:`read` of every text, ``None`` where there is none."""
        hours, tails = self._hours, self._tails
        times: list[int | None] = []
        for text in texts:
            try:
                times.append(hours[text[:14]] + _WITHIN_HOUR[text[14:19]] + tails[text[19:]])  # type: ignore[index]
            except KeyError:
                times.append(self._parsed(text or ""))
            except TypeError:  # nothing to read
                times.append(None)
        return times

    def _parsed(self, text: str) -> int | None:
        bare = text.strip()
        found = _SHAPE.fullmatch(bare)
        if found is None:
            return None
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        midnight = hour == 24 and minute == second == 0  # xs:dateTime lets a day end at 24:00:00
        try:
            local = dt.datetime(year, month, day, 0 if midnight else hour, minute, second)
            local += dt.timedelta(days=int(midnight))
        except (ValueError, OverflowError):
            return None
        fraction = int(((found[7] or "") + "000000")[:6])
        base = (local - _EPOCH) // _MICROSECOND
        offset = found[8]
        if offset is None:
            self.zoneless += 1
            return base + fraction - self._local_offset(local)
        shift = fraction - _offset(offset)
        if bare == text and found.end(6) == 19 and not midnight:
            self._keep(text, base - (minute * 60 + second) * 1_000_000, shift)
        return base + shift

    def _keep(self, text: str, hour: int, shift: int) -> None:
        for cache in (self._hours, self._tails):
            if len(cache) >= _MOST_CACHED:
                cache.clear()
        self._hours[text[:14]] = hour
        self._tails[text[19:]] = shift

    def _local_offset(self, local: dt.datetime) -> int:
        try:
            shift = local.replace(tzinfo=self._zone).utcoffset()
        except OverflowError:  # the first and the last day of the calendar
            return 0
        return (shift or dt.timedelta()) // _MICROSECOND


def _offset(text: str) -> int:
    if text in "Zz":
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if text[0] == "-" else minutes) * 60_000_000
