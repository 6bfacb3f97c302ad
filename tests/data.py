"""Where tests find real logs that do not ship with the project; they skip where those are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EVENT_LOGS = ROOT / "event_logs"


def test_data(relative: str) -> Path:
    """Return the path of a real log or export, or skip the calling test."""
    base = Path(os.environ.get("POANALYZER_TEST_DATA") or ROOT.parent / "shared")
    path = base / relative
    if not path.exists():
        pytest.skip(f"needs the test data “{relative}” (set POANALYZER_TEST_DATA to the folder that holds it)")
    return path


test_data.__test__ = False  # type: ignore[attr-defined]  # a helper, not a test
