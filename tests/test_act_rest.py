"""REST answers as a form of the tables ACT_*, written by hand: shapes, pages, names, values, streams, models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.errors import InputError
from poanalyzer.ingest.act.forms import held
from poanalyzer.ingest.act.restnames import answer_named, answer_of
from poanalyzer.ingest.files import InputFile
from tests.camunda7 import Read, model
from tests.rest_answers import Staged, activity, answer, instance, opener, page, variable

Opener = Callable[..., Staged]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Return a function that stages an export; its store is dropped in the end."""
    yield from opener()


def test_an_empty_answer_counts_where_others_show_the_level(tmp_path: Path) -> None:
    answer(tmp_path / "history_process-instance.json", [instance(1)])
    answer(tmp_path / "history_activity-instance.json", [activity(1)])
    answer(tmp_path / "history_incident.json", [])
    answer(
        tmp_path / "history_identity-link-log.json",
        [
            {
                "id": "l1",
                "time": "2026-03-02T08:00:00.000+0100",
                "type": "candidate",
                "groupId": "g",
                "operationType": "add",
            }
        ],
    )
    got = Read(tmp_path)
    try:
        assert got.record.history_level == "full (inferred)"
        assert (got.can("incidents"), got.rows("exceptions")) == ("yes", [])
        assert got.can("attempts") == "no"  # the job log was not asked for
    finally:
        got.close()


def test_two_ends_at_once_stay_unknown(tmp_path: Path, opened: Opener) -> None:
    end = "2026-03-02T09:00:00.000+0100"
    answer(tmp_path / "process-instance.json", [instance(1, endTime=end, state="COMPLETED")])
    ends = [activity(n, activityId=f"e{n}", activityType="noneEndEvent", startTime=end, endTime=end) for n in (1, 2)]
    answer(tmp_path / "activity-instance.json", [*ends, activity(3, endTime=end)])
    assert opened(tmp_path).rows("HI_PROCINST")[0]["END_ACT_ID_"] is None
    answer(tmp_path / "activity-instance.json", [ends[0], activity(3, endTime=end)])
    assert opened(tmp_path).rows("HI_PROCINST")[0]["END_ACT_ID_"] == "e1"


def test_pages_overlap_and_are_packed_or_lines(tmp_path: Path, opened: Opener) -> None:
    first = [activity(n) for n in range(1, 5)]
    again = [activity(n, endTime="2026-03-02T09:00:00.000+0100") for n in range(4, 7)]
    answer(tmp_path / "page-0.json", first)
    answer(tmp_path / "page-1.json.gz", again)
    answer(tmp_path / "activity-instance-2.ndjson", "\n".join(json.dumps(activity(n)) for n in (7, 8)) + "\n")
    answer(tmp_path / "activity-instance-3.json", [])
    got = opened(tmp_path)
    assert [r["ID_"] for r in got.rows("HI_ACTINST")] == [f"a{n}" for n in range(1, 9)]
    assert got.rows("HI_ACTINST")[3]["END_TIME_"] is not None  # the later page knows that it has ended
    assert got.export.duplicates == {"HI_ACTINST": 1}


def test_a_folder_for_each_kind_of_answer(tmp_path: Path, opened: Opener) -> None:
    ids = [f"{n:08x}-e4d1-11f1-8f05-02fc00000001" for n in range(4)]
    answer(tmp_path / "history/process-instance/0.json", [instance(1) | {"id": one} for one in ids])
    acts = [activity(n, processInstanceId=one) for n, one in enumerate(ids)]
    answer(tmp_path / "history/activity-instance/0.json", acts)
    answer(tmp_path / "history/incident/0.json", [])
    got = opened(tmp_path)
    assert len(got.found) == 1
    assert got.export.has("HI_INCIDENT")
    assert (got.export.count("HI_PROCINST"), got.export.count("HI_ACTINST")) == (4, 4)


def test_exports_of_two_engines_stay_apart(tmp_path: Path, opened: Opener) -> None:
    for number, name in enumerate(("eu", "us")):
        ids = [f"{number}{n:07x}-e4d1-11f1-8f05-02fc00000001" for n in range(4)]
        answer(tmp_path / name / "process-instance.json", [instance(1) | {"id": one} for one in ids])
    assert len(opened(tmp_path).found) == 2


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("history_incident.json", "HI_INCIDENT"),
        ("incident.json", "HI_INCIDENT"),
        ("rest/incidents-2.json.gz", "HI_INCIDENT"),
        ("history/job-log/page_3.json", "HI_JOB_LOG"),
        ("externalTaskLog.json", "HI_EXT_TASK_LOG"),
        ("historic_variable_instances.json", "HI_VARINST"),
        ("engine-rest_history_user-operation_0-1000.json", "HI_OP_LOG"),
        ("identity-link-log.json", "HI_IDENTITYLINK"),
        ("all.zip!history/decision-instance.json", "HI_DECINST"),
        ("process-definition.json", "RE_PROCDEF"),
        ("3.json", None),
        ("data.json", None),
        ("history.json", None),
    ],
)
def test_what_an_empty_answer_is_called(name: str, table: str | None) -> None:
    found = answer_named(name)
    assert (found.table if found else None) == table


def test_an_empty_answer_may_be_about_what_runs_now(tmp_path: Path, opened: Opener) -> None:
    answer(tmp_path / "history_process-instance.json", [instance(1)])
    answer(tmp_path / "incident.json", [])
    got = opened(tmp_path)
    assert not got.export.has("HI_INCIDENT")
    assert "what runs now" in got.texts()
    answer(tmp_path / "history_incident.json", [])
    assert opened(tmp_path).export.has("HI_INCIDENT")


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"a": 1},
        [1, 2],
        ["x"],
        {"version": "next"},
        {"version": "1.0.0", "name": "package"},
        # runtime answers
        [{"id": "i", "processDefinitionId": "p:1:x", "businessKey": "b", "ended": False, "suspended": False}],
        [{"id": "t", "name": "T", "created": "2026-03-02T08:00:00.000+0100", "taskDefinitionKey": "t"}],
        [{"id": "i", "incidentType": "failedJob", "incidentTimestamp": "2026-03-02T08:00:00.000+0100"}],
        [{"type": "String", "value": "x", "valueInfo": {}, "id": "v", "name": "n", "processInstanceId": "c"}],
        # other engines
        [
            {
                "processInstanceKey": "1",
                "processDefinitionId": "p",
                "startDate": "2026-03-02T08:00:00Z",
                "state": "ACTIVE",
            }
        ],
        [{"id": "r", "name": "run", "start_time": "2026-03-02T08:00:00Z", "state_type": "COMPLETED"}],
        '[{"id": ',
        "no json",
    ],
)
def test_other_documents_are_not_claimed(tmp_path: Path, content: Any) -> None:
    path = answer(tmp_path / "document.json", content)
    assert held(InputFile(path, "document.json")) == {}


def test_truncated_answer(tmp_path: Path, opened: Opener) -> None:
    text = json.dumps([activity(n) for n in range(2000)])
    answer(tmp_path / "activity-instance.json", text[: len(text) // 2])
    with pytest.raises(InputError, match="broken JSON") as error:
        opened(tmp_path)
    assert "activity-instance.json" in str(error.value.where)


def test_a_first_record_longer_than_what_is_looked_at(tmp_path: Path, opened: Opener) -> None:
    answer(tmp_path / "process-instance.json", [instance(1)])
    rows = [variable(1, "Json", "x" * 400_000), variable(2, "String", "y")]
    path = answer(tmp_path / "history_variable-instance.json", rows)
    assert [r["TEXT_"] for r in opened(tmp_path).rows("HI_VARINST")] == [None, "y"]
    assert held(InputFile(path, "some.json")) == {}  # neither its fields nor its name tell


def test_what_may_run_now_does_not_show_the_level(tmp_path: Path) -> None:
    answer(tmp_path / "history_process-instance.json", [instance(1)])
    answer(tmp_path / "history_activity-instance.json", [activity(1)])
    answer(tmp_path / "incident.json", [])
    got = Read(tmp_path)
    try:
        assert got.record.history_level == "activity (inferred)"
        assert got.can("incidents") == "no"
    finally:
        got.close()


def test_values_of_variables(tmp_path: Path, opened: Opener) -> None:
    java = {"serializationDataFormat": "application/x-java-serialized-object"}
    spin = {"serializationDataFormat": "application/json"}
    answer(tmp_path / "process-instance.json", [instance(1)])
    answer(
        tmp_path / "variable-instance.json",
        [
            variable(1, "String", "12"),
            variable(2, "Integer", 7),
            variable(3, "Long", 9007199254740993),  # more than a double holds
            variable(4, "Boolean", True),
            variable(5, "Boolean", False),
            variable(6, "Double", 0.5),
            variable(7, "Date", "2026-03-29T03:00:00.000+0200"),
            variable(8, "Json", '{"a": 1}'),
            variable(9, "Object", "rO0AB", valueInfo=java),
            variable(10, "Object", {"a": 1}, valueInfo=spin),
            variable(11, "Null", None),
            variable(12, "Bytes", "AAAA"),
        ],
    )
    rows = {
        r["ID_"]: (r["VAR_TYPE_"], r["TEXT_"], r["LONG_"], r["DOUBLE_"]) for r in opened(tmp_path).rows("HI_VARINST")
    }
    millis = 1_774_746_000_000  # 2026-03-29 01:00 UTC, the moment at which Berlin's clocks spring
    assert datetime.fromtimestamp(millis / 1000, UTC) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert rows == {
        "v1": ("string", "12", None, None),
        "v2": ("integer", "7", "7", None),
        "v3": ("long", "9007199254740993", "9007199254740993", None),
        "v4": ("boolean", None, "1", None),
        "v5": ("boolean", None, "0", None),
        "v6": ("double", None, None, "0.5"),
        "v7": ("date", None, str(millis), None),
        "v8": ("json", None, None, None),
        "v9": ("serializable", None, None, None),
        "v10": ("spin://application/json", None, None, None),
        "v11": ("null", None, None, None),
        "v12": ("bytes", None, None, None),
    }


def test_times_in_the_hour_that_comes_twice(tmp_path: Path, opened: Opener) -> None:
    starts = ["2026-10-25T02:30:00.000+0200", "2026-10-25T02:30:00.000+0100", "2026-03-29T03:00:00.000+0200"]
    answer(tmp_path / "acts.json", [activity(n, startTime=start) for n, start in enumerate(starts)])
    got = opened(tmp_path, "Europe/Berlin")
    found = [datetime.fromtimestamp(r["START_TIME_"] / 1e6, UTC) for r in got.rows("HI_ACTINST")]
    assert found == [datetime.strptime(start, "%Y-%m-%dT%H:%M:%S.%f%z") for start in starts]
    assert not got.export.has_local_times


def test_models_and_version(tmp_path: Path, opened: Opener) -> None:
    xml = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"/></definitions>'
    answer(tmp_path / "process-instance.json", [instance(1)])
    answer(tmp_path / "p1.json", {"id": "p:1:x", "bpmn20Xml": xml})
    answer(tmp_path / "p2.json", {"id": "p:2:y", "bpmn20Xml": xml + "<!--" + "x" * 300_000 + "-->"})
    answer(tmp_path / "d.json", {"id": "d:1:x", "dmnXml": "<definitions/>"})
    answer(tmp_path / "version.json", {"version": "7.24.0"})
    got = opened(tmp_path)
    models = {row["PROC_DEF_ID_"]: row["XML_"] for row in got.export.table("MODEL").to_pyarrow().to_pylist()}
    assert sorted(models) == ["p:1:x", "p:2:y"]
    assert models["p:1:x"] == xml
    assert [row["VERSION_"] for row in got.rows("GE_SCHEMA_LOG")] == ["7.24.0"]


def test_streams_of_the_same_objects(tmp_path: Path, opened: Opener) -> None:
    """Exporters to Kafka write an object at each change, with epoch milliseconds and some fields named otherwise."""
    begun = activity(
        1, startTime=1772438400000, activityInstanceState="0", sequenceCounter=3, taskAssignee=None, eventType="start"
    )
    for name in ("canceled", "completeScope", "assignee"):
        del begun[name]
    claimed = begun | {"eventType": "update", "taskAssignee": "peter", "sequenceCounter": 4}
    ended = begun | {
        "eventType": "end", "startTime": None, "endTime": 1772442000000, "activityInstanceState": "2", "sequenceCounter": 5,
    }  # fmt: skip
    answer(tmp_path / "acts.json", "\n".join(map(json.dumps, (ended, begun, claimed))))
    got = opened(tmp_path)
    (row,) = got.rows("HI_ACTINST")
    assert row.items() >= {
        "START_TIME_": 1772438400000000, "END_TIME_": 1772442000000000, "ACT_INST_STATE_": "2", "ASSIGNEE_": "peter",
        "SEQUENCE_COUNTER_": "5", "PARENT_ACT_INST_ID_": "c1",
    }.items()  # fmt: skip
    assert not got.export.duplicates


def test_fields_without_a_value_may_be_left_out(tmp_path: Path, opened: Opener) -> None:
    bare = [{k: v for k, v in row.items() if v is not None} for row in (activity(1), activity(2, assignee="anna"))]
    answer(tmp_path / "acts.json", bare)
    got = opened(tmp_path)
    assert [r["ASSIGNEE_"] for r in got.rows("HI_ACTINST")] == [None, "anna"]
    assert got.export.has_column("HI_ACTINST", "ASSIGNEE_")
    assert not got.export.has_column("HI_ACTINST", "CALL_PROC_INST_ID_")


def test_answers_of_flowable(tmp_path: Path, opened: Opener) -> None:
    at = "http://localhost:8080/flowable-rest/service"
    case = {
        "id": "5", "url": f"{at}/history/historic-process-instances/5", "name": None, "businessKey": "B1",
        "processDefinitionId": "p:1:4", "processDefinitionUrl": f"{at}/repository/process-definitions/p:1:4",
        "startTime": "2026-03-02T08:00:00.000+01:00", "endTime": None, "durationInMillis": None, "startUserId": "kermit",
        "startActivityId": "s", "endActivityId": None, "deleteReason": None, "superProcessInstanceId": None,
        "variables": [], "tenantId": "",
    }  # fmt: skip
    act = {
        "id": "6", "activityId": "t", "activityName": "Task", "activityType": "userTask", "processDefinitionId": "p:1:4",
        "processDefinitionUrl": f"{at}/repository/process-definitions/p:1:4", "processInstanceId": "5",
        "processInstanceUrl": f"{at}/history/historic-process-instances/5", "executionId": "7", "taskId": "8",
        "calledProcessInstanceId": None, "assignee": "fozzie", "startTime": "2026-03-02T08:00:00.000+01:00",
        "endTime": "2026-03-02T09:00:00.000+01:00", "durationInMillis": 3600000, "tenantId": "",
    }  # fmt: skip
    kinds = {"type": "boolean", "value": True, "name": "ok", "scope": "global"}
    answer(tmp_path / "1.json", page(case))
    answer(tmp_path / "2.json", page(act))
    answer(
        tmp_path / "3.json", page({"id": "9", "processInstanceId": "5", "processInstanceUrl": at, "variable": kinds})
    )
    definition = {
        "id": "p:1:4", "url": at, "key": "p", "version": 1, "name": "P", "deploymentId": "2", "deploymentUrl": at,
        "resource": f"{at}/repository/deployments/2/resources/p.bpmn20.xml", "tenantId": "",
    }  # fmt: skip
    answer(tmp_path / "4.json", page(definition))
    answer(tmp_path / "historic-task-instances.json", page())
    got = opened(tmp_path)
    assert [one.engine for one in got.found] == ["flowable"]
    assert got.rows("HI_PROCINST")[0].items() >= {"ID_": "5", "TENANT_ID_": None, "START_USER_ID_": "kermit"}.items()
    assert got.rows("HI_ACTINST")[0].items() >= {"ID_": "6", "ACT_INST_STATE_": None, "ASSIGNEE_": "fozzie"}.items()
    assert got.rows("HI_ACTINST")[0]["END_TIME_"] == 1772438400000000
    assert got.rows("HI_VARINST")[0].items() >= {"NAME_": "ok", "VAR_TYPE_": "boolean", "LONG_": "1"}.items()
    assert got.rows("RE_PROCDEF")[0]["RESOURCE_NAME_"] == "p.bpmn20.xml"
    assert (got.export.has("HI_TASKINST"), got.export.count("HI_TASKINST")) == (True, 0)


def test_a_kind_of_answer_by_its_record() -> None:
    assert answer_of({"version": "7.24.0"}) is not None
    assert answer_of({}) is None
    found = answer_of({"id": "b", "totalJobs": 3, "batchJobDefinitionId": "j", "startTime": "2026-03-02T08:00:00Z"})
    assert found is not None
    assert found.table == "HI_BATCH"


def test_answered_models_are_those_of_their_definitions(tmp_path: Path) -> None:
    """No name and no version is needed: the answer says which definition it is of."""
    answer(tmp_path / "history_process-instance.json", [instance(1, processDefinitionId="p:2:y")])
    answer(tmp_path / "history_activity-instance.json", [activity(1, processDefinitionId="p:2:y")])
    rows = [
        {"id": f"p:{n}:{mark}", "key": "p", "name": "P", "version": n, "resource": "p.bpmn", "deploymentId": f"d{n}",
         "diagram": None, "suspended": False, "tenantId": None, "versionTag": None, "historyTimeToLive": 5}
        for n, mark in ((1, "x"), (2, "y"))
    ]  # fmt: skip
    answer(tmp_path / "process-definition.json", rows)
    deployed = [
        {"id": f"d{n}", "name": "app", "source": None, "deploymentTime": f"2026-03-0{n}T08:00:00.000+0100"}
        for n in (1, 2)
    ]
    answer(tmp_path / "deployment.json", deployed)
    for number, mark in ((1, "x"), (2, "y")):
        body = f'<userTask id="t" name="Task {number}"/>'
        answer(tmp_path / f"{mark}.json", {"id": f"p:{number}:{mark}", "bpmn20Xml": model(body)})
    got = Read(tmp_path)
    try:
        assert got.can("models") == "yes"
        assert got.can("deployments") == "yes"
        assert sorted(got.only("elements", "version element_id name")) == [("1", "t", "Task 1"), ("2", "t", "Task 2")]
        assert got.only("activities", "activity") == [("Task 2",)]
        assert got.record.retention_days == 5
    finally:
        got.close()


def test_records_in_any_order_give_the_same_tables(tmp_path: Path, opened: Opener) -> None:
    rows = [activity(n, assignee="anna" if n % 2 else None) for n in range(6)]
    updates = [activity(1, endTime="2026-03-02T09:00:00.000+0100", assignee=who) for who in ("emil", "anna")]
    found = []
    for number, order in enumerate((rows + updates, updates + rows[::-1], rows[3:] + updates[::-1] + rows[:3])):
        answer(tmp_path / str(number) / "acts.json", order)
        found.append(opened(tmp_path / str(number)).rows("HI_ACTINST"))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 6
