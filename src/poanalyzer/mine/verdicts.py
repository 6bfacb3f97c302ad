"""Which releases failed, and when each was mended.

A release failed when a hotfix followed it within 24 hours, when a later release brought the content back that had been
live before it, or when credibly more of its first cases went wrong: at least twice the share among the cases before, and
more than chance by Fisher's exact test, corrected over all releases tested (Benjamini–Hochberg). A release with fewer than
30 first cases that did not fail is inconclusive: it is no success.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.cohorts import cohorts, first_cases
from poanalyzer.mine.false_discovery import ALPHA, adjusted
from poanalyzer.mine.releases import releases_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.releases import Release

MIN_CASES = 30
#: Where nearly every case fails, these few tell.
FEWEST = 5
#: How many times the failures of the release before make a failed one.
TIMES = 2.0
#: Half a case more and less keeps a ratio finite where nothing failed before.
_HALF = 0.5


@dataclass(frozen=True)
class Verdict:
    """Whether one release (its place in the list, never the first) failed, why, and when it was mended (µs UTC).

    ``ratio`` is the failing share of its first cases by that of the release before, ``chance`` the adjusted p value; None
    where they were not compared. ``mended`` None: not within the export.
    """

    process: str
    release: int
    at: int
    state: Literal["failed", "sound", "inconclusive"]
    reasons: tuple[str, ...]
    ratio: float | None = None
    chance: float | None = None
    mended: int | None = None


@dataclass(frozen=True)
class _Compared:
    early: int
    early_failed: int
    before: int
    before_failed: int

    @property
    def ratio(self) -> float:
        new = (self.early_failed + (_HALF if not self.before_failed else 0)) / self.early
        old = (self.before_failed or _HALF) / self.before
        return new / old


def verdicts(mined: Mined) -> tuple[Verdict, ...]:
    """Return a verdict on every release of every process but the first, which had nothing to make worse."""
    counts = mined.of(first_cases) if mined.has_incidents or mined.has_failures else None
    places = [
        (p.key, p.ix, n, r)
        for p in mined.processes
        for n, r in enumerate(mined.of(releases_of).get(p.key, ()))
        if n > 0
    ]  # fmt: skip
    compared = {
        (key, n): c
        for key, ix in dict.fromkeys((key, ix) for key, ix, _, _ in places)
        for n, c in _compared(counts, ix, len(mined.of(releases_of)[key]))
    }
    chances = adjusted([_more_than_chance(c) for c in compared.values()])
    chance = dict(zip(compared, chances, strict=True))
    return tuple(
        _verdict(mined, key, ix, n, r, compared.get((key, n)), chance.get((key, n))) for key, ix, n, r in places
    )


def _compared(counts: pd.DataFrame | None, ix: int, releases: int) -> Iterator[tuple[int, _Compared]]:
    """Yield each release of a process that can be compared, with the first 30 cases or more of the ones before it.

    A release that looks bad by itself is no measure for the next: those before it are.
    """
    if counts is None:
        return
    of = counts[counts["process_ix"] == ix].set_index("release")
    sound: list[tuple[int, int]] = []
    for number in range(releases):
        if number not in of.index:
            continue
        row = of.loc[number]
        before = failed = 0
        for cases, bad in reversed(sound):
            if before >= MIN_CASES:
                break
            before, failed = before + cases, failed + bad
        bad_by_itself = False
        if number and row["early"] >= FEWEST and before >= MIN_CASES:
            found = _Compared(int(row["early"]), int(row["early_failed"]), before, failed)
            bad_by_itself = found.ratio >= TIMES and _more_than_chance(found) < ALPHA
            yield number, found
        if not bad_by_itself:
            sound.append((int(row["cases"]), int(row["failed"])))


def _more_than_chance(c: _Compared) -> float:
    """Return the one-sided p value of Fisher's exact test: this many failures or more among the first cases."""
    import numpy as np
    from scipy.special import gammaln

    bad = c.early_failed + c.before_failed
    k = np.arange(c.early_failed, min(c.early, bad) + 1, dtype=float)

    def log_choose(n: float, of: np.ndarray | float) -> np.ndarray:
        return np.asarray(gammaln(n + 1) - gammaln(of + 1) - gammaln(n - of + 1))

    k = k[bad - k <= c.before]
    logs = log_choose(c.early, k) + log_choose(c.before, bad - k) - log_choose(c.early + c.before, bad)
    return min(1.0, float(np.exp(logs).sum()))


def _verdict(
    mined: Mined, key: str, ix: int, number: int, release: Release, c: _Compared | None, chance: float | None
) -> Verdict:
    releases = mined.of(releases_of)[key]
    after = releases[number + 1] if number + 1 < len(releases) else None
    reasons, mended = [], []
    if release.hotfixes:
        reasons.append(f"{release.hotfixes} hotfix{'es' if release.hotfixes > 1 else ''} within 24 hours")
        mended.append(release.last_at)
    if after is not None and after.restores:
        reasons.append("the next release brought older content back")
    ratio = c.ratio if c else None
    worse = c is not None and chance is not None and chance < ALPHA and c.ratio >= TIMES
    if c and worse:
        reasons.append(f"{c.early_failed} of its first {c.early} cases failed, {c.before_failed} of {c.before} before")
        if (calm := _calm_again(mined, ix, number, release, c)) is not None:
            mended.append(calm)
    if reasons:
        # a release that was put right by a hotfix is mended then, unless failures show that it was not
        if after is not None and (worse or not mended or after.restores):
            mended.append(after.at)
        whole = (max if release.hotfixes and not worse else min)(mended) if mended else None
        return Verdict(key, number, release.at, "failed", tuple(reasons), ratio, chance, whole)
    state: Literal["sound", "inconclusive"] = "sound" if c and c.early >= MIN_CASES else "inconclusive"
    return Verdict(key, number, release.at, state, (), ratio, chance)


def _calm_again(mined: Mined, ix: int, number: int, release: Release, c: _Compared) -> int | None:
    """Return the end of the first two days in a row on which no more cases failed than the days before would have."""
    from scipy.special import pdtr

    rows = mined.of(cohorts)
    rows = rows[(rows["process_ix"] == ix) & (rows["release"] == number)]
    per = rows.groupby("day", as_index=False)[["cases", "failed"]].sum().sort_values("day")
    expected = max(c.before_failed, _HALF) / c.before
    calm = 0
    for day, cases, failed in per.itertuples(index=False):
        # within the band: this many failures or more are no rarer than 1 in 20
        usual = failed == 0 or 1 - pdtr(failed - 1, expected * cases) > ALPHA
        calm = calm + 1 if usual and day * DAY_US >= release.at - DAY_US else 0
        if calm == 2:
            return int((day + 1) * DAY_US)
    return None
