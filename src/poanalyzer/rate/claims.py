"""From readings to the rating of one claim: the minimum of the primaries, then what the evidence allows."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.maturity import ClaimDefinition
from poanalyzer.rate.evidence import EXEMPT, Body, Reading, read
from poanalyzer.rate.scale import lower, shown
from poanalyzer.results import Claim, Rating, Status

#: Begins the reason of a claim that a corroborating metric speaks against.
CONFLICT = "conflict: "

#: Begins the reason of a limit claim that the evidence bears out.
CEILING = "ceiling confirmed: "

#: Where one unit owns more than this part of the productive processes, the claims that several build are not shown.
ONE_UNIT = 0.8
_SEVERAL_UNITS = "active-delivery-units"

_STRENGTH = ("E0", "E1", "E2", "E3", "E4", "E4+")


def rate_claim(claim: ClaimDefinition, process: str | None, body: Body) -> Claim:
    """Rate ``claim`` for one process, or for the portfolio where ``process`` is ``None``."""
    if claim.polarity == "attain" and claim.primaries:
        return _attain(claim, process, body)
    if claim.uses and claim.polarity in ("limit", "hedged"):
        return _limit(claim, process, body)
    return _claim(
        claim,
        process,
        status=Status.NOT_SUPPORTED,
        reason="not visible in engine records: the survey asks",
    )


def _attain(claim: ClaimDefinition, process: str | None, body: Body) -> Claim:
    minimum = claim.minimum
    assert minimum is not None
    primaries = [read(use, process, body) for use in claim.primaries]
    counted = [reading for reading in primaries if reading.status not in EXEMPT]
    if not counted:
        return _claim(claim, process, required=True, status=primaries[0].status, reason=primaries[0].reason)
    measured = [reading for reading in counted if reading.measured]
    missing = [reading for reading in counted if not reading.measured]
    others = [read(use, process, body) for use in claim.corroborators]
    best = [_allowed(r.best or Rating.N, r, others, hopeful=True) for r in measured]
    possible = all(rating.order >= minimum.order for rating in best)

    if missing and (possible or not measured):
        first = missing[0]
        return _claim(
            claim,
            process,
            required=True,
            status=first.status,
            met=False,
            potential=True,
            reason=first.reason,
            unlock=first.unlock,
        )
    binding = min(measured, key=lambda r: (r.rating.order if r.rating else 0, r.achievement or 0.0))
    assert binding.rating is not None
    rating = _allowed(binding.rating, binding, others, hopeful=False)
    caps = [binding.capped] if binding.capped else []
    if rating.order < binding.rating.order:
        caps.append(_why_capped(binding, others))
    if not claim.driver and claim.level == 1 and not body.role_declared and rating is Rating.F:
        rating = Rating.L
        caps.append("no input states its role, an engine is assumed: at most L")

    one = one_unit(claim, process, body)
    if one and rating.order > Rating.P.order:
        caps.append(one)
        # with other exports the share may be smaller: only the whole scope settles it
        possible = possible and (not body.complete or minimum.order <= Rating.P.order)
        rating = lower(rating, Rating.P)
    elif claim.level > 1 and process is None and not body.complete and rating.order < minimum.order:
        seen = [r for r in measured if r.use.open_world and (r.rating or Rating.N).order < minimum.order]
        if seen and seen[0].value is not None:
            what = f"{shown(seen[0].value, seen[0].use.unit)} seen, which is a lower bound"
            return _claim(
                claim,
                process,
                required=True,
                status=Status.NOT_AVAILABLE,
                met=False,
                potential=True,
                reading=seen[0],
                reason=f"{what}: the inputs are not declared to be all there is",
                unlock="Add the exports of the other processes, or set [context] complete = true if there are none.",
            )
    met = rating.order >= minimum.order
    against = [r for r in others if r.rating is Rating.N]
    reason = binding.reason
    if against and binding.rating.order >= Rating.L.order:
        reason = f"{CONFLICT}{against[0].use.metric} is not achieved" + (f"; {reason}" if reason else "")
    return _claim(
        claim,
        process,
        required=True,
        status=Status.MEASURED,
        rating=rating,
        met=met,
        potential=met or possible,
        reading=binding,
        reason=reason,
        unlock=binding.unlock if possible and not met else "",
        capped="; ".join(caps),
        strength=min((_strength(r, others) for r in measured), key=_STRENGTH.index),
    )


def _allowed(rating: Rating, reading: Reading, others: Sequence[Reading], *, hopeful: bool) -> Rating:
    """Cap ``rating`` by the class of its evidence and by corroboration; ``hopeful`` reads what is missing kindly."""
    relevant = [other for other in others if other.status not in EXEMPT]
    unread = [other for other in relevant if not other.measured]
    if reading.use.evidence != "direct":
        lifted = any(
            other.use.evidence == "direct" and other.rating is not None and other.rating.order >= Rating.L.order
            for other in relevant
        )
        if not lifted and not (hopeful and any(other.use.evidence == "direct" for other in relevant)):
            return lower(rating, Rating.L)
    if rating is Rating.F and relevant:
        supported = any(other.rating is not None and other.rating.order >= Rating.P.order for other in relevant)
        contradicted = any(other.rating is Rating.N for other in relevant)
        if hopeful:
            # A corroborator read as N by the worse end of its bounds may still turn out otherwise.
            contradicted = any(other.best is Rating.N for other in relevant)
            supported = supported or bool(unread) or not contradicted
        if contradicted or not supported:
            return Rating.L
    return rating


def one_unit(claim: ClaimDefinition, process: str | None, body: Body) -> str:
    """Return why a claim that rests on the number of units is capped at P: one of them owns nearly all; else nothing."""
    if process is not None or claim.level < 3 or all(use.metric != _SEVERAL_UNITS for use in claim.primaries):
        return ""
    share = body.row(_SEVERAL_UNITS, None).details.get("largest_unit_share")
    if not isinstance(share, int | float) or share <= ONE_UNIT:
        return ""
    return f"one unit owns {share:.0%} of the productive processes: at most P"


def _why_capped(reading: Reading, others: Sequence[Reading]) -> str:
    if reading.use.evidence != "direct":
        return f"{reading.use.evidence} evidence: at most L"
    if any(other.rating is Rating.N for other in others):
        return "a corroborating metric is not achieved: at most L"
    return "no corroborating metric supports it: at most L"


def _strength(reading: Reading, others: Sequence[Reading]) -> str:
    """E2 declared, E3 footprint, E4 engine record, E4+ where a metric from another facet supports it."""
    if reading.use.evidence == "declared" or reading.basis == "declared":
        return "E2"
    if reading.use.evidence == "indirect" or reading.basis == "inferred":
        return "E3"
    supported = any(
        other.rating is not None
        and other.rating.order >= Rating.P.order
        and not set(other.facets) <= set(reading.facets)
        for other in others
    )
    return "E4+" if supported else "E4"


def _limit(claim: ClaimDefinition, process: str | None, body: Body) -> Claim:
    """Read a limit or a hedged claim: N or P of its metrics bears out what the model says is still missing."""
    readings = [read(use, process, body) for use in claim.uses]
    measured = [reading for reading in readings if reading.measured]
    if not measured:
        return _claim(claim, process, status=readings[0].status, reason=readings[0].reason, unlock=readings[0].unlock)
    worst = min(measured, key=lambda r: (r.rating.order if r.rating else 0, r.achievement or 0.0))
    assert worst.rating is not None
    confirmed = all((r.rating or Rating.N).order < Rating.L.order for r in measured)
    text = f"{worst.use.metric} is {worst.rating.word} achieved".replace("not achieved achieved", "not achieved")
    if claim.polarity == "limit":
        text = f"{CEILING}{text}" if confirmed else f"ceiling not confirmed: {text}"
    return _claim(
        claim,
        process,
        status=Status.MEASURED,
        rating=worst.rating,
        reading=worst,
        reason=text,
        strength=_strength(worst, []),
    )


def _claim(
    claim: ClaimDefinition,
    process: str | None,
    *,
    status: Status,
    reason: str = "",
    unlock: str = "",
    required: bool = False,
    rating: Rating | None = None,
    met: bool | None = None,
    potential: bool | None = None,
    reading: Reading | None = None,
    capped: str = "",
    strength: str = "E0",
) -> Claim:
    shown_use = reading.use if reading else (claim.uses[0] if claim.uses else None)
    return Claim(
        id=claim.id,
        level=claim.level,
        quote=claim.quote,
        polarity=claim.polarity,
        minimum=claim.minimum,
        rating=rating,
        status=status,
        metrics=tuple(use.metric for use in claim.uses),
        scope="portfolio" if process is None else "process",
        met=met,
        potential=potential,
        required=required,
        reason=reason,
        strength=strength,
        achievement=reading.achievement if reading and rating is not None else None,
        value=reading.value if reading else None,
        low=reading.low if reading else None,
        high=reading.high if reading else None,
        unit=shown_use.unit if shown_use else "",
        capped=capped,
        cuts=shown_use.cuts if shown_use else (),
        provenance=shown_use.provenance if shown_use else "",
        unlock=unlock,
    )
