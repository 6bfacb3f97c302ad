"""A checksum of what a model says, blind to how it was drawn and written down.

Two versions have the same checksum when they differ only in the diagram, in white space, in the order of attributes and
elements, in the ids of elements without a name, or in the version tag. Elements without a name are told apart by their
surroundings: each gets a label from its content and the labels of what it refers to and what refers to it, refined a
few times (the colour refinement of Weisfeiler and Leman).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

from poanalyzer.ingest.bpmn.xml import Node

#: How far around an element without a name its surroundings tell it apart.
ROUNDS = 6
#: Derived from the flows, or no part of the content.
_IGNORED = ("incoming", "outgoing", "flowNodeRef", "BPMNDiagram")
_DROPPED_ATTRIBUTES = ("id", "versionTag", "sourceRef", "targetRef")


def checksum(process: Node, root: Node) -> str:
    """Return the hex checksum of ``process``; ``root`` is the document it stands in (messages, errors, signals)."""
    known = {node.attributes["id"]: node for node in root.walk() if node.attributes.get("id")}
    inside = [node for node in process.walk() if node.attributes.get("id") and node is not process]
    flows: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for node in inside:
        if "sourceRef" in node.attributes and "targetRef" in node.attributes:
            flows[node.attributes["sourceRef"]].append(("out", node.attributes["id"]))
            flows[node.attributes["targetRef"]].append(("in", node.attributes["id"]))
    labels = dict.fromkeys(known, "")
    for _ in range(ROUNDS):
        labels = {
            identity: _hash(
                _content(node, labels),
                *(labels.get(node.attributes.get(end, ""), "") for end in ("sourceRef", "targetRef")),
                *sorted(f"{way}{labels[flow]}" for way, flow in flows[identity]),
            )
            for identity, node in known.items()
        }
    return _hash(_content(process, labels), *sorted(labels[node.attributes["id"]] for node in inside))


def _content(node: Node, labels: dict[str, str]) -> str:
    """Return a hash of a node without its id, with everything it refers to by that one's label."""
    own = node.attributes.get("id", "") if node.attributes.get("name") else ""
    attributes = sorted(
        f"{key}={labels.get(value) or _squeezed(value)}"
        for key, value in node.attributes.items()
        if key.rpartition(" ")[2] not in _DROPPED_ATTRIBUTES
    )
    # elements with an id of their own are compared as nodes of the graph, once; here only how many of which kind
    children = sorted(
        child.name if child.attributes.get("id") in labels else _content(child, labels)
        for child in node.children
        if child.name not in _IGNORED
    )
    text = _squeezed(node.text)
    return _hash(node.namespace, node.name, own, labels.get(text) or text, *attributes, "|", *children)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\x00")
    return digest.hexdigest()
