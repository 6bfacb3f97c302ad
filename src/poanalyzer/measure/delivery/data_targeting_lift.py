"""Data targeting lift.

How much likelier a change goes for a hotspot than chance would have it: touched elements that were hot before the
release / those expected if each release had touched as many elements at random. Elements are tasks and call
activities that ran between the release before and this one (at most 90 days back); hot is the fifth with the largest
part of all time spent and of all failures (the two parts added). Touched are elements altered or removed and those
whose boundary events changed; where a release only adds, those next to what it added. At least ten such releases with
30 cases before them are needed. The p value is of 9 999 seeded permutations within releases, for processes
corrected over all of them (Benjamini and Hochberg); where it is 0.05 or more, the lower bound is no lift (1).

Formula: Σ touched hot elements / Σ (touched elements × hot elements / elements), over releases.

Range: 0 and above; 1 is what chance would have.

Known bias: large models make lifts unstable; changes for a regulation go where they must.

Example: ten releases touch one of ten elements each, two of which are hot. Chance expects 2 hits, 5 are seen: lift
2.5.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine import targeting
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import release_name, releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process
    from poanalyzer.mine.targeting import Aim

MIN_RELEASES = 10
ALPHA = 0.05


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the lift with its permutation test."""
    found = tuple(a for a in targeting.aims_of(mined, process) if a.hot)
    if not found:
        return missing(
            Status.INSUFFICIENT, "no release with 30 cases and five elements before it that changed work which had run"
        )
    value = targeting.lift(found)
    chance = targeting.chance_of(found) if process is None else mined.of(targeting.chances)[process.key]
    low, high = 0.0, None
    if len(found) > 1:
        low, high = interval.jackknife(
            [targeting.lift(found[:i] + found[i + 1 :]) for i in range(len(found))], value, 0.0
        )
    enough = len(found) >= MIN_RELEASES
    beyond = chance < ALPHA or value <= 1
    return Finding(
        value=value, low=low, high=high, lower_bound=None if beyond else 1.0, upper_bound=None if beyond else value,
        numerator=sum(a.hits for a in found),
        denominator=sum(len(a.touched) * len(a.hot) / a.elements for a in found), n=len(found), n_unit="releases",
        method="jackknife over releases; permutation test", status=Status.MEASURED if enough else Status.INSUFFICIENT,
        reason="" if enough else f"{len(found)} releases with cases before them; at least {MIN_RELEASES} are needed",
        caveats=() if beyond else (f"p = {chance:.3f}: chance may have made this lift",), details={"p": chance},
        evidence=tuple(_row(mined, a) for a in found[:EVIDENCE_ROWS]),
    )  # fmt: skip


def _row(mined: Mined, aim: Aim) -> Evidence:
    name = next(p.name for p in mined.processes if p.key == aim.process)
    told = ", ".join(f"{e}{' (hot)' if e in aim.hot else ''}" for e in sorted(aim.touched))
    return Evidence(
        case_id=None,
        what=f"{name}: release {release_name(mined, aim.process, aim.release)} touched {told}; "
        f"{len(aim.hot)} of {aim.elements} elements were hot",
        when=iso(mined.of(releases_of)[aim.process][aim.release].at),
    )


METRIC = Computed(id="data-targeting-lift", unit="lift", needs=("deployments", "models", "activities"), compute=compute)
