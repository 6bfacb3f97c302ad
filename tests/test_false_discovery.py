"""Where nothing is, nothing is found: families of tests under the null, with the uncorrected ones as controls."""

from __future__ import annotations

import numpy as np
import pytest

from poanalyzer.mine import drift, targeting, verdicts
from poanalyzer.mine.false_discovery import ALPHA, adjusted


def plausible(found: int, of: int) -> bool:
    """Return whether so many findings in ``of`` families come of a chance of 5 % each, but for one time in a thousand."""
    from scipy.stats import binom

    return bool(binom.sf(found - 1, of, ALPHA) > 0.001)


def quiet_days(random: np.random.Generator, days: int = 60, moved: bool = False) -> np.ndarray:
    """Counts of three classes a day whose shares differ from day to day; ``moved``: from the middle on in the mean too."""
    rows = []
    for day in range(days):
        shares = np.array([0.35, 0.3, 0.35] if moved and day >= days // 2 else [0.6, 0.3, 0.1])
        rows.append(random.multinomial(50, random.dirichlet(shares * 30)))
    return np.array(rows, dtype=float)


def test_by_hand():
    # 4 tests: .01·4/1, .02·4/2, .03·4/3, .5·4/4
    assert adjusted([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.04, 0.5, 0.04, 0.04])
    assert adjusted([]) == []
    assert adjusted([0.04]) == [0.04]


def test_families_of_true_nothings_find_something_once_in_twenty():
    random = np.random.default_rng(1)
    families = [random.random(40).tolist() for _ in range(600)]
    assert plausible(sum(min(adjusted(f)) < ALPHA for f in families), 600)
    assert sum(min(f) < ALPHA for f in families) > 400  # uncorrected, nearly all would


def test_the_share_of_false_ones_among_those_believed():
    # ten of forty are true effects (normal deviates around 3.5)
    from scipy.special import ndtr

    random = np.random.default_rng(2)
    shares = []
    for _ in range(500):
        deviates = random.normal(size=40)
        deviates[:10] += 3.5
        believed = [i for i, p in enumerate(adjusted((1 - ndtr(deviates)).tolist())) if p < ALPHA]
        shares.append(sum(i >= 10 for i in believed) / max(len(believed), 1))
    assert np.mean(shares) <= ALPHA + 3 * np.std(shares) / np.sqrt(500)


def test_drifts_among_many_quiet_processes():
    random = np.random.default_rng(3)
    families = [[quiet_days(random) for _ in range(8)] for _ in range(14)]
    found = sum(any(drift.credible(f, drift._pooled_chi_squared)) for f in families)
    assert plausible(found, 14)
    alone = sum(any(drift.credible([rows], drift._pooled_chi_squared)[0] for rows in f) for f in families)
    assert alone > found, "looked at one by one, quiet processes show drifts"


def test_a_drift_is_still_found_among_many_quiet_processes():
    random = np.random.default_rng(4)
    series = [quiet_days(random, moved=n == 17) for n in range(30)]
    found = drift.credible(series, drift._pooled_chi_squared)
    assert [n for n, points in enumerate(found) if points] == [17]
    assert abs(found[17][0][0] - 30) <= 2


def test_a_part_is_not_believed_where_its_whole_is_not():
    # the second half alone moves at its middle: what is found lies in stretches that were split where they should be
    random = np.random.default_rng(5)
    rows = np.concatenate([quiet_days(random, 40), quiet_days(random, 60, moved=True)])
    known = {(0, len(rows))}
    for k, chance, low, high in drift.credible([rows], drift._pooled_chi_squared)[0]:
        assert (low, high) in known and chance < ALPHA
        known |= {(low, k), (k, high)}
    assert len(known) >= 3


def test_aims_without_aim():
    """Ten processes whose releases touch elements at random: a lift is believed in one portfolio of twenty."""
    random = np.random.default_rng(6)

    def aims() -> tuple[targeting.Aim, ...]:
        names = [f"e{i}" for i in range(20)]
        return tuple(
            targeting.Aim("p", n, 20, frozenset(names[:4]), frozenset(random.choice(names, 3, replace=False).tolist()))
            for n in range(12)
        )

    families = [[targeting.chance_of(aims()) for _ in range(10)] for _ in range(40)]
    assert plausible(sum(min(adjusted(f)) < ALPHA for f in families), 40)
    assert sum(min(f) < ALPHA for f in families) > 8


def test_releases_that_changed_nothing():
    random = np.random.default_rng(7)

    def family() -> list[float]:
        rows = ((random.binomial(60, 0.1), random.binomial(60, 0.1)) for _ in range(20))
        return [verdicts._more_than_chance(verdicts._Compared(60, int(a), 60, int(b))) for a, b in rows]

    families = [family() for _ in range(150)]
    assert plausible(sum(min(adjusted(f)) < ALPHA for f in families), 150)
