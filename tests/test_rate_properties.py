"""What no evidence may break: withholding never helps, improving never hurts, shown ≤ possible."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.config import Config
from poanalyzer.maturity import Use
from poanalyzer.rate import rate_model
from poanalyzer.results import Claim, DriverResult, Level, MetricResult, ModelResult, Status

from .rating import COMPLETE, POMM, missing, row

KEYS = ("order", "claim")
SCOPES = (None, *KEYS)
USES: dict[str, list[Use]] = {}
for _claim in POMM.claims:
    for _use in _claim.uses:
        USES.setdefault(_use.metric, []).append(_use)

STATUSES = (Status.NOT_AVAILABLE, Status.INSUFFICIENT, Status.ERROR, Status.NOT_APPLICABLE, Status.NOT_SUPPORTED)
GONE = (Status.NOT_AVAILABLE, Status.INSUFFICIENT, Status.ERROR)


def value_of(use: Use, rng: random.Random) -> float:
    """Return a value near the cuts, on them, or far beyond them; mostly good ones, so that levels are reached."""
    first, second, third = use.cuts
    far = third * 2 + 1 if use.direction == "up" else third * 0.2
    poor = first * 0.5 if use.direction == "up" else first * 2 + 0.1
    choices = [poor, first, (first + second) / 2, second, (second + third) / 2, third, far]
    return rng.choices(choices, weights=[1, 1, 1, 2, 2, 6, 6])[0]


def some_row(metric: str, process: str | None, rng: random.Random, lively: float) -> MetricResult:
    if rng.random() > lively:
        return row(metric, None, process, status=rng.choice(STATUSES), reason="so", unlock="do")
    if metric == "log-grade":
        return row(metric, float(rng.choice([2, 3, 4, 4, 4, 4, 4])), process)
    use = rng.choice(USES[metric])
    value = value_of(use, rng)
    if use.threshold is not None and rng.random() < 0.5:
        value = float(rng.choice([0, 1, 1, 1]))
    spread = rng.choice([None, 0.0, 0.1 * abs(value), 0.6 * abs(value)])
    fields: dict[str, object] = {}
    if spread is not None:
        fields |= {"low": value - spread, "high": value + spread}
        if rng.random() < 0.3:
            fields |= {"lower_bound": value - spread / 2, "upper_bound": value + spread / 2}
    basis = rng.choices(["observed", "inferred", "declared"], weights=[20, 1, 1])[0]
    return row(metric, value, process, basis=basis, facets=(rng.choice(["F1", "F2"]),), **fields)


METRICS = (*POMM.metrics, "log-grade", "step-coverage", "automation-rate")
USES |= {area: USES["time-coverage"] for area in METRICS if area not in USES and area != "log-grade"}
SEEDS = st.integers(0, 2**32)
LIVELY = st.sampled_from([0.6, 0.9, 0.97, 1.0])


def body(seed: int, lively: float) -> tuple[list[MetricResult], random.Random]:
    """Return random evidence, and the generator for what is done to it."""
    rng = random.Random(seed)
    return [some_row(metric, process, rng, lively) for metric in METRICS for process in SCOPES], rng


def rate(rows: list[MetricResult], config: Config = COMPLETE) -> ModelResult:
    return rate_model(POMM, rows, KEYS, role_declared=True, config=config, volumes={"order": 3, "claim": 1})


def levels(result: ModelResult) -> Iterator[tuple[str, Level]]:
    """Return the mined levels at both scopes."""
    for driver in result.drivers:
        if driver.source == "mined":
            yield driver.id, driver.level
    for process in result.processes:
        for driver in process.drivers:
            yield f"{process.key} {driver.id}", driver.level


def rated(result: ModelResult) -> Iterator[tuple[tuple[str | None, str, str], Claim]]:
    """Return the required claims at both scopes."""
    drivers: list[tuple[str | None, DriverResult]] = [(None, driver) for driver in result.drivers]
    drivers += [(process.key, driver) for process in result.processes for driver in process.drivers]
    for key, driver in drivers:
        for claim in driver.claims:
            if claim.required:
                yield (key, driver.id, claim.id), claim


def withheld(rows: list[MetricResult], rng: random.Random) -> list[MetricResult]:
    """Return the rows with some dropped and some no longer available; at times a whole metric."""
    gone = {rng.choice(rows).id for _ in range(rng.randint(0, 3))}
    chance = rng.choice([0.0, 0.02, 0.2])
    kept = []
    for r in rows:
        if r.id in gone or rng.random() < chance:
            if rng.random() < 0.5:
                kept.append(missing(r, rng.choice(GONE)))
        else:
            kept.append(r)
    return kept


@settings(max_examples=300, deadline=None)
@given(SEEDS, LIVELY, st.booleans())
def test_withholding_evidence_never_raises_a_level(seed: int, lively: float, complete: bool) -> None:
    rows, rng = body(seed, lively)
    config = COMPLETE if complete else Config()
    whole, part = rate(rows, config), rate(withheld(rows, rng), config)
    full = dict(levels(whole))
    for key, level in levels(part):
        assert level.demonstrated is not None
        assert full[key].demonstrated is not None
        assert level.demonstrated <= full[key].demonstrated, key
        # what was shown with all evidence stays possible without some of it
        assert level.potential is None or full[key].demonstrated <= level.potential, key
    claims = dict(rated(whole))
    for name, claim in rated(part):
        assert not (claim.met and claims[name].met is False), name
        assert not (claims[name].met and claim.potential is False), name


@settings(max_examples=300, deadline=None)
@given(SEEDS, LIVELY, st.booleans())
def test_improving_a_metric_never_lowers_a_level(seed: int, lively: float, complete: bool) -> None:
    rows, rng = body(seed, lively)
    config = COMPLETE if complete else Config()
    metric = rng.choice([r.id for r in rows])
    sign = 1 if metric == "log-grade" or USES[metric][0].direction == "up" else -1
    step = sign * rng.choice([1e-6, 0.05, 0.3, 1.0, 5.0])

    def better(r: MetricResult) -> MetricResult:
        def moved(x: float | None) -> float | None:
            return None if x is None else x + step

        return replace(
            r, value=moved(r.value), low=moved(r.low), high=moved(r.high),
            lower_bound=moved(r.lower_bound), upper_bound=moved(r.upper_bound),
        )  # fmt: skip

    before = dict(levels(rate(rows, config)))
    after = dict(levels(rate([better(r) if r.id == metric else r for r in rows], config)))
    for key, level in after.items():
        old = before[key]
        assert (level.demonstrated or 0) >= (old.demonstrated or 0), (key, metric)
        if old.potential is not None and level.potential is not None:
            assert level.potential >= old.potential, (key, metric)


@settings(max_examples=300, deadline=None)
@given(SEEDS, LIVELY)
def test_shown_is_possible_and_levels_are_staged(seed: int, lively: float) -> None:
    rows, _ = body(seed, lively)
    result = rate(rows)
    for key, level in levels(result):
        assert level.demonstrated is not None
        assert 0 <= level.demonstrated <= 4
        assert level.potential is None or level.demonstrated <= level.potential, key
    for driver in result.drivers:
        if driver.source != "mined":
            continue
        # every claim of an attained level that was rated is met
        for claim in driver.claims:
            if claim.required and claim.rating is not None and claim.level <= (driver.level.demonstrated or 0):
                assert claim.met, claim.id
        assert {change.kind for change in driver.changes} <= {"raise", "unlock", "hold"}
        for claim in driver.claims:
            assert (claim.status is Status.MEASURED) == (claim.rating is not None), claim.id
            assert claim.met is not True or claim.potential is True


def test_the_bodies_reach_every_level() -> None:
    """The properties above would be empty if random evidence never showed a level."""
    seen = set()
    for seed in range(400):
        rows, _ = body(seed, (0.9, 0.97, 1.0)[seed % 3])
        seen |= {level.demonstrated for _, level in levels(rate(rows))}
    assert seen >= {0, 1, 2, 3}
