"""Change failure rate.

Failed releases / releases that can be judged, over effective releases after a process's first. A release failed when
a hotfix followed it within 24 hours, when a later release brought back the content that had been live before, or when
credibly more of its first cases had an incident: at least twice the share among the cases of the releases before that
were not bad themselves, and more than chance (Fisher's exact test, corrected over all releases by Benjamini and
Hochberg, p < 0.05). First cases are those that began within 72 hours after the release, or 200 if that is more.
Releases with fewer than 30 first cases that did not fail are inconclusive: they stand in the details and not in the
denominator. Where incidents are not recorded, cases with a failed attempt stand in for them; where neither is, only
hotfixes and rollbacks are seen.

Formula: failed releases / (failed + sound releases), after a process's first; inconclusive ones count on neither
side.

Known bias: a small release counts only where it failed, which raises the rate; incidents that nobody lets the engine
record; a failure in code that rolls back without a trace. Cases that began shortly before the end of the export have
had less time to fail.

Example: six releases; one was followed by a hotfix after three hours, one ran too few cases: 1 / 5 = 20 %.

Source: DORA's change failure rate, carried over to process models; what a failed release is, is this project's
definition.
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

FEW_RELEASES = 3


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of failed releases of a process, or of all processes together."""
    asked = [v for v in mined.of(verdicts) if process is None or v.process == process.key]
    if not asked:
        return missing(Status.INSUFFICIENT, "no effective release after the first")
    judged = [v for v in asked if v.state != "inconclusive"]
    failed = [v for v in judged if v.state == "failed"]
    names = {p.key: p.name for p in mined.processes}
    if not judged:
        return missing(
            Status.INSUFFICIENT, f"{len(asked)} releases, all with too few cases to tell whether they failed"
        )
    value, low, high, method = interval.proportion(len(failed), len(judged))
    caveats = []
    if not mined.has_incidents:
        caveats.append(
            "no incidents recorded: cases with failed attempts stand in for them"
            if mined.has_failures
            else "neither incidents nor failed attempts are recorded: only hotfixes and rollbacks are seen"
        )
    if len(judged) < FEW_RELEASES:
        caveats.append(f"{len(judged)} judged: too few releases to speak of a habit")
    return Finding(
        value=value, low=low, high=high, numerator=len(failed), denominator=len(judged), n=len(judged),
        n_unit="releases", method=method, caveats=tuple(caveats),
        details={"inconclusive": len(asked) - len(judged)},
        evidence=tuple(
            Evidence(
                case_id=None,
                what=f"{names[v.process]}: release {release_name(mined, v.process, v.release)} {v.state}"
                + (f" ({'; '.join(v.reasons)})" if v.reasons else ""),
                when=iso(v.at),
            )
            for v in sorted(asked, key=lambda v: (v.state != "failed", v.at))[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="change-failure-rate", unit="share", needs=("deployments",), compute=compute, better="down")
