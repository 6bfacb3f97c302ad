"""Intervals against published values, brute force and simulation."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.measure import interval
from poanalyzer.mine.blocks import Sums, Tail


def sums(pairs: list[tuple[int, int]]) -> Sums:
    """Return the sums of (numerator, denominator) over clusters, as the engine makes them."""
    return Sums(
        len(pairs), sum(x for x, _ in pairs), sum(y for _, y in pairs), sum(x * x for x, _ in pairs),
        sum(y * y for _, y in pairs), sum(x * y for x, y in pairs),
    )  # fmt: skip


# Wilson without continuity correction, as in Newcombe (1998), table I: 81/263, 15/148.
@pytest.mark.parametrize(("k", "n", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)])
def test_wilson_as_published(k: int, n: int, low: float, high: float):
    value, found_low, found_high, method = interval.proportion(k, n)
    assert (value, method) == (k / n, "Wilson")
    assert (found_low, found_high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


@pytest.mark.parametrize(("k", "n"), [(1, 10), (3, 10), (5, 20), (2, 300)])
def test_few_have_the_quantiles_of_jeffreys_posterior(k: int, n: int):
    from scipy.stats import beta

    value, low, high, method = interval.proportion(k, n)
    assert (value, method) == (k / n, "Jeffreys")
    assert (low, high) == pytest.approx(tuple(beta(k + 0.5, n - k + 0.5).ppf([0.025, 0.975])))


def test_none_seen_is_the_rule_of_three():
    assert interval.proportion(0, 59) == (0.0, 0.0, pytest.approx(1 - 0.05 ** (1 / 59)), "rule of three")
    assert interval.proportion(59, 59) == (1.0, pytest.approx(0.05 ** (1 / 59)), 1.0, "rule of three")


@given(st.integers(1, 500), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_proportions_are_symmetrical_and_wilson_solves_the_score_equation(n: int, share: float):
    k = round(n * share)
    value, low, high, method = interval.proportion(k, n)
    assert 0 <= low <= value <= high <= 1
    _, other_low, other_high, _ = interval.proportion(n - k, n)
    assert (other_low, other_high) == (pytest.approx(1 - high, abs=1e-9), pytest.approx(1 - low, abs=1e-9))
    for limit in (low, high) if method == "Wilson" else ():
        assert abs(value - limit) / math.sqrt(limit * (1 - limit) / n) == pytest.approx(1.959964, abs=1e-4)


def test_proportions_hold_the_truth_often_enough_whatever_it_is():
    """Exact coverage: Wilson's alone falls to 84 % near the ends."""
    from scipy.stats import binom

    for n in (10, 40, 200):
        limits = [interval.proportion(k, n)[1:3] for k in range(n + 1)]
        shares = np.linspace(0.002, 0.5, 250)
        held = [binom.pmf([k for k, (a, b) in enumerate(limits) if a <= p <= b], n, p).sum() for p in shares]
        assert min(held) > 0.88
        assert np.mean(held) == pytest.approx(0.955, abs=0.012)


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


# ---- blocks: days and weeks ---------------------------------------------------------------------------------------------


def blocked(x: np.ndarray, y: np.ndarray, day: np.ndarray) -> Sums:
    """Return the sums over cases, over their days and over their weeks."""

    def of(a: np.ndarray, b: np.ndarray) -> Sums:
        return sums(list(zip(a.astype(int).tolist(), b.astype(int).tolist(), strict=True)))

    def over(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _, index = np.unique(block, return_inverse=True)
        return np.bincount(index, x), np.bincount(index, y)

    weeks = over((day + 3) // 7)
    steps = of(*(np.diff(part) for part in weeks))
    return replace(of(x, y), days=of(*over(day)), weeks=replace(steps, n=len(weeks[1]), x=int(x.sum()), y=int(y.sum())))


def coverage(world: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray, np.ndarray]], truth: float,
             runs: int = 400, *, by_case: bool = False, **bounds: float | None) -> float:  # fmt: skip
    """Return how often the interval of Σx/Σy holds the truth; ``by_case``: as if cases were independent."""
    random_ = np.random.default_rng(11)
    held = 0
    for _ in range(runs):
        found = blocked(*world(random_))
        found = replace(found, days=None, weeks=None) if by_case else found
        _, low, high, _ = interval.ratio(found, **bounds)  # type: ignore[arg-type]
        held += low <= truth <= high
    return held / runs


def episodes(days: int, cases: int, *, bad: float = 0.0, spell: int = 1, shift: float = 0.0) -> Callable[..., Any]:
    """A world of cases with .06 episodes each, ten times as many on bad days (a share ``bad`` begins a spell of them)."""

    def draw(random_: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        at = random_.random(cases) * days
        begun = random_.random(days + spell) < bad
        hit = np.array([begun[d : d + spell].any() for d in range(days)])
        return random_.poisson(np.where(hit[at.astype(int)], 0.6, 0.06)), np.ones(cases), np.floor(at + shift)

    return draw


def expected(bad: float, spell: int = 1) -> float:
    share = 1 - (1 - bad) ** spell
    return 0.06 * (1 + 9 * share)


@pytest.mark.parametrize(("days", "cases"), [(12, 150), (30, 400), (60, 100), (60, 2000), (180, 400)])
def test_independent_cases_are_covered_whatever_blocks_are_looked_at(days: int, cases: int):
    assert 0.92 <= coverage(episodes(days, cases), 0.06, highest=None) <= 0.99


@pytest.mark.parametrize(
    ("days", "cases", "bad", "shift"),
    [(30, 400, 0.1, 0.0), (60, 400, 0.1, 0.25), (60, 2000, 0.1, 0.25), (180, 2000, 0.1, 0.25)],
)
def test_bad_days_are_covered_by_blocks_and_not_by_cases(days: int, cases: int, bad: float, shift: float):
    world = episodes(days, cases, bad=bad, shift=shift)
    assert coverage(world, expected(bad), highest=None) >= 0.88  # 90 % within what 400 runs tell
    assert coverage(world, expected(bad), by_case=True, highest=None) < 0.87


def test_outages_of_several_days_need_weeks():
    world = episodes(180, 2000, bad=0.03, spell=3)
    truth = expected(0.03, 3)
    whole = coverage(world, truth, highest=None)

    def only_days(random_: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, y, day = world(random_)
        return x, y, day * 7  # every day a week of its own

    assert whole >= 0.87
    assert coverage(only_days, truth, highest=None) < whole - 0.04


def test_a_release_that_changes_the_rate_is_no_noise():
    """Half of the time .03, half .09: the interval is of the whole, and hardly wider than by case."""

    def draw(random_: np.random.Generator) -> Sums:
        at = random_.random(2000) * 180
        return blocked(random_.poisson(np.where(at < 90, 0.03, 0.09)), np.ones(2000), np.floor(at))

    random_ = np.random.default_rng(14)
    widths, plain, held = [], [], 0
    for _ in range(200):
        found = draw(random_)
        _, low, high, _ = interval.ratio(found, highest=None)
        held += low <= 0.06 <= high
        widths.append(high - low)
        alone = interval.ratio(replace(found, days=None, weeks=None), highest=None)
        plain.append(alone[2] - alone[1])
    assert 0.92 <= held / 200 <= 0.995
    assert np.median(widths) < 1.3 * np.median(plain)


def test_case_rates_of_bad_days():
    def draw(random_: np.random.Generator, bad: float) -> Sums:
        day = random_.integers(0, 60, 600)
        hit = np.where(random_.random(60) < bad, 0.6, 0.06)
        return blocked((random_.random(600) < hit[day]).astype(int), np.ones(600), day)

    random_ = np.random.default_rng(12)
    for bad, least, control in ((0.0, 0.92, 1.0), (0.1, 0.89, 0.75)):
        truth = 0.06 + bad * 0.54
        drawn = [draw(random_, bad) for _ in range(300)]
        held = [interval.case_rate(d)[1] <= truth <= interval.case_rate(d)[2] for d in drawn]
        alone = [interval.proportion(d.x, d.y)[1] <= truth <= interval.proportion(d.x, d.y)[2] for d in drawn]
        assert np.mean(held) >= least
        assert np.mean(alone) <= control


def test_the_method_names_the_blocks_that_decide():
    day = np.repeat(np.arange(20), 20)
    bad = (day % 5 == 0).astype(int)
    found = blocked(bad, np.ones(400), day)
    assert interval.ratio(found, highest=None)[3] == "cluster-robust by day, 20 days"
    assert interval.case_rate(found)[3] == "Wilson, cluster-robust by day, 20 days"
    alike = blocked(np.tile([0, 1], 200), np.ones(400), day)
    assert interval.ratio(alike)[3] == "cluster-robust by case, 400 cases"
    assert interval.case_rate(alike)[3] == "Wilson"
    # 20 days of which 4 are all bad: as uncertain as 20 cases of which 4 are
    _, low, high, _ = interval.case_rate(found)
    _, few_low, few_high, _ = interval.proportion(4, 20)
    assert (high - low) == pytest.approx(few_high - few_low, rel=0.1)


def test_few_days_do_not_decide():
    day = np.repeat(np.arange(9), 40)
    bad = (day == 0).astype(int)
    assert interval.ratio(blocked(bad, np.ones(360), day), highest=None)[3] == "cluster-robust by case, 360 cases"


def test_few_clusters_near_an_end_are_covered():
    """Handled episodes: 20 in all, 85 % handled; the plain linearised interval holds in 92 %, and says 1 where all are."""

    def draw(random_: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        y = random_.integers(1, 3, 20)
        return random_.binomial(y, 0.85), y, np.zeros(20)

    assert 0.93 <= coverage(draw, 0.85) <= 0.99


# ---- times with a long tail ---------------------------------------------------------------------------------------------


def waits(cases: int, spread: float) -> Callable[[np.random.Generator], Sums]:
    """Cases of some work and a lognormal wait, in microseconds, with what a few long ones make necessary."""

    def draw(random_: np.random.Generator) -> Sums:
        x = random_.lognormal(0, 0.5, cases) * 6e8
        y = x + random_.lognormal(0, spread, cases) * 6e8
        pairs = [(int(a), int(b)) for a, b in zip(x, y, strict=True)]
        tenths = [(a // 100_000, b // 100_000) for a, b in pairs]
        tail = Tail(
            100_000, sum(a * a * b for a, b in tenths), sum(a * b * b for a, b in tenths),
            sum(b**3 for _, b in tenths), max(b for _, b in pairs),
        )  # fmt: skip
        return replace(sums(pairs), tail=tail)

    return draw


@pytest.mark.parametrize(("cases", "spread", "least"), [(100, 1.2, 0.9), (300, 1.2, 0.91), (100, 2.0, 0.84)])
def test_long_tails(cases: int, spread: float, least: float):
    random_ = np.random.default_rng(13)
    draw = waits(cases, spread)
    truth = math.exp(0.125) / (math.exp(0.125) + math.exp(spread**2 / 2))
    held = plain = 0
    for _ in range(400):
        found = draw(random_)
        value, low, high, _ = interval.ratio(found)
        assert low <= value <= high
        held += low <= truth <= high
        residual = found.xx - 2 * value * found.xy + value * value * found.yy
        plain += abs(value - truth) <= 1.96 * math.sqrt(residual * cases / (cases - 1)) / found.y
    assert held / 400 >= least
    assert held > plain


def test_a_case_that_outweighs_all_others_is_told():
    pairs = [(1, 10)] * 40 + [(10, 400)]
    tail = Tail(1, 0, 0, 0, 400)
    assert replace(sums(pairs), tail=tail).largest_share == 0.5
    assert sums(pairs).effective == pytest.approx(800**2 / (40 * 100 + 160_000))


def test_over_processes():
    # five alike in size whose values are 0, .2 … .8: their mean is .4 and the error of it sqrt(.1/5)
    low, high = interval.over_processes([Sums(40, 8 * i, 40, 0, 0, 0) for i in range(5)])
    assert low < 0.12 and high > 0.75
    logit = 2.776445 * math.sqrt(0.1 / 5) / 0.24
    odds = 0.4 / 0.6 * math.exp(logit)
    assert high == pytest.approx(odds / (1 + odds))
