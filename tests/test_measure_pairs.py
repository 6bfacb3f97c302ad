"""Behaviour coverage of pairs: steps of a case that no other case shows."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from poanalyzer.measure.sample_coverage import coverage
from poanalyzer.mine.blocks import Sums
from poanalyzer.results import Status

from .traces import DAY, EPOCH, MINUTE, Rows, check, measure, mined, record, seal

FEW = settings(max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
ALL = {"project": {"window_days": "all"}}


def log(traces: list[str], every: int = DAY) -> Rows:
    """Return a log of one process: a case a trace, a letter an activity of a minute."""
    rows = Rows()
    for number, trace in enumerate(traces):
        case, at = f"case {number}", EPOCH + number * every
        for place, activity in enumerate(trace):
            start = at + place * MINUTE
            rows.add("activities", case_id=case, activity=activity, element_id=activity, element_type="serviceTask",
                     start=start, end=start + MINUTE, state="completed", resource_type="bot")  # fmt: skip
        rows.add("cases", case_id=case, root_case_id=case, engine="test", process_key="p", state="completed",
                 start=at, end=at + len(trace) * MINUTE)  # fmt: skip
    return rows


def covered(traces: list[str]) -> float | None:
    return measure(seal([(record(), log(traces))], ALL), "behaviour-coverage-pairs").value


def test_a_step_counts_as_seen_where_another_case_shows_it():
    # 30 cases A B C (60 steps), 8 A C (8), one A B C D (C D is its own), one C C C A (C C twice and C A once are its own)
    text = """
    × 30
    a  A  0–1  bot  serviceTask
    a  B  1–2  bot  serviceTask
    a  C  2–3  bot  serviceTask
    × 8
    b  A  0–1  bot  serviceTask
    b  C  1–2  bot  serviceTask
    × 1
    c  A  0–1  bot  serviceTask
    c  B  1–2  bot  serviceTask
    c  C  2–3  bot  serviceTask
    c  D  3–4  bot  serviceTask
    d  C  0–1  bot  serviceTask
    d  C  1–2  bot  serviceTask
    d  C  2–3  bot  serviceTask
    d  A  3–4  bot  serviceTask
    × 5
    e  A  0–1  bot  serviceTask
    """
    # Σx², Σy² and Σxy by case: 30 of (2, 2), 8 of (1, 1), (2, 3) and (0, 3); no kind is of exactly two cases
    sums = Sums(40, 70, 74, 30 * 4 + 8 + 4, 30 * 4 + 8 + 9 + 9, 30 * 4 + 8 + 6)
    low, high = coverage(sums)[1:]
    found = check(
        "behaviour-coverage-pairs", text, value=70 / 74, low=low, high=high, n=40, kinds=6, kinds_of_one_case=3,
        cases_with_a_kind_of_their_own=2,
    )  # fmt: skip
    assert [(e.case_id, e.what) for e in found.evidence] == [
        ("d~1", "the only case in which “C” follows “C”"),
        ("d~1", "the only case in which “A” follows “C”"),
        ("c~1", "the only case in which “D” follows “C”"),
    ]


def test_the_interval_of_a_coverage_is_esty_s():
    # 40 cases of one kind each, 2 kinds seen once, 3 seen twice: f1 (1 − f1/N) + 2 f2 = 1.9 + 6, over N² (times 40/39)
    value, low, high = coverage(Sums(40, 38, 40, 38 + 6, 40, 38))
    half = 1.959963984540054 * (7.9 * 40 / 39) ** 0.5 / 40
    assert (value, low, high) == pytest.approx((0.95, 0.95 - half, 1.0), abs=1e-12)
    # all seen at least three times: as many new ones as 40 cases may have missed; one case says nothing
    assert coverage(Sums(40, 40, 40, 40, 40, 40)) == pytest.approx((1.0, 0.05 ** (1 / 40), 1.0), abs=1e-12)
    assert coverage(Sums(1, 0, 1, 0, 1, 0)) == (0.0, 0.0, 1.0)
    # kinds that two cases show make it wider than that
    assert coverage(Sums(40, 40, 40, 40 + 20, 40, 40))[1] < 0.9


def test_steps_of_few_cases_or_none_are_no_measure():
    check("behaviour-coverage-pairs", "× 29\na  A  0–1  bot  serviceTask\na  B  1–2  bot  serviceTask",
          status=Status.INSUFFICIENT, value=1.0, reason="29 cases with two rows of work")  # fmt: skip
    check("behaviour-coverage-pairs", "× 40\na  A  0–1  bot  serviceTask", status=Status.NOT_APPLICABLE, value=None)
    # 30 cases, each with a step of its own beside A B
    text = "× 30\na  A  0–1  bot  serviceTask\na  B  1–2  bot  serviceTask\n× 1\n" + "\n".join(
        f"b{n}  A  0–1  bot  serviceTask\nb{n}  B{n}  1–2  bot  serviceTask" for n in range(30)
    )
    check("behaviour-coverage-pairs", text, value=0.5, caveat="less than 80 % of the steps")


def test_pairs_belong_to_their_process_and_the_whole_export_counts():
    # B follows A in q once and in p often: it is new in q; the portfolio adds both up, a root with what it called
    text = """
    × 40
    a  A  0–1  bot  serviceTask
    a  B  1–2  bot  serviceTask
    × 1
    k  A  0–1  bot  serviceTask
    k  B  1–2  bot  serviceTask
    z  A  900d–900d 1  bot  serviceTask
    cases:
    k  process_key=q root_case_id=a~1
    """
    text = text.replace("root_case_id=a~1", "")
    check("behaviour-coverage-pairs", text, value=1.0, n=40)
    check("behaviour-coverage-pairs", text, process="q", status=Status.INSUFFICIENT, value=0.0)
    check("behaviour-coverage-pairs", text, process=None, value=40 / 41, n=41)


def test_kinds_of_two_cases_widen_the_interval():
    # c and d alone show B A (once and twice) and A D (once each): 2 · (1 + 1) · (2 + 1) more than without
    text = "× 40\na  A  0–1  bot  serviceTask\na  B  1–2  bot  serviceTask\n× 1\n" + "\n".join(
        f"{case}  {activity}  {minute}  bot  serviceTask"
        for case, trace in (("c", "BAD"), ("d", "BABAD"), ("e", "AA"))
        for minute, activity in enumerate(trace)
    )
    # e alone shows A A. Steps by case: 40 of 1 of 1, c 2 of 2, d 4 of 4, e 0 of 1
    sums = Sums(43, 46, 47, 40 + 4 + 16 + 2 * 2 * 3, 40 + 4 + 16 + 1, 40 + 4 + 16)
    low, high = coverage(sums)[1:]
    check("behaviour-coverage-pairs", text, value=46 / 47, low=low, high=high, kinds=4, kinds_of_one_case=1)


def test_leaving_each_case_out_gives_the_same_with_pm4py():
    import pandas as pd
    import pm4py

    rng = random.Random(5)
    traces = [
        "".join(rng.choices("ABCDEFGH", weights=[9, 7, 5, 3, 2, 1, 1, 1], k=rng.randint(1, 7))) for _ in range(40)
    ]
    frame = pd.DataFrame(
        [
            {"case:concept:name": f"{n}", "concept:name": a, "time:timestamp": pd.Timestamp(60 * k, unit="s", tz="UTC")}
            for n, trace in enumerate(traces) for k, a in enumerate(trace)
        ]
    )  # fmt: skip
    seen = steps = 0
    for case in frame["case:concept:name"].unique():
        own = frame["case:concept:name"] == case
        if own.sum() < 2:
            continue
        rest, mine = pm4py.discover_dfg(frame[~own])[0], pm4py.discover_dfg(frame[own])[0]
        seen += sum(count for pair, count in mine.items() if pair in rest)
        steps += sum(mine.values())
    assert 0.7 < seen / steps < 1, "the log has kinds of its own"
    assert covered(traces) == pytest.approx(seen / steps, abs=1e-12)


TRACES = st.lists(st.text("ABCD", min_size=2, max_size=5), min_size=3, max_size=12)


@given(TRACES)
@FEW
def test_every_case_twice_leaves_nothing_new(traces: list[str]):
    assert covered(traces * 2) == 1.0


@given(TRACES, st.permutations("WXYZ"))
@FEW
def test_names_and_the_order_of_cases_do_not_matter(traces: list[str], names: list[str]):
    named = [trace.translate(str.maketrans("ABCD", "".join(names))) for trace in reversed(traces)]
    assert covered(named) == pytest.approx(covered(traces), abs=1e-12)


@given(TRACES)
@FEW
def test_another_case_like_one_never_makes_it_less(traces: list[str]):
    before = covered(traces)
    after = covered([*traces, traces[0]])
    assert before is not None and after is not None and after >= before - 1e-12


def sums_of(cases: list[list[str]]) -> Sums:
    """Return the sums by plain loops over the kinds that each case shows."""
    shown: dict[str, dict[int, int]] = {}
    for number, case in enumerate(cases):
        for kind in case:
            shown.setdefault(kind, {})[number] = case.count(kind)
    couples: Counter[tuple[tuple[int, ...], int]] = Counter()
    for of in shown.values():
        if len(of) == 2:
            for side, count in enumerate(of.values()):
                couples[tuple(of), side] += count
    twice = sum(2 * couples[key, 0] * couples[key, 1] for key in {key for key, _ in couples})
    xy = [(sum(len(shown[kind]) > 1 for kind in case), len(case)) for case in cases if case]
    return Sums(len(xy), sum(x for x, _ in xy), sum(y for _, y in xy), sum(x * x for x, _ in xy) + twice,
                sum(y * y for _, y in xy), sum(x * y for x, y in xy))  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "steepness", "cases", "most"), [(26, 1.6, 100, 4), (26, 1.0, 40, 1), (20, 2.0, 300, 2)]
)
def test_it_is_the_mass_of_what_was_seen_and_its_interval_holds_it(kinds: int, steepness: float, cases: int, most: int):
    """Planted: kinds whose shares fall as 1 / rank^steepness; the truth is the mass of those that were seen."""
    rng, logs = random.Random(7), 300
    weights = [1 / (n + 1) ** steepness for n in range(kinds)]
    errors, held = [], 0
    for _ in range(logs):
        drawn = [rng.choices(range(kinds), weights=weights, k=rng.randint(1, most)) for _ in range(cases)]
        value, low, high = coverage(sums_of([[str(kind) for kind in case] for case in drawn]))
        truth = sum(weights[kind] for kind in {kind for case in drawn for kind in case}) / sum(weights)
        errors.append(value - truth)
        held += low <= truth <= high
    assert abs(sum(errors) / logs) < 0.01
    assert held / logs > 0.9, held / logs


@pytest.mark.parametrize("seed", range(3))
def test_the_engine_sums_what_was_simulated(seed: int):
    rng = random.Random(seed)
    traces = ["".join(rng.choices("ABCDEFGHIJ", weights=[1 / n for n in range(1, 11)], k=rng.randint(1, 6)))
              for _ in range(60)]  # fmt: skip
    expected = coverage(sums_of([[trace[i : i + 2] for i in range(len(trace) - 1)] for trace in traces]))
    found = measure(seal([(record(), log(traces))], ALL), "behaviour-coverage-pairs")
    assert (found.value, found.low, found.high) == pytest.approx(expected, rel=1e-9)


def test_gateways_and_other_control_elements_change_nothing():
    text = "× 40\na  A  0–1  bot  serviceTask\na  B  2–3  bot  serviceTask\n× 1\nb  B  0–1  bot  serviceTask\n" + (
        "b  A  2–3  bot  serviceTask"
    )
    gates = text.replace("a  B", "a  G  1–2  ?  exclusiveGateway\na  B").replace(
        "b  A", "b  H  1–2  ?  parallelGateway\nb  A"
    )
    assert measure(mined(gates), "behaviour-coverage-pairs") == measure(mined(text), "behaviour-coverage-pairs")
