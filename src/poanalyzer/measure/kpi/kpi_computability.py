"""KPI computability.

Share of the declared KPIs that can be computed in at least 80 % of the complete calendar months since the first case
ended, at least three of them in a row: measures of the catalogue by the fields they need, expressions by the values they
really have. A month in which no case ended has no value and counts. A KPI counts once for each process that it serves.

Formula: pairs of process and declared KPI that was computable in so many months / pairs of process and declared KPI.

Known bias: only what is declared counts, so a few easy KPIs look perfect, and so does a KPI that was redefined to
what can be computed.

Example: three KPIs are declared for a process with a year of cases: its cycle time and its rework can be computed, a
cost that no export holds cannot: 2 / 3 = 0.67.

Source: after del-Río-Ortega et al. (2013).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.trackability import tracked
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share over the KPIs of a process, or over all (process, KPI) pairs for the portfolio."""
    if not mined.config.kpi:
        return missing(Status.NOT_APPLICABLE, "no KPI is declared")
    asked = mined.processes if process is None else (process,)
    pairs = [(p, k) for p in asked for k in mined.config.kpi if k.serves(p.key, p.productive)]
    if not pairs:
        return missing(Status.NOT_APPLICABLE, "no KPI is declared for this process")
    good = [(p, k) for p, k in pairs if tracked(mined, p, k)]
    value = len(good) / len(pairs)
    return Finding(
        value=value, low=value, high=value, numerator=len(good), denominator=len(pairs), n=len(pairs), n_unit="KPIs",
        method="census of the declared KPIs",
        evidence=tuple(
            Evidence(case_id=None, what=f"{p.name} – {k.title or k.id}: "
                     + ("computable" if (p, k) in good else "not computable in 80 % of the months, three in a row"))
            for p, k in pairs[:50]
        ),
    )  # fmt: skip


METRIC = Computed(id="kpi-computability", unit="share", needs=("instances",), compute=compute)
