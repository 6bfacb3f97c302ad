"""Shadow-step rate.

Share of the outside records that have no counterpart in the engine, among those linked to a case. A counterpart is a
step of the same case with the same name that began or ended within fifteen minutes of it; each step of the engine
answers for one record, the nearest. Records that name no known case may be shadow work or not: they make the bounds.

Formula: linked outside records without a counterpart / linked outside records; with U records that name no known
case the bounds are without / (linked + U) and (without + U) / (linked + U).

Known bias: an engine step and its effect in another system under another name count as two. Work that nobody recorded
is not in it.

Example: 100 linked records, 30 of them are engine steps written down twice: 0.7.

Source: this project's definition; shadow work as in Outmazgin and Soffer (2016) on workarounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.mine.outside import keyless_records, of_window
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: nothing shows what happened beside the engine",
            'Give an outside source (role = "outside") with the same order numbers.',
        )  # fmt: skip
    rows = of_window(mined)
    linked = rows.filter(rows.root_ix.notnull())
    if process is not None:
        linked = linked.filter(linked.root_process_ix == process.ix)
    per = linked.group_by("root_ix").agg(shadow=(~linked.counterpart).sum(), all=linked.count())
    sums, _ = over_units(mined, per, per.shadow, per["all"])
    if not sums.y:
        return missing(Status.NOT_AVAILABLE, "the outside source names no case of this process",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    value, low, high, method = interval.ratio(sums)
    lost = int(mined.scalar(rows.root_ix.isnull().sum())) + keyless_records(mined)
    lower, upper = sums.x / (sums.y + lost), (sums.x + lost) / (sums.y + lost)
    shadow = linked.filter(~linked.counterpart)
    top = shadow.group_by("activity").agg(rows=shadow.count(), example=shadow.key.min(), last=shadow["at"].max())
    few = sums.n < MIN_CASES
    return Finding(
        value=value, low=min(low, lower), high=max(high, upper), lower_bound=lower if lost else None,
        upper_bound=upper if lost else None, numerator=sums.x, denominator=sums.y, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.n} cases with outside records; at least {MIN_CASES} are needed" if few else "",
        caveats=(f"{lost} outside records name no known case",) if lost else (),
        evidence=tuple(
            Evidence(case_id=str(r.example), what=f"{r.activity}: {r.rows} records without a counterpart",
                     when=iso(r.last))
            for r in mined.query(top.order_by([top.rows.desc(), top.activity]).limit(EVIDENCE_ROWS)).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="shadow-step-rate", unit="share", needs=("activities",), compute=compute, better="down")
