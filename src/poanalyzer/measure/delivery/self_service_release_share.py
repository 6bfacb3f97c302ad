"""Self-service release share.

Effective releases after the first that change only declarative artefacts / all of which both models are known.
Declarative are forms and decisions that a task refers to, element templates, whether a flow has a condition, timers,
and who may do a task. Releases that change what the exported model table does not hold (the text of a condition, a
script, a mapping) go to the upper bound. Who released is not told by an engine: this is about what was changed, hence
indirect evidence.

Formula: releases with declarative changes only / releases of which both models are known; upper bound (declarative
only + not told) / the same.

Known bias: a developer may make a declarative change, and a decision or form deployed alone makes no version of the
process: deployments of decisions and forms are not in the canonical log, so the share is too low where business roles
use them.

Example: ten releases, two of them exchange a form only, one changes only what is not in the table: 20 % to 30 %.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.changes import model_changes
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of releases that change only declarative artefacts, with its bounds."""
    asked = mined.processes if process is None else (process,)
    pairs = [
        (p, release, change)
        for p in asked
        for release, change in zip(
            mined.of(releases_of).get(p.key, ()), mined.of(model_changes).get(p.key, ()), strict=True
        )
        if change is not None
    ]
    if not pairs:
        return missing(Status.INSUFFICIENT, "no two effective releases of which both models are known",
                       "Export the models of all versions.")  # fmt: skip
    declared = sum(c.declarative is True for _, _, c in pairs)
    unknown = sum(c.declarative is None for _, _, c in pairs)
    value, low, high, method = interval.proportion(declared, len(pairs))
    if unknown:
        high = interval.proportion(declared + unknown, len(pairs))[2]
    words = {True: "declarative only", False: "engineering", None: "not in the model table"}
    return Finding(
        value=value, low=low, high=high, lower_bound=value if unknown else None,
        upper_bound=(declared + unknown) / len(pairs) if unknown else None, numerator=declared, denominator=len(pairs),
        n=len(pairs), n_unit="releases", method=method, details={"not_told": unknown},
        caveats=("decisions and forms deployed without the process are not seen",),
        evidence=tuple(
            Evidence(
                case_id=None, when=iso(release.at),
                what=f"{p.name}: release of version {', '.join(release.versions)}: {words[c.declarative]}"
                + (f" ({', '.join(sorted(c.kinds))})" if c.kinds else ""),
            )
            for p, release, c in sorted(pairs, key=lambda t: (t[2].declarative is not True, t[1].at))[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="self-service-release-share", unit="share", needs=("deployments", "models"), compute=compute)
