"""Coordinated endpoints.

How many distinct endpoints – people, systems, devices – the engine gave work to. People count as their roles or
groups, and as one where none is known; systems and devices count as their endpoints (topics, worker types, named
systems), else as their resources. Resources of unknown kind only raise the upper bound. The portfolio's value is that
of the productive process that has most.

Formula: number of different known endpoints with a row of work in the window; the upper bound adds the different
resources of unknown kind.

Range: 1 and above.

Known bias: a group counts once however many people are in it, and a system under two names counts twice; a longer
window shows more endpoints.

Example: three groups of people and four worker types did the work, and two resources of unknown kind: 7, at most
9.

Source: the model's “coordinates the various endpoints of a business process”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.endpoints import endpoint_counts
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the count; a census of what was recorded, so without a sampling interval."""
    if process is None:
        if not mined.productive:
            return missing(Status.INSUFFICIENT, "no productive process in the window")
        return max((compute(mined, p) for p in mined.productive), key=lambda f: f.value or 0)
    rows = mined.of(endpoint_counts)
    rows = rows[rows["own"] & (rows["process_ix"] == process.ix)]
    if rows.empty:
        return missing(Status.NOT_APPLICABLE, "no row of work in the window")
    known = rows.dropna(subset=["endpoint"]).groupby("endpoint")["rows"].sum().sort_values(ascending=False)
    unknown = rows[rows["endpoint"].isna()]["unnamed"].nunique()
    upper = len(known) + unknown
    if not len(known):
        return missing(
            Status.NOT_AVAILABLE,
            "nothing tells whether people or machines did the work",
            "Say who is who in the project file: [accounts] human = […], bot = […], system = […].",
        )
    return Finding(
        value=len(known), low=len(known), high=upper, lower_bound=len(known) if unknown else None,
        upper_bound=upper if unknown else None, n=process.closed_in_window, method="census of the recorded endpoints",
        caveats=(f"{unknown} resources of unknown kind are counted only in the upper bound",) if unknown else (),
        evidence=tuple(
            Evidence(case_id=None, what=f"{name}: {count} rows of work")
            for name, count in known.head(EVIDENCE_ROWS).items()
        ),
    )  # fmt: skip


METRIC = Computed(
    id="coordinated-endpoints", unit="endpoints", needs=("activities", ("element-types", "resources")), compute=compute
)
