"""Metrics of assets, rules, deployments and load on tiny logs; each value is worked out beside it."""

from __future__ import annotations

import pandas as pd
import pytest

from poanalyzer.measure import interval
from poanalyzer.mine.executions import version_order
from poanalyzer.mine.rules import RULES, Guarded
from poanalyzer.mine.rules import check as check_rules
from poanalyzer.results import Status

from .traces import check

#: Forty cases spread over four weeks make a process productive.
WEEKLY = 7 * 1440 / 10

# p, q and r are productive. p calls s, which uses the topic “print” that q uses, too; p and q share the code ${mail};
# p alone has the topic “pick”; r has only a vendor's connector and a form of its own.
ASSETS = """
× 40
a  Ask   0–1  human  userTask
b  Post  0–1  bot    serviceTask
c  Go    0–1  bot    serviceTask
cases:
b  process_key=q
c  process_key=r
elements:
call  callActivity  called_key=s
pick  serviceTask   implementation=external:pick
mail  serviceTask   implementation=delegate:${mail}
post  serviceTask   process_key=q  implementation=external:print
mail  serviceTask   process_key=q  implementation=delegate:${mail}
go    serviceTask   process_key=r  implementation=job:io.camunda:http-json:1  template=io.camunda.connectors.Http
fill  userTask      process_key=r  implementation=form:order
own   callActivity  process_key=r  called_key=${which}
doc   serviceTask   process_key=s  implementation=external:print
"""


def test_a_process_shares_what_it_reaches_through_its_calls():
    # print: p (through s) and q; pick, s, order: one each. p and q share, r does not: 2 of 3
    check("shared-asset-coverage", ASSETS, every=WEEKLY, value=1.0, shared=1, own=3, shared_code=1)
    check("shared-asset-coverage", ASSETS, every=WEEKLY, process="q", value=1.0, shared=1, own=1)
    check("shared-asset-coverage", ASSETS, every=WEEKLY, process="r", value=0.0, shared=0, own=1, shared_code=0)
    found = check("shared-asset-coverage", ASSETS, every=WEEKLY, process=None, value=2 / 3, numerator=2, denominator=3)
    assert found.evidence[0].what == "worker print: 2 productive processes"


def test_fan_in_counts_assets_and_needs_ten_of_them():
    # of print, pick, s and order one is shared: 1 of 4
    check(
        "asset-fan-in-rate", ASSETS, every=WEEKLY, process=None, status=Status.INSUFFICIENT, value=0.25,
        reason="4 assets; at least 10",
    )  # fmt: skip
    more = ASSETS + "\n".join(f"t{i}  serviceTask  implementation=external:t{i}" for i in range(8))
    check("asset-fan-in-rate", more, every=WEEKLY, process=None, value=1 / 12, denominator=12)
    check("asset-fan-in-rate", more, every=WEEKLY, process="q", status=Status.INSUFFICIENT, value=1.0, denominator=1)
    check("asset-fan-in-rate", ASSETS, process=None, status=Status.INSUFFICIENT, reason="no productive process")


def test_without_models_worker_types_and_parents_stand_for_them():
    text = """
    × 40
    a    Ask   0–1  bot  serviceTask  endpoint=print
    b    Post  0–1  bot  serviceTask  endpoint=scan
    kid  Doc   0–1  bot  serviceTask  endpoint=scan
    c    Talk  0–1  bot  serviceTask  endpoint=${mail}
    cases:
    b    process_key=q
    kid  process_key=s  root_case_id=a  parent_case_id=a
    c    process_key=r
    """
    check("shared-asset-coverage", text, every=WEEKLY, value=1.0, shared=1, own=3)  # print, s, scan
    check("shared-asset-coverage", text, every=WEEKLY, process="r", value=0.0, own=0)
    check("shared-asset-coverage", text, every=WEEKLY, process=None, value=2 / 3)
    lacks = {"models": "Export them.", "activities": "Export them."}
    check("shared-asset-coverage", text, lacks=lacks, status=Status.NOT_AVAILABLE, value=None)


def test_template_share_counts_executions_of_the_versions_that_ran():
    # version 1: Send is made from a template; version 2: it is an own worker. 30·1 of 30·2 + 10·2 service rows; the
    # user task's template does not count
    text = """
    × 30
    a  Send  0–1  bot    serviceTask
    a  Post  1–2  bot    serviceTask
    a  Ask   2–3  human  userTask
    cases:
    a  process_version=1
    × 10
    b  Send  0–1  bot    serviceTask
    b  Post  1–2  bot    serviceTask
    cases:
    b  process_version=2
    elements:
    Send  serviceTask  template=org.acme.Send
    Post  serviceTask  implementation=external:post
    Ask   userTask     template=org.acme.Ask
    Send  serviceTask  version=2  implementation=external:send
    Post  serviceTask  version=2  implementation=external:post
    """
    check("template-share", text, value=30 / 80, numerator=30, denominator=80)
    none = text.replace("template=org.acme.Send", "implementation=external:send")
    found = check("template-share", none, value=0.0)
    assert 0 < found.high == pytest.approx(1 - 0.05 ** (1 / 40))  # no variance: the rule of three over cases
    check("template-share", text, lacks={"models": "Export."}, status=Status.NOT_AVAILABLE)


def test_kinds_of_endpoint_count_from_one_percent():
    # 100 cases; people 100, workers 100, messages 100, decisions 3 of 303 < 1 %: 3 kinds; start events
    # are none
    text = """
    × 100
    a  Start  0    ?      startEvent
    a  Ask    0–1  human  userTask
    a  Post   1–2  bot    serviceTask
    a  Tell   2–3  bot    sendTask
    × 3
    b  Rule   0–1  bot    businessRuleTask
    """
    found = check("endpoint-class-diversity", text, value=3)
    assert [e.what.split(":")[0] for e in found.evidence] == ["messaging", "people", "workers and code", "decisions"]
    # with the models a caught message, a connector and a robot are told
    known = """
    × 30
    a  Ask   0–1  human  userTask
    a  Hear  1    ?      intermediateCatchEvent
    a  Bot   1–2  bot    serviceTask
    a  Web   2–3  bot    serviceTask
    cases:
    a  process_version=1
    elements:
    Hear  intermediateCatchEvent  event_kind=message
    Bot   serviceTask             implementation=job:acme-rpa-runner
    Web   serviceTask             implementation=job:io.camunda:http-json:1
    """
    found = check("endpoint-class-diversity", known, value=4)
    assert sorted(e.what.split(":")[0] for e in found.evidence) == ["connectors", "messaging", "people", "robots"]
    few = "× 29\na  Ask  0–1  human  userTask"
    check("endpoint-class-diversity", few, value=1, status=Status.INSUFFICIENT)


def guarded(rows: str, **more: object) -> Guarded:
    """Return what the rules look at, elements as lines ``id type key=value …``; names are given by ``name=``."""
    names = ("element_id", "element_type", "name", "parent_id", "attached_to", "event_kind", "retry", "implementation",
             "source_ref", "target_ref")  # fmt: skip
    table = []
    for line in filter(None, map(str.strip, rows.splitlines())):
        element, kind, *options = line.split()
        table.append({"element_id": element, "element_type": kind} | dict(o.split("=", 1) for o in options))
    frame = pd.DataFrame(table, columns=list(names)).astype(object)
    return Guarded(rows=frame.where(frame.notna(), None), **more)  # type: ignore[arg-type]


def verdicts(model: Guarded) -> dict[str, tuple[bool | None, int, int]]:
    return {r.rule: (r.kept, r.met, r.of) for r in check_rules(model)}


def test_error_paths_guard_a_call_or_what_is_around_it():
    calls = "a serviceTask\nsub subProcess\nb serviceTask parent_id=sub\n"
    assert verdicts(guarded(calls))["error path"] == (False, 0, 1)
    on_task = calls + "e boundaryEvent attached_to=a event_kind=error"
    assert verdicts(guarded(on_task))["error path"] == (True, 1, 1)
    around = calls + "e boundaryEvent attached_to=sub event_kind=escalation"
    assert guarded(around).error_paths == ["e"]
    by_event = calls + "h eventSubProcess\ns startEvent parent_id=h event_kind=error"
    assert guarded(by_event).error_paths == ["s"]
    # a timer is no error path, nor does a handler inside another scope guard what is outside of it
    assert guarded(calls + "t boundaryEvent attached_to=a event_kind=timer").error_paths == []
    inside = "a serviceTask\nsub subProcess\nh eventSubProcess parent_id=sub\ns startEvent parent_id=h event_kind=error"
    assert guarded(inside).error_paths == []
    # a handler's own work is not guarded by itself; a process that calls nothing needs no path
    own = "h eventSubProcess\ns startEvent parent_id=h event_kind=error\nm sendTask parent_id=h"
    assert guarded(own).error_paths == []
    assert "error path" not in verdicts(guarded("a userTask"))


@pytest.mark.parametrize(
    ("retry", "kept"), [("R3/PT5M", True), ("3", True), ("R1/PT5M", False), ("0", False), ("", False)]
)
def test_a_retry_is_a_second_try(retry: str, kept: bool):
    line = "a serviceTask implementation=delegate:${x}" + (f" retry={retry}" if retry else "")
    assert verdicts(guarded(line))["retries"] == (kept, int(kept), 1)


def test_retries_are_asked_only_of_what_the_engine_calls():
    rows = "a serviceTask implementation=external:x\nb serviceTask implementation=expression:${1}\nc callActivity"
    assert "retries" not in verdicts(guarded(rows))


def test_waits_are_watched_by_timers_escalations_due_dates_or_a_racing_timer():
    rows = """
    u userTask
    m intermediateCatchEvent event_kind=message
    r receiveTask
    x intermediateCatchEvent event_kind=timer
    g eventBasedGateway
    f1 sequenceFlow source_ref=g target_ref=m
    f2 sequenceFlow source_ref=g target_ref=x
    """
    model = guarded(rows)
    assert sorted(model.waits) == ["m", "r", "u"]
    assert verdicts(model)["timeouts on waits"] == (False, 1, 3)  # m races a timer
    model = guarded(rows + "t boundaryEvent attached_to=r event_kind=timer", due=frozenset({"u"}))
    assert verdicts(model)["timeouts on waits"] == (True, 3, 3)


def test_names_are_asked_of_tasks_events_and_deciding_gateways():
    rows = """
    s startEvent name=Start
    a task name=Do
    e endEvent name=End
    b task name=Check
    d exclusiveGateway
    j exclusiveGateway
    f1 sequenceFlow source_ref=d target_ref=a
    f2 sequenceFlow source_ref=d target_ref=b
    f3 sequenceFlow source_ref=j target_ref=e
    """
    assert verdicts(guarded(rows))["naming"] == (True, 4, 5)  # four of five: enough; the joining gateway needs none
    assert verdicts(guarded(rows + "k task"))["naming"] == (False, 4, 6)


def test_what_the_export_cannot_tell_is_unknown():
    bare = verdicts(guarded("a task name=A"))
    assert bare["version tag"] == bare["retention"] == bare["owner"] == (None, 0, 0)
    said = guarded(
        "a task name=A", has_version_tags=True, version_tag="1.0", has_retention=True, owners_declared=True
    )  # fmt: skip
    rules = verdicts(said)
    assert (rules["version tag"][0], rules["retention"][0], rules["owner"][0]) == (True, False, False)
    assert [name for name, _ in RULES] == [
        "error path", "retries", "timeouts on waits", "version tag", "retention", "naming", "owner",
    ]  # fmt: skip


RULED = """
× 40
a  ask   0–1  human  userTask
a  call  1–2  bot    serviceTask
× 5
a  oops  2    ?      boundaryEvent
cases:
× 40
b  ask   0–1  human  userTask
cases:
b  process_key=q
elements:
ask   userTask       name=Ask   process_key=p
call  serviceTask    name=Call  implementation=delegate:${x}  retry=R3/PT1M
oops  boundaryEvent  attached_to=call  event_kind=error
ask   userTask       process_key=q
"""


def test_guardrails_of_a_process_and_of_the_portfolio():
    # p: error path, retries, naming (2 of 2) kept; timeouts (0 of 1) not; version tag, retention, owner untold: 3 / 4.
    # q: timeouts and naming fail: 0 / 2. None passes 80 %
    found = check(
        "guardrail-conformance", RULED, every=WEEKLY, value=0.75, lower_bound=3 / 7, upper_bound=6 / 7, n=7,
        error_paths=1, error_paths_taken=1,
    )  # fmt: skip
    assert found.evidence[0].what.startswith("error path: kept. A process that calls systems")
    check("guardrail-conformance", RULED, every=WEEKLY, process="q", value=0.0, denominator=2)
    check("guardrail-conformance", RULED, every=WEEKLY, process=None, value=0.0, denominator=2)
    # with an owner p passes four of five
    owned = {"process": [{"key": "p", "unit": "Sales"}]}
    check("guardrail-conformance", RULED, every=WEEKLY, config=owned, value=0.8)
    check("guardrail-conformance", RULED, every=WEEKLY, config=owned, process=None, value=0.5)
    never = RULED.replace("a  oops  2    ?      boundaryEvent", "")
    check("guardrail-conformance", never, every=WEEKLY, caveat="none of the error paths", error_paths_taken=0)
    check("guardrail-conformance", "× 30\na  A  0–1  bot  task", status=Status.NOT_AVAILABLE, reason="the model of")


def test_the_weakest_unit_is_shown():
    units = {"process": [{"key": "p", "unit": "Sales"}, {"key": "q", "unit": "Service"}]}
    check(
        "weakest-unit-conformance", RULED, every=WEEKLY, config=units, process=None, value=0.0, weakest="Service",
        denominator=1, n=2, basis="declared",
    )  # fmt: skip
    one = {"process": [{"key": "p", "unit": "Sales"}, {"key": "q", "unit": "Sales"}]}
    check("weakest-unit-conformance", RULED, every=WEEKLY, config=one, process=None, status=Status.INSUFFICIENT)
    check("weakest-unit-conformance", RULED, every=WEEKLY, process=None, status=Status.NOT_AVAILABLE, reason="units")
    check("weakest-unit-conformance", RULED, every=WEEKLY, status=Status.NOT_APPLICABLE)


def test_a_watch_counts_when_it_was_seen_to_work():
    text = """
    × 40
    a  ask   0–1  human  userTask
    a  tell  1–2  human  userTask
    cases:
    × 1
    late  ask   0–9  human  userTask
    late  time  5    ?      boundaryEvent
    elements:
    ask   userTask
    tell  userTask
    time  boundaryEvent  attached_to=ask  event_kind=timer
    """
    check("in-flight-monitoring", text, every=WEEKLY, value=0.5, watched=1, working=1)
    check("in-flight-monitoring", text, every=WEEKLY, process=None, value=1.0)
    idle = text.replace("late  time  5    ?      boundaryEvent", "")
    check("in-flight-monitoring", idle, every=WEEKLY, value=0.5, working=0, caveat="no timer or escalation fired")
    check("in-flight-monitoring", idle, every=WEEKLY, process=None, value=0.0)
    due = idle.replace("a  tell  1–2  human  userTask", "a  tell  1–2  human  userTask  due=9")
    check("in-flight-monitoring", due, every=WEEKLY, value=1.0, watched=2, working=1)
    alone = "× 40\na  A  0–1  bot  serviceTask\nelements:\nA  serviceTask"
    check("in-flight-monitoring", alone, status=Status.NOT_APPLICABLE)


def test_versions_are_ordered_as_numbers():
    assert sorted(["10", "9", "beta"], key=version_order) == ["beta", "9", "10"]


def test_orphans_are_old_and_unused_whatever_is_redeployed():
    # the log runs from day 0 to day 200; window 180 days: day 20–200. Definitions older than day 110 and not seen: old, redo.
    text = """
    a  A  0–1       bot  task
    b  A  200d 0–1  bot  task
    """
    rows = [  # key, version, day, checksum
        ("p", "1", 0, "x"), ("old", "1", 5, "y"), ("new", "1", 150, "z"), ("redo", "1", 5, "r"), ("redo", "2", 190, "r"),
        ("fresh", "1", 5, "f"), ("fresh", "2", 190, "g"),
    ]  # fmt: skip
    log = defined(text, rows)
    # p ran; new and fresh were deployed lately; old never ran; redo is the same since day 5: 2 of 5
    found = log("orphan-definition-rate", None)
    assert (found.value, found.numerator, found.denominator) == (0.4, 2, 5)
    assert [e.what.split(",")[0] for e in found.evidence] == ["old", "redo"]
    assert log("orphan-definition-rate", "p").value == 0.0
    short = defined("a  A  0–1  bot  task\nb  A  80d 0–1  bot  task", rows)
    assert short("orphan-definition-rate", None).status is Status.INSUFFICIENT


def defined(text: str, rows: list[tuple[str, str, int, str]]):
    """Return a measuring function of a log with these definitions."""
    from .traces import DAY, EPOCH, measure, parse, record, seal

    said = parse(text).engine
    for key, version, day, checksum in rows:
        said.add("definitions", process_key=key, version=version, deployed_at=EPOCH + day * DAY, checksum=checksum)
    log = seal([(record(), said)])
    return lambda metric, process: measure(log, metric, process)


def test_only_links_across_units_are_end_to_end():
    # p calls s in 30 of 40 cases; q sends a message to p from 10 of 40
    text = """
    × 30
    a    A  0–9  bot  task
    kid  B  1–2  bot  task
    cases:
    kid  process_key=s  root_case_id=a  parent_case_id=a
    × 10
    d    A  0–9  bot  task
    × 40
    e    C  0–9  bot  task
    cases:
    e    process_key=q
    """

    def units(p: str, q: str, s: str):
        return {"process": [{"key": "p", "unit": p}, {"key": "q", "unit": q}, {"key": "s", "unit": s}]}

    check("end-to-end-share", text, config=units("A", "A", "B"), value=0.75, numerator=30, denominator=40)
    check("end-to-end-share", text, config=units("A", "A", "B"), process=None, value=30 / 80)
    check("end-to-end-share", text, config=units("A", "B", "A"), process=None, value=0.0)
    check("end-to-end-share", text, config=units("A", "A", "A"), process=None, status=Status.NOT_AVAILABLE)
    linked = with_links(text, [(f"e~{i}", f"d~{i}") for i in range(1, 11)], units("A", "B", "A"))
    assert linked("end-to-end-share", None).value == pytest.approx(20 / 80)  # ten of e and ten of d
    assert linked("end-to-end-share", "q").value == pytest.approx(10 / 40)


def with_links(text: str, links: list[tuple[str, str]], config: dict | None = None, every: float = 0):
    """Return a measuring function of a log with messages between cases."""
    from .traces import measure, parse, record, seal

    said = parse(text, every).engine
    for a, b in links:
        said.add("links", from_case_id=a, to_case_id=b, kind="message")
    log = seal([(record(), said)], config)
    return lambda metric, process: measure(log, metric, process)


LINKED = """
× 40
a  A  0–9  bot  task
cases:
a  business_key=K
× 36
b  B  0–9  bot  task
cases:
b  process_key=q  business_key=K
× 4
c  B  0–9  bot  task
cases:
c  process_key=q  business_key=lost
"""


def test_processes_are_linked_by_keys_that_both_carry():
    # K~1 … K~36 stand on both sides: p 36 of 40, q 36 of 40: both above 80 %
    check("cross-process-linkage", LINKED, every=WEEKLY, value=0.9, numerator=36, denominator=40)
    check("cross-process-linkage", LINKED, every=WEEKLY, process=None, value=1.0)
    alone = "× 40\na  A  0–9  bot  task"
    check("cross-process-linkage", alone, every=WEEKLY, status=Status.NOT_APPLICABLE)
    with_messages = with_links(LINKED, [(f"c~{i}", f"a~{i + 36}") for i in range(1, 5)], every=WEEKLY)
    assert with_messages("cross-process-linkage", "p").value == 1.0


def test_a_key_that_many_cases_share_links_nothing():
    from .traces import measure, parse, record, seal

    said = parse(LINKED.replace("× 40", "× 60"), WEEKLY).engine
    for case in said.tables["cases"]:
        case["business_key"] = "shop 7"  # sixty cases of p in one key: more than fifty
    log = seal([(record(), said)])
    assert measure(log, "cross-process-linkage", "p").value == 0.0
    assert measure(log, "cross-process-linkage", "q").value == 0.0


def test_newer_processes_reach_production_faster():
    # ten processes deployed on days 0, 10, … 90 with one case a day from then on: the older five take 2 days a case
    from .traces import DAY, EPOCH, measure, parse, record, seal

    said = parse("z  A  0–1  bot  task").engine
    for number in range(10):
        deployed = EPOCH + number * 10 * DAY
        said.add("deployments", process_key=f"k{number}", version="1", deployed_at=deployed, checksum=f"c{number}")
        pace = 2 * DAY if number < 5 else DAY
        for case in range(30):
            end = deployed + (case + 1) * pace
            said.add("cases", case_id=f"{number}/{case}", engine="test", process_key=f"k{number}", start=end - 1, end=end,
                     root_case_id=f"{number}/{case}", state="completed")  # fmt: skip
    log = seal([(record(), said)])
    found = measure(log, "time-to-production-ratio", None)
    assert (found.value, found.details["older_days"], found.details["newer_days"]) == (0.5, 60.0, 30.0)
    assert (found.low, found.high, found.n) == (0.5, 0.5, 10)
    assert measure(log, "time-to-production-ratio", "k1").status is Status.NOT_APPLICABLE


def test_processes_that_did_not_get_there_yet_are_not_taken_for_fast():
    from poanalyzer.measure.scope.time_to_production_ratio import _median, _Ramp

    # three took 10, 20, 30 days; two are seen for 40 days and did not get there: the median is 30, not 20
    ramps = [_Ramp("k", 0, d, r) for d, r in ((10, True), (20, True), (30, True), (40, False), (40, False))]
    assert _median(ramps) == 30
    assert _median(ramps[3:]) is None


def test_pickup_slows_down_under_load():
    # 60 hours with 1 job picked up after 1 s, and 6 hours with 40 jobs after 4 s each: p95 4 s / 1 s
    from .traces import EPOCH, HOUR, measure, parse, record, seal

    said = parse("z  A  0–1  human  userTask").engine
    hours = [(h, 1, 1) for h in range(60)] + [(h, 40, 4) for h in range(60, 66)]
    for hour, jobs, seconds in hours:
        for job in range(jobs):
            at = EPOCH + hour * 24 * HOUR + job * 60_000_000
            said.add("activities", case_id="z", activity="Call", element_id="Call", element_type="serviceTask",
                     resource_type="bot", scheduled=at, start=at + seconds * 1_000_000, end=at + 9_000_000,
                     state="completed")  # fmt: skip
            # external work: nothing shows when it was picked up, so it says nothing
            said.add("activities", case_id="z", activity="Ext", element_id="Ext", element_type="serviceTask",
                     resource_type="bot", scheduled=at, start=at, end=at + 9_000_000, state="completed")  # fmt: skip
    log = seal([(record(), said)], {"project": {"window_days": "all"}})
    found = measure(log, "load-degradation-ratio", "p")
    assert (found.value, found.n, found.status) == (4.0, 240, Status.MEASURED)
    assert (found.details["busiest_hour"], found.details["median_hour"], found.details["hours"]) == (40, 1.0, 66)
    assert (found.low, found.high) == (4.0, 4.0)
    assert measure(log, "load-degradation-ratio", None).value == 4.0


def test_load_degradation_needs_pickup_times_and_a_load_that_varies():
    flat = "× 40\na  A  1–2  bot  serviceTask  scheduled=0"
    check("load-degradation-ratio", flat, every=60, status=Status.NOT_APPLICABLE, reason="hardly varies")
    never = "× 40\na  A  1–2  bot  serviceTask"
    check("load-degradation-ratio", never, status=Status.NOT_AVAILABLE, reason="not recorded")
    # a job that failed first starts late by its failure, not by the load
    failed = "× 40\na  A  9–10  bot  serviceTask  scheduled=0\nattempts:\na  A  1"
    check("load-degradation-ratio", failed, status=Status.NOT_AVAILABLE)


def test_the_interval_of_a_fan_in_rate_is_wilsons():
    more = ASSETS + "\n".join(f"t{i}  serviceTask  implementation=external:t{i}" for i in range(8))
    low, high = interval.proportion(1, 12)[1:3]
    check("asset-fan-in-rate", more, every=WEEKLY, process=None, low=low, high=high)
