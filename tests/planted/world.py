"""Simulated processes: small graphs, people and services, failures and how they end. Everything that happens is written down.

A process is a tree of blocks (``blocks``). A world runs cases through it with a seeded generator and returns the ledger;
no record of any engine is made here. Durations are lognormal, arrivals uniform over the window, and every kind of failure
has a share.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .blocks import Block, Call, Choice, Loop, Many, Parallel, Process, Sequence, Task, World, all_processes, as_of
from .ledger import (
    DAY,
    HOUR,
    MINUTE,
    Branch,
    Case,
    Episode,
    Failure,
    Incident,
    Instance,
    Ledger,
    Outside,
    Release,
    cut,
    trees,
)

#: Monday 5 January 2026, 06:00 UTC. Ninety days from here clocks in Europe change once, forwards.
BEGINNING = 1_767_592_800_000
NEVER = math.inf


class _Ends(Exception):
    """The case ended in the middle of its model."""

    def __init__(self, at: float) -> None:
        self.at = at


def simulate(world: World) -> Ledger:
    """Run a world and return what happened in it."""
    end = BEGINNING + world.days * DAY
    ledger = Ledger(BEGINNING, end)
    # every id is used once in a world, whatever it names
    ids = itertools.count(100_001)
    plan: dict[str, list[Release]] = {}
    for release in world.releases:
        plan.setdefault(release.process, []).append(release)
    for number, process in enumerate(world.processes):
        rng = np.random.default_rng([world.seed, number])
        bad = frozenset(np.flatnonzero(rng.random(world.days * 2) < world.bad_days).tolist())
        common = np.random.default_rng([world.seed, number, 7]).normal(size=(2, world.days + 1))
        for nth, arrival in enumerate(_arrivals(world, rng, process.cases)):
            leaning = float(rng.normal(0.0, world.spread)) if world.spread else 0.0
            leaning += world.weekend_lean * _weekend(arrival) + world.day_lean * float(common[0, arrival // DAY])
            stretch = world.trend * arrival / DAY + world.day_spread * float(common[1, arrival // DAY])
            run = _Run(world, plan, rng, ids, bad, leaning, stretch)
            run.root(process, BEGINNING + arrival, f"{process.key.upper()}-{nth + 1:05d}")
            ledger.add(run.ledger)
    cut(ledger, end, cancelled=False)
    for keys in trees(ledger):
        for case in keys:
            if case.end == NEVER:
                case.end = None
    ledger.releases = list(world.releases) or [
        Release(process.key, 1, BEGINNING - DAY, "1") for process in all_processes(world)
    ]
    return ledger


def _weekend(arrival: float) -> bool:
    # 1970-01-01 was a Thursday
    return bool((BEGINNING + arrival) // DAY % 7 in (2, 3))


def _arrivals(world: World, rng: np.random.Generator, cases: int) -> list[int]:
    until = (world.days - world.quiet) * DAY
    if world.weekend == 1.0:
        return [int(a) for a in np.sort(rng.integers(0, until, cases))]
    drawn: list[int] = []
    while len(drawn) < cases:
        arrival = int(rng.integers(0, until))
        if not _weekend(arrival) or rng.random() < world.weekend:
            drawn.append(arrival)
    return sorted(drawn)


class _Run:
    """One root case on its way."""

    def __init__(
        self, world: World, plan: dict[str, list[Release]], rng: np.random.Generator, ids: Iterator[int],
        bad: frozenset[int], leaning: float, stretch: float,
    ) -> None:  # fmt: skip
        self.world, self.plan, self.rng, self.ids, self.bad = world, plan, rng, ids, bad
        self.leaning, self.stretch = leaning, stretch
        self.ledger = Ledger(0, 0)
        self.deleted = NEVER
        self.branches: tuple[Branch, ...] = ()

    def root(self, process: Process, at: float, key: str) -> None:
        case = self._case(process, at, key, None, None)
        if self.world.withdrawn and self.rng.random() < self.world.withdrawn:
            self.deleted = at + float(self.rng.integers(10 * MINUTE, 2 * DAY))
        self._through(process, case)
        self._beside(case)
        if self.deleted < NEVER and (case.end is None or case.end > self.deleted):
            cut(self.ledger, self.deleted, cancelled=True)

    def _case(self, process: Process, at: float, key: str, parent: Case | None, by: Instance | None) -> Case:
        number = next(self.ids)
        release = self._live(process, at)
        case = Case(
            id=number, process=process.key, version=release.version if release else 1, key=key, start=at, end=NEVER,
            state="running", root=number if parent is None else parent.root,
            parent=None if parent is None else parent.id,
            parent_instance=None if by is None else by.id,
        )  # fmt: skip
        self.ledger.cases[number] = case
        return case

    def _live(self, process: Process, at: float) -> Release | None:
        """Return the release on which a case begins; while new cases move over, chance decides."""
        out = [r for r in self.plan.get(process.key, ()) if r.at <= at]
        while len(out) > 1 and out[-1].ramp and self.rng.random() >= (at - out[-1].at) / DAY / out[-1].ramp:
            out.pop()
        return out[-1] if out else None

    def _through(self, process: Process, case: Case) -> float:
        self._passed(case, f"{process.key}_start", "startEvent", case.start)
        try:
            at = self._block(case, as_of(self.world, process, case.version).body, case.start)
        except _Ends as stop:
            case.end, case.state = stop.at, "completed"
            return stop.at
        case.end = at
        if at < NEVER:
            case.state, case.ended_at = "completed", f"{process.key}_end"
            self._passed(case, f"{process.key}_end", "endEvent", at)
        return at

    def _instance(self, case: Case, element: str, name: str, kind: str, at: float, **more: object) -> Instance:
        instance = Instance(
            id=next(self.ids), case=case.id, element=element, name=name, kind=kind, offered=at, started=at, ended=at,
            branches=self.branches,
        )  # fmt: skip
        instance = replace(instance, **more)  # type: ignore[arg-type]
        self.ledger.instances[instance.id] = instance
        return instance

    def _passed(self, case: Case, element: str, kind: str, at: float, until: float | None = None) -> None:
        if at < NEVER:
            self._instance(case, element, "", kind, at, ended=at if until is None else until)

    def _block(self, case: Case, block: Block, at: float) -> float:
        if at == NEVER:
            return NEVER
        if isinstance(block, Task):
            return self._task(case, block, at)
        if isinstance(block, Sequence):
            for part in block.parts:
                at = self._block(case, part, at)
            return at
        if isinstance(block, Choice):
            self._passed(case, f"{block.id}_split", "exclusiveGateway", at)
            at = self._block(case, self._drawn(block), at)
            self._passed(case, f"{block.id}_merge", "exclusiveGateway", at)
            return at
        if isinstance(block, Parallel):
            return self._parallel(case, block, at)
        if isinstance(block, Loop):
            while True:
                self._passed(case, f"{block.id}_back", "exclusiveGateway", at)
                at = self._block(case, block.body, at)
                self._passed(case, f"{block.id}_again", "exclusiveGateway", at)
                if at == NEVER or self.rng.random() >= self._leant(block.again):
                    return at
        if isinstance(block, Many):
            return self._many(case, block, at)
        return self._call(case, block, at)

    def _leant(self, p: float) -> float:
        """Return a chance as this case leans."""
        return p if not self.leaning or p in (0.0, 1.0) else 1 / (1 + math.exp(-math.log(p / (1 - p)) - self.leaning))

    def _drawn(self, block: Choice) -> Block:
        """Return an option; the case's leaning moves the chance of the first."""
        first = self._leant(block.options[0][0])
        if self.rng.random() < first:
            return block.options[0][1]
        shares = np.array([share for share, _ in block.options[1:]])
        return block.options[1 + int(self.rng.choice(len(shares), p=shares / shares.sum()))][1]

    def _parallel(self, case: Case, block: Parallel, at: float) -> float:
        activation, outer = next(self.ids), self.branches
        self._passed(case, f"{block.id}_fork", "parallelGateway", at)
        ends = []
        begin = at
        for number, branch in enumerate(block.branches):
            self.branches = (*outer, Branch(block.id, activation, number))
            ends.append(self._block(case, branch, begin))
            self.branches = outer
            if block.serial:
                begin = ends[-1]
        last = max(ends)
        for arrived in ends:
            self._passed(case, f"{block.id}_join", "parallelGateway", arrived, until=last)
        return last

    def _many(self, case: Case, block: Many, at: float) -> float:
        body = self._instance(case, f"{block.task.id}#multiInstanceBody", "", "multiInstanceBody", at)
        begin, ends = at, []
        for index in range(int(self.rng.integers(block.least, block.most + 1))):
            if begin < NEVER:
                ends.append(self._task(case, block.task, begin, body=body.id, index=index))
            if not block.at_once:
                begin = ends[-1]
        body.ended = max(ends)
        return body.ended

    def _call(self, case: Case, block: Call, at: float) -> float:
        instance = self._instance(case, block.id, block.id.replace("_", " ").capitalize(), "callActivity", at)
        child = self._case(block.process, at, case.key, case, instance)
        outer, self.branches = self.branches, ()
        instance.calls = child.id
        instance.ended = self._through(block.process, child)
        self.branches = outer
        return instance.ended

    def _lasts(self, case: Case, task: Task) -> int:
        """Return how long a task takes in a case, as its version and its day have it."""
        longer = self.stretch + self._release(case).slower
        return self._minutes(task.minutes * math.exp(longer), self.world.sigma)

    def _release(self, case: Case) -> Release:
        mine = [r for r in self.plan.get(case.process, ()) if r.version == case.version]
        return mine[0] if mine else Release(case.process, case.version, 0, "")

    def _minutes(self, median: float, sigma: float = 0.6) -> int:
        return max(1_000, round(math.exp(self.rng.normal(math.log(median), sigma)) * MINUTE))

    def _task(self, case: Case, task: Task, at: float, body: int | None = None, index: int | None = None) -> float:
        kind = {"user": "userTask", "script": "scriptTask"}.get(task.kind, "serviceTask")
        who = f"{task.group}-{int(self.rng.integers(1, 6))}" if task.kind == "user" else f"{task.id}-worker"
        lasts = self._lasts(case, task)
        instance = self._instance(
            case, task.id, task.name, kind, at, ended=at + lasts, flavour=task.kind, who=who,
            group=task.group if task.kind == "user" else None, body=body, index=index,
        )  # fmt: skip
        if task.kind == "script":
            instance.ended = at + max(1, lasts // 1000)
            return instance.ended
        if task.kind == "user":
            return at + lasts
        if task.kind == "job":
            # the executor looks for jobs every few seconds, and each try has a transaction of its own
            instance.started = at + float(self.rng.integers(500, 6_000))
            instance.ended = instance.started + lasts
        hazard = task.hazard * (self.world.bad_factor if int((at - BEGINNING) // DAY) in self.bad else 1.0)
        hazard *= self._release(case).defect
        if hazard and self.rng.random() < min(0.95, self._leant(min(0.95, hazard))):
            return self._fails(case, task, instance, lasts)
        if task.fallback:
            self._passed(case, f"{task.id}_after", "exclusiveGateway", instance.ended or NEVER)
        if task.fatal:
            self._passed(case, f"{task.id}_sound", "exclusiveGateway", instance.ended or NEVER)
        return instance.ended or NEVER

    def _fails(self, case: Case, task: Task, instance: Instance, lasts: int) -> float:
        """Let an activation fail, and end as drawn."""
        mix = self.world.mix
        names = ("retried", "modelled", "manual", "cancelled", "dead", "open")
        shares = np.array([getattr(mix, name) for name in names])
        fate = names[int(self.rng.choice(len(names), p=shares / shares.sum()))]
        if (fate == "modelled" and not task.fallback) or (fate == "dead" and not task.fatal):
            fate = "manual"
        if fate == "retried" and task.tries < 2:
            fate = "manual"
        begun = instance.started or instance.offered
        pause, tried = round(task.backoff * MINUTE), max(1_000, lasts // 3)
        all_tries = fate in ("manual", "cancelled", "open")
        most = task.tries if all_tries else task.tries - 1
        least = task.tries if all_tries else (1 if fate == "retried" else 0)
        number = int(self.rng.integers(least, most + 1))
        if fate == "dead":
            number = 0
        failures, at = [], begun
        for nth in range(number):
            at += tried
            failures.append(Failure(at, task.tries - nth))
            if nth + 1 < task.tries:
                at += pause
        episode = Episode(
            case=case.id, instance=instance.id, element=task.id, kind="technical", failures=failures, incidents=[],
            disposition="", over=None, backoff=pause,
        )  # fmt: skip
        self.ledger.episodes.append(episode)
        return getattr(self, f"_{fate}")(case, task, instance, episode, at, lasts)  # type: ignore[no-any-return]

    def _worked(self, case: Case, task: Task, instance: Instance, at: float, lasts: int) -> float:
        """Let the try that succeeds begin ``at``. A job's earlier tries were rolled back: its row begins here."""
        if task.kind == "job":
            instance.started = at
        instance.ended = at + lasts
        if task.fallback:
            self._passed(case, f"{task.id}_after", "exclusiveGateway", instance.ended)
        if task.fatal:
            self._passed(case, f"{task.id}_sound", "exclusiveGateway", instance.ended)
        return instance.ended

    def _retried(self, case: Case, task: Task, instance: Instance, episode: Episode, at: float, lasts: int) -> float:
        end = self._worked(case, task, instance, at, lasts)
        episode.disposition, episode.over = "retried_ok", instance.started if task.kind == "job" else end
        return end

    def _modelled(self, case: Case, task: Task, instance: Instance, episode: Episode, at: float, lasts: int) -> float:
        caught = at + lasts
        if task.kind == "job":
            instance.started = at
        instance.ended, instance.state = caught, "canceled"
        episode.disposition, episode.over, episode.handler = "modelled", caught, f"{task.id}_refused"
        self._passed(case, f"{task.id}_refused", "boundaryEvent", caught)
        end = self._task(case, Task(str(task.fallback), minutes=task.minutes * 3), caught)
        self._passed(case, f"{task.id}_after", "exclusiveGateway", end)
        if task.fatal:
            self._passed(case, f"{task.id}_sound", "exclusiveGateway", end)
        return end

    def _manual(self, case: Case, task: Task, instance: Instance, episode: Episode, at: float, lasts: int) -> float:
        created = at
        while True:
            cleared = created + self._minutes(self.world.repair_minutes, 1.0)
            episode.incidents.append(Incident(created, cleared, "operator"))
            if not self.world.relapse or self.rng.random() >= self.world.relapse:
                break
            created = cleared + 2_000
            episode.failures.append(Failure(created, 1))
        end = self._worked(case, task, instance, cleared + 1_000, lasts)
        episode.disposition, episode.over = "manual", instance.started if task.kind == "job" else end
        return end

    def _cancelled(self, case: Case, task: Task, instance: Instance, episode: Episode, at: float, lasts: int) -> float:
        episode.incidents.append(Incident(at, NEVER, "none"))
        self.deleted = min(self.deleted, at + self._minutes(self.world.repair_minutes, 1.0))
        self._stuck(task, instance)
        return NEVER

    def _open(self, case: Case, task: Task, instance: Instance, episode: Episode, at: float, lasts: int) -> float:
        episode.incidents.append(Incident(at, NEVER, "none"))
        self._stuck(task, instance)
        return NEVER

    @staticmethod
    def _stuck(task: Task, instance: Instance) -> None:
        instance.ended = NEVER
        if task.kind == "job":
            instance.started = NEVER

    def _dead(self, case: Case, task: Task, instance: Instance, episode: Episode, at: float, lasts: int) -> float:
        end = self._worked(case, task, instance, at, lasts)
        thrown = self._instance(case, f"{task.id}_failed", "", "errorEndEvent", end)
        episode.disposition, episode.over, episode.kind = "dead", end, "constraint"
        episode.instance, episode.element = thrown.id, thrown.element
        raise _Ends(end)

    def _beside(self, case: Case) -> None:
        """Add what happens beside the engine before the case begins, while it runs and after it ended."""
        world, rng = self.world, self.rng
        if not world.outside:
            return
        last = case.end if case.end is not None and case.end < NEVER else case.start + DAY
        for _ in range(int(rng.poisson(world.outside))):
            begin = float(int(case.start - HOUR + rng.random() * (last - case.start + 2 * HOUR)))
            key: str | None = case.key
            if rng.random() < world.keyless:
                # half of them carry no number at all, the others one that nobody has
                key = None if rng.random() < 0.5 else f"X{int(rng.integers(10**9))}"
            self.ledger.outside.append(
                Outside(
                    case=case.id, name=f"Phone call {int(rng.integers(1, 4))}", start=begin,
                    end=begin + self._minutes(10.0), who="desk", system="telephone",
                    recorded=bool(rng.random() >= world.unlogged), key=key,
                )
            )  # fmt: skip
        for instance in list(self.ledger.instances.values()):
            done = instance.ended is not None and instance.ended < NEVER and instance.started is not None
            if world.doubled and instance.work and done and rng.random() < world.doubled:
                assert instance.ended is not None and instance.started is not None
                self.ledger.outside.append(
                    Outside(case.id, instance.name, instance.started, instance.ended, "desk", "register",
                            key=case.key, doubles=instance.id)
                )  # fmt: skip
