"""Records of JSON files as rows of text: arrays, JSON lines and pages, read in the engine and not in Python.

DuckDB reads each record once, whatever its members, and keeps numbers as they stand: 64-bit keys lose no digit.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.head import Form, head_record, head_text
from poanalyzer.ingest.tables.dialect import encoding_of

if TYPE_CHECKING:
    import ibis

#: Makes names of files unique, however many exports are read into one store.
_SERIAL = itertools.count()
#: A page is one object, and has to fit into memory. Records of arrays and lines may not be larger than the second.
MAX_PAGE_BYTES = 1 << 30
_MAX_RECORD_BYTES = 64 << 20
_MEMORY = "1GB"
#: A path inside a record: members by dots, or a tuple where names have dots themselves; empty for the record itself.
MemberPath = str | tuple[str, ...]


@dataclass(frozen=True)
class JsonRows:
    """The records of files: ``rows`` as text columns, with the file's name in ``file``.

    ``read`` counts all records, ``malformed`` those that are no objects or no JSON, which are not in ``rows``.
    """

    rows: ibis.Table
    read: int
    malformed: int


def read_records(
    files: Sequence[InputFile],
    columns: Mapping[str, MemberPath],
    sink: Sink,
    *,
    within: str | None = None,
    members: MemberPath | None = None,
) -> JsonRows:
    """Read members of all records of ``files`` as text.

    Args:
        files: arrays of records, JSON lines, pages or single records.
        columns: output name → path inside a record. Numbers keep all their digits, objects and arrays are JSON text, what
            is absent or null is NULL. An empty path (``()``) is the record itself.
        sink: where the rows are kept; accounting for them is the caller's.
        within: the member of a page that holds its records (``items``, ``hits.hits``), in files that are pages.
        members: the path of an object in a record whose members are what is read, one a row: their paths are ``name``,
            ``value.…`` for what is inside, and ``of.…`` for what stands in the record around them.

    Raises:
        InputError: a file is broken JSON (lines: only where none of them can be read).
    """
    import duckdb

    paths: list[Path] = []
    read = malformed = 0
    with duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(sink.workdir / "spill")}) as engine:
        for file in files:
            path = sink.workdir / f"json-{next(_SERIAL)}.parquet"
            found, bad = _stage(engine, file, columns, within, members, path, sink.workdir)
            paths.append(path)
            read += found
            malformed += bad
    return JsonRows(sink.con.read_parquet(paths), read, malformed)


def _stage(
    engine: Any,
    file: InputFile,
    columns: Mapping[str, MemberPath],
    within: str | None,
    members: MemberPath | None,
    out: Path,
    workdir: Path,
) -> tuple[int, int]:
    """Write the records of one file as Parquet; return how many were found, and how many of them are none."""
    head = head_record(file)
    form: Form = head.form if head else _guess(file)
    source = _plain(file, workdir)
    try:
        rows = _objects(form, source.path, file, None if form == "lines" else within)
        if members is not None:
            rows = _members_of(rows, _members(members), columns.values())
        fields = ", ".join(f"{_value(path)} AS {_name(name)}" for name, path in columns.items())
        structure = _text(_structure(columns.values()))
        shaped = f"SELECT json, json_transform(json, {structure}) AS r FROM ({rows}) WHERE json_type(json) = 'OBJECT'"
        target = f"SELECT {fields}, {_text(file.name)} AS file FROM ({shaped})"
        engine.execute(f"COPY ({target}) TO {_text(str(out))} (FORMAT parquet, COMPRESSION zstd)")
        kept = engine.execute(f"SELECT count(*) FROM read_parquet({_text(str(out))})").fetchone()[0]
        found = engine.execute(f"SELECT count(*) FROM ({rows})").fetchone()[0]
    except Exception as error:
        # duckdb has one class a kind of fault, and no list of those that bad JSON raises
        if "duckdb" not in type(error).__module__:
            raise
        raise _broken(source.path, file, form, error) from None
    finally:
        if source.path != file.path:
            source.path.unlink(missing_ok=True)
    return int(found), int(found - kept)


def _objects(form: Form, path: Path, file: InputFile, within: str | None) -> str:
    """Return the query of a file's records, one JSON value a row."""
    if form == "object":
        size = path.stat().st_size
        if size > MAX_PAGE_BYTES:
            raise InputError(
                f"one JSON object of {size / (1 << 20):,.0f} MB", where=file.name, fix="Fetch it in smaller pages."
            )
        limit = max(size + 1, 1 << 20)
    else:
        limit = _MAX_RECORD_BYTES if path.stat().st_size > _MAX_RECORD_BYTES else max(path.stat().st_size + 1, 1 << 20)
    name = {"array": "array", "lines": "newline_delimited", "object": "unstructured"}[form]
    tolerant = ", ignore_errors = true" if form == "lines" else ""
    rows = (
        f"SELECT json FROM read_json_objects({_text(str(path))}, format = '{name}', compression = 'none', "
        f"maximum_object_size = {limit}{tolerant})"
    )
    if within is None:
        return rows
    structure: object = ["JSON"]
    for member in reversed(within.split(".")):
        structure = {member: structure}
    inner = "".join(f"[{_text(member)}]" for member in within.split("."))
    return f"SELECT unnest(json_transform(json, {_text(json.dumps(structure))}){inner}) AS json FROM ({rows})"


def _members_of(rows: str, path: tuple[str, ...], columns: Any) -> str:
    """Return the query of the members of an object in each record; of the record around them only what is asked for."""
    around = [_members(column)[1:] for column in columns if _members(column)[:1] == ("of",)]
    of = f"json_transform(json, {_text(_structure(around))})" if around else "NULL"
    place = "$" + "".join("." + json.dumps(member, ensure_ascii=False) for member in path)
    return (
        f"SELECT CASE WHEN json_type(e.value) = 'OBJECT' THEN json_object('name', e.key, 'value', e.value, 'of', o) END "
        f"AS json FROM (SELECT json, {of} AS o FROM ({rows}) WHERE json_type(json, {_text(place)}) = 'OBJECT') AS r, "
        f"json_each(r.json, {_text(place)}) AS e"
    )


def _structure(paths: Any) -> str:
    """Return the nested members that are asked for, as DuckDB's description of a structure."""
    tree: dict[str, Any] = {}
    for path in paths:
        members = _members(path)
        place = tree
        for member in members[:-1]:
            deeper = place.setdefault(member, {})
            if not isinstance(deeper, dict):
                raise ValueError(f"“{member}” is asked for as a value and as an object")
            place = deeper
        if members:
            if isinstance(place.get(members[-1]), dict):
                raise ValueError(f"“{members[-1]}” is asked for as a value and as an object")
            place[members[-1]] = "VARCHAR"
    return json.dumps(tree or {"_": "VARCHAR"})


def _members(path: MemberPath) -> tuple[str, ...]:
    return path if isinstance(path, tuple) else tuple(path.split("."))


def _value(path: MemberPath) -> str:
    members = _members(path)
    return "CAST(json AS VARCHAR)" if not members else "r" + "".join(f"[{_text(member)}]" for member in members)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _guess(file: InputFile) -> Form:
    """Return the form of a file whose first record cannot be read from its head."""
    text = head_text(file)
    if text is None:
        raise InputError("not JSON", where=file.name, fix="Export it again, as JSON in UTF-8.")
    if text.startswith("["):
        return "array"
    return "lines" if text.count("\n{") > 1 else "object"


def _plain(file: InputFile, workdir: Path) -> InputFile:
    """Return the file, or a copy of it that is neither packed nor in another encoding than UTF-8."""
    encoding, _ = encoding_of(file.head)
    marked = file.head.startswith(b"\xef\xbb\xbf")
    plain = encoding.lower().replace("_", "-") in ("utf-8", "ascii", "utf-8-sig") and not marked
    if plain and not file.is_gzip:
        return file
    path = workdir / f"json-{next(_SERIAL)}.json"
    with file.open() as packed, path.open("wb") as out:
        if plain:
            shutil.copyfileobj(packed, out, 1 << 20)
        else:
            _recode(packed, out, encoding, file)
    return InputFile(path, file.name)


def _recode(packed: Any, out: Any, encoding: str, file: InputFile) -> None:
    import codecs

    name = "utf-8-sig" if encoding.lower().startswith("utf-8") or encoding.lower() == "ascii" else encoding
    decoder = codecs.getincrementaldecoder(name)(errors="strict")
    first = True
    try:
        while block := packed.read(1 << 20):
            text = decoder.decode(block)
            out.write((text.removeprefix("\ufeff") if first else text).encode("utf-8"))
            first = first and not text
        out.write(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError as error:
        raise InputError(f"not sound {name} text ({error})", where=file.name, fix="Export it as UTF-8.") from None


def _broken(path: Path, file: InputFile, form: Form, error: Exception) -> InputError:
    """Say where a file stops being JSON: the engine knows, but a line and a column are what people look for."""
    where = file.name
    what = str(error).splitlines()[0].replace(str(path), file.name)[:160]
    if form != "lines" and path.stat().st_size <= MAX_PAGE_BYTES // 4:
        try:
            json.loads(path.read_bytes())
        except ValueError as found:
            what = str(found)
            if isinstance(found, json.JSONDecodeError):
                what, where = found.msg, f"{file.name}, line {found.lineno}, column {found.colno}"
        except RecursionError:
            what = "it is nested too deeply"
    return InputError(f"broken JSON: {what}", where=where, fix="It may be cut off: fetch or export it again.")
