"""What would change a level: claims to raise, exports to fetch, and claims that may be lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from poanalyzer.maturity import ClaimDefinition
from poanalyzer.rate.evidence import EXEMPT, Body, Reading, read
from poanalyzer.rate.levels import LEAST_GRADE, Stage, Standing, stars
from poanalyzer.rate.scale import achievement, apart, cut_of, meets, shown
from poanalyzer.results import Change, Claim, Rating

#: The claim id under which the grade of the log stands among the changes.
GRADE = "log-grade"


def changes(
    standing: Standing,
    claims: Sequence[Claim],
    definitions: Mapping[str, ClaimDefinition],
    process: str | None,
    body: Body,
) -> tuple[Change, ...]:
    """Return what would raise the level (evidence to fetch first, then the nearest claims) and what may lower it."""
    found = list(_grade(standing, process, body))
    if standing.next is not None:
        found += _next(standing.next, definitions, process, body)
    return (*found, *holds(standing, definitions, process, body))


def holds(
    standing: Standing, definitions: Mapping[str, ClaimDefinition], process: str | None, body: Body
) -> tuple[Change, ...]:
    """Return the attained claims whose 95 % interval reaches to the wrong side of the cut."""
    found = []
    for stage in standing.stages[: standing.by_claims]:
        for claim in stage.counted:
            for use in definitions[claim.id].primaries:
                reading = read(use, process, body)
                target, limit = _target(reading, claim), _limit(reading)
                if target is None or limit is None or not reading.measured or reading.bounded:
                    continue
                if use.threshold is not None and use.bound == "low":
                    continue  # the limit itself was tested
                if not meets(limit, target, use.direction):
                    value = reading.value if reading.value is not None else limit
                    reach, needed = apart(limit, target, use.unit)
                    found.append(
                        Change(
                            kind="hold",
                            claim=claim.id,
                            level=claim.level,
                            metric=use.metric,
                            distance=abs(limit - target),
                            text=(
                                f"{use.metric} is {shown(value, use.unit)}, but its 95 % interval reaches "
                                f"{reach}, and {claim.id} needs {needed}"
                            ),
                        )
                    )
    return tuple(found)


def _grade(standing: Standing, process: str | None, body: Body) -> tuple[Change, ...]:
    if not standing.gated:
        return ()
    if standing.grade is None:
        return (
            Change(
                kind="unlock",
                claim=GRADE,
                level=1,
                metric=GRADE,
                text=f"log-grade cannot be rated: {body.row(GRADE, process).reason}",
            ),
        )
    return (
        Change(
            kind="raise",
            claim=GRADE,
            level=1,
            metric=GRADE,
            distance=LEAST_GRADE - standing.grade,
            text=f"raise the grade of the log from {stars(standing.grade)} to at least {stars(LEAST_GRADE)}",
        ),
    )


def _next(stage: Stage, definitions: Mapping[str, ClaimDefinition], process: str | None, body: Body) -> list[Change]:
    if not stage.assessable:
        away = [claim for claim in stage.required if claim.status in EXEMPT]
        return [
            Change(kind="unlock", claim=claim.id, level=claim.level, text=f"leaves the scale: {claim.reason}")
            for claim in away
        ]
    unlocks: list[Change] = []
    raises: list[tuple[float, Change]] = []
    for claim in stage.counted:
        if claim.met:
            continue
        readings = [read(use, process, body) for use in definitions[claim.id].primaries]
        if claim.rating is None:
            missing = next((r for r in readings if not r.measured), readings[0])
            advice = f". {claim.unlock}" if claim.unlock else ""
            metric = missing.use.metric
            text = f"lacks evidence: {claim.reason or claim.status.value}{advice}"
            unlocks.append(Change(kind="unlock", claim=claim.id, level=claim.level, metric=metric, text=text))
            continue
        for reading in readings:
            change = _unmet(reading, claim)
            if change is not None and change.kind == "unlock":
                unlocks.append(change)
            elif change is not None:
                raises.append((_standardised(reading, claim), change))
    raises.sort(key=lambda pair: (pair[0], pair[1].claim))
    return [*unlocks, *(change for _, change in raises)]


def _unmet(reading: Reading, claim: Claim) -> Change | None:
    """Say what this reading lacks for the claim, or ``None`` where it lacks nothing."""
    use = reading.use
    if reading.rating is None or claim.minimum is None or reading.rating.order >= claim.minimum.order:
        return None
    if reading.best is not None and reading.best.order >= claim.minimum.order:
        if reading.capped:
            text = f"confirm in the project file what {use.metric} rests on: {reading.capped}"
        else:
            advice = f". {reading.unlock}" if reading.unlock else ""
            text = f"{use.metric} is only known within bounds ({_range(reading)}){advice}"
        return Change(kind="unlock", claim=claim.id, level=claim.level, metric=use.metric, text=text)
    target, tested = _target(reading, claim), reading.tested
    if target is None:
        return None
    if tested is None:
        text = f"{use.metric} has no 95 % interval, and {claim.id} asks for its lower limit"
        return Change(kind="unlock", claim=claim.id, level=claim.level, metric=use.metric, text=text)
    verb, most = ("raise", "at least ") if use.direction == "up" else ("lower", "at most ")
    unit = "share" if use.over == "share" else use.unit
    now, needed = apart(tested, target, unit)
    goal = f"{'' if unit == 'share' and target == 1 else most}{needed}"
    if use.over == "share" and not reading.binary:
        text = f"raise the share of processes that pass from {now} to {goal}: {reading.reason}"
    else:
        limit = "the lower 95 % limit of " if reading.binary and use.bound == "low" else ""
        one = " of one process" if use.over == "max" and claim.scope == "portfolio" else ""
        text = f"{verb} {limit}{use.metric}{one} from {now} to {goal}"
    return Change(
        kind="raise",
        claim=claim.id,
        level=claim.level,
        metric=use.metric,
        distance=abs(target - tested),
        text=text,
    )


def _target(reading: Reading, claim: Claim) -> float | None:
    if claim.minimum is None:
        return None
    if reading.binary:
        return reading.use.threshold
    return cut_of(claim.minimum, reading.use.cuts)


def _limit(reading: Reading) -> float | None:
    return reading.low if reading.use.direction == "up" else reading.high


def _range(reading: Reading) -> str:
    ends = (reading.low, reading.high)
    return "–".join("?" if end is None else shown(end, reading.use.unit) for end in ends)


def _standardised(reading: Reading, claim: Claim) -> float:
    """Return how much achievement is missing: comparable across units."""
    if reading.tested is None or reading.binary:
        return 1.0
    needed = (0.0, 0.15, 0.50, 0.85)[(claim.minimum or Rating.L).order]
    return needed - achievement(reading.tested, reading.use.cuts, reading.use.direction)
