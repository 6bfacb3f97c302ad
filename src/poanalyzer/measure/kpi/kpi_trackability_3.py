"""KPI trackability, three months.

Share of the figures of the catalogue, and of those declared for a process, that reach grade 3: computable, with an
explicit target, and over three consecutive complete calendar months. For the portfolio weighted by closed cases, as
KPI trackability; weights and their details are as there.

Formula: Σ weight of figures at grade 3 or more / Σ weight of figures that can be graded; portfolio: Σ closed cases ×
share / Σ closed cases.

Known bias: a figure of the catalogue for which nobody declared a target cannot reach grade 3 and stays in the
denominator, so the value is low where the project file declares few KPIs.

Example: of the 17 figures, cycle time and rework are declared with targets and have a year of cases: 2 / 17 = 0.12.

Source: after del-Río-Ortega et al. (2013); the grades are this project's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.kpi_weights import weight_band, weighted_share
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.trackability import kpi_grades
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

GRADE = 3


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of figures at grade 3 or more; the portfolio's is weighted by closed cases."""
    asked = [p for p in (mined.processes if process is None else (process,)) if p.closed >= MIN_CASES]
    if not asked:
        closed = max((p.closed for p in mined.processes), default=0) if process is None else process.closed
        return missing(Status.INSUFFICIENT, f"{closed} closed cases; at least {MIN_CASES} are needed")
    matrix = {p.key: [k for k in mined.of(kpi_grades)[p.ix] if k.grade is not None] for p in asked}
    volumes = {p.key: float(p.closed) for p in asked}
    value = sum(volumes[key] * weighted_share(rated, GRADE) for key, rated in matrix.items()) / sum(volumes.values())
    low_rows = [(p, k) for p in asked for k in matrix[p.key] if k.declared and (k.grade or 0) < GRADE]
    return Finding(
        value=value, low=value, high=value, n=len(asked), n_unit="processes", method="census of the matrix",
        details={**weight_band(matrix, GRADE, volumes)},
        evidence=tuple(
            Evidence(case_id=None, what=f"{p.name} – {k.title}: grade {k.grade}, declared") for p, k in low_rows[:50]
        ),
    )  # fmt: skip


METRIC = Computed(id="kpi-trackability-3", unit="share", needs=("instances",), compute=compute)
