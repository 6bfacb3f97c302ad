"""Cross-process linkage.

How many of the root cases of a process can be linked to a case of another productive process: by a tree of calls, a
correlated message, or a business key that both carry; the best other process counts. For the portfolio the share of
productive processes with at least 80 % of their cases linked to one other, unweighted or by volume, whichever is lower.
A key that more than fifty cases of one process share names no business object and links nothing.

Formula: root cases linked to the one other process that most are linked to / root cases of the window; for the
portfolio processes with 0.8 or more / productive processes, unweighted or by volume, the lower.

Known bias: short running numbers may meet by chance; keys hashed differently in two exports never meet.

Example: 90 of 100 returns carry the number of an order that the order process knows: 0.9.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.mine.linkage import linked_processes
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

ENOUGH = 0.8


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of linked cases, or of processes that are linked."""
    if len(mined.productive) < 2:
        return missing(Status.NOT_APPLICABLE, "fewer than two productive processes: nothing to link")
    if process is None:
        return share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: (f.value or 0.0) >= ENOUGH, "80 % linked to one other process"
        )
    if not process.productive:
        return missing(Status.NOT_APPLICABLE, "not a productive process")
    total = int(mined.root_counts.get(process.ix, 0))
    linked = mined.of(linked_processes).get(process.ix, ())
    best = linked[0].sums.x if linked else 0
    value, low, high, method = interval.case_rate(linked[0].sums) if linked else interval.proportion(0, total)
    names = {p.ix: p.name for p in mined.processes}
    return Finding(
        value=value, low=low, high=high, numerator=best, denominator=total, n=total, method=method,
        status=Status.INSUFFICIENT if total < MIN_CASES else Status.MEASURED,
        reason=f"{total} root cases in the window; at least {MIN_CASES} are needed" if total < MIN_CASES else "",
        evidence=tuple(
            Evidence(case_id=None, what=f"{found.sums.x} of {total} cases are linked to {names[found.other]}")
            for found in linked
        )[:EVIDENCE_ROWS],
    )  # fmt: skip


METRIC = Computed(
    id="cross-process-linkage", unit="share", needs=("instances", ("correlations", "business-keys")), compute=compute
)
