"""Copies the tables ``ACT_*`` of a database into Parquet files, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.ingest.act.columns import ONLY_WITH, column_name, times
from poanalyzer.ingest.act.exports import CENTRAL
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.live.tables import LiveTable, Session
from poanalyzer.ingest.live.url import DatabaseUrl, parse_url
from poanalyzer.results import Problem

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

#: Rows fetched at a time; of models, which are long, fewer.
BATCH_ROWS = 20_000
_BATCH_ROWS = {"GE_BYTEARRAY": 100}
#: Times outside, such as “infinity”, are no times of an engine.
_FIRST, _LAST = "1900-01-01 00:00:00", "2199-12-31 23:59:59"

Progress = Callable[[str, float], None]


def fetch(
    url: str, workdir: Path, *, problems: list[Problem] | None = None, progress: Progress | None = None
) -> list[InputFile]:
    """Copy the tables that are read, and of them the columns that are read, into ``workdir``; return the files.

    A file is named ``postgresql://host:5432/camunda!act_hi_procinst.parquet``. What is left out is added to ``problems``.

    Raises:
        InputError: the URL is wrong, the database cannot be reached, has no such tables or does not give them, or goes away
            halfway; nothing of it is left in ``workdir`` then.
    """
    address = parse_url(url)
    said = problems if problems is not None else []
    folder = workdir / f"live-{len(list(workdir.glob('live-*')))}"
    folder.mkdir()
    tell = progress or (lambda label, share: None)
    tell(f"connecting to {address.shown}", 0.0)
    files: list[InputFile] = []
    try:
        with _session(address) as session:
            said += [Problem(severity="warning", text=note, where=address.shown) for note in session.notes]
            tables = _readable(session, address, said)
            several = len({table.schema for table in tables}) > 1
            weights = _weights(tables)
            for number, table in enumerate(tables):
                path = folder / f"{number}.parquet"
                tell_share = _span(tell, table.name, sum(weights[:number]), weights[number])
                if _copy(session, table, path, tell_share, said):
                    home = f"{address.shown}/{table.schema}" if several else address.shown
                    files.append(InputFile(path, f"{home}!act_{table.table.lower()}.parquet"))
    except BaseException:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        raise
    tell(address.shown, 1.0)
    return files


def _session(address: DatabaseUrl) -> AbstractContextManager[Session]:
    from poanalyzer.ingest.live import others, postgres

    return postgres.session(address) if address.backend == "postgres" else others.session(address)


def _span(tell: Progress, name: str, before: float, own: float) -> Callable[[float], None]:
    """Return what tells the share of one table as a share of all."""
    return lambda share: tell(name, before + own * share)


def _readable(session: Session, address: DatabaseUrl, problems: list[Problem]) -> list[LiveTable]:
    """Return the tables that may be read; say which may not. Raises :class:`InputError` where a central one may not."""
    if not session.tables:
        raise _nothing(session, address)
    for table in session.tables:
        if not table.denied:
            continue
        whole = not table.columns
        what = f"ACT_{table.table}" if whole else f"{', '.join(table.denied)} of ACT_{table.table}"
        fix = f"GRANT SELECT ON {table.schema}.{table.name} TO the user, where it should count."
        if whole and table.table in CENTRAL:
            raise InputError(f"permission denied for table {table.schema}.{table.name}", where=address.shown, fix=fix)
        problems.append(
            Problem(
                severity="warning",
                text=f"{what} may not be read by this user: counts as not exported",
                where=address.shown,
                fix=fix,
            )
        )
    return [table for table in session.tables if table.columns]


def _nothing(session: Session, address: DatabaseUrl) -> InputError:
    searched = ", ".join(session.schemas) or "none: the search path names none that this user may use"
    if session.elsewhere:
        there = session.elsewhere[0]
        fix = f"The schema {', '.join(session.elsewhere)} has them: write …/{address.database or 'DATABASE'}/{there}."
    else:
        fix = "Check the name of the database, or name the engine's schema: …/DATABASE/SCHEMA."
    return InputError(f"no tables ACT_HI_… found (schemas searched: {searched})", where=address.shown, fix=fix)


def _weights(tables: Sequence[LiveTable]) -> list[float]:
    """Return each table's share of the rows, by the database's estimate; one that was never counted weighs as the mean."""
    known = [table.rows for table in tables if table.rows]
    usual = max(1, sum(known) // len(known)) if known else 1
    rows = [table.rows or usual for table in tables]
    return [count / sum(rows) for count in rows]


def _copy(
    session: Session, table: LiveTable, path: Path, tell: Callable[[float], None], problems: list[Problem]
) -> bool:
    """Write one table as Parquet and tell whether it was given; one that is not central may be refused."""
    from pyarrow import parquet

    tell(0.0)
    try:
        rows = _wanted(session.con.table(table.name, database=table.schema), table)
        done = 0
        with parquet.ParquetWriter(path, _plain_schema(rows.schema().to_pyarrow()), compression="zstd") as out:
            for batch in session.batches(rows, _BATCH_ROWS.get(table.table, BATCH_ROWS)):
                out.write_batch(_plain(batch, out.schema))
                done += batch.num_rows
                tell(min(0.99, done / (table.rows or done * 2 + BATCH_ROWS)))
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - of drivers that are not installed here: all is an InputError, by its words
        explained = session.explain(error, f"copy {table.schema}.{table.name}")
        if not session.denies(error) or table.table in CENTRAL:
            raise explained from None
        path.unlink(missing_ok=True)
        text = f"ACT_{table.table} is left out and counts as not exported: {explained.what}"
        problems.append(Problem(severity="warning", text=text, where=explained.where, fix=explained.fix))
        return False
    return True


def _wanted(rows: ibis.Table, table: LiveTable) -> ibis.Table:
    """Return the columns that are read, under the engine's names, in the order of these."""
    columns = {column_name(column): column for column in table.columns}
    only = ONLY_WITH.get(table.table)
    if only in columns:
        rows = rows.filter(rows[columns[only]].notnull())
    return rows.select(**{name: _value(rows[columns[name]], name in times(table.table)) for name in sorted(columns)})


def _value(column: ibis.Value, is_time: bool) -> ibis.Value:
    """Return a column as CSV exports have it: text, times as such, and bytes for now as bytes."""
    import ibis

    kind = column.type()
    if is_time and (kind.is_timestamp() or kind.is_date()):
        moment = column.cast("timestamp") if kind.is_date() else column
        usual = moment.between(*(ibis.literal(end).cast(moment.type()) for end in (_FIRST, _LAST)))
        return ibis.ifelse(usual, moment, ibis.null(moment.type()))
    return column if kind.is_string() or kind.is_binary() else column.cast("string")


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    import pyarrow as pa

    def kind(field: pa.Field) -> pa.DataType:
        return pa.timestamp("us", field.type.tz) if pa.types.is_timestamp(field.type) else pa.string()

    return pa.schema([(field.name, kind(field)) for field in schema])


def _plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch with times in microseconds and bytes as lower-case hexadecimal text."""
    import pyarrow as pa

    columns = [
        pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.string())
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
        else column.cast(field.type, safe=False)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
