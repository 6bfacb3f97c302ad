"""Where many hypotheses are tested together: p values that bound the share of false ones among those believed.

Of a hundred true nothings, tests at one in twenty believe five. Whatever is told as found (a release that failed, a figure
that moved, a drift) is therefore tested against all hypotheses of its kind, over processes, versions and figures.
Descriptive figures are not corrected.

Source: Benjamini and Hochberg (1995).
"""

from __future__ import annotations

from collections.abc import Sequence

#: The share of false ones among what is believed, at most, in the long run.
ALPHA = 0.05


def adjusted(chances: Sequence[float]) -> list[float]:
    """Return the p values adjusted to bound the false discovery rate (Benjamini–Hochberg), in the order given."""
    count = len(chances)
    order = sorted(range(count), key=lambda i: chances[i])
    out = [1.0] * count
    least = 1.0
    for rank in range(count, 0, -1):
        place = order[rank - 1]
        least = min(least, chances[place] * count / rank)
        out[place] = least
    return out
