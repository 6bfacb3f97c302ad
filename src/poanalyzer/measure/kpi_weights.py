"""How much a share of figures depends on their weights: declared ones, and what other weights would make of it.

Source: weights drawn evenly from all there are, Dirichlet(1, …, 1), as in Saisana, Saltelli and Tarantola (2005).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from poanalyzer.results import KpiGrade

if TYPE_CHECKING:
    import numpy as np

DRAWS = 1_000
#: The draws are the same in every run.
_SEED = 20_130_001


def weighted_share(figures: Sequence[KpiGrade], grade: int) -> float:
    """Return Σ weight of the figures at ``grade`` or more / Σ weight of all; ``figures`` must be graded."""
    return sum(k.weight for k in figures if (k.grade or 0) >= grade) / sum(k.weight for k in figures)


def weight_band(matrix: Mapping[str, Sequence[KpiGrade]], grade: int, volumes: Mapping[str, float]) -> dict[str, float]:
    """Return the 5th and 95th percentile of the share under 1 000 draws of weights, as details of a metric.

    Args:
        matrix: process key → its graded figures. A figure has one weight for all processes in a draw.
        grade: the least grade that counts.
        volumes: process key → its weight among the processes.
    """
    import numpy as np

    ids = {id_: n for n, id_ in enumerate(sorted({k.id for figures in matrix.values() for k in figures}))}
    draws = _draws(len(ids))
    values = np.zeros(DRAWS)
    for key, figures in matrix.items():
        graded, met = np.zeros(len(ids)), np.zeros(len(ids))
        for k in figures:
            graded[ids[k.id]] = 1.0
            met[ids[k.id]] = float((k.grade or 0) >= grade)
        values += volumes[key] * (draws @ met) / (draws @ graded)
    values = np.sort(values / sum(volumes[key] for key in matrix))
    return {
        "weights_low": float(values[round(0.05 * DRAWS)]),
        "weights_high": float(values[round(0.95 * DRAWS) - 1]),
    }


@cache
def _draws(n: int) -> np.ndarray:
    """Return draws of ``n`` exponential numbers: their shares of their sum are Dirichlet(1, …, 1)."""
    import numpy as np

    source = random.Random(_SEED)  # noqa: S311 - a simulation, no secret
    return np.array([[source.expovariate(1.0) for _ in range(n)] for _ in range(DRAWS)])
