"""Planted truth told as Temporal histories, and what no profile gives back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.planted import histories
from tests.planted.checks import wrong
from tests.planted.renderers import temporal
from tests.planted.world import simulate

slow = pytest.mark.slow


def test_histories_suppress_failed_tries(tmp_path: Path) -> None:
    """However often an activity failed, one scheduled, one started and one closing event tell of it."""
    world = histories.whole(40, 3)
    ledger = simulate(world)
    tries = sum(len(e.failures) for e in ledger.episodes)
    assert tries > 20
    counts: dict[str, int] = {}
    attempts = 0
    for path in temporal.render(ledger, world, tmp_path).iterdir():
        events = json.loads(path.read_text(encoding="utf-8"))["events"]
        assert [e["eventId"] for e in events] == [str(n) for n in range(1, len(events) + 1)]
        for event in events:
            counts[event["eventType"]] = counts.get(event["eventType"], 0) + 1
            attempts += event.get("activityTaskStartedEventAttributes", {}).get("attempt", 1) - 1
    activities = sum(i.work for i in ledger.instances.values())
    closed = sum(counts.get(f"EVENT_TYPE_ACTIVITY_TASK_{how}", 0) for how in ("COMPLETED", "FAILED"))
    assert counts["EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"] == activities
    assert counts["EVENT_TYPE_ACTIVITY_TASK_STARTED"] == closed == activities
    assert counts["EVENT_TYPE_ACTIVITY_TASK_FAILED"] == sum(e.disposition == "modelled" for e in ledger.episodes) > 0
    assert attempts == tries


@slow
def test_what_histories_tell(tmp_path: Path) -> None:
    lines = histories.exact(tmp_path, 40, 3)
    assert len(lines) == 3 * (len(histories.SHOWN) + 2 + len(histories.GONE) + 1)
    assert wrong(lines) == []


@slow
def test_what_histories_tell_in_part(tmp_path: Path) -> None:
    assert wrong(histories.floors(tmp_path, 40, 3)) == []


@slow
def test_histories_told_in_another_way(tmp_path: Path) -> None:
    assert wrong(histories.retold(tmp_path, 30, 3)) == []


@slow
def test_what_cannot_be_recovered(tmp_path: Path) -> None:
    lines = histories.negatives(tmp_path, 40, 3)
    assert len({line.check for line in lines}) == 5
    assert wrong(lines) == []
