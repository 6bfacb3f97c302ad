"""The process map as SVG, and as sentences for those who do not see it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from markupsafe import Markup

from poanalyzer.report.process_graph import with_ends
from poanalyzer.report.process_map import Box, Map, Placed, Routed, lay_out
from poanalyzer.report.svg import Ids, el, figure, num, text
from poanalyzer.report.words import count, number, short
from poanalyzer.results import FlowNode, ProcessResult

_BOX = Box()
_END_RADIUS = 15.0


def process_map(process: ProcessResult) -> Map | None:
    """Return the laid-out map of ``process``; ``None`` where nothing ran."""
    if not process.nodes:
        return None
    return lay_out(*with_ends(process.nodes, process.edges, process.cases), _BOX)


def draw(ids: Ids, laid: Map, title: str) -> Markup:
    """Return the map as SVG: width of an arrow by count, dashed arrows run back, counts beside them."""
    most = max((r.edge.count for r in laid.edges), default=1)
    by_id = {p.node.id: p for p in laid.nodes}
    arrow = ids.new()
    pairs = {(r.edge.source, r.edge.target) for r in laid.edges}
    lines, labels = [], []
    taken: list[tuple[float, float]] = []
    for routed in sorted(laid.edges, key=lambda r: r.edge.count):
        line, at = _edge(routed, by_id, laid, most, arrow, paired=(routed.edge.target, routed.edge.source) in pairs)
        lines.append(line)
        labels.append((routed, at))
    written = []
    for routed, at in sorted(labels, key=lambda pair: -pair[0].edge.count):
        spot = _free(at, taken)
        if spot is not None:
            written.append(text(*spot, number(routed.edge.count), size=10, anchor="middle", fill="ink", class_="halo"))
    marker = el(
        "marker",
        el("path", fill="edge", d="M0 0 L8 4 L0 8 Z"),
        id=arrow,
        viewBox="0 0 8 8",
        refX=7,
        refY=4,
        markerWidth=9,
        markerHeight=9,
        markerUnits="userSpaceOnUse",
        orient="auto",
    )
    boxes = [_node(placed) for placed in laid.nodes]
    return figure(
        ids,
        laid.width,
        laid.height,
        title,
        f"{len(laid.nodes)} nodes and {len(laid.edges)} arrows; the table below says the same.",
        el("defs", marker),
        *lines,
        *boxes,
        *written,
    )


def _node(placed: Placed) -> Markup:
    node, x, y = placed.node, placed.x, placed.y
    if node.kind in ("start", "end"):
        width = 1.6 if node.kind == "start" else 4.0
        return el(
            "g",
            el("title", f"{node.label}: {number(node.cases)} cases"),
            el("circle", fill="page", stroke="ink", cx=x, cy=y, r=_END_RADIUS, stroke_width=width),
            text(x, y + 3.5, node.kind, size=9, anchor="middle", fill="ink"),
        )
    lines = _wrap(node.label)
    top = y - 3 if len(lines) == 1 else y - 9
    words = [text(x, top + 13 * i, line, size=11.5, anchor="middle", fill="ink") for i, line in enumerate(lines)]
    counts = f"{number(node.count)}× in {count(node.cases, 'cases')}"
    return el(
        "g",
        el("title", f"{node.label}: {number(node.count)} times in {number(node.cases)} cases ({node.kind})"),
        el(
            "rect",
            fill="node",
            stroke="edge",
            x=x - _BOX.width / 2,
            y=y - _BOX.height / 2,
            width=_BOX.width,
            height=_BOX.height,
            rx=7,
            stroke_width=1.2,
        ),
        *words,
        text(x, y + 17, counts, size=9.5, anchor="middle", fill="muted"),
    )


def _wrap(label: str, width: int = 23) -> list[str]:
    """Return a label on at most two lines, cut where that is not enough."""
    label = " ".join(label.split()) or "(no name)"
    if len(label) <= width:
        return [label]
    space = label.rfind(" ", 0, width + 1)
    if space < width // 3:
        return [label[: width - 1] + "…"] if " " not in label[width:] else [label[:width], short(label[width:], width)]
    return [label[:space], short(label[space + 1 :], width)]


def _edge(
    routed: Routed, by_id: dict[str, Placed], laid: Map, most: int, arrow: str, *, paired: bool
) -> tuple[Markup, tuple[float, float]]:
    edge = routed.edge
    source, target = by_id[edge.source].node, by_id[edge.target].node
    width = 1.0 + 5.0 * math.sqrt(edge.count / most)
    if edge.source == edge.target:
        path, at = _loop(routed.points[0], laid.across)
    else:
        points = list(routed.points)
        points[0] = _leave(points[0], points[1], source, laid.across)
        points[-1] = _leave(points[-1], points[-2], target, laid.across)
        if paired and len(points) == 2:
            points = [_aside(point, 13 if routed.back else -13, laid.across) for point in points]
        path, at = _curve(points, laid.across)
    name = f"{_name(source)} → {_name(target)}: {number(edge.count)} times"
    dash = {"stroke_dasharray": "6 4"} if routed.back else {}
    line = el(
        "path",
        el("title", name),
        fill="none",
        stroke="edge",
        d=path,
        stroke_width=width,
        stroke_opacity=0.85,
        marker_end=f"url(#{arrow})",
        **dash,
    )
    return line, at


def _name(node: FlowNode) -> str:
    return node.label if node.kind not in ("start", "end") else node.kind


def _leave(
    centre: tuple[float, float], toward: tuple[float, float], node: FlowNode, across: bool
) -> tuple[float, float]:
    """Return where an edge touches the border of a node: on the side that faces along the flow."""
    x, y = centre
    round_one = node.kind in ("start", "end")
    if across:
        reach = _END_RADIUS if round_one else _BOX.width / 2
        return (x + math.copysign(reach + 1, toward[0] - x), y)
    reach = _END_RADIUS if round_one else _BOX.height / 2
    spread = 0.0 if round_one else max(-_BOX.width / 3, min(_BOX.width / 3, (toward[0] - x) / 6))
    return (x + spread, y + math.copysign(reach + 1, toward[1] - y))


def _aside(point: tuple[float, float], by: float, across: bool) -> tuple[float, float]:
    """Return a point moved across the flow: two opposite arrows would else lie on each other."""
    x, y = point
    return (x, y + by) if across else (x + by, y)


def _curve(points: Sequence[tuple[float, float]], across: bool) -> tuple[str, tuple[float, float]]:
    """Return a path through the points that leaves and arrives along the flow, and the middle of it."""
    way = f"M{num(points[0][0])} {num(points[0][1])}"
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        if across:
            middle = (x1 + x2) / 2
            bend = ((middle, y1), (middle, y2))
        else:
            middle = (y1 + y2) / 2
            bend = ((x1, middle), (x2, middle))
        way += " C" + " ".join(f"{num(x)} {num(y)}" for x, y in (*bend, (x2, y2)))
    if len(points) % 2:
        return way, points[len(points) // 2]
    (x1, y1), (x2, y2) = points[len(points) // 2 - 1], points[len(points) // 2]
    return way, ((x1 + x2) / 2, (y1 + y2) / 2)


def _loop(centre: tuple[float, float], across: bool) -> tuple[str, tuple[float, float]]:
    """Return a small loop at the end of the first line of a box, and where its count stands."""
    x, y = centre
    if across:
        top = y - _BOX.height / 2
        left, right = x + _BOX.width / 2 - 40, x + _BOX.width / 2 - 14
        return (
            f"M{num(left)} {num(top)} C{num(left)} {num(top - 20)} {num(right)} {num(top - 20)} {num(right)} {num(top)}",
            ((left + right) / 2, top - 17),
        )
    side = x + _BOX.width / 2
    return (
        f"M{num(side)} {num(y - 12)} C{num(side + 20)} {num(y - 12)} {num(side + 20)} {num(y + 10)} {num(side)} {num(y + 10)}",
        (side + 19, y - 12),
    )


def _free(at: tuple[float, float], taken: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Return a spot for a label at or near ``at`` that no other label has; ``None`` where there is no room."""
    for dx, dy in ((0, 3), (0, 16), (0, -10), (22, 3), (-22, 3), (22, 16), (-22, -10)):
        spot = (at[0] + dx, at[1] + dy)
        if all(abs(spot[0] - x) > 30 or abs(spot[1] - y) > 11 for x, y in taken):
            taken.append(spot)
            return spot
    return None
