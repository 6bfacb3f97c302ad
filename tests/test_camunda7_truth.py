"""Whole Camunda 7 exports: canonical counts against counts that SQL takes straight from the CSV files, without our code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.camunda7 import Read
from tests.data import EVENT_LOGS, test_data

EXPORTS = {
    "orders": "camunda7-orders/engine",
    "low": "company-low/engine",
    "high": "company-high/engine",
    "full": "exports/camunda7/db",
    "audit": "exports/camunda7-history-audit/db",
    "activity": "exports/camunda7-history-activity/db",
}
#: ACT_TYPE_ → element type, written out for the types that these exports have.
TYPES = {
    "boundaryEscalation": "boundaryEvent", "intermediateConditional": "intermediateCatchEvent",
    "intermediateEscalationThrowEvent": "intermediateThrowEvent", "signalStartEvent": "startEvent",
    "boundaryError": "boundaryEvent", "boundaryTimer": "boundaryEvent", "boundaryMessage": "boundaryEvent",
    "compensationBoundaryCatch": "boundaryEvent", "intermediateMessageCatch": "intermediateCatchEvent",
    "intermediateTimer": "intermediateCatchEvent", "intermediateCompensationThrowEvent": "intermediateThrowEvent",
    "intermediateNoneThrowEvent": "intermediateThrowEvent", "intermediateMessageThrowEvent": "intermediateThrowEvent",
    "messageStartEvent": "startEvent", "startTimerEvent": "startEvent", "errorEndEvent": "endEvent",
    "noneEndEvent": "endEvent", "messageEndEvent": "endEvent", "terminateEndEvent": "endEvent",
}  # fmt: skip
STATES = {
    "ACTIVE": "running", "SUSPENDED": "suspended", "COMPLETED": "completed",
    "INTERNALLY_TERMINATED": "terminated", "EXTERNALLY_TERMINATED": "terminated",
}  # fmt: skip


class Truth:
    """An export as read, and SQL over its files."""

    def __init__(self, folder: Path) -> None:
        self.got = Read(folder, "Europe/Berlin")
        self.con = duckdb.connect()
        self.folder = folder

    def has(self, table: str) -> bool:
        """Whether the export has the table."""
        return bool(self._files(table))

    def _files(self, table: str) -> list[Path]:
        names = (f"act_{table.lower()}.csv", f"act_{table.lower()}.csv.gz")
        return [file for file in self.folder.iterdir() if file.name.lower() in names]

    def sql(self, query: str, *tables: str) -> list[tuple[Any, ...]]:
        """Run a query over tables; a table that was not exported makes it empty."""
        if not all(map(self.has, tables)):
            return []
        for table in tables:
            (file,) = self._files(table)
            self.con.execute(
                f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM "
                f"read_csv('{file}', header=true, all_varchar=true, delim=',', quote='\"', escape='\"')"
            )
        return self.con.execute(query).fetchall()

    def counts(self, query: str, *tables: str) -> dict[Any, int]:
        """Return what a query that groups counts: the key, or the keys as a tuple, with the count in its last column."""
        return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in self.sql(query, *tables)}


@pytest.fixture(scope="module", params=list(EXPORTS))
def truth(request: pytest.FixtureRequest) -> Iterator[Truth]:
    """Return an export as read, with SQL over its files."""
    relative = EXPORTS[request.param]
    found = Truth(test_data(relative) if relative.startswith("exports/") else EVENT_LOGS / relative)
    yield found
    found.got.close()


def test_instances_by_state(truth: Truth) -> None:
    raw = truth.counts("SELECT STATE_, count(*) FROM HI_PROCINST GROUP BY 1", "HI_PROCINST")
    expected: Counter[str] = Counter()
    for state, n in raw.items():
        expected[STATES[state]] += n
    assert Counter(c["state"] for c in truth.got.rows("cases")) == expected
    (calls,) = truth.sql("SELECT count(SUPER_PROCESS_INSTANCE_ID_) FROM HI_PROCINST", "HI_PROCINST")
    assert sum(1 for link in truth.got.rows("links") if link["kind"] == "call") == calls[0]


def test_activity_instances_by_type(truth: Truth) -> None:
    raw = truth.counts(
        "SELECT ACT_TYPE_, ACT_INST_STATE_ = '2', END_TIME_ IS NULL, count(*) FROM HI_ACTINST GROUP BY ALL",
        "HI_ACTINST",
    )
    expected: Counter[tuple[str, str]] = Counter()
    for (kind, canceled, open_), n in raw.items():
        state = "canceled" if canceled else "running" if open_ else "completed"
        expected[TYPES.get(kind, kind), state] += n
    rows = truth.got.rows("activities")
    # event sub-processes are typed as sub-processes by the engine
    found = Counter((r["element_type"].replace("eventSubProcess", "subProcess"), r["state"]) for r in rows)
    assert found == expected
    (canceled,) = truth.sql("SELECT count(*) FROM HI_ACTINST WHERE ACT_INST_STATE_ = '2'", "HI_ACTINST")
    assert sum(1 for r in rows if r["state"] == "canceled") == canceled[0]


def test_failed_tries_by_log(truth: Truth) -> None:
    jobs = truth.counts(
        "SELECT coalesce(FAILED_ACT_ID_, ACT_ID_), count(*) FROM HI_JOB_LOG "
        "WHERE JOB_STATE_ = '1' AND PROCESS_INSTANCE_ID_ IS NOT NULL GROUP BY 1",
        "HI_JOB_LOG",
    )
    tasks = truth.counts(
        "SELECT ACT_ID_, count(*) FROM HI_EXT_TASK_LOG WHERE STATE_ = '1' GROUP BY 1", "HI_EXT_TASK_LOG"
    )
    rows = truth.got.rows("attempts")
    by_log = {
        table: Counter(r["element_id"] for r in rows if r["raw_ref"].startswith(f"ACT_{table}:"))
        for table in ("HI_JOB_LOG", "HI_EXT_TASK_LOG")
    }
    assert by_log == {"HI_JOB_LOG": jobs, "HI_EXT_TASK_LOG": tasks}
    # below full nothing is there, and that is unknown, not none
    assert (truth.got.can("attempts") == "no") is not truth.has("HI_JOB_LOG")


def test_root_incidents_by_state(truth: Truth) -> None:
    raw = truth.counts(
        "SELECT INCIDENT_STATE_, INCIDENT_TYPE_, count(*) FROM HI_INCIDENT WHERE ID_ = ROOT_CAUSE_INCIDENT_ID_ GROUP BY ALL",
        "HI_INCIDENT",
    )
    by = {"0": "none", "1": "operator", "2": "cancel"}
    found = [e for e in truth.got.rows("exceptions") if e["raw_ref"].startswith("ACT_HI_INCIDENT:")]
    assert Counter((e["cleared_by"], e["code"]) for e in found) == {(by[s], kind): n for (s, kind), n in raw.items()}
    assert (truth.got.can("incidents") == "no") is not truth.has("HI_INCIDENT")


def test_definitions_and_deployments(truth: Truth) -> None:
    raw = truth.counts("SELECT KEY_, VERSION_, TENANT_ID_, count(*) FROM RE_PROCDEF GROUP BY ALL", "RE_PROCDEF")
    assert Counter(truth.got.only("definitions", "process_key version tenant")) == raw
    deployed = truth.counts(
        "SELECT KEY_, d.ID_, count(*) FROM RE_PROCDEF p JOIN RE_DEPLOYMENT d ON d.ID_ = p.DEPLOYMENT_ID_ GROUP BY ALL",
        "RE_PROCDEF", "RE_DEPLOYMENT",
    )  # fmt: skip
    assert len(truth.got.rows("deployments")) == sum(deployed.values())


def test_variables(truth: Truth) -> None:
    updates = truth.counts(
        "SELECT NAME_, VAR_TYPE_, count(*) FROM HI_DETAIL WHERE TYPE_ = 'VariableUpdate' GROUP BY ALL", "HI_DETAIL"
    )
    last = truth.counts(
        "SELECT NAME_, VAR_TYPE_, count(*) FROM HI_VARINST WHERE STATE_ <> 'DELETED' GROUP BY ALL", "HI_VARINST"
    )
    # in these exports every variable of ACT_HI_VARINST has its updates wherever there is ACT_HI_DETAIL
    rows = truth.got.rows("variables")
    assert Counter((r["name"], r["type"]) for r in rows) == (updates or last)
    assert all((r["at"] is not None) is bool(updates) for r in rows)


def test_values_of_updates(truth: Truth) -> None:
    raw = dict(truth.sql("SELECT ID_, TEXT_ FROM HI_DETAIL WHERE VAR_TYPE_ = 'string'", "HI_DETAIL"))
    rows = [
        r for r in truth.got.rows("variables") if r["raw_ref"].startswith("ACT_HI_DETAIL:") and r["type"] == "string"
    ]
    assert {r["raw_ref"].split(":")[1]: r["value"] for r in rows} == raw


def test_operations(truth: Truth) -> None:
    raw = truth.counts(
        "SELECT OPERATION_TYPE_, count(DISTINCT (OPERATION_ID_, ENTITY_TYPE_)) FROM HI_OP_LOG GROUP BY 1", "HI_OP_LOG"
    )
    assert Counter(r["operation"] for r in truth.got.rows("operations")) == raw


def test_jobs_say_when_work_was_handed_over(truth: Truth) -> None:
    # each of these activities began by one job; the timers' events by one timer, which was due at that time at the latest
    raw = truth.sql(
        "SELECT a.ID_, max(j.TIMESTAMP_) FROM HI_ACTINST a JOIN HI_JOB_LOG j ON j.PROCESS_INSTANCE_ID_ = a.PROC_INST_ID_ "
        "AND j.ACT_ID_ = a.ACT_ID_ AND j.JOB_STATE_ = '0' AND j.TIMESTAMP_ <= a.START_TIME_ "
        "WHERE a.ACT_TYPE_ IN ('serviceTask', 'sendTask', 'multiInstanceBody') GROUP BY a.ID_ "
        "HAVING count(DISTINCT j.ID_) = 1",
        "HI_ACTINST", "HI_JOB_LOG",
    )  # fmt: skip
    external = {i for (i,) in truth.sql("SELECT DISTINCT ACT_INST_ID_ FROM HI_EXT_TASK_LOG", "HI_EXT_TASK_LOG")}
    found = {r["activity_instance_id"]: r for r in truth.got.rows("activities")}
    expected = {row[0] for row in raw} - external
    assert all(found[i]["scheduled"] is not None and found[i]["scheduled"] <= found[i]["start"] for i in expected)
    none = {i for i, r in found.items() if r["scheduled"] is None and r["element_type"] in ("serviceTask", "sendTask")}
    assert not none & expected
    timers = [r for i, r in found.items() if r["element_type"] == "boundaryEvent" and r["scheduled"] is not None]
    fired = truth.sql("SELECT ID_ FROM HI_ACTINST a WHERE ACT_TYPE_ = 'boundaryTimer'", "HI_ACTINST")
    assert len(timers) == (len(fired) if truth.has("HI_JOB_LOG") else 0)
    assert all(r["scheduled"] <= r["start"] for r in timers)
