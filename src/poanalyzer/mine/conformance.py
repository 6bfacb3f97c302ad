"""Did each step begin when its model allowed it? A replay of the recorded work on the model of the case's own version.

A step fits where the model of the version has its element, and the element is one the process may begin with (also by an
event sub-process or as compensation), or work that leads to it in the model, over gateways and events, was done before.
For a boundary event's path the work it sits on must have begun. This is what token replay asks of a step (was it enabled?)
without its guesses about silent gateways; that two alternatives excluded one another is not asked.

An engine can only execute its own model: a step that does not fit shows a wrong version, a loss in the export, or an
instance that was modified or migrated by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from poanalyzer.eventlog.schema import WORK_TYPES
from poanalyzer.mine import model_graph

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.model_graph import Model

#: Cases replayed at most, taken by a hash of their id.
MAX_CASES = 20_000
#: Times of one transaction may be written in any order.
TOLERANCE_US = 1_000_000
_COUNTED = frozenset((*WORK_TYPES, "callActivity"))
#: Predecessor rows: the element may begin the process; its predecessor was done; its predecessor has begun.
FREE, DONE, BEGUN = 0, 1, 2


def enabled_by(model: Model) -> Iterator[tuple[str, str, int]]:
    """Yield (element, predecessor, how) for every task and call activity; predecessor ``""`` where none is needed."""
    into: dict[str, list[str]] = {}
    for flow in model.flows:
        into.setdefault(flow.target, []).append(flow.source)
    for element in model.elements.values():
        if element.type in _COUNTED:
            for found in sorted(_before(model, into, element.id)):
                yield (element.id, *found)


def _before(model: Model, into: dict[str, list[str]], element_id: str) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    seen: set[str] = set()
    waiting = [element_id]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        element = model.elements[here]
        if element.type == "startEvent":
            scope = model.elements.get(element.parent or "")
            if scope is None or scope.type == "eventSubProcess":
                found.add(("", FREE))
            else:
                waiting.append(scope.id)
        elif host := model.elements.get(element.attached_to or ""):
            inside = {host.id} if host.type in _COUNTED else model.work_within(host.id)
            found |= {(w, BEGUN) for w in inside}
            if host.type not in _COUNTED:
                waiting.append(host.id)  # it may fire before any work inside began
        elif not into.get(here):
            found.add(("", FREE))  # compensation, an ad hoc part, the far side of a link
        for source in into.get(here, ()):
            before = model.elements[source]
            if before.type in _COUNTED:
                found.add((source, DONE))
                continue
            inside = model.work_within(source) if source in model.content else frozenset()
            found |= {(w, DONE) for w in inside}
            if not inside or _passable(model, source):
                waiting.append(source)
    return found


def _passable(model: Model, scope: str) -> bool:
    """Return whether a sub-process can be passed without any work."""
    starts = [e.id for e in model.content[scope] if e.type == "startEvent"]
    seen: set[str] = set()
    while starts:
        here = starts.pop()
        if here in seen or model.elements[here].type in _COUNTED:
            continue
        seen.add(here)
        if here not in model.leaving:
            return True
        starts += [flow.target for flow in model.leaving[here]]
    return False


def replay(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_replay``: ``case_ix, process_ix, element_id, start, known, fits`` a row of work; None without models.

    At most ``MAX_CASES`` cases are taken, those whose ids have the smallest hashes.
    """
    import ibis

    elements, keys = mined.elements, {p.key: p.ix for p in mined.processes}
    rows: list[dict[str, Any]] = []
    for (key, version), part in elements.groupby(["process_key", "version"]) if len(elements) else ():
        if key in keys:
            allowed = enabled_by(model_graph.build(part))
            rows += [
                {"process_ix": keys[key], "version": version, "element_id": e, "before": b, "how": h}
                for e, b, h in allowed
            ]
    if not rows:
        return None
    types = {"process_ix": "int64", "version": "string", "element_id": "string", "before": "string", "how": "int64"}
    allowed_table = ibis.memtable(rows, schema=ibis.schema(types))
    modelled = allowed_table.select("process_ix", "version").distinct()
    versions = mined.log.coded("c_cases").select("case_ix", "case_id", version="process_version")
    cases = mined.cases.select("case_ix", "process_ix").join(versions, "case_ix")
    cases = cases.semi_join(modelled, ["process_ix", "version"])
    cases = cases.order_by([cases.case_id.hexdigest("md5"), cases.case_ix]).limit(MAX_CASES)
    acts = mined.log.coded("c_acts").filter(ibis._.state != "skipped")
    steps = mined.log.coded("d_step").filter(ibis._.element_type.isin(sorted(_COUNTED)) & ibis._.element_id.notnull())
    work = acts.join(steps.select("step_ix", "element_id"), "step_ix").join(
        cases.select("case_ix", "version"), "case_ix"
    )
    work = work.select("case_ix", "process_ix", "version", "element_id", "start", "end", "state")
    work = mined.log.con.create_table("t_replayed", work.filter(work.start.notnull()))
    first = work.group_by(["case_ix", "element_id"]).agg(
        began=work.start.min(), done=ibis.ifelse(work.state == "completed", work.end, ibis.null("int64")).min()
    )
    first = first.select("case_ix", "began", "done", before="element_id")
    asked = work.left_join(allowed_table, ["process_ix", "version", "element_id"])
    asked = asked.select("case_ix", "process_ix", "element_id", "start", "before", "how")
    asked = asked.left_join(first, ["case_ix", "before"]).drop("case_ix_right", "before_right")
    when = ibis.cases((asked.how == DONE, asked.done), (asked.how == BEGUN, asked.began), else_=ibis.null("int64"))
    fits = (asked.how == FREE) | (when <= asked.start + TOLERANCE_US)
    return mined.log.con.create_table(
        "m_replay",
        asked.mutate(fits=ibis.coalesce(fits, False), known=asked.how.notnull())
        .group_by(["case_ix", "process_ix", "element_id", "start"])
        .agg(known=ibis._.known.max(), fits=ibis._.fits.max()),
    )
