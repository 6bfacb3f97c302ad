"""Layout of a process map: layers by longest path, order in them by barycentres, long edges through bends.

The frame is Sugiyama's: cycles are broken at back edges, nodes get layers, edges that skip layers pass through
invisible nodes, and sweeps of barycentres reduce crossings. No drawing library and no randomness: the same map always
gets the same picture.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from poanalyzer.report.process_graph import kept_edges, kept_nodes
from poanalyzer.results import FlowEdge, FlowNode

_SWEEPS = 8


@dataclass(frozen=True)
class Placed:
    """A node and the centre of its box; ``layer`` counts along the flow."""

    node: FlowNode
    layer: int
    x: float
    y: float


@dataclass(frozen=True)
class Routed:
    """An edge and the points it passes, from the centre of its source to that of its target.

    ``back`` says that it runs against the flow.
    """

    edge: FlowEdge
    points: tuple[tuple[float, float], ...]
    back: bool


@dataclass(frozen=True)
class Map:
    """A laid-out map; ``hidden_nodes`` and ``hidden_edges`` are what was left out, the least frequent first."""

    nodes: tuple[Placed, ...]
    edges: tuple[Routed, ...]
    width: float
    height: float
    across: bool
    hidden_nodes: tuple[FlowNode, ...] = ()
    hidden_edges: tuple[FlowEdge, ...] = ()


@dataclass(frozen=True)
class Box:
    """Size of a node and the least space around it, in pixels."""

    width: float = 152.0
    height: float = 46.0
    gap_along: float = 52.0
    gap_across: float = 22.0
    bend: float = 30.0


@dataclass
class _Graph:
    layers: list[list[str]] = field(default_factory=list)
    down: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    up: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def lay_out(nodes: Sequence[FlowNode], edges: Sequence[FlowEdge], box: Box = Box(), *, room: float = 1080.0) -> Map:
    """Lay out a directly-follows graph whose start and end are among ``nodes`` (kinds ``start`` and ``end``).

    The map runs left to right where that fits into ``room`` pixels and top down where it does not.
    """
    kept, hidden_nodes = kept_nodes(nodes)
    ids = {node.id for node in kept}
    inner = [e for e in edges if e.source in ids and e.target in ids and e.count > 0]
    inner, hidden_edges = kept_edges(inner, kept)
    loops = [e for e in inner if e.source == e.target]
    forward, back = _break_cycles(kept, [e for e in inner if e.source != e.target])
    layer = _layers(kept, [(e.source, e.target) for e in forward] + [(e.target, e.source) for e in back])
    graph, chains = _chains(kept, forward, back, layer)
    _order(graph)
    depth = len(graph.layers)
    sideways = depth * (box.width + box.gap_along) <= room
    place, along_total, across_total = _coordinates(graph, set(ids), box, sideways)

    def point(name: str) -> tuple[float, float]:
        along, across = place[name]
        return (along, across) if sideways else (across, along)

    routed = []
    for edge in [*forward, *back]:
        path = chains[edge.source, edge.target]
        routed.append(Routed(edge, tuple(point(name) for name in path), edge in back))
    routed += [Routed(edge, (point(edge.source), point(edge.source)), True) for edge in loops]
    by_id = {node.id: node for node in kept}
    placed = tuple(
        Placed(by_id[name], index, *point(name))
        for index, row in enumerate(graph.layers)
        for name in row
        if name in by_id
    )
    width, height = (along_total, across_total) if sideways else (across_total, along_total)
    return Map(placed, tuple(routed), width, height, sideways, hidden_nodes, hidden_edges)


def _break_cycles(nodes: Sequence[FlowNode], edges: Sequence[FlowEdge]) -> tuple[list[FlowEdge], list[FlowEdge]]:
    """Part the edges into forward and back ones: the strongest edges first, each forward if it closes no cycle."""
    kinds = {n.id: n.kind for n in nodes}
    after: Mapping[str, set[str]] = defaultdict(set)
    forward, back = [], []
    for edge in sorted(
        edges, key=lambda e: (kinds[e.source] != "start", kinds[e.target] != "end", -e.count, e.source, e.target)
    ):
        if kinds[edge.source] == "end" or kinds[edge.target] == "start" or _reaches(after, edge.target, edge.source):
            back.append(edge)
        else:
            after[edge.source].add(edge.target)
            forward.append(edge)
    return forward, back


def _reaches(after: Mapping[str, set[str]], start: str, goal: str) -> bool:
    stack, seen = [start], {start}
    while stack:
        here = stack.pop()
        if here == goal:
            return True
        for next_one in after.get(here, ()):
            if next_one not in seen:
                seen.add(next_one)
                stack.append(next_one)
    return False


def _layers(nodes: Sequence[FlowNode], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the longest path to each node; the start is first and the end last."""
    before: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        before[target].append(source)
    depth: dict[str, int] = {}
    starts = {n.id for n in nodes if n.kind == "start"}
    least = 1 if starts else 0

    def of(name: str) -> int:
        if name not in depth:
            first = 0 if name in starts else least
            depth[name] = max((of(b) + 1 for b in before[name]), default=first)
        return depth[name]

    for node in nodes:
        of(node.id)
    last = max(depth.values(), default=0)
    for node in nodes:
        if node.kind == "end":
            crowded = any(depth[n.id] == last for n in nodes if n.kind != "end")
            depth[node.id] = last + 1 if crowded else last
    return depth


def _chains(
    nodes: Sequence[FlowNode], forward: Sequence[FlowEdge], back: Sequence[FlowEdge], layer: Mapping[str, int]
) -> tuple[_Graph, dict[tuple[str, str], list[str]]]:
    """Put an invisible node on every layer that an edge passes; return the graph and each edge's way."""
    graph = _Graph(layers=[[] for _ in range(max(layer.values(), default=0) + 1)])
    for node in nodes:
        graph.layers[layer[node.id]].append(node.id)
    chains = {}
    for edge in (*forward, *back):
        upper, lower = sorted((edge.source, edge.target), key=lambda name: layer[name])
        way = [upper]
        for index in range(layer[upper] + 1, layer[lower]):
            bend = f"\0{edge.source}\0{edge.target}\0{index}"
            graph.layers[index].append(bend)
            way.append(bend)
        way.append(lower)
        for a, b in itertools.pairwise(way):
            graph.down[a].append(b)
            graph.up[b].append(a)
        chains[edge.source, edge.target] = way if upper == edge.source else way[::-1]
    return graph, chains


def _order(graph: _Graph) -> None:
    """Sweep down and up, sorting each layer by the mean position of its neighbours; keep the order that crosses least."""
    best, fewest = [list(row) for row in graph.layers], _crossings(graph)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        rows = range(1, len(graph.layers)) if down else range(len(graph.layers) - 2, -1, -1)
        neighbours = graph.up if down else graph.down
        for index in rows:
            beside = graph.layers[index - 1 if down else index + 1]
            position = {name: i for i, name in enumerate(beside)}
            own = {name: i for i, name in enumerate(graph.layers[index])}
            graph.layers[index].sort(
                key=lambda name: (_mean([position[n] for n in neighbours[name]], own[name]), own[name])
            )
        crossings = _crossings(graph)
        if crossings < fewest:
            best, fewest = [list(row) for row in graph.layers], crossings
    graph.layers = best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(graph: _Graph) -> int:
    total = 0
    for above, below in zip(graph.layers, graph.layers[1:], strict=False):
        position = {name: i for i, name in enumerate(below)}
        ends = [position[b] for a in above for b in sorted(graph.down[a], key=lambda n: position[n])]
        total += sum(first > later for i, first in enumerate(ends) for later in ends[i + 1 :])
    return total


def _coordinates(
    graph: _Graph, real: set[str], box: Box, sideways: bool
) -> tuple[dict[str, tuple[float, float]], float, float]:
    """Return the centre of each node as (along, across) the flow, and the extent both ways."""
    size_along, size_across = (box.width, box.height) if sideways else (box.height, box.width)
    extent = {name: size_across if name in real else box.bend for row in graph.layers for name in row}
    across: dict[str, float] = {}
    for row in graph.layers:
        x = 0.0
        for name in row:
            across[name] = x + extent[name] / 2
            x += extent[name] + box.gap_across
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 0
        for row in graph.layers if down else reversed(graph.layers):
            beside = graph.up if down else graph.down
            wish = {name: _mean([across[n] for n in beside[name]], across[name]) for name in row}
            _settle(row, wish, extent, box.gap_across, across)
    least = min(across[name] - extent[name] / 2 for name in across)
    step = size_along + box.gap_along
    margin = 26.0
    place = {
        name: (margin + size_along / 2 + index * step, margin + across[name] - least)
        for index, row in enumerate(graph.layers)
        for name in row
    }
    widest = max(across[name] + extent[name] / 2 for name in across) - least
    return place, 2 * margin + len(graph.layers) * step - box.gap_along, 2 * margin + widest


def _settle(
    row: Sequence[str], wish: Mapping[str, float], extent: Mapping[str, float], gap: float, across: dict[str, float]
) -> None:
    """Move the nodes of a layer as near to their wishes as their order and sizes allow (pooling those that collide)."""
    offset, blocks = 0.0, []
    shift: list[float] = []
    for previous, name in zip([None, *row], row, strict=False):
        if previous is not None:
            offset += (extent[previous] + extent[name]) / 2 + gap
        shift.append(offset)
        blocks.append([wish[name] - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, weight = blocks.pop()
            other = blocks[-1]
            other[0] = (other[0] * other[1] + mean * weight) / (other[1] + weight)
            other[1] += weight
    index = 0
    for mean, weight in blocks:
        for _ in range(int(weight)):
            across[row[index]] = mean + shift[index]
            index += 1
