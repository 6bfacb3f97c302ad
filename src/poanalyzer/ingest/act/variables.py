"""Process variables of tables ``ACT_HI_VARINST`` and ``ACT_HI_DETAIL``, as Camunda 7, Flowable and Activiti keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export

if TYPE_CHECKING:
    import ibis

_WHOLE = ("integer", "long", "short")


def put_variables(export: Export, sink: Sink) -> None:
    """Fill ``variables``: every update with its time where the export has them, else the last value without one.

    Values are text. What is serialised stays without a value: it is code, not data. Fields of forms count where they did
    not become a variable of that name at that moment.
    """
    updates = _updates(export)
    sink.put("variables", _rows(updates, updates.TIME_, "ACT_HI_DETAIL"))
    if export.has("HI_VARINST"):
        last = _last_values(export, updates)
        sink.put("variables", _rows(last, None, "ACT_HI_VARINST"))


def _updates(export: Export) -> ibis.Table:
    """Return the usable rows of ACT_HI_DETAIL. Rows without a time are left out: the last value is known besides."""
    rows = export.table("HI_DETAIL")
    rows = rows.filter(rows.PROC_INST_ID_.notnull() & rows.NAME_.notnull() & rows.TIME_.notnull())
    variables = rows.filter(rows.TYPE_ == "VariableUpdate")
    fields = rows.filter((rows.TYPE_ == "FormProperty") & rows.TEXT_.notnull())
    same = ["PROC_INST_ID_", "NAME_", "TIME_"]
    return variables.union(fields.anti_join(variables.select(same).distinct(), same))


def _last_values(export: Export, updates: ibis.Table) -> ibis.Table:
    """Return the rows of ACT_HI_VARINST whose variable has no update."""
    rows = export.table("HI_VARINST")
    rows = rows.filter(rows.PROC_INST_ID_.notnull() & rows.NAME_.notnull())
    rows = rows.filter((rows.STATE_ != "DELETED").fill_null(True))
    if not export.has("HI_DETAIL"):
        return rows
    if export.has_column("HI_DETAIL", "VAR_INST_ID_"):
        known = updates.filter(updates.VAR_INST_ID_.notnull()).select(known_id="VAR_INST_ID_").distinct()
        return rows.anti_join(known, [("ID_", "known_id")])
    # Flowable and Activiti do not say which variable an update is of
    known = updates.select(known_case="PROC_INST_ID_", known_name="NAME_").distinct()
    return rows.anti_join(known, [("PROC_INST_ID_", "known_case"), ("NAME_", "known_name")])


def _rows(rows: ibis.Table, at: ibis.Value | None, table: str) -> ibis.Table:
    import ibis

    # a variable that holds nothing is of type “null”, which text exports cannot tell from no value
    kind = rows.VAR_TYPE_.lower().fill_null("null")
    if table == "ACT_HI_DETAIL":
        kind = ibis.ifelse(rows.TYPE_ == "FormProperty", "string", kind)
    instant = rows.LONG_.try_cast("int64")
    # dates are epoch milliseconds: written as seconds since then would say, in ISO 8601 UTC
    date = (instant // 1000).as_timestamp("s").strftime("%Y-%m-%dT%H:%M:%SZ")
    value = ibis.cases(
        (kind == "string", rows.TEXT_),
        (kind.isin(_WHOLE), rows.LONG_),
        (kind == "boolean", ibis.cases((rows.LONG_ == "1", "true"), (rows.LONG_ == "0", "false"))),
        (kind == "double", rows.DOUBLE_),
        (kind == "date", date),
    )
    return rows.select(
        case_id=rows.PROC_INST_ID_,
        activity_instance_id=rows.ACT_INST_ID_.nullif(rows.PROC_INST_ID_),
        name=rows.NAME_,
        type=kind,
        value=value,
        at=ibis.null("int64") if at is None else at,
        raw_ref=ibis.literal(f"{table}:") + rows.ID_,
    )
