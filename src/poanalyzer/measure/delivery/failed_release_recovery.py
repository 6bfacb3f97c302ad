"""Failed release recovery.

Median hours from a failed release (as in `change-failure-rate`) to its mending: the last hotfix within 24 hours, else the
next effective release, or earlier the end of the first two days in a row on which no more of its cases failed than the
share before would explain. Releases not mended within the export count as censored (Kaplan–Meier). At least five failed
releases are needed.

Formula: Kaplan–Meier median of (mending − failed release), in hours.

Range: 0 hours and above.

Known bias: a repair outside the model (in worker code, in data) shows only as days without failures, hence in steps of days.

Example: failed releases mended after 3, 20 and 50 hours: 20 hours.

Source: DORA's failed deployment recovery time, carried over to process models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import release_name
from poanalyzer.mine.verdicts import verdicts
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

HOUR_US = 3_600_000_000
MIN_FAILED = 5


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the median time to mend a failed release, in hours."""
    asked = [v for v in mined.of(verdicts) if process is None or v.process == process.key]
    failed = [v for v in asked if v.state == "failed"]
    if not failed:
        status = Status.NOT_APPLICABLE if any(v.state == "sound" for v in asked) else Status.INSUFFICIENT
        return missing(status, "no failed release" if asked else "no effective release after the first")
    names = {p.key: p.name for p in mined.processes}
    times = [((v.mended or mined.window.end) - v.at) / HOUR_US for v in failed]
    value, low, high = interval.survival_median(times, [v.mended is None for v in failed])
    enough = len(failed) >= MIN_FAILED
    reason = "" if enough else f"{len(failed)} failed releases; at least {MIN_FAILED} are needed"
    if value is None:
        reason = "fewer than half of the failed releases were mended within the export"
    return Finding(
        value=value, low=low, high=high, n=len(failed), n_unit="releases", method="Kaplan–Meier median",
        status=Status.MEASURED if enough and value is not None else Status.INSUFFICIENT, reason=reason,
        details={"not_mended": sum(v.mended is None for v in failed)},
        evidence=tuple(
            Evidence(
                case_id=None,
                what=f"{names[v.process]}: release {release_name(mined, v.process, v.release)} "
                + (f"mended after {hours:.1f} h" if v.mended else "not mended within the export"),
                when=iso(v.at),
            )
            for v, hours in zip(failed, times, strict=True)
        )[:EVIDENCE_ROWS],
    )  # fmt: skip


METRIC = Computed(id="failed-release-recovery", unit="hours", needs=("deployments",), compute=compute, better="down")
