"""Releases by schedule, defects, recoveries and adoption (METHODS E1–E5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from . import truth, worlds
from .analyser import measure
from .blocks import Mix, Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line, same
from .intervals import plausible
from .ledger import DAY, HOUR, Ledger, Release
from .renderers import camunda7
from .world import BEGINNING, simulate

_BODY = Steps((Task("enter", "user", 10.0), Task("book", "job", 1.0, hazard=0.02)))
_MANUAL = Mix(0, 0, 1, 0, 0, 0)
#: Days after the beginning and contents: repeated content is no release, what follows within a day is a hotfix, content that
#: was there before is a rollback.
PLANS: dict[str, tuple[tuple[float, str], ...]] = {
    "steady": ((0, "a"), (9, "b"), (20, "b"), (33, "c"), (47, "d"), (70, "e"), (101, "f")),
    "hasty": ((0, "a"), (5, "b"), (5.2, "c"), (5.9, "d"), (30, "e"), (30.1, "f"), (58, "g"), (80, "h"), (80.5, "i")),
    "rolling-back": ((0, "a"), (12, "b"), (14, "a"), (40, "c"), (45.5, "a"), (77, "d"), (99, "e"), (100.5, "d")),
    "abandoned": ((0, "a"), (3, "b"), (11, "c")),
    "one-month": ((0, "a"), (36, "b"), (44, "c")),
}
_RAMPS = {"steady": 6.0, "one-month": 3.0}


def schedule(folder: Path, cases: int, seed: int) -> list[Line]:
    """What follows from the schedule alone: cadence, adoption, failed releases, their mending, going on after the launch."""
    plan = tuple(
        Release(key, n, BEGINNING + day * DAY, content, ramp=_RAMPS.get(key, 0.0))
        for key, steps in PLANS.items()
        for n, (day, content) in enumerate(steps, start=1)
    )
    world = World(tuple(Process(key, _BODY, cases) for key in PLANS), seed=seed, days=120, mix=_MANUAL, releases=plan)
    ledger = simulate(world)
    names = ["release-cadence", "adoption-lag", "failed-release-recovery", "sustained-improvement"]
    found = measure([camunda7.render(ledger, world, folder / "schedule")], names, also=["verdicts"])
    lines = []
    for key in PLANS:
        mine = effective(ledger, key)
        days = (truth.last_record(ledger) - mine[0].at) / DAY
        expected = {
            "release-cadence": (len(mine) - 1) / days * 30,
            "adoption-lag": _adoption(ledger, key, mine),
            "sustained-improvement": _sustained(mine),
            "failed-release-recovery": _recovery(mine),
        }
        for metric, value in expected.items():
            result = found.results[metric, key]
            right = same(value, result.value)
            lines.append(Line("schedule", f"{metric}, {key}", _shown(value), _shown(result.value), right))
        said = {v.release: v for v in found.seen["verdicts"] if v.process == key}
        for n, release in enumerate(mine[1:], start=1):
            planted = bool(release.fixes or release.undone)
            state = said[n].state
            lines.append(Line("schedule", f"{key}, release {n}", "failed" if planted else "not failed", state,
                              (state == "failed") == planted, "exact"))  # fmt: skip
    return lines


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


@dataclass
class Effective:
    """A release that changed something: when, what it brought, when it was corrected within a day, whether it was undone."""

    at: float
    versions: list[int]
    fixes: list[float]
    undone: bool = False
    until: float | None = None


def effective(ledger: Ledger, process: str) -> list[Effective]:
    """Return the releases of a process that changed something."""
    out: list[Effective] = []
    live, past = "", set[str]()
    for r in sorted((r for r in ledger.releases if r.process == process), key=lambda r: r.at):
        if r.content == live:
            out[-1].versions.append(r.version)
            continue
        if out and r.at - out[-1].at <= DAY:
            out[-1].fixes.append(r.at)
            out[-1].versions.append(r.version)
        else:
            if out:
                out[-1].undone, out[-1].until = r.content in past, r.at
            out.append(Effective(r.at, [r.version], []))
        live = r.content
        past.add(r.content)
    return out


def _adoption(ledger: Ledger, process: str, mine: list[Effective]) -> float | None:
    """Median days (product-limit) from a release to the first day on which nine of ten new cases run on it."""
    end, seen = truth.last_record(ledger), []
    started = [c for c in ledger.cases.values() if c.process == process]
    rank = {version: n for n, release in enumerate(mine) for version in release.versions}
    for n, release in enumerate(mine[1:], start=1):
        until = end if release.until is None else release.until
        days: dict[int, list[bool]] = defaultdict(list)
        for case in started:
            if release.at <= case.start and (case.start < until or release.until is None):
                days[int(case.start // DAY)].append(rank[case.version] >= n)
        own = [c.start for c in started if rank[c.version] == n]
        reached = [d for d in sorted(days) if sum(days[d]) >= 0.9 * len(days[d])]
        first = (min(own) - release.at) / DAY if own else 0.0
        seen.append(
            (max((reached[0] * DAY - release.at) / DAY, first), True)
            if reached
            else ((until - release.at) / DAY, False)
        )
    return truth.km_median(seen)


def _sustained(mine: list[Effective]) -> float:
    later = [e.at for e in mine[1:] if e.at - mine[0].at >= 30 * DAY]
    months = {datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m") for at in later}
    return float(len(later) >= 2 and len(months) >= 2)


def _recovery(mine: list[Effective]) -> float | None:
    """Median hours from a failed release to its last hotfix, or to its rollback."""
    seen = []
    for e in mine[1:]:
        if e.undone and e.until is not None:
            seen.append(((e.until - e.at) / HOUR, True))
        elif e.fixes:
            seen.append(((e.fixes[-1] - e.at) / HOUR, True))
    return truth.km_median(seen) if seen else None


def fitness(folder: Path, cases: int, seed: int) -> list[Line]:
    """An engine runs its own models, whatever happens: what it did fits the model of the version it ran on."""
    world = worlds.everything(cases, seed)
    keys = worlds.keys(world)
    other = Steps((Task("glance", "user", 5.0), Task("seal", "user", 5.0)))
    first = tuple(Release(k, 1, BEGINNING - DAY, "a") for k in keys)
    world = replace(
        world,
        releases=(*first, Release("orders", 2, BEGINNING + 40 * DAY, "b")),
        changed=(("orders", 2, other),),
    )
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / "fitting")], ["model-fitness", "change-lead-time"])
    lines = [
        Line("model-fitness", key, "1", _shown(found.value("model-fitness", key)), same(1.0, found.value("model-fitness", key)))
        for key in keys
    ]  # fmt: skip
    result = found.results["change-lead-time", None]
    told = f"{result.status.value} {_shown(result.value)}"
    lines.append(Line("no commits", "change-lead-time", "absent", told, result.value is None, "absent, never 0"))
    return lines


# --- defects ----------------------------------------------------------------------------------------------------------

BASE = 0.12
#: A release fails that has credibly at least so many times the failures (the rubric's DEL-06).
LINE = 2.0
#: From so many times on, and so many cases, nine of ten failed releases have to be found.
CLEAR, ENOUGH = 3.0, 200


def defects(folder: Path, replications: int, cases: int, ratio: float, seed: int) -> list[Line]:
    """Releases on which failures are so many times as frequent, and others on which they are not, are told apart.

    ``cases`` a release; every second release is planted to fail, and each is followed by one that does not. What lies at the
    line itself cannot be told: the share that was seen is below the line as often as above it, whatever the number of cases.
    There, and between the line and where it must show, the power is reported; below the line a verdict would be a fault.
    """
    faults = (1.0, ratio, 1.0, ratio, 1.0)
    keys = [f"copy{n:03d}" for n in range(replications)]
    plan = tuple(
        Release(key, n + 1, BEGINNING + n * 20 * DAY, "abcde"[n], defect=fault)
        for key in keys
        for n, fault in enumerate(faults)
    )
    body = Task("book", "job", 1.0, hazard=BASE)
    world = World(tuple(Process(key, body, cases * 5) for key in keys), seed=seed, days=100, quiet=0, mix=_MANUAL,
                  releases=plan, repair_minutes=30.0)  # fmt: skip
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / f"defects-{cases}-{ratio:g}")], [], also=["verdicts"])
    states: Counter[tuple[bool, str]] = Counter()
    for v in found.seen["verdicts"]:
        states[faults[v.release] > 1, v.state] += 1
    check = f"defects × {ratio:g}, {replications} × {cases} cases a release"
    bad, good = (sum(n for (planted, _), n in states.items() if planted is kind) for kind in (True, False))
    hits = states[True, "failed"] / bad if ratio > 1 else None
    sound = 1 - states[False, "failed"] / good
    right = (states[True, "failed"] + good - states[False, "failed"]) / (bad + good)
    lines = [
        Line(
            check, "sound releases not called failed", "≥ 90 %", f"{sound:.1%}", sound >= 0.9, "≥ 90 %", coverage=sound
        )
    ]
    if hits is None:
        return lines
    told = f"{hits:.1%}"
    if ratio >= CLEAR and cases >= ENOUGH:
        lines += [
            Line(check, "failed releases found", "≥ 90 %", told, hits >= 0.9, "≥ 90 %", coverage=hits),
            Line(check, "releases told right", "≥ 90 %", f"{right:.1%}", right >= 0.9, "≥ 90 %", coverage=right),
        ]
    elif ratio == LINE and cases >= ENOUGH:
        n = states[True, "failed"]
        lines.append(Line(check, "called failed at the line itself", "every second one", told, plausible(n, bad, 0.3, 0.7),
                          "30–70 %: no number of cases tells which side of the line it is on", coverage=hits))  # fmt: skip
    elif ratio < LINE:
        lines.append(Line(check, "called failed below the line", "few", told, hits <= 0.25, "≤ 25 %", coverage=hits))
    else:
        lines.append(Line(check, "failed releases found", "–", told, True, "power, reported only", coverage=hits))
    return lines
