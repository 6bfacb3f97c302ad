"""JSON files as rows: every form, every digit, and what is broken said."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.files import HEAD_BYTES, InputFile
from poanalyzer.ingest.json.head import head_record
from poanalyzer.ingest.json.records import read_records

COLUMNS = {"key": "key", "inner": "value.x"}


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Return a sink of an empty store."""
    store = Store()
    yield store.sink(InputRecord("in", "a", "e", "engine", False, "0" * 64))
    store.close()


def file(folder: Path, content: str | bytes, name: str = "f.json") -> InputFile:
    """Write a file and return it."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return InputFile(path, name)


def rows(sink: Sink, *files: InputFile, within: str | None = None) -> list[tuple[str | None, str | None]]:
    """Return the records' two members."""
    found = read_records(files, COLUMNS, sink, within=within).rows.to_pyarrow().to_pylist()
    return [(row["key"], row["inner"]) for row in found]


BIG = 2251799813685249123


@pytest.mark.parametrize(
    ("text", "within", "form"),
    [
        (f'[{{"key":{BIG},"value":{{"x":"é"}}}},{{"key":"b"}}]', None, "array"),
        (f'{{"key":{BIG},"value":{{"x":"é"}}}}\n{{"key":"b"}}\n', None, "lines"),
        (f'{{"key":{BIG},"value":{{"x":"é"}}}}\n\n\n{{"key":"b"}}', None, "lines"),
        (f'{{"items":[{{"key":{BIG},"value":{{"x":"é"}}}},{{"key":"b"}}],"page":{{}}}}', "items", "object"),
        (f'{{"hits":{{"hits":[{{"key":{BIG},"value":{{"x":"é"}}}},{{"key":"b"}}]}}}}', "hits.hits", "object"),
        (f'{{\n "value": [\n  {{"key":{BIG},\n "value":{{"x":"é"}}}}, {{"key":"b"}}]\n}}\n', "value", "object"),
    ],
)
def test_every_form_gives_the_same_records(
    tmp_path: Path, sink: Sink, text: str, within: str | None, form: str
) -> None:
    for name, content in {
        "a.json": text.encode(), "b.json.gz": gzip.compress(text.encode()), "c.json": b"\xef\xbb\xbf" + text.encode(),
        "d.json": text.encode("utf-16"),
    }.items():  # fmt: skip
        given_file = file(tmp_path, content, name)
        head = head_record(given_file)
        assert head is not None
        assert (head.form, head.within, head.record["key"]) == (form, within, BIG)
        assert rows(sink, given_file, within=within) == [(str(BIG), "é"), ("b", None)]


def test_records_of_another_shape_are_counted(tmp_path: Path, sink: Sink) -> None:
    found = read_records(
        [file(tmp_path, '{"key":1}\n{broken\n[1]\n"x"\n{"key":{"a":[1]},"value":5}\n{"key":2,"val')], COLUMNS, sink
    )
    assert (found.read, found.malformed) == (6, 4)
    assert found.rows.to_pyarrow().select(["key", "inner"]).to_pylist() == [
        {"key": "1", "inner": None}, {"key": '{"a":[1]}', "inner": None},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"key":1},\n{"key":', "line 2, column 8"),
        ('[{"key":1}\n{"key":2}]', "line 2, column 1"),
        ('{"items":[{"key":1},', "line 1, column 21"),
        ("", "not JSON"),
        ("key,value\n1,2\n", "not JSON"),
    ],
)
def test_what_is_broken_is_said(tmp_path: Path, sink: Sink, text: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        rows(sink, file(tmp_path, text))
    assert says in str(error.value)


def test_a_page_beyond_the_head_is_known(tmp_path: Path, sink: Sink) -> None:
    many = [{"key": f"k{n}", "value": {"x": "y" * 50}} for n in range(HEAD_BYTES // 60)]
    page = file(tmp_path, json.dumps({"page": {"totalItems": len(many)}, "items": many}))
    head = head_record(page)
    assert head is not None
    assert (head.within, head.record["key"]) == ("items", "k0")
    assert len(rows(sink, page, within="items")) == len(many)


def test_empty_answers_are_answers(tmp_path: Path, sink: Sink) -> None:
    empty = file(tmp_path, " [ ]\n")
    head = head_record(empty)
    assert head is not None
    assert not head.record
    assert rows(sink, empty) == []
    assert rows(sink, file(tmp_path, '{"items":[]}', "g.json"), within="items") == []


def test_the_record_itself_and_names_with_dots(tmp_path: Path, sink: Sink) -> None:
    text = '[{"a@b.c":"x","d":{"e\'f":2}}]'
    columns: dict[str, Any] = {"whole": (), "dotted": ("a@b.c",), "quote": ("d", "e'f")}
    found = read_records([file(tmp_path, text)], columns, sink).rows.to_pyarrow().to_pylist()
    assert found == [{"whole": text[1:-1], "dotted": "x", "quote": "2", "file": "f.json"}]


def test_nothing_but_the_record_itself(tmp_path: Path, sink: Sink) -> None:
    found = read_records([file(tmp_path, '[{"a":1},{}]')], {"whole": ()}, sink).rows.to_pyarrow()
    assert found["whole"].to_pylist() == ['{"a":1}', "{}"]


def test_members_of_an_object_are_records(tmp_path: Path, sink: Sink) -> None:
    runs = [
        {"id": "r1", "p": {"actions": {"Send.it": {"at": BIG, "e": {"c": 1}}, 'It\'s "so"': {"at": None}, "no": 5}}},
        {"id": "r2", "p": {"actions": {}}},
        {"id": "r3", "p": {"actions": None}},
        {"id": "r4"},
        {"id": "r5", "p": {"actions": {"Send.it": {"at": "x"}}}},
    ]
    columns: dict[str, Any] = {"run": "of.id", "name": "name", "at": "value.at", "inner": ("value", "e", "c")}
    for text, within in ((json.dumps(runs), None), (json.dumps({"value": runs}), "value")):
        given = file(tmp_path, text, f"{within}.json")
        found = read_records([given], columns, sink, within=within, members="p.actions")
        assert (found.read, found.malformed) == (4, 1)
        listed = found.rows.to_pyarrow().select(list(columns)).to_pylist()
        assert sorted(listed, key=lambda r: (r["run"], r["name"])) == [
            {"run": "r1", "name": 'It\'s "so"', "at": None, "inner": None},
            {"run": "r1", "name": "Send.it", "at": str(BIG), "inner": "1"},
            {"run": "r5", "name": "Send.it", "at": "x", "inner": None},
        ]


def test_a_member_itself_and_nothing_around_it(tmp_path: Path, sink: Sink) -> None:
    columns: dict[str, Any] = {"name": "name", "all": ("value",)}
    found = read_records([file(tmp_path, '{"a":{"x":{"y":2}}}')], columns, sink, members=("a",))
    assert found.rows.to_pyarrow().to_pylist() == [{"name": "x", "all": '{"y":2}', "file": "f.json"}]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(records=st.lists(st.fixed_dictionaries({"key": VALUES, "value": VALUES}), min_size=2, max_size=5))
def test_values_come_back(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]) -> None:
    store = Store()
    try:
        sink = store.sink(InputRecord("in", "a", "e", "engine", False, "0" * 64))
        folder = tmp_path_factory.mktemp("json")
        lines = file(folder, "\n".join(map(json.dumps, records)), "lines.json")
        array = file(folder, json.dumps(records, indent=1), "array.json")
        expected = [_as_text(record["key"]) for record in records]
        assert [_read(key) for key, _ in rows(sink, lines)] == expected
        assert [_read(key) for key, _ in rows(sink, array)] == expected
    finally:
        store.close()


def _as_text(value: Any) -> Any:
    """Return what a value is once it was text: structures are read again, others are compared as they are written."""
    if isinstance(value, str) or value is None:
        return value
    return value if isinstance(value, dict | list) else json.dumps(value)


def _read(text: str | None) -> Any:
    if text is not None and text[:1] in "{[":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
