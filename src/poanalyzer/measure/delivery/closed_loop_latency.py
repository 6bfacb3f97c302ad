"""Closed-loop latency.

Median days from a credible deterioration of a figure to the next effective release that touches what it came from.
The figures are those of `improvement-hit-rate`, by start day of the cases. A deterioration is a change point for the
worse, told from chance by shuffling whole days and corrected over figures and processes. It came from the element
whose time, failures or repetitions per case grew most; where nothing tells, or the models are not there, any release
answers it. Deteriorations not answered within the export are censored (Kaplan–Meier). At least three are needed.

Formula: Kaplan–Meier median of (release that answers it − deterioration), in days.

Range: 1 day and above, since a release of the same day is no answer.

Known bias: a deterioration from outside the process needs no release, and a repair in worker code is not seen.

Example: incidents of “Book carrier” rise on 3 March and a release changes its retries on 20 March: 17 days.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.changes import model_changes
from poanalyzer.mine.drift import deteriorations
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.drift import Deterioration
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

DAY_US = 86_400_000_000
MIN_DETERIORATIONS = 3


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the median days from a deterioration to the release that answers it."""
    asked = [d for d in mined.of(deteriorations) if process is None or d.process == process.key]
    if not asked:
        return missing(Status.INSUFFICIENT, "no figure got credibly worse within the export")
    answers = [_answered(mined, d) for d in asked]
    days = [((a or mined.window.end) - d.at) / DAY_US for d, a in zip(asked, answers, strict=True)]
    value, low, high = interval.survival_median(days, [a is None for a in answers])
    enough = len(asked) >= MIN_DETERIORATIONS
    reason = "" if enough else f"{len(asked)} credible deteriorations; at least {MIN_DETERIORATIONS} are needed"
    if value is None:
        reason = "fewer than half of the deteriorations were answered within the export"
    names = {p.key: p.name for p in mined.processes}
    return Finding(
        value=value, low=low, high=high, n=len(asked), n_unit="deteriorations", method="Kaplan–Meier median",
        status=Status.MEASURED if enough and value is not None else Status.INSUFFICIENT, reason=reason,
        details={"unanswered": answers.count(None)},
        evidence=tuple(
            Evidence(
                case_id=None, when=iso(d.at),
                what=f"{names[d.process]}: {d.figure} got worse" + (f" through {d.element_id}" if d.element_id else "")
                + (f"; a release answered it after {waited:.0f} days" if answer else "; no release answered it"),
            )
            for d, answer, waited in zip(asked, answers, days, strict=True)
        )[:EVIDENCE_ROWS],
    )  # fmt: skip


def _answered(mined: Mined, worse: Deterioration) -> int | None:
    """Return when the next release came that touches the element (µs)."""
    releases = mined.of(releases_of).get(worse.process, ())
    changes = mined.of(model_changes).get(worse.process, ())
    for release, change in zip(releases, changes, strict=True):
        # a release of the very day is what made it worse, not what answered it
        if release.at >= worse.at + DAY_US and (
            change is None or not change.kinds or worse.element_id is None or worse.element_id in change.touched
        ):
            return release.at
    return None


METRIC = Computed(id="closed-loop-latency", unit="days", needs=("deployments",), compute=compute, better="down")
