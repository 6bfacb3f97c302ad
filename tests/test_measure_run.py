"""What holds for every metric: its row for each process and the portfolio, its gates, its window, its absence."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest

from poanalyzer.errors import UsageError
from poanalyzer.eventlog.schema import CAPABILITIES
from poanalyzer.measure import catalogue, explain, measure_all, metric_ids
from poanalyzer.measure.catalogue import modules
from poanalyzer.measure.metric import Computed, Ratio
from poanalyzer.mine.mined import Mined
from poanalyzer.results import MetricResult, Status

from .traces import check, measure, mined

# Two processes over forty days, with a child, an outside source, failures, a model and releases: something for each metric.
RICH = """
× 40
a  A     0–60     bot        serviceTask  endpoint=mail
a  B     30–90    human:ann  userTask     role=Clerks due=2d
a  Go    90–120   ?          callActivity  called_case_id=kid
a  C     120–130  ?          task
a  C     140–150  bot:y      serviceTask
kid  K   95–110   bot:z      serviceTask
attempts:
a  A  5
a  A  9
exceptions:
a  B  40–70  operator
kid  K  96–100  model  kind=constraint
cases:
a    process_version=1 end_element_id=Good business_key=order
kid  process_key=q root_case_id=a parent_case_id=a
outside:
order  Letter  160–200  human  -
zzz    Memo    160–200  human  -
× 20
b  A  0–60   bot:x  serviceTask
b  C  60–     human  userTask
elements:
S  startEvent
G  parallelGateway
A  serviceTask  retry=R3/PT5M
B  userTask
J  parallelGateway
Good  endEvent  name=Shipped
f1  sequenceFlow  source_ref=S target_ref=G
f2  sequenceFlow  source_ref=G target_ref=A
f3  sequenceFlow  source_ref=G target_ref=B
f4  sequenceFlow  source_ref=A target_ref=J
f5  sequenceFlow  source_ref=B target_ref=J
f6  sequenceFlow  source_ref=J target_ref=Good
deployments:
1  0    checksum=a
2  20d  checksum=b
"""
CONFIG: dict[str, Any] = {
    "process": [{"key": "p", "unit": "One", "outcome": {"success": ["Shipped"]}}],
    "kpi": [{"id": "ct", "measure": "cycle-time", "target": "<= 2 d", "owner": "Ops"}],
    "context": {
        "lines_of_business": ["Retail"],
        "engines": [{"product": "a", "major": 1}],
    },
}


@cache
def rich() -> Mined:
    return mined(RICH, CONFIG, every=1440)


@cache
def results() -> tuple[MetricResult, ...]:
    return measure_all(rich())


def test_every_metric_has_a_row_for_the_portfolio_and_for_each_process():
    rows = [(r.id, r.process) for r in results()]
    assert rows == [(m, p) for m in metric_ids() for p in (None, "p", "q")]


def test_no_metric_fails_and_those_without_a_number_say_why():
    for row in results():
        assert row.status is not Status.ERROR, f"{row.id} {row.process}: {row.reason}"
        if row.value is None:
            assert row.status is not Status.MEASURED, row.id
        if row.status is not Status.MEASURED:
            assert row.reason, row.id
        if row.status is Status.NOT_AVAILABLE:
            assert row.unlock, f"{row.id} {row.process} does not say what would unlock it"
        assert len(row.evidence) <= 50


def test_values_lie_in_their_intervals_and_bounds():
    for row in results():
        if row.value is None:
            continue
        assert math.isfinite(row.value), row.id
        for lower in (row.low, row.lower_bound):
            assert lower is None or lower <= row.value + 1e-12, row.id
        for upper in (row.high, row.upper_bound):
            assert upper is None or upper >= row.value - 1e-12, row.id
        if row.unit == "share":
            assert 0 <= row.value <= 1, row.id


#: What an engine's log of 40 cases with retries, incidents, models and an outside source shows; the others need releases over
#: months, several units, timers in the models …
SHOWN = {
    "automation-rate", "continuity", "coordinated-endpoints", "dark-time-share", "endpoint-diversity", "first-time-right",
    "mediated-handover-rate", "shadow-step-rate", "step-coverage", "time-coverage", "touchless-rate",
    "cancellation-rate", "containment", "exception-case-share", "exception-rate", "first-attempt-success",
    "handled-exception-rate",
    "handler-coverage", "incident-free-rate", "manual-intervention-rate", "recovery-24h", "retry-amplification",
    "retry-effectiveness", "rework-rate", "time-to-restore", "variant-tail-mass",
    "flow-efficiency", "mean-active-concurrency", "overlap-share", "parallel-case-share", "parallel-realisation-rate",
    "behaviour-coverage", "completion-observability", "kpi-computability", "kpi-definition-coverage", "kpi-trackability",
    "kpi-trackability-3", "log-grade", "outcome-observability", "model-fitness", "release-cadence",
    "endpoint-class-diversity", "guardrail-conformance", "in-flight-monitoring", "lifecycle-coverage", "productive-processes",
}  # fmt: skip


def test_the_rich_log_measures_what_it_shows():
    assert {r.id for r in results() if r.process == "p" and r.value is not None} >= SHOWN


@pytest.mark.parametrize("metric", metric_ids())
def test_each_metric_is_silent_without_what_it_needs(metric: str):
    shape: Ratio | Computed = modules()[metric][1].METRIC
    for need in shape.needs:
        names = (need,) if isinstance(need, str) else need
        assert set(names) <= set(CAPABILITIES), metric
    if not shape.needs:
        return
    text = "× 40\na  A  0–9  bot  serviceTask\na  B  5–9  human  userTask"
    every = dict.fromkeys(CAPABILITIES, "Export it.")
    check(metric, text, lacks=every, status=Status.NOT_AVAILABLE, value=None, low=None, high=None, unlock="Export it.")
    check(metric, text, lacks=every, process=None, status=Status.NOT_AVAILABLE, value=None)
    never = dict.fromkeys(CAPABILITIES, "")
    check(metric, text, lacks=never, status=Status.NOT_SUPPORTED, value=None, low=None, high=None, unlock="")


@pytest.mark.parametrize("metric", [m for m in metric_ids() if isinstance(modules()[m][1].METRIC, Ratio)])
def test_ratios_of_fewer_than_thirty_closed_cases_are_insufficient(metric: str):
    if modules()[metric][1].METRIC.gate != "cases":
        return
    text = "× {}\na  A  0–9  bot  serviceTask\na  B  5–9  human  userTask"
    found = check(metric, text.format(29), status=Status.INSUFFICIENT, reason="29 closed cases in the window")
    assert found.value is not None
    check(metric, text.format(30), value=found.value)


def test_a_metric_that_fails_is_told_and_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by hand")

    area, module = modules()["log-grade"]
    metric = Computed(id="log-grade", unit="stars", needs=(), compute=broken)  # type: ignore[arg-type]
    monkeypatch.setattr(module, "METRIC", metric)
    rows = measure_all(mined("a  A  0–9  bot  serviceTask"))
    failed = [r for r in rows if r.status is Status.ERROR]
    assert [(r.id, r.value) for r in failed] == [("log-grade", None)] * 2
    assert "ZeroDivisionError: by hand" in failed[0].reason
    assert area == "kpi"


# Ended: 30 cases on day 0, 40 on day 100; open: 10 whose last record is on day 0, 10 whose last is on day 100.
WINDOW = """
× 30
old  A  0–9        human  userTask
× 40
new  A  0–9          bot    serviceTask    # begun long before the window: its rows come with it
new  B  100d–100d 9  human  userTask
× 10
lost  A  0–        human  userTask
× 10
late  A  0–9       human  userTask
late  B  100d 5–   bot    serviceTask
"""


def test_the_window_selects_by_end_and_open_cases_by_their_last_record():
    def days(n: object) -> dict[str, Any]:
        return {"project": {"window_days": n}}

    # 90 days: new 40·(1/2) and late 10·(1/2): 50/100. All: machine 40 + 10 of 30 + 80 + 10 + 20 = 140
    check("automation-rate", WINDOW, config=days(90), value=0.5, denominator=100, n=50)
    check("automation-rate", WINDOW, config=days("all"), value=50 / 140, denominator=140, n=90)
    check("automation-rate", WINDOW, config=days(180), value=50 / 140)
    check("touchless-rate", WINDOW, config=days(90), denominator=40)
    check("touchless-rate", WINDOW, config=days("all"), denominator=70)
    # the window's first moment belongs to it: the last record is on day 100 at 0:09, the old ones ended on day 0 at 0:09
    check("touchless-rate", WINDOW, config=days(100), denominator=70)
    check("touchless-rate", WINDOW, config=days(99), denominator=40)


def test_the_window_leaves_the_whole_export_to_what_describes_it():
    found = measure(mined(WINDOW, {"project": {"window_days": 90}}), "behaviour-coverage")
    assert found.denominator == 90


def test_a_case_whose_root_is_in_the_window_brings_its_children():
    # the child ended 95 days before its root; the root's window holds both
    text = """
    × 40
    a  A    0–9            human  userTask
    a  B    100d–100d 9    human  userTask
    kid  K  1–5            bot    serviceTask
    cases:
    kid  process_key=q root_case_id=a
    """
    config = {"project": {"window_days": 30}}
    check("automation-rate", text, config=config, process=None, value=1 / 3, denominator=120)
    check("automation-rate", text, config=config, process="q", status=Status.NOT_APPLICABLE, value=None)
    check("coordinated-endpoints", text, config=config, process="q", status=Status.NOT_APPLICABLE, value=None)
    check("endpoint-diversity", text, config=config, process=None, endpoints=2)


def test_catalogue_and_explanations():
    infos = catalogue()
    assert [i.id for i in infos] == list(metric_ids())
    for info in infos:
        assert info.title and info.definition and info.source and info.unit, info.id
        text = explain(info.id)
        assert info.id in text and info.title in text
    with pytest.raises(UsageError, match="rework-ratex") as wrong:
        explain("rework-ratex")
    assert "rework-rate" in wrong.value.fix


def test_evidence_names_cases_that_show_it():
    text = "× 40\na  A  0–9  bot  serviceTask\n× 3\nodd  A  0–9  bot  serviceTask\nodd  A  9–10  bot  serviceTask"
    found = check("rework-rate", text, value=3 / 43)
    assert [e.case_id for e in found.evidence] == ["odd~1", "odd~2", "odd~3"]
    assert found.evidence[0].when == "2024-01-01T00:10:00Z"
    assert found.evidence[0].source == "engine.csv"
