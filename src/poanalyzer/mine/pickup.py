"""How fast jobs were picked up, and how much there was to do at the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poanalyzer.eventlog.coding import ACTOR_MACHINE

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined

HOUR_US = 3_600_000_000
#: Days fall into ten groups, for a jackknife that leaves whole days together.
GROUPS = 10
#: Busy hours have at least the load of the 90th percentile of hours, and more than the median ones, which lie between
#: the 40th and the 60th. Hours with the same load are always of the same kind.
TOP, MIDDLE = 0.9, (0.4, 0.6)
#: How many of the busiest hours are shown.
SHOWN = 20
PERCENTILE = 0.95


def pickups(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_pickups``: jobs of the window with their pick-up time; None where none is known.

    ``process_ix, step_ix, hour`` (since 1970, of the moment it was due), ``pickup`` (µs from then to its start).
    Only machines' work counts, without what failed before it was done (its start is that of the last try), and only
    elements some of whose jobs show a time: where every job starts the moment it is due, the engine notes no pick-up.
    """
    import ibis

    acts = mined.log.coded("c_acts")
    rows = acts.filter(acts.work & (acts.actor == ACTOR_MACHINE) & acts.scheduled.notnull() & acts.start.notnull())
    rows = rows.filter(rows.start >= rows.scheduled)
    rows = rows.select("case_ix", "process_ix", "step_ix", "scheduled", pickup=rows.start - rows.scheduled)
    rows = rows.semi_join(mined.cases.filter(mined.cases.in_window), "case_ix")
    if mined.log.row_count("attempts"):
        named = mined.log.coded("d_step").select("step_ix", "element_id")
        failed = mined.log.coded("attempts").select("case_ix", "element_id").distinct().join(named, "element_id")
        rows = rows.anti_join(failed.select("case_ix", "step_ix"), ["case_ix", "step_ix"])
    telling = rows.group_by("step_ix").agg(most=rows.pickup.max()).filter(ibis._.most > 0)
    rows = rows.semi_join(telling, "step_ix").mutate(hour=ibis._.scheduled // HOUR_US)
    table = mined.log.con.create_table("m_pickups", rows.select("process_ix", "step_ix", "hour", "pickup"))
    return table if mined.scalar(table.count()) else None


def banded(mined: Mined, jobs: ibis.Table) -> tuple[ibis.Table, pd.DataFrame]:
    """Return the jobs of the busy (``top``) and of the median hours of each process and of all, and the loads.

    The load of an hour is the number of its jobs, hours without any left out. Loads: ``unit, hours, middle`` (median
    load), ``most``. ``unit`` is the process number, or -1 for all together.
    """
    import ibis

    rows = ibis.union(jobs.mutate(unit=jobs.process_ix.cast("int64")), jobs.mutate(unit=ibis.literal(-1, "int64")))
    loads = rows.group_by(["unit", "hour"]).agg(load=rows.count())
    spread = loads.group_by("unit").agg(
        hours=loads.count(), middle=loads.load.median(), most=loads.load.max(),
        low=loads.load.quantile(MIDDLE[0]), high=loads.load.quantile(MIDDLE[1]), top=loads.load.quantile(TOP),
    )  # fmt: skip
    about = mined.query(spread.select("unit", "hours", "middle", "most"))
    bands = loads.join(spread.select("unit", "low", "high", floor="top"), "unit")
    bands = bands.mutate(top=(bands.load >= bands.floor) & (bands.load > bands.high))
    kept = bands.filter(bands.top | ((bands.load >= bands.low) & (bands.load <= bands.high)))
    return rows.join(kept.select("unit", "hour", "top"), ["unit", "hour"]), about


def _three_digits(value: ibis.IntegerValue) -> ibis.IntegerValue:
    """Round to three significant digits: percentiles come from counts of few distinct values, however many jobs."""
    import ibis

    steps = [(10**power, 10 ** (power - 3)) for power in range(4, 13)]
    rounded = [(value < bound, (value + step // 2) // step * step) for bound, step in steps]
    return ibis.cases((value < 1000, value), *rounded, else_=value)


def _percentile(counts: pd.DataFrame) -> float:
    """Return the smallest value that at least 95 % do not exceed, from counts in order of value; NaN of none."""
    if counts.empty:
        return float("nan")
    share = counts["n"].cumsum() / counts["n"].sum()
    return float(counts["late"].iloc[int((share >= PERCENTILE - 1e-12).to_numpy().argmax())])


def load_bands(mined: Mined) -> dict[int, dict[str, Any]]:
    """Return for each process number (-1: all together) what its busy and its median hours show.

    ``hours, middle, most`` (loads), ``jobs`` (in busy hours), ``peak`` and ``calm`` (95th percentiles of
    the pick-up time in µs to three digits, busy and median hours), ``peak0 … calm9`` (the same with one group of days left
    out), ``worst`` (hour, load, slowest pick-up: of the busiest hours).
    """
    import ibis

    jobs = pickups(mined)
    if jobs is None:
        return {}
    rows, about = banded(mined, jobs)
    rows = rows.mutate(days=(rows.hour // 24) % GROUPS, late=_three_digits(rows.pickup))
    counts = mined.query(rows.group_by(["unit", "top", "days", "late"]).agg(n=rows.count()))
    hours = rows.filter(rows.top).group_by(["unit", "hour"]).agg(load=ibis._.count(), worst=ibis._.pickup.max())
    first = ibis.row_number().over(group_by=hours.unit, order_by=[hours.load.desc(), hours.hour])
    busy = mined.query(hours.mutate(place=first).filter(ibis._.place < SHOWN).limit(100_000))
    out: dict[int, dict[str, Any]] = {}
    for row in about.to_dict("records"):
        own = counts[counts["unit"] == row["unit"]].sort_values("late")
        bands = {"peak": own[own["top"]], "calm": own[~own["top"]]}
        row["jobs"] = int(bands["peak"]["n"].sum())
        for name, band in bands.items():
            row[name] = _percentile(band)
            row |= {f"{name}{g}": _percentile(band[band["days"] != g]) for g in range(GROUPS)}
        of = busy[busy["unit"] == row["unit"]].sort_values("place")
        row["worst"] = [(int(h), int(n), int(w)) for h, n, w in zip(of["hour"], of["load"], of["worst"], strict=True)]
        out[int(row["unit"])] = row
    return out
