"""The tables of a Camunda 7 database as analysts export them: which file is which, and its rows as an Ibis table.

Rows are kept as text in the store's back end; times become int64 microseconds UTC on the way. Column names are matched
whatever their case, and a column that an older engine does not have is NULL.
Source: the create scripts of camunda-bpm-platform (``activiti.<db>.create.history.sql`` and ``…engine.sql``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from poanalyzer.errors import InputError
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda7_times import LocalClock
from poanalyzer.ingest.dialect import Dialect, open_rows, sample, sniff
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.timestamps import decide_order, guess_format, text_to_micros
from poanalyzer.ingest.zones import is_utc, local_to_utc

if TYPE_CHECKING:
    import io

    import ibis
    import pyarrow as pa

#: The columns read of each table; ``@`` marks a time.
COLUMNS: dict[str, tuple[str, ...]] = {
    "HI_PROCINST": (
        "ID_", "PROC_INST_ID_", "BUSINESS_KEY_", "PROC_DEF_KEY_", "PROC_DEF_ID_", "@START_TIME_", "@END_TIME_",
        "@REMOVAL_TIME_", "START_USER_ID_", "START_ACT_ID_", "END_ACT_ID_", "SUPER_PROCESS_INSTANCE_ID_",
        "ROOT_PROC_INST_ID_", "DELETE_REASON_", "TENANT_ID_", "STATE_", "RESTARTED_PROC_INST_ID_",
    ),
    "HI_ACTINST": (
        "ID_", "PARENT_ACT_INST_ID_", "PROC_DEF_KEY_", "PROC_DEF_ID_", "PROC_INST_ID_", "EXECUTION_ID_", "ACT_ID_",
        "TASK_ID_", "CALL_PROC_INST_ID_", "ACT_NAME_", "ACT_TYPE_", "ASSIGNEE_", "@START_TIME_", "@END_TIME_",
        "ACT_INST_STATE_", "SEQUENCE_COUNTER_", "TENANT_ID_",
    ),
    "HI_TASKINST": ("ID_", "TASK_DEF_KEY_", "PROC_INST_ID_", "ACT_INST_ID_", "ASSIGNEE_", "@DUE_DATE_"),
    "HI_INCIDENT": (
        "ID_", "PROC_INST_ID_", "EXECUTION_ID_", "@CREATE_TIME_", "@END_TIME_", "INCIDENT_TYPE_", "ACTIVITY_ID_",
        "FAILED_ACTIVITY_ID_", "ROOT_CAUSE_INCIDENT_ID_", "CONFIGURATION_", "INCIDENT_STATE_",
    ),
    "HI_JOB_LOG": (
        "ID_", "@TIMESTAMP_", "JOB_ID_", "JOB_RETRIES_", "JOB_EXCEPTION_MSG_", "JOB_STATE_", "ACT_ID_",
        "FAILED_ACT_ID_", "EXECUTION_ID_", "PROCESS_INSTANCE_ID_", "HOSTNAME_",
    ),
    "HI_EXT_TASK_LOG": (
        "ID_", "@TIMESTAMP_", "EXT_TASK_ID_", "RETRIES_", "TOPIC_NAME_", "WORKER_ID_", "ERROR_MSG_", "ACT_ID_",
        "ACT_INST_ID_", "PROC_INST_ID_", "STATE_",
    ),
    "HI_VARINST": (
        "ID_", "PROC_INST_ID_", "ACT_INST_ID_", "NAME_", "VAR_TYPE_", "DOUBLE_", "LONG_", "TEXT_", "STATE_",
    ),
    "HI_OP_LOG": (
        "ID_", "DEPLOYMENT_ID_", "PROC_INST_ID_", "TASK_ID_", "JOB_ID_", "USER_ID_", "@TIMESTAMP_", "OPERATION_TYPE_",
        "OPERATION_ID_", "ENTITY_TYPE_", "PROPERTY_", "NEW_VALUE_", "EXTERNAL_TASK_ID_",
    ),
    "HI_IDENTITYLINK": ("ID_", "@TIMESTAMP_", "TYPE_", "USER_ID_", "GROUP_ID_", "TASK_ID_", "OPERATION_TYPE_"),
    "RE_PROCDEF": (
        "ID_", "NAME_", "KEY_", "VERSION_", "DEPLOYMENT_ID_", "RESOURCE_NAME_", "TENANT_ID_", "VERSION_TAG_",
        "HISTORY_TTL_",
    ),
    "RE_DEPLOYMENT": ("ID_", "NAME_", "@DEPLOY_TIME_", "SOURCE_", "TENANT_ID_"),
    "GE_PROPERTY": ("NAME_", "VALUE_"),
    "GE_SCHEMA_LOG": ("ID_", "@TIMESTAMP_", "VERSION_"),
}  # fmt: skip
#: Tables that are recognised as part of an export, though their rows fill nothing canonical.
OTHERS = ("HI_DETAIL", "HI_DECINST", "HI_DEC_IN", "HI_DEC_OUT", "HI_BATCH", "HI_COMMENT", "HI_ATTACHMENT",
          "HI_CASEINST", "HI_CASEACTINST", "GE_BYTEARRAY", "RE_DECISION_DEF", "RE_CASE_DEF", "RU_EXECUTION", "RU_TASK",
          "RU_JOB", "RU_INCIDENT", "RU_EXT_TASK", "RU_VARIABLE", "RU_JOBDEF", "RU_EVENT_SUBSCR")  # fmt: skip
_NAME = re.compile(
    r"(?:^|[^a-z])act_(" + "|".join(sorted(map(str.lower, (*COLUMNS, *OTHERS)), key=len, reverse=True)) + r")(?![a-z])"
)
#: Columns that give a table away whose file has another name; the first that fits counts.
_MARKS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (table, frozenset(marks.split()))
    for table, marks in (
        ("HI_ACTINST", "PROC_INST_ID_ ACT_ID_ ACT_TYPE_ START_TIME_"),
        ("HI_PROCINST", "PROC_INST_ID_ START_TIME_ START_ACT_ID_ SUPER_PROCESS_INSTANCE_ID_"),
        ("HI_TASKINST", "PROC_INST_ID_ TASK_DEF_KEY_ START_TIME_"),
        ("HI_INCIDENT", "PROC_INST_ID_ INCIDENT_TYPE_ CREATE_TIME_ INCIDENT_STATE_"),
        ("HI_JOB_LOG", "JOB_ID_ JOB_STATE_ JOB_RETRIES_"),
        ("HI_EXT_TASK_LOG", "EXT_TASK_ID_ TOPIC_NAME_ STATE_"),
        ("HI_OP_LOG", "OPERATION_TYPE_ ENTITY_TYPE_ USER_ID_"),
        ("RE_PROCDEF", "KEY_ VERSION_ DEPLOYMENT_ID_ RESOURCE_NAME_"),
        ("RE_DEPLOYMENT", "ID_ DEPLOY_TIME_"),
    )
)
#: Columns without which no row of a table can be used: any one of each group.
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "HI_PROCINST": (("ID_", "PROC_INST_ID_"), ("START_TIME_",)),
    "HI_ACTINST": (("ID_",), ("PROC_INST_ID_",), ("ACT_ID_",), ("START_TIME_",)),
}
#: Makes names of tables and files unique, however many exports are read into one store.
_SERIAL = itertools.count()
#: How exports write NULL, beside nothing at all.
_NULLS = ["", "\\N", "NULL", "null", "(null)", "[NULL]", "<null>"]


def table_of(file: InputFile) -> str | None:
    """Return the table a file holds (``HI_PROCINST`` …), by its name or, where that says nothing, by its header.

    Names may have more around the table's: ``public.act_hi_procinst``, ``2026-01_ACT_HI_PROCINST``.
    """
    if file.suffix not in (".csv", ".tsv", ".txt"):
        return None
    found = _NAME.search(file.stem.lower())
    return found.group(1).upper() if found else _by_header(file)


@lru_cache(maxsize=4096)
def _by_header(file: InputFile) -> str | None:
    try:
        if b"_" not in file.head[: 1 << 12]:
            return None
        names = {column_name(name) for name in sniff(file).names}
    except InputError:
        return None  # no table of text: whoever claims it says what is wrong
    return next((table for table, marks in _MARKS if marks <= names), None)


def column_name(raw: str) -> str:
    """Return a header's cell as the engine names the column: upper case, without quotes or a table's alias."""
    return raw.strip().strip('"`[]').rsplit(".", 1)[-1].strip('"`[]').upper()


@dataclass(frozen=True)
class _Part:
    """One staged file of a table; ``rows`` as text, ``malformed`` rows that did not fit the header."""

    rows: ibis.Table
    names: dict[str, str]
    read: int
    malformed: int


class Export:
    """The staged tables of one export."""

    def __init__(self, files: Sequence[InputFile], zone: str, sink: Sink) -> None:
        self.zone = zone
        self._sink = sink
        self._clock = LocalClock(zone)
        self._tables: dict[str, ibis.Table] = {}
        self._columns: dict[str, set[str]] = {}
        self.malformed: dict[str, int] = {}
        self.duplicates: dict[str, int] = {}
        by_table: dict[str, list[InputFile]] = {}
        for file in files:
            if table := table_of(file):
                by_table.setdefault(table, []).append(file)
        self.named = frozenset(by_table)
        wanted = [(table, group) for table, group in by_table.items() if table in COLUMNS]
        for number, (table, group) in enumerate(wanted, 1):
            self._load(table, group)
            sink.progress(0.8 * number / len(wanted))
        if self._clock.skipped:
            sink.note(
                "warning",
                f"{self._clock.skipped} times do not exist in {zone} (its clocks skip that hour): the engine ran in "
                "another zone",
                "Set timezone of this input to the zone of the engine's Java machine.",
            )

    def has(self, table: str) -> bool:
        """Whether the table was exported, be it without rows."""
        return table in self._tables

    def has_column(self, table: str, column: str) -> bool:
        """Whether the export's table has the column (older engines, selected columns)."""
        return column in self._columns.get(table, ())

    def table(self, table: str) -> ibis.Table:
        """Return a table with all of its :data:`COLUMNS`; without rows where it was not exported."""
        import ibis

        if table in self._tables:
            return self._tables[table]
        kinds = {c.lstrip("@"): "int64" if c.startswith("@") else "string" for c in COLUMNS[table]}
        return ibis.memtable([], schema=ibis.schema(kinds))

    def count(self, table: str) -> int:
        """Return the number of rows of a table, 0 where it was not exported."""
        return int(self._sink.con.execute(self._tables[table].count())) if table in self._tables else 0

    def keep(self, rows: ibis.Table, name: str) -> ibis.Table:
        """Run an expression that is used more than once, and return its result as a table of the store."""
        return self._sink.con.create_table(f"camunda7_{name}_{next(_SERIAL)}", rows)

    def _load(self, table: str, files: Sequence[InputFile]) -> None:
        import ibis

        parts = [(file, _stage(file, table, self._clock, self._sink)) for file in files]
        rows = [self._typed(table, file, part) for file, part in parts]
        self._columns[table] = set.intersection(*(set(part.names.values()) for _, part in parts))
        self.malformed[table] = sum(part.malformed for _, part in parts)
        self._tables[table] = self._once(rows[0] if len(rows) == 1 else ibis.union(*rows), table)

    def _typed(self, table: str, file: InputFile, part: _Part) -> ibis.Table:
        """Return a file's rows with every column of the table, times as microseconds UTC."""
        import ibis

        times = [c[1:] for c in COLUMNS[table] if c.startswith("@") and c[1:] in part.rows.columns]
        instants = self._instants(file, part.rows, [c for c in times if part.rows[c].type().is_string()])
        columns: dict[str, ibis.Value] = {}
        for declared in COLUMNS[table]:
            name = declared.lstrip("@")
            if name in instants:
                columns[name] = instants[name]
            elif name not in part.rows.columns:
                columns[name] = ibis.null("int64" if declared.startswith("@") else "string")
            else:
                columns[name] = part.rows[name] if name in times else part.rows[name].nullif("")
        rows = part.rows.select(**columns)
        return self.keep(rows, table) if instants else rows

    def _instants(self, file: InputFile, rows: ibis.Table, columns: list[str]) -> dict[str, ibis.Value]:
        """Read times that are not written the plain way (spreadsheets, offsets), by the formats tables may have."""
        import ibis

        if not columns:
            return {}
        some = rows.select(columns).limit(2000).to_pyarrow()
        values = [value for column in columns for value in some[column].to_pylist()]
        found = guess_format(values, columns[0], file.name)
        if found is None:
            return dict.fromkeys(columns, ibis.null("int64"))
        family = decide_order(rows, columns, file.name) if found.family == "day" else found.family
        read = {c: text_to_micros(rows[c].strip(), family) for c in columns}
        ends = rows.aggregate(**{f"{at}_{c}": getattr(m, at)() for c, (m, _) in read.items() for at in ("min", "max")})
        known = [value for value in ends.to_pyarrow().to_pylist()[0].values() if value is not None]
        if not known or found.fixed_to_utc or is_utc(self.zone):
            return {c: micros for c, (micros, _) in read.items()}
        first, last = max(min(known), EARLIEST_US), min(max(known), LATEST_US)
        return {
            c: ibis.ifelse(zoned, micros, local_to_utc(micros, self.zone, first, last))
            for c, (micros, zoned) in read.items()
        }

    def _once(self, rows: ibis.Table, table: str) -> ibis.Table:
        """Drop rows that stand in the export twice (overlapping files): the one that ended, or was seen last, stays."""
        import ibis

        if "ID_" not in rows.columns:
            return rows
        counts = rows.aggregate(n=rows.ID_.count(), ids=rows.ID_.nunique()).to_pyarrow().to_pylist()[0]
        extra = int(counts["n"]) - int(counts["ids"])
        if not extra:
            return rows
        self._sink.note("note", f"{extra} rows of ACT_{table} stand in the export more than once; each is read once")
        self.duplicates[table] = extra
        late = [
            rows[c].desc(nulls_first=False) for c in ("END_TIME_", "TIMESTAMP_", "START_TIME_") if c in rows.columns
        ]
        order = ibis.row_number().over(group_by=rows.ID_, order_by=[*late, *(rows[c] for c in rows.columns)])
        ranked = rows.mutate(rank_=order)
        return ranked.filter((ranked.rank_ == 0) | ranked.ID_.isnull()).drop("rank_")


def _stage(file: InputFile, table: str, clock: LocalClock, sink: Sink) -> _Part:
    """Stream a file into the store as text, only the columns that are used."""
    dialect = sniff(file)
    wanted = {c.lstrip("@") for c in COLUMNS[table]}
    names: dict[str, str] = {}
    for name in dialect.names:
        if column_name(name) in wanted and column_name(name) not in names.values():
            names[name] = column_name(name)
    if not names:
        raise InputError(
            f"none of the columns of ACT_{table} is in the header",
            where=file.name,
            fix="Export the table with its column names in the first row.",
        )
    absent = [" or ".join(group) for group in _NEEDED.get(table, ()) if not set(group) & set(names.values())]
    if absent:
        raise InputError(
            f"ACT_{table} has no column {', '.join(absent)}; it has {_listed(dialect.names)}",
            where=file.name,
            fix="Export the table with all of its columns.",
        )
    import pyarrow as pa
    from pyarrow import parquet

    times = {c[1:] for c in COLUMNS[table] if c.startswith("@")} & set(names.values())
    heads = [row[original] for row in sample(file, dialect) for original, name in names.items() if name in times]
    plain = bool(times) and clock.reads([value for value in heads if value not in _NULLS])
    # by way of a Parquet file: streamed, so that memory stays flat, and read alike by every back end
    path = sink.workdir / f"act_{table.lower()}-{next(_SERIAL)}.parquet"
    kinds = {name: pa.int64() if plain and name in times else pa.string() for name in names.values()}
    read = 0
    try:
        reader, malformed = _reader(file, dialect, names)
        with parquet.ParquetWriter(path, pa.schema(list(kinds.items())), compression="zstd") as out:
            for batch in reader:
                read += batch.num_rows
                columns = [
                    clock.to_utc(column) if plain and name in times else column
                    for name, column in zip(names.values(), batch.columns, strict=True)
                ]
                out.write_batch(pa.RecordBatch.from_arrays(columns, schema=out.schema))
    except pa.ArrowInvalid as error:
        raise InputError(
            f"the rows cannot be read as a table: {str(error).splitlines()[0][:160]}",
            where=file.name,
            fix="Export it as CSV with quoted text.",
        ) from None
    return _Part(sink.con.read_parquet(path), names, read + len(malformed), len(malformed))


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(name[:40] for name in names[:most]) + (
        f" and {len(names) - most} more" if len(names) > most else ""
    )


def _reader(file: InputFile, dialect: Dialect, names: dict[str, str]) -> tuple[pa.RecordBatchReader, list[int]]:
    """Return a stream of the rows as text, and the list that fills with the numbers of rows that do not fit."""
    import pyarrow as pa
    from pyarrow import csv

    malformed: list[int] = []

    def skip(row: csv.InvalidRow) -> str:
        malformed.append(row.number or 0)
        return "skip"

    all_names = [names.get(name, f"column {position}") for position, name in enumerate(dialect.names)]
    chosen = list(names.values())
    schema = pa.schema([(name, pa.string()) for name in chosen])
    rows = cast("io.BufferedReader", open_rows(file, dialect, dialect.encoding))
    if not rows.peek(1):  # a header and nothing below it
        return pa.RecordBatchReader.from_batches(schema, []), malformed
    reader = csv.open_csv(
        rows,
        read_options=csv.ReadOptions(column_names=all_names, block_size=8 << 20),
        parse_options=csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            invalid_row_handler=skip,
        ),
        convert_options=csv.ConvertOptions(
            include_columns=chosen,
            column_types={name: pa.string() for name in chosen},
            null_values=_NULLS,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return reader, malformed
