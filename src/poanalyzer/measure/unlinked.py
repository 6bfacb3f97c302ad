"""What the measures of time say about outside records that name no known case: bounds, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poanalyzer.mine.unlinked import Linkage

#: Value, low, high and method, as :mod:`poanalyzer.measure.interval` gives them.
Estimate = tuple[float, float, float, str]


def within(estimate: Estimate | None, lower: float | None, upper: float | None) -> Estimate:
    """Return an estimate moved between bounds, where there are any, with its interval around it.

    None, for what could not be estimated at all, becomes the worse-known end: the interval is all there is between the bounds.
    """
    if lower is None or upper is None:
        if estimate is None:
            raise ValueError("neither an estimate nor bounds")
        return estimate
    if estimate is None:
        return upper, lower, upper, "bounds for unlinked records"
    value, low, high, method = estimate
    value = min(max(value, lower), upper)
    return value, min(low, value), max(high, value), f"{method}; bounds for unlinked records"


def unlinked_caveat(found: Linkage) -> tuple[str, ...]:
    """Return the caveat on unlinked records; none where every record is linked."""
    if not found.lost:
        return ()
    return (
        f"{found.lost} of {found.linked + found.lost} outside records name no known case (correlation rate "
        f"{found.rate:.0%}): what they cover is estimated from those of their kind that do",
    )
