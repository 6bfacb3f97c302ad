"""What a look at an export says: engine, version, level, window, tenants, and what each missing export would unlock."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from poanalyzer.maturity import load_model
from poanalyzer.pipeline import inspect
from poanalyzer.rate.support import supported_claims, unlocks
from poanalyzer.results import MetricResult, Status
from tests.cli import run

EXPORT = Path(__file__).parent.parent / "event_logs" / "camunda7-orders" / "engine"


def metric(name: str, status: Status, process: str | None = None, unlock: str = "") -> MetricResult:
    value = 0.5 if status is Status.MEASURED else None
    return MetricResult(id=name, process=process, value=value, unit="share", status=status, reason="r", unlock=unlock)


def test_a_real_export_is_named_whole(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "inspect", EXPORT).out
    for words in (
        "camunda7 (camunda7 7.24.0), role engine", "history    full", "processes  order-fulfilment (560 cases, 5 versions)",
        "tenants    eu (893), us (327)", "What would unlock more",
    ):  # fmt: skip
        assert words in out


def test_what_is_left_out_is_what_unlocks(tmp_path: Path) -> None:
    shutil.copytree(EXPORT, tmp_path / "export")
    whole = {name for unlock in inspect([str(tmp_path / "export")]).unlocks for name in unlock.metrics}
    (tmp_path / "export" / "ACT_HI_INCIDENT.csv.gz").unlink()
    found = {unlock.what: unlock for unlock in inspect([str(tmp_path / "export")]).unlocks}
    asked = found["Also export ACT_HI_INCIDENT, even if it is empty."]
    assert "incident-free-rate" in asked.metrics
    assert not set(asked.metrics) & whole


def test_one_process_that_has_it_is_enough() -> None:
    rows = [
        metric("handled-exception-rate", Status.NOT_AVAILABLE, unlock="Export X."),
        metric("handled-exception-rate", Status.MEASURED, "p"),
    ]
    model = load_model("pomm")
    assert unlocks(model, rows) == ()
    assert {c.claim: c.rateable for c in supported_claims(model, rows)}["T2.4"]


def test_what_answers_more_comes_first() -> None:
    rows = [
        metric("overlap-share", Status.NOT_AVAILABLE, unlock="A"),
        metric("retry-effectiveness", Status.NOT_AVAILABLE, unlock="A"),
        metric("handled-exception-rate", Status.NOT_AVAILABLE, unlock="B"),
        metric("flow-efficiency", Status.NOT_SUPPORTED),
    ]
    found = unlocks(load_model("pomm"), rows)
    assert [(u.what, u.metrics) for u in found] == [
        ("B", ("handled-exception-rate",)), ("A", ("overlap-share", "retry-effectiveness")),
    ]  # fmt: skip
    assert "T2.4" in found[0].claims
