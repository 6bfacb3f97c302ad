"""The canonical tables as people know them: names in place of integers, UTC timestamps in place of microseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import TABLES, TIME

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog


def timestamp(micros: ibis.IntegerValue) -> ibis.TimestampValue:
    """Return the UTC timestamp (without zone) of int64 microseconds."""
    import ibis

    return ibis.timestamp("1970-01-01 00:00:00") + micros.as_interval("us")


def canonical(log: EventLog, name: str) -> ibis.Table:
    """Return the canonical table ``name`` of a sealed log."""
    if name not in TABLES:
        raise KeyError(name)
    if name == "activities":
        rows = _activities(log)
    elif name == "cases":
        rows = log.coded("c_cases")
    else:
        rows = log.coded(name)
    return rows.select(
        **{
            column: timestamp(rows[column]) if kind.rstrip("!") == TIME else rows[column]
            for column, kind in TABLES[name].items()
        }
    )


def _activities(log: EventLog) -> ibis.Table:
    import ibis

    acts = log.coded("c_acts")
    cases = log.coded("c_cases").select("case_ix", "case_id")
    steps = log.coded("d_step").select("step_ix", "element_id", "activity", "element_type", "endpoint")
    who = log.coded("d_resource").select("resource_ix", "resource", "role", "resource_type")
    rows = acts.join(cases, "case_ix").join(steps, "step_ix").join(who, "resource_ix")
    number = ibis.row_number().over(
        group_by=rows.case_ix, order_by=[rows.at, rows.end, rows.seq, rows.activity, rows.resource]
    )
    # a plain log names no instances: their place in the case is their name
    made = rows.case_id + "/" + number.cast("string")
    paths = [(rows.sink == n, r.path) for n, r in enumerate(log.inputs)]
    refs = [(rows.sink == n, ibis.literal(r.activity_refs)) for n, r in enumerate(log.inputs) if r.activity_refs]
    ref = ibis.cases(*refs) + rows.activity_instance_id if refs else ibis.null("string")
    observed = ibis.ifelse(rows.start.notnull(), "observed", ibis.null("string"))
    return rows.mutate(
        activity_instance_id=ibis.coalesce(rows.activity_instance_id, made),
        source=ibis.cases(*paths),
        raw_ref=ibis.coalesce(rows.raw_ref, ref),
        start_kind=ibis.coalesce(rows.start_kind, observed),
    )
