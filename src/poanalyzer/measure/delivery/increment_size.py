"""Increment size.

Median over effective releases after the first of: elements added, removed or altered / elements of either version.
Elements are flow nodes and sequence flows. Flow nodes are matched by id, else by name and type; a flow is what it
joins. How the model is drawn, and renamed ids, change nothing. A change inside an element that the exported model
table does not hold (a condition's text, a script) counts as one element. At least ten releases are needed.

Formula: median over releases of (elements added, removed or altered / elements of either version).

Known bias: moving work between processes looks larger than it is; worker code changes are not seen at all.

Example: a task is put between two others of a model with ten nodes and ten flows: one node and two flows are new, one
flow is gone; 4 / 23 = 17 %.

Source: this project's definition; that small batches are better is DORA's finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.changes import model_changes
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MIN_RELEASES = 10


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the median share of the model that a release changes."""
    asked = mined.processes if process is None else (process,)
    pairs = [
        (p, release, change)
        for p in asked
        for release, change in zip(
            mined.of(releases_of).get(p.key, ()), mined.of(model_changes).get(p.key, ()), strict=True
        )
        if change is not None
    ]
    if not pairs:
        return missing(Status.INSUFFICIENT, "no two effective releases of which both models are known",
                       "Export the models of all versions.")  # fmt: skip
    value, low, high = interval.survival_median([c.share for _, _, c in pairs], [False] * len(pairs))
    enough = len(pairs) >= MIN_RELEASES
    hidden = sum(not c.kinds for _, _, c in pairs)
    return Finding(
        value=value, low=low, high=high, n=len(pairs), n_unit="releases", method="median, Brookmeyer–Crowley band",
        status=Status.MEASURED if enough else Status.INSUFFICIENT,
        reason="" if enough else f"{len(pairs)} releases with both models; at least {MIN_RELEASES} are needed",
        caveats=(f"{hidden} releases changed what the model table does not hold: one element each",) if hidden else (),
        evidence=tuple(
            Evidence(
                case_id=None, when=iso(release.at),
                what=f"{p.name}: release of version {', '.join(release.versions)} changed {c.changed} of {c.union} "
                f"elements" + (f": {', '.join(c.altered[:5])}" if c.altered else ""),
            )
            for p, release, c in pairs[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(
    id="increment-size", unit="share", needs=("deployments", "models"), compute=compute, better="down"
)  # fmt: skip
