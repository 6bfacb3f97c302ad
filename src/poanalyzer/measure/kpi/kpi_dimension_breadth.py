"""KPI dimension breadth.

How many sides of a process its declared KPIs really measure, of six: time, outcome and quality, effort and cost,
volume and automation, compliance and deadlines, the customer. A KPI counts where the records carry it (grade 1 or
more); the outcome counts too where the success of at least 95 % of the closed cases can be told without a KPI. For
the portfolio the median over the productive processes that have a value.

What a KPI is about follows from its measure, or is the analyst's word (``dimension``). Revenue counts as outcome,
risk as compliance.

Formula: number of sides with a declared KPI of grade 1 or more, the outcome included where it can be told; portfolio:
the median.

Range: 0 to 6.

Known bias: many figures are no use of them; a portfolio whose processes declare nothing is told by those that do.

Example: a cycle time, a success rate and a rework rate measure two sides, time and quality: 2.

Source: dimensions after the devil's quadrangle (Reijers and Liman Mansar 2005); the count is this project's.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.trackability import ENOUGH, dimension, field_quality, kpi_grades
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

SIDES = {
    "time": "time", "quality": "outcome and quality", "revenue": "outcome and quality", "cost": "effort and cost",
    "volume": "volume and automation", "compliance": "compliance and deadlines",
    "risk": "compliance and deadlines", "customer": "customer",
}  # fmt: skip


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the count for a process, the median over productive processes for the portfolio."""
    if process is None:
        found = [(p, f) for p in mined.productive if (f := compute(mined, p)).value is not None]
        if not found:
            return _undeclared() if not mined.config.kpi else missing(Status.INSUFFICIENT, "no productive process")
        value = float(median(f.value or 0.0 for _, f in found))
        return Finding(
            value=value, low=value, high=value, n=len(found), n_unit="processes", method="median over processes",
            basis="declared" if mined.config.kpi else "observed",
            evidence=tuple(
                Evidence(case_id=None, what=f"{p.name}: {f.value:.0f} dimensions") for p, f in found[:EVIDENCE_ROWS]
            ),
        )  # fmt: skip
    if process.closed < MIN_CASES:
        return missing(Status.INSUFFICIENT, f"{process.closed} closed cases; at least {MIN_CASES} are needed")
    grades = {k.id: k for k in mined.of(kpi_grades)[process.ix]}
    declared = [k for k in mined.config.kpi if k.serves(process.key)]
    carried = [(k, SIDES[d]) for k in declared if (grades[k.id].grade or 0) >= 1 and (d := dimension(k)) is not None]
    observed = mined.of(field_quality)[process.ix].whole["outcome"] >= ENOUGH
    if not declared and not observed:
        return _undeclared()
    sides = {side for _, side in carried} | ({SIDES["quality"]} if observed else set())
    value = float(len(sides))
    return Finding(
        value=value, low=value, high=value, numerator=value, denominator=len(set(SIDES.values())), n=len(declared),
        n_unit="KPIs", method="census of the declared KPIs", basis="declared" if declared else "observed",
        evidence=tuple(
            Evidence(case_id=None, what=f"{side}: {', '.join(k.title or k.id for k, s in carried if s == side)}"
                     if any(s == side for _, s in carried) else f"{side}: the outcome can be told")
            for side in sorted(sides)
        ),
    )  # fmt: skip


def _undeclared() -> Finding:
    return missing(
        Status.NOT_AVAILABLE, "no KPI is declared, and the outcome of cases cannot be told",
        "Declare KPIs, [[kpi]], or which ends mean success and failure, [[process]] outcome.",
    )  # fmt: skip


METRIC = Computed(id="kpi-dimension-breadth", unit="dimensions", needs=("instances",), compute=compute)
