"""What of a directly-follows graph is drawn: its start and end added, the least frequent left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from poanalyzer.results import FlowEdge, FlowNode

#: At most this many activities are drawn.
MAX_NODES = 40

#: At most this many edges for each node drawn.
EDGES_PER_NODE = 2.5

START, END = "\0start", "\0end"


def with_ends(
    nodes: Sequence[FlowNode], edges: Sequence[FlowEdge], cases: int
) -> tuple[tuple[FlowNode, ...], tuple[FlowEdge, ...]]:
    """Add a start and an end where the map has none: before what gains more cases than come in, after what loses some."""
    kinds = {node.kind for node in nodes}
    more_nodes, more_edges = [], []
    into: dict[str, int] = defaultdict(int)
    out: dict[str, int] = defaultdict(int)
    for edge in edges:
        into[edge.target] += edge.count
        out[edge.source] += edge.count
    if "start" not in kinds:
        more_nodes.append(FlowNode(id=START, label="start", kind="start", count=cases, cases=cases))
        more_edges += [
            _end_edge(START, n.id, n.count - into[n.id]) for n in nodes if n.kind != "end" and n.count > into[n.id]
        ]
    if "end" not in kinds:
        more_nodes.append(FlowNode(id=END, label="end", kind="end", count=cases, cases=cases))
        more_edges += [
            _end_edge(n.id, END, n.count - out[n.id]) for n in nodes if n.kind != "start" and n.count > out[n.id]
        ]
    return (*nodes, *more_nodes), (*edges, *more_edges)


def _end_edge(source: str, target: str, count: int) -> FlowEdge:
    return FlowEdge(source=source, target=target, count=count, cases=count)


def kept_nodes(nodes: Sequence[FlowNode]) -> tuple[list[FlowNode], tuple[FlowNode, ...]]:
    """Return the most frequent activities with start and end, in a fixed order, and those left out."""
    ends = [n for n in nodes if n.kind in ("start", "end")]
    ranked = sorted((n for n in nodes if n.kind not in ("start", "end")), key=lambda n: (-n.count, n.id))
    kept, hidden = ranked[:MAX_NODES], ranked[MAX_NODES:]
    chosen = {n.id for n in (*kept, *ends)}
    return [n for n in sorted(nodes, key=_rank) if n.id in chosen], tuple(reversed(hidden))


def _rank(node: FlowNode) -> tuple[int, int, str]:
    return ({"start": 0, "end": 2}.get(node.kind, 1), -node.count, node.id)


def kept_edges(edges: Sequence[FlowEdge], nodes: Sequence[FlowNode]) -> tuple[list[FlowEdge], tuple[FlowEdge, ...]]:
    """Keep what connects each node best, then the most frequent edges, up to :data:`EDGES_PER_NODE`."""
    ranked = sorted(edges, key=lambda e: (-e.count, e.source, e.target))
    needed: dict[tuple[str, str], FlowEdge] = {}
    for side in ("source", "target"):
        seen: set[str] = set()
        for edge in ranked:
            name = getattr(edge, side)
            if name not in seen and edge.source != edge.target:
                seen.add(name)
                needed[edge.source, edge.target] = edge
    limit = max(len(needed), int(EDGES_PER_NODE * len(nodes)))
    for edge in ranked:
        if len(needed) >= limit:
            break
        needed[edge.source, edge.target] = edge
    kept = [e for e in ranked if (e.source, e.target) in needed]
    return kept, tuple(e for e in reversed(ranked) if (e.source, e.target) not in needed)
