"""The shipped example: rebuilt from its export and compared with the result in ``reports/``, field by field.

After a change that is meant to change results:
``poanalyzer assess event_logs/camunda7-orders --out reports/camunda7-orders --format html,json,md``
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import load_config
from poanalyzer.pipeline import assess, load
from poanalyzer.report import dumps, render
from poanalyzer.results import Assessment, Status
from tests.data import EVENT_LOGS, ROOT

EXAMPLE = EVENT_LOGS / "camunda7-orders"
KEPT = ROOT / "reports" / "camunda7-orders"


@pytest.fixture(scope="module")
def fresh() -> Assessment:
    return assess([], load_config(EXAMPLE / "poanalyzer.toml"))


def differences(kept: Any, new: Any, path: str = "") -> list[str]:
    if isinstance(kept, dict) and isinstance(new, dict):
        keys = sorted(kept.keys() | new.keys())
        return [d for k in keys for d in differences(kept.get(k, "absent"), new.get(k, "absent"), f"{path}.{k}")]
    if isinstance(kept, list) and isinstance(new, list) and len(kept) == len(new):
        return [d for i, (a, b) in enumerate(zip(kept, new, strict=True)) for d in differences(a, b, f"{path}[{i}]")]
    return [] if kept == new else [f"{path}: {str(kept)[:80]} → {str(new)[:80]}"]


def test_the_kept_result_is_what_the_export_gives(fresh: Assessment) -> None:
    kept = json.loads((KEPT / "assessment.json").read_text(encoding="utf-8"))
    new = json.loads(dumps(fresh))
    for result in (kept, new):
        del result["run"]  # the run's own facts
    assert differences(kept, new)[:20] == []


def test_the_kept_pages_are_what_the_kept_result_gives(tmp_path: Path) -> None:
    written = render(load(KEPT / "assessment.json"), ["html", "json", "md"], tmp_path)
    for path in written:
        assert path.read_bytes() == (KEPT / path.name).read_bytes(), path.name


def test_a_second_run_changes_nothing(fresh: Assessment) -> None:
    again = json.loads(dumps(assess([], load_config(EXAMPLE / "poanalyzer.toml"))))
    first = json.loads(dumps(fresh))
    assert differences(first, again) and all(d.startswith(".run") for d in differences(first, again))


def test_nothing_errored_and_every_missing_number_has_a_reason(fresh: Assessment) -> None:
    assert [m.id for m in fresh.metrics if m.status is Status.ERROR] == []
    assert [m.id for m in fresh.metrics if m.status is not Status.MEASURED and not m.reason] == []
    assert [m.id for m in fresh.metrics if m.status is Status.NOT_AVAILABLE and not m.unlock] == []
    assert all(m.value is not None for m in fresh.metrics if m.status is Status.MEASURED)


def test_people_appear_under_no_name(fresh: Assessment) -> None:
    text = dumps(fresh)
    for name in ("anna", "bert", "carla", "dora", "emil", "finn", "gerd", "hana", "ines", "jens", "karl"):
        assert f'"{name}"' not in text
        assert f" {name} " not in text
        assert f": {name}" not in text


def test_no_path_of_the_machine_is_written(fresh: Assessment) -> None:
    assert str(ROOT) not in dumps(fresh)


def test_the_mined_model_opens_in_our_own_bpmn_reader(fresh: Assessment, tmp_path: Path) -> None:
    from poanalyzer.ingest.bpmn.reader import read_models

    (path,) = render(fresh, ["bpmn"], tmp_path)
    (model,) = read_models(path.read_bytes(), path.name)
    names = {e.name for e in model.elements if e.element_type == "task"}
    assert {"Enter order", "Check credit", "Pick and pack goods"} <= names
    assert fresh.processes[0].discovery["coverage"] == "1.0000"
