"""Which claims a body of evidence can answer, and what each missing export would unlock. Rates nothing."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.maturity import Model
from poanalyzer.results import ClaimSupport, MetricResult, Status, Unlock


def supported_claims(model: Model, metrics: Sequence[MetricResult]) -> tuple[ClaimSupport, ...]:
    """Return for each claim to attain of the mined drivers whether something in the log answers it, and what is missing."""
    asked = {c.id for d in model.drivers if d.source == "mined" for c in d.claims} | {c.id for c in model.shared}
    found = []
    for claim in model.claims:
        if claim.polarity != "attain" or claim.id not in asked:
            continue
        reasons = []
        for use in claim.primaries:
            rows = [m for m in metrics if m.id == use.metric]
            if not rows:
                reasons.append(f"this version does not measure {use.metric} yet")
            elif not any(m.status is Status.MEASURED for m in rows):
                reasons.append(rows[0].reason)
        found.append(ClaimSupport(claim=claim.id, quote=claim.quote, rateable=not reasons, why="; ".join(reasons)))
    return tuple(found)


def unlocks(model: Model, metrics: Sequence[MetricResult]) -> tuple[Unlock, ...]:
    """Return what is missing, what unlocks most first, with the metrics that no process has for want of it."""
    waiting: dict[str, list[str]] = {}
    by_id: dict[str, list[MetricResult]] = {}
    for result in metrics:
        by_id.setdefault(result.id, []).append(result)
    for name, rows in by_id.items():
        lacking = [m.unlock for m in rows if m.status is Status.NOT_AVAILABLE and m.unlock]
        if lacking and not any(m.status is Status.MEASURED for m in rows):
            waiting.setdefault(lacking[0], []).append(name)
    found = []
    for what, names in waiting.items():
        claims = [
            c.id for c in model.claims if c.polarity == "attain" and any(use.metric in names for use in c.primaries)
        ]
        found.append(Unlock(what=what, metrics=tuple(names), claims=tuple(claims)))
    return tuple(sorted(found, key=lambda u: (-len(u.claims), -len(u.metrics), u.what)))
