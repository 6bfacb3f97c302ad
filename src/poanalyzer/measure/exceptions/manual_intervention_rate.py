"""Manual intervention rate.

Operators' repairs per 100 closed cases: tokens moved, retries raised or incidents resolved, variables patched, instances
restarted, instances migrated. Commands of one kind on one element of a case within five minutes are one repair (raising
the retries and resolving the incident belong together). Deleting an instance is no repair.

A lower bound.

Formula: 100 × operators' repairs in closed cases / closed cases.

Range: 0 and above.

Known bias: scripts that nobody logged in for, batches that name no case and changes in the database are not seen;
an application that sets variables through the engine's interface counts as an operator.

Example: 3 repairs in 60 closed cases: 5 per 100.

Source: this project's definition; ten times smaller than repairs per 1000 instances as in the rubric's DEL-14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.mine.repairs import unassigned_repairs
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

PER_CASES = 100
_KINDS = ("retry_repairs", "moves", "migrations", "restarts", "variable_repairs")


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return repairs per 100 closed cases of the window, clustered by case."""
    import ibis

    rows = mined.root_units if process is None else mined.units.filter(mined.units.process_ix == process.ix)
    rows = rows.filter(rows.in_window & rows.closed)
    one = ibis.literal(1, "int64")
    sums, kinds = over_units(mined, rows, rows.repairs, one + rows.repairs * 0, **{k: rows[k] for k in _KINDS})
    if not sums.y:
        return missing(Status.INSUFFICIENT, "no closed case in the window")
    value, low, high, method = interval.ratio(sums, highest=None)
    few = sums.y < MIN_CASES
    seen = mined.capability(process, "operations")
    caveats = [f"a lower bound: {seen.why}"] if seen.available == "partial" else []
    lost = mined.of(unassigned_repairs) if process is None else 0
    if lost:
        caveats.append(f"{lost} repairs name no case (batches) and are not counted")
    return Finding(
        value=value * PER_CASES, low=low * PER_CASES, high=high * PER_CASES, numerator=sums.x, denominator=sums.y,
        n=sums.y, method=method, status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.y} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        caveats=tuple(caveats), details=dict(kinds), evidence=_repaired(mined, rows) if sums.x else (),
    )  # fmt: skip


def _repaired(mined: Mined, rows: ibis.Table) -> tuple[Evidence, ...]:
    worst = rows.filter(rows.repairs > 0).order_by([rows.repairs.desc(), rows.case_id]).limit(EVIDENCE_ROWS)
    return tuple(
        Evidence(case_id=str(r.case_id), what=f"{r.repairs:.0f} repairs by operators", when=iso(r.end))
        for r in mined.query(worst).itertuples()
    )


METRIC = Computed(
    id="manual-intervention-rate", unit="per 100 cases", needs=("operations",), compute=compute, better="down"
)
