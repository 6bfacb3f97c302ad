"""Time-to-production ratio.

Median days from the first deployment of a process to its 30th completed root instance, in the newer half of the
processes / in the older half: below 1 the organisation gets faster. Processes are ordered by their first deployment;
those that have not reached 30 instances by the end of the export count as “longer than seen” (Kaplan–Meier), so that
the newest are not taken for fast. At least five processes a half are needed.

Processes whose first deployment precedes the records of the export are left out: their first instances may have been
deleted.

Formula: median days to the 30th instance in the newer half / in the older half of the processes (Kaplan–Meier).

Range: 0 and above; below 1 is faster.

Known bias: newer processes may be simpler, or have less volume. Details hold the two medians in days.

Example: the six older processes took 60 days in the median, the six newer 42: 0.7.

Source: this project's definition of the model's “time to value”.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

DAY_US = 86_400_000_000
INSTANCES = 30
PER_HALF = 5
_DRAWS = 500


@dataclass(frozen=True)
class _Ramp:
    key: str
    deployed: int
    days: float
    reached: bool


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the ratio with a bootstrap over processes; it describes the portfolio only."""
    if process is not None:
        return missing(Status.NOT_APPLICABLE, "describes the portfolio only")
    ramps = _ramps(mined)
    if len(ramps) < 2 * PER_HALF:
        return missing(Status.INSUFFICIENT, f"{len(ramps)} processes whose first deployment and instances are in the "
                       f"export; at least {2 * PER_HALF} are needed")  # fmt: skip
    half = len(ramps) // 2
    older, newer = ramps[:half], ramps[half:]
    before, after = _median(older), _median(newer)
    if before is None or after is None or before == 0:
        return missing(Status.INSUFFICIENT, f"half of the {'older' if before is None else 'newer'} processes did not "
                       f"reach {INSTANCES} instances in the time seen")  # fmt: skip
    low, high = _bootstrap(older, newer)
    return Finding(
        value=after / before, low=low, high=high, n=len(ramps), n_unit="processes",
        method=f"Kaplan–Meier medians, bootstrap over processes ({_DRAWS} draws, fixed seed)",
        details={"older_days": before, "newer_days": after, "not_reached": sum(not r.reached for r in ramps)},
        evidence=tuple(
            Evidence(case_id=None, when=iso(r.deployed), what=f"{r.key}: {r.days:.0f} days to "
                     + (f"the {INSTANCES}th instance" if r.reached else "the end of the export, not reached"))
            for r in ramps[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


def _ramps(mined: Mined) -> list[_Ramp]:
    """Return how long each process took, oldest first."""
    import ibis

    cases = mined.cases
    done = cases.filter(cases.is_root & (cases.state == "completed") & cases.end.notnull())
    place = ibis.row_number().over(group_by=done.process_ix, order_by=[done.end, done.case_ix])
    at = done.mutate(place=place).filter(ibis._.place == INSTANCES - 1)
    frame = mined.query(at.group_by("process_ix").agg(at=at.end.max()))
    reached = {int(i): int(t) for i, t in zip(frame["process_ix"], frame["at"], strict=True)}
    first = {key: min(r.at for r in releases) for key, releases in mined.of(releases_of).items() if releases}
    begins = min((p.start for p in mined.processes if p.start is not None), default=0)
    end = mined.window.end
    out = []
    for p in mined.processes:
        deployed = first.get(p.key)
        if deployed is None or not p.root_cases or deployed < begins - DAY_US or deployed >= end:
            continue
        until = reached.get(p.ix)
        if until is not None and until < deployed:
            continue
        out.append(_Ramp(p.key, deployed, ((until or end) - deployed) / DAY_US, until is not None))
    return sorted(out, key=lambda r: (r.deployed, r.key))


def _median(ramps: list[_Ramp]) -> float | None:
    if not any(r.reached for r in ramps):
        return None
    return interval.survival_median([r.days for r in ramps], [not r.reached for r in ramps])[0]


def _bootstrap(older: list[_Ramp], newer: list[_Ramp]) -> tuple[float, float | None]:
    """Return the middle 95 % of the ratio over drawn processes; draws beyond what was seen leave the end open."""
    import numpy as np

    rng = np.random.default_rng(20260101)
    drawn = []
    for _ in range(_DRAWS):
        before, after = (_median([h[i] for i in rng.integers(0, len(h), len(h))]) for h in (older, newer))
        if before:
            drawn.append(np.inf if after is None else after / before)
    low, high = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high) if np.isfinite(high) else None


METRIC = Computed(
    id="time-to-production-ratio", unit="ratio", needs=("deployments", "instances"), compute=compute, better="down"
)
