"""What a session with a database is, whichever database it is, and the tables found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.ingest.act.columns import COLUMNS, column_name, wanted

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

#: The names of the tables that are read, in lower case, and what they are called here.
NAMES = {f"act_{table.lower()}": table for table in COLUMNS}


@dataclass(frozen=True)
class LiveTable:
    """One table of a schema: ``columns`` are the wanted ones that may be read, ``denied`` those that may not.

    ``rows`` is the database's own estimate, None where it has none.
    """

    table: str
    schema: str
    name: str
    columns: tuple[str, ...]
    denied: tuple[str, ...]
    rows: int | None


@dataclass(frozen=True)
class Session:
    """An open, read-only session.

    ``tables`` are those found in ``schemas`` (all that were searched; ``elsewhere`` are others that hold some where these hold
    none). ``batches(rows, size)`` fetches rows, never the whole table; ``explain(error, doing)`` turns what the driver raised
    into an :class:`InputError`; ``denies(error)`` tells whether rights were missing; ``notes`` is what the reader must know.
    """

    con: ibis.BaseBackend
    schemas: tuple[str, ...]
    tables: tuple[LiveTable, ...]
    elsewhere: tuple[str, ...]
    batches: Callable[[ibis.Table, int], Iterator[pa.RecordBatch]]
    explain: Callable[[Exception, str], InputError]
    denies: Callable[[Exception], bool]
    notes: tuple[str, ...] = ()


def live_table(schema: str, name: str, columns: Sequence[tuple[str, bool]], rows: int | None) -> LiveTable:
    """Return a table from its columns and whether each may be read; columns that nothing reads are left out."""
    table = NAMES[name.lower()]
    known = [(column, readable) for column, readable in columns if column_name(column) in wanted(table)]
    return LiveTable(
        table=table,
        schema=schema,
        name=name,
        columns=tuple(column for column, readable in known if readable),
        denied=tuple(column for column, readable in known if not readable),
        rows=rows,
    )
