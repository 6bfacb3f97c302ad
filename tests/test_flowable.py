"""Flowable and Activiti: what their rows mean, worked out by hand, and a real export against its own tables."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import Config, InputSettings, ProjectSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import EventLog, Store
from poanalyzer.ingest.adapters.flowable import ADAPTER
from poanalyzer.ingest.files import find_files
from poanalyzer.pipeline import read
from tests.camunda7 import Read, cells
from tests.data import ROOT, test_data

EXPORT = ROOT / "event_logs" / "flowable-permits"
PROCINST = (
    "ID_ REV_ PROC_INST_ID_ BUSINESS_KEY_ PROC_DEF_ID_ START_TIME_ END_TIME_ END_ACT_ID_ SUPER_PROCESS_INSTANCE_ID_ "
    "DELETE_REASON_ TENANT_ID_ NAME_"
)
ONE = f"{PROCINST}\nc1 1 c1 B1 p:1:x 8:00 9:00 done - - - -"
ACTINST = (
    "ID_ REV_ PROC_DEF_ID_ PROC_INST_ID_ EXECUTION_ID_ ACT_ID_ TASK_ID_ CALL_PROC_INST_ID_ ACT_NAME_ ACT_TYPE_ ASSIGNEE_ "
    "START_TIME_ END_TIME_ TRANSACTION_ORDER_ DELETE_REASON_ TENANT_ID_"
)
PROCDEF = "ID_ KEY_ VERSION_ NAME_ DEPLOYMENT_ID_ RESOURCE_NAME_ TENANT_ID_\np:1:x p 1 Orders d1 p.bpmn -"
MODEL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:flowable="http://flowable.org/bpmn">
<error id="e" errorCode="E1"/><process id="p">
<userTask id="look" flowable:candidateGroups="clerks"/><userTask id="ask"><multiInstanceLoopCharacteristics/></userTask>
<subProcess id="sub"><serviceTask id="inner"/></subProcess>
<boundaryEvent id="late" attachedToRef="look" cancelActivity="false"><timerEventDefinition/></boundaryEvent>
<boundaryEvent id="wrong" attachedToRef="look"><errorEventDefinition errorRef="e"/></boundaryEvent>
<sequenceFlow id="f_late" sourceRef="late" targetRef="ask"/><sequenceFlow id="f_wrong" sourceRef="wrong" targetRef="ask"/>
<subProcess id="stop" triggeredByEvent="true"><startEvent id="s"><errorEventDefinition/></startEvent></subProcess>
</process></definitions>"""


class Exported(Read):
    """Tables written by hand, as the adapter reads them."""

    def __init__(self, folder: Path, tables: Mapping[str, str], model: str | None = None) -> None:
        for name, text in {"RE_PROCDEF": PROCDEF, **tables}.items():
            with (folder / f"ACT_{name}.csv").open("w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows([cell.strip() for cell in row] for row in cells(text))
        if model:
            (folder / "p.bpmn").write_text(model, encoding="utf-8")
        self.store = Store()
        settings = InputSettings(path=str(folder))
        claims = ADAPTER.claim(find_files(str(folder), Path(), self.store.workdir), settings)
        assert [c.engine for c in claims] == ["flowable"]
        self.record = InputRecord(str(folder), "flowable", "flowable", "engine", False, "0" * 64)
        self.sink = self.store.sink(self.record)
        ADAPTER.read(claims[0], settings, Config(project=ProjectSettings(timezone="UTC")), self.sink)


def acts(*lines: str) -> str:
    """Return ACT_HI_ACTINST of ``id execution element type start end order reason`` lines of case c1."""
    rows = []
    for line in lines:
        key, execution, element, kind, start, end, order, reason = line.split()
        rows.append(f"{key} 1 p:1:x c1 {execution} {element} - - - {kind} - {start} {end} {order} {reason} -")
    return "\n".join([ACTINST, *rows])


def test_flows_are_no_activities_and_reasons_cancel(tmp_path: Path) -> None:
    got = Exported(
        tmp_path,
        {
            "HI_PROCINST": ONE,
            "HI_ACTINST": acts(
                "a1 x look userTask 8:00 8:10 1 -", "a2 x f1 sequenceFlow 8:10 8:10 1 -",
                "a3 x ask userTask 8:10 8:20 2 MI_END", "a4 x end endEvent 8:20 8:20 3 terminate_end_event_(end)",
                "a5 x answer intermediateCatchEvent 8:10 8:20 4 _event_based_gateway_cancel",
                "a6 x hand externalWorkerServiceTask 8:20 - 1 -",
            ),
        },
    )  # fmt: skip
    assert got.record.rows_kept == 6
    assert got.only("activities", "element_id element_type state seq") == [
        ("look", "userTask", "completed", 1), ("ask", "userTask", "canceled", 2), ("end", "endEvent", "completed", 3),
        ("answer", "intermediateCatchEvent", "skipped", 4), ("hand", "serviceTask", "running", 1),
    ]  # fmt: skip
    assert (got.can("attempts"), got.can("incidents")) == ("no", "no")
    assert got.record.capabilities["attempts"].unlock == ""  # no export would show it


def test_a_boundary_event_counts_when_it_fires(tmp_path: Path) -> None:
    """The timer listens 8:00–9:00, fires at 8:30 and listens again; the error never happens."""
    got = Exported(
        tmp_path,
        {
            "HI_PROCINST": ONE,
            "HI_ACTINST": acts(
                "a1 x look userTask 8:00 9:00 1 -", "a2 y late boundaryEvent 8:00 8:30 2 -",
                "a3 y late boundaryEvent 8:30 9:00 1 -", "a4 z wrong boundaryEvent 8:00 9:00 3 -",
                "a5 w f_late sequenceFlow 8:30 8:30 2 -", "a6 w ask userTask 8:30 8:40 3 -",
            ),
        },
        MODEL,
    )  # fmt: skip
    assert got.only("exceptions", "kind element_id handled_by raised cleared_by activity_instance_id") == [
        ("deadline", "look", "late", "8:30", "model", "a1")
    ]
    assert got.only("activities", "activity_instance_id state")[1:4] == [
        ("a2", "completed"), ("a3", "skipped"), ("a4", "skipped"),
    ]  # fmt: skip


def test_an_interruption_is_known_without_a_model(tmp_path: Path) -> None:
    got = Exported(
        tmp_path,
        {
            "HI_PROCINST": ONE,
            "HI_ACTINST": acts(
                "a1 x look userTask 8:00 8:30 1 _boundary_event_(wrong)", "a2 y wrong boundaryEvent 8:00 8:30 2 -",
                "a3 y f_wrong sequenceFlow 8:30 8:30 1 -", "a4 z late boundaryEvent 8:00 8:30 3 -",
            ),
        },
    )  # fmt: skip
    assert got.only("exceptions", "handled_by raised") == [("wrong", "8:30")]
    assert [state for _, state in got.only("activities", "element_id state")] == ["canceled", "completed", "skipped"]


def test_without_flows_every_boundary_row_fired(tmp_path: Path) -> None:
    """Activiti writes the row when the event happens."""
    header = ACTINST.replace(" REV_", "").replace(" TRANSACTION_ORDER_", "")
    got = Exported(
        tmp_path,
        {
            "HI_PROCINST": ONE,
            "HI_ACTINST": f"{header}\na1 p:1:x c1 x look - - - userTask - 8:00 8:30 - -\n"
            "a2 p:1:x c1 y late - - - boundaryTimer - 8:30 8:30 - -",
        },
        MODEL,
    )
    assert got.record.engine == "activiti"
    assert got.only("activities", "element_id element_type state") == [
        ("look", "userTask", "completed"), ("late", "boundaryEvent", "completed"),
    ]  # fmt: skip


def test_scopes_and_instances_of_one_element_come_from_the_model(tmp_path: Path) -> None:
    got = Exported(
        tmp_path,
        {
            "HI_PROCINST": ONE,
            "HI_ACTINST": acts(
                "a1 x sub subProcess 8:00 8:30 1 -", "a2 y inner serviceTask 8:00 8:30 2 -",
                "a3 u ask userTask 8:30 8:40 1 -", "a4 v ask userTask 8:30 8:50 2 -", "a5 x look userTask 8:50 9:00 1 -",
            ),
        },
        MODEL,
    )  # fmt: skip
    assert got.only("activities", "activity_instance_id scope_id mi_index role") == [
        ("a1", None, None, None), ("a2", "a1", None, None), ("a3", None, 0, None), ("a4", None, 1, None),
        ("a5", None, None, "clerks"),
    ]  # fmt: skip


def test_cases_calls_and_what_operators_did(tmp_path: Path) -> None:
    rows = (
        f"{PROCINST}\nc1 1 c1 B1 p:1:x 8:00 - - - - - -\nc2 1 c2 - p:1:x 8:00 9:00 - c1 _event_subprocess(s) - -\n"
        "c3 1 c3 - p:1:x 8:00 9:00 end c2 - north -\nc4 1 c4 - p:1:x 8:00 9:00 end - terminate_end_event - -\n"
        "c5 1 c5 - p:1:x 8:00 9:00 - - _entered_twice - -"
    ).replace("terminate_end_event", "_terminate_end_event")
    got = Exported(
        tmp_path,
        {"HI_PROCINST": rows, "HI_ACTINST": acts("a1 x look userTask 8:00 8:30 1 _Change_activity_to_ask")},
    )
    assert got.only("cases", "case_id state root_case_id parent_case_id tenant process_version") == [
        ("c1", "running", "c1", None, None, "1"), ("c2", "terminated", "c1", "c1", None, "1"),
        ("c3", "completed", "c1", "c2", "north", "1"), ("c4", "completed", "c4", None, None, "1"),
        ("c5", "terminated", "c5", None, None, "1"),
    ]  # fmt: skip
    assert got.only("operations", "operation case_id at") == [
        ("ModifyProcessInstance", "c1", "8:30"), ("Delete", "c5", "9:00"),
    ]  # fmt: skip


def test_a_dead_letter_is_open_now(tmp_path: Path) -> None:
    got = Exported(
        tmp_path,
        {
            "HI_PROCINST": ONE,
            "HI_ACTINST": acts("a1 x look userTask 8:00 8:10 1 -"),
            "RU_DEADLETTER_JOB": "ID_ PROCESS_INSTANCE_ID_ ELEMENT_ID_ EXCEPTION_MSG_ DUEDATE_\nj1 c1 inner boom 8:20",
        },
    )
    assert got.only("exceptions", "exception_id case_id element_id kind raised cleared cleared_by") == [
        ("j1", "c1", "inner", "work-item-failure", "8:20", None, "none")
    ]
    assert "1 dead-letter job is open now" in got.texts()


def test_tables_without_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hold no rows"):
        Exported(tmp_path, {"HI_PROCINST": PROCINST, "HI_ACTINST": ACTINST})


# ---- the export that ships ----


@pytest.fixture(scope="module")
def permits() -> Iterator[EventLog]:
    """Return the canonical log of the shipped export."""
    with read([str(EXPORT / "engine")], Config(project=ProjectSettings(timezone="Europe/Vienna"))) as log:
        yield log


def raw(table: str) -> list[dict[str, str]]:
    """Return the rows of a table of the export as Python's own reader sees them."""
    with gzip.open(EXPORT / "engine" / f"ACT_{table}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rows(log: EventLog, table: str) -> list[dict[str, Any]]:
    return log.table(table).to_pyarrow().to_pylist()


def test_canonical_counts_are_those_of_the_tables(permits: EventLog) -> None:
    instances, activities = raw("HI_PROCINST"), raw("HI_ACTINST")
    cases = Counter(c["state"] for c in rows(permits, "cases"))
    assert cases["running"] == sum(not p["END_TIME_"] for p in instances)
    assert cases["terminated"] == sum(
        bool(p["DELETE_REASON_"]) and p["DELETE_REASON_"] != "terminate end event" for p in instances
    )
    assert sum(cases.values()) == len(instances)
    names = {"eventGateway": "eventBasedGateway", "externalWorkerServiceTask": "serviceTask"}
    expected = Counter(
        names.get(a["ACT_TYPE_"], a["ACT_TYPE_"]) for a in activities if a["ACT_TYPE_"] != "sequenceFlow"
    )
    assert Counter(a["element_type"] for a in rows(permits, "activities")) == expected
    assert len(rows(permits, "variables")) == len([d for d in raw("HI_DETAIL") if d["TYPE_"] == "VariableUpdate"])
    assert len(rows(permits, "definitions")) == len(raw("RE_PROCDEF"))
    assert len({d["release_id"] for d in rows(permits, "deployments")}) == len(
        {d["NAME_"] for d in raw("RE_DEPLOYMENT") if d["NAME_"].startswith("inspections")}
    ) + len([d for d in raw("RE_DEPLOYMENT") if not d["NAME_"].startswith("inspections")])


def test_what_was_planted_is_found(permits: EventLog) -> None:
    """The program counted what happened while it ran the engine (its README)."""
    found = Counter((x["handled_by"], x["code"]) for x in rows(permits, "exceptions"))
    assert found == {
        ("review_late", "timer"): 12, ("fire_silent", "timer"): 3, ("parcel_unknown", "PARCEL_UNKNOWN"): 9,
        ("withdrawal", "application-withdrawn"): 7, (None, "deadLetterJob"): 4,
    }  # fmt: skip
    done = Counter(o["operation"] for o in rows(permits, "operations"))
    assert (done["Delete"], done["Migrate"]) == (11, 1)
    repeated = [d for d in rows(permits, "deployments") if d["is_duplicate"]]
    assert [(d["process_key"], d["version"]) for d in repeated] == [("building-permit", "3")]


def test_the_script_of_the_database_says_the_same(permits: EventLog) -> None:
    with read([str(EXPORT / "script")], Config(project=ProjectSettings(timezone="Europe/Vienna"))) as log:
        for table in ("cases", "activities", "definitions", "deployments", "links"):
            columns = [
                c for c in log.table(table).columns if c not in ("source", "raw_ref", "model_ref", "assigned", "role")
            ]
            one, other = (
                sorted(str({c: row[c] for c in columns}) for row in rows(each, table)) for each in (permits, log)
            )
            assert one == other, table


def test_a_real_activiti_dump() -> None:
    with read([str(test_data("exports/public/activiti-mysqldump/Leave_leave.sql"))]) as log:
        assert log.inputs[0].adapter == "flowable"
        assert log.inputs[0].engine == "activiti"
        assert log.row_count("cases") == 23
        assert log.row_count("activities") == 105
