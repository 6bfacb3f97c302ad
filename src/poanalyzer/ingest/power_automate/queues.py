"""Items of work queues as cases with one step each.

Mapping: the process is the queue, the case the item, its business key the id that is unique in the queue. ``statuscode`` is a
taxonomy of exceptions: BusinessException is a constraint of the business (no machine could have done it), ITException and
GenericException a failure of the work, ProcessingTimeout and DeadLetter a deadline that passed. How often an item was tried
again is a number without times: it is kept as the variables ``retrycount`` and ``requeuecount``, and makes no attempts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.power_automate.records import Records

if TYPE_CHECKING:
    import ibis

_STATUS = (
    "Queued", "Processing", "Processed", "Paused", "GenericException", "ITException", "BusinessException", "DeadLetter",
    "ProcessingTimeout",
)  # fmt: skip
_STATES = {
    "queued": "waiting", "processing": "running", "processed": "completed", "paused": "suspended", "onhold": "suspended",
    "genericexception": "failed", "itexception": "failed", "businessexception": "failed", "deadletter": "failed",
    "processingtimeout": "failed",
}  # fmt: skip
_KINDS = {
    "businessexception": "constraint", "deadletter": "deadline", "processingtimeout": "deadline",
    "itexception": "work-item-failure", "genericexception": "work-item-failure",
}  # fmt: skip


def queue_items(records: Records) -> ibis.Table:
    """Return one row an item with ``case_id, process_key, queue_title, state, word, closed_at``; kept in the store."""
    import ibis

    rows = records.of("workqueueitem")
    queues = records.of("workqueue").select(q_id="row", q_name="name")
    rows = rows.left_join(queues, [("queue", "q_id")])
    code = ibis.cases(*((rows.status == str(n), word) for n, word in enumerate(_STATUS)), else_=rows.status)
    rows = rows.mutate(word=code.re_replace(r"[\s_]", ""))
    state = ibis.cases(*((rows.word.lower() == w, s) for w, s in _STATES.items()), else_="unknown")
    rows = rows.mutate(
        case_id=rows.row,
        process_key=ibis.coalesce(rows.queue, rows.queue_name, "unknown queue"),
        queue_title=ibis.coalesce(rows.q_name, rows.queue_name),
        state=state,
        failed=state == "failed",
        closed_at=ibis.ifelse(
            state.isin(["completed", "failed"]),
            ibis.coalesce(rows.end, ibis.ifelse(state == "failed", rows.modified, None)),
            None,
        ),
    )
    return records.keep(rows, "items")


def put_items(records: Records, rows: ibis.Table) -> None:
    """Fill ``cases``, ``activities``, ``exceptions`` and ``variables`` with the items."""
    import ibis

    sink = records.sink
    sink.put(
        "cases",
        rows.select(
            "case_id", "process_key", "state", "raw_ref",
            engine=ibis.literal(sink.record.engine), process_name=rows.queue_title, root_case_id=rows.case_id,
            business_key=rows.key, start=rows.created, end=rows.closed_at, trigger=ibis.literal("queue"),
            outcome=ibis.ifelse(rows.failed, rows.word, ibis.null("string")),
        ),
    )  # fmt: skip
    tried = rows.filter(rows.start.notnull())
    machine = ibis.coalesce(tried.machine_user, tried.processor)
    sink.put(
        "activities",
        tried.select(
            "case_id", "raw_ref", "start",
            activity_instance_id=tried.case_id + "/process",
            element_id=ibis.literal("process"),
            activity=ibis.literal("Process item"),
            element_type=ibis.literal("serviceTask"),
            scope_id=tried.case_id,
            scheduled=tried.created,
            end=tried.closed_at,
            start_kind=ibis.literal("observed"),
            state=ibis.cases((tried.failed, "failed"), (tried.state == "completed", "completed"), else_="running"),
            resource=machine,
            resource_type=ibis.ifelse(machine.notnull(), "bot", "system"),
            endpoint=ibis.coalesce(tried.queue_title, tried.process_key),
            due=tried.expiry,
            error_code=ibis.ifelse(tried.failed, tried.word, ibis.null("string")),
        ),
    )  # fmt: skip
    failed = rows.filter(rows.failed & ibis.coalesce(rows.closed_at, rows.start, rows.created).notnull())
    sink.put(
        "exceptions",
        failed.select(
            "case_id", "raw_ref",
            exception_id=failed.case_id,
            activity_instance_id=ibis.ifelse(failed.start.notnull(), failed.case_id + "/process", ibis.null("string")),
            element_id=ibis.literal("process"),
            kind=ibis.cases(*((failed.word.lower() == w, k) for w, k in _KINDS.items()), else_="work-item-failure"),
            code=failed.word,
            raised=ibis.coalesce(failed.closed_at, failed.start, failed.created),
            cleared_by=ibis.literal("none"),
            root_id=failed.case_id,
        ),
    )  # fmt: skip
    for name, column in (("retrycount", rows.retries), ("requeuecount", rows.requeues)):
        known = rows.mutate(number=column).filter(ibis._.number.notnull())
        sink.put(
            "variables",
            known.select(
                "case_id",
                "raw_ref",
                name=ibis.literal(name),
                type=ibis.literal("integer"),
                value=known.number.cast("string"),
            ),
        )
