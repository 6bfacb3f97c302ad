"""Power Automate: runs, Dataverse tables, desktop flows, queues and the portal's table."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.power_automate import ADAPTER
from poanalyzer.ingest.detect import plan_inputs
from poanalyzer.ingest.files import find_files
from tests.data import test_data
from tests.power_automate import (
    CHILD,
    CHILD_ROW,
    FLOW,
    ROW,
    Json,
    Reader,
    action,
    flow,
    reader,
    run,
    step,
    t,
    table,
)


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    yield from reader(tmp_path)


def test_states_of_runs(read: Reader) -> None:
    words = ["Succeeded", "Failed", "Cancelled", "Running", "Waiting", "Suspended", "TimedOut", "Aborted", "Skipped"]
    runs = [run(f"r{n}", "08:00", "09:00", word) for n, word in enumerate(words)]
    found = read({"runs.json": {"value": runs}})
    assert found.rows("cases", "case_id state start end tenant process_key") == [
        ("r0", "completed", "08:00", "09:00", "Default-1", FLOW),
        ("r1", "failed", "08:00", "09:00", "Default-1", FLOW),
        ("r2", "terminated", "08:00", "09:00", "Default-1", FLOW),
        ("r3", "running", "08:00", None, "Default-1", FLOW),
        ("r4", "waiting", "08:00", None, "Default-1", FLOW),
        ("r5", "suspended", "08:00", None, "Default-1", FLOW),
        ("r6", "failed", "08:00", "09:00", "Default-1", FLOW),
        ("r7", "terminated", "08:00", "09:00", "Default-1", FLOW),
    ]
    assert "1 runs were skipped by their trigger" in found.notes()
    assert found.rows("exceptions", "case_id kind cleared_by") == [
        ("r1", "work-item-failure", "none"),
        ("r6", "deadline", "none"),
    ]
    # runs alone show nothing of what was done in them
    assert {found.capability(n) for n in ("activities", "start-times", "attempts", "user-tasks")} == {"no"}
    assert found.record.history_level == "runs only"


def test_every_form_of_runs_is_the_same_log(read: Reader) -> None:
    runs = [run("r1", "08:00", "09:00"), run("r2", "08:30", None, "Running")]
    # PowerShell's objects hold the answer under Internal
    shell = [{"FlowRunName": r["name"], "Status": r["properties"]["status"], "Internal": r} for r in runs]
    forms: list[Any] = [
        {"value": runs},
        runs,
        "\n".join(json.dumps(r) for r in runs) + "\n",
        shell,
        gzip.compress(json.dumps(runs).encode()),
    ]
    logs = [read({"a.json": form}).rows("cases", "case_id process_key start end state tenant") for form in forms]
    assert all(log == logs[0] for log in logs)
    assert len(logs[0]) == 2


def test_pages_that_overlap_count_once(read: Reader) -> None:
    one, two = run("r1", "08:00", None, "Running"), run("r1", "08:00", "09:00")
    found = read({"a.json": {"value": [one, run("r2", "08:00", "08:10")]}, "b.json": {"value": [two]}})
    assert found.rows("cases", "case_id state end") == [("r1", "completed", "09:00"), ("r2", "completed", "08:10")]
    assert (found.record.rows_read, found.record.rows_kept) == (3, 2)
    assert found.record.rejected == {"record fetched twice": 1}


@pytest.mark.parametrize(("factor", "unit"), [(1, "seconds"), (1000, "milliseconds")])
def test_the_unit_of_durations_is_found(read: Reader, factor: int, unit: str) -> None:
    told = table(
        "name|starttime|endtime|duration|status|triggertype|workflowid",
        f"r1|2026-03-02T08:00:00Z|2026-03-02T08:02:00Z|{120 * factor}|Succeeded|Instant|{ROW}",
        f"r2|2026-03-02T08:00:00Z||{300 * factor}|Success|Instant|{ROW}",
    )
    found = read({"flowrun.csv": told})
    assert found.rows("cases", "case_id state end trigger") == [
        ("r1", "completed", "08:02", "manual"),
        ("r2", "completed", "08:05", "manual"),
    ], unit
    assert found.record.retention_days == 28


def test_starts_that_are_dates(read: Reader) -> None:
    told = table(
        "Name|Start time|End time|Duration|Status|TriggerType|Workflow Id|Workflow",
        f"r1|3/2/2026|3/2/2026 8:02 AM|120|Succeeded|Instant|{ROW}|Order",
        f"r2|3/2/2026|3/2/2026 8:30 PM|300|Failed|Instant|{ROW}|Order",
        f"r3|3/13/2026|3/13/2026 8:30 PM|300|Failed|Instant|{ROW}|Order",
    )
    found = read({"flowrun.csv": told}, timezone="America/New_York")
    assert found.rows("cases", "case_id start end process_name")[:2] == [
        ("r1", None, "13:02", "Order"),
        ("r2", None, "2026-03-03T01:30:00+00:00", "Order"),
    ]
    assert "dates without a clock" in found.notes()
    assert found.capability("instances") == "partial"


def test_lost_runs_are_told(read: Reader) -> None:
    told = table("name|starttime|status|triggertype", "r1|2026-03-02T08:00:00Z|Succeeded|Automated")
    events = table(
        "floweventid|eventtype|eventcode",
        f"{ROW}|FlowRunIngestion|IngestionRateDataLoss",
        f"{CHILD_ROW}|FlowRunIngestion|IngestionRateDataLoss",
        f"{FLOW}|Other|x",
    )
    found = read({"flowrun.csv": told, "flowevent.csv": events})
    assert "IngestionRateDataLoss (2)" in found.notes()
    assert found.capability("instances") == "partial"
    # an empty answer is proof that nothing was lost
    proof = {"@odata.context": "https://x/api/data/v9.2/$metadata#flowevents", "value": []}
    assert read({"flowrun.csv": told, "flowevent.json": proof}).capability("instances") == "yes"
    assert read({"flowrun.csv": told}).capability("instances") == "partial"


def test_desktop_sessions(read: Reader) -> None:
    label = "@OData.Community.Display.V1.FormattedValue"

    def session(number: int, status: int, **more: Any) -> Json:
        return {
            "flowsessionid": f"{ROW[:-1]}{number}",
            "_regardingobjectid_value": CHILD_ROW,
            "_regardingobjectid_value" + label: "Type it in",
            "startedon": "2026-03-02T08:00:00Z",
            "completedon": "2026-03-02T08:10:00Z",
            "statecode": 0,
            "statuscode": status,
            "runmode": 2,
            "_machineid_value": FLOW,
            "_machineid_value" + label: "PC-1",
            **more,
        }

    logs = [
        {
            "flowlogid": f"{CHILD[:-1]}{n}",
            "_flowsessionid_value": f"{ROW[:-1]}1",
            "type": 100000001,
            "level": level,
            "name": name,
            "createdon": "2026-03-02T08:02:00Z",
            "duration": 60000,
            "logindex": n,
            "data": data,
        }
        for n, (name, level, data) in enumerate(
            (
                ("Click", 100000002, None),
                ("Type", 100000004, json.dumps({"startTime": t("08:03"), "endTime": t("08:04")})),
            )
        )
    ]
    sessions = [
        session(1, 8, errorcode="NoWindow", parentcloudflowrunsequenceid="r1"),
        session(2, 4),
        session(3, 2),
        session(4, 10),
    ]
    found = read({"flowsessions.json": {"value": sessions}, "flowlogs.json": {"value": logs}})
    key = ROW[:-1]
    assert found.rows("cases", "case_id process_name state end parent_case_id") == [
        (key + "1", "Type it in", "failed", "08:10", "r1"),
        (key + "2", "Type it in", "completed", "08:10", None),
        (key + "3", "Type it in", "running", None, None),
        (key + "4", "Type it in", "failed", "08:10", None),
    ]
    assert found.rows("activities", "activity start end start_kind state resource resource_type seq") == [
        ("Click", "08:01", "08:02", "inferred", "completed", "PC-1", "bot", 0),
        ("Type", "08:03", "08:04", "observed", "failed", "PC-1", "bot", 1),
    ]
    assert found.rows("exceptions", "case_id kind code") == [
        (key + "1", "work-item-failure", "NoWindow"),
        (key + "4", "deadline", None),
    ]
    assert (key + "1", "runmode", "unattended") in found.rows("variables", "case_id name value")
    assert found.capability("attempts") == "no"
    one = {"actions": [{"actionName": "Open", "startTime": t("08:01"), "endTime": t("08:02"), "status": "Succeeded"}]}
    first = read({"flowsessions.json": {"value": sessions}, f"log {key}2.json": one})
    assert first.rows("activities", "case_id activity start state") == [(key + "2", "Open", "08:01", "completed")]


def test_work_queues(read: Reader) -> None:
    items = table(
        "workqueueitemid|uniqueidbyqueue|workqueueid|createdon|processingstarttime|completedon|statuscode|machineuser|retrycount",
        *(
            f"{ROW[:-1]}{n}|K{n}|{FLOW}|2026-03-02T08:00:00Z|2026-03-02T08:10:00Z|2026-03-02T08:20:00Z|{code}|bot1|1"
            for n, code in enumerate(("0", "2", "5", "BusinessException", "7", "8"))
        ),
    )
    found = read({"items.csv": items, "queues.csv": table("workqueueid|name", f"{FLOW}|Claims")})
    assert found.rows("cases", "business_key process_name state outcome") == [
        ("K0", "Claims", "waiting", None),
        ("K1", "Claims", "completed", None),
        ("K2", "Claims", "failed", "ITException"),
        ("K3", "Claims", "failed", "BusinessException"),
        ("K4", "Claims", "failed", "DeadLetter"),
        ("K5", "Claims", "failed", "ProcessingTimeout"),
    ]
    assert sorted(row[0] for row in found.rows("exceptions", "kind")) == [
        "constraint",
        "deadline",
        "deadline",
        "work-item-failure",
    ]
    assert found.rows("attempts", "case_id") == []
    assert found.capability("attempts") == "no"


GERMAN = "Startzeit;Dauer;Status;Titel\n02.03.2026 09:00:00;00:01:30;Erfolgreich;=2+3\n13.03.2026 09:00:00;00:00:05;Fehler;a\n"


def test_the_portals_table(read: Reader) -> None:
    found = read({"Besuche.csv": GERMAN}, timezone="Europe/Berlin")
    assert found.rows("cases", "process_key start end state") == [
        ("Besuche", "08:00", "08:01:30", "completed"),
        ("Besuche", "2026-03-13T08:00:00+00:00", "2026-03-13T08:00:05+00:00", "failed"),
    ]
    assert found.claims[0].confidence > 0.7
    assert found.capability("activities") == "no"


@pytest.mark.parametrize(
    "text",
    [
        "Startzeit;Dauer;Status\n02.03.2026 09:00;00:01:30;Neu\n",  # no state of a run
        "case,activity,start,status\n1,a,2026-03-02,Succeeded\n",  # an event log
        "Start,Status\n2026-03-02,Succeeded\n",
        "name,startTime,status\nAnna,2026-03-02T08:00:00Z,Running\n",  # no run's name
        "case,activity,start,duration,status\n1,a,2026-03-02 08:00:00,3,Succeeded\n",
        "start,end,status\n2026-03-02 08:00:00,2026-03-02 09:00:00,Succeeded\n",
    ],
)
def test_other_tables_are_not_the_portals(text: str) -> None:
    store = Store()
    try:
        path = Path(store.workdir) / "b.csv"
        path.write_text(text, encoding="utf-8")
        assert not ADAPTER.claim(find_files(str(path), Path(), store.workdir), InputSettings(path="b"))
    finally:
        store.close()


def test_broken_json_is_said(read: Reader) -> None:
    whole = json.dumps([run("r1", "08:00", "09:00"), run("r2", "08:00", "09:00")])
    with pytest.raises(InputError, match="broken JSON"):
        read({"runs.json": whole[:-40]})


def test_context_alone_says_what_to_add(read: Reader) -> None:
    with pytest.raises(InputError, match="no run of a flow"):
        read({"flow.json": flow({"A": step()})})


def test_the_public_samples(read: Reader) -> None:
    folder = test_data("exports/public/power-automate")
    found = read({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    listed = found.rows("cases", "case_id process_key state process_name")
    assert listed == [
        ("08584917134229837167098637545CU67", "a18e89d1-4c75-41e4-9517-e90aedc079be", "completed", None),
        ("08585236861638480597867166179CU104", "24335774-daf6-4183-acb7-f5155c2cd2fe", "completed", None),
        ("08585329112602833828909892130CU17", "170fb67e-a514-4d84-8727-582022bd13a9", "running", None),
    ]
    # five answers and two tables hold seven rows of three runs, and one action, which one of them has twice
    assert (found.record.rows_read, found.record.rows_kept) == (8, 4)
    ((instance, start, end, state),) = [
        r
        for s in found.sinks
        for n, t in s.tables
        if n == "activities"
        for r in [
            tuple(x[c] for c in ("activity_instance_id", "start", "end", "state")) for x in t.to_pyarrow().to_pylist()
        ]
    ]
    assert (instance, state) == ("08585236861638480597867166179CU104/Compose", "completed")
    # 21:06:14.466889 and 21:06:14.4676104 on 17 November 2023: the seventh digit is cut off
    assert (start, end) == (1_700_255_174_466_889, 1_700_255_174_467_610)


def test_the_adapter_is_chosen(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text(json.dumps([run("r1", "08:00", "09:00")]), encoding="utf-8")
    (tmp_path / "Besuche.csv").write_text(GERMAN, encoding="utf-8")
    plan = plan_inputs(find_files(str(tmp_path), Path(), tmp_path), InputSettings(path="x"))
    assert [(adapter.id, len(claim.files)) for adapter, claim in plan] == [("power-automate", 1), ("power-automate", 1)]


def test_order_and_number_of_files_mean_nothing(read: Reader) -> None:
    runs = [run(f"r{n}", f"{8 + n:02}:00", f"{9 + n:02}:00", "Failed" if n % 3 else "Succeeded") for n in range(9)]
    acts = [action(f"r{n}", name, f"{8 + n:02}:01", f"{8 + n:02}:02", "Failed") for n in range(9) for name in "AB"]
    whole = read({"runs.json": runs, "acts.json": acts})
    parts = read({"z.json": {"value": runs[:4][::-1]}, "b.json": runs[3:][::-1], "x.json": acts[::-1]})
    for name, columns in (
        ("cases", "case_id state start end"),
        ("exceptions", "exception_id raised cleared_by root_id"),
        ("activities", "activity_instance_id start end state"),
    ):
        assert whole.rows(name, columns) == parts.rows(name, columns)


def test_ids_in_every_spelling(read: Reader) -> None:
    told = table(
        "flowrunid|name|starttime|status|workflowid|triggertype",
        f'{{{CHILD.upper()}}}|="r1"|2026-03-02T08:00:00Z|Running|{{{ROW.upper()}}}|Automated',
        f"{CHILD}|r2|2026-03-02T08:00:00Z|=1+1|{ROW}|Automated",
    )
    found = read({"flowrun.csv": told})
    assert found.rows("cases", "case_id process_key state") == [("r1", ROW, "running"), ("r2", ROW, "unknown")]


def test_rows_of_the_command_line(read: Reader) -> None:
    name = "08585236861638480597867166179CU104"
    told = table("name|startTime|endTime|status|triggerName", f"{name}|2026-03-02T08:00:00.1234567Z||Running|manual")
    found = read({"runs.csv": told}, process="order")
    assert found.rows("cases", "case_id process_key state start") == [(name, "order", "running", "08:00")]
    assert "the flow is not said" in read({"runs.csv": told}).notes()


def test_the_inventory_is_told(read: Reader) -> None:
    found = read(
        {
            "runs.json": {"value": [run("r1", "08:00", "09:00", "Succeeded")]},
            "admin_environment.csv": "admin_environmentid,admin_displayname\ne1,Finance\ne2,Default\n",
            "admin_connector.csv": "admin_connectorid,admin_displayname\nc1,SharePoint\nc2,\n",
        }
    )
    assert "the inventory lists 2 environments (Default, Finance); 2 connectors (SharePoint)" in found.notes()
