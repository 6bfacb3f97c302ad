"""The logs that ship: they are what MANIFEST.toml says, and the example is whole."""

from __future__ import annotations

import csv
import gzip
import hashlib
import importlib.util
import json
import re
import shutil
import tomllib
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import load_config
from tests.camunda7 import csv_rows
from tests.data import EVENT_LOGS

ORDERS = EVENT_LOGS / "camunda7-orders"
MANIFEST = tomllib.loads((EVENT_LOGS / "MANIFEST.toml").read_text(encoding="utf-8"))


def test_files_are_those_of_the_manifest() -> None:
    listed = {f["path"]: (f["bytes"], f["sha256"]) for f in MANIFEST["file"]}
    found = {}
    for log in MANIFEST["log"]:
        for file in (EVENT_LOGS / log["path"]).rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                found[file.relative_to(EVENT_LOGS).as_posix()] = (len(data), hashlib.sha256(data).hexdigest())
    assert found == listed


def test_all_logs_together_stay_small() -> None:
    assert sum(f["bytes"] for f in MANIFEST["file"]) <= 12_000_000


@pytest.mark.parametrize("log", MANIFEST["log"], ids=lambda log: str(log["id"]))
def test_manifest_says_what_a_log_is(log: dict[str, Any]) -> None:
    for key in ("id", "path", "title", "engine", "engine_version", "licence", "origin", "made_by", "shows"):
        assert log[key], key
    files = [f for f in MANIFEST["file"] if f["log"] == log["id"]]
    assert sum(f["bytes"] for f in files) <= 3_200_000
    assert re.search("nvented|simulated", log["origin"])  # what is not recorded by the engine is called so


def test_no_file_names_a_machine() -> None:
    for file in EVENT_LOGS.rglob("*"):
        if not file.is_file() or "target" in file.parts:
            continue
        data = file.read_bytes()
        text = gzip.decompress(data) if file.suffix == ".gz" else data
        for word in (b"/work/", b"/tmp/", b"/home/", b"/root/", b"@gmail"):
            assert word not in text, f"{file} has {word!r}"


def test_models_are_those_the_engine_ran() -> None:
    ran, shipped = EVENT_LOGS / "engines" / "camunda7" / "bpmn", ORDERS / "engine"
    assert {p.name: p.read_bytes() for p in ran.glob("*.bpmn")} == {
        p.name: p.read_bytes() for p in shipped.glob("*.bpmn")
    }


def test_outside_log_is_what_its_program_makes(tmp_path: Path) -> None:
    path = EVENT_LOGS / "programs" / "outside_log.py"
    spec = importlib.util.spec_from_file_location("outside_log", path)
    assert spec and spec.loader
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    shutil.copytree(ORDERS / "engine", tmp_path / "engine")
    program.main(tmp_path)
    made = (tmp_path / "outside" / "order-desk.csv").read_bytes()
    assert made == (ORDERS / "outside" / "order-desk.csv").read_bytes()


def test_outside_log_has_what_the_manifest_promises() -> None:
    orders = {
        r["BUSINESS_KEY_"]: r for r in csv_rows([ORDERS / "engine" / "ACT_HI_PROCINST.csv.gz"]) if r["BUSINESS_KEY_"]
    }
    with (ORDERS / "outside" / "order-desk.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    named = {row["Order No"] for row in rows}
    linked = [row for row in rows if row["Order No"] in orders]
    assert 0.95 < len(linked) / len(rows) < 0.99
    assert any(row["Order No"] == "" for row in rows)
    without = [key for key in orders if key.startswith("ORD-") and key not in named]
    assert 0.05 < len(without) / sum(1 for key in orders if key.startswith("ORD-")) < 0.25
    steps = Counter(row["Step"] for row in rows)
    assert steps["Approve order"] > 10
    assert steps["Pick and pack goods"] > 10
    before = [
        r
        for r in linked
        if datetime.fromisoformat(r["End"]) < datetime.fromisoformat(orders[r["Order No"]]["START_TIME_"])
    ]
    assert before
    assert all(datetime.fromisoformat(r["Start"]) < datetime.fromisoformat(r["End"]) for r in rows)


def test_processes_are_productive_and_months_are_whole() -> None:
    cases = csv_rows([ORDERS / "engine" / "ACT_HI_PROCINST.csv.gz"])
    for key in ("order-fulfilment", "returns"):
        done = [datetime.fromisoformat(c["END_TIME_"]) for c in cases if c["PROC_DEF_KEY_"] == key and c["END_TIME_"]]
        assert len(done) >= 100
        assert len({d.isocalendar()[:2] for d in done}) >= 20
        assert min(Counter(d.month for d in done if 4 <= d.month <= 8).values()) >= 10
    assert {c["TENANT_ID_"] for c in cases} == {"eu", "us"}


def test_project_file_names_what_the_export_holds() -> None:
    config = load_config(ORDERS / "poanalyzer.toml")
    for entry in config.input:
        assert (ORDERS / entry.path).exists()
    activities = csv_rows([ORDERS / "engine" / "ACT_HI_ACTINST.csv.gz"])
    cases = csv_rows([ORDERS / "engine" / "ACT_HI_PROCINST.csv.gz"])
    keys = {c["PROC_DEF_KEY_"] for c in cases}
    assert {p.key for p in config.process} == keys
    assert not config.context.complete
    names = {(a["PROC_DEF_KEY_"], a["ACT_NAME_"]) for a in activities}
    for process in config.process:
        for label in (*process.automatable, *process.outcome.success, *process.outcome.failure):
            assert (process.key, label) in names, label
    # every way in which a case ends is declared as a success or a failure
    by_id = {(a["PROC_DEF_KEY_"], a["ACT_ID_"]): a["ACT_NAME_"] for a in activities}
    for case in cases:
        if case["END_ACT_ID_"]:
            outcome = config.process_settings(case["PROC_DEF_KEY_"]).outcome
            end = by_id[case["PROC_DEF_KEY_"], case["END_ACT_ID_"]]
            assert end in (*outcome.success, *outcome.failure), end


def test_survey_answers_cover_all_items() -> None:
    people = [p for file in sorted((ORDERS / "survey").glob("*.json")) for p in json.loads(file.read_text("utf-8"))]
    assert len({p["respondent"] for p in people}) == len(people) == 9
    assert len({p["role"] for p in people}) >= 3
    assert len({p["unit"] for p in people}) >= 2
    items = [driver + str(number) for driver in "VPTDM" for number in range(1, 5)]
    for person in people:
        assert list(person["answers"]) == items
        assert all(a in (0, 1, 2, 3, 4, "dont-know", "not-applicable") for a in person["answers"].values())
