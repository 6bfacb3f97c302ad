"""A session with PostgreSQL: one read-only transaction on one snapshot, with limits that protect the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.ingest.live.tables import NAMES, LiveTable, Session, live_table
from poanalyzer.ingest.live.url import DatabaseUrl

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

#: Seconds to wait for the server's answer to a new connection.
CONNECT_SECONDS = 15
#: For this session alone, and only until it ends. A lock that is waited for blocks those who come after; parallel workers and
#: scans that start where another one is would give the rows in another order each time.
_LIMITS = (
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10min"),
    ("max_parallel_workers_per_gather", "0"),
    ("synchronize_seqscans", "off"),
)
#: Columns that may be read: a role may have been granted some only. A domain counts as what it is made of.
_COLUMNS = """
SELECT n.nspname, c.relname, c.reltuples::bigint, a.attname,
       has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND lower(c.relname) = ANY(%s) AND n.nspname = ANY(%s)
ORDER BY n.nspname, c.relname, a.attnum
"""
_ELSEWHERE = """
SELECT DISTINCT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND lower(c.relname) IN ('act_hi_procinst', 'act_hi_actinst') ORDER BY 1
"""


@contextmanager
def session(address: DatabaseUrl) -> Iterator[Session]:
    """Yield a session; whatever happens, the transaction ends with it and leaves nothing behind."""
    con = _connect(address)
    try:
        raw = con.con
        import psycopg

        raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        raw.read_only = True
        try:
            with raw.transaction(force_rollback=True):
                yield _prepared(con, address)
        except psycopg.Error as error:  # while it is set up or ended: what fails between is explained there
            raise _explained(error, address, "set up the session") from None
    finally:
        con.disconnect()


def _connect(address: DatabaseUrl) -> ibis.BaseBackend:
    try:
        import ibis
        import psycopg

        ibis.postgres  # noqa: B018 - loads the back end, and with it the driver
    except ImportError as error:
        raise InputError(
            f"to read PostgreSQL, its driver is needed ({str(error).splitlines()[0]})",
            where=address.shown,
            fix="pip install 'poanalyzer[postgres]'",
        ) from None
    hosts, ports = zip(*address.hosts, strict=True)
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "fallback_application_name": "poanalyzer",
        **dict(address.parameters),
        # what is not given stays None: libpq then asks its environment, service and password files
        "user": address.user or None,
        "password": address.password or None,
        "database": address.database or None,
    }
    if any(hosts):
        options["host"] = ",".join(hosts).strip("[]")
    if any(ports):
        options["port"] = ",".join(ports)
    try:
        return ibis.postgres.connect(**{"port": None, **options})
    except psycopg.Error as error:
        raise _unreachable(error, address) from None


def _unreachable(error: Exception, address: DatabaseUrl) -> InputError:
    said = _said(error, address)
    if "password" in said or "authentication" in said:
        fix = "Check user and password: PGPASSWORD, ~/.pgpass, or the URL."
    elif "does not exist" in said:
        fix = "Check the names of database and user in the URL: postgresql://USER@HOST:PORT/DATABASE."
    elif "connection option" in said:
        fix = "Remove that parameter from the URL, or spell it as PostgreSQL does (sslmode=require)."
    else:
        fix = "Check host and port, that the server is running, and that it may be reached from this machine."
    return InputError(f"cannot connect: {said}", where=address.shown, fix=fix)


def _prepared(con: ibis.BaseBackend, address: DatabaseUrl) -> Session:
    with con.con.cursor() as cursor:
        for name, value in (("statement_timeout", str(address.timeout_ms)), *_LIMITS):
            # servers that speak PostgreSQL's protocol and are another lack some
            cursor.execute(
                "SELECT set_config(name, %s, true) FROM pg_catalog.pg_settings WHERE name = %s", (value, name)
            )
        cursor.execute("SELECT current_schemas(false)")
        (path,) = cursor.fetchone()
        schemas = tuple(address.schemas or path)
        cursor.execute(_COLUMNS, (list(NAMES), list(schemas)))
        tables = tuple(_tables(cursor.fetchall()))
        elsewhere: tuple[str, ...] = ()
        if not tables:
            cursor.execute(_ELSEWHERE)
            elsewhere = tuple(name for (name,) in cursor.fetchall())
    return Session(
        con=con,
        schemas=schemas,
        tables=tables,
        elsewhere=elsewhere,
        batches=lambda rows, size: _batches(con, rows, size),
        explain=lambda error, doing: _explained(error, address, doing),
        denies=_denies,
    )


def _batches(con: ibis.BaseBackend, rows: ibis.Table, size: int) -> Iterator[pa.RecordBatch]:
    """Fetch the rows of an expression by a cursor on the server.

    Ibis' own ``to_pyarrow_batches`` closes the cursor after its savepoint is gone: that error hides what went wrong.
    """
    import pyarrow as pa

    kind = rows.schema().as_struct().to_pyarrow()
    with con.con.transaction(), con.con.cursor(name="poanalyzer") as cursor:
        cursor.execute(con.compile(rows))
        while found := cursor.fetchmany(size):
            yield pa.RecordBatch.from_struct_array(pa.array(found, type=kind))


def _tables(rows: list[tuple[str, str, int, str, bool]]) -> Iterator[LiveTable]:
    for (schema, name, estimate), columns in groupby(rows, key=lambda row: row[:3]):
        # -1: never counted
        yield live_table(schema, name, [row[3:] for row in columns], estimate if estimate > 0 else None)


def _denies(error: Exception) -> bool:
    from psycopg import errors

    return isinstance(error, errors.InsufficientPrivilege)


def _explained(error: Exception, address: DatabaseUrl, doing: str) -> InputError:
    """Say what the server refused while it was asked to do something (“copy act_hi_actinst”)."""
    from psycopg import OperationalError, errors

    if isinstance(error, errors.QueryCanceled) and "statement timeout" in str(error):
        limit = f"{address.timeout_ms / 1000:g} s"
        return InputError(
            f"cannot {doing}: a statement took longer than {limit}",
            where=address.shown,
            fix="Allow more with ?statement_timeout=30min at the end of the URL, or read a replica that is less busy.",
        )
    if isinstance(error, errors.LockNotAvailable):
        return InputError(
            f"cannot {doing}: somebody has locked it", where=address.shown, fix="Try again when that work is done."
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return InputError(
            f"cannot {doing}: {_said(error, address)}",
            where=address.shown,
            fix="Have it granted to the user: docs/live-database.md has the statements.",
        )
    if isinstance(error, OperationalError) and not isinstance(error, errors.QueryCanceled):
        return InputError(
            f"the connection was lost: could not {doing} ({_said(error, address)})",
            where=address.shown,
            fix="Nothing of it was kept. Run it again.",
        )
    return InputError(f"cannot {doing}: {_said(error, address)}", where=address.shown, fix="Nothing of it was kept.")


def _said(error: Exception, address: DatabaseUrl) -> str:
    """Return the driver's message on one line; not where it repeats a secret."""
    text = " ".join(str(error).split())
    if address.holds_secret(text):
        return "the driver's message is left out, for it repeats the password"
    return text[:300] or type(error).__name__
