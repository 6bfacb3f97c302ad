"""Tables ``ACT_*`` as CSV: one table a file, known by the file's name or by its header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.columns import COLUMNS, NULLS, column_name, table_named, table_with, wanted
from poanalyzer.ingest.act.parts import TablePart
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.tables.dialect import Dialect, open_rows, sniff

if TYPE_CHECKING:
    import io

    import pyarrow as pa

_SUFFIXES = (".csv", ".tsv", ".txt")
_BLOCK = {"GE_BYTEARRAY": 128 << 20}


def held(file: InputFile) -> dict[str, frozenset[str]]:
    """Return the table that a file is, with the names of its columns; nothing where it is none.

    A file that is named like a table and has no header that can be read counts as the table: reading it says what is wrong.
    """
    if file.suffix not in _SUFFIXES:
        return {}
    table = table_named(file.stem)
    if table is None and b"_" not in file.head[: 1 << 12]:
        return {}
    names = _header(file)
    table = table or table_with(names)
    return {table: frozenset(names)} if table else {}


def parts(files: Sequence[InputFile], sink: Sink) -> list[TablePart]:
    """Return the rows of files that :func:`held` knows."""
    return [part for file in files for part in _parts(file)]


def _parts(file: InputFile) -> list[TablePart]:
    table = next(iter(held(file)))
    if table not in COLUMNS:
        return []
    dialect = sniff(file)
    names: dict[str, str] = {}
    for name in dialect.names:
        if column_name(name) in wanted(table) and column_name(name) not in names.values():
            names[name] = column_name(name)
    malformed: list[int] = []
    return [
        TablePart(
            table=table,
            where=file.name,
            columns=tuple(names.values()),
            header=tuple(dialect.names),
            batches=lambda: _batches(file, dialect, table, names, malformed),
            malformed=malformed,
        )
    ]


@lru_cache(maxsize=4096)
def _header(file: InputFile) -> tuple[str, ...]:
    try:
        return tuple(column_name(name) for name in sniff(file).names)
    except InputError:
        return ()  # no table of text


def _batches(
    file: InputFile, dialect: Dialect, table: str, names: dict[str, str], malformed: list[int]
) -> Iterator[pa.RecordBatch]:
    """Stream the rows as text; ``malformed`` fills with the numbers of rows that do not fit."""
    import pyarrow as pa
    from pyarrow import csv

    def skip(row: csv.InvalidRow) -> str:
        malformed.append(row.number or 0)
        return "skip"

    all_names = [names.get(name, f"column {position}") for position, name in enumerate(dialect.names)]
    chosen = list(names.values())
    rows = cast("io.BufferedReader", open_rows(file, dialect, dialect.encoding))
    if not rows.peek(1):  # a header and nothing below it
        return
    try:
        yield from csv.open_csv(
            rows,
            # a row must fit into a block: models are long
            read_options=csv.ReadOptions(column_names=all_names, block_size=_BLOCK.get(table, 8 << 20)),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote,
                newlines_in_values=True,
                invalid_row_handler=skip,
            ),
            convert_options=csv.ConvertOptions(
                include_columns=chosen,
                column_types={name: pa.string() for name in chosen},
                null_values=NULLS,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(
            f"the rows cannot be read as a table: {str(error).splitlines()[0][:160]}",
            where=file.name,
            fix="Export it as CSV with quoted text.",
        ) from None
