"""How often 95 % intervals hold the truth: many copies of a process, each a sample of the same world.

All copies stand in one export, a process each, so that one run gives all replications. The truth is the share over all of
them, whose own error is smaller by the root of their number.
"""

from __future__ import annotations

import math
from pathlib import Path

from . import truth, worlds
from .analyser import measure
from .blocks import Mix, Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line
from .ledger import DAY, HOUR, Ledger
from .renderers import camunda7, plain
from .world import BEGINNING, simulate

CLUSTERED = (
    "automation-rate", "touchless-rate", "first-attempt-success", "retry-amplification", "exception-rate",
    "incident-free-rate", "rework-rate", "handled-exception-rate", "flow-efficiency",
)  # fmt: skip
LOW, HIGH = 0.92, 0.98
#: Where the large-sample interval is not claimed to hold: a handful of episodes, and a ratio of times with a heavy tail.
_SPARED = {"handled-exception-rate": "few episodes", "flow-efficiency": "a few very long waits decide the ratio"}


def plausible(hits: int, of: int, low: float = LOW, high: float = HIGH) -> bool:
    """Return whether so many hits can come of a coverage between ``low`` and ``high`` (each side at 1 %)."""

    def below(k: int, p: float) -> float:
        return sum(math.comb(of, i) * p**i * (1 - p) ** (of - i) for i in range(k + 1))

    return below(hits, low) > 0.01 and 1 - below(hits - 1, high) > 0.01


def clustered(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Unlike cases, each with a leaning of its own: intervals by case hold, Wilson's over rows of work does not."""
    processes = tuple(worlds.straight(f"copy{n:03d}", cases, "job") for n in range(replications))
    world = World(processes, seed=seed, spread=1.2, quiet=5, mix=Mix(0.6, 0, 0.35, 0.05, 0, 0))
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / f"clustered-{cases}")], CLUSTERED)
    lines = []
    check = f"intervals, {replications} × {cases} cases"
    for metric in CLUSTERED:
        whole = truth.TRUTHS[metric](ledger, None)
        assert whole is not None
        rows = [
            r for r in (found.results[metric, p.key] for p in processes) if r.low is not None and r.high is not None
        ]
        hits = sum(r.low <= whole <= r.high for r in rows)
        bias = sum(r.value for r in rows) / len(rows) - whole
        spared = _SPARED.get(metric, "") if cases < 300 or metric == "flow-efficiency" else ""
        accepted = bool(spared) or plausible(hits, len(rows))
        rule = f"reported only: {spared}" if spared else "92–98 %"
        lines.append(Line(check, metric, _shown(whole), f"{hits / len(rows):.1%} (bias {bias:+.4f})", accepted, rule,
                          bias=bias, coverage=hits / len(rows)))  # fmt: skip
    rate = truth.automation_rate(ledger, None) or 0.0
    naive = sum(_wilson_holds(units, rate) for units in _by_process(ledger))
    lines.append(Line(check, "negative control: Wilson over rows of work", "fails", f"{naive / replications:.1%}",
                      naive / replications < 0.9, "must be < 90 %", coverage=naive / replications, control=True))  # fmt: skip
    return lines


def _shown(value: float) -> str:
    return f"{value:.5g}"


def _by_process(ledger: Ledger) -> list[list[truth.Unit]]:
    """Return the units of each process, from one pass."""
    found: dict[str, list[truth.Unit]] = {}
    for unit in truth.units(ledger, None):
        found.setdefault(unit.case.process, []).append(unit)
    return list(found.values())


def _wilson_holds(units: list[truth.Unit], whole: float) -> bool:
    """Return whether Wilson's interval over rows of work, as if they were independent, holds the automation rate."""
    n, k = sum(len(u.work) for u in units), sum(len(u.machine) for u in units)
    p, z = k / n, 1.959964
    middle, half = (p + z * z / 2 / n), z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return (middle - half) / (1 + z * z / n) <= whole <= (middle + half) / (1 + z * z / n)


def bad_days(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Failures that come on bad days: intervals by day hold, by case they do not.

    Each copy has bad days of its own. The controls are computed here from the ledger alone.
    """
    body = Steps((Task("call_service", "job", 1.0, hazard=0.06), Task("call_other", "job", 1.0, hazard=0.06)))
    processes = tuple(Process(f"copy{n:03d}", body, cases) for n in range(replications))
    world = World(processes, seed=seed, days=60, quiet=2, bad_days=0.1, bad_factor=10.0, mix=Mix(0.7, 0, 0.3, 0, 0, 0))
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / f"days-{cases}")], ["exception-rate"])
    whole = truth.exception_rate(ledger, None)
    assert whole is not None
    by_tool = sum(r.low <= whole <= r.high for r in (found.results["exception-rate", p.key] for p in processes))
    copies = _by_process(ledger)
    by_case = sum(_holds(units, whole, by_day=False) for units in copies)
    by_day = sum(_holds(units, whole, by_day=True) for units in copies)
    check = f"bad days, {replications} × {cases} cases"
    rows = (
        ("exception-rate as reported", by_tool, plausible(by_tool, replications, 0.90), "90–98 %"),
        ("reference: day blocks, from the ledger", by_day, plausible(by_day, replications, 0.90), "90–98 %"),
        ("negative control: by case, from the ledger", by_case, by_case / replications < 0.8, "must be < 80 %"),
    )
    return [
        Line(check, what, _shown(whole), f"{n / replications:.1%}", good, rule, coverage=n / replications,
             control=what.startswith("negative"))
        for what, n, good, rule in rows
    ]  # fmt: skip


def _holds(units: list[truth.Unit], whole: float, *, by_day: bool) -> bool:
    """Return whether a linearised interval of episodes per closed case, clustered so, holds the truth."""
    sums: dict[float, tuple[int, int]] = {}
    for unit in units:
        if unit.closed:
            cluster = (unit.case.start - BEGINNING) // DAY if by_day else unit.case.id
            x, y = sums.get(cluster, (0, 0))
            sums[cluster] = (x + len(unit.episodes), y + 1)
    x, y = (sum(pair[n] for pair in sums.values()) for n in (0, 1))
    value = x / y
    spread = sum((a - value * b) ** 2 for a, b in sums.values()) * len(sums) / (len(sums) - 1)
    return abs(value - whole) <= 2.0 * math.sqrt(spread) / y


def restoring(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Repairs of a known distribution in a short window: Kaplan–Meier finds its median, the closed ones alone do not.

    The median of a lognormal time is its parameter: the truth here is analytic, not a count.
    """
    body = Task("call_service", "job", 1.0, hazard=0.5)
    processes = tuple(Process(f"copy{n:03d}", body, cases) for n in range(replications))
    hours = 48.0
    world = World(processes, seed=seed, days=6, mix=Mix(0, 0, 1, 0, 0, 0), repair_minutes=hours * 60)
    ledger = simulate(world)
    found = measure([camunda7.render(ledger, world, folder / f"restoring-{cases}")], ["time-to-restore"])
    expected = hours * HOUR / 1000
    rows = [found.results["time-to-restore", p.key] for p in processes]
    values = sorted(r.value for r in rows if r.value is not None)
    middle = values[len(values) // 2]
    hits = sum(
        (r.low or 0) <= expected <= (math.inf if r.high is None else r.high) for r in rows if r.value is not None
    )
    times = sorted(
        (i.cleared - i.created) / 1000 for e in ledger.episodes for i in e.incidents if i.cleared is not None
    )
    naive = times[len(times) // 2]
    check = f"time to restore, {replications} × {cases} cases"
    return [
        Line(check, "median of the estimates", f"{expected:.0f} s", f"{middle:.0f} s", abs(middle / expected - 1) < 0.05,
             "within 5 %", bias=middle / expected - 1),
        Line(check, "interval", "95 %", f"{hits / len(values):.1%}", plausible(hits, len(values), 0.90, 0.985), "90–98.5 %",
             coverage=hits / len(values)),
        Line(check, "negative control: median of the closed ones", f"{expected:.0f} s", f"{naive:.0f} s",
             naive < 0.8 * expected, "must be < 80 % of the truth", bias=naive / expected - 1, control=True),
    ]  # fmt: skip


def beside(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Steps beside the engine, each with its number: intervals of step and time coverage and of the dark time hold."""
    processes = tuple(worlds.straight(f"copy{n:03d}", cases, "job") for n in range(replications))
    world = World(processes, seed=seed, spread=1.0, quiet=5, mix=Mix(0.6, 0, 0.4, 0, 0, 0), outside=2.0)
    ledger = simulate(world)
    desk = plain.outside(ledger, folder / f"desk-{cases}" / "desk.csv")
    columns = {"case": "Order", "activity": "Step", "start": "Start", "end": "End", "resource": "User"}
    said = {"input": [{"path": str(desk), "role": "outside", "columns": columns}]}
    covered, dark = truth.time_parts(ledger)
    whole = {"step-coverage": truth.step_coverage(ledger)[0], "time-coverage": covered, "dark-time-share": dark}
    found = measure([camunda7.render(ledger, world, folder / f"beside-{cases}")], list(whole), said)
    lines = []
    for metric, value in whole.items():
        rows = [found.results[metric, p.key] for p in processes]
        rows = [r for r in rows if r.value is not None and r.low is not None]
        hits = sum(r.low <= value <= r.high for r in rows)
        bias = sum(r.value for r in rows) / len(rows) - value
        # a handful of long repairs decides the ratio of times of a few cases
        spared = cases < 100 and metric != "step-coverage"
        rule = "reported only: below 100 cases" if spared else "92–98 %"
        good = spared or (plausible(hits, len(rows)) and abs(bias) < 0.02)
        check = f"beside the engine, {replications} × {cases} cases"
        shown = f"{hits / len(rows):.1%} (bias {bias:+.4f})"
        lines.append(Line(check, metric, _shown(value), shown, good, rule, bias=bias, coverage=hits / len(rows)))
    return lines
