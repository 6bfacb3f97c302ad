"""What was measured, with what certainty, and what may be read from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Basis = Literal["observed", "inferred", "declared"]

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
    role: Literal["engine", "outside", "delivery"]
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
class QualityFinding:
    """One finding about the log: ``severity`` info, note or warning; ``share`` of the rows or cases touched.

    ``fix`` says what to do about it.
    """

    id: str
    title: str
    severity: Literal["info", "note", "warning"]
    text: str
    count: int | None = None
    share: float | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that went wrong or was assumed, and that the reader must know. ``severity`` note, warning or error."""

    severity: Literal["note", "warning", "error"]
    text: str
    where: str = ""
    fix: str = ""
