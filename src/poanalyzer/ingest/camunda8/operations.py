"""What operators did to instances, and the variables of instances.

The operations bear the names that Camunda 7 gives to the same ones, so that both engines can be compared. Who did it is in the
records only where the exporter writes their authorizations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.records import Records

if TYPE_CHECKING:
    import ibis

#: Value type, intent → operation and the kind of thing it is done to.
_OPERATIONS = (
    ("PROCESS_INSTANCE_MODIFICATION", "MODIFIED", "ModifyProcessInstance", "ProcessInstance"),
    ("PROCESS_INSTANCE_MIGRATION", "MIGRATED", "Migrate", "ProcessInstance"),
    ("VARIABLE_DOCUMENT", "UPDATED", "SetVariables", "Variable"),
    ("JOB", "RETRIES_UPDATED", "SetJobRetries", "Job"),
)


def put_operations(records: Records, instances: ibis.Table, incidents: ibis.Table, sink: Sink) -> None:
    """Fill ``operations``: modifications, migrations, variables set, retries raised, incidents resolved, cancellations.

    A root instance that was terminated was cancelled by somebody: nothing in a model terminates a whole instance. Setting
    variables names a scope, which its element instance leads back to the case.
    """
    import ibis

    scopes = instances.select(scope_key="key", scope_case="case_id")
    for value_type, intent, operation, entity in _OPERATIONS:
        rows = records.of(value_type, intent)
        rows = rows.left_join(scopes, [("scopeKey", "scope_key")])
        rows = rows.mutate(case_id=ibis.coalesce(rows.processInstanceKey, rows.scope_case))
        sink.put(
            "operations",
            rows.select(
                "case_id", "at", "user", "raw_ref",
                operation=ibis.literal(operation),
                entity=ibis.literal(entity),
                operation_id=rows.key,
                activity_instance_id=rows.elementInstanceKey.nullif(rows.case_id),
                element_id=rows.elementId,
            ),
        )  # fmt: skip
    solved = incidents.filter(incidents.by_hand)
    sink.put(
        "operations",
        solved.select(
            "case_id", "user", "element_id",
            operation=ibis.literal("Resolve"),
            entity=ibis.literal("Incident"),
            at=solved.cleared,
            operation_id=solved.key,
            activity_instance_id=solved.instance.nullif(solved.case_id),
            raw_ref=ibis.literal("INCIDENT:") + solved.key,
        ),
    )  # fmt: skip
    roots = instances.filter((instances.kind == "PROCESS") & instances.parent_case.isnull() & instances.canceled)
    sink.put(
        "operations",
        roots.select(
            "case_id",
            operation=ibis.literal("Delete"),
            entity=ibis.literal("ProcessInstance"),
            at=ibis.coalesce(roots.leaving, roots.end),
            operation_id=roots.key,
            raw_ref=ibis.literal("PROCESS_INSTANCE:") + roots.key,
        ),
    )


def put_variables(records: Records, sink: Sink) -> None:
    """Fill ``variables``: every value a variable took, with its time. Values are JSON; strings stand without their quotes."""
    import ibis

    rows = records.of("VARIABLE", "CREATED", "UPDATED")
    rows = rows.filter(rows.processInstanceKey.notnull() & rows.name.notnull())
    kind, value = json_value(rows.variable_value)
    sink.put(
        "variables",
        rows.select(
            "name", "at", "raw_ref",
            case_id=rows.processInstanceKey,
            activity_instance_id=rows.scopeKey.nullif(rows.processInstanceKey),
            type=kind,
            value=ibis.ifelse(kind == "null", ibis.null("string"), value),
        ),
    )  # fmt: skip


def json_value(text: ibis.Value) -> tuple[ibis.Value, ibis.Value]:
    """Return the type of a value written as JSON, and the value as text."""
    import ibis

    first = text.strip().substr(0, 1)
    kind = ibis.cases(
        (text.isnull(), ibis.null("string")),
        (first == '"', "string"),
        (first == "{", "object"),
        (first == "[", "array"),
        (text.isin(["true", "false"]), "boolean"),
        (text == "null", "null"),
        else_="number",
    )
    # a long string is cut by the index: it then has no closing quote
    bare = text.re_replace(r'^\s*"|"\s*$', "").replace('\\"', '"').replace("\\\\", "\\")
    return kind, ibis.ifelse(kind == "string", bare, text)
