"""URLs of databases, and what of them may be shown: never user, password or parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from poanalyzer.errors import InputError, did_you_mean

#: Scheme as written → the Ibis back end that reads it.
BACKENDS = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mssql": "mssql",
    "oracle": "oracle",
    "sqlite": "sqlite",
}
#: A statement may take this long unless the URL says otherwise: a cursor's next rows, not a whole table.
STATEMENT_TIMEOUT = "5min"
_UNITS = {"ms": 1, "": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_EXAMPLE = "For example postgresql://reader@db.example.org:5432/camunda"


@dataclass(frozen=True)
class DatabaseUrl:
    """A database to read. ``repr`` shows no secret; ``parameters`` are the driver's own.

    ``schemas`` is empty where the database's own search path counts; ``timeout_ms`` limits each statement.
    """

    scheme: str
    hosts: tuple[tuple[str, str], ...]
    database: str
    schemas: tuple[str, ...]
    timeout_ms: int
    user: str = field(repr=False, default="")
    password: str = field(repr=False, default="")
    parameters: tuple[tuple[str, str], ...] = field(repr=False, default=())

    @property
    def backend(self) -> str:
        """The name of the Ibis back end."""
        return BACKENDS[self.scheme]

    @property
    def shown(self) -> str:
        """The URL without user, password and parameters: what is written wherever the input is named."""
        scheme = "postgresql" if self.backend == "postgres" else self.scheme
        hosts = ",".join(host + (f":{port}" if port else "") for host, port in self.hosts)
        if self.backend == "sqlite":
            return f"{scheme}://{self.database}"
        path = "/".join(part for part in (self.database, ",".join(self.schemas)) if part)
        return f"{scheme}://{hosts}" + (f"/{path}" if path else "")

    @property
    def where(self) -> tuple[str, tuple[tuple[str, str], ...], str, tuple[str, ...]]:
        """What it leads to, however it is written: the same for URLs of one database."""
        usual = {"postgres": "5432", "mysql": "3306", "mssql": "1433", "oracle": "1521"}.get(self.backend, "")
        hosts = tuple((host.lower(), port or usual) for host, port in self.hosts)
        return self.backend, hosts, self.database, self.schemas

    def holds_secret(self, text: str) -> bool:
        """Whether a text, such as a driver's message, says the password or another secret of the URL."""
        secrets = [self.password, *(value for key, value in self.parameters if "pass" in key.lower())]
        return any(secret and secret in text for secret in secrets)


def is_url(path: str) -> bool:
    """Whether an input is a URL, not a path."""
    return _URL.match(path) is not None


def parse_url(text: str) -> DatabaseUrl:
    """Return the parts of a URL ``scheme://user:password@host:port/database/schema?parameters``.

    Of the parameters, ``schema`` (several: commas) and ``statement_timeout`` are ours, all others the driver's. Raises
    :class:`InputError`, which shows nothing of the URL that may be secret.
    """
    found = _URL.match(text)
    scheme = found.group(1).lower() if found else ""
    if found is None or scheme not in BACKENDS:
        raise _unknown(scheme)
    rest, _, query = text[found.end() :].partition("?")
    account, _, place = rest.rpartition("@")
    user, _, password = account.partition(":")
    given, _, path = place.partition("/")
    parameters = {key.lower(): value for key, value in parse_qsl(query, keep_blank_values=True)}
    if scheme == "sqlite":  # a file: its path is its name
        return DatabaseUrl(scheme, (("", ""),), rest, _schemas(parameters, ""), 0)
    database, _, schema = path.partition("/")
    return DatabaseUrl(
        scheme=scheme,
        hosts=_hosts(given, scheme),
        database=unquote(database) or parameters.pop("dbname", ""),
        schemas=_schemas(parameters, unquote(schema)),
        timeout_ms=_milliseconds(parameters.pop("statement_timeout", STATEMENT_TIMEOUT), scheme),
        user=unquote(user) or parameters.pop("user", ""),
        password=unquote(password) or parameters.pop("password", ""),
        parameters=tuple(sorted(parameters.items())),
    )


def _unknown(scheme: str) -> InputError:
    if scheme in {"http", "https", "ftp", "s3", "gs", "file"}:
        fix = "Download it and give the file."
    else:
        fix = f"{did_you_mean(scheme, list(BACKENDS))} {_EXAMPLE}."
    return InputError(f"cannot read from a URL that begins with {scheme}://", where=f"{scheme}://…", fix=fix)


def _hosts(text: str, scheme: str) -> tuple[tuple[str, str], ...]:
    hosts = []
    for one in text.split(","):
        found = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(\d{1,5}))?", one)
        if found is None:
            # what stands there may be a piece of a password: it is not shown
            raise InputError(
                "the URL has no host and port that can be read",
                where=f"{scheme}://…",
                fix=f"Write : / ? # @ of a password as %3A %2F %3F %23 %40, or leave it out (PGPASSWORD). {_EXAMPLE}.",
            )
        hosts.append((unquote(found.group(1)), found.group(2) or ""))
    return tuple(hosts)


def _schemas(parameters: dict[str, str], path: str) -> tuple[str, ...]:
    names = parameters.pop("schema", "") or path
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _milliseconds(text: str, scheme: str) -> int:
    found = re.fullmatch(r"(\d{1,9})\s*(ms|s|min|h|)", text.strip())
    if found is None:
        raise InputError(
            "statement_timeout of the URL is no time span",
            where=f"{scheme}://…",
            fix="Write it as 90s, 10min or 1h; 0 sets no limit.",
        )
    return min(int(found.group(1)) * _UNITS[found.group(2)], 2**31 - 1)
