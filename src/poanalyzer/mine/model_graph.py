"""The graph of a deployed model: where it splits into parallel branches, and which handlers guard its tasks.

Built from the rows of the canonical ``elements`` table of one version of one process. Sequence flows never leave a
sub-process, so the graph falls into one part a scope; a boundary event hangs on its activity.

A *branch* of a split is what may run after one of its flows was taken and before the split's join. The join is the
split's nearest post-dominator over sequence flows: the first element that every way from the split to an end must pass
(Cytron et al. 1991 use the same notion for programs). Without one a branch reaches to the end, and what two branches
share belongs to neither of the pair: it runs after them, or for both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from poanalyzer.eventlog.schema import WORK_TYPES

if TYPE_CHECKING:
    import networkx as nx

SplitKind = Literal["parallelGateway", "inclusiveGateway", "eventSubProcess", "implicit"]
HandlerKind = Literal["error", "timer", "escalation", "compensation"]

#: What a branch is made of: tasks and call activities.
_COUNTED = frozenset((*WORK_TYPES, "callActivity"))
_GATEWAY_SPLITS: dict[str, SplitKind] = {
    "parallelGateway": "parallelGateway",
    "inclusiveGateway": "inclusiveGateway",
}
_HANDLER_KINDS: dict[str, HandlerKind] = {
    "error": "error",
    "timer": "timer",
    "escalation": "escalation",
    "compensation": "compensation",
    "compensate": "compensation",
}
_EXIT = object()  # the one end that all ends lead to


@dataclass(frozen=True)
class Element:
    """A flow node of a model."""

    id: str
    type: str
    name: str | None = None
    parent: str | None = None
    attached_to: str | None = None
    event_kind: str | None = None
    interrupting: bool | None = None
    multi_instance: str | None = None
    default_flow: str | None = None


@dataclass(frozen=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    conditional: bool


@dataclass(frozen=True)
class Split:
    """A place where a model goes on in several branches at once.

    ``kind`` is the gateway's type, ``eventSubProcess`` for a non-interrupting one (its branches: its own content, and
    the content of the scope it interrupts not), or ``implicit`` for another element with several unconditional flows.
    ``branches`` hold the ids of tasks and call activities, in the order of the flows.
    """

    element_id: str
    kind: SplitKind
    branches: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class BranchPair:
    """Two branches of one split, by their place in it, without what both contain. Neither side is empty."""

    split_id: str
    kind: SplitKind
    branches: tuple[int, int]
    first: frozenset[str]
    second: frozenset[str]


@dataclass(frozen=True)
class Handler:
    """A boundary event or event sub-process that may take over; ``on`` is its activity or scope (``None``: process)."""

    element_id: str
    kind: HandlerKind
    form: Literal["boundary", "eventSubProcess"]
    on: str | None
    interrupting: bool


@dataclass(frozen=True, eq=False)
class Model:
    """One version of one process model."""

    process_key: str
    version: str
    elements: Mapping[str, Element]
    flows: tuple[Flow, ...]

    @cached_property
    def graph(self) -> nx.DiGraph[Any]:
        """Flow nodes by id; edges have ``kind`` flow, or boundary from an activity to its boundary events."""
        import networkx as nx

        graph: nx.DiGraph[Any] = nx.DiGraph()
        for element in self.elements.values():
            graph.add_node(element.id, type=element.type, name=element.name)
        for element in self.elements.values():
            if element.attached_to in self.elements:
                graph.add_edge(element.attached_to, element.id, kind="boundary")
        for flow in self.flows:
            graph.add_edge(flow.source, flow.target, kind="flow")
        return graph

    @cached_property
    def leaving(self) -> dict[str, list[Flow]]:
        """The flows out of each element, in the order of the rows."""
        found: dict[str, list[Flow]] = {}
        for flow in self.flows:
            found.setdefault(flow.source, []).append(flow)
        return found

    @cached_property
    def content(self) -> dict[str | None, list[Element]]:
        """The elements directly in each scope; ``None`` is the process itself."""
        found: dict[str | None, list[Element]] = {}
        for element in self.elements.values():
            # The parent of an element on the top may be named by the process, which is no element.
            scope = element.parent if element.parent in self.elements else None
            found.setdefault(scope, []).append(element)
        return found

    def scopes_of(self, element: Element) -> list[str | None]:
        """Return the scopes around an element, innermost first; the last is ``None``, the process."""
        around: list[str | None] = []
        parent = self.elements.get(element.parent or "")
        while parent is not None and parent.id not in around:
            around.append(parent.id)
            parent = self.elements.get(parent.parent or "")
        return [*around, None]

    def work_within(self, scope: str | None, leave_out: Collection[str] = ()) -> frozenset[str]:
        """Return the tasks and call activities in a scope and its sub-processes, but for those left out."""
        work: set[str] = set()
        seen: set[str | None] = set()
        open_scopes: list[str | None] = [scope]
        while open_scopes:
            here = open_scopes.pop()
            if here in seen:
                continue
            seen.add(here)
            for element in self.content.get(here, ()):
                if element.type in _COUNTED:
                    work.add(element.id)
                elif element.id not in leave_out:
                    open_scopes.append(element.id)
        return frozenset(work)


def build(rows: Any) -> Model:
    """Return the model of one process version.

    Args:
        rows: rows of the canonical ``elements`` table, as a sequence of mappings or a pandas DataFrame. A sequence
            flow with a condition has the ``event_kind`` conditional.

    Raises:
        ValueError: the rows belong to more than one version of one process.
    """
    records: Sequence[Mapping[str, Any]] = rows.to_dict("records") if hasattr(rows, "to_dict") else list(rows)
    versions = {(str(row["process_key"]), str(row["version"])) for row in records}
    if len(versions) > 1:
        raise ValueError(f"elements of one process version are needed, not of {len(versions)}")
    process_key, version = versions.pop() if versions else ("", "")
    elements: dict[str, Element] = {}
    flows: dict[str, Flow] = {}
    for row in records:
        identifier = str(row["element_id"])
        if row["element_type"] == "sequenceFlow":
            source, target = _text(row, "source_ref"), _text(row, "target_ref")
            if source is not None and target is not None:
                conditional = _text(row, "event_kind") == "conditional"
                flows.setdefault(identifier, Flow(identifier, source, target, conditional))
            continue
        interrupting = row.get("interrupting")
        element = Element(
            id=identifier,
            type=str(row["element_type"]),
            name=_text(row, "name"),
            parent=_text(row, "parent_id"),
            attached_to=_text(row, "attached_to"),
            event_kind=_text(row, "event_kind"),
            interrupting=None if _missing(interrupting) else bool(interrupting),
            multi_instance=_text(row, "multi_instance"),
            default_flow=_text(row, "default_flow"),
        )
        elements.setdefault(identifier, element)
    known = tuple(flow for flow in flows.values() if flow.source in elements and flow.target in elements)
    return Model(process_key, version, elements, known)


def _missing(value: Any) -> bool:
    # None, NaN and pandas' NA, without importing pandas: NaN is not equal to itself, NA has no truth value.
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value


def _text(row: Mapping[str, Any], column: str) -> str | None:
    value = row.get(column)
    return None if _missing(value) or value == "" else str(value)


def splits(model: Model) -> tuple[Split, ...]:
    """Return the splits of a model in the order of its elements; nested ones are splits of their own, too."""
    joins = _joins(model)
    found: list[Split] = []
    for element in model.elements.values():
        if element.type == "eventSubProcess":
            if not _interrupts(model, element):
                found.append(_event_sub_process(model, element))
            continue
        flows = model.leaving.get(element.id, [])
        kind = _GATEWAY_SPLITS.get(element.type)
        if kind is None:
            if element.type.endswith("Gateway"):  # exclusive, event-based, complex: one way, or nobody knows
                continue
            kind = "implicit"
            flows = [flow for flow in flows if not flow.conditional and flow.id != element.default_flow]
        if len(flows) > 1:
            join = joins.get(element.id)
            branches = tuple(_branch(model, element.id, flow.target, join) for flow in flows)
            found.append(Split(element.id, kind, branches))
    return tuple(found)


def branch_pairs(model: Model) -> tuple[BranchPair, ...]:
    """Return all unordered pairs of branches of all splits, in the order of :func:`splits`.

    Elements that stand in both branches are taken out of both; pairs with an empty side are left out.
    """
    pairs: list[BranchPair] = []
    for split in splits(model):
        for (i, one), (j, other) in combinations(enumerate(split.branches), 2):
            if one - other and other - one:
                pairs.append(BranchPair(split.element_id, split.kind, (i, j), one - other, other - one))
    return tuple(pairs)


def has_parallel(model: Model) -> bool:
    """Whether the model lets anything run beside another: a pair of branches, or parallel multi-instances."""
    many = any(element.multi_instance == "parallel" for element in model.elements.values())
    return many or bool(branch_pairs(model))


def handlers(model: Model) -> dict[str, tuple[Handler, ...]]:
    """Return for every task and call activity the handlers that may take over, nearest first; none: an empty tuple.

    These are error, timer, escalation and compensation boundary events on it, those but compensation on the
    sub-processes around it, and the event sub-processes of the scopes around it, save one it lies in itself.
    """
    attached: dict[str, list[Handler]] = {}
    events: dict[str | None, list[Handler]] = {}
    for element in model.elements.values():
        if element.type == "boundaryEvent" and element.attached_to is not None:
            kind = _handler_kind(element)
            if kind is not None:
                host, interrupts = element.attached_to, element.interrupting is not False
                attached.setdefault(host, []).append(Handler(element.id, kind, "boundary", host, interrupts))
        elif element.type == "eventSubProcess":
            scope = element.parent if element.parent in model.elements else None
            kinds = [_handler_kind(child) for child in _starts(model, element)] or [_handler_kind(element)]
            for kind in kinds:
                if kind is not None:
                    handler = Handler(element.id, kind, "eventSubProcess", scope, _interrupts(model, element))
                    events.setdefault(scope, []).append(handler)
    found: dict[str, tuple[Handler, ...]] = {}
    for element in model.elements.values():
        if element.type not in _COUNTED:
            continue
        guards = list(attached.get(element.id, ()))
        scopes = model.scopes_of(element)
        for scope in scopes:
            guards += [handler for handler in events.get(scope, ()) if handler.element_id not in scopes]
            if scope is not None:
                guards += [handler for handler in attached.get(scope, ()) if handler.kind != "compensation"]
        found[element.id] = tuple(guards)
    return found


def _handler_kind(element: Element) -> HandlerKind | None:
    return _HANDLER_KINDS.get((element.event_kind or "").removesuffix("EventDefinition"))


def _starts(model: Model, scope: Element) -> list[Element]:
    return [element for element in model.content.get(scope.id, ()) if element.type == "startEvent"]


def _interrupts(model: Model, element: Element) -> bool:
    """Whether an event sub-process interrupts: its start event says so, and does by default."""
    return not any(part.interrupting is False for part in (element, *_starts(model, element)))


def _event_sub_process(model: Model, element: Element) -> Split:
    scope = element.parent if element.parent in model.elements else None
    beside = {other.id for other in model.content[scope] if other.type == "eventSubProcess"}
    branches = (model.work_within(element.id), model.work_within(scope, leave_out=beside))
    return Split(element.id, "eventSubProcess", branches)


def _joins(model: Model) -> dict[str, str]:
    """Return each element's nearest post-dominator over sequence flows, where there is one before the end."""
    import networkx as nx

    backwards: nx.DiGraph[Any] = nx.DiGraph()
    backwards.add_nodes_from(model.elements)
    backwards.add_edges_from((flow.target, flow.source) for flow in model.flows)
    backwards.add_edges_from((_EXIT, element) for element in model.elements if element not in model.leaving)
    # What runs in circles for ever ends, for this purpose, anywhere on its way.
    reaching = {_EXIT, *nx.descendants(backwards, _EXIT)} if _EXIT in backwards else {_EXIT}
    backwards.add_edges_from((_EXIT, element) for element in model.elements if element not in reaching)
    if _EXIT not in backwards:
        return {}
    nearest = nx.immediate_dominators(backwards, _EXIT)
    return {node: join for node, join in nearest.items() if node is not _EXIT and join is not _EXIT}


def _branch(model: Model, split: str, first: str, join: str | None) -> frozenset[str]:
    """Return the work of the branch that begins with element ``first``."""
    borders = {split} if join is None else {split, join}
    regular = _reach(model, [first], borders, boundary=False)
    # A handler of the branch belongs to it, unless it leads to what comes after the join in any case.
    after = set() if join is None else {join, *_reach(model, [join], {split}, boundary=True)}
    handled = _reach(model, list(regular), borders, boundary=True) - after
    work: set[str] = set()
    for identifier in regular | handled:
        if model.elements[identifier].type in _COUNTED:
            work.add(identifier)
        else:
            work |= model.work_within(identifier)
    return frozenset(work)


def _reach(model: Model, begin: Iterable[str], borders: Collection[str], *, boundary: bool) -> set[str]:
    """Return the elements on all ways from ``begin`` up to the borders, ``begin`` included and borders not."""
    reached: set[str] = set()
    waiting = list(begin)
    while waiting:
        here = waiting.pop()
        if here in reached or here in borders:
            continue
        reached.add(here)
        ways = model.graph[here].items()
        waiting += [target for target, edge in ways if boundary or edge["kind"] == "flow"]
    return reached
