"""Stale incident share.

Share of incidents that were not resolved within seven days of their creation: stale / incidents created at least seven
days before the end of the window. One that was closed by cancelling the work was not resolved, and is stale.

Formula: incidents not resolved within seven days of their creation / incidents of the window created at least
seven days before its end.

Known bias: incidents cleared in bulk just before the export look resolved; incidents of the last seven days are left out,
since they could not be stale yet.

Example: of 20 incidents older than a week 15 were resolved within a week, two later, one went with its cancelled
instance and two are open: 5/20 = 0.25.

Source: this project's definition (the rubric's DEL-09).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

STALE_US = 7 * DAY_US
MIN_INCIDENTS = 20


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of incidents that took longer than seven days, by case or by the day of its first incident."""
    import ibis

    rows = mined.log.coded("exceptions")
    rows = rows.filter((rows.kind == "work-item-failure") & (rows.root_id == rows.exception_id))
    rows = rows.filter(rows.raised <= mined.window.end - STALE_US)
    if mined.window.start is not None:
        rows = rows.filter(rows.raised >= mined.window.start)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    rows = rows.join(mined.cases.select("case_ix", "root_ix", named="case_id"), "case_ix")
    resolved = rows.cleared_by.isin(["operator", "retry", "model"]).fill_null(False)
    rows = rows.mutate(
        untold=(resolved & rows.cleared.isnull()).cast("int64"),
        open=rows.cleared.isnull().cast("int64"),
        stale=1 - (resolved & (rows.cleared - rows.raised <= STALE_US)).fill_null(False).cast("int64"),
    )
    per = rows.group_by("root_ix" if process is None else "case_ix").agg(
        x=rows.stale.sum(), y=rows.count(), untold=rows.untold.sum(), still_open=rows.open.sum(),
        day=rows.raised.min() // DAY_US,
    )  # fmt: skip
    sums, more = over_units(mined, per, per.x, per.y, untold=per.untold, still_open=per.still_open)
    if not sums.y:
        return missing(Status.NOT_APPLICABLE, "no incident older than seven days, although incidents are recorded")
    if more["untold"]:
        why = f"{more['untold']} of {sums.y} incidents were resolved, but the export does not say when"
        unlock = mined.capability(process, "incidents").unlock or "Export the history with the times of resolution."
        return missing(Status.NOT_AVAILABLE, why, unlock)
    value, low, high, method = interval.ratio(sums)
    few = sums.y < MIN_INCIDENTS
    stale = rows.filter(rows.stale == 1).mutate(until=ibis.coalesce(rows.cleared, ibis.literal(mined.window.end)))
    stale = stale.order_by([(stale.until - stale.raised).desc(), stale.named]).limit(EVIDENCE_ROWS)
    evidence = tuple(
        Evidence(
            case_id=str(r.named), element_id=r.element_id if isinstance(r.element_id, str) else None,
            when=iso(r.raised), source=r.raw_ref if isinstance(r.raw_ref, str) else None,
            what=f"incident {'open' if r.open else 'cleared only'} after {(r.until - r.raised) / DAY_US:.0f} days",
        )
        for r in mined.query(stale).itertuples()
    )  # fmt: skip
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.y, n_unit="incidents",
        method=method, status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.y} incidents older than seven days; at least {MIN_INCIDENTS} are needed" if few else "",
        details={"still_open": more["still_open"]}, evidence=evidence,
    )  # fmt: skip


METRIC = Computed(id="stale-incident-share", unit="share", needs=("incidents",), compute=compute, better="down")
