"""What every metric should say, counted directly in the ledger with loops and sums, and with nothing of the analyser's.

The definitions are those of the metrics' documentation. A *unit* is a case of a process, or, for the portfolio, a root case
with all that it called. Values are None where the denominator is empty.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .ledger import DAY, HOUR, MACHINE, Case, Episode, Instance, Ledger

HANDLED = ("retried_ok", "modelled")


@dataclass
class Unit:
    """One case (or a root case with its descendants) and what belongs to it."""

    case: Case
    cases: list[Case] = field(default_factory=list)
    work: list[Instance] = field(default_factory=list)
    lost: list[Instance] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.case.end is not None

    @property
    def machine(self) -> list[Instance]:
        return [i for i in self.work if i.kind in MACHINE]

    @property
    def incidents(self) -> int:
        return sum(len(e.incidents) for e in self.episodes)

    @property
    def spans(self) -> list[tuple[float, float]]:
        return [(i.started, i.ended) for i in self.work if i.started is not None and i.ended is not None]


def units(ledger: Ledger, process: str | None) -> list[Unit]:
    """Return the units of a process, or with None those of the portfolio."""
    found: dict[int, Unit] = {}
    unit_of: dict[int, Unit] = {}
    for case in ledger.cases.values():
        if process is None:
            root = ledger.cases[case.root]
            unit = found.setdefault(root.id, Unit(root))
        elif case.process == process:
            unit = found.setdefault(case.id, Unit(case))
        else:
            continue
        unit.cases.append(case)
        unit_of[case.id] = unit
    failing = {e.instance for e in ledger.episodes if e.failures}
    for instance in ledger.instances.values():
        if instance.case not in unit_of:
            continue
        unit = unit_of[instance.case]
        unit.instances.append(instance)
        if instance.work and instance.started is not None:
            unit.work.append(instance)
        elif instance.work and instance.id in failing:
            unit.lost.append(instance)
    for episode in ledger.episodes:
        if episode.case in unit_of:
            unit_of[episode.case].episodes.append(episode)
    return list(found.values())


def union(spans: Sequence[tuple[float, float]]) -> float:
    """Return the length of what some spans cover together."""
    covered, reach = 0.0, -math.inf
    for start, end in sorted(spans):
        covered += max(0.0, end - max(start, reach))
        reach = max(reach, end)
    return covered


def doubly(spans: Sequence[tuple[float, float]]) -> float:
    """Return for how long at least two spans were under way."""
    points = sorted([(s, 1) for s, e in spans if e > s] + [(e, -1) for s, e in spans if e > s])
    total, active, since = 0.0, 0, 0.0
    for at, step in points:
        if active >= 2:
            total += at - since
        active, since = active + step, at
    return total


def last_record(ledger: Ledger) -> float:
    """Return when the window ends: the last time that any record of the engine bears."""
    times = [t for i in ledger.instances.values() for t in (i.started, i.ended)]
    times += [t for c in ledger.cases.values() for t in (c.start, c.end)]
    for e in ledger.episodes:
        times += [f.at for f in e.failures] + [t for i in e.incidents for t in (i.created, i.cleared)]
    return max(t for t in times if t is not None)


def _ratio(units: Sequence[Unit], x: Callable[[Unit], float], y: Callable[[Unit], float]) -> float | None:
    bottom = sum(y(u) for u in units)
    return sum(x(u) for u in units if y(u)) / bottom if bottom else None


def automation_rate(ledger: Ledger, process: str | None) -> float | None:
    """Rows of work that are no person's / rows of work."""
    return _ratio(units(ledger, process), lambda u: len(u.machine), lambda u: len(u.work))


def touchless_rate(ledger: Ledger, process: str | None) -> float | None:
    """Closed cases with work all of which is no person's / closed cases with work."""
    closed = [u for u in units(ledger, process) if u.closed and u.work]
    return _ratio(closed, lambda u: len(u.machine) == len(u.work), lambda u: 1)


def first_attempt_success(ledger: Ledger, process: str | None) -> float | None:
    """Non-human work instances without a failed try / all, those that never got through included."""
    bad = {e.instance for e in ledger.episodes if e.failures}
    return _ratio(
        units(ledger, process),
        lambda u: sum(i.id not in bad for i in u.machine),
        lambda u: len(u.machine) + len(u.lost),
    )


def retry_amplification(ledger: Ledger, process: str | None) -> float | None:
    """Tries per non-human work instance."""
    return _ratio(
        units(ledger, process),
        lambda u: len(u.machine) + sum(len(e.failures) for e in u.episodes),
        lambda u: len(u.machine) + len(u.lost),
    )


def _over(unit: Unit) -> list[Episode]:
    return [e for e in unit.episodes if e.disposition != "open"]


def handled_exception_rate(ledger: Ledger, process: str | None) -> float | None:
    """Closed episodes that a retry or the model coped with / closed episodes."""
    return _ratio(
        units(ledger, process), lambda u: sum(e.disposition in HANDLED for e in _over(u)), lambda u: len(_over(u))
    )


def retry_effectiveness(ledger: Ledger, process: str | None) -> float | None:
    """Of the closed episodes with failed tries, those that trying again overcame."""
    return _ratio(
        units(ledger, process),
        lambda u: sum(e.disposition == "retried_ok" for e in _over(u) if e.failures),
        lambda u: sum(bool(e.failures) for e in _over(u)),
    )


def containment(ledger: Ledger, process: str | None) -> float | None:
    """Closed episodes that neither ended a case nor kept a caller waiting / closed episodes."""

    def contained(episode: Episode) -> bool:
        case = ledger.cases[episode.case]
        killed = episode.disposition == "dead" or (episode.disposition == "cancelled" and case.state == "terminated")
        return not killed and not (episode.incidents and case.parent is not None)

    return _ratio(units(ledger, process), lambda u: sum(contained(e) for e in _over(u)), lambda u: len(_over(u)))


def exception_rate(ledger: Ledger, process: str | None) -> float | None:
    """Episodes in closed cases / closed cases."""
    closed = [u for u in units(ledger, process) if u.closed]
    return _ratio(closed, lambda u: len(u.episodes), lambda u: 1)


def incident_free_rate(ledger: Ledger, process: str | None) -> float | None:
    """Closed cases without an incident / closed cases."""
    closed = [u for u in units(ledger, process) if u.closed]
    return _ratio(closed, lambda u: u.incidents == 0, lambda u: 1)


def cancellation_rate(ledger: Ledger, process: str | None) -> float | None:
    """Closed cases that somebody deleted / closed cases."""
    closed = [u for u in units(ledger, process) if u.closed]
    return _ratio(closed, lambda u: u.case.state == "terminated", lambda u: 1)


def rework_rate(ledger: Ledger, process: str | None) -> float | None:
    """Closed cases in which an activity was done twice, siblings of a multi-instance apart / closed cases with work."""

    def again(unit: Unit) -> bool:
        times: Counter[tuple[int, str, int | None]] = Counter()
        bodies: dict[tuple[int, str], set[int]] = defaultdict(set)
        for i in unit.work:
            if i.body is None:
                times[i.case, i.name, None] += 1
            else:
                bodies[i.case, i.name].add(i.body)
        return max(times.values(), default=0) > 1 or max((len(b) for b in bodies.values()), default=0) > 1

    closed = [u for u in units(ledger, process) if u.closed and u.work]
    return _ratio(closed, again, lambda u: 1)


def overlap_share(ledger: Ledger, process: str | None) -> float | None:
    """Time with two or more rows of work under way / time with at least one, in cases of any state."""
    return _ratio(units(ledger, process), lambda u: doubly(u.spans), lambda u: union(u.spans))


def mean_active_concurrency(ledger: Ledger, process: str | None) -> float | None:
    """Σ durations / Σ union of the rows of work, in cases of any state."""
    return _ratio(units(ledger, process), lambda u: sum(e - s for s, e in u.spans), lambda u: union(u.spans))


def parallel_case_share(ledger: Ledger, process: str | None) -> float | None:
    """Cases with any overlap / cases with a row of work that took time."""
    timed = [u for u in units(ledger, process) if union(u.spans)]
    return _ratio(timed, lambda u: doubly(u.spans) > 0, lambda u: 1)


def flow_efficiency(ledger: Ledger, process: str | None) -> float | None:
    """Σ union / Σ (last end − first start) of the rows of work, in cases of any state."""
    timed = [u for u in units(ledger, process) if u.spans]
    return _ratio(timed, lambda u: union(u.spans), lambda u: max(e for _, e in u.spans) - min(s for s, _ in u.spans))


def parallel_realisation_rate(ledger: Ledger, process: str | None) -> float | None:
    """Pairs of branches of one activated split in which work of the two overlapped / pairs in which both finished some."""
    found: dict[tuple[int, int], dict[int, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for unit in units(ledger, process):
        for i in unit.instances:
            done = i.state == "completed" and i.started is not None and i.ended is not None
            if done and (i.work or i.kind == "callActivity"):
                for branch in i.branches:
                    found[i.case, branch.activation][branch.number].append((i.started, i.ended))  # type: ignore[arg-type]
    both = realised = 0
    for branches in found.values():
        numbers = sorted(branches)
        for nth, a in enumerate(numbers):
            for b in numbers[nth + 1 :]:
                both += 1
                realised += any(min(e, f) > max(s, t) for s, e in branches[a] for t, f in branches[b])
    return realised / both if both else None


def time_to_restore(ledger: Ledger, process: str | None) -> float | None:
    """Kaplan–Meier median of incidents in seconds; open ones and those cancelled are censored."""
    seen, end = [], last_record(ledger)
    for unit in units(ledger, process):
        for incident in (i for e in unit.episodes for i in e.incidents):
            until = end if incident.cleared is None else incident.cleared
            seen.append(((until - incident.created) / 1000, incident.by == "operator"))
    return km_median(seen)


def km_median(seen: Sequence[tuple[float, bool]]) -> float | None:
    """Return the time at which the product-limit estimate falls to one half."""
    left, at_risk = 1.0, len(seen)
    by_time: dict[float, list[bool]] = defaultdict(list)
    for time, ended in seen:
        by_time[time].append(ended)
    for time in sorted(by_time):
        left *= 1 - sum(by_time[time]) / at_risk
        at_risk -= len(by_time[time])
        if left <= 0.5 + 1e-12:
            return time
    return None


def recovery_24h(ledger: Ledger, process: str | None) -> float | None:
    """Aalen–Johansen share of episodes that a retry, the model or an operator ended within 24 hours."""
    rows, last = [], last_record(ledger)
    for unit in units(ledger, process):
        for e in unit.episodes:
            end = last if e.disposition == "open" or e.over is None else e.over
            rows.append((end - e.first, e.disposition))
    alive, share = 1.0, 0.0
    for time in sorted({t for t, _ in rows}):
        if time > 24 * HOUR:
            break
        at_risk = sum(t >= time for t, _ in rows)
        here = [d for t, d in rows if t == time]
        share += alive * sum(d in (*HANDLED, "manual") for d in here) / at_risk
        alive *= 1 - sum(d != "open" for d in here) / at_risk
    return share if rows else None


def step_coverage(ledger: Ledger) -> tuple[float, float]:
    """Return (truth, what linked records alone would say): engine work / (that + steps beside the engine that were kept)."""
    inside = sum(len(u.work) for u in units(ledger, None))
    kept = [o for o in ledger.outside if o.recorded and o.doubles is None]
    linked = sum(o.key == ledger.cases[o.case].key for o in kept)
    return inside / (inside + len(kept)), inside / (inside + linked)


def correlation_rate(ledger: Ledger) -> float:
    """Kept steps beside the engine that carry their case's number / all kept ones."""
    kept = [o for o in ledger.outside if o.recorded]
    return sum(o.key == ledger.cases[o.case].key for o in kept) / len(kept)


def time_parts(ledger: Ledger) -> tuple[float, float]:
    """Return (time coverage, dark-time share) of closed root cases, by what was kept and carries its number."""
    beside: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for o in ledger.outside:
        if o.recorded and o.key == ledger.cases[o.case].key:
            beside[o.case].append((o.start, o.end))
    elapsed = engine = dark = 0.0
    for unit in units(ledger, None):
        case = unit.case
        if case.end is None:
            continue
        spans = [(case.start, case.end), *beside[case.id]]
        whole = max(e for _, e in spans) - min(s for s, _ in spans)
        elapsed += whole
        engine += case.end - case.start
        dark += whole - union(spans)
    return engine / elapsed, dark / elapsed


def release_cadence(ledger: Ledger, process: str) -> float:
    """Changed versions after the first in 30 days, from the first deployment to the window's end."""
    mine = sorted((r for r in ledger.releases if r.process == process), key=lambda r: r.at)
    changes = sum(a.content != b.content for a, b in pairwise(mine))
    return changes / ((last_record(ledger) - mine[0].at) / DAY) * 30


#: Metric → its truth.
TRUTHS: dict[str, Callable[[Ledger, str | None], float | None]] = {
    name.replace("_", "-"): function
    for name, function in {
        "automation_rate": automation_rate, "touchless_rate": touchless_rate,
        "first_attempt_success": first_attempt_success, "retry_amplification": retry_amplification,
        "handled_exception_rate": handled_exception_rate, "retry_effectiveness": retry_effectiveness,
        "containment": containment, "exception_rate": exception_rate, "incident_free_rate": incident_free_rate,
        "cancellation_rate": cancellation_rate, "rework_rate": rework_rate, "overlap_share": overlap_share,
        "mean_active_concurrency": mean_active_concurrency, "parallel_case_share": parallel_case_share,
        "flow_efficiency": flow_efficiency, "parallel_realisation_rate": parallel_realisation_rate,
        "time_to_restore": time_to_restore, "recovery_24h": recovery_24h,
    }.items()
}  # fmt: skip


def confusion(ledger: Ledger) -> Counter[tuple[str, str]]:
    """Return how many closed and open episodes each process has of each disposition."""
    return Counter((ledger.cases[e.case].process, e.disposition) for e in ledger.episodes)
