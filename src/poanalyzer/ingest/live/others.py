"""A session with a database that Ibis has a back end for, as that back end is.

Only PostgreSQL is tested against a server, and SQLite as a file. The others are asked for nothing but rows, and get no
transaction of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.ingest.live.tables import NAMES, LiveTable, Session, live_table
from poanalyzer.ingest.live.url import DatabaseUrl

if TYPE_CHECKING:
    import ibis

#: What to install for a back end: Ibis' extra.
_EXTRAS = {"mysql": "mysql", "mssql": "mssql", "oracle": "oracle"}


@contextmanager
def session(address: DatabaseUrl) -> Iterator[Session]:
    """Yield a session, through the back end that the URL's scheme names."""
    con = _connect(address)
    try:
        schemas = address.schemas or (str(con.current_database),)
        tables = tuple(_tables(con, schemas))
        notes = () if address.backend == "sqlite" else (_UNTESTED,)
        yield Session(
            con=con,
            schemas=tuple(schemas),
            tables=tables,
            elsewhere=(),
            batches=lambda rows, size: iter(con.to_pyarrow_batches(rows, chunk_size=size)),
            explain=lambda error, doing: _explained(error, address, doing),
            denies=lambda error: False,
            notes=notes,
        )
    finally:
        con.disconnect()


_UNTESTED = (
    "live reading is tested with PostgreSQL alone: here there is no common moment of all tables and no time limit, and "
    "nothing but the account's rights keeps the session from writing (it sends SELECT only)"
)


def _connect(address: DatabaseUrl) -> ibis.BaseBackend:
    import ibis

    try:
        if address.backend == "sqlite":
            return _sqlite(address)
        back_end = getattr(ibis, address.backend)
    except ImportError as error:
        raise InputError(
            f"to read {address.scheme}://, Ibis needs its driver ({str(error).splitlines()[0]})",
            where=address.shown,
            fix=f"pip install 'ibis-framework[{_EXTRAS.get(address.backend, address.backend)}]'",
        ) from None
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - SQLite's own kinds: not a database
        raise _explained(error, address, "connect") from None
    host, port = address.hosts[0]
    given = {"host": host, "port": int(port) if port else "", "user": address.user, "password": address.password}
    options = {key: value for key, value in given.items() if value != ""}
    try:
        return back_end.connect(**options, database=address.database, **dict(address.parameters))
    except Exception as error:  # noqa: BLE001 - every driver raises errors of its own kind
        raise _explained(error, address, "connect") from None


def _tables(con: ibis.BaseBackend, schemas: tuple[str, ...]) -> Iterator[LiveTable]:
    for schema in schemas:
        for name in sorted(con.list_tables(database=schema)):
            if name.lower() in NAMES:
                columns = con.table(name, database=schema).columns
                yield live_table(schema, name, [(column, True) for column in columns], None)


def _sqlite(address: DatabaseUrl) -> ibis.BaseBackend:
    import ibis

    if not Path(address.database).is_file():  # SQLite would make one
        raise InputError(
            "no such file", where=address.shown, fix="Give the whole path: sqlite:////home/…/engine.sqlite"
        )
    con = ibis.sqlite.connect(address.database)
    con.raw_sql("PRAGMA query_only = ON")
    return con


def _explained(error: Exception, address: DatabaseUrl, doing: str) -> InputError:
    text = " ".join(str(error).split())
    said = "the driver's message is left out, for it repeats the password" if address.holds_secret(text) else text[:300]
    return InputError(
        f"cannot {doing}: {said or type(error).__name__}",
        where=address.shown,
        fix="Check the URL, and that the account may read the tables ACT_*.",
    )
