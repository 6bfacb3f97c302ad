"""What the models provide for failures, and what of it was ever used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.mine.episodes import build_episodes
from poanalyzer.mine.model_graph import build, handlers

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.mine.mined import Mined

#: Work that machines do: it may fail for technical reasons.
FAILURE_PRONE = ("serviceTask", "sendTask", "scriptTask", "businessRuleTask")
#: What catches a failure while it happens. Compensation undoes what succeeded before.
CATCHING = ("error", "timer", "escalation")


@dataclass(frozen=True)
class GuardedTask:
    """A task that may fail, and what its model provides for that."""

    element_id: str
    name: str
    retried: bool
    handled: bool
    episodes: int


@dataclass(frozen=True)
class ModelHandler:
    """A handler of a model: a boundary event or event sub-process that catches an error, deadline or escalation."""

    element_id: str
    name: str
    fired: int


@dataclass(frozen=True)
class Provision:
    """What the version of a process that was started last provides for failures; ``version`` as the engine names it."""

    version: str
    tasks: tuple[GuardedTask, ...]
    handlers: tuple[ModelHandler, ...]


def provisions(mined: Mined) -> dict[int, Provision]:
    """Return per process number what the model of the version started last provides; processes without one are left out."""
    elements = mined.elements
    if not len(elements):
        return {}
    latest = _latest(mined)
    failed, fired = _failed(mined), _fired(mined)
    known = {(str(k), str(v)): rows for (k, v), rows in elements.groupby(["process_key", "version"])}
    out = {}
    for process in mined.processes:
        version = latest.get(process.ix)
        rows = known.get((process.key, version)) if version is not None else None
        if version is None or rows is None:
            continue
        model = build(rows)
        retry = {str(r.element_id): r.retry for r in rows.itertuples() if isinstance(r.retry, str)}
        guards = handlers(model)
        tasks = tuple(
            GuardedTask(
                e.id, e.name or e.id, retried=tries(retry.get(e.id)) > 1,
                handled=any(h.kind in CATCHING for h in guards[e.id]), episodes=failed.get((process.ix, e.id), 0),
            )
            for e in sorted(model.elements.values(), key=lambda e: e.id)
            if e.type in FAILURE_PRONE
        )  # fmt: skip
        catching = {h.element_id for found in guards.values() for h in found if h.kind in CATCHING}
        used = tuple(
            ModelHandler(h, model.elements[h].name or h, fired.get((process.ix, h), 0)) for h in sorted(catching)
        )
        out[process.ix] = Provision(version, tasks, used)
    return out


def tries(retry: str | None) -> int:
    """Return how often a retry setting lets work be tried at most; an expression counts as more than once.

    ``R3/PT10M`` is three tries, ``PT5M,PT10M`` one more than there are pauses, ``3`` the number itself; none is 1.
    """
    if retry is None or not retry.strip():
        return 1
    text = retry.strip()
    if text.isdigit():
        return int(text)
    if match := re.match(r"R(\d+)/", text):
        return int(match[1])
    return 2 if text.startswith(("$", "#", "=")) else 1 + len([p for p in text.split(",") if p.strip()])


def _latest(mined: Mined) -> dict[int, str]:
    cases = mined.log.coded("c_cases")
    cases = cases.filter(cases.process_version.notnull() & cases.start.notnull())
    last = mined.query(cases.group_by(["process_ix", "process_version"]).agg(at=cases.start.max()))
    last = last.sort_values(["process_ix", "at", "process_version"])
    return {int(r.process_ix): str(r.process_version) for r in last.itertuples()}


def _failed(mined: Mined) -> dict[tuple[int, str], int]:
    if not mined.has_failures:
        return {}
    rows = mined.of(build_episodes)
    return _counts(mined.query(rows.group_by(["process_ix", "element_id"]).agg(n=rows.count())))


def _fired(mined: Mined) -> dict[tuple[int, str], int]:
    """Return how often each handler shows in the log: by rows of its own, or named by the exception that it handled."""
    log = mined.log
    steps = log.coded("d_step")
    steps = steps.filter(steps.element_id.notnull() & steps.element_type.isin(["boundaryEvent", "eventSubProcess"]))
    acts = log.coded("c_acts")
    rows = acts.filter(acts.state != "skipped").select("process_ix", "step_ix")
    rows = rows.join(steps.select("step_ix", "element_id"), "step_ix")
    seen = _counts(mined.query(rows.group_by(["process_ix", "element_id"]).agg(n=rows.count())))
    raised = log.coded("exceptions")
    raised = raised.filter(raised.handled_by.notnull() & raised.process_ix.notnull())
    named = _counts(mined.query(raised.group_by("process_ix", element_id=raised.handled_by).agg(n=raised.count())))
    return {key: max(seen.get(key, 0), named.get(key, 0)) for key in seen.keys() | named.keys()}


def _counts(counts: pd.DataFrame) -> dict[tuple[int, str], int]:
    return {(int(r.process_ix), str(r.element_id)): int(r.n) for r in counts.itertuples()}
