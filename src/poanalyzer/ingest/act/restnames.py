"""Which answer of an engine's REST interface is which table ``ACT_*``, and which field is which column.

Camunda 7's answers are those of its data transfer objects (``engine-rest/…/dto/history/*.java``, version 7.24), checked
against real answers; the records that its community's Kafka exporters write are the same objects with some fields named
otherwise. Flowable's and Activiti's are built from their documented answers (REST API references of Flowable 6 and 7, Activiti
5 and 6), which no real export has confirmed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

#: Fields that only Flowable and Activiti have: links to what a record belongs to.
_LINKS = frozenset(("url", "processDefinitionUrl", "processInstanceUrl", "deploymentUrl", "taskUrl"))
#: Beginnings of files' names that say nothing, and the one that says that history was asked.
_BEGINNING = re.compile(r"^(?:(?:camunda|flowable|activiti|engine|rest|api|get|export|hist|history|historic)-)+")
_HISTORY = re.compile(r"(?:^|[^a-z])hist(?:ory|oric)?(?:[^a-z]|$)")
_PAGE = re.compile(r"-?(?:page|part|chunk|offset|first(?:-?result)?|from|batch-?no)?-?\d+(?:-(?:to-)?\d+)*$")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One kind of answer.

    ``names`` are what files with it are called; ``needs`` the fields that its records have, ``some`` fields of which they have
    one, ``never`` such that make them another's. ``fields`` are the columns with the members (dots lead inside) that
    hold them, the first that is not null; ``raw`` the members that columns are made of (:mod:`restvalues`).
    """

    table: str
    names: tuple[str, ...]
    needs: frozenset[str]
    some: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    fields: Mapping[str, tuple[str, ...]]
    raw: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flowable: bool = False
    #: Whether what runs now can be asked for under the same name.
    has_runtime_twin: bool = False

    def fits(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is one of this answer."""
        names = record.keys()
        if self.flowable != bool(names & _LINKS):
            return False
        return self.needs <= names and (not self.some or bool(self.some & names)) and not self.never & names

    def columns(self, record: Mapping[str, Any] | None = None) -> frozenset[str]:
        """Return the columns that a record has; all of the answer's for none."""
        both = {**self.fields, **self.raw}
        if record is None:
            return frozenset(both)
        return frozenset(c for c, paths in both.items() if any(p.split(".")[0] in record for p in paths))


def _fields(text: str) -> dict[str, tuple[str, ...]]:
    """Read ``COLUMN_=member|member`` pairs."""
    pairs = (pair.split("=") for pair in text.split())
    return {column: tuple(members.split("|")) for column, members in pairs}


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VARIABLE = ("VAR_TYPE_", "TEXT_", "LONG_", "DOUBLE_")
_UPDATED = (
    *("variableType", "value", "valueInfo.serializationDataFormat", "fieldValue"),
    *("serializerName", "textValue", "longValue", "doubleValue"),
)
_LOG_STATE = ("creationLog", "failureLog", "successLog", "deletionLog")
#: The answers of Camunda 7.
_CAMUNDA7 = (
    Answer(
        table="HI_OP_LOG",
        names=("user-operation", "user-operation-log"),
        needs=_set("id operationType entityType timestamp"),
        fields=_fields(
            "ID_=id DEPLOYMENT_ID_=deploymentId PROC_DEF_ID_=processDefinitionId PROC_DEF_KEY_=processDefinitionKey "
            "ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_INST_ID_=processInstanceId EXECUTION_ID_=executionId "
            "TASK_ID_=taskId JOB_ID_=jobId JOB_DEF_ID_=jobDefinitionId BATCH_ID_=batchId USER_ID_=userId "
            "TIMESTAMP_=timestamp OPERATION_TYPE_=operationType OPERATION_ID_=operationId ENTITY_TYPE_=entityType "
            "PROPERTY_=property ORG_VALUE_=orgValue NEW_VALUE_=newValue REMOVAL_TIME_=removalTime CATEGORY_=category "
            "EXTERNAL_TASK_ID_=externalTaskId ANNOTATION_=annotation TENANT_ID_=tenantId"
        ),
    ),
    Answer(
        table="HI_ACTINST",
        names=("activity-instance",),
        needs=_set("id activityId activityType processInstanceId startTime"),
        fields=_fields(
            "ID_=id PARENT_ACT_INST_ID_=parentActivityInstanceId PROC_DEF_KEY_=processDefinitionKey "
            "PROC_DEF_ID_=processDefinitionId ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_INST_ID_=processInstanceId "
            "EXECUTION_ID_=executionId ACT_ID_=activityId TASK_ID_=taskId "
            "CALL_PROC_INST_ID_=calledProcessInstanceId|callProcessinstanceId "
            "CALL_CASE_INST_ID_=calledCaseInstanceId|callCaseInstanceId ACT_NAME_=activityName ACT_TYPE_=activityType "
            "ASSIGNEE_=assignee|taskAssignee START_TIME_=startTime END_TIME_=endTime DURATION_=durationInMillis "
            "SEQUENCE_COUNTER_=sequenceCounter TENANT_ID_=tenantId REMOVAL_TIME_=removalTime"
        ),
        raw={"ACT_INST_STATE_": ("activityInstanceState", "canceled", "completeScope", "endTime")},
    ),
    Answer(
        table="HI_TASKINST",
        names=("task", "task-instance"),
        needs=_set("id taskDefinitionKey processInstanceId startTime"),
        has_runtime_twin=True,
        fields=_fields(
            "ID_=id TASK_DEF_KEY_=taskDefinitionKey PROC_DEF_KEY_=processDefinitionKey PROC_DEF_ID_=processDefinitionId "
            "ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_INST_ID_=processInstanceId EXECUTION_ID_=executionId "
            "ACT_INST_ID_=activityInstanceId NAME_=name PARENT_TASK_ID_=parentTaskId DESCRIPTION_=description "
            "OWNER_=owner ASSIGNEE_=assignee START_TIME_=startTime END_TIME_=endTime DURATION_=duration "
            "DELETE_REASON_=deleteReason PRIORITY_=priority DUE_DATE_=due FOLLOW_UP_DATE_=followUp TENANT_ID_=tenantId "
            "REMOVAL_TIME_=removalTime TASK_STATE_=taskState"
        ),
    ),
    Answer(
        table="HI_INCIDENT",
        names=("incident",),
        needs=_set("id incidentType createTime processInstanceId"),
        has_runtime_twin=True,
        fields=_fields(
            "ID_=id PROC_DEF_KEY_=processDefinitionKey PROC_DEF_ID_=processDefinitionId "
            "ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_INST_ID_=processInstanceId EXECUTION_ID_=executionId "
            "CREATE_TIME_=createTime END_TIME_=endTime INCIDENT_MSG_=incidentMessage INCIDENT_TYPE_=incidentType "
            "ACTIVITY_ID_=activityId FAILED_ACTIVITY_ID_=failedActivityId CAUSE_INCIDENT_ID_=causeIncidentId "
            "ROOT_CAUSE_INCIDENT_ID_=rootCauseIncidentId CONFIGURATION_=configuration "
            "HISTORY_CONFIGURATION_=historyConfiguration TENANT_ID_=tenantId JOB_DEF_ID_=jobDefinitionId "
            "ANNOTATION_=annotation REMOVAL_TIME_=removalTime"
        ),
        raw={"INCIDENT_STATE_": ("open", "resolved", "deleted")},
    ),
    Answer(
        table="HI_JOB_LOG",
        names=("job-log",),
        needs=_set("id jobId timestamp"),
        some=frozenset(_LOG_STATE),
        fields=_fields(
            "ID_=id TIMESTAMP_=timestamp JOB_ID_=jobId JOB_DUEDATE_=jobDueDate JOB_RETRIES_=jobRetries "
            "JOB_PRIORITY_=jobPriority JOB_EXCEPTION_MSG_=jobExceptionMessage JOB_DEF_ID_=jobDefinitionId "
            "JOB_DEF_TYPE_=jobDefinitionType JOB_DEF_CONFIGURATION_=jobDefinitionConfiguration ACT_ID_=activityId "
            "FAILED_ACT_ID_=failedActivityId EXECUTION_ID_=executionId ROOT_PROC_INST_ID_=rootProcessInstanceId "
            "PROCESS_INSTANCE_ID_=processInstanceId PROCESS_DEF_ID_=processDefinitionId "
            "PROCESS_DEF_KEY_=processDefinitionKey DEPLOYMENT_ID_=deploymentId TENANT_ID_=tenantId HOSTNAME_=hostname "
            "REMOVAL_TIME_=removalTime BATCH_ID_=batchId"
        ),
        raw={"JOB_STATE_": _LOG_STATE},
    ),
    Answer(
        table="HI_EXT_TASK_LOG",
        names=("external-task-log",),
        needs=_set("id externalTaskId timestamp"),
        some=frozenset(_LOG_STATE),
        fields=_fields(
            "ID_=id TIMESTAMP_=timestamp EXT_TASK_ID_=externalTaskId RETRIES_=retries TOPIC_NAME_=topicName "
            "WORKER_ID_=workerId PRIORITY_=priority ERROR_MSG_=errorMessage ACT_ID_=activityId "
            "ACT_INST_ID_=activityInstanceId EXECUTION_ID_=executionId PROC_INST_ID_=processInstanceId "
            "ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_DEF_ID_=processDefinitionId "
            "PROC_DEF_KEY_=processDefinitionKey TENANT_ID_=tenantId REMOVAL_TIME_=removalTime"
        ),
        raw={"STATE_": _LOG_STATE},
    ),
    Answer(
        table="HI_DETAIL",
        names=("detail", "variable-update"),
        needs=_set("id processInstanceId"),
        some=_set("variableInstanceId fieldId"),
        fields=_fields(
            "ID_=id TIME_=time|timestamp NAME_=variableName|fieldId PROC_DEF_KEY_=processDefinitionKey "
            "PROC_DEF_ID_=processDefinitionId ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_INST_ID_=processInstanceId "
            "EXECUTION_ID_=executionId TASK_ID_=taskId ACT_INST_ID_=activityInstanceId VAR_INST_ID_=variableInstanceId "
            "REV_=revision TENANT_ID_=tenantId OPERATION_ID_=userOperationId REMOVAL_TIME_=removalTime"
        ),
        raw={
            "TYPE_": ("fieldId", "variableName"),
            "INITIAL_": ("initial",),
            **dict.fromkeys(_VARIABLE, _UPDATED),
        },
    ),
    Answer(
        table="HI_VARINST",
        names=("variable-instance", "variable"),
        needs=_set("id name type processInstanceId"),
        some=_set("state createTime processDefinitionKey rootProcessInstanceId"),
        has_runtime_twin=True,
        fields=_fields(
            "ID_=id PROC_DEF_KEY_=processDefinitionKey PROC_DEF_ID_=processDefinitionId "
            "ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_INST_ID_=processInstanceId EXECUTION_ID_=executionId "
            "TASK_ID_=taskId ACT_INST_ID_=activityInstanceId NAME_=name CREATE_TIME_=createTime TENANT_ID_=tenantId "
            "STATE_=state REMOVAL_TIME_=removalTime"
        ),
        raw=dict.fromkeys(_VARIABLE, ("type", "value", "valueInfo.serializationDataFormat")),
    ),
    Answer(
        table="HI_IDENTITYLINK",
        names=("identity-link-log", "identity-link"),
        needs=_set("id time type operationType"),
        fields=_fields(
            "ID_=id TIMESTAMP_=time TYPE_=type USER_ID_=userId GROUP_ID_=groupId TASK_ID_=taskId "
            "ROOT_PROC_INST_ID_=rootProcessInstanceId PROC_DEF_ID_=processDefinitionId OPERATION_TYPE_=operationType "
            "ASSIGNER_ID_=assignerId PROC_DEF_KEY_=processDefinitionKey TENANT_ID_=tenantId REMOVAL_TIME_=removalTime"
        ),
    ),
    Answer(
        table="HI_DECINST",
        names=("decision-instance",),
        needs=_set("id decisionDefinitionKey evaluationTime"),
        fields=_fields(
            "ID_=id DEC_DEF_ID_=decisionDefinitionId DEC_DEF_KEY_=decisionDefinitionKey "
            "DEC_DEF_NAME_=decisionDefinitionName PROC_DEF_KEY_=processDefinitionKey PROC_DEF_ID_=processDefinitionId "
            "PROC_INST_ID_=processInstanceId ACT_INST_ID_=activityInstanceId ACT_ID_=activityId "
            "EVAL_TIME_=evaluationTime REMOVAL_TIME_=removalTime USER_ID_=userId "
            "ROOT_DEC_INST_ID_=rootDecisionInstanceId ROOT_PROC_INST_ID_=rootProcessInstanceId TENANT_ID_=tenantId"
        ),
    ),
    Answer(
        table="HI_BATCH",
        names=("batch",),
        needs=_set("id totalJobs batchJobDefinitionId startTime"),
        has_runtime_twin=True,
        fields=_fields("ID_=id TYPE_=type TOTAL_JOBS_=totalJobs START_TIME_=startTime END_TIME_=endTime"),
    ),
    Answer(
        table="RE_DECISION_DEF",
        names=("decision-definition",),
        needs=_set("id key version deploymentId resource decisionRequirementsDefinitionId"),
        fields=_fields(
            "ID_=id CATEGORY_=category NAME_=name KEY_=key VERSION_=version DEPLOYMENT_ID_=deploymentId "
            "RESOURCE_NAME_=resource TENANT_ID_=tenantId VERSION_TAG_=versionTag HISTORY_TTL_=historyTimeToLive"
        ),
    ),
    Answer(
        table="RE_PROCDEF",
        names=("process-definition",),
        needs=_set("id key version deploymentId resource suspended"),
        fields=_fields(
            "ID_=id CATEGORY_=category NAME_=name KEY_=key VERSION_=version DEPLOYMENT_ID_=deploymentId "
            "RESOURCE_NAME_=resource DGRM_RESOURCE_NAME_=diagram TENANT_ID_=tenantId VERSION_TAG_=versionTag "
            "HISTORY_TTL_=historyTimeToLive"
        ),
    ),
    Answer(
        table="RE_DEPLOYMENT",
        names=("deployment",),
        needs=_set("id name deploymentTime"),
        fields=_fields("ID_=id NAME_=name DEPLOY_TIME_=deploymentTime SOURCE_=source TENANT_ID_=tenantId"),
    ),
    Answer(
        table="HI_PROCINST",
        names=("process-instance",),
        needs=_set("id processDefinitionId startTime"),
        some=_set("superProcessInstanceId rootProcessInstanceId startActivityId durationInMillis"),
        never=_set("activityId taskDefinitionKey"),
        has_runtime_twin=True,
        fields=_fields(
            "ID_=id PROC_INST_ID_=id BUSINESS_KEY_=businessKey PROC_DEF_KEY_=processDefinitionKey "
            "PROC_DEF_ID_=processDefinitionId START_TIME_=startTime END_TIME_=endTime REMOVAL_TIME_=removalTime "
            "DURATION_=durationInMillis START_USER_ID_=startUserId START_ACT_ID_=startActivityId "
            "END_ACT_ID_=endActivityId SUPER_PROCESS_INSTANCE_ID_=superProcessInstanceId "
            "ROOT_PROC_INST_ID_=rootProcessInstanceId SUPER_CASE_INSTANCE_ID_=superCaseInstanceId "
            "CASE_INST_ID_=caseInstanceId DELETE_REASON_=deleteReason TENANT_ID_=tenantId STATE_=state "
            "RESTARTED_PROC_INST_ID_=restartedProcessInstanceId"
        ),
    ),
    Answer(
        table="MODEL",
        names=(),
        needs=_set("id bpmn20Xml"),
        fields=_fields("PROC_DEF_ID_=id XML_=bpmn20Xml"),
    ),
    # recognised, so that it is not called unknown; decision tables fill nothing canonical
    Answer(table="MODEL_DMN", names=(), needs=_set("id dmnXml"), fields=_fields("ID_=id")),
)
_FLOWABLE = (
    Answer(
        table="HI_ACTINST",
        names=("historic-activity-instances",),
        needs=_set("id activityId activityType processInstanceId startTime"),
        flowable=True,
        fields=_fields(
            "ID_=id PROC_DEF_ID_=processDefinitionId PROC_INST_ID_=processInstanceId EXECUTION_ID_=executionId "
            "ACT_ID_=activityId TASK_ID_=taskId CALL_PROC_INST_ID_=calledProcessInstanceId ACT_NAME_=activityName "
            "ACT_TYPE_=activityType ASSIGNEE_=assignee START_TIME_=startTime END_TIME_=endTime "
            "DURATION_=durationInMillis DELETE_REASON_=deleteReason TENANT_ID_=tenantId"
        ),
    ),
    Answer(
        table="HI_TASKINST",
        names=("historic-task-instances",),
        needs=_set("id taskDefinitionKey processInstanceId startTime"),
        flowable=True,
        fields=_fields(
            "ID_=id TASK_DEF_KEY_=taskDefinitionKey PROC_DEF_ID_=processDefinitionId PROC_INST_ID_=processInstanceId "
            "EXECUTION_ID_=executionId NAME_=name PARENT_TASK_ID_=parentTaskId DESCRIPTION_=description OWNER_=owner "
            "ASSIGNEE_=assignee START_TIME_=startTime CLAIM_TIME_=claimTime END_TIME_=endTime "
            "DURATION_=durationInMillis DELETE_REASON_=deleteReason PRIORITY_=priority DUE_DATE_=dueDate "
            "FORM_KEY_=formKey CATEGORY_=category TENANT_ID_=tenantId"
        ),
    ),
    Answer(
        table="HI_VARINST",
        names=("historic-variable-instances",),
        needs=_set("id processInstanceId variable"),
        never=_set("detailType"),
        flowable=True,
        fields=_fields("ID_=id PROC_INST_ID_=processInstanceId TASK_ID_=taskId NAME_=variable.name"),
        raw=dict.fromkeys(_VARIABLE, ("variable.type", "variable.value")),
    ),
    Answer(
        table="RE_PROCDEF",
        names=("process-definitions",),
        needs=_set("id key version deploymentId resource"),
        flowable=True,
        fields=_fields(
            "ID_=id CATEGORY_=category NAME_=name KEY_=key VERSION_=version DEPLOYMENT_ID_=deploymentId "
            "TENANT_ID_=tenantId"
        ),
        raw={"RESOURCE_NAME_": ("resource",)},
    ),
    Answer(
        table="RE_DEPLOYMENT",
        names=("deployments",),
        needs=_set("id name deploymentTime"),
        flowable=True,
        fields=_fields(
            "ID_=id NAME_=name CATEGORY_=category DEPLOY_TIME_=deploymentTime TENANT_ID_=tenantId "
            "PARENT_DEPLOYMENT_ID_=parentDeploymentId"
        ),
    ),
    Answer(
        table="HI_PROCINST",
        names=("historic-process-instances",),
        needs=_set("id processDefinitionId startTime"),
        some=_set("startActivityId durationInMillis superProcessInstanceId startUserId"),
        never=_set("activityId taskDefinitionKey"),
        flowable=True,
        fields=_fields(
            "ID_=id PROC_INST_ID_=id NAME_=name BUSINESS_KEY_=businessKey BUSINESS_STATUS_=businessStatus "
            "PROC_DEF_ID_=processDefinitionId START_TIME_=startTime END_TIME_=endTime DURATION_=durationInMillis "
            "START_USER_ID_=startUserId START_ACT_ID_=startActivityId END_ACT_ID_=endActivityId "
            "DELETE_REASON_=deleteReason SUPER_PROCESS_INSTANCE_ID_=superProcessInstanceId CALLBACK_ID_=callbackId "
            "REFERENCE_ID_=referenceId TENANT_ID_=tenantId"
        ),
    ),
)
ANSWERS = (*_CAMUNDA7, *_FLOWABLE)
#: ``GET /version``: no other answer has this field alone.
VERSION = Answer(
    table="GE_SCHEMA_LOG", names=("version",), needs=frozenset(("version",)), fields=_fields("VERSION_=version")
)


def answer_of(record: Mapping[str, Any]) -> Answer | None:
    """Return the answer that a record belongs to, by its fields; None where it is no engine's."""
    if record.keys() == VERSION.needs:
        return VERSION if re.match(r"\d+\.\d+\.\d", str(record["version"])) else None
    return next((answer for answer in ANSWERS if answer.fits(record)), None)


def answer_named(path: str, *, flowable: bool = False) -> Answer | None:
    """Return the answer that a file's name says: for empty ones, which say nothing else.

    ``history_incident.json``, ``incidents-2.json``, ``history/incident/page_3.json``, ``externalTaskLog.json.gz``. A
    name of nothing but a page's number leaves it to the folder.
    """
    *folders, name = PurePosixPath(path.replace("!", "/")).parts
    bare = re.sub(r"\.(json|ndjson|jsonl)(\.gz)?$", "", name, flags=re.IGNORECASE)
    for text in (bare, *folders[-1:]):
        words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).lower()).strip("-")
        kind = _PAGE.sub("", words)
        if kind in ("", "page", "part", "chunk"):
            continue
        kind = _BEGINNING.sub("", kind).removesuffix("s")
        found = (a for a in ANSWERS if a.flowable == flowable and kind in map(_kind, a.names))
        return next(found, None)
    return None


def _kind(name: str) -> str:
    return _BEGINNING.sub("", name).removesuffix("s")


def says_history(path: str) -> bool:
    """Whether a file's name or folder says that history was asked, not what runs now."""
    parts = PurePosixPath(path.replace("!", "/").lower()).parts
    return any(_HISTORY.search(part) for part in parts[-2:])
