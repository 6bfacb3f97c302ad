"""What a JSON file holds, as far as its first bytes tell: an array, lines, pages; and its first record."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from poanalyzer.ingest.files import HEAD_BYTES, InputFile
from poanalyzer.ingest.tables.dialect import encoding_of

#: Members of a page that hold its records: Camunda's search answers, OData, Flowable, Elasticsearch.
PAGES = ("items", "value", "data", "hits.hits")
#: Lines looked at for one that is a record: an export may begin with a few broken ones.
_LINES = 20
_DECODER = json.JSONDecoder()

Form = Literal["array", "lines", "object"]


@dataclass(frozen=True)
class HeadRecord:
    """The first record of a file (empty where there is none), how the file holds records, and in which member of a page."""

    record: Mapping[str, Any]
    form: Form
    within: str | None = None


@lru_cache(maxsize=4096)
def head_record(file: InputFile) -> HeadRecord | None:
    """Return the first record of a JSON file from its head; None where it is no JSON, or one record exceeds the head."""
    text = head_text(file)
    if text is None:
        return None
    if text.startswith("["):
        return _first_of_array(text[1:])
    if not text.startswith("{"):
        return None
    if (line := _first_line(text)) is not None:
        return HeadRecord(line, "lines")
    whole = _decode(text)
    if whole is not None:
        return _first_of_page(whole)
    return _first_of_cut_page(text)


def head_text(file: InputFile) -> str | None:
    """Return the head as text without what may stand before JSON; None where it cannot be text that is JSON."""
    start = file.head[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if start not in (b"{", b"["):
        return None
    try:
        encoding, _ = encoding_of(file.head)
    except ValueError:
        return None
    return file.head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")


def _decode(text: str) -> dict[str, Any] | None:
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _first_of_array(text: str) -> HeadRecord | None:
    inner = text.lstrip()
    if inner.startswith("]"):
        return HeadRecord({}, "array")
    record = _decode(inner)
    return None if record is None else HeadRecord(record, "array")


def _first_line(text: str) -> dict[str, Any] | None:
    """Return the first record of JSON lines: a line that is an object, and another line or nothing after it."""
    lines = text.split("\n", _LINES)
    records = [(number, _line(line)) for number, line in enumerate(lines[:_LINES])]
    found = [(number, record) for number, record in records if record is not None]
    if not found:
        return None
    number, record = found[0]
    rest = [line for line in lines[number + 1 :] if line.strip()]
    # a page or a single object on one line is not lines of records
    return record if rest and rest[0].lstrip().startswith("{") else None


def _line(line: str) -> dict[str, Any] | None:
    stripped = line.strip()
    if not (stripped.startswith("{") and stripped.endswith("}")):
        return None
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _first_of_page(page: dict[str, Any]) -> HeadRecord:
    for member in PAGES:
        held: Any = page
        for name in member.split("."):
            held = held.get(name) if isinstance(held, dict) else None
        if isinstance(held, list) and (not held or isinstance(held[0], dict)):
            return HeadRecord(held[0] if held else {}, "object", member)
    return HeadRecord(page, "object")


def _first_of_cut_page(text: str) -> HeadRecord | None:
    """Return the first record of a page that is longer than the head."""
    if len(text.encode()) < HEAD_BYTES // 2:  # not cut: broken
        return None
    for member in PAGES:
        last = re.escape(member.rsplit(".", 1)[-1])
        for found in re.finditer(rf'"{last}"\s*:\s*\[', text):
            record = _decode(text[found.end() :].lstrip())
            if record is not None:
                return HeadRecord(record, "object", member)
    return None
