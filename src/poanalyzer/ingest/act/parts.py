r"""One source's rows of one table, whatever its form, and how they come into the store.

Every form (CSV, SQL dump, REST answers, Parquet of a live database) gives :class:`TablePart`\ s. What their rows mean is
read from the staged tables and knows nothing of the form.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.columns import NEEDED, NULLS, ONLY_WITH, times
from poanalyzer.ingest.times.local_clock import LocalClock

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

#: Makes names of files unique, however many exports are read into one store.
_SERIAL = itertools.count()


@dataclass(frozen=True, kw_only=True)
class TablePart:
    """Rows of one table in one source.

    ``columns`` are those of the batches, in order: the wanted ones (:func:`columns.wanted`) that the source has, as text.
    A time may instead be a timestamp without a zone (the engine's local clock) or int64 microseconds UTC.
    ``malformed`` fills with the numbers of rows that did not fit while ``batches`` is read, once.
    A form that reads its rows in the store gives ``staged`` instead of ``batches``: it gets the clock of the engine's zone.
    """

    table: str
    where: str
    columns: tuple[str, ...]
    #: All names in the source, for messages.
    header: tuple[str, ...]
    batches: Callable[[], Iterator[pa.RecordBatch]] = lambda: iter(())
    malformed: list[int] = field(default_factory=list)
    staged: Callable[[LocalClock], Staged] | None = None
    #: Whether an engine's REST interface answered it: there an empty answer says nothing of what the engine records.
    answered: bool = False
    #: Which of several forms is believed where they hold the same row: the lowest.
    rank: int = 0


@dataclass(frozen=True)
class Staged:
    """One staged part: ``rows`` with times as int64 microseconds UTC, or as text where they are not written plainly."""

    where: str
    rows: ibis.Table
    columns: tuple[str, ...]
    read: int
    malformed: int
    #: Whether the clock of a zone read some of its times.
    is_local: bool = False


def stage(part: TablePart, clock: LocalClock, sink: Sink) -> Staged:
    """Stream a part into the store. Raises :class:`InputError` where its columns are of no use."""
    import pyarrow as pa
    from pyarrow import parquet

    _check(part)
    if part.staged:
        return part.staged(clock)
    # by way of a Parquet file: streamed, so that memory stays flat, and read alike by every back end
    path = sink.workdir / f"act_{part.table.lower()}-{next(_SERIAL)}.parquet"
    batches = part.batches()
    first = next(batches, None)
    if first is None:
        first = pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in part.columns], names=list(part.columns))
    plain = _plain(part, first, clock)
    kinds = [(c, pa.int64() if c in plain else first.schema.field(c).type) for c in part.columns]
    read = 0
    with parquet.ParquetWriter(path, pa.schema(kinds), compression="zstd") as out:
        for batch in itertools.chain([first], batches):
            batch = _worth(part.table, batch)
            read += batch.num_rows
            columns = [
                clock.to_utc(column) if name in plain else column
                for name, column in zip(part.columns, batch.columns, strict=True)
            ]
            out.write_batch(pa.RecordBatch.from_arrays(columns, schema=out.schema))
    malformed = len(part.malformed)
    return Staged(part.where, sink.con.read_parquet(path), part.columns, read + malformed, malformed, bool(plain))


def _worth(table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows of a batch that are read at all (:data:`ONLY_WITH`)."""
    column = ONLY_WITH.get(table)
    if column is None or column not in batch.schema.names:
        return batch
    return batch.filter(batch.column(column).is_valid())


def _plain(part: TablePart, first: pa.RecordBatch, clock: LocalClock) -> frozenset[str]:
    """Return the times that the local clock reads: timestamps without a zone, and plain text where all of it is plain."""
    import pyarrow as pa

    stamps = [c for c in part.columns if c in times(part.table) and first.schema.field(c).type != pa.int64()]
    typed = [c for c in stamps if pa.types.is_timestamp(first.schema.field(c).type)]
    texts = [c for c in stamps if c not in typed]
    values = [v for c in texts for v in first.column(c).slice(0, 2000).to_pylist() if v is not None and v not in NULLS]
    return frozenset(typed + (texts if values and clock.reads(values) else []))


def _check(part: TablePart) -> None:
    if not part.columns:
        raise InputError(
            f"none of the columns of ACT_{part.table} is in the header",
            where=part.where,
            fix="Export the table with its column names in the first row.",
        )
    absent = [" or ".join(group) for group in NEEDED.get(part.table, ()) if not set(group) & set(part.columns)]
    if absent:
        raise InputError(
            f"ACT_{part.table} has no column {', '.join(absent)}; it has {_listed(part.header)}",
            where=part.where,
            fix="Export the table with all of its columns.",
        )


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(name[:40] for name in names[:most]) + (
        f" and {len(names) - most} more" if len(names) > most else ""
    )
