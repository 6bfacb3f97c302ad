"""What a maturity model is: levels, drivers, claims and the metrics that answer them.

A model knows metrics by id and nothing of how they are computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from poanalyzer.results import Cell, Rating

Scope = Literal["process", "portfolio"]
Polarity = Literal["attain", "limit", "hedged", "affirmation"]
Role = Literal["primary", "corroborating"]
Direction = Literal["up", "down"]
Provenance = Literal["S", "N", "B", "E", "J"]
EvidenceClass = Literal["direct", "indirect", "declared"]
Cuts = tuple[float, float, float]

#: Where a cut comes from, in words.
PROVENANCE: dict[Provenance, str] = {
    "S": "literal in the model's text",
    "N": "norm (ISO/IEC 33020 bands)",
    "B": "published benchmark",
    "E": "engineering or statistical convention",
    "J": "judgement, to be calibrated",
}


@dataclass(frozen=True, kw_only=True)
class Use:
    """How a claim reads one metric.

    ``cuts`` are the values at which N becomes P, P becomes L and L becomes F, in ``unit``; meeting one attains
    the class. ``over`` says what the portfolio value is: the metric's own portfolio ``row``, the ``max`` over the
    productive processes, or the ``share`` of productive processes that pass ``threshold``. Where ``threshold`` is
    given, one process alone is rated F or N by it; ``bound`` says whether its value or its lower 95 % limit counts.
    ``open_world``: a count of what was seen, a lower bound unless the inputs are declared complete.
    ``declared_by``: the switch of ``[[process]]`` with which the analyst may vouch for a process not measured.
    """

    metric: str
    role: Role
    cuts: Cuts
    direction: Direction
    provenance: Provenance
    evidence: EvidenceClass
    unit: str
    over: Literal["row", "max", "share"] = "row"
    threshold: float | None = None
    bound: Literal["value", "low"] = "value"
    open_world: bool = False
    declared_by: Literal["", "end_to_end"] = ""


@dataclass(frozen=True, kw_only=True)
class ClaimDefinition:
    """One claim read from a cell. ``driver`` is empty for the scope claims that all mined drivers share."""

    id: str
    driver: str
    level: int
    quote: str
    polarity: Polarity
    minimum: Rating | None
    scopes: tuple[Scope, ...]
    reading: str
    uses: tuple[Use, ...] = ()

    @property
    def primaries(self) -> tuple[Use, ...]:
        """The uses whose minimum is the raw rating."""
        return tuple(use for use in self.uses if use.role == "primary")

    @property
    def corroborators(self) -> tuple[Use, ...]:
        """The uses that can support or contradict, never replace, a primary."""
        return tuple(use for use in self.uses if use.role == "corroborating")


@dataclass(frozen=True, kw_only=True)
class Step:
    """The practice that leads a driver from level ``start`` to the next, and the sign that it worked."""

    start: int
    step: str
    works_if: str


@dataclass(frozen=True, kw_only=True)
class SurveyItem:
    """One question with an anchor for each level 0–4.

    ``claims`` are those the item asks about. ``lowest``: answers below it are read as it, because the anchors
    below it do not differ.
    """

    id: str
    driver: str
    title: str
    question: str
    anchors: tuple[str, ...]
    claims: tuple[str, ...] = ()
    lowest: int = 0


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One dimension of a model; ``source`` says whether its level is mined or asked."""

    id: str
    title: str
    question: str
    source: Literal["mined", "survey"]
    cells: tuple[Cell, ...]
    claims: tuple[ClaimDefinition, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Model:
    """A maturity model as loaded; ``version`` ends in ``+local`` where the project file replaced cuts."""

    id: str
    title: str
    version: str
    sha256: str
    local_cuts: bool
    reference: str
    level_names: tuple[str, ...]
    drivers: tuple[Driver, ...]
    shared: tuple[ClaimDefinition, ...]
    items: tuple[SurveyItem, ...]

    @property
    def top(self) -> int:
        """The highest level."""
        return len(self.level_names) - 1

    @property
    def claims(self) -> tuple[ClaimDefinition, ...]:
        """All claims: the shared ones, then driver by driver."""
        return self.shared + tuple(claim for driver in self.drivers for claim in driver.claims)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The ids of all metrics that some claim reads, sorted."""
        return tuple(sorted({use.metric for claim in self.claims for use in claim.uses}))

    def driver(self, driver_id: str) -> Driver:
        """Return the driver with this id; ``KeyError`` where there is none."""
        for driver in self.drivers:
            if driver.id == driver_id:
                return driver
        raise KeyError(driver_id)

    def claims_of(self, driver: Driver, scope: Scope) -> tuple[ClaimDefinition, ...]:
        """Return the claims that count for ``driver`` in ``scope``, by level; mined drivers share the scope claims."""
        shared = self.shared if driver.source == "mined" else ()
        chosen = [claim for claim in (*shared, *driver.claims) if scope in claim.scopes]
        return tuple(sorted(chosen, key=lambda claim: claim.level))


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A model that can be loaded, and where it comes from."""

    id: str
    version: str
    title: str
    origin: str
