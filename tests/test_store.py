"""The store: names become numbers and come back, pieces become cases, times and nothing else decide the order."""

from __future__ import annotations

from pathlib import Path

import pytest

from poanalyzer.config import Config
from poanalyzer.errors import InputError
from poanalyzer.eventlog.export import write_parquet
from poanalyzer.eventlog.quality import findings
from poanalyzer.eventlog.schema import TABLES
from poanalyzer.eventlog.store import Store, memory_limit
from poanalyzer.mine.mined import Mined

from .traces import EPOCH, MINUTE, Rows, mined, parse, record, seal, time

ODD = [
    "NA",
    "null",
    "None",
    "nan",
    "",
    " ",
    "NULL",
    "0",
    "ÄÖÜ ß",
    "日本",
    'it\'s "quoted"',
    "a\nb",
    "tab\there",
    "x|y;z",
    "%_\\",
]


def rows_of(log: Mined, table: str) -> list[dict[str, object]]:
    return log.log.con.to_pandas(log.log.table(table)).to_dict("records")


def plain(case: str, activity: str, at: int = 0, **more: object) -> dict[str, object]:
    row = {
        "case_id": case, "activity": activity, "element_type": "unknown", "resource_type": "unknown", "state": "completed",
        "start": EPOCH + at * MINUTE, "end": EPOCH + at * MINUTE,
    }  # fmt: skip
    return row | more


def log_of(acts: list[dict[str, object]], path: str = "a.csv") -> tuple[object, Rows]:
    rows = Rows()
    for act in acts:
        rows.add("activities", **act)
    for case in dict.fromkeys(str(a["case_id"]) for a in acts):
        rows.add("cases", case_id=case, root_case_id=case, engine="test", process_key="p", state="completed",
                 start=EPOCH, end=EPOCH + MINUTE)  # fmt: skip
    return record(path), rows


def test_odd_names_of_cases_activities_and_people_come_back_as_they_were():
    acts = [plain(name or "empty", name or "empty", i, resource=name) for i, name in enumerate(ODD)]
    log = seal([log_of(acts)])
    back = rows_of(log, "activities")
    assert sorted((r["case_id"], r["activity"], r["resource"]) for r in back) == sorted(
        (n or "empty", n or "empty", n) for n in ODD
    )
    assert {r["case_id"] for r in rows_of(log, "cases")} == {n or "empty" for n in ODD}
    assert log.processes[0].cases == len(ODD)


def test_a_missing_resource_is_no_resource_named_like_it():
    acts = [plain("c", "A", 0, resource=None), plain("c", "A", 1, resource=""), plain("c", "A", 2, resource="None")]
    back = rows_of(seal([log_of(acts)]), "activities")
    names = [r["resource"] for r in sorted(back, key=lambda r: r["start"])]
    assert names[0] is None or names[0] != names[0]
    assert names[1:] == ["", "None"]


def test_every_column_comes_back_as_it_went_in():
    log = mined(
        """
        a  A  1–5  human:ann  userTask  role=Clerks endpoint=e scope_id=s mi_index=2 assigned=2 due=9 seq=7 error_code=E
        attempts:
        a  A  2  attempt=1 end=3 message=no_way retries_left=2 worker=w
        exceptions:
        a  A  2–4  operator  code=X
        cases:
        a  business_key=k tenant=t trigger=message started_by=u process_version=3 process_name=P end_element_id=End
        variables:
        a  amount  value=7 type=Integer
        elements:
        A  userTask  name=Do_it retry=R3/PT5M interrupting=true
        deployments:
        3  0  checksum=x release_id=r deployed_by=d
        """
    )
    act = rows_of(log, "activities")[0]
    stamp = {k: act[k].isoformat() for k in ("start", "end", "assigned", "due")}  # type: ignore[attr-defined]
    assert stamp == {
        "start": "2024-01-01T00:01:00", "end": "2024-01-01T00:05:00", "assigned": "2024-01-01T00:02:00",
        "due": "2024-01-01T00:09:00",
    }  # fmt: skip
    assert {k: act[k] for k in ("role", "endpoint", "scope_id", "mi_index", "seq", "error_code", "source")} == {
        "role": "Clerks", "endpoint": "e", "scope_id": "s", "mi_index": 2, "seq": 7, "error_code": "E",
        "source": "engine.csv",
    }  # fmt: skip
    case = rows_of(log, "cases")[0]
    assert (case["business_key"], case["tenant"], case["process_version"], case["state"]) == (
        "k",
        "t",
        "3",
        "completed",
    )
    attempt = rows_of(log, "attempts")[0]
    assert (attempt["message"], attempt["worker"], attempt["retries_left"]) == ("no way", "w", 2)
    assert rows_of(log, "exceptions")[0]["code"] == "X"
    assert (rows_of(log, "variables")[0]["name"], rows_of(log, "variables")[0]["value"]) == ("amount", "7")
    assert rows_of(log, "elements")[0]["name"] == "Do it"
    assert rows_of(log, "deployments")[0]["deployed_by"] == "d"
    for table in TABLES:
        assert list(log.log.table(table).columns) == list(TABLES[table])


def test_a_case_in_pieces_from_two_inputs_is_one_case():
    one = log_of([plain("c", "A", 0), plain("d", "A", 0)], "jan.csv")
    two = log_of([plain("c", "B", 5)], "feb.csv")
    log = seal([one, two])
    assert log.processes[0].cases == 2
    frame = log.query(log.steps.join(log.cases.select("case_ix", "case_id"), "case_ix")).sort_values(["case_id", "pos"])
    assert [(c, log.activities[a]) for c, a in zip(frame["case_id"], frame["activity_ix"], strict=True)] == [
        ("c", "A"), ("c", "B"), ("d", "A"),
    ]  # fmt: skip


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_case_that_ran_in_one_export_and_ended_in_the_next_has_ended(newest_first: bool):
    running, ended = parse("c  A  0–  bot  serviceTask").engine, parse("c  B  5–9  bot  serviceTask").engine
    inputs = [(record("jan"), running), (record("feb"), ended)]
    log = seal(inputs[::-1] if newest_first else inputs)
    case = rows_of(log, "cases")[0]
    assert (case["state"], log.processes[0].closed) == ("completed", 1)
    assert case["end"].isoformat() == "2024-01-01T00:09:00"  # type: ignore[attr-defined]


def test_the_same_case_id_in_two_processes_or_inside_and_outside_is_two_cases():
    first, second, outside = (parse("c  A  0–1  bot  serviceTask").engine for _ in range(3))
    second.tables["cases"][0]["process_key"] = "q"
    log = seal([(record("a"), first), (record("b"), second), (record("o", "outside"), outside)])
    assert [(p.key, p.cases) for p in log.processes] == [("p", 1), ("q", 1)]
    assert log.log.row_count("cases") == 3
    assert log.scalar(log.steps.count()) == 2  # the outside row is none of the engine's


def test_a_child_whose_root_is_missing_is_its_own_root_and_says_so():
    log = mined("kid  A  0–1  bot  serviceTask\ncases:\nkid  root_case_id=gone parent_case_id=gone")
    case = log.query(log.cases).iloc[0]
    assert bool(case.is_root) and bool(case.root_missing)


def test_order_is_start_then_end_then_the_engines_sequence_then_name():
    text = """
    a  Late   5–6   bot  serviceTask
    a  Long   0–9   bot  serviceTask
    a  Short  0–2   bot  serviceTask
    a  Ab     3–3   bot  serviceTask  seq=2
    a  Zz     3–3   bot  serviceTask  seq=1
    a  Bb     4–4   bot  serviceTask
    a  Aa     4–4   bot  serviceTask
    a  End    –7    bot  serviceTask   # no start: its end places it
    """
    log = mined(text)
    frame = log.query(log.steps).sort_values("pos")
    names = [log.activities[a] for a in frame["activity_ix"]]
    assert names == ["Short", "Long", "Zz", "Ab", "Aa", "Bb", "Late", "End"]
    assert list(frame["pos"]) == list(range(8))


def test_numbers_follow_names_and_not_the_order_of_rows():
    log = mined("b  Z  0–1  bot  serviceTask\na  A  0–1  bot  serviceTask\nc  M  0–1  bot  serviceTask")
    assert [log.activities[i] for i in sorted(log.activities)] == ["A", "M", "Z"]
    frame = log.query(log.cases).sort_values("case_ix")
    assert list(frame["case_id"]) == ["a", "b", "c"]


def test_nothing_kept_is_an_error_that_says_where_to_look():
    store = Store()
    store.sink(record("empty.csv"))
    with pytest.raises(InputError) as wrong:
        store.seal(Config())
    assert "empty.csv" in wrong.value.where and "inspect" in wrong.value.fix


def test_unknown_columns_and_capabilities_are_refused():
    import pyarrow as pa

    store = Store()
    sink = store.sink(record())
    with pytest.raises(ValueError, match="colour"):
        sink.put("cases", pa.table({"colour": ["red"]}))
    with pytest.raises(ValueError, match="telepathy"):
        sink.capability("telepathy", "yes", "")
    store.close()
    assert not store.workdir.exists()


def test_rejected_rows_are_counted_by_reason():
    store = Store()
    sink = store.sink(record("x.csv"))
    sink.read(10)
    sink.kept(7)
    sink.reject("no time", 2, example="row 3")
    sink.reject("no time", 1)
    sink.reject("no case", 0)
    assert sink.record.rejected == {"no time": 3}
    assert (sink.record.rows_read, sink.record.rows_kept) == (10, 7)
    assert "row 3" in sink.problems[0].text
    store.close()


def test_parquet_names_people_only_when_asked(tmp_path: Path):
    log = mined("a  A  0–1  human:ann  userTask\na  B  1–2  bot:svc-7  serviceTask").log
    hidden = _resources(write_parquet(log, tmp_path / "hidden", names=False))
    shown = _resources(write_parquet(log, tmp_path / "shown", names=True))
    assert shown == {"ann", "svc-7"}
    assert "svc-7" in hidden and "ann" not in hidden
    assert any(n.startswith("person-") for n in hidden)
    assert not list(tmp_path.rglob("*.part"))


def _resources(paths: list[Path]) -> set[str]:
    import pyarrow.parquet as pq

    path = next(p for p in paths if p.stem == "activities")
    return set(pq.read_table(path)["resource"].to_pylist())


def test_quality_counts_what_a_reader_must_know():
    # 8 rows of work: 4 tie in pairs, 2 name no resource and no hands, 1 has no end, 2 took no time, 1 at midnight; the
    # case has ended
    text = """
    a  A  0–9   bot    serviceTask
    a  B  5–9   human  userTask
    a  C  5–8   human  userTask
    a  D  20–20  bot   serviceTask
    a  E  20–20  bot   serviceTask
    a  F  30–31  ?     task
    a  G  40–41  ?     task
    a  H  50–    bot   serviceTask
    a  Go  60–60  ?    endEvent
    cases:
    a  state=completed  end=1:00
    """
    log = mined(text, rows_read=100, rejected={"no time": 3}).log
    counts = {f.id: (f.count, f.share) for f in findings(log)}
    assert counts == {
        "tied-times": (4, 0.5), "no-resource": (2, 0.25), "unknown-hands": (2, 0.25), "midnight": (1, 0.125),
        "unfinished": (1, 0.125), "instant": (2, 0.25), "granularity": (8, 1.0), "rejected": (3, 0.03),
        "form-based-capture": (2, 0.25),  # B and C, by one person at one time
    }  # fmt: skip
    assert findings(mined("a  Go  1–1  ?  endEvent").log) == ()


def test_the_harness_reads_times_as_they_are_written():
    assert time("1:30") == EPOCH + 90 * MINUTE == time("90")
    assert time("2d 1:30") == EPOCH + (2 * 1440 + 90) * MINUTE
    assert time("2d") == EPOCH + 2 * 1440 * MINUTE
    with pytest.raises(AssertionError):
        time("soon")
    with pytest.raises(AssertionError):
        parse("a  A  0–1  bot  serviceTask  colour=red")


def test_memory_grows_with_the_input_and_leaves_most_of_the_machine() -> None:
    gib = 1 << 30
    assert memory_limit(0, 4 * gib) == gib
    assert memory_limit(100 << 20, 24 * gib) == 2 * gib
    assert memory_limit(gib, 24 * gib) == 4 * gib
    assert memory_limit(100 * gib, 24 * gib) == 6 * gib
    assert memory_limit(100 * gib, 2 * gib) == gib


def test_measuring_many_activities_may_use_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from poanalyzer.eventlog import store as room
    from poanalyzer.eventlog.store import MEMORY_LEAST

    def limit(bytes_an_activity: int) -> str:
        monkeypatch.setattr(room, "BYTES_AN_ACTIVITY", bytes_an_activity)
        monkeypatch.setattr(room, "machine_memory", lambda: 3 * MEMORY_LEAST)
        log = mined("a  A  0–1  bot  serviceTask").log
        return str(log.con.raw_sql("SELECT current_setting('memory_limit')").fetchall()[0][0])

    assert limit(82) == "1.0 GiB"
    monkeypatch.setattr(room, "MEASURING_MOST", 2)
    assert limit(1 << 40) == "1.5 GiB"
