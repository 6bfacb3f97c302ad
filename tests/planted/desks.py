"""People at desks, and why work waits for them: every millisecond of waiting has the cause for which it was made to wait.

A case arrives by machine and is handled once by the one person of its process. Each process has one cause; in the last two
of them meet, and what comes first in *batching, contention, prioritisation, unavailability, extraneous* takes the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .ledger import DAY, HOUR, MINUTE, SECOND, Case, Instance, Ledger, Release
from .world import BEGINNING

CAUSES = ("batching", "contention", "prioritisation", "unavailability", "extraneous")
#: Monday, midnight UTC.
MONDAY = BEGINNING - 6 * HOUR
OPENS, CLOSES = 8 * HOUR, 16 * HOUR


@dataclass(frozen=True)
class Turn:
    """When a case was ready, begun and done, and how long it waited for what."""

    ready: int
    begin: int
    end: int
    waited: dict[str, int]


def simulate(cases: int, seed: int) -> Ledger:
    """Return a ledger with a process for each cause, and one in which two meet."""
    ledger = Ledger(MONDAY, MONDAY)
    number = 100_000
    for nth, (process, make) in enumerate(WORLDS.items()):
        ledger.releases.append(Release(process, 1, MONDAY - DAY, "1"))
        for count, turn in enumerate(make(np.random.default_rng([seed, nth]), cases), start=1):
            assert sum(turn.waited.values()) == turn.begin - turn.ready, (process, turn)
            number += 3
            case = Case(number, process, 1, f"{process.upper()}-{count:05d}", turn.ready, turn.end, "completed", number)
            ledger.cases[number] = case
            ledger.instances[number + 1] = Instance(
                number + 1, number, f"{process}_arrive", "Arrive", "scriptTask", turn.ready, turn.ready, turn.ready,
                flavour="script", who="gateway",
            )  # fmt: skip
            ledger.instances[number + 2] = Instance(
                number + 2, number, f"{process}_handle", "Handle", "userTask", turn.ready, turn.begin, turn.end,
                flavour="user", who=f"{process}-clerk", group=process,
            )  # fmt: skip
            for cause, wait in turn.waited.items():
                ledger.waits[process, cause] = ledger.waits.get((process, cause), 0) + wait
    ledger.end = max(c.end or 0 for c in ledger.cases.values())
    return ledger


def _span(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low // SECOND, high // SECOND)) * SECOND


def _batching(rng: np.random.Generator, cases: int) -> list[Turn]:
    """Four at a time: all are done together when the last of them is ready."""
    turns: list[Turn] = []
    at = MONDAY
    while len(turns) < cases:
        ready = sorted(at + _span(rng, 0, 8 * HOUR) for _ in range(4))
        begin = ready[-1]
        end = begin + _span(rng, 10 * MINUTE, 40 * MINUTE)
        turns += [Turn(r, begin, end, {"batching": begin - r}) for r in ready]
        at = end + 10 * MINUTE
    return turns[:cases] if cases % 4 == 0 else turns


def _contention(rng: np.random.Generator, cases: int) -> list[Turn]:
    """First come, first served, day and night; the clerk is busy three quarters of the time."""
    turns, at, free = [], MONDAY, MONDAY
    for _ in range(cases):
        at += round(rng.exponential(40 * 60)) * SECOND
        begin = max(at, free)
        free = begin + _span(rng, 10 * MINUTE, 50 * MINUTE)
        turns.append(Turn(at, begin, free, {"contention": begin - at}))
    return turns


def _prioritisation(rng: np.random.Generator, cases: int) -> list[Turn]:
    """A case waits while others that came later are taken first."""
    turns: list[Turn] = []
    at = MONDAY
    while len(turns) < cases:
        ready = at
        urgent, begin = ready + SECOND, ready + 2 * SECOND
        extraneous, jumped = begin - ready, 0
        for _ in range(int(rng.integers(1, 4))):
            end = begin + _span(rng, 20 * MINUTE, 60 * MINUTE)
            waited = {"contention": begin - urgent} if jumped else {"extraneous": begin - urgent}
            turns.append(Turn(urgent, begin, end, waited))
            jumped += end - begin
            urgent, begin = end - SECOND, end
        end = begin + _span(rng, 10 * MINUTE, 30 * MINUTE)
        turns.append(Turn(ready, begin, end, {"prioritisation": jumped, "extraneous": extraneous}))
        at = end + _span(rng, 10 * MINUTE, 90 * MINUTE)
    return turns


def _unavailability(rng: np.random.Generator, cases: int) -> list[Turn]:
    """Hours from eight to four on weekdays; what comes at night is the first in the morning."""
    turns: list[Turn] = []
    day = MONDAY
    while len(turns) < cases:
        for begin in (9 * HOUR, 11 * HOUR, 15 * HOUR + 10 * MINUTE):
            ready = day + begin + _span(rng, 0, 20 * MINUTE)
            turns.append(Turn(ready, ready, ready + _span(rng, 10 * MINUTE, 25 * MINUTE), {}))
        after = day + DAY if (day - MONDAY) // DAY % 7 < 4 else day + 3 * DAY
        ready, begin = _span(rng, day + CLOSES, after + OPENS), after + OPENS
        turns.append(
            Turn(ready, begin, begin + _span(rng, 10 * MINUTE, 40 * MINUTE), {"unavailability": begin - ready})
        )
        day = after
    return turns


def _extraneous(rng: np.random.Generator, cases: int) -> list[Turn]:
    """The clerk is there and free, and yet nothing happens: something else is waited for."""
    turns, at = [], MONDAY
    for _ in range(cases):
        begin = at + _span(rng, 10 * MINUTE, 3 * HOUR)
        end = begin + _span(rng, 10 * MINUTE, 30 * MINUTE)
        turns.append(Turn(at, begin, end, {"extraneous": begin - at}))
        at = end + _span(rng, 2 * MINUTE, HOUR)
    return turns


def _two_causes(rng: np.random.Generator, cases: int) -> list[Turn]:
    """First come, first served, from eight to four on weekdays, with two minutes of rest after each (or it were a batch)."""
    turns: list[Turn] = []
    at, free, rest = MONDAY + OPENS, MONDAY + OPENS, 2 * MINUTE
    done: list[tuple[int, int]] = []
    for _ in range(cases):
        at += round(rng.exponential(400 * 60)) * SECOND
        lasts = _span(rng, 20 * MINUTE, 90 * MINUTE)
        begin = _opening(max(at, free), lasts)
        busy = sum(max(0, min(end, begin) - max(start, at)) for start, end in done[-60:])
        away = _closed(at, begin)
        waited = {"contention": busy, "unavailability": away, "extraneous": begin - at - busy - away}
        turns.append(Turn(at, begin, begin + lasts, waited))
        done.append((begin, begin + lasts))
        free = begin + lasts + rest
    return turns


def _opening(at: int, lasts: int) -> int:
    """Return the first time from ``at`` on at which work of this length fits into the hours."""
    while True:
        day, clock = (at - MONDAY) // DAY, (at - MONDAY) % DAY
        if day % 7 < 5 and clock <= OPENS:
            return MONDAY + day * DAY + OPENS
        if day % 7 < 5 and clock + lasts <= CLOSES:
            return at
        at = MONDAY + (day + 1) * DAY


def _closed(start: int, end: int) -> int:
    """Return how much of a stretch of time lies outside the hours."""
    total = end - start
    for day in range((start - MONDAY) // DAY, (end - MONDAY) // DAY + 1):
        if day % 7 < 5:
            opens, closes = MONDAY + day * DAY + OPENS, MONDAY + day * DAY + CLOSES
            total -= max(0, min(end, closes) - max(start, opens))
    return total


WORLDS: dict[str, Callable[[np.random.Generator, int], list[Turn]]] = {
    "batching": _batching, "contention": _contention, "prioritisation": _prioritisation,
    "unavailability": _unavailability, "extraneous": _extraneous, "two-causes": _two_causes,
}  # fmt: skip
