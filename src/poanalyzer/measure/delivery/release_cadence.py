"""Release cadence.

Effective releases after the first / days from the first deployment to the end of the window, × 30. A release is
effective when the normalised content of the model changed; copies of one release for several tenants or nodes count
once, and what follows within 24 hours belongs to it. The whole export counts. For the portfolio the median over
productive processes.

Formula: 30 × effective releases after the first / days from the first deployment to the end of the window.

Range: 0 and above.

Known bias: releases of worker code leave no trace in the engine; redeployment without change counts nothing.

Example: six effective releases in the 90 days after the first deployment: 2 per 30 days.

Source: DORA's deployment frequency, carried over to process models; merging of releases is this project's.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

DAY_US = 86_400_000_000
PER_DAYS = 30


FEWEST_DAYS, FEWEST_RELEASES = 90, 3


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return releases per 30 days; a process has the exact Poisson interval, the portfolio the range it implies."""
    if process is None:
        found = [f for f in (compute(mined, p) for p in mined.productive) if f.value is not None]
        if not found:
            return missing(Status.INSUFFICIENT, "no productive process with a deployment")
        return Finding(
            value=median(f.value for f in found if f.value is not None), low=median(f.low or 0.0 for f in found),
            high=median(f.high or 0.0 for f in found), n=len(found), n_unit="processes",
            method="median over productive processes", caveats=found[0].caveats,
            evidence=tuple(e for f in found for e in f.evidence)[:EVIDENCE_ROWS],
        )  # fmt: skip
    releases = mined.of(releases_of).get(process.key, ())
    if not releases:
        return missing(Status.NOT_AVAILABLE, "no deployment of this process in the export",
                       "Export the deployments and definitions of all versions.")  # fmt: skip
    days = (mined.window.end - releases[0].at) / DAY_US
    if days < 1:
        return missing(Status.INSUFFICIENT, "less than a day since the first deployment")
    later = len(releases) - 1
    low, high = interval.rate(later, days)
    elements = mined.elements
    blind = not len(elements) or not (elements["process_key"] == process.key).any()
    caveats = ["no model content: every new version counts as a release"] if blind else []
    if days < FEWEST_DAYS:
        caveats.append(f"{days:.0f} days since the first deployment: less than three months tell little of a habit")
    if len(releases) < FEWEST_RELEASES:
        caveats.append("fewer than three releases tell little of a habit")
    return Finding(
        value=later / days * PER_DAYS, low=low * PER_DAYS, high=high * PER_DAYS, numerator=later,
        denominator=days, n=len(releases), n_unit="releases", method="exact Poisson",
        caveats=tuple(caveats),
        details={"hotfixes": sum(r.hotfixes for r in releases)},
        evidence=tuple(
            Evidence(case_id=None, what=f"{process.name}: release of version {', '.join(r.versions)}", when=iso(r.at))
            for r in releases[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="release-cadence", unit="releases per 30 days", needs=("deployments",), compute=compute)
