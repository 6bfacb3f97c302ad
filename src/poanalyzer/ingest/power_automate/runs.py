"""Runs of cloud flows as cases: from the run history and from the Dataverse table ``flowrun``, one case a run.

Mapping: the case is the run's name; both sources give it, so one run found in both is one case, with the times and state of
the run history and with the parent and trigger type that only ``flowrun`` has. The process is the flow (its row in Dataverse
where known). ``tenant`` is the environment. States: Succeeded is completed; Failed, Faulted and TimedOut are failed; Cancelled
and Aborted are terminated; Running, Waiting, Paused and Suspended are what they say; Skipped and Ignored never began and are
no cases. Nobody records who started a run: the owner of a flow is not that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.power_automate.flowids import (
    ENVIRONMENT_OF_PATH,
    RUN_OF_PATH,
    FlowIds,
    flow_of_path,
)
from poanalyzer.ingest.power_automate.records import Records

if TYPE_CHECKING:
    import ibis

STATES = {
    "succeeded": "completed", "success": "completed", "failed": "failed", "faulted": "failed", "timedout": "failed",
    "cancelled": "terminated", "canceled": "terminated", "aborted": "terminated", "terminated": "terminated",
    "running": "running", "waiting": "waiting", "paused": "suspended", "suspended": "suspended",
}  # fmt: skip
#: The process of runs whose flow nothing says.
UNKNOWN = "unknown"
NEVER_BEGAN = ("skipped", "ignored")
CLOSED = ("completed", "failed", "terminated")
_TRIGGERS = {"scheduled": "timer", "automated": "event", "manual": "manual", "instant": "manual"}
_RESUBMITTED = "resubmitFlow"
_COLUMNS = {
    "case_id": "string", "flow": "string", "start": "int64", "end": "int64", "status": "string", "version": "string",
    "tenant": "string", "tracking": "string", "origin": "string", "resubmitted": "boolean", "trigger": "string",
    "parent_case": "string", "error_code": "string", "error_message": "string", "raw_ref": "string",
}  # fmt: skip


def state_of(status: ibis.Value) -> ibis.Value:
    """Return the canonical state of a status word."""
    import ibis

    word = status.lower().re_replace(r"[\s_]", "")
    return ibis.cases(*((word == theirs, ours) for theirs, ours in STATES.items()), else_="unknown")


def cloud_runs(records: Records, ids: FlowIds) -> ibis.Table:
    """Return one row a run: ``case_id, process_key, start, end, state, version, tenant, tracking, origin, resubmitted, trigger,
    parent_case, error_code, error_message, raw_ref``; kept in the store.

    Runs of which only actions were exported are cases of state unknown, from their first action's start to their last one's end.
    """
    import ibis

    rows = ibis.union(_history(records), _dataverse(records), _only_actions(records))
    # the run history is the engine's own word; Dataverse gets it later, and less of it
    first = ibis.row_number().over(group_by="case_id", order_by=["rank_"])
    rows = rows.mutate(first=first)
    merged = rows.group_by("case_id").agg(
        **{
            name: rows[name].argmin(rows["first"], where=rows[name].notnull())
            for name in _COLUMNS
            if name not in ("case_id", "resubmitted")
        },
        resubmitted=rows.resubmitted.any(where=rows.resubmitted.notnull()),
        sources=rows.rank_.min(),
    )
    merged = ids.key(merged, "flow")
    state = ibis.ifelse(merged.sources == 2, "unknown", state_of(merged.status))
    word = merged.status.lower()
    merged = merged.mutate(
        process_key=ibis.coalesce(merged.process_key, UNKNOWN),
        state=state,
        never=word.isin(NEVER_BEGAN).fill_null(False),
        end=ibis.ifelse(state.isin(["running", "waiting", "suspended"]), ibis.null("int64"), merged.end),
    )
    return records.keep(merged, "runs")


def _shaped(rows: ibis.Table, rank: int, **columns: ibis.Value) -> ibis.Table:
    import ibis

    filled = {n: columns[n].cast(k) if n in columns else ibis.null(k) for n, k in _COLUMNS.items()}
    return rows.select(**filled, rank_=ibis.literal(rank))


def _history(records: Records) -> ibis.Table:
    import ibis

    rows = records.of("run")
    keywords = ibis.coalesce(rows.keywords, "") + ibis.coalesce(rows.trigger_keywords, "")
    path = ibis.coalesce(rows.row, "")
    # the stem of a CSV of runs says nothing of the flow: settings may
    declared = records.settings.process
    given = ibis.literal(declared) if declared else ibis.null("string")
    return _shaped(
        rows, 0, case_id=rows.run, start=rows.start, end=rows.end, status=rows.status, version=rows.version,
        flow=ibis.coalesce(flow_of_path(path), flow_of_path(rows.flow_path + "/"), given),
        tenant=path.re_extract(ENVIRONMENT_OF_PATH, 1).nullif(""), tracking=rows.tracking, origin=rows.origin,
        resubmitted=keywords.contains(_RESUBMITTED), error_code=ibis.coalesce(rows.error_code, rows.code.nullif("OK")),
        error_message=rows.error_message, raw_ref=rows.raw_ref,
    )  # fmt: skip


def _dataverse(records: Records) -> ibis.Table:
    import ibis

    rows = _timed(records, records.of("flowrun"))
    trigger = ibis.cases(*((rows.trigger.lower() == theirs, ours) for theirs, ours in _TRIGGERS.items()))
    return _shaped(
        rows, 1, case_id=rows.run, start=rows.start, end=rows.end, status=rows.status, raw_ref=rows.raw_ref,
        flow=ibis.coalesce(rows.flow, rows.flow_id, rows.resource, rows.flow_name), trigger=trigger,
        parent_case=rows.parent_run.nullif("").nullif("0").nullif(rows.run), error_code=rows.error_code,
        error_message=rows.error_message,
    )  # fmt: skip


def _timed(records: Records, rows: ibis.Table) -> ibis.Table:
    """Fill ends, and starts that are dates only, from the duration, once its unit is known from rows that have all three.

    The table's own page calls it seconds, the Web API's page milliseconds.
    """
    import ibis

    dates = "start" in records.dates["flowrun"]
    if dates:
        records.sink.note(
            "warning",
            "the start times of flow runs are dates without a clock: they are taken as unknown, unless the duration tells them",
            fix="Export flowruns through the Web API (OData), which gives full times in UTC.",
        )
        rows = rows.mutate(start=ibis.null("int64"))
    else:
        odd = rows.filter((rows.end < rows.start).fill_null(False))
        if count := int(records.sink.con.execute(odd.count())):
            records.sink.note("warning", f"{count:,} runs end before they start: their end is taken as unknown")
            rows = rows.mutate(end=ibis.ifelse((rows.end < rows.start).fill_null(False), ibis.null("int64"), rows.end))
    unit = duration_unit(rows)
    if unit:
        span = rows.duration * unit
        closed = state_of(rows.status).isin(CLOSED)
        rows = rows.mutate(end=ibis.ifelse(rows.end.isnull() & closed, rows.start + span, rows.end))
    return rows


def duration_unit(rows: ibis.Table) -> int | None:
    """Return how many microseconds one unit of ``duration`` is, from rows with start and end; None where none tells."""
    span = rows.end - rows.start
    known = rows.filter(rows.duration.notnull() & (rows.duration > 0) & (span > 1_000_000))
    ratio = (known.duration.cast("float64") * 1e6 / (known.end - known.start)).median()
    found = known.aggregate(r=ratio).to_pyarrow()["r"][0].as_py()
    if found is None:
        return None
    return 1_000_000 if found < 30 else 1_000


def _only_actions(records: Records) -> ibis.Table:
    import ibis

    rows = ibis.union(
        *(records.of(kind).select("row", "start", "end", "tracking") for kind in ("action", "repetition"))
    )
    rows = rows.mutate(run=rows.row.re_extract(RUN_OF_PATH, 1).nullif(""))
    rows = rows.filter(rows.run.notnull())
    grouped = rows.group_by("run").agg(
        path=rows.row.min(), start=rows.start.min(), end=rows.end.max(), tracking=rows.tracking.max()
    )
    return _shaped(
        grouped, 2, case_id=grouped.run, start=grouped.start, end=grouped.end, flow=flow_of_path(grouped.path),
        tenant=grouped.path.re_extract(ENVIRONMENT_OF_PATH, 1).nullif(""), tracking=grouped.tracking,
        raw_ref=ibis.literal("action:") + grouped.path,
    )  # fmt: skip


def with_restarts(records: Records, runs: ibis.Table) -> ibis.Table:
    """Add ``restarted_from`` and, on the earlier run, ``restarted_at`` and ``restarted_as``.

    A run is a resubmission where the engine's keyword says so; it is one of the latest earlier run of the same flow that goes
    back to the same trigger event (or bears the same tracking id).
    """
    import ibis

    acts = records.of("action")
    marked = (
        acts.filter(acts.keywords.contains(_RESUBMITTED)).select(run=acts.row.re_extract(RUN_OF_PATH, 1)).distinct()
    )
    runs = runs.left_join(marked, [("case_id", "run")])
    runs = runs.mutate(resubmitted=runs.resubmitted.fill_null(False) | runs.run.notnull()).drop("run")
    again = runs.filter(runs.resubmitted).select(
        a_case="case_id", a_key="process_key", a_start="start", a_origin="origin", a_tracking="tracking"
    )
    before = runs.select(
        b_case="case_id", b_key="process_key", b_start="start", b_origin="origin", b_tracking="tracking"
    )
    same_origin = (again.a_origin == before.b_origin).fill_null(False)
    same_event = same_origin | (again.a_tracking == before.b_tracking).fill_null(False)
    pairs = again.join(before, [again.a_key == before.b_key, again.a_start > before.b_start, same_event])
    latest = ibis.row_number().over(group_by="a_case", order_by=[ibis._.b_start.desc(), "b_case"])
    pairs = pairs.mutate(n=latest).filter(ibis._.n == 0).select("a_case", "b_case", "a_start")
    pairs = records.keep(pairs, "restarts")
    runs = runs.left_join(pairs.select("a_case", restarted_from="b_case"), [("case_id", "a_case")]).drop("a_case")
    later = pairs.group_by("b_case").agg(
        restarted_at=pairs.a_start.min(), restarted_as=pairs.a_case.argmin(pairs.a_start)
    )
    return records.keep(runs.left_join(later, [("case_id", "b_case")]).drop("b_case"), "runs")
