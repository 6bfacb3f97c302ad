"""The published rules of modelling and operation, checked on the live model of a process.

A rule is one small function: it returns how many of the elements that it speaks about keep it, of how many, or None
where the export cannot tell. A rule holds where at least four of five do; one that speaks about nothing in the model
does not apply. The list is versioned: results of different versions are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.assets import text
from poanalyzer.mine.executions import executions, live_models
from poanalyzer.mine.units import units_of

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

VERSION = 1
#: A rule holds where this share of the elements that it speaks about keep it.
ENOUGH = 0.8

_CALLS = ("serviceTask", "sendTask", "businessRuleTask", "scriptTask", "callActivity")
_NAMED = ("task", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "manualTask",
          "callActivity", "startEvent", "endEvent", "intermediateCatchEvent")  # fmt: skip
#: Implementations that the engine itself runs or hands to a worker with a number of tries. How often a worker fetches
#: an external task again is the worker's own affair.
_TRIED = ("delegate", "class", "connector", "job", "mail", "shell")
_AWAITED = ("message", "signal", "conditional")
_ERRORS = ("error", "escalation")


@dataclass(frozen=True, eq=False)
class Guarded:
    """What the rules look at: the live model of a process and what is known of its operation.

    ``ran``: elements that were executed, in any version; ``due``: elements whose instances have due dates.
    """

    rows: pd.DataFrame
    version_tag: str | None = None
    has_version_tags: bool = False
    retention: str | None = None
    has_retention: bool = False
    owner: str | None = None
    owners_declared: bool = False
    ran: frozenset[str] = frozenset()
    due: frozenset[str] = frozenset()

    @cached_property
    def elements(self) -> dict[str, Any]:
        """The flow nodes by id."""
        return {r.element_id: r for r in self.rows.itertuples() if r.element_type != "sequenceFlow"}

    @cached_property
    def flows(self) -> tuple[tuple[str, str], ...]:
        """The sequence flows as (from, to)."""
        flows = self.rows[self.rows["element_type"] == "sequenceFlow"]
        return tuple(zip(flows["source_ref"], flows["target_ref"], strict=True))

    def of_type(self, *kinds: str) -> list[Any]:
        """Return the elements of some types."""
        return [e for e in self.elements.values() if e.element_type in kinds]

    def around(self, element_id: str) -> Iterator[str | None]:
        """Yield the element, the scopes around it from the inside, and None for the process."""
        seen: set[str] = set()
        here: str | None = element_id
        while here in self.elements and here not in seen:
            seen.add(here)
            yield here
            here = text(self.elements[here].parent_id)
        yield None

    def handlers(self, element_id: str, kinds: tuple[str, ...]) -> list[str]:
        """Return the boundary events and the starts of event sub-processes of these kinds that guard an element."""
        scopes = list(self.around(element_id))
        guards = []
        for event in self.elements.values():
            if text(event.event_kind) not in kinds:
                continue
            if event.element_type == "boundaryEvent" and text(event.attached_to) in scopes:
                guards.append(event.element_id)
            elif event.element_type == "startEvent" and (home := self.elements.get(text(event.parent_id) or "")):
                outer = text(home.parent_id)
                outer = outer if outer in self.elements else None
                if home.element_type == "eventSubProcess" and outer in scopes[1:] and home.element_id not in scopes:
                    guards.append(event.element_id)
        return guards

    @cached_property
    def waits(self) -> list[str]:
        """Where a case waits for people or for word from outside: their element ids."""
        found = [e.element_id for e in self.of_type("userTask", "manualTask", "receiveTask")]
        return found + [e.element_id for e in self.of_type("intermediateCatchEvent") if text(e.event_kind) in _AWAITED]

    def watchers(self, element_id: str) -> list[str]:
        """Return what notices that a wait lasts too long: timers and escalations around it, or beside it at an
        event-based gateway."""
        found = self.handlers(element_id, ("timer", "escalation"))
        gates = {a for a, b in self.flows if b == element_id}
        gates &= {e.element_id for e in self.of_type("eventBasedGateway")}
        beside = [self.elements[b] for a, b in self.flows if a in gates and b in self.elements]
        return found + [e.element_id for e in beside if text(e.event_kind) == "timer"]

    @cached_property
    def error_paths(self) -> list[str]:
        """The events at which paths for errors and escalations begin, on anything that calls something."""
        calls = [e.element_id for e in self.of_type(*_CALLS)]
        return sorted({h for c in calls for h in self.handlers(c, _ERRORS)})


Verdict = tuple[int, int] | None


def error_path(model: Guarded) -> Verdict:
    """A process that calls systems or other processes has a path for errors or escalations around such a call."""
    return (int(bool(model.error_paths)), 1) if model.of_type(*_CALLS) else (0, 0)


def retries(model: Guarded) -> Verdict:
    """Calls that the engine makes say how often they are tried again, and that is more than once."""
    calls = [e for e in model.of_type(*_CALLS) if (text(e.implementation) or "").partition(":")[0] in _TRIED]
    return sum(_tries(text(e.retry)) for e in calls), len(calls)


def _tries(retry: str | None) -> bool:
    return retry is not None and retry.partition("/")[0].strip().upper() not in ("0", "1", "R0", "R1")


def timeouts(model: Guarded) -> Verdict:
    """Waits for people and messages have a timer, an escalation or a due date."""
    return sum(bool(model.watchers(w)) or w in model.due for w in model.waits), len(model.waits)


def version_tag(model: Guarded) -> Verdict:
    """The live version carries a version tag."""
    return (int(model.version_tag is not None), 1) if model.has_version_tags else None


def retention(model: Guarded) -> Verdict:
    """It is said how long the history of finished cases is kept."""
    return (int(model.retention is not None), 1) if model.has_retention else None


def naming(model: Guarded) -> Verdict:
    """Tasks, calls, starts, ends, waits and gateways that decide have names."""
    leaving = [a for a, _ in model.flows]
    named = model.of_type(*_NAMED)
    gates = model.of_type("exclusiveGateway", "inclusiveGateway", "complexGateway")
    named += [g for g in gates if leaving.count(g.element_id) > 1]
    return sum(text(e.name) is not None for e in named), len(named)


def owner(model: Guarded) -> Verdict:
    """A unit answers for the process."""
    if model.owner is None and not model.owners_declared:
        return None
    return int(model.owner is not None), 1


#: The rules in the order in which they are reported. A rule's text is the docstring of its function.
RULES: tuple[tuple[str, Callable[[Guarded], Verdict]], ...] = (
    ("error path", error_path),
    ("retries", retries),
    ("timeouts on waits", timeouts),
    ("version tag", version_tag),
    ("retention", retention),
    ("naming", naming),
    ("owner", owner),
)


@dataclass(frozen=True)
class Checked:
    """What came of one rule: kept (None: cannot be told), and the counts behind it."""

    rule: str
    text: str
    kept: bool | None
    met: int
    of: int


def check(model: Guarded) -> tuple[Checked, ...]:
    """Return what came of each rule that applies to a model."""
    out = []
    for name, rule in RULES:
        verdict = rule(model)
        words = " ".join((rule.__doc__ or "").split())
        if verdict is None:
            out.append(Checked(name, words, None, 0, 0))
        elif verdict[1]:
            met, of = verdict
            out.append(Checked(name, words, met >= ENOUGH * of, met, of))
    return tuple(out)


def guarded(mined: Mined, process: Process) -> Guarded | None:
    """Return what the rules look at for a process; None where the export holds no model of it."""
    rows = mined.of(live_models).get(process.key)
    if rows is None:
        return None
    definitions = mined.definitions
    mine = definitions[definitions["process_key"] == process.key]
    live = mine[mine["version"] == str(rows["version"].iloc[0])]
    ran = mined.of(executions)
    ran = ran[ran["process_ix"] == process.ix].dropna(subset=["element_id"])
    kept = "history_ttl" in definitions.columns
    units = mined.of(units_of)
    return Guarded(
        rows=rows,
        version_tag=_first(live, "version_tag"),
        # an engine without version tags fills none in any definition
        has_version_tags=bool(len(live)) and process.engine not in ("flowable", "activiti"),
        retention=_first(live, "history_ttl") if kept else None,
        has_retention=kept and bool(len(live)),
        owner=units.owner.get(process.key),
        owners_declared=bool(units.owner),
        ran=frozenset(ran["element_id"]),
        due=frozenset(ran[ran["due"] > 0]["element_id"]),
    )


def _first(rows: pd.DataFrame, column: str) -> str | None:
    return next((v for v in rows[column] if text(v)), None)
