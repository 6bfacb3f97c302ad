"""XML of models as a small tree, read by expat: no entities, no network, with caps on size, depth and elements.

Models come out of mails and portals, so a file is refused before it can hurt: a document type declaration (the only way
to declare entities) ends the reading at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from poanalyzer.errors import InputError

MAX_BYTES = 64 << 20
MAX_DEPTH = 200
MAX_NODES = 500_000


@dataclass(slots=True)
class Node:
    """An XML element: namespace and local name apart; ``attributes`` are keyed by ``"local"`` or ``"namespace local"``."""

    namespace: str
    name: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def get(self, name: str) -> str | None:
        """Return an attribute without a namespace, ``None`` where it is absent or empty."""
        return self.attributes.get(name) or None

    def find(self, name: str) -> Node | None:
        """Return the first child of that local name."""
        return next((child for child in self.children if child.name == name), None)

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it in document order."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(node.children))


def parse(data: bytes, name: str) -> Node:
    """Return the root of an XML document. Raises :class:`InputError` naming line and column where it is not sound."""
    if len(data) > MAX_BYTES:
        raise InputError(f"a model of more than {MAX_BYTES >> 20} MiB", where=name, fix="Leave this file out.")
    if not data.strip():
        raise InputError("the file is empty", where=name, fix="Export the model again.")
    top = Node("", "", {})
    stack = [top]
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_NODES or len(stack) > MAX_DEPTH:
            many = count > MAX_NODES
            limit = f"more than {MAX_NODES:,} elements" if many else f"elements nested deeper than {MAX_DEPTH}"
            raise InputError(f"XML with {limit} is refused", where=name, fix="It is no process model; leave it out.")
        namespace, _, local = tag.rpartition(" ")
        node = Node(namespace, local, attributes)
        stack[-1].children.append(node)
        stack.append(node)

    def end(_: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].text += data

    def doctype(*_: object) -> None:
        raise InputError(
            "XML with a document type declaration is refused (it may declare entities that grow without bound)",
            where=name,
            fix="Save the model again from a BPMN modeler.",
        )

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InputError(
            f"not sound XML: {expat.ErrorString(error.code)}",
            where=f"{name}, line {error.lineno}, column {error.offset + 1}",
            fix="Export the model again.",
        ) from None
    except (LookupError, ValueError) as error:
        raise InputError(
            f"XML in an encoding that cannot be read ({error})", where=name, fix="Save it as UTF-8."
        ) from None
    return top.children[0]
