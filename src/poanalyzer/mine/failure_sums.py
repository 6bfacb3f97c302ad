"""What went wrong in each case, as sums beside the facts of the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.mine.episodes import HANDLED

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog

#: Sums over the episodes of a case.
EPISODE_SUMS = (
    "episodes", "closed_episodes", "handled", "contained", "incidents", "retried_ok", "closed_with_attempts",
    "failed_tries", "failed_recorded", "failed_unrecorded",
)  # fmt: skip
#: Sums over what operators did: repairs in all, and those of each kind.
REPAIR_SUMS = ("repairs", "retry_repairs", "moves", "migrations", "restarts", "variable_repairs")


def failure_sums(
    log: EventLog, units: ibis.Table, key: str, name: str, found: ibis.Table | None, repairs: ibis.Table | None
) -> ibis.Table:
    """Return ``units`` with :data:`EPISODE_SUMS` and :data:`REPAIR_SUMS`, 0 where a case has none.

    ``key``: the column of ``found`` (episodes, None: there are none) and ``repairs`` that names the unit: ``case_ix`` or
    ``root_ix``. Kept as table ``name``: many small queries follow, and each would compile the joins anew.
    """
    import ibis

    joined = units
    for sums in (
        None if found is None else _of_episodes(found, key),
        None if repairs is None else _of_repairs(repairs, key),
    ):
        if sums is not None:
            joined = joined.left_join(sums, [joined.case_ix == sums.unit_ix]).drop("unit_ix")
    zero = ibis.literal(0, "int64")
    filled = {n: ibis.coalesce(joined[n], zero) if n in joined.columns else zero for n in (*EPISODE_SUMS, *REPAIR_SUMS)}
    joined = joined.mutate(**filled)
    return joined if found is None and repairs is None else log.con.create_table(name, joined)


def _of_episodes(rows: ibis.Table, key: str) -> ibis.Table:
    import ibis

    over = rows.disposition != "open"
    sums = rows.group_by(key).agg(
        episodes=rows.count(),
        closed_episodes=over.sum(),
        handled=rows.disposition.isin(HANDLED).sum(),
        contained=(over & rows.contained).sum(),
        incidents=rows.incidents.sum(),
        retried_ok=((rows.attempts > 0) & (rows.disposition == "retried_ok")).sum(),
        closed_with_attempts=((rows.attempts > 0) & over).sum(),
        failed_tries=ibis.ifelse((rows.machine > 0) | ~rows.recorded, rows.attempts, 0).sum(),
    )
    # an instance that failed in two episodes is one instance; where the engine names none, no more of an element can have
    # failed than were recorded
    tried = rows.filter(rows.attempts > 0).group_by(["case_ix", "root_ix", "element_id", "instance"])
    tried = tried.agg(episodes=ibis._.count(), machine=ibis._.machine.max(), recorded=ibis._.recorded.max())
    times = ibis.ifelse(tried.instance.isnull() & tried.recorded, tried.episodes, 1)
    tried = tried.mutate(failed=ibis.ifelse(tried.recorded, times, 0), lost=(~tried.recorded).cast("int64"))
    tried = tried.group_by(["case_ix", "root_ix", "element_id"])
    tried = tried.agg(failed=ibis.least(ibis._.failed.sum(), ibis._.machine.max()), lost=ibis._.lost.sum())
    tried = tried.group_by(key).agg(failed_recorded=tried.failed.sum(), failed_unrecorded=tried.lost.sum())
    return sums.left_join(tried, key).drop(f"{key}_right").rename(unit_ix=key)


def _of_repairs(rows: ibis.Table, key: str) -> ibis.Table:
    kinds = {"retry_repairs": "retry", "moves": "move", "migrations": "migration", "restarts": "restart"}
    counts = {n: (rows.kind == kind).sum() for n, kind in (kinds | {"variable_repairs": "variable"}).items()}
    return rows.group_by(key).agg(repairs=rows.count(), **counts).rename(unit_ix=key)
