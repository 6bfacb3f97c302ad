"""Parallelism that may have been missed: hypotheses, never findings (METHODS C4), and the critical path (C1)."""

from __future__ import annotations

from pathlib import Path

from . import truth
from .analyser import measure, rated
from .blocks import EMPTY, Block, Choice, Many, Parallel, Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line, same
from .ledger import Ledger
from .renderers import camunda7
from .world import simulate

_A, _B = Task("assess", "user", 40.0, group="assessors"), Task("book", "user", 30.0, group="bookers")
_C = Task("chase", "user", 30.0, group="chasers")
#: Processes in which one step follows another, and why. In the first two nothing recorded says that it must.
_WHY: dict[str, Block] = {
    "declared-independent": Steps((_A, _B)),
    "hidden-data": Steps((_A, _B)),
    "one-decides": Steps((_A, Choice("which", ((0.5, _B), (0.5, _C))))),
    "one-person": Steps((_A, _B)),
    "either-order": Choice("order", ((0.5, Steps((_A, _B))), (0.5, Steps((_B, _A))))),
    "side-by-side": Parallel("both", (_A, _B)),
}  # fmt: skip
_MAY = ("declared-independent", "hidden-data")
RECALL = 0.9


def missed(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Pairs that are independent, or hide what one needs of the other, are asked about; others are not; none is evidence."""
    keys = {f"{why}-{n}": why for n in range(replications) for why in _WHY}
    world = World(tuple(Process(key, _WHY[why], cases) for key, why in keys.items()), seed=seed, quiet=3)
    ledger = simulate(world)
    _one_person(ledger)
    found = measure([camunda7.render(ledger, world, folder / f"missed-{cases}")], ["missed-parallelism"])
    check = f"missed parallelism, {replications} × {cases} cases"
    asked: dict[str, int] = dict.fromkeys(_WHY, 0)
    hypotheses = True
    for key, why in keys.items():
        result = found.results["missed-parallelism", key]
        pairs = [e.what for e in result.evidence if _A.name in e.what and _B.name in e.what]
        asked[why] += bool(pairs)
        told = any("hypothesis" in caveat for caveat in result.caveats)
        hypotheses &= not pairs or (result.basis == "inferred" and told)
    lines = []
    for why, times in asked.items():
        share = times / replications
        wanted = why in _MAY
        lines.append(
            Line(check, f"{why}: asked about", "yes" if wanted else "no", f"{share:.1%}",
                 share >= RECALL if wanted else share <= 1 - RECALL, "≥ 90 %" if wanted else "≤ 10 %",
                 coverage=share if wanted else None)
        )  # fmt: skip
    lines.append(
        Line(
            check,
            "called a hypothesis wherever a pair is named",
            "yes",
            "yes" if hypotheses else "no",
            hypotheses,
            "holds",
        )
    )
    weight = sum(metric == "missed-parallelism" for metric in rated())
    lines.append(Line(check, "claims of maturity models that rest on it", "0", str(weight), weight == 0, "holds"))
    return lines


def _one_person(ledger: Ledger) -> None:
    """Let the same person do both steps where the process says so."""
    who: dict[int, str | None] = {}
    for instance in ledger.instances.values():
        if ledger.cases[instance.case].process.startswith("one-person") and instance.work:
            instance.who = who.setdefault(instance.case, instance.who)


def critical_path(folder: Path, cases: int, seed: int) -> list[Line]:
    """Where nothing ever waits, the critical path of a case is the time from its first work to its last."""
    side = Parallel("reviews", (
        Steps((Task("estimate", "external", 20.0), Task("review", "user", 30.0))),
        Task("ask_expert", "user", 60.0, group="experts"),
        Choice("perhaps", ((0.4, EMPTY), (0.6, Task("look_on", "user", 15.0)))),
    ))  # fmt: skip
    tree = Steps(
        (Task("register", "user", 12.0), side, Many(Task("inspect", "user", 15.0)), Task("close", "script", 60.0))
    )
    line = Steps(tuple(Task(f"step_{n}", "user", 20.0) for n in range(4)))
    world = World((Process("branching", tree, cases), Process("straight", line, cases)), seed=seed)
    ledger = simulate(world)
    names = ["critical-path-speedup", "mean-active-concurrency"]
    found = measure([camunda7.render(ledger, world, folder / "paths")], names)
    lines = []
    for key in ("branching", "straight"):
        result = found.results["critical-path-speedup", key]
        spans = [u.spans for u in truth.units(ledger, key) if u.closed and u.spans]
        work = sum(e - s for span in spans for s, e in span)
        makespan = sum(max(e for _, e in span) - min(s for s, _ in span) for span in spans)
        check = f"critical path, {key}"
        lines += [
            Line(check, "critical-path-speedup", f"{work / makespan:.6g}", f"{result.value:.6g}",
                 same(work / makespan, result.value)),
            Line(check, "critical path not longer than the case", f"{makespan / 1000:.0f} s", f"{result.denominator:.0f} s",
                 result.denominator <= makespan / 1000 + 1e-6, "≤"),
            Line(check, "speed-up", "≥ 1", f"{result.value:.6g}", result.value >= 1, "≥ 1"),
        ]  # fmt: skip
    return lines
