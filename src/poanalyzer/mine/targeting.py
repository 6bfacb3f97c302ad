"""Did changes go where the records showed trouble? What each release touched, against what was hot before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.changes import model_changes
from poanalyzer.mine.cohorts import cohorts, element_days
from poanalyzer.mine.effects import MIN_CASES, REACH_DAYS
from poanalyzer.mine.false_discovery import adjusted
from poanalyzer.mine.releases import releases_of

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: The part of the elements that is hot: one in five.
HOT = 0.2
SHUFFLES = 9_999
#: Fewer elements leave nothing to choose between.
MIN_ELEMENTS = 5


@dataclass(frozen=True)
class Aim:
    """Where a release went: of ``elements`` that ran before it ``hot`` were hot; it touched ``touched``, ``hits`` of them hot."""

    process: str
    release: int
    elements: int
    hot: frozenset[str]
    touched: frozenset[str]

    @property
    def hits(self) -> int:
        """How many of the touched elements were hot."""
        return len(self.touched & self.hot)


def aims(mined: Mined) -> tuple[Aim, ...]:
    """Return the aim of each release with at least 30 cases before it and a change to work that ran."""
    found = []
    for process in mined.processes:
        releases = mined.of(releases_of).get(process.key, ())
        for number, change in enumerate(mined.of(model_changes).get(process.key, ())):
            if change is None:
                continue
            days = _before(releases[number - 1].at, releases[number].at)
            cases = mined.of(cohorts)
            cases = cases[(cases["process_ix"] == process.ix) & cases["day"].between(*days)]["cases"].sum()
            rows = mined.of(element_days)
            rows = rows[(rows["process_ix"] == process.ix) & rows["day"].between(*days)]
            ran = rows.groupby("element_id")[["rows", "busy", "failures"]].sum()
            ran = ran[ran["rows"] > 0]
            touched = change.touched & set(ran.index)
            if cases >= MIN_CASES and len(ran) >= MIN_ELEMENTS and touched:
                found.append(Aim(process.key, number, len(ran), hot(ran), frozenset(touched)))
    return tuple(found)


def _before(previous: int, at: int) -> tuple[int, int]:
    """Return the first and last whole day between two releases, at most 90 days back."""
    last = at // DAY_US - 1
    return max(math.ceil(previous / DAY_US), last - REACH_DAYS + 1), last


def hot(ran: pd.DataFrame) -> frozenset[str]:
    """Return the fifth of the elements with the largest part of the time spent in all and of the failures of all."""
    score = sum(ran[c].astype(float) / max(float(ran[c].sum()), 1.0) for c in ("busy", "failures"))
    top = score[score > 0].sort_index().sort_values(ascending=False, kind="stable")
    return frozenset(str(e) for e in top.index[: math.ceil(HOT * len(ran))])


def lift(found: tuple[Aim, ...]) -> float:
    """Return hits / hits expected if each release had touched as many elements by chance."""
    expected = sum(len(a.touched) * len(a.hot) / a.elements for a in found)
    return sum(a.hits for a in found) / expected


def chance_of(found: tuple[Aim, ...]) -> float:
    """Return how often releases that touch elements at random hit as many hot ones or more (seeded permutations)."""
    import numpy as np

    random = np.random.default_rng(20_240_101)
    hits = sum(random.hypergeometric(len(a.hot), a.elements - len(a.hot), len(a.touched), size=SHUFFLES) for a in found)
    return float((np.asarray(hits) >= sum(a.hits for a in found)).sum() + 1) / (SHUFFLES + 1)


def chances(mined: Mined) -> dict[str, float]:
    """Return :func:`chance_of` for each process with aims, adjusted over the processes (the portfolio is one test of its own)."""
    found = {p.key: tuple(a for a in aims_of(mined, p) if a.hot) for p in mined.processes}
    found = {key: own for key, own in found.items() if own}
    return dict(zip(found, adjusted([chance_of(own) for own in found.values()]), strict=True))


def aims_of(mined: Mined, process: Process | None) -> tuple[Aim, ...]:
    """Return the aims of one process, or of all."""
    return tuple(a for a in mined.of(aims) if process is None or a.process == process.key)
