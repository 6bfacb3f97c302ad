"""Change points: days from which cases took other ways (drift), or from which a figure moved for the worse.

A change point is where two stretches of days differ most. Whether that is more than chance is told by shuffling whole
days: cases of one day share their day's troubles, and tests that take cases for independent alarm on most quiet logs.
What cases do is told by which activity follows which; rare pairs are pooled, for differences among them are noise. A
stretch with a change point is split there and both parts are looked at again. The p values of all stretches that were
looked at, of all processes and figures, are corrected together (Benjamini and Hochberg). The shuffles are seeded by the
place of the stretch alone: the same log gives the same answer, whatever its processes are called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.cohorts import cohorts, element_days, slow_days
from poanalyzer.mine.effects import FIGURES, MIN_EVENTS, Figure, oldest_day, youngest_day
from poanalyzer.mine.false_discovery import ALPHA, adjusted
from poanalyzer.mine.releases import releases_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: Days with cases on each side of a change point, at least.
MIN_SIDE = 10
#: Shuffles of a stretch, at least, and for each series that is looked at beside it: a p value must be able to get small
#: enough to be believed among many.
SHUFFLES, SHUFFLES_EACH = 399, 40
#: Pairs of activities looked at by themselves; the others are one class.
PAIRS = 30
#: A class has at least this many expected on either side of a split in the middle.
EXPECTED = 5.0


@dataclass(frozen=True)
class Drift:
    """From ``at`` (µs UTC, the start of a day) on, cases of a process took other ways than before."""

    process: str
    at: int
    chance: float
    pairs_before: int
    pairs_after: int


@dataclass(frozen=True)
class Deterioration:
    """From ``at`` on a figure was credibly worse. ``element_id``: where most of it came from, None where nothing tells."""

    process: str
    figure: str
    at: int
    before: float
    after: float
    chance: float
    element_id: str | None


def follow_days(mined: Mined) -> pd.DataFrame:
    """Return how often one activity followed another by ``process_ix, kind`` and ``day`` (of the first of the two).

    ``kind`` is the pair's rank in its process; -1: all pairs after the first so many. Only deployed processes count.
    """
    import ibis

    keys = [p.ix for p in mined.processes if mined.of(releases_of).get(p.key)]
    steps = mined.steps
    rows = steps.filter(steps.next_activity_ix.notnull() & steps["at"].notnull() & steps.process_ix.isin(keys or [-1]))
    rows = rows.mutate(day=rows["at"] // DAY_US)
    # pairs × days are few: they are ranked in the frame that comes back
    pair = ["process_ix", "activity_ix", "next_activity_ix"]
    frame: pd.DataFrame = mined.query(rows.group_by([*pair, "day"]).agg(times=ibis._.count()))
    whole = frame.groupby(pair, as_index=False)["times"].sum()
    whole = whole.sort_values(["process_ix", "times", *pair[1:]], ascending=[True, False, True, True])
    whole["kind"] = whole.groupby("process_ix").cumcount()
    frame = frame.merge(whole.drop(columns="times"), on=pair)
    frame.loc[frame["kind"] >= PAIRS, "kind"] = -1
    return frame.groupby(["process_ix", "kind", "day"], as_index=False)["times"].sum()


def drifts(mined: Mined) -> tuple[Drift, ...]:
    """Return the drifts of every process with a deployment, oldest first in each."""
    frame = mined.of(follow_days)
    series: list[tuple[str, Any, Any]] = []
    for process in mined.processes:
        own = frame[frame["process_ix"] == process.ix]
        if own.empty:
            continue
        # at first cases are young everywhere: only early pairs can occur
        own = own[own["day"] >= own["day"].min() + mined.of(slow_days).get(process.ix, 0.0)]
        wide = own.pivot_table(index="day", columns="kind", values="times", fill_value=0, aggfunc="sum").sort_index()
        series.append((process.key, wide.index.to_numpy(), wide.to_numpy(dtype=float)))
    found = [
        Drift(key, int(days[k]) * DAY_US, chance, int(counts[low:k].sum()), int(counts[k:high].sum()))
        for (key, days, counts), points in zip(
            series, credible([counts for *_, counts in series], _pooled_chi_squared), strict=True
        )
        for k, chance, low, high in points
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda d: (d.process, d.at)))


def deteriorations(mined: Mined) -> tuple[Deterioration, ...]:
    """Return where a figure of a process got credibly worse, oldest first; corrected over processes and figures."""
    frame = mined.of(cohorts)
    series: list[tuple[Process, Figure, Any, Any]] = []
    for process in mined.processes:
        own = frame[(frame["process_ix"] == process.ix) & (frame["day"] < youngest_day(mined, process))]
        own = own[own["day"] >= oldest_day(mined, process)]
        for figure in FIGURES if len(own) else ():
            per = own.groupby("day", as_index=False)[[figure.part, figure.of]].sum().sort_values("day")
            per = per[per[figure.of].astype(float) > 0]
            sums = per[[figure.part, figure.of]].to_numpy(dtype=float)
            hits, of = sums.sum(axis=0)
            if figure.logs or MIN_EVENTS <= hits <= of - MIN_EVENTS:
                series.append((process, figure, per["day"].to_numpy(), sums / (1e6 if figure.logs else 1, 1)))
    found = []
    moved = credible([sums for *_, sums in series], _mean_shift)
    for (process, figure, days, sums), points in zip(series, moved, strict=True):
        for k, chance, low, high in points:
            before, after = (part[:, 0].sum() / part[:, 1].sum() for part in (sums[low:k], sums[k:high]))
            if (after > before) == figure.lower:
                spans = (days[low], days[k], days[min(high, days.size) - 1] + 1)
                where = _responsible(mined, process, figure, spans)
                at = int(days[k]) * DAY_US
                found.append(Deterioration(process.key, figure.id, at, before, after, chance, where))
    return tuple(sorted(found, key=lambda d: (d.process, d.at, d.figure)))


def _responsible(mined: Mined, process: Process, figure: Figure, spans: tuple[int, int, int]) -> str | None:
    """Return the element whose time, failures or repetitions a case grew most from one span of days to the next."""
    column = {"cycle-time": "busy", "exception-rate": "failures", "rework": "rows"}.get(figure.id)
    frame = mined.of(element_days)
    frame = frame[frame["process_ix"] == process.ix]
    cases = mined.of(cohorts)[mined.of(cohorts)["process_ix"] == process.ix]
    if column is None or frame.empty:
        return None

    def per_case(low: int, high: int) -> pd.Series:
        within = frame[(frame["day"] >= low) & (frame["day"] < high)].groupby("element_id")[column].sum()
        count = cases[(cases["day"] >= low) & (cases["day"] < high)]["cases"].sum()
        return within.astype(float) / max(float(count), 1.0)

    grown = per_case(spans[1], spans[2]).sub(per_case(spans[0], spans[1]), fill_value=0.0).sort_index()
    return str(grown.idxmax()) if len(grown) and grown.max() > 0 else None


Statistic = Callable[["np.ndarray"], "np.ndarray"]


Point = tuple[int, float, int, int]  # place, p value, from, until


def credible(series: Sequence[np.ndarray], statistic: Statistic) -> list[list[Point]]:
    """Return the change points of each series that hold among all that were looked for, with their adjusted p values."""
    tested = [change_points(rows, statistic, len(series)) for rows in series]
    chances = iter(adjusted([chance for points in tested for _, chance, _, _ in points]))
    found = []
    for rows, points in zip(series, tested, strict=True):
        kept: list[Point] = []
        known = {(0, len(rows))}  # what lies beside a change point that does not hold was never looked at by itself
        for k, _, low, high in points:
            chance = next(chances)
            if (low, high) in known and chance < ALPHA:
                kept.append((k, chance, low, high))
                known |= {(low, k), (k, high)}
        found.append(kept)
    return found


def change_points(rows: np.ndarray, statistic: Statistic, tests: int = 1) -> list[Point]:
    """Return where each stretch of days that was looked at differs most: (place, p value, from, until), widest first.

    Args:
        rows: one row a day.
        statistic: from arrays of shape (series, days, columns) to how much both sides of each split differ, shape
            (series, splits); the first split leaves ``MIN_SIDE`` days before it.
        tests: how many series are looked at together.
    """
    import numpy as np

    found: list[Point] = []
    waiting = [(0, len(rows))]
    most = max(SHUFFLES, SHUFFLES_EACH * tests)
    while waiting:
        low, high = waiting.pop(0)
        if high - low < 2 * MIN_SIDE:
            continue
        part = rows[low:high]
        random = np.random.default_rng((low, high))
        real = statistic(part[None])[0]
        as_high, done = 1, 0
        # in parts: memory stays small on years of days; what has become no rarer than ALPHA will not become so
        while done < most and as_high <= ALPHA * most:
            shuffled = random.permuted(np.tile(np.arange(len(part)), (57, 1)), axis=1)
            as_high += int((statistic(part[shuffled]).max(axis=1) >= real.max() - 1e-9).sum())
            done += 57
        chance = as_high / (done + 1)
        k = low + MIN_SIDE + int(real.argmax())
        found.append((k, chance, low, high))
        if chance < ALPHA:
            waiting += [(low, k), (k, high)]
    return found


def _pooled_chi_squared(series: np.ndarray) -> np.ndarray:
    """Return χ² of class × side for every split; rare classes are one."""
    import numpy as np

    total = series[0].sum(axis=0)
    common = total / 2 >= EXPECTED
    pooled = np.concatenate((series[..., common], series[..., ~common].sum(axis=-1, keepdims=True)), axis=-1)
    left = np.cumsum(pooled, axis=1)[:, MIN_SIDE - 1 : -MIN_SIDE]
    whole = pooled.sum(axis=1, keepdims=True)
    cases = whole.sum(axis=-1, keepdims=True)
    part = left.sum(axis=-1, keepdims=True) / cases
    expected = np.maximum(whole * part, 1e-9)
    return np.asarray(((left - expected) ** 2 / expected / np.maximum(1 - part, 1e-9)).sum(axis=-1))


def _mean_shift(series: np.ndarray) -> np.ndarray:
    """Return for every split how far the ratio of sums differs between its sides, in units of its weights."""
    import numpy as np

    sums = np.cumsum(series, axis=1)
    left = sums[:, MIN_SIDE - 1 : -MIN_SIDE]
    right = sums[:, -1:] - left
    difference = left[..., 0] / left[..., 1] - right[..., 0] / right[..., 1]
    return np.asarray(np.abs(difference) * np.sqrt(left[..., 1] * right[..., 1] / sums[:, -1:, 1]))
