"""What is read of each kind of record: our name, and where it stands in JSON and under which headers in CSV.

Dataverse tables have logical names (``starttime``); OData writes lookups as ``_workflow_value`` with the label beside it as
an annotation; exports of views have display names (``Start time``), which are the logical ones but for blanks and capitals.
Sources: Microsoft's table references (flowrun, flowevent, flowsession, flowlog, workqueueitem, workqueue, workflow,
msdyn_solutionhistory, solutionhistorydata), the workflow run and run action types of the Logic Apps REST reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_LABEL = "@OData.Community.Display.V1.FormattedValue"

Kind = Literal[
    "flowrun", "flowevent", "flowsession", "flowlog", "workqueueitem", "workqueue", "workflow", "solutionhistory",
    "inventory-flow", "inventory-environment", "inventory-maker", "inventory-connector",
    "run", "action", "repetition", "flow", "actionlog",
]  # fmt: skip
Type = Literal["text", "label", "id", "time", "number"]


@dataclass(frozen=True)
class Column:
    """One thing that is read: ``paths`` in a JSON record, ``headers`` of a CSV without blanks and capitals.

    An ``id`` is a GUID in lower case without braces, a ``label`` a text that is none, a ``time`` microseconds UTC, a
    ``number`` an integer; NULL where it is not.
    """

    type: Type
    paths: tuple[tuple[str, ...], ...]
    headers: tuple[str, ...] = ()


def _of(kind: Type, *names: str) -> Column:
    """Return a column of a Dataverse table under any of its names."""
    return Column(kind, tuple((name,) for name in names), tuple(name.replace("_", "") for name in names))


def _lookup(*names: str) -> Column:
    """Return the id that a lookup column holds; a view's export has the label there, which is no id and is dropped."""
    paths = tuple(path for name in names for path in ((f"_{name}_value",), (name,)))
    return Column("id", paths, tuple(header for name in names for header in (f"{name}value", name)))


def _label(name: str, *more: str) -> Column:
    """Return the label of a lookup or choice column."""
    paths = ((f"_{name}_value{_LABEL}",), (name + _LABEL,), *((other,) for other in more))
    headers = dict.fromkeys((*(other.replace("_", "") for other in more), f"{name}name", name))
    return Column("label", paths, tuple(headers))


_FLOWRUN = {
    "row": _of("id", "flowrunid"), "run": _of("text", "name"), "start": _of("time", "starttime"),
    "end": _of("time", "endtime"), "duration": _of("number", "duration", "runduration"), "status": _of("text", "status"),
    "trigger": _of("text", "triggertype"), "error_code": _of("text", "errorcode"),
    "error_message": _of("text", "errormessage"), "flow": _lookup("workflow"), "flow_id": _of("id", "workflowid"),
    "flow_name": _label("workflow", "workflowname"), "resource": _of("id", "resourceid"),
    "parent_run": _of("text", "parentrunid"), "ttl": _of("number", "ttlinseconds", "timetolive"),
    "created": _of("time", "createdon"), "modified": _of("time", "modifiedon"),
}  # fmt: skip
_FLOWEVENT = {
    "row": _of("id", "floweventid"), "event_type": _of("text", "eventtype"), "code": _of("text", "eventcode"),
    "level": _of("text", "level"), "created": _of("time", "createdon"),
}  # fmt: skip
_FLOWSESSION = {
    "row": _of("id", "flowsessionid", "flowsession"), "start": _of("time", "startedon"), "end": _of("time", "completedon"),
    "status": _of("text", "statuscode", "statusreason"), "flow": _lookup("regardingobjectid", "regarding"),
    "flow_name": _label("regardingobjectid", "regardingobjectidname"), "error_code": _of("text", "errorcode"),
    "error_message": _of("text", "errormessage"), "parent_run": _of("text", "parentcloudflowrunsequenceid"),
    "parent_flow": _lookup("parentworkflowid"), "mode": _of("text", "runmode"), "trigger": _of("text", "triggertype"),
    "machine": _lookup("machineid"), "machine_name": _label("machineid", "machineidname", "machine"),
    "group": _lookup("machinegroupid"), "group_name": _label("machinegroupid", "machinegroupidname", "machinegroup"),
    "user": _of("text", "sessionusername"), "version": _of("text", "processversion"),
    "correlation": _of("id", "correlationid"), "created": _of("time", "createdon"),
    "modified": _of("time", "modifiedon"),
}  # fmt: skip
_FLOWLOG = {
    "row": _of("id", "flowlogid"), "session": _lookup("flowsessionid", "parentobjectid"), "type": _of("text", "type"),
    "level": _of("text", "level"), "name": _of("text", "name"), "data": _of("text", "data"),
    "duration": _of("number", "duration"), "seq": _of("number", "logindex"), "created": _of("time", "createdon"),
    "machine": _lookup("flowmachineid"),
}  # fmt: skip
_ITEM = {
    "row": _of("id", "workqueueitemid"), "name": _of("text", "name"), "queue": _lookup("workqueueid"),
    "queue_name": _label("workqueueid", "workqueueidname", "workqueue"), "key": _of("text", "uniqueidbyqueue"),
    "created": _of("time", "createdon"), "start": _of("time", "processingstarttime"),
    "end": _of("time", "completedon"), "duration": _of("number", "processingduration"),
    "status": _of("text", "statuscode", "statusreason"), "user": _of("text", "processinguser"),
    "machine_user": _of("text", "machineuser"), "processor": _of("text", "processorid"),
    "processor_type": _of("text", "processortype"), "retries": _of("number", "retrycount"),
    "requeues": _of("number", "requeuecount"), "result": _of("text", "processingresult"),
    "expiry": _of("time", "expirydate"), "modified": _of("time", "modifiedon"),
}  # fmt: skip
_QUEUE = {"row": _of("id", "workqueueid"), "name": _of("text", "name"), "modified": _of("time", "modifiedon")}
_WORKFLOW = {
    "row": _of("id", "workflowid"), "name": _of("text", "name"), "category": _of("text", "category"),
    "type": _of("text", "type"), "definition": _of("text", "clientdata"), "created": _of("time", "createdon"),
    "modified": _of("time", "modifiedon"), "version": _of("text", "versionnumber"),
    "by": _label("modifiedby", "modifiedbyname"), "resource": _of("id", "resourceid"),
    "solution": _lookup("solutionid"),
}  # fmt: skip
_SOLUTION_PARTS: tuple[tuple[str, Type, str], ...] = (
    ("row", "id", "solutionhistoryid"), ("name", "text", "name"), ("operation", "text", "operation"),
    ("suboperation", "text", "suboperation"), ("start", "time", "starttime"), ("end", "time", "endtime"),
    ("status", "text", "status"), ("result", "text", "result"), ("version", "text", "solutionversion"),
    ("solution", "id", "solutionid"), ("by", "text", "publishername"),
)  # fmt: skip
_SOLUTION = {
    name: Column(kind, (("msdyn_" + logical,), (logical,)), ("msdyn" + logical, logical))
    for name, kind, logical in _SOLUTION_PARTS
}
_INVENTORY_FLOW = {
    "row": _of("id", "admin_flowid"), "name": _of("text", "admin_displayname"),

    "environment": _of("text", "_admin_flowenvironment_value", "admin_flowenvironmentid", "admin_flowenvironment"),
    "environment_name": _of("text", "admin_flowenvironmentdisplayname"),
    "owner": _of("text", "admin_flowmakerdisplayname"),
    "workflow": _of("id", "admin_workflowentityid", "admin_flowworkflowentityid"),
}  # fmt: skip
_INVENTORY = {
    key: {"row": Column("text", ((key,),), (key.replace("_", ""),)), "name": _of("text", "admin_displayname")}
    for key in ("admin_environmentid", "admin_makerid", "admin_connectorid")
}


def _deep(kind: Type, *paths: str, headers: tuple[str, ...] = ()) -> Column:
    return Column(kind, tuple(tuple(path.split(".")) for path in paths), headers)


_RUN = {
    "row": _deep("text", "id", "Internal.id"), "run": _deep("text", "name", "FlowRunName", headers=("name",)),
    "start": _deep("time", "properties.startTime", "startTime", "Internal.properties.startTime", headers=("starttime",)),
    "end": _deep("time", "properties.endTime", "endTime", "Internal.properties.endTime", headers=("endtime",)),
    "status": _deep("text", "properties.status", "status", "Internal.properties.status", headers=("status",)),
    "code": _deep("text", "properties.code", "Internal.properties.code"),
    "error_code": _deep("text", "properties.error.code", "Internal.properties.error.code"),
    "error_message": _deep("text", "properties.error.message", "Internal.properties.error.message"),
    "tracking": _deep("text", "properties.correlation.clientTrackingId"),
    "keywords": _deep("text", "properties.correlation.clientKeywords"),
    "trigger_keywords": _deep("text", "properties.trigger.correlation.clientKeywords"),
    "trigger_name": _deep("text", "properties.trigger.name", headers=("triggername",)),
    "origin": _deep("text", "properties.trigger.originHistoryName"),
    "version": _deep("text", "properties.workflow.name"), "flow_path": _deep("text", "properties.workflow.id"),
}  # fmt: skip
_ACTION = {
    "row": _deep("text", "id"), "name": _deep("text", "name"), "start": _deep("time", "properties.startTime"),
    "end": _deep("time", "properties.endTime"), "status": _deep("text", "properties.status"),
    "code": _deep("text", "properties.code"), "error_code": _deep("text", "properties.error.code"),
    "error_message": _deep("text", "properties.error.message"), "retries": _deep("text", "properties.retryHistory"),
    "indexes": _deep("text", "properties.repetitionIndexes"),
    "tracking": _deep("text", "properties.correlation.clientTrackingId"),
    "keywords": _deep("text", "properties.correlation.clientKeywords"),
}  # fmt: skip
_FLOW = {
    "row": _deep("text", "id"), "name": _deep("text", "name"), "title": _deep("text", "properties.displayName"),
    "workflow": _deep("id", "properties.workflowEntityId"), "created": _deep("time", "properties.createdTime"),
    "modified": _deep("time", "properties.lastModifiedTime", "properties.changedTime"),
    "version": _deep("text", "properties.version"), "definition": Column("text", ((),)),
}  # fmt: skip
_ACTIONLOG = {"definition": Column("text", ((),))}

#: What is read, by kind of record. ``row`` is the record's own key.
COLUMNS: dict[Kind, dict[str, Column]] = {
    "flowrun": _FLOWRUN, "flowevent": _FLOWEVENT, "flowsession": _FLOWSESSION, "flowlog": _FLOWLOG,
    "workqueueitem": _ITEM, "workqueue": _QUEUE, "workflow": _WORKFLOW, "solutionhistory": _SOLUTION,
    "inventory-flow": _INVENTORY_FLOW, "inventory-environment": _INVENTORY["admin_environmentid"],
    "inventory-maker": _INVENTORY["admin_makerid"], "inventory-connector": _INVENTORY["admin_connectorid"],
    "run": _RUN, "action": _ACTION, "repetition": _ACTION, "flow": _FLOW, "actionlog": _ACTIONLOG,
}  # fmt: skip
