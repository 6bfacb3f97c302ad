"""The types that pass between the rooms and into ``assessment.json``.

Plain frozen dataclasses of strings, numbers, tuples and dicts: what a report, a comparison or a trend needs,
without the log and without any library. Times are ISO 8601 UTC strings, durations seconds, missing is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

SCHEMA_VERSION = "1"

#: At most this many evidence rows stand in the result of one metric for one process.
EVIDENCE_ROWS = 50


class Status(StrEnum):
    """What a number, or its absence, means. Missing is never zero."""

    MEASURED = "measured"
    NOT_APPLICABLE = "not-applicable"  # the thing measured does not occur here, and recording of it is proven
    NOT_SUPPORTED = "not-supported"  # this engine cannot record it
    NOT_AVAILABLE = "not-available"  # it could be recorded; this export does not hold it
    INSUFFICIENT = "insufficient"  # too few cases or episodes to say
    ERROR = "error"  # the computation failed


class Rating(StrEnum):
    """ISO/IEC 33020 process attribute rating."""

    N = "N"  # not achieved, up to 15 %
    P = "P"  # partially, up to 50 %
    L = "L"  # largely, up to 85 %
    F = "F"  # fully

    @property
    def order(self) -> int:
        """0 for N … 3 for F."""
        return "NPLF".index(self.value)

    @property
    def word(self) -> str:
        """The rating in words."""
        return {"N": "not achieved", "P": "partially", "L": "largely", "F": "fully"}[self.value]


DriverId = Literal["vision", "people", "technology", "delivery", "measurement"]
AreaId = Literal["coverage", "exceptions", "parallelism", "kpi"]
Basis = Literal["observed", "inferred", "declared"]
Verdict = Literal["over-claim", "possible over-claim", "aligned", "under-claim", "undetermined"]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One row a person can open: which case, what was seen there, and when."""

    case_id: str | None
    what: str
    when: str | None = None
    element_id: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """One metric for one process (``process``) or the portfolio (``process is None``).

    ``low``/``high`` are the 95 % interval; where the value is only known to lie between bounds
    (``lower_bound``/``upper_bound``) the interval covers both bounds. ``numerator``/``denominator`` are what the
    value was divided from; ``n`` is the number of independent units (cases, episodes, releases, processes).
    ``unlock`` says which export would turn a missing value into a measured one.
    """

    id: str
    process: str | None
    value: float | None
    unit: str
    status: Status
    reason: str = ""
    low: float | None = None
    high: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None
    n_unit: str = "cases"
    method: str = ""
    basis: Basis = "observed"
    facets: tuple[str, ...] = ()
    unlock: str = ""
    caveats: tuple[str, ...] = ()
    details: dict[str, float | int | str | None] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """What a metric is, for readers of the result."""

    id: str
    title: str
    area: str
    unit: str
    better: Literal["up", "down", "neither"]
    definition: str
    facets: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Capability:
    """What one input can show. An empty ``unlock`` with "no" means that the engine cannot record it."""

    capability: str
    available: Literal["yes", "partial", "no"]
    why: str
    unlock: str = ""


@dataclass(frozen=True, kw_only=True)
class InputResult:
    """Provenance of one input and the reconciliation of its rows."""

    path: str
    role: Literal["engine", "outside"]
    role_declared: bool
    adapter: str
    engine: str
    engine_version: str | None
    sha256: str
    timezone: str
    history_level: str | None
    window_start: str | None
    window_end: str | None
    rows_read: int
    rows_kept: int
    rows_rejected: dict[str, int] = field(default_factory=dict)
    capabilities: tuple[Capability, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LogSummary:
    """Counts over everything that was kept."""

    cases: int
    events: int
    activity_instances: int
    activity_names: int
    variants: int
    start: str | None
    end: str | None
    window_days: int | None
    window_start: str | None
    window_end: str | None
    cases_in_window: int


@dataclass(frozen=True, kw_only=True)
class FlowNode:
    """A node of the process map."""

    id: str
    label: str
    kind: str
    count: int
    cases: int


@dataclass(frozen=True, kw_only=True)
class FlowEdge:
    """A directly-follows edge of the process map; ``mean_wait_s`` from end to next start, where both are known."""

    source: str
    target: str
    count: int
    cases: int | None = None
    mean_wait_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One sequence of activities and how many cases took it."""

    activities: tuple[str, ...]
    cases: int


@dataclass(frozen=True, kw_only=True)
class KpiGrade:
    """One cell of the trackability matrix (grades 0–4, METHODS D)."""

    id: str
    title: str
    grade: int | None
    declared: bool
    target: str = ""
    owner: str = ""
    quality: float | None = None
    missing: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProcessResult:
    """One process that really ran: its volume, map, variants and KPI row."""

    key: str
    name: str
    engine: str
    cases: int
    root_cases: int
    closed: int
    open: int
    productive: bool
    start: str | None
    end: str | None
    activities: int
    variants: int
    unit: str | None = None
    line_of_business: str | None = None
    nodes: tuple[FlowNode, ...] = ()
    edges: tuple[FlowEdge, ...] = ()
    top_variants: tuple[Variant, ...] = ()
    kpis: tuple[KpiGrade, ...] = ()
    discovery: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim of a maturity model, rated. ``rating is None``: it could not be rated, and ``reason`` says why.

    ``met`` is the demonstrated answer, ``potential`` the answer if the missing evidence were favourable.
    """

    id: str
    level: int
    quote: str
    polarity: Literal["attain", "limit", "hedged", "affirmation"]
    minimum: Rating | None
    rating: Rating | None
    status: Status
    metrics: tuple[str, ...]
    scope: Literal["process", "portfolio"]
    met: bool | None
    potential: bool | None
    required: bool
    reason: str = ""
    strength: str = "E0"
    achievement: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    capped: str = ""
    cuts: tuple[float, ...] = ()
    provenance: str = ""
    unlock: str = ""


@dataclass(frozen=True, kw_only=True)
class Level:
    """``potential is None``: too little of the next levels was rated to say (shown as “open”)."""

    demonstrated: int | None
    potential: int | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that would move a level: ``kind`` raise (do it), unlock (export it) or hold (it may be lost)."""

    kind: Literal["raise", "unlock", "hold"]
    claim: str
    level: int
    text: str
    metric: str | None = None
    distance: float | None = None


@dataclass(frozen=True, kw_only=True)
class DriverResult:
    """One driver of a model. ``source`` says where its level comes from."""

    id: str
    title: str
    source: Literal["mined", "self-reported", "none"]
    level: Level
    summary: str
    confidence: Literal["high", "medium", "low"]
    confidence_reason: str = ""
    claims: tuple[Claim, ...] = ()
    changes: tuple[Change, ...] = ()
    distribution: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class AreaRating:
    """One of the four measured areas of a process."""

    id: AreaId
    title: str
    metric: str
    rating: Rating | None
    status: Status
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = "share"
    n: int | None = None
    n_unit: str = "cases"
    reason: str = ""
    advice: str = ""
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProcessRating:
    """Areas and drivers of one process, by its own evidence."""

    key: str
    areas: tuple[AreaRating, ...]
    drivers: tuple[DriverResult, ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a model's grid: its full text as short quotes, and the claims read from it."""

    driver: str
    level: int
    quotes: tuple[str, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ModelResult:
    """One maturity model applied to the evidence."""

    id: str
    title: str
    version: str
    sha256: str
    local_cuts: bool
    level_names: tuple[str, ...]
    drivers: tuple[DriverResult, ...]
    processes: tuple[ProcessRating, ...]
    cells: tuple[Cell, ...] = ()
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class SelfItem:
    """The self view of one survey item."""

    id: str
    title: str
    level: float | None
    low: float | None
    high: float | None
    n: int
    dont_know: int
    anchor: str = ""


@dataclass(frozen=True, kw_only=True)
class SelfDriver:
    """The self-reported level of one driver."""

    driver: str
    level: int | None
    low: float | None
    high: float | None
    items: tuple[SelfItem, ...]
    dont_know_share: float
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SurveyResult:
    """What the respondents said."""

    respondents: int
    roles: tuple[str, ...]
    units: tuple[str, ...]
    collected: str | None
    drivers: tuple[SelfDriver, ...]
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """Mined against self for one driver. ``scope`` names what the mined side describes (portfolio or a process key)."""

    driver: str
    scope: str
    demonstrated: int | None
    potential: int | None
    self_level: int | None
    verdict: Verdict
    text: str
    explanations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoadmapItem:
    """One step worth taking, with the sign by which its effect would show."""

    driver: str
    process: str | None
    step: str
    why: str
    works_if: str
    kind: Literal["raise", "unlock", "hold"]
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class QualityFinding:
    """One finding about the log: ``severity`` info, note or warning; ``share`` of the rows or cases touched."""

    id: str
    title: str
    severity: Literal["info", "note", "warning"]
    text: str
    count: int | None = None
    share: float | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that went wrong or was assumed, and that the reader must know. ``severity`` note, warning or error."""

    severity: Literal["note", "warning", "error"]
    text: str
    where: str = ""
    fix: str = ""


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
