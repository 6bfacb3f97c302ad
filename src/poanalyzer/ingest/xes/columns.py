"""Rows of an XES file, gathered into Arrow batches column by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from poanalyzer.ingest.xes.block import EventBlock, Span
from poanalyzer.ingest.xes.parse import BATCH_ROWS, EVENT_FIELDS, CaseAttribute, Events
from poanalyzer.ingest.xes.stamps import read_stamps
from poanalyzer.ingest.xes.times import XesClock

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_TIMES = ("at", "start")
#: Blocks of text that may wait for their traces to end before their events become a batch.
_MOST_BLOCKS = 32
#: Columns whose values repeat.
TEXTS = ["case_id", *(field for field in EVENT_FIELDS if field not in _TIMES)]


def event_schema() -> pa.Schema:
    """Return the columns of the event batches: the case, then :data:`EVENT_FIELDS`; times are int64 µs UTC."""
    import pyarrow as pa

    return pa.schema(
        [("case_id", pa.string()), *((f, pa.int64() if f in _TIMES else pa.string()) for f in EVENT_FIELDS)]
    )


class XesColumns:
    """Takes traces, gives batches.

    Attributes:
        used: fields that occur in some event.
        unreadable: events left out because a time in them cannot be read.
        shared: traces whose name an earlier one bears.
    """

    def __init__(self, zone: str) -> None:
        self.used: set[str] = set()
        self.unreadable = 0
        self.unreadable_example = ""
        self.shared = 0
        self._clock = XesClock(zone)
        self._names: dict[str, None] = {}
        self._waiting: list[tuple[str, Events]] = []
        self._rows = 0
        self._blocks: set[EventBlock] = set()
        self._attributes: list[tuple[str, str, str, str]] = []
        self._attribute_tables: list[pa.Table] = []

    @property
    def zoneless(self) -> int:
        """Times read that have no offset."""
        return self._clock.zoneless

    def add(self, case: str, parts: list[Events], attributes: list[CaseAttribute]) -> None:
        """Take one trace."""
        if case in self._names:
            self.shared += 1
        self._names[case] = None
        for part in parts:
            self._waiting.append((case, part))
            self._rows += len(part)
            if isinstance(part, Span):
                self._blocks.add(part.block)
        self._attributes.extend((case, *attribute) for attribute in attributes if attribute[0] != "concept:name")
        if len(self._attributes) >= BATCH_ROWS:
            self._keep_attributes()

    def full_batches(self) -> Iterator[pa.RecordBatch]:
        """Give a batch where enough rows wait, or enough text with them."""
        if self._rows >= BATCH_ROWS or len(self._blocks) >= _MOST_BLOCKS:
            yield from self.last_batch()

    def last_batch(self) -> Iterator[pa.RecordBatch]:
        """Give what is left."""
        import pyarrow as pa

        waiting, self._waiting, self._rows, self._blocks = self._waiting, [], 0, set()
        batches = []
        for kind, group in groupby(waiting, key=lambda item: item[1].block if isinstance(item[1], Span) else None):
            parts = list(group)
            batches.append(self._from_rows(parts) if kind is None else self._from_block(kind, parts))
        if batches:
            yield from pa.Table.from_batches(batches).combine_chunks().to_batches()

    def cases(self) -> pa.Table:
        """Return the names of all traces, each once."""
        import pyarrow as pa

        return pa.table({"case_id": pa.array(list(self._names), pa.string())})

    @property
    def has_variables(self) -> bool:
        """Whether any trace has an attribute beside its name."""
        return bool(self._attributes or self._attribute_tables)

    def variables(self) -> pa.Table:
        """Return the attributes of the traces: case_id, name, type, value."""
        import pyarrow as pa

        self._keep_attributes()
        return pa.concat_tables(self._attribute_tables)

    def _keep_attributes(self) -> None:
        import pyarrow as pa

        columns = list(zip(*self._attributes, strict=True)) or [()] * 4
        names = ("case_id", "name", "type", "value")
        self._attribute_tables.append(
            pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
        )
        self._attributes = []

    def _from_rows(self, parts: Sequence[tuple[str, Events]]) -> pa.RecordBatch:
        import pyarrow as pa

        events = [row for _, part in parts if not isinstance(part, Span) for row in part]
        columns: dict[str, Any] = {"case_id": [case for case, part in parts for _ in range(len(part))]}
        columns |= dict(zip(EVENT_FIELDS, zip(*events, strict=True), strict=True))
        bad: set[int] = set()
        for field, kind in zip(EVENT_FIELDS, event_schema().types[1:], strict=True):
            values = columns[field]
            if values.count(None) == len(events):
                columns[field] = pa.nulls(len(events), kind)
                continue
            self.used.add(field)
            columns[field] = self._times(values, bad) if field in _TIMES else _without_blanks(values)
        return self._readable(pa.RecordBatch.from_pydict(columns, schema=event_schema()), bad)

    def _from_block(self, block: EventBlock, parts: Sequence[tuple[str, Events]]) -> pa.RecordBatch:
        import numpy as np
        import pyarrow as pa

        spans = [part for _, part in parts if isinstance(part, Span)]
        sizes = [len(span) for span in spans]
        of_case = pa.array(np.repeat(np.arange(len(sizes)), sizes))
        columns: dict[str, Any] = {"case_id": pa.array([case for case, _ in parts], pa.string()).take(of_case)}
        which: slice | np.ndarray = slice(spans[0].low, spans[-1].high)
        if sum(sizes) < spans[-1].high - spans[0].low:  # events between two spans stand outside any trace
            which = np.concatenate([np.arange(span.low, span.high) for span in spans])
        bad: set[int] = set()
        for slot, (field, kind) in enumerate(zip(EVENT_FIELDS, event_schema().types[1:], strict=True)):
            places = block.places[slot][which] if slot in block.places else None
            if places is None or not (places >= 0).any():
                columns[field] = pa.nulls(sum(sizes), kind)
                continue
            self.used.add(field)
            columns[field] = (
                self._block_times(block, places, bad) if field in _TIMES else _blanks_missing(block.texts(places))
            )
        return self._readable(pa.RecordBatch.from_pydict(columns, schema=event_schema()), bad)

    def _readable(self, batch: pa.RecordBatch, bad: set[int]) -> pa.RecordBatch:
        """Leave out the rows whose times cannot be read."""
        import pyarrow as pa

        if not bad:
            return batch
        self.unreadable += len(bad)
        return batch.filter(pa.array([i not in bad for i in range(batch.num_rows)]))

    def _block_times(self, block: EventBlock, places: np.ndarray, bad: set[int]) -> pa.Array:
        import numpy as np
        import pyarrow as pa

        given = np.flatnonzero(places >= 0)
        pieces = places[given]
        read, done = read_stamps(block.buffer, block.edges[pieces], block.edges[pieces + 1])
        micros = np.zeros(len(places), np.int64)
        missing = np.ones(len(places), bool)
        micros[given], missing[given] = read, ~done
        left = given[~done]
        if len(left):
            texts = block.texts(places[left]).to_pylist()
            unread: set[int] = set()
            times = self._times(texts, unread)
            bad.update(int(left[row]) for row in unread)
            for row, time in zip(left, times, strict=True):
                if time is not None:
                    micros[row], missing[row] = time, False
        return pa.array(micros, mask=missing if missing.any() else None)

    def _times(self, values: Sequence[str | None], bad: set[int]) -> list[int | None]:
        times = self._clock.read_all(values)
        if None in times:
            for row, (value, time) in enumerate(zip(values, times, strict=True)):
                if time is None and value is not None and value.strip():
                    bad.add(row)
                    self.unreadable_example = min(self.unreadable_example or value, value)
        return times


def _without_blanks(values: tuple[str | None, ...]) -> tuple[str | None, ...] | list[str | None]:
    """Return the values with blank ones missing."""
    blank = {v for v in set(values) if v is not None and not v.strip()}
    return [None if v in blank else v for v in values] if blank else values


def _blanks_missing(values: pa.StringArray) -> pa.StringArray:
    """Return the values with blank ones missing."""
    import pyarrow as pa

    coded = values.dictionary_encode()
    names = coded.dictionary.to_pylist()
    if all(name.strip() for name in names):
        return values
    return pa.array([name if name.strip() else None for name in names], pa.string()).take(coded.indices)
