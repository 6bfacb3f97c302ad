"""From answers to self-reported levels: medians of role groups, each group with one voice.

An item is the median within each role group, then the median over the groups. A driver's level is the highest k
which at least all but one of its items reach and none misses by more than one. The interval resamples respondents
within their role group.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from statistics import median

from poanalyzer.maturity import Model, SurveyItem
from poanalyzer.results import SelfDriver, SelfItem, SurveyResult
from poanalyzer.survey.answers import DONT_KNOW, Response

#: Above this share of “don't know” an item, or a driver, is not known.
DONT_KNOW_LIMIT = 0.30

#: From this many equal answers on, a respondent may not have read the items.
STRAIGHT_LINE = 18

_DRAWS = 1000


def score(responses: Sequence[Response], model: Model, *, seed: int = 20) -> SurveyResult:
    """Score ``responses`` by ``model``'s items.

    Item levels are medians 0–4 with the lowest and highest group median; driver levels whole numbers with a 95 %
    bootstrap interval (``None`` for a single respondent). The same answers give the same result in any order.
    """
    ordered = sorted(responses, key=lambda response: (response.role, response.respondent))
    scored = _score_all(ordered, model)
    intervals = _bootstrap(ordered, model, seed) if len(ordered) > 1 else {}
    drivers = []
    for driver in model.drivers:
        items = tuple(scored[item.id] for item in model.items if item.driver == driver.id)
        if not items:
            continue
        level, reason = _level(items, model.top)
        low, high = intervals.get(driver.id, (None, None)) if level is not None else (None, None)
        said = sum(item.n for item in items)
        unsure = sum(item.dont_know for item in items)
        drivers.append(
            SelfDriver(
                driver=driver.id,
                level=level,
                low=low,
                high=high,
                items=items,
                dont_know_share=unsure / (said + unsure) if said + unsure else 0.0,
                reason=reason,
            )
        )
    return SurveyResult(
        respondents=len(ordered),
        roles=tuple(sorted({r.role for r in ordered})),
        units=tuple(sorted({r.unit for r in ordered if r.unit})),
        collected=max((r.date for r in ordered if r.date), default=None),
        drivers=tuple(drivers),
        caveats=_caveats(ordered),
    )


def driver_level(facets: Sequence[float | None], top: int) -> int | None:
    """Return the level of a driver from the medians of its facets (``None``: not known).

    The highest k that all facets but at most one reach (three of four), and that none known misses by more than one.
    A facet not known does not reach; ``None`` where more than one is not known.
    """
    known = [value for value in facets if value is not None]
    if len(known) < max(1, len(facets) - 1):
        return None
    for k in range(top, 0, -1):
        reached = sum(value >= k for value in known)
        if reached >= max(1, len(facets) - 1) and min(known) >= k - 1:
            return k
    return 0


def _level(items: Sequence[SelfItem], top: int) -> tuple[int | None, str]:
    level = driver_level([item.level for item in items], top)
    unknown = [item.id for item in items if item.level is None]
    if level is None:
        return None, f"not known: {', '.join(unknown)}"
    return level, f"without {', '.join(unknown)}, which is not known" if unknown else ""


def _score_all(responses: Sequence[Response], model: Model) -> dict[str, SelfItem]:
    return {item.id: _item(item, responses) for item in model.items}


def _item(item: SurveyItem, responses: Sequence[Response]) -> SelfItem:
    groups: dict[str, list[int]] = {}
    unsure = 0
    for response in responses:
        answer = response.answers.get(item.id)
        if answer == DONT_KNOW:
            unsure += 1
        elif isinstance(answer, int):
            groups.setdefault(response.role, []).append(max(answer, item.lowest))
    n = sum(len(answers) for answers in groups.values())
    known = n > 0 and unsure <= DONT_KNOW_LIMIT * (n + unsure)
    medians = [float(median(answers)) for answers in groups.values()] if known else []
    level = float(median(medians)) if known else None
    return SelfItem(
        id=item.id,
        title=item.title,
        level=level,
        low=min(medians, default=None),
        high=max(medians, default=None),
        n=n,
        dont_know=unsure,
        # Of a median between two anchors the lower one is fully true.
        anchor=item.anchors[int(level)] if level is not None else "",
    )


def _bootstrap(responses: Sequence[Response], model: Model, seed: int) -> dict[str, tuple[float, float]]:
    """Return the 95 % interval of each driver's level over respondents resampled within their role group."""
    groups: dict[str, list[Response]] = {}
    for response in responses:
        groups.setdefault(response.role, []).append(response)
    rng = random.Random(seed)  # noqa: S311 - resampling, not secrecy
    drawn: dict[str, list[int]] = {driver.id: [] for driver in model.drivers}
    by_driver = {d.id: [item for item in model.items if item.driver == d.id] for d in model.drivers}
    for _ in range(_DRAWS):
        sample = [r for group in groups.values() for r in rng.choices(group, k=len(group))]
        for driver, items in by_driver.items():
            level = driver_level([_item(item, sample).level for item in items], model.top) if items else None
            if level is not None:
                drawn[driver].append(level)
    return {driver: (_quantile(levels, 0.025), _quantile(levels, 0.975)) for driver, levels in drawn.items() if levels}


def _quantile(levels: list[int], share: float) -> float:
    ranked = sorted(levels)
    return float(ranked[min(len(ranked) - 1, int(share * len(ranked)))])


def _caveats(responses: Sequence[Response]) -> tuple[str, ...]:
    found = []
    roles, units = {r.role for r in responses}, {r.unit for r in responses if r.unit}
    if len(responses) == 1:
        found.append("one respondent: no interval and no agreement can be given")
    elif len(responses) < 8 or len(roles) < 3:
        found.append(
            f"{len(responses)} respondents from {len(roles)} role group{'s' if len(roles) > 1 else ''}; "
            "eight from three or more are advised"
        )
    if len(responses) > 1 and len(units) < 2:
        found.append("all respondents are from one unit, or name none")
    straight = []
    for response in responses:
        levels = [answer for answer in response.answers.values() if isinstance(answer, int)]
        if levels and Counter(levels).most_common(1)[0][1] >= STRAIGHT_LINE:
            straight.append(response.respondent)
    if straight:
        found.append(
            f"{len(straight)} respondent{'s' if len(straight) > 1 else ''} gave the same answer to "
            f"{STRAIGHT_LINE} items or more"
        )
    return tuple(found)
