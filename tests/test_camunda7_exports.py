"""Whole Camunda 7 exports: canonical tables against counts that Python's csv module makes of the same files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.camunda7 import Read, csv_rows
from tests.data import EVENT_LOGS, test_data

EXPORTS = {
    "orders": "camunda7-orders/engine",
    "full": "exports/camunda7",
    "audit": "exports/camunda7-history-audit",
    "activity": "exports/camunda7-history-activity",
}
Pair = tuple[Read, Path]


@pytest.fixture(scope="module", params=list(EXPORTS))
def export(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Return an export as read, and its folder."""
    relative = EXPORTS[request.param]
    folder = EVENT_LOGS / relative if request.param == "orders" else test_data(relative)
    got = Read(folder, "Europe/Berlin")
    yield got, folder
    got.close()


def raw(folder: Path, table: str) -> list[dict[str, str]]:
    """Return the rows of a table as exported; none where it was not."""
    return csv_rows(sorted(folder.rglob(f"ACT_{table}.csv*")))


def test_instances(export: Pair) -> None:
    got, folder = export
    states = {
        "ACTIVE": "running", "SUSPENDED": "suspended", "COMPLETED": "completed",
        "INTERNALLY_TERMINATED": "terminated", "EXTERNALLY_TERMINATED": "terminated",
    }  # fmt: skip
    cases = raw(folder, "HI_PROCINST")
    assert Counter(got.only("cases", "process_key state tenant")) == Counter(
        (c["PROC_DEF_KEY_"], states[c["STATE_"]], c["TENANT_ID_"]) for c in cases
    )
    assert len(got.rows("links")) == sum(1 for c in cases if c["SUPER_PROCESS_INSTANCE_ID_"])
    assert {c["case_id"]: c["root_case_id"] for c in got.rows("cases")} == {
        c["ID_"]: c["ROOT_PROC_INST_ID_"] for c in cases
    }


def test_activity_instances(export: Pair) -> None:
    got, folder = export
    rows = raw(folder, "HI_ACTINST")
    state = {True: "canceled", False: "completed"}
    assert Counter(got.only("activities", "element_id state")) == Counter(
        (r["ACT_ID_"], state[r["ACT_INST_STATE_"] == "2"] if r["END_TIME_"] else "running") for r in rows
    )
    assert (got.record.rows_read, got.record.rows_kept, got.record.rejected) == (len(rows), len(rows), {})
    kinds = Counter(kind for (kind,) in got.only("activities", "element_type"))
    names = Counter(r["ACT_TYPE_"] for r in rows)
    for same in ("userTask", "serviceTask", "sendTask", "callActivity", "multiInstanceBody", "parallelGateway"):
        assert kinds[same] == names[same]
    assert kinds["endEvent"] == sum(n for name, n in names.items() if name.endswith("EndEvent"))
    assert kinds["subProcess"] + kinds["eventSubProcess"] == names["subProcess"]
    assert "unknown" not in kinds


def test_durations_are_the_engines_own(export: Pair) -> None:
    got, folder = export
    measured = {r["activity_instance_id"]: r["end"] - r["start"] for r in got.rows("activities") if r["end"]}
    # the engine took them from its clock: they hold over the change to summer time only in the right zone
    assert measured == {r["ID_"]: int(r["DURATION_"]) * 1000 for r in raw(folder, "HI_ACTINST") if r["DURATION_"]}


def test_failures(export: Pair) -> None:
    got, folder = export
    jobs = [r for r in raw(folder, "HI_JOB_LOG") if r["JOB_STATE_"] == "1" and r["PROCESS_INSTANCE_ID_"]]
    tasks = [r for r in raw(folder, "HI_EXT_TASK_LOG") if r["STATE_"] == "1"]
    assert Counter(got.only("attempts", "element_id")) == Counter(
        [(r["FAILED_ACT_ID_"] or r["ACT_ID_"],) for r in jobs] + [(r["ACT_ID_"],) for r in tasks]
    )
    roots = [r for r in raw(folder, "HI_INCIDENT") if r["ID_"] == r["ROOT_CAUSE_INCIDENT_ID_"]]
    by = {"0": "none", "1": "operator", "2": "cancel"}
    found = [e for e in got.rows("exceptions") if e["cleared_by"] != "model"]
    assert Counter(e["cleared_by"] for e in found) == Counter(by[r["INCIDENT_STATE_"]] for r in roots)


def test_failures_find_the_instance_that_succeeded(export: Pair) -> None:
    got, _ = export
    activities = {r["activity_instance_id"]: r for r in got.rows("activities")}
    for attempt in got.rows("attempts"):
        instance = activities.get(attempt["activity_instance_id"])
        if instance is None:  # it never succeeded: the job stands for the instance that never began
            assert str(attempt["activity_instance_id"] or "job:").startswith("job:")
            continue
        assert instance["case_id"] == attempt["case_id"]
        assert instance["element_id"] == attempt["element_id"]
        assert instance["end"] is None or instance["end"] >= attempt["at"]


def test_model_handled_exceptions(export: Pair) -> None:
    got, folder = export
    rows = raw(folder, "HI_ACTINST")
    events = Counter(r["ACT_TYPE_"] for r in rows if r["ACT_TYPE_"].startswith("boundary"))
    stops = sum(
        1 for r in rows if r["ACT_TYPE_"] == "messageStartEvent" and r["PARENT_ACT_INST_ID_"] != r["PROC_INST_ID_"]
    )
    handled = [e for e in got.rows("exceptions") if e["cleared_by"] == "model"]
    assert Counter(e["kind"] for e in handled) == +Counter(
        {"constraint": events["boundaryError"], "deadline": events["boundaryTimer"], "external": stops}
    )
    # who was interrupted: the host is known for every error, and it was cancelled at that moment
    activities = {r["activity_instance_id"]: r for r in got.rows("activities")}
    for e in handled:
        if e["kind"] == "constraint":
            host = activities[e["activity_instance_id"]]
            assert (host["state"], host["end"], host["element_id"]) == ("canceled", e["raised"], e["element_id"])


def test_definitions_and_deployments(export: Pair) -> None:
    got, folder = export
    definitions = raw(folder, "RE_PROCDEF")
    assert Counter(got.only("definitions", "process_key version tenant version_tag")) == Counter(
        (d["KEY_"], d["VERSION_"], d["TENANT_ID_"], d["VERSION_TAG_"]) for d in definitions
    )
    assert len(got.rows("deployments")) == len(definitions)
    releases = {r for (r,) in got.only("deployments", "release_id")}
    # every release goes to two tenants in a row, that of returns to one
    per_release = [1 if d["NAME_"].startswith("returns") else 0.5 for d in raw(folder, "RE_DEPLOYMENT")]
    assert len(releases) == sum(per_release)


def test_people_and_roles(export: Pair) -> None:
    got, folder = export
    tasks = [a for a in got.rows("activities") if a["element_type"] == "userTask"]
    groups = {r["TASK_ID_"]: r["GROUP_ID_"] for r in raw(folder, "HI_IDENTITYLINK") if r["TYPE_"] == "candidate"}
    of_task = {r["ID_"]: r for r in raw(folder, "HI_ACTINST")}
    claims = Counter(r["TASK_ID_"] for r in raw(folder, "HI_OP_LOG") if r["OPERATION_TYPE_"] == "Claim")
    for task in tasks:
        source = of_task[task["activity_instance_id"]]
        assert task["resource"] == (source["ASSIGNEE_"] or None)
        if groups:
            assert task["role"] == groups[source["TASK_ID_"]]
            assert (task["assigned"] is not None) is (source["TASK_ID_"] in claims)


def test_operations_are_grouped(export: Pair) -> None:
    got, folder = export
    operations = {(r["OPERATION_ID_"], r["OPERATION_TYPE_"], r["ENTITY_TYPE_"]) for r in raw(folder, "HI_OP_LOG")}
    assert len(got.rows("operations")) == len(operations)


def test_variables(export: Pair) -> None:
    got, folder = export
    # every update where the engine kept them, else the last values
    source = raw(folder, "HI_DETAIL") or [r for r in raw(folder, "HI_VARINST") if r["STATE_"] != "DELETED"]
    assert Counter(got.only("variables", "name type")) == Counter((r["NAME_"], r["VAR_TYPE_"]) for r in source)
    values: dict[str, Any] = {r["ID_"]: r["TEXT_"] for r in source if r["VAR_TYPE_"] == "string"}
    found = {r["raw_ref"].split(":")[1]: r["value"] for r in got.rows("variables") if r["type"] == "string"}
    assert found == {key: value or None for key, value in values.items()}


@pytest.mark.parametrize(
    ("name", "level", "expected"),
    [
        ("orders", "full", {"attempts": "yes", "incidents": "yes", "operations": "partial", "models": "yes"}),
        ("full", "full", {"attempts": "yes", "incidents": "yes", "variables": "yes", "business-keys": "yes"}),
        ("audit", "audit", {"attempts": "no", "incidents": "no", "variables": "yes", "models": "no"}),
        ("activity", "activity", {"attempts": "no", "operations": "no", "variables": "no", "user-tasks": "partial"}),
    ],
)
def test_history_levels(name: str, level: str, expected: dict[str, str]) -> None:
    folder = EVENT_LOGS / EXPORTS[name] if name == "orders" else test_data(EXPORTS[name])
    got = Read(folder, "Europe/Berlin")
    assert got.record.history_level == level
    assert got.record.engine_version == "7.24.0"
    assert {capability: got.can(capability) for capability in expected} == expected
    got.close()


def test_rebuild_without_a_change_is_marked() -> None:
    got = Read(EVENT_LOGS / EXPORTS["orders"], "Europe/Berlin")
    marked = set(got.only("deployments", "process_key version is_duplicate"))
    assert {v for key, v, twice in marked if key == "order-fulfilment" and twice} == {"3"}
    assert {v for key, v, twice in marked if key == "invoicing" and twice} == {"2", "3", "5"}
    assert {v for key, v, twice in marked if key == "returns" and twice} == set()
    assert {who for (who,) in got.only("deployments", "deployed_by")} == {"ci-orders", "ci-service"}
    got.close()
