"""KPI trackability.

Share of the key figures of a process that its records can support: of the 17 figures of the catalogue and those
declared beside them. A figure is computable (grade 1 or more) where every field it needs is filled in at least 95 %
of the cases or rows, and there are at least 30 closed cases. For the portfolio the mean over processes with 30 closed
cases, weighted by their closed cases. The whole export counts, not only the window.

Trackable is not tracked: logs prove only the first. It is a census of fields, so there is no sampling interval.
Figures weigh 1 unless the project file says otherwise (``weight``). Details: what 1 000 draws of other weights make
of the share, 5th to 95th percentile (``weights_low``, ``weights_high``): a wide band says that the choice of figures
decides.

Formula: Σ weight of figures at grade 1 or more / Σ weight of figures that can be graded; portfolio: Σ closed cases ×
share / Σ closed cases.

Known bias: unless declared otherwise every figure weighs the same, also one of the catalogue that nobody asks for;
filled fields may be filled wrongly.

Example: an engine records times, actors, resources, failures and open states, but no outcomes, due dates, costs or
outside events: 5 of 17 figures need one of these: 12 / 17 = 0.71.

Source: after del-Río-Ortega et al. (2013); the grades are this project's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.kpi_weights import weight_band, weighted_share
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.trackability import kpi_grades
from poanalyzer.results import Evidence, KpiGrade, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

GRADE = 1


def compute(mined: Mined, process: Process | None, grade: int = GRADE) -> Finding:
    """Return the share of figures at ``grade`` or more."""
    if process is None:
        asked = [p for p in mined.processes if p.closed >= MIN_CASES]
        if not asked:
            return missing(Status.INSUFFICIENT, f"no process has {MIN_CASES} closed cases")
        matrix = {p.key: _rated(mined, p) for p in asked}
        volumes = {p.key: float(p.closed) for p in asked}
        value = sum(volumes[key] * weighted_share(rated, grade) for key, rated in matrix.items()) / sum(
            volumes.values()
        )
        return Finding(
            value=value, low=value, high=value, n=len(asked), n_unit="processes",
            method="mean over processes, weighted by closed cases",
            details={**weight_band(matrix, grade, volumes)},
        )  # fmt: skip
    if process.closed < MIN_CASES:
        return missing(Status.INSUFFICIENT, f"{process.closed} closed cases; at least {MIN_CASES} are needed")
    rated = _rated(mined, process)
    met = [k for k in rated if (k.grade or 0) >= grade]
    value = weighted_share(rated, grade)
    return Finding(
        value=value, low=value, high=value, numerator=len(met), denominator=len(rated), n=len(rated), n_unit="figures",
        method="census of the matrix", details={**weight_band({process.key: rated}, grade, {process.key: 1.0})},
        evidence=tuple(
            Evidence(case_id=None, what=f"{k.title}: grade {k.grade}"
                     + (f" – {k.reason or 'missing'}: {', '.join(k.missing)}" if k.missing else
                        (f" – {k.reason}" if k.reason else "")))
            for k in rated if (k.grade or 0) < grade
        ),
    )  # fmt: skip


def _rated(mined: Mined, process: Process) -> list[KpiGrade]:
    return [k for k in mined.of(kpi_grades)[process.ix] if k.grade is not None]


METRIC = Computed(id="kpi-trackability", unit="share", needs=("instances",), compute=compute)
