"""``--fail-under``: levels that the portfolio must show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from poanalyzer.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from poanalyzer.cli.console import Talk
    from poanalyzer.results import Assessment


def parse_gate(gates: Sequence[str], models: Sequence[str]) -> dict[str, int]:
    """Return the least level by driver from ``technology=2``, checked against the drivers of ``models``."""
    if not gates:
        return {}
    from poanalyzer.maturity import load_model

    top: dict[str, int] = {}
    for name in models:
        model = load_model(name)
        for driver in model.drivers:
            top.setdefault(driver.id, model.top)
    least: dict[str, int] = {}
    for gate in gates:
        driver_id, equals, level = (part.strip() for part in gate.partition("="))
        if not equals or not level.isdecimal():
            raise UsageError(f"--fail-under {gate}: not DRIVER=LEVEL", fix="For example --fail-under technology=2.")
        if driver_id not in top:
            raise UsageError(f"--fail-under {gate}: no such driver", fix=did_you_mean(driver_id, list(top)))
        if int(level) > top[driver_id]:
            raise UsageError(f"--fail-under {gate}: the highest level is {top[driver_id]}", fix="Ask for a lower one.")
        least[driver_id] = max(int(level), least.get(driver_id, 0))
    return least


def passes(least: Mapping[str, int], assessment: Assessment, talk: Talk) -> bool:
    """Return whether every driver shows its least level (in the first model that has it); say which do not."""
    held = True
    for driver_id, level in least.items():
        driver = next(d for model in assessment.models for d in model.drivers if d.id == driver_id)
        shown = driver.level.demonstrated
        if shown is None or shown < level:
            held = False
            is_at = "has no level" if shown is None else f"is at level {shown}"
            talk.error(f"gate failed: {driver.title} {is_at}, at least {level} was asked for (--fail-under)")
    return held
