"""The probability of a level: by hand for one claim and two, with what they share, and as a property of all evidence."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from poanalyzer.rate import rate_model
from poanalyzer.rate.probability import DRAWS, Draws
from poanalyzer.report.words import chances
from poanalyzer.results import DriverResult, MetricResult, ModelResult

from .rating import COMPLETE, KEYS, POMM, changed, profile
from .test_rate_properties import LIVELY, SEEDS, body
from .test_rate_properties import rate as rate_any


def rate(rows: Sequence[MetricResult]) -> ModelResult:
    return rate_model(POMM, rows, KEYS, role_declared=True, config=COMPLETE)


def driver(result: ModelResult, name: str, process: str | None = "order") -> DriverResult:
    drivers = (
        result.drivers if process is None else next(p.drivers for p in result.processes if p.key == process)
    )  # fmt: skip
    return next(d for d in drivers if d.id == name)


def known(
    rows: Sequence[MetricResult], metric: str, value: float, error: float, **more: Any
) -> tuple[MetricResult, ...]:
    """Return the rows with one metric known with a standard error."""
    half = 1.959964 * error
    return changed(rows, metric, value=value, low=value - half, high=value + half, **more)


def test_what_is_known_exactly_is_certain() -> None:
    found = driver(rate(profile({"technology": 2})), "technology")
    assert found.distribution == (0.0, 0.0, 1.0, 0.0, 0.0)
    assert found.confidence == "high"


def test_a_claim_on_its_cut_is_even() -> None:
    # T2.4 of level 2 needs .15 and stands on it: met, and as likely not to be
    found = driver(rate(known(profile({"technology": 2}), "handled-exception-rate", 0.15, 0.02)), "technology")
    assert found.level.demonstrated == 2
    assert found.distribution == (0.0, 0.5, 0.5, 0.0, 0.0)
    assert found.confidence == "low"
    assert "chance may move the level" in found.confidence_reason


@pytest.mark.parametrize(("errors", "confidence"), [(1.0, "medium"), (0.5, "low"), (1.5, "high")])
def test_one_claim_has_the_probability_of_the_normal_distribution(errors: float, confidence: str) -> None:
    rows = known(profile({"technology": 2}), "handled-exception-rate", 0.15 + errors * 0.02, 0.02)
    found = driver(rate(rows), "technology")
    assert found.distribution is not None
    assert found.distribution[2] == pytest.approx(NormalDist().cdf(errors), abs=1 / DRAWS)
    assert found.confidence == confidence


def test_two_claims_that_share_nothing_multiply() -> None:
    # M2.2 needs outcome-observability of .95, M2.4 kpi-trackability of .15: each on its cut; level 2 needs both
    rows = known(profile({"measurement": 2}), "outcome-observability", 0.95, 0.01)
    rows = known(rows, "kpi-trackability", 0.15, 0.01)
    found = driver(rate(rows), "measurement")
    assert found.distribution is not None
    assert found.distribution[2] == pytest.approx(0.25, abs=0.02)
    assert sum(found.distribution) == pytest.approx(1)


def test_claims_of_one_row_hold_and_fail_together() -> None:
    # S1 is required of all three drivers: one row, on its cut of level 1, moves them together and not one by one
    rows = known(profile({"technology": 1, "delivery": 1, "measurement": 1}), "productive-processes", 1, 0.1)
    metrics = {use.metric for c in POMM.claims if c.id == "S1" for use in c.primaries}
    assert metrics == {"productive-processes"}
    found = rate(rows)
    assert all(
        driver(found, name).distribution == (0.5, 0.5, 0.0, 0.0, 0.0)
        for name in ("technology", "delivery", "measurement")
    )
    draws = Draws()
    assert (draws.of("a", "p") == draws.of("a", "p")).all()
    assert abs(np.corrcoef(draws.of("a", "p"), draws.of("b", "p"))[0, 1]) < 0.05
    assert abs(np.corrcoef(draws.of("a", "p"), draws.of("a", "q"))[0, 1]) < 0.05


def test_a_claim_that_just_fails_may_hold() -> None:
    # .03 below the cut of .15 with an error of .03: in one draw of six the level is 2 all the same
    found = driver(rate(known(profile({"technology": 2}), "handled-exception-rate", 0.12, 0.03)), "technology")
    assert found.level.demonstrated == 1
    assert found.distribution == pytest.approx((0, NormalDist().cdf(1), 1 - NormalDist().cdf(1), 0, 0), abs=1 / DRAWS)


def test_lower_is_better_and_intervals_may_be_lopsided() -> None:
    # D3.4 needs at most 24 h; 23 h, known to within 21 to 27: above by 4 h / 1.96, of which 1 h is half a deviation
    rows = changed(profile({"delivery": 3}), "time-to-restore", value=82_800.0, low=75_600.0, high=97_200.0, unit="s")
    found = driver(rate(rows), "delivery")
    assert found.distribution is not None
    assert found.distribution[3] == pytest.approx(NormalDist().cdf(1.959964 / 4), abs=1 / DRAWS)


def test_bounds_are_drawn_at_their_worse_end() -> None:
    # between .16 and .9: what counts is .16, known to within .02 below; that .9 is possible makes it no more certain
    rows = changed(
        profile({"technology": 2}), "handled-exception-rate", value=0.16, low=0.14, high=0.95, lower_bound=0.16,
        upper_bound=0.9,
    )  # fmt: skip
    found = driver(rate(rows), "technology")
    assert found.distribution is not None
    assert found.distribution[2] == pytest.approx(NormalDist().cdf(1.959964 / 2), abs=1 / DRAWS)


def test_shares_of_processes_are_drawn_process_by_process() -> None:
    # T3.4: half of the processes must have a lower limit of .5. Of five, two pass for certain and three stand on the
    # threshold with their limits: at least one of these passes in 7 of 8 draws
    rows = list(profile({"technology": 3}))
    for n, r in enumerate(rows):
        if r.id == "handled-exception-rate" and r.process in KEYS[2:]:
            rows[n] = changed([r], r.id, value=0.6, low=0.5, high=0.7)[0]
    found = driver(rate(rows), "technology", None)
    assert found.level.demonstrated == 3
    assert found.distribution is not None
    assert found.distribution[3] == pytest.approx(7 / 8, abs=0.015)


def test_processes_are_a_census_where_the_inputs_are_all_there_is() -> None:
    rows = known(profile({"measurement": 2}), "kpi-definition-coverage", 0.5, 0.2, n_unit="processes")
    assert driver(rate(rows), "measurement", None).distribution == (0.0, 0.0, 1.0, 0.0, 0.0)
    perhaps = rate_model(POMM, rows, KEYS, role_declared=True)
    assert max(driver(perhaps, "measurement", None).distribution or ()) == 0.5


def test_two_claims_that_read_one_row_are_no_two_chances() -> None:
    # M3.1 and M4.2 both need kpi-computability of .5: whoever reaches level 3 by it reaches level 4 by it
    rows = changed(profile({"measurement": 4}), "kpi-computability", value=0.5, low=0.4, high=0.6)
    found = driver(rate(rows), "measurement", None)
    assert found.level.demonstrated == 4
    assert found.distribution == (0.0, 0.0, 0.5, 0.0, 0.5)


class _Still(Draws):
    """Draws that all lie on the value."""

    def of(self, metric: str, process: str | None) -> Any:
        return np.zeros(DRAWS)


@given(SEEDS, LIVELY)
@settings(max_examples=60, deadline=None)
def test_draws_on_the_values_give_the_demonstrated_level(seed: int, lively: float) -> None:
    rows, _ = body(seed, lively)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("poanalyzer.rate.rater.Draws", _Still)
        found = rate_any(rows)
    for d in (*found.drivers, *(d for p in found.processes for d in p.drivers)):
        if d.source == "mined":
            assert d.distribution is not None and len(d.distribution) == 5
            assert d.distribution[d.level.demonstrated or 0] == 1


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_moves_nothing(seed: int) -> None:
    rows, rng = body(seed, 0.97)
    before = [d.distribution for d in rate_any(rows).drivers]
    rng.shuffle(rows)
    assert [d.distribution for d in rate_any(rows).drivers] == before


def test_in_words() -> None:
    assert chances((0.002, 0.128, 0.87, 0.0, 0.0)) == "level 2: 87 %, level 1: 13 %"
    assert chances((0.0, 1.0, 0.0)) == chances(None) == ""
