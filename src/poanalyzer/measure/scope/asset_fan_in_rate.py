"""Asset fan-in rate.

Share of the organisation's own building blocks – called processes, decisions, worker types and topics, element
templates, forms – that two or more productive processes use, of all that any of them uses. For one process the share
of its own blocks. What a process uses is told at ``shared-asset-coverage``.

Formula: own building blocks used by two or more productive processes / own building blocks used by any.

Known bias: workers made for one process are legitimate, so a low share is no fault by itself.

Example: twelve topics, three of them used by two processes or more: 3 / 12.

Source: this project's definition; fan-in as in software metrics (Henry and Kafura 1981).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.assets import reached_assets, sharing
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MIN_ASSETS = 10


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with Wilson's interval over assets."""
    if process is not None and process.key not in mined.of(reached_assets):
        return missing(Status.NOT_AVAILABLE, "neither models nor worker types of this process are in the export",
                       "Export the models of all versions.")  # fmt: skip
    if not mined.productive:
        return missing(Status.INSUFFICIENT, "no productive process in the window")
    fan_in = sharing(mined).fan_in
    if process is not None:
        fan_in = {a: fan_in[a] for a in mined.of(reached_assets)[process.key] if a in fan_in}
    if not fan_in:
        return missing(Status.NOT_APPLICABLE, "no building block of the organisation's own is in use")
    shared = sum(n >= 2 for n in fan_in.values())
    value, low, high, method = interval.proportion(shared, len(fan_in))
    few = len(fan_in) < MIN_ASSETS
    ranked = sorted(fan_in.items(), key=lambda pair: (-pair[1], pair[0]))
    return Finding(
        value=value, low=low, high=high, numerator=shared, denominator=len(fan_in), n=len(fan_in), n_unit="assets",
        method=f"{method} over assets", status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{len(fan_in)} assets; at least {MIN_ASSETS} are needed" if few else "",
        evidence=tuple(
            Evidence(case_id=None, what=f"{a.kind} {a.id}: {n} productive processes") for a, n in ranked[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="asset-fan-in-rate", unit="share", needs=(("models", "activities"),), compute=compute)
