"""The events of history files as rows of text, whatever wraps them: read in the engine and not in Python.

One file is one run, as the command line, the web interface and the SDKs write it; arrays and lines hold several runs. What a
payload holds is never read: it may be encrypted, and is nobody's business.

Source: ``temporal/api/history/v1/message.proto`` in JSON (temporalio/api).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.head import head_text
from poanalyzer.ingest.json.records import MAX_PAGE_BYTES
from poanalyzer.ingest.tables.dialect import encoding_of
from poanalyzer.ingest.temporal.members import ATTRIBUTES, COLUMNS, MORE, structure

if TYPE_CHECKING:
    import ibis

#: Makes names of files unique, however many exports are read into one store.
_SERIAL = itertools.count()
#: Text that goes to the engine at once, and the memory it may take.
_BATCH_BYTES = 32 << 20
_MEMORY = "1GB"
_ATTRIBUTES = re.compile(r'"(?:workflow|activity|timer|marker|startChildWorkflow|childWorkflow)\w*EventAttributes"\s*:')
_KIND = re.compile(r'"eventType"\s*:\s*"\w+"')
_EVENTS = re.compile(r'"events"\s*:\s*\[')
_NEXT_LINE = re.compile(r"\}[ \t\r]*\n\s*\{")
_ONE_EVENT = re.compile(r'\{\s*"(?:eventId|eventTime|eventType)"')


@dataclass(frozen=True)
class Told:
    """The events of all files as text columns (:data:`COLUMNS`) with ``file``, and ``part``: which of its histories.

    ``attributes``: the search attributes that events set (``file, part, id, name, told, declared``: value as JSON, type).
    ``malformed``: lines that are no JSON, and documents that are no history.
    """

    rows: ibis.Table
    attributes: ibis.Table
    malformed: int


def is_history(file: InputFile) -> bool:
    """Return whether a file holds histories, as far as its head tells: events with their attributes, in a list or alone."""
    text = head_text(file)
    if text is None or not _KIND.search(text) or not _ATTRIBUTES.search(text):
        return False
    return bool(_EVENTS.search(text) or text.startswith("[") or _ONE_EVENT.match(text))


def read_histories(files: Sequence[InputFile], sink: Sink) -> Told:
    """Read the events of all files. Raises :class:`InputError` where a file is broken JSON; broken lines are counted."""
    import duckdb

    paths: list[tuple[Path, Path]] = []
    malformed = 0
    with duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(sink.workdir / "spill")}) as engine:
        for batch in _batches(files, sink):
            number = next(_SERIAL)
            both = sink.workdir / f"temporal-{number}.parquet", sink.workdir / f"temporal-{number}-attributes.parquet"
            malformed += _stage(engine, batch, *both)
            paths.append(both)
    events, attributes = (sink.con.read_parquet([pair[n] for pair in paths]) for n in (0, 1))
    return Told(events, attributes, malformed)


@dataclass(frozen=True)
class _Document:
    """The text of a file, or of one line of it; ``several``: the file may hold more than one history."""

    file: InputFile
    text: str
    several: bool


def _batches(files: Sequence[InputFile], sink: Sink) -> Iterator[list[_Document]]:
    batch: list[_Document] = []
    size = 0
    for number, file in enumerate(files, 1):
        text = _text(file)
        lines = _is_lines(text)
        documents = [_Document(file, t, lines) for t in (text.split("\n") if lines else [text]) if t.strip()]
        for document in documents:
            batch.append(document)
            size += len(document.text)
            if size > _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        sink.progress(0.6 * number / len(files))
    if batch:
        yield batch


def _text(file: InputFile) -> str:
    with file.open() as stream:
        data = stream.read(MAX_PAGE_BYTES + 1)
    if len(data) > MAX_PAGE_BYTES:
        raise InputError("histories of more than a gigabyte in one file", where=file.name, fix="Give one file a run.")
    try:
        encoding, _ = encoding_of(file.head)
        text = data.decode("utf-8-sig" if encoding.lower().startswith("utf-8") else encoding)
    except ValueError:
        raise InputError("not sound text", where=file.name, fix="Export it again, as JSON in UTF-8.") from None
    return text.removeprefix("\ufeff")


def _is_lines(text: str) -> bool:
    """Return whether a text is objects one after another: inside one object a comma would stand between two."""
    return text.lstrip().startswith("{") and _NEXT_LINE.search(text) is not None


def _stage(engine: Any, batch: list[_Document], out: Path, attributes: Path) -> int:
    """Write the events of some documents, and their search attributes, as Parquet; return how many documents are none."""
    import pyarrow as pa

    table = pa.table({
        "file": [d.file.name for d in batch], "text": [d.text for d in batch], "several": [d.several for d in batch],
        "n": list(range(len(batch))),
    })  # fmt: skip
    engine.register("told", table)
    try:
        broken = {row[0] for row in engine.execute("SELECT n FROM told WHERE NOT json_valid(text)").fetchall()}
        _refuse(batch, broken)
        engine.execute(f"CREATE OR REPLACE TEMP TABLE parts AS {_PARTS}")
        strange = engine.execute(_STRANGE).fetchone()[0]
        engine.execute(f"CREATE OR REPLACE TEMP TABLE events AS {_EVENTS_OF_PARTS}")
        for query, path in ((_FIELDS, out), (_ATTRIBUTES_OF_EVENTS, attributes)):
            engine.execute(f"COPY ({query}) TO '{_quoted(str(path))}' (FORMAT parquet, COMPRESSION zstd)")
    finally:
        engine.unregister("told")
    return len(broken) + int(strange)


#: Documents, and the elements of those that are arrays: each a history, a page around one, or an event that stands alone.
_PARTS = """
    SELECT file, several, j, json_type(j, '$.eventType') IS NOT NULL AS alone FROM (
        SELECT file, several, text::JSON AS j FROM told WHERE json_valid(text) AND json_type(text::JSON) <> 'ARRAY'
        UNION ALL
        SELECT file, true, unnest(from_json(text, '["JSON"]')) FROM told
        WHERE json_valid(text) AND json_type(text::JSON) = 'ARRAY'
    )
"""
_LIST = """
    CASE WHEN json_type(j, '$.events') = 'ARRAY' THEN json_extract(j, '$.events')
         WHEN json_type(j, '$.history.events') = 'ARRAY' THEN json_extract(j, '$.history.events') END
"""
_STRANGE = f"SELECT count(*) FROM parts WHERE NOT alone AND {_LIST} IS NULL"  # noqa: S608 - all of it stands here
#: Events that stand alone are all of one run: the file's. Of several histories in a file each is told by its own digest.
_EVENTS_OF_PARTS = f"""
    SELECT file, '' AS part, j AS e FROM parts WHERE alone
    UNION ALL
    SELECT file, CASE WHEN several THEN md5(j::VARCHAR) ELSE '' END, unnest(from_json({_LIST}, '["JSON"]'))
    FROM parts WHERE NOT alone
"""  # noqa: S608 - all of it stands here
_FIELDS = f"""
    SELECT file, part, {", ".join(f"{expression} AS {name}" for name, expression in COLUMNS.items())}, {MORE}
    FROM (SELECT file, part, e, json_transform(e, '{structure()}') AS r FROM events)
"""  # noqa: S608 - names of our own
_ATTRIBUTES_OF_EVENTS = f"""
    SELECT file, part, number AS id, a.key AS name, try(decode(from_base64(json_extract_string(a.value, '$.data')))) AS told,
           try(decode(from_base64(json_extract_string(a.value, '$.metadata.type')))) AS declared
    FROM (SELECT file, part, json_extract_string(e, '$.eventId') AS number, {ATTRIBUTES} AS held FROM events) AS of_event,
         json_each(of_event.held) AS a
    WHERE json_type(of_event.held) = 'OBJECT'
"""  # noqa: S608 - names of our own


def _refuse(batch: list[_Document], broken: set[int]) -> None:
    """Refuse a file that is broken; of lines some may be, and are counted."""
    for n in sorted(broken):
        if batch[n].several:
            continue
        what, where = "it is nested too deeply", batch[n].file.name
        try:
            json.loads(batch[n].text)
        except json.JSONDecodeError as error:
            what, where = error.msg, f"{where}, line {error.lineno}, column {error.colno}"
        except RecursionError:
            pass
        raise InputError(f"broken JSON: {what}", where=where, fix="It may be cut off: export the history again.")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
