"""KPI definition coverage.

Share of productive processes with at least one declared KPI that has a target and an owner, unweighted or by volume,
whichever is lower; for one process 1 or 0. Definitions are the analyst's word: declared evidence.

Formula: productive processes with a KPI that has target and owner / productive processes.

Known bias: a definition that was written for the assessment counts as much as one that the process is steered by.

Example: two productive processes of equal volume; one has a cycle time with target and owner, the other a rework rate
without a target: 0.5.

Source: after the indicator template of del-Río-Ortega et al. (2013): target and responsible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return 1 or 0 for a process and the share of productive processes for the portfolio."""
    if not mined.config.kpi:
        return missing(
            Status.NOT_AVAILABLE,
            "no KPI is declared",
            "Declare KPIs with target and owner: [[kpi]] in the project file.",
        )
    if process is None:
        found = share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: f.value == 1, "a KPI with target and owner"
        )
        return Finding(**{**found.__dict__, "basis": "declared"})
    mine = [k for k in mined.config.kpi if not k.process or process.key in k.process]
    full = [k for k in mine if k.target and k.owner]
    return Finding(
        value=1.0 if full else 0.0, low=1.0 if full else 0.0, high=1.0 if full else 0.0, numerator=len(full),
        denominator=len(mine), n=len(mine), n_unit="KPIs", method="census of the declarations", basis="declared",
        evidence=tuple(Evidence(case_id=None, what=f"{k.title or k.id}: {k.target}, {k.owner}") for k in full[:50]),
    )  # fmt: skip


METRIC = Computed(id="kpi-definition-coverage", unit="share", needs=(), compute=compute)
