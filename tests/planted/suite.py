"""Everything that is checked at full size, as jobs: each belongs to a row of the acceptance table and can run by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import (
    changes,
    checks,
    concurrency,
    deliveries,
    fields,
    handovers,
    histories,
    hypotheses,
    intervals,
    levels,
    linkage,
    oddities,
    relations,
    waiting,
)
from .checks import Line

#: The rows of the page, in its order.
ROWS = {
    "A1/A3": "step coverage, its bounds, dark time; lost numbers, double records, clocks",
    "A4/A5": "hand-overs that the engine mediates, cases in one piece",
    "A8/A9, B": "shares and rates: intervals by case",
    "B1": "intervals where failures come on bad days",
    "B7": "time to restore under censoring",
    "B, C1": "every metric equal to what happened, each engine and each kind of failure",
    "profiles": "what an export cannot show is absent; plain logs; clean-up",
    "negative": "what cannot be recovered from a profile at all",
    "C1": "critical path where nothing waits",
    "C2": "concurrent pairs by overlap, and by order alone",
    "C4": "missed parallelism: hypotheses, never findings",
    "C5": "waiting by cause",
    "D": "fields filled in a planted share; units, clocks and gaps",
    "D9": "behaviour seen, Zipf variants",
    "E1–E5": "releases: schedule, adoption, defects, mending",
    "E6": "drift, and no drift under weekends and outages",
    "E effect": "what a release did, under a trend",
    "trend": "no trend, with clean-up and cases still running",
    "level": "levels and claims, what is said to be certain, and where nothing is said",
    "relations": "metamorphic relations and identities",
}


@dataclass(frozen=True)
class Job:
    """A check of one row: ``cases`` and ``replications`` are for the page."""

    row: str
    name: str
    run: Callable[[Path], list[Line]]
    cases: int
    replications: int = 1


@dataclass(frozen=True)
class Size:
    """How large a run is: replications, cases, seeds of the checks that compare number with number, share of their cases."""

    replications: int = 200
    sizes: tuple[int, ...] = (30, 100, 300, 1000)
    seeds: tuple[int, ...] = (1, 2, 3)
    share: float = 1.0

    def cases(self, whole: int) -> int:
        """Return the cases of a check that has so many at full size."""
        return max(40, round(whole * self.share))

    def some(self, part: int, least: int = 3) -> int:
        """Return a part of the replications, where each is a log of its own."""
        return max(least, self.replications // part)


def jobs(size: Size) -> list[Job]:
    """Return all jobs of a run."""
    out = [
        *_numbers(size),
        *_histories(size),
        *_coverage(size),
        *_intervals(size),
        *_parallel(size),
        *_fields(size),
        *_delivery(size),
        *_levels(size),
        *_relations(size),
    ]
    names = [job.name for job in out]
    assert len(set(names)) == len(names), "two jobs of one name"
    return out


def _numbers(size: Size) -> list[Job]:
    rows = {"exact": "B, C1", "hard": "B, C1", "repeated splits": "B, C1", "formats": "profiles", "absences": "profiles",
            "cleaned": "profiles", "metamorphic": "relations", "identities": "relations"}  # fmt: skip
    out = []
    for name, (check, sizes) in checks.by_name().items():
        cases = size.cases(sizes["cases"])
        for seed in size.seeds if name == "exact" else size.seeds[:1]:
            out.append(Job(rows[name], f"{name} {seed}", partial(check, cases=cases, seed=seed), cases))
    return out


def _histories(size: Size) -> list[Job]:
    found = (("profiles", histories.exact, 400), ("profiles", histories.floors, 200),
             ("negative", histories.negatives, 100), ("relations", histories.retold, 100))  # fmt: skip
    return [
        Job(row, f"histories, {run.__name__}", partial(run, cases=size.cases(n), seed=3), size.cases(n))
        for row, run, n in found
    ]


def _coverage(size: Size) -> list[Job]:
    n, whole = size.replications, size.cases(300)
    out = []
    for cases in (c for c in size.sizes if c <= 300):
        out.append(
            Job(
                "A1/A3", f"beside {cases}", partial(intervals.beside, replications=n, cases=cases, seed=cases), cases, n
            )
        )
    for seed in size.seeds:
        # what is lost by chance alone is looked at with every seed, the rest with one
        for loss in linkage.LOSSES if seed == size.seeds[0] else linkage.LOSSES[:4]:
            run = partial(linkage.linkage, cases=whole, seed=seed, losses=(loss,))
            out.append(Job("A1/A3", f"linkage, {loss}, seed {seed}", run, whole))
    for kept in (1.0, 0.8):
        for share in (0.1, 0.3, 0.6):
            run = partial(handovers.handovers, cases=whole, seed=3, share=share, kept=kept)
            out.append(Job("A4/A5", f"hand-overs {share:g} {kept:g}", run, whole))
        for share in (0.9, 0.5):
            run = partial(handovers.continuity, cases=whole, seed=3, linked=share, kept=kept)
            out.append(Job("A4/A5", f"continuity {share:g} {kept:g}", run, whole))
    out.append(Job("A1/A3", "one source less", partial(linkage.one_source_less, cases=whole, seed=3), whole))
    return out


def _intervals(size: Size) -> list[Job]:
    n = size.replications
    out = []
    for cases in size.sizes:
        run = partial(intervals.clustered, replications=n, cases=cases, seed=20 + cases)
        out.append(Job("A8/A9, B", f"clustered {cases}", run, cases, n))
    out.append(Job("B1", "bad days", partial(intervals.bad_days, replications=n, cases=600, seed=7), 600, n))
    out.append(Job("B7", "restoring", partial(intervals.restoring, replications=n, cases=200, seed=9), 200, n))
    return out


def _parallel(size: Size) -> list[Job]:
    out = [
        Job("C1", "critical path", partial(hypotheses.critical_path, cases=size.cases(300), seed=3), size.cases(300))
    ]
    for scenario in concurrency.SCENARIOS:
        for cases, n in ((500, size.some(7)), (5000, 3)) if "swapped" in scenario else ((500, size.some(7)),):
            run = partial(concurrency.oracles, replications=n, cases=cases, seed=cases, scenario=scenario)
            out.append(Job("C2", f"pairs, {scenario}, {cases}", run, cases, n))
    few = partial(concurrency.oracles, replications=size.replications, cases=20, seed=20, scenario="clean")
    out.append(Job("C2", "pairs, clean, 20", few, 20, size.replications))
    for cases in size.sizes:
        # at most so many cases in one log that none is left out of the sample
        n = max(1, min(size.replications, 18_000 // (6 * cases)))
        out.append(
            Job("C4", f"missed {cases}", partial(hypotheses.missed, replications=n, cases=cases, seed=cases), cases, n)
        )
        if cases >= 100:
            out.append(Job("C5", f"waiting {cases}", partial(waiting.causes, cases=cases, seed=cases), cases))
    return out


def _fields(size: Size) -> list[Job]:
    out = [
        Job("D", f"fields {cases}", partial(fields.fields, cases=cases, seed=cases), cases)
        for cases in size.sizes
        if cases <= 300
    ]
    out += [
        Job("D", f"unit {unit}", partial(oddities.granularity, unit=unit, cases=100, seed=3), 100)
        for unit in oddities.UNITS
    ]
    out.append(Job("D", "unlike units", partial(oddities.mixed, cases=100, seed=3), 100))
    for seconds in (-600.0, -5.0, 5.0, 600.0):
        out.append(Job("D", f"skew {seconds:g}", partial(oddities.skew, seconds=seconds, cases=100, seed=3), 100))
    for cases in size.sizes:
        n = size.some(5)
        if cases >= 100:
            out.append(
                Job("D", f"gaps {cases}", partial(oddities.gaps, replications=n, cases=cases, seed=cases), cases, n)
            )
        for slope, kinds in ((1.2, 60), (0.8, 60), (1.6, 300)):
            n = size.some(2)
            run = partial(checks.completeness, replications=n, cases=cases, seed=5, slope=slope, kinds=kinds)
            out.append(Job("D9", f"zipf {slope:g} of {kinds}, {cases}", run, cases, n))
    return out


def _delivery(size: Size) -> list[Job]:
    n = size.replications
    out = [Job("E1–E5", "schedule", partial(deliveries.schedule, cases=size.cases(600), seed=3), size.cases(600))]
    out.append(Job("E1–E5", "fitness", partial(deliveries.fitness, cases=size.cases(300), seed=3), size.cases(300)))
    for cases in (c for c in size.sizes if c >= 100):
        for ratio in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0) if cases in (300, 1000) else (3.0,):
            k = size.some(4)
            run = partial(deliveries.defects, replications=k, cases=cases, ratio=ratio, seed=cases)
            out.append(Job("E1–E5", f"defects {ratio:g}, {cases}", run, cases, k))
        for name, (shift, ramp) in _EFFECTS.items():
            run = partial(changes.effects, replications=n, cases=cases, seed=cases, shift=shift, ramp=ramp)
            out.append(Job("E effect", f"{name}, {cases}", run, cases, n))
        cleaned = partial(changes.cleaned_up, replications=n, cases=cases, seed=cases)
        out.append(Job("E effect", f"no effect, cleaned up, {cases}", cleaned, cases, n))
        k = size.some(10)
        out.append(
            Job("E6", f"drift {cases}", partial(changes.drift, replications=k, cases=cases, seed=cases), cases, k)
        )
        if cases >= 300:
            k = size.some(5)
            out.append(
                Job("E6", f"quiet {cases}", partial(changes.quiet, replications=k, cases=cases, seed=cases), cases, k)
            )
            k = size.some(4)
            out.append(
                Job(
                    "trend",
                    f"no trend {cases}",
                    partial(changes.no_trend, replications=k, cases=cases, seed=cases),
                    cases,
                    k,
                )
            )
    return out


#: What the release adds to the logarithm of durations, and days in which both versions start.
_EFFECTS = {"no effect": (0.0, 0.0), "a quarter faster": (-0.3, 0.0), "both versions at once": (-0.3, 40.0)}


def _levels(size: Size) -> list[Job]:
    out = [Job("level", "shipped model", partial(levels.shipped, cases=size.cases(300), seed=3), size.cases(300))]
    out.append(Job("level", "thinned", partial(levels.thinned, replications=50, cases=60, seed=3), 60, 50))
    for cases in (20, *size.sizes):
        # few claims of many cases are in doubt: calibration needs more of them
        n = size.replications * (2 if 30 <= cases <= 300 else 1)
        run = partial(levels.levels, replications=n, cases=cases, seed=cases)
        out.append(Job("level", f"bands {cases}", run, cases, n))
    return out


def _relations(size: Size) -> list[Job]:
    cases = size.cases(100)
    out = [
        Job("relations", name, partial(check, cases=cases, seed=3), cases)
        for name, check in {
            "invariances": relations.invariances, "tables": relations.tables, "nobody": relations.nobody,
            "monotone": relations.monotone,
        }.items()
    ]  # fmt: skip
    for gone in (*relations.LEVELS, *relations.TABLES):
        out.append(
            Job("relations", f"less: {gone}", partial(relations.less, cases=cases, seed=3, without=(gone,)), cases)
        )
    return out
