"""Multi-instance siblings side by side, the peak of what is under way at once, and what waiting costs."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from poanalyzer.measure import interval
from poanalyzer.mine import siblings
from poanalyzer.mine.blocks import Sums, of_units
from poanalyzer.results import Status

from .traces import EPOCH, MINUTE, Rows, check, measure, mined, record, seal

FEW = settings(max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
RATE, PEAK = "multi-instance-realisation-rate", "peak-concurrency"
MODEL = "elements:\nCheck  serviceTask  multi_instance=parallel\nShip  serviceTask\n"


def items(case: str, *spans: str, body: str = "body", activity: str = "Check", kind: str = "serviceTask") -> str:
    """Return one activation: an instance for each span."""
    return "\n".join(
        f"{case}  {activity}  {span}  bot  {kind}  mi_index={n} scope_id={body} activity_instance_id={body}-{n}"
        for n, span in enumerate(spans)
    )


def cases(count: int, text: str, version: str = "1") -> str:
    """Return so many copies of cases that ran a version of the model."""
    names = sorted({line.split()[0] for line in text.splitlines()})
    return f"× {count}\n{text}\ncases:\n" + "".join(f"{name}  process_version={version}\n" for name in names)


def test_pairs_of_instances_that_shared_time():
    # a: of three pairs one overlaps; b: one pair, serial; c: a single instance makes no pair
    text = cases(30, items("a", "0–10", "5–15", "20–30")) + cases(10, items("b", "0–10", "10–20"))
    text += cases(5, items("c", "0–9")) + MODEL
    low, high = interval.ratio(Sums(40, 30, 100, 30, 30 * 9 + 10, 30 * 3))[1:3]
    found = check(
        RATE, text, value=0.3, numerator=30, denominator=100, n=40, low=low, high=high, activations=40, instances=110,
        beside=60,
    )  # fmt: skip
    assert len(found.evidence) == 40
    assert {(e.case_id[0], e.what) for e in found.evidence if e.case_id} == {
        ("a", "1 of 3 instances of “Check” ran beside no other"),
        ("b", "2 of 2 instances of “Check” ran beside no other"),
    }


def test_instances_that_took_no_time_or_did_not_finish():
    # a third instance of no length meets nobody; a cancelled or running one is in no pair
    text = cases(40, items("a", "0–10", "5–15", "7–7")) + MODEL
    check(RATE, text, value=1 / 3)
    gone = items("a", "0–10", "5–15", "5–15").replace("mi_index=2", "state=canceled mi_index=2")
    check(RATE, cases(40, gone) + MODEL, value=1.0, denominator=40)
    alone = items("a", "0–10", "5–")
    check(RATE, cases(40, alone) + MODEL, status=Status.NOT_APPLICABLE, value=None,
          reason="no parallel multi-instance had two instances")  # fmt: skip


def test_each_activation_counts_for_itself():
    # two rounds of one case, each of two instances that overlap; across rounds nothing is compared
    twice = items("a", "0–10", "5–15", body="one") + "\n" + items("a", "20–30", "25–35", body="two")
    check(RATE, cases(40, twice) + MODEL, value=1.0, denominator=80, activations=80)
    # where the engine records no bodies both rounds are one: 2 of 6 pairs
    bare = twice.replace(" scope_id=one", "").replace(" scope_id=two", "")
    check(RATE, cases(40, bare) + MODEL, value=2 / 6, activations=40)


def test_what_an_instance_did_is_what_ran_inside_it():
    # two instances of a sub-process are open at the same time, but their work is not done at the same time;
    # a task of a sub-process inside it counts as well
    model = "elements:\nItem  subProcess  multi_instance=parallel\nPart  subProcess  parent_id=Item\n"
    model += "Pick  serviceTask  parent_id=Item\nPack  serviceTask  parent_id=Part\n"
    text = cases(
        40,
        items("a", "0–60", "0–60", activity="Item", kind="subProcess") + "\n"
        "a  Pick  0–10   bot  serviceTask  mi_index=0 scope_id=body-0 activity_instance_id=p0\n"
        "a  Pick  10–20  bot  serviceTask  mi_index=1 scope_id=body-1 activity_instance_id=p1\n"
        "a  Part  20–60  bot  subProcess   mi_index=0 scope_id=body-0 activity_instance_id=part\n"
        "a  Pack  30–40  bot  serviceTask  mi_index=0 scope_id=part activity_instance_id=q0",
    )
    check(RATE, text + model, value=0.0, denominator=40, instances=80)
    check(RATE, text.replace("30–40", "19–40") + model, value=1.0, denominator=40)


def test_a_call_is_work_of_its_instance():
    model = "elements:\nCall  callActivity  multi_instance=parallel\n"
    text = cases(40, items("a", "0–10", "5–15", activity="Call", kind="callActivity"))
    check(RATE, text + model, value=1.0)


def test_only_parallel_ones_of_the_version_that_ran():
    text = cases(40, items("a", "0–10", "5–15"))
    none = "the models hold no parallel multi-instance"
    for said in ("sequential", "loop"):
        check(
            RATE, text + MODEL.replace("=parallel", f"={said}"), status=Status.NOT_APPLICABLE, value=None, reason=none
        )
    # version 1 runs them in sequence, version 2 in parallel; a ran version 1 and b version 2
    both = MODEL.replace("parallel", "sequential") + "Check  serviceTask  version=2 multi_instance=parallel\n"
    text = cases(40, items("a", "0–10", "5–15")) + cases(10, items("b", "0–10", "10–20"), version="2")
    check(RATE, text + both, value=0.0, denominator=10)
    bare = check(RATE, text, status=Status.NOT_AVAILABLE, value=None, reason="no model says")
    assert bare.unlock == "Export the BPMN of all versions."


def test_gates_of_siblings():
    text = cases(29, items("a", "0–10", "5–15")) + MODEL
    check(RATE, text, status=Status.INSUFFICIENT, value=1.0, reason="29 closed cases")
    for lack in ("start-times", "end-times"):
        check(RATE, text, lacks={lack: "Export it."}, status=Status.NOT_AVAILABLE, value=None)


def test_the_portfolio_names_processes_without_a_model():
    text = cases(40, items("a", "0–10", "5–15") + "\nz  Z  0–9  bot  serviceTask") + "z  process_key=q\n" + MODEL
    check(RATE, text, process=None, value=1.0, caveat="no model of q: their cases are left out")
    check(RATE, text, process="q", status=Status.NOT_AVAILABLE, value=None)


def test_very_many_instances_are_compared_as_far_as_the_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(siblings, "COMPARED", 3)
    # the first three of four: 0–10 and 5–15 meet, 20–30 meets none of them; 25–35 would have met it
    text = cases(40, items("a", "0–10", "5–15", "20–30", "25–35")) + MODEL
    log = mined(text)
    found = measure(log, RATE)
    assert (found.numerator, found.denominator) == (40, 120)
    assert any("40 instances beyond the first" in caveat for caveat in found.caveats)


SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), min_size=2, max_size=7)


def siblings_log(cases: list[list[tuple[int, int]]]) -> Rows:
    rows = Rows()
    rows.add("elements", process_key="p", version="1", element_id="Check", element_type="serviceTask",
             multi_instance="parallel")  # fmt: skip
    for number, spans in enumerate(cases):
        case = f"case {number}"
        times = [(EPOCH + s * MINUTE, EPOCH + (s + d) * MINUTE) for s, d in spans]
        for n, (start, end) in enumerate(times):
            rows.add("activities", case_id=case, activity="Check", element_id="Check", element_type="serviceTask",
                     start=start, end=end, state="completed", resource_type="bot", mi_index=n, scope_id=f"{case} body",
                     activity_instance_id=f"{case} {n}")  # fmt: skip
        rows.add("cases", case_id=case, root_case_id=case, engine="test", process_key="p", process_version="1",
                 state="completed", start=min(s for s, _ in times), end=max(e for _, e in times))  # fmt: skip
    return rows


@given(st.lists(SPANS, min_size=1, max_size=6))
@FEW
def test_brute_force_over_pairs_and_minutes(cases: list[list[tuple[int, int]]]):
    log = seal([(record(), siblings_log(cases))], {"project": {"window_days": "all"}})
    found = measure(log, RATE)
    pairs = [(a, b) for spans in cases for a, b in combinations(spans, 2)]
    met = [bool(set(range(a[0], sum(a))) & set(range(b[0], sum(b)))) for a, b in pairs]
    assert (found.numerator, found.denominator) == (sum(met), len(pairs))
    # the peak: the fullest minute of each case in which anything took time
    full = [max(sum(s <= m < s + d for s, d in spans) for m in range(20)) for spans in cases]
    peaks = [k for k in full if k]
    peak = measure(log, PEAK)
    if peaks:
        assert (peak.numerator, peak.denominator) == (sum(peaks), len(peaks))
        assert peak.details["most"] == max(peaks)
        assert peak.details["median"] == sorted(peaks)[(len(peaks) + 1) // 2 - 1]
    else:
        assert peak.status == Status.NOT_APPLICABLE


def test_the_most_at_once():
    # 25 cases one thing at a time (the second begins as the first ends), 10 with two, 5 with four from minute 8 to 9
    text = """
    × 25
    a  A  0–10   bot  serviceTask
    a  B  10–20  bot  serviceTask
    × 10
    b  A  0–10   bot  serviceTask
    b  B  5–20   bot  serviceTask
    b  C  7–7    bot  serviceTask
    × 5
    c  A  0–10   bot  serviceTask
    c  B  5–20   bot  serviceTask
    c  C  7–9    bot  serviceTask
    c  D  8–30   bot  serviceTask
    × 1
    d  A  0–0    bot  serviceTask
    """
    sums = of_units([1] * 25 + [2] * 10 + [4] * 5, [1] * 40, [EPOCH // (1440 * MINUTE)] * 40, times=True)
    low, high = interval.ratio(sums, lowest=1.0, highest=None)[1:3]
    found = check(PEAK, text, value=65 / 40, low=low, high=high, n=40, median=1, p90=4, p99=4, most=4, probability=1.0)
    assert len(found.evidence) == 15
    first = found.evidence[0]
    assert (first.case_id, first.what, first.when) == (
        "c~1", "4 activities under way at once", "2024-01-01T00:08:00Z",
    )  # fmt: skip
    # as many cases have a peak above one as the parallel case share counts
    share = check("parallel-case-share", text, n=40)
    assert share.numerator == 15
    check(PEAK, "× 40\na  A  0–0  bot  serviceTask", status=Status.NOT_APPLICABLE, value=None)
    check(PEAK, "× 29\na  A  0–9  bot  serviceTask", status=Status.INSUFFICIENT, value=1.0)


def test_a_root_case_peaks_together_with_what_it_called():
    text = """
    × 40
    a  A  0–10  bot  serviceTask
    k  B  5–15  bot  serviceTask
    l  C  6–15  bot  serviceTask
    cases:
    k  process_key=q root_case_id=a parent_case_id=a
    l  process_key=q root_case_id=a parent_case_id=a
    """
    check(PEAK, text, value=1.0)
    check(PEAK, text, process="q", value=1.0, denominator=80, n=40)
    found = check(PEAK, text, process=None, value=3.0, most=3)
    assert found.evidence[0].what == "3 activities under way at once"


def test_what_the_time_would_be_without_a_cause():
    # Y waits from 9:00 to 10:30: an hour for sue, who does X until 10:00, half an hour for no reason the log knows.
    # Work 60 + 30 minutes, waiting 90 minutes: 90 / 180; without contention 90 / 120, without the rest 90 / 150
    text = "× 40\na  X  9:00–10:00  human:sue  userTask  scheduled=9:00\nb  Y  10:30–11:00  human:sue  userTask  scheduled=9:00"
    for cause, without in (("contention", 90 / 120), ("extraneous", 90 / 150), ("batching", 0.5)):
        found = check(
            f"waiting-{cause}-share", text, every=7 * 1440, config={"project": {"window_days": "all"}},
            cycle_time_efficiency=0.5, cycle_time_efficiency_without=without,
        )  # fmt: skip
        assert found.evidence[0].what == (
            f"without it cycle time efficiency, work / (work + waiting), would be {without:.1%} in place of 50.0%"
        )
        assert found.evidence[0].case_id is None


def test_waiting_for_nobody_named_stays_in_the_cycle_time():
    # X to Y waits 20 minutes for sue, Y to Z 20 minutes for nobody: 30 / 70, without the first 30 / 50
    text = "× 40\na  X  0–10  human:sue  userTask\na  Y  30–40  human:sue  userTask\na  Z  60–70  ?  serviceTask"
    check("waiting-extraneous-share", text, every=1440, value=1.0, cycle_time_efficiency=30 / 70,
          cycle_time_efficiency_without=30 / 50)  # fmt: skip


def test_without_all_causes_only_work_is_left():
    rng = random.Random(3)
    rows = Rows()
    for number in range(60):
        case, at = f"case {number}", EPOCH + number * 300 * MINUTE
        first = at
        for activity in "ABC":
            ready, at = at, at + rng.randint(0, 90) * MINUTE
            end = at + rng.randint(1, 60) * MINUTE
            rows.add("activities", case_id=case, activity=activity, element_id=activity, element_type="userTask",
                     scheduled=ready, start=at, end=end, state="completed", resource_type="human",
                     resource=rng.choice(["sue", "tom"]))  # fmt: skip
            at = end
        rows.add("cases", case_id=case, root_case_id=case, engine="test", process_key="p", state="completed", start=first,
                 end=at)  # fmt: skip
    log = seal([(record(), rows)], {"project": {"window_days": "all"}})
    found = [measure(log, f"waiting-{c}-share") for c in
             ("batching", "contention", "prioritisation", "unavailability", "extraneous")]  # fmt: skip
    acts = rows.tables["activities"]
    work = sum(a["end"] - a["start"] for a in acts)
    waiting = sum(a["start"] - a["scheduled"] for a in acts)
    for one in found:
        assert one.value is not None
        assert one.details["cycle_time_efficiency"] == pytest.approx(work / (work + waiting), rel=1e-12)
        assert one.details["cycle_time_efficiency_without"] == pytest.approx(
            work / (work + waiting * (1 - one.value)), rel=1e-12
        )
