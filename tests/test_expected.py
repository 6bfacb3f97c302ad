"""Figures of public logs, from published tables or recomputed from the raw files by other means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import Config, parse_config
from poanalyzer.mine.waiting import CAUSES
from poanalyzer.pipeline import assess
from poanalyzer.report import dumps
from poanalyzer.results import Assessment, MetricResult
from tests.data import test_data


def assessed(path: str, **project: Any) -> Assessment:
    config = {"project": {"window_days": "all", "timezone": "UTC"}, **project}
    return assess([str(test_data(path))], parse_config(config))


def metric(result: Assessment, name: str) -> MetricResult:
    return next(m for m in result.metrics if m.id == name and m.process is None)


@pytest.mark.parametrize(
    ("path", "cases", "events", "instances", "names", "variants"),
    [
        ("logs/bpi_challenge_2013_incidents.xes.gz", 7_554, 65_533, 65_533, 4, 1_511),
        ("logs/SEPSIS.xes.gz", 1_050, 15_214, 15_214, 16, 691),  # ties by name; one case is called “NA”
        ("logs/SEPSIS.csv.gz", 1_050, 15_214, 15_214, 16, 691),
        ("logs/receipt/receipt.xes.gz", 1_434, 8_577, 8_577, 27, 116),
        ("logs/receipt/receipt.csv.gz", 1_434, 8_577, 8_577, 27, 116),
        ("logs/receipt/receipt.parquet", 1_434, 8_577, 8_577, 27, 116),
    ],
)
def test_counts(path: str, cases: int, events: int, instances: int, names: int, variants: int) -> None:
    log = assessed(path).log
    assert (log.cases, log.events, log.activity_instances, log.activity_names) == (cases, events, instances, names)
    assert log.variants == variants


@pytest.mark.parametrize(
    ("path", "rework", "coverage"),
    [
        ("logs/bpi_challenge_2013_incidents.xes.gz", 0.9980, 0.8392),
        ("logs/SEPSIS.xes.gz", 0.7086, 0.418),
        ("logs/receipt/receipt.xes.gz", 0.0635, 0.9400),
    ],
)
def test_rework_and_behaviour_coverage(path: str, rework: float, coverage: float) -> None:
    result = assessed(path)
    assert metric(result, "rework-rate").value == pytest.approx(rework, abs=1e-3)
    assert metric(result, "behaviour-coverage").value == pytest.approx(coverage, abs=1e-3)


@pytest.mark.slow
def test_bpic12() -> None:
    key = "BPI_Challenge_2012"
    ends = {"success": ["A_APPROVED", "A_REGISTERED", "A_ACTIVATED"], "failure": ["A_DECLINED", "A_CANCELLED"]}
    result = assessed(
        f"logs/{key}.xes.gz",
        accounts={"system": ["112"], "human": ["1*"]},
        process=[{"key": key, "outcome": ends}],
    )
    assert (result.log.cases, result.log.events, result.log.activity_instances) == (13_087, 262_200, 164_509)
    process = result.processes[0]
    assert (process.closed, process.open) == (13_087 - 399, 399)  # 399 cases reached none of the outcomes
    # work items: 71 373 pairs that practically never overlap
    assert metric(result, "mean-active-concurrency").value == pytest.approx(1.0, abs=1e-4)
    assert metric(result, "overlap-share").value == pytest.approx(6.6e-8, rel=0.02)
    assert metric(result, "parallel-case-share").numerator == 2
    assert metric(result, "parallel-case-share").denominator == 9_657
    # without outcomes every case is closed: 3 429 of 13 087 were touched by account 112 alone
    whole = assessed(f"logs/{key}.xes.gz", accounts={"system": ["112"], "human": ["1*"]})
    touchless = metric(whole, "touchless-rate")
    assert (touchless.numerator, touchless.denominator) == (3_429, 13_087)
    assert touchless.upper_bound is None or touchless.upper_bound >= 0.262


def test_production_overlaps() -> None:
    result = assessed("logs/Production.xes.gz")
    assert metric(result, "mean-active-concurrency").value == pytest.approx(1.109, abs=1e-3)
    assert metric(result, "overlap-share").value == pytest.approx(0.0919, abs=1e-3)
    assert metric(result, "parallel-case-share").value == pytest.approx(0.711, abs=1e-3)
    assert metric(result, "flow-efficiency").value == pytest.approx(0.1112, abs=1e-3)


@pytest.mark.parametrize(
    ("one", "other", "zone"),
    [
        ("logs/SEPSIS.xes.gz", "logs/SEPSIS.csv.gz", "UTC"),
        # these twins were written with local times, and summer time began while they were recorded
        ("logs/Production.xes.gz", "logs/Production.csv.gz", "Europe/Helsinki"),
        ("logs/receipt/receipt.xes.gz", "logs/receipt/receipt.csv.gz", "UTC"),
        ("logs/receipt/receipt.xes.gz", "logs/receipt/receipt.parquet", "Europe/Amsterdam"),
    ],
)
def test_twins_in_other_formats_give_the_same_numbers(one: str, other: str, zone: str) -> None:
    def numbers(result: Assessment) -> list[tuple[object, ...]]:
        return [
            (m.id, m.process is None, m.value, m.low, m.high, m.lower_bound, m.upper_bound, m.n, m.status)
            for m in result.metrics
            if m.id not in _BY_ORDER
        ]

    first, second = (assess([str(test_data(p))], _in_zone(zone)) for p in (one, other))
    assert numbers(first) == numbers(second)
    for name in ("cases", "activity_instances", "variants", "start", "end"):
        assert getattr(first.log, name) == getattr(second.log, name)


#: Rows that tie in time are ordered by what formats name differently: the critical path and the causes of waiting
#: are not yet the same through ties.
_BY_ORDER = ("critical-path-speedup", "missed-parallelism", *(f"waiting-{cause}-share" for cause in CAUSES))


def _in_zone(zone: str) -> Config:
    return parse_config({"project": {"window_days": "all", "timezone": zone}})


def test_resources_without_a_word_about_them_are_no_zero() -> None:
    result = assessed("logs/receipt/receipt.csv.gz")
    rate = metric(result, "automation-rate")
    assert rate.value is None
    assert rate.status == "not-available"
    assert "accounts" in rate.unlock


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    import gzip
    import random

    head, *rows = gzip.decompress(test_data("logs/Production.csv.gz").read_bytes()).decode().splitlines()
    results = []
    for seed in (None, 1, 2):
        if seed is not None:
            random.Random(seed).shuffle(rows)
        path = tmp_path / "log.csv"
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        result = json.loads(dumps(assess([str(path)], _in_zone("UTC"))))
        del result["run"], result["inputs"]
        results.append(result)
    assert results[0] == results[1] == results[2]


def test_production_without_its_start_and_end_rows(tmp_path: Path) -> None:
    import csv
    import gzip

    with gzip.open(test_data("logs/Production.csv.gz"), "rt", encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream)
    path = tmp_path / "production.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *(r for r in rows if r[1] not in ("Start", "End"))])
    log = assess([str(path)], _in_zone("UTC")).log
    assert (log.cases, log.activity_instances, log.activity_names) == (225, 4_503, 24)
    assert log.variants == 217
