"""Declared KPIs as expressions: values worked out by hand, targets, months, and what is wrong with a declaration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from poanalyzer.config import parse_config
from poanalyzer.errors import ConfigError
from poanalyzer.kpis import read_target
from poanalyzer.mine.trackability import kpi_grades
from poanalyzer.results import KpiGrade

from .traces import mined

# Forty cases a day apart. Each: enter 0–10, check 20–30, check again 40–50, ship 60–90 (minutes).
# Amounts are 100 and 300 in turn of the two blocks; block b never ships and fails.
TEXT = """
× 30
a  Enter  0–10   human  userTask
a  Check  20–30  bot    serviceTask
a  Check  40–50  bot    serviceTask
a  Ship   60–90  human  userTask
cases:
a  outcome=success
variables:
a  amount  value=100
a  vip  value=true
× 10
b  Enter  0–20   human  userTask
b  Check  30–40  bot    serviceTask
cases:
b  outcome=failure state=terminated
variables:
b  amount  value=300.5
b  vip  value=false
"""

M = 60.0
#: Measure → value, unit.
MEASURES: list[tuple[Any, float, str]] = [
    # from the start of Enter to the end of Ship: 90 minutes, in the 30 cases that show both
    ({"time": {"from": "Enter", "to": "Ship"}}, 90 * M, "s"),
    ({"time": {"from": {"end": "Enter"}, "to": {"start": "Check"}}, "aggregate": "mean"}, 10 * M, "s"),
    # the first Check that ends after it began: 20–30, not 20–50
    ({"time": {"from": "Check", "to": "Check"}}, 10 * M, "s"),
    ({"time": {"to": "Check"}, "aggregate": "max"}, 40 * M, "s"),
    ({"time": {}, "aggregate": "mean"}, (30 * 90 + 10 * 40) / 40 * M, "s"),
    ({"time": {"from": "Ship"}}, 30 * M, "s"),
    # 30 · 2 + 10 · 1 checks in 40 cases
    ({"count": "Check"}, 70 / 40, "rows a case"),
    ({"count": "Ship", "aggregate": "min"}, 0.0, "rows a case"),
    ({"share": "Ship"}, 30 / 40, "share"),
    ({"share": {"outcome": "success"}}, 30 / 40, "share"),
    ({"share": {"state": "terminated"}}, 10 / 40, "share"),
    ({"share": {"attribute": "vip", "equals": "true"}}, 30 / 40, "share"),
    # all 30 take 30 minutes to the first check's end, all 10 take 40
    ({"share": {"time": {"to": "Check"}, "within": "30 min"}}, 30 / 40, "share"),
    ({"attribute": "amount"}, (30 * 100 + 10 * 300.5) / 40, ""),
    ({"attribute": "amount", "aggregate": "max", "unit": "EUR"}, 300.5, "EUR"),
    ("cycle-time", 90 * M, "s"),
    ("processing-time", 60 * M, "s"),
    # 0–90 less 10 + 10 + 10 + 30
    ("waiting-time", 30 * M, "s"),
    ("rework", 30 / 40, "share"),
    ("success-rate", 30 / 40, "share"),
    ("cancellation-rate", 10 / 40, "share"),
    ("straight-through", 0.0, "share"),
]


def graded(kpis: list[dict[str, Any]], text: str = TEXT, every: float = 1440, **more: Any) -> dict[str, KpiGrade]:
    log = mined(text, {"project": {"window_days": "all"}, "kpi": kpis, **more}, every=every)
    return {k.id: k for k in log.of(kpi_grades)[log.processes[0].ix] if k.declared}


def test_each_kind_of_measure_has_the_value_that_a_hand_works_out():
    found = graded([{"id": json.dumps(m), "measure": m} for m, _, _ in MEASURES])
    for measure, value, unit in MEASURES:
        kpi = found[json.dumps(measure)]
        assert kpi.value == pytest.approx(value, rel=1e-12, abs=1e-12), measure
        assert (kpi.unit, kpi.grade, kpi.attained) == (unit, 1, None), measure


def test_a_derived_kpi_is_a_function_of_two_others():
    found = graded(
        [
            {"id": "whole", "measure": {"time": {}, "aggregate": "mean"}},
            {"id": "entry", "measure": {"time": {"from": "Enter", "to": "Enter"}, "aggregate": "mean"}},
            {"id": "part", "measure": {"ratio": ["entry", "whole"]}, "target": "<= 20 %"},
            {"id": "rest", "measure": {"difference": ["whole", "entry"]}, "target": "< 1 h"},
            {"id": "odd", "measure": {"difference": ["whole", "checks"]}},
            {"id": "checks", "measure": {"count": "Check"}},
        ]
    )
    # whole 77.5 minutes, entry 12.5
    assert found["part"].value == pytest.approx(12.5 / 77.5)
    assert found["part"].attained is True
    assert found["rest"].value == pytest.approx(65 * M)
    assert found["rest"].attained is False
    assert found["odd"].grade == 0 and "one unit" in found["odd"].missing[0]


def test_targets_are_held_against_the_value_or_said_not_to_fit():
    for target, attained in (("<= 90 min", True), ("< 1.5 h", False), (">= 1 d", False), ("≤ 2 hours", True)):
        assert graded([{"id": "t", "measure": "cycle-time", "target": target}])["t"].attained is attained, target
    for target in ("quickly", "<= 90 %", "== 3"):
        kpi = graded([{"id": "t", "measure": "cycle-time", "target": target}])["t"]
        assert kpi.attained is None
        assert "no comparison" in kpi.reason
    assert read_target(">= 85 %") == read_target("≥85%")
    assert read_target("about 3") is None


def test_a_sum_is_that_of_a_month_and_months_at_the_edges_are_not_whole():
    # one case every five days from 1 January, forty: the last ends on 14 July
    text = "× 40\na  A  0–10  bot  serviceTask\nvariables:\na  amount  value=10"
    found = graded([{"id": "s", "measure": {"attribute": "amount", "aggregate": "sum"}, "target": ">= 1"}], text, 7200)
    kpi = found["s"]
    whole = {m.month: m.value for m in kpi.months if m.complete}
    # February (of a leap year) is days 31–59: 35, 40, 45, 50, 55 – five cases; March 60–90: seven; April 91–120: six
    assert whole == {"2024-02": 50.0, "2024-03": 70.0, "2024-04": 60.0, "2024-05": 60.0, "2024-06": 60.0}
    assert kpi.value == pytest.approx(60.0)
    assert (kpi.grade, kpi.attained) == (3, True)
    assert [m.month for m in kpi.months if not m.complete] == ["2024-01", "2024-07"]


def test_what_is_not_in_the_records_is_missing_with_the_nearest_name():
    kpi = graded([{"id": "x", "measure": {"time": {"from": "Enter", "to": "Shipp"}}}])["x"]
    assert kpi.grade == 0 and kpi.value is None
    assert "Did you mean “Ship”" in kpi.missing[0]


def test_the_body_around_instances_is_none_of_them():
    text = "× 30\na  Pack  0–10  ?  multiInstanceBody\na  Pack  0–5  bot  serviceTask\na  Pack  5–9  bot  serviceTask"
    assert graded([{"id": "x", "measure": {"count": "Pack"}}], text)["x"].value == 2.0


def test_an_activity_that_only_a_model_shows_was_counted_never():
    kpi = graded([{"id": "x", "measure": {"count": "Escalate"}}], TEXT + "\nelements:\nEscalate  userTask\n")["x"]
    assert (kpi.grade, kpi.value) == (1, 0.0)


def test_an_attribute_that_half_of_the_cases_lack_is_not_computable():
    text = TEXT.replace("b  amount  value=300.5\n", "")
    kpi = graded([{"id": "x", "measure": {"attribute": "amount"}}], text)["x"]
    assert (kpi.grade, kpi.value, kpi.quality) == (0, None, 0.75)
    assert "75%" in kpi.reason
    few = graded([{"id": "x", "measure": {"attribute": "vip"}}])["x"]  # a word is no number
    assert (few.grade, few.value, few.quality) == (0, None, 0.0)


def test_the_value_is_of_the_window_and_of_closed_cases():
    text = TEXT + "× 1\nopen  Enter  0–  human  userTask\n"
    assert graded([{"id": "n", "measure": {"share": "Ship"}}], text)["n"].cases == 40
    # the last case ends on day 29 at 1:30; a window of five days holds it and the ends of the five before, and no b
    found = graded([{"id": "n", "measure": {"share": "Ship"}}], TEXT, project={"window_days": 5})["n"]
    assert (found.cases, found.value) == (6, 1.0)


@pytest.mark.parametrize(
    ("kpi", "message"),
    [
        ({"measure": {"tme": {}}}, "Did you mean “time”?"),
        ({"measure": {"time": {"frm": "A"}}}, "Did you mean “from”?"),
        ({"measure": {"count": "A", "share": "B"}}, "it has count and share"),
        ({"measure": {"aggregate": "mean"}}, "exactly one of"),
        ({"measure": {"share": "A", "aggregate": "mean"}}, "goes with time, count and attribute"),
        ({"measure": {"attribute": "a", "aggregate": "sm"}}, "Did you mean “sum”?"),
        ({"measure": {"share": {"time": {}, "within": "2 fortnights"}}}, "no span of time"),
        ({"measure": {"share": {"time": {}}}}, "go together"),
        ({"measure": {"share": {"attribute": "a"}}}, "go together"),
        ({"measure": {"ratio": ["b", "c"]}}, "which is no KPI"),
        ({"measure": {"ratio": ["b"]}}, "too few values"),
        ({"measure": 3}, "text in quotation marks"),
        ({"measure": "cycle-time", "dimension": "tim"}, "Did you mean “time”?"),
    ],
)
def test_a_wrong_declaration_is_told_with_what_is_near(kpi: dict[str, Any], message: str):
    with pytest.raises(ConfigError) as told:
        parse_config({"kpi": [{"id": "a"} | kpi]}, where="p.toml")
    assert message in str(told.value)


def test_a_definition_has_one_formula():
    one = {"id": "a", "measure": "cycle-time", "definition": "speed"}
    parse_config({"kpi": [one, {**one, "id": "b"}]})
    with pytest.raises(ConfigError, match="stands for two measures"):
        parse_config({"kpi": [one, {**one, "id": "b", "measure": "rework"}]})
