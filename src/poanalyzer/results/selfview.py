"""What people say of themselves, and what follows from the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DriverId = Literal["vision", "people", "technology", "delivery", "measurement"]
Verdict = Literal["over-claim", "possible over-claim", "aligned", "under-claim", "undetermined"]


@dataclass(frozen=True, kw_only=True)
class SelfItem:
    """The self view of one survey item."""

    id: str
    title: str
    level: float | None
    low: float | None
    high: float | None
    n: int
    dont_know: int
    anchor: str = ""


@dataclass(frozen=True, kw_only=True)
class SelfDriver:
    """The self-reported level of one driver."""

    driver: str
    level: int | None
    low: float | None
    high: float | None
    items: tuple[SelfItem, ...]
    dont_know_share: float
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SurveyResult:
    """What the respondents said."""

    respondents: int
    roles: tuple[str, ...]
    units: tuple[str, ...]
    collected: str | None
    drivers: tuple[SelfDriver, ...]
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """Mined against self for one driver. ``scope`` names what the mined side describes (portfolio or a process key)."""

    driver: str
    scope: str
    demonstrated: int | None
    potential: int | None
    self_level: int | None
    verdict: Verdict
    text: str
    explanations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoadmapItem:
    """One step worth taking, with the sign by which its effect would show."""

    driver: str
    process: str | None
    step: str
    why: str
    works_if: str
    kind: Literal["raise", "unlock", "hold"]
    claims: tuple[str, ...] = ()
