"""Survival estimates against numbers worked out by hand and against lifelines."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from poanalyzer.mine.survival import Incidence, cumulative_incidence


def curve(rows: list[tuple[float, int]], kinds: int = 2, entries: list[float] | None = None) -> Incidence:
    times, ways = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows], float)
    entered = np.array(entries if entries is not None else [-1.0] * len(rows), float)
    return cumulative_incidence(times, ways, np.ones(len(rows)), entered, kinds)


def test_aalen_and_johansen_by_hand():
    # ten: 4 end in way 1 at 1 h, 2 in way 2 at 2 h, 1 is last seen at 3 h, 2 end in way 1 at 4 h, 1 goes on after 5 h
    rows = [(1, 1)] * 4 + [(2, 2)] * 2 + [(3, 0)] + [(4, 1)] * 2 + [(5, 0)]
    found = curve(rows)
    assert found.at(0.5) == [0.0, 0.0]
    assert found.at(1) == pytest.approx([0.4, 0.0])
    assert found.at(3) == pytest.approx([0.4, 0.2])
    # at 4 h three are at risk and S is 0.4: two thirds of 0.4 are added
    assert found.at(4) == pytest.approx([0.4 + 0.4 * 2 / 3, 0.2])
    assert found.at(5) == found.at(4)
    assert found.at(5.1) is None
    # area under S to 4 h: 1·1 + 0.6·1 + 0.4·2
    assert found.restricted_mean(4) == pytest.approx(2.4)
    assert found.restricted_mean(6) is None


def test_what_has_ended_for_all_is_known_for_ever():
    found = curve([(0, 1), (0, 1), (2, 2)])
    assert found.at(1_000) == pytest.approx([2 / 3, 1 / 3])
    assert found.restricted_mean(1_000) == pytest.approx(2 / 3)


def test_counts_of_like_subjects_are_subjects():
    one = curve([(1, 1), (1, 1), (1, 1), (2, 0)])
    two = cumulative_incidence(
        np.array([1.0, 2.0]), np.array([1.0, 0.0]), np.array([3.0, 1.0]), np.array([-1.0, -1.0]), 2
    )
    assert one.at(2) == two.at(2) == pytest.approx([0.75, 0.0])


def test_who_came_late_is_at_risk_only_afterwards():
    # three seen from the beginning end at 1, 4 and 6; one that had lasted 3 when it came into view ends at 5.
    # at risk: 3 at 1, then 2 + 1 = 3 at 4, 2 at 5, 1 at 6: S = 2/3 · 2/3 · 1/2 · 0
    found = curve([(1, 1), (4, 1), (6, 1), (5, 1)], kinds=1, entries=[-1, -1, -1, 3])
    assert list(found.survival) == pytest.approx([2 / 3, 4 / 9, 2 / 9, 0])
    # taken for one seen from the beginning it would make things look slower than they are
    assert curve([(1, 1), (4, 1), (6, 1), (5, 1)], kinds=1).survival[0] == pytest.approx(3 / 4)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_as_lifelines(seed: int):
    lifelines = pytest.importorskip("lifelines")
    rng = np.random.default_rng(seed)
    # no two times alike, and none 0: lifelines adds noise to ties, and leaves out what ends at once
    times = rng.permutation(np.arange(1, 201)).astype(float)
    ways = rng.choice([0, 1, 1, 2, 3], size=200)
    found = cumulative_incidence(times, ways.astype(float), np.ones(200), np.full(200, -1.0), 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for way in (1, 2, 3):
            fitter = lifelines.AalenJohansenFitter(calculate_variance=False).fit(times, ways, event_of_interest=way)
            for t in (10.0, 100.0, 190.0):
                theirs = fitter.cumulative_density_.loc[:t].iloc[-1, 0]
                assert found.at(t)[way - 1] == pytest.approx(theirs, abs=1e-12)
        kaplan = lifelines.KaplanMeierFitter().fit(times, ways > 0)
    assert found.survival[99] == pytest.approx(float(kaplan.predict(found.times[99])), abs=1e-12)
    # with one way to end it is Kaplan and Meier's, with late entry too
    entries = np.maximum(times - rng.uniform(1, 150, 200), -1.0)
    late = cumulative_incidence(times, (ways > 0).astype(float), np.ones(200), entries, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        delayed = lifelines.KaplanMeierFitter().fit(times, ways > 0, entry=np.maximum(entries, 0.0))
    for t in (50.0, 120.0):
        assert 1 - late.at(t)[0] == pytest.approx(float(delayed.predict(t)), abs=1e-12)


def test_completed_only_is_biased_low_where_censoring_is_heavy():
    # negative control: exponential with median 10, seen for at most 15: the share over by 15 of those that are over is 1
    rng = np.random.default_rng(1)
    lasting = rng.exponential(10 / np.log(2), 4_000)
    seen = rng.uniform(0, 15, 4_000)
    times, over = np.minimum(lasting, seen), lasting <= seen
    found = cumulative_incidence(times, over.astype(float), np.ones(4_000), np.full(4_000, -1.0), 1)
    assert found.at(10)[0] == pytest.approx(0.5, abs=0.03)
    assert np.mean(lasting[over] <= 10) > 0.9
