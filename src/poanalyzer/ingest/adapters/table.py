"""Plain event tables: CSV, TSV and Parquet with one row an event or an activity instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.plainlog.lifecycle import end_state
from poanalyzer.ingest.plainlog.plainlog import put_plain_log
from poanalyzer.ingest.tables.columns import RoleDetection, detect_roles
from poanalyzer.ingest.tables.repeats import without_repeats
from poanalyzer.ingest.tables.rolenames import CANONICAL_RESOURCE_TYPES, CANONICAL_STATES
from poanalyzer.ingest.tables.tablefiles import (
    TableHead,
    csv_head,
    is_parquet,
    open_parquet,
    parquet_head,
    parquet_schema,
    stage_csv,
)
from poanalyzer.ingest.times.tabletimes import TIME_ROLES, read_times

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.sink import Sink

#: A plain table never outbids an adapter that knows the engine.
MOST = 0.7
#: The claim for a table in which no event log was recognised: used only where it is the sole input, or declared.
LEAST = 0.05
_SUFFIXES = {".csv", ".tsv", ".txt", ".tab", ".dat", ""}
#: Column role → column of the plain log.
_EVENT_COLUMNS = {
    "case": "case_id", "activity": "activity", "resource": "resource", "role": "role", "lifecycle": "lifecycle",
    "instance": "instance", "element_type": "element_type", "process": "process_key", "version": "process_version",
    "business_key": "business_key", "parent": "parent_case_id", "outcome": "outcome", "row_key": "row_key",
}  # fmt: skip


class TableAdapter:
    """Reads plain tables; splitting one into several files of the same columns changes nothing."""

    id = "table"
    title = "Plain event table (CSV, TSV, Parquet)"

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Return one claim for each group of files that lie together and have the same columns."""
        groups: dict[tuple[str, object], list[InputFile]] = defaultdict(list)
        refused: list[Claim] = []
        for file in files:
            try:
                key = _key(file)
            except InputError as error:
                # said again, as an error, where the file is all there is to read
                refused.append(Claim((file,), LEAST, error.what))
                continue
            if key is not None:
                groups[key].append(file)
        claims = []
        for group in groups.values():
            try:
                found = _roles(_head(group), settings, group[0].name, strict=False)
            except InputError as error:
                refused.append(Claim(tuple(group), LEAST, error.what))
                continue
            if found.missing:
                claims.append(Claim(tuple(group), LEAST, f"a table without a column for {', '.join(found.missing)}"))
                continue
            confidence = max(LEAST, round(MOST * found.confidence, 3))
            columns = ", ".join(f"{role} “{column}”" for role, column in found.columns.items())
            claims.append(Claim(tuple(group), confidence, f"a table with {columns}", columns=found.columns))
        return [*claims, *refused]

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the claimed files as one log. Raises :class:`InputError` where that fails."""
        files = claim.files
        for file in files:
            _key(file)
        head = _head(files)
        found = _roles(head, settings, claim.files[0].name, strict=True)
        columns = _unambiguous(found.columns, head, settings, files[0].name)
        wanted = list(dict.fromkeys(columns.values()))
        for note in head.notes:
            sink.note("note", note)
        if is_parquet(files[0]):
            table = open_parquet(files, sink).select(*wanted)
            rows, malformed = int(sink.con.execute(table.count())), 0
        else:
            times = [columns[role] for role in TIME_ROLES if role in columns]
            table, rows, bad = stage_csv(files, wanted, sink, trimmed=times)
            malformed = bad.count
            sink.reject("the row does not have as many values as the header", malformed, "".join(bad.examples))
        if not rows:
            raise InputError(
                "a header and no rows" if not malformed else "no row has as many values as the header",
                where=files[0].name,
                fix="Export it again, with the events.",
            )
        sink.read(malformed)
        sink.record.columns = columns
        table = without_repeats(table, columns, files, head, sink)
        table = read_times(table, columns, head, settings, config, sink)
        put_plain_log(
            sink, _events(table, columns), settings=settings, config=config, default_process=_process_name(files)
        )


ADAPTER = TableAdapter()


def column_roles(files: Sequence[InputFile], settings: InputSettings) -> RoleDetection:
    """Return which column of ``files`` (one claim's) plays which role, with confidence, reason and rivals."""
    return _roles(_head(files), settings, files[0].name, strict=False)


def _key(file: InputFile) -> tuple[str, object] | None:
    """Return what files must share to be one log, None for what is no table. Raises where a table is unusable."""
    folder = "/".join(p for p in PurePosixPath(file.name.replace("!", "/")).parent.parts if "=" not in p)
    if is_parquet(file):
        schema = parquet_schema(file)
        return folder, tuple((f.name, str(f.type)) for f in schema)
    if file.suffix == ".parquet":
        raise InputError("not a Parquet file, although its name says so", where=file.name, fix="Export it again.")
    start = file.head[:256].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    if file.suffix not in _SUFFIXES or start[:1] in (b"<", b"{", b"["):
        return None
    return folder, csv_head([file]).names


def _head(files: Sequence[InputFile]) -> TableHead:
    return parquet_head(files) if is_parquet(files[0]) else csv_head(files)


def _roles(head: TableHead, settings: InputSettings, where: str, *, strict: bool) -> RoleDetection:
    return detect_roles(head.names, head.rows, settings.columns, where=where, times=head.times, strict=strict)


def _unambiguous(columns: dict[str, str], head: TableHead, settings: InputSettings, where: str) -> dict[str, str]:
    """Drop roles whose column's name stands twice in the header; refuse where the role is needed or declared."""
    kept = {}
    for role, column in columns.items():
        if column not in head.duplicates:
            kept[role] = column
        elif role in settings.columns or role in ("case", "activity", "start", "end"):
            raise InputError(
                f"two columns are called “{column}” (wanted for {role})",
                where=where,
                fix="Rename one of them in the header, or name another column with --map.",
            )
    return kept


def _process_name(files: Sequence[InputFile]) -> str:
    if len(files) == 1:
        return files[0].stem
    folder = PurePosixPath(files[0].name.split("!", maxsplit=1)[0])
    name = folder.stem if "!" in files[0].name else folder.parent.name
    return name or files[0].stem


def _events(table: ibis.Table, columns: dict[str, str]) -> ibis.Table:
    """Return the rows of a plain log: texts under their canonical names beside the times already read."""
    made: dict[str, Any] = {
        event: _text(table[columns[role]]) for role, event in _EVENT_COLUMNS.items() if role in columns
    }
    if "group" in columns:
        group = _text(table[columns["group"]])
        made["role"] = made["role"].fill_null(group) if "role" in made else group
    if "state" in columns:
        made["state"] = _mapped(_text(table[columns["state"]]), CANONICAL_STATES.items())
    if "resource_type" in columns:
        made["resource_type"] = _mapped(_text(table[columns["resource_type"]]), CANONICAL_RESOURCE_TYPES.items())
    if "seq" in columns:
        made["seq"] = _text(table[columns["seq"]]).try_cast("int64")
    times = {name: table[f"time_{name}"] for name in ("start", "end", "due") if f"time_{name}" in table.columns}
    if "start" in times and "end" in times:
        # the row already is an activity instance: there is nothing to pair, but the word may say how it ended
        word = made.pop("lifecycle", None)
        if word is not None and "state" not in made:
            made["state"] = times["end"].isnull().ifelse(None, end_state(word.strip().lower().fill_null("")))
    elif "end" in times or "lifecycle" in made:
        times["at"] = times.pop("end") if "end" in times else times.pop("start")
    return table.select(**made, **times)


def _mapped(text: ibis.Value, words: Iterable[tuple[str, str]]) -> ibis.Value:
    import ibis

    folded = text.strip().lower()
    by_value: dict[str, list[str]] = defaultdict(list)
    for word, value in words:
        by_value[value].append(word)
    return ibis.cases(*((folded.isin(spelled), value) for value, spelled in by_value.items()))


def _text(column: ibis.Value) -> ibis.Value:
    """Return a column as text; whole floating numbers as integers, as they were before a gap made them floats."""
    kind = column.type()
    if kind.is_floating():
        whole = column.cast("int64")
        return (column == whole).ifelse(whole.cast("string"), column.cast("string"))
    return column if kind.is_string() else column.cast("string")
