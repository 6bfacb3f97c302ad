"""Recovery within 24 hours.

Share of failure episodes that were over within 24 hours of their first failure: overcome by a retry, by the model or by
an operator. An estimate by Aalen and Johansen: episodes still open are censored at the end of the window, cancelled
and dead ones are other ends that recovery competes with. Details: the same at one hour and at seven days, and how
many were cancelled or died within 24 hours.

Counted are the episodes that began in the window, and from then on those that were open when it began (delayed
entry).

Formula: Σ over the times t up to 24 h of S(t) × recoveries at t / episodes still followed at t, with S(t) the
estimated share not over before t by any end (Aalen–Johansen).

In a plain log the activities that the analyst declared as exceptions are the failures: each is over when an activity
that handles it begins, and one that nothing follows died when its case ended.

Known bias: if hopeless cases are kept open rather than cancelled, the estimate is too high; it assumes that open
episodes go on as others did.

Example: of ten episodes six recover after an hour, two are cancelled after two and two are still open after three
hours: at one hour it is 0.6, and at 24 hours nothing more can be said, since none was followed that long.

Source: Aalen and Johansen (1978); the interval leaves out whole days (jackknife), since failures come in clusters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_EPISODES, Computed, Finding, missing
from poanalyzer.mine.episodes import build_episodes
from poanalyzer.mine.mined import iso
from poanalyzer.mine.recovery import CANCELLED, DAY, DEAD, HOUR, RECOVERED, WAYS, WEEK, episode_ends
from poanalyzer.mine.survival import Incidence, cumulative_incidence
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the cumulative incidence of recovery at 24 hours with a log–log interval."""
    if not mined.has_failures:
        return missing(Status.NOT_APPLICABLE, "no failure episode, although failures are recorded")
    rows = mined.of(episode_ends)
    if process is not None:
        rows = rows[rows["process_ix"] == process.ix]
    total = int(rows["n"].sum())
    if not total:
        return missing(Status.NOT_APPLICABLE, "no failure episode in the window, although failures are recorded")
    untold = int(rows["untimed"].sum())
    if untold:
        why = f"{untold} of {total} failure episodes are over, but the export does not say since when"
        unlock = mined.capability(process, "incidents").unlock or "Export the history with the times of resolution."
        return missing(Status.NOT_AVAILABLE, why, unlock)
    curve = _curve(rows)
    closed = int(rows["closed"].sum())
    by = {name: curve.at(t) for name, t in (("1h", HOUR), ("24h", DAY), ("7d", WEEK))}
    details: dict[str, float | int | str | None] = {
        "episodes": total, "closed": closed, "entered_late": int(rows.loc[rows["entry"] >= 0, "n"].sum()),
        **{f"recovered_{name}": None if f is None else f[RECOVERED - 1] for name, f in by.items()},
        "cancelled_24h": None if by["24h"] is None else by["24h"][CANCELLED - 1],
        "dead_24h": None if by["24h"] is None else by["24h"][DEAD - 1],
    }  # fmt: skip
    if by["24h"] is None:
        return Finding(
            status=Status.INSUFFICIENT, reason="no episode was followed for 24 hours, and not all are over", n=total,
            n_unit="episodes", details=details,
        )  # fmt: skip
    value = by["24h"][RECOVERED - 1]
    low, high, method = _interval(rows, value, total)
    few = closed < MIN_EPISODES
    return Finding(
        value=value, low=low, high=high, n=total, n_unit="episodes", method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed episodes; at least {MIN_EPISODES} are needed" if few else "",
        details=details, evidence=_slow(mined, process), basis="declared" if _by_declaration(mined, process) else "observed",
    )  # fmt: skip


def _by_declaration(mined: Mined, process: Process | None) -> bool:
    """Whether the failures are those that the analyst declared, since the export records none."""
    return any(mined.capability(process, need).available == "no" for need in ("attempts", "incidents"))


def _curve(rows: pd.DataFrame) -> Incidence:
    times, ways, counts, entries = (rows[c].to_numpy(dtype=float) for c in ("seconds", "way", "n", "entry"))
    return cumulative_incidence(times, ways, counts, entries, WAYS)


def _interval(rows: pd.DataFrame, value: float, total: int) -> tuple[float, float, str]:
    """Return (low, high, method): a jackknife over groups of days on the log–log scale, which stays within 0 and 1."""
    days = sorted(rows["day"].unique())
    without = [_curve(rows[rows["day"] != day]).at(DAY) for day in days] if len(days) > 1 else []
    values = [f[RECOVERED - 1] for f in without if f is not None]
    if len(values) > 1 and 0.0 < value < 1.0:
        spread = interval.jackknife(values, value, -math.inf)[1] - value
        if spread > 0:
            left = 1.0 - value
            stretch = math.exp(spread / (left * -math.log(left)))
            return 1.0 - left ** (1.0 / stretch), 1.0 - left**stretch, "Aalen–Johansen, jackknife by days, log–log"
    _, low, high, _ = interval.proportion(round(value * total), total)
    return min(low, value), max(high, value), "Aalen–Johansen, Wilson"


def _slow(mined: Mined, process: Process | None) -> tuple[Evidence, ...]:
    """Return the episodes of the window that took longest or did not recover."""
    import ibis

    rows = mined.of(build_episodes)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    if mined.window.start is not None:
        rows = rows.filter(rows.first_at >= mined.window.start)
    lasted = ibis.coalesce(rows.restored, ibis.literal(mined.window.end)) - rows.first_at
    rows = rows.join(mined.cases.select("case_ix", "case_id"), "case_ix").mutate(lasted=lasted)
    bad = ~rows.disposition.isin(["retried_ok", "modelled", "manual"])
    slow = rows.filter(bad | (rows.lasted > DAY * 1_000_000))
    slow = slow.order_by([slow.lasted.desc(), slow.case_id, slow.element_id]).limit(EVIDENCE_ROWS)
    return tuple(
        Evidence(
            case_id=str(r.case_id), element_id=r.element_id or None, when=iso(r.first_at),
            what=f"{_WORDS[r.disposition]} after {r.lasted / 3.6e9:.1f} h",
        )
        for r in mined.query(slow).itertuples()
    )  # fmt: skip


_WORDS = {
    "retried_ok": "retried with success", "modelled": "handled by the model", "manual": "repaired by an operator",
    "cancelled": "cancelled", "dead": "died", "open": "still open",
}  # fmt: skip
METRIC = Computed(
    id="recovery-24h", unit="share", needs=("activities", "attempts", "incidents"), compute=compute, better="up",
    declared_exceptions=True,
)  # fmt: skip
