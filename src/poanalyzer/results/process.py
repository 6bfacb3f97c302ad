"""One process that really ran, as the report shows it."""

from __future__ import annotations

from dataclasses import dataclass, field


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
class KpiMonth:
    """A figure in one calendar month (UTC, ``2026-03``) by the end of its cases.

    ``complete``: the whole month lies in the export; ``computable``: its fields are filled in enough of its cases.
    """

    month: str
    cases: int
    value: float | None
    complete: bool
    computable: bool


@dataclass(frozen=True, kw_only=True)
class KpiGrade:
    """One cell of the trackability matrix (grades 0–4); ``value`` over the window, seconds where ``unit`` is ``s``.

    ``cases`` are those that the value is of. ``low``/``high`` are its 95 % interval where it is a mean, a share or a
    quantile, and ``method`` says how it was made. ``attained``: whether the value meets the target; None where either
    is missing or they do not compare. ``unlock`` says what to export or declare where it cannot be computed; ``scope``
    which cases it is about where they are not all; ``weight`` is the declared one.
    """

    id: str
    title: str
    grade: int | None
    declared: bool
    target: str = ""
    owner: str = ""
    quality: float | None = None
    missing: tuple[str, ...] = ()
    reason: str = ""
    value: float | None = None
    unit: str = ""
    cases: int | None = None
    attained: bool | None = None
    measured_as: str = ""
    months: tuple[KpiMonth, ...] = ()
    low: float | None = None
    high: float | None = None
    method: str = ""
    unlock: str = ""
    scope: str = ""
    weight: float = 1.0
    n_unit: str = "cases"


@dataclass(frozen=True, kw_only=True)
class PortfolioKpi:
    """A declared KPI over all of its ``processes`` (keys): Σ/Σ over their cases, by month too.

    ``value`` is None where the measure does not add up over processes, or where one of them cannot be computed;
    ``reason`` says which.
    """

    id: str
    title: str
    processes: tuple[str, ...]
    target: str = ""
    owner: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    unit: str = ""
    cases: int | None = None
    attained: bool | None = None
    measured_as: str = ""
    months: tuple[KpiMonth, ...] = ()
    reason: str = ""
    scope: str = ""
    n_unit: str = "cases"


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
