"""Episodes: all failures of one activity instance that belong together, and how each ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_MACHINE
from poanalyzer.eventlog.schema import EARLIEST_US
from poanalyzer.mine.repairs import repair_commands

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.mined import Mined

HOUR_US = 3_600_000_000
DISPOSITIONS = ("retried_ok", "modelled", "manual", "cancelled", "dead", "open")
#: Dispositions in which the process coped by itself.
HANDLED = ("retried_ok", "modelled")
_FAR = 9_000_000_000_000_000
#: Who clears an exception; of several at one moment the later one here counts.
_CLEARINGS = ("none", "cancel", "retry", "operator", "model")
_BY_OTHERS = (_CLEARINGS.index("cancel"), _CLEARINGS.index("model"))


def build_episodes(mined: Mined) -> ibis.Table:
    """Create and return ``m_episodes``: one row an episode.

    Columns: ``case_ix, process_ix, root_ix, element_id, instance`` (null where the engine names none), ``first_at,
    last_at, attempts, exceptions, incidents, kind, recorded`` (the engine kept a row of the instance, or of the element
    where it names none), ``machine`` (how many rows of non-human work the case has of the element), ``disposition,
    contained`` (nothing outside its scope suffered), ``restored`` (when the episode was over, null while open or where
    nothing tells).

    An episode joins all exceptions and failed attempts of one activity instance (or case and element, where the
    engine names no instance) whose gaps are at most the element's retry back-off or one hour, whichever is longer.
    How it ended decides: what was done about an earlier failure of it does not, if it failed again. Dispositions, first
    that applies: ``open`` something is not cleared and the case goes on; ``manual`` an operator cleared the last failure
    or stepped in after it (see :func:`poanalyzer.mine.repairs.repair_commands`), or did so before and the work was done
    in the end; ``modelled`` the model cleared the last; ``cancelled`` it ended with the cancellation of the work or the
    case; ``dead`` an error that nothing caught; ``retried_ok`` the work was done after the last failure; ``dead`` the
    case failed or ended with it uncleared; ``cancelled`` the work or the case ended without it; else ``open``. Source:
    after the exception handling patterns of Russell, van der Aalst and ter Hofstede (2006).
    """
    log, steps, cases, repairs = mined.log, mined.steps, mined.cases, mined.of(repair_commands)
    import ibis

    found = _joined(log, steps, cases)
    key = ["case_ix", "unit", "episode"]
    twins = [f"{k}_right" for k in key]
    found = found.left_join(_fates(log, found), key).drop(*twins)
    found = found.mutate(
        done_at=ibis.ifelse(found.own_rows > 0, found.own_done, found.other_done),
        recorded=ibis.coalesce(found.rows, 0) > 0,
    )
    repaired_at: ibis.Value = ibis.null("int64")
    if repairs is not None:
        found = found.left_join(_repaired(found, repairs), key).drop(*twins)
        repaired_at = found.repaired_at
    late = _late(log)
    breached: ibis.Value = ibis.literal(False)
    if late is not None:
        found = found.left_join(late, "case_ix").drop("case_ix_right")
        breached = (found.late_due >= found.first_at).fill_null(False)
    done_at = found.done_at
    undone = found.closed & done_at.isnull()
    # the instance itself is over, although its work was never done
    gone = (found.own_rows > 0).fill_null(False) & done_at.isnull() & ~found.own_alive.fill_null(False)
    by = found.last_clearing % len(_CLEARINGS)
    stepped_in = ibis.greatest(ibis.coalesce(found.operator_at, -_FAR), ibis.coalesce(repaired_at, -_FAR))
    worked = (stepped_in >= found.last_at) | ((stepped_in > -_FAR) & done_at.notnull() & ~by.isin(_BY_OTHERS))
    disposition = ibis.cases(
        (found.uncleared & ~found.closed, "open"),
        (worked.fill_null(False), "manual"),
        ((by == _CLEARINGS.index("model")) & (done_at.isnull() | (found.cleared >= found.last_at)), "modelled"),
        (by == _CLEARINGS.index("cancel"), "cancelled"),
        (found.uncleared & found.closed & (found.kind == "constraint"), "dead"),
        (done_at.notnull() | found.by_retry, "retried_ok"),
        (undone & (found.state == "failed"), "dead"),
        (undone & found.uncleared & (found.state != "terminated"), "dead"),
        (undone | gone, "cancelled"),
        else_="open",
    )
    found = found.mutate(disposition=disposition)
    how = found.disposition
    stopped = (how == "cancelled") & found.state.isin(["terminated", "failed"])
    # an incident in a called instance keeps its caller waiting
    spread = (found.incidents > 0) & found.nested
    over = ibis.cases(
        (how == "open", ibis.null("int64")),
        (how == "modelled", ibis.coalesce(found.cleared, done_at, found.case_end)),
        (how == "retried_ok", ibis.coalesce(done_at, found.cleared)),
        # a token that was moved away never gets its work done: the failure was over with the move
        (how == "manual", ibis.coalesce(done_at, found.cleared, repaired_at)),
        (how == "cancelled", ibis.coalesce(found.cleared, found.own_end, found.case_end, found.last_at)),
        else_=ibis.coalesce(found.case_end, found.last_at),
    )
    return log.con.create_table(
        "m_episodes",
        found.select(
            "case_ix", "process_ix", "root_ix", "element_id", "instance", "first_at", "last_at", "attempts", "exceptions",
            "incidents", "kind", "recorded", "disposition",
            machine=ibis.coalesce(found.machine, 0),
            contained=~((how == "dead") | stopped | spread | breached),
            restored=ibis.ifelse(over < found.first_at, found.first_at, over),
        ),
    )  # fmt: skip


def _joined(log: EventLog, steps: ibis.Table, cases: ibis.Table) -> ibis.Table:
    """Join failures to episodes: one row each, with how its exceptions were cleared and what became of its case."""
    import ibis

    rows = _failures(log, steps)
    of = cases.select(
        "case_ix", "root_ix", "state", "closed", case_end="end", nested=cases.parent_case_id.notnull() | ~cases.is_root
    )
    rows = rows.join(of, "case_ix")
    backoff = _backoff(log)
    rows = rows.left_join(backoff, ["process_ix", "element_id"]).drop("process_ix_right", "element_id_right")
    before = ibis.window(group_by=["case_ix", "unit"], order_by=["at", "until"], preceding=(None, 1))
    upto = ibis.window(group_by=["case_ix", "unit"], order_by=["at", "until"], preceding=None, following=0)
    reach = rows.until.max().over(before)
    gap = ibis.greatest(ibis.coalesce(rows.backoff, HOUR_US), HOUR_US)
    rows = rows.mutate(fresh=(reach.isnull() | (rows.at - reach > gap)).cast("int64"))
    rows = rows.mutate(episode=rows.fresh.sum().over(upto))
    return rows.group_by(["case_ix", "process_ix", "root_ix", "unit", "episode"]).agg(
        element_id=rows.element_id.max(),
        first_at=rows.at.min(),
        last_at=rows.at.max(),
        attempts=rows.is_attempt.sum(),
        exceptions=(1 - rows.is_attempt).sum(),
        incidents=rows.is_incident.sum(),
        kind=rows.kind.min(),
        instance=rows.instance.max(),
        operator_at=ibis.coalesce(rows.cleared, rows["at"]).max(where=rows.cleared_by == "operator"),
        last_clearing=_clearing(rows).max(),
        by_retry=(rows.cleared_by == "retry").fill_null(False).max(),
        uncleared=(
            (rows.is_attempt == 0) & rows.cleared.isnull() & ibis.coalesce(rows.cleared_by, "none").isin(["none"])
        ).max(),
        cleared=rows.cleared.max(),
        state=rows.state.max(),
        closed=rows.closed.max(),
        case_end=rows.case_end.max(),
        nested=rows.nested.max(),
    )


def _clearing(rows: ibis.Table) -> ibis.Value:
    """Return when and how an exception was cleared as one number, of which the largest tells how the last one was; null
    for attempts. What nobody cleared comes last."""
    import ibis

    how = ibis.cases(*((rows.cleared_by == name, number) for number, name in enumerate(_CLEARINGS)), else_=0)
    at = ibis.coalesce(rows.cleared, ibis.ifelse(how > 0, rows["at"], _FAR))
    clearing = (at - EARLIEST_US) * len(_CLEARINGS) + how
    return ibis.ifelse(rows.is_attempt == 0, clearing, ibis.null("int64"))


def _fates(log: EventLog, found: ibis.Table) -> ibis.Table:
    """Return what became of the element of each episode: ``rows, machine, own_rows, own_done, own_end, own_alive,
    other_done``.

    ``own`` is the row of the very instance that failed, where the engine names it; then only rows that name no instance
    may stand for it. Work is done when its row completes after the last failure; or when the row of the instance begins
    after it, as in engines whose failed tries are rolled back and leave no row.
    """
    import ibis

    acts = log.coded("c_acts").filter(ibis._.state != "skipped")
    steps = log.coded("d_step").filter(ibis._.element_id.notnull()).select("step_ix", "element_id")
    rows = acts.select(
        "case_ix", "step_ix", "state", "start", "end", instance="activity_instance_id",
        machine=(acts.work & (acts.actor == ACTOR_MACHINE)).cast("int64"),
    )  # fmt: skip
    # the few failures take the steps' numbers, so that the many rows are joined on integers
    failed = found.select("case_ix", "unit", "episode", "element_id", "last_at", failed="instance")
    pairs = failed.join(steps, "element_id").join(rows, ["case_ix", "step_ix"])
    own = (pairs.instance == pairs.failed).fill_null(False)
    here = own | pairs.failed.isnull() | pairs.instance.isnull()
    done = ((pairs.state == "completed") & (pairs.end >= pairs.last_at)).fill_null(False)
    begun = (pairs.start > pairs.last_at).fill_null(False)
    at = ibis.ifelse(begun, pairs.start, pairs.end)
    never = ibis.null("int64")
    return pairs.group_by(["case_ix", "unit", "episode"]).agg(
        rows=here.sum(),
        machine=pairs.machine.sum(),
        own_rows=own.sum(),
        own_done=ibis.ifelse(own & (done | begun), at, never).min(),
        own_end=ibis.ifelse(own, pairs.end, never).max(),
        own_alive=(own & pairs.end.isnull()).max(),
        other_done=ibis.ifelse(here & done, at, never).min(),
    )


def _repaired(found: ibis.Table, repairs: ibis.Table) -> ibis.Table:
    """Return the episodes while which an operator raised retries, resolved an incident or moved a token there.

    A command for one instance is for no other; one that names none is for all of its element, or of its case.
    """
    import ibis

    until = ibis.coalesce(found.done_at, found.cleared, found.case_end, _FAR)
    spans = found.select("case_ix", "unit", "episode", "element_id", "first_at", "instance", until=until)
    acted = repairs.filter(repairs.kind.isin(["retry", "move"]))
    acted = acted.select("case_ix", "at", at_element="element_id", at_instance="instance")
    pairs = spans.join(acted, "case_ix")
    here = ibis.ifelse(
        pairs.at_instance.notnull() & pairs.instance.notnull(),
        pairs.at_instance == pairs.instance,
        pairs.at_element.isnull() | (pairs.at_element == pairs.element_id),
    )
    pairs = pairs.filter(here & (pairs["at"] >= pairs.first_at) & (pairs["at"] <= pairs.until))
    return pairs.group_by(["case_ix", "unit", "episode"]).agg(repaired_at=pairs["at"].max())


def _late(log: EventLog) -> ibis.Table | None:
    """Return per case the last due date that work missed; None where no input has due dates."""
    acts = log.coded("c_acts")
    if "due" not in log.con.table("c_acts").columns:
        return None
    missed = acts.filter(acts.due.notnull() & (acts.end > acts.due))
    return missed.group_by("case_ix").agg(late_due=missed.due.max())


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
    instance = ibis.coalesce(rows.activity_instance_id, rows.only)
    rows = rows.mutate(instance=instance, unit=ibis.coalesce(instance, rows.element_id))
    return rows.drop("only", "activity_instance_id")


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
