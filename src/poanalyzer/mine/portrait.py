"""A process as the report shows it: volume, map, variants, figures, and the model mined from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.mine.flow import activity_counts, directly_follows, top_variants, variant_counts
from poanalyzer.mine.mined import Mined, iso
from poanalyzer.mine.processes import Process
from poanalyzer.mine.trackability import kpi_grades
from poanalyzer.results import FlowEdge, FlowNode, ProcessResult, Status, Variant

if TYPE_CHECKING:
    from poanalyzer.mine.discovery import Discovery, RunningDiscovery

#: What a map, a list of variants and a mined model may hold at most.
MAX_NODES = 80
MAX_EDGES = 400
MAX_LISTED_VARIANTS = 10
#: Models are mined for this many of the largest processes.
MINED_PROCESSES = 3


def start_discovery(mined: Mined, process: Process, seconds: float) -> RunningDiscovery | None:
    """Begin to mine a model of the process in a child process, or return None where nothing ran."""
    from poanalyzer.mine.discovery import start

    rows = mined.of(top_variants)[mined.of(top_variants)["process_ix"] == process.ix]
    if rows.empty:
        return None
    names = mined.activities
    variants = [
        (tuple(names[a] for a in activities), int(cases))
        for activities, cases in zip(rows["activities"], rows["cases"], strict=True)
    ]
    counts = mined.of(variant_counts)[process.ix]
    return start(variants, seconds=seconds, log_variants=counts.variants, log_cases=counts.cases)


def portray(mined: Mined, process: Process, discovery: Discovery | None) -> ProcessResult:
    """Return the result of one process."""
    counts = mined.of(variant_counts).get(process.ix)
    nodes = _nodes(mined, process)
    settings = process.settings
    return ProcessResult(
        key=process.key, name=process.name, engine=process.engine, cases=process.cases,
        root_cases=process.root_cases, closed=process.closed, open=process.open, productive=process.productive,
        start=iso(process.start), end=iso(process.end),
        activities=int((mined.of(activity_counts)["process_ix"] == process.ix).sum()),
        variants=counts.variants if counts else 0, unit=settings.unit, line_of_business=settings.line_of_business,
        nodes=nodes, edges=_edges(mined, process, {n.id for n in nodes}), top_variants=_variants(mined, process),
        kpis=mined.of(kpi_grades)[process.ix], discovery=_told(discovery),
    )  # fmt: skip


def _nodes(mined: Mined, process: Process) -> tuple[FlowNode, ...]:
    rows = mined.of(activity_counts)
    rows = rows[rows["process_ix"] == process.ix].head(MAX_NODES)
    kinds = _kinds(mined)
    names = mined.activities
    columns = (rows["activity_ix"], rows["count"], rows["cases"])
    return tuple(
        FlowNode(id=f"a{int(a)}", label=names[int(a)], kind=kinds.get(int(a), "unknown"), count=int(n), cases=int(c))
        for a, n, c in zip(*columns, strict=True)
    )


def _kinds(mined: Mined) -> dict[int, str]:
    steps = mined.query(mined.log.coded("d_step").select("activity_ix", "element_type"))
    steps = steps.sort_values("element_type")
    return {int(i): str(t) for i, t in zip(steps["activity_ix"], steps["element_type"], strict=True)}


def _edges(mined: Mined, process: Process, shown: set[str]) -> tuple[FlowEdge, ...]:
    rows = mined.of(directly_follows)
    rows = rows[rows["process_ix"] == process.ix]
    firsts = mined.of(activity_counts)
    firsts = firsts[(firsts["process_ix"] == process.ix) & (firsts["firsts"] > 0)]
    out = [
        FlowEdge(source="start", target=f"a{int(a)}", count=int(n), cases=int(n))
        for a, n in zip(firsts["activity_ix"], firsts["firsts"], strict=True)
    ]
    for source, target, count, waits, wait in zip(
        rows["source"], rows["target"], rows["count"], rows["waits"], rows["wait_us"], strict=True
    ):
        to = "end" if target != target or target is None else f"a{int(target)}"
        out.append(
            FlowEdge(
                source=f"a{int(source)}", target=to, count=int(count), cases=None,
                mean_wait_s=float(wait) / float(waits) / 1e6 if waits else None,
            )
        )  # fmt: skip
    kept = [e for e in out if (e.source in shown or e.source == "start") and (e.target in shown or e.target == "end")]
    kept.sort(key=lambda e: (-e.count, e.source, e.target))
    return tuple(kept[:MAX_EDGES])


def _variants(mined: Mined, process: Process) -> tuple[Variant, ...]:
    rows = mined.of(top_variants)
    rows = rows[rows["process_ix"] == process.ix].head(MAX_LISTED_VARIANTS)
    names = mined.activities
    return tuple(
        Variant(activities=tuple(names[a] for a in activities), cases=int(cases))
        for activities, cases in zip(rows["activities"], rows["cases"], strict=True)
    )


def _told(discovery: Discovery | None) -> dict[str, str]:
    if discovery is None:
        return {}
    told = {
        "status": str(discovery.status.value),
        "reason": discovery.reason,
        "tool": f"{discovery.tool} {discovery.version}".strip(),
        "variants": f"{discovery.variants_used} of {discovery.variants_total}",
        "coverage": f"{discovery.coverage:.4f}",
    }
    if discovery.status is Status.MEASURED:
        told["process_tree"] = discovery.process_tree or ""
        told["bpmn"] = discovery.bpmn_xml or ""
    return told
