"""Improvement hit rate.

Releases that improved a target figure and harmed none / releases that can be evaluated. Figures are the cycle time
(mean of logarithms), the share of cases with an incident, the share with rework, and the success rate where outcomes
are known; targets are those that the process has a declared KPI for, else all. A release can be evaluated with at
least 30 cases and 8 days with cases on each side, within 90 days and up to the neighbouring releases, and an interval
narrow enough that a large gain in a target (half the time, no failures any more, half as many successes again) would
have shown: what cannot show a gain is no failure. Improved: credible at 95 %. Harmed: credibly more than 5 % worse.
Both are corrected over all releases and figures (Benjamini–Hochberg). Versions that ran on the same days are compared
on those days; else an interrupted time series takes out trend and week-ends. At least five evaluable releases are
needed.

Formula: releases that improved a target figure and harmed none / releases that can be evaluated.

Known bias: campaigns, seasons and other changes of the same day count as the release's; a step that builds up slowly
is missed.

Example: of ten releases four shortened the cycle time credibly, one of them with 30 % more incidents: 3 / 10.

Source: this project's definition; published programmes of on-line experiments report about a third.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.effects import outcomes
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import release_name, releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.effects import Outcome
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MIN_RELEASES = 5


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of evaluable releases that improved a target and harmed nothing."""
    asked = [o for o in mined.of(outcomes) if process is None or o.process == process.key]
    if not asked:
        return missing(
            Status.INSUFFICIENT, "no release with enough cases and days before and after it to see even a large gain"
        )
    hits = [o for o in asked if o.hit]
    value, low, high, method = interval.proportion(len(hits), len(asked))
    enough = len(asked) >= MIN_RELEASES
    names = {p.key: p.name for p in mined.processes}
    return Finding(
        value=value, low=low, high=high, numerator=len(hits), denominator=len(asked), n=len(asked), n_unit="releases",
        method=method, status=Status.MEASURED if enough else Status.INSUFFICIENT,
        reason="" if enough else f"{len(asked)} evaluable releases; at least {MIN_RELEASES} are needed",
        details={
            "harmful": sum(bool(o.lost) for o in asked),
            "compared_on_the_same_days": sum(any(e.design == "same days" for e in o.seen) for o in asked),
        },
        evidence=tuple(
            Evidence(
                case_id=None, when=iso(mined.of(releases_of)[o.process][o.release].at),
                what=f"{names[o.process]}: release {release_name(mined, o.process, o.release)}: {_said(o)}",
            )
            for o in sorted(asked, key=lambda o: (not o.hit, not o.lost))[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


def _said(outcome: Outcome) -> str:
    parts = [f"{e.figure} {e.gain:.0%} better ({e.low:.0%} to {e.high:.0%})" for e in outcome.improved]
    parts += [f"{e.figure} {-e.gain:.0%} worse" for e in outcome.lost]
    return "; ".join(parts) or "no credible change"


METRIC = Computed(id="improvement-hit-rate", unit="share", needs=("deployments",), compute=compute)
