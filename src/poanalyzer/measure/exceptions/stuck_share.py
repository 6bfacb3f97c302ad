"""Stuck share.

Share of open cases that do not move any more: one of their states has lasted longer than 99.5 per cent of its kind ever
did, and nothing is armed that would end it. States are running activities and open incidents; how long they usually
last is estimated by Kaplan and Meier from the whole export. All open cases count, also those outside the window: what
is stuck leaves no recent record. Cases of which no state shows, or one that ended fewer than 20 times, are unknown: they
make the bounds, and the value is the lower one.

Formula: stuck open cases / open cases; upper bound (stuck + unknown) / open cases.

Known bias: quiet is not stuck, a task may wait for a good reason; jobs that would run later are not seen. At the end of
an export that was cut off everything looks young.

Example: a task that 200 times took at most two days has been open for nine in one of ten open cases: 0.1.

Source: this project's definition, with the estimate of Kaplan and Meier (1958).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import several_over_units
from poanalyzer.mine.blocks import Pair
from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.stuck import build_stuck
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of open cases (of the portfolio: open root cases) that are stuck."""
    open_cases = sum(p.open for p in mined.processes) if process is None else process.open
    if not open_cases:
        return missing(Status.NOT_APPLICABLE, "no case is open")
    rows = mined.of(build_stuck)
    if rows is None:
        return missing(
            Status.NOT_AVAILABLE, "the export does not show where open cases stand",
            "Export the running activity instances too, not only the finished ones.",
        )  # fmt: skip
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    unit = rows.group_by("root_ix" if process is None else "case_ix")
    per = unit.agg(stuck=rows.stuck.max(), perhaps=(rows.stuck | rows.unknown).max(), rows=rows.count())
    open_ = per.rows > 0
    sums, _ = several_over_units(mined, per, {"least": Pair(per.stuck, open_), "most": Pair(per.perhaps, open_)}, {})
    least, most = sums["least"], sums["most"]
    n, stuck, unknown = least.y, least.x, most.x - least.x
    closed = sum(p.closed for p in mined.processes) if process is None else process.closed
    if unknown == n:
        return missing(
            Status.INSUFFICIENT, f"of none of the {n} open cases is it known how long its state usually lasts"
        )
    value, low, high, method = interval.case_rate(least)
    upper, _, high, _ = interval.case_rate(most) if unknown else (value, low, high, method)
    few = closed < MIN_CASES
    return Finding(
        value=value, low=low, high=high, lower_bound=value if unknown else None, upper_bound=upper if unknown else None,
        numerator=stuck, denominator=n, n=n, n_unit="open cases", method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed cases; at least {MIN_CASES} are needed to know what is usual" if few else "",
        caveats=(f"{unknown} of {n} open cases cannot be judged; the upper bound counts them in",) if unknown else (),
        details={"open_cases": n, "unknown": unknown}, evidence=_stuck(mined, rows),
    )  # fmt: skip


def _stuck(mined: Mined, rows: ibis.Table) -> tuple[Evidence, ...]:
    rows = rows.filter(rows.stuck).order_by([rows.age.desc(), rows.case_id]).limit(EVIDENCE_ROWS)
    steps = mined.log.coded("d_step").select("step_ix", "activity", "element_id")
    named = rows.left_join(steps, "step_ix")
    return tuple(
        Evidence(
            case_id=str(r.case_id), element_id=r.element_id if isinstance(r.element_id, str) else None,
            what=f"{r.activity if isinstance(r.activity, str) else 'incident'}: for {r.age / DAY_US:.1f} days",
        )
        for r in mined.query(named).sort_values(["age", "case_id"], ascending=[False, True]).itertuples()
    )  # fmt: skip


METRIC = Computed(id="stuck-share", unit="share", needs=("activities", "start-times"), compute=compute, better="down")
