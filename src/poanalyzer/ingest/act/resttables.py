"""Tables ``ACT_*`` as answers of an engine's REST interface: JSON, one kind of answer a file, in as many pages as were asked.

Arrays (Camunda 7), pages ``{"data": […], "total": …}`` (Flowable), one record a line (streams), plain or packed. A file is
known by the fields of its first record; an empty answer by its name: that it was asked for is worth knowing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.columns import COLUMNS, wanted
from poanalyzer.ingest.act.parts import Staged, TablePart
from poanalyzer.ingest.act.restnames import ANSWERS, Answer, answer_named, answer_of, says_history
from poanalyzer.ingest.act.restvalues import convert
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.head import Form, HeadRecord, head_record, head_text
from poanalyzer.ingest.json.records import read_records

if TYPE_CHECKING:
    import ibis

_SUFFIXES = (".json", ".ndjson", ".jsonl", ".txt", ".log", "")
#: A model may be longer than what is looked at of a file.
_LONG_MODEL = re.compile(r'^\[?\s*\{\s*"id"\s*:\s*"[^"]*"\s*,\s*"(bpmn20Xml|dmnXml)"\s*:')
#: Of records that are events: what happened, and in which order.
_OF_EVENTS = ("eventType", "sequenceCounter")
#: What a page of Flowable or Activiti has beside its records.
_PAGE = frozenset(("data", "total", "start", "sort", "order", "size"))


def held(file: InputFile) -> dict[str, frozenset[str]]:
    """Return the table that an answer is, with the names of the columns it has; nothing where it is none."""
    found = _known(file)
    if found is None:
        return {}
    answer, head = found
    return {answer.table: answer.columns(head.record or None)}


def parts(files: Sequence[InputFile], sink: Sink) -> list[TablePart]:
    """Return the rows of files that :func:`held` knows: all pages of one kind of answer as one part."""
    asked_history = any(says_history(file.name) for file in files)
    groups: dict[tuple[int, str | None], list[InputFile]] = {}
    for file in files:
        found = _known(file)
        if found is None or found[0].table not in COLUMNS:
            continue
        answer, head = found
        if not head.record and answer.has_runtime_twin and asked_history and not says_history(file.name):
            sink.note(
                "note",
                f"{file.name} is empty, and its name does not say whether history was asked or what runs now; left out",
            )
            continue
        groups.setdefault((_place(answer), head.within), []).append(file)
    return [_part(group, within, sink) for (_, within), group in groups.items()]


@lru_cache(maxsize=4096)
def _known(file: InputFile) -> tuple[Answer, HeadRecord] | None:
    """Return the kind of a file's answer, and its first record: without members where the answer is empty."""
    if file.suffix not in _SUFFIXES:
        return None
    head = head_record(file)
    if head is None:
        return _unread(file)
    if head.record:
        answer = None if head.record.keys() >= _PAGE else answer_of(head.record)
        return (answer, head) if answer else None
    answer = answer_named(file.name, flowable=head.within is not None)
    is_camunda = head.form == "array" and head.within is None
    is_flowable = head.within == "data"
    return (answer, head) if answer and (is_camunda or is_flowable) else None


def _unread(file: InputFile) -> tuple[Answer, HeadRecord] | None:
    """Return the kind of an answer whose first record is broken, or longer than what is looked at: by what it is called."""
    text = head_text(file)
    if text is None:
        return None
    model = _LONG_MODEL.match(text)
    answer = answer_of(dict.fromkeys(("id", model.group(1)))) if model else answer_named(file.name)
    form: Form = "array" if text.startswith("[") else "object"
    return (answer, HeadRecord(dict.fromkeys(answer.needs), form)) if answer else None


def _place(answer: Answer) -> int:
    return next((place for place, one in enumerate(ANSWERS) if one is answer), len(ANSWERS))


def _part(files: list[InputFile], within: str | None, sink: Sink) -> TablePart:
    known = [found for file in files if (found := _known(file))]
    answer = known[0][0]
    seen = frozenset().union(*(answer.columns(head.record or None) for _, head in known))
    return TablePart(
        table=answer.table,
        where=files[0].name,
        columns=tuple(c for c in wanted(answer.table) if c in seen),
        header=tuple(sorted({name for _, head in known for name in head.record})),
        answered=True,
        # answers say their offset themselves
        staged=lambda _: _staged(answer, files, seen, within, sink),
    )


def _staged(answer: Answer, files: list[InputFile], seen: frozenset[str], within: str | None, sink: Sink) -> Staged:
    """Read all pages. A stream may leave out what is null: what first records lack, later ones may have."""
    import ibis

    paths = {c: answer.fields.get(c) or answer.raw[c] for c in wanted(answer.table) if c in answer.columns()}
    members_read = [*itertools.chain.from_iterable(paths.values()), *_OF_EVENTS]
    names = {path: path.replace(".", "__") for path in members_read}
    found = read_records(files, {name: path for path, name in names.items()}, sink, within=within)
    columns: dict[str, ibis.Value] = {}
    for column, members in paths.items():
        values = {path: found.rows[names[path]] for path in members}
        columns[column] = convert(column, values) if column in answer.raw else ibis.coalesce(*values.values())
    rows = _merged(found.rows.mutate(**columns), list(columns)) if _is_stream(files) else found.rows.select(**columns)
    unseen = [c for c in paths if c not in seen]
    if unseen:
        filled = rows.aggregate(**{c: rows[c].count() for c in unseen}).to_pyarrow().to_pylist()[0]
        rows = rows.drop(*(c for c in unseen if not filled[c]))
    return Staged(files[0].name, rows, tuple(rows.columns), found.read, found.malformed)


def _is_stream(files: Sequence[InputFile]) -> bool:
    """Whether the records are events about what has a beginning and an end, one at each change of it."""
    heads = [found for file in files if (found := _known(file))]
    return any("eventType" in head.record and "END_TIME_" in wanted(answer.table) for answer, head in heads)


def _merged(rows: ibis.Table, columns: Sequence[str]) -> ibis.Table:
    """Return one row for each id of a stream: of every column what was said last. The end does not repeat the beginning."""
    import ibis

    turn = ibis.cases((rows.eventType.isin(["start", "create"]), 0), (rows.END_TIME_.notnull(), 2), else_=1)
    rows = rows.mutate(turn_=turn, at_=rows.sequenceCounter.try_cast("int64"))
    order = [rows.turn_, rows.at_, *(rows[c] for c in columns)]
    last = {c: rows[c].last(order_by=order) for c in columns if c != "ID_"}
    return rows.filter(rows.ID_.notnull()).group_by("ID_").agg(**last).select(*columns)
