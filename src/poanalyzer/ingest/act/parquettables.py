"""Tables ``ACT_*`` as Parquet: copied from a live database, or exported so; one table a file, known by name or columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.columns import COLUMNS, ONLY_WITH, column_name, table_named, table_with, times, wanted
from poanalyzer.ingest.act.parts import Staged, TablePart
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.tables.tablefiles import is_parquet, open_parquet, parquet_schema
from poanalyzer.ingest.times.local_clock import LocalClock

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = {"GE_BYTEARRAY": 100}


def held(file: InputFile) -> dict[str, frozenset[str]]:
    """Return the table that a Parquet file is, with the names of its columns; nothing where it is none.

    A file that is named like a table counts as the table even where it is damaged: reading it says what is wrong.
    """
    if not is_parquet(file):
        return {}
    named = table_named(file.stem)
    names = _columns(file)
    table = named or table_with(names)
    return {table: frozenset(map(column_name, names))} if table else {}


def parts(files: Sequence[InputFile], sink: Sink) -> list[TablePart]:
    """Return the rows of files that :func:`held` knows."""
    return [_part(file, table, sink) for file in files for table in held(file) if table in COLUMNS]


def _part(file: InputFile, table: str, sink: Sink) -> TablePart:
    schema = parquet_schema(file)
    names: dict[str, str] = {}
    for field in schema:
        name = column_name(field.name)
        if name in wanted(table) and name not in names and _is_plain(field.type):
            names[name] = field.name
    return TablePart(
        table=table,
        where=file.name,
        columns=tuple(names),
        header=tuple(schema.names),
        batches=lambda: _batches(file, table, names),
        staged=partial(_left, file, table, names, sink) if _is_readable(file, table, schema, names) else None,
    )


def _is_readable(file: InputFile, table: str, schema: pa.Schema, names: dict[str, str]) -> bool:
    """Whether the store can read the file where it lies: its times are typed, and nothing in it is bytes."""
    import pyarrow as pa

    def readable(name: str, kind: pa.DataType) -> bool:
        if name in times(table):
            return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))
        return _is_single(kind)

    return table not in ONLY_WITH and all(readable(n, schema.field(c).type) for n, c in names.items())


def _is_single(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind))


def _left(file: InputFile, table: str, names: dict[str, str], sink: Sink, clock: LocalClock) -> Staged:
    """Return the rows of a file that stays where it is, once every page of it has been looked at: damage is told here."""
    rows = open_parquet([file], sink).select(**names)
    try:
        counts = rows.aggregate(rows.count().name("rows"), **{f"n_{c}": rows[c].count() for c in names})
        read = int(counts.to_pyarrow()["rows"][0].as_py())
    except Exception as error:  # noqa: BLE001 - each back end has errors of its own for damaged files
        raise _damaged(file, error) from None
    moments = clock.typed_to_utc(rows, [c for c in names if c in times(table)])
    texts = {c: rows[c].cast("string") for c in names if c not in moments}
    is_local = any(getattr(rows[c].type(), "timezone", None) is None for c in moments)
    everything = {c: moments[c] if c in moments else texts[c] for c in names}
    return Staged(file.name, rows.select(**everything), tuple(names), read, 0, is_local)


def _damaged(file: InputFile, error: Exception) -> InputError:
    said = str(error).splitlines()[0][:160]
    return InputError(f"the Parquet file cannot be read ({said})", where=file.name, fix="Copy or export it again.")


@lru_cache(maxsize=4096)
def _columns(file: InputFile) -> tuple[str, ...]:
    try:
        return tuple(parquet_schema(file).names)
    except InputError:
        return ()


def _batches(file: InputFile, table: str, names: dict[str, str]) -> Iterator[pa.RecordBatch]:
    """Stream the rows as :class:`TablePart` wants them."""
    import pyarrow as pa
    from pyarrow import parquet

    moments = times(table)
    try:
        with file.open() as stream:
            whole = parquet.ParquetFile(pa.BufferReader(stream.read()) if file.is_gzip else stream)
            for batch in whole.iter_batches(_BATCH_ROWS.get(table, 65_536), columns=list(names.values())):
                columns = [_told(batch.column(column), name in moments) for name, column in names.items()]
                yield pa.RecordBatch.from_arrays(columns, names=list(names))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(file, error) from None


def _is_plain(kind: pa.DataType) -> bool:
    """Whether values of a column are single ones, which can be said in text."""
    import pyarrow as pa

    return not pa.types.is_nested(kind) or pa.types.is_dictionary(kind)


def _told(column: pa.Array, is_time: bool) -> pa.Array:
    """Return a column as text; times as int64 microseconds UTC where they have a zone, else as local timestamps."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if is_time and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        zone = kind.tz if pa.types.is_timestamp(kind) else None
        moment = column.cast(pa.timestamp("us", zone), safe=False)
        return moment.cast(pa.int64()) if zone else moment
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())
