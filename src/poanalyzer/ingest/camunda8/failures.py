"""Failed tries and incidents of exporter records.

A job that fails stays the same job of the same element instance; each failure is a record. An incident is resolved by
somebody, or some script, so that work goes on; or it goes with its element when that is terminated: by a cancellation,
by an event that interrupts it, or by an operator who moves the token elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.records import Records

if TYPE_CHECKING:
    import ibis

_FAILED = ("FAILED", "TIMED_OUT", "ERROR_THROWN")


def put_attempts(records: Records, sink: Sink) -> None:
    """Fill ``attempts``: jobs that failed, ran into their time limit, or threw an error that nothing in the model caught."""
    import ibis

    jobs = records.of("JOB")
    jobs = jobs.filter(jobs.processInstanceKey.notnull() & jobs.elementId.notnull())
    uncaught = records.of("INCIDENT", "CREATED").filter(ibis._.errorType == "UNHANDLED_ERROR_EVENT")
    uncaught = uncaught.select(loose="elementInstanceKey").filter(ibis._.loose.notnull()).distinct()
    failed = jobs.filter(jobs.intent.isin(_FAILED)).left_join(uncaught, [("elementInstanceKey", "loose")])
    failed = failed.filter((failed.intent != "ERROR_THROWN") | failed.loose.notnull())
    nth = ibis.row_number().over(group_by="key", order_by="position")
    sink.put(
        "attempts",
        failed.select(
            "at", "worker", "raw_ref",
            case_id="processInstanceKey",
            activity_instance_id=failed.elementInstanceKey,
            element_id="elementId",
            attempt=nth + 1,
            error_code=failed.errorCode,
            message=ibis.coalesce(
                failed.errorMessage, ibis.ifelse(failed.intent == "TIMED_OUT", "timed out", ibis.null("string"))
            ),
            retries_left=ibis.greatest(failed.retries.try_cast("int64"), 0),
        ),
    )  # fmt: skip


def incidents(records: Records, instances: ibis.Table) -> ibis.Table:
    """Return incidents, one a key, with how each was cleared; kept in the store.

    ``cleared_by``: ``cancel`` where its case was being terminated, ``operator`` where its element was not (work went on) or
    a modification took it away, ``model`` where an event of the case interrupted it at that moment.
    """
    import ibis

    rows = records.of("INCIDENT")
    rows = rows.filter(rows.processInstanceKey.notnull())
    made, solved = rows.intent == "CREATED", rows.intent == "RESOLVED"
    found = rows.group_by("key").agg(
        case_id=rows.processInstanceKey.max(),
        element_id=rows.elementId.argmax(rows.position),
        instance=rows.elementInstanceKey.max(),
        code=rows.errorType.max(),
        job=rows.jobKey.max(),
        raised=rows["at"].min(where=made),
        first_seen=rows["at"].min(),
        cleared=rows["at"].max(where=solved),
        cleared_at=rows.position.max(where=solved),
        user=rows.user.max(where=solved),
    )
    hosts = instances.select(host="key", host_left="left_at", host_leaving="leaving")
    cases = instances.filter(instances.kind == "PROCESS").select(of_case="case_id", case_left="left_at")
    moved = records.of("PROCESS_INSTANCE_MODIFICATION", "MODIFIED")
    moved = moved.select(moved_case="processInstanceKey", moved_at="at").distinct()
    events = instances.filter(instances.kind.isin(["BOUNDARY_EVENT", "EVENT_SUB_PROCESS"]))
    events = events.select(fired_case="case_id", fired_at="start").distinct()
    found = found.left_join(hosts, [("instance", "host")])
    found = found.left_join(cases, [("case_id", "of_case")])
    found = found.left_join(moved, [("case_id", "moved_case"), ("cleared", "moved_at")])
    found = found.left_join(events, [("case_id", "fired_case"), ("cleared", "fired_at")])
    leaving = (found.host_left < found.cleared_at).fill_null(False)
    cleared_by = ibis.cases(
        (found.cleared.isnull(), "none"),
        ((found.case_left < found.cleared_at).fill_null(False), "cancel"),
        (~leaving, "operator"),
        (found.moved_at.notnull(), "operator"),
        (found.fired_at.notnull(), "model"),
        else_="cancel",
    )
    rows = found.mutate(
        raised=ibis.coalesce(found.raised, found.first_seen),
        cleared_by=cleared_by,
        by_hand=~leaving & found.cleared.notnull(),
    )
    columns = ("key", "case_id", "element_id", "instance", "code", "raised", "cleared", "cleared_by", "user", "by_hand")
    return records.keep(rows.select(*columns), "incidents")


def put_incidents(found: ibis.Table, sink: Sink) -> None:
    """Fill ``exceptions`` with incidents. Each is its own root: a call activity does not repeat those of its child."""
    import ibis

    sink.put(
        "exceptions",
        found.select(
            "case_id", "element_id", "code", "raised", "cleared", "cleared_by",
            exception_id=found.key,
            activity_instance_id=found.instance.nullif(found.case_id),
            kind=ibis.literal("work-item-failure"),
            root_id=found.key,
            raw_ref=ibis.literal("INCIDENT:") + found.key,
        ),
    )  # fmt: skip
