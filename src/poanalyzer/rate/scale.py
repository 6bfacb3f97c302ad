"""The scale: from a value through three cuts to an achievement in [0, 1] and a rating N, P, L or F.

Bands after ISO/IEC 33020: N up to 15 %, P up to 50 %, L up to 85 %, F beyond. A metric with own cuts is mapped onto
the bands piecewise linearly, its cuts lying at .15, .50 and .85; meeting a cut attains the class.
"""

from __future__ import annotations

import math

from poanalyzer.maturity import Cuts
from poanalyzer.maturity.schema import Direction
from poanalyzer.results import Rating

#: Achievements at which a class begins.
BANDS: Cuts = (0.15, 0.50, 0.85)

#: Values that differ by less than this, relative to their size, are equal: results carry 12 digits.
TOLERANCE = 1e-9

_RATINGS = (Rating.N, Rating.P, Rating.L, Rating.F)
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TIME_NAMES = {
    "second": "s", "seconds": "s", "sec": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h",
    "day": "d", "days": "d",
}  # fmt: skip


def meets(value: float, cut: float, direction: Direction = "up") -> bool:
    """Say whether ``value`` attains ``cut``; a tie does."""
    if math.isclose(value, cut, rel_tol=TOLERANCE, abs_tol=1e-12):
        return True
    return value > cut if direction == "up" else value < cut


def classify(value: float, cuts: Cuts, direction: Direction = "up") -> Rating:
    """Return the class that ``value`` attains."""
    return _RATINGS[sum(meets(value, cut, direction) for cut in cuts)]


def achievement(value: float, cuts: Cuts, direction: Direction = "up") -> float:
    """Return how far ``value`` is achieved, in [0, 1].

    Piecewise linear through the cuts; the outer pieces go on with the slope of their neighbour. Where cuts are equal
    (a count that is there or not) the value steps from one band to the next.
    """
    sign = 1.0 if direction == "up" else -1.0
    x = sign * value
    points = tuple(sign * cut for cut in cuts)
    reached = sum(meets(value, cut, direction) for cut in cuts)
    low, high = (0, 1) if reached <= 1 else (1, 2)
    width = points[high] - points[low]
    if width <= 0:
        # No slope to go by: nothing below the cuts, everything beyond them, and the band's foot on them.
        at_last = math.isclose(x, points[-1], rel_tol=TOLERANCE)
        return 0.0 if reached == 0 else BANDS[reached - 1] if reached < 3 or at_last else 1.0
    a = BANDS[low] + (x - points[low]) * (BANDS[high] - BANDS[low]) / width
    floor = 0.0 if reached == 0 else BANDS[reached - 1]
    ceiling = 1.0 if reached == 3 else BANDS[reached]
    return min(max(a, floor), ceiling)


def cut_of(rating: Rating, cuts: Cuts) -> float:
    """Return the cut that attains ``rating`` (P, L or F)."""
    return cuts[rating.order - 1]


def lower(*ratings: Rating) -> Rating:
    """Return the lowest of the ratings."""
    return min(ratings, key=lambda rating: rating.order)


def unit_factor(unit: str, wanted: str) -> float:
    """Return what a value in ``unit`` is multiplied with to be in ``wanted``: times and percentages, else 1."""
    have = _TIME_NAMES.get(unit, unit)
    want = _TIME_NAMES.get(wanted, wanted)
    if have in _SECONDS and want in _SECONDS:
        return _SECONDS[have] / _SECONDS[want]
    if have in ("%", "percent") and want == "share":
        return 0.01
    return 1.0


def shown(value: float, unit: str, *, digits: int = 3) -> str:
    """Return ``value`` with its unit as a person reads it: shares in percent, counts and times plainly."""
    if unit == "share":
        return f"{_number(100 * value, digits)} %"
    number = _number(value, digits)
    return number if unit in ("count", "ratio", "lift", "tau", "") else f"{number} {unit}"


def apart(value: float, other: float, unit: str) -> tuple[str, str]:
    """Return both values as :func:`shown`, with as many digits as it takes to tell them apart."""
    for digits in range(3, 13):
        texts = shown(value, unit, digits=digits), shown(other, unit, digits=digits)
        if texts[0] != texts[1]:
            break
    return texts


def _number(value: float, digits: int) -> str:
    if abs(value) >= 10**digits:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{digits}g}"
