"""Facts of each case, and of each root case with its descendants: what most metrics are sums over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.config import Config
from poanalyzer.eventlog.coding import ACTOR_HUMAN, ACTOR_MACHINE, ACTOR_UNKNOWN
from poanalyzer.mine.concurrency import busy_time, with_reach
from poanalyzer.mine.steps import variant_names

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog

DAY_US = 86_400_000_000
#: Sums that a root case takes over from its descendants.
_ADDITIVE = ("work", "human", "machine", "unknown", "inferred")


@dataclass(frozen=True)
class Window:
    """The stretch of time that case, activity and exception rates look at (µs UTC); ``start`` None: everything."""

    start: int | None
    end: int
    days: int | None


def observation_window(log: EventLog) -> Window:
    """Return the window: it ends at the last recorded event of the engines."""
    import ibis

    inside = log.coded("d_process").filter(ibis._.outside == ibis.literal(False)).select("process_ix")
    acts = log.coded("c_acts").semi_join(inside, "process_ix")
    cases = log.coded("c_cases").semi_join(inside, "process_ix")
    last: list[Any] = []
    for rows, names in (
        (acts, ("at", "end")), (cases, ("start", "end")), (log.coded("attempts"), ("at",)),
        (log.coded("exceptions"), ("raised", "cleared")),
    ):  # fmt: skip
        latest = log.con.to_pandas(rows.agg(**{n: rows[n].max() for n in names}))
        last += [latest[n].iloc[0] for n in names]
    known = [int(t) for t in last if t is not None and t == t]
    end = max(known, default=0)
    days = log.config.project.window_days
    return Window(start=None, end=end, days=None) if days == "all" else Window(end - days * DAY_US, end, days)


def build_cases(log: EventLog, steps: ibis.Table, window: Window) -> ibis.Table:
    """Create and return ``m_cases``: one row a case of the engines.

    Columns: ``case_ix, case_id, process_ix, root_ix, is_root, start, end, closed, in_window, outcome`` (success,
    failure or null), ``state``, counts of work rows by actor (``work, human, machine, unknown, inferred``),
    ``repeated`` (an activity recorded twice or more), ``h1, h2`` (the variant), ``last_at`` and the sums of
    :func:`poanalyzer.mine.concurrency.busy_time`.
    """
    import ibis

    cases = log.coded("c_cases").filter(ibis._.outside == ibis.literal(False))
    counts = steps.group_by("case_ix").agg(
        work=steps.count(),
        human=(steps.actor == ACTOR_HUMAN).sum(),
        machine=(steps.actor == ACTOR_MACHINE).sum(),
        unknown=(steps.actor == ACTOR_UNKNOWN).sum(),
        inferred=steps.actor_inferred.sum(),
        last_at=ibis.greatest(steps.at.max(), ibis.coalesce(steps.end.max(), steps.at.max())),
    )
    busy = busy_time(intervals(steps), "case_ix")
    facts = (
        cases.left_join(counts, "case_ix").drop("case_ix_right")
        .left_join(variant_names(log, steps), "case_ix").drop("case_ix_right")
        .left_join(repetition(log, steps), "case_ix").drop("case_ix_right")
        .left_join(busy, "case_ix").drop("case_ix_right")
        .left_join(declared_outcomes(log, steps), "case_ix").drop("case_ix_right")
    )  # fmt: skip
    closed = facts.end.notnull() & (facts.declared_open.isnull() | ~facts.declared_open)
    # a case is looked at by its end; an open one by its last record
    seen = ibis.ifelse(closed, facts.end, ibis.coalesce(facts.last_at, facts.end, facts.start))
    zero = {c: ibis.coalesce(facts[c], 0) for c in (*_ADDITIVE, "h1", "h2", "repeated", "intervals", "bounded",
                                                    "duration", "busy", "overlap")}  # fmt: skip
    facts = facts.mutate(
        **zero,
        closed=closed,
        in_window=ibis.literal(True) if window.start is None else ibis.coalesce(seen >= window.start, False),
        is_root=facts.root_ix == facts.case_ix,
        outcome=ibis.coalesce(facts.declared_outcome, facts.outcome),
    )
    return log.con.create_table(
        "m_cases",
        facts.select(
            "case_ix", "case_id", "process_ix", "root_ix", "is_root", "root_missing", "start", "end", "closed",
            "in_window", "outcome", "state", "business_key", "tenant", "parent_case_id", "end_element_id", "last_at",
            *zero, "first_start", "last_end",
        ),
    )  # fmt: skip


def build_roots(log: EventLog, steps: ibis.Table, cases: ibis.Table) -> ibis.Table:
    """Return the same facts for root cases with their descendants; ``m_cases`` itself where nothing is nested."""
    nested = log.con.execute(cases.filter(~cases.is_root).count())
    if not nested:
        return cases
    of = cases.select("case_ix", "root_ix")
    busy = busy_time(with_reach(intervals(steps).join(of, "case_ix"), "root_ix"), "root_ix")
    sums = cases.group_by("root_ix").agg(
        **{f"all_{c}": cases[c].sum() for c in _ADDITIVE}, any_repeated=cases.repeated.max()
    )
    own = cases.filter(cases.is_root)
    kept = [c for c in own.columns if c not in {*_ADDITIVE, "repeated", "intervals", "bounded", "duration", "busy",
                                                "overlap", "first_start", "last_end"}]  # fmt: skip
    rows = own.select(*kept).join(sums, "root_ix").left_join(busy, "root_ix")
    import ibis

    return log.con.create_table(
        "m_roots",
        rows.select(
            *kept,
            **{c: rows[f"all_{c}"] for c in _ADDITIVE},
            repeated=rows.any_repeated,
            **{c: ibis.coalesce(rows[c], 0) for c in ("intervals", "bounded", "duration", "busy", "overlap")},
            first_start=rows.first_start,
            last_end=rows.last_end,
        ),
    )


def intervals(steps: ibis.Table) -> ibis.Table:
    """Return the rows of work with a start and an end."""
    return steps.filter(steps.start.notnull() & steps.end.notnull() & (steps.end >= steps.start)).select(
        "case_ix", "start", "end", "reach"
    )


def repetition(log: EventLog, steps: ibis.Table) -> ibis.Table:
    """Return per case whether a work activity was recorded twice or more; multi-instance siblings do not count.

    Instances have an index, and what runs inside one has its index too: twice with the same index is a repetition.
    """
    acts = log.coded("c_acts")
    rows = steps.select("case_ix", "activity_ix")
    each = ["case_ix", "activity_ix"]
    if log.con.execute(acts.mi_index.count()):
        rows = acts.filter(acts.work).semi_join(steps, "case_ix").select(*each, "mi_index")
        by_index = rows.group_by([*each, "mi_index"]).agg(n=rows.count())
        single = by_index.mi_index.isnull()
        per = by_index.group_by(each).agg(
            times=by_index.n.sum(where=single).fill_null(0) + by_index.n.max(where=~single).fill_null(0)
        )
    else:
        per = rows.group_by(each).agg(times=rows.count())
    return per.group_by("case_ix").agg(repeated=(per.times >= 2).max().cast("int64"))


def declared_outcomes(log: EventLog, steps: ibis.Table) -> ibis.Table:
    """Return per case the outcome that the project file reads from its activities or its end element.

    ``declared_open``: a plain log's case of a process with declared outcomes that reached none of them.
    A case that shows both a success and a failure is a failure: the declared failure is the stronger statement.
    """
    import ibis

    cases = log.coded("c_cases")
    rows = _outcome_rows(log.config)
    if not rows:
        return cases.select("case_ix", declared_outcome=ibis.null("string"), declared_open=ibis.null("boolean"))
    process = log.coded("d_process").select("process_ix", "process_key")
    table = ibis.memtable(
        {"process_key": [r[0] for r in rows], "label": [r[1] for r in rows], "failed": [r[2] for r in rows]}
    ).join(process, "process_key")
    names = log.coded("d_activity")
    steps = steps.join(names, "activity_ix").select("case_ix", "process_ix", label="activity")
    ends = cases.filter(cases.end_element_id.notnull())
    by_id = ends.select("case_ix", "process_ix", label="end_element_id")
    named = log.coded("elements").filter(ibis._.name.notnull()).select("process_key", "element_id", "name").distinct()
    by_name = (
        ends.select("case_ix", "process_ix", "process_key", element_id="end_element_id")
        .join(named, ["process_key", "element_id"])
        .select("case_ix", "process_ix", label="name")
    )
    # an engine says how a case ended; only where it does not are the activities asked
    plain = steps.anti_join(ends, "case_ix")
    hits = ibis.union(plain, by_id, by_name).join(table.drop("process_key"), ["process_ix", "label"])
    per = hits.group_by("case_ix").agg(failed=hits.failed.max())
    declared = {r[0] for r in rows}
    plain_inputs = [r.path for r in log.inputs if r.plain_log]
    out = cases.left_join(per, "case_ix")
    return out.select(
        "case_ix",
        declared_outcome=ibis.cases((out.failed == 1, "failure"), (out.failed == 0, "success")),
        declared_open=out.process_key.isin(sorted(declared)) & out.source.isin(plain_inputs) & out.failed.isnull()
        if plain_inputs
        else ibis.literal(False),
    )


def _outcome_rows(config: Config) -> list[tuple[str, str, int]]:
    return [
        (p.key, label, failed)
        for p in config.process
        for failed, labels in ((0, p.outcome.success), (1, p.outcome.failure))
        for label in labels
    ]
