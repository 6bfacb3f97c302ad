"""Outcome observability.

Share of the completed cases of a process whose success or failure can be told from the records: by the ends that the
analyst declared as one or the other, or by the outcome that the export itself gives. Terminated cases stand aside. At
least two classes must occur, the rarer in at least 0.5 % of the cases, else the value is 0: a log in which everything
succeeds tells nothing. For the portfolio the share of productive processes in which the value is at least 0.95,
unweighted or by volume, whichever is lower.

Formula: completed cases with a known outcome / completed cases of the window; portfolio: productive processes with at
least 0.95 / productive processes.

Known bias: what the ends mean is the analyst's word; an end that both good and bad cases reach tells them apart in
name only.

Example: of 40 completed cases 20 reach an end declared as success, 15 one declared as failure and 5 neither: 35 / 40
= 0.875.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

ENOUGH = 0.95
RARE = 0.005


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of cases with a known outcome, or of processes for the portfolio."""
    if process is None:
        found = share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: (f.value or 0) >= ENOUGH, "success rate computable"
        )
        return Finding(**{**found.__dict__, "basis": "declared" if found.value is not None else "observed"})
    rows = mined.cases.filter((mined.cases.process_ix == process.ix) & mined.cases.closed & mined.cases.in_window)
    rows = rows.filter(rows.state != "terminated")
    known = rows.outcome.notnull()
    sums, ends = over_units(
        mined, rows, known, rows.case_ix.notnull(), success=rows.outcome == "success", failure=rows.outcome == "failure"
    )
    total, told, good, bad = sums.y, sums.x, ends["success"], ends["failure"]
    if not total:
        return missing(Status.INSUFFICIENT, "no completed case in the window")
    if not told:
        return missing(
            Status.NOT_AVAILABLE, "nothing says which ends mean success and which failure",
            "Declare which ends mean success and failure: [[process]] outcome = { success = […], failure = […] }.",
        )  # fmt: skip
    value, low, high, method = interval.case_rate(sums)
    details: dict[str, float | int | str | None] = {"success": good, "failure": bad, "unknown": total - told}
    dull = min(good, bad) / told < RARE
    if dull:
        value = low = high = 0.0
    blind = mined.query(rows.filter(~known).order_by("case_ix").limit(EVIDENCE_ROWS))
    return Finding(
        value=value, low=low, high=high, numerator=told, denominator=total, n=total, method=method, basis="declared",
        caveats=("only one class of outcome occurs: a success rate would tell nothing",) if dull else (),
        details=details,
        evidence=tuple(
            Evidence(case_id=str(r.case_id), when=iso(r.end),
                     what=f"ended without a declared outcome (end element {r.end_element_id or 'unknown'})")
            for r in blind.itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="outcome-observability", unit="share", needs=("instances",), compute=compute)
