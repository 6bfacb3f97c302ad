"""The XES reader: tiny logs as text with the rows they mean, attacks, and the real logs where they are present."""

from __future__ import annotations

import gzip
import io
import itertools
import threading
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock
from xml.sax.saxutils import quoteattr

import ibis
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError, UsageError
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.adapters.xes import ADAPTER
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.xes.block import LEAD, find_events
from poanalyzer.ingest.xes.columns import XesColumns
from poanalyzer.ingest.xes.parse import EVENT_KEYS, XesParser
from poanalyzer.ingest.xes.stamps import read_stamps
from poanalyzer.ingest.xes.stream import blocks_ahead
from poanalyzer.ingest.xes.times import XesClock
from tests.data import test_data

MINUTE = 60_000_000
SERIAL = itertools.count()
NOON = 1_704_110_400_000_000  # 2024-01-01T12:00:00Z


@pytest.fixture(scope="module")
def con() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def read(con: ibis.BaseBackend, path: Path, config: Config | None = None, **given_settings: Any) -> Sink:
    file = InputFile(path, path.name)
    input_settings = InputSettings(path=path.name, **given_settings)
    # the back end is shared, and a sink's tables are named after its input
    sink = Sink(con, InputRecord(f"{path.name} {next(SERIAL)}", "xes", "unknown", "engine", False, ""), path.parent)
    ADAPTER.read(Claim((file,), 1.0, "test"), input_settings, config or Config(), sink)
    return sink


def reader(con: ibis.BaseBackend, tmp_path: Path) -> Any:
    def read_text(text: str | bytes, name: str = "log.xes", **given: Any) -> Sink:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(con, path, **given)

    return read_text


@pytest.fixture(name="read_text")
def read_text_fixture(con: ibis.BaseBackend, tmp_path: Path) -> Any:
    return reader(con, tmp_path)


def rows(sink: Sink, table: str, *names: str) -> list[tuple[Any, ...]]:
    found = next(t for name, t in sink.tables if name == table)
    return sorted((tuple(r.values()) for r in sink.con.to_pyarrow(found.select(*names)).to_pylist()), key=str)


def minutes(sink: Sink) -> list[tuple[Any, ...]]:
    """Return (case, activity, start, end, resource) of the activities, times as minutes after noon."""

    def since(time: int | None) -> float | None:
        return None if time is None else (time - NOON) / MINUTE

    found = rows(sink, "activities", "case_id", "activity", "start", "end", "resource")
    return [(c, a, since(s), since(e), r) for c, a, s, e, r in found]


def event(activity: str, minute: int, **more: str) -> str:
    named = {"lifecycle": "lifecycle:transition", "resource": "org:resource", "instance": "concept:instance"}
    rest = "".join(f"<string key={quoteattr(named.get(k, k))} value={quoteattr(v)}/>" for k, v in more.items())
    return (
        f'<event><string key="concept:name" value={quoteattr(activity)}/>'
        f'<date key="time:timestamp" value="2024-01-01T12:{minute:02}:00.000Z"/>{rest}</event>'
    )


def trace(name: str, *events: str, after: str = "") -> str:
    return f'<trace><string key="concept:name" value={quoteattr(name)}/>{"".join(events)}{after}</trace>'


def log(*inside: str, version: str = "1.0") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><log xes.version="{version}">{"".join(inside)}</log>'


SMALL = log(trace("c", event("A", 1, resource="ann"), event("B", 2)))
SMALL_ROWS = [("c", "A", None, 1, "ann"), ("c", "B", None, 2, None)]

READABLE = {
    "on one line": (SMALL, SMALL_ROWS),
    "on many lines": (SMALL.replace(">", ">\n\t"), SMALL_ROWS),
    "with a namespace prefix": (
        SMALL.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("<x:log", "<x:log xmlns:x='u'"),
        SMALL_ROWS,
    ),
    "single quotes": (SMALL.replace("'", "&apos;").replace('"', "'"), SMALL_ROWS),
    "value before key": (
        log(trace("c", event("A", 1)).replace('key="concept:name" value="A"', 'value="A" key="concept:name"')),
        [("c", "A", None, 1, None)],
    ),
    "name of the trace after its events": (
        log(f'<trace>{event("A", 1)}<string key="concept:name" value="late"/></trace>'),
        [("late", "A", None, 1, None)],
    ),
    "nested attributes": (
        log(
            trace(
                "c",
                '<event><string key="concept:name" value="A"><string key="concept:name" value="inner"/></string>'
                '<date key="time:timestamp" value="2024-01-01T12:01:00Z"/>'
                '<list key="l"><values><string key="org:resource" value="no"/></values></list></event>',
            )
        ),
        [("c", "A", None, 1, None)],
    ),
    "a comment inside an event, and events inside a comment": (
        log(trace("c", event("A", 1).replace("<date", "<!-- x --><date"), f"<!-- {event('no', 3)} -->")),
        [("c", "A", None, 1, None)],
    ),
    "events in CDATA are text": (
        log(trace("c", event("A", 1), f"<![CDATA[{event('no', 3)}]]>")),
        [("c", "A", None, 1, None)],
    ),
    "entities in values": (log(trace("c & d", event('A < "B"', 1))), [("c & d", 'A < "B"', None, 1, None)]),
    "NA is a name": (log(trace("NA", event("NA", 1))), [("NA", "NA", None, 1, None)]),
    "life cycle": (
        log(trace("c", event("A", 1, lifecycle="START"), event("A", 3, lifecycle="COMPLETE"))),
        [("c", "A", 1, 3, None)],
    ),
    "start beside the time": (
        log(
            trace(
                "c",
                event("A", 3).replace("</event>", '<date key="start_timestamp" value="2024-01-01T12:01:00Z"/></event>'),
            )
        ),
        [("c", "A", 1, 3, None)],
    ),
    "globals are no defaults": (
        log('<global scope="event"><string key="org:resource" value="UNKNOWN"/></global>', trace("c", event("A", 1))),
        [("c", "A", None, 1, None)],
    ),
    "blank resource": (log(trace("c", event("A", 1, resource=" "))), [("c", "A", None, 1, None)]),
    "two traces of one name": (
        log(trace("c", event("A", 1)), trace("c", event("B", 2))),
        [("c", "A", None, 1, None), ("c", "B", None, 2, None)],
    ),
    "a trace without a name": (
        log(trace("c", event("A", 1)), f"<trace>{event('B', 2)}</trace>"),
        [("c", "A", None, 1, None), ("trace 2", "B", None, 2, None)],
    ),
    "an attribute twice: the first counts": (
        log(
            trace(
                "c",
                event("A", 1, resource="ann").replace("</event>", '<string key="org:resource" value="bob"/></event>'),
            )
        ),
        [("c", "A", None, 1, "ann")],
    ),
    "an element XES does not know": (
        log(trace("c", "<text key='x'><trace/></text>", event("A", 1).replace("<date", "<note/><date"))),
        [("c", "A", None, 1, None)],
    ),
}


@pytest.mark.parametrize("name", READABLE)
def test_reads(read_text: Any, name: str) -> None:
    text, expected = READABLE[name]
    sink = read_text(text)
    assert minutes(sink) == expected
    assert sink.record.rows_read == sink.record.rows_kept + sum(sink.record.rejected.values())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "iso-8859-1"])
def test_encodings(read_text: Any, encoding: str) -> None:
    declared = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16"}.get(encoding, encoding)
    text = log(trace("Fräulein", event("Prüfen", 1))).replace('encoding="UTF-8"', f'encoding="{declared}"')
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert minutes(read_text(data)) == [("Fräulein", "Prüfen", None, 1, None)]


def test_gzip(read_text: Any) -> None:
    assert minutes(read_text(gzip.compress(SMALL.encode()), "log.xes.gz")) == SMALL_ROWS
    with pytest.raises(InputError, match="ends in the middle"):
        read_text(gzip.compress(SMALL.encode())[:-12], "cut.xes.gz")


def test_case_attributes(read_text: Any) -> None:
    sink = read_text(
        log(
            trace("c", event("A", 1), after='<float key="amount" value="2.5"/>'),
            '<trace><string key="concept:name" value="empty"/><list key="tags"><values><string key="t" value="x"/>'
            "</values></list></trace>",
        )
    )
    assert rows(sink, "variables", "case_id", "name", "type", "value") == [
        ("c", "amount", "float", "2.5"),
        ("empty", "tags/t", "string", "x"),
    ]
    assert rows(sink, "cases", "case_id", "state") == [("c", "completed"), ("empty", "unknown")]
    assert any("1 traces have no events" in p.text for p in sink.problems)


def test_every_event_is_accounted_for(read_text: Any) -> None:
    text = log(
        trace(
            "c",
            event("A", 1),
            event("", 2),
            event("B", 3).replace("2024-01-01T12:03:00.000Z", "9999-12-31T00:00:00Z"),
            event("B", 4).replace("2024-01-01T12:04:00.000Z", "soon"),
            '<event><string key="concept:name" value="B"/></event>',
            "<event/>",
        ),
        event("A", 5),
    )
    sink = read_text(text)
    assert sink.record.rejected == {
        "outside a trace": 1, "time cannot be read": 1, "no activity": 2, "no time": 1, "time outside 1950–2150": 1,
    }  # fmt: skip
    assert (sink.record.rows_read, sink.record.rows_kept) == (7, 1)


def test_times_without_a_zone(read_text: Any) -> None:
    text = SMALL.replace("000Z", "000")
    sink = read_text(text)
    assert minutes(sink) == SMALL_ROWS
    assert any(p.severity == "warning" and "2 times have no time zone" in p.text for p in sink.problems)
    sink = read_text(text, timezone="Europe/Berlin")
    assert minutes(sink) == [("c", "A", None, -59, "ann"), ("c", "B", None, -58, None)]
    assert not any("time zone" in p.text for p in sink.problems)
    assert sink.record.timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2024-01-01T12:00:00Z", NOON),
        ("2024-01-01T12:00:00.123456789Z", NOON + 123_456),
        ("2024-01-01T14:00:00.5+02:00", NOON + 500_000),
        ("2024-01-01 06:30:00-0530", NOON),
        ("2023-12-31T24:00:00Z", NOON - 720 * MINUTE),
        ("2024-01-01", NOON - 720 * MINUTE),
        (" 2024-01-01T12:00:00Z ", NOON),
        ("2024-02-30T12:00:00Z", None),
        ("2024-01-01T25:00:00Z", None),
        ("01.02.2024", None),
        ("", None),
    ],
)
def test_clock(text: str, micros: int | None) -> None:
    clock = XesClock("UTC")
    assert [clock.read(text), clock.read(text)] == [micros, micros]


def test_other_attributes_by_settings(read_text: Any) -> None:
    text = log('<trace><string key="id" value="7"/>' + event("A", 1, Task="Turn").replace("<trace>", "") + "</trace>")
    assert minutes(read_text(text, columns={"case": "id", "activity": "Task"})) == [("7", "Turn", None, 1, None)]
    with pytest.raises(UsageError, match="no column for “due”"):
        read_text(text, columns={"due": "Task"})


BOMB = '<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
REFUSED = {
    "empty": ("", "the file is empty"),
    "truncated": (SMALL[:-20], "ends in the middle"),
    "truncated inside a tag": (SMALL[: SMALL.index("<date") + 9], "ends in the middle"),
    "billion laughs": (BOMB + SMALL.partition("?>")[2].replace("ann", "&b;"), "document type or entities"),
    "external entity": (
        '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SMALL.partition("?>")[2],
        "document type or entities",
    ),
    "undeclared entity": (SMALL.replace("ann", "&who;"), "not well-formed XML: undefined entity"),
    "NUL bytes": (SMALL.replace("ann", "a\0n"), "not well-formed XML"),
    "forbidden character": (SMALL.replace("ann", "a\x07n"), "not well-formed XML"),
    "binary": (bytes(range(256)) * 9, "not well-formed XML"),
    "not UTF-8": (SMALL.encode().replace(b"ann", b"\xff\xfe"), "not well-formed XML"),
    "crossed tags": (SMALL.replace("</event></trace>", "</trace></event>"), "not well-formed XML: mismatched tag"),
    "other XML": ("<definitions/>", "not <log>"),
    "a log in a log": (log(log().partition("?>")[2]), "<log> inside <log>"),
    "an event in an event": (
        log(trace("c", event("A", 1).replace("</event>", event("B", 2) + "</event>"))),
        "<event> inside",
    ),
    "a trace in an event": (
        log(trace("c", event("A", 1).replace("</event>", "<trace/></event>"))),
        "<trace> inside <event>",
    ),
    "a trace in a trace": (log(trace("c", trace("d", event("A", 1)))), "<trace> inside <trace>"),
    "nothing at all": ("<log/>", "no events"),
    "only empty traces": (log(trace("c")), "no events"),
    "nothing usable": (log(event("A", 1)), "none of the 1 events can be used: 1 outside a trace"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(read_text: Any, name: str) -> None:
    text, phrase = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read_text(text)
    assert phrase in caught.value.what
    assert caught.value.where.startswith("log.xes")


def test_errors_name_the_line(read_text: Any) -> None:
    lines = SMALL.replace("<event>", "\n<event>\n").replace("<trace>", "\n<trace>\n")
    with pytest.raises(InputError) as caught:
        read_text(lines.replace("</trace>", "\n</oops>"))
    assert caught.value.where == f"log.xes: line {lines.partition('</trace>')[0].count(chr(10)) + 2}"


@pytest.mark.parametrize("element", ["<string key='x' value='y'>", "<event>", "<x>"])
def test_endless_nesting_is_refused_at_once(tmp_path: Path, con: ibis.BaseBackend, element: str) -> None:
    path = tmp_path / "deep.xes"
    with path.open("w") as out:
        out.write("<log><trace>")
        for _ in range(100):
            out.write(element * 100_000)
    with pytest.raises(InputError, match=r"nested|inside"):
        read(con, path)


def test_huge_attribute_is_refused(tmp_path: Path, con: ibis.BaseBackend) -> None:
    path = tmp_path / "huge.xes"
    with path.open("w") as out:
        out.write('<log><trace><string key="concept:name" value="')
        for _ in range(40):
            out.write("x" * (1 << 20))
    with pytest.raises(InputError, match="larger than"):
        read(con, path)


def test_claims_by_content(tmp_path: Path) -> None:
    contents = {
        "a.xes": SMALL.encode(), "b.xml": SMALL.encode(), "c.xes": b"", "d.csv": b"a,b", "e.xes": SMALL.encode("utf-16"),
        "f.xes.gz": gzip.compress(SMALL.encode()), "g.bpmn": b"<definitions/>",
    }  # fmt: skip
    files = []
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        files.append(InputFile(tmp_path / name, name))
    claims = ADAPTER.claim(files, InputSettings(path="x"))
    assert [(c.files[0].name, c.confidence) for c in claims] == [
        ("a.xes", 0.95), ("b.xml", 0.9), ("c.xes", 0.5), ("e.xes", 0.95), ("f.xes.gz", 0.95),
    ]  # fmt: skip


DEVIATIONS = [
    ('<string key="x" value="y"/><extension name="C" prefix="c" uri="u"/>', "<extension> comes after <string>"),
    ('<classifier name="a" keys=" "/>', "<classifier> names no keys"),
    ('<global scope="nowhere"/>', "which is neither event nor trace"),
    ('<int key="n" value="0.0"/>', "“0.0” is no value of the type int"),
    ('<boolean key="n" value="yes"/>', "“yes” is no value of the type boolean"),
    ('<id key="n" value="No ID"/>', "is no value of the type id"),
    ('<date key="n" value="2002-0530T09:30:10Z"/>', "is no value of the type date"),
    ('<date key="n" value="2002-05-30T09:30:10"/>', "has no time zone"),
    ("<string/>", "<string> has no “key”"),
    ('<string key="a" value="b" more="c"/>', "an attribute “more” the standard does not know"),
    ('<string key="org:x" value="b"/>', "the extension “org” is used and not declared"),
    ('<string key="a" value="b"><string key="c" value="d"/></string>', "does not declare"),
    ("<text/>", "<text> is no element of XES"),
]


@pytest.mark.parametrize(("inside", "said"), DEVIATIONS)
def test_departures_are_told_and_harmless(read_text: Any, inside: str, said: str) -> None:
    sink = read_text(log(inside, trace("c", event("A", 1))))
    assert minutes(sink) == [("c", "A", None, 1, None)]
    assert any(said in p.text for p in sink.problems)


def parsed(data: bytes, *, short_cut: bool) -> tuple[Any, ...]:
    columns = XesColumns("UTC")
    parser = XesParser("x", EVENT_KEYS, "concept:name", columns.add, short_cut=short_cut)
    for _ in parser.feed(io.BytesIO(data), lambda _: None):
        pass
    batches = [b.to_pylist() for b in columns.last_batch()]
    return (
        batches,
        columns.cases().to_pylist(),
        parser.outside,
        parser.empty,
        parser.unused,
        parser.deviations.sentences(),
    )


PIECES = st.sampled_from(
    [
        event("A", 1), event("B", 2, resource="ann", more="x"), event("C & D", 3), event("A", 4).replace("><", ">\n <"),
        event("E", 5, a="1").replace("</event>", '<int key="a" value="2"/></event>'), "<event/>", "</trace><trace>",
        '<string key="concept:name" value="t"/>', "<!-- ", " -->", "<![CDATA[", "]]>", "</trace>", "<trace>", "\n", "é",
        event("F", 6).replace("<date", "<list key='l'><values/></list><date"), "<x>", "</x>", "<event>", "</event>",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12), st.sampled_from([90, 400, 1 << 20]))
def test_the_short_cut_changes_nothing(pieces: list[str], block: int) -> None:
    data = f'<log xes.version="1"><trace>{"".join(pieces)}</trace></log>'.encode()
    outcomes = []
    with mock.patch("poanalyzer.ingest.xes.parse.BLOCK", block):
        for short_cut in (True, False):
            try:
                outcomes.append(parsed(data, short_cut=short_cut))
            except InputError as error:
                outcomes.append((error.what, error.where))
    assert outcomes[0] == outcomes[1]


#: Text of one event → how many events of it may be taken as columns: None where it is the parser's business.
WHOLE = {
    "plain": (event("A", 1), 1),
    "several, on lines": ((event("A", 1) + event("B", 2, resource="ann")).replace("><", ">\n\t<"), 2),
    "a blank before the end of the tag": (event("A", 1).replace("/>", " />"), 1),
    "letters beyond ASCII": (event("é→", 1), 1),
    "an entity": (event("A &amp; B", 1), None),
    "a tag in a value": (event("A", 1).replace('"A"', '"<A>"'), None),
    "a line break in a value": (event("A", 1).replace('"A"', '"A\n"'), None),
    "a form feed between tags": (event("A", 1).replace("><", ">\f<"), None),
    "a character XML forbids": (event("\uffff", 1), None),
    "a key twice": (event("A", 1).replace("</event>", '<int key="concept:name" value="2"/></event>'), None),
    "an attribute inside another": (event("A", 1).replace("<date", "<list key='l'/><date"), None),
    "one quote": (event("A", 1).replace('"A"', "'A'"), None),
    "text among the tags": (event("A", 1).replace("<date", "x<date"), None),
    "no attributes": ("<event></event>", None),
    "value first": (event("A", 1).replace('key="concept:name" value="A"', 'value="A" key="concept:name"'), None),
}


@pytest.mark.parametrize("name", WHOLE)
def test_only_plain_events_are_taken_as_columns(name: str) -> None:
    text, count = WHOLE[name]
    slots = {key: slot for slot, key in enumerate(EVENT_KEYS.values())}
    block = find_events(LEAD + text.encode(), slots)
    assert (block and block.rows) == count


def test_events_outside_a_trace_among_others_in_one_block(read_text: Any) -> None:
    sink = read_text(log(trace("c", event("A", 1)), event("B", 2), event("X", 3), trace("d", event("C", 4))))
    assert minutes(sink) == [("c", "A", None, 1, None), ("d", "C", None, 4, None)]
    assert sink.record.rejected == {"outside a trace": 2}


STAMPS = st.from_regex(
    r"(0000|0001|1999|2000|2023|2024|9999)-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{1,8})?"
    r"(Z|z|[+-][01][0-9]:?[0-5][0-9]|[+-]02| Z)?)?[ x]?", fullmatch=True
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(STAMPS, min_size=1, max_size=12))
def test_many_stamps_are_read_like_one(stamps: list[str]) -> None:
    text = "".join(stamps).encode()
    ends = np.cumsum([len(stamp) for stamp in stamps])
    starts = ends - [len(stamp) for stamp in stamps]
    micros, done = read_stamps(np.frombuffer(text, np.uint8), starts, ends)
    expected = [XesClock("UTC").read(stamp) for stamp in stamps]
    assert all(time == right for time, read, right in zip(micros.tolist(), done, expected, strict=True) if read)


def test_stamps_written_alike_need_no_clock() -> None:
    stamps = [
        f"2024-0{month}-1{day}T1{day}:00:0{day}.{day}00+0{zone}:00" for month, day, zone in [(1, 2, 1), (7, 3, 2)]
    ]
    stamps += ["2024-02-30T00:00:00.000+01:00", "2024-02-29T00:00:00Z", "", "2024-02-29 23:59:59,1234567-03:30"]
    ends = np.cumsum([len(stamp) for stamp in stamps])
    starts = ends - [len(stamp) for stamp in stamps]
    micros, done = read_stamps(np.frombuffer("".join(stamps).encode(), np.uint8), starts, ends)
    assert done.tolist() == [True, True, False, True, False, True]
    # by hand: 2024-02-29 is day 19 782; 23:59:59.123456 three and a half hours west of Greenwich is 03:29:59 the day after
    assert micros[3] == 19_782 * 86_400_000_000
    assert micros[5] == 19_783 * 86_400_000_000 + 12_599_123_456


class Failing(io.BytesIO):
    """A stream that gives two blocks and then fails."""

    given = 0

    def read(self, size: int | None = -1) -> bytes:
        self.given += 1
        if self.given > 2:
            raise InputError("broken", where="x", fix="mend it")
        return b"a" * (size or 0)


def test_reading_ahead_tells_of_errors_and_ends_its_thread() -> None:
    before = threading.active_count()
    taken = []
    with pytest.raises(InputError, match="broken"), closing(blocks_ahead(Failing(), 3)) as blocks:
        for block in blocks:
            taken.append(block)
    assert taken == [b"aaa", b"aaa"]
    with closing(blocks_ahead(io.BytesIO(b"x" * 1000), 1)) as endless:
        assert next(endless) == b"x"
    assert threading.active_count() == before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["start", "complete"]), st.sampled_from(["ann", "bob"])),
             min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_the_order_of_events_in_the_file_never_counts(
    con: ibis.BaseBackend, tmp_path: Path, events: list[Any], random: Any
) -> None:
    texts = [event(a, minute, lifecycle=step, resource=who) for minute, (a, step, who) in enumerate(events)]
    read_text = reader(con, tmp_path)
    expected = minutes(read_text(log(trace("c", *texts))))
    random.shuffle(texts)
    assert minutes(read_text(log(trace("c", *texts)))) == expected


# log: cases, events, activity instances, pairs with start and end
REAL = {
    "BPI_Challenge_2012.xes.gz": (13_087, 262_200, 164_509, 71_373),
    "bpi_challenge_2013_incidents.xes.gz": (7_554, 65_533, 65_533, 0),
    "SEPSIS.xes.gz": (1_050, 15_214, 15_214, 0),
    "receipt/receipt.xes.gz": (1_434, 8_577, 8_577, 0),
    "Production.xes.gz": (225, 9_906, 4_953, 4_953),
    "DomesticDeclarations.xes.gz": (10_357, 55_628, 55_628, 0),
}


@pytest.mark.parametrize("name", REAL)
def test_real_logs(con: ibis.BaseBackend, tmp_path: Path, name: str) -> None:
    path = tmp_path / Path(name).name
    path.symlink_to(test_data(f"logs/{name}"))
    sink = read(con, path)
    acts = next(t for n, t in sink.tables if n == "activities")
    cases = next(t for n, t in sink.tables if n == "cases")
    cases_expected, events, expected, pairs = REAL[name]
    assert (sink.record.rows_read, sink.record.rows_kept, sink.record.rejected) == (events, events, {})
    assert con.execute(cases.count()) == cases_expected
    assert con.execute(acts.count()) == expected
    assert con.execute((acts.start.notnull() & acts.end.notnull()).sum()) == pairs
    if name.startswith("SEPSIS"):
        assert con.execute((cases.case_id == "NA").sum()) == 1


# how each file of the collection is refused, by what its name says; all of them lack what an assessment needs
BAD = {
    "attributeEventSwapped": "<string> comes after <event>", "attributeTraceSwapped": "<string> comes after <trace>",
    "attributeValuesSwapped": "no events", "booleanCorrectValue": "no events",
    "booleanIncorrectValue": "“yes” is no value", "classifierAttributeSwapped": "<classifier> comes after <string>",
    "classifierCorrectAttributes": "no events", "classifierEmptyKeys": "<classifier> names no keys",
    "classifierEventCorrectAttributes": "no events", "classifierEventSwapped": "<classifier> comes after <event>",
    "classifierIncorrectKey": "<classifier> uses “resource”", "classifierIncorrectScope": "scope “incorrect”",
    "classifierNoAttributes": "<classifier> has no “name”", "classifierTooManyAttributes": "<classifier> has an attribute",
    "classifierTraceCorrectAttributes": "no events", "classifierTraceSwapped": "<classifier> comes after <trace>",
    "dateCorrectValue": "no events", "dateIncorrectValue": "no value of the type date",
    "dateNoTZD": "has no time zone", "elementIncorrect": "<text> is no element of XES",
    "eventCorrectAttributes": "2 outside a trace, 2 no time", "eventIdenticalAttributes": "two attributes “concept:name”",
    "eventIncorrectType": "2 outside a trace, 2 no time", "eventTooManyAttributes": "<event> has an attribute “key”",
    "extensionAttributeSwapped": "<extension> comes after <string>",
    "extensionClassifierSwapped": "<extension> comes after <classifier>", "extensionCorrectAttributes": "no events",
    "extensionEventSwapped": "<extension> comes after <event>", "extensionGlobalSwapped": "<extension> comes after <global>",
    "extensionIncorrectKey": "is no key of the extension “concept”", "extensionNoAttributes": "<extension> has no “prefix”",
    "extensionNotDeclared": "“org” is used and not declared", "extensionStandard": "no events",
    "extensionTooManyAttributes": "<extension> has an attribute", "extensionTraceSwapped": "<extension> comes after <trace>",
    "globalAttributeSwapped": "<global> comes after <string>", "globalClassifierSwapped": "<global> comes after <classifier>",
    "globalEventStringCorrectAttributes": "no events", "globalEventSwapped": "<global> comes after <event>",
    "globalIncorrectScope": "scope “incorrect”", "globalNoAttributes": "<global> declares no attributes",
    "globalStringCorrectAttributes": "no events", "globalStringNoAttributes": "<string> has no “key”",
    "globalStringTooManyAttributes": "<string> has an attribute", "globalTooManyAttributes": "<global> has an attribute",
    "globalTraceStringCorrectAttributes": "no events", "globalTraceSwapped": "<global> comes after <trace>",
    "idCorrectValue": "no events", "idIncorrectValue": "no value of the type id", "intCorrectValue": "no events",
    "intIncorrectValue": "no value of the type int", "listEmptyValues": "no events", "listNoValues": "no events",
    "listTwoValues": "no events", "logCorrectAttributes": "no events", "logNoAttributes": "<log> has no “xes.version”",
    "logNoNestedAttributes": "no events", "logOutOfPlace": "line 29: <log> inside <event>",
    "logTooManyAttributes": "no events", "noLog": "the file is empty", "realCorrectValue": "no events",
    "realIncorrectValue": "no value of the type float", "stringCorrectAttributes": "no events",
    "stringNestedNotDeclared": "does not declare", "stringNoAttributes": "<string> has no “key”",
    "stringNotNestedButDeclared": "no events", "stringTooManyAttributes": "<string> has an attribute",
    "traceCorrectAttributes": "no events", "traceEventSwapped": "<trace> comes after <event>",
    "traceOutOfPlace": "line 29: <trace> inside <event>", "traceTooManyAttributes": "<trace> has an attribute “key”",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_the_collection_of_bad_files(con: ibis.BaseBackend, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.xes"
    path.write_bytes(test_data(f"logs/bad-xes/{name}.xes").read_bytes())
    with pytest.raises(InputError) as caught:
        read(con, path)
    assert BAD[name] in str(caught.value)


def test_the_collection_is_complete() -> None:
    assert {p.stem for p in test_data("logs/bad-xes").iterdir()} == set(BAD)


@pytest.mark.parametrize(
    ("log", "shape", "lengths", "top", "follows", "alpha", "rework", "rare", "tied"),
    [
        ("BPI_Challenge_2012", (13_087, 262_200, 24, 4_366), (3, 11, 20.04, 175), 0.2620, (125, 105_776), 45,
         (0.7380, 0.5919), (3_754, 276), 0.0968),
        ("bpi_challenge_2013_incidents", (7_554, 65_533, 4, 1_511), (1, 6, 8.68, 123), 0.2322, (11, 29_045), 3,
         (0.9980, 0.7007), (1_215, 97), 0.0),
        ("SEPSIS", (1_050, 15_214, 16, 846), (3, 13, 14.49, 185), 0.0333, (115, 1_034), 40,
         (0.7086, 0.3697), (784, 35), 0.4947),
        ("receipt/receipt", (1_434, 8_577, 27, 116), (1, 6, 5.98, 25), 0.4972, (99, 6), 21,
         (0.0635, 0.0286), (86, 11), 0.0),
    ],
)  # fmt: skip
def test_events_in_file_order_have_the_published_figures(log, shape, lengths, top, follows, alpha, rework, rare, tied):
    """Nothing is lost or moved while reading: counts over every event as it stands in the file."""
    import pandas as pd
    import pyarrow as pa

    from poanalyzer.ingest.xes.columns import XesColumns
    from poanalyzer.ingest.xes.parse import EVENT_KEYS, XesParser

    path = test_data(f"logs/{log}.xes.gz")
    columns = XesColumns("UTC")
    parser = XesParser(path.name, EVENT_KEYS, "concept:name", columns.add)
    batches = []
    with InputFile(path, path.name).open() as stream:
        for _ in parser.feed(stream, lambda _: None):
            batches += list(columns.full_batches())
    batches += list(columns.last_batch())
    events = pa.Table.from_batches(batches).select(["case_id", "activity", "at"]).to_pandas()
    traces = events.groupby("case_id", sort=False)["activity"].agg(tuple)
    variants = traces.value_counts()
    assert (len(traces), len(events), events["activity"].nunique(), len(variants)) == shape
    sizes = traces.map(len)
    assert (sizes.min(), sizes.median(), round(sizes.mean(), 2), sizes.max()) == lengths
    assert variants.iloc[0] / len(traces) == pytest.approx(top, abs=1e-3)
    after = events.groupby("case_id", sort=False)["activity"].shift(-1)
    edges = pd.Series(zip(events["activity"], after, strict=True))[after.notna().to_numpy()]
    assert (edges.nunique(), int((edges.str[0] == edges.str[1]).sum())) == follows
    seen = set(edges)
    assert sum((b, a) in seen for a, b in seen if a < b) == alpha
    repeated = sizes - traces.map(lambda trace: len(set(trace)))
    assert ((repeated > 0).mean(), repeated.sum() / len(events)) == pytest.approx(rework, abs=1e-3)
    assert (int((variants == 1).sum()), int((variants == 2).sum())) == rare
    assert events.duplicated(["case_id", "at"], keep=False).mean() == pytest.approx(tied, abs=1e-3)
