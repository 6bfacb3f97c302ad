"""The acceptance checks: worlds are simulated, told, measured, and the measurements held against the ledger.

Each check returns lines: what was compared, the truth, what was found, and whether that is accepted. Sizes are arguments, so
that the tests run small and ``python -m tests.planted`` at full size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from . import corrupt, transform, truth, worlds
from .analyser import Measured, measure
from .blocks import Choice, Loop, Mix, Parallel, Process, Task, World
from .blocks import Sequence as Steps
from .ledger import DAY, Ledger, Release, trees
from .renderers import camunda7, plain, zeebe
from .world import BEGINNING, simulate

METRICS = tuple(truth.TRUTHS)
#: What a plain log, too, has: work with both times and who did it.
IN_PLAIN_LOGS = (
    "automation-rate", "touchless-rate", "rework-rate", "overlap-share", "mean-active-concurrency", "parallel-case-share",
    "flow-efficiency",
)  # fmt: skip
OF_FAILURES = (
    "first-attempt-success", "retry-amplification", "handled-exception-rate", "retry-effectiveness", "containment",
    "exception-rate", "incident-free-rate", "time-to-restore", "recovery-24h",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One comparison. ``bias``, ``coverage``: where it measures one; ``control``: it must fail, and is accepted if it does."""

    check: str
    what: str
    truth: str
    found: str
    accepted: bool
    rule: str = "equal to 1e-9"
    bias: float | None = None
    coverage: float | None = None
    control: bool = False


def wrong(lines: Iterable[Line]) -> list[str]:
    """Return the lines that are not accepted, in words."""
    return [f"{x.check}: {x.what}: truth {x.truth}, found {x.found} ({x.rule})" for x in lines if not x.accepted]


def same(a: float | None, b: float | None) -> bool:
    """Return whether two values are equal to 1e-9, or both absent."""
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def _against(check: str, ledger: Ledger, found: Measured, metrics: Sequence[str] = METRICS) -> list[Line]:
    keys: list[str | None] = [*sorted({c.process for c in ledger.cases.values()}), None]
    lines = []
    for metric in metrics:
        for key in keys:
            expected, got = truth.TRUTHS[metric](ledger, key), found.value(metric, key)
            what = f"{metric}, {key or 'all processes'}"
            lines.append(Line(check, what, _shown(expected), _shown(got), same(expected, got)))
    return lines


# --- the numbers themselves -------------------------------------------------------------------------------------------


def exact(folder: Path, cases: int, seed: int) -> list[Line]:
    """Every metric of the world that has everything, told by Camunda 7 (jobs, external tasks) and by Zeebe."""
    lines = []
    for services in ("job", "external"):
        world = worlds.everything(cases, seed, services, fatal=True)
        ledger = simulate(world)
        found = measure([camunda7.render(ledger, world, folder / f"c7-{services}-{seed}")], METRICS)
        check = f"Camunda 7, {services}"
        lines += [*_against(check, ledger, found), dispositions(check, ledger, found)]
    world = worlds.everything(cases, seed, "external", fatal=False)
    ledger = simulate(world)
    found = measure([zeebe.render(ledger, world, folder / f"zeebe-{seed}")], METRICS)
    return lines + _against("Zeebe", ledger, found) + [dispositions("Zeebe", ledger, found)]


def dispositions(check: str, ledger: Ledger, found: Measured) -> Line:
    """Compare how episodes ended. With one number a process and disposition the matched share is the F1 at best."""
    planted = truth.confusion(ledger)
    matched = sum((planted & found.episodes).values())
    f1 = 2 * matched / (sum(planted.values()) + sum(found.episodes.values()))
    told = f"{sum(planted.values())} episodes"
    return Line(check, "dispositions", told, f"F1 {f1:.4f}", f1 >= 0.98, "F1 ≥ .98")


def formats(folder: Path, cases: int, seed: int) -> list[Line]:
    """One world told five ways gives one number, as far as each can say it."""
    body = Steps((
        Task("enter", "user", 8.0),
        Parallel("prepare", (Task("pick", "user", 40.0), Task("print_label", "external", 3.0, hazard=0.3))),
        Loop("right", Task("check", "external", 2.0), again=0.2),
        Choice("size", ((0.4, Task("ship", "external", 2.0)), (0.6, Task("ship_by_hand", "user", 9.0)))),
    ))  # fmt: skip
    world = World((Process("orders", body, cases),), seed=seed, quiet=20, mix=Mix(0.7, 0, 0.3, 0, 0, 0))
    ledger = simulate(world)
    accounts = {"accounts": {"bot": ["*-worker"], "human": ["clerks-*"]}}
    table = plain.table(ledger, "orders", folder / "csv" / "orders.csv")
    told = {
        "Camunda 7": measure([camunda7.render(ledger, world, folder / "c7")], METRICS),
        "Zeebe": measure([zeebe.render(ledger, world, folder / "c8")], METRICS),
        "XES": measure([plain.xes(ledger, "orders", folder / "xes" / "orders.xes")], METRICS, accounts),
        "CSV": measure([table], METRICS, accounts),
    }
    lines = []
    for name, found in told.items():
        whole = METRICS if name in ("Camunda 7", "Zeebe") else IN_PLAIN_LOGS
        for metric in whole:
            expected, got = truth.TRUTHS[metric](ledger, None), found.value(metric, None)
            lines.append(Line(f"formats, {name}", metric, _shown(expected), _shown(got), same(expected, got)))
        for metric in (m for m in OF_FAILURES if m not in whole):
            result = found.results[metric, None]
            absent = result.value is None and result.status.value in ("not-available", "not-supported")
            lines.append(Line(f"formats, {name}", metric, "absent", f"{result.status.value} {_shown(result.value)}", absent,
                              "absent, never 0"))  # fmt: skip
    return lines


# --- absence ----------------------------------------------------------------------------------------------------------


def absences(folder: Path, cases: int, seed: int) -> list[Line]:
    """What an export cannot show is absent, never 0, and nothing else moves."""
    world = worlds.everything(cases, seed, "external")
    ledger = simulate(world)
    whole = camunda7.render(ledger, world, folder / "whole")
    attempts = ("first-attempt-success", "retry-amplification")
    incidents = ("incident-free-rate", "time-to-restore")
    both = ("handled-exception-rate", "retry-effectiveness", "containment", "exception-rate", "recovery-24h")
    profiles = {
        "history level activity": (corrupt.at_level(whole, 1), OF_FAILURES),
        "history level audit": (corrupt.at_level(whole, 2), OF_FAILURES),
        "no incident table": (corrupt.without(whole, "HI_INCIDENT"), (*incidents, *both)),
        "no logs of jobs": (corrupt.without(whole, "HI_JOB_LOG", "HI_EXT_TASK_LOG"), (*attempts, *both)),
    }
    lines = []
    for name, (export, absent) in profiles.items():
        found = measure([export], METRICS)
        for metric in METRICS:
            result, expected = found.results[metric, None], truth.TRUTHS[metric](ledger, None)
            if metric in absent:
                right = result.value is None and result.status.value in ("not-available", "not-supported")
                lines.append(Line(name, metric, "absent", f"{result.status.value} {_shown(result.value)}", right,
                                  "absent, never 0"))  # fmt: skip
            else:
                lines.append(Line(name, metric, _shown(expected), _shown(result.value), same(expected, result.value)))
    return lines


# --- what may not change a number -------------------------------------------------------------------------------------


def metamorphic(folder: Path, cases: int, seed: int) -> list[Line]:
    """Orders, names, clocks, gateways, callers, twofold rows and split incidents change nothing that they should not."""
    world = worlds.everything(cases, seed, "job")
    base = camunda7.render(simulate(world), world, folder / "base")
    first = measure([base], METRICS)
    keys = [*worlds.keys(world), None]
    lines: list[Line] = []

    def compare(
        name: str, other: Measured, names: Sequence[str] = METRICS, over: Sequence[str | None] = tuple(keys)
    ) -> None:
        for metric in names:
            for key in over:
                a, b = first.value(metric, key), other.value(metric, key)
                lines.append(Line(name, f"{metric}, {key or 'all processes'}", _shown(a), _shown(b), same(a, b)))

    compare("rows shuffled", measure([corrupt.shuffled(base)], METRICS))
    compare("rows twice", measure([corrupt.doubled(base)], METRICS))
    plainly = {"project": {"timezone": "UTC"}}
    utc = camunda7.render(simulate(world), world, folder / "utc", "UTC")
    compare("in universal time", measure([utc], METRICS, plainly))
    compare("seven days later", measure([corrupt.later(utc, timedelta(days=7))], METRICS, plainly))
    zone = camunda7.render(simulate(world), world, folder / "zone", "America/New_York")
    compare("another time zone", measure([zone], METRICS, {"project": {"timezone": "America/New_York"}}))
    for name, change in (("gateways added", transform.with_controls), ("steps renamed", transform.renamed)):
        other = change(world)
        compare(name, measure([camunda7.render(simulate(other), other, folder / change.__name__)], METRICS))
    other = transform.wrapped(world)
    called = measure([camunda7.render(simulate(other), other, folder / "wrapped")], METRICS)
    # a called case keeps its caller waiting, so that containment does change
    compare("called by another process", called, [m for m in METRICS if m != "containment"])
    compare("called by another process", called, ["containment"], ["claims-payment"])
    split = transform.split_incidents(simulate(world))
    parted = measure([camunda7.render(split, world, folder / "split")], METRICS)
    compare("incidents split", parted, ("exception-rate", "handled-exception-rate", "incident-free-rate", "containment",
                                        "retry-effectiveness", "recovery-24h", "first-attempt-success"))  # fmt: skip
    return lines


def cleaned(folder: Path, cases: int, seed: int) -> list[Line]:
    """Where the clean-up has removed what ended early, the numbers are those of what is left."""
    world = worlds.everything(cases, seed, "job")
    ledger = simulate(world)
    whole = camunda7.render(ledger, world, folder / "whole")
    until = BEGINNING + 30 * DAY
    gone = {c.id for tree in trees(ledger) for c in tree if (ledger.cases[c.root].end or until) < until}
    found = measure([corrupt.cleaned(whole, {str(case) for case in gone})], METRICS)
    ledger.cases = {k: c for k, c in ledger.cases.items() if k not in gone}
    ledger.instances = {k: i for k, i in ledger.instances.items() if i.case not in gone}
    ledger.episodes = [e for e in ledger.episodes if e.case not in gone]
    return _against("cleaned up", ledger, found)


def identities(folder: Path, cases: int, seed: int) -> list[Line]:
    """What must hold between the numbers of one run."""
    world = replace(
        worlds.everything(cases, seed),
        processes=(worlds.straight("left", cases), worlds.straight("solo", cases)),
        withdrawn=0.0,
    )
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / "pair")], METRICS)
    lines = []
    for metric in METRICS:
        rows = [found.results[metric, key] for key in ("left", "solo")]
        if any(r.denominator is None for r in rows):
            continue
        merged = sum(r.numerator for r in rows) / sum(r.denominator for r in rows)
        whole = found.value(metric, None)
        lines.append(Line("union of processes", metric, _shown(merged), _shown(whole), same(merged, whole), "Σ/Σ"))
    for key in ("left", "solo", None):
        share, concurrency = found.value("overlap-share", key), found.value("mean-active-concurrency", key)
        assert share is not None and concurrency is not None
        right = concurrency >= 1 and (same(concurrency, 1.0) == same(share, 0.0))
        what = f"{concurrency:.6g}, {share:.6g}"
        lines.append(
            Line("identities", "concurrency 1 only without overlap", "holds", what, right, "≥ 1, and 1 iff no overlap")
        )
    total = sum(found.episodes.values())
    lines.append(Line("identities", "dispositions add up to episodes", str(len(ledger.episodes)), str(total),
                      total == len(ledger.episodes)))  # fmt: skip
    serial = Process(
        "serial", Parallel("both", (Task("a", "external", 2.0), Task("b", "external", 2.0)), serial=True), cases
    )
    world = World((serial,), seed=seed)
    found = measure([camunda7.render(simulate(world), world, folder / "serial")], METRICS)
    for metric in ("parallel-realisation-rate", "overlap-share"):
        got = found.value(metric, "serial")
        lines.append(Line("serialised branches", metric, "0", _shown(got), got == 0.0))
    return lines


def repeated_splits(folder: Path, cases: int, seed: int) -> list[Line]:
    """A split that a case passes several times is activated several times: each time has its own pairs."""
    pair = Parallel("both", (
        Choice("hands", ((0.5, Task("by_hand", "user", 10.0)), (0.5, Task("by_script", "script", 1.0)))),
        Task("send", "job", 1.0),
    ))  # fmt: skip
    world = World((Process("again", Loop("more", pair, again=0.5), cases),), seed=seed)
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / "again")], ["parallel-realisation-rate"])
    return _against("split in a loop", ledger, found, ["parallel-realisation-rate"])


def hard(folder: Path, cases: int, seed: int, only: str = "") -> list[Line]:
    """Failures that are easily mistaken for one another."""
    lines = []
    for name, (world, engines) in worlds.hard(cases, seed).items():
        for engine in engines if only in ("", name) else ():
            ledger = simulate(world)
            told = {"camunda7": camunda7.render, "zeebe": zeebe.render}[engine](
                ledger, world, folder / f"{name}-{engine}"
            )
            found = measure([told], METRICS)
            check = f"{name}, {engine}"
            lines += [*_against(check, ledger, found), dispositions(check, ledger, found)]
    return lines


# --- beside the engine ------------------------------------------------------------------------------------------------


def outside(folder: Path, cases: int, seed: int, missing: float) -> list[Line]:
    """Steps beside the engine, of which a share lost its number: coverage stays, the naive figure does not."""
    world = replace(worlds.everything(cases, seed, "external"), outside=4.0, unlogged=0.3, keyless=missing, doubled=0.2,
                    withdrawn=0.0)  # fmt: skip
    ledger = simulate(world)
    engine = camunda7.render(ledger, world, folder / f"engine-{missing}")
    desk = plain.outside(ledger, folder / f"desk-{missing}" / "desk.csv")
    columns = {"case": "Order", "activity": "Step", "start": "Start", "end": "End", "resource": "User"}
    said = {"input": [{"path": str(desk), "role": "outside", "columns": columns}]}
    names = ("step-coverage", "correlation-rate", "time-coverage", "dark-time-share")
    found = measure([engine], names, said)
    expected, naive = truth.step_coverage(ledger)
    got = found.results["step-coverage", None]
    check = f"{missing:.0%} of the numbers missing"
    within = got.lower_bound - 1e-9 <= expected <= got.upper_bound + 1e-9
    lines = [
        Line(check, "step-coverage", _shown(expected), _shown(got.value), abs(expected - got.value) < 0.02, "within .02"),
        Line(check, "bounds of step-coverage", _shown(expected), f"{got.lower_bound:.6g}–{got.upper_bound:.6g}", within,
             "the bounds hold the truth"),
        Line(check, "the naive figure", _shown(naive), _shown(got.upper_bound), same(naive, got.upper_bound),
             "is the upper bound"),
        Line(check, "correlation-rate", _shown(truth.correlation_rate(ledger)), _shown(found.value("correlation-rate", None)),
             same(truth.correlation_rate(ledger), found.value("correlation-rate", None))),
    ]  # fmt: skip
    if missing >= 0.5:
        lines.append(Line(check, "negative control: naive − truth", "> .03", f"{naive - expected:.4f}", naive - expected > 0.03,
                          "must fail"))  # fmt: skip
    linked = truth.time_parts(ledger)
    named = [replace(o, key=ledger.cases[o.case].key) for o in ledger.outside]
    whole = truth.time_parts(replace(ledger, outside=named))
    for metric, value, kept in zip(("time-coverage", "dark-time-share"), linked, whole, strict=True):
        time = found.results[metric, None]
        if not missing:
            lines.append(Line(check, metric, _shown(value), _shown(time.value), same(value, time.value)))
            continue
        held = all(time.lower_bound - 1e-9 <= v <= time.upper_bound + 1e-9 for v in (kept, time.value))
        lines.append(Line(check, f"bounds of {metric}", _shown(kept), f"{time.lower_bound:.6g}–{time.upper_bound:.6g}", held,
                          "the bounds hold the truth"))  # fmt: skip
        if metric == "time-coverage":
            lines.append(Line(check, "the naive time coverage", _shown(value), _shown(time.upper_bound),
                              same(value, time.upper_bound), "is the upper bound"))  # fmt: skip
    parts = found.results["dark-time-share", None].details
    total = sum(parts[k] for k in ("engine_active", "engine_waiting", "logged_outside", "dark"))
    lines.append(Line(check, "parts of the time", "1", f"{total:.12g}", same(total, 1.0)))
    return lines


# --- delivery and completeness ----------------------------------------------------------------------------------------


def releases(folder: Path, seed: int) -> list[Line]:
    """Versions by the schedule; a rebuild without a change is none."""
    contents = ("a", "b", "b", "c", "d", "d", "e")
    plan = tuple(Release("left", n + 1, BEGINNING + n * 8 * DAY, c) for n, c in enumerate(contents))
    world = World((worlds.straight("left", 60),), seed=seed, days=60, releases=plan)
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / "released")], ["release-cadence"])
    expected, got = truth.release_cadence(ledger, "left"), found.value("release-cadence", "left")
    return [Line("releases", "release-cadence", _shown(expected), _shown(got), same(expected, got))]


def completeness(
    folder: Path, replications: int, cases: int, seed: int, slope: float = 1.2, kinds: int = 60
) -> list[Line]:
    """Sample coverage: the estimated share of behaviour that was seen is the planted one (shares fall as 1 / rank ^ slope).

    One step of a kind makes as many variants as kinds; between two such steps, another one in the middle makes pairs of them.
    """
    weights = [1 / (n + 1) ** slope for n in range(kinds)]
    shares = [w / sum(weights) for w in weights]

    def some(name: str) -> Choice:
        tasks = (Task(f"{name}_{n}", "external", 1.0) for n in range(kinds))
        return Choice(name, tuple(zip(shares, tasks, strict=True)))

    bodies = {"behaviour-coverage": some("kind"),
              "behaviour-coverage-pairs": Steps((some("first"), Task("middle", "external", 1.0), some("last")))}  # fmt: skip
    world = World(
        tuple(Process(f"{m}-{n}", body, cases) for m, body in bodies.items() for n in range(replications)),
        seed=seed,
        quiet=2,
    )
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / f"zipf-{slope}-{cases}")], list(bodies))
    seen: dict[str, set[str]] = {}
    for instance in ledger.instances.values():
        if instance.work:
            seen.setdefault(ledger.cases[instance.case].process, set()).add(instance.element)
    check = f"completeness, 1 / rank^{slope:g}, {kinds} kinds, {replications} × {cases} cases"
    rule = "< .02" if cases >= 100 else "reported only: below 100 cases"
    lines = []
    for metric in bodies:
        errors = []
        for n in range(replications):
            key = f"{metric}-{n}"
            # a pair of the middle and a kind is seen where the kind is; each side has half of the pairs
            sides = ("kind",) if metric == "behaviour-coverage" else ("first", "last")
            mass = sum(share for side in sides for k, share in enumerate(shares) if f"{side}_{k}" in seen[key])
            errors.append((found.value(metric, key) or 0.0) - mass / len(sides))
        bias = sum(errors) / len(errors)
        lines.append(
            Line(check, f"bias of {metric}", "0", f"{bias:.4f}", cases < 100 or abs(bias) < 0.02, rule, bias=bias)
        )
    return lines


def by_name() -> dict[str, Any]:
    """Return the checks that need no replication, by name, with the arguments of the full size."""
    return {
        "exact": (exact, {"cases": 400}), "formats": (formats, {"cases": 400}), "absences": (absences, {"cases": 200}),
        "metamorphic": (metamorphic, {"cases": 150}), "cleaned": (cleaned, {"cases": 300}),
        "identities": (identities, {"cases": 300}), "repeated splits": (repeated_splits, {"cases": 300}),
        "hard": (hard, {"cases": 200}),
    }  # fmt: skip
