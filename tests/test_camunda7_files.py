"""Camunda 7: which files are which tables, how they may be written, and what is said of what is missing."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.camunda7 import ADAPTER
from poanalyzer.ingest.detect import LAST_RESORT
from poanalyzer.ingest.files import InputFile, find_files
from poanalyzer.ingest.times.local_clock import LocalClock
from tests.camunda7 import (
    ACTINST,
    BOUNDARY,
    INCIDENT,
    JOB_LOG,
    ONE_CASE,
    PROCINST,
    Read,
    Reader,
    cells,
    model,
    reader,
    write,
)
from tests.data import test_data


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    """Return a function that writes an export and reads it."""
    yield from reader(tmp_path)


def test_every_row_is_accounted_for(read: Reader) -> None:
    rows = (
        f"{ACTINST}\n- c1 c1 x t userTask 8:00 8:10 4 1 - - T\na2 c1 - x t userTask 8:00 8:10 4 2 - - T\n"
        "a3 c1 c1 x t userTask yesterday 8:10 4 3 - - T\na4 c1 c1 x t userTask 0001-01-01T00:00:00 - 4 4 - - T\n"
        "a5 c1 c1 x t userTask 8:00 9999-12-31T00:00:00 4 5 - - T\na6 c1 c1 x - userTask 8:00 8:10 4 6 - - T\n"
    )
    good = "\n".join(f"g{n} c1 c1 x t userTask 8:00 8:10 4 1 - - T" for n in range(60))
    got = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": f"{rows}{good}\ng1 c1 c1 x t userTask 8:00 8:10 4 1 - - T"})
    assert got.record.rejected == {
        "no id": 1, "no process instance": 1, "no start time that can be read": 1, "time outside 1950–2150": 2,
        "no activity": 1, "row exported twice": 1,
    }  # fmt: skip
    assert (got.record.rows_read, got.record.rows_kept) == (67, 60)
    assert len(got.rows("activities")) == 60


def test_cases_without_rows_and_rows_without_a_case(read: Reader) -> None:
    got = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": f"{ACTINST}\na1 c9 c9 x t userTask 8:30 8:40 4 1 - - T"})
    assert got.only("cases", "case_id state start end root_case_id process_key") == [
        ("c1", "completed", "8:00", "9:00", "c1", "p"),
        ("c9", "unknown", "8:30", "8:40", "c9", "p"),
    ]
    assert "1 process instances have activities but no row" in got.texts()


def test_only_activities(read: Reader) -> None:
    got = read({"HI_ACTINST": f"{ACTINST}\na1 c1 c1 x t userTask 8:30 - 0 1 - - T"})
    assert got.only("cases", "case_id state end") == [("c1", "unknown", None)]
    assert got.can("instances") == "partial"


@pytest.mark.parametrize(
    ("level", "tables", "expected"),
    [
        ("3", "HI_JOB_LOG HI_EXT_TASK_LOG HI_INCIDENT HI_OP_LOG", "yes yes partial"),  # empty, but proven
        ("3", "HI_JOB_LOG", "yes no no"),  # no activity that could be an external task
        ("3", "HI_EXT_TASK_LOG", "no no no"),
        ("3", "", "no no no"),
        ("2", "", "no no no"),
        ("1", "", "no no no"),
        ("0", "", "no no no"),
    ],
)
def test_empty_is_not_missing(read: Reader, level: str, tables: str, expected: str) -> None:
    empty = {
        name: {"HI_JOB_LOG": JOB_LOG, "HI_INCIDENT": INCIDENT}.get(name, "ID_ TIMESTAMP_") for name in tables.split()
    }
    got = read(
        {"HI_PROCINST": ONE_CASE, "HI_ACTINST": ACTINST, "GE_PROPERTY": f"NAME_ VALUE_\nhistoryLevel {level}", **empty}
    )
    assert " ".join(got.can(c) for c in ("attempts", "incidents", "operations")) == expected
    for name in ("attempts", "incidents", "operations"):
        capability = got.record.capabilities[name]
        if capability.available == "no":
            assert ("history level" in capability.unlock) is (level != "3")
            assert ("Also export" in capability.unlock) is (level == "3")


@pytest.mark.parametrize(
    ("tables", "models", "expected"),
    [
        ("RE_PROCDEF RE_DEPLOYMENT", True, "yes"),
        ("RE_PROCDEF RE_DEPLOYMENT", False, "partial"),  # who knows which versions changed anything?
        ("RE_PROCDEF", True, "no"),
        ("", True, "no"),
    ],
)
def test_deployments_need_both_tables_and_models(read: Reader, tables: str, models: bool, expected: str) -> None:
    all_tables = {
        "RE_DEPLOYMENT": "ID_ NAME_ DEPLOY_TIME_\nd1 app 8:00",
        "RE_PROCDEF": "ID_ KEY_ VERSION_ DEPLOYMENT_ID_\np:1:x p 1 d1",
    }
    given = {name: all_tables[name] if name in tables.split() else "" for name in all_tables}
    got = read({"HI_PROCINST": ONE_CASE, **given}, {"p.bpmn": model('<task id="t"/>')} if models else {})
    assert got.can("deployments") == expected
    assert len(got.rows("deployments")) == (0 if expected == "no" else 1)


def test_level_is_inferred_from_the_tables(read: Reader) -> None:
    none = read({"HI_PROCINST": ONE_CASE, "GE_PROPERTY": ""})
    assert none.record.history_level == "activity (inferred)"
    row = f"{INCIDENT}\ni1 c1 x 8:00 8:10 failedJob t t i1 j1 1"
    full = read({"HI_PROCINST": ONE_CASE, "GE_PROPERTY": "", "HI_INCIDENT": row})
    assert full.record.history_level == "full (inferred)"
    assert full.can("incidents") == "yes"
    assert "does not say the history level" in full.texts()
    # the table exists at every level: without rows it proves nothing
    empty = read({"HI_PROCINST": ONE_CASE, "GE_PROPERTY": "", "HI_INCIDENT": INCIDENT})
    assert empty.record.history_level == "activity (inferred)"
    assert empty.can("incidents") == "no"


def test_times_of_the_engines_zone(read: Reader) -> None:
    cases = "ID_ START_TIME_ END_TIME_\nc1 2026-03-02T09:00:00 2026-07-01T09:00:00.1234567"
    berlin = read({"HI_PROCINST": cases}, zone="Europe/Berlin")
    assert berlin.only("cases", "start end") == [("8:00", "7:00")]
    assert berlin.rows("cases")[0]["end"] % 1_000_000 == 123_456
    nowhere = read({"HI_PROCINST": cases}, zone=None)
    assert nowhere.only("cases", "start") == [("9:00",)]
    assert "warning: the tables hold times of the engine's local clock" in nowhere.texts()
    skipped = read({"HI_PROCINST": "ID_ START_TIME_\nc1 2026-03-29T02:30:00"}, zone="Europe/Berlin")
    assert "1 times do not exist in Europe/Berlin" in skipped.texts()


@pytest.mark.parametrize(
    "text",
    [
        "02.03.2026_09:00:00",
        "2026-03-02T09:00:00+0100",
        "2026-03-02T08:00:00Z",
        "1772438400000",
        "02-MAR-2026_09:00:00",
    ],
)
def test_times_that_tools_have_rewritten(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path / "e", {"HI_PROCINST": ONE_CASE})
    (folder / "ACT_HI_PROCINST.csv").write_text(f"ID_,START_TIME_\nc1,{text.replace('_', ' ')}\n", encoding="utf-8")
    got = Read(folder, "Europe/Berlin")
    assert got.only("cases", "start") == [("8:00",)]
    got.close()


@pytest.mark.parametrize(
    ("name", "delimiter", "case", "encoding"),
    [
        ("public.act_hi_procinst.csv", ",", str.lower, "utf-8"),
        ("2026-01_ACT_HI_PROCINST.csv", ";", str.upper, "utf-8-sig"),
        ("act_hi_procinst_export.tsv", "\t", str.lower, "utf-8"),
        ("ACT_HI_PROCINST-1.csv.gz", ",", str.upper, "utf-8"),
        ("camunda.dbo.ACT_HI_PROCINST.txt", ";", str.title, "utf-16"),
    ],
)
def test_names_and_dialects(
    tmp_path: Path, name: str, delimiter: str, case: Callable[[str], str], encoding: str
) -> None:
    header, row = cells(ONE_CASE)
    row[2] = '"two\nlines"'
    data = "\r\n".join([delimiter.join(case(c) for c in header), delimiter.join(row), ""]).encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    got = Read(tmp_path)
    assert got.only("cases", "case_id business_key start") == [("c1", "two\nlines", "8:00")]
    got.close()


def test_files_of_any_name_are_known_by_their_columns(tmp_path: Path) -> None:
    folder = write(
        tmp_path, {"HI_PROCINST": f"{PROCINST} START_ACT_ID_\nc1 c1 B1 8:00 - ACTIVE c1 - go", "HI_ACTINST": BOUNDARY}
    )
    (folder / "ACT_HI_PROCINST.csv").rename(folder / "instances.csv")
    (folder / "ACT_HI_ACTINST.csv").rename(folder / "steps 2026.csv")
    (folder / "other.csv").write_text("order_no,start_time\n1,2\n", encoding="utf-8")
    got = Read(folder)
    assert (len(got.rows("cases")), len(got.rows("activities"))) == (1, 3)
    got.close()


def test_a_join_with_variables_is_read_once_a_case() -> None:
    # instances joined with their variables by an analyst: two columns of each name, German dates, semicolons
    file = test_data("exports/public/camunda7-csv/camundaExport.csv")
    got = Read(file, "Europe/Berlin")
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")), delimiter=";"))
    assert len(got.rows("cases")) == len({r["proc_inst_id_"] for r in rows if r["proc_inst_id_"]})
    assert "stand in the export more than once" in got.texts()
    got.close()


def test_zip_and_several_files_of_one_table(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"HI_PROCINST": f"{PROCINST}\nc1 c1 A0 8:00 - ACTIVE c1 -"})
    two = write(tmp_path / "two", {"HI_PROCINST": f"{ONE_CASE}\nc2 c2 B2 8:00 - ACTIVE c2 -"})
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(one / "ACT_HI_PROCINST.csv", "x/ACT_HI_PROCINST_march.csv")
        archive.write(two / "ACT_HI_PROCINST.csv", "x/ACT_HI_PROCINST_april.csv")
    got = Read(tmp_path / "all.zip")
    # c1 stands in both: the row that has ended is the later one
    assert got.only("cases", "case_id state") == [("c1", "completed"), ("c2", "running")]
    got.close()


def test_two_exports_in_one_folder_are_two_logs_each_with_its_models(tmp_path: Path) -> None:
    for place in ("eu", "us"):
        bpmn = model(f'<task id="t" name="{place}"/>')
        write(tmp_path / place, {"HI_PROCINST": ONE_CASE, "HI_ACTINST": BOUNDARY}, {"p.bpmn": bpmn})
    store = Store()
    files = find_files(str(tmp_path), Path(), store.workdir)
    settings = InputSettings(path=str(tmp_path), timezone="UTC")
    names = []
    for claim in ADAPTER.claim(files, settings):
        sink = store.sink(InputRecord(str(tmp_path), "camunda7", claim.engine, "engine", False, "0" * 64))
        ADAPTER.read(claim, settings, Config(), sink)
        names += [row["name"] for t, rows in sink.tables if t == "elements" for row in rows.to_pyarrow().to_pylist()]
    assert names == ["eu", "us"]
    store.close()


def test_order_of_rows_means_nothing(read: Reader) -> None:
    lines = BOUNDARY.splitlines()
    shuffled = [lines[0], *random.Random(1).sample(lines[1:], len(lines) - 1)]
    one, other = (read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": "\n".join(order)}) for order in (lines, shuffled))
    for table in ("cases", "activities", "exceptions"):
        drop = {"source"}
        assert [{k: v for k, v in row.items() if k not in drop} for row in one.rows(table)] == [
            {k: v for k, v in row.items() if k not in drop} for row in other.rows(table)
        ]


@pytest.mark.parametrize(
    ("name", "header", "ours"),
    [
        ("ACT_HI_PROCINST", "ID_,REV_,PROC_INST_ID_,START_TIME_,CALLBACK_ID_", False),  # Flowable
        ("ACT_HI_PROCINST", "ID_,PROC_INST_ID_,START_TIME_,NAME_", False),  # Activiti
        ("ACT_HI_ACTINST", "ID_,PROC_INST_ID_,ACT_ID_,CALL_PROC_INST_ID_,START_TIME_", False),
        ("ACT_HI_ACTINST", "ID_,PROC_INST_ID_,ACT_ID_,CALL_PROC_INST_ID_,START_TIME_,PARENT_ACT_INST_ID_", True),
        ("ACT_HI_PROCINST", "ID_,PROC_INST_ID_,START_TIME_", True),  # a selection that tells nothing
        ("ACT_HI_TASKINST", "ID_,PROC_INST_ID_,START_TIME_", False),  # neither of the two tables that are needed
    ],
)
def test_tables_of_other_engines_are_left_to_them(tmp_path: Path, name: str, header: str, ours: bool) -> None:
    file = tmp_path / f"{name}.csv"
    file.write_text(f"{header}\n" + ",".join("x" for _ in header.split(",")) + "\n", encoding="utf-8")
    claims = ADAPTER.claim([InputFile(file, file.name)], InputSettings(path="x"))
    assert any(claim.confidence > LAST_RESORT for claim in claims) is ours


def test_broken_exports_are_explained(tmp_path: Path) -> None:
    (tmp_path / "ACT_HI_PROCINST.csv").write_text("A,B\n1,2\n")
    with pytest.raises(InputError, match="none of the columns of ACT_HI_PROCINST"):
        Read(tmp_path)
    bad = write(tmp_path / "bad", {"HI_PROCINST": ONE_CASE}, {"p.bpmn": "<definitions"})
    told = [problem.text for problem in Read(bad).sink.problems]
    assert any("p.bpmn" in text and "is left out: not sound XML" in text for text in told)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_local_clock_agrees_with_python(zone: str) -> None:
    # every half hour of two years: the hour that is skipped and the one that is read twice are in it
    start = datetime(2025, 1, 1)
    local = [start + timedelta(minutes=30 * n, microseconds=n) for n in range(2 * 365 * 48)]
    read = LocalClock(zone).to_utc(pa.array([f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in local])).to_pylist()
    truth = [moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for moment in local]
    assert read == [round((t - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) for t in truth]


@pytest.mark.parametrize(
    "text", ["", "NULL", "2026-02-30 08:00:00", "2026-03-02", "2026-03-02 8:00", "02.03.2026 08:00:00"]
)
def test_local_clock_reads_no_other_text(text: str) -> None:
    assert LocalClock("UTC").to_utc(pa.array([text, "2026-03-02T08:00:00"])).to_pylist() == [
        None,
        1_772_438_400_000_000,
    ]
