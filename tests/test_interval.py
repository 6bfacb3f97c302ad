"""Intervals against published values, brute force and simulation."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.measure import interval
from poanalyzer.measure.interval import Sums


def sums(pairs: list[tuple[int, int]]) -> Sums:
    """Return the sums of (numerator, denominator) over clusters, as the engine makes them."""
    return Sums(
        len(pairs), sum(x for x, _ in pairs), sum(y for _, y in pairs), sum(x * x for x, _ in pairs),
        sum(y * y for _, y in pairs), sum(x * y for x, y in pairs),
    )  # fmt: skip


# Wilson without continuity correction, as in Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29.
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(k: int, n: int, low: float, high: float):
    value, found_low, found_high, method = interval.proportion(k, n)
    assert (value, method) == (k / n, "Wilson")
    assert (found_low, found_high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


@given(st.integers(1, 500), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_wilson_solves_the_score_equation_and_is_symmetrical(n: int, share: float):
    k = round(n * share)
    value, low, high, _ = interval.proportion(k, n)
    assert 0 <= low <= value <= high <= 1
    _, other_low, other_high, _ = interval.proportion(n - k, n)
    assert (other_low, other_high) == (pytest.approx(1 - high, abs=1e-12), pytest.approx(1 - low, abs=1e-12))
    for limit in (low, high):
        if 0 < limit < 1:
            assert abs(value - limit) / math.sqrt(limit * (1 - limit) / n) == pytest.approx(1.959964, abs=1e-4)


def test_the_ratio_agrees_with_a_jackknife_that_leaves_out_each_case():
    rng = random.Random(7)
    for n in (30, 60, 300):
        pairs = [(rng.randint(0, y), y) for y in (rng.randint(1, 12) for _ in range(n))]
        value, low, high, _ = interval.ratio(sums(pairs))
        x, y = sum(p[0] for p in pairs), sum(p[1] for p in pairs)
        drawn = [(x - a) / (y - b) for a, b in pairs]
        mean = sum(drawn) / n
        error = math.sqrt((n - 1) / n * sum((d - mean) ** 2 for d in drawn))
        assert value == x / y
        assert (high - low) / 2 == pytest.approx(error * 2.0, rel=0.1)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=40))
@settings(max_examples=80, deadline=None)
def test_the_ratio_stays_in_its_range_and_holds_its_value(pairs: list[tuple[int, int]]):
    pairs = [(min(x, y), y) for x, y in pairs]
    value, low, high, _ = interval.ratio(sums(pairs))
    assert 0 <= low <= value <= high <= 1
    twice = interval.ratio(sums(pairs * 2))
    assert twice[0] == value
    if len(pairs) > 1:
        assert twice[2] - twice[1] <= high - low + 1e-9


def test_sums_of_microseconds_lose_nothing():
    # a year-long case beside one of a microsecond: squares of 3·10¹³ are beyond 64 bits, and are exact integers here
    year = 365 * 86_400_000_000
    value, low, high, _ = interval.ratio(sums([(year, year), (0, 1), (year - 1, year)]), highest=None)
    assert value == (2 * year - 1) / (2 * year + 1)
    assert low <= value <= high


def test_no_variance_is_no_certainty():
    # 59 like cases: up to 5 % unlike ones could have been missed (1 − .05^(1/59) = .0495)
    missed = 1 - 0.05 ** (1 / 59)
    assert missed == pytest.approx(0.0495, abs=1e-4)
    assert interval.ratio(sums([(0, 2)] * 59))[:3] == (0.0, 0.0, pytest.approx(missed))
    assert interval.ratio(sums([(2, 2)] * 59))[:3] == (1.0, pytest.approx(1 - missed), 1.0)
    value, low, high, method = interval.ratio(sums([(1, 2)] * 59))
    assert (value, low, high) == (0.5, pytest.approx(0.5 - missed / 2), pytest.approx(0.5 + missed / 2))
    assert "rule of three" in method
    assert interval.ratio(sums([(2, 2)] * 59), lowest=1.0, highest=None)[:2] == (1.0, 1.0)


def test_one_case_says_nothing():
    assert interval.ratio(sums([(1, 2)]))[:3] == (0.5, 0.0, 1.0)
    assert interval.ratio(sums([(1, 2)]), highest=None)[1:3] == (0.0, math.inf)


# Garwood (1936): exact limits of a Poisson count.
@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (10, 4.7954, 18.3904)]
)
def test_poisson_limits_as_published(events: int, low: float, high: float):
    assert interval.rate(events, 1.0) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))
    assert interval.rate(events, 10.0)[1] == pytest.approx(high / 10, abs=1e-5)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    # leave-one-out means of a sample: the jackknife's error equals s/√n
    data = [1.0, 2.0, 4.0, 7.0, 11.0]
    n, mean = len(data), sum(data) / len(data)
    drawn = [(sum(data) - d) / (n - 1) for d in data]
    error = math.sqrt(sum((d - mean) ** 2 for d in data) / (n - 1) / n)
    low, high = interval.jackknife(drawn, mean, -math.inf)
    assert (mean - low, high - mean) == (pytest.approx(2.776445 * error), pytest.approx(2.776445 * error))
    assert interval.jackknife(drawn, mean, 4.9)[0] == 4.9


def test_clusters_cover_where_events_taken_as_independent_do_not():
    # the automation rate of cases that differ from one another (Beta(1.5, 1) a case, 20 rows each): truth .6
    rng = random.Random(2024)
    by_case = by_event = 0
    runs = 400
    for _ in range(runs):
        pairs = []
        for _ in range(60):
            p = rng.betavariate(1.5, 1.0)
            pairs.append((sum(rng.random() < p for _ in range(20)), 20))
        _, low, high, _ = interval.ratio(sums(pairs))
        by_case += low <= 0.6 <= high
        x, y = sum(p[0] for p in pairs), sum(p[1] for p in pairs)
        _, low, high, _ = interval.proportion(x, y)
        by_event += low <= 0.6 <= high
    assert 0.925 <= by_case / runs <= 0.975
    assert by_event / runs < 0.75


def test_the_survival_median_is_scipys():
    from scipy.stats import CensoredData, ecdf

    random = np.random.default_rng(5)
    for size in (12, 40, 300):
        times = np.round(random.exponential(10, size), 1) + 0.1
        censored = random.random(size) < 0.3
        curve = ecdf(CensoredData(uncensored=times[~censored], right=times[censored])).sf
        with np.errstate(all="ignore"):
            band = curve.confidence_interval(method="log-log")
        found = interval.survival_median(times, censored)
        for got, curve_of in zip(found, (curve, band.low, band.high), strict=True):
            below = [t for t, s in zip(curve.quantiles, curve_of.probabilities, strict=True) if s <= 0.5]
            assert got == (pytest.approx(below[0]) if below else None)
