"""What a metric is: two shapes, a ratio over cases and anything else that is computed from the reductions.

A metric file is its own documentation: the first line of the module's docstring is the title, the rest the definition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from poanalyzer.results import Basis, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: A capability, or alternatives of which one is enough.
Need = str | tuple[str, ...]

MIN_CASES = 30
MIN_EPISODES = 10


@dataclass(frozen=True)
class Witness:
    """Which cases show what a ratio says: the first rows of ``where`` in ``order``, each told by ``what``."""

    where: Callable[[ibis.Table], ibis.BooleanValue]
    order: Callable[[ibis.Table], Sequence[Any]]
    what: Callable[[Any], str]


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Σ ``numerator`` / Σ ``denominator`` over cases of the window; its interval is clustered by case, day or week.

    ``closed``: only closed cases count. ``binary``: both are 0 or 1 a case, so that the interval is one of a proportion.
    ``unknown``: what may belong to the numerator; it makes the bounds, and the value is the lower one.
    ``highest`` None: the ratio has no upper end. ``durations``: both are microseconds, shown in seconds.
    """

    id: str
    numerator: Callable[[ibis.Table], ibis.Value]
    denominator: Callable[[ibis.Table], ibis.Value]
    needs: tuple[Need, ...]
    denominator_name: str
    unit: str = "share"
    better: Literal["up", "down", "neither"] = "up"
    closed: bool = True
    binary: bool = False
    unknown: Callable[[ibis.Table], ibis.Value] | None = None
    inferred: Callable[[ibis.Table], ibis.Value] | None = None
    lowest: float = 0.0
    highest: float | None = 1.0
    gate: Literal["cases", "episodes"] = "cases"
    absent: str = ""
    witness: Witness | None = None
    declared_exceptions: bool = False
    durations: bool = False
    details: dict[str, Callable[[ibis.Table], ibis.Value]] = field(default_factory=dict)
    caveat: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a computed metric found for one process or the portfolio."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None
    n_unit: str = "cases"
    method: str = ""
    status: Status = Status.MEASURED
    reason: str = ""
    unlock: str = ""
    basis: Basis = "observed"
    caveats: tuple[str, ...] = ()
    details: dict[str, float | int | str | None] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Computed:
    """A metric whose ``compute`` gives a finding for each process and, with ``process`` None, for the portfolio."""

    id: str
    unit: str
    needs: tuple[Need, ...]
    compute: Callable[[Mined, Process | None], Finding]
    better: Literal["up", "down", "neither"] = "up"
    min_closed: int = 0
    declared_exceptions: bool = False


class HasMetric(Protocol):
    """A module that holds a metric."""

    METRIC: Ratio | Computed
    __doc__: str | None


def missing(status: Status, reason: str, unlock: str = "") -> Finding:
    """Return a finding without a number, with the reason and what would unlock it."""
    return Finding(status=status, reason=reason, unlock=unlock)
