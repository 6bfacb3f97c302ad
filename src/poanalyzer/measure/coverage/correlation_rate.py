"""Correlation rate.

Share of the outside records of the window that could be linked to a case of the engine: linked / all, records without
any key included. Unlinked records belong to no process, so it describes the portfolio only. It says how far coverage
figures may be trusted: the naive estimate of coverage rewards poor keys.

Formula: outside records of the window linked to a case / all outside records of the window, those without a key
included.

Known bias: false links are not visible in it; look at some of the linked records.

Example: 1 000 records of the order desk, 900 name an order number of the engine, 60 another one, 40 none: 0.9.

Source: this project's definition, after work on event correlation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.mined import iso
from poanalyzer.mine.outside import keyless_records, of_window
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval by key or by the day of its first record."""
    if process is not None:
        return missing(Status.NOT_APPLICABLE, "describes the portfolio only: unlinked records belong to no process")
    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: there is nothing to link",
            'Give an outside source (role = "outside") with the same order numbers.',
        )  # fmt: skip
    rows = of_window(mined)
    per = rows.group_by("key").agg(linked=rows.root_ix.count(), all=rows.count(), day=rows["at"].min() // DAY_US)
    sums, _ = over_units(mined, per, per.linked, per["all"])
    lost = keyless_records(mined)
    if not sums.y + lost:
        return missing(Status.INSUFFICIENT, "no outside record in the window")
    upper, low, high, method = interval.ratio(sums) if sums.y else (0.0, 0.0, 1.0, "no record with a key")
    # records without a key are no cluster of their own: they shift the estimate and its interval by one factor
    shift = sums.y / (sums.y + lost)
    few = sums.n < MIN_CASES
    stray = per.filter(per.linked < per["all"]).order_by([per["all"].desc(), per.key]).limit(EVIDENCE_ROWS)
    last = rows.filter(rows.root_ix.isnull())
    return Finding(
        value=upper * shift, low=low * shift, high=high * shift, numerator=sums.x, denominator=sums.y + lost, n=sums.n,
        n_unit="keys", method=method.replace("case", "key"),
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.n} keys; at least {MIN_CASES} are needed" if few else "",
        details={"linked": sums.x, "unlinked": sums.y - sums.x, "without_key": lost,
                 "last_unlinked": iso(mined.scalar(last["at"].max()))},
        evidence=tuple(
            Evidence(case_id=str(r.key), what=f"{r.all:.0f} outside records name no case of the engine")
            for r in mined.query(stray).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="correlation-rate", unit="share", needs=("instances",), compute=compute)
