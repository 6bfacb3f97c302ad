"""Time coverage.

Share of the end-to-end time of closed cases in which the engine had the case: Σ engine time / Σ (last − first record of
any source). It needs an outside source; without one the ends of a case are the engine's own, and the share is 1 by
construction. Open cases are left out: an instance that never ends would cover everything.

Formula: Σ (end − start of the case in the engine) / Σ (last − first record of any source), over closed cases.

Known bias: cases that no outside source names count as fully covered; waiting in the engine counts as much as
work; clocks that differ between the sources move the ends.

Example: an order comes by mail at 8:00 and runs in the engine from 10:00 to 18:00, when it ends: 8 h / 10 h = 0.8.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.mine.outside import build_outside
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    import ibis

    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: the ends of a case are the engine's own",
            'Give an outside source (role = "outside") with the same order numbers.',
        )  # fmt: skip
    units = mined.root_units
    units = units.filter(units.in_window & units.closed & units.start.notnull() & units.end.notnull())
    if process is not None:
        units = units.filter(units.process_ix == process.ix)
    outside = mined.of(build_outside).filter(mined.of(build_outside).root_ix.notnull())
    seen = outside.group_by("root_ix").agg(
        first=ibis.coalesce(outside.start, outside["at"]).min(), last=ibis.coalesce(outside.end, outside["at"]).max()
    )
    rows = units.left_join(seen.rename(unit_ix="root_ix"), [units.case_ix == seen.rename(unit_ix="root_ix").unit_ix])
    begin = ibis.ifelse(rows["first"] < rows.start, rows["first"], rows.start)
    end = ibis.ifelse(rows["last"] > rows.end, rows["last"], rows.end)
    rows = rows.mutate(x=rows.end - rows.start, y=end - begin, linked=rows["first"].notnull())
    sums, linked = over_units(mined, rows, rows.x, rows.y, times=True, cases=rows.linked)
    if not sums.y:
        return missing(Status.INSUFFICIENT, "no closed case in the window")
    if not linked["cases"]:
        return missing(Status.NOT_AVAILABLE, "the outside source names no closed case of this process",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    value, low, high, method = interval.ratio(sums)
    few = sums.n < MIN_CASES
    worst = rows.filter(rows.y > rows.x).order_by([(rows.y - rows.x).desc(), rows.case_ix]).limit(EVIDENCE_ROWS)
    return Finding(
        value=value, low=low, high=high, numerator=sums.x / 1e6, denominator=sums.y / 1e6, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.n} closed cases; at least {MIN_CASES} are needed" if few else "",
        caveats=(f"{linked['cases']} of {sums.n} closed cases appear in an outside source; the others count as "
                 "fully covered",) if linked["cases"] < sums.n else (),
        details={"linked_cases": linked["cases"]},
        evidence=tuple(
            Evidence(case_id=str(r.case_id), when=iso(r.end), what=f"{(r.y - r.x) / 3.6e9:.1f} h outside the engine")
            for r in mined.query(worst).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="time-coverage", unit="share", needs=("instances",), compute=compute)
