"""XES event logs (IEEE 1849-2016), plain or gzipped."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError, UsageError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.plainlog.plainlog import put_plain_log
from poanalyzer.ingest.xes.columns import TEXTS, XesColumns, event_schema
from poanalyzer.ingest.xes.parse import EVENT_KEYS, XesParser

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

_ROOT = re.compile(r"<(?:\w+:)?log[\s/>]")
#: Unused attributes that are named in full.
_MOST_NAMED = 12
#: How much a gzipped XES usually grows; only the progress bar needs it.
_USUAL_GROWTH = 20
#: Column role of the project file → field of an event.
_ROLES = {
    "activity": "activity", "end": "at", "start": "start", "lifecycle": "lifecycle", "resource": "resource",
    "role": "role", "group": "group",
}  # fmt: skip


class XesAdapter:
    """Reads XES; each file is a log of its own."""

    id = "xes"
    title = "XES event log (IEEE 1849)"

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Return one claim for each file whose root element is ``<log>``, or whose name says XES."""
        claims = []
        for file in files:
            if _ROOT.search(_text(file.head)):
                claims.append(
                    Claim((file,), 0.95 if file.suffix == ".xes" else 0.9, "its root element is an XES <log>")
                )
            elif file.suffix == ".xes":
                claims.append(Claim((file,), 0.5, "its name ends in .xes"))
        return claims

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the claimed file. Raises :class:`InputError` with the line where that fails.

        ``columns`` of the input's settings name other attributes: ``case`` one of the traces, the other roles of the
        events. Times without an offset are those of the input's or the project's zone, else UTC with a warning.
        """
        if len(claim.files) != 1:
            raise InputError(
                "an XES file is a log of its own", where=sink.record.path, fix="Give the files one by one."
            )
        file = claim.files[0]
        keys, case_key = _keys(settings)
        declared = settings.timezone or config.project.timezone
        sink.record.timezone = declared or "UTC"
        columns = XesColumns(sink.record.timezone)
        parser = XesParser(file.name, keys, case_key, columns.add)
        events = _stage(sink, file, parser, columns)
        if not parser.events + parser.outside:
            raise InputError(
                "the log holds no events",
                where=file.name,
                fix=_advice(parser, "Export the log with its events."),
            )
        sink.record.columns = {
            "case": case_key,
            **{role: keys[field] for role, field in _ROLES.items() if field in keys},
        }
        _reconcile(sink, file, parser, columns, declared)
        cases = sink.stage(columns.cases(), "cases")
        variables = sink.stage(columns.variables(), "attributes") if columns.has_variables else None
        put_plain_log(
            sink,
            _events(events, columns),
            settings=settings,
            config=config,
            default_process=file.stem,
            cases=cases.select("case_id"),
            variables=variables,
        )
        if not sink.record.rows_kept:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sink.record.rejected.items())
            raise InputError(
                f"none of the {sink.record.rows_read} events can be used: {reasons}",
                where=file.name,
                fix=_advice(parser, "Export the log with its traces, names and times."),
            )


ADAPTER = XesAdapter()


def _text(head: bytes) -> str:
    """Return the head of a file as text, as far as finding its root element needs it."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "replace")
    if head[:4] == b"<\x00?\x00":
        return head.decode("utf-16-le", "replace")
    if head[:4] == b"\x00<\x00?":
        return head.decode("utf-16-be", "replace")
    return head.decode("latin-1")


def _keys(settings: InputSettings) -> tuple[dict[str, str], str]:
    keys = dict(EVENT_KEYS)
    case_key = "concept:name"
    for role, key in settings.columns.items():
        if role == "case":
            case_key = key
        elif role in _ROLES:
            keys[_ROLES[role]] = key
        else:
            raise UsageError(
                f"an XES log has no column for “{role}”", where=settings.path, fix=f"Known: case, {', '.join(_ROLES)}."
            )
    if len(set(keys.values())) < len(keys):
        # one attribute in two roles: the declared role keeps it
        given = {_ROLES[r]: k for r, k in settings.columns.items() if r in _ROLES}
        keys = {f: k for f, k in keys.items() if f in given or k not in given.values()}
    return keys, case_key


def _stage(sink: Sink, file: InputFile, parser: XesParser, columns: XesColumns) -> ibis.Table:
    """Parse the file into a Parquet file beside the store, so that no more than a batch of rows is held.

    Its dictionaries pay even where memory would do: what is asked of a name is then asked once, not once a row.
    """
    import pyarrow.parquet as pq

    whole = max(1, file.size * (_USUAL_GROWTH if file.is_gzip else 1))
    path = sink.workdir / f"xes-{uuid4().hex}.parquet"
    collecting = gc.isenabled()
    gc.disable()  # millions of rows and not one cycle: looking for them would take a fifth of the time
    try:
        with (
            pq.ParquetWriter(path, event_schema(), compression="none", use_dictionary=TEXTS) as out,
            file.open() as stream,
            closing(parser.feed(stream, lambda done: sink.progress(min(done / whole, 0.99)))) as steps,
        ):
            for batch in _batches(steps, columns):
                out.write_batch(batch)
    finally:
        if collecting:
            gc.enable()
    sink.progress(1.0)
    return sink.con.read_parquet(path)


def _batches(steps: Iterator[None], columns: XesColumns) -> Iterator[pa.RecordBatch]:
    for _ in steps:
        yield from columns.full_batches()
    yield from columns.last_batch()


def _advice(parser: XesParser, otherwise: str) -> str:
    found = parser.deviations.sentences()
    return f"{otherwise} Departures from the standard: {'; '.join(found)}." if found else otherwise


def _reconcile(sink: Sink, file: InputFile, parser: XesParser, columns: XesColumns, declared: str | None) -> None:
    """Account for the events that never become rows, and say what the reader must know."""
    sink.read(parser.outside + columns.unreadable)
    sink.reject("outside a trace", parser.outside, f"line {parser.outside_line}" if parser.outside else "")
    sink.reject("time cannot be read", columns.unreadable, f"“{columns.unreadable_example[:60]}”")
    if columns.zoneless and declared is None:
        sink.record.zone_assumed = True
        sink.note(
            "warning",
            f"{columns.zoneless} times have no time zone and are taken as UTC",
            fix="Set timezone in [project] or [[input]], for example Europe/Berlin.",
        )
    if parser.nameless:
        sink.note("warning", f"{parser.nameless} traces have no name; they are called “trace n”")
    if columns.shared:
        sink.note(
            "warning", f"{columns.shared} traces bear the name of another one and are read as parts of the same case"
        )
    if parser.empty:
        sink.note("note", f"{parser.empty} traces have no events; they are kept as cases")
    if parser.unused:
        names = sorted(parser.unused)
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        sink.note("note", f"attributes of events that are not used: {', '.join(names[:_MOST_NAMED])}{more}")
    for sentence in parser.deviations.sentences():
        sink.note("note", f"{file.name}: {sentence}")


def _events(table: ibis.Table, columns: XesColumns) -> ibis.Table:
    """Return the rows of a plain log. Groups stand in for roles; a second time makes intervals."""
    import ibis

    used = columns.used
    made = {c: table[c] for c in ("case_id", "activity", "lifecycle", "instance", "resource", "row_key")}
    made = {c: v for c, v in made.items() if c in used or c in ("case_id", "activity")}
    if used & {"role", "group"}:
        made["role"] = ibis.coalesce(table.role, table.group)
    if "start" in used:
        made |= {"start": table.start, "end": table["at"]}
        made.pop("lifecycle", None)
    else:
        made["at"] = table["at"]
    return table.select(**made)
