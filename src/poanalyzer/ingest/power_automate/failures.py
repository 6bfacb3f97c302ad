"""Failed actions and failed runs as exceptions, and what became of them.

A failed action is handled by the model where a successor that waits for a failure (``runAfter`` Failed or TimedOut), its own
or that of a scope around it, ran after it; or where the run succeeded all the same. A run that somebody submitted again was
cleared by an operator when the new run ended well. Anything else was not cleared. TimedOut is a deadline; status codes 429
and 5xx are a resource that was unavailable. A scope or loop that failed because of something in it is no failure of its own:
its root is the last failed action inside. Runs without a failed action in the export stand for themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.power_automate.records import Records

if TYPE_CHECKING:
    import ibis

#: A container's word for “something in me failed”.
_BECAUSE_OF_CHILD = ("ActionFailed", "NotSpecified", "ActionBranchingConditionNotSatisfied")
_BUSY = r"(?i)^(429|5\d\d|toomanyrequests|throttl.*|ratelimit.*|internalservererror|serviceunavailable|badgateway|gatewaytimeout|serverbusy|bandwidthlimitexceeded)$"  # noqa: E501
_LATE = r"(?i)^(timed_?out|actiontimedout|requesttimeout|408|.*timeoutexpired)$"


def kind_of(code: ibis.Value, late: ibis.Value) -> ibis.Value:
    """Return the kind of an exception from its code; ``late``: the engine says that time ran out."""
    import ibis

    text = ibis.coalesce(code, "")
    return ibis.cases(
        (late | text.re_search(_LATE), "deadline"), (text.re_search(_BUSY), "resource-unavailable"),
        else_="work-item-failure",
    )  # fmt: skip


def put_failures(
    records: Records, rows: ibis.Table, runs: ibis.Table, handlers: ibis.Table, scopes: ibis.Table
) -> None:
    """Fill ``exceptions``."""
    failed = records.keep(_failed(rows, runs), "failed")
    _put(records, _with_roots(records, _with_handlers(records, failed, rows, handlers), scopes))
    _put_runs(records, failed, runs)


def _failed(rows: ibis.Table, runs: ibis.Table) -> ibis.Table:
    import ibis

    found = rows.filter((rows.state == "failed") & (rows.end.notnull() | rows.start.notnull()))
    again = runs.select("case_id", "restarted_at", "restarted_as", case_end="end")
    later = runs.select(again="case_id", again_state="state", again_end="end")
    found = found.join(again, "case_id").left_join(later, [("restarted_as", "again")])
    code = ibis.coalesce(found.error_code.nullif("NotSpecified"), found.code.nullif("NotSpecified"))
    inner = ibis.coalesce(code, _BECAUSE_OF_CHILD[1]).isin(_BECAUSE_OF_CHILD)
    return found.select(
        "instance", "case_id", "element", "suffix", "start", "process_key", "process_version", "m_type", "case_state",
        "restarted_at", "again_state", "again_end", "case_end", "raw_ref",
        failed_at=ibis.coalesce(found.end, found.start),
        code=code,
        late=found.status.lower() == "timedout",
        container=(found.m_type == "subProcess").fill_null(False) & inner,
    )  # fmt: skip


def _with_handlers(records: Records, failed: ibis.Table, rows: ibis.Table, handlers: ibis.Table) -> ibis.Table:
    """Add ``handled_by`` and ``handled_at``: the nearest successor that waits for the failure and ran after it."""
    import ibis

    ran = rows.filter((rows.state != "skipped") & rows.start.notnull())
    ran = ran.select(y_case="case_id", y_element="element", y_suffix="suffix", y_start="start")
    pairs = failed.select(
        "instance", "case_id", "element", "suffix", "failed_at", "process_key", "process_version", "late"
    )
    pairs = pairs.join(
        handlers,
        [("process_key", "m_key"), ("process_version", "m_version"), ("element", "h_element")],
    )
    fits = (pairs.h_status == "any") | ((pairs.h_status == "timedout") == pairs.late)
    pairs = pairs.filter(fits)
    pairs = pairs.join(
        ran, [pairs.case_id == ran.y_case, pairs.h_handler == ran.y_element, ran.y_start >= pairs.failed_at]
    )
    # a handler inside the loop is that of the same repetition
    inside = (pairs.y_suffix == "") | pairs.suffix.startswith(pairs.y_suffix)
    pairs = pairs.filter(inside)
    rank = ibis.row_number().over(group_by="instance", order_by=["h_distance", "y_start", "h_handler"])
    best = pairs.mutate(place=rank).filter(ibis._.place == 0)
    best = best.select(of="instance", handled_by="h_handler", handled_at="y_start")
    return records.keep(failed.left_join(best, [("instance", "of")]).drop("of"), "handled")


def _with_roots(records: Records, failed: ibis.Table, scopes: ibis.Table) -> ibis.Table:
    """Add ``root_id``: a container that failed because of something in it points to the last of what failed inside."""
    import ibis

    outer = failed.filter(failed.container)
    outer = outer.select(
        c_instance="instance", c_case="case_id", c_element="element", c_key="process_key", c_version="process_version",
        c_start="start", c_end="failed_at",
    )  # fmt: skip
    known = scopes.select(k_key="m_key", k_version="m_version").distinct()
    outer = outer.left_join(known, [("c_key", "k_key"), ("c_version", "k_version")])
    inner = failed.filter(~failed.container).select(
        i_instance="instance", i_case="case_id", i_element="element", i_end="failed_at"
    )
    pairs = outer.join(inner, [outer.c_case == inner.i_case, inner.i_end <= outer.c_end,
                               ibis.coalesce(outer.c_start, inner.i_end) <= inner.i_end])  # fmt: skip
    pairs = pairs.left_join(
        scopes, [("c_key", "m_key"), ("c_version", "m_version"), ("c_element", "s_scope"), ("i_element", "s_inner")]
    )
    pairs = pairs.filter(pairs.s_inner.notnull() | pairs.k_key.isnull())
    rank = ibis.row_number().over(group_by="c_instance", order_by=[ibis._.i_end.desc(), "i_instance"])
    best = pairs.mutate(place=rank).filter(ibis._.place == 0).select(of="c_instance", root="i_instance")
    rooted = failed.left_join(best, [("instance", "of")])
    return rooted.mutate(root_id=ibis.coalesce(rooted.root, rooted.instance)).drop("of", "root")


def _put(records: Records, rows: ibis.Table) -> None:
    import ibis

    coped = rows.handled_by.notnull() | (rows.case_state == "completed")
    by = ibis.cases((coped, "model"), (_repaired(rows), "operator"), else_="none")
    records.sink.put(
        "exceptions",
        rows.select(
            "case_id", "code", "handled_by", "raw_ref",
            exception_id=rows.instance,
            activity_instance_id=rows.instance,
            element_id=rows.element,
            kind=kind_of(rows.code, rows.late.fill_null(False)),
            raised=rows.failed_at,
            cleared=ibis.cases(
                (rows.handled_by.notnull(), rows.handled_at), (coped, ibis.coalesce(rows.case_end, rows.failed_at)),
                (_repaired(rows), rows.again_end),
            ),
            cleared_by=by,
            root_id=rows.root_id,
        ),
    )  # fmt: skip


def _repaired(rows: ibis.Table) -> ibis.Value:
    return (rows.again_state == "completed").fill_null(False) & rows.again_end.notnull()


def _put_runs(records: Records, failed: ibis.Table, runs: ibis.Table) -> None:
    """Put one exception for each failed run of which no failed action is in the export."""
    import ibis

    alone = runs.filter((runs.state == "failed") & ~runs.never).anti_join(
        failed.select("case_id").distinct(), "case_id"
    )
    later = runs.select(again="case_id", again_state="state", again_end="end")
    alone = alone.left_join(later, [("restarted_as", "again")])
    raised = ibis.coalesce(alone.end, alone.start)
    alone = alone.mutate(raised=raised).filter(raised.notnull())
    records.sink.put(
        "exceptions",
        alone.select(
            "case_id", "raised", "raw_ref",
            exception_id=alone.case_id,
            kind=kind_of(alone.error_code, (alone.status.lower() == "timedout").fill_null(False)),
            code=alone.error_code,
            cleared=ibis.ifelse(_repaired(alone), alone.again_end, ibis.null("int64")),
            cleared_by=ibis.ifelse(_repaired(alone), "operator", "none"),
            root_id=alone.case_id,
        ),
    )  # fmt: skip
