"""Effect persistence.

Improving releases (a hit of `improvement-hit-rate`) whose gain is still credible 60 days later / improving releases
for which the export goes on that long. Still credible: the figure of the cases that began 60 to 120 days after the
release is better than that of those before it, beyond the trend within the two stretches (95 %). Whatever was
released in between counts with it: a gain that a later release took away did not last. At least five improving
releases are needed.

Formula: improving releases whose gain is still credible after 60 days / improving releases for which the export
goes on that long.

Known bias: novelty wears off more slowly than 60 days; the gains of releases that follow one another lend each other
strength.

Example: six releases improved something, four of these gains still stand two months later: 4 / 6.

Source: this project's definition.
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
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MIN_RELEASES = 5


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of improving releases whose gain lasted."""
    hits = [o for o in mined.of(outcomes) if o.hit and (process is None or o.process == process.key)]
    known = [o for o in hits if o.lasting is not None]
    if not known:
        why = (
            "the export ends less than 60 days after every improving release"
            if hits
            else "no release improved a figure"
        )
        return missing(Status.INSUFFICIENT, why)
    kept = [o for o in known if o.lasting]
    value, low, high, method = interval.proportion(len(kept), len(known))
    enough = len(known) >= MIN_RELEASES
    names = {p.key: p.name for p in mined.processes}
    return Finding(
        value=value, low=low, high=high, numerator=len(kept), denominator=len(known), n=len(known), n_unit="releases",
        method=method, status=Status.MEASURED if enough else Status.INSUFFICIENT,
        reason="" if enough else f"{len(known)} improving releases; at least {MIN_RELEASES} are needed",
        details={"too_recent": len(hits) - len(known)},
        evidence=tuple(
            Evidence(
                case_id=None, when=iso(mined.of(releases_of)[o.process][o.release].at),
                what=f"{names[o.process]}: the gain of the release {release_name(mined, o.process, o.release)} "
                + ("lasted" if o.lasting else "did not last"),
            )
            for o in known[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="effect-persistence", unit="share", needs=("deployments",), compute=compute)
