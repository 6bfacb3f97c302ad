"""KPIs of a portfolio: breadth of dimensions, shared definitions, roll-up and contribution."""

from __future__ import annotations

from typing import Any

import pytest

from poanalyzer.results import Status

from .traces import measure, mined

# four processes, productive: forty cases a day apart each
PROCESSES = "".join(
    f"× 40\n{p}  A  0–10  bot  serviceTask\ncases:\n{p}  process_key={p} {more}\nvariables:\n{p}  amount  value=5\n"
    for p, more in (("p", "outcome=success"), ("q", ""), ("r", ""), ("s", ""))
)
LINES = {
    "context": {"lines_of_business": ["North", "South"]},
    "process": [{"key": "p", "line_of_business": "North"}, {"key": "q", "line_of_business": "North"},
                {"key": "r", "line_of_business": "South"}],
}  # fmt: skip


def kpi(id_: str, measure: Any = "cycle-time", **more: Any) -> dict[str, Any]:
    return {"id": id_, "measure": measure} | more


def found(metric: str, kpis: list[dict[str, Any]], process: str | None, config: dict[str, Any] | None = None):
    return measure(mined(PROCESSES, {"kpi": kpis} | (config or {}), every=1440), metric, process)


def test_dimensions_count_where_the_records_carry_the_kpi():
    kpis = [
        kpi("fast", process=["p", "q"]),
        kpi("slow", "waiting-time", process=["p"]),
        kpi("worth", {"attribute": "amount"}, process=["q"], dimension="revenue"),
        kpi("late", "sla-attainment", process=["p"]),  # no due date anywhere: not carried
        kpi("in-time", {"share": {"time": {}, "within": "1 d"}}, process=["q"]),
        kpi("what", {"attribute": "amount"}, process=["q"]),  # nobody says what it is about
    ]
    # p: time twice, and its outcome can be told; q: time, revenue, compliance; r and s: nothing
    assert found("kpi-dimension-breadth", kpis, "p").value == 2
    assert found("kpi-dimension-breadth", kpis, "q").value == 3
    assert found("kpi-dimension-breadth", kpis, "r").status == Status.NOT_AVAILABLE
    assert found("kpi-dimension-breadth", kpis, None).value == 2.5
    assert found("kpi-dimension-breadth", [], "p").value == 1  # the outcome alone
    assert found("kpi-dimension-breadth", [], "q").status == Status.NOT_AVAILABLE


def test_a_definition_that_three_processes_share():
    for kpis, value in (
        ([kpi("all")], 1.0),
        ([kpi("two", process=["p", "q"])], 0.0),
        ([kpi("three", process=["p", "q", "r"])], 0.75),
        ([kpi(k, process=[k], definition="speed", target=f"<= {n} d") for n, k in enumerate("pqr")], 0.75),
        ([kpi(k, process=[k]) for k in "pqr"], 0.0),
    ):
        assert found("shared-kpi-schema", kpis, None).value == pytest.approx(value), kpis
    assert found("shared-kpi-schema", [kpi("three", process=["p", "q", "r"])], "s").value == 0
    assert found("shared-kpi-schema", [], None).status == Status.NOT_AVAILABLE


def test_the_portfolio_is_the_lower_of_processes_and_lines_of_business():
    worth = {"attribute": "amount", "aggregate": "sum"}

    def share(config: dict[str, Any] | None, **more: Any):
        return found("portfolio-rollup-coverage", [kpi("worth", worth, portfolio=True, **more)], None, config)

    assert share(LINES, dimension="revenue", process=["p", "q"]).value == 0.5  # two of four, one of two lines
    assert share(LINES, dimension="revenue", process=["p"]).value == 0.25
    assert share(LINES, dimension="revenue").value == 1.0
    assert share(LINES, dimension="volume").value == 0.0  # a count is no outcome
    assert share(LINES).value == 0.0  # nobody says what it is about
    assert share(None, dimension="revenue").status == Status.NOT_AVAILABLE
    one = found("portfolio-rollup-coverage", [kpi("worth", worth, dimension="revenue")], None, LINES)
    assert one.value == 0.0  # it is no KPI of the portfolio
    gone = kpi("worth", {"attribute": "amont"}, portfolio=True, dimension="revenue")
    assert found("portfolio-rollup-coverage", [gone], None, LINES).value == 0.0  # the records do not carry it


def test_contribution_needs_a_portfolio_kpi_and_a_year():
    assert found("contribution-evidence", [kpi("a")], None).status == Status.NOT_AVAILABLE
    short = found("contribution-evidence", [kpi("a", portfolio=True)], None)
    assert (short.status, short.value) == (Status.NOT_AVAILABLE, None)
    assert "complete months" in short.reason
    text = "× 100\na  A  0–10  bot  serviceTask\ndeployments:\n1  0  checksum=a\n2  200d  checksum=b\n"
    log = mined(text, {"kpi": [kpi("a", portfolio=True)], "project": {"window_days": "all"}}, every=5 * 1440)
    year = measure(log, "contribution-evidence", None)
    assert (year.status, year.value, year.denominator) == (Status.MEASURED, 0.0, 1)


def test_nobody_can_tell_from_a_log_that_a_kpi_is_used():
    used = found("kpi-use", [kpi("a")], None)
    assert (used.status, used.value) == (Status.NOT_AVAILABLE, None)
    assert used.unlock
    assert found("kpi-use", [], None).status == Status.NOT_APPLICABLE
