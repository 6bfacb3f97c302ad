"""95 % intervals from sums that the engine made: no second pass over the log.

Sources: linearisation (delta method) for ratios of clustered sums as in survey sampling; Wilson (1927) for
proportions; the rule of three for zero observed variance; the exact gamma interval for Poisson counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEVEL = 0.95
_Z = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2)


@dataclass(frozen=True)
class Sums:
    """Sums over clusters (cases) of a numerator x and a denominator y: exact integers."""

    n: int
    x: int
    y: int
    xx: int
    yy: int
    xy: int


def ratio(sums: Sums, *, lowest: float = 0.0, highest: float | None = 1.0) -> tuple[float, float, float, str]:
    """Return (value, low, high, method) of Σx/Σy with clusters as the unit of sampling.

    Args:
        sums: over ``n`` clusters; ``y`` must be positive.
        lowest, highest: the logical range of the ratio (``highest`` None: unbounded).
    """
    value = sums.x / sums.y
    residual = sums.xx - 2 * value * sums.xy + value * value * sums.yy
    if sums.n < 2:
        return value, lowest, math.inf if highest is None else highest, "one cluster: the whole range"
    # residual is a difference of large numbers: rounding may leave it a hair below zero
    if residual <= 1e-12 * max(1.0, float(sums.xx)):
        low, high = _no_variance(value, sums.n, lowest, highest)
        return value, low, high, "no variance between cases: rule of three"
    error = math.sqrt(residual * sums.n / (sums.n - 1)) / sums.y
    spread = _t(sums.n - 1) * error
    high = value + spread if highest is None else min(highest, value + spread)
    return value, max(lowest, value - spread), high, "linearised ratio, clustered by case"


def proportion(k: int, n: int) -> tuple[float, float, float, str]:
    """Return (value, low, high, method) of k of n independent cases: Wilson's score interval."""
    p = k / n
    denominator = 1 + _Z * _Z / n
    centre = (p + _Z * _Z / (2 * n)) / denominator
    half = _Z * math.sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n)) / denominator
    low = 0.0 if k == 0 else max(0.0, centre - half)
    high = 1.0 if k == n else min(1.0, centre + half)
    return p, low, high, "Wilson"


def rate(events: int, exposure: float) -> tuple[float, float]:
    """Return the exact interval of a Poisson rate: ``events`` seen in ``exposure`` (any unit of time)."""
    from scipy.special import gammaincinv  # scipy.stats would cost two seconds to import

    tail = (1 - LEVEL) / 2
    low = 0.0 if events == 0 else float(gammaincinv(events, tail)) / exposure
    return low, float(gammaincinv(events + 1, 1 - tail)) / exposure


def jackknife(values: list[float], whole: float, lowest: float) -> tuple[float, float]:
    """Return a delete-a-group jackknife interval around ``whole`` from leave-one-group-out ``values``."""
    g = len(values)
    mean = sum(values) / g
    error = math.sqrt((g - 1) / g * sum((v - mean) ** 2 for v in values))
    spread = _t(g - 1) * error
    return max(lowest, whole - spread), whole + spread


def survival_median(times: Sequence[float], censored: Sequence[bool]) -> tuple[float | None, ...]:
    """Return (median, low, high) of durations some of which are only known to be longer; None beyond what was seen.

    Kaplan–Meier's estimate with Greenwood's variance and the log–log band, inverted at one half (Brookmeyer and Crowley
    1982). ``scipy.stats`` has the same and costs two seconds to import; a test holds the two together.
    """
    import numpy as np

    moments = np.asarray(times, dtype=float)
    over = ~np.asarray(censored, dtype=bool)
    at, index = np.unique(moments, return_inverse=True)
    ended = np.bincount(index, weights=over, minlength=at.size)
    left = np.bincount(index, minlength=at.size)
    at_risk = moments.size - np.concatenate(([0], np.cumsum(left)[:-1]))
    survival = np.cumprod(1 - ended / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(ended / (at_risk * (at_risk - ended)))
        stretch = _Z * np.sqrt(variance) / np.log(survival)
        lower, upper = survival ** np.exp(-stretch), survival ** np.exp(stretch)
    # before the first end the curve is 1 and after the last 0: there the band is open
    lower, upper = np.where(np.isnan(lower), survival, lower), np.where(np.isnan(upper), 1.0, upper)

    def crossing(curve: np.ndarray) -> float | None:
        below = np.flatnonzero((curve <= 0.5) & (ended > 0))
        return float(at[below[0]]) if below.size else None

    return crossing(survival), crossing(np.minimum(lower, upper)), crossing(np.maximum(lower, upper))


def _no_variance(value: float, n: int, lowest: float, highest: float | None) -> tuple[float, float]:
    """Return what a share of unlike clusters that ``n`` may have missed could do, were they at the ends of the range."""
    missed = 1 - (1 - LEVEL) ** (1 / n)
    top = max(highest, value) if highest is not None else value + 1
    return value - missed * (value - lowest), value + missed * (top - value)


def _t(degrees: int) -> float:
    if degrees > 200:
        return _Z
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 1 - (1 - LEVEL) / 2))
