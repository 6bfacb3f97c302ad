"""How probable each level is, given how closely the metrics that its claims read are known.

Every metric's row is drawn anew from its interval, many times, and each time the level follows by the rule: a level holds where
all its required claims reach their minimum, and those of all levels below do. A draw lies as far from the value as its interval
reaches on that side (normal, 95 %; where only one end is known the other side mirrors it). A row without an interval is
taken as it stands; so are statuses, caps, what the analyst declared, and the grade of the log. Of what is known within bounds
only, the worse end is drawn, as it is what counts for the demonstrated level. A limit that a claim tests moves with its value.
A share of processes, or of units, is drawn where there may be others than those seen; where the inputs are declared to be all
there is, they are a census, and certain.

Claims that read one row share its draws, so that they hold and fail together. Rows of different metrics, or of different
processes, are drawn independently of one another: intervals say nothing of how estimates from the same cases go together.
Where they do go together, and several claims are close, levels are somewhat more certain than is said here.

The draws are stratified: each row takes 4 000 quantiles of the normal distribution in an order of its own, given by its name.
So a claim by itself has its exact probability, and results depend on nothing but the metrics.

RUBRIC B.4 asks for more than the error of sampling: other windows, other minimums of a productive process and other sources of
units would have to be measured anew, and cuts varied by a factor are a question to the model and not to the log. They are left
to a run of their own with other settings; this is the probability as far as sampling goes, under the cuts as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from poanalyzer.maturity import ClaimDefinition, Use
from poanalyzer.rate.claims import one_unit
from poanalyzer.rate.evidence import BASIS_CAP, EXEMPT, Body, Reading, parts, read
from poanalyzer.rate.levels import Standing
from poanalyzer.rate.scale import TOLERANCE, cut_of
from poanalyzer.results import Claim, Rating

if TYPE_CHECKING:
    import numpy as np

    #: One truth value, or one number, a draw.
    Vector = np.ndarray[Any, Any]

DRAWS = 4_000
_Z = NormalDist().inv_cdf(0.975)


class Draws:
    """Standard normal draws by row of a metric: the same whenever a row is asked for again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], Vector] = {}

    def of(self, metric: str, process: str | None) -> Vector:
        """Return the draws of one row."""
        import numpy as np

        key = metric, process
        if key not in self._known:
            seed = int.from_bytes(sha256(f"{metric}\n{process or ''}".encode()).digest()[:4], "big")
            # this generator is frozen: the same order with every version of the library
            self._known[key] = _quantiles()[np.random.RandomState(seed).permutation(DRAWS)]
        return self._known[key]


@lru_cache(maxsize=1)
def _quantiles() -> Vector:
    import numpy as np

    normal = NormalDist()
    upper = [normal.inv_cdf(0.5 + (k + 0.5) / DRAWS) for k in range(DRAWS // 2)]
    return np.array([-z for z in reversed(upper)] + upper)


def distribution(
    standing: Standing,
    definitions: Mapping[str, ClaimDefinition],
    process: str | None,
    body: Body,
    top: int,
    draws: Draws,
) -> tuple[float, ...]:
    """Return the probability of each level from 0 to ``top`` for one driver at one scope; they add up to 1."""
    import numpy as np

    levels = np.zeros(DRAWS, dtype=np.int64)
    holds = np.ones(DRAWS, dtype=bool)
    for stage in () if standing.gated else standing.stages:
        if not stage.assessable:
            break
        for claim in stage.counted:
            holds = holds & met(claim, definitions[claim.id], process, body, draws)
        levels += holds
    return tuple((np.bincount(levels, minlength=top + 1) / DRAWS).tolist())


def met(claim: Claim, definition: ClaimDefinition, process: str | None, body: Body, draws: Draws) -> Vector:
    """Return in which draws a required claim reaches its minimum."""
    import numpy as np

    minimum = definition.minimum
    readings = [(use, read(use, process, body)) for use in definition.primaries]
    counted = [(use, reading) for use, reading in readings if reading.status not in EXEMPT]
    if minimum is None or not all(reading.measured for _, reading in counted):
        return np.zeros(DRAWS, dtype=bool)
    if minimum is Rating.F:  # rests on corroboration too, which is taken as it stands
        return np.full(DRAWS, bool(claim.met))
    if minimum is Rating.L and one_unit(definition, process, body):
        return np.zeros(DRAWS, dtype=bool)
    reached: Vector = np.all([_reaches(use, minimum, process, body, draws) for use, _ in counted], axis=0)
    return reached


def _reaches(use: Use, minimum: Rating, process: str | None, body: Body, draws: Draws) -> Vector:
    """Return in which draws one use reaches the rating."""
    import numpy as np

    rows = {key: r for key, r in parts(use, process, body).items() if r.status not in EXEMPT}
    share = process is None and use.over == "share"
    passes = {
        key: _beyond(reading, Rating.L if share else minimum, _drawn(use, key, body, draws))
        for key, reading in rows.items()
        if reading.measured
    }
    if not share:
        one: Vector = np.any(list(passes.values()), axis=0)
        return one
    names: Sequence[str] = [key for key in rows if key is not None]
    none = np.zeros(DRAWS, dtype=bool)
    matrix = np.array([passes.get(name, none) for name in names])
    return _at_least(_share(matrix, [body.volumes.get(name, 0.0) for name in names]), cut_of(minimum, use.cuts))


def _share(passes: Vector, volumes: Sequence[float]) -> Vector:
    """Return for each draw the lower of the plain and the volume-weighted share of processes that pass: rows of ``passes``."""
    import numpy as np

    plain: Vector = passes.mean(axis=0)
    total = sum(volumes)
    return np.minimum(plain, np.array(volumes) @ passes / total) if total > 0 else plain


def _drawn(use: Use, key: str | None, body: Body, draws: Draws) -> Vector:
    import numpy as np

    census = body.complete and body.row(use.metric, key).n_unit in ("processes", "units")
    return np.zeros(DRAWS) if census else draws.of(use.metric, key)


def _beyond(reading: Reading, least: Rating, z: Vector) -> Vector:
    """Return in which draws of one row its rating is ``least`` or better."""
    import numpy as np

    use = reading.use
    if reading.tested is None:  # declared, or without the limit that is asked for: as it stands
        return np.full(z.size, reading.rating is not None and reading.rating.order >= least.order)
    if BASIS_CAP[reading.basis].order < least.order:
        return np.zeros(z.size, dtype=bool)
    target = use.threshold if reading.binary else cut_of(least, use.cuts)
    assert target is not None
    below, above = _reach(reading)
    drawn = reading.tested + z * np.where(z < 0, below, above) / _Z
    return _at_least(drawn, target) if use.direction == "up" else _at_least(-drawn, -target)


def _at_least(values: Vector, cut: float) -> Vector:
    """Return where values attain a cut; a tie does, as :func:`poanalyzer.rate.scale.meets` has it."""
    import numpy as np

    attained: Vector = (values > cut) | np.isclose(values, cut, rtol=TOLERANCE, atol=1e-12)
    return attained


def _reach(reading: Reading) -> tuple[float, float]:
    """Return how far the interval of a row reaches below and above what is drawn."""
    import math

    if reading.tested is None:
        return 0.0, 0.0
    up = reading.use.direction == "up"
    centre = reading.tested if reading.bounded or reading.value is None else reading.value
    below = None if reading.low is None or not math.isfinite(reading.low) else max(centre - reading.low, 0.0)
    above = None if reading.high is None or not math.isfinite(reading.high) else max(reading.high - centre, 0.0)
    if reading.bounded:
        # towards the other bound the interval holds what is not known, beside what is uncertain
        below, above = (below, None) if up else (None, above)
    if below is None or above is None:
        return (below or above or 0.0), (above or below or 0.0)
    return below, above
