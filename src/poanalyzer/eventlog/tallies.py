"""What the quality checks look at: counts of the log, made in the engine by a handful of aggregates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from poanalyzer.eventlog.coding import ACTOR_HUMAN

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
#: Answers written this much before the called case ended are two writes of one moment, not two clocks.
SLACK_US = 1_000_000
#: Units of a clock, finest first: name → microseconds.
UNITS = {"millisecond": 1_000, "second": 1_000_000, "minute": 60_000_000, "hour": HOUR_US, "day": DAY_US}


@dataclass(frozen=True)
class Pattern:
    """A pattern found: how many of how many rows (or cases, or days) it touches, what it looks like, an example case."""

    id: str
    title: str
    count: int
    total: int
    text: str
    case: int | None = None


@dataclass(frozen=True)
class Tallies:
    """The counts.

    ``steps``: a row a source, process and step (``sink, process_ix, step_ix, outside, element_id, activity``) with rows of
    work ``n``, rows of work and calls ``rows``, how many stamps are whole ``millisecond`` … ``day`` (UTC), and counts of
    what is odd, with the number of an example case (``…_case``, null where there is none). ``ties``: one row of sums over
    rows of work at one time of one case. ``keys``: how root cases bear business keys. ``calls``: a row a pair of sources
    with calls. ``hours``: hour since 1970 → rows of the engines. ``said``: variables, and those that are times.
    """

    steps: pd.DataFrame
    ties: dict[str, int]
    keys: dict[str, int]
    calls: list[dict[str, Any]]
    hours: dict[int, int]
    said: dict[str, int]


def tally(log: EventLog) -> Tallies:
    """Return the counts of a log, from six queries."""
    import ibis

    engines = log.coded("d_process").filter(~ibis._.outside).select("process_ix")
    acts = log.coded("c_acts").semi_join(engines, "process_ix")
    stamped = acts.filter(acts["at"].notnull()).mutate(hour=acts["at"] // HOUR_US)
    hours = log.con.to_pandas(stamped.group_by("hour").agg(n=stamped.count()))
    return Tallies(
        steps=_steps(log),
        ties=_ties(log, acts),
        keys=_keys(log, engines),
        calls=_calls(log, acts),
        hours={int(h): int(n) for h, n in zip(hours["hour"], hours["n"], strict=True)},
        said=_said(log),
    )


def date(day: int) -> datetime:
    """Return the day that is so many days after 1970-01-01."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)


def whole(value: Any) -> int:
    """Return a sum as an integer; the sum of no rows is 0."""
    return 0 if value is None or value != value else int(value)


def _row(log: EventLog, expr: ibis.Table) -> dict[str, int]:
    found = log.con.to_pandas(expr.limit(1)).iloc[0]
    return {str(name): whole(value) for name, value in found.items()}


def _steps(log: EventLog) -> pd.DataFrame:
    cases = log.coded("c_cases").select("case_ix", case_start="start", case_end="end")
    acts = log.coded("c_acts")
    rows = acts.filter(acts.work | acts.called_ix.notnull()).join(cases, "case_ix")
    rows = rows.join(log.coded("d_resource").select("resource_ix", "resource"), "resource_ix")
    work, at = rows.work, rows["at"]
    odd = {
        "unfinished": work & rows.end.isnull() & rows.case_end.notnull(),
        "startless": work & rows.start.isnull() & rows.end.notnull(),
        "backwards": ((rows.end < rows.start) | (rows.start < rows.case_start)).fill_null(False),
        "midnight": (work & (at % DAY_US == 0)).fill_null(False),
    }
    per = rows.group_by(["sink", "process_ix", "step_ix"]).agg(
        rows=rows.count(), n=work.sum(), no_resource=(work & rows.resource.isnull()).sum(),
        no_hands=(work & (rows.actor == 0)).sum(), running=(work & rows.end.isnull()).sum(),
        instant=(work & (rows.start == rows.end)).fill_null(False).sum(),
        **{name: (work & (at % size == 0)).fill_null(False).sum() for name, size in UNITS.items()},
        **{f"is_{name}": met.sum() for name, met in odd.items()},
        **{f"{name}_case": rows.case_ix.min(where=met) for name, met in odd.items()},
    )  # fmt: skip
    named = per.join(log.coded("d_step").select("step_ix", "element_id", "activity"), "step_ix")
    frame = log.con.to_pandas(named.join(log.coded("d_process").select("process_ix", "outside"), "process_ix"))
    return frame.sort_values(["process_ix", "activity", "step_ix", "sink"], ignore_index=True)


def _ties(log: EventLog, acts: ibis.Table) -> dict[str, int]:
    """Return sums over what stands at one time in one case: ties, forms, collateral and repeated rows, single rows."""
    import ibis

    who = log.coded("d_resource").select("resource_ix", "resource")
    rows = acts.filter(acts.work).join(who, "resource_ix")
    same = rows.group_by(["case_ix", "at"]).agg(
        n=rows.count(), instances=rows.mi_index.count(),
        activity=rows.activity_ix.min(), last_activity=rows.activity_ix.max(),
        resource_ix=rows.resource_ix.min(), last_resource=rows.resource_ix.max(), named=rows.resource.count(),
        human=(rows.actor == ACTOR_HUMAN).sum(), end=rows.end.min(), last_end=rows.end.max(),
    )  # fmt: skip
    several = same.n > 1
    one_activity = several & (same.activity == same.last_activity) & (same.instances == 0)
    one_resource = same.resource_ix == same.last_resource
    form = (
        several & (same.activity != same.last_activity) & one_resource & (same.human == same.n) & (same.named == same.n)
    )
    twice = one_activity & one_resource & (same.end == same.last_end).fill_null(False)
    zero = ibis.literal(0, "int64")
    sums = {
        "tied": ibis.ifelse(several, same.n, zero), "form": ibis.ifelse(form, same.n, zero),
        "collateral": ibis.ifelse(one_activity & ~twice, same.n - 1, zero),
        "repeated": ibis.ifelse(twice, same.n - 1, zero),
    }  # fmt: skip
    per = same.group_by("case_ix").agg(
        rows=same.n.sum(), times=same.count(), **{name: value.sum() for name, value in sums.items()}
    )
    return _row(
        log,
        per.agg(
            cases=per.count(), rows=per.rows.sum(), times=per.times.sum(), single=(per.rows == 1).sum(),
            **{name: per[name].sum() for name in sums},
            **{f"{name}_case": per.case_ix.min(where=per[name] > 0) for name in sums},
        ),
    )  # fmt: skip


def _keys(log: EventLog, engines: ibis.Table) -> dict[str, int]:
    """Return how many root cases bear a business key, one that others of the process bear too, one of two processes."""
    cases = log.coded("c_cases").semi_join(engines, "process_ix")
    roots = cases.filter((cases.root_ix == cases.case_ix) & cases.restarted_from.isnull())
    each = roots.group_by(["business_key", "process_ix"]).agg(n=roots.count(), first=roots.case_ix.min())
    keyed = each.business_key.notnull()
    per = each.group_by("business_key").agg(
        n=each.n.sum(), processes=each.count(), repeated=each.n.sum(where=keyed & (each.n > 1)),
        repeated_case=each["first"].min(where=keyed & (each.n > 1)), first=each["first"].min(),
    )  # fmt: skip
    known = per.business_key.notnull()
    spread = known & (per.processes > 1)
    return _row(
        log,
        per.agg(
            roots=per.n.sum(), keyed=per.n.sum(where=known), spread=per.n.sum(where=spread),
            repeated=per.repeated.sum(), repeated_case=per.repeated_case.min(), spread_case=per["first"].min(where=spread),
            keyless_case=per["first"].min(where=~known),
        ),
    )  # fmt: skip


def _calls(log: EventLog, acts: ibis.Table) -> list[dict[str, Any]]:
    """Return per pair of sources how calls and messages lie to the cases that they started (microseconds)."""
    import ibis

    cases = log.coded("c_cases").select(called_ix="case_ix", began="start", ended="end", called_sink="sink")
    calls = acts.filter(acts.called_ix.notnull() & acts.start.notnull())
    calls = calls.select("called_ix", "sink", "case_ix", sent="start", answered="end").join(cases, "called_ix")
    there = calls.began - calls.sent
    # a call that goes on when its case has ended was not answered late: the answer is not recorded yet
    back = ibis.ifelse(calls.answered.notnull() & calls.ended.notnull(), calls.answered - calls.ended, None)
    trips = calls.select("sink", "called_sink", "case_ix", there=there, back=back)
    trips = trips.union(_one_way(log, "called_case_id" in log.con.table("c_acts").columns))
    wrong = (trips.there < 0) | (trips.back < -SLACK_US).fill_null(False)
    per = trips.group_by(["sink", "called_sink"]).agg(
        n=trips.there.count(), wrong=wrong.sum(), there=trips.there.min(), back=trips.back.min(),
        case=trips.case_ix.min(where=wrong),
    )  # fmt: skip
    rows: list[dict[str, Any]] = log.con.to_pandas(per).to_dict("records")
    return sorted(rows, key=lambda r: (r["sink"], r["called_sink"]))


def _one_way(log: EventLog, called: bool) -> ibis.Table:
    """Return the trips without an answer: from the start of a case to that of one which its message or call started.

    ``called``: calls are told by the activities that call, and left out here.
    """
    import ibis

    links = log.coded("links")
    links = links.filter(links.kind.isin(("message", "signal") if called else ("message", "signal", "call")))
    cases = log.coded("c_cases").filter(ibis._.start.notnull())
    senders = cases.select("case_ix", "sink", from_case_id="case_id", sent="start")
    started = cases.select("trigger", to_case_id="case_id", called_sink="sink", began="start")
    rows = links.select("from_case_id", "to_case_id", "kind").join(senders, "from_case_id").join(started, "to_case_id")
    # a message that a running case received says nothing about that case's start
    rows = rows.filter((rows.kind == "call") | (rows.trigger == rows.kind).fill_null(False))
    return rows.select("sink", "called_sink", "case_ix", there=rows.began - rows.sent, back=ibis.null("int64"))


def _said(log: EventLog) -> dict[str, int]:
    said = log.coded("variables")
    moment = said.value.re_search(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}").fill_null(False)
    return _row(log, said.agg(n=said.count(), times=moment.sum(), case=said.case_ix.min(where=moment)))
