"""KPI trackability, delivery and scope on tiny logs."""

from __future__ import annotations

from typing import Any

import pytest

from poanalyzer.measure import interval
from poanalyzer.measure.sample_coverage import coverage
from poanalyzer.mine.blocks import Sums
from poanalyzer.mine.mined import Mined
from poanalyzer.mine.releases import releases_of
from poanalyzer.mine.trackability import kpi_grades
from poanalyzer.results import Status

from .traces import DAY, EPOCH, check, mined

#: Minutes between cases so that 120 cases make a year of ten a month.
EVERY = 365 * 1440 / 120


def grade(log: Mined, kpi: str, process: str = "p") -> int | None:
    ix = next(p.ix for p in log.processes if p.key == process)
    return next(k.grade for k in log.of(kpi_grades)[ix] if k.id == kpi)


def kpi(measure: str, target: str | None = "<= 2 d", **more: Any) -> dict[str, Any]:
    return {"id": measure, "measure": measure, "target": target, "owner": "Ops", **more}


YEAR = "× 120\na  A  0–30  bot  serviceTask\na  B  30–60  human:ann  userTask"
OUTCOME = {"outcome": {"success": ["B"], "failure": ["Rejected"]}}


def test_grade_0_without_the_fields_and_with_too_few_cases():
    log = mined(YEAR, every=EVERY)
    assert grade(log, "cost-per-case") == 0  # no export holds costs
    assert grade(log, "sla-attainment") == 0  # no due dates
    assert grade(log, "success-rate") == 0  # nothing says what success is
    assert grade(log, "customer-waiting") == 0  # no outside source
    assert grade(mined(YEAR.replace("120", "29"), every=EVERY), "cycle-time") == 0
    assert grade(mined(YEAR.replace("120", "30"), every=EVERY), "cycle-time") == 1


def test_grade_1_is_computable_2_has_a_target_3_three_complete_months():
    assert grade(mined(YEAR, every=EVERY), "cycle-time") == 1
    assert grade(mined(YEAR, {"kpi": [kpi("cycle-time", target=None)]}, every=EVERY), "cycle-time") == 1
    assert grade(mined(YEAR, {"kpi": [kpi("cycle-time")]}, every=EVERY), "cycle-time") == 3
    # all in January and February: no three months
    assert grade(mined(YEAR, {"kpi": [kpi("cycle-time")]}, every=EVERY / 8), "cycle-time") == 2


@pytest.mark.parametrize(
    ("days", "grade_"),
    [
        # January is the month the log begins in, the last the one it ends in: February to April are complete in May
        (range(0, 122, 1), 3),  # 1 January – 1 May
        (range(0, 121, 1), 2),  # 1 January – 30 April: April is not over
        ([*range(60), *range(91, 160)], 2),  # nothing ended in March
        ([*range(60), *range(91, 190)], 3),  # but April, May, June are whole: the log ends in July
        ([*range(60), *range(91, 180)], 2),
    ],
)
def test_three_consecutive_complete_months(days: list[int], grade_: int):
    text = "\n".join(f"c{d}  A  {d}d–{d}d 10  bot  serviceTask" for d in days)
    assert grade(mined(text, {"kpi": [kpi("cycle-time")]}), "cycle-time") == grade_


def test_a_month_whose_fields_are_empty_breaks_the_series():
    # resources are there from day 0 but not in March (days 60–90): three whole months only with another quarter
    def log(last: int) -> Mined:
        who = ["?" if 60 <= d < 91 else "human:ann" for d in range(last)]
        text = "\n".join(f"c{d}  A  {d}d–{d}d 10  {w}  userTask" for d, w in enumerate(who))
        return mined(text, {"kpi": [kpi("handovers")], "project": {"window_days": "all"}})

    assert grade(log(123), "handovers") == 0  # 92 of 123 rows: 75 %, below 95 %
    assert grade(log(900), "handovers") == 3  # 869 of 900: 97 %
    assert grade(log(900), "cycle-time") == 1


def test_grade_4_needs_outcomes_and_an_end_to_end_view():
    config = {"kpi": [kpi("cycle-time")], "process": [{"key": "p", **OUTCOME}]}
    text = YEAR + "\noutside:\na  Letter  70–80  human  -"
    assert grade(mined(text, config, every=EVERY), "cycle-time") == 4
    assert grade(mined(YEAR, config, every=EVERY), "cycle-time") == 3
    assert grade(mined(text, {"kpi": [kpi("cycle-time")]}, every=EVERY), "cycle-time") == 3


def test_kpi_trackability_is_the_share_at_grade_1():
    # fields there: case times, activity times, actor, resource, failures, open cases. Not: outcome, due, cost, outside.
    # Of 17 figures 5 need one of the missing: SLA, success, cancellation, cost, customer waiting. 12/17
    found = check("kpi-trackability", YEAR, every=EVERY, value=12 / 17, numerator=12, denominator=17, n_unit="figures")
    assert {e.what.split(":")[0] for e in found.evidence} == {
        "Deadlines met", "Success rate", "Cancellation rate", "Cost per case", "Waiting of the customer, end to end",
    }  # fmt: skip
    # declared outcomes give two more, and the exception figures go with the failures
    declared = {"process": [{"key": "p", **OUTCOME}]}
    check("kpi-trackability", YEAR, every=EVERY, config=declared, value=14 / 17)
    check("kpi-trackability", YEAR, every=EVERY, lacks={"incidents": "Export them."}, value=10 / 17)
    check("kpi-trackability", YEAR, lacks={"instances": "Export them."}, status=Status.NOT_AVAILABLE, value=None)


def test_kpi_trackability_with_too_few_cases_is_not_zero():
    text = YEAR.replace("120", "29")
    check("kpi-trackability", text, status=Status.INSUFFICIENT, value=None, reason="29 closed cases")
    check("kpi-trackability-3", text, status=Status.INSUFFICIENT, value=None, reason="29 closed cases")


def test_kpi_trackability_3_counts_grade_3_over_all_figures():
    two = {"kpi": [kpi("cycle-time"), kpi("rework"), kpi("cost-per-case")]}
    check("kpi-trackability-3", YEAR, every=EVERY, config=two, value=2 / 17)
    check("kpi-trackability-3", YEAR, every=EVERY, value=0.0)


def test_the_portfolio_weighs_processes_by_their_closed_cases():
    # p: 90 closed cases with all of 12/17; q: 30 closed cases of unknown hands: without actor and resource there are 3 less
    # (straight-through, automation; utilisation and hand-overs have no human row, so no resource): 8/17
    text = "× 90\na  A  0–9  human:x  userTask\n× 30\nb  A  0–9  ?  task\ncases:\nb  process_key=q"
    check("kpi-trackability", text, value=12 / 17)
    check("kpi-trackability", text, process="q", value=8 / 17)
    check("kpi-trackability", text, process=None, value=(90 * 12 / 17 + 30 * 8 / 17) / 120)


def test_kpi_computability_is_over_the_declared():
    config = {"kpi": [kpi("cycle-time"), kpi("cost-per-case"), kpi("magic"), kpi("rework", process=["other"])]}
    check("kpi-computability", YEAR, every=EVERY, config=config, value=1 / 3, numerator=1, denominator=3)
    check("kpi-computability", YEAR, every=EVERY, status=Status.NOT_APPLICABLE, value=None, reason="no KPI is declared")


def test_kpi_definition_coverage_needs_target_and_owner():
    full, bare = kpi("cycle-time", process=["p"]), kpi("rework", target=None, process=["q"])
    text = "× 40\na  A  0–9  bot  serviceTask\n× 40\nb  A  0–9  bot  serviceTask\ncases:\nb  process_key=q"
    config = {"kpi": [full, bare]}
    every = 1440.0
    check("kpi-definition-coverage", text, every=every, config=config, value=1.0, basis="declared")
    check("kpi-definition-coverage", text, every=every, config=config, process="q", value=0.0)
    check("kpi-definition-coverage", text, every=every, config=config, process=None, value=0.5, basis="declared")
    check("kpi-definition-coverage", text, status=Status.NOT_AVAILABLE, value=None, reason="no KPI is declared")


def test_behaviour_coverage_is_good_turing():
    # 40 cases: 30 of A B, 8 of A C, 2 cases each alone of its kind: f1 = 2 → 1 − 2/40
    text = """
    × 30
    a  A  0–1  bot  serviceTask
    a  B  1–2  bot  serviceTask
    × 8
    b  A  0–1  bot  serviceTask
    b  C  1–2  bot  serviceTask
    × 1
    c  A  0–1  bot  serviceTask
    d  B  0–1  bot  serviceTask
    d  A  1–2  bot  serviceTask
    e  Go  0–0  ?   startEvent      # no work: no variant
    """
    low, high = coverage(Sums(40, 38, 40, 38, 40, 38))[1:]
    check("behaviour-coverage", text, value=0.95, low=low, high=high, n=40, variants=4, seen_once=2, seen_twice=0)
    # c and d once more each: two variants seen twice, which adds 2 · 2 to Σx²; one case alone of its kind
    twice = text.replace("× 1\n", "× 2\n") + "\n× 1\ne  A  0–1  bot  serviceTask\ne  A  1–2  bot  serviceTask"
    low, high = coverage(Sums(43, 42, 43, 42 + 4, 43, 42))[1:]
    check("behaviour-coverage", twice, value=42 / 43, low=low, high=high, seen_once=1, seen_twice=2)
    check("behaviour-coverage", text.replace("× 30", "× 2"), status=Status.INSUFFICIENT, value=1 - 2 / 12, seen_twice=1)
    check("behaviour-coverage", "× 40\na  Go  0–0  ?  startEvent", status=Status.NOT_APPLICABLE, value=None)


def test_completion_observability_wants_a_valid_end_or_an_explained_open_state():
    # 20 ended, 10 running, 5 waiting; 3 ended before they began, 2 in no known state: 35/40
    text = """
    × 20
    a  A  0–9  bot  serviceTask
    × 10
    b  A  0–   bot  serviceTask
    × 5
    c  A  0–   bot  serviceTask
    × 3
    d  A  0–9  bot  serviceTask
    × 2
    e  A  0–   bot  serviceTask
    cases:
    """
    marks = {"c": "state=waiting", "d": "start=50 end=10", "e": "state=unknown"}
    for case, mark in marks.items():
        text = text.replace(f"{case}  A  0–", f"cases:\n{case}  {mark}\nwork:\n{case}  A  0–")
    check("completion-observability", text, value=35 / 40, numerator=35, denominator=40)


def test_outcome_observability_needs_two_classes_and_all_cases():
    # 20 success, 15 failure, 5 told by nothing; 3 terminated ones stand aside
    text = """
    × 20
    a  A  0–9  bot  serviceTask
    a  B  9–10  bot  serviceTask
    × 15
    b  Rejected  0–9  bot  serviceTask
    b  B         9–10  bot  serviceTask   # a declared failure is the stronger statement
    × 5
    c  A  0–9  bot  serviceTask
    × 3
    d  A  0–9  bot  serviceTask
    cases:
    d  state=terminated
    """
    config = {"process": [{"key": "p", **OUTCOME}]}
    check(
        "outcome-observability", text, config=config, value=35 / 40, success=20, failure=15, unknown=5, basis="declared"
    )
    check("outcome-observability", text, status=Status.NOT_AVAILABLE, value=None, reason="nothing says")
    dull = text.replace("Rejected", "Done")
    check("outcome-observability", dull, config=config, value=0.0, caveat="only one class")


def test_an_engine_says_how_a_case_ended_by_its_end_event_or_the_events_name():
    text = """
    × 20
    a  B  0–9  bot  serviceTask      # a step of that name, but the engine knows how the case ended
    cases:
    a  end_element_id=EndBad
    × 20
    b  A  0–9  bot  serviceTask
    cases:
    b  end_element_id=EndGood
    elements:
    EndBad   endEvent  name=Rejected
    EndGood  endEvent  name=Fine
    """
    config = {"process": [{"key": "p", "outcome": {"success": ["EndGood", "B"], "failure": ["Rejected"]}}]}
    check("outcome-observability", text, config=config, value=1.0, success=20, failure=20)


def test_a_plain_case_that_reached_no_declared_outcome_is_open():
    text = "× 30\na  A  0–1  ?  -\na  B  1–2  ?  -\n× 10\nb  A  0–1  ?  -"
    config = {"process": [{"key": "p", **OUTCOME}]}
    plain = {"plain_log": True}
    check("rework-rate", text, config=config, account=plain, denominator=30)
    check("rework-rate", text, config=config, denominator=40)  # an engine's case ends when the engine says so
    check("rework-rate", text, account=plain, denominator=40)


def test_log_grade_loses_a_star_for_each_failed_gate():
    text = "a  A  0–1  bot  serviceTask"
    check("log-grade", text, value=4)
    check("log-grade", text, account={"zone_assumed": True}, value=3)
    check("log-grade", text, account={"history_level": "activity", "retention_days": 90}, value=2)
    check("log-grade", text, account={"rows_read": 1000, "rejected": {"no case": 11}}, value=3)
    check("log-grade", text, account={"rows_read": 1000, "rejected": {"no case": 10}}, value=4)
    every = {
        "zone_assumed": True, "history_level": "none", "retention_days": 90, "rows_read": 1, "rejected": {"": 1},
    }  # fmt: skip
    check("log-grade", text, account=every, value=1)


# Releases: 1 at day 0; 2 twelve hours later is part of it (a hotfix); 3 on day 10 is the same content; 4 on day 20 is new,
# and its copy for a second tenant is not; 5 on day 40 is what 1 was: a rollback is a release too.
RELEASES = """
deployments:
1  0         checksum=a
2  0d 12:00  checksum=b
3  10d       checksum=b
4  20d       checksum=c  release_id=r4 tenant=north
4  20d 1     checksum=c  release_id=r4 tenant=south
5  40d       checksum=a
"""


def test_release_cadence_counts_effective_releases_after_the_first():
    # releases: {1, 2}, {4}, {5}: two after the first in 60 days, × 30 = 1 per 30 days
    text = "× 40\na  A  0–60d  bot  serviceTask\n" + RELEASES
    low, high = interval.rate(2, 60.0)
    found = check(
        "release-cadence", text, value=1.0, numerator=2, denominator=60.0, n=3, low=low * 30, high=high * 30, hotfixes=1,
    )  # fmt: skip
    assert [e.what.rpartition("version ")[2] for e in found.evidence] == ["1, 2", "4", "5"]
    log = mined(text)
    assert [(r.at - EPOCH) / DAY for r in log.of(releases_of)["p"]] == [0, 20, 40]
    check("release-cadence", text, process=None, status=Status.INSUFFICIENT, value=None)


def test_release_cadence_uses_the_whole_export_not_the_window():
    text = "× 40\na  A  300d–300d 1  bot  serviceTask\ndeployments:\n1  0  checksum=a\n2  30d 1  checksum=b"
    check("release-cadence", text, value=30 / (300 + 1 / 1440), numerator=1)


def test_versions_without_content_count_unless_they_are_marked_as_copies():
    text = "× 40\na  A  0–60d  bot  serviceTask\ndeployments:\n1  0\n2  10d\n3  20d  is_duplicate=true"
    check("release-cadence", text, value=0.5, numerator=1, caveat="no model content")
    check("release-cadence", text.split("deployments")[0], status=Status.NOT_AVAILABLE, value=None)
    early = "× 40\na  A  0–60  bot  serviceTask\ndeployments:\n1  0"
    check("release-cadence", early, status=Status.INSUFFICIENT, value=None, reason="less than a day")
    check("release-cadence", text, lacks={"deployments": ""}, status=Status.NOT_SUPPORTED, value=None)


def test_a_release_within_a_day_is_merged_one_after_it_is_not():
    day = "× 40\na  A  0–30d  bot  serviceTask\ndeployments:\n1  0  checksum=a\n2  1d  checksum=b\n"
    check("release-cadence", day, value=0.0, hotfixes=1)
    check("release-cadence", day.replace("2  1d", "2  1d 1"), value=1.0, hotfixes=0)


WEEKS = "× 40\na  A  0–9  bot  serviceTask"


def test_a_productive_process_has_thirty_completed_roots_in_four_weeks():
    # 2024-01-01 is a Monday. 40 cases half a day apart: 20 days, weeks 1–3 (days 0–19.5): 3 weeks. A day apart: 6 weeks.
    check("productive-processes", WEEKS, every=720, value=0)
    check("productive-processes", WEEKS, every=1440, value=1)
    # 43 cases half a day apart reach day 21: the fourth week
    check("productive-processes", WEEKS.replace("40", "43"), every=720, value=1)
    check("productive-processes", WEEKS.replace("40", "42"), every=720, value=0)
    check("productive-processes", WEEKS.replace("40", "29"), every=1440, value=0)
    terminated = WEEKS + "\ncases:\na  state=terminated"
    check("productive-processes", terminated, every=1440, value=0)


def test_productive_processes_of_the_portfolio_are_a_lower_bound_unless_complete():
    text = WEEKS + "\nkid  B  0–9  bot  serviceTask\ncases:\nkid  process_key=q  root_case_id=a"
    check(
        "productive-processes", text, every=1440, process=None, value=1, lower_bound=1, high=None, caveat="lower bound"
    )
    complete = {"context": {"complete": True}}
    check("productive-processes", text, every=1440, process=None, config=complete, value=1, lower_bound=None, high=1)
    check("productive-processes", text, every=1440, process="q", value=0)  # a called process is a part of its root


def test_productive_counts_the_window_only():
    old = WEEKS + "\n× 1\nz  A  400d–400d 9  bot  serviceTask"
    check("productive-processes", old, every=1440, value=0)
    check("productive-processes", old, every=1440, value=1, config={"project": {"window_days": "all"}})


def test_shares_of_processes_are_the_lower_of_unweighted_and_by_volume():
    # p: 90 cases of known outcome; q: 30 of unknown. 1 of 2 processes, 90 of 120 cases: .5
    text = (
        "× 45\na  B  0–9  bot  serviceTask\n× 45\nc  Rejected  0–9  bot  serviceTask\n× 30\nb  A  0–9  bot  serviceTask"
    )
    text += "\ncases:\nb  process_key=q"
    config = {"process": [{"key": "p", **OUTCOME}]}
    check(
        "outcome-observability",
        text,
        every=1440,
        config=config,
        process=None,
        value=0.5,
        unweighted=0.5,
        volume_weighted=0.75,
    )
    other = {"process": [{"key": "q", "outcome": {"success": ["A"]}}]}
    # only q is declared, and shows one class only
    check("outcome-observability", text, every=1440, config=other, process=None, value=0.0)


def test_units_lines_of_business_and_stacks():
    text = (
        "× 40\na  A  0–9  bot  serviceTask\n× 40\nb  A  0–9  bot  serviceTask\ncases:\na  tenant=north\n"
        "b  process_key=q tenant=south\ndeployments:\n1  1d  checksum=a\n1  1d  checksum=a process_key=q"
    ).replace("cases:\na  tenant=north\nb", "cases:\nb")
    text = text.replace("× 40\nb", "cases:\na  tenant=north\n× 40\nb")
    check("active-delivery-units", text, every=1440, process=None, value=2, high=None, caveat="lower bound")
    units = {"process": [{"key": "p", "unit": "One"}, {"key": "q", "unit": "One"}], "context": {"complete": True}}
    check("active-delivery-units", text, every=1440, process=None, config=units, value=1, high=1, basis="declared")
    alone = text.replace("tenant=north", "state=completed").replace(" tenant=south", "")
    check("active-delivery-units", alone, every=1440, process=None, status=Status.NOT_AVAILABLE, value=None)
    lines = {
        "context": {"lines_of_business": ["Retail", "Loans"]},
        "process": [{"key": "p", "line_of_business": "Retail"}],
    }
    check("lob-coverage", text, every=1440, process=None, config=lines, value=0.5)
    check("lob-coverage", text, every=1440, process=None, status=Status.NOT_AVAILABLE, value=None)
    engines = {"context": {"engines": [{"product": "a", "major": 7, "volume": 3}, {"product": "b", "volume": 1}]}}
    check("stack-concentration", text, every=1440, process=None, config=engines, value=0.75)
    check("stack-concentration", text, every=1440, process=None, status=Status.NOT_AVAILABLE, value=None)
    check("stack-concentration", text, every=1440, config=engines, status=Status.NOT_APPLICABLE, value=None)
