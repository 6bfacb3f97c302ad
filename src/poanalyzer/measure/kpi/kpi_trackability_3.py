"""KPI trackability, three months.

Share of the figures declared for a process or in the catalogue that reach grade 3: computable, with an explicit target,
and over three consecutive complete months. Unit, range and source as KPI trackability.

Source: after del-Río-Ortega et al. (2013); the grades are this project's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined, Process

GRADE = 3


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of figures at grade 3 or more; the portfolio's is weighted by closed cases."""
    asked = [p for p in (mined.processes if process is None else (process,)) if p.closed >= MIN_CASES]
    weight = sum(p.closed for p in asked)
    if not asked:
        closed = max((p.closed for p in mined.processes), default=0) if process is None else process.closed
        return missing(Status.INSUFFICIENT, f"{closed} closed cases; at least {MIN_CASES} are needed")
    value, low_rows = 0.0, []
    for p in asked:
        rated = [k for k in mined.kpi_grades[p.ix] if k.grade is not None]
        value += p.closed / weight * sum((k.grade or 0) >= GRADE for k in rated) / len(rated)
        low_rows += [(p, k) for k in rated if k.declared and (k.grade or 0) < GRADE]
    return Finding(
        value=value, low=value, high=value, n=len(asked), n_unit="processes", method="census of the matrix",
        evidence=tuple(
            Evidence(case_id=None, what=f"{p.name} – {k.title}: grade {k.grade}, declared") for p, k in low_rows[:50]
        ),
    )  # fmt: skip


METRIC = Computed(id="kpi-trackability-3", unit="share", needs=("instances",), compute=compute)
