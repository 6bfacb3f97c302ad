"""The four measured areas of a process, rated before any level stands."""

from __future__ import annotations

import math

from poanalyzer.maturity import Cuts, Model
from poanalyzer.rate.evidence import Body
from poanalyzer.rate.scale import BANDS, classify
from poanalyzer.results import AreaId, AreaRating, MetricResult, Status

_AREAS: tuple[tuple[AreaId, str, str], ...] = (
    ("coverage", "Orchestration coverage", "step-coverage"),
    ("exceptions", "Exception handling", "handled-exception-rate"),
    ("parallelism", "Parallelism", "parallel-realisation-rate"),
    ("kpi", "KPI trackability", "kpi-trackability"),
)

#: Stands in for coverage where no outside source shows what happened beside the engine.
FALLBACK = "automation-rate"
FALLBACK_ADVICE = "Give an outside source to see coverage."


def rate_areas(model: Model, process: str, body: Body) -> tuple[AreaRating, ...]:
    """Rate coverage, exceptions, parallelism and KPI trackability of one process.

    The lower bound is rated where a metric has bounds. Cuts are .15/.5/.85, or those the model sets on the metric.
    """
    ratings = []
    for area, title, metric in _AREAS:
        row, advice = body.row(metric, process), ""
        if area == "coverage" and not _usable(row):
            row, advice = body.row(FALLBACK, process), FALLBACK_ADVICE
        ratings.append(_rate(area, title, row, _cuts(model, row.id), advice))
    return tuple(ratings)


def _usable(row: MetricResult) -> bool:
    return row.status is Status.MEASURED and row.value is not None and math.isfinite(row.value)


def _cuts(model: Model, metric: str) -> Cuts:
    own = [use.cuts for claim in model.claims for use in claim.primaries if use.metric == metric and use.over == "row"]
    return own[0] if own else BANDS


def _rate(area: AreaId, title: str, row: MetricResult, cuts: Cuts, advice: str) -> AreaRating:
    rating = None
    status = row.status
    if _usable(row):
        assert row.value is not None
        rating = classify(row.value if row.lower_bound is None else row.lower_bound, cuts)
    elif status is Status.MEASURED:
        status = Status.ERROR
    return AreaRating(
        id=area,
        title=title,
        metric=row.id,
        rating=rating,
        status=status,
        value=row.value if rating else None,
        low=row.low if rating else None,
        high=row.high if rating else None,
        unit=row.unit or "share",
        n=row.n,
        n_unit=row.n_unit,
        reason=row.reason,
        advice=advice or row.unlock,
        cuts=cuts,
    )
