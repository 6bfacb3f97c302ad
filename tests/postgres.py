"""A PostgreSQL server of the tests' own: made, started, used and thrown away."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

#: Where Debian keeps the server's programs, which it leaves out of PATH.
_DEBIAN = Path("/usr/lib/postgresql")
#: Nothing here has to survive a power cut.
_FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=4GB"]


@dataclass(frozen=True)
class Postgres:
    """A running server. TCP asks for passwords; the socket in ``folder`` trusts."""

    folder: Path
    port: int
    user: str
    password: str

    def url(self, database: str = "postgres", *, user: str = "", password: str = "", query: str = "") -> str:
        """Return the URL of a database, by TCP, as the superuser unless another one is named."""
        who = f"{user}:{password}" if user else f"{self.user}:{self.password}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}{'?' + query if query else ''}"

    def psql(self, statements: str, database: str = "postgres") -> str:
        """Run SQL as the superuser and return what it prints, unaligned and without headers."""
        command = [_program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder)]
        command += ["-p", str(self.port), "-U", self.user, "-d", database, "-f", "-"]
        done = subprocess.run(command, input=statements, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def database(self) -> str:
        """Create an empty database and return its name."""
        name = f"t{uuid4().hex[:12]}"
        self.psql(f"CREATE DATABASE {name}")
        return name

    def copy(self, database: str, table: str, columns: Sequence[str], csv: bytes) -> None:
        """Load rows of CSV, without their header, into a table."""
        names = ", ".join(columns)
        command = [_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-p", str(self.port)]
        command += ["-U", self.user, "-d", database, "-c", f"COPY {table} ({names}) FROM STDIN (FORMAT csv)"]
        done = subprocess.run(command, input=csv, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests of the session; they skip where PostgreSQL is not installed."""
    for program in ("initdb", "pg_ctl", "psql"):
        if not _program(program):
            pytest.skip(f"needs PostgreSQL: there is no {program} (Debian: apt-get install postgresql)")
    # its own short folder: the path of a socket may have about a hundred characters
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    server = Postgres(home, _free_port(), "boss", "s3cret-of-boss")
    try:
        _start(server)
        yield server
    finally:
        _run(["pg_ctl", "-D", str(home / "data"), "-m", "immediate", "-w", "stop"], home, check=False)
        shutil.rmtree(home, ignore_errors=True)


def _start(server: Postgres) -> None:
    home, data = server.folder, server.folder / "data"
    (home / "password").write_text(server.password)
    if (account := _account()) is not None:
        for path in (home, home / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
    secret = ["--pwfile", str(home / "password"), "--auth-local=trust", "--auth-host=scram-sha-256"]
    _run(["initdb", "-D", str(data), "-U", server.user, "-E", "UTF8", "--locale=C", "-N", *secret], home)
    settings = [f"listen_addresses=127.0.0.1 port={server.port} unix_socket_directories={home}".split(), _FAST]
    options = " ".join(f"-c {setting}" for group in settings for setting in group)
    _run(["pg_ctl", "-D", str(data), "-l", str(home / "log"), "-w", "-t", "60", "-o", options, "start"], home)


def _run(command: list[str], home: Path, *, check: bool = True) -> None:
    """Run one of the server's programs, which refuse to run as root, as an account without rights."""
    account = _account()
    who = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    # output to a file: the server that pg_ctl leaves behind would keep a pipe open
    with (home / "said").open("ab") as said:
        done = subprocess.run(  # type: ignore[call-overload]
            [_program(command[0]), *command[1:]], cwd=home, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **who
        )
    if check and done.returncode:
        log = home / "log"
        pytest.fail(f"{command[0]}: {(home / 'said').read_text()}\n{log.read_text() if log.exists() else ''}")


def _account() -> pwd.struct_passwd | None:
    """Return the account to run the server as; None where we are no root and run it ourselves."""
    if os.geteuid():
        return None
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def _program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, the newest installed; empty where there is none."""
    versions = [p for p in _DEBIAN.glob("*/bin") if (p / name).is_file()]
    newest = max(versions, key=lambda p: float(p.parent.name), default=None)
    return str(newest / name) if newest else shutil.which(name) or ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
