"""Plain logs: rows as text, activity instances worked out by hand."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.ingest.plainlog.plainlog import put_plain_log

NUMBERS = {"at", "start", "end", "due", "seq"}
DAY = 86_400_000_000


@pytest.fixture(scope="module")
def con() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def parse(text: str) -> dict[str, list[Any]]:
    """Read a table of words; ``-`` is missing, ``''`` is empty. Times are days since 1970."""
    header, *lines = [line.split() for line in text.strip().splitlines()]
    columns: dict[str, list[Any]] = {name: [] for name in header}
    for line in lines:
        for name, word in zip(header, line, strict=True):
            value: Any = None if word == "-" else "" if word == "''" else word
            if name in NUMBERS and value is not None:
                value = int(float(value) * DAY)
            columns[name].append(value)
    return columns


def put(con: ibis.BaseBackend, columns: dict[str, list[Any]], **given_settings: Any) -> Sink:
    schema = ibis.schema({name: "int64" if name in NUMBERS else "string" for name in columns})
    sink = Sink(con, InputRecord("log.csv", "table", "unknown", "engine", False, ""), Path())
    events = ibis.memtable(columns, schema=schema)
    extra = {k: given_settings.pop(k) for k in ("cases", "variables") if k in given_settings}
    put_plain_log(
        sink,
        events,
        settings=InputSettings(path="log.csv", **given_settings),
        config=Config(),
        default_process="default",
        **extra,
    )
    return sink


def rows(sink: Sink, table: str, *names: str) -> list[tuple[Any, ...]]:
    """Return the rows put into a table, sorted; times as days."""
    found = [t for name, t in sink.tables if name == table]
    shown = ibis.union(*found).select(*names) if len(found) > 1 else found[0].select(*names)
    times = {"start", "end", "scheduled", "assigned"}
    return sorted(
        (
            tuple(v / DAY if n in times and v is not None else v for n, v in row.items())
            for row in sink.con.to_pyarrow(shown).to_pylist()
        ),
        key=str,
    )


def instances(sink: Sink) -> list[tuple[Any, ...]]:
    return rows(sink, "activities", "activity", "start", "end", "resource", "state")


# each: events; (activity, start, end, resource, state) of the instances
PAIRING = {
    "start and complete": (
        """case_id activity at lifecycle resource
           c       A        1  start     ann
           c       A        3  complete  ann""",
        [("A", 1, 3, "ann", "completed")],
    ),
    "upper case, without a resource": (
        """case_id activity at lifecycle
           c       A        1  START
           c       A        3  COMPLETE""",
        [("A", 1, 3, None, "completed")],
    ),
    "first in, first out": (
        """case_id activity at lifecycle resource
           c       A        1  start     ann
           c       A        2  start     ann
           c       A        3  complete  ann
           c       A        5  complete  ann""",
        [("A", 1, 3, "ann", "completed"), ("A", 2, 5, "ann", "completed")],
    ),
    "of several open starts the same resource's": (
        """case_id activity at lifecycle resource
           c       A        1  start     ann
           c       A        2  start     bob
           c       A        3  complete  bob
           c       A        5  complete  ann""",
        [("A", 1, 5, "ann", "completed"), ("A", 2, 3, "bob", "completed")],
    ),
    "another resource ends it: who ended it counts": (
        """case_id activity at lifecycle resource
           c       A        1  start     ann
           c       A        3  complete  bob""",
        [("A", 1, 3, "bob", "completed")],
    ),
    "a handed over instance does not take the next start's end": (
        """case_id activity at lifecycle resource
           c       A        1  start     ann
           c       A        2  complete  bob
           c       A        3  start     ann
           c       A        4  complete  ann""",
        [("A", 1, 2, "bob", "completed"), ("A", 3, 4, "ann", "completed")],
    ),
    "resources first would leave two events alone": (
        """case_id activity at lifecycle resource
           c       A        1  start     ann
           c       A        2  start     eve
           c       A        3  complete  bob
           c       A        4  start     ann
           c       A        5  complete  ann
           c       A        6  complete  eve""",
        [("A", 1, 3, "bob", "completed"), ("A", 2, 5, "ann", "completed"), ("A", 4, 6, "eve", "completed")],
    ),
    "the instance id decides": (
        """case_id activity at lifecycle resource instance
           c       A        1  start     ann      i1
           c       A        2  start     ann      i2
           c       A        3  complete  ann      i2
           c       A        5  complete  ann      i1""",
        [("A", 1, 5, "ann", "completed"), ("A", 2, 3, "ann", "completed")],
    ),
    "an end before any start, a start without an end": (
        """case_id activity at lifecycle
           c       A        1  complete
           c       A        2  start""",
        [("A", 2, None, None, "running"), ("A", None, 1, None, "completed")],
    ),
    "start and end at one moment": (
        """case_id activity at lifecycle
           c       A        1  complete
           c       A        1  start""",
        [("A", 1, 1, None, "completed")],
    ),
    "aborted, withdrawn, skipped": (
        """case_id activity at lifecycle
           c       A        1  start
           c       A        2  ate_abort
           c       B        1  start
           c       B        3  withdraw
           c       C        3  autoskip""",
        [("A", 1, 2, None, "canceled"), ("B", 1, 3, None, "canceled"), ("C", None, 3, None, "skipped")],
    ),
    "suspend and resume change nothing": (
        """case_id activity at lifecycle
           c       A        1  start
           c       A        2  suspend
           c       A        3  resume
           c       A        4  complete""",
        [("A", 1, 4, None, "completed")],
    ),
    "free-text states": (
        """case_id activity at lifecycle
           c       A        1  Assigned
           c       A        2  Closed""",
        [("A", None, 1, None, "completed"), ("A", None, 2, None, "completed")],
    ),
    "starts alone: nothing says they are running": (
        """case_id activity at lifecycle
           c       A        1  start
           c       B        2  start""",
        [("A", 1, None, None, "completed"), ("B", 2, None, None, "completed")],
    ),
    "an event that is neither beside pairs": (
        """case_id activity at lifecycle
           c       A        1  start
           c       A        2  complete
           c       M        2  unknown""",
        [("A", 1, 2, None, "completed"), ("M", None, 2, None, "completed")],
    ),
    "one time without life cycle": (
        """case_id activity at resource
           c       A        1  NA""",
        [("A", None, 1, "NA", "completed")],
    ),
    "intervals": (
        """case_id activity start end resource
           c       A        1     3   ann
           c       A        1     3   ann
           c       B        2     -   bob
           c       C        -     4   ''
           c       D        5     4   ann""",
        [
            ("A", 1, 3, "ann", "completed"),
            ("A", 1, 3, "ann", "completed"),
            ("B", 2, None, "bob", "running"),
            ("C", None, 4, None, "completed"),
            ("D", None, 4, "ann", "completed"),
        ],
    ),
}


@pytest.mark.parametrize("name", PAIRING)
def test_instances(con: ibis.BaseBackend, name: str) -> None:
    text, expected = PAIRING[name]
    sink = put(con, parse(text))
    assert instances(sink) == sorted(expected, key=str)
    assert sink.record.rows_read == sink.record.rows_kept + sum(sink.record.rejected.values())
    assert sink.record.plain_log


def test_marks_go_to_the_next_instance_once(con: ibis.BaseBackend) -> None:
    sink = put(
        con,
        parse(
            """case_id activity at lifecycle
               c       A        1  schedule
               c       A        2  assign
               c       A        3  start
               c       A        4  complete
               c       A        5  start
               c       A        6  complete
               c       A        7  schedule
               c       B        1  schedule"""
        ),
    )
    found = rows(sink, "activities", "activity", "scheduled", "assigned", "start")
    assert found == [("A", 1, 2, 3), ("A", None, None, 5)]
    assert sink.record.rows_kept == 8
    assert any("2 schedule or assign events" in p.text for p in sink.problems)
    assert rows(sink, "cases", "start", "end") == [(1, 7)]


def test_ambiguity_is_counted(con: ibis.BaseBackend) -> None:
    sink = put(con, parse(PAIRING["first in, first out"][0]))
    assert any(p.text.startswith("1 of 2 activity instances had several open starts") for p in sink.problems)
    sink = put(con, parse(PAIRING["the instance id decides"][0]))
    assert not sink.problems


def test_rejected_rows_are_counted_once(con: ibis.BaseBackend) -> None:
    sink = put(
        con,
        parse(
            """case_id activity at
               c       A        1
               -       A        1
               ''      -        1
               c       ''       1
               c       A        -
               c       A        -719162
               c       A        2932896
               NA      NA       1"""
        ),
    )
    assert sink.record.rejected == {"no case": 2, "no activity": 1, "no time": 1, "time outside 1950–2150": 2}
    assert (sink.record.rows_read, sink.record.rows_kept) == (8, 2)
    assert rows(sink, "cases", "case_id") == [("NA",), ("c",)]
    assert rows(sink, "activities", "activity") == [("A",), ("NA",)]


def test_cases(con: ibis.BaseBackend) -> None:
    sink = put(
        con,
        parse(
            """case_id activity start end parent_case_id business_key process_version
               root    A        1     2   -              o-1          3
               child   A        2     6   root           -            -
               leaf    A        3     4   child          -            -
               stray   A        3     4   gone           -            -"""
        ),
        process="orders",
    )
    found = rows(sink, "cases", "case_id", "process_key", "root_case_id", "start", "end", "business_key", "state")
    assert found == [
        ("child", "orders", "root", 2, 6, None, "completed"),
        ("leaf", "orders", "root", 3, 4, None, "completed"),
        ("root", "orders", "root", 1, 2, "o-1", "completed"),
        ("stray", "orders", "gone", 3, 4, None, "completed"),
    ]


def test_known_cases_without_events_are_kept(con: ibis.BaseBackend) -> None:
    known = ibis.memtable({"case_id": ["c", "empty"]})
    sink = put(con, parse(PAIRING["one time without life cycle"][0]), cases=known)
    found = rows(sink, "cases", "case_id", "process_key", "state", "end")
    assert found == [("c", "default", "completed", 1), ("empty", "default", "unknown", None)]


def test_one_id_in_two_processes_is_two_cases(con: ibis.BaseBackend) -> None:
    sink = put(
        con,
        parse(
            """case_id activity at process_key
               1       A        1  p
               1       B        2  q
               2       B        2  -"""
        ),
    )
    assert rows(sink, "cases", "case_id", "process_key") == [("default/2", "default"), ("p/1", "p"), ("q/1", "q")]
    assert rows(sink, "activities", "case_id", "activity") == [("default/2", "B"), ("p/1", "A"), ("q/1", "B")]


def test_capabilities_say_how_many(con: ibis.BaseBackend) -> None:
    said = put(con, parse(PAIRING["intervals"][0])).record.capabilities
    assert (said["start-times"].available, said["start-times"].why) == ("partial", "3 of 5 activities have a start")
    assert (said["end-times"].available, said["resources"].available) == ("partial", "partial")
    assert said["incidents"].available == "no" and "own export" in said["incidents"].unlock
    said = put(con, parse(PAIRING["one time without life cycle"][0])).record.capabilities
    assert (said["start-times"].available, said["end-times"].available, said["resources"].available) == (
        "no",
        "yes",
        "yes",
    )


def test_intervals_need_no_window_and_no_join(con: ibis.BaseBackend) -> None:
    sink = put(con, parse(PAIRING["intervals"][0]))
    for _, table in sink.tables:
        query = ibis.to_sql(table, dialect="duckdb").upper()
        assert " OVER " not in query and " JOIN " not in query


def test_wrong_columns_are_a_mistake_of_the_reader(con: ibis.BaseBackend) -> None:
    with pytest.raises(ValueError, match="not the columns of a plain log"):
        put(con, {"case_id": ["c"], "activity": ["A"], "colour": ["red"]})
    with pytest.raises(ValueError, match="either one time"):
        put(con, parse("case_id activity at start\n c A 1 1"))


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("cd"),
        st.sampled_from("AB"),
        st.integers(0, 6),
        st.sampled_from(["start", "complete", "complete", "schedule", "withdraw", "unknown"]),
        st.sampled_from([None, "ann", "bob"]),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, st.randoms(use_true_random=False))
def test_row_order_never_counts_and_nothing_runs_backwards(con: ibis.BaseBackend, events: Any, random: Any) -> None:
    names = ("case_id", "activity", "at", "lifecycle", "resource")

    def read(order: list[Any]) -> tuple[Any, Any]:
        columns = {n: [e[i] for e in order] for i, n in enumerate(names)}
        columns["at"] = [t * DAY for t in columns["at"]]
        sink = put(con, columns)
        columns_shown = ("case_id", "activity", "scheduled", "start", "end", "resource", "state")
        return rows(sink, "activities", *columns_shown), rows(sink, "cases", "case_id", "start", "end")

    shuffled = list(events)
    random.shuffle(shuffled)
    found, cases = read(list(events))
    assert (found, cases) == read(shuffled)
    assert all(start is None or end is None or start <= end for *_, start, end, _, _ in found)
    # every start and every end is in exactly one instance
    kinds = [e[3] for e in events]
    if "start" in kinds and {"complete", "withdraw"} & set(kinds):
        ends = sum(k in ("complete", "withdraw", "unknown") for k in kinds)
        assert sum(row[4] is not None for row in found) == ends
        assert sum(row[3] is not None for row in found) == kinds.count("start")
        assert len(found) == ends + kinds.count("start") - sum(None not in (row[3], row[4]) for row in found)
        # no end is left alone while a start of its case and activity is open: as many pairs as a queue can make
        for case, activity in {(e[0], e[1]) for e in events}:
            mine = sorted(
                (e[2], e[3] != "start") for e in events
                if (e[0], e[1]) == (case, activity) and e[3] in ("start", "complete", "withdraw")
            )  # fmt: skip
            waiting = pairs = 0
            for _, ends_it in mine:
                if not ends_it:
                    waiting += 1
                elif waiting:
                    waiting, pairs = waiting - 1, pairs + 1
            made = [r for r in found if r[:2] == (case, activity) and None not in (r[3], r[4])]
            assert len(made) == pairs


def test_events_of_one_moment_pair_first_in_first_out(con: ibis.BaseBackend) -> None:
    random = Random(7)
    events = [
        (random.choice("cd"), random.choice("AB"), random.randrange(5), random.choice(["start", "complete"]))
        for _ in range(300)
    ]
    expected: list[tuple[str, str, int | None, int | None]] = []
    waiting: dict[tuple[str, str], list[int]] = {}
    for case, activity, day, step in sorted(events, key=lambda e: (e[2], e[3] == "complete")):
        queue = waiting.setdefault((case, activity), [])
        if step == "start":
            queue.append(day)
        else:
            expected.append((case, activity, queue.pop(0) if queue else None, day))
    expected += [(case, activity, day, None) for (case, activity), days in waiting.items() for day in days]
    names = ("case_id", "activity", "at", "lifecycle")
    columns = {n: [e[i] for e in events] for i, n in enumerate(names)}
    columns["at"] = [day * DAY for day in columns["at"]]
    found = rows(put(con, columns), "activities", "case_id", "activity", "start", "end")
    assert sorted(map(repr, found)) == sorted(
        repr((c, a, s if s is None else float(s), e if e is None else float(e))) for c, a, s, e in expected
    )


def test_transitions_beyond_counting_are_still_understood(con: ibis.BaseBackend) -> None:
    # more spellings than a filter names: blanks around the word
    spellings = [f"{' ' * (n % 50)}start{' ' * (n // 50)}" for n in range(1200)]
    columns: dict[str, list[Any]] = {
        "case_id": [f"c{n}" for n in range(1200)] + ["c0"],
        "activity": ["A"] * 1201,
        "at": [DAY] * 1200 + [2 * DAY],
        "lifecycle": [*spellings, "Complete"],
    }
    found = rows(put(con, columns), "activities", "case_id", "start", "end")
    assert len(found) == 1200
    assert found[0] == ("c0", 1, 2)
    assert {row[1:] for row in found[1:]} == {(1, None)}
