"""Plain tables become canonical rows; how the file is written, packed or split makes no difference."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import random
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poanalyzer.config import Config, InputSettings, parse_config
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.detect import plan_inputs
from poanalyzer.ingest.files import InputFile, find_files
from poanalyzer.ingest.tables.dialect import sniff
from poanalyzer.ingest.tables.tablefiles import stage_csv
from tests.data import test_data

LOG = """case id,activity,start time,end time,resource
7,Receive,2024-03-01 09:00:00,2024-03-01 09:30:00,Ann
7,Check,2024-03-01 10:00:00,2024-03-01 10:45:00.250,svc
8,Receive,2024-03-02 09:00:00,2024-03-02 09:10:00,
"""


at = dt.datetime.fromisoformat  # the canonical tables show UTC without saying so


ROWS = [
    ("7", "Check", at("2024-03-01 10:00:00"), at("2024-03-01 10:45:00.250"), "svc"),
    ("7", "Receive", at("2024-03-01 09:00:00"), at("2024-03-01 09:30:00"), "Ann"),
    ("8", "Receive", at("2024-03-02 09:00:00"), at("2024-03-02 09:10:00"), None),
]
ACTIVITY = ("case_id", "activity", "start", "end", "resource")


class Read:
    """One input read into a sealed log: its activities, cases, account and problems."""

    def __init__(self, folder: Path, name: str, config: Config | None = None, **given: object) -> None:
        wanted = InputSettings(path=name, **given)
        config = config or Config()
        store = Store()
        try:
            for reader, claim in plan_inputs(find_files(name, folder, store.workdir), wanted):
                record = InputRecord(name, reader.id, claim.engine, "engine", False, "")
                reader.read(claim, wanted, config, store.sink(record))
            log = store.seal(config)
            self.tables = {t: log.con.to_pyarrow(log.table(t)).to_pylist() for t in ("activities", "cases")}
            self.record = log.inputs[0]
            self.problems = [p.text for p in log.problems]
        finally:
            store.close()

    def activities(self, *columns: str) -> list[tuple]:
        names = columns or ACTIVITY
        found = [tuple(row[c] for c in names) for row in self.tables["activities"]]
        return sorted(found, key=lambda row: tuple(str(v) for v in row))

    def everything(self) -> dict[str, list[str]]:
        """All canonical rows without where they came from."""
        return {
            table: sorted(str(sorted((k, v) for k, v in row.items() if k not in ("source", "raw_ref"))) for row in rows)
            for table, rows in self.tables.items()
        }


def read(folder: Path, content: str | bytes, name: str = "log.csv", **given: object) -> Read:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return Read(folder, name, **given)


def test_rows_by_hand(tmp_path):
    found = read(tmp_path, LOG)
    assert found.activities() == ROWS
    assert {(c["case_id"], c["process_key"], c["start"], c["end"]) for c in found.tables["cases"]} == {
        ("7", "log", at("2024-03-01 09:00:00"), at("2024-03-01 10:45:00.250")),
        ("8", "log", at("2024-03-02 09:00:00"), at("2024-03-02 09:10:00")),
    }
    assert (found.record.rows_read, found.record.rows_kept, found.record.rejected) == (3, 3, {})
    assert found.record.columns == {
        "case": "case id", "activity": "activity", "start": "start time", "end": "end time", "resource": "resource",
    }  # fmt: skip


GERMAN = LOG.replace("Receive", "Prüfung Größe").replace("Ann", "Jürgen")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_encodings(tmp_path, encoding):
    found = read(tmp_path, GERMAN.encode(encoding))
    assert ("7", "Prüfung Größe", ROWS[1][2], ROWS[1][3], "Jürgen") in found.activities()
    assert any("Windows-1252" in text for text in found.problems) is (encoding == "cp1252")


def test_a_byte_that_is_no_utf8_far_behind_the_head(tmp_path):
    many = "".join(f"{i},Wait,2024-03-03 09:00:00,2024-03-03 09:00:01,Bo\n" for i in range(9000))
    found = read(tmp_path, (LOG + many).encode() + "9,Lösen,2024-03-02 09:00,2024-03-02 09:01,Zoë\n".encode("cp1252"))
    assert [row[4] for row in found.activities() if row[1] == "Lösen"] == ["Zoë"]
    assert any("not UTF-8 throughout" in text for text in found.problems)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path, delimiter, newline):
    assert read(tmp_path, LOG.replace(",", delimiter).replace("\n", newline)).activities() == ROWS


def test_semicolons_decimal_commas_and_german_dates(tmp_path):
    text = (
        "sep=;\nVorgangsnummer;Tätigkeit;Beginn;Ende;Bearbeiter;Betrag\n"
        "7;Receive;01.03.2024 09:00;01.03.2024 09:30;Ann;12,50\n"
        "7;Check;01.03.2024 10:00:00;01.03.2024 10:45:00,250;svc;1,00\n"
        "8;Receive;2.3.2024 9:00;2.3.2024 9:10;;\n"
    )
    assert read(tmp_path, text).activities() == ROWS
    assert sniff(InputFile(tmp_path / "log.csv", "log.csv")).decimal_comma


def test_values_are_left_as_they_are(tmp_path):
    text = (
        "case id,activity,timestamp,resource\n"
        'NA,"Ask,\nagain",2024-03-01 09:00,"=cmd|\' /C calc\'!A0"\n'
        "00123,NULL,2024-03-01 10:00,null\n"
        '123,"say ""yes""",2024-03-01 11:00,NA\n'
    )
    assert read(tmp_path, text).activities("case_id", "activity", "resource") == [
        ("00123", "NULL", "null"),
        ("123", 'say "yes"', "NA"),
        ("NA", "Ask,\nagain", "=cmd|' /C calc'!A0"),
    ]


def test_ragged_rows_are_counted_with_an_example(tmp_path):
    found = read(tmp_path, LOG + "9,short\n8,Check,2024-03-02 10:00,2024-03-02 10:05,Ann,too,long\n\n")
    assert found.activities() == ROWS
    assert found.record.rejected == {"the row does not have as many values as the header": 2}
    assert (found.record.rows_read, found.record.rows_kept) == (5, 3)
    assert any("8,Check" in text for text in found.problems)


def test_duplicate_names_that_no_role_needs_are_noted(tmp_path):
    found = read(tmp_path, LOG.replace("resource", "resource,x,x").replace(":00,Ann", ":00,Ann,1,2"))
    assert found.record.rejected == {"the row does not have as many values as the header": 2}
    assert any("columns of the same name: x" in text for text in found.problems)


def test_packed_files(tmp_path):
    assert read(tmp_path, gzip.compress(LOG.encode()), "log.csv.gz").activities() == ROWS
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.writestr("export/log.csv", LOG)
    assert Read(tmp_path, "log.zip").activities() == ROWS
    assert read(tmp_path, LOG.replace(",", "\t"), "log.tsv").activities() == ROWS


cells = st.text(st.sampled_from("ab ,;|\t\"'\n\r=é漢0"), min_size=1, max_size=6).filter(
    lambda t: t.strip("\r\n\t ") != ""
)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_quoted_cell_survives(tmp_path_factory, rows, delimiter, encoding):
    folder = tmp_path_factory.mktemp("cells")
    with (folder / "log.csv").open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([("one", "two", "three"), *rows])
    store = Store()
    try:
        sink = store.sink(InputRecord("log.csv", "table", "unknown", "outside", False, ""))
        table, count, bad = stage_csv(find_files("log.csv", folder, folder), ["one", "three"], sink)
        assert (count, bad.count) == (len(rows), 0)
        found = store.con.to_pyarrow(table).to_pylist()
    finally:
        store.close()
    assert [(row["one"], row["three"]) for row in found] == [(one, three) for one, _, three in rows]


def parquet(folder: Path, table: pa.Table, name: str = "log.parquet", **given: object) -> Read:
    (folder / name).parent.mkdir(exist_ok=True)
    pq.write_table(table, folder / name)
    return Read(folder, name.split("/")[0], **given)


def as_table(rows: list[tuple] = ROWS, kind: pa.DataType | None = None) -> pa.Table:
    case, activity, start, end, resource = zip(*rows, strict=True)
    moment = kind or pa.timestamp("us", "UTC")
    return pa.table({
        "case id": case, "activity": activity, "start time": pa.array(start, pa.timestamp("us")).cast(moment),
        "end time": pa.array(end, pa.timestamp("us")).cast(moment), "resource": resource,
    })  # fmt: skip


@pytest.mark.parametrize("kind", [pa.timestamp("us", "UTC"), pa.timestamp("ms"), pa.timestamp("ns"), pa.string()])
def test_parquet(tmp_path, kind):
    assert parquet(tmp_path, as_table(kind=kind)).activities() == ROWS


def test_keys_that_a_gap_made_floats_are_integers_again(tmp_path):
    table = as_table().set_column(0, "case id", pa.array([7.0, 7.0, 8.0]))
    assert [row[0] for row in parquet(tmp_path, table).activities()] == ["7", "7", "8"]
    table = as_table().set_column(0, "case id", pa.array([7, 7, 8], pa.int64()))
    assert [row[0] for row in parquet(tmp_path, table).activities()] == ["7", "7", "8"]


def test_parts_of_parquet_in_one_folder_are_one_log(tmp_path):
    whole = parquet(tmp_path, as_table(), process="p")
    for number, row in enumerate(ROWS):
        (tmp_path / "day" / f"date={number}").mkdir(parents=True)
        pq.write_table(as_table([row]), tmp_path / "day" / f"date={number}" / "part-0.parquet")
    parts = Read(tmp_path, "day", process="p")
    assert parts.everything() == whole.everything()


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=5)
events = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", "NA", "00"]),
        names,
        st.datetimes(min_value=dt.datetime(1990, 1, 1), max_value=dt.datetime(2040, 1, 1)),
        st.one_of(st.just(""), names),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=events, cut=st.integers(1, 11), seed=st.integers(0, 99))
def test_splitting_and_shuffling_change_nothing(tmp_path_factory, rows, cut, seed):
    folder = tmp_path_factory.mktemp("split")
    header = '"case id","activity","timestamp","resource"\n'
    quote = '"'

    def lines(part):
        made = [[c, a, t.isoformat(), r] for c, a, t, r in part]
        return header + "".join(",".join(f'"{v.replace(quote, quote * 2)}"' for v in row) + "\n" for row in made)

    cut = min(cut, len(rows) - 1)
    shuffled = random.Random(seed).sample(rows, len(rows))
    whole = read(folder, lines(rows), "whole.csv", process="p")
    (folder / "parts").mkdir()
    (folder / "parts" / "b.csv").write_text(lines(shuffled[:cut]), encoding="utf-8")
    (folder / "parts" / "a.csv").write_bytes(lines(shuffled[cut:]).encode("utf-16"))
    assert Read(folder, "parts", process="p").everything() == whole.everything()
    assert {(c, a) for c, a, _, _ in rows} == set(whole.activities("case_id", "activity"))


def test_times_without_a_zone_are_those_of_the_project(tmp_path):
    text = "case id,activity,timestamp\n1,A,2023-10-29 02:30:00\n1,B,2023-03-26 02:30:00\n1,C,2023-07-01 12:00:00\n"
    utc = read(tmp_path, text)
    assert any("have no time zone and are taken as UTC" in t for t in utc.problems)
    config = parse_config({"project": {"timezone": "Europe/Berlin"}})
    berlin = Read(tmp_path, "log.csv", config)
    assert [end for _, end in berlin.activities("activity", "end")] == [
        at("2023-10-29 00:30:00"),
        at("2023-03-26 01:30:00"),
        at("2023-07-01 10:00:00"),
    ]
    assert berlin.record.timezone == "Europe/Berlin"
    assert any("1 times can mean two instants" in t and "1 never were" in t for t in berlin.problems)
    own = Read(tmp_path, "log.csv", config, timezone="America/New_York")
    assert own.activities("activity", "end")[2] == ("C", at("2023-07-01 16:00:00"))


def test_an_offset_beats_the_zone_of_the_project(tmp_path):
    text = "case id,activity,timestamp\n1,A,2023-07-01 12:00:00+05:00\n1,B,2023-07-01T12:00:00Z\n"
    found = read(tmp_path, text, timezone="Europe/Berlin")
    assert found.activities("activity", "end") == [
        ("A", at("2023-07-01 07:00:00")),
        ("B", at("2023-07-01 12:00:00")),
    ]


def test_month_first_is_found_in_the_whole_column(tmp_path):
    early = "".join(f"{i},A,0{1 + i % 9}/0{1 + i % 7}/2024 10:00\n" for i in range(20_000))
    found = read(tmp_path, "case id,activity,timestamp\n" + early + "x,B,05/31/2024 1:30 PM\n")
    assert [row[1] for row in found.activities("activity", "end") if row[0] == "B"] == [at("2024-05-31 13:30:00")]


def test_start_and_complete_rows_are_paired(tmp_path):
    text = """case:concept:name,concept:name,lifecycle:transition,time:timestamp
1,A,start,2024-01-01 10:00
1,A,complete,2024-01-01 10:20
"""
    assert read(tmp_path, text).activities("activity", "start", "end") == [
        ("A", at("2024-01-01 10:00"), at("2024-01-01 10:20"))
    ]


def test_a_row_with_start_and_end_is_not_paired_again(tmp_path):
    text = LOG.replace("resource\n", "lifecycle:transition\n").replace("Ann", "complete").replace("svc", "complete")
    found = read(tmp_path, text.replace("09:10:00,\n", "09:10:00,complete\n"))
    assert found.activities("case_id", "activity", "start", "end") == [row[:4] for row in ROWS]


def test_flags_and_states_of_other_tools(tmp_path):
    text = """Case_ID,Activity,Event_end,Automated,User,Activity status
1,A,2024-01-01 10:00,True,robo,Completed
1,B,2024-01-01 11:00,false,Ann,Cancelled
1,C,2024-01-01 12:00,,Bo,done
"""
    assert read(tmp_path, text).activities("activity", "resource_type", "state")[:2] == [
        ("A", "system", "completed"),
        ("B", "human", "canceled"),
    ]


def test_declared_columns(tmp_path):
    text = "a,b,c\n1,A,2024-01-01\n1,B,2024-01-02\n"
    found = read(tmp_path, text, columns={"case": "a", "activity": "b", "end": "c"})
    assert found.activities("case_id", "activity") == [("1", "A"), ("1", "B")]


def test_a_key_of_the_event_is_its_reference_and_a_row_number_never_is(tmp_path):
    text = "event_id,case id,activity,timestamp\nk1,1,A,2024-01-01\nk2,1,B,2024-01-02\n"
    refs = {row["activity"]: str(row["raw_ref"]) for row in read(tmp_path, text).tables["activities"]}
    assert "k1" in refs["A"]
    assert "k2" in refs["B"]


def test_a_process_column_divides_the_log(tmp_path):
    text = LOG.replace("resource\n", "process name\n").replace(",Ann", ",Order").replace(",svc", ",Order")
    found = read(tmp_path, text.replace("09:10:00,\n", "09:10:00,Claim\n"))
    assert {(c["case_id"], c["process_key"]) for c in found.tables["cases"]} == {("7", "Order"), ("8", "Claim")}


PUBLIC = [
    ("logs/SEPSIS.csv.gz", 1050, 15214, 16),
    ("logs/receipt/receipt.csv.gz", 1434, 8577, 27),
    ("logs/receipt/receipt.parquet", 1434, 8577, 27),
    ("logs/LoanApp_simplified_train.csv.gz", 1000, 7544, 12),
    ("logs/Production.csv.gz", 225, 4953, 26),
]


@pytest.mark.parametrize(("path", "cases", "events", "activities"), PUBLIC)
def test_public_logs_are_read_whole(path, cases, events, activities):
    file = test_data(path)
    found = Read(file.parent, file.name)
    assert found.record.rows_read == found.record.rows_kept == events
    assert len(found.tables["cases"]) == cases
    assert len({row["activity"] for row in found.tables["activities"]}) == activities


def test_receipt_is_the_same_in_all_its_formats():
    text, table, xes = (test_data(f"logs/receipt/receipt.{kind}") for kind in ("csv.gz", "parquet", "xes.gz"))
    one = Read(text.parent, text.name, process="receipt").everything()
    # the Parquet file lost the offsets of its times: they are those of the municipality's clocks
    assert Read(table.parent, table.name, process="receipt", timezone="Europe/Amsterdam").everything() == one
    assert Read(xes.parent, xes.name, process="receipt").everything() == one


def test_sepsis_is_the_same_as_xes_and_as_csv():
    text, xes = test_data("logs/SEPSIS.csv.gz"), test_data("logs/SEPSIS.xes.gz")
    one = Read(text.parent, text.name, process="sepsis")
    assert Read(xes.parent, xes.name, process="sepsis").everything() == one.everything()
    assert "NA" in {row["case_id"] for row in one.tables["cases"]}
