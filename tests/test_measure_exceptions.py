"""Exception metrics on tiny logs: episodes, how they ended, and what is counted over what."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from poanalyzer.measure import interval
from poanalyzer.mine.mined import Mined
from poanalyzer.results import Status

from .traces import EPOCH, MINUTE, check, measure, mined, together

# Of 40 closed cases: 10 retried, 5 needed an operator, 25 without a failure; 2 open with an open incident.
LOG = """
× 10
r  A  0–30   bot    serviceTask
r  B  30–40  human  userTask
attempts:
r  A  5
r  A  10
× 5
o  A  0–200  bot    serviceTask
o  B  200–210  human  userTask
attempts:
o  A  5
exceptions:
o  A  5–190  operator
× 25
n  A  0–30   bot    serviceTask
n  B  30–40  human  userTask
× 2
q  A  0–     bot    serviceTask
exceptions:
q  A  5–     none
"""


def test_exception_rate_is_episodes_per_closed_case():
    # 15 episodes in 40 closed cases; open cases and their episodes stand aside
    check(
        "exception-rate", LOG, value=15 / 40, numerator=15, denominator=40, n=40, cases_with_episode=15,
        unit="episodes per case",
    )  # fmt: skip
    twice = LOG.replace("attempts:\nr  A  5\nr  A  10", "attempts:\nr  A  5\nr  A  500\nr  A  900")
    check("exception-rate", twice, value=35 / 40, cases_with_episode=15)


def test_handled_exception_rate_is_over_closed_episodes():
    # closed: 10 retried + 5 by an operator; 2 open ones count on neither side
    found = check("handled-exception-rate", LOG, value=10 / 15, numerator=10, denominator=15, n=15, n_unit="episodes")
    assert found.evidence and all(e.case_id.startswith("o~") for e in found.evidence)
    few = LOG.replace("× 10", "× 4")
    check("handled-exception-rate", few, status=Status.INSUFFICIENT, reason="9 closed episodes", value=4 / 9)
    none = "× 40\na  A  0–1  bot  serviceTask"
    check("handled-exception-rate", none, status=Status.NOT_APPLICABLE, value=None, reason="failures are recorded")
    still = "× 40\na  A  0–1  bot  serviceTask\n× 12\nq  A  0–  bot  serviceTask\nexceptions:\nq  A  5–  none"
    check("handled-exception-rate", still, status=Status.NOT_APPLICABLE, value=None)


def test_handled_exception_rate_needs_episodes_not_cases():
    # 10 cases with one modelled episode each: enough episodes, though fewer than 30 cases closed
    text = "× 10\na  A  0–9  bot  serviceTask  state=canceled\nexceptions:\na  A  9–9  model  kind=constraint"
    check("handled-exception-rate", text, value=1.0, n=10)
    check("exception-rate", text, status=Status.INSUFFICIENT, value=1.0, reason="10 closed cases")


def test_first_attempt_success_looks_at_machine_work_only():
    # 42 rows of machine work (40 closed, 2 running); 15 of them failed first: 27/42. People's 40 rows have no attempts
    check("first-attempt-success", LOG, value=27 / 42, numerator=27, denominator=42)


def test_an_instance_that_never_left_a_row_counts_as_failed():
    # 30 good ones; 10 cases whose service never got through and left only attempts: 30/40
    text = """
    × 30
    a  A  0–10  bot  serviceTask
    × 10
    b  Start  0–0  ?  startEvent
    attempts:
    b  A  5
    b  A  600
    """
    check("first-attempt-success", text, value=0.75, numerator=30, denominator=40)


def test_an_instance_that_failed_in_two_episodes_failed_once_and_gateways_do_not_count():
    # 40 rows of machine work, of which 10 failed (at 0 and again after three hours); 10 failures at a start event
    text = """
    × 10
    a  A  0–200  bot  serviceTask
    attempts:
    a  A  5
    a  A  185
    × 10
    b  Start  0–10  ?    startEvent
    b  A      10–20 bot  serviceTask
    attempts:
    b  Start  5
    × 20
    c  A  0–10  bot  serviceTask
    """
    text = text.replace("10–20 bot", "10–20  bot")
    check("first-attempt-success", text, value=0.75, numerator=30, denominator=40)
    check("exception-rate", text, value=30 / 40)


def test_each_pass_of_a_loop_may_fail_on_its_own():
    # 4 rows of A in each of 30 cases, 2 of which failed first, hours apart: 2/4
    rows = "\n".join(f"a  A  {600 * i}–{600 * i + 30}  bot  serviceTask" for i in range(4))
    text = f"× 30\n{rows}\nattempts:\na  A  5\na  A  605"
    check("first-attempt-success", text, value=0.5, numerator=60, denominator=120)


def test_incident_free_rate_counts_closed_cases():
    # 5 of 40 closed cases had an incident; failed attempts alone are none
    low, high = interval.proportion(35, 40)[1:3]
    check("incident-free-rate", LOG, value=35 / 40, numerator=35, denominator=40, low=low, high=high, method="Jeffreys")
    check("incident-free-rate", LOG.replace("× 25", "× 14"), status=Status.INSUFFICIENT)


def test_incidents_of_called_processes_belong_to_the_portfolio_of_their_root():
    # every second root's child has an incident, which propagates to the call: child 20/40, root process 40/40, roots 20/40
    call = "a  Call  0–40  ?  callActivity  called_case_id=kid\nkid  A  0–40  bot  serviceTask\n"
    kin = "cases:\nkid  process_key=q  root_case_id=a  parent_case_id=a\n"
    text = (
        f"× 20\n{call}exceptions:\nkid  A  5–30  operator  exception_id=x\n"
        f"a  Call  5–30  operator  exception_id=y root_id=x\n{kin}"
        f"× 20\n{call.replace('kid', 'son').replace('a  Call', 'b  Call')}{kin.replace('kid', 'son').replace('=a', '=b')}"
    )
    check("incident-free-rate", text, process="q", value=0.5)
    check("incident-free-rate", text, value=1.0)
    check("incident-free-rate", text, process=None, value=0.5, denominator=40)
    check("exception-rate", text, process=None, value=0.5)


REWORK: dict[str, tuple[str, float]] = {
    "none": ("a  A  0–1  bot  serviceTask\na  B  1–2  bot  serviceTask", 0.0),
    "a repeated activity": ("a  A  0–1  bot  serviceTask\na  A  1–2  bot  serviceTask", 1.0),
    "a cancelled instance, then another": (
        "a  A  0–1  bot  serviceTask  state=canceled\na  A  1–2  bot  serviceTask", 1.0,
    ),
    "a skipped one was not executed": ("a  A  0–0  bot  serviceTask  state=skipped\na  A  1–2  bot  serviceTask", 0.0),
    "multi-instance siblings": (
        "a  A  0–1  bot  serviceTask  mi_index=0 scope_id=s\na  A  0–2  bot  serviceTask  mi_index=1 scope_id=s", 0.0,
    ),
    "a multi-instance body that ran twice": (
        "a  A  0–1  bot  serviceTask  mi_index=0 scope_id=s\na  A  3–4  bot  serviceTask  mi_index=0 scope_id=t", 1.0,
    ),
    "siblings, then one more on its own": (
        "a  A  0–1  bot  serviceTask  mi_index=0 scope_id=s\na  A  0–1  bot  serviceTask  mi_index=1 scope_id=s\n"
        "a  A  3–4  bot  serviceTask", 1.0,
    ),
    "a repeated gateway is no work": (
        "a  A  0–1  bot  serviceTask\na  G  1–1  ?  exclusiveGateway\na  G  2–2  ?  exclusiveGateway", 0.0,
    ),
    "a retry is no second instance": ("a  A  0–9  bot  serviceTask\nattempts:\na  A  1\na  A  2", 0.0),
    "the same step in plain rows of one moment": ("a  A  0–0  ?  -\na  A  0–0  ?  -", 1.0),
}  # fmt: skip


@cache
def _reworked() -> Mined:
    return together({name: f"× 30\n{text}" for name, (text, _) in REWORK.items()})


@pytest.mark.parametrize("name", REWORK)
def test_rework(name: str):
    found = measure(_reworked(), "rework-rate", name)
    assert (found.status, found.value, found.denominator) == (Status.MEASURED, REWORK[name][1], 30)


def test_rework_rate_is_a_share_of_closed_cases():
    # 10 of 40 closed; 5 open ones with a repetition stand aside
    text = """
    × 10
    a  A  0–1  bot  serviceTask
    a  A  1–2  bot  serviceTask
    × 30
    b  A  0–1  bot  serviceTask
    × 5
    c  A  0–1  bot  serviceTask
    c  A  1–   bot  serviceTask
    """
    check("rework-rate", text, value=0.25, numerator=10, denominator=40)
    check("rework-rate", text, lacks={"activities": "Export them."}, status=Status.NOT_AVAILABLE, value=None)
    check("rework-rate", text.replace("× 30", "× 19"), status=Status.INSUFFICIENT, value=10 / 29)


# Kaplan–Meier by hand. 24 incidents: 8 restored after 1 h, 4 cancelled after 2 h (censored), 6 restored after 3 h, 6 open
# for 5 h. S(1) = 16/24; at 3 h 12 are at risk: S(3) = 2/3 · 6/12 = 1/3. First at or below ½: 3 h. Closed only: 1 h.
RESTORE = """
× 8
a  A  0–600  bot  serviceTask
exceptions:
a  A  60–120  operator
× 4
b  A  0–600  bot  serviceTask  state=canceled
exceptions:
b  A  60–180  cancel
× 6
c  A  0–600  bot  serviceTask
exceptions:
c  A  60–240  retry
× 6
d  A  0–     bot  serviceTask
exceptions:
d  A  300–   none
"""


def test_time_to_restore_is_the_kaplan_meier_median():
    found = check(
        "time-to-restore", RESTORE, value=3 * 3600.0, n=24, n_unit="incidents", restored=14, unit="s"
    )  # fmt: skip
    assert found.low <= found.value and (found.high is None or found.value <= found.high)
    few = RESTORE.replace("× 8", "× 3")
    check("time-to-restore", few, status=Status.INSUFFICIENT, reason="19 incidents")


def test_a_median_beyond_what_was_seen_has_no_number():
    text = RESTORE.replace("× 6\nd", "× 60\nd")
    check("time-to-restore", text, status=Status.INSUFFICIENT, value=None, reason="fewer than half")
    never = "× 25\nd  A  0–  bot  serviceTask\nexceptions:\nd  A  5–  none"
    check("time-to-restore", never, status=Status.INSUFFICIENT, value=None, reason="no incident was restored")


def test_time_to_restore_leaves_out_deadlines_and_propagated_incidents():
    text = """
    × 30
    a  A  0–600  bot  serviceTask
    exceptions:
    a  A  60–61    model     kind=deadline
    a  A  60–90    operator  exception_id=x
    a  A  60–500   operator  exception_id=y root_id=x
    """
    check("time-to-restore", text, value=1800.0, n=30)
    check("time-to-restore", "× 30\na  A  0–1  bot  serviceTask", status=Status.NOT_APPLICABLE, value=None)
    check("time-to-restore", text, lacks={"incidents": ""}, status=Status.NOT_SUPPORTED, value=None)


def test_an_incident_that_is_the_last_thing_recorded_has_been_open_for_no_time():
    # it is raised after everything else: the log ends with it, not before it
    text = "× 30\na  A  0–     bot  serviceTask\nexceptions:\na  A  90–  none\n" + (
        "× 30\nb  A  0–9    bot  serviceTask\nexceptions:\nb  A  1–5  operator"
    )
    log = mined(text)
    assert log.window.end == EPOCH + 90 * MINUTE


EXCEPTION_METRICS = {
    "exception-rate": ("attempts", "incidents"),
    "handled-exception-rate": ("attempts", "incidents"),
    "first-attempt-success": ("attempts",),
    "incident-free-rate": ("incidents",),
    "time-to-restore": ("incidents",),
}


@pytest.mark.parametrize(("metric", "needs"), EXCEPTION_METRICS.items())
def test_what_the_export_cannot_show_is_never_zero(metric: str, needs: tuple[str, ...]):
    clean = "× 40\na  A  0–1  bot  serviceTask"
    for need in needs:
        withheld: dict[str, Any] = {"status": Status.NOT_AVAILABLE, "value": None, "unlock": "Export it."}
        check(metric, clean, lacks={need: "Export it."}, reason=f"no {need}", **withheld)
        check(metric, clean, lacks={need: ""}, status=Status.NOT_SUPPORTED, value=None, reason=f"no {need}", unlock="")


PLAIN = """
× 20
a  Pay               0–1    ?  -
a  Payment rejected  2–3    ?  -
a  Repair payment    10–11  ?  -
× 10
b  Pay               0–1    ?  -
b  Payment rejected  2–3    ?  -
× 10
c  Repair payment    0–1    ?  -   # before, so it handles nothing
c  Payment rejected  2–3    ?  -
"""
DECLARED = {"exception": [{"activity": "Payment rejected", "handled_by": ["Repair payment"]}]}


def test_declared_exceptions_of_a_plain_log():
    # 40 episodes, 20 of them handled by what follows; recording is declared, so nothing need be exported
    lacks = {"attempts": "Export it.", "incidents": "Export it."}
    check("handled-exception-rate", PLAIN, config=DECLARED, lacks=lacks, value=0.5, denominator=40, basis="declared")
    check("exception-rate", PLAIN, config=DECLARED, lacks=lacks, value=1.0, basis="declared")
    # 20 die as their case ends after a minute; then the other 20, all that are left, are over after 8: .5 · 20/20
    check(
        "recovery-24h", PLAIN, config=DECLARED, lacks=lacks, value=0.5, n=40, dead_24h=0.5, recovered_1h=0.5,
        basis="declared",
    )  # fmt: skip
    check("recovery-24h", PLAIN, lacks=lacks, status=Status.NOT_AVAILABLE, value=None)
    check("handled-exception-rate", PLAIN, lacks=lacks, status=Status.NOT_AVAILABLE, value=None)
    other = {"exception": [{"activity": "Payment rejected", "process": "elsewhere"}]}
    check("handled-exception-rate", PLAIN, config=other, lacks=lacks, status=Status.NOT_AVAILABLE, value=None)
    # what is an exception in one process is a step like any other in the next
    check("exception-rate", PLAIN, config=other, value=0.0)
