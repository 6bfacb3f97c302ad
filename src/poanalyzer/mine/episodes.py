"""Episodes: all failures of one activity instance that belong together, and how each ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_MACHINE

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog

HOUR_US = 3_600_000_000
DISPOSITIONS = ("retried_ok", "modelled", "manual", "cancelled", "dead", "open")
#: Dispositions in which the process coped by itself.
HANDLED = ("retried_ok", "modelled")
_FAR = 9_000_000_000_000_000


def build_episodes(log: EventLog, steps: ibis.Table, cases: ibis.Table) -> ibis.Table:
    """Create and return ``m_episodes``: one row an episode.

    Columns: ``case_ix, process_ix, root_ix, element_id, first_at, last_at, attempts, exceptions, incidents, kind,
    recorded`` (the engine kept a row of the element), ``machine`` (how many rows of non-human work the case has of it),
    ``disposition, restored`` (when the episode was over, null while open).

    An episode joins all exceptions and failed attempts of one activity instance (or case and element, where the
    engine names no instance) whose gaps are at most the element's retry back-off or one hour, whichever is longer.
    Dispositions, first that applies: ``open`` something is not cleared and the case goes on; ``manual`` an operator
    cleared it; ``modelled`` the model did; ``cancelled`` it ended with the cancellation of the work or the case;
    ``retried_ok`` the element completed after the last failure; ``dead`` the case failed; else ``open``. Source: after the
    exception handling patterns of Russell, van der Aalst and ter Hofstede (2006).
    """
    import ibis

    rows = _failures(log, steps)
    rows = rows.join(cases.select("case_ix", "root_ix", "state", "closed", case_end="end"), "case_ix")
    backoff = _backoff(log)
    rows = rows.left_join(backoff, ["process_ix", "element_id"]).drop("process_ix_right", "element_id_right")
    order = ibis.window(group_by=["case_ix", "unit"], order_by=["at", "until"])
    before = ibis.window(group_by=["case_ix", "unit"], order_by=["at", "until"], preceding=(None, 1))
    upto = ibis.window(group_by=["case_ix", "unit"], order_by=["at", "until"], preceding=None, following=0)
    reach = rows.until.max().over(before)
    gap = ibis.greatest(ibis.coalesce(rows.backoff, HOUR_US), HOUR_US)
    rows = rows.mutate(
        fresh=(reach.isnull() | (rows.at - reach > gap)).cast("int64"), place=ibis.row_number().over(order)
    )
    rows = rows.mutate(episode=rows.fresh.sum().over(upto))
    found = rows.group_by(["case_ix", "process_ix", "root_ix", "unit", "episode"]).agg(
        element_id=rows.element_id.max(),
        first_at=rows.at.min(),
        last_at=rows.at.max(),
        attempts=rows.is_attempt.sum(),
        exceptions=(1 - rows.is_attempt).sum(),
        incidents=rows.is_incident.sum(),
        kind=rows.kind.min(),
        by_operator=(rows.cleared_by == "operator").max(),
        by_model=(rows.cleared_by == "model").max(),
        by_cancel=(rows.cleared_by == "cancel").max(),
        uncleared=(
            (rows.is_attempt == 0) & rows.cleared.isnull() & ibis.coalesce(rows.cleared_by, "none").isin(["none"])
        ).max(),
        cleared=rows.cleared.max(),
        state=rows.state.max(),
        closed=rows.closed.max(),
        case_end=rows.case_end.max(),
    )
    done = _completions(log)
    after = found.join(done, ["case_ix", "element_id"])
    after = (
        after.filter(after.done_at >= after.last_at)
        .group_by(["case_ix", "unit", "episode"])
        .agg(done_at=after.done_at.min())
    )
    found = found.left_join(after, ["case_ix", "unit", "episode"])
    found = found.drop("case_ix_right", "unit_right", "episode_right")
    seen = _recorded(log)
    found = found.left_join(seen, ["case_ix", "element_id"]).drop("case_ix_right", "element_id_right")
    stopped = found.closed & found.done_at.isnull()
    disposition = ibis.cases(
        (found.uncleared & ~found.closed, "open"),
        (found.by_operator, "manual"),
        (found.by_model, "modelled"),
        (found.by_cancel, "cancelled"),
        (found.done_at.notnull(), "retried_ok"),
        (stopped & (found.state == "failed"), "dead"),
        (stopped, "cancelled"),
        else_="open",
    )
    return log.con.create_table(
        "m_episodes",
        found.select(
            "case_ix", "process_ix", "root_ix", "element_id", "first_at", "last_at", "attempts", "exceptions",
            "incidents", "kind",
            recorded=found.machine.notnull(),
            machine=ibis.coalesce(found.machine, 0),
            disposition=disposition,
            restored=ibis.ifelse(
                disposition == "open", ibis.null("int64"),
                ibis.coalesce(found.done_at, found.cleared, found.case_end, found.last_at),
            ),
        ),
    )  # fmt: skip


def _failures(log: EventLog, steps: ibis.Table) -> ibis.Table:
    """Bring failed attempts, exceptions and declared exception activities of plain logs into one shape."""
    import ibis

    attempts = log.coded("attempts").filter(ibis._.case_ix.notnull())
    raised = log.coded("exceptions").filter(ibis._.case_ix.notnull())
    raised = raised.filter(raised.root_id == raised.exception_id)
    one = attempts.select(
        "case_ix", "process_ix", "element_id", "activity_instance_id", "at",
        until=ibis.coalesce(attempts.end, attempts.at), cleared=ibis.null("int64"), cleared_by=ibis.null("string"),
        kind=ibis.literal("work-item-failure"), is_attempt=ibis.literal(1, "int64"),
        is_incident=ibis.literal(0, "int64"),
    )  # fmt: skip
    two = raised.select(
        "case_ix", "process_ix", element_id=ibis.coalesce(raised.element_id, ""),
        activity_instance_id=raised.activity_instance_id, at=raised.raised,
        until=ibis.coalesce(raised.cleared, _FAR), cleared=raised.cleared, cleared_by=raised.cleared_by,
        kind=raised.kind, is_attempt=ibis.literal(0, "int64"),
        is_incident=(raised.kind == "work-item-failure").cast("int64"),
    )  # fmt: skip
    rows = ibis.union(one, two)
    declared = _declared(log, steps)
    if declared is not None:
        rows = ibis.union(rows, declared)
    # an attempt and its incident are of one instance even where the engine names it in only one of them
    named = (
        rows.filter(rows.activity_instance_id.notnull())
        .group_by(["case_ix", "element_id"])
        .agg(only=ibis._.activity_instance_id.min(), last=ibis._.activity_instance_id.max())
    )
    named = named.filter(named.only == named["last"]).select("case_ix", "element_id", "only")
    rows = rows.left_join(named, ["case_ix", "element_id"]).drop("case_ix_right", "element_id_right")
    unit = ibis.coalesce(rows.activity_instance_id, rows.only, rows.element_id)
    return rows.mutate(unit=unit).drop("only", "activity_instance_id")


def _declared(log: EventLog, steps: ibis.Table) -> ibis.Table | None:
    """Return rows of activities that the project file calls exceptions; handled where a handler follows in the case."""
    import ibis

    settings = log.config.exception
    if not settings:
        return None
    names = log.coded("d_activity")
    acts = steps.join(names, "activity_ix")
    keys = ibis.memtable(
        {
            "number": list(range(len(settings))),
            "activity": [e.activity for e in settings],
            "kind": [e.kind for e in settings],
            "only_key": [e.process or "" for e in settings],
        }
    )
    pairs = [(n, h) for n, e in enumerate(settings) for h in e.handled_by] or [(-1, "")]
    handlers = ibis.memtable({"number": [p[0] for p in pairs], "handler": [p[1] for p in pairs]})
    of = log.coded("d_process").select("process_ix", "process_key")
    hits = acts.join(keys, "activity").join(of, "process_ix")
    hits = hits.filter((hits.only_key == "") | (hits.only_key == hits.process_key))
    hits = hits.select("case_ix", "process_ix", "activity", "number", "kind", raised="at")
    later = acts.select("case_ix", handler="activity", handled_at="at").join(handlers, "handler")
    first = hits.join(later, ["case_ix", "number"])
    first = first.filter(first.handled_at >= first.raised)
    first = first.group_by(["case_ix", "number", "raised"]).agg(handled_at=first.handled_at.min())
    rows = hits.left_join(first, ["case_ix", "number", "raised"])
    return rows.select(
        "case_ix", "process_ix", element_id=rows.activity, activity_instance_id=ibis.null("string"), at=rows.raised,
        until=ibis.coalesce(rows.handled_at, rows.raised), cleared=rows.handled_at,
        cleared_by=ibis.ifelse(rows.handled_at.notnull(), "model", ibis.null("string")), kind=rows.kind,
        is_attempt=ibis.literal(0, "int64"), is_incident=(rows.kind == "work-item-failure").cast("int64"),
    )  # fmt: skip


def _completions(log: EventLog) -> ibis.Table:
    acts = log.coded("c_acts")
    steps = log.coded("d_step").select("step_ix", "element_id")
    rows = acts.filter((acts.state == "completed") & acts.end.notnull()).join(steps, "step_ix")
    return rows.filter(rows.element_id.notnull()).select("case_ix", "element_id", done_at="end")


def _recorded(log: EventLog) -> ibis.Table:
    acts = log.coded("c_acts").filter(log.coded("c_acts").state != "skipped")
    steps = log.coded("d_step").select("step_ix", "element_id")
    rows = acts.select("case_ix", "step_ix", machine=acts.work & (acts.actor == ACTOR_MACHINE)).join(steps, "step_ix")
    return rows.filter(rows.element_id.notnull()).group_by(["case_ix", "element_id"]).agg(machine=rows.machine.sum())


def _backoff(log: EventLog) -> ibis.Table:
    """Return the longest retry back-off of each element, read from its retry cycle (``R3/PT5M``, ``PT5M,PT10M``)."""
    import ibis

    elements = log.coded("elements")
    process = log.coded("d_process").select("process_ix", "process_key")
    said = elements.filter(elements.retry.notnull()).select("process_key", "element_id", "retry").distinct()
    frame = log.con.to_pandas(said.join(process, "process_key"))
    if frame.empty:
        schema = ibis.schema({"process_ix": "int64", "element_id": "string", "backoff": "int64"})
        return ibis.memtable([], schema=schema)
    frame["backoff"] = [longest_backoff(str(r)) for r in frame["retry"]]
    return ibis.memtable(frame.groupby(["process_ix", "element_id"], as_index=False)["backoff"].max())


def longest_backoff(retry: str) -> int:
    """Return the longest ISO 8601 duration in a retry setting, in microseconds (0 where it names none)."""
    longest = 0
    number = r"(\d+(?:\.\d+)?)"
    parts = rf"P(?:{number}M)?(?:{number}W)?(?:{number}D)?(?:T(?:{number}H)?(?:{number}M)?(?:{number}S)?)?"
    for match in re.finditer(parts, retry):
        months, weeks, days, hours, minutes, seconds = (float(g or 0) for g in match.groups())
        total = (((months * 30 + weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
        longest = max(longest, round(total * 1_000_000))
    return longest
