"""Sustained improvement.

Whether a process goes on being improved after its launch: at least two effective releases later than 30 days after its
first deployment, in at least two calendar months (1 or 0). Hotfixes, which follow a release within 24 hours, belong to
it. For the portfolio the share of productive processes older than 90 days of which that is true, unweighted or by
volume, whichever is lower.

Formula: 1 with at least two effective releases 30 days or more after the first deployment, in at least two
calendar months, else 0; for the portfolio processes with 1 / productive processes, unweighted or by volume, the
lower.

Known bias: fixing what was launched broken looks like improvement, hence the first 30 days do not count.

Example: first deployed on 1 January, releases on 10 March and 5 May: 1; with both in March: 0.

Source: this project's definition, after the model's “continuous improvements”.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

DAY_US = 86_400_000_000
LAUNCH_DAYS = 30
MIN_AGE_DAYS = 90


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return 1 or 0 for a process, and the share of productive processes for the portfolio."""
    if process is None:
        return share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: f.value == 1, "two later releases in two months"
        )
    releases = mined.of(releases_of).get(process.key, ())
    if not releases:
        return missing(
            Status.NOT_AVAILABLE,
            "no deployment of this process in the export",
            "Export the deployments and definitions of all versions.",
        )
    age = (mined.window.end - releases[0].at) / DAY_US
    if age < MIN_AGE_DAYS:
        return missing(
            Status.INSUFFICIENT, f"deployed {age:.0f} days before the last record; at least {MIN_AGE_DAYS} are needed"
        )
    later = [r for r in releases[1:] if r.at - releases[0].at >= LAUNCH_DAYS * DAY_US]
    months = {datetime.fromtimestamp(r.at / 1e6, tz=UTC).strftime("%Y-%m") for r in later}
    value = 1.0 if len(later) >= 2 and len(months) >= 2 else 0.0
    return Finding(
        value=value,
        low=value,
        high=value,
        n=len(releases),
        n_unit="releases",
        method="census of the releases",
        details={"later_releases": len(later), "months": len(months)},
        evidence=tuple(
            Evidence(case_id=None, what=f"{process.name}: release of version {', '.join(r.versions)}", when=iso(r.at))
            for r in later
        ),
    )


METRIC = Computed(id="sustained-improvement", unit="share", needs=("deployments",), compute=compute)
