"""Adoption lag.

Median days from an effective release (after the first) until nine of ten new cases of a day run on it or a later one. The
details give the median time to the first case on it (activation) and to half of the new cases. Releases that never got
there before the export ends, or the next release came, are censored (Kaplan–Meier).

Formula: Kaplan–Meier median, over effective releases after the first, of (first day on which nine of ten new cases
run on it or a later one − its time), in days.

Range: 0 days and above.

Known bias: a process that starts no case on a release's day adopts it later for that reason alone. It is no lead time:
what happened before the deployment is not in it.

Example: of the cases begun on the days after a release 20 %, 60 % and 95 % run on it: half after one day, nine tenths after two.

Source: this project's definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.cohorts import cohorts
from poanalyzer.mine.mined import iso
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process
    from poanalyzer.mine.releases import Release

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class _Lag:
    """Days from a release to its first case, to half and to nine tenths of a day's new cases; None: never within ``seen``."""

    process: Process
    release: Release
    first: float | None
    half: float | None
    most: float | None
    seen: float


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the median days until nine of ten new cases run on a release."""
    asked = mined.processes if process is None else (process,)
    lags = [_lag(mined, p, n) for p in asked for n in range(1, len(mined.of(releases_of).get(p.key, ())))]
    if not lags:
        return missing(Status.INSUFFICIENT, "no effective release after the first")
    value, low, high = _median(lags, [lag.most for lag in lags])
    return Finding(
        value=value, low=low, high=high, n=len(lags), n_unit="releases", method="Kaplan–Meier median",
        status=Status.MEASURED if value is not None else Status.INSUFFICIENT,
        reason="" if value is not None else "fewer than half of the releases reached nine of ten new cases",
        details={
            "first_case_days": _median(lags, [lag.first for lag in lags])[0],
            "half_days": _median(lags, [lag.half for lag in lags])[0],
        },
        evidence=tuple(
            Evidence(
                case_id=None, when=iso(lag.release.at),
                what=f"{lag.process.name}: release of version {', '.join(lag.release.versions)}: "
                + (f"nine of ten new cases after {lag.most:.2f} days" if lag.most is not None else "never nine of ten"),
            )
            for lag in lags[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


def _median(lags: list[_Lag], days: list[float | None]) -> tuple[float | None, ...]:
    times = [lag.seen if d is None else d for d, lag in zip(days, lags, strict=True)]
    return interval.survival_median(times, [d is None for d in days])


def _lag(mined: Mined, process: Process, number: int) -> _Lag:
    releases = mined.of(releases_of)[process.key]
    at = releases[number].at
    until = releases[number + 1].at if number + 1 < len(releases) else mined.window.end
    rows = mined.of(cohorts)
    rows = rows[(rows["process_ix"] == process.ix) & (rows["period"] == number)].sort_values("day")
    own = rows[rows["release"] >= number]
    first = (float(own["first"].min()) - at) / DAY_US if len(own) else None
    total = rows.groupby("day")["cases"].sum()
    share = own.groupby("day")["cases"].sum().reindex(total.index, fill_value=0) / total

    def reached(part: float) -> float | None:
        days = [int(d) for d, s in share.items() if s >= part]
        return max((days[0] * DAY_US - at) / DAY_US, first or 0.0) if days else None

    return _Lag(process, releases[number], first, reached(0.5), reached(0.9), max((until - at) / DAY_US, 0.0))


METRIC = Computed(id="adoption-lag", unit="days", needs=("deployments",), compute=compute, better="down")
