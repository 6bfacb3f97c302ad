"""Effects of releases, trends where there are none, and drift: what moved, and what only seems to (METHODS E)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median, stdev

from . import corrupt
from .analyser import measure
from .blocks import EMPTY, Block, Choice, Mix, Parallel, Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line
from .intervals import plausible
from .ledger import DAY, Ledger, Release
from .renderers import camunda7
from .world import BEGINNING, simulate


def _copies(replications: int) -> list[str]:
    return [f"copy{n:03d}" for n in range(replications)]


# --- before and after a release ---------------------------------------------------------------------------------------

TREND = -0.004


def effects(
    folder: Path, replications: int, cases: int, seed: int, *, shift: float, ramp: float = 0.0, kept_days: float | None = None
) -> list[Line]:  # fmt: skip
    """Intervals of what a release did to the time of cases hold it, under a trend that a mere difference takes for it.

    ``shift``: what the release adds to the logarithm of durations; ``ramp``: days in which both versions start; ``kept_days``:
    cases that ended earlier than this before the end are cleaned up.
    """
    keys = _copies(replications)
    days, at = 120, 60 if kept_days is None else 75
    plan = tuple(
        r for k in keys for r in (
            Release(k, 1, BEGINNING - DAY, "a"),
            Release(k, 2, BEGINNING + at * DAY, "b", slower=shift, ramp=ramp),
        )
    )  # fmt: skip
    trend = TREND if kept_days is None else 0.0
    minutes = 8 * 60.0 if kept_days is None else 4 * 1440.0
    world = World(
        tuple(Process(k, Task("handle", "user", minutes), cases) for k in keys), seed=seed, days=days, trend=trend,
        day_spread=0.1, sigma=0.8, releases=plan,
    )  # fmt: skip
    ledger = simulate(world)
    export = camunda7.render(ledger, world, folder / f"effects-{cases}-{shift}-{ramp}-{kept_days}")
    if kept_days is not None:
        export = _kept(export, ledger, kept_days)
    found = measure([export], [], also=["effects"])
    told = [e for e in found.seen["effects"] if e.figure == "cycle-time"]
    gain = -math.expm1(shift)
    hits = sum(e.low <= gain <= e.high for e in told)
    how = f"step {shift:+g}" + (f", both versions for {ramp:g} days" if ramp else "")
    how += f", {kept_days:g} days kept" if kept_days else f", trend {TREND:+.1%} a day"
    check = f"effects, {how}, {replications} × {cases} cases"
    if not told:
        return [Line(check, "effects found", str(replications), "0", False, "at least one")]
    bias = mean(math.log1p(-min(e.gain, 0.999)) for e in told) - shift
    lines = [
        Line(check, "interval of the gain", f"{gain:.3f}", f"{hits / len(told):.1%} of {len(told)} ({told[0].design})",
             plausible(hits, len(told)), "92–98 %", bias=bias, coverage=hits / len(told)),
    ]  # fmt: skip
    if kept_days is None and not ramp:
        naive = sum(_difference_holds(ledger, k, shift) for k in keys) / replications
        lines.append(Line(check, "negative control: difference of means", "fails", f"{naive:.1%}", naive < 0.8,
                          "must be < 80 %", coverage=naive, control=True))  # fmt: skip
    return lines


def cleaned_up(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Nothing changed, and what ended long ago is gone: no effect is found on the average."""
    lines = effects(folder, replications, cases, seed, shift=0.0, kept_days=60.0)
    bias = lines[0].bias
    if bias is None:  # no copy has days enough left: nothing is said
        return lines
    return [
        *lines,
        Line(lines[0].check, "mean step of the logarithm", "0", f"{bias:+.3f}", abs(bias) < 0.1, "< .1", bias=bias),
    ]


def _difference_holds(ledger: Ledger, process: str, shift: float) -> bool:
    """Return whether the interval of the plain difference of mean logarithms of ended cases holds the step."""
    sides: dict[int, list[float]] = {1: [], 2: []}
    for c in ledger.cases.values():
        if c.process == process and c.end is not None:
            sides[c.version].append(math.log(c.end - c.start))
    step = mean(sides[2]) - mean(sides[1])
    error = math.sqrt(sum(stdev(s) ** 2 / len(s) for s in sides.values()))
    return abs(step - shift) <= 1.96 * error


def _kept(export: Path, ledger: Ledger, days: float) -> Path:
    """Clean up what ended more than so many days before the end."""
    until = ledger.end - days * DAY
    gone = {str(c.id) for c in ledger.cases.values() if c.end is not None and c.end < until}
    return corrupt.cleaned(export, gone)


# --- trends -----------------------------------------------------------------------------------------------------------


def no_trend(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Nothing changes, half a year is kept and the youngest cases still run: the months of a KPI stay level."""
    keys = _copies(replications)
    world = World(
        tuple(Process(k, Task("handle", "user", 10 * 1440.0), cases) for k in keys), seed=seed, days=365, sigma=0.8
    )
    ledger = simulate(world)
    export = _kept(camunda7.render(ledger, world, folder / f"level-{cases}"), ledger, 180)
    said = {"kpi": [{"id": "cycle-time", "measure": "cycle-time", "target": "<= 20 d"}]}
    found = measure([export], [], said, also=["kpis", "deteriorations"])
    slopes = []
    for key in keys:
        months = [m for m in found.seen["kpis"][key, "cycle-time"].months if m.complete and m.value]
        if len(months) >= 3:
            slopes.append(_slope([(float(n), math.log(m.value)) for n, m in enumerate(months)]))
    naive = _slope(_fortnights(ledger, ledger.end - 180 * DAY))
    check = f"no trend, {replications} × {cases} cases"
    worse = {d.process for d in found.seen["deteriorations"] if d.figure == "cycle-time"}
    if not slopes:
        return [Line(check, "months with values", "≥ 3", "fewer", False, "at least three")]
    level = mean(slopes)
    return [
        Line(check, "slope of the months of cycle-time", "0", f"{level:+.2%} a month", abs(level) < 0.02,
             "< 2 % a month", bias=level),
        Line(check, "processes called worse", "≤ 5 %", f"{len(worse) / replications:.1%}", len(worse) / replications <= 0.05,
             "false positives ≤ 5 %", coverage=1 - len(worse) / replications),
        Line(check, "negative control: ended cases by fortnight of their start", "improves", f"{naive * 30.4 / 14:+.1%} a month",
             naive * 30.4 / 14 < -0.02, "must fall by more than 2 % a month", bias=naive * 30.4 / 14, control=True),
    ]  # fmt: skip


def _fortnights(ledger: Ledger, kept: float) -> list[tuple[float, float]]:
    """Return the logarithms of the median times of ended cases that were kept, by fortnight of their start."""
    times: dict[int, list[float]] = defaultdict(list)
    for c in ledger.cases.values():
        if c.end is not None and c.end >= kept:
            times[int((c.start - ledger.start) // (14 * DAY))].append(c.end - c.start)
    return [(float(n), math.log(median(t))) for n, t in sorted(times.items()) if len(t) >= 5]


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of least squares."""
    x, y = mean(p[0] for p in points), mean(p[1] for p in points)
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, b in points)


# --- drift ------------------------------------------------------------------------------------------------------------

_A, _B, _C = (Task(name, "user", 20.0) for name in ("read", "weigh", "decide"))


def _way(first: float = 0.5, middle: Block = _B) -> Block:
    call = Task("look_up", "job", 1.0, hazard=0.1, fallback="look_up_by_hand")
    return Steps((_A, call, Choice("which", ((first, middle), (1 - first, EMPTY))), _C))


#: What a release may do to the ways of cases: the tree before, the tree after.
OPERATORS: dict[str, tuple[Block, Block]] = {
    "insert": (_way(), Steps((_way(), Task("sign", "user", 5.0)))),
    "delete": (_way(), Steps((_A, _C))),
    "swap": (Steps((_A, _B, _C)), Steps((_B, _A, _C))),
    "re-branch by a fifth": (_way(0.5), _way(0.7)),
    "parallelise": (Steps((_A, _B, _C)), Steps((Parallel("both", (_A, _B)), _C))),
    "unreleased re-branch": (_way(0.2), _way(0.8)),
}


def quiet(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Weekends, days that differ and outages are no drift. Each copy is a log of its own, as tests are corrected within one."""
    alarms = 0
    for n in range(replications):
        world = World(
            (Process("quiet", _way(), cases),), seed=seed + n, days=90, weekend=0.4, weekend_lean=0.8, day_lean=0.6,
            bad_days=0.08, bad_factor=8.0, mix=Mix(0.3, 0.5, 0.2, 0, 0, 0),
            releases=(Release("quiet", 1, BEGINNING - DAY, "a"), Release("quiet", 2, BEGINNING + 45 * DAY, "b")),
        )  # fmt: skip
        export = camunda7.render(simulate(world), world, folder / f"quiet-{cases}-{n}")
        alarms += bool(measure([export], [], also=["drifts"]).seen["drifts"])
    share = alarms / replications
    check = f"drift, nothing changed, {replications} × {cases} cases"
    # as many as one would still expect of 5 %
    fine = plausible(replications - alarms, replications, 0.95, 1.0)
    return [
        Line(check, "logs with a drift", "≤ 5 %", f"{share:.1%}", fine, "false positives ≤ 5 %", coverage=1 - share)
    ]


def drift(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Changes of the ways of cases by a release are found near its day, and nothing else is."""
    keys = {f"{name.split()[0]}-{n}": name for name in OPERATORS for n in range(replications)}
    day = 45
    plan = tuple(
        r for k, name in keys.items() for r in (
            Release(k, 1, BEGINNING - DAY, "a"),
            # the same model again is no release: something else changed
            Release(k, 2, BEGINNING + day * DAY, "a" if name.startswith("unreleased") else "b"),
        )
    )  # fmt: skip
    world = World(
        tuple(Process(k, OPERATORS[name][0], cases) for k, name in keys.items()), seed=seed, days=90, weekend=0.4,
        weekend_lean=0.4, mix=Mix(0.3, 0.5, 0.2, 0, 0, 0), releases=plan,
        changed=tuple((k, 2, OPERATORS[name][1]) for k, name in keys.items()),
    )  # fmt: skip
    ledger = simulate(world)
    found = measure(
        [camunda7.render(ledger, world, folder / f"drift-{cases}")], ["managed-change-ratio"], also=["drifts"]
    )
    near: dict[str, list[bool]] = defaultdict(list)
    for d in found.seen["drifts"]:
        near[d.process].append(abs(d.at / 1000 - (BEGINNING + day * DAY)) <= 7 * DAY)
    check = f"drift, {replications} × {cases} cases"
    lines, hits, false, managed = [], 0, 0, 0
    for name in OPERATORS:
        mine = [k for k, v in keys.items() if v == name]
        right = sum(any(near[k]) for k in mine)
        hits += right
        managed += 0 if name.startswith("unreleased") else right
        false += sum(len(near[k]) - any(near[k]) for k in mine)
        share = right / len(mine)
        lines.append(
            Line(check, f"{name}: found within seven days", "–", f"{share:.1%}", True, "reported only", coverage=share)
        )
    f1 = 2 * hits / (2 * hits + false + len(keys) - hits)
    lines.append(
        Line(check, "F1 over all", "≥ .8", f"{f1:.3f}", f1 >= 0.8 or cases < 300, "≥ .8 from 300 cases on", coverage=f1)
    )
    ratio, got = managed / max(hits + false, 1), found.value("managed-change-ratio", None)
    lines.append(Line(check, "managed-change-ratio", f"{ratio:.4f}", f"{got or 0:.4f}", abs((got or 0) - ratio) < 1e-9))
    return lines
