"""What the pages ask of an assessment: lookups, order, and the groups that are shown together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from poanalyzer.report.words import STATUS, amount, count, level, percent, sentence
from poanalyzer.results import (
    AreaRating,
    Assessment,
    Claim,
    DriverResult,
    KpiGrade,
    Level,
    MetricInfo,
    MetricResult,
    ModelResult,
    Problem,
    ProcessRating,
    ProcessResult,
    RoadmapItem,
    SelfDriver,
    Status,
)

PORTFOLIO = "portfolio"

_CLAIM_ID = re.compile(r"\b[A-Z]\d\.\d+\b|\bS[1-4]\b")


@dataclass(frozen=True)
class Scope:
    """What a set of levels describes: one process (``key``) or the whole portfolio (``key is None``)."""

    key: str | None
    name: str
    drivers: tuple[DriverResult, ...]

    @property
    def title(self) -> str:
        """The scope in words."""
        return f"Process “{self.name}”" if self.key is not None else "Portfolio"


@dataclass(frozen=True)
class Gap:
    """Claims or metrics that wait for the same thing."""

    status: Status
    reason: str
    unlock: str
    items: tuple[str, ...]
    scopes: tuple[str, ...]


class View:
    """Lookups over one assessment."""

    KINDS: ClassVar = {"raise": "Do", "unlock": "Fetch evidence", "hold": "Keep"}

    def __init__(self, assessment: Assessment) -> None:
        self.a = assessment
        self._info = {info.id: info for info in assessment.metric_catalogue}
        self._rows = {(row.id, row.process): row for row in assessment.metrics}
        self._processes = {process.key: process for process in assessment.processes}
        self.productive = tuple(p for p in assessment.processes if p.productive)
        self.others = tuple(p for p in assessment.processes if not p.productive)

    def info(self, metric: str) -> MetricInfo | None:
        """Return what the catalogue says of a metric; other versions may know other ones."""
        return self._info.get(metric)

    def metric_title(self, metric: str) -> str:
        """Return the title of a metric, or its id."""
        info = self._info.get(metric)
        return info.title if info else metric

    def row(self, metric: str, process: str | None) -> MetricResult | None:
        """Return one metric of one process, or of the portfolio."""
        return self._rows.get((metric, process))

    def name(self, key: str | None) -> str:
        """Return the name of a process; “portfolio” for none."""
        if key is None or key == PORTFOLIO:
            return PORTFOLIO
        process = self._processes.get(key)
        return (process.name or process.key) if process else key

    def names(self, keys: Iterable[str]) -> str:
        """Return the names of processes, joined."""
        return ", ".join(self.name(key) for key in keys)

    def process(self, key: str) -> ProcessResult | None:
        """Return the process with this key."""
        return self._processes.get(key)

    def ratings(self, model: ModelResult) -> tuple[ProcessRating, ...]:
        """Return the rated processes, productive ones first, in the order of the assessment."""
        order = {p.key: (not p.productive, index) for index, p in enumerate(self.a.processes)}
        return tuple(sorted(model.processes, key=lambda rating: order.get(rating.key, (True, len(order)))))

    def scopes(self, model: ModelResult) -> tuple[Scope, ...]:
        """Return the scopes with levels: each rated process, then the portfolio."""
        own = [Scope(rating.key, self.name(rating.key), rating.drivers) for rating in self.ratings(model)]
        return (*own, Scope(None, PORTFOLIO, model.drivers))

    def front_drivers(self, model: ModelResult) -> tuple[DriverResult, ...]:
        """Return the drivers of the first page: mined ones as the front scope shows them, the others as people say."""
        mined = {driver.id: driver for driver in self.front(model).drivers}
        return tuple(mined.get(driver.id, driver) for driver in model.drivers)

    def self_driver(self, driver: str) -> SelfDriver | None:
        """Return what the respondents said of a driver."""
        said = self.a.survey.drivers if self.a.survey else ()
        return next((d for d in said if d.driver == driver), None)

    def rows_of(self, process: str | None, *, measured: bool) -> tuple[MetricResult, ...]:
        """Return the metrics of one scope that have (or have no) value, in the order of the assessment."""
        return tuple(
            row
            for row in self.a.metrics
            if row.process == process and (row.status is Status.MEASURED and row.value is not None) == measured
        )

    def behind(self, process: str | None) -> tuple[MetricResult, ...]:
        """Return the metrics of one scope whose evidence no claim of the criteria shows."""
        shown = {
            metric
            for model in self.a.models
            for scope in self.scopes(model)
            if scope.key == process
            for driver in scope.drivers
            for claim in driver.claims
            for metric in claim.metrics
        }
        return tuple(row for row in self.a.metrics if row.process == process and row.evidence and row.id not in shown)

    def gaps(self, process: str | None) -> tuple[Gap, ...]:
        """Return the metrics of one scope without a value, those that wait for the same thing together."""
        return _grouped(
            (row.status, row.reason, row.unlock, row.id, "") for row in self.rows_of(process, measured=False)
        )

    def unrated(self, model: ModelResult) -> tuple[Gap, ...]:
        """Return the claims that records could answer and did not, over all scopes."""
        return _grouped(
            (claim.status, claim.reason, claim.unlock, claim.id, self.name(scope.key))
            for scope in self.scopes(model)
            for driver in scope.drivers
            for claim in driver.claims
            if claim.rating is None and driver.source == "mined" and claim.polarity != "affirmation"
        )

    def asked_only(self, model: ModelResult) -> tuple[str, ...]:
        """Return the claims that only people can answer."""
        found = [
            claim.id
            for driver in model.drivers
            for claim in driver.claims
            if claim.rating is None and (driver.source != "mined" or claim.polarity == "affirmation")
        ]
        return tuple(dict.fromkeys(found))

    def judged_cuts(self, model: ModelResult) -> tuple[int, int]:
        """Return how many claims have cuts that are judgement, and how many have cuts at all."""
        rated: dict[str, Claim] = {}
        for scope in self.scopes(model):
            for driver in scope.drivers:
                rated.update({claim.id: claim for claim in driver.claims if claim.cuts})
        return sum(claim.provenance == "J" for claim in rated.values()), len(rated)

    def input_line(self) -> str:
        """Return the inputs in one line."""
        parts = []
        for source in self.a.inputs:
            known = "" if source.engine == "unknown" else source.engine
            engine = " ".join(filter(None, (known, source.engine_version)))
            role = {"engine": "engine", "outside": "outside source", "delivery": "deployments"}[source.role]
            if not source.role_declared:
                role += ", assumed"
            parts.append(f"{source.path} ({'; '.join(filter(None, (engine, role)))})")
        return " · ".join(parts) or "none"

    def window_line(self) -> str:
        """Return the window that case, activity and exception rates describe."""
        log = self.a.log
        if log.end is None:
            return "no time was recorded"
        if log.window_days is None:
            return f"all records, {(log.start or '?')[:10]} to {log.end[:10]} ({count(log.cases_in_window, 'cases')})"
        return (
            f"{(log.window_start or '?')[:10]} to {(log.window_end or log.end)[:10]}, {log.window_days} days "
            f"({count(log.cases_in_window, 'cases')} of {count(log.cases, 'cases')})"
        )

    def main(self) -> str | None:
        """Return the process that the comparison and the roadmap are about; ``None`` for the portfolio."""
        for row in self.a.comparison:
            if row.scope != PORTFOLIO:
                return row.scope
        for item in self.a.roadmap:
            if item.process is not None:
                return item.process
        if self.a.comparison or self.a.roadmap or not self.productive:
            return None
        return self.productive[0].key

    def front(self, model: ModelResult) -> Scope:
        """Return the scope whose levels the first page names: the main process, or the portfolio."""
        main = self.main()
        return next((s for s in self.scopes(model) if s.key == main), self.scopes(model)[-1])

    def problems(self, *severities: str) -> tuple[Problem, ...]:
        """Return the problems of these severities; those that differ only in their place are one, with all places."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for problem in self.a.problems:
            if problem.severity in severities:
                groups.setdefault((problem.severity, problem.text, problem.fix), []).append(problem.where)
        return tuple(
            Problem(severity=severity, text=text, fix=fix, where=", ".join(filter(None, places)))  # type: ignore[arg-type]
            for (severity, text, fix), places in groups.items()
        )

    def bounded(self, area: AreaRating, process: str) -> bool:
        """Say whether an area's interval also covers what records leave unknown."""
        row = self.row(area.metric, process)
        return row is not None and row.lower_bound is not None and row.lower_bound != row.upper_bound

    def driver_title(self, driver: str) -> str:
        """Return the title of a driver."""
        known = (d for model in self.a.models for d in model.drivers)
        return next((d.title for d in known if d.id == driver), driver)

    def definitions(self) -> tuple[MetricInfo, ...]:
        """Return what is said of each metric that a row or a claim of the result names."""
        areas = (a.metric for model in self.a.models for rating in model.processes for a in rating.areas)
        named = {*(row.id for row in self.a.metrics), *areas, *self._info}
        return tuple(self._info.get(name) or _unknown(name) for name in sorted(named, key=self._position))

    def by_area(self, process: str | None) -> tuple[tuple[str, tuple[MetricResult, ...]], ...]:
        """Return the measured metrics of one scope by area, both in the order of the catalogue."""
        groups: dict[str, list[MetricResult]] = {}
        for row in sorted(self.rows_of(process, measured=True), key=lambda row: self._position(row.id)):
            info = self._info.get(row.id)
            groups.setdefault(info.area if info else "", []).append(row)
        return tuple((area, tuple(rows)) for area, rows in groups.items())

    def _position(self, metric: str) -> tuple[int, str]:
        order = list(self._info)
        return (order.index(metric) if metric in self._info else len(order), metric)

    def kpi_rows(self) -> tuple[tuple[str, str], ...]:
        """Return id and title of every KPI that any process has, in the order they are met."""
        return tuple({kpi.id: kpi.title for process in self.a.processes for kpi in process.kpis}.items())

    def kpi(self, process: ProcessResult, kpi: str) -> KpiGrade | None:
        """Return one cell of the trackability matrix."""
        return next((cell for cell in process.kpis if cell.id == kpi), None)

    def declared_kpis(self) -> tuple[tuple[ProcessResult, tuple[KpiGrade, ...]], ...]:
        """Return the processes with declared KPIs and these, productive ones first."""
        found = ((p, tuple(k for k in p.kpis if k.declared)) for p in (*self.productive, *self.others))
        return tuple((process, kpis) for process, kpis in found if kpis)

    def kpi_span(self) -> tuple[str, str] | None:
        """Return the first and last month in which any declared KPI has cases."""
        months = [m.month for _, kpis in self.declared_kpis() for k in kpis for m in k.months]
        return (min(months), max(months)) if months else None

    def kpi_note(self, kpi: KpiGrade) -> str:
        """Return why a declared KPI has no value or no verdict, and what to do about it."""
        missing = f"Missing: {', '.join(kpi.missing)}" if kpi.missing else ""
        return " ".join(sentence(said) for said in (missing, kpi.reason, kpi.unlock) if said)

    def weight_band(self, process: str) -> str:
        """Return how far the share of trackable figures depends on their weights, in a sentence."""
        row = self.row("kpi-trackability", process)
        details = row.details if row is not None else {}
        low, high = details.get("weights_low"), details.get("weights_high")
        if row is None or row.value is None or not isinstance(low, int | float) or not isinstance(high, int | float):
            return ""
        return (
            f"{percent(row.value)} of the figures can be computed, by their declared weights. Of 1 000 draws of other "
            f"weights nine in ten lie between {percent(low)} and {percent(high)}."
        )

    def label(self, process: ProcessResult, node: str) -> str:
        """Return the label of a node of a process map."""
        return next((n.label for n in process.nodes if n.id == node), node)

    def claim(self, model: ModelResult, process: str | None, driver: str, claim: str) -> Claim | None:
        """Return one claim as it was rated for a process or, for none, the portfolio."""
        scope = next((s for s in self.scopes(model) if s.key == process), None)
        drivers = scope.drivers if scope else ()
        return next((c for d in drivers if d.id == driver for c in d.claims if c.id == claim), None)

    def named_claims(self, model: ModelResult, item: RoadmapItem) -> tuple[Claim, ...]:
        """Return the claims that a step is about, so that nobody has to know their ids."""
        named = [*item.claims, *_CLAIM_ID.findall(f"{item.why} {item.works_if}")]
        found = (self.claim(model, item.process, item.driver, claim) for claim in dict.fromkeys(named))
        return tuple(claim for claim in found if claim is not None)

    def comparison_text(self, shown: int | None, potential: int | None) -> str:
        """Return the mined side of a comparison in words."""
        return level(Level(demonstrated=shown, potential=potential))


def _unknown(metric: str) -> MetricInfo:
    return MetricInfo(id=metric, title=metric, area="", unit="", better="neither", definition="")


def area_text(area: AreaRating) -> str:
    """Return an area's rating in a few words."""
    if area.rating is None:
        return f"not rated: {STATUS[area.status]}"
    return f"{area.rating.word} ({amount(area.value, area.unit)})"


def _grouped(found: Iterable[tuple[Status, str, str, str, str]]) -> tuple[Gap, ...]:
    groups: dict[tuple[Status, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for status, reason, unlock, item, scope in found:
        items, scopes = groups.setdefault((status, reason, unlock), ({}, {}))
        items[item] = None
        if scope:
            scopes[scope] = None
    order = list(Status)
    gaps = [Gap(*key, tuple(items), tuple(scopes)) for key, (items, scopes) in groups.items()]
    return tuple(sorted(gaps, key=lambda gap: (not gap.unlock, order.index(gap.status))))
