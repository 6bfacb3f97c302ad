"""Shared KPI schema.

Share of productive processes with at least one KPI whose definition serves three productive processes or more,
unweighted or by volume, whichever is lower; for one process 1 or 0. A definition is a ``[[kpi]]`` (its id), or the
``definition`` that several of them name because each process has its own target; the project file refuses a
definition with two measures, so that a shared name is a shared formula. Definitions are the analyst's word: declared
evidence.

Formula: productive processes with a definition that serves at least three of them / productive processes.

Known bias: with fewer than three productive processes it is always 0; a KPI declared for all processes is shared at
once, whether anybody compares them or not.

Example: the cycle times of orders, returns and invoices name ``definition = "cycle-time"``, a fourth process of equal
volume shares none: 3 / 4 = 0.75.

Source: this project's definition of the model's “broader process orchestration KPIs”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

ENOUGH = 3


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return 1 or 0 for a process and the share of productive processes for the portfolio."""
    if not mined.config.kpi:
        return missing(Status.NOT_AVAILABLE, "no KPI is declared", "Declare KPIs: [[kpi]] in the project file.")
    if process is None:
        found = share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: f.value == 1, "a KPI definition that three processes share"
        )
        return Finding(**{**found.__dict__, "basis": "declared"})
    serves: dict[str, set[str]] = {}
    for kpi in mined.config.kpi:
        serves.setdefault(kpi.definition or kpi.id, set()).update(p.key for p in mined.productive if kpi.serves(p.key))
    mine = sorted(name for name, keys in serves.items() if process.key in keys)
    shared = [name for name in mine if len(serves[name]) >= ENOUGH]
    value = 1.0 if shared else 0.0
    return Finding(
        value=value, low=value, high=value, numerator=len(shared), denominator=len(mine), n=len(mine),
        n_unit="definitions", method="census of the declarations", basis="declared",
        evidence=tuple(
            Evidence(case_id=None, what=f"{name}: {len(serves[name])} productive processes") for name in mine
        )[:EVIDENCE_ROWS],
    )  # fmt: skip


METRIC = Computed(id="shared-kpi-schema", unit="share", needs=(), compute=compute)
