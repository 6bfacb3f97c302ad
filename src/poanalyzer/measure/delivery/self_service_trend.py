"""Self-service trend.

Kendall's τ of the quarterly shares of self-service releases (`self-service-release-share`) with time: do business roles change
more by themselves, quarter by quarter? 1 rises always, −1 falls always, 0 neither (a constant share is 0). Quarters without
a release say nothing and are left out; at least four are needed. The details hold the one-sided p value of Mann and
Kendall's test, with its correction for ties.

Formula: τ = (rising − falling pairs of quarters) / (n (n − 1) / 2), n quarters with releases.

Range: −1 to 1.

Known bias: a shift of releases between processes looks like a trend.

Example: shares of 0, 10, 10 and 40 % in four quarters: 5 pairs rise, one is tied; τ = 5 / 6.

Source: Mann (1945), Kendall (1975).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.changes import model_changes
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MIN_QUARTERS = 4


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return τ over quarters with releases."""
    asked = mined.processes if process is None else (process,)
    by_quarter: dict[str, list[bool]] = {}
    for p in asked:
        for release, change in zip(
            mined.of(releases_of).get(p.key, ()), mined.of(model_changes).get(p.key, ()), strict=True
        ):
            if change is not None:
                at = datetime.fromtimestamp(release.at / 1e6, tz=UTC)
                by_quarter.setdefault(f"{at.year} Q{(at.month + 2) // 3}", []).append(change.declarative is True)
    if len(by_quarter) < MIN_QUARTERS:
        return missing(
            Status.INSUFFICIENT, f"releases with both models in {len(by_quarter)} quarters; {MIN_QUARTERS} are needed"
        )
    shares = [sum(by_quarter[q]) / len(by_quarter[q]) for q in sorted(by_quarter)]
    tau, chance = mann_kendall(shares)
    return Finding(
        value=tau, n=len(shares), n_unit="quarters", method="Mann–Kendall", details={"p": chance},
        evidence=tuple(
            Evidence(case_id=None, what=f"{q}: {sum(by_quarter[q])} of {len(by_quarter[q])} releases self-service")
            for q in sorted(by_quarter)
        ),
    )  # fmt: skip


def mann_kendall(values: Sequence[float]) -> tuple[float, float]:
    """Return (τ, one-sided p value of a rise) of a series in order of time."""
    n = len(values)
    score = sum((b > a) - (b < a) for a, b in combinations(values, 2))
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    if variance <= 0:
        return 0.0, 1.0
    # continuity: the score moves in steps of two
    z = (score - (score > 0) + (score < 0)) / math.sqrt(variance)
    return score / (n * (n - 1) / 2), 0.5 * math.erfc(z / math.sqrt(2))


METRIC = Computed(id="self-service-trend", unit="tau", needs=("deployments", "models"), compute=compute)
