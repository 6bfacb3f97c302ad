"""What leaves the engine against the same thing done the long way in Python, on small random logs."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.mine import flow, steps
from poanalyzer.mine.flow import activity_counts, directly_follows, top_variants, variant_counts
from poanalyzer.mine.mined import Mined

from .traces import EPOCH, MINUTE, Rows, mined, record, seal

#: (process, case, activity, start, length) with many ties; a length of None still runs.
ACT = st.tuples(
    st.sampled_from("pq"), st.integers(0, 5), st.sampled_from("ABC"), st.integers(0, 8),
    st.none() | st.integers(0, 6),
)  # fmt: skip
LOGS = st.lists(ACT, min_size=1, max_size=40)
FEW = settings(max_examples=12, deadline=None)
Act = tuple[str, int, str, int, int | None]


def build(acts: list[Act]) -> Mined:
    rows = Rows()
    for process, case, activity, start, length in acts:
        rows.add("activities", case_id=f"{process}{case}", activity=activity, element_type="task",
                 resource_type="bot", start=EPOCH + start * MINUTE,
                 end=None if length is None else EPOCH + (start + length) * MINUTE, state="completed")  # fmt: skip
    for process, case in {(a[0], a[1]) for a in acts}:
        rows.add("cases", case_id=f"{process}{case}", root_case_id=f"{process}{case}", engine="test",
                 process_key=process, state="completed", start=EPOCH, end=EPOCH + 60 * MINUTE)  # fmt: skip
    return seal([(record(), rows)])


def sequences(acts: list[Act]) -> dict[tuple[str, int], tuple[str, ...]]:
    """Return the activities of each case in the order that the canonical log has: start, end, activity."""
    cases: dict[tuple[str, int], list[tuple[int, float, str]]] = defaultdict(list)
    for process, case, activity, start, length in acts:
        cases[process, case].append((start, float("inf") if length is None else start + length, activity))
    return {key: tuple(a for _, _, a in sorted(rows)) for key, rows in cases.items()}


@given(LOGS)
@FEW
def test_variants_are_those_of_brute_force(acts: list[Act]):
    log = build(acts)
    expected: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for (process, _), sequence in sequences(acts).items():
        expected[process][sequence] += 1
    keys = {p.ix: p.key for p in log.processes}
    found: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for ix, activities, cases in zip(
        *(log.of(top_variants)[c] for c in ("process_ix", "activities", "cases")), strict=True
    ):
        found[keys[ix]][tuple(log.activities[a] for a in activities)] += cases
    assert found == expected
    for ix, counts in log.of(variant_counts).items():
        of = expected[keys[ix]]
        assert (counts.cases, counts.variants) == (of.total(), len(of))
        assert counts.singletons == sum(n == 1 for n in of.values())
        assert counts.doubletons == sum(n == 2 for n in of.values())


@given(LOGS)
@FEW
def test_directly_follows_and_activity_counts_are_those_of_brute_force(acts: list[Act]):
    log = build(acts)
    pairs: Counter[tuple[str, str, str | None]] = Counter()
    firsts: Counter[tuple[str, str]] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    cases: Counter[tuple[str, str]] = Counter()
    for (process, _), sequence in sequences(acts).items():
        pairs.update((process, a, b) for a, b in zip(sequence, (*sequence[1:], None), strict=True))
        firsts[process, sequence[0]] += 1
        rows.update((process, a) for a in sequence)
        cases.update((process, a) for a in set(sequence))
    keys, names = {p.ix: p.key for p in log.processes}, log.activities
    frame = log.of(directly_follows)
    found = {
        (keys[p], names[a], None if b != b or b is None else names[int(b)]): n
        for p, a, b, n in zip(*(frame[c] for c in ("process_ix", "source", "target", "count")), strict=True)
    }
    assert found == dict(pairs)
    counted = log.of(activity_counts)
    for p, a, n, of, first in zip(
        *(counted[c] for c in ("process_ix", "activity_ix", "count", "cases", "firsts")), strict=True
    ):
        key = (keys[p], names[a])
        assert (n, of, first) == (rows[key], cases[key], firsts[key])


@given(LOGS)
@FEW
def test_busy_time_is_that_of_a_grid_of_minutes(acts: list[Act]):
    log = build(acts)
    grid: dict[str, Counter[int]] = defaultdict(Counter)
    lengths: Counter[str] = Counter()
    for process, case, _, start, length in acts:
        if length is not None:
            grid[f"{process}{case}"].update(range(start, start + length))
            lengths[f"{process}{case}"] += length
    frame = log.query(log.cases)
    for case, duration, busy, overlap in zip(
        *(frame[c] for c in ("case_id", "duration", "busy", "overlap")), strict=True
    ):
        minutes = grid[case]
        assert duration == lengths[case] * MINUTE
        assert busy == len(minutes) * MINUTE
        assert overlap == sum(n >= 2 for n in minutes.values()) * MINUTE


def test_a_variant_is_a_sequence_and_not_a_bag():
    log = mined(
        "\n".join(f"{c}  {a}  {i}–{i}  bot  task" for c in ("AB", "BA", "AAB", "ABB", "BAA") for i, a in enumerate(c))
    )
    assert log.of(variant_counts)[0].variants == 5
    again = mined("\n".join(f"{c}{n}  {c}  {n}–{n}  bot  task" for c in "AB" for n in range(3)))
    assert again.of(variant_counts)[0].variants == 2


def test_names_of_variants_do_not_depend_on_what_else_is_in_the_log():
    alone = mined("a  M  0–1  bot  task\na  N  1–2  bot  task")
    among = mined("a  M  0–1  bot  task\na  N  1–2  bot  task\nb  A  0–1  bot  task\nb  Z  1–2  bot  task")
    one = alone.query(alone.cases).iloc[0]
    two = among.query(among.cases.filter(among.cases.case_id == "a")).iloc[0]
    assert (one.h1, one.h2) == (two.h1, two.h2)


def test_control_rows_stand_in_no_variant():
    log = mined(
        "a  Start  0–0  ?  startEvent\na  A  0–1  bot  task\na  X  1–1  ?  exclusiveGateway\na  B  1–2  bot  task"
    )
    assert [tuple(log.activities[a] for a in v) for v in log.of(top_variants)["activities"]] == [("A", "B")]


def test_waits_are_the_gaps_between_end_and_next_start():
    # A→B waits 5 minutes in one case and overlaps in the other
    log = mined("a  A  0–5  bot  task\na  B  10–20  bot  task\nb  A  0–5  bot  task\nb  B  3–20  bot  task")
    frame = log.of(directly_follows)
    edge = frame[frame["target"].notna()].iloc[0]
    assert (edge["count"], edge.waits, edge.wait_us) == (2, 1, 5 * MINUTE)


def test_the_most_frequent_variants_leave_the_engine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flow, "MAX_VARIANTS", 2)
    counts = {"AB": 3, "AC": 2, "AD": 1}
    rows = [
        f"{v}{n}  {a}  {i}–{i}  bot  task" for v, times in counts.items() for n in range(times) for i, a in enumerate(v)
    ]
    log = mined("\n".join(rows))
    top = log.of(top_variants)
    kept = [(n, "".join(log.activities[a] for a in v)) for n, v in zip(top["cases"], top["activities"], strict=True)]
    assert kept == [(3, "AB"), (2, "AC")]
    assert log.of(variant_counts)[0].variants == 3


def test_names_of_a_thousand_random_variants_are_all_different():
    import random

    rng = random.Random(5)
    made = {tuple(rng.choice("ABCD") for _ in range(rng.randint(3, 9))) for _ in range(1000)}
    acts = [("p", n, a, i, 0) for n, variant in enumerate(sorted(made)) for i, a in enumerate(variant)]
    log = build(acts)  # type: ignore[arg-type]
    assert log.of(variant_counts)[0].variants == len(made)
    assert steps.PRIME == 2**31 - 1
