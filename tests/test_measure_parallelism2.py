"""Critical paths, missed parallelism and the causes of waiting on tiny logs, and the causes against a grid of minutes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.mine.calendars import HOUR, Calendar, calendar
from poanalyzer.mine.desks import Desk
from poanalyzer.mine.waiting import CAUSES, causes
from poanalyzer.results import Status

from .traces import EPOCH, MINUTE, check, measure, mined

WEEKLY = 7 * 1440


def test_a_critical_path_is_the_longest_chain_of_what_waited_for_one_another():
    # A 10, then B 20 beside C 30, then D 10: 70 minutes of work over 50; B could have taken 10 longer
    text = """
    × 30
    a  A  0–10   bot  serviceTask
    a  B  10–30  bot  serviceTask
    a  C  10–40  bot  serviceTask
    a  D  40–50  bot  serviceTask
    """
    found = check("critical-path-speedup", text, value=1.4, numerator=30 * 4200.0, denominator=30 * 3000.0, n=30)
    assert found.details["slack_share"] == pytest.approx(20 / 70)
    assert found.details["mean_slack_s"] == pytest.approx(600 / 4)
    assert found.details["probability"] == 1.0
    check("critical-path-speedup", text, process=None, value=1.4)


def test_what_ran_one_after_the_other_is_its_own_critical_path():
    text = "× 30\na  A  0–10  bot  serviceTask\na  B  10–30  bot  serviceTask\na  C  50–60  bot  serviceTask"
    check("critical-path-speedup", text, value=1.0)
    check("critical-path-speedup", text.replace("× 30", "× 29"), value=1.0, status=Status.INSUFFICIENT)
    zero = "× 30\na  A  0–0  bot  serviceTask"
    check("critical-path-speedup", zero, value=None, status=Status.NOT_APPLICABLE)


def test_the_engine_knows_when_work_was_ready():
    # B and C were both ready at 10 and ran one after the other: two chains of 20, 30 minutes of work
    text = """
    × 30
    a  A  0–10   bot  serviceTask
    a  B  10–20  bot  serviceTask  scheduled=10
    a  C  20–30  bot  serviceTask  scheduled=10
    """
    check("critical-path-speedup", text, value=1.5)
    # a person's work begins when she claims it: 10 minutes of the hour that the task stood open
    claimed = "× 30\na  A  0–60  human:sue  userTask  assigned=50\na  B  60–70  bot  serviceTask"
    check("critical-path-speedup", claimed, numerator=30 * 1200.0, value=1.0)


def test_neighbours_of_the_critical_path_that_might_run_side_by_side():
    text = """
    × 40
    a  A  0–120    bot    serviceTask
    a  B  120–180  bot    serviceTask
    a  C  180–600  human  userTask
    """
    # A with B saves 60 of 600 minutes, B with C as much; B cannot be in both
    found = check("missed-parallelism", text, value=0.1, basis="inferred", caveat="hypothesis")
    assert found.details["pairs"] == 2
    # one person does both: the one chain left is none
    alone = text.replace("bot    serviceTask", "human:sue  userTask").replace("human  userTask", "human:sue  userTask")
    check("missed-parallelism", alone, value=0.0)
    # B in every case, C in nine of ten: whether C runs may depend on B
    some = text.replace("× 40", "× 36") + "\n× 4\nb  A  0–120  bot  serviceTask\nb  B  120–180  bot  serviceTask"
    assert check("missed-parallelism", some, value=40 * 60 / (36 * 600 + 4 * 180)).details["pairs"] == 1
    # what really runs side by side is not missed
    both = text.replace("120–180", "20–80").replace("180–600", "120–540")
    check("missed-parallelism", both, value=120 / 540)  # C waits for A alone


#: Rows of cases a week apart → share of each cause.
WAITING: dict[str, tuple[str, dict[str, float]]] = {
    # Y was ready at 9:00, as X was; X took until 10:00
    "contention": (
        "a  X  9:00–10:00   human:sue  userTask  scheduled=9:00\nb  Y  10:00–10:30  human:sue  userTask  scheduled=9:00",
        {"contention": 1.0},
    ),
    # X came at 9:30 and went first; before that sue was there and did nothing that the log knows
    "prioritisation": (
        "a  X  9:30–10:00   human:sue  userTask  scheduled=9:30\nb  Y  10:00–10:30  human:sue  userTask  scheduled=9:00",
        {"prioritisation": 0.5, "extraneous": 0.5},
    ),
    "unavailability": (
        "b  Y  9:00–9:30  human:sue  userTask  scheduled=0:00",
        {"unavailability": 1.0},
    ),
    # ready at 9, 10 and 11, begun at 12:00, 12:10 and 12:20; sue works from 12 on. Waited 180 + 130 + 80 minutes:
    # for the batch 120 + 60 + 0, outside her hours 60 each, for one another 0 + 10 + 20
    "batching": (
        "a  P  12:00–12:10  human:sue  userTask  scheduled=9:00\nb  P  12:10–12:20  human:sue  userTask  scheduled=10:00\n"
        "c  P  12:20–12:30  human:sue  userTask  scheduled=11:00",
        {"batching": 180 / 390, "unavailability": 180 / 390, "contention": 30 / 390},
    ),
    # the previous step ended at 9:00; nobody was busy, and both 9 and 10 are hours of sue
    "what the engine does not record": (
        "a  X  8:50–9:00   human:tom  userTask\na  Y  9:30–10:00  human:sue  userTask",
        {"extraneous": 1.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WAITING)
def test_each_cause_of_waiting(name: str):
    text, shares = WAITING[name]
    log = mined("× 40\n" + text, {"project": {"window_days": "all"}}, every=WEEKLY)
    for cause in CAUSES:
        found = measure(log, f"waiting-{cause}-share")
        assert found.status == Status.MEASURED, found.reason
        assert found.value == pytest.approx(shares.get(cause, 0.0), abs=1e-12), cause


def test_waiting_for_nobody_named_is_told_and_left_out():
    text = "× 40\na  X  0–10  human:sue  userTask\na  Y  30–40  human:sue  userTask\na  Z  60–70  bot  serviceTask"
    text = text.replace("bot  serviceTask", "?  serviceTask")
    found = check("waiting-extraneous-share", text, every=1440, value=1.0, caveat="50% of the waiting names nobody")
    assert found.details["unattributed_s"] == 40 * 20 * 60
    none = "× 40\na  X  0–10  ?  serviceTask\na  Y  30–40  ?  serviceTask"
    check("waiting-batching-share", none, every=1440, status=Status.NOT_AVAILABLE, value=None)
    busy = "× 40\na  X  0–10  human:sue  userTask\na  Y  10–40  human:sue  userTask"
    check("waiting-batching-share", busy, every=1440, status=Status.NOT_APPLICABLE, value=None)


def test_people_and_services_overlap_apart():
    # people 0–20 and 10–40: 10 of 40 minutes; the second was claimed at 15: 5 of 40. Services 0–10 twice, then 10–30
    text = """
    × 30
    a  A  0–20   human:sue  userTask
    a  B  10–40  human:tom  userTask
    a  S  0–10   bot  serviceTask
    a  T  0–10   bot  serviceTask
    a  U  10–30  bot  serviceTask
    """
    check("human-overlap-share", text, value=0.25)
    check("service-overlap-share", text, value=1 / 3)
    check("human-overlap-share", text.replace("tom  userTask", "tom  userTask  assigned=15"), value=0.125)
    check("service-overlap-share", "× 30\na  A  0–9  human  userTask", status=Status.NOT_APPLICABLE, value=None)


def test_a_calendar_is_the_hours_between_the_first_and_the_last_worked_one_of_a_day():
    # Mondays of ten weeks, 9:10 and 16:50; one Tuesday at 3:00 in ten weeks is worked (a tenth), of eleven not
    def times(weeks: int) -> np.ndarray:
        mondays = [EPOCH + w * WEEKLY * MINUTE for w in range(weeks)]
        tuesday = EPOCH + 27 * HOUR
        return np.array([m + t * MINUTE for m in mondays for t in (550, 1010)] + [tuesday], dtype=np.int64)

    ten = calendar(times(10))
    assert [h for h, worked in enumerate(ten.worked) if worked] == [*range(9, 17), 27]
    begin, end = np.array([EPOCH, EPOCH]), np.array([EPOCH + 10 * HOUR, EPOCH + 3 * 168 * HOUR])
    assert ten.available(begin, end).tolist() == [HOUR, 27 * HOUR]
    eleven = calendar(times(11))
    assert not eleven.worked[27]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20), st.integers(0, 40)), max_size=12),
    st.integers(0, 30),
    st.integers(0, 40),
    st.integers(0, 70),
)
def test_the_five_causes_add_up_and_agree_with_a_grid(busy, ready, wait, together):
    """Minute by minute: the first cause of the list that holds."""
    rows = sorted((b, b + d, min(r, b)) for b, d, r in busy)
    begin, end, at = (np.array([r[k] for r in rows], dtype=np.int64) for k in range(3))
    # a unit of time here is a minute; even hours are worked
    begin, end, at = (v * MINUTE for v in (begin, end, at))
    desk = Desk(begin, end, at, Calendar(np.array([h % 2 == 0 for h in range(168)], dtype=np.int64)))
    start = ready + wait
    one = [np.array([v * MINUTE], dtype=np.int64) for v in (ready, start, together)]
    found = [part / MINUTE for part in causes(desk, *one)[0].tolist()]
    assert sum(found) == wait
    assert all(part >= 0 for part in found)
    grid = [0] * 5
    for minute in range(ready, start):
        if minute < together:
            grid[0] += 1
        elif any(b <= minute < e and r <= ready for b, e, r in rows):
            grid[1] += 1
        elif any(b <= minute < e for b, e, _ in rows):
            grid[2] += 1
        else:
            grid[3 if minute // 60 % 2 else 4] += 1
    assert found == grid
