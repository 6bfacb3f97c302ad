"""Shared-asset coverage.

Share of productive processes that use at least one building block of the organisation's own that another productive
process uses too: a called process, a decision, a worker type or topic, an element template or a form. A process uses
what its live model refers to, and what the processes that it calls use; so cutting one process into pieces makes no
reuse. For one process 1 or 0; for the portfolio the lower of the unweighted and the volume-weighted share. Without
models the worker types and topics that ran stand for them.

Not counted as reuse: connectors of the vendor, which everybody has, and code inside the engine (delegates, classes):
its name does not say whether it is a building block. How many processes share such code stands in the details.

Formula: productive processes that share an own building block with another / productive processes, unweighted or
by volume, the lower.

Known bias: a block copied under a new name is not seen as shared; processes outside the export may share it, too.

Example: orders and returns both hand work to the topic “print-label”, complaints, a process of equal volume, share
nothing: 2 / 3 = 0.67.

Source: this project's definition of the model's “elements that increase solution acceleration”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.mine.assets import reached_assets, sharing
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return whether a process shares an asset, or the share of processes that do, with the assets as evidence."""
    if process is None:
        found = share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: bool(f.value), "uses an asset that another process uses too"
        )
        return Finding(**found.__dict__ | {"evidence": (*_assets(mined), *found.evidence)[:EVIDENCE_ROWS]})
    if process.key not in mined.of(reached_assets):
        return missing(
            Status.NOT_AVAILABLE, "neither models nor worker types of this process are in the export",
            "Export the models of all versions.",
        )  # fmt: skip
    reached = mined.of(reached_assets)[process.key]
    use = sharing(mined)
    shared = use.shared(reached)
    code = sum(use.code.get(a, 0) >= 2 for a in reached)
    value = float(bool(shared))
    return Finding(
        value=value, low=value, high=value, numerator=len(shared), denominator=sum(a in use.fan_in for a in reached),
        n=len(mined.productive), n_unit="processes", method="census of the live model",
        details={"shared": len(shared), "own": sum(a in use.fan_in for a in reached), "shared_code": code},
        evidence=tuple(
            Evidence(case_id=None, what=f"{a.kind} {a.id}: {use.fan_in[a]} productive processes")
            for a in shared[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


def _assets(mined: Mined) -> list[Evidence]:
    fan_in = sorted(sharing(mined).fan_in.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Evidence(case_id=None, what=f"{a.kind} {a.id}: {n} productive processes") for a, n in fan_in if n >= 2]


METRIC = Computed(id="shared-asset-coverage", unit="share", needs=(("models", "activities"),), compute=compute)
