"""What a simulated world is made of: processes as trees of blocks, and everything that decides what happens in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .ledger import Release


@dataclass(frozen=True)
class Task:
    """A step. ``kind``: user, external (a worker fetches it), job (the engine's own executor runs it) or script.

    ``hazard`` is the chance that an activation fails at all, ``tries`` how often it is tried before somebody is called,
    ``fallback`` a person's step that the model takes when the service answers with an error, ``fatal`` that an error
    which nothing catches may end the case here.
    """

    id: str
    kind: str = "user"
    minutes: float = 30.0
    hazard: float = 0.0
    tries: int = 3
    backoff: float = 10.0
    fallback: str | None = None
    fatal: bool = False
    group: str = "clerks"

    @property
    def name(self) -> str:
        """The label."""
        return self.id.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    parts: tuple[Block, ...]


@dataclass(frozen=True)
class Choice:
    """One of several, by chance; an option may be empty."""

    id: str
    options: tuple[tuple[float, Block], ...]


@dataclass(frozen=True)
class Parallel:
    """All of them. ``serial``: the engine lets one wait for the other, although the model does not."""

    id: str
    branches: tuple[Block, ...]
    serial: bool = False


@dataclass(frozen=True)
class Loop:
    """Once, and again with a chance."""

    id: str
    body: Block
    again: float


@dataclass(frozen=True)
class Many:
    """A task for each of some things, at once or in turn."""

    task: Task
    least: int = 2
    most: int = 4
    at_once: bool = True


@dataclass(frozen=True)
class Call:
    """Another process, as a part of this one."""

    id: str
    process: Process


Block = Task | Sequence | Choice | Parallel | Loop | Many | Call
EMPTY = Sequence(())


@dataclass(frozen=True)
class Process:
    """A process with how many cases arrive in the window."""

    key: str
    body: Block
    cases: int = 0


@dataclass(frozen=True)
class Mix:
    """How failures end: shares among the failing activations. What a task has no means for becomes ``manual``."""

    retried: float = 0.5
    modelled: float = 0.15
    manual: float = 0.2
    cancelled: float = 0.05
    dead: float = 0.05
    open: float = 0.05


@dataclass(frozen=True)
class World:
    """Everything that decides what happens.

    No case begins in the last ``quiet`` days. ``bad_days``: the share of days on which services fail ``bad_factor`` times
    as often. ``spread``: standard deviation of a case's own leaning (log-odds) that all its choices share, which makes
    cases unlike. ``repair_minutes``: median of the lognormal time until an operator clears an incident (sigma 1).
    ``relapse``: the chance that a cleared incident comes back at once. ``withdrawn``: the share of cases that somebody
    deletes on the way.
    ``outside``: mean number of steps beside the engine a case, of which a share ``unlogged`` leaves no trace and a share
    ``keyless`` of the others no number; ``doubled``: the share of engine work that another system records, too.
    ``changed``: process, version and the tree from that version on. ``weekend``: arrivals on a day of a weekend by those
    of another, ``weekend_lean`` how its cases lean. ``day_lean``, ``day_spread``: standard deviations of what the cases
    begun on one day have in common, in their choices and in the logarithms of durations; ``trend`` is what a day adds to
    these, ``sigma`` the spread of each.
    """

    processes: tuple[Process, ...]
    seed: int = 1
    days: int = 60
    quiet: int = 0
    mix: Mix = Mix()
    bad_days: float = 0.0
    bad_factor: float = 8.0
    spread: float = 0.0
    repair_minutes: float = 180.0
    relapse: float = 0.0
    withdrawn: float = 0.0
    outside: float = 0.0
    unlogged: float = 0.0
    keyless: float = 0.0
    doubled: float = 0.0
    releases: tuple[Release, ...] = field(default=())
    changed: tuple[tuple[str, int, Block], ...] = ()
    weekend: float = 1.0
    weekend_lean: float = 0.0
    day_lean: float = 0.0
    day_spread: float = 0.0
    trend: float = 0.0
    sigma: float = 0.6


def as_of(world: World, process: Process, version: int) -> Process:
    """Return a process as a version has it."""
    if not world.changed:
        return process
    bodies = [(v, body) for key, v, body in world.changed if key == process.key and v <= version]
    return replace(process, body=max(bodies, key=lambda pair: pair[0])[1]) if bodies else process


def all_processes(world: World) -> list[Process]:
    """Return the processes of a world and those that they call, each once."""
    found: dict[str, Process] = {}

    def walk(block: Block) -> None:
        if isinstance(block, Call):
            take(block.process)
        for part in children(block):
            walk(part)

    def take(process: Process) -> None:
        if process.key not in found:
            found[process.key] = process
            walk(process.body)

    for process in world.processes:
        take(process)
    return list(found.values())


def children(block: Block) -> tuple[Block, ...]:
    """Return the blocks directly inside one."""
    if isinstance(block, Sequence):
        return block.parts
    if isinstance(block, Choice):
        return tuple(option for _, option in block.options)
    if isinstance(block, Parallel):
        return block.branches
    if isinstance(block, Loop):
        return (block.body,)
    return (block.task,) if isinstance(block, Many) else ()
