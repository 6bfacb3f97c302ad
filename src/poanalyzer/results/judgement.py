"""What a maturity model makes of the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from poanalyzer.results.evidence import Status

AreaId = Literal["coverage", "exceptions", "parallelism", "kpi"]


class Rating(StrEnum):
    """ISO/IEC 33020 process attribute rating."""

    N = "N"  # not achieved, up to 15 %
    P = "P"  # partially, up to 50 %
    L = "L"  # largely, up to 85 %
    F = "F"  # fully

    @property
    def order(self) -> int:
        """0 for N … 3 for F."""
        return "NPLF".index(self.value)

    @property
    def word(self) -> str:
        """The rating in words."""
        return {"N": "not achieved", "P": "partially", "L": "largely", "F": "fully"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim of a maturity model, rated. ``rating is None``: it could not be rated, and ``reason`` says why.

    ``met`` is the demonstrated answer, ``potential`` the answer if the missing evidence were favourable.
    """

    id: str
    level: int
    quote: str
    polarity: Literal["attain", "limit", "hedged", "affirmation"]
    minimum: Rating | None
    rating: Rating | None
    status: Status
    metrics: tuple[str, ...]
    scope: Literal["process", "portfolio"]
    met: bool | None
    potential: bool | None
    required: bool
    reason: str = ""
    strength: str = "E0"
    achievement: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    capped: str = ""
    cuts: tuple[float, ...] = ()
    provenance: str = ""
    unlock: str = ""


@dataclass(frozen=True, kw_only=True)
class Level:
    """``potential is None``: too little of the next levels was rated to say (shown as “open”)."""

    demonstrated: int | None
    potential: int | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that would move a level: ``kind`` raise (do it), unlock (export it) or hold (it may be lost)."""

    kind: Literal["raise", "unlock", "hold"]
    claim: str
    level: int
    text: str
    metric: str | None = None
    distance: float | None = None


@dataclass(frozen=True, kw_only=True)
class DriverResult:
    """One driver of a model. ``source`` says where its level comes from."""

    id: str
    title: str
    source: Literal["mined", "self-reported", "none"]
    level: Level
    summary: str
    confidence: Literal["high", "medium", "low"]
    confidence_reason: str = ""
    claims: tuple[Claim, ...] = ()
    changes: tuple[Change, ...] = ()
    distribution: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class AreaRating:
    """One of the four measured areas of a process."""

    id: AreaId
    title: str
    metric: str
    rating: Rating | None
    status: Status
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = "share"
    n: int | None = None
    n_unit: str = "cases"
    reason: str = ""
    advice: str = ""
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProcessRating:
    """Areas and drivers of one process, by its own evidence."""

    key: str
    areas: tuple[AreaRating, ...]
    drivers: tuple[DriverResult, ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a model's grid: its full text as short quotes, and the claims read from it."""

    driver: str
    level: int
    quotes: tuple[str, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ModelResult:
    """One maturity model applied to the evidence."""

    id: str
    title: str
    version: str
    sha256: str
    local_cuts: bool
    level_names: tuple[str, ...]
    drivers: tuple[DriverResult, ...]
    processes: tuple[ProcessRating, ...]
    cells: tuple[Cell, ...] = ()
    reference: str = ""
