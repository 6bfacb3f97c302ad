"""Finds the metrics, measures them all, and lets each explain itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from inspect import cleandoc
from shutil import get_terminal_size
from textwrap import fill
from types import ModuleType
from typing import TYPE_CHECKING

from poanalyzer.errors import UsageError, did_you_mean
from poanalyzer.measure.metric import MIN_CASES, MIN_EPISODES, Computed, Ratio
from poanalyzer.results import MetricInfo, MetricResult

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined

#: Columns of what is printed, at most and at least, and of the labels.
_WIDTH, _NARROW, _INDENT = 100, 40, 14
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


#: Paragraphs of a metric's docstring that begin with these words, in the order in which they are shown.
LABELS = ("Formula", "Range", "Known bias", "Example", "Source")
_BETTER = {"up": "more is better", "down": "less is better", "neither": "neither more nor less is better"}


def _paragraphs(module: ModuleType) -> tuple[str, list[str], dict[str, str]]:
    """Return a metric's title, the paragraphs that define it, and those with a label."""
    # what reStructuredText marks as code is marked as in Markdown, which also reads well as plain text
    title, _, body = cleandoc(module.__doc__ or module.METRIC.id).replace("``", "`").partition("\n")
    plain: list[str] = []
    labelled: dict[str, str] = {}
    for paragraph in body.strip().split("\n\n"):
        text = paragraph if paragraph.startswith(("* ", "- ", "| ")) else " ".join(paragraph.split())
        label, colon, rest = text.partition(": ")
        if colon and label in LABELS:
            labelled[label] = rest
        elif text:
            plain.append(text)
    return title.rstrip("."), plain, labelled


def _range(metric: Ratio | Computed, said: str) -> str:
    if said:
        return said
    if not isinstance(metric, Ratio):
        return "0 to 1." if metric.unit == "share" else ""
    return f"{metric.lowest:g} and above." if metric.highest is None else f"{metric.lowest:g} to {metric.highest:g}."


def _info(area: str, module: ModuleType) -> MetricInfo:
    metric: Ratio | Computed = module.METRIC
    title, plain, labelled = _paragraphs(module)
    definition = " ".join([*plain, *(f"{k}: {v}" for k, v in labelled.items() if k == "Known bias")])
    needs = tuple(n if isinstance(n, str) else " or ".join(n) for n in metric.needs)
    return MetricInfo(
        id=metric.id, title=title, area=area, unit=metric.unit, better=metric.better,
        definition=definition, facets=needs, source=labelled.get("Source", ""),
    )  # fmt: skip


def facts(metric_id: str) -> dict[str, str]:
    """Return what a metric says of itself: title, definition, then label → text in the order of showing.

    Raises :class:`UsageError` for an unknown id.
    """
    known = modules()
    if metric_id not in known:
        raise UsageError(f"there is no metric “{metric_id}”", fix=did_you_mean(metric_id, list(known)))
    area, module = known[metric_id]
    metric: Ratio | Computed = module.METRIC
    title, plain, labelled = _paragraphs(module)
    needs = [n if isinstance(n, str) else " or ".join(n) for n in metric.needs]
    least = ""
    if isinstance(metric, Ratio):
        least = f"{MIN_CASES} closed cases" if metric.gate == "cases" else f"{MIN_EPISODES} closed episodes"
    found = {
        "title": title,
        "definition": "\n\n".join(plain),
        "Formula": labelled.get("Formula", ""),
        "Area": AREAS[area],
        "Unit": f"{metric.unit} ({_BETTER[metric.better]})",
        "Range": _range(metric, labelled.get("Range", "")),
        "Needs": ", ".join(needs) or "nothing beyond instances",
        "Enough from": least,
        "Known bias": labelled.get("Known bias", ""),
        "Example": labelled.get("Example", ""),
        "Source": labelled.get("Source", ""),
    }
    return {label: text for label, text in found.items() if text}


def explain(metric_id: str) -> str:
    """Return the whole text about a metric, for the terminal: as wide as it is, at most 100 columns.

    Raises :class:`UsageError` for an unknown id.
    """
    told = facts(metric_id)
    width = min(_WIDTH, max(_NARROW, get_terminal_size((_WIDTH, 24)).columns))
    lines = [f"{metric_id}: {told.pop('title')}", ""]
    for paragraph in told.pop("definition").replace("**", "").split("\n\n"):
        lines += [paragraph if "\n" in paragraph else fill(paragraph, width, break_on_hyphens=False), ""]
    lines += [
        fill(f"{label + ':':<{_INDENT}}{text}", width, subsequent_indent=" " * _INDENT, break_on_hyphens=False)
        for label, text in told.items()
    ]
    return "\n".join(lines)


def reference() -> str:
    """Return the page about all metrics, as Markdown: the same texts as :func:`explain`."""
    lines = [
        "# Metrics",
        "",
        "What every metric means, by area. This page is made from the metrics themselves (`poanalyzer explain --all`). For one",
        "of them, and the claims that it answers, ask `poanalyzer explain ID`.",
    ]
    for area, name in AREAS.items():
        lines += ["", f"## {name[0].upper()}{name[1:]}"]
        for metric_id, (of, _) in modules().items():
            if of != area:
                continue
            told = facts(metric_id)
            lines += ["", f"### {told.pop('title')}", "", f"`{metric_id}`", "", told.pop("definition"), ""]
            told.pop("Area")
            lines += [f"* **{label}:** {text}" for label, text in told.items()]
    return "\n".join(lines) + "\n"


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
