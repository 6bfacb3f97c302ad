"""Hand-overs that the engine mediates, and cases that it carries in one piece (METHODS A4, A5).

The order of steps is planted: what handed over to what is known, not read off the times.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from .analyser import measure
from .blocks import EMPTY, Call, Choice, Parallel, Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line
from .ledger import MINUTE, Case, Instance, Ledger, Outside
from .renderers import camunda7, plain
from .world import simulate

#: How long a step beside the engine takes with what is before and after it.
GAP = 20 * MINUTE
WITHIN = 0.03
_BODY = Steps((
    Task("enter", "user", 20.0), Parallel("both", (Task("price", "external", 15.0), Task("check", "user", 25.0))),
    Task("ship", "external", 10.0),
))  # fmt: skip
#: The step before which something may happen beside the engine (None: after the last), and the system that does it.
_BESIDE = (("enter", "shop"), ("both_fork", "billing"), ("ship", "stock"), (None, "courier"))


@dataclass(frozen=True)
class _Step:
    endpoint: str
    engine: bool


def _beside(ledger: Ledger, share: float, seed: int) -> dict[int, list[tuple[_Step, _Step]]]:
    """Let something happen beside the engine at each place in a share of the cases, and return who handed over to whom."""
    rng = np.random.default_rng(seed)
    moves: dict[int, list[tuple[_Step, _Step]]] = {}
    for case, work in ((ledger.cases[key], rows) for key, rows in ledger.of_case().items()):
        before: dict[str | None, _Step] = {}
        for place, system in _BESIDE:
            if rng.random() < share:
                before[place] = _Step(system, engine=False)
                _happens(ledger, case, work, place, system)
        # the endpoint of people without a role is “people”, that of a machine its topic
        person, steps = _Step("people", engine=True), {i.element: i for i in work if i.work}
        chain = [*_some(before.get("enter")), person, *_some(before.get("both_fork"))]
        own = [*pairwise(chain), (chain[-1], _Step("price", engine=True)), (chain[-1], person)]
        # the join waits for the later of the branches: that one enables what follows
        later = max(("price", "check"), key=lambda name: steps[name].ended or 0.0)
        last = person if later == "check" else _Step("price", engine=True)
        own += pairwise([last, *_some(before.get("ship")), _Step("ship", engine=True), *_some(before.get(None))])
        if before:
            moves[case.id] = own
    return moves


def _some(step: _Step | None) -> list[_Step]:
    return [step] if step else []


def _happens(ledger: Ledger, case: Case, work: list[Instance], place: str | None, system: str) -> None:
    """Insert a step beside the engine, and let all that follows come later by its length."""
    assert case.end is not None
    if place == "enter":
        at = case.start - GAP
    elif place is None:
        at = case.end
    else:
        at = next(i.offered for i in work if i.element == place)
        for i in work:
            if i.offered >= at:
                i.offered, i.started, i.ended = i.offered + GAP, (i.started or 0) + GAP, (i.ended or 0) + GAP
        case.end += GAP
    begin, end = at + MINUTE, at + GAP - MINUTE
    ledger.outside.append(Outside(case.id, f"Done by {system}", begin, end, system, system, key=case.key))


def handovers(folder: Path, cases: int, seed: int, share: float, kept: float) -> list[Line]:
    """The mediated share is exact where every record has its number, and near where a share lost it."""
    world = World((Process("orders", _BODY, cases),), seed=seed, quiet=5)
    ledger = simulate(world)
    moves = _beside(ledger, share, seed)
    changes = [(a, b) for own in moves.values() for a, b in own if a.endpoint != b.endpoint]
    expected = sum(a.engine and b.engine for a, b in changes) / len(changes)
    rng = np.random.default_rng(seed + 1)
    for o in ledger.outside:
        if rng.random() >= kept:
            # half of them carry no number at all, the others one that nobody has
            o.key = None if rng.random() < 0.5 else f"X{int(rng.integers(10**9))}"
    engine = camunda7.render(ledger, world, folder / f"handovers-{share:g}-{kept:g}")
    desk = plain.outside(ledger, folder / f"handovers-desk-{share:g}-{kept:g}" / "desk.csv")
    columns = {"case": "Order", "activity": "Step", "start": "Start", "end": "End", "resource": "User"}
    said = {
        "input": [{"path": str(desk), "role": "outside", "columns": columns}],
        "accounts": {"system": sorted({system for _, system in _BESIDE})},
    }
    got = measure([engine], ["mediated-handover-rate"], said).value("mediated-handover-rate", None)
    bias = (got if got is not None else 0.0) - expected
    exact = kept == 1.0
    fine = got is not None and abs(bias) < (1e-9 if exact else WITHIN)
    check = f"hand-overs, {share:.0%} beside the engine, {kept:.0%} keep their number, {cases} cases"
    rule = "equal to 1e-9" if exact else "within .03"
    return [Line(check, "mediated-handover-rate", f"{expected:.6g}", f"{got or 0:.6g}", fine, rule, bias=bias)]


def continuity(folder: Path, cases: int, seed: int, linked: float, kept: float) -> list[Line]:
    """The share of orders in one piece: some call their delivery, for the others it is begun by hand with the same number."""
    deliver = Task("deliver", "user", 60.0)
    call = Choice("by", ((linked, Call("hand_over", Process("shipping", deliver))), (1 - linked, EMPTY)))
    world = World(
        (Process("orders", Steps((Task("enter", "user", 20.0), call)), cases), Process("dispatch", deliver, cases)),
        seed=seed, quiet=10,
    )  # fmt: skip
    ledger = simulate(world)
    calling = {ledger.cases[c.id].parent for c in ledger.cases.values() if c.parent is not None}
    apart = [c for c in ledger.cases.values() if c.process == "orders" and c.id not in calling]
    spare = [c for c in ledger.cases.values() if c.process == "dispatch"]
    for order, delivery in zip(apart, spare, strict=False):
        delivery.key = order.key
    gone = {c.id for c in spare[len(apart) :]}
    ledger.cases = {k: c for k, c in ledger.cases.items() if k not in gone}
    ledger.instances = {k: i for k, i in ledger.instances.items() if i.case not in gone}
    pieces: dict[str, list[Case]] = defaultdict(list)
    for c in ledger.cases.values():
        if c.parent is None:
            pieces[c.key].append(c)
    over = [roots for roots in pieces.values() if all(c.end is not None for c in roots)]
    expected = sum(len(roots) == 1 for roots in over) / len(over)
    rng = np.random.default_rng(seed)
    for roots in pieces.values():
        for c in roots:
            c.key = c.key if rng.random() < kept else ""
    export = camunda7.render(ledger, world, folder / f"continuity-{linked:g}-{kept:g}")
    got = measure([export], ["continuity"]).value("continuity", None)
    bias = (got if got is not None else 0.0) - expected
    exact = kept == 1.0
    fine = got is not None and abs(bias) < (1e-9 if exact else WITHIN)
    check = f"continuity, {linked:.0%} linked, {kept:.0%} keep their number, {cases} cases"
    rule = "equal to 1e-9" if exact else "within .03"
    return [Line(check, "continuity", f"{expected:.6g}", f"{got or 0:.6g}", fine, rule, bias=bias)]
