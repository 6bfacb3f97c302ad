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

    ``attained``: whether the value meets the target; None where either is missing or they do not compare.
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
