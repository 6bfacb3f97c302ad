"""Values of KPIs as they are reported: intervals, scopes, several processes, weights; worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from poanalyzer.config import parse_config
from poanalyzer.errors import ConfigError
from poanalyzer.measure import interval
from poanalyzer.measure.kpi_figures import portfolio_kpis, reported
from poanalyzer.measure.kpi_weights import weight_band, weighted_share
from poanalyzer.results import KpiGrade, PortfolioKpi

from .test_measure_kpi2 import TEXT, M
from .traces import measure, mined

ALL = {"project": {"window_days": "all"}}


def values(
    kpis: list[dict[str, Any]], text: str = TEXT, every: float = 1440, process: str = "p"
) -> dict[str, KpiGrade]:
    log = mined(text, ALL | {"kpi": kpis}, every=every)
    of = next(p for p in log.processes if p.key == process)
    return {k.id: k for k in reported(log, of) if k.declared}


def whole(kpis: list[dict[str, Any]], text: str, every: float = 1440, **more: Any) -> dict[str, PortfolioKpi]:
    return {k.id: k for k in portfolio_kpis(mined(text, ALL | {"kpi": kpis} | more, every=every))}


@pytest.mark.parametrize(("kpi", "metric"), [("rework", "rework-rate"), ("automation-rate", "automation-rate"),
                                             ("exception-rate", "exception-rate")])  # fmt: skip
def test_a_share_and_a_mean_have_the_intervals_of_metrics(kpi: str, metric: str):
    # ten weeks; the second case of each day fails, and only in the first three
    text = (
        TEXT.replace("× 30", "× 70")
        .replace("× 10", "× 21")
        .replace("b  Check  30–40  bot    service", "b  Check  30–40  human  user")
    )
    text += "exceptions:\nb  Check  31–32  operator"
    log = mined(text, ALL | {"kpi": [{"id": "k", "measure": kpi}]}, every=1440)
    found = next(k for k in reported(log, log.processes[0]) if k.declared)
    same = measure(log, metric)
    assert found.value == pytest.approx(same.value)
    assert (found.low, found.high) == (pytest.approx(same.low), pytest.approx(same.high))
    assert found.method == same.method
    assert kpi == "rework" or "cluster-robust by" in found.method


def test_cases_that_share_nothing_have_the_interval_of_cases():
    text = "\n".join(
        f"c{n}  {'AB'[n % 2]}  {n // 2}d {n}–{n // 2}d {n + 5 + n % 3}  bot  serviceTask" for n in range(40)
    )
    found = values([{"id": "s", "measure": {"share": "A"}}], text)["s"]
    assert (found.value, found.low, found.high) == pytest.approx(interval.proportion(20, 40)[:3])


def test_amounts_below_zero_have_no_interval():
    text = TEXT.replace("value=300.5", "value=-300.5")
    found = values([{"id": "m", "measure": {"attribute": "amount"}}], text)["m"]
    assert found.value == pytest.approx((30 * 100 - 10 * 300.5) / 40)
    assert (found.low, found.high, found.method) == (None, None, "")


def test_a_figure_counts_the_cases_that_it_is_of():
    # the ten of b have no amount, one in forty of the cases: the mean is of the others
    text = TEXT.replace("b  amount  value=300.5\n", "").replace("× 30", "× 390")
    found = values([{"id": "m", "measure": {"attribute": "amount"}}], text)["m"]
    assert (found.value, found.cases) == (100, 390)
    assert sum(m.cases for m in found.months) == 390


def test_a_quantile_lies_between_order_statistics():
    text = "\n".join(f"c{n}  A  {n}d 0–{n}d {n}  bot  serviceTask" for n in range(1, 41))
    found = values(
        [{"id": "m", "measure": "cycle-time"}, {"id": "p", "measure": {"time": {}, "aggregate": "p90"}}], text
    )
    # forty cases of 1 … 40 minutes: ranks 20 ± 1.96 · √10 and 36 ± 1.96 · √3.6, rounded up
    assert (found["m"].value, found["m"].low, found["m"].high) == (20.5 * M, 14 * M, 27 * M)
    assert (found["p"].low, found["p"].high, found["p"].method) == (33 * M, 40 * M, "order statistics")


def test_a_monthly_sum_varies_as_its_months_do():
    text = "× 40\na  A  0–10  bot  serviceTask\nvariables:\na  amount  value=10"
    found = values([{"id": "s", "measure": {"attribute": "amount", "aggregate": "sum"}}], text, 7200)["s"]
    # February to June: 50, 70, 60, 60, 60: mean 60, standard error √(50 / 4) · … = √(200 / 4 / 5) = √10
    assert found.value == pytest.approx(60)
    assert found.low == pytest.approx(60 - 2.776445105 * 10**0.5, rel=1e-8)
    assert found.method == "jackknife over 5 complete months"


NAMED = """
× 30
a  Enter  0–10   human  userTask  due=15
a  Check  20–30  bot    serviceTask
a  Ship   60–90  human  userTask  due=80
exceptions:
a  Check  20–26  operator
× 10
b  Enter  0–20   human  userTask  due=15
b  Check  30–     bot   serviceTask
"""


def test_measures_of_the_catalogue_that_take_more_than_the_case():
    names = ("automation-rate", "exception-rate", "sla-attainment", "time-to-restore", "backlog")
    found = values([{"id": n, "measure": n, "target": "<= 1000"} for n in names], NAMED)
    # b still runs: thirty closed cases of three rows, one by a machine; one failure each; of two due dates one is met
    assert found["automation-rate"].value == pytest.approx(1 / 3)
    assert found["exception-rate"].value == pytest.approx(1.0)
    assert found["sla-attainment"].value == pytest.approx(1 / 2)
    assert (found["time-to-restore"].value, found["time-to-restore"].n_unit) == (6 * M, "incidents")
    assert (found["time-to-restore"].low, found["time-to-restore"].high) == (6 * M, 6 * M)
    # b begins on the first ten days of January and goes on
    assert (found["backlog"].value, found["backlog"].n_unit) == (10.0, "open cases")
    assert {m.value for m in found["backlog"].months} == {10.0}


def test_a_backlog_is_what_is_open_at_the_end_of_each_month():
    # one case every ten days from 1 January, each of forty days: 1, 11, 21, 31 January are open at its end
    text = "× 40\na  A  0–40d 0  human  userTask"
    months = {m.month: m.value for m in values([{"id": "b", "measure": "backlog"}], text, 14400)["b"].months}
    assert months["2024-01"] == 4.0
    # the first ends on 10 February, the second on the 20th; 10 and 20 February begin
    assert months["2024-02"] == 4.0
    assert list(months.values())[-1] == 0.0


def test_too_few_cases_are_not_held_against_a_target():
    kpi = {"id": "n", "measure": {"share": "Ship"}, "target": ">= 10 %"}
    log = mined(TEXT, {"project": {"window_days": 5}, "kpi": [kpi]}, every=1440)
    found = next(k for k in reported(log, log.processes[0]) if k.declared)
    assert (found.cases, found.value, found.attained) == (6, 1.0, None)
    assert "too few cases in the window" in found.reason


def test_a_figure_that_cannot_be_computed_says_what_to_export():
    found = values([{"id": "c", "measure": "cost-per-case"}, {"id": "l", "measure": "sla-attainment"},
                    {"id": "h", "measure": "handovers", "target": "< 3"}])  # fmt: skip
    assert "cost into a variable" in found["c"].unlock
    assert "due dates" in found["l"].unlock
    assert found["h"].grade >= 1 and found["h"].value is None and "works out no value" in found["h"].reason


SCOPED = """
× 60
a  A  0–10  bot  serviceTask
cases:
a  tenant=north process_version=1
variables:
a  region  value=EU
× 40
b  A  0–30  bot  serviceTask
cases:
b  tenant=south process_version=2
variables:
b  region  value=US
"""


@pytest.mark.parametrize(
    ("scope", "minutes", "cases"),
    [
        ({"tenant": "north"}, 10, 60),
        ({"version": "2"}, 30, 40),
        ({"version": 2}, 30, 40),
        ({"attribute": "region", "equals": "US"}, 30, 40),
        ({"tenant": "south", "attribute": "region", "equals": "US"}, 30, 40),
    ],
)
def test_a_scope_picks_its_cases(scope: dict[str, Any], minutes: int, cases: int):
    for kind in ("cycle-time", {"time": {}}):
        found = values([{"id": "t", "measure": kind, "scope": scope, "target": "<= 20 min"}], SCOPED)["t"]
        assert (found.value, found.cases, found.attained) == (minutes * M, cases, minutes <= 20)
    assert found.scope.startswith("cases of") or found.scope.startswith("cases whose")
    assert "in cases" in found.measured_as


def test_an_empty_scope_is_not_computable():
    for kind in ("cycle-time", {"time": {}}):
        found = values([{"id": "t", "measure": kind, "scope": {"tenant": "nrth"}}], SCOPED)["t"]
        assert (found.grade, found.value) == (0, None)
        assert found.reason.startswith("0 closed cases")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"scope": {"tennant": "x"}}, "Did you mean “tenant”?"),
        ({"scope": {}}, "needs one of tenant, version, attribute"),
        ({"scope": {"attribute": "a"}}, "go together"),
        ({"scope": {"equals": "a"}}, "go together"),
        ({"scope": {"tenant": "x"}, "measure": {"ratio": ["b", "c"]}}, "derived from"),
        ({"weight": 0}, "greater than 0"),
    ],
)
def test_a_wrong_scope_or_weight_is_told(more: dict[str, Any], message: str):
    others = [{"id": i, "measure": "rework"} for i in "bc"]
    with pytest.raises(ConfigError) as told:
        parse_config({"kpi": [{"id": "a", "measure": "cycle-time"} | more, *others]}, where="p.toml")
    assert message in str(told.value)


# two days apart; p: forty cases of ten minutes, amount 2, every second a success; q: sixty of thirty, amount 5, all
TWO = """
× 20
a  A  0–10  bot  serviceTask
b  A  0–10  bot  serviceTask
cases:
a  outcome=success
b  outcome=failure
variables:
a  amount  value=2
b  amount  value=2
× 60
c  B  0–30  human  userTask
cases:
c  process_key=q outcome=success
variables:
c  amount  value=5
"""


def test_a_kpi_over_several_processes_is_a_ratio_of_sums():
    kpis = [
        {"id": "mean", "measure": {"time": {}, "aggregate": "mean"}, "target": "<= 20 min"},
        {"id": "good", "measure": {"share": {"outcome": "success"}}, "target": ">= 75 %"},
        {"id": "bots", "measure": "automation-rate"},
        {"id": "median", "measure": "cycle-time"},
        {"id": "worst", "measure": {"time": {}, "aggregate": "max"}},
        {"id": "part", "measure": {"ratio": ["good", "bots"]}},
        {"id": "alone", "measure": "cycle-time", "process": ["p"]},
        {"id": "one", "measure": "cycle-time", "process": ["p"], "portfolio": True},
    ]
    found = whole(kpis, TWO, 2880)
    assert found["mean"].value == pytest.approx((40 * 10 + 60 * 30) / 100 * M)
    assert (found["mean"].attained, found["mean"].cases, found["mean"].processes) == (False, 100, ("q", "p"))
    assert found["good"].value == pytest.approx(80 / 100)
    assert (found["good"].low, found["good"].high) == pytest.approx(interval.proportion(80, 100)[1:3])
    assert found["good"].attained is True
    assert found["bots"].value == pytest.approx(40 / 100)
    assert found["part"].value == pytest.approx(0.8 / 0.4)
    for alone in ("median", "worst"):
        assert found[alone].value is None and found[alone].reason.startswith("not additive")
    assert "alone" not in found
    assert (found["one"].value, found["one"].low) == (10 * M, 10 * M)


def test_months_of_several_processes_add_up():
    kpis = [{"id": "sum", "measure": {"attribute": "amount", "aggregate": "sum"}}, {"id": "n", "measure": "throughput"}]
    found = whole(kpis, TWO, 2880)
    # January has 16 days with cases, 2 of p and 1 of q; February (days 31–59) 4 and 14; March (60–90) 0 and 16
    assert [(m.month, m.value, m.complete) for m in found["sum"].months] == [
        ("2024-01", 16 * 9.0, False), ("2024-02", 4 * 4 + 14 * 5.0, True), ("2024-03", 16 * 5.0, True),
        ("2024-04", 14 * 5.0, False),
    ]  # fmt: skip
    assert [m.value for m in found["n"].months] == [48, 22, 16, 14]
    assert found["sum"].value == pytest.approx((86 + 80) / 2)


def test_a_process_in_which_it_cannot_be_computed_is_left_out_and_named():
    text = TWO.replace("c  amount  value=5", "c  amount  value=five")
    found = whole([{"id": "m", "measure": {"attribute": "amount"}}], text, 2880)["m"]
    assert found.value == pytest.approx(2.0)
    assert found.reason == "without q: not computable there"


def figure(id_: str, grade: int, weight: float = 1.0) -> KpiGrade:
    return KpiGrade(id=id_, title=id_, grade=grade, declared=True, weight=weight)


def test_weights_are_declared_and_others_are_drawn():
    figures = [figure(str(n), int(n < 12)) for n in range(17)]
    assert weighted_share(figures, 1) == pytest.approx(12 / 17)
    assert weighted_share([figure("a", 1, 3.0), figure("b", 0)], 1) == pytest.approx(3 / 4)
    band = weight_band({"p": figures}, 1, {"p": 1.0})
    # shares of Dirichlet(1, …, 1) weights are Beta(12, 5): 5 % and 95 % at 0.5160 and 0.8671
    assert band["weights_low"] == pytest.approx(0.516, abs=0.02)
    assert band["weights_high"] == pytest.approx(0.867, abs=0.02)
    assert band == weight_band({"p": figures}, 1, {"p": 1.0})
    assert weight_band({"p": [figure("a", 1)]}, 1, {"p": 1.0}) == {"weights_low": 1.0, "weights_high": 1.0}


def test_kpi_trackability_weighs_its_figures():
    text = "× 40\na  A  0–10  bot  serviceTask\n"
    plain = measure(mined(text, ALL, every=1440), "kpi-trackability")
    heavy = measure(mined(text, ALL | {"kpi": [{"id": "c", "measure": "cycle-time", "weight": 4}]}, every=1440),
                    "kpi-trackability")  # fmt: skip
    assert plain.value is not None and heavy.value is not None
    met = plain.value * 17
    assert heavy.value == pytest.approx((met + 3) / 20)
    assert plain.details["weights_low"] < plain.value < plain.details["weights_high"]
    both = measure(mined(TWO, ALL, every=1440), "kpi-trackability", None)
    assert both.details["weights_low"] < both.value < both.details["weights_high"]
