"""Timeout rate.

Share of the timers armed on activities that fired: fired / armed. A boundary timer is armed each time that its activity
begins, so that the models and the recorded activities tell how many were; timers of event sub-processes and of
intermediate events are no deadlines of an activity and are left out. A timer that repeats counts once.

Formula: fired timers on activities / armed timers on activities.

Range: 0 to 1; neither more nor less is better: a deadline that is met and one that nobody set look the same.

Known bias: an activity that began just before the end of the export may still time out; where versions of cases are
unknown nothing can be counted.

Example: 50 approvals with a reminder after two days, which was sent 5 times: 0.1.

Source: deadline expiry in the exception types of Russell, van der Aalst and ter Hofstede (2006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.mine.timeouts import build_timeouts
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return fired over armed timers of the cases of the window, clustered by (root) case."""
    rows = mined.of(build_timeouts)
    if rows is None:
        return missing(Status.NOT_APPLICABLE, "no model has a timer on an activity")
    rows = rows.filter(rows.in_window)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    unit = rows.group_by("root_ix" if process is None else "case_ix")
    per = unit.agg(x=rows.fired.sum(), y=rows.armed.sum())
    sums, _ = over_units(mined, per, per.x, per.y)
    if not sums.y:
        return missing(Status.NOT_APPLICABLE, "no timer on an activity was armed in the window")
    value, low, high, method = interval.ratio(sums)
    few = sums.y < MIN_CASES
    shown = rows.filter(rows.fired > 0).order_by([rows.fired.desc(), rows.case_id]).limit(EVIDENCE_ROWS)
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.y, n_unit="armed timers",
        method=method, status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.y} armed timers; at least {MIN_CASES} are needed" if few else "",
        evidence=tuple(
            Evidence(case_id=str(r.case_id), what=f"{r.fired:.0f} of {r.armed:.0f} timers fired", when=iso(r.start))
            for r in mined.query(shown).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="timeout-rate", unit="share", needs=("activities", "models"), compute=compute, better="neither")
