"""Power Automate: actions of runs, what failed and what became of it, definitions and releases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.power_automate import (
    CHILD,
    CHILD_ROW,
    FLOW,
    ROW,
    Reader,
    action,
    flow,
    reader,
    repetition,
    run,
    step,
    t,
    table,
)


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    yield from reader(tmp_path)


def test_kinds_of_actions(read: Reader) -> None:
    host = {
        "host": {
            "apiId": "/providers/Microsoft.PowerApps/apis/shared_approvals",
            "operationId": "StartAndWaitForAnApproval",
        }
    }
    actions = {
        "Ask_boss": step("OpenApiConnectionWebhook", inputs=host),
        "Call_it": step("Http", inputs={"uri": "https://api.example.org:443/x"}),
        "Wait_a_bit": step("Wait", inputs={"interval": {"count": 5, "unit": "Minute"}}),
        "Note": step("Compose"),
        "Sub": step("Workflow", inputs={"host": {"workflowReferenceName": CHILD_ROW.upper()}}),
        "Box": step("Scope", actions={"Inner": step("Http")}),
        "Stop": step("Terminate", inputs={"runStatus": "Failed"}),
        "Answer": step("Response"),
    }
    rows = [action("r1", name, "08:01", "08:02") for name in (*actions, "Inner", "Nobody_knows")]
    found = read({"runs.json": [run("r1", "08:00", "08:10")], "acts.json": {"value": rows}, "flow.json": flow(actions)})
    assert found.rows("activities", "element_id activity element_type endpoint scope_id") == [
        ("Answer", "Answer", "sendTask", None, "r1"),
        ("Ask_boss", "Ask boss", "userTask", "shared_approvals", "r1"),
        ("Box", "Box", "subProcess", None, "r1"),
        ("Call_it", "Call it", "serviceTask", "api.example.org", "r1"),
        ("Inner", "Inner", "serviceTask", None, "r1/Box"),
        ("Nobody_knows", "Nobody knows", "unknown", None, "r1"),
        ("Note", "Note", "scriptTask", None, "r1"),
        ("Stop", "Stop", "endEvent", None, "r1"),
        ("Sub", "Sub", "callActivity", None, "r1"),
        ("Wait_a_bit", "Wait a bit", "intermediateCatchEvent", None, "r1"),
    ]
    assert ("Wait_a_bit", "PT5M") in found.rows("elements", "element_id timer")
    assert ("Sub", CHILD_ROW) in found.rows("elements", "element_id called_key")
    assert [(n, found.capability(n)) for n in ("element-types", "user-tasks", "attempts")] == [
        ("element-types", "partial"),
        ("user-tasks", "partial"),
        ("attempts", "no"),
    ]


def test_skipped_actions_did_not_run(read: Reader) -> None:
    rows = [action("r1", "A", "08:01", "08:01", "Skipped"), action("r1", "B", "08:01", None, "Running")]
    found = read({"runs.json": [run("r1", "08:00", None, "Running")], "acts.json": rows})
    assert found.rows("activities", "element_id state end") == [("A", "skipped", "08:01"), ("B", "running", None)]


def test_what_follows_a_failure_handles_it(read: Reader) -> None:
    actions = {
        "Try": step("Scope", actions={"Call": step(), "Next": step(after={"Call": ["Succeeded"]})}),
        "Catch": step("Scope", {"Try": ["Failed", "TimedOut"]}, actions={"Tell": step()}),
        "Late": step(after={"Catch": ["Succeeded", "Skipped"]}),
        "Own": step(after={"Late": ["TimedOut"]}),
    }
    bad = {"error": {"code": "ActionFailed", "message": "no"}, "code": "ActionFailed"}
    acts = [
        action("r1", "Call", "08:01", "08:02", "Failed", code="503", error={"code": "503", "message": "busy"}),
        action("r1", "Next", "08:02", "08:02", "Skipped"),
        action("r1", "Try", "08:01", "08:02", "Failed", **bad),
        action("r1", "Catch", "08:03", "08:04"),
        action("r1", "Tell", "08:03", "08:04"),
        action("r1", "Late", "08:04", "08:05", "TimedOut"),
        action("r1", "Own", "08:06", "08:07"),
        action("r2", "Late", "08:04", "08:05", "Failed", code="BadRequest"),
        action("r2", "Own", "08:05", "08:05", "Skipped"),
        action("r3", "Late", "08:04", "08:05", "Failed", code="BadRequest"),
    ]
    runs = [run("r1", "08:00", "08:07", "Failed"), run("r2", "08:00", "08:06", "Failed"), run("r3", "08:00", "08:06")]
    found = read({"runs.json": runs, "acts.json": acts, "flow.json": flow(actions)})
    assert found.rows("exceptions", "exception_id kind code cleared cleared_by handled_by root_id") == [
        ("r1/Call", "resource-unavailable", "503", "08:03", "model", "Catch", "r1/Call"),
        ("r1/Late", "deadline", None, "08:06", "model", "Own", "r1/Late"),
        ("r1/Try", "work-item-failure", "ActionFailed", "08:03", "model", "Catch", "r1/Call"),  # because of Call
        ("r2/Late", "work-item-failure", "BadRequest", None, "none", None, "r2/Late"),
        (
            "r3/Late",
            "work-item-failure",
            "BadRequest",
            "08:06",
            "model",
            None,
            "r3/Late",
        ),  # the run went on and succeeded
    ]
    events = [
        row
        for row in found.rows("elements", "element_id element_type attached_to event_kind")
        if row[1] == "boundaryEvent"
    ]
    assert events == [
        ("Late/timedout", "boundaryEvent", "Late", "timer"),
        ("Try/failed", "boundaryEvent", "Try", "error"),
        ("Try/timedout", "boundaryEvent", "Try", "timer"),
    ]


def test_branches_are_splits_and_joins(read: Reader) -> None:
    from poanalyzer.mine.model_graph import branch_pairs, build

    actions = {
        "A": step(),
        "B": step(),
        "C": step(after={"A": ["Succeeded"], "B": ["Succeeded"]}),
        "D": step(after={"C": ["Succeeded"]}),
        "E": step(after={"C": ["Succeeded"]}),
        "X": step(after={"C": ["Failed"]}),
        "If": step(
            "If",
            {"D": ["Succeeded"], "E": ["Succeeded"]},
            actions={"Yes": step()},
            **{"else": {"actions": {"No": step()}}},
        ),
    }
    found = read({"runs.json": [run("r1", "08:00", "08:10")], "flow.json": flow(actions)})
    elements = [row for _, t in found.sinks[0].tables if _ == "elements" for row in t.to_pyarrow().to_pylist()]
    assert {row["version"] for row in elements} == {"2026-03-02T06:00:00Z"}
    pairs = {(p.kind, *sorted((min(p.first), min(p.second)))) for p in branch_pairs(build(elements))}
    # the branches of the condition exclude each other; what waits for a failure is no branch
    assert pairs == {("parallelGateway", "A", "B"), ("parallelGateway", "D", "E")}


def test_retries_are_attempts(read: Reader) -> None:
    tries = [
        {
            "startTime": t("08:01"),
            "endTime": t("08:02"),
            "code": "429",
            "error": {"code": "TooMany", "message": "slow"},
        },
        {"startTime": t("08:03"), "endTime": t("08:04"), "code": "BadGateway"},
        {"startTime": t("08:05"), "endTime": t("08:06"), "code": "OK"},
    ]
    acts = [
        action("r1", "Call", "08:01", "08:06", retryHistory=tries),
        action("r1", "Fine", "08:06", "08:07", retryHistory=[]),
    ]
    found = read({"runs.json": [run("r1", "08:00", "08:10")], "acts.json": acts})
    assert found.rows("attempts", "activity_instance_id attempt at end error_code message") == [
        ("r1/Call", 1, "08:01", "08:02", "TooMany", "slow"),
        ("r1/Call", 2, "08:03", "08:04", "BadGateway", None),
    ]
    assert found.capability("attempts") == "yes"


def test_repetitions_take_the_place_of_their_sum(read: Reader) -> None:
    inner = step("Foreach", actions={"Send": step()})
    actions = {
        "Each": step(
            "Foreach",
            actions={"Each_line": inner, "Sum_only": step()},
            runtimeConfiguration={"concurrency": {"repetitions": 5}},
        )
    }
    acts = [
        action("r1", "Each", "08:00", "08:09"),
        action("r1", "Send", "08:08", "08:09", "Failed", code="NotSpecified"),
        action("r1", "Sum_only", "08:08", "08:09"),
    ]
    reps = [
        repetition("r1", "Send", [("Each", 0), ("Each_line", 0)], "08:01", "08:02"),
        repetition(
            "r1",
            "Send",
            [("Each", 1), ("Each_line", 2)],
            "08:03",
            "08:04",
            "Failed",
            error={"code": "X", "message": ""},
        ),
    ]
    files = {"runs.json": [run("r1", "08:00", "08:09", "Failed")], "acts.json": acts, "reps.json": {"value": reps}}
    found = read({**files, "flow.json": flow(actions)})
    assert found.rows("activities", "activity_instance_id mi_index start start_kind state scope_id") == [
        ("r1/Each", None, "08:00", "observed", "completed", "r1"),
        ("r1/Send#000000-000000", 0, "08:01", "observed", "completed", "r1/Each_line#000000"),
        ("r1/Send#000001-000002", 2, "08:03", "observed", "failed", "r1/Each_line#000001"),
        ("r1/Sum_only", None, "08:08", "inferred", "completed", "r1/Each"),
    ]
    assert found.rows("exceptions", "exception_id code") == [("r1/Send#000001-000002", "X")]
    assert found.capability("start-times") == "partial"
    assert ("Each", "parallel") in found.rows("elements", "element_id multi_instance")
    assert ("Each_line", "sequential") in found.rows("elements", "element_id multi_instance")
    # without a definition loops are known from their repetitions
    assert ("Each", "subProcess") in read(files).rows("activities", "element_id element_type")


def test_child_flows(read: Reader) -> None:
    actions = {"Sub": step("Workflow", inputs={"host": {"workflowReferenceName": CHILD_ROW}})}
    runs = [
        run("r1", "08:00", "08:10"),
        run("r2", "08:02", "08:05", flow=CHILD, tracking="r1"),
        run("r3", "08:20", "08:21", tracking="r1"),
    ]
    told = table(
        "flowrunid|name|starttime|status|workflowid|resourceid|parentrunid|triggertype|workflowname",
        f"{ROW[:-1]}7|r1|2026-03-02T08:00:00Z|Succeeded|{{{ROW.upper()}}}|{FLOW}|0|Scheduled|Order",
        f"{ROW[:-1]}8|r2|2026-03-02T08:02:00Z|Succeeded|{CHILD_ROW}|{CHILD}|r1|Automated|Part",
    )
    found = read(
        {
            "runs.json": runs,
            "acts.json": [action("r1", "Sub", "08:01", "08:06")],
            "flow.json": flow(actions, workflowEntityId=ROW),
            "flowrun.csv": told,
        }
    )
    assert found.rows("cases", "case_id process_key process_name parent_case_id root_case_id trigger") == [
        ("r1", ROW, "Order", None, "r1", "timer"),
        ("r2", CHILD_ROW, "Part", "r1", "r1", "call"),
        ("r3", ROW, "Order", None, "r3", None),
    ]
    assert found.rows("activities", "element_id called_case_id") == [("Sub", "r2")]
    assert found.rows("links", "from_case_id to_case_id kind") == [("r1", "r2", "call"), ("r1", "r3", "trace-id")]


def test_a_run_submitted_again(read: Reader) -> None:
    runs = [
        run("r1", "08:00", "08:01", "Failed", origin="o1"),
        run("r2", "09:00", "09:30", origin="o1", resubmitted=True),
        run("r3", "10:00", "10:01", "Failed", origin="o3"),
        run("r4", "11:00", "11:01", origin="o3"),
    ]
    found = read({"runs.json": runs})
    # r4 comes of the same event too, and nothing says that somebody asked for it
    assert found.rows("cases", "case_id restarted_from") == [("r1", None), ("r2", "r1"), ("r3", None), ("r4", None)]
    assert found.rows("operations", "operation case_id at user operation_id") == [
        ("Resubmit", "r1", "09:00", None, "r2")
    ]
    assert found.rows("exceptions", "case_id cleared cleared_by") == [("r1", "09:30", "operator"), ("r3", None, "none")]


def test_versions_and_releases(read: Reader) -> None:
    solution = ROW[:-1] + "9"
    definition = json.dumps({"properties": {"definition": {"actions": {"A": step()}, "triggers": {}}}})
    flows = table(
        "workflowid|name|category|type|modifiedon|solutionid|resourceid|clientdata",
        f"{{{ROW.upper()}}}|Order|5|1|2026-03-02T12:00:00Z|{solution}|{FLOW}|{definition}",
        f"{ROW}|Order|5|2|2026-03-02T12:00:00Z|{solution}|{FLOW}|{definition}",
    )
    history = {
        "value": [
            {
                "msdyn_solutionhistoryid": f"{ROW[:-1]}{n}",
                "msdyn_operation": 0,
                "msdyn_status": 1,
                "msdyn_result": good,
                "msdyn_name": "orders",
                "msdyn_solutionid": solution.upper(),
                "msdyn_solutionversion": version,
                "msdyn_endtime": f"2026-03-02T{at}:00Z",
            }
            for n, (version, at, good) in enumerate(
                (("1.0", "06:00", True), ("1.1", "11:00", False), ("1.2", "12:01", True), ("1.3", "14:00", True))
            )
        ]
    }
    runs = [
        run("r0", "05:00", "05:01"),
        run("r1", "07:00", "07:01"),
        run("r2", "13:00", "13:01"),
        run("r3", "15:00", "15:01"),
    ]
    found = read({"runs.json": runs, "workflow.csv": flows, "history.json": history})
    assert found.rows("cases", "case_id process_version") == [
        ("r0", "before 1.0"),
        ("r1", "1.0"),
        ("r2", "1.2"),
        ("r3", "1.3"),
    ]
    assert found.rows("deployments", "version deployed_at result is_duplicate release_id") == [
        ("1.0", "06:00", "success", None, "orders 1.0"),
        ("1.1", "11:00", "failed", None, "orders 1.1"),
        ("1.2", "12:01", "success", None, "orders 1.2"),
        ("1.3", "14:00", "success", True, "orders 1.3"),
    ]
    # the definition is the one of its last change, and holds since
    assert {row[0] for row in found.rows("elements", "version")} == {"1.2", "1.3"}
    assert (found.capability("deployments"), found.capability("models")) == ("yes", "partial")
    named = [
        run(r["name"], r["properties"]["startTime"][11:16], None, workflow={"name": v})
        for r, v in zip(runs, "abcc", strict=True)
    ]
    found = read({"runs.json": named, "workflow.csv": flows, "history.json": history})
    assert found.rows("cases", "case_id process_version") == [("r0", "a"), ("r1", "b"), ("r2", "c"), ("r3", "c")]
    assert {row[0] for row in found.rows("elements", "version")} >= {"c"}
    assert {row[0] for row in found.rows("elements", "version")} & {"a", "b"} == set()


def test_only_the_last_change_is_no_history_of_releases(read: Reader) -> None:
    found = read({"runs.json": [run("r1", "08:00", "09:00")], "flow.json": flow({"A": step()})})
    assert found.capability("deployments") == "no"
    assert found.record.capabilities["deployments"].unlock


def test_a_definition_that_is_none_is_left_out(read: Reader) -> None:
    told = table(
        "workflowid|name|category|clientdata|modifiedon",
        f"{ROW}|A|5|{{broken|2026-03-02T08:00:00Z",
        f"{CHILD_ROW}|B|6|<xml/>|2026-03-02T08:00:00Z",
    )
    found = read({"workflow.csv": told, "runs.json": [run("r1", "08:00", "09:00")]})
    assert found.rows("definitions", "process_key") == []
