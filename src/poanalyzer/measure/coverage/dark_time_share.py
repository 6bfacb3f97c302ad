"""Dark-time share.

Share of the end-to-end time of closed cases in which nobody recorded anything: neither did the engine have the case nor
does an outside record cover the moment. Σ dark / Σ (last − first record of any source). Details: the four parts of the
time, which add up to 1. *engine_active*: the engine's own work ran (service, script, send and rule tasks, in a plain log
every step). *engine_waiting*: the rest of the time the engine had the case, user and receive tasks, timers and queues
included. *logged_outside*: beside the engine, covered by an outside record. *dark*: the rest.

It needs an outside source; open cases are left out, since an instance that never ends would cover everything.

Formula: Σ time that no record covers / Σ (last − first record of any source), over closed cases.

Records that name no known case may lie in dark time, or lengthen a case at either end. The value takes keys for lost at
random within each kind of record and tells from the linked ones what all together would reach and cover, as
time-coverage does. For the lower bound all time of unlinked records lies in the dark; for the upper one each unlinked record is a
moment that lengthens one case, as far as any linked record reaches.

Known bias: outside records without a duration cover nothing, so that their time is dark; a clock that differs between
the sources moves time between the parts; keys lost within a kind of record not at random move the value within its bounds.

Example: an order runs 8 h in the engine, is taken by phone 2 h before for half an hour: elapsed 10 h, dark 1.5 h, 0.15.

Source: this project's definition; continuation from a thinned sample as in Good and Toulmin (1956).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.measure.unlinked import unlinked_caveat, within
from poanalyzer.mine.mined import iso
from poanalyzer.mine.unlinked import linkage, lost_time, room, whole_times
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
    rows = mined.of(whole_times)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    sums, parts = over_units(
        mined, rows, rows.whole_dark, rows.whole_elapsed, times=True, active=rows.active, waiting=rows.waiting,
        elapsed=rows.elapsed, dark=rows.dark, timed=rows.elapsed > 0, cases=rows.linked,
    )  # fmt: skip
    elapsed = parts["elapsed"]
    if not elapsed:
        return missing(Status.INSUFFICIENT, "no closed case in the window")
    if not parts["cases"]:
        return missing(Status.NOT_AVAILABLE, "the outside source names no closed case of this process",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    found = mined.of(linkage)
    lower = upper = None
    whole = elapsed
    if found.lost:
        more = room(mined, process)
        lower = max(0, parts["dark"] - lost_time(mined)) / elapsed
        upper = (parts["dark"] + more) / (elapsed + more)
        whole = min(max(sums.y, elapsed), elapsed + more)
    active, waiting = parts["active"] / whole, parts["waiting"] / whole
    estimate = interval.ratio(sums) if sums.y > 0 else None
    most = None if upper is None else min(upper, 1 - active - waiting)
    value, low, high, method = within(estimate, lower, most)
    n, few = parts["timed"], parts["timed"] < MIN_CASES
    worst = rows.filter(rows.dark > 0).order_by([rows.dark.desc(), rows.case_ix]).limit(EVIDENCE_ROWS)
    caveats = unlinked_caveat(found)
    if parts["cases"] < n:
        caveats = (f"{parts['cases']} of {n} closed cases appear in an outside source; the others have no dark time",
                   *caveats)  # fmt: skip
    return Finding(
        value=value, low=low, high=high, lower_bound=lower, upper_bound=upper, numerator=value * whole / 1e6,
        denominator=whole / 1e6, n=n, method=method, status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{n} closed cases; at least {MIN_CASES} are needed" if few else "", caveats=caveats,
        details={
            "engine_active": active, "engine_waiting": waiting, "logged_outside": max(0.0, 1 - active - waiting - value),
            "dark": value, "linked_cases": parts["cases"],
        },
        evidence=tuple(
            Evidence(case_id=str(r.case_id), when=iso(r.end), what=f"{r.dark / 3.6e9:.1f} h without any record")
            for r in mined.query(worst).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="dark-time-share", unit="share", needs=("instances",), compute=compute, better="down")
