"""Which unit a process belongs to: what the analyst says, else tenants, else the pipelines that deploy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined


@dataclass(frozen=True)
class UnitsOf:
    """The unit of each process key, and where that is known from: the first source that names any.

    ``owner`` holds only units of the project file and tenants: a pipeline deploys, it does not answer for a process.
    People who deploy are no source: their names say nothing of units and do not belong in a report.
    """

    unit: dict[str, str]
    owner: dict[str, str]
    where: str


def units_of(mined: Mined) -> UnitsOf:
    """Return the units of the processes. A process of several tenants belongs to all of them together."""
    said = {p.key: p.settings.unit for p in mined.processes if p.settings.unit}
    if said:
        return UnitsOf(unit=said, owner=said, where="the project file")
    cases = mined.cases.filter(mined.cases.tenant.notnull())
    keys = {p.ix: p.key for p in mined.processes}
    frame = mined.query(cases.select("process_ix", "tenant").distinct())
    found: dict[str, set[str]] = {}
    for ix, tenant in zip(frame["process_ix"], frame["tenant"], strict=True):
        found.setdefault(keys[int(ix)], set()).add(tenant)
    if found:
        tenants = {key: " + ".join(sorted(names)) for key, names in found.items()}
        return UnitsOf(unit=tenants, owner=tenants, where="tenants")
    rows = mined.deployments[["process_key", "deployment_source"]].drop_duplicates().dropna()
    for key, source in zip(rows["process_key"], rows["deployment_source"], strict=True):
        found.setdefault(key, set()).add(source)
    return UnitsOf(
        unit={key: " + ".join(sorted(names)) for key, names in found.items()}, owner={}, where="deployment sources"
    )
