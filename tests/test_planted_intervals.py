"""Planted truth: how often intervals hold it, and controls that must fail."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.planted import intervals
from tests.planted.checks import Line, wrong

pytestmark = pytest.mark.slow


@cache
def bad_days() -> tuple[Line, ...]:
    with TemporaryDirectory() as folder:
        return tuple(intervals.bad_days(Path(folder), 60, 400, seed=5))


def test_plausible_tells_good_coverage_from_bad() -> None:
    assert intervals.plausible(57, 60)
    assert intervals.plausible(60, 60)
    assert not intervals.plausible(46, 60)
    assert not intervals.plausible(400, 400)


def test_intervals_by_case_hold(tmp_path: Path) -> None:
    assert wrong(intervals.clustered(tmp_path, 60, 60, seed=5)) == []


def test_time_to_restore(tmp_path: Path) -> None:
    assert wrong(intervals.restoring(tmp_path, 40, 120, seed=5)) == []


def test_the_controls_of_bad_days() -> None:
    """Days can be reckoned with, and cases alone cannot: the world is one in which it matters."""
    assert wrong(bad_days()[1:]) == []


def test_intervals_hold_where_failures_come_on_bad_days() -> None:
    assert wrong(bad_days()[:1]) == []
