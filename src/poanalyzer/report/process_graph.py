"""What of a directly-follows graph is drawn: its start and end added, the least frequent left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from poanalyzer.results import FlowEdge, FlowNode

#: At most this many activities are drawn.
MAX_NODES = 40

#: At most this many edges for each node drawn.
EDGES_PER_NODE = 2.5

START, END = "start", "end"


def with_ends(
    nodes: Sequence[FlowNode], edges: Sequence[FlowEdge], cases: int
) -> tuple[tuple[FlowNode, ...], tuple[FlowEdge, ...]]:
    """Return the graph with a start and an end: those that its edges name, else before and after where cases come and go."""
    more_nodes = [
        FlowNode(id=name, label=name, kind=name, count=cases, cases=cases)
        for name in (START, END)
        if not any(node.kind == name or node.id == name for node in nodes)
    ]
    named = {edge.source for edge in edges} | {edge.target for edge in edges}
    into, out = Counter[str](), Counter[str]()
    for edge in edges:
        into[edge.target] += edge.count
        out[edge.source] += edge.count
    begins: list[FlowEdge] = []
    if any(node.id == START for node in more_nodes) and START not in named:
        begins = [FlowEdge(source=START, target=n.id, count=n.count - into[n.id]) for n in nodes if n.kind != END]
    ends: list[FlowEdge] = []
    if any(node.id == END for node in more_nodes) and END not in named:
        ends = [FlowEdge(source=n.id, target=END, count=n.count - out[n.id]) for n in nodes if n.kind != START]
    return (*nodes, *more_nodes), (*edges, *(edge for edge in (*begins, *ends) if edge.count > 0))


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
