"""Managed-change ratio.

Drifts that a deployment explains / drifts. A drift is a day from which cases took other ways: which activity follows which
changed more than shuffling whole days would have it (rare pairs pooled, p < 0.05). A deployment explains it that came at
most seven days before or after; each explains one drift. The details tell how many effective releases, the other way
round, left a visible drift. A drift without a deployment is a change that nobody released: of data, of rules, of habits.

Formula: drifts with a deployment of their own within seven days / drifts.

Known bias: drifts in the first and last ten days, and small ones, are not found; a release that happens to fall near an
uncontrolled change explains it.

Example: ways change on 7 April and 20 May; a version was deployed on 6 April: 1 / 2.

Source: concept drift after Bose et al. (2014) and Maaradji et al. (2017); the ratio is this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.drift import drifts
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.drift import Drift
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

LAG_US = 7 * 86_400_000_000


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of drifts that fall together with a deployment."""
    asked = mined.processes if process is None else (process,)
    keys = {p.key for p in asked if mined.of(releases_of).get(p.key)}
    if not keys:
        return missing(Status.NOT_AVAILABLE, "no deployment of this process in the export",
                       "Export the deployments and definitions of all versions.")  # fmt: skip
    found = [d for d in mined.of(drifts) if d.process in keys]
    explained = {d: at for key in sorted(keys) for d, at in _matched(mined, key, found).items()}
    releases = sum(len(mined.of(releases_of)[k]) - 1 for k in keys)
    if not found:
        return missing(Status.NOT_APPLICABLE, "cases took the same ways throughout: no drift was found")
    value, low, high, method = interval.proportion(len(explained), len(found))
    names = {p.key: p.name for p in asked}
    return Finding(
        value=value, low=low, high=high, numerator=len(explained), denominator=len(found), n=len(found),
        n_unit="drifts", method=method, details={"releases": releases, "releases_with_drift": _visible(mined, keys, found)},
        evidence=tuple(
            Evidence(
                case_id=None, when=iso(d.at),
                what=f"{names[d.process]}: cases took other ways from here on (p = {d.chance:.3f}), "
                + (f"with the deployment of {(iso(explained[d]) or '')[:10]}" if d in explained else "without a deployment"),
            )
            for d in sorted(found, key=lambda d: (d in explained, d.at))[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


def _matched(mined: Mined, key: str, found: list[Drift]) -> dict[Drift, int]:
    """Return the deployment of each drift of a process, nearest pairs first, each deployment once."""
    times = [r.at for r in mined.of(releases_of)[key][1:]]
    pairs = sorted(
        (abs(d.at - at), d.at, at, d) for d in found if d.process == key for at in times if abs(d.at - at) <= LAG_US
    )  # ties are decided by time
    out: dict[Drift, int] = {}
    for _, _, at, drift in pairs:
        if drift not in out and at not in out.values():
            out[drift] = at
    return out


def _visible(mined: Mined, keys: set[str], found: list[Drift]) -> int:
    return sum(
        any(d.process == key and abs(d.at - r.at) <= LAG_US for d in found)
        for key in keys
        for r in mined.of(releases_of)[key][1:]
    )


METRIC = Computed(
    id="managed-change-ratio", unit="share", needs=("deployments", "activities"), compute=compute
)  # fmt: skip
