"""Camunda 8: the forms of its exports, what is counted and rejected, and what an export can show."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import InputSettings
from poanalyzer.errors import InputError
from poanalyzer.ingest.adapters.camunda8 import ADAPTER
from poanalyzer.ingest.files import InputFile
from tests.camunda8 import ONE_CASE, Reader, key, lines, reader, records


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    yield from reader(tmp_path)


_LOG = f"{ONE_CASE}\n8:01 + a1 SERVICE_TASK credit\n8:02 - a1 SERVICE_TASK credit"


def _hits(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"_index": "zeebe-record_x", "_id": f"{r['partitionId']}-{r['position']}", "_source": r} for r in found]


def _old(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"recordValue" if k == "value" else k: v for k, v in record.items()} for record in found]


_FORMS = {
    "lines.ndjson": lambda found: lines(found),
    "array.json": lambda found: json.dumps(found, indent=1),
    "dump.json": lambda found: lines(_hits(found)),
    "search.json": lambda found: json.dumps({"took": 1, "hits": {"total": {"value": 4}, "hits": _hits(found)}}),
    "zdb.json": lambda found: lines(_old(found)),
}


@pytest.mark.parametrize("name", _FORMS)
def test_all_forms_hold_the_same(read: Reader, name: str) -> None:
    found = read({name: _FORMS[name](records(_LOG))})
    assert found.claim.confidence >= 0.95
    assert found.only("cases", "case_id state start end") == [("c1", "completed", "8:00", "9:00")]
    assert found.only("activities", "activity_instance_id start end") == [("a1", "8:01", "8:02")]
    assert (found.record.rows_read, found.record.rows_kept, found.record.rejected) == (4, 4, {})
    assert found.record.engine_version == "8.8.2"


def test_gzip_and_several_files_in_mixed_forms_are_one_log(read: Reader, tmp_path: Path) -> None:
    every = records(_LOG)
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.ndjson.gz").write_bytes(gzip.compress(lines(every[:2]).encode()))
    (folder / "b.json").write_text(lines(_hits(every[1:])), encoding="utf-8")
    found = read({f.name: "" for f in ()} | {"b.json": (folder / "b.json").read_text(), "a.ndjson": lines(every[:2])})
    assert found.only("activities", "activity_instance_id start end") == [("a1", "8:01", "8:02")]
    assert (found.record.rows_read, found.record.rows_kept) == (5, 4)
    assert found.record.rejected == {"record exported twice": 1}
    packed = InputFile(folder / "a.ndjson.gz", "a.ndjson.gz")
    assert [c.confidence >= 0.95 for c in ADAPTER.claim([packed], InputSettings(path="x"))] == [True]


def test_positions_count_by_partition(read: Reader) -> None:
    found = read({"r.json": lines([*records(_LOG), *records("8:00 + c9 PROCESS p", partition=2)])})
    assert found.only("cases", "case_id") == [("c1",), ("c9",)]
    assert found.record.rejected == {}


def test_order_is_the_position_never_the_time(read: Reader) -> None:
    found = read("8:00 + c1 PROCESS p\n8:05 + a1 TASK old\n8:01 ^ a1 TASK new")
    assert found.only("activities", "element_id") == [("new",)]


def test_rejected_records_are_counted_by_reason(read: Reader) -> None:
    good = records(_LOG)
    lost = {k: v for k, v in good[2].items() if k != "position"}
    text = (
        lines([*good, lost, {**good[3], "position": 50, "timestamp": None}, {"position": 1, "other": 2}]) + "{broken\n"
    )
    found = read({"r.ndjson": text})
    assert found.record.rejected == {
        "no partition, position or key": 1, "no time that can be read": 1, "no exporter record": 1,
        "line is no JSON object": 1,
    }  # fmt: skip
    assert found.record.rows_read == found.record.rows_kept + sum(found.record.rejected.values()) == 8


def test_commands_are_no_events(read: Reader) -> None:
    found = read(
        f"{ONE_CASE}\n9:00 PROCESS_INSTANCE CANCEL c1 recordType=COMMAND\n9:00 JOB FAIL j1 recordType=COMMAND_REJECTION"
    )
    assert (found.record.rows_read, found.record.rows_kept, found.record.rejected) == (2, 2, {})
    assert "2 commands and rejections" in found.texts()


def test_no_process_instance_is_an_error(read: Reader) -> None:
    with pytest.raises(InputError, match="no PROCESS_INSTANCE records"):
        read("8:00 JOB CREATED j1 type=t")


@pytest.mark.parametrize(
    "text",
    [
        '{"items": [{"id": 1, "name": "x"}]}',
        '[{"position": 4, "key": "a", "value": {}}]',
        '{"value": [{"flowrunid": "x", "status": "Succeeded"}]}',
        '{"id": 7, "jobs": []}',
        "key,position\n1,2\n",
    ],
)
def test_other_files_are_not_claimed(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    assert ADAPTER.claim([InputFile(tmp_path / "x.json", "x.json")], InputSettings(path="x.json")) == []


def test_models_stay_with_their_export(tmp_path: Path) -> None:
    files = []
    for name in ("c8/r.ndjson", "c8/models/a.bpmn", "other/t.csv", "other/b.bpmn", "drawn/c.bpmn"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines(records(ONE_CASE)) if name.endswith("ndjson") else "x", encoding="utf-8")
        files.append(InputFile(path, name))
    claims = ADAPTER.claim(files, InputSettings(path="x"))
    assert [[f.name for f in claim.files] for claim in claims] == [["c8/r.ndjson", "c8/models/a.bpmn", "drawn/c.bpmn"]]


_WORK = f"{ONE_CASE}\n8:01 + a1 SERVICE_TASK credit\n8:01 + u1 USER_TASK decide\n"
_JOB = "8:01 JOB CREATED j1 on=a1 type=t retries=3\n"
_GONE = "8:02 JOB FAILED j1 on=a1 type=t retries=0\n"


def test_a_value_type_that_never_appears_is_unknown(read: Reader) -> None:
    found = read(_WORK)
    for name in ("attempts", "incidents", "variables", "deployments", "models", "operations"):
        assert found.can(name) == "no", name
        assert found.record.capabilities[name].unlock, name  # the engine can record it
    assert found.can("resources") == found.can("user-tasks") == "partial"


def test_a_value_type_that_appears_is_recorded(read: Reader) -> None:
    found = read(_WORK + _JOB + "8:02 USER_TASK CREATED k1 on=u1 assignee=anna")
    assert (found.can("attempts"), found.can("resources"), found.can("user-tasks")) == ("yes", "yes", "yes")
    assert found.rows("attempts") == []


def test_a_job_without_retries_shows_that_incidents_are_missing(read: Reader) -> None:
    assert "1 jobs ran out of retries" in read(_WORK + _JOB + _GONE).why("incidents")
    assert read(_WORK + _JOB).can("incidents") == "no"
    assert (
        read(_WORK + _JOB + _GONE + "8:02 INCIDENT CREATED i1 on=a1 errorType=JOB_NO_RETRIES").can("incidents") == "yes"
    )


def test_an_empty_index_dump_proves_that_there_is_nothing(read: Reader) -> None:
    found = read({"zeebe-record_process-instance_8.8.2_2026-03-02.json": lines(records(_WORK)),
                  "zeebe-record_incident_8.8.2_2026-03-02.json": json.dumps({"hits": {"hits": []}})})  # fmt: skip
    assert (found.can("incidents"), found.can("attempts")) == ("yes", "no")


def test_a_log_without_gaps_proves_everything(read: Reader) -> None:
    whole = _WORK + _JOB + "8:09 JOB COMPLETE j1 recordType=COMMAND"
    assert read(whole).can("incidents") == "yes"
    gap = [r for r in records(whole) if r["position"] != 3]
    assert read({"r.json": lines(gap)}).can("incidents") == "no"


def test_what_did_not_run_needs_no_records(read: Reader) -> None:
    found = read(f"{ONE_CASE}\n8:01 + m1 MANUAL_TASK sign")
    assert (found.can("attempts"), found.can("user-tasks"), found.can("incidents")) == ("yes", "yes", "no")


# ---------------------------------------------------------------------------------------------------- search answers


def _page(items: list[dict[str, Any]], total: int | None = None) -> str:
    return json.dumps({"items": items, "page": {"totalItems": len(items) if total is None else total}})


def _instance(name: str, state: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    end = None if state == "ACTIVE" else "2026-03-02T09:00:00.000Z"
    return {
        "processInstanceKey": str(key(name)), "processDefinitionId": "p", "processDefinitionName": "Orders",
        "processDefinitionVersion": 2, "processDefinitionKey": str(key("d2")), "state": state, "hasIncident": False,
        "startDate": "2026-03-02T08:00:00.000Z", "endDate": end, "tenantId": "<default>", **more,
    }  # fmt: skip


def _element(name: str, kind: str, element: str, state: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    return {
        "elementInstanceKey": str(key(name)), "elementId": element, "elementName": element.title(), "type": kind,
        "state": state, "startDate": "2026-03-02T08:01:00.000Z", "processInstanceKey": str(key("c1")),
        "endDate": None if state == "ACTIVE" else "2026-03-02T08:05:00.000Z",
        "processDefinitionKey": str(key("d2")), "processDefinitionId": "p", "tenantId": "<default>", **more,
    }  # fmt: skip


def _incident(name: str, on: str, state: str) -> dict[str, Any]:
    return {
        "incidentKey": str(key(name)), "errorType": "JOB_NO_RETRIES", "elementId": "credit", "state": state,
        "elementInstanceKey": str(key(on)), "processInstanceKey": str(key("c1")), "jobKey": None,
        "creationTime": "2026-03-02T08:02:00.000Z", "processDefinitionId": "p", "processDefinitionKey": str(key("d2")),
    }  # fmt: skip


def _answers() -> dict[str, str]:
    return {
        "process-instances.json": _page(
            [_instance("c1"), _instance("c2", "TERMINATED", parentProcessInstanceKey=str(key("c1")),
                                        parentElementInstanceKey=str(key("a3"))), _instance("c3", "ACTIVE")]
        ),
        "element-instances.json": _page(
            [_element("a1", "SERVICE_TASK", "credit"), _element("a2", "USER_TASK", "decide", "ACTIVE"),
             _element("a3", "CALL_ACTIVITY", "call"), _element("b1", "MULTI_INSTANCE_BODY", "pick"),
             _element("b2", "SERVICE_TASK", "pick"), _element("b3", "SERVICE_TASK", "pick", "TERMINATED")]
        ),
        "incidents.json": _page([_incident("i1", "a1", "RESOLVED"), _incident("i2", "b3", "RESOLVED"),
                                 _incident("i3", "a2", "ACTIVE")]),
        "jobs.json": _page([{"jobKey": str(key("j1")), "elementInstanceKey": str(key("a1")), "type": "check",
                             "worker": "w1", "retries": 2, "kind": "BPMN_ELEMENT", "state": "COMPLETED"}]),
        "user-tasks.json": _page([{"userTaskKey": str(key("u1")), "elementInstanceKey": str(key("a2")),
                                   "processInstanceKey": str(key("c1")), "assignee": "anna", "candidateGroups": ["clerks"],
                                   "creationDate": "2026-03-02T08:01:30.000Z", "dueDate": "2026-03-02T12:00:00+01:00"}]),
        "variables.json": _page([{"variableKey": "1", "name": "risk", "value": '"high"', "scopeKey": str(key("c1")),
                                  "processInstanceKey": str(key("c1"))}]),
    }  # fmt: skip


def test_rest_answers(read: Reader) -> None:
    found = read(_answers())
    assert found.claim.confidence >= 0.95
    columns = "case_id state parent_case_id root_case_id process_key process_name process_version end"
    assert found.only("cases", columns) == [
        ("c1", "completed", None, "c1", "p", "Orders", "2", "9:00"),
        ("c2", "terminated", "c1", "c1", "p", "Orders", "2", "9:00"),
        ("c3", "running", None, "c3", "p", "Orders", "2", None),
    ]
    columns = "activity_instance_id element_type state resource endpoint role mi_index called_case_id scope_id"
    assert found.only("activities", columns) == [
        ("a1", "serviceTask", "completed", "w1", "check", None, None, None, None),
        ("a2", "userTask", "running", "anna", None, "clerks", None, None, None),
        ("a3", "callActivity", "completed", None, None, None, None, "c2", None),
        ("b1", "multiInstanceBody", "completed", None, None, None, None, None, None),
        ("b2", "serviceTask", "completed", None, None, None, 1, None, None),
        ("b3", "serviceTask", "canceled", None, None, None, 2, None, None),
    ]
    assert found.only("exceptions", "exception_id raised cleared cleared_by") == [
        ("i1", "8:02", None, "operator"), ("i2", "8:02", None, "cancel"), ("i3", "8:02", None, "none"),
    ]  # fmt: skip
    assert found.only("variables", "name type value at") == [("risk", "string", "high", None)]
    assert (found.can("incidents"), found.can("attempts"), found.can("operations")) == ("partial", "no", "no")
    assert found.record.rows_read == found.record.rows_kept == 15


def test_time_to_restore_is_not_available_from_rest(tmp_path: Path) -> None:
    import poanalyzer

    for name, text in _answers().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = poanalyzer.assess([str(tmp_path)])
    found = {m.id: m for m in result.metrics if m.process is None}
    assert found["time-to-restore"].status == "not-available"
    assert "does not say when" in found["time-to-restore"].reason
    assert found["time-to-restore"].unlock
    assert found["handled-exception-rate"].status == "not-available"
    assert found["incident-free-rate"].status in ("measured", "insufficient")


def test_missing_pages_are_told(read: Reader) -> None:
    first, second = [_instance("c1"), _instance("c2")], [_instance("c2"), _instance("c3")]
    found = read({"pi-1.json": _page(first, 7), "pi-2.json": _page(second, 7)})
    assert len(found.rows("cases")) == 3
    assert found.record.rejected == {"item fetched twice": 1}
    assert "process-instances: 3 of 7 items are in the input" in found.texts()
    assert found.can("activities") == "no"


def test_operate_answers(read: Reader) -> None:
    instance = {
        "key": key("c1"), "processVersion": 1, "bpmnProcessId": "p", "startDate": "2026-03-02T08:00:00.000+0000",
        "endDate": "2026-03-02T09:00:00.000+0000", "state": "CANCELED", "processDefinitionKey": key("d1"),
        "tenantId": "<default>", "parentKey": None,
    }  # fmt: skip
    node = {
        "key": key("a1"), "processInstanceKey": key("c1"), "processDefinitionKey": key("d1"), "flowNodeId": "credit",
        "startDate": "2026-03-02T08:01:00.000+0100", "endDate": None, "flowNodeName": "Credit", "type": "SERVICE_TASK",
        "state": "ACTIVE", "incident": True, "incidentKey": key("i1"), "tenantId": "<default>",
    }  # fmt: skip
    incident = {
        "key": key("i1"), "processDefinitionKey": key("d1"), "processInstanceKey": key("c1"), "type": "JOB_NO_RETRIES",
        "message": "no", "creationTime": "2026-03-02T08:02:00.000+0000", "state": "ACTIVE",
    }  # fmt: skip
    found = read({
        "pi.json": json.dumps({"items": [instance], "sortValues": [1], "total": 1}),
        "fn.json": json.dumps({"items": [node], "sortValues": [1], "total": 10000}),
        "in.json": json.dumps({"items": [incident], "sortValues": [1], "total": 1}),
    })  # fmt: skip
    assert found.only("cases", "case_id state end") == [("c1", "terminated", "9:00")]
    assert found.only("activities", "activity_instance_id start activity") == [("a1", "7:01", "Credit")]
    assert found.only("exceptions", "exception_id element_id activity_instance_id") == [("i1", "credit", "a1")]
    assert "element-instances: 1 of 10,000 items" in found.texts()


def test_optimize_raw_data(read: Reader) -> None:
    node = {"id": "4503", "name": "Check", "startDate": "2026-03-02T08:01:00.000+0000", "endDate": None}
    one = {
        "processInstanceId": "77", "processDefinitionKey": "p", "processDefinitionId": "p:3:x", "endDate": None,
        "startDate": "2026-03-02T08:00:00.000+0000", "businessKey": "B", "tenantId": None, "counts": {"incidents": 2},
        "flowNodeDurations": {"credit": {"name": "Check", "value": 3}}, "flowNodeInstances": [node],
        "variables": {"risk": "high", "none": ""},
    }  # fmt: skip
    found = read({"raw.json": json.dumps({"searchRequestId": "s", "totalNumberOfRecords": 2, "data": [one]})})
    assert [(r["case_id"], r["process_version"], r["business_key"], r["state"]) for r in found.rows("cases")] == [
        ("77", "3", "B", "running")
    ]
    assert found.only("activities", "element_id activity start element_type") == [
        ("credit", "Check", "8:01", "unknown")
    ]
    assert {(r["name"], r["value"]) for r in found.rows("variables")} == {("risk", "high"), ("none", None)}
    assert "1 of 2 instances are in the input" in found.texts()
    assert (found.can("incidents"), found.can("element-types")) == ("no", "no")
