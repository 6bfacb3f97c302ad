"""Which activities are concurrent: overlaps find the branches of splits, orders alone find too much (METHODS C2).

The analyser judges by overlaps alone. Of the oracles that judge by order the simplest, alpha, is computed here, as a negative
control; the others of the published table are no part of the program.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations, pairwise, product
from pathlib import Path
from statistics import mean

from .analyser import measure
from .blocks import Block, Choice, Loop, Parallel, Process, Task, World, children
from .blocks import Sequence as Steps
from .checks import Line
from .ledger import MINUTE, Instance, Ledger
from .renderers import camunda7
from .world import simulate

Pairs = frozenset[frozenset[str]]
WITHIN = 0.05
#: The share of neighbours that stand in each other's place, and the unit of the coarse clock: a task's mean duration.
SWAPPED, COARSE = 0.01, 60 * MINUTE
#: Spread of the logarithm of durations: of two of which one is ten times faster, one in eleven times the fast one lasts longer.
SIGMA = 1.2


def _task(name: str, minutes: float = 30.0) -> Task:
    return Task(name, "user", minutes)


def _body(fast: bool = False, serial: bool = False) -> Block:
    """A, then B beside C before D, then one of two, then a loop of two: two pairs are concurrent, one looks so by its order."""
    b = _task("b", 3.0 if fast else 30.0)
    other = _task("c") if serial else Steps((_task("c"), _task("d")))
    return Steps((
        _task("a"), Parallel("both", (b, other), serial=serial), Choice("way", ((0.5, _task("e")), (0.5, _task("f")))),
        Loop("more", Steps((_task("g"), _task("h"))), again=0.3),
    ))  # fmt: skip


def concurrent(block: Block) -> Pairs:
    """Return the pairs of names that the tree lets run at once: in different branches of one split that is not serialised."""
    found = {pair for part in children(block) for pair in concurrent(part)}
    if isinstance(block, Parallel) and not block.serial:
        for one, other in combinations(block.branches, 2):
            found |= {frozenset(pair) for pair in product(_names(one), _names(other))}
    return frozenset(found)


def _names(block: Block) -> list[str]:
    if isinstance(block, Task):
        return [block.name]
    return [name for part in children(block) for name in _names(part)]


# --- what befalls the records -----------------------------------------------------------------------------------------


def _traces(ledger: Ledger) -> list[list[Instance]]:
    """Return the work of each case in the order in which it ended."""
    return [
        sorted((i for i in work if i.work and i.ended is not None), key=lambda i: (i.ended, i.name))
        for work in ledger.of_case().values()
    ]


def _with_swaps(ledger: Ledger) -> None:
    rng = random.Random(1)
    for trace in _traces(ledger):
        for one, other in pairwise(trace):
            if rng.random() < SWAPPED:
                one.element, one.name, other.element, other.name = other.element, other.name, one.element, one.name


def _coarse(ledger: Ledger) -> None:
    def cut(at: float | None) -> float | None:
        return None if at is None else at // COARSE * COARSE

    for i in ledger.instances.values():
        i.offered, i.started, i.ended = i.offered // COARSE * COARSE, cut(i.started), cut(i.ended)
    for case in ledger.cases.values():
        case.start, case.end = case.start // COARSE * COARSE, cut(case.end)


def _in_any_order(ledger: Ledger) -> None:
    """Let the second of the serialised branches come first in every second case."""
    rng = random.Random(2)
    for work in ledger.of_case().values():
        both = {i.element: i for i in work if i.element in "bc"}
        if len(both) < 2 or any(i.ended is None for i in both.values()) or rng.random() < 0.5:
            continue
        first, second = both["b"], both["c"]
        assert first.started is not None and first.ended is not None and second.ended is not None
        begin, met, end = first.started, first.ended, second.ended
        middle = begin + end - met
        second.offered, second.started, second.ended = begin, begin, middle
        first.offered, first.started, first.ended = middle, middle, end
        for i in work:
            if i.element == "both_join" and i.started == met:
                i.offered = i.started = middle


#: What befalls the records: the tree, the change, and precision and recall of the order of neighbours alone (alpha) in METHODS.
SCENARIOS: dict[str, tuple[Block, Callable[[Ledger], None] | None, tuple[float, float] | None]] = {
    "clean": (_body(), None, (0.67, 1.0)),
    "one ten times faster": (_body(fast=True), None, (0.67, 1.0)),
    "1 % neighbours swapped": (_body(), _with_swaps, (0.18, 1.0)),
    "coarse clock": (_body(), _coarse, (0.67, 1.0)),
    "one after the other, in any order": (_body(serial=True), _in_any_order, None),
}


def oracles(folder: Path, replications: int, cases: int, seed: int, scenario: str) -> list[Line]:
    """Concurrent pairs by overlap are those of the tree; by the order of neighbours they are not (negative control)."""
    body, change, published = SCENARIOS[scenario]
    keys = [f"copy{n:03d}" for n in range(replications)]
    world = World(tuple(Process(key, body, cases) for key in keys), seed=seed, quiet=3, sigma=SIGMA)
    ledger = simulate(world)
    if change is not None:
        change(ledger)
    export = camunda7.render(ledger, world, folder / f"oracles-{scenario.split()[0]}-{cases}")
    found = measure([export], [], also=["concurrent"]).seen["concurrent"]
    planted = concurrent(body)
    check = f"concurrent pairs, {scenario}, {replications} × {cases} cases"
    told = [found.get(key, frozenset()) for key in keys]
    by_order = [_alpha(ledger, key) for key in keys]
    if not planted:
        wrong, seen = sum(map(bool, told)) / replications, sum(map(bool, by_order)) / replications
        return [
            Line(check, "overlap: copies with any pair", "0", f"{wrong:.1%}", wrong <= WITHIN, "≤ 5 %", coverage=1 - wrong),
            Line(check, "negative control: order alone", "fails", f"{seen:.1%}", seen >= 0.95,
                 "must say concurrent in 95 %", control=True),
        ]  # fmt: skip
    lines = []
    for what, value in zip(("precision", "recall"), _scores(told, planted), strict=True):
        lines.append(
            Line(check, f"overlap: {what}", "1", f"{value:.3f}", value >= 1 - WITHIN, "1 ± .05", coverage=value)
        )
    precision, recall = _scores(by_order, planted)
    assert published is not None
    if change is _with_swaps and cases >= 2000:
        published = (0.14, 1.0)  # every further case may add a wrong pair: more data make it worse
    for what, value, expected in zip(("precision", "recall"), (precision, recall), published, strict=True):
        fine = abs(value - expected) <= WITHIN
        lines.append(Line(check, f"negative control: order alone, {what}", f"{expected:g}", f"{value:.3f}", fine,
                          "as published ± .05", control=True))  # fmt: skip
    return lines


def _alpha(ledger: Ledger, process: str) -> Pairs:
    """Return the pairs of names that stand next to one another in both orders (van der Aalst et al. 2004)."""
    follows: Counter[tuple[str, str]] = Counter()
    for trace in _traces(ledger):
        if trace and ledger.cases[trace[0].case].process == process:
            follows.update(pairwise(i.name for i in trace))
    return frozenset(frozenset(pair) for pair in follows if pair[0] != pair[1] and pair[::-1] in follows)


def _scores(told: Iterable[Pairs], planted: Pairs) -> tuple[float, float]:
    """Return mean precision (over the copies where anything was told) and mean recall."""
    rows = list(told)
    right = [len(pairs & planted) for pairs in rows]
    precision = [r / len(pairs) for r, pairs in zip(right, rows, strict=True) if pairs]
    return mean(precision) if precision else 0.0, mean(r / len(planted) for r in right)
