"""The types that pass between the rooms and into ``assessment.json``.

Plain frozen dataclasses of strings, numbers, tuples and dicts: what a report, a comparison or a trend needs,
without the log and without any library. Times are ISO 8601 UTC strings, durations seconds, missing is ``None``.
"""

from __future__ import annotations

from poanalyzer.results.assessment import SCHEMA_VERSION, Assessment, Run, Tool
from poanalyzer.results.evidence import (
    EVIDENCE_ROWS,
    Basis,
    Capability,
    Evidence,
    InputResult,
    LogSummary,
    MetricInfo,
    MetricResult,
    Problem,
    QualityFinding,
    Status,
)
from poanalyzer.results.inspection import ClaimSupport, Contents, Held, Inspection, Unlock
from poanalyzer.results.judgement import (
    AreaId,
    AreaRating,
    Cell,
    Change,
    Claim,
    DriverResult,
    Level,
    ModelResult,
    ProcessRating,
    Rating,
)
from poanalyzer.results.process import FlowEdge, FlowNode, KpiGrade, KpiMonth, PortfolioKpi, ProcessResult, Variant
from poanalyzer.results.selfview import (
    ComparisonRow,
    DriverId,
    RoadmapItem,
    SelfDriver,
    SelfItem,
    SurveyResult,
    Verdict,
)

__all__ = [
    "EVIDENCE_ROWS",
    "SCHEMA_VERSION",
    "AreaId",
    "AreaRating",
    "Assessment",
    "Basis",
    "Capability",
    "Cell",
    "Change",
    "Claim",
    "ClaimSupport",
    "ComparisonRow",
    "Contents",
    "DriverId",
    "DriverResult",
    "Evidence",
    "FlowEdge",
    "FlowNode",
    "Held",
    "InputResult",
    "Inspection",
    "KpiGrade",
    "KpiMonth",
    "Level",
    "LogSummary",
    "MetricInfo",
    "MetricResult",
    "ModelResult",
    "PortfolioKpi",
    "Problem",
    "ProcessRating",
    "ProcessResult",
    "QualityFinding",
    "Rating",
    "RoadmapItem",
    "Run",
    "SelfDriver",
    "SelfItem",
    "Status",
    "SurveyResult",
    "Tool",
    "Unlock",
    "Variant",
    "Verdict",
]
