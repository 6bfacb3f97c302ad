"""95 % intervals from sums that the engine made: no second pass over the log.

A ratio Σx/Σy is judged by how much blocks of cases differ from it: each case by itself, the cases of a day together, the
cases of a week together (against the week before, so that a trend is not taken for noise). Where troubles come on bad days,
days differ by more than the cases in them explain, and only they tell the uncertainty; where nothing is shared, the three say
the same but for chance. The largest of the three variances is taken, days from ten of them on, weeks from five. (A test for
clustering first, and cases where it finds none, was simulated beside it: it is hardly narrower, and misses weak clustering
of few days. docs/intervals.md has the table.) Degrees of freedom are those of the effective number of blocks, (Σy)²/Σy²,
less one.

Limits are symmetrical on the scale of log-odds for what lies between two bounds, and of logarithms above a lower bound:
they never leave the range, and hold for small counts where the plain ones do not.

Sources: linearisation (delta method) for ratios of clustered sums as in survey sampling; Wilson (1927) for proportions,
with an effective number of cases after Korn and Graubard (1998); Jeffreys' prior for few, after Brown, Cai and DasGupta
(2001); the rule of three for zero observed variance; the exact gamma interval for Poisson counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from poanalyzer.mine.blocks import Sums, Tail

LEVEL = 0.95
_Z = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2)
#: Fewer days, or weeks, do not tell whether they differ.
MIN_DAYS, MIN_WEEKS = 10, 5
#: Fewer than this of either kind are few: Wilson's interval can hold too rarely there.
FEW = 10


@dataclass(frozen=True)
class _Spread:
    """The relative variance (of x − Rx/Ry·y, by Σy²) that clusters of one kind tell, with its degrees of freedom."""

    variance: float
    freedom: float
    kind: str
    n: int


def ratio(sums: Sums, *, lowest: float = 0.0, highest: float | None = 1.0) -> tuple[float, float, float, str]:
    """Return (value, low, high, method) of Σx/Σy with clusters as the unit of sampling.

    Args:
        sums: over ``n`` clusters; ``y`` must be positive.
        lowest, highest: the logical range of the ratio (``highest`` None: unbounded).
    """
    value = sums.x / sums.y
    if sums.n < 2:
        return value, lowest, math.inf if highest is None else highest, "one cluster: the whole range"
    spread = _widest(sums)
    # a value at an end of its range, where every case must be, has no variance but for rounding
    inside = lowest < value and (highest is None or value < highest)
    if spread.variance <= 0 or not inside:
        low, high = _no_variance(value, sums.n, lowest, highest)
        return value, low, high, "no variance between cases: rule of three"
    # Σx/Σy is biased where x − R·y and y go together: of waits with a long tail few show the longest
    centre = value + _shift(sums)
    if not (lowest < centre and (highest is None or centre < highest)):
        centre = value
    low, high = _around(centre, _t(spread.freedom) * math.sqrt(spread.variance), lowest, highest)
    return value, min(low, value), max(high, value), f"cluster-robust by {spread.kind}, {spread.n} {spread.kind}s"


def over_processes(
    processes: Iterable[Sums], *, lowest: float = 0.0, highest: float | None = 1.0
) -> tuple[float, float]:
    """Return the interval of Σx/Σy with whole processes as the unit of sampling: what others like them may show."""
    pairs = [(s.x, s.y) for s in processes]
    return ratio(
        Sums(
            len(pairs), sum(x for x, _ in pairs), sum(y for _, y in pairs), sum(x * x for x, _ in pairs),
            sum(y * y for _, y in pairs), sum(x * y for x, y in pairs),
        ),
        lowest=lowest, highest=highest,
    )[1:3]  # fmt: skip


def _around(centre: float, half: float, lowest: float, highest: float | None) -> tuple[float, float]:
    """Return limits ``half`` away to first order, symmetrical in log-odds between two bounds, in logarithms above one."""
    above = centre - lowest
    if highest is None:
        stretch = math.exp(min(half / above, 700.0))
        return lowest + above / stretch, lowest + above * stretch
    odds = above / (highest - centre)
    stretch = math.exp(min(half * (highest - lowest) / (above * (highest - centre)), 350.0))
    low, high = odds / stretch, odds * stretch
    span = highest - lowest
    return lowest + span * low / (1 + low), lowest + span * high / (1 + high)


def proportion(k: int, n: int) -> tuple[float, float, float, str]:
    """Return (value, low, high, method) of k of n independent cases: Wilson's score interval, Jeffreys' for few."""
    return _proportion(k / n, float(n), "", few=min(k, n - k) < FEW)


def case_rate(sums: Sums) -> tuple[float, float, float, str]:
    """Return (value, low, high, method) of Σx/Σy cases where both are 0 or 1: as :func:`proportion`, or by day.

    Where days or weeks differ by more than their cases explain, the cases count for as many independent ones as would be as
    uncertain.
    """
    k, n = sums.x, sums.y
    if n < 2 or k in (0, n):
        return proportion(k, n)
    whole, spread = _by_case(sums), _widest(sums)
    if spread.kind == "case":
        return proportion(k, n)
    effective = n * whole.variance / spread.variance * (_Z / _t(spread.freedom)) ** 2
    few = min(k, n - k) < FEW
    return _proportion(k / n, effective, f", cluster-robust by {spread.kind}, {spread.n} {spread.kind}s", few=few)


def _proportion(p: float, n: float, by: str, *, few: bool) -> tuple[float, float, float, str]:
    if few:
        from scipy.special import betaincinv  # scipy.stats would cost two seconds to import

        tail = (1 - LEVEL) / 2
        missed = 1 - (1 - LEVEL) ** (1 / n)  # none seen: the rule of three
        low = 0.0 if p == 0 else 1 - missed if p == 1 else float(betaincinv(p * n + 0.5, (1 - p) * n + 0.5, tail))
        high = 1.0 if p == 1 else missed if p == 0 else float(betaincinv(p * n + 0.5, (1 - p) * n + 0.5, 1 - tail))
        return p, min(low, p), max(high, p), ("rule of three" if p in (0, 1) else "Jeffreys") + by
    denominator = 1 + _Z * _Z / n
    centre = (p + _Z * _Z / (2 * n)) / denominator
    half = _Z * math.sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n)) / denominator
    return p, max(0.0, centre - half), min(1.0, centre + half), "Wilson" + by


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


def _widest(sums: Sums) -> _Spread:
    """Return the largest of the variances by case, by day and by week."""
    found = [_by_case(sums)]
    days, weeks = sums.days, sums.weeks
    if days is not None and days.n >= MIN_DAYS:
        found.append(_Spread(_variance(sums, days), days.effective - 1, "day", days.n))
    if weeks is not None and weeks.n >= MIN_WEEKS:
        # half the squared differences of neighbours: a trend, or a release in the middle, is no noise; they have two thirds
        # of the degrees of freedom
        found.append(_Spread(_variance(sums, weeks) / 2, (weeks.n - 1) * 2 / 3, "week", weeks.n))
    return max(found, key=lambda s: s.variance)


def _by_case(sums: Sums) -> _Spread:
    variance = _variance(sums, sums)
    if sums.tail is not None and variance > 0:
        variance *= 1 + 2 * _leverage(sums, sums.tail)
    return _Spread(variance, sums.effective - 1, "case", sums.n)


def _variance(whole: Sums, blocks: Sums) -> float:
    """Return the variance of Σx/Σy that blocks tell: n/(n−1)·Σ(x − R·y)²/(Σy)², exact until the last division."""
    x, y = whole.x, whole.y
    residual = blocks.xx * y * y - 2 * x * y * blocks.xy + x * x * blocks.yy
    return max(residual, 0) * blocks.n / ((blocks.n - 1) * (blocks.y * y) ** 2)


def _leverage(sums: Sums, tail: Tail) -> float:
    """Return the part of the denominator that a case holds, in the mean over cases weighted by their residuals.

    To first order a jackknife that leaves out each case is by twice this larger than the linearised variance.
    """
    x, y = sums.x, sums.y
    residual = sums.xx * y * y - 2 * x * y * sums.xy + x * x * sums.yy
    weighted = tail.xxy * y * y - 2 * x * y * tail.xyy + x * x * tail.yyy
    return min(1.0, max(0.0, weighted * tail.unit**3 / (residual * y)))


def _shift(sums: Sums) -> float:
    """Return how far Σx/Σy lies below what it estimates, to first order: Σ(x − R·y)·y/(Σy)²."""
    return (sums.xy * sums.y - sums.x * sums.yy) * sums.n / ((sums.n - 1) * sums.y**3)


def _no_variance(value: float, n: int, lowest: float, highest: float | None) -> tuple[float, float]:
    """Return what a share of unlike clusters that ``n`` may have missed could do, were they at the ends of the range."""
    missed = 1 - (1 - LEVEL) ** (1 / n)
    top = max(highest, value) if highest is not None else value + 1
    return value - missed * (value - lowest), value + missed * (top - value)


def _t(freedom: float) -> float:
    if freedom > 200:
        return _Z
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1.0), 1 - (1 - LEVEL) / 2))
