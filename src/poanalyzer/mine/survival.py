"""Survival estimates from counts: how long things last when some are not over yet, or end in another way.

Sources: Kaplan and Meier (1958); Aalen and Johansen (1978); for late entry Andersen, Borgan, Gill and Keiding (1993); for the
restricted mean Royston and Parmar (2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of the ways to end, one row a time at which something ended or was last seen.

    ``times`` (T,), ascending; ``incidence`` (T, K): share ended in way k by then; ``survival`` (T,): share not ended.
    ``followed``: the latest time up to which anything was followed.
    """

    times: np.ndarray
    incidence: np.ndarray
    survival: np.ndarray
    followed: float

    def at(self, time: float) -> list[float] | None:
        """Return the incidence of each way by ``time``; None where nothing was followed that long and not all ended."""
        import numpy as np

        if time > self.followed and self.survival.size and self.survival[-1] > 1e-12:
            return None
        place = int(np.searchsorted(self.times, time, side="right"))
        return [0.0] * self.incidence.shape[1] if place == 0 else [float(x) for x in self.incidence[place - 1]]

    def restricted_mean(self, horizon: float) -> float | None:
        """Return the area under the survival curve up to ``horizon``; None where it is not known that far."""
        import numpy as np

        if self.at(horizon) is None:
            return None
        inside = self.times < horizon
        edges = np.concatenate(([0.0], self.times[inside], [horizon]))
        levels = np.concatenate(([1.0], self.survival[inside]))
        return float(np.sum(np.diff(edges) * levels))


def cumulative_incidence(
    times: np.ndarray, ways: np.ndarray, counts: np.ndarray, entries: np.ndarray, kinds: int
) -> Incidence:
    """Return the Aalen–Johansen estimate; with one way to end its survival is Kaplan and Meier's.

    Args:
        times: (N,) when the follow-up of a group of subjects ended, any unit.
        ways: (N,) how it ended: 0 still going on (censored), else 1 … ``kinds``.
        counts: (N,) how many subjects the group has.
        entries: (N,) when the group came under observation; below 0: from the beginning. A subject is at risk at times
            after its entry, up to and including the end of its follow-up.
        kinds: the number of ways to end.
    """
    import numpy as np

    at, index = np.unique(times, return_inverse=True)
    left = np.bincount(index, weights=counts, minlength=at.size)
    ended = np.zeros((at.size, kinds))
    for kind in range(1, kinds + 1):
        ended[:, kind - 1] = np.bincount(index, weights=counts * (ways == kind), minlength=at.size)
    order = np.argsort(entries, kind="stable")
    entered = np.concatenate(([0.0], np.cumsum(counts[order])))
    at_risk = entered[np.searchsorted(entries[order], at, side="left")]
    at_risk = at_risk - np.concatenate(([0.0], np.cumsum(left)[:-1]))
    share = np.divide(ended, at_risk[:, None], out=np.zeros_like(ended), where=at_risk[:, None] > 0)
    survival = np.cumprod(1.0 - share.sum(axis=1))
    before = np.concatenate(([1.0], survival[:-1]))
    incidence = np.cumsum(before[:, None] * share, axis=0)
    incidence = np.minimum(incidence, 1.0)
    return Incidence(at, incidence, survival, float(at[-1]) if at.size else 0.0)
