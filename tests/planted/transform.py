"""Changes to a world, or to what happened in it, that a good measure does not notice."""

from __future__ import annotations

from dataclasses import replace

from .blocks import Block, Call, Choice, Loop, Many, Parallel, Process, Sequence, Task, World
from .ledger import Failure, Incident, Ledger


def wrapped(world: World, levels: int = 2) -> World:
    """Call every process from another that does nothing else, some levels deep."""

    def wrap(process: Process) -> Process:
        inner = replace(process, cases=0)
        for level in range(levels):
            inner = Process(f"{process.key}-outer{level}", Call(f"call_{process.key}_{level}", inner))
        return replace(inner, cases=process.cases)

    return replace(world, processes=tuple(wrap(p) for p in world.processes))


def with_controls(world: World) -> World:
    """Put a gateway before and after every step."""
    return replace(world, processes=tuple(_mapped(p, _gated) for p in world.processes))


def renamed(world: World) -> World:
    """Give every step another name."""

    def other(task: Task) -> Block:
        fallback = f"zz_{task.fallback[::-1]}" if task.fallback else None
        return replace(task, id=f"zz_{task.id[::-1]}", fallback=fallback)

    return replace(world, processes=tuple(_mapped(p, other) for p in world.processes))


def _gated(task: Task) -> Block:
    return Parallel(f"gate_{task.id}", (task,))


def _mapped(process: Process, change: object) -> Process:
    assert callable(change)

    def walk(block: Block) -> Block:
        if isinstance(block, Task):
            return change(block)  # type: ignore[no-any-return]
        if isinstance(block, Sequence):
            return Sequence(tuple(walk(part) for part in block.parts))
        if isinstance(block, Choice):
            return replace(block, options=tuple((share, walk(option)) for share, option in block.options))
        if isinstance(block, Parallel):
            return replace(block, branches=tuple(walk(branch) for branch in block.branches))
        if isinstance(block, Loop):
            return replace(block, body=walk(block.body))
        if isinstance(block, Many):
            task = change(block.task)
            # a multi-instance marks one step: what cannot be put around it stays away
            return replace(block, task=task) if isinstance(task, Task) else block
        return replace(block, process=_mapped(block.process, change))

    return replace(process, body=walk(process.body))


def split_incidents(ledger: Ledger) -> Ledger:
    """Let an operator's first try to clear an incident fail at once: one incident becomes two. Changes the ledger."""
    for episode in ledger.episodes:
        parts: list[Incident] = []
        for incident in episode.incidents:
            if incident.by != "operator" or incident.cleared is None or incident.cleared - incident.created < 10_000:
                parts.append(incident)
                continue
            middle = float(int((incident.created + incident.cleared) / 2))
            parts += [
                Incident(incident.created, middle, "operator"),
                Incident(middle + 1_000, incident.cleared, "operator"),
            ]
            episode.failures.append(Failure(middle + 1_000, 1))
        episode.incidents = parts
    return ledger
