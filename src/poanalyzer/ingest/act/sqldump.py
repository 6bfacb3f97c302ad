"""Tables ``ACT_*`` in SQL dumps: pg_dump, mysqldump and its kin, H2's SCRIPT, scripts of Oracle and SQL Server.

A dump has its tables one after another, so one pass takes the rows of all of them, each table's into a file of its own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.columns import COLUMNS, ONLY_WITH, table_named, wanted
from poanalyzer.ingest.act.parts import TablePart
from poanalyzer.ingest.act.sqlscan import Scanner, Statement
from poanalyzer.ingest.act.sqlvalues import hex_of_copy, hex_of_tokens, row_pattern, text_of_copy, text_of_tokens
from poanalyzer.ingest.files import InputFile

if TYPE_CHECKING:
    import pyarrow as pa

#: Makes names of files unique, however many dumps are read into one store.
_SERIAL = itertools.count()
_SUFFIXES = (".sql", ".dump", ".dmp", ".psql", ".pgsql", ".mysql", ".bak", ".out", ".txt", "")
_SQL = re.compile(
    rb"(?i)(?:^|[\n;/])\s*(?:insert[\s/]|replace\s+into\s|merge\s+into\s|create\s+(?:\w+\s+)*table\s|copy\s|"
    rb"drop\s+table\s|create\s+database\s)"
)
#: Tables that the scripts which create the others fill.
_SETTINGS = frozenset({"GE_PROPERTY", "GE_SCHEMA_LOG"})
#: Columns of bytes: read as hexadecimal text.
_BYTES = frozenset({"BYTES_"})
#: Rows of INSERTs that are gathered into one batch, and bytes of the dump they may come from: models are long.
_BATCH_ROWS = 20_000
_BATCH_BYTES = 32 << 20


def held(file: InputFile) -> dict[str, frozenset[str]]:
    """Return the tables in a dump with the names of their columns; nothing where the file is no dump.

    A script that creates the tables and fills none of them is no export. Where tables that are exported are marked as such
    even when they have no rows (COPY, LOCK TABLES), the others were not exported.
    """
    return dict(_held(file))


def parts(files: Sequence[InputFile], sink: Sink) -> list[TablePart]:
    """Return the rows of dumps that :func:`held` knows. The first part that is read makes the pass over its dump."""
    return [part for file in files for part in _parts(file, sink.workdir)]


def _parts(file: InputFile, folder: Path) -> list[TablePart]:
    if _is_archive(file):
        raise InputError(
            "a dump in PostgreSQL's own format", where=file.name, fix="Write it as SQL: pg_restore -f dump.sql <file>."
        )
    tables = {table: names for table, names in held(file).items() if table in COLUMNS}
    unpacking = _Pass(file, folder, {table: _kept(table, names) for table, names in tables.items()})
    found = []
    for table, names in tables.items():
        if not names:
            raise InputError(
                f"the rows of ACT_{table} have no column names, and no CREATE TABLE tells them",
                where=file.name,
                fix="Dump with --complete-insert (mysqldump) or --column-inserts (pg_dump), or with the tables' definitions.",
            )
        malformed = unpacking.malformed.setdefault(table, [])
        found.append(
            TablePart(
                table=table,
                where=file.name,
                columns=_kept(table, names),
                header=tuple(sorted(names)),
                batches=lambda table=table: unpacking.batches(table),  # type: ignore[misc]
                malformed=malformed,
            )
        )
    return found


def _kept(table: str, names: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in wanted(table) if name in names)


def _is_archive(file: InputFile) -> bool:
    return file.head.startswith(b"PGDMP")


@lru_cache(maxsize=4096)
def _held(file: InputFile) -> tuple[tuple[str, frozenset[str]], ...]:
    if file.suffix not in _SUFFIXES:
        return ()
    if _is_archive(file):  # the names in its table of contents
        toc = re.findall(rb"act_(?:hi|re|ge)_\w+", file.head)
        return tuple((table, frozenset()) for name in toc if (table := table_of(name.decode())))
    if not _SQL.search(file.head.replace(b"\0", b"")):
        return ()
    names: dict[str, set[str]] = {}
    filled: set[str] = set()
    marked = False
    try:
        with closing(Scanner(file)) as scanner:
            for statement in scanner:
                marked = marked or statement.kind in ("copy", "lock")
                if not (table := table_of(statement.table)):
                    continue
                if statement.kind != "create":
                    filled.add(table)
                names.setdefault(table, set()).update(statement.columns)
    except InputError:
        pass  # reading it says what is wrong
    if not filled or (filled <= _SETTINGS and not names.keys() <= _SETTINGS and not marked):
        return ()
    kept = filled if marked else names.keys()
    return tuple((table, frozenset(names[table])) for table in sorted(kept))


def table_of(name: str) -> str | None:
    """Return the table that a qualified name in SQL means: ``"public"."act_hi_procinst"`` is HI_PROCINST."""
    bare = name.rsplit(".", 1)[-1].strip('"`[] \t\r\n')
    table = table_named(bare)
    return table if table and bare.upper().endswith(f"ACT_{table}") else None


@dataclass
class _Pass:
    """The pass over one dump that takes the rows of all its tables."""

    file: InputFile
    folder: Path
    columns: dict[str, tuple[str, ...]]
    #: Numbers of the rows of each table that do not fit.
    malformed: dict[str, list[int]] = field(default_factory=dict)
    _paths: dict[str, Path] = field(default_factory=dict)

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one table as text, once."""
        import pyarrow as pa

        if not self._paths:
            self._unpack()
        path = self._paths[table]
        with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
            yield from reader
        path.unlink()

    def _unpack(self) -> None:
        outs = {table: _Out(table, names, self.folder) for table, names in self.columns.items()}
        self._paths = {table: out.path for table, out in outs.items()}
        declared: dict[str, tuple[str, ...]] = {}
        scanner = Scanner(self.file)
        try:
            for statement in scanner:
                table = table_of(statement.table)
                if table not in outs:
                    continue
                if statement.kind == "create":
                    declared[table] = statement.columns
                elif statement.kind == "select":
                    raise InputError(
                        f"rows of {statement.table} are the result of a query, which is not run",
                        where=self.file.name,
                        fix="Dump the rows themselves.",
                    )
                elif statement.kind != "lock":
                    names = statement.columns or declared.get(table, ())
                    self._take(scanner, statement, names, outs[table])
        finally:
            scanner.close()
            for out in outs.values():
                out.close()

    def _take(self, scanner: Scanner, statement: Statement, names: tuple[str, ...], out: _Out) -> None:
        """Take the rows of one statement."""
        if not names:
            raise InputError(
                f"rows of {statement.table} stand before its CREATE TABLE, without the names of their columns",
                where=self.file.name,
                fix="Dump with --complete-insert (mysqldump) or --column-inserts (pg_dump).",
            )
        malformed = self.malformed.setdefault(out.table, [])
        if statement.kind == "copy":
            for block in scanner.lines():
                out.write(_copied(block, names, out, malformed))
            return
        places = [names.index(name) for name in out.columns if name in names]
        octets = frozenset(place for place in places if names[place] in _BYTES)
        pattern = row_pattern(len(names), sorted(places), octets, scanner.rules)
        for rows in scanner.rows(pattern, malformed, out.count + len(malformed)):
            out.add(rows, tuple(names[place] for place in sorted(places)), scanner)


class _Out:
    """The rows of one table, on their way into a file of Arrow batches."""

    def __init__(self, table: str, columns: tuple[str, ...], folder: Path) -> None:
        import pyarrow as pa

        self.table = table
        self.columns = columns
        self.count = 0
        self.path = folder / f"dump_{table.lower()}-{next(_SERIAL)}.arrow"
        self._schema = pa.schema([(name, pa.string()) for name in columns])
        self._file = pa.OSFile(str(self.path), "wb")
        self._writer = pa.ipc.new_stream(self._file, self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))
        self._rows: list[tuple[bytes | None, ...]] = []
        self._since = 0
        self._names: tuple[str, ...] = ()
        self._scanner: Scanner | None = None

    def add(self, rows: list[tuple[Any, ...]], names: tuple[str, ...], scanner: Scanner) -> None:
        """Add rows of an INSERT, as groups of its pattern; written once there are many."""
        if names != self._names or len(self._rows) >= _BATCH_ROWS or scanner.read - self._since > _BATCH_BYTES:
            self._flush()
            self._since = scanner.read
        self._names, self._scanner = names, scanner
        self._rows += rows
        self.count += len(rows)

    def write(self, columns: dict[str, pa.Array]) -> None:
        """Write columns of equal length; those that the table has beside them are NULL."""
        import pyarrow as pa

        self._flush()  # what came before
        length = len(next(iter(columns.values()), ()))
        missing = pa.nulls(length, pa.string())
        arrays = [columns.get(name, missing) for name in self.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        self._writer.close()
        self._file.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        assert self._scanner is not None
        rules = self._scanner.rules
        groups = list(zip(*self._rows, strict=True))
        self._rows = []
        places = {name: (groups[2 * place], groups[2 * place + 1]) for place, name in enumerate(self._names)}
        needed = ONLY_WITH.get(self.table)
        if needed in places:  # what is not read need not be unescaped
            plain, other = places[needed]
            worth = [a is not None or b != b"NULL" for a, b in zip(plain, other, strict=True)]
            places = {
                name: (tuple(itertools.compress(a, worth)), tuple(itertools.compress(b, worth)))
                for name, (a, b) in places.items()
            }
        self.write(
            {
                name: hex_of_tokens(other, rules) if name in _BYTES else text_of_tokens(plain, other, rules)
                for name, (plain, other) in places.items()
            }
        )


def _copied(block: bytes, names: tuple[str, ...], out: _Out, malformed: list[int]) -> dict[str, pa.Array]:
    """Return the wanted columns of a block of a COPY; lines of another number of values are numbered into ``malformed``."""
    import pyarrow as pa
    from pyarrow import csv

    before = out.count + len(malformed)

    def skip(row: csv.InvalidRow) -> str:
        malformed.append(before + (row.number or 0))
        return "skip"

    chosen = [name for name in out.columns if name in names]
    rows = csv.read_csv(
        pa.BufferReader(block),
        read_options=csv.ReadOptions(column_names=list(names), block_size=len(block) + 1, use_threads=False),
        parse_options=csv.ParseOptions(
            delimiter="\t",
            quote_char=False,
            escape_char=False,
            ignore_empty_lines=len(names) > 1,
            invalid_row_handler=skip,
        ),
        convert_options=csv.ConvertOptions(
            include_columns=chosen,
            column_types=dict.fromkeys(chosen, pa.binary()),
            null_values=["\\N"],
            strings_can_be_null=True,
            check_utf8=False,
        ),
    ).combine_chunks()
    out.count += len(rows)
    if (needed := ONLY_WITH.get(out.table)) in chosen:
        rows = rows.filter(rows[needed].is_valid())
    columns = {name: rows[name].combine_chunks() for name in chosen}
    return {name: hex_of_copy(c) if name in _BYTES else text_of_copy(c) for name, c in columns.items()}
