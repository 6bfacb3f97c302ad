"""Active delivery units.

Count of distinct units that own at least one productive process and made at least one effective release in the window.
Units are what the project file says (``unit``), else tenants. A lower bound unless the inputs are declared complete.

Source: this project's definition of the model's “multiple teams”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined, Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the count of units; for one process its own units."""
    asked = mined.productive if process is None else ((process,) if process.productive else ())
    if not asked:
        return missing(Status.INSUFFICIENT, "no productive process in the window")
    start = mined.window.start or 0
    released = {p.key for p in asked if any(r.at >= start for r in mined.releases.get(p.key, ()))}
    declared = {p.settings.unit: p.key for p in asked if p.settings.unit}
    if declared:
        units = sorted({p.settings.unit for p in asked if p.settings.unit and p.key in released})
        where = "the project file"
    else:
        rows = mined.cases.filter(mined.cases.tenant.notnull() & mined.cases.in_window)
        rows = rows.filter(rows.process_ix.isin([p.ix for p in asked if p.key in released] or [-1]))
        units = sorted(mined.query(rows.select("tenant").distinct())["tenant"])
        where = "tenants"
        if not units and not mined.scalar(mined.cases.tenant.notnull().sum()):
            return missing(Status.NOT_AVAILABLE, "neither units nor tenants are known", "Declare [[process]] unit = ….")
    whole = mined.config.context.complete
    return Finding(
        value=len(units), low=len(units), high=len(units) if whole else None, n=len(asked), n_unit="processes",
        method=f"census of {where}", basis="declared" if declared else "observed",
        caveats=() if whole else ("a lower bound: the inputs are not declared complete",),
        evidence=tuple(Evidence(case_id=None, what=f"unit {u}") for u in units[:50]),
    )  # fmt: skip


METRIC = Computed(id="active-delivery-units", unit="units", needs=("deployments",), compute=compute)
