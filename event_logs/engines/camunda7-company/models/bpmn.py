"""A small notation for BPMN models: steps on paths, written as the XML that Camunda 7 deploys.

A model is a scope with paths. A path is a list of steps that follow one another; a step is a new element, the id of one
that exists, or the condition of the next sequence flow:

    model.path(start("received", "Order received"), user("check", "Check order", "sales"), gateway("ok", "In order?"))
    model.path("ok", when("${inOrder}"), end("done", "Order in order"))
    model.path("ok", otherwise(), end("refused", "Order refused"))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
)


@dataclass(frozen=True)
class Element:
    """One flow node: tag, attributes, and the XML inside it."""

    id: str
    name: str
    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    extensions: str = ""
    content: str = ""
    declares: tuple[tuple[str, str], ...] = ()  # (kind, name) of messages, errors, escalations and signals

    def xml(self) -> str:
        named = (("name", self.name),) if self.name else ()
        head = " ".join(f"{key}={quoteattr(value)}" for key, value in (("id", self.id), *named, *self.attributes))
        inner = (
            f"<bpmn:extensionElements>{self.extensions}</bpmn:extensionElements>" if self.extensions else ""
        ) + self.content
        return f"<bpmn:{self.tag} {head}>{inner}</bpmn:{self.tag}>" if inner else f"<bpmn:{self.tag} {head}/>"


@dataclass(frozen=True)
class Condition:
    """Of the next sequence flow; an empty expression makes it the gateway's default flow."""

    expression: str


def when(expression: str) -> Condition:
    return Condition(expression)


def otherwise() -> Condition:
    return Condition("")


@dataclass
class Scope:
    """A process or an embedded sub-process."""

    prefix: str = ""
    elements: dict[str, Element] = field(default_factory=dict)
    flows: list[tuple[str, str, str]] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    associations: list[tuple[str, str]] = field(default_factory=list)

    def path(self, *steps: Element | Condition | str) -> None:
        previous, condition = "", None
        for step in steps:
            if isinstance(step, Condition):
                condition = step
                continue
            if isinstance(step, Element):
                self.elements[step.id] = step
            current = step.id if isinstance(step, Element) else step
            if previous:
                self._flow(previous, current, condition)
            previous, condition = current, None

    def undo(self, of: str, handler: Element) -> None:
        """Adds a compensation handler to an activity."""
        boundary = f"{of}_undo"
        self.path(
            Element(
                boundary,
                "",
                "boundaryEvent",
                (("attachedToRef", of),),
                content=f'<bpmn:compensateEventDefinition id="{boundary}_event"/>',
            )
        )
        self.path(handler)
        self.associations.append((boundary, handler.id))

    def _flow(self, source: str, target: str, condition: Condition | None) -> None:
        name = f"{self.prefix}flow_{len(self.flows) + 1}"
        if condition is not None and not condition.expression:
            self.defaults[source] = name
        expression = condition.expression if condition else ""
        self.flows.append((source, target, expression))

    def declared(self) -> list[tuple[str, str]]:
        return [one for element in self.elements.values() for one in element.declares]

    def xml(self, indent: str) -> str:
        lines = []
        for element in self.elements.values():
            default = self.defaults.get(element.id)
            if default:
                element = Element(**{**element.__dict__, "attributes": (*element.attributes, ("default", default))})
            lines.append(indent + element.xml())
        for number, (source, target, expression) in enumerate(self.flows, 1):
            head = f'id="{self.prefix}flow_{number}" sourceRef="{source}" targetRef="{target}"'
            if expression:
                inner = _expression("conditionExpression", expression)
                lines.append(f"{indent}<bpmn:sequenceFlow {head}>{inner}</bpmn:sequenceFlow>")
            else:
                lines.append(f"{indent}<bpmn:sequenceFlow {head}/>")
        for source, target in self.associations:
            ends = f'sourceRef="{source}" targetRef="{target}"'
            lines.append(f'{indent}<bpmn:association id="{source}_to" associationDirection="One" {ends}/>')
        return "\n".join(lines)


@dataclass
class Model(Scope):
    """One version of one process."""

    key: str = ""
    name: str = ""
    version_tag: str = ""
    days_kept: int = 0

    def document(self) -> str:
        attributes = f'id="{self.key}" name={quoteattr(self.name)} isExecutable="true"'
        if self.version_tag:
            attributes += f' camunda:versionTag="{self.version_tag}"'
        if self.days_kept:
            attributes += f' camunda:historyTimeToLive="P{self.days_kept}D"'
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {NAMESPACES} id="definitions_{self.key}" '
            f'targetNamespace="http://example.org/company">\n{_declarations(self.declared())}'
            f"  <bpmn:process {attributes}>\n{self.xml('    ')}\n  </bpmn:process>\n</bpmn:definitions>\n"
        )


def _expression(tag: str, text: str) -> str:
    return f'<bpmn:{tag} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{tag}>'


def _declarations(declared: list[tuple[str, str]]) -> str:
    lines = []
    for kind, name in sorted(set(declared)):
        code = {"error": "errorCode", "escalation": "escalationCode"}.get(kind)
        extra = f' {code}="{name}"' if code else ""
        lines.append(f'  <bpmn:{kind} id="{_ref(kind, name)}" name="{name}"{extra}/>\n')
    return "".join(lines)


def _ref(kind: str, name: str) -> str:
    return f"{kind}_{name}".replace("-", "_")


# ---- tasks ----


def user(
    id: str,
    name: str,
    group: str,
    *,
    due: str = "",
    form: str = "",
    each: str = "",
    one_by_one: bool = False,
    template: str = "",
) -> Element:
    """A user task of a candidate group; ``each`` makes it one for every item of a collection."""
    attributes = [("camunda:candidateGroups", group)]
    attributes += [("camunda:dueDate", due)] if due else []
    attributes += [("camunda:formKey", form)] if form else []
    attributes += _template(template)
    return Element(id, name, "userTask", tuple(attributes), content=_multi(each, one_by_one))


def service(
    id: str,
    name: str,
    bean: str,
    *,
    retry: str = "",
    sync: bool = False,
    template: str = "",
    each: str = "",
    one_by_one: bool = False,
    tag: str = "serviceTask",
    undoes: bool = False,
) -> Element:
    """A call of a system in the engine's threads; asynchronous unless ``sync``."""
    attributes = [("camunda:delegateExpression", f"${{{bean}}}")]
    attributes += [] if sync else [("camunda:asyncBefore", "true")]
    attributes += _template(template)
    attributes += [("isForCompensation", "true")] if undoes else []
    cycle = f"<camunda:failedJobRetryTimeCycle>{retry}</camunda:failedJobRetryTimeCycle>" if retry else ""
    return Element(id, name, tag, tuple(attributes), cycle, _multi(each, one_by_one))


def worker(id: str, name: str, topic: str, *, template: str = "", each: str = "") -> Element:
    """A task of an external worker."""
    attributes = [("camunda:type", "external"), ("camunda:topic", topic)]
    attributes += _template(template)
    return Element(id, name, "serviceTask", tuple(attributes), content=_multi(each, False))


def rule(id: str, name: str, decision: str, result: str) -> Element:
    """A decision table, its single answer in the variable ``result``."""
    attributes = (
        ("camunda:decisionRef", decision),
        ("camunda:resultVariable", result),
        ("camunda:mapDecisionResult", "singleEntry"),
    )
    return Element(id, name, "businessRuleTask", attributes)


def script(id: str, name: str, expression: str, result: str) -> Element:
    """Something the engine computes itself."""
    return Element(id, name, "serviceTask", (("camunda:expression", expression), ("camunda:resultVariable", result)))


def call(
    id: str, name: str, process: str, *, business_key: bool = True, each: str = "", variables: str = "amount"
) -> Element:
    """A call activity; with or without the business key of the caller."""
    key = '<camunda:in businessKey="#{execution.processBusinessKey}"/>' if business_key else ""
    data = "".join(f'<camunda:in source="{one}" target="{one}"/>' for one in variables.split())
    return Element(id, name, "callActivity", (("calledElement", process),), key + data, _multi(each, False))


def send(id: str, name: str, message: str, *, retry: str = "R3/PT5M") -> Element:
    """A send task: the message goes to another process."""
    attributes = (
        ("messageRef", _ref("message", message)),
        ("camunda:delegateExpression", "${post}"),
        ("camunda:asyncBefore", "true"),
    )
    cycle = f"<camunda:failedJobRetryTimeCycle>{retry}</camunda:failedJobRetryTimeCycle>"
    return Element(id, name, "sendTask", attributes, cycle, declares=(("message", message),))


def receive(id: str, name: str, message: str) -> Element:
    return Element(
        id, name, "receiveTask", (("messageRef", _ref("message", message)),), declares=(("message", message),)
    )


def _template(template: str) -> list[tuple[str, str]]:
    """``name:version`` of an element template of the company's catalogue."""
    if not template:
        return []
    name, _, version = template.partition(":")
    return [("camunda:modelerTemplate", f"org.example.{name}"), ("camunda:modelerTemplateVersion", version or "1")]


def _multi(each: str, one_by_one: bool) -> str:
    if not each:
        return ""
    order = ' isSequential="true"' if one_by_one else ""
    return f'<bpmn:multiInstanceLoopCharacteristics{order} camunda:collection="${{{each}}}" camunda:elementVariable="item"/>'


# ---- gateways ----


def gateway(id: str, name: str = "") -> Element:
    return Element(id, name, "exclusiveGateway")


def parallel(id: str, name: str = "") -> Element:
    return Element(id, name, "parallelGateway")


def inclusive(id: str, name: str = "") -> Element:
    return Element(id, name, "inclusiveGateway")


def first_of(id: str, name: str = "") -> Element:
    """An event-based gateway: what happens first decides."""
    return Element(id, name, "eventBasedGateway")


# ---- events ----


def _event(id: str, kind: str, name: str, expression: str = "") -> tuple[str, tuple[tuple[str, str], ...]]:
    """The definition of an event, and what the model has to declare for it."""
    if kind in ("timer", "condition"):
        tag, inner = ("timer", "timeDuration") if kind == "timer" else ("conditional", "condition")
        return f'<bpmn:{tag}EventDefinition id="{id}_event">{_expression(inner, name)}</bpmn:{tag}EventDefinition>', ()
    if kind in ("terminate", "compensate"):
        return f'<bpmn:{kind}EventDefinition id="{id}_event"/>', ()
    return f'<bpmn:{kind}EventDefinition id="{id}_event" {kind}Ref="{_ref(kind, name)}"{expression}/>', ((kind, name),)


def start(id: str, name: str, kind: str = "", what: str = "", *, interrupting: bool = True) -> Element:
    content, declares = _event(id, kind, what) if kind else ("", ())
    attributes = () if interrupting else (("isInterrupting", "false"),)
    return Element(id, name, "startEvent", attributes, content=content, declares=declares)


def end(id: str, name: str, kind: str = "", what: str = "") -> Element:
    post = ' camunda:delegateExpression="${post}"' if kind == "message" else ""
    content, declares = _event(id, kind, what, post) if kind else ("", ())
    return Element(id, name, "endEvent", content=content, declares=declares)


def catch(id: str, name: str, kind: str, what: str) -> Element:
    content, declares = _event(id, kind, what)
    return Element(id, name, "intermediateCatchEvent", content=content, declares=declares)


def throw(id: str, name: str, kind: str, what: str = "") -> Element:
    post = ' camunda:delegateExpression="${post}"' if kind == "message" else ""
    content, declares = _event(id, kind, what, post)
    return Element(id, name, "intermediateThrowEvent", content=content, declares=declares)


def boundary(id: str, name: str, on: str, kind: str, what: str, *, interrupting: bool = True) -> Element:
    content, declares = _event(id, kind, what)
    attributes = (("attachedToRef", on),) + (() if interrupting else (("cancelActivity", "false"),))
    return Element(id, name, "boundaryEvent", attributes, content=content, declares=declares)


# ---- sub-processes ----


def sub(id: str, name: str, scope: Scope, *, each: str = "", on_event: bool = False) -> Element:
    """An embedded sub-process; one for every item of a collection, or triggered by its start event."""
    attributes = (("triggeredByEvent", "true"),) if on_event else ()
    inner = _multi(each, False) + "\n" + scope.xml("      ") + "\n    "
    return Element(id, name, "subProcess", attributes, content=inner, declares=tuple(scope.declared()))
