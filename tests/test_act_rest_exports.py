"""REST answers of real engines: against the same database's tables, and against the JSON itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from poanalyzer.eventlog.schema import TABLES
from poanalyzer.ingest.act.columns import COLUMNS
from tests.camunda7 import Read
from tests.data import test_data
from tests.rest_answers import Staged, opener

#: What an answer does not say, or says less of, than its table.
LESS = {
    # answered as flags: the states 0 and 4 of what has ended cannot be told apart
    "HI_ACTINST": {"SEQUENCE_COUNTER_", "ACT_INST_STATE_"},
}
NOT_OVER_REST = {"GE_PROPERTY", "GE_SCHEMA_LOG", "GE_BYTEARRAY"}
Opener = Callable[..., Staged]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Return a function that stages an export; its store is dropped in the end."""
    yield from opener()


@pytest.mark.parametrize("name", ["camunda7", "camunda7-history-audit", "camunda7-history-activity"])
def test_answers_hold_what_the_tables_hold(name: str, opened: Opener) -> None:
    tables = opened(test_data(f"exports/{name}/db"), "Europe/Berlin")
    answers = opened(test_data(f"exports/{name}/rest"), "Asia/Tokyo")  # answers say their offset: the zone is not asked
    assert [one.engine for one in answers.found] == ["camunda7"]
    assert (tables.export.has_local_times, answers.export.has_local_times) == (True, False)
    compared = 0
    for table in sorted(set(COLUMNS) - NOT_OVER_REST):
        expected, got = tables.rows(table), answers.rows(table)
        assert [row.get("ID_") for row in got] == [row.get("ID_") for row in expected], table
        for column in (c.lstrip("@") for c in COLUMNS[table]):
            if column not in LESS.get(table, ()):
                differing = [
                    (a[column], b[column]) for a, b in zip(expected, got, strict=True) if a[column] != b[column]
                ]
                assert not differing[:3], f"{table}.{column}"
                compared += bool(got)
    assert compared > 60
    state = Counter(
        (a["ACT_INST_STATE_"], b["ACT_INST_STATE_"])
        for a, b in zip(tables.rows("HI_ACTINST"), answers.rows("HI_ACTINST"), strict=True)
    )
    assert {pair for pair in state if pair[0] != pair[1]} <= {("0", "4")}


def test_canonical_tables_are_the_same() -> None:
    """Only the engine's own order is not answered; where instances ended is found from their activities."""
    tables = Read(test_data("exports/camunda7/db"), "Europe/Berlin")
    answers = Read(test_data("exports/camunda7/rest"), "Asia/Tokyo")
    try:
        for table in TABLES:
            left = [{**row, "source": "", "seq": None} for row in tables.rows(table)]
            right = [{**row, "source": "", "seq": None} for row in answers.rows(table)]
            assert sorted(map(repr, right)) == sorted(map(repr, left)), table
        assert all(row["seq"] is None for row in answers.rows("activities"))
        can = {name: one.available for name, one in tables.record.capabilities.items()}
        assert {name: one.available for name, one in answers.record.capabilities.items()} == can
        assert (tables.record.history_level, answers.record.history_level) == ("full", "full (inferred)")
    finally:
        tables.close()
        answers.close()


def test_counts_straight_from_the_answers(opened: Opener) -> None:
    folder = test_data("exports/camunda7/rest")
    got = opened(folder)
    raw = {path.stem.removeprefix("history_"): json.loads(path.read_text()) for path in folder.glob("*.json")}
    named = {
        "process-instance": "HI_PROCINST", "activity-instance": "HI_ACTINST", "task": "HI_TASKINST",
        "incident": "HI_INCIDENT", "job-log": "HI_JOB_LOG", "external-task-log": "HI_EXT_TASK_LOG",
        "variable-instance": "HI_VARINST", "detail": "HI_DETAIL", "user-operation": "HI_OP_LOG",
        "identity-link-log": "HI_IDENTITYLINK", "process-definition": "RE_PROCDEF", "deployment": "RE_DEPLOYMENT",
    }  # fmt: skip
    assert {stem: len(rows) for stem, rows in raw.items()} == {
        stem: got.export.count(table) for stem, table in named.items()
    }
    assert sum(r["canceled"] for r in raw["activity-instance"]) == sum(
        r["ACT_INST_STATE_"] == "2" for r in got.rows("HI_ACTINST")
    )
    assert Counter(r["failureLog"] for r in raw["job-log"])[True] == sum(
        r["JOB_STATE_"] == "1" for r in got.rows("HI_JOB_LOG")
    )
    for flag, state in (("open", "0"), ("resolved", "1"), ("deleted", "2")):
        assert sum(r[flag] for r in raw["incident"]) == sum(
            r["INCIDENT_STATE_"] == state for r in got.rows("HI_INCIDENT")
        )
    starts = {r["id"]: datetime.strptime(r["startTime"], "%Y-%m-%dT%H:%M:%S.%f%z") for r in raw["activity-instance"]}
    assert {start.utcoffset() for start in starts.values()}.__len__() == 2  # winter and summer
    assert {r["ID_"]: datetime.fromtimestamp(r["START_TIME_"] / 1e6, UTC) for r in got.rows("HI_ACTINST")} == starts


@pytest.mark.parametrize(
    ("name", "level"), [("camunda7-history-audit", "audit"), ("camunda7-history-activity", "activity")]
)
def test_empty_answers_below_level_full_prove_nothing(name: str, level: str) -> None:
    got = Read(test_data(f"exports/{name}/rest"))
    try:
        assert got.record.history_level == f"{level} (inferred)"
        assert [got.can(c) for c in ("attempts", "incidents", "operations")] == ["no"] * 3
        assert got.can("variables") == ("yes" if level == "audit" else "no")
        assert "not proven" in got.texts()
    finally:
        got.close()


def test_the_same_export_in_several_forms_is_read_once(opened: Opener) -> None:
    whole = test_data("exports/camunda7")
    got = opened(whole, "Europe/Berlin")
    assert [one.engine for one in got.found] == ["camunda7"]
    assert got.export.count("HI_ACTINST") == len(
        json.loads((whole / "rest/history_activity-instance.json").read_text())
    )
    assert not got.export.duplicates
    assert "several forms" in got.texts()


def test_where_instances_ended_is_found_from_their_activities(opened: Opener) -> None:
    got = opened(test_data("exports/camunda7/rest"))
    tables = opened(test_data("exports/camunda7/db"), "Europe/Berlin")
    ends = {r["ID_"]: r["END_ACT_ID_"] for r in tables.rows("HI_PROCINST")}
    assert {r["ID_"]: r["END_ACT_ID_"] for r in got.rows("HI_PROCINST")} == ends
    assert len(set(ends.values())) > 3
