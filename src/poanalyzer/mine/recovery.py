"""How failure episodes end over time: counts by time, way of ending and day, made in the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.episodes import build_episodes

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined

SECOND_US, MINUTE_US = 1_000_000, 60_000_000
HOUR, DAY, WEEK = 3_600, 86_400, 7 * 86_400
#: Ways for an episode to end, by number; 0 is not over yet.
RECOVERED, CANCELLED, DEAD = 1, 2, 3
WAYS = 3
#: Whole days are left out together when the uncertainty is judged, since failures come in clusters.
GROUPS = 20


def episode_ends(mined: Mined) -> pd.DataFrame:
    """Return ``process_ix, day, entry, seconds, way, n, closed, untimed``: episodes by how and when they ended.

    ``seconds`` since the first failure, rounded up to whole seconds on the first day and to whole minutes after it (what
    ended, and what was followed no longer, must keep their order); what lasted longer than a week counts as going on
    then. ``day``: the group of days (0 … 19) that it began in.
    ``entry``: −1, or the seconds after which an episode came into view that began before the observation did.
    ``closed``: how many of them are over at all; ``untimed``: how many are, while nothing says since when.

    An episode that began before the window (or before the time up to which the engine has removed finished cases) can
    only be seen if it was not over by then: it enters late (delayed entry), else long ones would be over-represented.
    """
    import ibis

    rows = mined.of(build_episodes)
    begins = observed_from(mined)
    if begins is not None:
        rows = rows.join(begins, "process_ix")
    else:
        rows = rows.mutate(begin=ibis.null("int64"))
    over = rows.disposition != "open"
    end = ibis.ifelse(over, rows.restored, ibis.literal(mined.window.end))
    untimed = over & rows.restored.isnull()
    early = (rows.first_at < rows.begin).fill_null(False)
    rows = rows.mutate(
        lasted=ibis.greatest(ibis.coalesce(end, rows.first_at) - rows.first_at, 0),
        closed=over.cast("int64"),
        untimed=untimed.cast("int64"),
        late=ibis.ifelse(early, rows.begin - rows.first_at, ibis.literal(-1, "int64")),
        gone=(early & over & (end <= rows.begin)).fill_null(False),
        way=ibis.cases(
            (rows.disposition.isin(["retried_ok", "modelled", "manual"]), RECOVERED),
            (rows.disposition == "cancelled", CANCELLED),
            (rows.disposition == "dead", DEAD),
            else_=0,
        ),
        day=(rows.first_at // DAY_US) % GROUPS,
    )
    rows = rows.filter(~rows.gone)
    fine = _up(rows.lasted, SECOND_US)
    coarse = _up(rows.lasted, MINUTE_US) * 60
    seconds = ibis.ifelse(fine <= DAY, fine, coarse)
    beyond = seconds > WEEK
    # entries are rounded down, ends up: whoever ended after it came into view was at risk
    entry = ibis.ifelse(rows.late < 0, ibis.literal(-1, "int64"), rows.late // MINUTE_US * 60)
    rows = rows.mutate(
        seconds=ibis.ifelse(beyond, WEEK + 60, seconds).cast("int64"),
        way=ibis.ifelse(beyond, 0, rows.way).cast("int64"),
        entry=ibis.ifelse(entry > WEEK, WEEK + 60, entry).cast("int64"),
        day=rows.day.cast("int64"),
    )
    rows = rows.filter(rows.entry <= WEEK)
    counts = rows.group_by(["process_ix", "day", "entry", "seconds", "way"]).agg(
        n=rows.count(), closed=rows.closed.sum(), untimed=rows.untimed.sum()
    )
    frame = mined.query(counts)
    return frame.sort_values(["process_ix", "day", "entry", "seconds", "way"], ignore_index=True)


def observed_from(mined: Mined) -> ibis.Table | None:
    """Return ``process_ix, begin``: since when failures of a process are all in the data (µs UTC); None: always.

    The window's start, or, where the engine removes finished cases after some days, that many days before the end.
    """
    import ibis

    kept = {r.path: r.retention_days for r in mined.engine_inputs}
    begins = {}
    for process in mined.processes:
        days = [kept[path] for path in process.inputs if kept.get(path) is not None]
        limits = [mined.window.end - d * DAY_US for d in days if d is not None]
        if mined.window.start is not None:
            limits.append(mined.window.start)
        if limits:
            begins[process.ix] = max(limits)
    if not begins:
        return None
    numbers = [p.ix for p in mined.processes]
    return ibis.memtable(
        {"process_ix": numbers, "begin": [begins.get(n) for n in numbers]},
        schema=ibis.schema({"process_ix": "int64", "begin": "int64"}),
    )


def _up(micros: ibis.Value, unit: int) -> ibis.Value:
    return (micros + (unit - 1)) // unit
