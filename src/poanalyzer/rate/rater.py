"""One model applied to one body of evidence, at portfolio and at process scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from poanalyzer.config import Config
from poanalyzer.maturity import Driver, Model
from poanalyzer.rate.areas import rate_areas
from poanalyzer.rate.changes import GRADE, changes
from poanalyzer.rate.claims import rate_claim
from poanalyzer.rate.evidence import Body, gather
from poanalyzer.rate.levels import confidence, stand, summarise
from poanalyzer.rate.probability import Draws, distribution
from poanalyzer.results import (
    DriverResult,
    Level,
    MetricResult,
    ModelResult,
    ProcessRating,
    Status,
    SurveyResult,
)


def rate_model(
    model: Model,
    metrics: Sequence[MetricResult],
    processes: Sequence[str],
    *,
    role_declared: bool,
    config: Config | None = None,
    survey: SurveyResult | None = None,
    volumes: Mapping[str, float] | None = None,
) -> ModelResult:
    """Rate ``model`` by ``metrics``.

    Args:
        model: from :func:`poanalyzer.maturity.load_model`.
        metrics: one row per metric and process, and one per metric for the portfolio (``process=None``).
        processes: keys of the productive processes; each is rated by its own rows.
        role_declared: whether every input states that it is an engine's; otherwise S1 is at most L.
        config: what the analyst declared about the scope.
        survey: gives Vision and People their level.
        volumes: closed cases by process, the weights of shares of processes.
    """
    body = gather(metrics, processes, role_declared=role_declared, config=config or Config(), volumes=volumes)
    draws = Draws()
    mined = [driver for driver in model.drivers if driver.source == "mined"]
    return ModelResult(
        id=model.id,
        title=model.title,
        version=model.version,
        sha256=model.sha256,
        local_cuts=model.local_cuts,
        level_names=model.level_names,
        drivers=tuple(
            _mined(model, driver, None, body, draws)
            if driver.source == "mined"
            else _asked(model, driver, body, survey)
            for driver in model.drivers
        ),
        processes=tuple(
            ProcessRating(
                key=process,
                areas=rate_areas(model, process, body),
                drivers=tuple(_mined(model, driver, process, body, draws) for driver in mined),
            )
            for process in body.processes
        ),
        cells=tuple(cell for driver in model.drivers for cell in driver.cells),
        reference=model.reference,
    )


def _mined(model: Model, driver: Driver, process: str | None, body: Body, draws: Draws) -> DriverResult:
    definitions = {c.id: c for c in model.claims_of(driver, "portfolio" if process is None else "process")}
    claims = tuple(rate_claim(definition, process, body) for definition in definitions.values())
    standing = stand(claims, model.top, _grade(process, body))
    chances = distribution(standing, definitions, process, body, model.top, draws)
    sure, why = confidence(standing, claims, chances)
    return DriverResult(
        id=driver.id,
        title=driver.title,
        source="mined",
        level=standing.level,
        summary=summarise(standing, claims),
        confidence=sure,
        confidence_reason=why,
        claims=claims,
        changes=changes(standing, claims, definitions, process, body),
        distribution=chances,
    )


def _asked(model: Model, driver: Driver, body: Body, survey: SurveyResult | None) -> DriverResult:
    """Return a driver that engines do not record: its level is what the respondents say, or nothing."""
    said = next((d for d in survey.drivers if d.driver == driver.id), None) if survey else None
    answered = {item.id for item in said.items if item.level is not None} if said else set()
    asked = {claim for item in model.items if item.id in answered for claim in item.claims}
    claims = tuple(rate_claim(definition, None, body) for definition in model.claims_of(driver, "portfolio"))
    claims = tuple(replace(claim, strength="E1") if claim.id in asked else claim for claim in claims)
    level = said.level if said else None
    if said is None:
        summary = "not visible in engine records, and no survey answers were given"
    elif level is None:
        summary = f"asked, but no level follows: {said.reason or 'too few answers'}"
    else:
        summary = f"level {level} by the respondents' own account"
    return DriverResult(
        id=driver.id,
        title=driver.title,
        source="self-reported" if said else "none",
        level=Level(demonstrated=level, potential=level),
        summary=summary,
        confidence="low",
        confidence_reason="self-reported only" if said else "no evidence",
        claims=claims,
    )


def _grade(process: str | None, body: Body) -> float | None:
    row = body.row(GRADE, process)
    return row.value if row.status is Status.MEASURED else None
