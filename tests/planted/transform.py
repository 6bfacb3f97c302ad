"""Changes to a world, or to what happened in it, that a good measure does not notice."""

from __future__ import annotations

import random
from dataclasses import replace

from .blocks import Block, Call, Choice, Loop, Many, Parallel, Process, Sequence, Task, World
from .ledger import Episode, Failure, Incident, Ledger


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


def other_order(ledger: Ledger) -> Ledger:
    """Let the cases come in the reverse order, each as it was. Changes the ledger."""
    roots = sorted({c.root for c in ledger.cases.values()})
    # the numbers of one root case and all that belongs to it follow one another
    until = [*roots[1:], max([*ledger.cases, *ledger.instances]) + 1]
    new: dict[int, int] = {}
    at = roots[0]
    for first, last in reversed(list(zip(roots, until, strict=True))):
        new |= {number: at + number - first for number in range(first, last)}
        at += last - first
    cases, instances = list(ledger.cases.values()), list(ledger.instances.values())
    for c in cases:
        c.id, c.root = new[c.id], new[c.root]
        c.parent, c.parent_instance = (None if n is None else new[n] for n in (c.parent, c.parent_instance))
    for i in instances:
        i.id, i.case = new[i.id], new[i.case]
        i.body, i.calls = (None if n is None else new[n] for n in (i.body, i.calls))
    for e in ledger.episodes:
        e.case, e.instance = new[e.case], new[e.instance]
    ledger.cases = {c.id: c for c in sorted(cases, key=lambda c: c.id)}
    ledger.instances = {i.id: i for i in sorted(instances, key=lambda i: i.id)}
    return ledger


def scaled(ledger: Ledger, by: int) -> Ledger:
    """Let everything take so many times as long, from the beginning on. Changes the ledger."""

    def at(t: float | None) -> float | None:
        return None if t is None else ledger.start + (t - ledger.start) * by

    for c in ledger.cases.values():
        c.start, c.end = at(c.start) or 0.0, at(c.end)
    for i in ledger.instances.values():
        i.offered, i.started, i.ended = at(i.offered) or 0.0, at(i.started), at(i.ended)
    for e in ledger.episodes:
        e.over = at(e.over)
        for f in e.failures:
            f.at = at(f.at) or 0.0
        for n in e.incidents:
            n.created, n.cleared = at(n.created) or 0.0, at(n.cleared)
    for r in ledger.releases:
        r.at = at(r.at) or 0.0
    return ledger


def more_handled(ledger: Ledger, share: float, seed: int = 1) -> Ledger:
    """Let a share of the external work that went well fail once before it did. Changes the ledger."""
    rng = random.Random(seed)
    failed = {e.instance for e in ledger.episodes}
    for i in ledger.instances.values():
        if i.flavour != "external" or i.state != "completed" or i.id in failed or i.started is None or i.ended is None:
            continue
        if i.ended - i.started > 4_000 and rng.random() < share:
            middle = float(int((i.started + i.ended) / 2))
            ledger.episodes.append(
                Episode(i.case, i.id, i.element, "technical", [Failure(middle, 3)], [], "retried_ok", i.ended, 600_000)
            )
    return ledger
