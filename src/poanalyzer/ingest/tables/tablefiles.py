"""Plain tables as files: CSV streamed into Parquet in the work folder, Parquet left where it lies."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from poanalyzer.errors import InputError
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.tables.dialect import MAX_COLUMNS, SAMPLE_ROWS, open_rows, sample, sniff

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

    from poanalyzer.eventlog.sink import Sink

PARQUET_MAGIC = b"PAR1"
#: Sampled rows times columns: wide tables are judged by fewer rows.
SAMPLE_CELLS = 500_000
#: Bytes that are parsed at once; no row can be longer.
_BLOCK = 8 << 20
#: No name, key or time of several lines is longer; what is, began with a quotation mark that is never closed and
#: swallowed rows. One line may be as long as a block.
_LONGEST = 1 << 16


@dataclass(frozen=True)
class TableHead:
    """What is known of a table before it is read: its columns, sampled rows as text, and columns typed as times."""

    names: tuple[str, ...]
    rows: list[dict[str, str]]
    times: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Malformed:
    """Rows that do not have as many values as the header has names."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Count one row; the smallest text is kept as the example, so that order does not matter."""
        self.count += 1
        self.examples = sorted([*self.examples, text[:80]])[:1]


def is_parquet(file: InputFile) -> bool:
    """Whether the content is Parquet, whatever the name says."""
    return file.head[:4] == PARQUET_MAGIC


def csv_head(files: Sequence[InputFile]) -> TableHead:
    """Look at the heads of text tables that share one header."""
    dialects = [sniff(file) for file in files]
    rows: list[dict[str, str]] = []
    for file, dialect in zip(files, dialects, strict=True):
        rows += sample(file, dialect, SAMPLE_ROWS - len(rows)) if len(rows) < SAMPLE_ROWS else []
    notes = tuple(f"{f.name}: {note}" for f, d in zip(files, dialects, strict=True) for note in d.notes)
    return TableHead(dialects[0].names, rows, duplicates=dialects[0].duplicates, notes=notes)


def parquet_schema(file: InputFile) -> Any:
    """Return the Arrow schema of a Parquet file. Raises :class:`InputError` where its footer cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with file.open() as stream:
            schema = pq.read_schema(stream if not file.is_gzip else pa.BufferReader(stream.read()))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"not a sound Parquet file ({_first_line(error)})", where=file.name, fix="Copy or export it again."
        ) from None
    if len(schema) > MAX_COLUMNS:
        raise InputError(
            f"a table of more than {MAX_COLUMNS:,} columns",
            where=file.name,
            fix="Export one row per event, with columns for case, activity and time.",
        )
    return schema


def parquet_head(files: Sequence[InputFile]) -> TableHead:
    """Look at the first rows of Parquet files that share one schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = parquet_schema(files[0])
    times = tuple(f.name for f in schema if pa.types.is_timestamp(f.type) or pa.types.is_date(f.type))
    flat = [f.name for f in schema if not pa.types.is_nested(f.type) and not pa.types.is_binary(f.type)]
    most = min(SAMPLE_ROWS, max(100, SAMPLE_CELLS // max(1, len(flat))))
    rows: list[dict[str, str]] = []
    for file in files:
        with file.open() as stream:
            source = pq.ParquetFile(stream if not file.is_gzip else pa.BufferReader(stream.read()))
            try:
                for batch in source.iter_batches(batch_size=most, columns=flat):
                    rows += [_texts(row) for row in batch.to_pylist()[: most - len(rows)]]
                    break
            except (pa.ArrowException, OSError) as error:
                raise InputError(
                    f"not a sound Parquet file ({_first_line(error)})", where=file.name, fix="Export it again."
                ) from None
        if len(rows) >= most:
            break
    return TableHead(tuple(schema.names), rows, times)


def open_parquet(files: Sequence[InputFile], sink: Sink) -> ibis.Table:
    """Return the rows of Parquet files as a lazy table on the store's back end."""
    paths = []
    for file in files:
        path = file.path
        if file.is_gzip:
            path = sink.workdir / f"table-{uuid4().hex}.parquet"
            with file.open() as packed, path.open("wb") as out:
                shutil.copyfileobj(packed, out, 1 << 20)
        paths.append(str(path))
    try:
        return sink.con.read_parquet(paths)
    except Exception as error:  # noqa: BLE001 - each back end has errors of its own for damaged files
        raise InputError(
            f"not a sound Parquet file ({_first_line(error)})", where=files[0].name, fix="Copy or export it again."
        ) from None


def stage_csv(
    files: Sequence[InputFile], columns: Sequence[str], sink: Sink, *, trimmed: Sequence[str] = ()
) -> tuple[ibis.Table, int, Malformed]:
    """Stream ``columns`` of text tables into Parquet in the work folder, those in ``trimmed`` without outer blanks.

    Returns the lazy table (all columns text, only the empty text is NULL), the rows in it, and the malformed ones.
    Memory is bounded by the block that is parsed.
    """
    malformed = Malformed()
    paths: list[str] = []
    total = 0
    for number, file in enumerate(files):
        target = sink.workdir / f"table-{uuid4().hex}.parquet"
        progress = partial(_progress, sink, number, len(files))
        try:
            rows, bad = _write(target, file, sniff(file).encoding, columns, trimmed, progress)
        except UnicodeError:
            rows, bad = _write(target, file, "cp1252", columns, trimmed, progress)
            sink.note("note", f"{file.name}: not UTF-8 throughout; read as Windows-1252")
        total += rows
        malformed.count += bad.count
        malformed.examples = sorted(malformed.examples + bad.examples)[:1]
        paths.append(str(target))
        progress(1.0)
    return sink.con.read_parquet(paths), total, malformed


def _progress(sink: Sink, before: int, files: int, share: float) -> None:
    sink.progress((before + share) / files)


def _write(
    target: Path,
    file: InputFile,
    encoding: str,
    columns: Sequence[str],
    trimmed: Sequence[str],
    progress: Callable[[float], None],
) -> tuple[int, Malformed]:
    import pyarrow as pa
    import pyarrow.compute
    import pyarrow.parquet as pq

    rows, bad = 0, Malformed()
    schema = pa.schema([(name, pa.string()) for name in columns])
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for batch, share in _batches(file, encoding, columns, bad):
            arrays = [
                pa.compute.utf8_trim_whitespace(values) if name in trimmed else values
                for name, values in zip(columns, batch.columns, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            rows += batch.num_rows
            progress(share)
    return rows, bad


def _batches(
    file: InputFile, encoding: str, columns: Sequence[str], bad: Malformed
) -> Iterator[tuple[pa.RecordBatch, float]]:
    """Yield the rows of ``file`` in Arrow batches, with the share of the file that has been read.

    Raises UnicodeError where the bytes are not in ``encoding``, :class:`InputError` where rows were swallowed.
    """
    import pyarrow as pa
    import pyarrow.compute
    import pyarrow.csv as pc

    def skip(row: Any) -> str:
        bad.add(row.text)
        return "skip" if len(row.text) <= _LONGEST else "error"

    dialect = sniff(file)
    stream = open_rows(file, dialect, encoding)
    try:
        if not stream.peek(1):
            return
        reader = pc.open_csv(
            stream,
            read_options=pc.ReadOptions(column_names=list(dialect.names), block_size=_BLOCK, use_threads=False),
            parse_options=pc.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote,
                newlines_in_values=True,
                invalid_row_handler=skip,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                include_columns=list(columns),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        for batch in reader:
            for column in batch.columns:
                if (pa.compute.max(pa.compute.binary_length(column)).as_py() or 0) > _LONGEST:
                    long = column.filter(pa.compute.greater(pa.compute.binary_length(column), _LONGEST))
                    if pa.compute.any(pa.compute.match_substring(long, "\n")).as_py():
                        raise _swallowed(file)
            yield batch, stream.raw.share
    except pa.ArrowInvalid as error:
        text = str(error)
        if "UTF8" in text:
            raise UnicodeError(text) from None
        if "straddling" in text or "columns, got" in text:
            raise _swallowed(file) from None
        raise InputError(
            f"not a sound table of text ({_first_line(error)})", where=file.name, fix="Export it again."
        ) from None
    finally:
        stream.close()


def _swallowed(file: InputFile) -> InputError:
    return InputError(
        f"a row or a value is longer than {_LONGEST >> 10} KiB",
        where=file.name,
        fix="Look for a quotation mark that is never closed, or leave the column out with --map.",
    )


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in row.items()}


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0][:200]
