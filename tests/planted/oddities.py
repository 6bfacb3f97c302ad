"""What is wrong with a log, and whether it is told: coarse clocks, clocks that disagree, days without records (METHODS D)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from . import corrupt
from .analyser import measure
from .blocks import Call, Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line
from .ledger import DAY, Ledger
from .renderers import camunda7, plain
from .world import BEGINNING, simulate

#: Milliseconds of each unit.
UNITS = {"millisecond": 1, "second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_UTC = {"project": {"timezone": "UTC"}}


def _odd(path: Path, **said: Any) -> dict[str, Any]:
    """Return what is said to be odd about an export, by what it is."""
    return {f.id: f for f in measure([path], [], _UTC | said, also=["quality"]).seen["quality"]}


def granularity(folder: Path, unit: str, cases: int, seed: int) -> list[Line]:
    """The finest unit of the clock is told exactly."""
    ledger = coarse(_plain(cases, seed), UNITS[unit])
    found = _odd(plain.table(ledger, "desk", folder / f"{unit}.csv"))
    words = " ".join(f.text for name, f in found.items() if name in ("granularity", "midnight") and f.share == 1.0)
    said = next((u for u, plural in _WORDS if re.search(plural, words)), "millisecond")
    return [Line(f"granularity, {cases} cases", "finest unit", unit, said, said == unit, "exact")]


#: Units from the coarsest, and how they are spoken of.
_WORDS = (
    ("day", r"midnight|whole days"),
    ("hour", "whole hours"),
    ("minute", "whole minutes"),
    ("second", "whole seconds"),
)


def mixed(folder: Path, cases: int, seed: int) -> list[Line]:
    """One step stamped to the minute among others that are finer is named."""
    ledger = _plain(cases, seed)
    for i in (i for i in ledger.instances.values() if i.element == "weigh"):
        i.started, i.ended = (None if t is None else t // 60_000 * 60_000 for t in (i.started, i.ended))
    found = _odd(plain.table(ledger, "desk", folder / "mixed.csv")).get("mixed-granularity")
    told = found.text if found else "nothing"
    return [
        Line(
            f"granularity, {cases} cases", "the step with the coarser clock", "Weigh", told, "“Weigh”" in told, "named"
        )
    ]


def coarse(ledger: Ledger, unit: int) -> Ledger:
    """Let all clocks show whole units. Changes the ledger."""
    for i in ledger.instances.values():
        i.offered = i.offered // unit * unit
        i.started, i.ended = (None if t is None else t // unit * unit for t in (i.started, i.ended))
    for c in ledger.cases.values():
        c.start, c.end = c.start // unit * unit, None if c.end is None else c.end // unit * unit
    return ledger


def _plain(cases: int, seed: int, days: int = 60, weekend: float = 1.0) -> Ledger:
    body = Steps((Task("read", "user", 20.0), Task("weigh", "user", 30.0), Task("decide", "user", 20.0)))
    return simulate(World((Process("desk", body, cases),), seed=seed, days=days, weekend=weekend))


def skew(folder: Path, seconds: float, cases: int, seed: int) -> list[Line]:
    """A called process whose engine's clock is off by so much: how much is told to the second."""
    called = Process("called", Task("look_up", "user", 10.0))
    world = World(
        (Process("caller", Steps((Task("ask", "user", 5.0), Call("call", called))), cases),), seed=seed, quiet=2
    )
    ledger = simulate(world)
    export = camunda7.render(ledger, world, folder / f"skew{seconds:g}", "UTC")
    mine = {str(c.id) for c in ledger.cases.values() if c.process == "called"}
    corrupt.moved(export, timedelta(seconds=seconds), mine)
    found = _odd(export).get("clock-skew")
    number = re.search(r"by up to ([\d.e+]+) s", found.text) if found else None
    got = -float(number[1]) if number else 0.0
    return [Line(f"clock of a called process off by {seconds:g} s", "offset", f"{seconds:g} s", f"{got:g} s",
                 abs(got - seconds) <= 1, "within 1 s", bias=got - seconds)]  # fmt: skip


def gaps(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Days that were lost are found; days on which nothing happened, weekends and quiet days, are not taken for lost."""
    false = found = could = 0
    days = 91
    for n in range(replications):
        ledger = _plain(cases, seed + n, days, weekend=0.1)
        whole = plain.table(ledger, "desk", folder / f"whole-{cases}-{n}.csv")
        false += "gap" in _odd(whole)
        # Monday to Wednesday of the sixth week
        gone = range(int(BEGINNING // DAY) + 35, int(BEGINNING // DAY) + 38)
        lost = corrupt.days_lost(whole, gone)
        expected = sum(1 for i in ledger.instances.values() if i.work and i.started and i.started // DAY in gone)
        could += expected >= 15
        found += expected >= 15 and "gap" in _odd(lost)
    check = f"gaps, {replications} × {cases} cases"
    lines = [Line(check, "nothing lost: logs with a gap", "≤ 5 %", f"{false / replications:.1%}", false / replications <= 0.05,
                  "false positives ≤ 5 %", coverage=1 - false / replications)]  # fmt: skip
    if could:
        lines.append(Line(check, "three days of 15 records and more lost: found", "all", f"{found / could:.1%}",
                          found / could >= 0.95, "≥ 95 %", coverage=found / could))  # fmt: skip
    return lines
