"""Relations between runs: what may not change a number, what may only widen it, what may only raise it (METHODS H)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import corrupt, transform, truth, worlds
from .analyser import Measured, measure
from .checks import IN_PLAIN_LOGS, METRICS, Line, same
from .ledger import Ledger
from .oddities import coarse
from .renderers import camunda7, plain, zeebe
from .world import simulate

#: What knows no clock: ratios of times and counts in which no span of hours plays a part.
_WITHOUT_CLOCK = (
    "automation-rate", "touchless-rate", "first-attempt-success", "retry-amplification", "incident-free-rate",
    "cancellation-rate", "rework-rate", "overlap-share", "mean-active-concurrency", "parallel-case-share", "flow-efficiency",
    "parallel-realisation-rate", "critical-path-speedup",
)  # fmt: skip
_UTC: dict[str, Any] = {"project": {"timezone": "UTC"}}
_ACCOUNTS = {"accounts": {"human": ["clerks-*", "experts-*", "stock-*"], "system": ["*-worker"]}}


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def _equal(check: str, one: Measured, other: Measured, names: Sequence[str], over: Sequence[str | None]) -> list[Line]:
    lines = []
    for metric in names:
        for key in over:
            a, b = one.value(metric, key), other.value(metric, key)
            lines.append(Line(check, f"{metric}, {key or 'all processes'}", _shown(a), _shown(b), same(a, b)))
    return lines


def invariances(folder: Path, cases: int, seed: int) -> list[Line]:
    """The order of cases, a slower clock, records delivered twice: nothing moves that should not."""
    world = worlds.everything(cases, seed, "external", fatal=False)
    keys = [*worlds.keys(world), None]
    names = [*METRICS, "critical-path-speedup"]
    first = measure([camunda7.render(simulate(world), world, folder / "base", "UTC")], names, _UTC)
    other = camunda7.render(transform.other_order(simulate(world)), world, folder / "order", "UTC")
    lines = _equal("cases in another order", first, measure([other], names, _UTC), names, keys)
    slower = camunda7.render(transform.scaled(simulate(world), 3), world, folder / "slower", "UTC")
    slow = measure([slower], [*_WITHOUT_CLOCK, "time-to-restore"], _UTC)
    lines += _equal("everything three times as slow", first, slow, _WITHOUT_CLOCK, keys)
    for key in keys:
        a, b = first.value("time-to-restore", key), slow.value("time-to-restore", key)
        a = None if a is None else 3 * a
        lines.append(
            Line(
                "everything three times as slow",
                f"time-to-restore, {key or 'all processes'}",
                _shown(a),
                _shown(b),
                same(a, b),
            )
        )
    stream = zeebe.render(simulate(world), world, folder / "stream")
    once = measure([stream], METRICS)
    lines += _equal(
        "records delivered twice, Zeebe", once, measure([corrupt.lines_twice(stream)], METRICS), METRICS, keys
    )
    return lines


def tables(folder: Path, cases: int, seed: int) -> list[Line]:
    """A plain table with a case called NA, with a byte order mark, with rows twice, in another order, with tied times."""
    world = worlds.shop(cases, seed)
    over: list[str | None] = [None]

    def told(ledger: Ledger, name: str) -> Path:
        return plain.table(ledger, "orders", folder / f"{name}.csv")

    path = told(simulate(world), "orders")
    first = measure([path], IN_PLAIN_LOGS, _UTC | _ACCOUNTS)
    missing = simulate(world)
    next(c for c in missing.cases.values() if c.process == "orders").key = "NA"
    changed = {
        "a case called NA": told(missing, "orders-na"),
        "a byte order mark": corrupt.marked(path),
        "rows twice, CSV": corrupt.of_table(path, "twice", lambda rows: rows + rows[::7]),
        "rows in another order, CSV": corrupt.of_table(path, "order", lambda rows: rows[::-1]),
    }
    lines = []
    for check, export in changed.items():
        lines += _equal(check, first, measure([export], IN_PLAIN_LOGS, _UTC | _ACCOUNTS), IN_PLAIN_LOGS, over)
    ledger = coarse(simulate(world), 60_000)
    labelled = corrupt.of_table(
        told(ledger, "tied"), "label", lambda rows: sorted(rows, key=lambda r: (r["Case"], r["Start"], r["Activity"]))
    )
    found = measure([labelled], IN_PLAIN_LOGS, _UTC | _ACCOUNTS)
    for metric in IN_PLAIN_LOGS:
        expected, got = truth.TRUTHS[metric](ledger, "orders"), found.value(metric, None)
        lines.append(
            Line(
                "times to the minute, ties in order of labels",
                metric,
                _shown(expected),
                _shown(got),
                same(expected, got),
            )
        )
    return lines


# --- less to see ------------------------------------------------------------------------------------------------------

TABLES = (
    "HI_TASKINST",
    "HI_IDENTITYLINK",
    "HI_OP_LOG",
    "HI_INCIDENT",
    "HI_JOB_LOG",
    "HI_EXT_TASK_LOG",
    "RE_DEPLOYMENT",
    "bpmn",
)
LEVELS = (1, 2)


def less(
    folder: Path,
    cases: int,
    seed: int,
    without: Sequence[str | int] = (*LEVELS, *TABLES),
    only: Sequence[str] | None = None,
) -> list[Line]:
    """With a table or history details gone a metric stays, is absent, or gives bounds that hold what it was."""
    world = worlds.everything(cases, seed, "external")
    whole = camunda7.render(simulate(world), world, folder / "whole")
    first = measure([whole], only)
    lines = []
    for gone in without:
        if isinstance(gone, int):
            check, export = f"history level {gone}", corrupt.at_level(whole, gone)
        else:
            check, export = f"without {gone}", corrupt.without_kind(whole, gone)
        for (metric, key), result in measure([export], only).results.items():
            if (metric, key) not in first.results or metric in _OF_EVIDENCE:
                continue
            before, after = _bounds(first.results[metric, key]), _bounds(result)
            wider = (
                before is not None
                and after is not None
                and after[0] <= before[0] + 1e-9
                and after[1] >= before[1] - 1e-9
            )
            told = (
                "absent"
                if after is None
                else _shown(after[0])
                if same(*after)
                else f"{_shown(after[0])}–{_shown(after[1])}"
            )
            lines.append(Line(check, f"{metric}, {key or 'all processes'}", _shown(first.value(metric, key)), told,
                              after is None or wider, "equal, absent or wider"))  # fmt: skip
    return lines


#: Metrics that measure what the export shows: less in it is less of them.
_OF_EVIDENCE = ("kpi-trackability", "kpi-trackability-3", "log-grade", "lifecycle-coverage")


def _bounds(result: Any) -> tuple[float, float] | None:
    """Return between what a metric says that the truth lies; None where it says nothing."""
    if result.value is None:
        return None
    if result.lower_bound is None and result.upper_bound is None:
        return result.value, result.value
    return (
        -math.inf if result.lower_bound is None else result.lower_bound,
        math.inf if result.upper_bound is None else result.upper_bound,
    )


def nobody(folder: Path, cases: int, seed: int) -> list[Line]:
    """Fewer accounts declared: the bounds of what people and machines did widen and hold the truth."""
    world = worlds.everything(cases, seed, "external")
    ledger = simulate(world)
    path = plain.table(ledger, "orders", folder / "orders.csv")
    lines = []
    for metric in ("automation-rate", "touchless-rate"):
        expected = truth.TRUTHS[metric](ledger, "orders")
        assert expected is not None
        last = (expected, expected)
        for humans in (["clerks-*", "stock-*"], ["stock-*"], []):
            system = ["*-worker"] if humans else []
            said = _UTC | {"accounts": {"human": humans, "system": system}}
            result = measure([path], [metric], said).results[metric, None]
            low = result.value if result.lower_bound is None else result.lower_bound
            high = result.value if result.upper_bound is None else result.upper_bound
            if low is None or high is None:
                low, high = 0.0, 1.0
            wider = low <= last[0] + 1e-9 and high >= last[1] - 1e-9
            lines.append(Line("accounts declared: " + (", ".join(humans) or "none"), metric, f"{last[0]:.4f}–{last[1]:.4f}",
                              f"{low:.4f}–{high:.4f}", wider, "the bounds widen"))  # fmt: skip
            last = (low, high)
    return lines


def monotone(folder: Path, cases: int, seed: int) -> list[Line]:
    """More failures that are coped with never lower the handled rate."""
    world = worlds.everything(cases, seed, "external")
    lines, last = [], -1.0
    for share in (0.0, 0.05, 0.4):
        ledger = transform.more_handled(simulate(world), share)
        found = measure([camunda7.render(ledger, world, folder / f"more-{share}")], ["handled-exception-rate"])
        value = found.value("handled-exception-rate", None)
        assert value is not None
        expected = truth.handled_exception_rate(ledger, None)
        lines.append(Line("more handled failures", f"handled-exception-rate, {share:.0%} more", _shown(expected), _shown(value),
                          same(expected, value) and value >= last - 1e-9, "equal, and not less than before"))  # fmt: skip
        last = value
    return lines
