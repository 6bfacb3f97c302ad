"""Release rework rate.

Share of the changes to live models that put an earlier one right: hotfixes within 24 hours of a release, releases that
bring older content back, and releases that ended a credible rise of failures after the one before. All changes after a
process's first release count, each hotfix as one. It stands beside the change failure rate: that one asks how many
releases fail, this one how much of the delivery work goes into mending.

Formula: (hotfixes + rollbacks + releases that mended the one before) / (releases after the first + hotfixes).

Unit: share, 0 to 1.

Known bias: a fix that waits for the next planned release looks like plan; an improvement that follows a release within
a day looks like a hotfix. What was planned no engine records.

Example: four releases after the first, one of them with a hotfix after three hours, one that brings older content back:
two of five changes, 0.4.

Source: DORA's deployment rework rate, carried over to process models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import release_name, releases_of
from poanalyzer.mine.verdicts import verdicts
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

FEW_CHANGES = 3


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of changes of a process, or of all processes together, that put an earlier one right."""
    processes = mined.processes if process is None else (process,)
    mended = {(v.process, v.mended) for v in mined.of(verdicts) if v.state == "failed"}
    changes = 0
    rework: list[tuple[int, str]] = []
    for p in processes:
        for number, release in enumerate(mined.of(releases_of).get(p.key, ())):
            if not number:
                continue
            name = f"{p.name}: release {release_name(mined, p.key, number)}"
            changes += 1 + release.hotfixes
            if release.hotfixes:
                many = f"{release.hotfixes} hotfixes" if release.hotfixes > 1 else "a hotfix"
                rework += [(release.last_at, f"{name} needed {many} within 24 hours")] * release.hotfixes
            if release.restores:
                rework.append((release.at, f"{name} brought older content back"))
            elif (p.key, release.at) in mended:
                rework.append((release.at, f"{name} put the one before it right"))
    if not changes:
        return missing(Status.INSUFFICIENT, "no effective release after the first")
    value, low, high, method = interval.proportion(len(rework), changes)
    few = f"{changes} changes: too few to speak of a habit"
    return Finding(
        value=value, low=low, high=high, numerator=len(rework), denominator=changes, n=changes, n_unit="changes",
        method=method, caveats=(few,) if changes < FEW_CHANGES else (),
        evidence=tuple(
            Evidence(case_id=None, what=what, when=iso(at)) for at, what in dict.fromkeys(sorted(rework))
        )[:EVIDENCE_ROWS],
    )  # fmt: skip


METRIC = Computed(id="release-rework-rate", unit="share", needs=("deployments",), compute=compute, better="down")
