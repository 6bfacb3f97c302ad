"""Active delivery units.

Count of distinct units that own at least one productive process and made at least one effective release in the window.
Units are what the project file says (``unit``), else tenants, else the sources of deployments (pipelines, applications) where
there are several. A lower bound unless the inputs are declared complete. The details hold the share of the productive
processes that the largest unit owns (a process of several tenants counts for each in equal parts): several units of which
one owns nearly everything are no distributed adoption.

Formula: number of different units of productive processes that have an effective release in the window.

Range: 0 and above.

Known bias: one pipeline may deploy for several teams, and one team may serve several tenants.

Example: three units own the productive processes, one of them released nothing in the window: 2.

Source: this project's definition of the model's “multiple teams”.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the count of units; for one process its own units."""
    asked = mined.productive if process is None else ((process,) if process.productive else ())
    if not asked:
        return missing(Status.INSUFFICIENT, "no productive process in the window")
    start = mined.window.start or 0
    released = {p.key for p in asked if any(r.at >= start for r in mined.of(releases_of).get(p.key, ()))}
    owners, where = _owners(mined, asked)
    if not owners:
        return missing(Status.NOT_AVAILABLE, "neither units nor tenants are known", "Declare [[process]] unit = ….")
    units = sorted({u for key, own in owners.items() if key in released for u in own})
    parts: dict[str, float] = {}
    for own in owners.values():
        for unit in own:
            parts[unit] = parts.get(unit, 0.0) + 1 / len(own)
    whole = mined.config.context.complete
    return Finding(
        value=len(units), low=len(units), high=len(units) if whole else None, n=len(asked), n_unit="processes",
        method=f"census of {where}", basis="declared" if where == "the project file" else "observed",
        caveats=() if whole else ("a lower bound: the inputs are not declared complete",),
        details={"largest_unit_share": max(parts.values()) / len(asked)},
        evidence=tuple(
            Evidence(case_id=None, what=f"unit {u}: {parts[u]:g} of {len(asked)} productive processes") for u in units[:50]
        ),
    )  # fmt: skip


def _owners(mined: Mined, asked: Sequence[Process]) -> tuple[dict[str, set[str]], str]:
    """Return the units of each process by its key, and where they were found; no process where nothing tells units apart."""
    declared = {p.key: {p.settings.unit} for p in asked if p.settings.unit}
    if declared:
        return declared, "the project file"
    rows = mined.cases.filter(mined.cases.tenant.notnull() & mined.cases.in_window)
    rows = rows.filter(rows.process_ix.isin([p.ix for p in asked])).select("process_ix", "tenant").distinct()
    key = {p.ix: p.key for p in asked}
    tenants: dict[str, set[str]] = {}
    for row in mined.query(rows.distinct()).itertuples():
        tenants.setdefault(key[int(row.process_ix)], set()).add(str(row.tenant))
    if tenants:
        return tenants, "tenants"
    sources = {p.key: {r.from_source for r in mined.of(releases_of).get(p.key, ()) if r.from_source} for p in asked}
    # one source for everything tells no team from another
    several = len(set().union(*sources.values())) > 1
    return ({k: v for k, v in sources.items() if v}, "sources of deployments") if several else ({}, "")


METRIC = Computed(id="active-delivery-units", unit="units", needs=("deployments",), compute=compute)
