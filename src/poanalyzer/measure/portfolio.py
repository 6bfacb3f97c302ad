"""Shares of processes: how many of the productive processes meet a condition, unweighted and by volume."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Finding, missing
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def share_of_processes(
    mined: Mined, of: Callable[[Process], Finding], meets: Callable[[Finding], bool], condition: str
) -> Finding:
    """Return the lower of the unweighted and the volume-weighted share of productive processes that meet a condition.

    Processes to which it does not apply do not count. Those whose own finding is missing count as not meeting it in the
    value, which is the lower bound then; the upper bound counts them as meeting it. The interval is Wilson's on the
    unweighted share: processes, unlike cases, are few.
    """
    processes = mined.productive
    if not processes:
        return missing(Status.INSUFFICIENT, "no productive process in the window")
    findings = [(p, of(p)) for p in processes]
    applies = [(p, f) for p, f in findings if f.status is not Status.NOT_APPLICABLE]
    measured = [(p, f) for p, f in findings if f.status in (Status.MEASURED, Status.INSUFFICIENT)]
    if not measured:
        first = (applies or findings)[0][1]
        return missing(first.status, first.reason, first.unlock)
    findings = applies
    processes = tuple(p for p, _ in findings)
    met = [p for p, f in measured if meets(f)]
    unknown = [p for p, f in findings if f.status not in (Status.MEASURED, Status.INSUFFICIENT)]
    volume = sum(p.completed_roots for p in processes)
    unweighted = len(met) / len(processes)
    weighted = sum(p.completed_roots for p in met) / volume
    hopeful = (len(met) + len(unknown)) / len(processes)
    hopeful = min(hopeful, sum(p.completed_roots for p in (*met, *unknown)) / volume)
    _, low, _, method = interval.proportion(len(met), len(processes))
    _, _, high, _ = interval.proportion(len(met) + len(unknown), len(processes))
    rows = [(p, "meets it" if p in met else "does not meet it") for p, _ in findings]
    return Finding(
        value=min(unweighted, weighted), low=min(low, weighted), high=high,
        lower_bound=min(unweighted, weighted) if unknown else None, upper_bound=hopeful if unknown else None,
        numerator=len(met),
        denominator=len(processes), n=len(processes), n_unit="processes", method=f"{method} over processes",
        caveats=(f"unknown for {len(unknown)} processes, counted as not met",) if unknown else (),
        details={"unweighted": unweighted, "volume_weighted": weighted},
        evidence=tuple(
            Evidence(case_id=None, what=f"{p.name}: {said} ({condition})") for p, said in rows[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip
