"""Steps worth taking: one transition at a time for each driver, evidence to fetch first."""

from __future__ import annotations

from collections.abc import Mapping

from poanalyzer.errors import ConfigError, did_you_mean
from poanalyzer.maturity import Model
from poanalyzer.results import DriverResult, ModelResult, RoadmapItem


def roadmap(
    model: Model,
    result: ModelResult,
    *,
    target: Mapping[str, int] | None = None,
    complete: bool = False,
    main_process: str | None = None,
) -> tuple[RoadmapItem, ...]:
    """Return the next steps, evidence to fetch first, then practices, the lowest drivers first.

    ``target`` is the level aimed at by driver; a driver that has reached it needs no step. Mined drivers are taken
    at portfolio scope where the inputs are ``complete``, else as ``main_process`` shows them.

    Raises:
        ConfigError: ``target`` names a driver that the model does not have.
    """
    aims = target or {}
    known = [driver.id for driver in model.drivers]
    for name in aims:
        if name not in known:
            raise ConfigError(f"there is no driver “{name}”", where="[project] target", fix=did_you_mean(name, known))
    unlocks: list[RoadmapItem] = []
    practices: list[tuple[tuple[int, bool, int], RoadmapItem]] = []
    for position, (driver, process) in enumerate(_subjects(result, complete, main_process)):
        level = driver.level.demonstrated
        if level is None or level >= min(aims.get(driver.id, model.top), model.top):
            continue
        unlocks += _unlocks(driver, process, level)
        step = next((s for s in model.driver(driver.id).steps if s.start == level), None)
        if step is None or not _goes_on(driver, level):
            continue
        raises = [change for change in driver.changes if change.kind == "raise"]
        unmet = tuple(change.claim for change in raises)
        unread = tuple(change.claim for change in driver.changes if change.kind == "unlock")
        why = f"{driver.title} is at level {level}"
        if unmet:
            why += f"; to reach {level + 1}: {'; '.join(f'{c.text} ({c.claim})' for c in raises[:3])}"
        elif unread:
            why += f"; what level {level + 1} asks for lacks evidence: {', '.join(unread)}"
        item = RoadmapItem(
            driver=driver.id,
            process=process,
            step=step.step,
            why=why,
            works_if=step.works_if,
            kind="raise",
            claims=unmet,
        )
        # at one level what the records show comes before what people say
        practices.append(((level, driver.source != "mined", position), item))
    practices.sort(key=lambda pair: pair[0])
    return (*unlocks, *(item for _, item in practices))


def _subjects(result: ModelResult, complete: bool, main_process: str | None) -> list[tuple[DriverResult, str | None]]:
    """Return each driver of the portfolio, or of the main process where that is what the inputs can show."""
    own = next((p for p in result.processes if p.key == main_process), None) if not complete else None
    shown = {driver.id: driver for driver in own.drivers} if own else {}
    return [(shown[driver.id], own.key) if own and driver.id in shown else (driver, None) for driver in result.drivers]


def _goes_on(driver: DriverResult, level: int) -> bool:
    """Say whether the scale has a next level: one process alone cannot reach every level of every driver."""
    return driver.source != "mined" or any(c.required and c.level == level + 1 for c in driver.claims)


def _unlocks(driver: DriverResult, process: str | None, level: int) -> list[RoadmapItem]:
    """Return one step for each thing to fetch or to declare; several claims may wait for the same."""
    waiting: dict[str, list[str]] = {}
    advice = {claim.id: claim.unlock for claim in driver.claims}
    for change in driver.changes:
        # What this version cannot measure, nobody can fetch.
        if change.kind == "unlock" and advice.get(change.claim):
            waiting.setdefault(advice[change.claim], []).append(change.claim)
    return [
        RoadmapItem(
            driver=driver.id,
            process=process,
            step=step,
            why=f"{driver.title} is shown at level {level}; without evidence: {', '.join(claims)}",
            works_if=f"{', '.join(claims)} {'is' if len(claims) == 1 else 'are'} rated in the next run",
            kind="unlock",
            claims=tuple(claims),
        )
        for step, claims in waiting.items()
    ]
