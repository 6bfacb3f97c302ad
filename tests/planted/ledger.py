"""The truth: what really happened in a simulated world, whatever any system recorded of it.

Times are whole milliseconds since 1970 (UTC). ``None`` as an end means that it had not come when the window ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

#: Kinds of element that are work; everything else steers.
HUMAN = ("userTask",)
MACHINE = ("serviceTask", "scriptTask")


@dataclass(slots=True)
class Branch:
    """Where an instance ran: in which branch of which activation of which split."""

    split: str
    activation: int
    number: int


@dataclass(slots=True)
class Instance:
    """One activation of one element. ``started`` None: it was asked for, but no try of it ever got so far as to stay."""

    id: int
    case: int
    element: str
    name: str
    kind: str
    offered: float
    started: float | None
    ended: float | None
    state: str = "completed"
    flavour: str = ""
    who: str | None = None
    group: str | None = None
    body: int | None = None
    index: int | None = None
    calls: int | None = None
    branches: tuple[Branch, ...] = ()

    @property
    def work(self) -> bool:
        """Whether somebody or something worked here."""
        return self.kind in HUMAN or self.kind in MACHINE


@dataclass(slots=True)
class Failure:
    """One try that failed, with the tries that were left when it began."""

    at: float
    tries: int


@dataclass(slots=True)
class Incident:
    """A failure that stands until somebody clears it. ``by``: operator, cancel or none."""

    created: float
    cleared: float | None
    by: str


@dataclass
class Episode:
    """Everything that went wrong in one activation, and how it ended. ``over`` is when."""

    case: int
    instance: int
    element: str
    kind: str
    failures: list[Failure]
    incidents: list[Incident]
    disposition: str
    over: float | None
    backoff: int
    handler: str | None = None

    @property
    def first(self) -> float:
        """When it began."""
        return min(
            [f.at for f in self.failures] + [i.created for i in self.incidents] + ([self.over] if self.over else [])
        )


@dataclass(slots=True)
class Case:
    """A process instance."""

    id: int
    process: str
    version: int
    key: str
    start: float
    end: float | None
    state: str
    root: int
    parent: int | None = None
    parent_instance: int | None = None
    ended_at: str | None = None


@dataclass
class Outside:
    """A step that happened beside the engine. ``recorded``: some other system kept it; ``key`` None: without its number."""

    case: int
    name: str
    start: float
    end: float
    who: str
    system: str
    recorded: bool = True
    key: str | None = None
    doubles: int | None = None


@dataclass
class Release:
    """A version of a process that was deployed. ``content`` is equal where nothing changed.

    ``defect``: how many times as often services fail on it; ``slower``: what it adds to the logarithm of every duration;
    ``ramp``: days in which new cases move over to it one after the other, evenly.
    """

    process: str
    version: int
    at: float
    content: str
    defect: float = 1.0
    slower: float = 0.0
    ramp: float = 0.0


@dataclass
class Ledger:
    """Everything."""

    start: float
    end: float
    cases: dict[int, Case] = field(default_factory=dict)
    instances: dict[int, Instance] = field(default_factory=dict)
    episodes: list[Episode] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    #: How long work waited, by process and cause (see ``desks``).
    waits: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, other: Ledger) -> None:
        """Take in what another ledger says; ids differ."""
        self.cases |= other.cases
        self.instances |= other.instances
        self.episodes += other.episodes
        self.outside += other.outside

    def of_case(self) -> dict[int, list[Instance]]:
        """Return the instances of each case, in the order in which they were asked for."""
        out: dict[int, list[Instance]] = {case: [] for case in self.cases}
        for instance in self.instances.values():
            out[instance.case].append(instance)
        return out


def cut(ledger: Ledger, at: float, *, cancelled: bool) -> None:
    """Let nothing happen after ``at``: the window ended there, or somebody deleted these cases.

    What was under way stays running, or is cancelled. An episode that would have ended later is open or cancelled.
    """
    for instance in list(ledger.instances.values()):
        if instance.offered > at:
            del ledger.instances[instance.id]
            continue
        if instance.started is not None and instance.started > at:
            instance.started = None
        if instance.ended is None or instance.ended > at:
            # what never got so far as to stay leaves nothing that could be cancelled
            instance.ended = at if cancelled and instance.started is not None else None
            instance.state = "canceled" if cancelled else "running"
    for case in list(ledger.cases.values()):
        if case.start > at:
            del ledger.cases[case.id]
        elif case.end is None or case.end > at:
            case.end, case.state, case.ended_at = (at, "terminated", None) if cancelled else (None, "running", None)
    ledger.episodes = [e for e in ledger.episodes if _cut_episode(e, at, cancelled)]
    ledger.outside = [o for o in ledger.outside if o.end <= at]


def _cut_episode(episode: Episode, at: float, cancelled: bool) -> bool:
    episode.failures = [f for f in episode.failures if f.at <= at]
    episode.incidents = [i for i in episode.incidents if i.created <= at]
    for incident in episode.incidents:
        if incident.cleared is None or incident.cleared > at:
            incident.cleared, incident.by = (at, "cancel") if cancelled else (None, "none")
    if episode.over is not None and episode.over <= at:
        return True
    if not episode.failures and not episode.incidents:
        return False
    if any(i.by == "operator" for i in episode.incidents) and episode.incidents[-1].by == "operator":
        # repaired, though the work was not done any more
        episode.disposition, episode.over = "manual", episode.incidents[-1].cleared
    else:
        episode.disposition, episode.over = ("cancelled", at) if cancelled else ("open", None)
    return True


def trees(ledger: Ledger) -> Iterable[list[Case]]:
    """Return each root case with all that it called, directly or not."""
    found: dict[int, list[Case]] = {}
    for case in ledger.cases.values():
        found.setdefault(case.root, []).append(case)
    return found.values()
