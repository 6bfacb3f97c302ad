"""Steps beside the engine whose records lose their numbers, are kept twice, or bear another clock's times (METHODS A)."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from . import corrupt, truth, worlds
from .analyser import measure
from .checks import Line
from .corrupt import Rows
from .ledger import Ledger
from .renderers import camunda7, plain
from .world import simulate

WITHIN = 0.02


@dataclass(frozen=True)
class Loss:
    """What befalls the records of the other systems.

    ``kept``: the share that keeps its number; ``by_step``: some kinds of step lose it four times as often as others (not at
    random), else all alike; ``minutes``: how far the clock is off; ``doubled``: the share of engine work recorded there, too.
    """

    kept: float = 1.0
    by_step: bool = False
    minutes: float = 0.0
    doubled: float = 0.0

    def __str__(self) -> str:
        lost = f"{self.kept:.0%} keep their number" + (", by kind of step" if self.by_step else "")
        twice = f", {self.doubled:.0%} of the engine's work recorded twice" if self.doubled else ""
        return lost + twice + (f", clock {self.minutes:+g} min" if self.minutes else "")


LOSSES = (
    *(Loss(k) for k in (1.0, 0.9, 0.7, 0.5)),
    *(Loss(k, by_step=True) for k in (0.9, 0.7, 0.5)),
    *(Loss(doubled=d) for d in (0.1, 0.3)),
    *(Loss(minutes=m, doubled=0.3) for m in (-10.0, 10.0)),
    *(Loss(k, doubled=0.3, minutes=10.0) for k in (0.9, 0.5)),
)


def linkage(folder: Path, cases: int, seed: int, losses: tuple[Loss, ...] = LOSSES) -> list[Line]:
    """Step coverage stays within .02 and inside its bounds, whatever is lost; so do the parts of the time."""
    lines = []
    for doubled in sorted({loss.doubled for loss in losses}):
        world = replace(
            worlds.everything(cases, seed, "external"), outside=4.0, unlogged=0.3, doubled=doubled, withdrawn=0.0
        )
        ledger = simulate(world)
        engine = camunda7.render(ledger, world, folder / f"engine-{doubled}")
        whole = plain.outside(ledger, folder / f"desk-{doubled}" / "desk.csv")
        for number, loss in enumerate(x for x in losses if x.doubled == doubled):
            desk = corrupt.of_table(whole, f"loss-{number}", lambda rows, x=loss: _lost(rows, x, seed))  # type: ignore[misc]
            lines += _compared(ledger, engine, desk, loss, cases)
    return lines


def one_source_less(folder: Path, cases: int, seed: int) -> list[Line]:
    """Of two outside sources one is withheld. Nothing in the records says so: what this does is told, not judged."""
    world = replace(worlds.everything(cases, seed, "external"), outside=4.0, unlogged=0.3, withdrawn=0.0)
    ledger = simulate(world)
    engine = camunda7.render(ledger, world, folder / "engine")
    whole = plain.outside(ledger, folder / "desk" / "desk.csv")
    half = corrupt.of_table(whole, "half", lambda rows: [r for r in rows if r["Step"] == "Phone call 1"])
    names = ("step-coverage", "time-coverage", "dark-time-share")
    columns = {"case": "Order", "activity": "Step", "start": "Start", "end": "End", "resource": "User"}
    found = [
        measure([engine], names, {"input": [{"path": str(p), "role": "outside", "columns": columns}]})
        for p in (whole, half)
    ]
    none = measure([engine], names)
    lines = []
    for metric in names:
        both, one = (f.value(metric, None) for f in found)
        lines.append(Line("one of two outside sources withheld", metric, f"{both:.4f}", f"{one:.4f}", True,
                          "reported only: what is not given cannot be known"))  # fmt: skip
        nothing = none.value(metric, None)
        told = none.results[metric, None].status.value
        lines.append(Line("no outside source", metric, "absent", told, nothing is None, "absent, never 0"))
    return lines


def _lost(rows: Rows, loss: Loss, seed: int) -> Rows:
    rng = random.Random(seed)
    by = timedelta(minutes=loss.minutes)
    out = []
    for row in rows:
        often = {"Phone call 1": 1.6, "Phone call 2": 1.0}.get(row["Step"], 0.4) if loss.by_step else 1.0
        if rng.random() < (1 - loss.kept) * often:
            # half of them carry no number at all, the others one that nobody has
            row["Order"] = "" if rng.random() < 0.5 else f"X{rng.randrange(10**9)}"
        for column in ("Start", "End"):
            row[column] = (datetime.fromisoformat(row[column]) + by).isoformat(timespec="milliseconds")
        out.append(row)
    return out


def _compared(ledger: Ledger, engine: Path, desk: Path, loss: Loss, cases: int) -> list[Line]:
    columns = {"case": "Order", "activity": "Step", "start": "Start", "end": "End", "resource": "User"}
    said = {"input": [{"path": str(desk), "role": "outside", "columns": columns}]}
    found = measure([engine], ("step-coverage", "time-coverage", "dark-time-share"), said)
    expected, _ = truth.step_coverage(ledger)
    got = found.results["step-coverage", None]
    check = f"{loss}, {cases} cases"
    held = got.lower_bound - 1e-9 <= expected <= got.upper_bound + 1e-9
    bias = got.value - expected
    lines = [
        Line(check, "step-coverage", f"{expected:.4f}", f"{got.value:.4f}", abs(bias) < WITHIN, "within .02", bias=bias),
        Line(check, "bounds of step-coverage", f"{expected:.4f}", f"{got.lower_bound:.4f}–{got.upper_bound:.4f}", held,
             "the bounds hold the truth", coverage=float(held)),
    ]  # fmt: skip
    if loss.kept <= 0.5:
        naive = got.upper_bound - expected
        lines.append(Line(check, "negative control: linked records alone", "> .03 off", f"{naive:+.4f}", naive > 0.03,
                          "must fail", bias=naive, control=True))  # fmt: skip
    for metric, part in zip(("time-coverage", "dark-time-share"), _time_parts(ledger), strict=True):
        time = found.results[metric, None]
        bias = time.value - part
        lines.append(
            Line(check, metric, f"{part:.4f}", f"{time.value:.4f}", abs(bias) < WITHIN, "within .02", bias=bias)
        )
        # another clock moves the times themselves, of which the bounds say nothing
        if time.lower_bound is None or loss.minutes:
            continue
        held = time.lower_bound - 1e-9 <= part <= time.upper_bound + 1e-9
        lines.append(Line(check, f"{metric}, bounds", f"{part:.4f}", f"{time.lower_bound:.4f}–{time.upper_bound:.4f}", held,
                          "the bounds hold the truth", coverage=float(held)))  # fmt: skip
    parts = found.results["dark-time-share", None].details
    total = sum(parts[k] for k in ("engine_active", "engine_waiting", "logged_outside", "dark"))
    lines.append(Line(check, "parts of the time", "1", f"{total:.12g}", abs(total - 1) < 1e-9))
    return lines


def _time_parts(ledger: Ledger) -> tuple[float, float]:
    """Return (time coverage, dark-time share) of closed root cases by all that was kept, whether its number was or not."""
    beside: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for o in (o for o in ledger.outside if o.recorded):
        beside[o.case].append((o.start, o.end))
    elapsed = engine = dark = 0.0
    for case in (u.case for u in truth.units(ledger, None)):
        if case.end is None:
            continue
        spans = [(case.start, case.end), *beside[case.id]]
        whole = max(e for _, e in spans) - min(s for s, _ in spans)
        elapsed, engine, dark = elapsed + whole, engine + case.end - case.start, dark + whole - truth.union(spans)
    return engine / elapsed, dark / elapsed
