"""Ties, orders and ids that may not matter to critical paths and waiting; and what those do in cases worked out by hand."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from poanalyzer.measure.catalogue import modules
from poanalyzer.measure.run import run_computed
from poanalyzer.mine import desks, waiting
from poanalyzer.mine.calendars import calendar
from poanalyzer.mine.critical_path import critical_paths
from poanalyzer.mine.mined import Mined
from poanalyzer.mine.waiting import CAUSES, waits
from poanalyzer.results import MetricResult

from .traces import DAY, EPOCH, HOUR, MINUTE, Rows, check, measure, mined, record, seal

METRICS = (
    "critical-path-speedup", "missed-parallelism", "human-overlap-share", "service-overlap-share",
    *(f"waiting-{cause}-share" for cause in CAUSES),
)  # fmt: skip
ALL: dict[str, Any] = {"project": {"window_days": "all"}}
WEEKLY = 7 * 1440


def ties(seed: int, cases: int = 45) -> Rows:
    """Return a log on a clock of half hours: rows that begin, end, or both, together; some alike in everything."""
    rng = random.Random(seed)
    rows = Rows()
    for number in range(cases):
        case, at = f"case {rng.randint(0, 10**6)}-{number}", EPOCH + number // 5 * DAY + rng.randint(16, 20) * HOUR // 2
        first = at

        def work(activity: str, start: int, halves: int, who: str, case: str = case) -> int:
            end = start + halves * HOUR // 2
            scheduled = start - rng.randint(0, 3) * HOUR // 2 if rng.random() < 0.1 else None
            for _ in range(2 if rng.random() < 0.1 else 1):
                rows.add("activities", case_id=case, activity=activity, element_id=activity, start=start, end=end,
                         element_type="task", state="completed", resource=who, scheduled=scheduled,
                         resource_type="bot" if who == "bot" else "human")  # fmt: skip
            return end

        at = work("Begin", at, rng.randint(1, 3), "ann") + rng.randint(0, 2) * HOUR // 2
        at = work("Check", at, rng.randint(1, 3), rng.choice(["bob", "cid"])) + rng.randint(0, 2) * HOUR // 2
        last = at
        for _ in range(rng.randint(1, 5)):
            start, who = at + rng.randint(0, 3) * HOUR // 2, rng.choice(["ann", "bob", "cid", "bot"])
            last = max(last, work(rng.choice("ABC"), start, rng.choice([0, 1, 1, 2]), who))
        rows.add("cases", case_id=case, root_case_id=case, engine="test", process_key="p", process_version="1",
                 state="completed", start=first, end=last)  # fmt: skip
    return rows


def results(log: Mined) -> list[MetricResult]:
    return [row for name in METRICS for row in run_computed(log, modules()[name][1].METRIC)]


@settings(max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(st.integers(0, 10**6))
def test_neither_the_order_of_rows_nor_their_ids_change_anything(seed: int):
    rows = ties(seed)
    before = results(seal([(record(), rows)], ALL))
    assert all(r.status == "measured" for r in before), [(r.id, r.reason) for r in before if r.status != "measured"]
    rng = random.Random(seed)
    for table in rows.tables.values():
        rng.shuffle(table)
    names = rng.sample(range(10**9), len(rows.tables["activities"]))
    for row, name in zip(rows.tables["activities"], names, strict=True):
        row["activity_instance_id"], row["raw_ref"] = f"{name:x}", f"row {name}"
    assert results(seal([(record(), rows)], ALL, threads=1)) == before


@settings(max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(st.integers(0, 10**6))
def test_what_always_holds(seed: int):
    log = seal([(record(), ties(seed))], ALL)
    paths, found = log.of(critical_paths), log.of(waits)
    rows = paths.work_rows
    for (first, last), length, work, chain in zip(paths.cases, paths.length, paths.work, paths.chain, strict=True):
        assert length <= rows.end[first:last].max() - rows.begin[first:last].min()
        assert length <= work
        assert length == sum(int(rows.end[i] - rows.begin[i]) for i in chain)
        assert all(paths.slack[i] == 0 for i in chain)
    assert (paths.slack >= 0).all()
    assert (paths.ready <= rows.begin).all()
    waited = (rows.begin - paths.ready)[found.row]
    assert (found.parts.sum(axis=1) == waited).all()
    assert (found.parts >= 0).all()
    named = (rows.begin > paths.ready) & (rows.resource >= 0)
    assert found.row.tolist() == np.flatnonzero(named).tolist()


@pytest.mark.parametrize(("one", "other"), [("X", "Y"), ("Y", "X")])
def test_of_rows_that_end_together_the_longest_chain_counts(one: str, other: str):
    # 30 and 10 minutes that end together, then 10: 50 minutes over a path of 40, whatever their names
    text = f"× 30\na  {one}  0–30  bot  task\na  {other}  20–30  bot  task\na  Z  30–40  bot  task"
    check("critical-path-speedup", text, value=50 / 40, denominator=30 * 2400.0)


def test_rows_of_no_length_at_one_moment_waited_alike():
    text = "× 40\na  A  0–10  bot  task\na  B  20–20  human:sue  task\na  C  20–20  human:tom  task\na  D  20–25  human:sue  task"
    log = mined(text, ALL, every=1440)
    found = measure(log, "waiting-extraneous-share")
    # B and C waited 10 minutes each; D began when they were done
    assert (found.denominator, found.details["rows"]) == (40 * 20 * 60, 80)


def test_an_activity_is_concurrent_with_itself_by_the_cases_that_show_it_twice():
    # of 20 cases with two, 2 overlap: the second waits for none of the first ones. Work 38·10 + 18·20 + 2·20, paths 58·10
    text = """
    × 38
    a  A  0–10  bot  task
    × 18
    b  A  0–10  bot  task
    b  A  20–30  bot  task
    × 2
    c  A  0–10  bot  task
    c  A  0–10  bot  task
    """
    check("critical-path-speedup", text, value=780 / 580)
    # of 41 with two it is less than a twentieth: there they do wait
    check("critical-path-speedup", text.replace("× 18", "× 39"), value=(380 + 780 + 40) / (380 + 780 + 20))


def test_work_has_slack_beside_what_it_is_concurrent_with():
    # B may overlap C, so that C begins after it does not mean that it waited: B could take 20 and 20 minutes longer
    text = """
    × 20
    a  A  0–10   bot  task
    a  B  10–20  bot  task
    a  C  10–40  bot  task
    × 20
    b  A  0–10   bot  task
    b  B  10–20  bot  task
    b  C  20–50  bot  task
    """
    found = check("critical-path-speedup", text, value=50 / 40)
    assert found.details["slack_share"] == pytest.approx(10 / 50)
    assert found.details["mean_slack_s"] == pytest.approx(1200 / 3)


def test_what_was_ready_before_work_ended_did_not_wait_for_it():
    # C was ready at 10 and begun at 30: B has as much slack as C takes less, and none of C's is B's
    text = """
    × 30
    a  A  0–10   bot  task
    a  B  10–20  bot  task
    a  C  30–60  bot  task  scheduled=10
    """
    found = check("critical-path-speedup", text, value=50 / 40)
    assert found.details["mean_slack_s"] == pytest.approx(1200 / 3)


#: Rows of cases a week apart → seconds of each cause in one copy.
BUSY: dict[str, tuple[str, dict[str, float]]] = {
    # X was ready at 8:50, when P ended, although L of its case ran on: no later than Y at 8:55. Sue works from 9:00 on
    "a row beside which another of its case runs": (
        "a  L  8:30–12:00   bot        task\n"
        "a  P  8:40–8:50    bot        task\n"
        "a  X  9:00–10:00   human:sue  task\n"
        "b  Y  10:00–10:30  human:sue  task  scheduled=8:55",
        {"contention": 3600, "unavailability": 900},
    ),
    # the same where the case of X is still open, so that it is in no sample and waits for nothing itself
    "a row of an open case": (
        "a  L  8:30–        bot        task\n"
        "a  P  8:40–8:50    bot        task\n"
        "a  X  9:00–10:00   human:sue  task\n"
        "b  Y  10:00–10:30  human:sue  task  scheduled=8:55",
        {"contention": 3600, "unavailability": 300},
    ),
    # half a minute of Q between two of P is no pause. Waited 180, 130.5 and 5 minutes: the first for the batch until 10:00;
    # 10:00–12:00 outside her hours, both; 12:00–12:10 and 12:05–12:10 for P, which was ready before; half a minute for Q
    "another activity within a batch": (
        "a  P  12:00–12:10     human:sue  task  scheduled=9:00\n"
        "b  Q  12:10–12:10.5   human:sue  task  scheduled=12:05\n"
        "c  P  12:10.5–12:20   human:sue  task  scheduled=10:00",
        {"batching": 3600, "unavailability": 2 * 7200, "contention": 600 + 300, "prioritisation": 30},
    ),
    # what two of her rows share she is busy with once; of what she did, only what was ready by 9:00 is contention
    "a resource that does several things at once": (
        "a  X  9:00–9:30    human:sue  task  scheduled=9:00\n"
        "b  Y  9:20–10:00   human:sue  task  scheduled=9:20\n"
        "c  Z  9:10–9:40    human:sue  task  scheduled=9:10\n"
        "d  W  10:30–10:45  human:sue  task  scheduled=9:00",
        {"contention": 1800, "prioritisation": 1800, "extraneous": 1800},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BUSY)
def test_what_kept_a_resource_busy(name: str):
    text, seconds = BUSY[name]
    log = mined("× 40\n" + text, ALL, every=WEEKLY)
    for cause in CAUSES:
        found = measure(log, f"waiting-{cause}-share")
        assert found.numerator == pytest.approx(40 * seconds.get(cause, 0)), cause
        assert found.denominator == pytest.approx(40 * sum(seconds.values()))


@pytest.mark.parametrize("offset", [0, -3, 9])
def test_a_day_of_work_is_one_whatever_the_time_zone(offset: int):
    # nine to five on weekdays, of which ten weeks have records at 9:10 and 16:50 by the clock on the wall
    days = [w * 7 + d for w in range(10) for d in range(5)]
    times = np.array([EPOCH + d * DAY + t * MINUTE - offset * HOUR for d in days for t in (550, 1010)], dtype=np.int64)
    hours = {(d * 24 + h - offset) % 168 for d in range(5) for h in range(9, 17)}
    assert set(np.flatnonzero(calendar(times).worked).tolist()) == hours


def test_fewer_are_looked_at_and_told(monkeypatch: pytest.MonkeyPatch):
    # Y waited 15 minutes, and while V was done for 5 of them
    text = "× 150\na  X  0–10  human:sue  task\na  Y  25–40  human:tom  task\nb  V  15–20  human:tom  task"
    whole = measure(mined(text, ALL, every=1440), "waiting-extraneous-share")
    for limit in ("TARGETS", "PAIRS"):
        with monkeypatch.context() as patch:
            patch.setattr(waiting, limit, 50)
            some = measure(mined(text, ALL, every=1440), "waiting-extraneous-share")
        assert whole.details["probability"] == 1.0 > some.details["probability"]
        assert any("sample of cases" in c for c in some.caveats)
        assert some.details["rows"] / 150 == pytest.approx(some.details["probability"], abs=0.12)
        assert some.value == whole.value == pytest.approx(10 / 15)
    # one of the two resources that waited is looked at: by its name, and not by its place among names
    text += "\na  Z  60–65  human:eve  task"
    monkeypatch.setattr(desks, "RESOURCE_ROWS", 300)
    one = measure(mined(text, ALL, every=1440), "waiting-extraneous-share")
    assert (one.details["rows"], one.details["probability"]) == (150, 0.5)
    assert any("50.0% of the resources" in c for c in one.caveats)
    two = measure(mined(text + "\nc  A  0–1  human:abe  task", ALL, every=1440), "waiting-extraneous-share")
    # the first tells the impact on cycle times, in which the work of the other counts too
    assert two.evidence[1:] == one.evidence[1:]


def test_a_root_case_and_the_cases_it_called_overlap_in_the_portfolio():
    text = """
    × 40
    a  A    0–20   human:sue  userTask
    a  Go   5–25   ?          callActivity  called_case_id=kid
    kid  C  10–40  human:tom  userTask
    cases:
    kid  process_key=q  root_case_id=a
    """
    check("human-overlap-share", text, value=0.0)
    check("human-overlap-share", text, process="q", value=0.0)
    check("human-overlap-share", text, process=None, value=10 / 40, n=40)
