"""Coverage metrics on tiny logs; each value is worked out beside it."""

from __future__ import annotations

import math

import pytest

from poanalyzer.measure import interval
from poanalyzer.results import Status

from .traces import check

OUTSIDE_ONLY = "Give an outside source"

# 30 cases: 3 rows of work by machines, 1 by a person; 10 cases: 1 row of unknown hands. Start event and gateway are control.
MIXED = """
× 30
a  Start     0–0    ?        startEvent
a  Check     0–10   bot      serviceTask
a  Route     10–10  ?        exclusiveGateway
a  Charge    10–20  human    serviceTask    # a service task is a machine's, whatever resource is named
a  Send      20–30  ?        sendTask
a  Approve   30–40  bot      userTask       # and a user task a person's
× 10
b  Register  0–10   ?        task
"""


def test_automation_rate_has_bounds_for_unknown_hands():
    # machine 30·3 = 90; work 30·4 + 10 = 130; unknown 10 → [90/130, 100/130]
    found = check(
        "automation-rate", MIXED, value=90 / 130, lower_bound=90 / 130, upper_bound=100 / 130, numerator=90,
        denominator=130, n=40, caveat="7.7% of rows of work cannot be told",
    )  # fmt: skip
    assert found.low < found.lower_bound < found.upper_bound < found.high


def test_automation_rate_counts_running_and_cancelled_rows_in_cases_of_any_state_but_no_skipped_ones():
    # of each of 30 closed cases: done + cancelled by a machine, skipped by a person → 2 of 2;
    # of each of 10 open ones: a running row of a person → 0 of 1. 60 / 70
    text = """
    × 30
    a  A  0–10   bot    serviceTask
    a  B  10–12  bot    serviceTask  state=canceled
    a  C  12–12  human  userTask     state=skipped
    × 10
    b  A  0–     human  userTask
    """
    check("automation-rate", text, value=60 / 70, numerator=60, denominator=70, n=40)


def test_in_a_plain_log_the_resource_decides_and_the_analyst_before_all():
    text = """
    × 30
    a  A  0–1   bot:svc-1   -
    a  B  1–2   ?           -  resource=clerk7
    a  C  2–3   ?           -  resource=SYSTEM   # a guess by the name, marked as one
    """
    check("automation-rate", text, value=2 / 3, upper_bound=1.0, basis="inferred")
    config = {"accounts": {"human": ["clerk*"], "system": ["SYSTEM"]}}
    check("automation-rate", text, config=config, value=2 / 3, upper_bound=None, basis="observed")
    # the analyst's word stands above the export's
    check("automation-rate", text, config={"accounts": {"human": ["*"]}}, value=0.0)


def test_a_called_process_is_work_only_where_its_own_records_are_missing():
    # with the child: A + child's B = 2 rows of the portfolio, both non-human; p alone: 1 row
    # the second call's child is not in the data: the call itself is work, of unknown hands
    text = """
    × 40
    a  A       0–10   human  userTask
    a  Call    10–30  ?      callActivity  called_case_id=kid
    kid  B     12–28  bot    serviceTask
    a  Other   30–40  ?      callActivity  called_case_id=gone
    cases:
    kid  process_key=q  root_case_id=a  parent_case_id=a
    """
    check("automation-rate", text, value=0.0, upper_bound=0.5, denominator=80)  # A, Other
    check("automation-rate", text, process="q", value=1.0, denominator=40)
    check("automation-rate", text, process=None, value=1 / 3, upper_bound=2 / 3, denominator=120, n=40)  # A, B, Other


def test_touchless_rate_needs_all_rows_known_non_human():
    # closed: 20 all machine, 10 with a person, 10 machine + unknown; 5 open ones look touchless and do not count
    text = """
    × 20
    a  A  0–1  bot    serviceTask
    × 10
    b  A  0–1  bot    serviceTask
    b  B  1–2  human  userTask
    × 10
    c  A  0–1  bot    serviceTask
    c  B  1–2  ?      task
    × 5
    d  A  0–1  bot    serviceTask
    d  B  1–   bot    serviceTask
    """
    low, high = interval.proportion(20, 40)[1], interval.proportion(30, 40)[2]
    check(
        "touchless-rate", text, value=0.5, upper_bound=0.75, numerator=20, denominator=40, low=low, high=high
    )  # fmt: skip


def test_touchless_rate_leaves_out_cases_without_work_and_looks_at_roots_with_their_children():
    text = """
    × 40
    a  A    0–1   bot    serviceTask
    a  Go   1–1   ?      endEvent
    kid  B  0–1   human  userTask
    × 5
    e  Go   1–1   ?      endEvent
    cases:
    """
    roots = text.replace("× 5", "cases:\nkid  process_key=q  root_case_id=a  parent_case_id=a\n× 5")
    check("touchless-rate", roots, value=1.0, denominator=40)
    check("touchless-rate", roots, process="q", value=0.0, denominator=40)
    check("touchless-rate", roots, process=None, value=0.0, denominator=40)


@pytest.mark.parametrize("metric", ["automation-rate", "touchless-rate", "endpoint-diversity", "coordinated-endpoints"])
def test_one_of_element_types_and_resources_is_enough(metric: str):
    check(metric, MIXED, lacks={"resources": "Export them."})
    check(metric, MIXED, lacks={"element-types": "Export them."})
    both = {"element-types": "Export them.", "resources": "Export them."}
    check(metric, MIXED, lacks=both, status=Status.NOT_AVAILABLE, value=None, reason="no ", unlock="Export them.")
    never = {"element-types": "", "resources": ""}
    check(metric, MIXED, lacks=never, status=Status.NOT_SUPPORTED, value=None, reason="no ")


ENDPOINTS = """
× 40
a  A  0–1  human:ann  userTask     role=Clerks
a  B  1–2  human:bob  userTask     role=Clerks
a  C  2–3  human:cyd  userTask     role=Managers
a  D  3–4  bot:w1     serviceTask  endpoint=mail
a  E  4–5  bot:w2     serviceTask  endpoint=mail
a  F  5–6  bot:w3     serviceTask
a  G  6–7  ?          -            resource=4711
a  H  7–8  ?          -
"""


def test_people_count_as_roles_machines_as_endpoints_and_the_unknown_only_above():
    # Clerks, Managers; mail, w3 → 4; “4711” and the nameless one only raise the upper bound
    check(
        "coordinated-endpoints", ENDPOINTS, value=4, lower_bound=4, upper_bound=6, low=4, high=6,
        caveat="2 resources of unknown kind",
    )  # fmt: skip


def test_people_without_roles_are_one_endpoint():
    text = """
    × 40
    a  A  0–1  human:ann  userTask
    a  B  1–2  human:bob  userTask
    a  C  2–3  ?          serviceTask
    """
    check("coordinated-endpoints", text, value=2, upper_bound=None, low=2, high=2)  # people, a system


def test_the_portfolio_has_the_endpoints_of_its_best_productive_process():
    weekly = 7 * 1440 / 10  # forty cases over four weeks
    text = """
    × 40
    a  A  0–1  human  userTask
    a  B  1–2  bot:x  serviceTask
    b  A  0–1  bot:y  serviceTask
    cases:
    b  process_key=q
    """
    check("coordinated-endpoints", text, every=weekly, process=None, value=2)
    check("coordinated-endpoints", text, process=None, status=Status.INSUFFICIENT, reason="no productive process")


def test_endpoint_diversity_is_the_exponential_of_the_entropy():
    # shares ½, ¼, ¼: H = ½ ln 2 + 2·¼ ln 4 = 1.5 ln 2 → 2^1.5 = 2.828…; unknown rows are left out, and said
    text = """
    × 40
    a  A  0–1  human  userTask
    a  B  1–2  human  userTask
    a  C  2–3  bot:x  serviceTask
    a  D  3–4  bot:y  serviceTask
    a  E  4–5  ?      task
    """
    check("endpoint-diversity", text, value=2**1.5, people=1.0, systems=2.0, caveat="20.0% of the rows")
    # one endpoint does everything: 1. Ten equal ones: 10
    check("endpoint-diversity", "× 30\na  A  0–1  bot:x  serviceTask", value=1.0, low=1.0)
    ten = "× 30\n" + "\n".join(f"a  A{i}  {i}–{i + 1}  bot:x{i}  serviceTask" for i in range(10))
    check("endpoint-diversity", ten, value=10.0)
    few = "× 29\na  A  0–1  bot:x  serviceTask"
    check("endpoint-diversity", few, status=Status.INSUFFICIENT, reason="29 closed cases", value=1.0)
    nobody = "× 30\na  A  0–1  ?  task"
    check("endpoint-diversity", nobody, status=Status.NOT_AVAILABLE, value=None, reason="known endpoint")


def test_the_jackknife_of_endpoint_diversity_sees_that_cases_differ():
    # three quarters and one quarter of the rows in both: exp(.75 ln 4/3 + .25 ln 4); only in the first does each case show it
    value = math.exp(0.75 * math.log(4 / 3) + 0.25 * math.log(4))
    rows = [f"a  {i}  {i}–{i + 1}  bot:{'xxxy'[i]}  serviceTask" for i in range(4)]
    same = "× 40\n" + "\n".join(rows)
    apart = "× 30\na  A  0–1  bot:x  serviceTask\n× 10\nb  B  1–2  bot:y  serviceTask"
    one, two = check("endpoint-diversity", same, value=value), check("endpoint-diversity", apart, value=value)
    assert one.high - one.low == pytest.approx(0, abs=1e-9)
    assert two.high - two.low > 0.01


# Per case 3 engine steps; outside: 1 linked by the business key, 1 double of an engine step; 8 records without a known key.
# Of 40 cases: engine 120, linked 40, unlinked 8.
COVERED = """
× 40
a  Pick goods  0–10   bot    serviceTask
a  Pack        10–20  human  userTask
a  Ship        20–30  bot    serviceTask
cases:
a  business_key=order
outside:
order  Call customer  40–50  human  -
order  pick GOODS     1–9    human  -       # the engine's own step, recorded again at its start
order  Ship           29–30  human  -       # and again at its end
× 8
outside:
lost  Write letter    0–5    human  -
"""


def test_step_coverage_counts_unlinked_records_against_the_lower_bound_only():
    # upper: 120/160 = .75; value = lower bound: 120/168
    found = check(
        "step-coverage", COVERED, value=120 / 168, lower_bound=120 / 168, upper_bound=0.75, numerator=120,
        denominator=168, n=40, engine_steps=120, outside_linked=40, outside_unlinked=8, caveat="8 of 48 outside records",
    )  # fmt: skip
    assert found.low <= found.value <= found.upper_bound <= found.high
    check("step-coverage", COVERED, process=None, value=120 / 168, upper_bound=0.75)


def test_the_naive_estimate_rewards_poor_keys_and_the_value_does_not():
    # truth 600 engine of 1000 steps. Keys missing for 20 % of 400 outside records: L = 320, U = 80;
    # naive 600/920 = .652, value 600/1000 = .600. At 50 %: 600/800 = .75, value .600
    def log(linked: int) -> str:
        return f"""
        × 40
        {"".join(f"a  E{i}  {i}–{i + 1}  bot  serviceTask" + chr(10) for i in range(15))}
        outside:
        {"".join(f"a  O{i}  {i}–{i + 1}  human  -" + chr(10) for i in range(linked))}
        {"".join(f"zzz  O{i}  {i}–{i + 1}  human  -" + chr(10) for i in range(10 - linked))}
        """

    check("step-coverage", log(10), value=0.6, upper_bound=0.6, outside_unlinked=0)
    check("step-coverage", log(8), value=0.6, upper_bound=600 / 920, outside_unlinked=80)
    check("step-coverage", log(5), value=0.6, upper_bound=0.75, outside_unlinked=200)


def test_step_coverage_counts_all_outside_steps_of_a_case_of_the_window():
    # the case ends on day 200, inside 180 days before the last event, with rows and a letter from day 0: all of them count
    text = """
    × 40
    a  A  0–10           bot    serviceTask
    a  B  200d–200d 10   bot    serviceTask
    outside:
    a  Letter  20–30     human  -
    × 30
    z  Old     0–10      bot    serviceTask       # ended outside the window
    outside:
    z  Letter  20–30     human  -
    """
    check("step-coverage", text, value=2 / 3, numerator=80, denominator=120, n=40)


def test_step_coverage_without_an_outside_source_or_without_a_common_key():
    alone = "× 40\na  A  0–1  bot  serviceTask"
    check("step-coverage", alone, status=Status.NOT_AVAILABLE, value=None, reason="no outside source")
    apart = alone + "\noutside:\nb  Letter  5–6  human  -"
    found = check("step-coverage", apart, status=Status.NOT_AVAILABLE, value=None, reason="names no case")
    assert "business keys" in found.unlock
    few = "× 29\na  A  0–1  bot  serviceTask\noutside:\na  Letter  5–6  human  -"
    check("step-coverage", few, status=Status.INSUFFICIENT, value=0.5, reason="29 closed cases")


def test_time_coverage_is_engine_time_over_the_time_from_the_first_to_the_last_record():
    # engine 10–40 = 30 min; outside 0–5 and 50–60 → 60 min. Two thirds of cases linked: (20·30 + 20·30)/(20·60 + 20·30)
    text = """
    × 20
    a  A  10–40  bot    serviceTask
    outside:
    a  Ask  0–5    human  -
    a  Pay  50–60  human  -
    × 20
    b  A  10–40  bot    serviceTask
    × 7
    c  A  10–    bot    serviceTask     # open: an instance that never ends would cover everything
    outside:
    c  Ask  0–5    human  -
    """
    check(
        "time-coverage", text, value=1200 / 1800, numerator=1200 * 60.0, denominator=1800 * 60.0, n=40,
        caveat="20 of 40 closed cases appear", linked_cases=20,
    )  # fmt: skip
    alone = "× 40\na  A  0–1  bot  serviceTask"
    check("time-coverage", alone, status=Status.NOT_AVAILABLE, value=None, reason="no outside source")
    few = "× 29\na  A  0–10  bot  serviceTask\noutside:\na  Pay  10–20  human  -"
    check("time-coverage", few, status=Status.INSUFFICIENT, value=0.5)


def test_sue_does_not_hand_over_to_mike():
    # Pete's A enables Sue's B and Mike's C at once; both end before Pete's D, C last.
    # Causes: B ← A, C ← A, D ← C: Pete→Sue, Pete→Mike, Mike→Pete: 3 changes. Directly-follows would have Sue→Mike too.
    # The letter outside follows D: Pete→writer, not mediated. 3 of 4.
    text = """
    × 40
    a  A  0–10   human:pete  userTask  role=Pete
    a  B  10–20  human:sue   userTask  role=Sue
    a  C  15–25  human:mike  userTask  role=Mike
    a  D  30–40  human:pete  userTask  role=Pete
    outside:
    a  Letter  50–60  human:x  -  role=Writer
    """
    check("mediated-handover-rate", text, value=0.75, numerator=120, denominator=160, n=40)


def test_handovers_that_bypass_the_engine():
    # A(bot x) → O1(writer): to outside, not mediated; O1 → O2: same endpoint, no hand-over; O2 → B(bot y): from outside,
    # not mediated; B → C(bot z): mediated; C → D (unknown hands): left out, and said. 1 of 3
    text = """
    × 40
    a  A  0–10   bot:x  serviceTask
    a  B  40–50  bot:y  serviceTask
    a  C  50–60  bot:z  serviceTask
    a  D  60–70  ?      task
    outside:
    a  O1  15–20  human  -
    a  O2  25–30  human  -
    """
    check("mediated-handover-rate", text, value=1 / 3, numerator=40, denominator=120, caveat="40 transitions")
    check("mediated-handover-rate", text.replace("outside:", "work:"), status=Status.NOT_AVAILABLE, value=None)
    few = text.replace("× 40", "× 29")
    check("mediated-handover-rate", few, status=Status.INSUFFICIENT, value=1 / 3, reason="29 cases seen on both sides")


def test_lost_records_hide_handovers_beside_the_engine():
    # x → writer → y → z in 60 cases: one of three hand-overs is mediated. 20 more letters have a key that nobody knows.
    text = """
    × 60
    a  A  0–10   bot:x  serviceTask
    a  B  40–50  bot:y  serviceTask
    a  C  50–60  bot:z  serviceTask
    outside:
    a  O  15–20  human  -
    × 20
    b  A  0–10   bot:x  serviceTask
    b  B  40–50  bot:y  serviceTask
    outside:
    nobody  O  15–20  human  -
    """
    # seen: 60 of 180; at least (60 − 20) / (180 + 20). One letter a case: a lost one takes its case along and moves nothing
    found = check("mediated-handover-rate", text, value=1 / 3, numerator=60, denominator=180, caveat="20 of 80 outside")
    assert (found.lower_bound, found.upper_bound) == (40 / 200, 1 / 3)
    assert found.low <= 40 / 200


def test_a_case_seen_only_by_the_engine_says_nothing_about_mediation():
    # 40 cases as above with 1 of 2 mediated, and 100 cases that are the engine's alone
    text = """
    × 40
    a  A  0–10   bot:x  serviceTask
    a  B  10–20  bot:y  serviceTask
    outside:
    a  O  30–40  human  -
    × 100
    b  A  0–10   bot:x  serviceTask
    b  B  10–20  bot:y  serviceTask
    """
    check("mediated-handover-rate", text, value=0.5, n=40)


def test_a_hill_number_by_hand():
    # 3 endpoints with 6, 3 and 1 of 10 rows: exp(−(.6 ln .6 + .3 ln .3 + .1 ln .1)) = 2.4551…
    rows = [f"a  A{i}  {i}–{i + 1}  bot:{'xxxxxxyyyz'[i]}  serviceTask" for i in range(10)]
    by_hand = math.exp(-(0.6 * math.log(0.6) + 0.3 * math.log(0.3) + 0.1 * math.log(0.1)))
    assert by_hand == pytest.approx(2.4551, abs=1e-3)
    check("endpoint-diversity", "× 30\n" + "\n".join(rows), value=by_hand)
