"""A flow's definition read as a process model: its tree of actions with ``runAfter`` as elements and sequence flows.

The Workflow Definition Language has no gateways, joins or boundary events; what its rules mean is written with BPMN's:

- actions that begin a scope together, or follow the same action, are branches of a ``parallelGateway`` (``…/split``);
- an action with several predecessors waits for all of them: a joining ``parallelGateway`` (``…/join``);
- a successor for which ``runAfter`` lists Failed or TimedOut is reached through an error (``…/failed``) or timer
  (``…/timedout``) boundary event of its predecessor; one that lists Succeeded as well is reached both ways;
- If and Switch are sub-processes whose branches begin at an ``exclusiveGateway`` (``…/choice``);
- Foreach and Until are sub-processes that repeat; Terminate is an end event; Wait and Delay catch a timer.

Element ids are the actions' names, which are unique in a flow; the made ones contain a slash, which names of actions cannot.
Source: schema reference of the Workflow Definition Language; the designer's own definitions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from poanalyzer.ingest.bpmn.reader import Element

_SCOPES = ("scope", "if", "switch", "foreach", "until")
_SCRIPTS = (
    "compose", "initializevariable", "setvariable", "incrementvariable", "decrementvariable", "appendtoarrayvariable",
    "appendtostringvariable", "parsejson", "query", "select", "join", "table", "expression", "javascriptcode",
    "xmlvalidation", "xslt", "liquid",
)  # fmt: skip
#: Operations of connectors that wait for a person's answer.
_ASKING = re.compile(r"(?i)approval|waitforresponse|andwaitfora|sendmailwithoptions")
_NO_ANSWER = re.compile(r"(?i)^createanapproval|^respond")
_UNITS = {"second": "T{}S", "minute": "T{}M", "hour": "T{}H", "day": "{}D", "week": "{}W", "month": "{}M"}
#: No flow nests deeper; the service allows eight levels.
_DEEPEST = 64


@dataclass(frozen=True)
class Action:
    """One action: its place, what it waits for (predecessor → statuses in lower case), and its part in the process."""

    name: str
    parent: str | None
    after: Mapping[str, frozenset[str]]
    element: Element
    endpoint: str | None = None


@dataclass(frozen=True)
class Definition:
    """A readable definition. ``actions`` in reading order; ``elements`` are these and what their rules mean."""

    actions: tuple[Action, ...]
    triggers: tuple[Element, ...]
    made: tuple[Element, ...]
    checksum: str

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """All elements of the model."""
        return (*self.triggers, *(action.element for action in self.actions), *self.made)

    def handlers(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield (action, status that is caught, successor that catches, how many scopes further out)."""
        by_name = {action.name: action for action in self.actions}
        catching: dict[str, list[tuple[str, str]]] = {}
        for action in self.actions:
            for before, statuses in action.after.items():
                catching.setdefault(before, []).extend(
                    (status, action.name) for status in statuses & {"failed", "timedout"}
                )
        for action in self.actions:
            here: Action | None = action
            distance = 0
            while here is not None and distance < _DEEPEST:
                for status, handler in sorted(catching.get(here.name, ())):
                    # a scope fails when something in it does, whatever that ended with
                    caught = status if distance == 0 else "any"
                    if distance == 0 or status == "failed":
                        yield action.name, caught, handler, distance
                here = by_name.get(here.parent or "")
                distance += 1

    def scopes(self) -> Iterator[tuple[str, str]]:
        """Yield (scope, action anywhere inside it)."""
        by_name = {action.name: action for action in self.actions}
        for action in self.actions:
            parent, depth = by_name.get(action.parent or ""), 0
            while parent is not None and depth < _DEEPEST:
                yield parent.name, action.name
                parent, depth = by_name.get(parent.parent or ""), depth + 1

    def loop_of(self, name: str) -> str | None:
        """Return the nearest loop around an action."""
        by_name = {action.name: action for action in self.actions}
        parent, depth = by_name.get(by_name[name].parent or ""), 0
        while parent is not None and depth < _DEEPEST:
            if parent.element.multi_instance:
                return parent.name
            parent, depth = by_name.get(parent.parent or ""), depth + 1
        return None


@dataclass
class _Reading:
    references: Mapping[str, Any]
    logic_apps: bool
    actions: list[Action] = field(default_factory=list)
    made: dict[str, Element] = field(default_factory=dict)

    def make(self, element_id: str, kind: str, parent: str | None, **more: Any) -> str:
        self.made.setdefault(element_id, Element(element_id=element_id, element_type=kind, parent_id=parent, **more))
        return element_id

    def flow(self, source: str, target: str, parent: str | None, *, conditional: bool = False) -> None:
        self.make(
            f"{source}>{target}", "sequenceFlow", parent, source_ref=source, target_ref=target,
            event_kind="conditional" if conditional else None,
        )  # fmt: skip


def read_definition(text: str) -> Definition | None:
    """Return the definition in a flow's JSON: a table's ``clientdata``, an answer about a flow, a solution's file, or bare.

    None where the text is no JSON, or holds no actions (a desktop flow's).
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(whole, dict):
        return None
    properties = whole["properties"] if isinstance(whole.get("properties"), dict) else whole
    body = properties.get("definition")
    body = body if isinstance(body, dict) else properties
    if not isinstance(body.get("actions"), dict):
        return None
    references = properties.get("connectionReferences")
    path = str(whole.get("id", ""))
    reading = _Reading(references if isinstance(references, dict) else {}, "Microsoft.Logic/" in path)
    triggers = tuple(_trigger(name, one) for name, one in _objects(body.get("triggers")))
    roots = _read_scope(reading, _objects(body["actions"]), None, 0)
    _enter(reading, [trigger.element_id for trigger in triggers], roots, None, "start")
    plain = _plain({"actions": body["actions"], "triggers": body.get("triggers")})
    return Definition(tuple(reading.actions), triggers, tuple(reading.made.values()), _digest(plain))


def _objects(members: Any) -> list[tuple[str, dict[str, Any]]]:
    found = members.items() if isinstance(members, dict) else ()
    return [(str(name), one) for name, one in found if isinstance(one, dict)]


def _plain(value: Any) -> Any:
    """Drop what designers write without meaning: ids of operations, descriptions, notes."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k not in ("metadata", "description", "operationMetadataId")}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _digest(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _read_scope(
    reading: _Reading, actions: list[tuple[str, dict[str, Any]]], parent: str | None, depth: int
) -> list[str]:
    """Read the actions of one scope and what lies in them; return those that begin it."""
    here = []
    for name, one in actions:
        after = {
            before: frozenset(str(status).lower() for status in statuses) if isinstance(statuses, list) else frozenset()
            for before, statuses in (one.get("runAfter") or {}).items()
        }
        action = _action(reading, name, one, parent, after)
        reading.actions.append(action)
        here.append(action)
        if action.element.element_type == "subProcess" and depth < _DEEPEST:
            _inside(reading, name, one, depth)
    _connect(reading, here, parent)
    return [action.name for action in here if not action.after]


def _inside(reading: _Reading, name: str, one: dict[str, Any], depth: int) -> None:
    kind = str(one.get("type", "")).lower()
    branches = [("then" if kind == "if" else "", one.get("actions"))]
    if kind == "if":
        branches.append(("else", (one.get("else") or {}).get("actions")))
    if kind == "switch":
        branches = [(case, inner.get("actions")) for case, inner in _objects(one.get("cases"))]
        branches.append(("default", (one.get("default") or {}).get("actions")))
    start = reading.make(f"{name}/start", "startEvent", name, event_kind="none")
    if kind in ("if", "switch"):
        choice = reading.make(f"{name}/choice", "exclusiveGateway", name)
        reading.flow(start, choice, name)
        for label, members in branches:
            roots = _read_scope(reading, _objects(members), name, depth + 1)
            _enter(reading, [choice], roots, name, f"{name}/{label}", conditional=True)
        return
    roots = _read_scope(reading, _objects(one.get("actions")), name, depth + 1)
    _enter(reading, [start], roots, name, name)


def _enter(
    reading: _Reading,
    sources: list[str],
    roots: list[str],
    parent: str | None,
    label: str,
    *,
    conditional: bool = False,
) -> None:
    """Lead from what begins a scope to the actions that begin it: to several at once through a split."""
    if not roots:
        return
    target = roots[0]
    if len(roots) > 1:
        target = reading.make(f"{label}/split", "parallelGateway", parent)
        for root in roots:
            reading.flow(target, root, parent)
    for source in sources:
        reading.flow(source, target, parent, conditional=conditional)


def _connect(reading: _Reading, here: list[Action], parent: str | None) -> None:
    names = {action.name for action in here}
    entry = {}
    for action in here:
        entry[action.name] = action.name
        if len(action.after.keys() & names) > 1:
            entry[action.name] = reading.make(f"{action.name}/join", "parallelGateway", parent)
            reading.flow(entry[action.name], action.name, parent)
    for action in here:
        regular, skipped, failed, late = [], [], [], []
        for other in here:
            statuses = other.after.get(action.name)
            if statuses is None:
                continue
            if "succeeded" in statuses or not statuses:
                regular.append(entry[other.name])
            if "failed" in statuses:
                failed.append(entry[other.name])
            if "timedout" in statuses:
                late.append(entry[other.name])
            if not statuses & {"succeeded", "failed", "timedout"} and statuses:
                skipped.append(entry[other.name])
        source = action.name
        if len(regular) > 1:
            source = reading.make(f"{action.name}/split", "parallelGateway", parent)
            reading.flow(action.name, source, parent)
        for target in regular:
            reading.flow(source, target, parent)
        for target in skipped:
            reading.flow(action.name, target, parent, conditional=True)
        for targets, ending, kind in ((failed, "failed", "error"), (late, "timedout", "timer")):
            for target in targets:
                event = reading.make(
                    f"{action.name}/{ending}", "boundaryEvent", parent, attached_to=action.name, event_kind=kind,
                    interrupting=True,
                )  # fmt: skip
                reading.flow(event, target, parent)


def _action(
    reading: _Reading, name: str, one: dict[str, Any], parent: str | None, after: Mapping[str, frozenset[str]]
) -> Action:
    inputs = one["inputs"] if isinstance(one.get("inputs"), dict) else {}
    kind = str(one.get("type", "")).lower()
    host = inputs["host"] if isinstance(inputs.get("host"), dict) else {}
    operation = host.get("operationId")
    connector = _connector(reading, host)
    endpoint = connector or (
        _web_host(inputs) if kind in ("http", "httpwebhook", "function", "apimanagement") else None
    )
    element_type, event_kind = _type(kind, connector, operation, inputs)
    called = _called(kind, connector, inputs, host) if element_type == "callActivity" else None
    element = Element(
        element_id=name,
        element_type=element_type,
        name=title(name),
        parent_id=parent,
        event_kind=event_kind,
        retry=_retry(inputs.get("retryPolicy")),
        timer=_timer(kind, inputs) or (one.get("limit") or {}).get("timeout"),
        template=operation,
        implementation=f"connector:{connector}" if connector else f"action:{one.get('type')}",
        multi_instance=_multi_instance(kind, one, reading.logic_apps),
        called_key=called,
    )
    return Action(name, parent, after, element, None if element_type == "subProcess" else endpoint)


def title(name: str) -> str:
    """Return an action's name as the designer shows it: with blanks for underscores."""
    return name.replace("_", " ").strip() or name


def _type(kind: str, connector: str | None, operation: Any, inputs: dict[str, Any]) -> tuple[str, str | None]:
    """Return an action's BPMN type and, for events, their kind."""
    if kind in _SCOPES:
        return "subProcess", None
    if kind in _SCRIPTS:
        return "scriptTask", None
    if kind in ("wait", "delay"):
        return "intermediateCatchEvent", "timer"
    if kind == "terminate":
        failed = str(inputs.get("runStatus", "")).lower() == "failed"
        return "endEvent", "error" if failed else "terminate"
    if kind == "workflow" or (connector == "shared_uiflow" and str(operation).lower().startswith("runuiflow")):
        return "callActivity", None
    if kind == "response":
        return "sendTask", None
    asks = _ASKING.search(str(operation or "")) and not _NO_ANSWER.search(str(operation))
    return ("userTask", None) if asks else ("serviceTask", None)


def _connector(reading: _Reading, host: dict[str, Any]) -> str | None:
    """Return the last part of a connector's id: of the action, of the flow's reference, or of a Logic Apps connection."""
    api = host.get("apiId")
    if not api:
        name = host.get("connectionName") or host.get("connectionReferenceName") or host.get("connection")
        if isinstance(name, dict):
            found = re.search(
                r"\['\$?connections?'\)\]?\['([^']+)'\]|\$connections'\)\['([^']+)'\]", str(name.get("name", ""))
            )
            return next((group for group in found.groups() if group), None) if found else None
        reference = reading.references.get(str(name)) if name else None
        if isinstance(reference, dict):
            inner = reference.get("api")
            api = reference.get("id") or (inner.get("name") or inner.get("id") if isinstance(inner, dict) else None)
    return str(api).rstrip("/").rsplit("/", 1)[-1] if api else None


def _web_host(inputs: dict[str, Any]) -> str | None:
    subscribe = inputs["subscribe"] if isinstance(inputs.get("subscribe"), dict) else {}
    found = re.match(r"(?i)https?://([^/:?#@{}]+)", str(inputs.get("uri") or subscribe.get("uri") or ""))
    return found.group(1).lower() if found else None


def _called(kind: str, connector: str | None, inputs: dict[str, Any], host: dict[str, Any]) -> str | None:
    """Return the id of the flow that is called."""
    if kind == "workflow":
        workflow = host.get("workflow")
        target = host.get("workflowReferenceName") or (workflow.get("id") if isinstance(workflow, dict) else None)
    else:
        parameters = inputs.get("parameters")
        target = parameters.get("uiFlowId") if isinstance(parameters, dict) else None
    return str(target).rsplit("/", 1)[-1].strip("{}").lower() if target else None


def _retry(policy: Any) -> str | None:
    """Return a retry policy as ``R4/PT7S``; ``R0`` where there is none on purpose, None where the connector's default holds."""
    if not isinstance(policy, dict):
        return None
    kind = str(policy.get("type", "")).lower()
    if kind == "none":
        return "R0"
    if "count" not in policy:
        return None
    interval = policy.get("maximumInterval") or policy.get("interval")
    return f"R{policy['count']}/{interval}" if interval else f"R{policy['count']}"


def _timer(kind: str, inputs: dict[str, Any]) -> str | None:
    if kind not in ("wait", "delay"):
        return None
    interval = inputs.get("interval")
    if isinstance(interval, dict) and str(interval.get("unit", "")).lower() in _UNITS:
        return "P" + _UNITS[str(interval["unit"]).lower()].format(interval.get("count"))
    until = inputs.get("until")
    return str(until.get("timestamp")) if isinstance(until, dict) else None


def _multi_instance(kind: str, one: dict[str, Any], logic_apps: bool) -> str | None:
    """Return how a loop repeats: in Power Automate one after the other unless concurrency is set, in Logic Apps at once."""
    if kind == "until":
        return "loop"
    if kind != "foreach":
        return None
    runtime = one.get("runtimeConfiguration")
    concurrency = runtime.get("concurrency") if isinstance(runtime, dict) else None
    many = concurrency.get("repetitions") if isinstance(concurrency, dict) else None
    if str(one.get("operationOptions", "")).lower() == "sequential" or many == 1:
        return "sequential"
    return "parallel" if logic_apps or many is not None else "sequential"


def _trigger(name: str, one: dict[str, Any]) -> Element:
    kind = str(one.get("type", "")).lower()
    event = {"recurrence": "timer", "slidingwindow": "timer", "request": "none", "manual": "none"}.get(kind, "message")
    recurrence = one.get("recurrence")
    timer = None
    if event == "timer" and isinstance(recurrence, dict):
        unit = _UNITS.get(str(recurrence.get("frequency", "")).lower())
        timer = "R/P" + unit.format(recurrence.get("interval", 1)) if unit else None
    return Element(element_id=name, element_type="startEvent", name=title(name), event_kind=event, timer=timer)
