"""The whole result."""

from __future__ import annotations

from dataclasses import dataclass

from poanalyzer.results.evidence import InputResult, LogSummary, MetricInfo, MetricResult, Problem, QualityFinding
from poanalyzer.results.judgement import ModelResult
from poanalyzer.results.process import PortfolioKpi, ProcessResult
from poanalyzer.results.selfview import ComparisonRow, RoadmapItem, SurveyResult

#: Rises when a reader of the last version would misread the document.
SCHEMA_VERSION = "1"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """Which program made this result."""

    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """The run's own facts: the only part that differs between two runs on the same inputs."""

    started: str
    seconds: float
    python: str
    platform: str
    backend: str


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """Everything that was found: the whole of ``assessment.json``."""

    schema_version: str
    tool: Tool
    run: Run
    project: str
    inputs: tuple[InputResult, ...]
    log: LogSummary
    processes: tuple[ProcessResult, ...]
    metric_catalogue: tuple[MetricInfo, ...]
    metrics: tuple[MetricResult, ...]
    models: tuple[ModelResult, ...]
    survey: SurveyResult | None
    comparison: tuple[ComparisonRow, ...]
    roadmap: tuple[RoadmapItem, ...]
    quality: tuple[QualityFinding, ...]
    problems: tuple[Problem, ...]
    kpis: tuple[PortfolioKpi, ...] = ()
