"""The tables ``ACT_*`` and the columns that are read of them, whatever form the export has.

Names are matched whatever their case, and a column that an engine does not have is NULL. Camunda 7, Flowable and Activiti
have most tables in common; the columns here are those of all three.
Source: the create scripts of camunda-bpm-platform (``activiti.<db>.create.history.sql`` and ``…engine.sql``) and of
flowable-engine (``flowable.<db>.create.history.sql``).
"""

from __future__ import annotations

import re
from collections.abc import Collection

#: The columns read of each table; ``@`` marks a time.
COLUMNS: dict[str, tuple[str, ...]] = {
    "HI_PROCINST": (
        "ID_", "PROC_INST_ID_", "BUSINESS_KEY_", "PROC_DEF_KEY_", "PROC_DEF_ID_", "@START_TIME_", "@END_TIME_",
        "@REMOVAL_TIME_", "START_USER_ID_", "START_ACT_ID_", "END_ACT_ID_", "SUPER_PROCESS_INSTANCE_ID_",
        "ROOT_PROC_INST_ID_", "DELETE_REASON_", "TENANT_ID_", "STATE_", "RESTARTED_PROC_INST_ID_",
    ),
    "HI_ACTINST": (
        "ID_", "PARENT_ACT_INST_ID_", "PROC_DEF_KEY_", "PROC_DEF_ID_", "PROC_INST_ID_", "EXECUTION_ID_", "ACT_ID_",
        "TASK_ID_", "CALL_PROC_INST_ID_", "ACT_NAME_", "ACT_TYPE_", "ASSIGNEE_", "@START_TIME_", "@END_TIME_",
        "ACT_INST_STATE_", "SEQUENCE_COUNTER_", "TENANT_ID_",
        "COMPLETED_BY_", "TRANSACTION_ORDER_", "DELETE_REASON_",
    ),
    "HI_TASKINST": (
        "ID_", "TASK_DEF_KEY_", "PROC_INST_ID_", "ACT_INST_ID_", "ASSIGNEE_", "@START_TIME_", "@END_TIME_",
        "DELETE_REASON_", "@DUE_DATE_",
        "@CLAIM_TIME_", "COMPLETED_BY_",
    ),
    "HI_INCIDENT": (
        "ID_", "PROC_INST_ID_", "EXECUTION_ID_", "@CREATE_TIME_", "@END_TIME_", "INCIDENT_TYPE_", "ACTIVITY_ID_",
        "FAILED_ACTIVITY_ID_", "CAUSE_INCIDENT_ID_", "ROOT_CAUSE_INCIDENT_ID_", "CONFIGURATION_", "INCIDENT_STATE_",
    ),
    "HI_JOB_LOG": (
        "ID_", "@TIMESTAMP_", "JOB_ID_", "JOB_RETRIES_", "JOB_EXCEPTION_MSG_", "JOB_STATE_", "ACT_ID_",
        "FAILED_ACT_ID_", "EXECUTION_ID_", "PROCESS_INSTANCE_ID_", "HOSTNAME_", "@JOB_DUEDATE_", "JOB_DEF_TYPE_",
        "JOB_DEF_CONFIGURATION_",
    ),
    "HI_EXT_TASK_LOG": (
        "ID_", "@TIMESTAMP_", "EXT_TASK_ID_", "RETRIES_", "TOPIC_NAME_", "WORKER_ID_", "ERROR_MSG_", "ACT_ID_",
        "ACT_INST_ID_", "PROC_INST_ID_", "STATE_",
    ),
    "HI_VARINST": (
        "ID_", "PROC_INST_ID_", "ACT_INST_ID_", "NAME_", "VAR_TYPE_", "DOUBLE_", "LONG_", "TEXT_", "STATE_",
    ),
    "HI_DETAIL": (
        "ID_", "TYPE_", "@TIME_", "NAME_", "PROC_INST_ID_", "ACT_INST_ID_", "VAR_INST_ID_", "VAR_TYPE_", "DOUBLE_",
        "LONG_", "TEXT_", "INITIAL_",
    ),
    "HI_DECINST": (
        "ID_", "DEC_DEF_ID_", "DEC_DEF_KEY_", "DEC_DEF_NAME_", "PROC_DEF_KEY_", "PROC_INST_ID_", "ACT_INST_ID_",
        "ACT_ID_", "@EVAL_TIME_", "ROOT_DEC_INST_ID_",
    ),
    "HI_OP_LOG": (
        "ID_", "DEPLOYMENT_ID_", "PROC_INST_ID_", "TASK_ID_", "JOB_ID_", "USER_ID_", "@TIMESTAMP_", "OPERATION_TYPE_",
        "OPERATION_ID_", "ENTITY_TYPE_", "PROPERTY_", "NEW_VALUE_", "EXTERNAL_TASK_ID_", "BATCH_ID_",
    ),
    "HI_IDENTITYLINK": ("ID_", "@TIMESTAMP_", "TYPE_", "USER_ID_", "GROUP_ID_", "TASK_ID_", "OPERATION_TYPE_", "@CREATE_TIME_"),
    "RE_PROCDEF": (
        "ID_", "NAME_", "KEY_", "VERSION_", "DEPLOYMENT_ID_", "RESOURCE_NAME_", "TENANT_ID_", "VERSION_TAG_",
        "HISTORY_TTL_",
    ),
    "RE_DEPLOYMENT": ("ID_", "NAME_", "@DEPLOY_TIME_", "SOURCE_", "TENANT_ID_", "ENGINE_VERSION_"),
    "RE_DECISION_DEF": ("ID_", "NAME_", "KEY_", "VERSION_", "DEPLOYMENT_ID_", "RESOURCE_NAME_", "TENANT_ID_"),
    # models as deployed; BYTES_ is hexadecimal (with or without \\x or 0x) or base64 text
    "GE_BYTEARRAY": ("ID_", "NAME_", "BYTES_", "DEPLOYMENT_ID_"),
    # no table of the engines: what GET /process-definition/{id}/xml answers ({id, bpmn20Xml})
    "MODEL": ("PROC_DEF_ID_", "XML_"),
    "RU_DEADLETTER_JOB": (
        "ID_", "EXECUTION_ID_", "PROCESS_INSTANCE_ID_", "ELEMENT_ID_", "EXCEPTION_MSG_", "@DUEDATE_", "@CREATE_TIME_",
    ),
    "HI_TSK_LOG": ("ID_", "TYPE_", "TASK_ID_", "@TIME_STAMP_", "USER_ID_", "PROC_INST_ID_"),
    "DMN_HI_DECISION_EXECUTION": (
        "ID_", "DECISION_DEFINITION_ID_", "@START_TIME_", "INSTANCE_ID_", "ACTIVITY_ID_", "FAILED_",
    ),
    "DMN_DECISION": ("ID_", "KEY_", "NAME_", "VERSION_", "DEPLOYMENT_ID_"),
    "GE_PROPERTY": ("NAME_", "VALUE_"),
    "GE_SCHEMA_LOG": ("ID_", "@TIMESTAMP_", "VERSION_"),
}  # fmt: skip
#: Tables that are recognised as part of an export, though their rows fill nothing canonical.
OTHERS = ("HI_DEC_IN", "HI_DEC_OUT", "HI_BATCH", "HI_COMMENT", "HI_ATTACHMENT",
          "HI_CASEINST", "HI_CASEACTINST", "HI_ENTITYLINK", "RE_CASE_DEF", "RU_EXECUTION", "RU_TASK", "RU_TIMER_JOB",
          "RU_EXTERNAL_JOB", "RU_SUSPENDED_JOB",
          "RU_JOB", "RU_INCIDENT", "RU_EXT_TASK", "RU_VARIABLE", "RU_JOBDEF", "RU_EVENT_SUBSCR")  # fmt: skip
#: What is in :data:`COLUMNS` and is no table: no file has its name.
_NO_TABLE = ("MODEL",)
_NAMES = sorted((name.lower() for name in (*COLUMNS, *OTHERS) if name not in _NO_TABLE), key=len, reverse=True)
_NAME = re.compile(r"(?:^|[^a-z])act_(" + "|".join(_NAMES) + r")(?![a-z])")
#: Columns that give a table away whose file has another name; the first that fits counts.
MARKS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (table, frozenset(marks.split()))
    for table, marks in (
        ("HI_ACTINST", "PROC_INST_ID_ ACT_ID_ ACT_TYPE_ START_TIME_"),
        ("HI_PROCINST", "PROC_INST_ID_ START_TIME_ START_ACT_ID_ SUPER_PROCESS_INSTANCE_ID_"),
        ("HI_TASKINST", "PROC_INST_ID_ TASK_DEF_KEY_ START_TIME_"),
        ("HI_INCIDENT", "PROC_INST_ID_ INCIDENT_TYPE_ CREATE_TIME_ INCIDENT_STATE_"),
        ("HI_JOB_LOG", "JOB_ID_ JOB_STATE_ JOB_RETRIES_"),
        ("HI_EXT_TASK_LOG", "EXT_TASK_ID_ TOPIC_NAME_ STATE_"),
        ("HI_OP_LOG", "OPERATION_TYPE_ ENTITY_TYPE_ USER_ID_"),
        ("HI_DETAIL", "VAR_INST_ID_ TIME_ NAME_ OPERATION_ID_"),
        ("HI_DECINST", "DEC_DEF_KEY_ EVAL_TIME_"),
        ("RE_PROCDEF", "KEY_ VERSION_ DEPLOYMENT_ID_ RESOURCE_NAME_"),
        ("RE_DEPLOYMENT", "ID_ DEPLOY_TIME_"),
    )
)
#: Columns without which no row of a table can be used: any one of each group.
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "HI_PROCINST": (("ID_", "PROC_INST_ID_"), ("START_TIME_",)),
    "HI_ACTINST": (("ID_",), ("PROC_INST_ID_",), ("ACT_ID_",), ("START_TIME_",)),
    "GE_BYTEARRAY": (("NAME_",), ("BYTES_",), ("DEPLOYMENT_ID_",)),
}
#: Columns without which a row is not even staged: of the byte arrays only deployed resources are read, never the content of
#: variables. Whoever asks a database should ask for no other rows.
ONLY_WITH: dict[str, str] = {
    "GE_BYTEARRAY": "DEPLOYMENT_ID_",
}
#: How exports of text write NULL, beside nothing at all.
NULLS = ["", "\\N", "NULL", "null", "(null)", "[NULL]", "<null>"]


def column_name(raw: str) -> str:
    """Return a header's cell as the engine names the column: upper case, without quotes or a table's alias."""
    return raw.strip().strip('"`[]').rsplit(".", 1)[-1].strip('"`[]').upper()


def table_named(text: str) -> str | None:
    """Return the table that a name says (``HI_PROCINST`` …); it may have more around it: ``public.act_hi_procinst``."""
    found = _NAME.search(text.lower())
    return found.group(1).upper() if found else None


def table_with(columns: Collection[str]) -> str | None:
    """Return the table that a header gives away."""
    names = {column_name(name) for name in columns}
    return next((table for table, marks in MARKS if marks <= names), None)


def wanted(table: str) -> tuple[str, ...]:
    """Return the names of the columns that are read of a table."""
    return tuple(name.lstrip("@") for name in COLUMNS[table])


def times(table: str) -> frozenset[str]:
    """Return the columns of a table that are times."""
    return frozenset(name[1:] for name in COLUMNS[table] if name.startswith("@"))
