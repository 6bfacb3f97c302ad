"""Finds the metrics, measures them all, and lets each explain itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from inspect import cleandoc
from types import ModuleType
from typing import TYPE_CHECKING

from poanalyzer.errors import UsageError, did_you_mean
from poanalyzer.measure.metric import Computed, Ratio
from poanalyzer.results import MetricInfo, MetricResult

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined

AREAS = {
    "coverage": "orchestration coverage",
    "exceptions": "exception handling",
    "parallelism": "parallelism",
    "kpi": "KPI trackability",
    "delivery": "delivery",
    "scope": "scope",
}


@cache
def modules() -> dict[str, tuple[str, ModuleType]]:
    """Return the metric modules by metric id, each with its area: our own, then those of other packages."""
    found: dict[str, tuple[str, ModuleType]] = {}
    for area in AREAS:
        package = importlib.import_module(f"poanalyzer.measure.{area}")
        for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            if hasattr(module, "METRIC"):
                found[module.METRIC.id] = (area, module)
    for point in entry_points(group="poanalyzer.metrics"):
        module = point.load()
        found.setdefault(module.METRIC.id, (getattr(module, "AREA", "scope"), module))
    return found


def metric_ids() -> tuple[str, ...]:
    """Return the ids of all metrics of this version."""
    return tuple(modules())


def catalogue() -> tuple[MetricInfo, ...]:
    """Return what each metric is, in the order of the areas."""
    return tuple(_info(area, module) for area, module in modules().values())


def _info(area: str, module: ModuleType) -> MetricInfo:
    metric: Ratio | Computed = module.METRIC
    title, _, body = cleandoc(module.__doc__ or metric.id).partition("\n")
    paragraphs = body.strip().split("\n\n")
    source = next((p.removeprefix("Source: ") for p in paragraphs if p.startswith("Source: ")), "")
    definition = " ".join(" ".join(p.split()) for p in paragraphs if not p.startswith("Source: "))
    needs = tuple(n if isinstance(n, str) else " or ".join(n) for n in metric.needs)
    return MetricInfo(
        id=metric.id, title=title.rstrip("."), area=area, unit=metric.unit, better=metric.better,
        definition=definition, facets=needs, source=" ".join(source.split()),
    )  # fmt: skip


def explain(metric_id: str) -> str:
    """Return the whole text about a metric, for the terminal. Raises :class:`UsageError` for an unknown id."""
    known = modules()
    if metric_id not in known:
        raise UsageError(f"there is no metric “{metric_id}”", fix=did_you_mean(metric_id, list(known)))
    area, module = known[metric_id]
    info = _info(area, module)
    metric = module.METRIC
    arrow = {"up": "more is better", "down": "less is better", "neither": "neither more nor less is better"}
    gate = ""
    if isinstance(metric, Ratio):
        least = "30 closed cases" if metric.gate == "cases" else "10 closed episodes"
        gate = f"\nEnough from:  {least}"
    return (
        f"{info.id}: {info.title}\n\n{cleandoc(module.__doc__ or '').partition(chr(10))[2].strip()}\n\n"
        f"Area:         {AREAS[area]}\nUnit:         {info.unit} ({arrow[info.better]})\n"
        f"Needs:        {', '.join(info.facets) or 'nothing beyond instances'}{gate}"
    )


def measure_all(mined: Mined, progress: Callable[[str, float], None] | None = None) -> tuple[MetricResult, ...]:
    """Return the results of every metric for every process and for the portfolio, in the catalogue's order."""
    from poanalyzer.measure.run import run_computed, run_ratios

    known = [module.METRIC for _, module in modules().values()]
    ratios = [m for m in known if isinstance(m, Ratio)]
    results = run_ratios(mined, ratios)
    for number, metric in enumerate(known):
        if isinstance(metric, Computed):
            results[metric.id] = run_computed(mined, metric)
        if progress:
            progress("measure", (number + 1) / len(known))
    return tuple(row for metric in known for row in results[metric.id])
