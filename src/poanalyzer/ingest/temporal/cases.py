"""Runs as cases: a chain of runs is one.

A workflow goes on in a new run when it continues as new, when its retry policy tries it again, and when somebody resets it: all
of that is one piece of work, and one case. Each round of a cron schedule is a piece of work of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.engine.calls import put_calls, with_roots
from poanalyzer.ingest.temporal.events import Events

if TYPE_CHECKING:
    import ibis

_STATES = {
    "workflowexecutioncompleted": "completed", "workflowexecutionfailed": "failed", "workflowexecutiontimedout": "failed",
    "workflowexecutioncanceled": "terminated", "workflowexecutionterminated": "terminated",
}  # fmt: skip
#: A workflow's id that holds a random one names no business object.
_RANDOM = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


def chained_runs(events: Events) -> ibis.Table:
    """Return the runs with ``case_id``, ``nth`` (which of its case's, from 0), ``is_last``, ``here`` (the run that a reset copied
    is in the export), ``goes_on`` (in a run of the same case) and ``round`` (ended as a round of a cron schedule)."""
    import ibis

    runs = events.runs
    bases = runs.select(base="run")
    runs = runs.left_join(bases, [("base_run", "base")]).mutate(here=ibis._.base.notnull()).drop("base")
    chain = ibis.coalesce(runs.first_run, runs.run)
    runs = runs.mutate(chain=chain, since=ibis.coalesce(runs.reset_at, runs.start))
    order = [runs.since, runs.run]
    nth = ibis.row_number().over(group_by="chain", order_by=order)
    fresh = ((runs.initiator == "cronschedule") & runs.reset_id.isnull() & (nth > 0)).fill_null(False)
    runs = runs.mutate(fresh=fresh.cast("int64"))
    upto = ibis.window(group_by="chain", order_by=[runs.since, runs.run], preceding=None, following=0)
    runs = events.keep(runs.mutate(segment=runs.fresh.sum().over(upto)), "segments")
    within = ibis.window(group_by=["chain", "segment"], order_by=[runs.since, runs.run])
    head = runs.run.first().over(within)
    continued = runs.how == "workflowexecutioncontinuedasnew"
    by_cron = ibis.ifelse(continued, runs.going_on == "cronschedule", runs.new_run.notnull() & runs.cron.notnull())
    retried = (runs.how.isin(["workflowexecutionfailed", "workflowexecutiontimedout"])) & runs.new_run.notnull()
    by_cron = by_cron.fill_null(False) & ~(retried & (runs.retry_state == "inprogress")).fill_null(False)
    runs = runs.mutate(
        case_id=ibis.ifelse(runs.segment == 0, runs.chain, head),
        nth=ibis.row_number().over(within),
        is_last=ibis.row_number().over(
            group_by=["chain", "segment"], order_by=[runs.since.desc(), runs.run.desc()]
        ) == 0,
        round=by_cron,
        goes_on=((continued | retried) & ~by_cron).fill_null(False),
    )  # fmt: skip
    return events.keep(runs, "chained")


def put_cases(events: Events, runs: ibis.Table) -> ibis.Table:
    """Fill ``cases`` and ``links``; return the cases.

    A case whose first run is not in the export began nobody knows when; one whose last run went on in a run that is not in
    the export is of unknown state.
    """
    import ibis

    sink = events.sink
    first, final = runs.nth == 0, runs.is_last
    cut = runs.continued_run.notnull() & (runs.initiator != "cronschedule").fill_null(True) & runs.reset_id.isnull()
    of_case = runs.group_by("case_id").agg(
        process_key=runs.workflow_type.argmin(runs.nth),
        process_version=runs.build.argmin(runs.nth, where=runs.build.notnull()),
        workflow=runs.workflow.max(where=first),
        named=runs.named.max(where=first),
        parent_run=runs.parent_run.max(where=first),
        parent_event=runs.parent_event.max(where=first),
        started_by=runs.started_by.max(where=first),
        began=runs.start.min(where=first),
        cut=cut.max(where=first),
        clocked=(runs.cron.notnull() | runs.scheduled).max(where=first),
        signalled=runs.signalled.max(where=first),
        how=runs.how.max(where=final),
        ended=runs.end.max(where=final),
        goes_on=runs.goes_on.max(where=final),
        round=runs["round"].max(where=final),
        because=runs.because.max(where=final),
        runs=runs.count(),
        file=runs.file.max(where=final),
    )
    callers = runs.select(caller_run="run", caller_case="case_id")
    found = of_case.left_join(callers, [("parent_run", "caller_run")])
    found = found.mutate(parent_case=ibis.coalesce(found.caller_case, found.parent_run)).drop(
        "caller_run", "caller_case"
    )
    found = events.keep(with_roots(found, "parent_case", events.keep), "cases")
    state = ibis.cases(
        (found.goes_on.fill_null(False), "unknown"),
        (found.how.isnull(), "running"),
        *((found.how == theirs, ours) for theirs, ours in _STATES.items()),
        # a round of a schedule that goes on in the next one, as older servers write it
        (found.because.notnull(), "failed"),
        else_="completed",
    )
    trigger = ibis.cases(
        (found.parent_run.notnull(), "call"),
        (found.clocked.fill_null(False), "timer"),
        (found.signalled.fill_null(False), "signal"),
        else_="api",
    )
    caller = ibis.ifelse(
        found.parent_event.notnull(), found.parent_run + ":" + found.parent_event.cast("string"), ibis.null("string")
    )
    found = found.mutate(
        state=state,
        trigger=trigger,
        start=ibis.ifelse(found.cut.fill_null(False), ibis.null("int64"), found.began),
        end=ibis.ifelse(state.isin(["running", "unknown"]), ibis.null("int64"), found.ended),
        key=ibis.ifelse(found.workflow.re_search(_RANDOM), ibis.null("string"), found.workflow),
        parent_activity_instance_id=ibis.ifelse(found.parent_run.notnull(), caller, ibis.null("string")),
        raw_ref=found.file + ": " + found.case_id,
    )
    found = events.keep(found, "cases")
    sink.put(
        "cases",
        found.select(
            "case_id", "process_version", "root_case_id", "parent_activity_instance_id", "started_by", "start", "end",
            "state", "trigger", "raw_ref",
            engine=ibis.literal(sink.record.engine),
            process_key=ibis.coalesce(found.process_key, "unknown"),
            parent_case_id=found.parent_case,
            business_key=found.key,
        ),
    )  # fmt: skip
    put_calls(found, sink, parent="parent_case", key="workflow", raw_ref="raw_ref")
    return found
