"""Camunda 7: what updates, jobs, decisions, deployed models, nested instances and uncaught errors mean, worked out by hand."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from poanalyzer.errors import InputError
from tests.camunda7 import ACTINST, INCIDENT, JOB_LOG, ONE_CASE, PROCINST, Read, Reader, model, reader, write

VARINST = "ID_ PROC_INST_ID_ ACT_INST_ID_ NAME_ VAR_TYPE_ DOUBLE_ LONG_ TEXT_ STATE_"
DETAIL = "ID_ TYPE_ TIME_ NAME_ PROC_INST_ID_ ACT_INST_ID_ VAR_INST_ID_ VAR_TYPE_ DOUBLE_ LONG_ TEXT_ INITIAL_"


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    """Return a function that writes an export and reads it."""
    yield from reader(tmp_path)


def test_updates_take_the_place_of_last_values(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_VARINST": f"{VARINST}\nv1 c1 c1 amount integer - 95 95 CREATED\nv2 c1 c1 old string - - kept CREATED\n"
            "v3 c1 c1 gone string - - x DELETED",
            "HI_DETAIL": f"{DETAIL}\nd1 VariableUpdate 8:00 amount c1 c1 v1 integer - 90 90 TRUE\n"
            "d2 VariableUpdate 8:20 amount c1 a1 v1 integer - 95 95 FALSE\n"
            "d3 FormProperty 8:20 amount c1 a1 - - - - 95 -\nd4 FormProperty 8:20 note c1 a1 - - - - _late -\n"
            "d5 FormProperty 8:20 blank c1 a1 - - - - - -\nd6 VariableUpdate 8:30 items c1 a1 v4 serializable - - - TRUE\n"
            "d7 VariableUpdate 8:40 gone c1 a1 v3 string - - x TRUE",
        }
    )
    # v1 has its updates, v2 (written before the level was raised) only its last value; the form's field of a variable that
    # was set at that moment is that variable
    assert sorted(got.only("variables", "name value at type activity_instance_id"), key=str) == [
        ("amount", "90", "8:00", "integer", None),
        ("amount", "95", "8:20", "integer", "a1"),
        ("gone", "x", "8:40", "string", "a1"),
        ("items", None, "8:30", "serializable", "a1"),
        ("note", " late", "8:20", "string", "a1"),
        ("old", "kept", None, "string", None),
    ]
    assert got.can("variables") == "yes"


def test_updates_without_the_variables_id(read: Reader) -> None:
    # selected columns (and the relatives of the engine): an update is known by case and name
    detail = "ID_ TYPE_ TIME_ NAME_ PROC_INST_ID_ VAR_TYPE_ TEXT_\nd1 VariableUpdate 8:00 a c1 string one"
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_DETAIL": detail,
            "HI_VARINST": f"{VARINST}\nv1 c1 c1 a string - - one -\nv2 c1 c1 b string - - two -\nv3 c2 c2 a string - - three -",
        }
    )
    assert sorted(got.only("variables", "case_id name value at"), key=str) == [
        ("c1", "a", "one", "8:00"), ("c1", "b", "two", None), ("c2", "a", "three", None),
    ]  # fmt: skip


TWO_VERSIONS = "ID_ KEY_ VERSION_ DEPLOYMENT_ID_ RESOURCE_NAME_\np:1:x p 1 d1 flows/p.bpmn\np:2:y p 2 d2 flows/p.bpmn"


def written(xml: str, how: str) -> str:
    """Return bytes as tools write them into a cell."""
    data = xml.encode()
    return {
        "hex": data.hex(),
        "HEX": data.hex().upper(),
        "psql": "\\x" + data.hex(),
        "mysql": "0x" + data.hex(),
        "base64": base64.b64encode(data).decode(),
        "utf-16": xml.encode("utf-16").hex(),
    }[how]


@pytest.mark.parametrize("how", ["hex", "HEX", "psql", "mysql", "base64", "utf-16"])
def test_deployed_models_are_certain(read: Reader, how: str) -> None:
    one, two = model('<task id="one"/>'), model('<task id="two"/>')
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "RE_PROCDEF": TWO_VERSIONS,
            "GE_BYTEARRAY": "ID_ NAME_ BYTES_ DEPLOYMENT_ID_\n"
            f"b1 flows/p.bpmn {written(one, how)} d1\nb2 flows/p.bpmn {written(two, how)} d2\n"
            "b3 flows/p.bpmn aced0005 -\nb4 other.dmn 3c3f d1\nb5 flows/p.bpmn 00 d9",
        },
        {"p_v2.bpmn": model('<task id="wrong"/>')},
    )
    # the file's name says version 2, the deployment knows better
    assert got.only("definitions", "version model_ref") == [("1", "d1/flows/p.bpmn"), ("2", "d2/flows/p.bpmn")]
    assert sorted(got.only("elements", "version element_id")) == [("1", "one"), ("2", "two")]
    assert got.can("models") == "yes"
    assert "left out" not in got.texts()


def test_a_deployed_model_that_cannot_be_read_is_left_out(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "RE_PROCDEF": TWO_VERSIONS,
            "GE_BYTEARRAY": "ID_ NAME_ BYTES_ DEPLOYMENT_ID_\nb1 flows/p.bpmn ?? d1\nb2 flows/p.bpmn 3c3f d2",
        },
    )
    assert got.only("elements", "element_id") == []
    assert "the model d1/flows/p.bpmn is left out: its bytes are written in no way that is known" in got.texts()
    assert "the model d2/flows/p.bpmn" in got.texts()
    assert got.can("models") == "no"


def test_tenants_with_different_models_under_one_number(read: Reader) -> None:
    xml = {name: model(f'<task id="{name}" name="{name}"/>').encode().hex() for name in ("one", "two")}
    got = read(
        {
            "HI_PROCINST": f"{PROCINST} PROC_DEF_ID_\nc1 c1 - 8:00 - ACTIVE c1 - p:1:eu\nc2 c2 - 8:00 - ACTIVE c2 - p:1:us",
            "RE_PROCDEF": "ID_ KEY_ VERSION_ DEPLOYMENT_ID_ RESOURCE_NAME_ TENANT_ID_\np:1:eu p 1 d1 p.bpmn eu\n"
            "p:1:us p 1 d2 p.bpmn us\np:2:us p 2 d3 p.bpmn us\np:2:eu p 2 d4 p.bpmn eu",
            "RE_DEPLOYMENT": "ID_ NAME_ DEPLOY_TIME_\nd1 app 8:00\nd2 app 8:00\nd3 app 9:00\nd4 app 9:00",
            "GE_BYTEARRAY": f"ID_ NAME_ BYTES_ DEPLOYMENT_ID_\nb1 p.bpmn {xml['one']} d1\nb2 p.bpmn {xml['two']} d2\n"
            f"b3 p.bpmn {xml['two']} d3\nb4 p.bpmn {xml['two']} d4",
        }
    )
    assert sorted(got.only("cases", "case_id process_version")) == [("c1", "1"), ("c2", "1 (us)")]
    assert sorted(got.only("elements", "version element_id")) == [("1", "one"), ("1 (us)", "two"), ("2", "two")]
    assert sorted(got.only("definitions", "version tenant")) == [
        ("1", "eu"),
        ("1 (us)", "us"),
        ("2", "eu"),
        ("2", "us"),
    ]
    assert sorted(got.only("deployments", "version tenant is_duplicate"), key=str) == [
        ("1 (us)", "us", False), ("1", "eu", False), ("2", "eu", False), ("2", "us", True),
    ]  # fmt: skip
    assert "different models under one version number (1 of “p”)" in got.texts()


def test_decisions(read: Reader) -> None:
    decided = "ID_ DEC_DEF_ID_ DEC_DEF_KEY_ PROC_INST_ID_ ACT_INST_ID_ ACT_ID_ EVAL_TIME_ ROOT_DEC_INST_ID_"
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x r businessRuleTask 8:00 8:00 4 1 - - R\n"
            "a2 c1 c1 x s serviceTask 8:01 8:02 4 2 - - S",
            "HI_DECINST": f"{decided}\ne1 k:1 discount c1 a1 r 8:00 -\ne2 q:1 creditworthy c1 a1 r 8:00 e1\n"
            "e3 z:1 alone - - - 9:00 -",
        }
    )
    # creditworthy was needed by discount, which is what the task asked for
    assert got.only("activities", "activity_instance_id endpoint") == [("a1", "discount"), ("a2", None)]
    assert got.can("decisions") == "yes"
    why = got.record.capabilities["decisions"].why
    assert why == "ACT_HI_DECINST: 2 evaluations of 2 decisions, 1 of them outside any process"


@pytest.mark.parametrize(
    ("level", "body", "expected"),
    [
        ("3", '<task id="t"/>', "yes"),  # no model asks for one
        ("3", '<businessRuleTask id="t" camunda:decisionRef="d"/>', "no"),
        ("2", '<task id="t"/>', "no"),
    ],
)
def test_decisions_that_were_not_exported(read: Reader, level: str, body: str, expected: str) -> None:
    property_ = f"NAME_ VALUE_\nhistoryLevel {level}"
    got = read({"HI_PROCINST": ONE_CASE, "GE_PROPERTY": property_}, {"p.bpmn": model(body)})
    assert got.can("decisions") == expected


JOBS = f"{JOB_LOG} JOB_DUEDATE_ JOB_DEF_CONFIGURATION_"


def test_when_jobs_were_created(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x1 pay serviceTask 8:05 8:06 4 1 - - Pay\n"
            "a2 c1 c1 x9 pay serviceTask 8:25 8:26 4 2 - - Pay\na3 c1 c1 x1 after serviceTask 8:30 8:31 4 3 - - -\n"
            "a4 c1 c1 x1 sync serviceTask 8:32 8:33 4 4 - - -\na5 c1 c1 x1 late boundaryTimer 8:41 8:41 4 5 - - -\n"
            "a6 c1 c1 x1 wait intermediateTimer 8:42 8:50 4 6 - - -",
            "HI_JOB_LOG": f"{JOBS}\nl1 8:00 j1 3 - 0 pay - x1 c1 n - async-before\n"
            "l2 8:05 j1 3 - 2 pay - x1 c1 n - async-before\n"
            # again, later: the activity has boundary events, so its execution is another than its job's
            "l3 8:20 j2 3 - 0 pay - x1 c1 n - async-before\nl4 8:24 j9 3 - 0 pay - x1 c2 n - async-before\n"
            "l5 8:28 j3 3 - 0 after - x1 c1 n - async-after\n"
            "l6 8:10 j4 3 - 0 late - x1 c1 n 8:40 _DURATION\nl7 8:41 j5 3 - 0 late - x1 c1 n 9:40 _DURATION\n"
            "l8 8:42 j6 3 - 0 wait - x1 c1 n 8:50 _DURATION",
        }
    )
    assert got.only("activities", "element_id scheduled start") == [
        ("pay", "8:00", "8:05"),
        ("pay", "8:20", "8:25"),
        ("after", None, "8:30"),  # its job came after it
        ("sync", None, "8:32"),
        ("late", "8:40", "8:41"),  # due when; the timer that follows is due later
        ("wait", None, "8:42"),
    ]


def test_jobs_of_parallel_instances_go_to_their_own_execution(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\nb c1 c1 x0 pay#multiInstanceBody multiInstanceBody 8:00 8:20 4 1 - - -\n"
            "a1 b c1 x1 pay serviceTask 8:10 8:11 4 2 - - Pay\na2 b c1 x2 pay serviceTask 8:10 8:12 4 3 - - Pay",
            "HI_JOB_LOG": f"{JOBS}\nl1 8:01 j1 3 - 0 pay - x1 c1 n - async-before\nl2 8:02 j2 3 - 0 pay - x2 c1 n - async-before",
        }
    )
    assert dict(got.only("activities", "activity_instance_id scheduled")) == {"a1": "8:01", "a2": "8:02", "b": None}


def test_index_of_what_runs_inside_an_instance(read: Reader) -> None:
    body = "#multiInstanceBody multiInstanceBody 8:00 9:00 4 1 - - -"
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\nb c1 c1 x s{body}\n"
            "s1 b c1 x s subProcess 8:00 8:30 4 2 - - S\ns2 b c1 x s subProcess 8:30 9:00 4 3 - - S\n"
            "t1 s1 c1 x t userTask 8:00 8:10 4 4 - - T\nt2 s1 c1 x t userTask 8:10 8:20 4 5 - - T\n"
            "t3 s2 c1 x t userTask 8:30 8:40 4 6 - - T\n"
            # a body inside each instance
            f"n1 s1 c1 x u{body}\nn2 s2 c1 x u{body}\n"
            "u1 n1 c1 x u userTask 8:20 8:25 4 7 - - U\nu2 n1 c1 x u userTask 8:21 8:25 4 8 - - U\n"
            "u3 n2 c1 x u userTask 8:40 8:50 4 9 - - U\n"
            "o1 c1 c1 x t userTask 9:00 9:10 4 10 - - T",
        }
    )
    # t ran twice in the first instance (t1, t2: the same index), once in the second; u never twice in one
    assert dict(got.only("activities", "activity_instance_id mi_index")) == {
        "b": None, "s1": 0, "s2": 1, "t1": 0, "t2": 0, "t3": 1, "n1": 0, "n2": 1, "u1": 0, "u2": 1, "u3": 2, "o1": None,
    }  # fmt: skip


def test_compensation_without_a_model(read: Reader) -> None:
    rows = (
        f"{ACTINST}\na1 c1 c1 x book serviceTask 8:00 8:05 4 1 - - -\na2 c1 c1 x undo intermediateCompensationThrowEvent "
        "8:10 8:20 4 2 - - -\na3 c1 c1 x cancel serviceTask 8:10 8:20 4 3 - - -\na4 c1 c1 x next userTask 8:20 8:30 4 4 - - -\n"
        "s c1 c1 x sub subProcess 8:00 8:40 4 5 - - -\na5 s c1 x other userTask 8:15 8:18 4 6 - - -"
    )
    got = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": rows})
    # not what follows, nor what runs in another scope meanwhile
    assert [i for i, c in got.only("activities", "activity_instance_id is_compensation") if c] == ["a3"]
    modelled = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": rows}, {"p.bpmn": model('<serviceTask id="cancel"/>')})
    assert [i for i, c in modelled.only("activities", "activity_instance_id is_compensation") if c] == []


@pytest.mark.parametrize("caught", ["no", "boundary", "caller", "sub-process"])
def test_errors_that_end_events_throw(read: Reader, caught: str) -> None:
    catching = {
        "no": "x2 c1 c1 x refused boundaryError 9:30 9:30 4 3 - - -",  # of another error, later
        "boundary": "x2 c2 c2 x refused boundaryError 8:20 8:20 4 3 - - -",
        "caller": "x2 c1 c1 x refused boundaryError 8:20 8:20 4 3 - - -",
        "sub-process": "x2 s9 c1 x go errorStartEvent 8:20 8:20 4 3 - - -",
    }[caught]
    bpmn = model('<endEvent id="bad"><errorEventDefinition errorRef="e"/></endEvent>')
    got = read(
        {
            "HI_PROCINST": f"{PROCINST}\nc1 c1 B1 8:00 9:40 COMPLETED c1 -\nc2 c2 - 8:10 8:20 COMPLETED c1 c1",
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x call callActivity 8:10 8:20 2 1 - c2 Call\n"
            f"e1 c2 c2 x bad errorEndEvent 8:20 8:20 2 2 - - -\n{catching}",
        },
        {"p.bpmn": bpmn},
    )
    expected = [("e1", "c2", "bad", "constraint", "E1", "8:20", None, "none", None)] if caught == "no" else []
    columns = "exception_id case_id element_id kind code raised cleared cleared_by handled_by"
    assert [row for row in got.only("exceptions", columns) if row[7] == "none"] == expected
    assert dict(got.only("activities", "activity_instance_id error_code"))["e1"] == "E1"


def test_incidents_whose_root_is_elsewhere(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": f"{PROCINST}\nc1 c1 B1 8:00 - ACTIVE c1 -\nc2 c2 - 8:10 - ACTIVE c1 c1",
            "HI_ACTINST": ACTINST,
            "HI_INCIDENT": f"{INCIDENT} CAUSE_INCIDENT_ID_\ni2 c2 x 8:30 - failedJob call - i1 - 0 i1\n"
            "i3 c1 x 8:30 - failedJob call - i1 - 0 i2\ni5 c1 x 8:40 - late - - i5 - 0 i5\ni6 - x 8:45 - failedJob - - i6 - 0 i6",
        }
    )
    # i1 stands in another tenant's export: i2 is nearest to it. A type of the company's own is an incident as well
    assert got.only("exceptions", "exception_id case_id code root_id") == [
        ("i2", "c2", "failedJob", "i1"), ("i5", "c1", "late", "i5"),
    ]  # fmt: skip
    assert "1 incidents belong to no process instance" in got.texts()


def test_tasks_outside_any_process_are_told(read: Reader) -> None:
    tasks = "ID_ TASK_DEF_KEY_ PROC_INST_ID_ ACT_INST_ID_ ASSIGNEE_ DELETE_REASON_"
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": "ID_ PARENT_ACT_INST_ID_ PROC_INST_ID_ ACT_ID_ ACT_TYPE_ START_TIME_ END_TIME_ TASK_ID_\n"
            "a1 c1 c1 t userTask 8:00 8:10 t1\na2 c1 c1 t userTask 8:10 8:20 t2\na3 c1 c1 t userTask 8:20 - t3",
            "HI_TASKINST": f"{tasks}\nt1 t c1 a1 anna completed\nt2 t c1 a2 anna _deleted\nt3 t c1 a3 anna -\nt9 - - - bert -",
        }
    )
    # without ACT_INST_STATE_ the tasks tell which were cancelled
    assert got.only("activities", "activity_instance_id state") == [
        ("a1", "completed"), ("a2", "canceled"), ("a3", "running"),
    ]  # fmt: skip
    assert "1 tasks stand outside any process" in got.texts()


def test_migrated_instances_keep_each_rows_model(read: Reader) -> None:
    models = {
        "p_v1.bpmn": model('<serviceTask id="t" name="Old"/>'),
        "p_v2.bpmn": model('<serviceTask id="t" name="New"/>'),
    }
    got = read(
        {
            "HI_PROCINST": f"{PROCINST} PROC_DEF_ID_\nc1 c1 - 8:00 9:00 COMPLETED c1 - p:2:y",
            "HI_ACTINST": f"{ACTINST} PROC_DEF_ID_\na1 c1 c1 x t serviceTask 8:00 8:01 4 1 - - - p:1:x\n"
            "a2 c1 c1 x t serviceTask 8:02 8:03 4 2 - - - p:2:y",
            "RE_PROCDEF": TWO_VERSIONS,
        },
        models,
    )
    assert got.only("cases", "process_version") == [("2",)]
    assert got.only("activities", "activity") == [("Old",), ("New",)]
    assert "1 process instances were migrated" in got.texts()


def test_restarted_and_suspended_instances(read: Reader) -> None:
    rows = "ID_ PROC_INST_ID_ START_TIME_ END_TIME_ STATE_ RESTARTED_PROC_INST_ID_\nc1 c1 8:00 8:30 EXTERNALLY_TERMINATED -\n"
    got = read({"HI_PROCINST": f"{rows}c2 c2 8:40 - SUSPENDED c1"})
    assert got.only("cases", "case_id state restarted_from") == [("c1", "terminated", None), ("c2", "suspended", "c1")]


def test_retention_is_seen_in_what_is_marked_for_removal(read: Reader) -> None:
    rows = "ID_ PROC_INST_ID_ START_TIME_ END_TIME_ REMOVAL_TIME_\nc1 c1 8:00 9:00 2026-03-12T09:00:00\nc2 c2 8:00 - -"
    got = read({"HI_PROCINST": rows, "RE_PROCDEF": ""})
    assert got.record.retention_days == 10
    assert "removed after 10 days" in got.record.capabilities["instances"].why
    assert read({"HI_PROCINST": ONE_CASE}).record.retention_days is None


def test_history_level_none(read: Reader) -> None:
    got = read({"HI_PROCINST": ONE_CASE, "GE_PROPERTY": "NAME_ VALUE_\nhistoryLevel 0"})
    assert got.record.history_level == "none"
    assert "warning: history level none records nothing" in got.texts()
    assert (got.can("variables"), got.can("incidents"), got.can("attempts"), got.can("operations")) == ("no",) * 4


def test_an_empty_file_is_not_a_table_without_rows(tmp_path: Path) -> None:
    folder = write(tmp_path / "e", {"HI_PROCINST": ONE_CASE})
    (folder / "ACT_HI_INCIDENT.csv").write_bytes(b"")
    (folder / "ACT_HI_JOB_LOG.csv").write_bytes(b"\xef\xbb\xbf\r\n")
    got = Read(folder)
    assert (got.can("incidents"), got.can("attempts")) == ("no", "no")
    assert "ACT_HI_INCIDENT counts as not exported" in got.texts()
    assert "ACT_HI_JOB_LOG counts as not exported" in got.texts()
    got.close()
    (folder / "ACT_HI_PROCINST.csv").write_bytes(b"")
    with pytest.raises(InputError, match="the file is empty"):
        Read(folder)


OP_LOG = "ID_ OPERATION_ID_ OPERATION_TYPE_ ENTITY_TYPE_ PROC_INST_ID_ JOB_ID_ EXTERNAL_TASK_ID_ USER_ID_ TIMESTAMP_"
EXT_LOG = "ID_ EXT_TASK_ID_ TIMESTAMP_ STATE_ RETRIES_ ACT_ID_ ACT_INST_ID_ PROC_INST_ID_"
#: Name → (rows of activities, rows of the job log as “job time state element execution”, instance of each failure).
TRIED: dict[str, tuple[str, str, list[str | None]]] = {
    "an instance that is stuck is none of its siblings": (
        "i1 x1 ship serviceTask 8:10 8:12\ni2 x2 ship serviceTask 8:05 8:30",
        "j1 8:00 0 ship x1, j2 8:00 0 ship x2, j3 8:00 0 ship x3, j1 8:04 1 ship x1, j3 8:04 1 ship x3, j3 8:09 1 ship x3, "
        "j1 8:12 2 ship x1, j2 8:30 2 ship x2",
        ["i1", "job:j3", "job:j3"],
    ),
    "a round that never succeeded is none of the rounds before": (
        "i1 x1 ship serviceTask 8:05 8:06",
        "j1 8:00 0 ship x1, j1 8:01 1 ship x1, j1 8:06 2 ship x1, j2 8:10 0 ship x1, j2 8:11 1 ship x1, j2 8:20 3 ship x1",
        ["i1", "job:j2"],
    ),
    "rounds that succeeded, in executions of their own": (
        "i1 y1 ship serviceTask 8:05 8:06\ni2 y2 ship serviceTask 8:15 8:16",
        "j1 8:00 0 ship x1, j1 8:01 1 ship x1, j1 8:06 2 ship x1, j2 8:10 0 ship x1, j2 8:11 1 ship x1, j2 8:16 2 ship x1",
        ["i1", "i2"],
    ),
    "siblings in executions of their own are told by when they succeeded": (
        "i1 y1 ship serviceTask 8:05 8:20\ni2 y2 ship serviceTask 8:06 8:10",
        "j1 8:00 0 ship x1, j2 8:00 0 ship x2, j1 8:01 1 ship x1, j2 8:02 1 ship x2, j2 8:10 2 ship x2, j1 8:20 2 ship x1",
        ["i1", "i2"],
    ),
    "a failure at a later element of the same transaction": (
        "i1 x1 ship serviceTask 8:05 8:05\ni2 x1 tell serviceTask 8:05 8:06",
        "j1 8:00 0 ship x1, j1 8:01 1 ship x1, j1 8:02 1 tell x1, j1 8:06 2 ship x1",
        ["i1", "i2"],
    ),
    "a later element that was never reached again": (
        "", "j1 8:00 0 ship x1, j1 8:01 1 ship x1, j1 8:02 1 tell x1", ["job:j1", "job:j1/tell"],
    ),
    "a log of failures alone tells nothing of what came after": (
        "i1 x1 ship serviceTask 8:05 8:06\ni2 x2 ship serviceTask 8:00 8:30",
        "j1 8:01 1 ship x1, j3 8:06 1 ship x3",
        ["i1", None],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRIED)
def test_whose_tries_failed(read: Reader, name: str) -> None:
    acts, log, expected = TRIED[name]
    rows = []
    for number, entry in enumerate(log.split(", ")):
        job, at, state, element, execution = entry.split()
        rows.append(f"l{number} {at} {job} 3 - {state} ship {element if state == '1' else '-'} {execution} c1 -")
    lines = [line.split() for line in acts.splitlines()]
    told = [f"{i} c1 c1 {x} {element} {kind} {start} {end} 4 1 - - -" for i, x, element, kind, start, end in lines]
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": "\n".join([ACTINST, "s c1 c1 c1 start startEvent 8:00 8:00 4 0 - - -", *told]),
            "HI_JOB_LOG": "\n".join([JOB_LOG, *rows]),
        }
    )
    assert [i for (i,) in got.only("attempts", "activity_instance_id")] == expected


def test_what_an_operator_meant(read: Reader) -> None:
    # j1 succeeded after the retry, j2 never did and is open; x1 is an external task
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\ni1 c1 c1 x1 ship serviceTask 8:20 8:21 4 1 - - -\n"
            "i3 c1 c1 x3 bill serviceTask 8:00 - 0 1 - - -",
            "HI_JOB_LOG": f"{JOB_LOG}\nl1 8:00 j1 3 - 0 ship - x1 c1 -\nl2 8:00 j2 3 - 0 ship - x2 c1 -\n"
            "l3 8:01 j1 1 - 1 ship ship x1 c1 -\nl4 8:01 j2 1 - 1 ship ship x2 c1 -\nl5 8:21 j1 1 - 2 ship - x1 c1 -",
            "HI_INCIDENT": f"{INCIDENT}\nn1 c1 x1 8:01 8:10 failedJob ship ship n1 j1 1\n"
            "n2 c1 x2 8:01 - failedJob ship ship n2 j2 0",
            "HI_EXT_TASK_LOG": f"{EXT_LOG}\ne1 x9 8:00 0 - bill i3 c1",
            "HI_OP_LOG": f"{OP_LOG}\no1 p1 SetJobRetries Job c1 j1 - olga 8:10\n"
            "o2 p2 SetExternalTaskRetries ExternalTask c1 - x9 olga 8:11\n"
            "o3 p3 ModifyProcessInstance ProcessInstance c1 - - o 8:12",
        }
    )
    assert got.only("attempts", "activity_instance_id") == [("i1",), ("job:j2",)]
    assert got.only("exceptions", "activity_instance_id cleared_by") == [("i1", "operator"), ("job:j2", "none")]
    assert got.only("operations", "operation activity_instance_id element_id") == [
        ("SetJobRetries", "i1", "ship"), ("SetExternalTaskRetries", "i3", "bill"), ("ModifyProcessInstance", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "body", "log", "expected"),
    [
        ("serviceTask", None, "HI_JOB_LOG", "no"),  # no model: it may have been an external task
        ("userTask", None, "HI_JOB_LOG", "yes"),  # never one
        ("serviceTask", '<serviceTask id="pay" camunda:type="external" camunda:topic="t"/>', "HI_JOB_LOG", "no"),
        ("serviceTask", '<serviceTask id="pay" camunda:class="x.Y"/>', "HI_JOB_LOG", "yes"),
        ("userTask", None, "HI_EXT_TASK_LOG", "no"),  # timers are jobs, too
    ],
)
def test_failed_tries_that_cannot_be_seen_are_not_none(
    read: Reader, kind: str, body: str | None, log: str, expected: str
) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\ni1 c1 c1 x1 pay {kind} 8:20 8:21 4 1 - - -",
            log: JOB_LOG if log == "HI_JOB_LOG" else EXT_LOG,
        },
        {"p.bpmn": model(body)} if body else None,
    )
    assert got.can("attempts") == expected
    gone = {"HI_JOB_LOG": "ACT_HI_EXT_TASK_LOG", "HI_EXT_TASK_LOG": "ACT_HI_JOB_LOG"}[log]
    assert (f"Also export {gone}" in got.record.capabilities["attempts"].unlock) is (expected == "no")
