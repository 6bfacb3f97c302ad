"""Waiting by cause: each cause by itself, and two that meet (METHODS C5)."""

from __future__ import annotations

from pathlib import Path

from . import desks
from .analyser import measure
from .blocks import Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line, same
from .renderers import camunda7, plain

RIGHT = 0.9


def causes(folder: Path, cases: int, seed: int) -> list[Line]:
    """Of the minutes planted for a cause at least nine tenths are found under it; the parts add up to the waiting."""
    ledger = desks.simulate(cases, seed)
    body = {
        key: Steps((Task(f"{key}_arrive", "script"), Task(f"{key}_handle", "user", group=key))) for key in desks.WORLDS
    }
    world = World(tuple(Process(key, tree, cases) for key, tree in body.items()))
    accounts = {"accounts": {"human": ["*-clerk"], "system": ["gateway"]}}
    told = {
        "Camunda 7": (camunda7.render(ledger, world, folder / "tables", "UTC"), {}),
        "CSV": (plain.tables(ledger, folder / "plain" / "desks.csv"), accounts),
    }  # fmt: skip
    lines: list[Line] = []
    for name, (export, said) in told.items():
        found = measure([export], [f"waiting-{c}-share" for c in desks.CAUSES], {"project": {"timezone": "UTC"}} | said)
        for process in desks.WORLDS:
            results = {c: found.results[f"waiting-{c}-share", process] for c in desks.CAUSES}
            planted = {c: ledger.waits.get((process, c), 0) / 1000 for c in desks.CAUSES}
            whole = sum(planted.values())
            check = f"waiting, {name}, {cases} cases"
            denominators = {r.denominator for r in results.values()}
            right = all(same(d, whole) for d in denominators)
            lines.append(Line(check, f"{process}: all waiting", f"{whole:.0f} s", f"{max(denominators):.0f} s", right))
            parts = sum(r.value for r in results.values())
            lines.append(Line(check, f"{process}: the parts", "1", f"{parts:.12g}", same(parts, 1.0)))
            for cause, seconds in planted.items():
                # a second here and there makes no cause
                if seconds < 0.05 * whole:
                    continue
                share = min(results[cause].numerator, seconds) / seconds
                lines.append(
                    Line(check, f"{process}: {cause}", f"{seconds / 3600:.1f} h", f"{share:.1%}", share >= RIGHT, "≥ 90 %",
                         bias=results[cause].numerator / seconds - 1)
                )  # fmt: skip
    return lines
