"""Critical paths and causes of waiting of a real log, computed again by brute force on a grid of minutes."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pytest

from poanalyzer.config import parse_config
from poanalyzer.measure.catalogue import modules
from poanalyzer.measure.run import run_computed
from poanalyzer.mine.mined import Mined
from poanalyzer.pipeline import read
from poanalyzer.results import MetricResult
from tests.data import test_data

#: Case, activity, resource, first and last minute since 1970.
Row = tuple[str, str, str, int, int]
CAUSES = ("batching", "contention", "prioritisation", "unavailability", "extraneous")
WEEK, DAY = 7 * 1440, 1440


def rows_of(path: str) -> list[Row]:
    def minute(text: str) -> int:
        seconds = datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
        assert seconds % 60 == 0
        return int(seconds) // 60

    with gzip.open(test_data(path), "rt", encoding="utf-8", newline="") as stream:
        return [
            (r["Case ID"], r["Activity"], r["Resource"], minute(r["Start Timestamp"]), minute(r["Complete Timestamp"]))
            for r in csv.DictReader(stream)
        ]


def concurrent(rows: list[Row]) -> set[tuple[str, str]]:
    both, overlapping = defaultdict(set), defaultdict(set)
    for case, mine in _by(rows, 0).items():
        for (_, a, _, s, e), (_, b, _, t, f) in combinations(mine, 2):
            both[min(a, b), max(a, b)].add(case)
            if min(e, f) > max(s, t):
                overlapping[min(a, b), max(a, b)].add(case)
    found = {p for p, cases in overlapping.items() if len(both[p]) >= 20 and len(cases) >= 0.05 * len(both[p])}
    return found | {(b, a) for a, b in found}


def _by(rows: list[Row], column: int) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        out[str(row[column])].append(row)
    return out


def paths(rows: list[Row]) -> tuple[dict[Row, int], int]:
    """Return when each row was ready, and the summed length of the longest chains."""
    apart = concurrent(rows)
    ready, length = {}, 0
    for mine in _by(rows, 0).values():
        reach: dict[Row, int] = {}
        for row in sorted(mine, key=lambda r: (r[3], r[4])):
            before = [
                o for o in mine
                if o[4] <= row[3] and (o[1], row[1]) not in apart and not o[3] == o[4] == row[3] == row[4]
            ]  # fmt: skip
            ready[row] = max((o[4] for o in before), default=row[3])
            reach[row] = row[4] - row[3] + max((reach[o] for o in before if o[4] == ready[row]), default=0)
        length += max(reach.values())
    return ready, length


def hours(moments: list[int]) -> np.ndarray:
    """Return which hours of a week, from Thursday midnight on, are worked."""
    weeks = [(m - 4 * DAY) // WEEK for m in moments]
    seen = defaultdict(set)
    for moment, week in zip(moments, weeks, strict=True):
        seen[moment % WEEK // 60].add(week)
    often = {h for h, when in seen.items() if len(when) >= 0.1 * (max(weeks) - min(weeks) + 1)}
    clock = sorted({h % 24 for h in often})
    gaps = [(after - h, h) for h, after in zip(clock, [*clock[1:], clock[0] + 24], strict=True)] if clock else []
    longest = max((gap for gap, _ in gaps), default=0)
    dawn = next((h + 1 for gap, h in gaps if gap == longest), 0) if len(clock) < 24 else 0
    worked = np.zeros(168, dtype=bool)
    for day in range(7):
        today = [h for h in range(24) if (day * 24 + dawn + h) % 168 in often]
        for h in range(min(today), max(today) + 1) if today else ():
            worked[(day * 24 + dawn + h) % 168] = True
    return worked


def batches(mine: list[Row], ready: dict[Row, int]) -> dict[Row, int]:
    """Return when the batch of each row of one resource was ready."""
    out: dict[Row, int] = {}
    for same in _by(mine, 1).values():
        run: list[Row] = []
        for row in [*sorted(same, key=lambda r: r[3:]), None]:
            if row is None or (run and row[3] > max(r[4] for r in run) + 1):
                whole = [r for r in run if ready[r] <= run[0][3]]
                out |= {r: max(ready[w] for w in whole) for r in whole if len(whole) > 1}
                run = []
            if row is not None:
                run.append(row)
    return out


def causes(rows: list[Row], ready: dict[Row, int]) -> dict[str, int]:
    """Return the minutes of each cause: minute by minute the first that holds."""
    minutes = dict.fromkeys(CAUSES, 0)
    waited = {name: mine for name, mine in _by(rows, 2).items() if any(ready[r] < r[3] for r in mine)}
    everyone = hours([m for mine in waited.values() for r in mine for m in r[3:]])
    start, stop = min(r[3] for r in rows), max(r[4] for r in rows)
    clock = np.arange(start, stop) % WEEK // 60
    for mine in waited.values():
        off = ~(hours([m for r in mine for m in r[3:]]) if len(mine) >= 20 else everyone)[clock]
        together = batches(mine, ready)
        for row in mine:
            # the later a cause is set, the earlier it comes
            cause = np.where(off[ready[row] - start : row[3] - start], 3, 4)
            for later in (True, False):
                for other in mine:
                    if (ready[other] > ready[row]) == later:
                        cause[max(0, other[3] - ready[row]) : max(0, other[4] - ready[row])] = 2 if later else 1
            cause[: max(0, together.get(row, 0) - ready[row])] = 0
            for number, name in enumerate(CAUSES):
                minutes[name] += int((cause == number).sum())
    return minutes


def test_production_by_brute_force():
    path = "logs/Production.csv.gz"
    rows = rows_of(path)
    log = Mined(read([str(test_data(path))], parse_config({"project": {"window_days": "all", "timezone": "UTC"}})))

    def result(name: str) -> MetricResult:
        return run_computed(log, modules()[name][1].METRIC)[0]

    ready, length = paths(rows)
    found = result("critical-path-speedup")
    work = sum(e - s for _, _, _, s, e in rows)
    assert (found.numerator, found.denominator) == (work * 60, length * 60)
    assert found.value == pytest.approx(work / length)
    expected = causes(rows, ready)
    for cause, minutes in expected.items():
        found = result(f"waiting-{cause}-share")
        assert found.numerator == minutes * 60, cause
        assert found.denominator == 60 * sum(r[3] - ready[r] for r in rows)
        assert minutes, cause
