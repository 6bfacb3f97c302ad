"""Our reader of BPMN 2.0 models: every flow element of every process in a file, with the engines' extensions.

Whatever the prefix, and from any of the modelers: tasks, call activities, sub-processes (event sub-processes,
transactions, ad hoc), gateways, events with their kind, sequence flows, lanes, and the extension attributes of
Camunda 7 and 8, Activiti, Flowable and Operaton.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.ingest.bpmn.checksum import checksum
from poanalyzer.ingest.bpmn.extensions import candidate_groups, extension, implementation, retry
from poanalyzer.ingest.bpmn.xml import Node, parse

if TYPE_CHECKING:
    import pyarrow as pa

_BPMN = ("http://www.omg.org/spec/BPMN/20100524/MODEL", "http://schema.omg.org/spec/BPMN/2.0")
_SCOPES = ("subProcess", "transaction", "adHocSubProcess")
_TASKS = ("task", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "manualTask")
_EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
_GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
_ACTIVITIES = (*_TASKS, *_SCOPES, "callActivity")
_FLOW_ELEMENTS = frozenset((*_ACTIVITIES, *_EVENTS, *_GATEWAYS, "sequenceFlow"))
_TIMERS = ("timeDuration", "timeDate", "timeCycle")


@dataclass(frozen=True, kw_only=True)
class Element:
    """A flow element. Names are those of the canonical table ``elements``, then what only this reader knows.

    ``event_kind`` is timer, error, message, signal, escalation, compensate, conditional, link, terminate, cancel,
    multiple or none, and ``None`` for what is no event. ``implementation`` is ``kind:value`` with the kind external,
    job, class, delegate, expression, connector, mail, shell, decision, script or form.
    """

    element_id: str
    element_type: str
    name: str | None = None
    parent_id: str | None = None
    attached_to: str | None = None
    event_kind: str | None = None
    interrupting: bool | None = None
    retry: str | None = None
    timer: str | None = None
    template: str | None = None
    implementation: str | None = None
    multi_instance: str | None = None
    is_compensation: bool | None = None
    default_flow: str | None = None
    source_ref: str | None = None
    target_ref: str | None = None
    called_key: str | None = None
    candidate_groups: str | None = None
    due_date: str | None = None
    condition: str | None = None
    lane: str | None = None
    event_ref: str | None = None


#: Fields of :class:`Element` that are columns of the canonical table.
_COLUMNS = tuple(f.name for f in fields(Element) if f.name not in ("lane", "event_ref"))


@dataclass(frozen=True, kw_only=True)
class ProcessModel:
    """One process of a BPMN file; ``checksum`` is of its normalised content, ``source`` the file's name."""

    key: str
    name: str | None
    version_tag: str | None
    executable: bool
    history_ttl: str | None
    checksum: str
    source: str
    elements: tuple[Element, ...]

    def element(self, element_id: str) -> Element:
        """Return the element with that id; raise :class:`KeyError` where there is none."""
        for element in self.elements:
            if element.element_id == element_id:
                return element
        raise KeyError(element_id)


def read_models(data: bytes, name: str) -> tuple[ProcessModel, ...]:
    """Return the processes of a BPMN 2.0 file, in file order.

    Args:
        data: the file's bytes, in any encoding XML knows.
        name: what messages call the file.

    Raises:
        InputError: it is not sound XML, not BPMN, or larger than any model (see :mod:`poanalyzer.ingest.bpmn.xml`).
    """
    root = parse(data, name)
    if root.name != "definitions" or root.namespace not in _BPMN:
        raise InputError(
            f"XML, but no BPMN 2.0 model (its root is <{root.name}>)", where=name, fix="Export the model as BPMN 2.0."
        )
    definitions = {node.attributes["id"]: node for node in root.children if node.attributes.get("id")}
    stem = PurePath(name.split("!")[-1]).stem
    processes = [node for node in root.children if node.name == "process"]
    return tuple(_process(node, root, definitions, name, stem) for node in processes)


def elements_table(models: Iterable[tuple[str, str, ProcessModel]]) -> pa.Table:
    """Return rows of the canonical table ``elements`` for (process key, version, model), ``raw_ref`` as file and id."""
    import pyarrow as pa

    rows = [
        {
            "process_key": key,
            "version": version,
            **{column: getattr(element, column) for column in _COLUMNS},
            "raw_ref": f"{model.source}#{element.element_id}",
        }
        for key, version, model in models
        for element in model.elements
    ]
    flags = ("interrupting", "is_compensation")
    names = ("process_key", "version", *_COLUMNS, "raw_ref")
    schema = pa.schema([(n, pa.bool_() if n in flags else pa.string()) for n in names])
    return pa.Table.from_pylist(rows, schema=schema)


def _process(process: Node, root: Node, definitions: dict[str, Node], source: str, stem: str) -> ProcessModel:
    lanes = {
        ref.text.strip(): lane.get("name") or lane.get("id") or ""
        for lane in process.walk()
        if lane.name == "lane"
        for ref in lane.children
        if ref.name == "flowNodeRef"
    }
    key = process.get("id") or stem
    return ProcessModel(
        key=key,
        name=process.get("name"),
        version_tag=extension(process, "versionTag"),
        executable=process.get("isExecutable") != "false",
        history_ttl=extension(process, "historyTimeToLive"),
        checksum=checksum(process, root),
        source=source,
        elements=tuple(_elements(process, None, definitions, lanes)),
    )


def _elements(
    scope: Node, scope_id: str | None, definitions: dict[str, Node], lanes: dict[str, str]
) -> Iterator[Element]:
    """Yield the flow elements of a scope and, after each sub-process, its own."""
    in_event_scope = scope.get("triggeredByEvent") == "true"
    for number, node in enumerate(child for child in scope.children if child.name in _FLOW_ELEMENTS):
        element_id = node.get("id") or f"{scope_id or 'process'}/{node.name}[{number}]"
        yield _element(node, element_id, scope_id, in_event_scope, definitions, lanes)
        if node.name in _SCOPES:
            yield from _elements(node, element_id, definitions, lanes)


def _element(
    node: Node,
    element_id: str,
    scope_id: str | None,
    in_event_scope: bool,
    definitions: dict[str, Node],
    lanes: dict[str, str],
) -> Element:
    events = _event_definitions(node, definitions) if node.name in _EVENTS else []
    by_event = node.name in _SCOPES and node.get("triggeredByEvent") == "true"
    is_task = node.name in _TASKS
    called = node.get("calledElement") or extension(node, "processId") if node.name == "callActivity" else None
    return Element(
        element_id=element_id,
        element_type="eventSubProcess" if by_event else node.name,
        name=" ".join(node.attributes.get("name", "").split()) or None,
        parent_id=scope_id,
        attached_to=node.get("attachedToRef"),
        event_kind=_event_kind(events) if node.name in _EVENTS else _flow_kind(node),
        interrupting=_interrupting(node, in_event_scope, by_event),
        retry=retry(node),
        timer=next((" ".join(t.text.split()) for e in events for t in e.children if t.name in _TIMERS), None),
        template=extension(node, "modelerTemplate"),
        implementation=implementation(node, events) if is_task or events or node.name == "callActivity" else None,
        multi_instance=_multi_instance(node),
        is_compensation=node.get("isForCompensation") == "true" if node.name in _ACTIVITIES else None,
        default_flow=node.get("default"),
        source_ref=node.get("sourceRef"),
        target_ref=node.get("targetRef"),
        called_key=called,
        candidate_groups=candidate_groups(node),
        due_date=extension(node, "dueDate"),
        condition=_condition(node),
        lane=lanes.get(element_id),
        event_ref=_event_ref(node, events, definitions),
    )


def _condition(node: Node) -> str | None:
    """Return the condition of a sequence flow as it is written, without line breaks."""
    said = node.find("conditionExpression") if node.name == "sequenceFlow" else None
    return " ".join(said.text.split()) or None if said is not None else None


def _flow_kind(node: Node) -> str | None:
    """Return “conditional” for a sequence flow with a condition: it is not always taken, so it splits nothing."""
    conditional = node.name == "sequenceFlow" and any(c.name == "conditionExpression" for c in node.children)
    return "conditional" if conditional else None


def _event_definitions(node: Node, definitions: dict[str, Node]) -> list[Node]:
    """Return an event's definitions, those of its own and those it refers to."""
    found = [child for child in node.children if child.name.endswith("EventDefinition")]
    refs = [child.text.strip() for child in node.children if child.name == "eventDefinitionRef"]
    return found + [definitions[ref] for ref in refs if ref in definitions]


def _event_kind(events: list[Node]) -> str:
    if not events:
        return "none"
    return events[0].name.removesuffix("EventDefinition") if len(events) == 1 else "multiple"


def _event_ref(node: Node, events: list[Node], definitions: dict[str, Node]) -> str | None:
    """Return the name or code of the message, signal, error or escalation an element waits for or throws."""
    for holder in (*events, node):
        for attribute in ("messageRef", "signalRef", "errorRef", "escalationRef"):
            target = definitions.get(holder.attributes.get(attribute, ""))
            if target is not None:
                return target.get("errorCode") or target.get("escalationCode") or target.get("name")
    return None


def _interrupting(node: Node, in_event_scope: bool, by_event: bool) -> bool | None:
    if node.name == "boundaryEvent":
        return node.get("cancelActivity") != "false"
    if node.name == "startEvent" and in_event_scope:
        return node.get("isInterrupting") != "false"
    if by_event:
        start = node.find("startEvent")
        return start is None or start.get("isInterrupting") != "false"
    return None


def _multi_instance(node: Node) -> str | None:
    loop = node.find("multiInstanceLoopCharacteristics")
    if loop is not None:
        return "sequential" if loop.get("isSequential") == "true" else "parallel"
    return "loop" if node.find("standardLoopCharacteristics") is not None else None
