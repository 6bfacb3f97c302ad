"""Which open cases do not move: states that have lasted longer than nearly all of their kind ever did."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poanalyzer.mine.episodes import build_episodes

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined

#: A state is judged once this many of its kind have ended.
MIN_ENDED = 20
#: Only one sojourn in two hundred lasts longer than this quantile.
TAIL = 0.005
#: Durations are counted in classes of 1/16 of a doubling: 4.4 per cent wide.
PER_DOUBLING = 16
#: Rows that hold other rows, and joins, which wait for another branch: a state is where a token itself waits.
_NO_STATE = (
    "subProcess", "eventSubProcess", "multiInstanceBody", "transaction", "adHocSubProcess", "sequenceFlow",
    "parallelGateway", "inclusiveGateway", "exclusiveGateway", "complexGateway",
)  # fmt: skip
#: Who waits in one of these is waiting for something that is armed.
_ARMED_TYPES = ("receiveTask", "intermediateCatchEvent", "eventBasedGateway", "boundaryEvent", "startEvent")
_ARMED_EVENTS = ("timer", "message", "signal", "conditional")
_INCIDENT = -1


def build_stuck(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_stuck``, one row an open case: ``case_ix, root_ix, process_ix, case_id, stuck, unknown, age,
    step_ix`` (``step_ix`` −1: an incident); None where no open case has a running row or an open incident.

    A state of a case is a running row of it (joins and rows that hold others aside) or an open incident. It is over its time when
    it has lasted longer than the 99.5 % quantile of the sojourn in that state (Kaplan–Meier on all rows of the export);
    where the curve does not come down that far, twice the longest that ended. A case is stuck when one of its states is
    over its time and nothing is armed that would move it: it is no wait for a timer, message, signal or condition,
    and no such event that interrupts hangs on it. ``unknown``: no state shows, or one has ended fewer than 20 times.
    """
    import ibis

    cases = mined.cases.filter(~mined.cases.closed).select("case_ix", "root_ix", "process_ix", "case_id")
    states = _states(mined)
    running = states.filter(states.end.isnull()).semi_join(cases, "case_ix")
    kinds = running.select("process_ix", "step_ix").distinct()
    like = states.semi_join(kinds, ["process_ix", "step_ix"])
    lasted = ibis.coalesce(like.end, ibis.literal(mined.window.end)) - like.start
    size = ((lasted + 1).cast("float64").log2() * PER_DOUBLING).floor().cast("int64")
    like = like.filter(lasted >= 0).mutate(size=size, ended=like.end.notnull().cast("int64"))
    counts = mined.query(like.group_by(["process_ix", "step_ix", "size"]).agg(n=like.count(), ended=like.ended.sum()))
    if counts.empty:
        return None
    limits = _limits(counts)
    running = _with_armed(mined, running.join(limits, ["process_ix", "step_ix"]))
    age = ibis.literal(mined.window.end) - running.start
    armed = running.armed
    running = running.mutate(
        age=age,
        over=(running.usual.notnull() & (age > running.usual) & ~armed).fill_null(False),
        unjudged=running.usual.isnull() & ~armed,
    )
    per = running.group_by("case_ix").agg(
        stuck=running.over.max(),
        unjudged=running.unjudged.max(),
        age=ibis.ifelse(running.over, running.age, ibis.null("int64")).max(),
        step_ix=running.step_ix.argmax(ibis.ifelse(running.over, running.age, ibis.literal(-1, "int64"))),
    )
    rows = cases.left_join(per, "case_ix").drop("case_ix_right")
    stuck = rows.stuck.fill_null(False)
    return mined.log.con.create_table(
        "m_stuck",
        rows.select(
            "case_ix", "root_ix", "process_ix", "case_id", "age", "step_ix",
            stuck=stuck,
            unknown=~stuck & rows.unjudged.fill_null(True),
        ),
    )  # fmt: skip


def _states(mined: Mined) -> ibis.Table:
    """Return every sojourn, over or not: ``process_ix, step_ix, case_ix, start, end``."""
    import ibis

    log = mined.log
    acts = log.coded("c_acts")
    steps = log.coded("d_step").filter(~ibis._.element_type.isin(_NO_STATE)).select("step_ix", "is_call")
    rows = acts.filter(acts.start.notnull() & (acts.state != "skipped")).join(steps, "step_ix")
    # a caller waits for the case it called, which is looked at itself
    rows = rows.filter(~(rows.is_call & rows.called_ix.notnull()))
    # a row that ended without a time is over, but says nothing about how long it took
    rows = rows.filter(rows.end.notnull() | (rows.state == "running"))
    states = rows.select("process_ix", "step_ix", "case_ix", "start", "end")
    if not mined.has_failures:
        return states
    found = mined.of(build_episodes).filter(mined.of(build_episodes).incidents > 0)
    return states.union(
        found.select(
            "process_ix", step_ix=ibis.literal(_INCIDENT).cast(states.step_ix.type()), case_ix=found.case_ix,
            start=found.first_at, end=found.restored,
        )
    )  # fmt: skip


def _limits(counts: pd.DataFrame) -> ibis.Table:
    """Return ``process_ix, step_ix, usual`` (µs; null where too few have ended to say)."""
    import ibis

    keys: list[tuple[int, int]] = []
    limits: list[int | None] = []
    for (process, step), rows in counts.groupby(["process_ix", "step_ix"]):
        keys.append((int(process), int(step)))
        limits.append(longest_usual(rows))
    return ibis.memtable(
        {"process_ix": [k[0] for k in keys], "step_ix": [k[1] for k in keys], "usual": limits},
        schema=ibis.schema({"process_ix": "int64", "step_ix": "int64", "usual": "int64"}),
    )


def longest_usual(rows: pd.DataFrame) -> int | None:
    """Return after how long (µs) a state is over its time, from ``size, n, ended`` by class of duration; None: too few."""
    rows = rows.sort_values("size")
    if int(rows["ended"].sum()) < MIN_ENDED:
        return None
    n, ended, size = (rows[c].to_numpy(dtype=float) for c in ("n", "ended", "size"))
    at_risk = n[::-1].cumsum()[::-1]
    survival = (1 - ended / at_risk).cumprod()
    # who reaches the upper end of its class has outlasted all in it
    low = [i for i, s in enumerate(survival) if s <= TAIL + 1e-12]
    last = max(i for i, e in enumerate(ended) if e)
    end = math.ceil(2 ** ((float(size[low[0]]) + 1) / PER_DOUBLING)) if low else None
    return end if end is not None else 2 * math.ceil(2 ** ((float(size[last]) + 1) / PER_DOUBLING))


def _with_armed(mined: Mined, running: ibis.Table) -> ibis.Table:
    """Add ``armed``: whether something will end the state, an event that it waits for or that hangs on it.

    Which events hang on an activity says the model of the case's own version.
    """
    import ibis

    log = mined.log
    of = log.coded("d_process").select("process_ix", "process_key")
    events = log.coded("elements")
    events = events.filter(
        (events.element_type == "boundaryEvent") & events.event_kind.isin(_ARMED_EVENTS)
        & events.attached_to.notnull() & events.interrupting.fill_null(True)
    )  # fmt: skip
    hosts = events.select("process_key", process_version="version", element_id="attached_to").distinct()
    hosts = hosts.join(of, "process_key").drop("process_key").mutate(bears=ibis.literal(True))
    steps = log.coded("d_step").select("step_ix", "element_id", "element_type")
    versions = log.coded("c_cases").select("case_ix", "process_version")
    rows = running.join(versions, "case_ix").left_join(steps, "step_ix").drop("step_ix_right")
    keys = ["process_ix", "process_version", "element_id"]
    rows = rows.left_join(hosts, keys).drop(*[f"{k}_right" for k in keys])
    waits = rows.element_type.isin(_ARMED_TYPES).fill_null(False)
    return rows.mutate(armed=rows.bears.fill_null(False) | waits)
