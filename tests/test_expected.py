"""Figures of public logs, from published tables or recomputed from the raw files by other means."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
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


def numbers(result: Assessment, but: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    return [
        (m.id, m.process is None, m.value, m.low, m.high, m.lower_bound, m.upper_bound, m.n, m.status)
        for m in result.metrics
        if m.id not in but
    ]


@pytest.mark.parametrize(
    ("one", "other", "zone"),
    [
        ("logs/SEPSIS.xes.gz", "logs/SEPSIS.csv.gz", "UTC"),
        ("logs/receipt/receipt.xes.gz", "logs/receipt/receipt.csv.gz", "UTC"),
        ("logs/receipt/receipt.xes.gz", "logs/receipt/receipt.parquet", "Europe/Amsterdam"),
        # these were written with local times, and summer time began while they were recorded
        ("logs/Production.xes.gz", "logs/Production.csv.gz", "Europe/Helsinki"),
    ],
)
def test_twins_in_other_formats_give_the_same_numbers(one: str, other: str, zone: str) -> None:
    first, second = (assess([str(test_data(p))], _in_zone(zone)) for p in (one, other))
    but = _BY_PAIRING if "Production" in one else ()
    assert numbers(first, but) == numbers(second, but)
    for name in ("cases", "activity_instances", "variants", "start", "end"):
        assert getattr(first.log, name) == getattr(second.log, name)


#: The two files of Production do not say the same of who did what when: see the next test.
_BY_PAIRING = ("critical-path-speedup", "missed-parallelism", *(f"waiting-{cause}-share" for cause in CAUSES))


def test_the_files_of_production_pair_starts_and_ends_differently() -> None:
    """The CSV is the XES paired first in, first out, whoever did it, and names who ended it. But in the XES everybody
    ends what they started, so that pairs of one resource are what its own events say: 110 of the CSV's rows are none."""
    rows = _production_rows()
    queues: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
    desks: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
    for case, activity, who, at, ends in _production_events():
        queues.setdefault((case, activity), ([], []))[ends].append(at)
        desks.setdefault((case, activity, who), ([], []))[ends].append(at)

    def in_order(found: dict[tuple[str, ...], tuple[list[int], list[int]]]) -> Iterator[tuple[object, ...]]:
        for key, (starts, ends) in found.items():
            yield from ((*key, *span) for span in zip(sorted(starts), sorted(ends), strict=True))

    assert Counter(in_order(queues)) == Counter((case, activity, *span) for case, activity, _, *span in rows)
    assert (Counter[tuple[object, ...]](rows) - Counter(in_order(desks))).total() == 110


def test_one_log_in_two_formats_gives_the_same_numbers_whatever_ties(tmp_path: Path) -> None:
    """The rows of Production as intervals, and as events in any order with instance ids, and of ties there are many."""
    import random
    from datetime import UTC, datetime
    from xml.sax.saxutils import quoteattr

    def told(at: int) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat()

    rows = _production_rows()
    random.Random(1).shuffle(rows)
    names = random.Random(2).sample(range(10**9), len(rows))
    lines = ["case,activity,resource,start,end", *(f"{c},{a},{w},{told(s)},{told(e)}" for c, a, w, s, e in rows)]
    table = tmp_path / "twin.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    traces: dict[str, list[str]] = {}
    for (case, activity, who, start, end), name in zip(rows, names, strict=True):
        for word, at in (("start", start), ("complete", end)):
            said = {
                "concept:name": activity,
                "concept:instance": f"{name:x}",
                "org:resource": who,
                "lifecycle:transition": word,
            }
            keys = "".join(f"<string key={quoteattr(k)} value={quoteattr(v)}/>" for k, v in said.items())
            event = f'<event>{keys}<date key="time:timestamp" value="{told(at)}"/></event>'
            traces.setdefault(case, []).append(event)
    for events in traces.values():
        random.Random(3).shuffle(events)
    body = "".join(
        f'<trace><string key="concept:name" value={quoteattr(case)}/>{"".join(events)}</trace>'
        for case, events in traces.items()
    )
    log = tmp_path / "twin.xes"
    log.write_text(f'<log xes.version="1.0" xmlns="http://www.xes-standard.org/">{body}</log>', encoding="utf-8")
    first, second = (assess([str(p)], _in_zone("UTC")) for p in (table, log))
    assert numbers(first) == numbers(second)
    for name in _BY_PAIRING:
        assert metric(first, name).status == "measured"


def _production_rows() -> list[tuple[str, str, str, int, int]]:
    """Return the rows of the table: case, activity, resource, start and end (seconds since 1970)."""
    import csv
    import gzip
    from datetime import datetime
    from zoneinfo import ZoneInfo

    def seconds(text: str) -> int:
        moment = datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=ZoneInfo("Europe/Helsinki"))
        return int(moment.timestamp())

    with gzip.open(test_data("logs/Production.csv.gz"), "rt", encoding="utf-8", newline="") as stream:
        return [
            (
                r["Case ID"],
                r["Activity"],
                r["Resource"],
                seconds(r["Start Timestamp"]),
                seconds(r["Complete Timestamp"]),
            )
            for r in csv.DictReader(stream)
        ]


def _production_events() -> list[tuple[str, str, str, int, bool]]:
    """Return the events of the XES: case, activity, resource, time (seconds since 1970), and whether it is an end."""
    import gzip
    from datetime import datetime

    from lxml import etree

    out = []
    with gzip.open(test_data("logs/Production.xes.gz"), "rb") as stream:
        for _, trace in etree.iterparse(stream, tag="{*}trace"):
            case = next(c.get("value") for c in trace if c.get("key") == "concept:name")
            for event in trace.iter("{*}event"):
                said = {c.get("key"): c.get("value") for c in event}
                at = int(datetime.fromisoformat(said["time:timestamp"]).timestamp())
                ends = said["lifecycle:transition"] == "complete"
                out.append((case, said["concept:name"], said["org:resource"], at, ends))
    return out


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
