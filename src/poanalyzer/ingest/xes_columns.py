"""Rows of an XES file, gathered into Arrow batches column by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from poanalyzer.ingest.xes_parse import BATCH_ROWS, EVENT_FIELDS, CaseAttribute, EventRow
from poanalyzer.ingest.xes_times import XesClock

if TYPE_CHECKING:
    import pyarrow as pa

_TIMES = ("at", "start")
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
        self._cases: list[str] = []
        self._rows: list[EventRow] = []
        self._attributes: list[tuple[str, str, str, str]] = []
        self._attribute_tables: list[pa.Table] = []

    @property
    def zoneless(self) -> int:
        """Times read that have no offset."""
        return self._clock.zoneless

    def add(self, case: str, rows: list[EventRow], attributes: list[CaseAttribute]) -> None:
        """Take one trace."""
        if case in self._names:
            self.shared += 1
        self._names[case] = None
        self._cases.extend([case] * len(rows))
        self._rows.extend(rows)
        self._attributes.extend((case, *attribute) for attribute in attributes if attribute[0] != "concept:name")
        if len(self._attributes) >= BATCH_ROWS:
            self._keep_attributes()

    def full_batches(self) -> Iterator[pa.RecordBatch]:
        """Give a batch where enough rows wait."""
        if len(self._rows) >= BATCH_ROWS:
            yield self._batch()

    def last_batch(self) -> Iterator[pa.RecordBatch]:
        """Give what is left."""
        if self._rows:
            yield self._batch()

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

    def _batch(self) -> pa.RecordBatch:
        import pyarrow as pa

        columns: dict[str, Any] = {"case_id": self._cases}
        columns |= dict(zip(EVENT_FIELDS, zip(*self._rows, strict=True), strict=True))
        bad: set[int] = set()
        rows = len(self._rows)
        for field, kind in zip(EVENT_FIELDS, event_schema().types[1:], strict=True):
            values = columns[field]
            if values.count(None) == rows:
                columns[field] = pa.nulls(rows, kind)
                continue
            self.used.add(field)
            columns[field] = self._times(values, bad) if field in _TIMES else _without_blanks(values)
        self._cases, self._rows = [], []
        batch = pa.RecordBatch.from_pydict(columns, schema=event_schema())
        if bad:
            self.unreadable += len(bad)
            batch = batch.filter(pa.array([i not in bad for i in range(batch.num_rows)]))
        return batch

    def _times(self, values: tuple[str | None, ...], bad: set[int]) -> list[int | None]:
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
