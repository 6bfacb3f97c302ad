"""Camunda 7: hand-made history tables and the canonical rows worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.camunda7 import ACTINST, BOUNDARY, INCIDENT, JOB_LOG, ONE_CASE, PROCINST, Reader, model, reader


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    """Return a function that writes an export and reads it."""
    yield from reader(tmp_path)


def test_retry_then_success(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\na0 c1 c1 x0 pay serviceTask 7:00 7:30 4 1 - - Pay\n"
            "a1 c1 c1 x1 pay serviceTask 8:06 8:07 4 5 - - Pay",
            "HI_JOB_LOG": f"{JOB_LOG}\nl1 8:01 j1 3 down 1 pay pay x1 c1 node-1\nl2 8:06 j1 2 - 2 pay - x1 c1 node-1",
        }
    )
    # the earlier instance had ended when the try failed: the try belongs to the one that begins later
    columns = "case_id activity_instance_id element_id attempt at retries_left message worker"
    assert got.only("attempts", columns) == [("c1", "a1", "pay", 1, "8:01", 2, "down", "node-1")]
    assert got.only("exceptions", "exception_id") == []


def test_tries_of_multi_instance_go_to_their_own_execution(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\n"
            "b c1 c1 x0 pay#multiInstanceBody multiInstanceBody 8:00 8:20 4 1 - - -\n"
            "a1 b c1 x1 pay serviceTask 8:05 8:06 4 2 - - Pay\na2 b c1 x2 pay serviceTask 8:10 8:12 4 3 - - Pay",
            "HI_JOB_LOG": f"{JOB_LOG}\nl1 8:01 j1 3 down 1 pay pay x2 c1 n",
        }
    )
    assert got.only("attempts", "activity_instance_id") == [("a2",)]
    assert got.only("activities", "activity_instance_id element_type scope_id mi_index activity") == [
        ("a1", "serviceTask", "b", 0, "Pay"),
        ("a2", "serviceTask", "b", 1, "Pay"),
        ("b", "multiInstanceBody", None, None, "pay#multiInstanceBody"),
    ]


def test_incident_cleared_by_operator_counts_once(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": f"{PROCINST}\nc1 c1 B1 8:00 - ACTIVE c1 -\nc2 c2 - 8:01 - ACTIVE c1 c1",
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x1 call callActivity 8:01 - 0 1 - c2 Call\n"
            "a2 c2 c2 x2 pay serviceTask 9:31 9:32 4 1 - - Pay",
            "HI_JOB_LOG": f"{JOB_LOG}\nl1 8:10 j1 2 down 1 pay pay x2 c2 n\nl2 8:30 j1 1 down 1 pay pay x2 c2 n",
            "HI_INCIDENT": f"{INCIDENT}\ni1 c2 x2 8:30 9:30 failedJob pay pay i1 j1 1\n"
            "i2 c1 x1 8:30 9:30 failedJob call call i1 - 1",
            "HI_OP_LOG": "ID_ USER_ID_ TIMESTAMP_ OPERATION_TYPE_ OPERATION_ID_ ENTITY_TYPE_ PROPERTY_ PROC_INST_ID_ JOB_ID_\n"
            "o1 ops 9:30 SetJobRetries op1 Job retries c2 j1\no2 ops 9:30 SetJobRetries op1 Job other c2 j1",
        }
    )
    columns = "exception_id case_id activity_instance_id element_id kind code raised cleared cleared_by root_id"
    assert got.only("exceptions", columns) == [
        ("i1", "c2", "a2", "pay", "work-item-failure", "failedJob", "8:30", "9:30", "operator", "i1")
    ]
    assert got.only("attempts", "attempt retries_left activity_instance_id") == [(1, 1, "a2"), (2, 0, "a2")]
    # two changed properties are one operation
    assert got.only("operations", "operation case_id entity user at element_id") == [
        ("SetJobRetries", "c2", "Job", "ops", "9:30", "pay")
    ]


@pytest.mark.parametrize(
    ("state", "ended", "by"), [("0", "-", "none"), ("1", "9:00", "operator"), ("2", "9:00", "cancel")]
)
def test_how_incidents_end(read: Reader, state: str, ended: str, by: str) -> None:
    incident = f"{INCIDENT}\ni1 c1 x1 8:30 {ended} failedJob pay - i1 j1 {state}"
    got = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": ACTINST, "HI_INCIDENT": incident})
    expected = None if ended == "-" else ended
    assert got.only("exceptions", "element_id activity_instance_id cleared cleared_by") == [("pay", None, expected, by)]


@pytest.mark.parametrize("with_model", [True, False])
def test_bpmn_error_at_boundary_is_handled_by_the_model(read: Reader, with_model: bool) -> None:
    bpmn = model(
        '<serviceTask id="credit"/><boundaryEvent id="refused" attachedToRef="credit">'
        '<errorEventDefinition errorRef="e"/></boundaryEvent>'
    )
    got = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": BOUNDARY}, {"p.bpmn": bpmn} if with_model else {})
    columns = "exception_id activity_instance_id element_id kind code raised cleared cleared_by handled_by"
    code = "E1" if with_model else "boundaryError"
    assert got.only("exceptions", columns) == [
        ("a2", "a1", "credit", "constraint", code, "8:05", "8:05", "model", "refused")
    ]
    assert got.only("activities", "activity_instance_id element_type state") == [
        ("a1", "serviceTask", "canceled"),
        ("a2", "boundaryEvent", "completed"),
        ("a3", "userTask", "completed"),
    ]


@pytest.mark.parametrize(
    ("event", "definition", "cancel", "kinds"),
    [
        ("boundaryTimer", "timer", "true", ["deadline"]),
        ("boundaryTimer", "timer", "false", ["deadline"]),
        ("boundaryMessage", "message", "true", ["external"]),
        ("boundaryMessage", "message", "false", []),  # side work, no exception
        ("boundarySignal", "signal", "true", ["external"]),
        ("boundaryConditional", "conditional", "false", []),
        ("boundaryEscalation", "escalation", "false", ["constraint"]),
        ("compensationBoundaryCatch", "compensate", "true", []),
    ],
)
def test_kinds_of_boundary_events(read: Reader, event: str, definition: str, cancel: str, kinds: list[str]) -> None:
    bpmn = model(
        f'<userTask id="t"/><boundaryEvent id="b" attachedToRef="t" cancelActivity="{cancel}">'
        f"<{definition}EventDefinition/></boundaryEvent>"
    )
    state, end = ("2", "8:10") if cancel == "true" else ("4", "8:40")
    rows = f"{ACTINST}\na1 c1 c1 x t userTask 8:00 {end} {state} 1 - - T\na2 c1 c1 x b {event} 8:10 8:10 4 2 - - B"
    got = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": rows}, {"p.bpmn": bpmn})
    assert got.only("exceptions", "kind activity_instance_id") == [(kind, "a1") for kind in kinds]


@pytest.mark.parametrize(
    ("start_event", "waiting", "kinds"),
    [
        ("messageStartEvent", "8:10 2", ["external"]),
        ("messageStartEvent", "8:50 4", []),  # the task went on: it did not interrupt
        ("errorStartEvent", "8:10 2", ["constraint"]),
        ("startTimerEvent", "8:50 4", ["deadline"]),
    ],
)
def test_event_sub_process_without_a_model(read: Reader, start_event: str, waiting: str, kinds: list[str]) -> None:
    end, state = waiting.split()
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x t userTask 8:00 {end} {state} 1 - - T\n"
            f"s1 c1 c1 x stop subProcess 8:10 8:20 1 2 - - Stop\ns2 s1 c1 x go {start_event} 8:10 8:10 4 3 - - Go\n"
            "n1 c1 c1 x plain subProcess 8:20 8:30 4 4 - - Plain\nn2 n1 c1 x in startEvent 8:20 8:20 4 5 - - -",
        }
    )
    types = dict(got.only("activities", "activity_instance_id element_type"))
    assert types == {
        "a1": "userTask", "s1": "eventSubProcess", "s2": "startEvent", "n1": "subProcess", "n2": "startEvent",
    }  # fmt: skip
    assert got.only("exceptions", "exception_id activity_instance_id element_id kind cleared_by handled_by") == [
        ("s2", "s1", "stop", kind, "model", "stop") for kind in kinds
    ]


def test_call_activity(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": f"{PROCINST}\nc1 c1 B1 8:00 9:00 COMPLETED c1 -\nc2 c2 - 8:10 8:20 COMPLETED c1 c1",
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x1 call callActivity 8:10 8:20 4 1 - c2 Call",
        }
    )
    columns = "case_id root_case_id parent_case_id parent_activity_instance_id trigger business_key"
    assert got.only("cases", columns) == [
        ("c1", "c1", None, None, "api", "B1"),
        ("c2", "c1", "c1", "a1", "call", None),
    ]
    assert got.only("activities", "activity_instance_id called_case_id") == [("a1", "c2")]
    assert got.only("links", "from_case_id to_case_id kind") == [("c1", "c2", "call")]
    assert got.can("correlations") == "partial"


def test_roots_are_found_where_the_engine_did_not_keep_them(read: Reader) -> None:
    chain = "\n".join(f"c{n} 8:00 {'-' if n == 0 else f'c{n - 1}'}" for n in range(9))
    got = read({"HI_PROCINST": f"ID_ START_TIME_ SUPER_PROCESS_INSTANCE_ID_\n{chain}"})
    assert got.only("cases", "case_id root_case_id") == [(f"c{n}", "c0") for n in range(9)]


@pytest.mark.parametrize(
    ("state", "end", "reason", "expected"),
    [
        ("ACTIVE", "-", "-", "running"),
        ("SUSPENDED", "-", "-", "suspended"),
        ("COMPLETED", "9:00", "-", "completed"),
        ("EXTERNALLY_TERMINATED", "9:00", "gone", "terminated"),
        ("INTERNALLY_TERMINATED", "9:00", "gone", "terminated"),
        ("-", "9:00", "-", "completed"),  # engines before 7.6 have no state
        ("-", "9:00", "gone", "terminated"),
        ("-", "-", "-", "running"),
    ],
)
def test_states_of_cases(read: Reader, state: str, end: str, reason: str, expected: str) -> None:
    rows = f"ID_ PROC_INST_ID_ START_TIME_ END_TIME_ STATE_ DELETE_REASON_\nc1 c1 8:00 {end} {state} {reason}"
    got = read({"HI_PROCINST": rows})
    assert got.only("cases", "state process_key process_name process_version") == [(expected, "p", "Orders", "1")]


def test_cancelled_and_running_activities_and_join_tokens(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": f"{PROCINST}\nc1 c1 B1 8:00 - ACTIVE c1 -",
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x t userTask 8:00 8:10 2 1 - - T\na2 c1 c1 x u userTask 8:00 - 0 2 - - U\n"
            "a3 c1 c1 x j parallelGateway 8:01 8:03 0 3 - - J\na4 c1 c1 x j parallelGateway 8:03 - 0 4 - - J",
        }
    )
    assert got.only("activities", "activity_instance_id state seq end") == [
        ("a1", "canceled", 1, "8:10"),
        ("a2", "running", 2, None),
        ("a3", "completed", 3, "8:03"),
        ("a4", "running", 4, None),
    ]


def test_user_task_with_claim_group_and_who_completed_it(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x t userTask 8:00 8:40 4 1 t1 - T",
            "HI_TASKINST": "ID_ TASK_DEF_KEY_ PROC_INST_ID_ ACT_INST_ID_ ASSIGNEE_ DUE_DATE_\nt1 t c1 a1 anna 9:00",
            "HI_IDENTITYLINK": "ID_ TIMESTAMP_ TYPE_ USER_ID_ GROUP_ID_ TASK_ID_ OPERATION_TYPE_\n"
            "l1 8:00 candidate - sales t1 add\nl2 8:20 assignee bert - t1 delete\nl3 8:15 assignee bert - t1 add\n"
            "l4 8:25 assignee anna - t1 add",
            "HI_OP_LOG": "ID_ USER_ID_ TIMESTAMP_ OPERATION_TYPE_ OPERATION_ID_ ENTITY_TYPE_ PROPERTY_ TASK_ID_\n"
            "o1 carla 8:40 Complete op1 Task delete t1",
        }
    )
    columns = "scheduled assigned start end resource role resource_type due"
    assert got.only("activities", columns) == [("8:00", "8:15", "8:00", "8:40", "carla", "sales", "human", "9:00")]
    assert got.can("user-tasks") == "yes"


def test_external_task_with_its_failures(read: Reader) -> None:
    log = "ID_ TIMESTAMP_ EXT_TASK_ID_ RETRIES_ TOPIC_NAME_ WORKER_ID_ ERROR_MSG_ ACT_ID_ ACT_INST_ID_ PROC_INST_ID_ STATE_"
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_ACTINST": f"{ACTINST}\na1 c1 c1 x t serviceTask 8:00 9:10 4 1 - - T",
            "HI_EXT_TASK_LOG": f"{log}\ne1 8:00 x1 - print - - t a1 c1 0\ne2 8:05 x1 - print w1 jam t a1 c1 1\n"
            "e3 8:15 x1 1 print w2 jam t a1 c1 1\ne4 9:10 x1 1 print w1 - t a1 c1 2",
            "HI_INCIDENT": f"{INCIDENT}\ni1 c1 x 8:15 9:00 failedExternalTask t - i1 x1 1",
        }
    )
    # a failure row holds the count before it: the next row, or the incident, tells what was left
    assert got.only("attempts", "attempt at retries_left worker") == [(1, "8:05", 1, "w1"), (2, "8:15", 0, "w2")]
    columns = "resource resource_type endpoint scheduled"
    assert got.only("activities", columns) == [("w1", "system", "print", "8:00")]
    assert got.only("exceptions", "activity_instance_id") == [("a1",)]


def test_models_fill_endpoint_compensation_and_names(read: Reader) -> None:
    bpmn = model(
        '<serviceTask id="t" name="Book carrier" camunda:delegateExpression="${carrier}" isForCompensation="true"/>'
        '<userTask id="u" camunda:candidateGroups="sales,back"/><userTask id="v" camunda:candidateGroups="${group}"/>'
    )
    rows = (
        f"{ACTINST}\na1 c1 c1 x t serviceTask 8:00 8:10 4 1 - - -\na2 c1 c1 x u userTask 8:10 8:20 4 2 - - -\n"
        "a3 c1 c1 x v userTask 8:20 8:30 4 3 - - -"
    )
    got = read({"HI_PROCINST": ONE_CASE, "HI_ACTINST": rows}, {"p.bpmn": bpmn})
    assert got.only("activities", "activity endpoint role is_compensation") == [
        ("Book carrier", "${carrier}", None, True),
        ("u", None, "sales", False),
        ("v", None, None, False),
    ]
    assert got.can("models") == "yes"


def test_variables(read: Reader) -> None:
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "HI_VARINST": "ID_ PROC_INST_ID_ ACT_INST_ID_ NAME_ VAR_TYPE_ DOUBLE_ LONG_ TEXT_ STATE_\n"
            "v1 c1 c1 amount integer - 90 90 CREATED\nv2 c1 a1 ok boolean - 1 - CREATED\nv3 c1 c1 rate Double 1.5 - - -\n"
            "v4 c1 c1 name string - - NA CREATED\nv5 c1 c1 items serializable - - - CREATED\n"
            "v6 c1 c1 when date - 1772438400000 - CREATED\nv7 c1 c1 gone string - - x DELETED",
        }
    )
    assert got.only("variables", "name activity_instance_id type value") == [
        ("amount", None, "integer", "90"),
        ("ok", "a1", "boolean", "true"),
        ("rate", None, "double", "1.5"),
        ("name", None, "string", "NA"),
        ("items", None, "serializable", None),
        ("when", None, "date", "2026-03-02T08:00:00Z"),
    ]


def test_releases_are_grouped_over_tenants_and_unchanged_ones_marked(read: Reader) -> None:
    definitions = "\n".join(
        f"p:{v}:{t} p {v} Orders d{v}{t} p.bpmn {t} {tag}"
        for t in ("eu", "us")
        for v, tag in ((1, "1"), (2, "1"), (3, "2"))
    )
    got = read(
        {
            "HI_PROCINST": ONE_CASE,
            "RE_PROCDEF": f"ID_ KEY_ VERSION_ NAME_ DEPLOYMENT_ID_ RESOURCE_NAME_ TENANT_ID_ VERSION_TAG_\n{definitions}",
            "RE_DEPLOYMENT": "ID_ NAME_ DEPLOY_TIME_ SOURCE_ TENANT_ID_\nd1eu app 8:00 ci eu\nd1us app 8:05 ci us\n"
            "d2eu app 9:00 ci eu\nd2us app 9:01 ci us\nd3eu app 10:00 ci eu\nd3us app 10:20 ci us",
            "HI_OP_LOG": "ID_ USER_ID_ TIMESTAMP_ OPERATION_TYPE_ OPERATION_ID_ ENTITY_TYPE_ DEPLOYMENT_ID_\n"
            "o1 ci-bot 8:00 Create op1 Deployment d1eu",
        },
        {
            "a.bpmn": model('<task id="a"/>', attributes='camunda:versionTag="1"'),
            "b.bpmn": model('<task id="b" name="B"/>', attributes='camunda:versionTag="2"'),
        },
    )
    assert got.only("deployments", "tenant version release_id is_duplicate deployed_by") == [
        ("eu", "1", "d1eu", False, "ci-bot"),
        ("us", "1", "d1eu", False, None),
        ("eu", "2", "d2eu", True, None),
        ("us", "2", "d2eu", True, None),
        ("eu", "3", "d3eu", False, None),
        ("us", "3", "d3us", False, None),  # twenty minutes later is another release
    ]
    assert sorted(got.only("elements", "version element_id")) == [("1", "a"), ("2", "a"), ("3", "b")]


@pytest.mark.parametrize(
    ("files", "matched"),
    [
        (["p.bpmn"], [None, None, "p.bpmn"]),  # one file without a mark is the newest version
        (["p_v1.bpmn", "p_v3.bpmn"], ["p_v1.bpmn", None, "p_v3.bpmn"]),
        (["p-1.bpmn", "p.2.bpmn", "p 03.bpmn"], ["p-1.bpmn", "p.2.bpmn", "p 03.bpmn"]),
        (["other.bpmn"], [None, None, "other.bpmn"]),
        ([], [None, None, None]),
    ],
)
def test_which_file_is_the_model_of_which_version(read: Reader, files: list[str], matched: list[str | None]) -> None:
    definitions = "ID_ KEY_ VERSION_\np:1:x p 1\np:2:x p 2\np:3:x p 3"
    models = {name: model(f'<task id="t{n}"/>') for n, name in enumerate(files)}
    got = read({"HI_PROCINST": ONE_CASE, "RE_PROCDEF": definitions}, models)
    found = [ref and ref.rsplit("/", 1)[-1] for (ref,) in got.only("definitions", "model_ref")]
    assert found == matched


def test_definitions_without_their_table_are_what_instances_name(read: Reader) -> None:
    got = read({"HI_PROCINST": ONE_CASE, "RE_PROCDEF": ""}, {"p_v1.bpmn": model('<task id="t"/>')})
    assert got.only("definitions", "process_key version deployed_at") == [("p", "1", None)]
    assert got.only("deployments", "version") == []
    assert got.can("deployments") == "no"
    assert got.can("models") == "yes"
