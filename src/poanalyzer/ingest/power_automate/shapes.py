"""Which kind of record a file holds, judged by its fields and columns: never by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from poanalyzer.errors import InputError
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.head import head_record, head_text
from poanalyzer.ingest.power_automate.columns import COLUMNS, Kind
from poanalyzer.ingest.tables.dialect import sample, sniff

#: Logical columns that tell a Dataverse table from the others, in the order in which they are tried.
_MARKS: tuple[tuple[Kind, tuple[frozenset[str], ...]], ...] = (
    ("flowlog", (frozenset(("flowlogid",)), frozenset(("data", "level", "flowsessionid")))),
    ("flowevent", (frozenset(("eventtype", "eventcode")),)),
    ("workqueueitem", (frozenset(("workqueueitemid",)), frozenset(("uniqueidbyqueue",)),
                       frozenset(("processingstarttime", "retrycount")))),
    ("workqueue", (frozenset(("workqueueid", "name")),)),
    ("flowsession", (frozenset(("flowsessionid",)), frozenset(("startedon", "completedon", "runmode")))),
    ("flowrun", (frozenset(("flowrunid",)), frozenset(("starttime", "status", "triggertype")),
                 frozenset(("starttime", "status", "workflowid")), frozenset(("starttime", "status", "parentrunid")))),
    ("workflow", (frozenset(("workflowid", "category")), frozenset(("workflowid", "clientdata")))),
    ("solutionhistory", (frozenset(("msdynsolutionhistoryid",)), frozenset(("msdynoperation", "msdynstarttime")),
                         frozenset(("solutionhistorydataid",)),
                         frozenset(("operation", "suboperation", "solutionversion")))),
    ("inventory-flow", (frozenset(("adminflowid", "admindisplayname")),)),
    ("inventory-environment", (frozenset(("adminenvironmentid", "admindisplayname")),)),
    ("inventory-maker", (frozenset(("adminmakerid", "admindisplayname")),)),
    ("inventory-connector", (frozenset(("adminconnectorid", "admindisplayname")),)),
)  # fmt: skip
#: Entity set names that an OData context ends with, for pages without records.
_SETS: dict[str, Kind] = {
    "flowruns": "flowrun", "flowevents": "flowevent", "flowsessions": "flowsession", "flowlogs": "flowlog",
    "workqueueitems": "workqueueitem", "workqueues": "workqueue", "workflows": "workflow",
    "msdyn_solutionhistories": "solutionhistory", "solutionhistories": "solutionhistory",
}  # fmt: skip
#: Kinds without which nothing is known of what ran.
RUNNING: frozenset[Kind] = frozenset(("flowrun", "run", "action", "repetition", "flowsession", "workqueueitem"))
#: What is an input of its own: it records other things than runs of cloud flows do.
DESKTOP: frozenset[Kind] = frozenset(("flowsession", "flowlog", "actionlog"))
QUEUES: frozenset[Kind] = frozenset(("workqueueitem", "workqueue"))
_REPETITION = re.compile(r"/runs/[^/]+/actions/[^/]+/(?:scopeR|r)epetitions/[^/]+$")
_ACTION = re.compile(r"/runs/[^/]+/actions/[^/]+$")
_RUN = re.compile(r"/(?:flows|workflows)/[^/]+/(?:runs|versions/[^/]+/runs)/[^/]+$")
_FLOW = re.compile(r"/(?:flows|workflows)/[^/]+$")
#: How the engine names a run: ticks counted backwards, a random part, and the unit that ran it.
RUN_NAME = re.compile(r"^\d{20,}\d*[A-Z]{2}\d{2,3}$")
_OBJECT_RUN = re.compile(r'"type"\s*:\s*"[^"]*(?:flows|workflows)/runs"')


@dataclass(frozen=True)
class Shape:
    """What a file holds and how: as JSON in a page's member or none, or as CSV under headers (logical → as written)."""

    kind: Kind
    within: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    csv: bool = False


@lru_cache(maxsize=4096)
def shape(file: InputFile) -> Shape | None:
    """Return what a file holds, None where it is nothing of Power Automate's."""
    text = head_text(file)
    if text is None:
        return _of_table(file)
    head = head_record(file)
    if head is None:
        # one object longer than the head: a run with its actions
        return Shape("run") if text.startswith("{") and _OBJECT_RUN.search(text) else None
    if not head.record:
        found = re.search(r'"@odata\.context"\s*:\s*"[^"]*#(\w+)', text[:2000])
        kind = _SETS.get(found.group(1)) if found else None
        return Shape(kind, head.within) if kind else None
    of_answer = _of_answer(head.record)
    if of_answer:
        return Shape(of_answer, head.within)
    of_dataverse = _of_columns(_logical(head.record))
    return Shape(of_dataverse, head.within) if of_dataverse else None


def _logical(names: Iterable[str]) -> set[str]:
    """Return the names without blanks, capitals and what OData puts around lookups."""
    plain = (re.sub(r"^_(.+)_value$", r"\1", name) for name in names if "@" not in name)
    return {re.sub(r"[\s_]", "", name).lower() for name in plain}


def _of_columns(names: set[str]) -> Kind | None:
    return next((kind for kind, marks in _MARKS if any(mark <= names for mark in marks)), None)


def _of_answer(record: Mapping[str, Any]) -> Kind | None:
    """Return the kind of a record of the run history or management interface."""
    path = record.get("id")
    properties = record.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    if "FlowRunName" in record:
        return "run"
    if isinstance(path, str) and "status" in properties:
        for pattern, kind in ((_REPETITION, "repetition"), (_ACTION, "action"), (_RUN, "run")):
            if pattern.search(path):
                return kind  # type: ignore[return-value]
    if isinstance(properties.get("definition"), dict) or (
        isinstance(path, str) and _FLOW.search(path) and "displayName" in properties
    ):
        return "flow"
    if isinstance(record.get("definition"), dict) or "workflowdefinition.json" in str(record.get("$schema", "")):
        return "flow"
    if str(record.get("type", "")).endswith(("flows/runs", "workflows/runs")) and properties:
        return "run"
    actions = record.get("actions")
    if isinstance(actions, list) and actions and isinstance(actions[0], dict):
        # logs of desktop flows, as they lie in a session's file
        return "actionlog" if actions[0].keys() & {"startTime", "actionName", "functionName"} else None
    return None


def _of_table(file: InputFile) -> Shape | None:
    try:
        dialect = sniff(file)
    except InputError:
        return None
    plain: dict[str, str] = {}
    for name in dialect.names:
        plain.setdefault(re.sub(r"[\s_]", "", name).lower(), name)
    logical = {re.sub(r"^(.+)value$", r"\1", name) if name.endswith("value") else name for name in plain}
    kind = _of_columns(set(plain) | logical)
    if kind is None and {"name", "starttime", "status"} <= plain.keys() and _names_runs(file, plain["name"]):
        kind = "run"  # what the command line writes as CSV
    if kind is None:
        return None
    headers = []
    for column, where in COLUMNS[kind].items():
        found = [plain[h] for h in where.headers if h in plain]
        headers += [(column, name) for name in found]
    return Shape(kind, headers=tuple(headers), csv=True)


def _names_runs(file: InputFile, column: str) -> bool:
    rows = sample(file, sniff(file), 50)
    return bool(rows) and all(RUN_NAME.match(plain_cell(row.get(column, ""))) for row in rows)


def plain_cell(text: str) -> str:
    """Return a cell without the ``="…"`` that keeps spreadsheets from rounding long numbers."""
    return re.sub(r'^="(.*)"$', r"\1", text.strip())
