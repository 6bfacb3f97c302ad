"""One process with the same inputs, run on Camunda 7 and on Camunda 8, gives the same metrics."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import poanalyzer
from tests.data import EVENT_LOGS

#: Metrics that may differ between the engines, with the reason: what one of them records and the other cannot.
_DIFFERENT: dict[str, str] = {
    "continuity": "Camunda 8 records no business key unless the process carries one",
    "handler-coverage": "Camunda 8's model says how often a job is tried; in Camunda 7 the external worker decides",
    "guardrail-conformance": "it looks at the models: retries stand in Camunda 8's alone, retention in Camunda 7's alone",
    "out-of-engine-execution-share": "Camunda 8 runs no code inside the engine by construction: there is nothing to tell",
    "weakest-unit-conformance": "Camunda 7 knows which pipeline deployed, and so how many units there are",
}
#: Metrics that must be there on both, so that equality means something.
_MEASURED = (
    "automation-rate", "exception-rate", "first-attempt-success", "handled-exception-rate", "incident-free-rate",
    "retry-effectiveness", "touchless-rate", "endpoint-diversity", "parallel-realisation-rate", "parallel-case-share",
    "overlap-share", "mean-active-concurrency", "release-cadence", "kpi-trackability", "rework-rate",
)  # fmt: skip


def _metrics(folder: Path, timezone: str) -> dict[tuple[str, str | None], Any]:
    from poanalyzer.config import Config, ProjectSettings

    result = poanalyzer.assess([str(folder)], Config(project=ProjectSettings(timezone=timezone)))
    return {(m.id, m.process): m for m in result.metrics}


@pytest.fixture(scope="module")
def both() -> tuple[dict[tuple[str, str | None], Any], dict[tuple[str, str | None], Any]]:
    if not (EVENT_LOGS / "parity/camunda8").exists():
        pytest.skip("the parity pair is not among the event logs")
    return tuple(_metrics(EVENT_LOGS / f"parity/{engine}", "UTC") for engine in ("camunda7", "camunda8"))  # type: ignore[return-value]


def _close(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return old == pytest.approx(new, rel=1e-6, abs=1e-6)


def test_the_same_metrics_come_out(both: Any) -> None:
    seven, eight = both
    assert seven.keys() == eight.keys()
    differ = {}
    for name in seven:
        if name[0] in _DIFFERENT:
            continue
        old, new = seven[name], eight[name]
        same = old.status == new.status and _close(old.value, new.value)
        if not same:
            differ[name] = (old.status, old.value, old.reason, new.status, new.value, new.reason)
    assert differ == {}


@pytest.mark.parametrize("name", _MEASURED)
def test_the_metrics_that_matter_are_measured(both: Any, name: str) -> None:
    for metrics in both:
        assert metrics[name, "onboarding"].status == "measured"


def test_the_same_counts_stand_behind_them(both: Any) -> None:
    seven, eight = both
    for name, old in seven.items():
        if name[0] in _MEASURED and old.denominator is not None:
            new = eight[name]
            assert (old.numerator, old.denominator) == pytest.approx((new.numerator, new.denominator), rel=1e-6), name


@pytest.mark.parametrize(
    ("withheld", "unknown"),
    [
        ("INCIDENT", ("incident-free-rate", "time-to-restore", "handled-exception-rate", "exception-rate")),
        ("JOB", ("first-attempt-success", "retry-effectiveness", "handled-exception-rate", "exception-rate")),
    ],
)
def test_what_was_not_exported_is_unknown_and_never_zero(
    tmp_path: Path, withheld: str, unknown: tuple[str, ...]
) -> None:
    source = EVENT_LOGS / "parity/camunda8/records.ndjson.gz"
    if not source.exists():
        pytest.skip("the parity pair is not among the event logs")
    kept = [
        line
        for line in gzip.decompress(source.read_bytes()).splitlines(keepends=True)
        if json.loads(line)["valueType"] != withheld
    ]
    (tmp_path / "records.ndjson").write_bytes(b"".join(kept))
    metrics = _metrics(tmp_path, "UTC")
    for name in unknown:
        found = metrics[name, "onboarding"]
        assert (found.status, found.value) == ("not-available", None), name
        assert withheld in found.reason
        assert withheld in found.unlock
