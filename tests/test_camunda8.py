"""Camunda 8: what exporter records mean in canonical rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.camunda8 import ONE_CASE, Reader, model, process, reader


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    yield from reader(tmp_path)


_HOST = (
    '<serviceTask id="credit" name="Check credit"><extensionElements><zeebe:taskDefinition type="t" retries="5"/>'
    '</extensionElements></serviceTask><boundaryEvent id="refused" attachedToRef="credit">'
    '<errorEventDefinition errorRef="e"/></boundaryEvent><boundaryEvent id="late" attachedToRef="credit" '
    'cancelActivity="false"><timerEventDefinition/></boundaryEvent><boundaryEvent id="told" attachedToRef="credit" '
    'cancelActivity="false"><messageEventDefinition messageRef="m"/></boundaryEvent>'
)


def test_case_states(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:00 + c2 PROCESS p
        8:00 + c3 PROCESS p tenantId=north
        9:00 - c1 PROCESS p
        9:00 ! c2 PROCESS p
        9:01 x c2 PROCESS p
        """
    )
    assert found.only("cases", "case_id state start end tenant root_case_id process_version") == [
        ("c1", "completed", "8:00", "9:00", None, "c1", "1"),
        ("c2", "terminated", "8:00", "9:01", None, "c2", "1"),
        ("c3", "running", "8:00", None, "north", "c3", "1"),
    ]


def test_keys_keep_all_digits(read: Reader) -> None:
    found = read("8:00 + c1 PROCESS p\n8:00 + c2 PROCESS p\n8:00 + c3 PROCESS p")
    assert len({row["case_id"] for row in found.rows("cases")}) == 3
    assert len({float(row["case_id"]) for row in found.rows("cases")}) == 1  # as doubles they are one


def test_activity_is_all_records_of_a_key(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:01 > a1 SERVICE_TASK credit
        8:02 + a1 SERVICE_TASK credit
        8:09 - a1 SERVICE_TASK credit
        8:09 ~ f1 SEQUENCE_FLOW flow
        8:10 > a2 USER_TASK decide
        8:11 + a3 TASK wait
        8:12 x a3 TASK wait
        """
    )
    assert found.only("activities", "activity_instance_id element_type start end state seq") == [
        ("a1", "serviceTask", "8:02", "8:09", "completed", 2),
        ("a2", "userTask", "8:10", None, "running", 6),  # it never got beyond its input mappings
        ("a3", "task", "8:11", "8:12", "canceled", 7),
    ]


def test_an_export_that_begins_later(read: Reader) -> None:
    found = read("8:01 + a1 TASK one\n8:05 - a1 TASK one\n8:06 - a2 TASK two case=c2")
    assert found.only("cases", "case_id state start end") == [
        ("c1", "unknown", "8:01", "8:05"),
        ("c2", "unknown", None, "8:06"),
    ]
    assert found.only("activities", "activity_instance_id start start_kind end") == [
        ("a1", "8:01", "observed", "8:05"),
        ("a2", None, None, "8:06"),
    ]
    assert "2 process instances have elements but no record of their own" in found.texts()


def test_calls(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:00 + a1 CALL_ACTIVITY call
        8:01 + c2 PROCESS q bpmnProcessId=q parentProcessInstanceKey=c1 parentElementInstanceKey=a1
        8:01 + a2 CALL_ACTIVITY call case=c2
        8:02 + c3 PROCESS r bpmnProcessId=r parentProcessInstanceKey=c2 parentElementInstanceKey=a2
        """
    )
    assert found.only("cases", "case_id parent_case_id root_case_id parent_activity_instance_id trigger") == [
        ("c1", None, "c1", None, None),
        ("c2", "c1", "c1", "a1", "call"),
        ("c3", "c2", "c1", "a2", "call"),
    ]
    assert found.only("activities", "activity_instance_id called_case_id") == [("a1", "c2"), ("a2", "c3")]
    assert found.only("links", "from_case_id to_case_id kind key") == [
        ("c1", "c2", "call", "a1"),
        ("c2", "c3", "call", "a2"),
    ]


def test_the_engine_says_the_root(read: Reader) -> None:
    found = read(
        "8:00 + c2 PROCESS q parentProcessInstanceKey=c1 parentElementInstanceKey=a1 rootProcessInstanceKey=c0"
    )
    assert found.only("cases", "parent_case_id root_case_id") == [("c1", "c0")]


@pytest.mark.parametrize(
    ("event", "trigger"), [("NONE", "api"), ("MESSAGE", "message"), ("TIMER", "timer"), ("SIGNAL", "signal")]
)
def test_trigger(read: Reader, event: str, trigger: str) -> None:
    found = read(f"{ONE_CASE}\n8:00 + a1 START_EVENT start bpmnEventType={event}")
    assert found.only("cases", "trigger") == [(trigger,)]


def test_end_element_is_what_finished_last_in_the_process(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:00 + s1 SUB_PROCESS inner
        8:01 + e1 END_EVENT inner_end in=s1
        8:02 - e1 END_EVENT inner_end in=s1
        8:03 + e2 END_EVENT done
        8:03 - e2 END_EVENT done
        8:04 - e3 END_EVENT inner_late in=s1
        9:00 - c1 PROCESS p
        """
    )
    assert found.only("cases", "end_element_id") == [("done",)]


def test_multi_instance(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:00 + b1 MULTI_INSTANCE_BODY pick
        8:01 + a1 USER_TASK pick in=b1
        8:01 + a2 USER_TASK pick in=b1
        8:01 VARIABLE CREATED v2 name=loopCounter value=2 scopeKey=a1 processInstanceKey=c1
        8:01 VARIABLE CREATED v1 name=loopCounter value=1 scopeKey=a2 processInstanceKey=c1
        8:02 + b2 MULTI_INSTANCE_BODY pack
        8:02 + a3 USER_TASK pack in=b2
        8:02 + a4 USER_TASK pack in=b2
        """
    )
    assert found.only("activities", "activity_instance_id element_type element_id mi_index scope_id") == [
        ("a1", "userTask", "pick", 2, "b1"),
        ("a2", "userTask", "pick", 1, "b1"),
        ("a3", "userTask", "pack", 1, "b2"),
        ("a4", "userTask", "pack", 2, "b2"),
        ("b1", "multiInstanceBody", "pick", None, None),
        ("b2", "multiInstanceBody", "pack", None, None),
    ]


def test_jobs_say_who_worked(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:01 + a1 SERVICE_TASK credit
        8:01 JOB CREATED j1 on=a1 type=check retries=3 jobKind=BPMN_ELEMENT
        8:02 JOB FAILED j1 on=a1 type=check retries=2 worker=w1 errorMessage=no_answer
        8:03 JOB COMPLETED j1 on=a1 type=check retries=2 worker=w2
        8:03 JOB CREATED j2 on=a1 type=audit retries=3 jobKind=EXECUTION_LISTENER worker=w3
        8:03 - a1 SERVICE_TASK credit
        """
    )
    assert found.only("activities", "resource resource_type endpoint scheduled") == [("w2", "system", "check", "8:01")]
    columns = "activity_instance_id element_id attempt at retries_left worker message"
    assert found.only("attempts", columns) == [("a1", "credit", 1, "8:02", 2, "w1", "no answer")]


def test_attempts(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:01 + a1 SERVICE_TASK one
        8:01 + a2 SERVICE_TASK two
        8:01 + a3 SERVICE_TASK three
        8:02 JOB TIMED_OUT j1 on=a1 type=t retries=3 worker=w
        8:03 JOB FAILED j1 on=a1 type=t retries=0 worker=w errorMessage=no
        8:04 JOB ERROR_THROWN j2 on=a2 type=t retries=3 errorCode=E1
        8:05 JOB ERROR_THROWN j3 on=a3 type=t retries=3 errorCode=E2
        8:05 INCIDENT CREATED i3 on=a3 errorType=UNHANDLED_ERROR_EVENT jobKey=j3
        """
    )
    # the error that a2 threw was caught: it is the model's way, not a failed try
    assert found.only("attempts", "element_id attempt at retries_left error_code message") == [
        ("one", 1, "8:02", 3, None, "timed out"),
        ("one", 2, "8:03", 0, None, "no"),
        ("three", 1, "8:05", 3, "E2", None),
    ]
    assert [row["error_code"] for row in found.rows("activities")] == [None, "E1", "E2"]


def test_user_tasks(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:01 + a1 USER_TASK decide
        8:01 USER_TASK CREATED u1 on=a1 assignee= candidateGroupsList=["clerks","chiefs"] dueDate=2026-03-02T12:00+01:00
        8:05 USER_TASK ASSIGNED u1 on=a1 assignee=anna candidateGroupsList=["clerks","chiefs"] dueDate=
        8:09 USER_TASK COMPLETED u1 on=a1 assignee=anna candidateGroupsList=["clerks","chiefs"] dueDate=
        8:09 - a1 USER_TASK decide
        """
    )
    columns = "scheduled assigned resource resource_type role due endpoint"
    assert found.only("activities", columns) == [("8:01", "8:05", "anna", "human", "clerks", "11:00", None)]


def test_user_tasks_that_are_jobs(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:01 + a1 USER_TASK decide
        8:01 JOB CREATED j1 on=a1 type=io.camunda.zeebe:userTask customHeaders={"io.camunda.zeebe:assignee":"ben","io.camunda.zeebe:candidateGroups":"[\\"clerks\\"]"}
        """  # noqa: E501
    )
    assert found.only("activities", "resource role resource_type scheduled") == [("ben", "clerks", "human", "8:01")]
    assert found.can("user-tasks") == "partial"


_STUCK = """
8:00 + c1 PROCESS p
8:01 + a1 SERVICE_TASK credit
8:02 JOB FAILED j1 on=a1 type=t retries=0 worker=w
8:02 INCIDENT CREATED i1 on=a1 errorType=JOB_NO_RETRIES jobKey=j1
"""


#: The element leaves, and its incident goes with it.
_LEFT = "8:50 ! a1 SERVICE_TASK credit\n8:50 INCIDENT RESOLVED i1 on=a1\n8:50 x a1 SERVICE_TASK credit\n"
_AGAIN = "8:50 JOB RETRIES_UPDATED j1 on=a1 retries=1\n8:50 INCIDENT RESOLVED i1 on=a1\n8:51 - a1 SERVICE_TASK credit"


@pytest.mark.parametrize(
    ("then", "cleared", "by"),
    [
        ("", None, "none"),
        (_AGAIN, "8:50", "operator"),
        (f"8:50 ! c1 PROCESS p\n{_LEFT}8:50 x c1 PROCESS p", "8:50", "cancel"),
        (f"{_LEFT}8:50 + t1 BOUNDARY_EVENT late bpmnEventType=TIMER", "8:50", "model"),
        (f"{_LEFT}8:50 PROCESS_INSTANCE_MODIFICATION MODIFIED m1 processInstanceKey=c1", "8:50", "operator"),
        (_LEFT, "8:50", "cancel"),
    ],
)
def test_how_an_incident_was_cleared(read: Reader, then: str, cleared: str | None, by: str) -> None:
    found = read(_STUCK + then)
    columns = "exception_id case_id activity_instance_id element_id kind code raised cleared cleared_by root_id"
    incident = [row for row in found.only("exceptions", columns) if row[0] == "i1"]
    assert incident == [("i1", "c1", "a1", "credit", "work-item-failure", "JOB_NO_RETRIES", "8:02", cleared, by, "i1")]


def test_operations(read: Reader) -> None:
    found = read(
        _STUCK
        + """
        8:10 VARIABLE_DOCUMENT UPDATED d9 scopeKey=a1
        8:11 JOB RETRIES_UPDATED j1 on=a1 retries=1
        8:12 INCIDENT RESOLVED i1 on=a1
        8:13 PROCESS_INSTANCE_MODIFICATION MODIFIED m1 processInstanceKey=c1
        8:14 PROCESS_INSTANCE_MIGRATION MIGRATED m2 processInstanceKey=c1
        8:15 ! c1 PROCESS p
        8:16 x c1 PROCESS p
        """.replace("        ", "")
    )
    assert sorted(found.only("operations", "at operation entity case_id element_id")) == [
        ("8:10", "SetVariables", "Variable", "c1", None),
        ("8:11", "SetJobRetries", "Job", "c1", "credit"),
        ("8:12", "Resolve", "Incident", "c1", "credit"),
        ("8:13", "ModifyProcessInstance", "ProcessInstance", "c1", None),
        ("8:14", "Migrate", "ProcessInstance", "c1", None),
        ("8:15", "Delete", "ProcessInstance", "c1", None),
    ]
    assert found.can("operations") == "yes"


def test_a_called_instance_that_ends_with_its_caller_was_cancelled_by_nobody(read: Reader) -> None:
    found = read(
        "8:00 + c1 PROCESS p\n8:00 + a1 CALL_ACTIVITY call\n8:00 + c2 PROCESS q parentProcessInstanceKey=c1 "
        "parentElementInstanceKey=a1\n8:05 x c2 PROCESS q parentProcessInstanceKey=c1 parentElementInstanceKey=a1"
    )
    assert found.rows("operations") == []


def test_migrated_elements_are_what_they_became(read: Reader) -> None:
    found = read("8:00 + c1 PROCESS p\n8:00 + a1 TASK old\n8:05 ^ a1 TASK new version=2\n8:06 ^ c1 PROCESS p version=2")
    assert found.only("activities", "element_id start") == [("new", "8:00")]
    assert found.only("cases", "process_version") == [("2",)]


_FIRED = """
8:00 + c1 PROCESS p
8:01 + a1 SERVICE_TASK credit
"""


@pytest.mark.parametrize(
    ("then", "rows"),
    [
        ("8:05 x a1 SERVICE_TASK credit\n8:05 + b1 BOUNDARY_EVENT refused bpmnEventType=ERROR",
         [("b1", "a1", "credit", "constraint", "E1", "model", "refused")]),
        ("8:05 + b1 BOUNDARY_EVENT late bpmnEventType=TIMER", [("b1", "a1", "credit", "deadline", "timer", "model", "late")]),
        ("8:05 + b1 BOUNDARY_EVENT told bpmnEventType=MESSAGE", []),
    ],
)  # fmt: skip
def test_boundary_events(read: Reader, then: str, rows: list[tuple[str, ...]]) -> None:
    found = read(_FIRED + then, process(model(_HOST)))
    columns = "exception_id activity_instance_id element_id kind code cleared_by handled_by"
    assert found.only("exceptions", columns) == rows


def test_boundary_event_without_a_model_belongs_to_what_it_interrupted(read: Reader) -> None:
    found = read(
        _FIRED
        + "8:02 + a2 TASK other\n8:05 x a1 SERVICE_TASK credit\n8:05 + b1 BOUNDARY_EVENT refused bpmnEventType=ERROR"
    )
    assert found.only("exceptions", "activity_instance_id element_id code") == [("a1", "credit", "error")]


def test_event_sub_process(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:01 + a1 TASK work
        8:05 x a1 TASK work
        8:05 + s1 EVENT_SUB_PROCESS stop
        8:05 + e1 START_EVENT stopped in=s1 bpmnEventType=MESSAGE
        8:06 + s2 SUB_PROCESS plain
        8:06 + e2 START_EVENT begun in=s2 bpmnEventType=NONE
        8:07 + s3 SUB_PROCESS old
        8:07 + e3 START_EVENT begun in=s3 bpmnEventType=TIMER
        """
    )
    columns = "exception_id activity_instance_id element_id kind handled_by"
    assert found.only("exceptions", columns) == [
        ("e1", "s1", "stop", "external", "stop"),
        ("e3", "s3", "old", "deadline", "old"),
    ]
    kinds = dict(found.only("activities", "activity_instance_id element_type"))
    assert (kinds["s1"], kinds["s2"], kinds["s3"]) == ("eventSubProcess", "subProcess", "eventSubProcess")


def test_models_give_names_roles_and_retries(read: Reader) -> None:
    found = read(_FIRED, process(model(_HOST)))
    assert found.only("activities", "activity endpoint is_compensation") == [("Check credit", "t", False)]
    retries = {row["element_id"]: (row["retry"], row["implementation"]) for row in found.rows("elements")}
    assert retries["credit"] == ("5", "job:t")


_ZEEBE = """
<businessRuleTask id="rate"><extensionElements><zeebe:calledDecision decisionId="risk"/></extensionElements></businessRuleTask>
<scriptTask id="sum"><extensionElements><zeebe:script expression="=1" resultVariable="x"/></extensionElements></scriptTask>
<callActivity id="call"><extensionElements><zeebe:calledElement processId="other"/></extensionElements></callActivity>
<serviceTask id="post" zeebe:modelerTemplate="io.camunda.connectors.HttpJson.v2"><extensionElements>
<zeebe:taskDefinition type="io.camunda:http-json:1" retries="2"/></extensionElements></serviceTask>
<userTask id="decide"><extensionElements><zeebe:userTask/><zeebe:formDefinition formId="decide-form"/>
<zeebe:assignmentDefinition candidateGroups="clerks, chiefs"/><zeebe:taskSchedule dueDate="2026-01-01T00:00:00Z"/>
</extensionElements><multiInstanceLoopCharacteristics><extensionElements>
<zeebe:loopCharacteristics inputCollection="=parts" inputElement="part"/></extensionElements>
</multiInstanceLoopCharacteristics></userTask>
"""


def test_zeebe_extensions(read: Reader) -> None:
    found = read(f"{ONE_CASE}\n8:01 + a1 SERVICE_TASK post\n8:02 + a2 USER_TASK decide", process(model(_ZEEBE)))
    rows = {row["element_id"]: row for row in found.rows("elements")}
    assert {k: r["implementation"] for k, r in rows.items()} == {
        "rate": "decision:risk", "sum": "script:feel", "call": None, "post": "job:io.camunda:http-json:1",
        "decide": "form:decide-form",
    }  # fmt: skip
    assert rows["call"]["called_key"] == "other"
    assert (rows["post"]["retry"], rows["post"]["template"]) == ("2", "io.camunda.connectors.HttpJson.v2")
    assert (rows["decide"]["multi_instance"], rows["decide"]["candidate_groups"]) == ("parallel", "clerks, chiefs")
    # without its job's record the endpoint is the connector
    assert found.only("activities", "endpoint role") == [("io.camunda.connectors.HttpJson.v2", None), (None, "clerks")]


def test_definitions_and_deployments(read: Reader) -> None:
    one, two = model('<task id="one"/>'), model('<task id="one"/><task id="two"/>')
    found = read(
        ONE_CASE + '\n7:30 DEPLOYMENT CREATED D1 processesMetadata=[{"bpmnProcessId":"p","version":1,'
        '"processDefinitionKey":7,"deploymentKey":8,"duplicate":true}]',
        process(one), process(one, "7:10", 2, "d2"), process(two, "7:20", 3, "d3"),
        {**process(two, "7:21", 3, "d3"), "partitionId": 2, "position": 5},
    )  # fmt: skip
    columns = "version deployed_at release_id is_duplicate"
    assert [row[:2] + row[3:] for row in found.only("deployments", columns)] == [
        ("1", "7:30", False),  # the deployment's own record says when
        ("2", "7:10", True),  # the model is the same as before
        ("3", "7:20", False),
    ]
    assert len(found.rows("definitions")) == 3
    assert found.can("deployments") == found.can("models") == "yes"


def test_a_model_beside_stands_in(read: Reader) -> None:
    from tests.camunda8 import lines, records

    found = read({"r.ndjson": lines(records(_FIRED)), "p.bpmn": model(_HOST)})
    assert found.only("activities", "activity") == [("Check credit",)]
    assert (found.can("models"), found.can("deployments")) == ("yes", "no")


def test_a_broken_model_is_told(read: Reader) -> None:
    found = read(_FIRED, process("<definitions>"))
    assert "is left out" in found.texts()
    assert found.can("models") == "no"


def test_variables(read: Reader) -> None:
    text = {"a": '"x"', "b": "1.5", "c": "true", "d": "null"}
    made = [
        f"8:0{n} VARIABLE CREATED v{n} name={k} value={v} scopeKey=c1 processInstanceKey=c1"
        for n, (k, v) in enumerate(text.items())
    ]
    found = read(
        ONE_CASE
        + "\n"
        + "\n".join(made)
        + '\n8:09 VARIABLE UPDATED v0 name=a value="y" scopeKey=a1 processInstanceKey=c1'
    )
    assert sorted(found.only("variables", "at name type value activity_instance_id"))[:4] == [
        ("8:00", "a", "string", "x", None),
        ("8:01", "b", "number", "1.5", None),
        ("8:02", "c", "boolean", "true", None),
        ("8:03", "d", "null", None, None),
    ]
    assert ("8:09", "a", "string", "y", "a1") in found.only("variables", "at name type value activity_instance_id")


def test_business_keys(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p businessId=B-1
        8:00 + c2 PROCESS p
        8:00 PROCESS_INSTANCE_CREATION CREATED n2 processInstanceKey=c2 businessId=B-2
        8:00 + c3 PROCESS p
        8:00 MESSAGE_START_EVENT_SUBSCRIPTION CORRELATED n3 processInstanceKey=c3 correlationKey=B-3
        8:00 + c4 PROCESS p
        8:00 VARIABLE CREATED v4 name=businessKey value="B-4" scopeKey=c4 processInstanceKey=c4
        8:00 + c5 PROCESS p
        """
    )
    assert found.only("cases", "business_key") == [("B-1",), ("B-2",), ("B-3",), ("B-4",), (None,)]
    assert found.can("business-keys") == "partial"


_MESSAGE = """
8:00 + c1 PROCESS p
8:00 VARIABLE CREATED v1 name=no value="K-1" scopeKey=c1 processInstanceKey=c1
8:01 + t1 INTERMEDIATE_THROW_EVENT ask bpmnEventType=MESSAGE
8:02 MESSAGE PUBLISHED m1 name=asked correlationKey=K-1
8:02 + c2 PROCESS q bpmnProcessId=q
8:02 MESSAGE_START_EVENT_SUBSCRIPTION CORRELATED s1 messageKey=m1 correlationKey=K-1 processInstanceKey=c2
8:03 - t1 INTERMEDIATE_THROW_EVENT ask bpmnEventType=MESSAGE
8:09 MESSAGE PUBLISHED m2 name=asked correlationKey=K-1
8:09 + c3 PROCESS q bpmnProcessId=q
8:09 MESSAGE_START_EVENT_SUBSCRIPTION CORRELATED s2 messageKey=m2 correlationKey=K-1 processInstanceKey=c3
"""


def test_messages_come_from_the_one_instance_that_was_throwing_one(read: Reader) -> None:
    found = read(_MESSAGE)
    # the second came when nobody was throwing: from outside
    assert [row[:3] for row in found.only("links", "from_case_id to_case_id kind key")] == [("c1", "c2", "message")]
    assert [row["key"] for row in found.rows("links")] == ["K-1"]


def test_messages_that_two_may_have_sent_are_no_link(read: Reader) -> None:
    other = _MESSAGE.replace(
        "8:02 MESSAGE PUB",
        """8:01 + c8 PROCESS p
8:01 VARIABLE CREATED v8 name=no value="K-1" scopeKey=c8 processInstanceKey=c8
8:01 + t8 SEND_TASK tell case=c8
8:02 - t8 SEND_TASK tell case=c8
8:02 MESSAGE PUB""",
    )
    assert read(other).rows("links") == []


def test_compensation_handlers_are_known_without_a_model(read: Reader) -> None:
    found = read(
        """
        8:00 + c1 PROCESS p
        8:01 + t1 INTERMEDIATE_THROW_EVENT undo bpmnEventType=COMPENSATION
        8:01 + b1 BOUNDARY_EVENT undone bpmnEventType=COMPENSATION
        8:01 + a1 SERVICE_TASK release bpmnEventType=COMPENSATION
        8:02 + a2 SERVICE_TASK other
        """
    )
    rows = dict(found.only("activities", "element_id is_compensation"))
    assert rows == {"undo": None, "undone": None, "release": True, "other": None}
    assert found.rows("exceptions") == []
