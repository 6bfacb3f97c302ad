"""Change lead time.

Median days from the start of a change (its commit) to its deployment, over deployments that say when their change began.
Nothing in an engine says it: without the records of version control or of the build it is not available, and it is never
inferred.

Formula: median of (deployment − commit) in days, over deployments with a known commit.

Range: 0 days and above.

Known bias: squashed commits and long-lived branches move the start.

Example: three deployments 1, 3 and 8 days after their commits: 3 days.

Source: DORA's lead time for changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

DAY_US = 86_400_000_000


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the median lead time in days."""
    rows = mined.deployments
    rows = rows[rows["lead_start"].notna() & (rows["lead_start"] <= rows["deployed_at"])]
    if process is not None:
        rows = rows[rows["process_key"] == process.key]
    # copies for several tenants or nodes are one deployment
    rows = rows.sort_values(["deployed_at", "version"]).drop_duplicates(["process_key", "release_id", "lead_start"])
    if rows.empty:
        return missing(
            Status.NOT_AVAILABLE, "no deployment says when its change began",
            "Give the records of version control or of the build, with the commit behind each deployment.",
        )  # fmt: skip
    days = [float(d) for d in (rows["deployed_at"] - rows["lead_start"]) / DAY_US]
    value, low, high = interval.survival_median(days, [False] * len(days))
    said = list(zip(rows["process_key"], rows["version"], rows["deployed_at"], days, strict=True))
    return Finding(
        value=value, low=low, high=high, n=len(days), n_unit="deployments", method="median, Brookmeyer–Crowley band",
        evidence=tuple(
            Evidence(case_id=None, what=f"{key}: version {version} went live {lead:.1f} days after its commit", when=iso(at))
            for key, version, at, lead in said[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="change-lead-time", unit="days", needs=("deployments",), compute=compute, better="down")
