"""Stretches without records: planted ones are found, and logs without them show one in at most five of a hundred."""

from __future__ import annotations

import random

import pytest

from poanalyzer.eventlog.gaps import gaps

#: Monday, 1 January 2024, in days since 1970.
MONDAY = 19_723


def poisson(source: random.Random, mean: float) -> int:
    """Return a Poisson number: arrivals of a unit-rate process before ``mean``."""
    n, at = 0, source.expovariate(1.0)
    while at < mean:
        n, at = n + 1, at + source.expovariate(1.0)
    return n


def office(source: random.Random, days: int, cases: float, rows: int = 1, weekend: float = 0.0, growth: float = 0.0):
    """Return hour → rows of an office that works from 8 to 18: ``cases`` a day, each of up to 2 · ``rows`` − 1 rows."""
    out: dict[int, int] = {}
    for day in range(days):
        mean = cases * (weekend if day % 7 >= 5 else 1.0) * (1 + growth * day)
        for _ in range(poisson(source, mean)):
            hour = (MONDAY + day) * 24 + source.randrange(8, 18)
            out[hour] = out.get(hour, 0) + source.randint(1, 2 * rows - 1)
    return out


@pytest.mark.parametrize(
    "kind",
    [
        {"days": 60, "cases": 20},
        {"days": 120, "cases": 3},
        {"days": 90, "cases": 10, "rows": 6},
        {"days": 60, "cases": 15, "weekend": 0.1},
        {"days": 60, "cases": 15, "growth": 0.02},
    ],
    ids=str,
)
def test_logs_without_a_gap_show_one_rarely(kind: dict[str, float]):
    source = random.Random(7)
    shown = sum(bool(gaps(office(source, **kind))) for _ in range(100))  # type: ignore[arg-type]
    assert shown <= 5


@pytest.mark.parametrize("rows", [1, 4])
def test_two_lost_days_are_found(rows: int):
    source = random.Random(3)
    for _ in range(20):
        hours = office(source, 120, 25, rows)
        whole = {h: n for h, n in hours.items() if h // 24 - MONDAY not in (36, 37)}
        (gap,) = gaps(whole)
        assert {MONDAY + 36, MONDAY + 37} <= set(gap.days)
        assert gap.expected == pytest.approx(2 * 25 * rows, rel=0.4)


def test_lost_hours_within_a_day_are_found():
    source = random.Random(5)
    hours = {
        h: n for h, n in office(source, 60, 100).items() if not (MONDAY + 30) * 24 + 9 <= h < (MONDAY + 30) * 24 + 14
    }
    (gap,) = gaps(hours)
    assert (gap.first - (MONDAY + 30) * 24, gap.last - (MONDAY + 30) * 24) == (9, 13)
    assert gap.p < 1e-10


def test_nights_weekends_and_short_logs_are_no_gaps():
    # ten rows in every working hour of every working day
    steady = {(MONDAY + d) * 24 + h: 10 for d in range(60) if d % 7 < 5 for h in range(8, 18)}
    assert gaps(steady) == ()
    assert gaps({h: n for h, n in steady.items() if h // 24 - MONDAY < 19}) == ()
    assert gaps({}) == ()


def test_a_slow_beginning_is_no_gap():
    # a case a day for two months, then a hundred
    slow = {(MONDAY + d) * 24 + 9: 1 for d in range(0, 60, 3)}
    busy = {(MONDAY + d) * 24 + h: 10 for d in range(60, 120) for h in range(8, 18)}
    assert not [g for g in gaps(slow | busy) if g.last < (MONDAY + 46) * 24]
