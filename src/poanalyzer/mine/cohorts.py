"""Cases by the release they run on and the day they began: what everything about deliveries is computed from.

One pass over the cases makes a small frame (process × release × day); durations are summed as whole micro-logarithms, so
that sums are the same on every back end and number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.episodes import build_episodes
from poanalyzer.mine.releases import carriers_of, releases_of

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined

#: The first cases of a release: those that begin within this time after it, or this many if that is more.
FIRST_US = 3 * DAY_US
FIRST_CASES = 200
#: Up to this share of the ended cases may have ended before the clean-up should have removed them.
OVERLOOKED = 0.05
#: So much hazard of an end passes without any end in one of a hundred logs from which nothing was removed: −ln 0.01.
UNLIKELY = 4.605
_MICRO = 1_000_000
_FAR = 9_000_000_000_000_000


def release_cases(mined: Mined) -> ibis.Table:
    """Create and return ``m_release_cases``: one row a case that began after a release of its process.

    Columns: ``case_ix, process_ix, release`` (the one its version carries; ``period`` where the version is unknown,
    or was deployed after the case began: then it was migrated), ``period`` (the release that was the latest when it
    began), ``released`` (that one's time), ``start, end, closed, failed`` (a root incident or, where incidents are
    not recorded, an episode), ``repeated, success, decided``.
    """
    import ibis

    con = mined.log.con
    ix = {p.key: p.ix for p in mined.processes}
    periods: list[tuple[int, int, int, int]] = []
    plain: dict[tuple[int, str], set[int]] = {}
    by_tenant: list[tuple[int, str, str, int]] = []
    for key, releases in mined.of(releases_of).items():
        if key not in ix:
            continue
        ends = [r.at for r in releases[1:]] + [_FAR]
        periods += [(ix[key], n, r.at, until) for n, (r, until) in enumerate(zip(releases, ends, strict=True))]
        for c in mined.of(carriers_of)[key]:
            plain.setdefault((ix[key], c.version), set()).add(c.release)
            by_tenant.append((ix[key], c.version, c.tenant, c.release))
    units = mined.units
    bad = units.incidents if mined.has_incidents else units.episodes
    rows = units.select(
        "case_ix", "process_ix", "start", "end", "closed", "tenant", repeated=units.repeated, failed=bad > 0,
        success=ibis.coalesce(units.outcome == "success", False), decided=units.outcome.notnull(),
    ).join(mined.log.coded("c_cases").select("case_ix", "process_version"), "case_ix")  # fmt: skip
    spans = _table(periods, ("process_ix", "period", "released", "until"))
    rows = rows.join(spans, [rows.process_ix == spans.process_ix, rows.start >= spans.released,
                             rows.start < spans.until]).drop("process_ix_right")  # fmt: skip
    clear = [(p, v, *numbers) for (p, v), numbers in plain.items() if len(numbers) == 1]
    known = _table(clear, ("process_ix", "process_version", "carried"))
    rows = rows.left_join(known, ["process_ix", "process_version"]).drop("process_ix_right", "process_version_right")
    carried = rows.carried
    # the same version number of two tenants may stand for different releases
    if mixed := [(p, v, t, n) for p, v, t, n in by_tenant if len(plain[p, v]) > 1]:
        own = _table(mixed, ("process_ix", "process_version", "tenant", "own"))
        rows = rows.left_join(own, ["process_ix", "process_version", "tenant"])
        carried = ibis.coalesce(rows.carried, rows.own)
    return con.create_table(
        "m_release_cases",
        rows.select(
            "case_ix", "process_ix", "period", "released", "start", "end", "closed", "failed", "repeated", "success",
            "decided", release=ibis.least(ibis.coalesce(carried, rows.period), rows.period),
        ),
    )  # fmt: skip


def _table(rows: Sequence[tuple[object, ...]], names: tuple[str, ...]) -> ibis.Table:
    import ibis

    texts = ("process_version", "tenant")
    schema = ibis.schema({n: "string" if n in texts else "int64" for n in names})
    return ibis.memtable([dict(zip(names, row, strict=True)) for row in rows], schema=schema)


def cohorts(mined: Mined) -> pd.DataFrame:
    """Return counts by ``process_ix, release, period, day`` (days since 1970, of the start).

    Columns: ``cases, closed, failed, repeated`` (of closed ones), ``success, decided``, ``log_us`` (Σ ln seconds of closed
    cases, in millionths) and ``first`` (the earliest start, µs).
    """
    import ibis

    rows = mined.of(release_cases)
    done = ibis.coalesce(rows.closed & (rows.end >= rows.start), False)
    log_us = (((rows.end - rows.start) / _MICRO + 1).ln() * _MICRO).round().cast("int64")
    per = rows.mutate(day=rows.start // DAY_US, done=done).group_by(["process_ix", "release", "period", "day"])
    frame: pd.DataFrame = mined.query(
        per.agg(
            cases=ibis._.count(), closed=ibis._.done.sum(), failed=ibis._.failed.sum(),
            repeated=ibis.ifelse(ibis._.done, ibis._.repeated, 0).sum(), success=ibis._.success.sum(),
            decided=ibis._.decided.sum(), log_us=ibis.ifelse(done, log_us, 0).sum(), first=ibis._.start.min(),
        )
    )  # fmt: skip
    return frame.sort_values(["process_ix", "day", "release", "period"], ignore_index=True)


def slow_days(mined: Mined) -> dict[int, float]:
    """Return by process number how many days nine of ten closed cases take at most."""
    rows = mined.of(release_cases)
    done = rows.filter(rows.closed & (rows.end >= rows.start))
    per = done.group_by("process_ix").agg(q=((done.end - done.start) / DAY_US).quantile(0.9))
    return {int(r.process_ix): float(r.q) for r in mined.query(per).itertuples()}


def whole_from(mined: Mined) -> dict[int, float]:
    """Return by process number since which day (since 1970) all cases that began are still in the data; absent: always.

    Where finished cases are removed some time after their end, what began before the earliest end that was kept may be
    there only because it took long: a process that stays the same seems to get faster. Cases go with their root, so it is
    the roots' times that tell. They are taken for removed where the engine says that it keeps them for less time than the
    data reach back, or where it is not credible that of all cases begun before the first end none ended earlier (see
    :func:`_unlikely`).
    """
    import ibis

    roots = mined.cases.filter(mined.cases.start.notnull()).select(
        root_ix="case_ix", root_start="start", root_end="end",
        ended=ibis.coalesce(mined.cases.closed & (mined.cases.end >= mined.cases.start), False),
    )  # fmt: skip
    rows = mined.cases.select("process_ix", "root_ix").join(roots, "root_ix")
    kept = {r.path: r.retention_days for r in mined.engine_inputs}
    limits = {
        p.ix: mined.window.end - min(days) * DAY_US
        for p in mined.processes
        if (days := [d for path in p.inputs if (d := kept.get(path)) is not None])
    }
    never = ibis.literal(-_FAR, "int64")
    due = ibis.cases(*((rows.process_ix == ix, at) for ix, at in limits.items()), else_=never) if limits else never
    done = rows.filter(rows.ended)
    per = done.mutate(due=done.root_end < due).group_by("process_ix")
    found = mined.query(
        per.agg(began=ibis._.root_start.min(), first=ibis._.root_end.min(), n=ibis._.count(), overdue=ibis._.due.sum())
    )
    if found.empty:
        return {}
    unlikely = _unlikely(mined, rows, [(int(r.process_ix), int(r.first)) for r in found.itertuples()])
    out = {}
    for row in found.itertuples():
        removed_until = limits.get(int(row.process_ix), -_FAR)
        # a few that ended before were overlooked; many: the clean-up has not run
        if removed_until > row.began and row.overdue <= OVERLOOKED * row.n:
            out[int(row.process_ix)] = math.ceil(max(removed_until, row.first) / DAY_US)
        elif int(row.process_ix) in unlikely:
            out[int(row.process_ix)] = math.ceil(row.first / DAY_US)
    return out


def _unlikely(mined: Mined, rows: ibis.Table, firsts: list[tuple[int, int]]) -> set[int]:
    """Return the processes of which, were all cases there, some case would almost surely have ended before the first end.

    Summed over the cases that wait, the hazard of an end until the first one is exponential with mean 1, whatever the
    durations are like (time change of a counting process; Aalen 1978). The hazard is Nelson and Aalen's of the cases that
    began after the first end, which are all there; durations are counted in eighths of a logarithm, and what fell into the
    last eighth of a waiting time does not count, so that it errs to the side of nothing removed. Where cases got much faster
    later it errs to the other side; then the days before the first end are lost, not more than a long case lasts.

    Args:
        rows: ``process_ix, root_ix, root_start, root_end, ended``.
        firsts: process number and its first end (µs).
    """
    import ibis
    import numpy as np

    rows = rows.join(_table(firsts, ("process_ix", "first")), "process_ix")
    waits = rows.root_start < rows.first
    until = ibis.ifelse(waits, rows.first, ibis.ifelse(rows.ended, rows.root_end, mined.window.end))
    took = ibis.greatest(until - rows.root_start, 1)
    per = rows.mutate(waits=waits, bucket=(took.cast("float64").ln() * 8).floor().cast("int64"))
    frame = mined.query(
        per.group_by(["process_ix", "waits", "bucket"]).agg(
            n=ibis._.count(), ended=ibis._.ended.sum(), roots=ibis._.root_ix.nunique(where=ibis._.waits)
        )
    )
    out = set()
    for ix, own in frame.sort_values("bucket").groupby("process_ix"):
        later, waiting = own[~own["waits"]], own[own["waits"]]
        at_risk = later["n"].to_numpy(float)[::-1].cumsum()[::-1]
        hazard = np.concatenate(([0.0], np.cumsum(later["ended"].to_numpy(float) / at_risk)))
        passed = np.searchsorted(later["bucket"].to_numpy(), waiting["bucket"].to_numpy())
        if float((hazard[passed] * waiting["roots"].to_numpy(float)).sum()) > UNLIKELY:
            out.add(int(ix))
    return out


def first_cases(mined: Mined) -> pd.DataFrame:
    """Return by ``process_ix, release``: all ``cases`` and ``failed`` ones, and of its first cases ``early, early_failed``.

    The first cases of a release are those that began within 72 hours after it, or 200 if that is more.
    """
    import ibis

    rows = mined.of(release_cases)
    rank = ibis.row_number().over(group_by=["process_ix", "release"], order_by=["start", "case_ix"])
    rows = rows.mutate(
        early=(rank < FIRST_CASES) | ((rows.start < rows.released + FIRST_US) & (rows.release == rows.period))
    )
    per = rows.group_by(["process_ix", "release"]).agg(
        cases=ibis._.count(), failed=ibis._.failed.sum(), early=ibis._.early.sum(),
        early_failed=(ibis._.early & ibis._.failed).sum(),
    )  # fmt: skip
    frame: pd.DataFrame = mined.query(per)
    return frame.sort_values(["process_ix", "release"], ignore_index=True)


def element_days(mined: Mined) -> pd.DataFrame:
    """Return by ``process_ix, element_id, day``: ``rows`` of work, ``busy`` (Σ durations, µs) and ``failures`` (episodes).

    Only processes with a release after their first are looked at: for the others nothing asks.
    """
    import ibis

    keys = [p.ix for p in mined.processes if len(mined.of(releases_of).get(p.key, ())) > 1]
    steps = mined.steps.filter(mined.steps.process_ix.isin(keys or [-1]) & mined.steps["at"].notnull())
    names = mined.log.coded("d_step").select("step_ix", "element_id")
    took = ibis.ifelse(steps.start.notnull() & (steps.end >= steps.start), steps.end - steps.start, 0)
    # numbers first, names after: the rows are many, the groups few
    work = steps.mutate(day=steps["at"] // DAY_US, took=took).group_by(["process_ix", "step_ix", "day"])
    work = work.agg(rows=ibis._.count(), busy=ibis._.took.sum()).join(names, "step_ix")
    frame: pd.DataFrame = mined.query(
        work.filter(ibis._.element_id.notnull()).group_by(["process_ix", "element_id", "day"])
        .agg(rows=ibis._.rows.sum(), busy=ibis._.busy.sum())
    )  # fmt: skip
    frame["failures"] = 0
    if mined.has_failures:
        went = mined.of(build_episodes).filter(mined.of(build_episodes).process_ix.isin(keys or [-1]))
        went = went.mutate(day=went.first_at // DAY_US).group_by(["process_ix", "element_id", "day"])
        found = mined.query(went.agg(failures=ibis._.count()))
        found[["rows", "busy"]] = 0
        import pandas as pd

        frame = pd.concat([frame, found]).groupby(["process_ix", "element_id", "day"], as_index=False).sum()
    return frame.sort_values(["process_ix", "element_id", "day"], ignore_index=True)
