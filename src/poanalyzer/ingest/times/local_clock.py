"""Times of exported tables while they stream in: local clock text → microseconds UTC, a batch at a time.

Databases write ``2026-03-02 08:00:00.8`` almost always: that is read here by Arrow and shifted by the transitions of the
zone, once, on the way in, instead of by an expression that every later query would carry along.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.ingest.times.timestamps import typed_to_micros
from poanalyzer.ingest.times.zones import Transition, doubtful, is_utc, local_to_utc, transitions

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

_PLAIN = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.]\d{1,6})?$"
#: Digits beyond microseconds (SQL Server writes seven) are cut off.
_LONGEST = 26
_YEAR_US = 366 * 86_400_000_000


class LocalClock:
    """Reads zone-less ISO times of one time zone; ``skipped`` counts those its clocks never show."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.skipped = 0

    def reads(self, values: list[str]) -> bool:
        """Whether nine in ten of these sampled texts are written the plain way; the others count as unreadable."""
        import pyarrow as pa

        texts = pa.array([value.strip() for value in values], pa.string())
        return bool(10 * self._parsed(texts).null_count <= len(texts))

    def to_utc(self, text: pa.Array) -> pa.Array:
        """Return int64 microseconds UTC, NULL where a text is no time (shape: as ``text``, texts or zone-less timestamps)."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_timestamp(text.type):
            local = text.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        else:
            local = self._parsed(pc.utf8_trim_whitespace(text))
        if is_utc(self.zone) or local.null_count == len(local):
            return local
        missing = pc.is_null(local).to_numpy(zero_copy_only=False)
        micros = local.fill_null(0).to_numpy().copy()
        usual = ~missing & (micros >= EARLIEST_US) & (micros <= LATEST_US)
        if usual.any():
            initial, changes = _transitions(
                self.zone, int(micros[usual].min()) // _YEAR_US, int(micros[usual].max()) // _YEAR_US
            )
            offsets = np.array([initial, *(c.after for c in changes)], dtype="int64")
            settled = np.array([c.settled for c in changes], dtype="int64")
            place = np.searchsorted(settled, micros, side="right")
            for change in changes:
                if change.after > change.before:
                    low, high = change.doubtful
                    self.skipped += int((usual & (micros >= low) & (micros < high)).sum())
            micros = np.where(usual, micros - offsets[place], micros)
        return pa.array(micros, mask=missing)

    def typed_to_utc(self, rows: ibis.Table, columns: Sequence[str]) -> dict[str, ibis.Value]:
        """Return int64 microseconds UTC of typed columns of ``rows``, as expressions: those without a zone are of this one."""
        found = {c: typed_to_micros(rows[c])[0] for c in columns}
        local = [c for c in columns if getattr(rows[c].type(), "timezone", None) is None]
        if is_utc(self.zone) or not local:
            return found
        usual = {c: found[c].between(EARLIEST_US, LATEST_US) for c in local}
        ends = rows.aggregate(
            **{f"{at}_{c}": getattr(found[c], at)(where=usual[c]) for c in local for at in ("min", "max")}
        )
        known = [int(value) for value in ends.to_pyarrow().to_pylist()[0].values() if value is not None]
        if not known:
            return found
        first, last = min(known), max(known)
        never = {c: (usual[c] & doubtful(found[c], self.zone, first, last)[1]).sum() for c in local}
        skipped = rows.aggregate(**never).to_pyarrow().to_pylist()[0]
        self.skipped += sum(int(value or 0) for value in skipped.values())
        return found | {c: local_to_utc(found[c], self.zone, first, last) for c in local}

    def _parsed(self, text: pa.Array) -> pa.Array:
        """Return local microseconds of plain ISO texts, NULL for everything else."""
        import pyarrow as pa
        import pyarrow.compute as pc

        short = pc.utf8_slice_codeunits(text, 0, _LONGEST)
        plain = pc.if_else(pc.match_substring_regex(short, _PLAIN), short, pa.scalar(None, pa.string()))
        try:
            stamps = plain.cast(pa.timestamp("us"))
        except pa.ArrowInvalid:  # one of them is no date of the calendar: find out which
            stamps = pa.array([_one(value) for value in plain.to_pylist()], pa.timestamp("us"))
        return stamps.cast(pa.int64())


def _one(value: str | None) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(value) if value else None
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _transitions(zone: str, first: int, last: int) -> tuple[int, list[Transition]]:
    return transitions(zone, first * _YEAR_US, (last + 1) * _YEAR_US)
