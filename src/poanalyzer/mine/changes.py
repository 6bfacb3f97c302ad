"""What changed between the models of two versions: elements added, removed and altered, and which work they touch.

Flow nodes are matched by their id, else by name and type (a renamed id is no change). A sequence flow is what it joins:
its ends and its condition; its own id says nothing. How a model is drawn is not in the table at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from poanalyzer.eventlog.schema import WORK_TYPES
from poanalyzer.mine.releases import releases_of

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined

#: Attributes of a flow node that are content. Those a business role may change without engineering come second.
_ENGINEERED = ("element_type", "name", "event_kind", "interrupting", "retry", "multi_instance", "is_compensation",
               "called_key")  # fmt: skip
_DECLARATIVE = {"template": "template", "candidate_groups": "assignment", "timer": "timer", "due_date": "timer"}
#: Kinds of implementation that are declarative artefacts: a form, a decision table.
_DECLARATIVE_KINDS = ("form:", "decision:")
_WORK = frozenset((*WORK_TYPES, "callActivity"))

Node = Mapping[str, Any]
#: The ends of a sequence flow, and its condition.
FlowKey = tuple[str, str, str | None]


@dataclass(frozen=True)
class ModelChange:
    """What a release changed in the model it replaced.

    ``changed`` is the number of elements (flow nodes and sequence flows) added, removed or altered, ``union`` of those in
    either version. ``touched`` are ids of tasks and call activities of the older version that the change went for:
    altered or removed ones and those whose boundary events changed, else those whose flows changed. ``kinds`` says what
    sort of change it was: ``form``, ``decision``, ``template``, ``assignment``, ``timer``, ``condition`` (declarative),
    ``structure`` or ``implementation``; empty: the content changed where the table does not look (a script, a
    mapping).
    """

    changed: int
    union: int
    touched: frozenset[str]
    altered: tuple[str, ...]
    kinds: frozenset[str]

    @property
    def share(self) -> float:
        """Changed elements / elements of both. A change that the table does not show counts as one element."""
        return max(self.changed, 1) / self.union

    @property
    def declarative(self) -> bool | None:
        """Whether only declarative artefacts changed; None where the table does not show what did."""
        if not self.kinds:
            return None
        return not self.kinds & {"structure", "implementation"}


def compare(old: Collection[Node], new: Collection[Node]) -> ModelChange:
    """Return what changed from ``old`` to ``new``: rows of the canonical ``elements`` table of one version each."""
    before, after = _nodes(old), _nodes(new)
    same = _matched(before, after)  # id in the newer version → id in the older
    removed = [i for i in before if i not in set(same.values())]
    added = [i for i in after if i not in same]
    altered: dict[str, set[str]] = {}
    for new_id, old_id in same.items():
        if kinds := _altered(before[old_id], after[new_id], same):
            altered[old_id] = kinds
    flows_before = _flows(old, {i: i for i in before})
    flows_after = _flows(new, {i: same.get(i, f"+{i}") for i in after})
    # another condition alters a flow; another end makes it another flow
    ends_before, ends_after = ({f[:2] for f in flows} for flows in (flows_before, flows_after))
    conditional = {f[:2] for f in flows_before ^ flows_after if f[:2] in ends_before & ends_after}
    moved = ends_before ^ ends_after
    kinds = set().union(*altered.values()) if altered else set()
    if removed or added or moved:
        kinds.add("structure")
    if conditional:
        kinds.add("condition")
    union = len(before) + len(added) + len(ends_before | ends_after)
    changed = len(removed) + len(added) + len(altered) + len(moved) + len(conditional)
    return ModelChange(
        changed=changed,
        union=max(union, 1),
        touched=_touched(before, after, same, {*removed, *altered}, added, moved | conditional),
        altered=tuple(_said(before, after, removed, added, altered)),
        kinds=frozenset(kinds),
    )


def model_changes(mined: Mined) -> dict[str, tuple[ModelChange | None, ...]]:
    """Return by process key what each release changed: against the last version of the release before it.

    None for the first release, and where the model of either version is not in the export.
    """
    models = {
        (str(key), str(version)): rows.to_dict("records")
        for (key, version), rows in mined.elements.groupby(["process_key", "version"])
    }
    out: dict[str, tuple[ModelChange | None, ...]] = {}
    for key, found in mined.of(releases_of).items():
        last = [models.get((key, r.versions[-1])) for r in found]
        out[key] = (None, *(compare(old, new) if old and new else None for old, new in pairwise(last)))
    return out


def _nodes(rows: Iterable[Node]) -> dict[str, Node]:
    return {str(r["element_id"]): r for r in rows if r["element_type"] != "sequenceFlow"}


def _matched(before: dict[str, Node], after: dict[str, Node]) -> dict[str, str]:
    same = {i: i for i in after if i in before and before[i]["element_type"] == after[i]["element_type"]}
    free: dict[tuple[str, str], list[str]] = {}
    for i, node in before.items():
        if i not in same and _text(node, "name"):
            free.setdefault((str(node["element_type"]), str(node["name"])), []).append(i)
    for i, node in after.items():
        rest = free.get((str(node["element_type"]), _text(node, "name") or ""), [])
        if i not in same and rest:
            same[i] = rest.pop(0)
    # an element that kept its id but not its type is the same element, altered
    taken = set(same.values())
    return same | {i: i for i in after if i not in same and i in before and i not in taken}


def _altered(old: Node, new: Node, same: dict[str, str]) -> set[str]:
    kinds = set()
    kinds |= {kind for column, kind in _DECLARATIVE.items() if _text(old, column) != _text(new, column)}
    if any(_text(old, c) != _text(new, c) for c in _ENGINEERED):
        kinds.add("structure" if _text(old, "element_type") != _text(new, "element_type") else "implementation")
    for place in ("parent_id", "attached_to"):
        where = _text(new, place)
        if _text(old, place) != (same.get(where, f"+{where}") if where else None):
            kinds.add("structure")
    one, other = _text(old, "implementation"), _text(new, "implementation")
    if one != other:
        declared = [k for k in _DECLARATIVE_KINDS if all(v is None or v.startswith(k) for v in (one, other))]
        kinds.add(declared[0].rstrip(":") if declared else "implementation")
    return kinds


def _flows(rows: Iterable[Node], names: dict[str, str]) -> set[FlowKey]:
    flows = set()
    for r in rows:
        source, target = _text(r, "source_ref"), _text(r, "target_ref")
        if r["element_type"] == "sequenceFlow" and source and target:
            kind = _text(r, "event_kind")  # says of a flow that it has a condition, whatever it is
            flows.add((names.get(source, source), names.get(target, target), _text(r, "condition") or kind))
    return flows


def _touched(
    before: dict[str, Node], after: dict[str, Node], same: dict[str, str], changed: set[str], added: list[str],
    flows: set[tuple[str, str]],
) -> frozenset[str]:  # fmt: skip
    work = {i for i, node in before.items() if node["element_type"] in _WORK}
    hosts = {_text(before[i], "attached_to") for i in changed}
    hosts |= {same.get(_text(after[i], "attached_to") or "") for i in added}
    direct = {i for i in (changed | hosts) if i in work}
    if direct:
        return frozenset(i for i in direct if i is not None)
    return frozenset(end for flow in flows for end in flow if end in work)


def _said(
    before: dict[str, Node], after: dict[str, Node], removed: list[str], added: list[str], altered: dict[str, set[str]]
) -> Iterable[str]:
    yield from (f"removed {_label(before[i])}" for i in removed)
    yield from (f"added {_label(after[i])}" for i in added)
    yield from (f"changed {_label(before[i])} ({', '.join(sorted(kinds))})" for i, kinds in altered.items())


def _label(node: Node) -> str:
    return _text(node, "name") or str(node["element_id"])


def _text(row: Node, column: str) -> str | None:
    value = row.get(column)
    # NaN is what pandas puts where a text is missing
    return None if value is None or value != value or value == "" else str(value)
