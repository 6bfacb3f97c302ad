"""Bodies of evidence for the tests of rating: profiles that support a planted level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from poanalyzer.config import Config, parse_config
from poanalyzer.maturity import Model, Use, load_model
from poanalyzer.results import MetricResult, Status

POMM = load_model("pomm")
COMPLETE = parse_config({"context": {"complete": True}})
KEYS = ("order", "claim", "refund", "loan", "hire")


def row(metric: str, value: float | None, process: str | None = None, **more: object) -> MetricResult:
    """Return a measured row, or with ``status=`` another one."""
    fields: dict[str, object] = {"status": Status.MEASURED, "unit": "", **more}
    return MetricResult(id=metric, process=process, value=value, **fields)  # type: ignore[arg-type]


def missing(of: MetricResult, status: Status = Status.NOT_AVAILABLE) -> MetricResult:
    """Return ``of`` as it stands when its evidence is withheld."""
    return MetricResult(
        id=of.id, process=of.process, value=None, unit=of.unit, status=status, reason="withheld", unlock="Export it."
    )


def nothing(metric: str) -> list[MetricResult]:
    """Return a metric that does not apply, at both scopes."""
    return [row(metric, None, key, status=Status.NOT_APPLICABLE) for key in (None, *KEYS)]


def profile(levels: dict[str, int], *, model: Model = POMM, keys: Iterable[str] = KEYS) -> tuple[MetricResult, ...]:
    """Return evidence in which the claims of each driver hold up to the planted level and fail beyond it.

    A metric that claims of several levels read gets the value that the highest planted one needs; one that a lower
    claim needs and a higher one must not have is settled by :data:`_SETTLED`.
    """
    keys = tuple(keys)
    wanted: dict[str, float] = {}
    breadth = max(levels.values())
    for claim in model.claims:
        if claim.polarity != "attain":
            continue
        planted = levels.get(claim.driver, breadth) if claim.driver else breadth
        if claim.driver and claim.driver not in levels:
            continue
        for use in claim.uses:
            good = claim.level <= planted
            value = _good(use) if good else _bad(use)
            if use.metric not in wanted or good:
                wanted[use.metric] = _better(use, wanted.get(use.metric), value) if good else value
    rows = [row("log-grade", 4.0, key) for key in (None, *keys)]
    for metric, value in wanted.items():
        rows += [row(metric, value, key, low=value, high=value) for key in (None, *keys)]
    return tuple(rows)


def _good(use: Use) -> float:
    best = use.cuts[2]
    if use.over == "share" or use.threshold is not None:
        return max(1.0, best)
    return best


def _bad(use: Use) -> float:
    return use.cuts[0] * 0.5 if use.direction == "up" else use.cuts[0] * 2


def _better(use: Use, old: float | None, new: float) -> float:
    if old is None:
        return new
    return max(old, new) if use.direction == "up" else min(old, new)


def dropped(rows: Iterable[MetricResult], metric: str) -> tuple[MetricResult, ...]:
    """Return the rows without those of ``metric``."""
    return tuple(r for r in rows if r.id != metric)


def changed(rows: Iterable[MetricResult], metric: str, **fields: object) -> tuple[MetricResult, ...]:
    """Return the rows with fields of ``metric`` replaced."""
    return tuple(replace(r, **fields) if r.id == metric else r for r in rows)  # type: ignore[arg-type]


def config(**sections: object) -> Config:
    """Return a project file with these sections."""
    return parse_config(dict(sections))
