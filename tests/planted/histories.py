"""What can be told of a world from Temporal histories, and what cannot be told of any world from one profile or another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import truth, worlds
from .analyser import Measured, measure
from .blocks import Choice, Loop, Many, Mix, Parallel, Process, Task, World
from .blocks import Sequence as Steps
from .checks import METRICS, Line, same
from .ledger import Ledger
from .renderers import camunda7, plain, temporal
from .world import simulate

#: What histories tell as it was: who worked, when, how often, and how cases ended.
SHOWN = (
    "automation-rate", "touchless-rate", "rework-rate", "overlap-share", "mean-active-concurrency", "parallel-case-share",
    "flow-efficiency", "cancellation-rate",
)  # fmt: skip
#: What hangs on when a try failed or what ended a failure.
GONE = (
    "handled-exception-rate", "retry-effectiveness", "containment", "exception-rate", "incident-free-rate", "time-to-restore",
    "recovery-24h", "manual-intervention-rate",
)  # fmt: skip
#: On which side of the truth a figure is where not everything ended, and why.
_SIDES = {
    "first-attempt-success": (1, "failed tries are a floor"),
    "retry-amplification": (-1, "failed tries are a floor"),
    "rework-rate": (1, "items in turn look like rework"),
}
_ASKED = (*METRICS, "manual-intervention-rate")
_PEOPLE: dict[str, Any] = {"accounts": {"human": ["clerks-*", "experts-*", "stock-*"]}}


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def whole(cases: int, seed: int) -> World:
    """Return a world in which everything comes to its end: services fail, and a retry, the code or somebody mends it."""
    pay = Process(
        "payments", Steps((Task("check_account", "job", 1.0, hazard=0.15), Task("transfer", "job", 2.0, hazard=0.2)))
    )
    body = Steps((
        Task("enter", "user", 8.0),
        Parallel("prepare", (
            Task("pick", "user", 40.0, group="stock"),
            Steps((
                Task("print_label", "job", 3.0, hazard=0.3),
                Task("book_carrier", "job", 3.0, fallback="call_carrier", hazard=0.3),
            )),
        )),
        Loop("right", Task("check", "job", 2.0, hazard=0.1), again=0.2),
        Many(Task("inspect_item", "user", 15.0, group="experts")),
        Choice("size", ((0.4, worlds.Call("pay_out", pay)), (0.6, Task("file", "script", 1.0)))),
    ))  # fmt: skip
    # half of the cases meet no person
    alone = Steps((Task("read", "job", 3.0, hazard=0.2), Task("decide", "job", 2.0)))
    hands = Choice("hands", ((0.5, body), (0.5, alone)))
    return World((Process("orders", hands, cases),), seed=seed, days=90, quiet=30, mix=Mix(0.6, 0.2, 0.2, 0, 0, 0))


def exact(folder: Path, cases: int, seed: int) -> list[Line]:
    """Where everything ended, histories give the numbers of what happened; tries are counted, though not timed."""
    world = whole(cases, seed)
    ledger = simulate(world)
    found = measure([temporal.render(ledger, world, folder / "whole")], _ASKED, _PEOPLE)
    lines = []
    for metric in (*SHOWN, "first-attempt-success", "retry-amplification"):
        for key in ("orders", "payments", None):
            expected, got = truth.TRUTHS[metric](ledger, key), found.value(metric, key)
            what = f"{metric}, {key or 'all processes'}"
            lines.append(Line("Temporal", what, _shown(expected), _shown(got), same(expected, got)))
    return lines + _absent("Temporal", found)


def floors(folder: Path, cases: int, seed: int) -> list[Line]:
    """Where work was deleted or is under way, failed tries are a floor; undeclared people leave bounds that hold the truth."""
    world = worlds.everything(cases, seed, "job")
    ledger = simulate(world)
    export = temporal.render(ledger, world, folder / "everything")
    found = measure([export], _ASKED, _PEOPLE)
    check = "Temporal, everything"
    expected, got = truth.cancellation_rate(ledger, None), found.value("cancellation-rate", None)
    lines = [Line(check, "cancellation-rate", _shown(expected), _shown(got), same(expected, got))]
    for metric, (sign, why) in _SIDES.items():
        expected, got = truth.TRUTHS[metric](ledger, None), found.value(metric, None)
        right = expected is not None and got is not None and sign * (got - expected) >= -1e-9
        rule = f"{why}: {'not less' if sign > 0 else 'not more'} than the truth"
        lines.append(Line(check, metric, _shown(expected), _shown(got), right, rule))
    bare = measure([export], ("automation-rate", "touchless-rate"))
    recorded = _as_recorded(ledger)
    for metric in ("automation-rate", "touchless-rate"):
        expected, result = truth.TRUTHS[metric](recorded, None), bare.results[metric, None]
        # no number at all leaves everything open
        low = (0.0 if result.value is None else result.value) if result.lower_bound is None else result.lower_bound
        high = (1.0 if result.value is None else result.value) if result.upper_bound is None else result.upper_bound
        held = expected is not None and low - 1e-9 <= expected <= high + 1e-9
        lines.append(
            Line("Temporal, nobody declared", metric, _shown(expected), f"{_shown(low)}–{_shown(high)}", held,
                 "the bounds hold the truth")
        )  # fmt: skip
    return lines + _absent(check, found)


def _as_recorded(ledger: Ledger) -> Ledger:
    """Return the ledger with every activation that was asked for: a history knows it from then on, begun or not."""
    asked = {
        n: replace(i, started=i.offered) if i.work and i.started is None else i for n, i in ledger.instances.items()
    }
    return replace(ledger, instances=asked)


def _absent(check: str, found: Measured) -> list[Line]:
    lines = []
    for metric in (*GONE, "parallel-realisation-rate"):
        for key in [*sorted({k for m, k in found.results if m == metric and k}), None]:
            result = found.results[metric, key]
            right = result.value is None and result.status.value in ("not-available", "not-supported")
            lines.append(
                Line(check, f"{metric}, {key or 'all processes'}", "absent", f"{result.status.value} {_shown(result.value)}",
                     right, "absent, never 0")
            )  # fmt: skip
    return lines


def retold(folder: Path, cases: int, seed: int) -> list[Line]:
    """The same histories as lines of one file, backwards, and half of them twice: nothing moves."""
    world = worlds.everything(cases, seed, "job")
    ledger = simulate(world)
    export = temporal.render(ledger, world, folder / "files")
    told = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(export.iterdir(), reverse=True)]
    lines_ = folder / "lines" / "histories.jsonl"
    lines_.parent.mkdir(parents=True)
    backwards = [{"events": one["events"][::-1]} for one in told]
    lines_.write_text("".join(json.dumps(one) + "\n" for one in [*backwards, *told[::2]]), encoding="utf-8")
    first, second = (measure([given], METRICS, _PEOPLE) for given in (export, lines_.parent))
    lines = []
    for metric in METRICS:
        for key in (*worlds.keys(world), None):
            a, b = first.value(metric, key), second.value(metric, key)
            what = f"{metric}, {key or 'all processes'}"
            lines.append(Line("histories retold", what, _shown(a), _shown(b), same(a, b)))
    return lines


# --- negative results -------------------------------------------------------------------------------------------------

_NEVER = "cannot be recovered: no number"


def negatives(folder: Path, cases: int, seed: int) -> list[Line]:
    """What no analyser can get back from a profile is not told, and where a number stays, it is on the side that is said."""
    return [
        *_retry_times(folder, cases, seed),
        *_ways(folder, cases, seed),
        *_dark(folder, cases, seed),
        *_not_said(folder, cases, seed),
    ]


def _no_number(check: str, what: str, truth_: str, result: Any) -> Line:
    told = f"{result.status.value} {_shown(result.value)}"
    return Line(check, what, truth_, told, result.value is None, _NEVER)


def _retry_times(folder: Path, cases: int, seed: int) -> list[Line]:
    world = worlds.everything(cases, seed, "job")
    ledger = simulate(world)
    found = measure([temporal.render(ledger, world, folder / "histories")], GONE)
    return [
        _no_number("Temporal: when tries failed, and what mended it", metric, _shown(truth.TRUTHS[metric](ledger, None)),
                   found.results[metric, None])
        for metric in ("recovery-24h", "time-to-restore", "retry-effectiveness", "handled-exception-rate")
    ]  # fmt: skip


def _ways(folder: Path, cases: int, seed: int) -> list[Line]:
    """No engine here but Zeebe records the way through gateways: it is replayed on the model, and without one unknown."""
    world = worlds.everything(cases, seed, "external")
    ledger = simulate(world)
    export = camunda7.render(ledger, world, folder / "tables")
    for model in export.glob("*.bpmn"):
        model.unlink()
    found = measure([export], ("parallel-realisation-rate",))
    metric = "parallel-realisation-rate"
    expected = _shown(truth.TRUTHS[metric](ledger, None))
    return [
        _no_number("Camunda 7: the way through gateways, without models", metric, expected, found.results[metric, None])
    ]


def _dark(folder: Path, cases: int, seed: int) -> list[Line]:
    """Steps that no system recorded are in no figure: coverage is of what was recorded, and more than the truth."""
    world = replace(worlds.everything(cases, seed, "external"), outside=4.0, unlogged=0.3, withdrawn=0.0)
    ledger = simulate(world)
    engine = camunda7.render(ledger, world, folder / "engine")
    desk = plain.outside(ledger, folder / "desk" / "desk.csv")
    columns = {"case": "Order", "activity": "Step", "start": "Start", "end": "End", "resource": "User"}
    said = {"input": [{"path": str(desk), "role": "outside", "columns": columns}]}
    got = measure([engine], ("step-coverage",), said).value("step-coverage", None)
    everything = replace(ledger, outside=[replace(o, recorded=True) for o in ledger.outside])
    expected, _ = truth.step_coverage(everything)
    bias = None if got is None else got - expected
    return [
        Line("work that nobody recorded", "step-coverage", _shown(expected), _shown(got), bias is not None and bias > 0.01,
             "cannot be recovered: told of recorded work only, and higher", bias=bias, control=True)
    ]  # fmt: skip


def _not_said(folder: Path, cases: int, seed: int) -> list[Line]:
    """Without version control no lead time; and that a figure can be computed does not say that anybody looks at it."""
    world = worlds.everything(cases, seed, "external")
    export = camunda7.render(simulate(world), world, folder / "alone")
    found = measure([export], ("change-lead-time", "kpi-use", "kpi-trackability"))
    whole_ = found.value("kpi-trackability", None)
    return [
        _no_number("lead time without version control", "change-lead-time", "unknown", found.results["change-lead-time", None]),
        _no_number(f"tracked, not only trackable ({_shown(whole_)} could be)", "kpi-use", "unknown",
                   found.results["kpi-use", None]),
    ]  # fmt: skip
