"""Write a process tree as a BPMN 2.0 file with a simple layout of its own (no Graphviz).

Every block of the tree becomes a block of the diagram: a sequence runs to the right, the branches of a choice or of a
parallel block lie below one another between two gateways, a loop leads back along its lower lane.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

if TYPE_CHECKING:
    from poanalyzer.mine.process_tree import ProcessTree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"

TASK = (100.0, 80.0)
GATEWAY = (50.0, 50.0)
EVENT = (36.0, 36.0)
SILENT = (20.0, 30.0)
GAP = 50.0
LANE_GAP = 30.0

#: What XML 1.0 cannot hold, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Node:
    id: str
    tag: str
    name: str
    left: float
    middle: float
    size: tuple[float, float]

    @property
    def right(self) -> float:
        return self.left + self.size[0]


@dataclass(frozen=True)
class _Flow:
    source: _Node
    target: _Node
    lane: float | None  # the height at which it runs where it does not run straight
    splits: bool  # it leaves the lane of its source at once; others run on and turn before their target


@dataclass
class _Diagram:
    nodes: list[_Node] = field(default_factory=list)
    flows: list[_Flow] = field(default_factory=list)

    def node(self, tag: str, left: float, middle: float, size: tuple[float, float], name: str = "") -> _Node:
        prefix = {"task": "Task", "startEvent": "Start", "endEvent": "End"}.get(tag, "Gateway")
        node = _Node(f"{prefix}_{len(self.nodes) + 1}", tag, name, left, middle, size)
        self.nodes.append(node)
        return node

    def flow(self, source: _Node, target: _Node, lane: float | None = None, *, splits: bool = False) -> None:
        self.flows.append(_Flow(source, target, lane, splits))

    def place(self, tree: ProcessTree, left: float, middle: float) -> tuple[_Node, _Node] | None:
        """Draw a block and return its first and last node, ``None`` for a silent one."""
        if tree.operator is None:
            if tree.label is None:
                return None
            task = self.node("task", left, middle, TASK, tree.label)
            return task, task
        if tree.operator == "sequence":
            return self._sequence(tree, left, middle)
        if tree.operator == "loop":
            return self._loop(tree, left, middle)
        tag = "exclusiveGateway" if tree.operator == "xor" else "parallelGateway"
        return self._branches(tree, tag, left, middle)

    def _sequence(self, tree: ProcessTree, left: float, middle: float) -> tuple[_Node, _Node] | None:
        first: _Node | None = None
        last: _Node | None = None
        for child in tree.children:
            block = self.place(child, left, middle)
            left += _size(child)[0] + GAP
            if block is None:
                continue
            if last is not None:
                self.flow(last, block[0])
            first, last = first or block[0], block[1]
        return None if first is None or last is None else (first, last)

    def _branches(self, tree: ProcessTree, tag: str, left: float, middle: float) -> tuple[_Node, _Node]:
        width, height = _size(tree)
        split = self.node(tag, left, middle, GATEWAY)
        join_left = left + width - GATEWAY[0]
        blocks: list[tuple[float, tuple[_Node, _Node] | None]] = []
        top = middle - height / 2
        for child in tree.children:
            lane = top + _size(child)[1] / 2
            blocks.append((lane, self.place(child, left + GATEWAY[0] + GAP, lane)))
            top += _size(child)[1] + LANE_GAP
        join = self.node(tag, join_left, middle, GATEWAY)
        for lane, block in blocks:
            if block is None:
                self.flow(split, join, lane)
            else:
                self.flow(split, block[0], splits=True)
                self.flow(block[1], join)
        return split, join

    def _loop(self, tree: ProcessTree, left: float, middle: float) -> tuple[_Node, _Node]:
        do, redo = tree.children
        width, height = _size(tree)
        do_lane = middle - height / 2 + _size(do)[1] / 2
        redo_lane = middle + height / 2 - _size(redo)[1] / 2
        entry = self.node("exclusiveGateway", left, middle, GATEWAY)
        done = self.place(do, left + GATEWAY[0] + GAP, do_lane)
        again = self.place(redo, left + GATEWAY[0] + GAP, redo_lane)
        leave = self.node("exclusiveGateway", left + width - GATEWAY[0], middle, GATEWAY)
        if done is None:
            self.flow(entry, leave, do_lane)
        else:
            self.flow(entry, done[0], splits=True)
            self.flow(done[1], leave)
        if again is None:
            self.flow(leave, entry, redo_lane)
        else:
            below = middle + height / 2 + LANE_GAP / 2
            self.flow(leave, again[0], below)
            self.flow(again[1], entry, below)
        return entry, leave


def _size(tree: ProcessTree) -> tuple[float, float]:
    """Return width and height of a block."""
    if tree.operator is None:
        return SILENT if tree.label is None else TASK
    sizes = [_size(child) for child in tree.children]
    if tree.operator == "sequence":
        return sum(width for width, _ in sizes) + GAP * (len(sizes) - 1), max(height for _, height in sizes)
    lanes = sum(height for _, height in sizes) + LANE_GAP * (len(sizes) - 1)
    return 2 * (GATEWAY[0] + GAP) + max(width for width, _ in sizes), lanes


def to_bpmn(tree: ProcessTree, *, process_id: str = "mined", name: str = "Mined process") -> str:
    """Return the tree as a BPMN 2.0 document; characters that XML cannot hold become U+FFFD."""
    diagram = _Diagram()
    width, height = _size(tree)
    middle = GAP + height / 2 + LANE_GAP
    begin = diagram.node("startEvent", GAP, middle, EVENT)
    block = diagram.place(tree, begin.right + GAP, middle)
    end = diagram.node("endEvent", begin.right + width + 2 * GAP, middle, EVENT)
    if block is None:
        diagram.flow(begin, end)
    else:
        diagram.flow(begin, block[0])
        diagram.flow(block[1], end)
    return _document(diagram, process_id, name)


def _document(diagram: _Diagram, process_id: str, name: str) -> str:
    for prefix, uri in (("bpmn", BPMN), ("bpmndi", BPMNDI), ("dc", DC), ("di", DI)):
        Xml.register_namespace(prefix, uri)
    root = Xml.Element(f"{{{BPMN}}}definitions", {"id": "Definitions", "targetNamespace": "urn:poanalyzer:mined"})
    process = Xml.SubElement(
        root, f"{{{BPMN}}}process", {"id": process_id, "name": _text(name), "isExecutable": "false"}
    )
    picture = Xml.SubElement(root, f"{{{BPMNDI}}}BPMNDiagram", {"id": "Diagram"})
    plane = Xml.SubElement(picture, f"{{{BPMNDI}}}BPMNPlane", {"id": "Plane", "bpmnElement": process_id})
    arriving: dict[str, list[str]] = {node.id: [] for node in diagram.nodes}
    leaving: dict[str, list[str]] = {node.id: [] for node in diagram.nodes}
    for number, flow in enumerate(diagram.flows, 1):
        leaving[flow.source.id].append(f"Flow_{number}")
        arriving[flow.target.id].append(f"Flow_{number}")
    for node in diagram.nodes:
        attributes = {"id": node.id} | ({"name": _text(node.name)} if node.tag == "task" else {})
        if node.tag.endswith("Gateway"):
            attributes["gatewayDirection"] = "Diverging" if len(leaving[node.id]) > 1 else "Converging"
        element = Xml.SubElement(process, f"{{{BPMN}}}{node.tag}", attributes)
        for tag, flows in (("incoming", arriving[node.id]), ("outgoing", leaving[node.id])):
            for flow_id in flows:
                Xml.SubElement(element, f"{{{BPMN}}}{tag}").text = flow_id
        shape = Xml.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", {"id": f"{node.id}_di", "bpmnElement": node.id})
        box = {"x": node.left, "y": node.middle - node.size[1] / 2, "width": node.size[0], "height": node.size[1]}
        Xml.SubElement(shape, f"{{{DC}}}Bounds", {key: f"{value:g}" for key, value in box.items()})
    for number, flow in enumerate(diagram.flows, 1):
        ends = {"id": f"Flow_{number}", "sourceRef": flow.source.id, "targetRef": flow.target.id}
        Xml.SubElement(process, f"{{{BPMN}}}sequenceFlow", ends)
        edge = {"id": f"Flow_{number}_di", "bpmnElement": f"Flow_{number}"}
        drawn = Xml.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge", edge)
        for x, y in _points(flow):
            Xml.SubElement(drawn, f"{{{DI}}}waypoint", {"x": f"{x:g}", "y": f"{y:g}"})
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _points(flow: _Flow) -> list[tuple[float, float]]:
    """Return the corners of a flow: straight, with one step, or along its lane (backwards for a loop's)."""
    begin, end = (flow.source.right, flow.source.middle), (flow.target.left, flow.target.middle)
    if flow.lane is not None:
        out, into = flow.source.right - 25, flow.target.left + 25
        return [(out, flow.source.middle), (out, flow.lane), (into, flow.lane), (into, flow.target.middle)]
    if begin[1] == end[1]:
        return [begin, end]
    bend = begin[0] + GAP / 2 if flow.splits else end[0] - GAP / 2
    return [begin, (bend, begin[1]), (bend, end[1]), end]


def _text(value: str) -> str:
    return _NOT_XML.sub("\ufffd", value)
