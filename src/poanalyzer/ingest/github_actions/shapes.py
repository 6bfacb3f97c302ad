"""Which of GitHub's answers a JSON file holds, by the members of its first record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.head import head_record, head_text

Kind = Literal["deployment", "status", "run", "job", "commit"]

#: The members of a page that hold its records.
PAGES: dict[str, Kind] = {"workflow_runs": "run", "jobs": "job"}
#: Members that together belong to one kind of record only, surest first.
_MARKS: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("deployment", frozenset(("sha", "environment", "statuses_url"))),
    ("status", frozenset(("state", "deployment_url"))),
    ("run", frozenset(("head_sha", "workflow_id", "event"))),
    ("job", frozenset(("head_sha", "run_id", "steps"))),
    ("job", frozenset(("head_sha", "run_id", "runner_id"))),
)
_DECODER = json.JSONDecoder()
_CUT_PAGE = re.compile(r'"(workflow_runs|jobs)"\s*:\s*\[\s*')
_BY_ID = re.compile(r'\s*\{\s*"\d+"\s*:\s*')


@dataclass(frozen=True)
class Shape:
    """What a file holds and where: records, pages with records in ``within``, or one object of records by their ids.

    ``loose`` files are pages within an array, or one after another on lines: they are taken apart before they are read.
    """

    kind: Kind
    within: str | None = None
    by_id: bool = False
    loose: bool = False


@lru_cache(maxsize=4096)
def shape(file: InputFile) -> Shape | None:
    """Return what a file of GitHub's answers holds, from its head; None where it is something else."""
    text = head_text(file)
    if text is None:
        return None
    nested = re.match(r"\[\s*\[", text) is not None
    for found in _first(text):
        within, kind = _kind(found.record)
        if kind is not None:
            head = head_record(file)
            lines = within is not None and head is not None and head.form == "lines"
            return Shape(kind, found.within or within, found.by_id, nested or lines)
    return None


@dataclass(frozen=True)
class _Found:
    record: Mapping[str, Any]
    within: str | None = None
    by_id: bool = False


def _first(text: str) -> Iterator[_Found]:
    """Yield what may be the first record: that of an array, of the lines, of a page or of an object of records."""
    inner = text.lstrip("[ \t\r\n")
    record = _decoded(inner)
    if record is not None:
        yield _Found(record)
        name, one = next(iter(record.items()), ("", None))
        if name.isdigit() and isinstance(one, dict):
            yield _Found(one, by_id=True)
    elif (page := _CUT_PAGE.search(text)) and (one := _decoded(text[page.end() :])):
        yield _Found(one, within=page.group(1))
    elif (start := _BY_ID.match(text)) and (one := _decoded(text[start.end() :])):
        yield _Found(one, by_id=True)


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _kind(record: Mapping[str, Any]) -> tuple[str | None, Kind | None]:
    """Return the member that holds the records, where this is a page, and what kind of record they are."""
    for member, kind in PAGES.items():
        held = record.get(member)
        if "total_count" in record and isinstance(held, list):
            return member, kind
    for kind, marks in _MARKS:
        if marks <= record.keys():
            return None, kind
    commit = record.get("commit")
    if "sha" in record and isinstance(commit, dict) and "committer" in commit:
        return None, "commit"
    return None, None
