"""Time coverage.

Share of the end-to-end time of closed cases in which the engine had the case: Σ engine time / Σ (last − first record of
any source). It needs an outside source; without one the ends of a case are the engine's own, and the share is 1 by
construction. Open cases are left out: an instance that never ends would cover everything.

Formula: Σ (end − start of the case in the engine) / Σ (last − first record of any source), over closed cases.

Records that name no known case may lengthen cases that look covered: linked records alone would reward poor keys. The
value takes keys for lost at random within each kind of record and tells from the linked ones how far all together would
reach (a record stands for 1 / link rate of its kind, for five at most, those behind the farthest with the remainder). The
upper bound is the share by linked records alone; for the lower one each unlinked record lengthens one case, as far as any
linked record reaches.

Known bias: cases that no outside source names count as fully covered; waiting in the engine counts as much as
work; clocks that differ between the sources move the ends; keys lost within a kind of record not at random move the value
within its bounds.

Example: an order comes by mail at 8:00 and runs in the engine from 10:00 to 18:00, when it ends: 8 h / 10 h = 0.8.

Source: this project's definition; continuation from a thinned sample as in Good and Toulmin (1956).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.measure.unlinked import unlinked_caveat, within
from poanalyzer.mine.mined import iso
from poanalyzer.mine.unlinked import linkage, room, whole_times
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: the ends of a case are the engine's own",
            'Give an outside source (role = "outside") with the same order numbers.',
        )  # fmt: skip
    rows = mined.of(whole_times)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    rows = rows.mutate(engine=rows.active + rows.waiting, beside=rows.elapsed - rows.active - rows.waiting)
    sums, seen = over_units(
        mined, rows, rows.engine, rows.whole_elapsed, times=True, elapsed=rows.elapsed, timed=rows.elapsed > 0,
        cases=rows.linked,
    )  # fmt: skip
    if not seen["elapsed"]:
        return missing(Status.INSUFFICIENT, "no closed case in the window")
    if not seen["cases"]:
        return missing(Status.NOT_AVAILABLE, "the outside source names no closed case of this process",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    found = mined.of(linkage)
    lower = upper = None
    if found.lost:
        lower = sums.x / (seen["elapsed"] + room(mined, process))
        upper = sums.x / seen["elapsed"]
    value, low, high, method = within(interval.ratio(sums) if sums.y > 0 else None, lower, upper)
    n, few = seen["timed"], seen["timed"] < MIN_CASES
    worst = rows.filter(rows.beside > 0).order_by([rows.beside.desc(), rows.case_ix]).limit(EVIDENCE_ROWS)
    caveats = unlinked_caveat(found)
    if seen["cases"] < n:
        caveats = (f"{seen['cases']} of {n} closed cases appear in an outside source; the others count as fully covered",
                   *caveats)  # fmt: skip
    return Finding(
        value=value, low=low, high=high, lower_bound=lower, upper_bound=upper, numerator=sums.x / 1e6,
        denominator=sums.x / value / 1e6 if value else seen["elapsed"] / 1e6, n=n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{n} closed cases; at least {MIN_CASES} are needed" if few else "", caveats=caveats,
        details={"linked_cases": seen["cases"]},
        evidence=tuple(
            Evidence(case_id=str(r.case_id), when=iso(r.end), what=f"{r.beside / 3.6e9:.1f} h outside the engine")
            for r in mined.query(worst).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="time-coverage", unit="share", needs=("instances",), compute=compute)
