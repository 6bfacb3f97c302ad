"""From rated claims to a level: staged, cumulative, whole numbers; what is shown and what might be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from poanalyzer.rate.claims import CEILING, CONFLICT
from poanalyzer.rate.evidence import EXEMPT
from poanalyzer.results import Claim, Level

Confidence = Literal["high", "medium", "low"]

#: Below this grade of the log no mined level is shown; at it, confidence is at most medium.
LEAST_GRADE = 3


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The required claims of one level. ``counted`` leaves out what does not apply or cannot be recorded."""

    level: int
    required: tuple[Claim, ...]

    @property
    def counted(self) -> tuple[Claim, ...]:
        """The claims that stay in the denominator."""
        return tuple(claim for claim in self.required if claim.status not in EXEMPT)

    @property
    def assessable(self) -> bool:
        """Whether at most a third of the required claims left the denominator."""
        return 3 * (len(self.required) - len(self.counted)) <= len(self.required)

    @property
    def shown(self) -> bool:
        """Whether every counted claim is met."""
        return self.assessable and all(claim.met for claim in self.counted)

    @property
    def possible(self) -> bool:
        """Whether every counted claim is met or might be."""
        return self.assessable and all(claim.potential for claim in self.counted)

    @property
    def known(self) -> bool:
        """Whether at least half of the counted claims were rated."""
        rated = sum(claim.rating is not None for claim in self.counted)
        return 2 * rated >= len(self.counted)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a driver stands. ``by_claims`` is the level its claims support, whatever the grade of the log."""

    stages: tuple[Stage, ...]
    level: Level
    by_claims: int
    grade: float | None

    @property
    def gated(self) -> bool:
        """Whether the grade of the log keeps the level at 0."""
        return self.grade is None or self.grade < LEAST_GRADE

    @property
    def next(self) -> Stage | None:
        """The stage after the level that the claims support, if the scale goes on."""
        return self.stages[self.by_claims] if self.by_claims < len(self.stages) else None


def stand(claims: Sequence[Claim], top: int, grade: float | None) -> Standing:
    """Return the standing that ``claims`` support.

    The scale ends before the first level without a required claim. Demonstrated: the highest level whose required
    claims are met together with those of all levels below; 0 where the grade of the log is unknown or below three.
    Potential: climbing on from there as long as every counted claim of the next level is met or might be; ``None``
    (open) as soon as fewer than half of a level's counted claims were rated.
    """
    stages = []
    for level in range(1, top + 1):
        required = tuple(claim for claim in claims if claim.required and claim.level == level)
        if not required:
            break
        stages.append(Stage(level=level, required=required))
    by_claims = 0
    while by_claims < len(stages) and stages[by_claims].shown:
        by_claims += 1
    potential: int | None = by_claims
    for stage in stages[by_claims:]:
        if not stage.assessable:
            break
        if not stage.known:
            potential = None
            break
        if not stage.possible:
            break
        potential = stage.level
    demonstrated = 0 if grade is None or grade < LEAST_GRADE else by_claims
    return Standing(
        stages=tuple(stages),
        level=Level(demonstrated=demonstrated, potential=potential),
        by_claims=by_claims,
        grade=grade,
    )


def summarise(standing: Standing, claims: Sequence[Claim]) -> str:
    """Say in a sentence or two what level is shown, how the next one stands, and what holds the level."""
    parts = []
    if standing.gated:
        grade = "is not known" if standing.grade is None else f"is {stars(standing.grade)}"
        parts.append(f"no level shown: the grade of the log {grade}, a level needs {stars(LEAST_GRADE)}")
    elif standing.by_claims:
        parts.append(f"level {standing.by_claims} shown")
    else:
        parts.append("no level shown")
    stage = standing.next
    if stage is None:
        parts.append("the highest level of this scale")
    elif not stage.assessable:
        away = len(stage.required) - len(stage.counted)
        parts.append(
            f"level {stage.level} is not assessable with this engine: "
            f"{away} of {len(stage.required)} claims do not apply or cannot be recorded"
        )
    else:
        parts.append(_progress(stage))
    held = [
        later.level
        for later in standing.stages[standing.by_claims + 1 :]
        if later.assessable and later.counted and all(claim.met for claim in later.counted)
    ]
    if held and stage is not None:
        blocking = ", ".join(claim.id for claim in stage.counted if not claim.met) or f"level {stage.level}"
        parts.append(f"practices of level {held[-1]} are present, {blocking} holds the level back")
    ceilings = [c.id for c in claims if c.reason.startswith(CEILING) and c.level == standing.by_claims]
    if ceilings:
        parts.append(f"ceiling of level {standing.by_claims} confirmed ({', '.join(ceilings)})")
    contradicted = limit_conflicts(standing, claims)
    if contradicted:
        parts.append(f"conflict: the limit {', '.join(contradicted)} of a lower level is confirmed")
    return "; ".join(parts)


def _progress(stage: Stage) -> str:
    met = sum(bool(claim.met) for claim in stage.counted)
    lacking = sum(claim.rating is None for claim in stage.counted)
    total = len(stage.counted)
    text = f"level {stage.level}: {met} of {total} claim{'s' if total != 1 else ''} met"
    return text + (f", {lacking} lack{'s' if lacking == 1 else ''} evidence" if lacking else "")


def limit_conflicts(standing: Standing, claims: Sequence[Claim]) -> tuple[str, ...]:
    """Return the limit claims that are confirmed although a higher level is attained."""
    return tuple(c.id for c in claims if c.reason.startswith(CEILING) and c.level < standing.by_claims)


def confidence(standing: Standing, claims: Sequence[Claim], chances: Sequence[float]) -> tuple[Confidence, str]:
    """Return the confidence in the demonstrated level and what keeps it from being higher.

    ``chances`` are the probabilities of the levels from 0 on (:mod:`poanalyzer.rate.probability`).
    """
    level = standing.level
    probability = chances[level.demonstrated or 0]
    upto = min(standing.by_claims + 1, len(standing.stages))
    counted = [claim for stage in standing.stages[:upto] for claim in stage.counted]
    strong = sum(claim.strength in ("E3", "E4", "E4+") for claim in counted)
    share = strong / len(counted) if counted else 0.0
    gap = None if level.potential is None or level.demonstrated is None else level.potential - level.demonstrated
    grade = standing.grade or 0.0

    def doubts(gap_limit: int, least_probable: float, share_limit: float, grade_limit: int) -> list[str]:
        found = []
        if gap is None:
            found.append("the potential level is open")
        elif gap > gap_limit:
            found.append(f"demonstrated and potential differ by {gap}")
        if probability < least_probable:
            found.append("chance may move the level")
        if share < share_limit:
            found.append(f"{strong} of {len(counted)} required claims rest on records")
        if grade < grade_limit:
            found.append(f"the log is of grade {stars(grade)}" if grade else "the grade of the log is not known")
        return found

    high, medium = doubts(0, 0.9, 0.8, 4), doubts(1, 0.7, 0.6, 3)
    rank, reasons = (2, []) if not high else (1, high) if not medium else (0, medium)
    # Only the claims that the level rests on can shake it.
    attained = [claim for stage in standing.stages[: standing.by_claims] for claim in stage.counted]
    conflicts = [claim.id for claim in attained if claim.reason.startswith(CONFLICT)]
    if conflicts:
        rank -= len(conflicts)
        reasons = [*reasons, f"evidence conflicts on {', '.join(conflicts)}"]
    limits = limit_conflicts(standing, claims)
    if limits:
        rank = 0
        reasons = [*reasons, f"the limit {', '.join(limits)} of a lower level is confirmed"]
    names: tuple[Confidence, ...] = ("low", "medium", "high")
    return names[max(rank, 0)], "; ".join(
        reasons
    ) or "nearly all required claims rest on records, and chance hardly moves the level"


def stars(grade: float) -> str:
    """Return the grade of a log as stars, and in words for those who cannot see them."""
    whole = max(0, min(5, int(grade)))
    return f"{'★' * whole or '0'} ({whole} of 5)"
