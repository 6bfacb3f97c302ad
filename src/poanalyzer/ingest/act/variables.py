"""Process variables of tables ``ACT_HI_VARINST``, as Camunda 7, Flowable and Activiti keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export

if TYPE_CHECKING:
    pass

_WHOLE = ("integer", "long", "short")


def put_variables(export: Export, sink: Sink) -> None:
    """Fill ``variables`` with last values as text. What is serialised stays without a value: it is code, not data."""
    import ibis

    rows = export.table("HI_VARINST")
    rows = rows.filter(rows.PROC_INST_ID_.notnull() & rows.NAME_.notnull())
    rows = rows.filter((rows.STATE_ != "DELETED").fill_null(True))
    kind = rows.VAR_TYPE_.lower()
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
    sink.put(
        "variables",
        rows.select(
            case_id=rows.PROC_INST_ID_,
            activity_instance_id=rows.ACT_INST_ID_.nullif(rows.PROC_INST_ID_),
            name=rows.NAME_,
            type=kind,
            value=value,
            raw_ref=ibis.literal("ACT_HI_VARINST:") + rows.ID_,
        ),
    )
