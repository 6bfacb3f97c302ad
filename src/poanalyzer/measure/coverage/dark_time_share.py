"""Dark-time share.

Share of the end-to-end time of closed cases in which nobody recorded anything: neither did the engine have the case nor
does an outside record cover the moment. Σ dark / Σ (last − first record of any source). Details: the four parts of the
time, which add up to 1. *engine_active*: the engine's own work ran (service, script, send and rule tasks, in a plain log
every step). *engine_waiting*: the rest of the time the engine had the case, user and receive tasks, timers and queues
included. *logged_outside*: beside the engine, covered by an outside record. *dark*: the rest.

It needs an outside source; open cases are left out, since an instance that never ends would cover everything.

Formula: Σ time that no record covers / Σ (last − first record of any source), over closed cases.

Known bias: outside records without a duration cover nothing, so that their time is dark; a clock that differs between
the sources moves time between the parts.

Example: an order runs 8 h in the engine, is taken by phone 2 h before for half an hour: elapsed 10 h, dark 1.5 h, 0.15.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.mine.times import case_times
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by case, and the four parts."""
    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: the ends of a case are the engine's own",
            'Give an outside source (role = "outside") with the same order numbers.',
        )  # fmt: skip
    rows = mined.of(case_times)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    sums, parts = over_units(
        mined, rows, rows.dark, rows.elapsed, times=True, active=rows.active, waiting=rows.waiting, outside=rows.outside,
        cases=rows.linked.cast("int64"),
    )  # fmt: skip
    if not sums.y:
        return missing(Status.INSUFFICIENT, "no closed case in the window")
    if not parts["cases"]:
        return missing(Status.NOT_AVAILABLE, "the outside source names no closed case of this process",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    value, low, high, method = interval.ratio(sums)
    few = sums.n < MIN_CASES
    worst = rows.filter(rows.dark > 0).order_by([rows.dark.desc(), rows.case_ix]).limit(EVIDENCE_ROWS)
    return Finding(
        value=value, low=low, high=high, numerator=sums.x / 1e6, denominator=sums.y / 1e6, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.n} closed cases; at least {MIN_CASES} are needed" if few else "",
        caveats=(f"{parts['cases']} of {sums.n} closed cases appear in an outside source; the others have no dark time",)
        if parts["cases"] < sums.n else (),
        details={
            "engine_active": parts["active"] / sums.y, "engine_waiting": parts["waiting"] / sums.y,
            "logged_outside": parts["outside"] / sums.y, "dark": value, "linked_cases": parts["cases"],
        },
        evidence=tuple(
            Evidence(case_id=str(r.case_id), when=iso(r.end), what=f"{r.dark / 3.6e9:.1f} h without any record")
            for r in mined.query(worst).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="dark-time-share", unit="share", needs=("instances",), compute=compute, better="down")
