"""What came from outside a workflow: termination, requests to cancel, resets and signals; and the versions that ran.

Operations bear the names that Camunda 7 gives to the same ones, where it has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.temporal.events import Events

if TYPE_CHECKING:
    import ibis

#: The server's own hand: children that end with their parent, signals from workflow to workflow.
_SERVER = "history-service"
#: Kind of event → operation and the kind of thing it is done to.
_OPERATIONS = {
    "workflowexecutionterminated": ("Delete", "ProcessInstance"),
    "workflowexecutioncancelrequested": ("Cancel", "ProcessInstance"),
    "workflowtaskfailed": ("ModifyProcessInstance", "ProcessInstance"),
    "workflowexecutionsignaled": ("Signal", "Message"),
}  # fmt: skip


def put_operations(events: Events, runs: ibis.Table) -> None:
    """Fill ``operations``; a run that ended because it was reset was not deleted."""
    import ibis

    rows = events.of(*_OPERATIONS)
    of_run = runs.select("run", "case_id", "reset_id", "here", "is_last")
    rows = rows.join(of_run, "run")
    by_hand = (rows.identity != _SERVER).fill_null(True) & rows.signaller.isnull()
    wanted = ibis.cases(
        (rows.type == "workflowtaskfailed", rows.new_run.notnull()),
        (rows.type == "workflowexecutionterminated", by_hand & rows.is_last),
        else_=by_hand,
    )
    rows = rows.filter(wanted & ~(rows.here & (rows.id < rows.reset_id)).fill_null(False))
    events.sink.put(
        "operations",
        rows.select(
            "case_id", "at",
            operation=ibis.cases(*((rows.type == k, o) for k, (o, _) in _OPERATIONS.items())),
            entity=ibis.cases(*((rows.type == k, e) for k, (_, e) in _OPERATIONS.items())),
            user=rows.identity,
            operation_id=rows.run + ":" + rows.id.cast("string"),
            raw_ref=rows.file + ": event " + rows.id.cast("string"),
        ),
    )  # fmt: skip


def put_signals(events: Events, runs: ibis.Table) -> None:
    """Fill ``links`` with signals from workflow to workflow, where the history names the run that was meant, or one fits."""
    import ibis

    rows = events.of("signalexternalworkflowexecutioninitiated")
    of_run = runs.select("run", from_case="case_id")
    meant = runs.select(to_run="run", to_case="case_id")
    alone = runs.group_by(to_workflow="workflow").agg(only=runs.case_id.min(), n=runs.case_id.nunique())
    alone = alone.filter(alone.n == 1).drop("n")
    rows = rows.join(of_run, "run").left_join(meant, [("other_run", "to_run")])
    rows = rows.left_join(alone, [("other_workflow", "to_workflow")])
    to_case = ibis.coalesce(rows.to_case, ibis.ifelse(rows.other_run.isnull(), rows.only, ibis.null("string")))
    rows = rows.mutate(to_case_id=to_case).filter(ibis._.to_case_id.notnull())
    events.sink.put(
        "links",
        rows.select(
            "to_case_id", from_case_id="from_case", kind=ibis.literal("signal"), key="name",
            raw_ref=rows.file + ": event " + rows.id.cast("string"),
        ),
    )  # fmt: skip


def put_definitions(events: Events, cases: ibis.Table) -> None:
    """Fill ``definitions``: the builds on which cases of a workflow type began. Code has no model to compare."""
    import ibis

    rows = cases.filter(cases.process_version.notnull() & cases.process_key.notnull())
    rows = rows.group_by(["process_key", "process_version"]).agg(file=rows.raw_ref.min())
    events.sink.put(
        "definitions",
        rows.select("process_key", version="process_version", raw_ref=ibis.literal("build ") + rows.process_version),
    )
