"""Parallelism metrics on tiny logs, and the sweep behind them against a grid of minutes."""

from __future__ import annotations

from functools import cache

import pytest

from poanalyzer.mine.mined import Mined
from poanalyzer.results import Status

from .traces import check, measure, together

ACTIVE = ("mean-active-concurrency", "overlap-share", "parallel-case-share", "flow-efficiency")

#: Intervals of one case → concurrency, overlap share, share of cases with overlap, flow efficiency.
INTERVALS: dict[str, tuple[str, float, float, float, float]] = {
    # durations 1 + 1.5 + 1 = 3.5 h; busy 9:00–11:00 and 12:00–13:00 = 3 h; shared .5 h; elapsed 4 h
    "the log that pm4py gets wrong": ("9:00–10:00 9:30–11:00 12:00–13:00", 3.5 / 3, 0.5 / 3, 1, 3 / 4),
    "touching": ("0–10 10–20", 1, 0, 0, 1),
    "apart": ("0–10 30–40", 1, 0, 0, 20 / 40),
    # B inside A: 10 + 4 over 10
    "nested": ("0–10 3–7", 1.4, 0.4, 1, 1),
    # B and C inside A, touching one another: 10 + 3 + 3 over 10, shared 6
    "two inside one": ("0–10 2–5 5–8", 1.6, 0.6, 1, 1),
    # 0–6, 4–10, 8–14: 18 over 14, shared 4–6 and 8–10
    "a chain": ("0–6 4–10 8–14", 18 / 14, 4 / 14, 1, 1),
    # 0–10, 2–8, 4–6: three at once still shares only once: 2–8
    "three at once": ("0–10 2–8 4–6", 18 / 10, 6 / 10, 1, 1),
    "the same twice": ("0–10 0–10", 2, 1, 1, 1),
    "a zero-length one inside": ("0–10 5–5", 1, 0, 0, 1),
    # it adds no activity, but the case lasts until it
    "a zero-length one after": ("0–10 40–40", 1, 0, 0, 10 / 40),
    "one that still runs adds nothing": ("0–10 5–", 1, 0, 0, 1),
    "one without a start adds nothing": ("0–10 –20", 1, 0, 0, 1),
    # a long one, a short one inside, then one that begins after the short but inside the long: 20 + 2 + 15 = 37 over 25
    "the end that counts is not the last one seen": ("0–20 1–3 10–25", 37 / 25, (2 + 10) / 25, 1, 1),
}


def _rows(times: str, case: str = "a") -> str:
    return "\n".join(f"{case}  A{i}  {t}  bot  serviceTask" for i, t in enumerate(times.split()))


@cache
def _intervals() -> Mined:
    return together({name: f"× 30\n{_rows(case[0])}" for name, case in INTERVALS.items()})


@pytest.mark.parametrize("name", INTERVALS)
def test_what_was_active_at_the_same_time(name: str):
    open_case = name == "one that still runs adds nothing"
    for metric, value in zip(ACTIVE, INTERVALS[name][1:], strict=True):
        found = measure(_intervals(), metric, name)
        assert found.status == (Status.INSUFFICIENT if open_case else Status.MEASURED), metric
        assert found.value == pytest.approx(value, rel=1e-12), metric


def test_durations_are_seconds_and_sums_over_cases_not_means():
    # 30 cases of that log and 30 of one hour alone: Σd = 30·4.5 h, Σbusy = 30·4 h, shared 30·.5 h
    text = f"× 30\n{_rows('9:00–10:00 9:30–11:00 12:00–13:00')}\n× 30\n{_rows('0–60', 'b')}"
    check("mean-active-concurrency", text, value=4.5 / 4, numerator=30 * 4.5 * 3600, denominator=30 * 4 * 3600.0, n=60)
    check("overlap-share", text, value=0.5 / 4)
    check("parallel-case-share", text, value=0.5, denominator=60)
    check("flow-efficiency", text, value=4 / 5)


def test_cases_in_which_nothing_took_time_have_no_concurrency():
    text = f"× 40\n{_rows('0–0 5–5')}"
    for metric in ACTIVE[:3]:
        check(metric, text, status=Status.NOT_APPLICABLE, value=None, reason="no ")
    check("flow-efficiency", text, value=0.0)  # five minutes passed, and nothing was done in them


def test_control_rows_are_no_activity():
    text = """
    × 40
    a  Sub   0–60   ?    subProcess
    a  Body  0–60   ?    multiInstanceBody
    a  Wait  10–50  ?    intermediateTimerEvent
    a  A     0–10   bot  serviceTask
    a  B     50–60  bot  serviceTask
    """
    check("mean-active-concurrency", text, value=1.0)
    check("overlap-share", text, value=0.0)
    check("flow-efficiency", text, value=20 / 60)


def test_a_root_case_is_active_where_it_or_a_child_is():
    # root 0–10 and 20–30; child 5–25: alone each has none, together 20 + 20 over 30, shared 5 + 5
    text = """
    × 40
    a  A    0–10   bot  serviceTask
    a  Go   5–25   ?    callActivity  called_case_id=kid
    a  B    20–30  bot  serviceTask
    kid  C  5–25   bot  serviceTask
    cases:
    kid  process_key=q  root_case_id=a
    """
    check("overlap-share", text, value=0.0)
    check("overlap-share", text, process="q", value=0.0)
    check("overlap-share", text, process=None, value=10 / 30)
    check("mean-active-concurrency", text, process=None, value=40 / 30)
    check("parallel-case-share", text, process=None, value=1.0, denominator=40)


@pytest.mark.parametrize("metric", [*ACTIVE, "parallel-realisation-rate"])
@pytest.mark.parametrize("need", ["start-times", "end-times"])
def test_without_both_times_there_is_no_number(metric: str, need: str):
    text = "× 40\na  A  0–1  bot  serviceTask"
    check(metric, text, lacks={need: "Export them."}, status=Status.NOT_AVAILABLE, value=None, reason=f"no {need}")
    check(metric, text, lacks={need: ""}, status=Status.NOT_SUPPORTED, value=None)


# A parallel split into B → C and D, then a join; E after it.
MODEL = """
elements:
S   startEvent
G   parallelGateway
B   serviceTask
C   serviceTask
D   userTask
J   parallelGateway
E   serviceTask
Z   endEvent
f1  sequenceFlow  source_ref=S target_ref=G
f2  sequenceFlow  source_ref=G target_ref=B
f3  sequenceFlow  source_ref=B target_ref=C
f4  sequenceFlow  source_ref=G target_ref=D
f5  sequenceFlow  source_ref=C target_ref=J
f6  sequenceFlow  source_ref=D target_ref=J
f7  sequenceFlow  source_ref=J target_ref=E
f8  sequenceFlow  source_ref=E target_ref=Z
"""
VERSION = "cases:\na  process_version=1\nb  process_version=1\nc  process_version=1\n"


def test_a_modelled_pair_is_realised_where_rows_of_both_branches_overlap():
    # 20: C overlaps D; 10: B → C, then D: serial; 10: D was cancelled, so nothing finished there: no pair
    # 20/30; the serial ones were 5 minutes apart
    text = f"""
    × 20
    a  B  0–10   bot    serviceTask
    a  C  10–20  bot    serviceTask
    a  D  15–30  human  userTask
    a  E  30–40  bot    serviceTask
    {VERSION}
    × 10
    b  B  0–10   bot    serviceTask
    b  C  10–20  bot    serviceTask
    b  D  25–30  human  userTask
    {VERSION}
    × 10
    c  B  0–10   bot    serviceTask
    c  C  10–20  bot    serviceTask
    c  D  0–20   human  userTask  state=canceled
    {VERSION}
    {MODEL}
    """
    found = check("parallel-realisation-rate", text, value=2 / 3, numerator=20, denominator=30, n=30, modelled_pairs=1)
    assert {e.what for e in found.evidence} == {"branches of G ran one after the other, 5.0 min apart"}


def test_branches_that_an_engine_runs_one_after_the_other_are_not_parallel():
    text = f"""
    × 40
    a  B  0–10   bot    serviceTask
    a  C  10–20  bot    serviceTask
    a  D  20–30  human  userTask
    a  E  20–30  bot    serviceTask     # overlaps D, but stands after the join
    {VERSION}
    {MODEL}
    """
    check("parallel-realisation-rate", text, value=0.0, denominator=40)


def test_a_model_with_nothing_parallel_and_no_model_at_all():
    rows = f"× 40\n{_rows('0–10 5–15')}\n"
    flat = rows + "elements:\nA0  serviceTask\nA1  serviceTask\nf  sequenceFlow  source_ref=A0 target_ref=A1"
    check("parallel-realisation-rate", flat, status=Status.NOT_APPLICABLE, value=None, reason="hold nothing parallel")
    found = check("parallel-realisation-rate", rows, status=Status.NOT_AVAILABLE, value=None, reason="no model")
    assert "parallel" in found.unlock
    unused = f"× 40\na  B  0–10  bot  serviceTask\n{VERSION}{MODEL}"
    check(
        "parallel-realisation-rate", unused, status=Status.NOT_APPLICABLE, value=None, reason="no split was activated"
    )


def test_pairs_count_for_the_version_of_their_case():
    # the case ran version 2, of which the export holds no model: nothing says what was parallel there
    text = f"""
    × 40
    a  B  0–10   bot    serviceTask
    a  D  5–20   human  userTask
    cases:
    a  process_version=2
    {MODEL}
    """
    check(
        "parallel-realisation-rate", text, status=Status.NOT_AVAILABLE, value=None, reason="no model of p version 2"
    )  # fmt: skip


def test_declared_pairs_of_a_plain_log():
    # 30 of 40 overlap, 10 only touch
    text = """
    × 30
    a  Pick goods    0–10   ?  -
    a  Book carrier  9–20   ?  -
    × 10
    b  Pick goods    0–10   ?  -
    b  Book carrier  10–20  ?  -
    """
    config = {"process": [{"key": "p", "parallel": [["Pick goods", "Book carrier"]]}]}
    check("parallel-realisation-rate", text, config=config, value=0.75, denominator=40, basis="declared")
    check("parallel-realisation-rate", text, config=config, process=None, value=0.75)
    few = text.replace("× 30", "× 19")
    check("parallel-realisation-rate", few, config=config, status=Status.INSUFFICIENT, value=19 / 29)


def test_multi_instance_siblings_are_no_pair():
    text = """
    × 40
    a  A  0–10  bot  serviceTask  mi_index=0
    a  A  5–15  bot  serviceTask  mi_index=1
    elements:
    A  serviceTask  multi_instance=parallel
    """
    check("parallel-realisation-rate", text, status=Status.NOT_APPLICABLE, value=None)


# --- activations of a split -------------------------------------------------------------------------------------------

#: A split into B and D within the loop S → X → G → (B | D) → J → Y → X or out.
LOOP = """
elements:
S   startEvent
X   exclusiveGateway
G   parallelGateway
B   serviceTask
D   userTask
J   parallelGateway
Y   exclusiveGateway
Z   endEvent
f1  sequenceFlow  source_ref=S target_ref=X
f2  sequenceFlow  source_ref=X target_ref=G
f3  sequenceFlow  source_ref=G target_ref=B
f4  sequenceFlow  source_ref=G target_ref=D
f5  sequenceFlow  source_ref=B target_ref=J
f6  sequenceFlow  source_ref=D target_ref=J
f7  sequenceFlow  source_ref=J target_ref=Y
f8  sequenceFlow  source_ref=Y target_ref=X
f9  sequenceFlow  source_ref=Y target_ref=Z
"""
#: The split G → (B | D) stands in the sub-process P, which runs for each of several items; the work of D in a scope Q in it.
SCOPED = """
elements:
P   subProcess        multi_instance=parallel
G   parallelGateway   parent_id=P
B   serviceTask       parent_id=P
Q   subProcess        parent_id=P
D   userTask          parent_id=Q
f1  sequenceFlow      source_ref=G target_ref=B parent_id=P
f2  sequenceFlow      source_ref=G target_ref=Q parent_id=P
"""
#: A message starts E beside what the process itself does.
EVENT = """
elements:
A   userTask
M   eventSubProcess  interrupting=false
N   startEvent       parent_id=M interrupting=false event_kind=message
E   serviceTask      parent_id=M
f1  sequenceFlow     source_ref=N target_ref=E parent_id=M
"""
#: Rows of the cases of one log → (pairs that overlap, pairs).
ACTIVATIONS: dict[str, tuple[str, int, int]] = {
    "each round of a loop counts": (
        f"""
        a  G  0      ?      parallelGateway
        a  B  0–10   bot    serviceTask
        a  D  5–20   human  userTask
        a  J  10–20  ?      parallelGateway
        a  G  20     ?      parallelGateway
        a  B  20–25  bot    serviceTask      # the second time one after the other
        a  D  25–30  human  userTask
        {LOOP}""", 1, 2,
    ),
    "branches of different rounds are no pair": (
        f"""
        a  G  0      ?      parallelGateway
        a  B  0–10   bot    serviceTask
        a  D  0–10   human  userTask         state=canceled
        a  G  20     ?      parallelGateway
        a  B  20–21  bot    serviceTask      state=canceled
        a  D  20–30  human  userTask
        {LOOP}""", 0, 0,
    ),
    "at one moment the engine's sequence tells rounds apart": (
        f"""
        a  G  0     ?      parallelGateway  seq=1
        a  B  0     bot    serviceTask      seq=2
        a  D  0     human  userTask         seq=3
        a  G  0     ?      parallelGateway  seq=5
        a  B  0–10  bot    serviceTask      seq=6
        a  D  0–10  human  userTask         seq=7
        {LOOP}""", 1, 2,
    ),
    "a split that waits for several flows is activated when the last has come": (
        f"""
        a  G  0–5   ?      parallelGateway
        a  G  5     ?      parallelGateway
        a  B  5–10  bot    serviceTask
        a  D  5–20  human  userTask
        {LOOP}""", 1, 1,
    ),
    "a clock that is behind starts no round of its own": (
        f"""
        a  G  1     ?      parallelGateway
        a  B  0–10  bot    serviceTask
        a  D  5–20  human  userTask
        {LOOP}""", 1, 1,
    ),
    "without gateways in the log a case is one activation": (
        f"""
        a  B  0–10   bot    serviceTask
        a  D  5–20   human  userTask
        a  B  20–25  bot    serviceTask
        a  D  25–30  human  userTask
        {LOOP}""", 1, 1,
    ),
    "an element that several flows leave is a split where it ends": (
        """
        a  A  0–10   human  userTask
        a  B  10–15  bot    serviceTask
        a  D  12–20  human  userTask
        a  A  20–30  human  userTask
        a  B  30–35  bot    serviceTask
        a  D  35–40  human  userTask
        elements:
        A   userTask
        B   serviceTask
        D   userTask
        f1  sequenceFlow  source_ref=A target_ref=B
        f2  sequenceFlow  source_ref=A target_ref=D
        """, 1, 2,
    ),
    "each instance of a multi-instance sub-process has its own": (
        # in i1 they overlap; in i2 D follows B, though it overlaps with the B of i1
        f"""
        a  P  0–60   ?      multiInstanceBody  activity_instance_id=body
        a  P  0–50   ?      subProcess         activity_instance_id=i1 scope_id=body
        a  G  0      ?      parallelGateway    activity_instance_id=g1 scope_id=i1
        a  B  0–40   bot    serviceTask        activity_instance_id=b1 scope_id=i1
        a  Q  0–50   ?      subProcess         activity_instance_id=q1 scope_id=i1
        a  D  30–50  human  userTask           activity_instance_id=d1 scope_id=q1
        a  P  5–60   ?      subProcess         activity_instance_id=i2 scope_id=body
        a  G  5      ?      parallelGateway    activity_instance_id=g2 scope_id=i2
        a  B  5–10   bot    serviceTask        activity_instance_id=b2 scope_id=i2
        a  Q  10–60  ?      subProcess         activity_instance_id=q2 scope_id=i2
        a  D  10–60  human  userTask           activity_instance_id=d2 scope_id=q2
        {SCOPED}""", 1, 2,
    ),
    "each run of an event sub-process has its own": (
        # A is under way when the first message comes, not any more when the second does
        f"""
        a  A  0–20   human  userTask         activity_instance_id=a1
        a  M  10–15  ?      eventSubProcess  activity_instance_id=m1
        a  E  10–15  bot    serviceTask      activity_instance_id=e1 scope_id=m1
        a  M  30–35  ?      eventSubProcess  activity_instance_id=m2
        a  E  30–35  bot    serviceTask      activity_instance_id=e2 scope_id=m2
        {EVENT}""", 1, 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_activation_of_a_split_has_its_own_pairs(name: str):
    rows, realised, pairs = ACTIVATIONS[name]
    work, _, model = rows.partition("elements:")
    text = f"× 30\n{work}\n{VERSION}elements:\n{model}"
    if not pairs:
        check(
            "parallel-realisation-rate", text, status=Status.NOT_APPLICABLE, value=None, reason="no split was activated"
        )
        return
    check(
        "parallel-realisation-rate", text, value=realised / pairs, numerator=30 * realised, denominator=30 * pairs, n=30
    )


@pytest.mark.parametrize(
    ("spans", "realised", "pairs"),
    [
        ("P 0–10, C 5–15, P 20–30, C 30–40", 1, 2),
        ("P 0–10, P 20–30, C 25–35", 1, 1),  # the first round had no C
        ("P 0–10, C 5–15, C 20–30, P 25–35", 2, 2),
        ("P 0–10, C 2–4, C 12–14, P 20–30, C 25–27", 2, 2),  # C was done again in the first round
        ("P 0–10, C 10–20, P 20–30", 0, 1),
    ],
)
def test_rounds_of_a_declared_pair(spans: str, realised: int, pairs: int):
    names = {"P": "Pick goods", "C": "Book carrier"}
    rows = "\n".join(f"a  {names[s[0]]}  {s[2:]}  ?  -" for s in spans.split(", "))
    config = {"process": [{"key": "p", "parallel": [["Pick goods", "Book carrier"]]}]}
    found = check(
        "parallel-realisation-rate", f"× 30\n{rows}", config=config, numerator=30 * realised, denominator=30 * pairs
    )
    assert found.value == realised / pairs
