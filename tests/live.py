"""Tables ``ACT_*`` of CSV exports, loaded into a PostgreSQL of the tests with the types that the engine gives them."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from poanalyzer.config import Config, ProjectSettings
from poanalyzer.eventlog.schema import TABLES
from poanalyzer.pipeline import read
from tests.postgres import Postgres

ZONE = Config(project=ProjectSettings(timezone="Europe/Berlin"))
_INTEGERS = {
    "REV_", "PRIORITY_", "ACT_INST_STATE_", "JOB_STATE_", "JOB_RETRIES_", "INCIDENT_STATE_", "RETRIES_", "VERSION_",
    "SUSPENSION_STATE_", "HISTORY_TTL_",
}  # fmt: skip
_BIGINTS = {"DURATION_", "SEQUENCE_COUNTER_", "LONG_", "JOB_PRIORITY_"}
_BOOLEANS = {"HAS_START_FORM_KEY_", "STARTABLE_", "INITIAL_"}
_TIMES = {"TIMESTAMP_", "TIME_", "DUE_DATE_", "FOLLOW_UP_DATE_", "JOB_DUEDATE_"}


def column_type(table: str, column: str) -> str:
    """Return the type of a column in the engine's own create scripts for PostgreSQL."""
    if column in _TIMES or column.endswith("_TIME_"):
        return "timestamp"
    if column in _INTEGERS and not (table == "ACT_GE_SCHEMA_LOG" and column == "VERSION_"):
        return "integer"
    if column == "STATE_" and table == "ACT_HI_EXT_TASK_LOG":
        return "integer"
    if column in _BIGINTS:
        return "bigint"
    if column in _BOOLEANS:
        return "boolean"
    return "double precision" if column == "DOUBLE_" else "varchar(4000)"


def load(server: Postgres, files: Iterable[Path], schema: str = "public") -> str:
    """Create a database with a table for each CSV file, in the case that PostgreSQL gives names, and return its name."""
    database = server.database()
    if schema != "public":
        server.psql(f"CREATE SCHEMA {schema}", database)
    for file in files:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
        header, _, rows = text.partition("\n")
        names = next(csv.reader(io.StringIO(header)))
        table = file.name.split(".")[0].upper()
        columns = ", ".join(f"{name.lower()} {column_type(table, name)}" for name in names)
        server.psql(f"CREATE TABLE {schema}.{table.lower()} ({columns})", database)
        server.copy(database, f"{schema}.{table.lower()}", [name.lower() for name in names], rows.encode("utf-8"))
    return database


def load_models(server: Postgres, database: str, models: Iterable[tuple[str, str, Path]]) -> None:
    """Add the resources of deployments: (deployment id, name of the resource, file)."""
    rows = [
        f"INSERT INTO act_ge_bytearray VALUES ('m{number}', 1, '{name}', '{deployment}', '\\x{file.read_bytes().hex()}');"
        for number, (deployment, name, file) in enumerate(models)
    ]
    create = (
        "CREATE TABLE act_ge_bytearray (id_ varchar(64), rev_ integer, name_ varchar(255), deployment_id_ varchar(64), "
    )
    server.psql(f"{create}bytes_ bytea);\n" + "\n".join(rows), database)


def rows_of(path: str, config: Config = ZONE) -> dict[str, Counter[tuple[Any, ...]]]:
    """Return all canonical rows, but for the names of input and model files."""
    with read([path], config) as log:
        return {
            name: Counter(_comparable(row, name) for row in log.table(name).to_pyarrow().to_pylist()) for name in TABLES
        }


def _comparable(row: dict[str, Any], table: str) -> tuple[Any, ...]:
    if table == "elements":
        row["raw_ref"] = row["raw_ref"].split("#")[-1]  # the file's name stands before the element
    if row.get("type") == "double" and row["value"] is not None:
        row["value"] = float(row["value"])  # “11.0” where a database's own tool wrote the file
    return tuple(row[column] for column in sorted(row) if column not in ("source", "model_ref"))


def same(live: dict[str, Counter[tuple[Any, ...]]], files: dict[str, Counter[tuple[Any, ...]]]) -> None:
    """Compare canonical rows table by table, and show some that differ."""
    for name in files:
        gone, new = files[name] - live[name], live[name] - files[name]
        assert not gone and not new, (name, len(gone), len(new), list(gone)[:2], list(new)[:2])
