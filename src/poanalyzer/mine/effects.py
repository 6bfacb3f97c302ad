"""Before and after a release: did a figure of the process move, beyond its trend and beyond chance?

Where both versions ran on the same days (tenants that follow later, versions that callers bind), those days are compared
with themselves. Else an interrupted time series by start day (level and slope before, step and change of slope after;
weights are the cases of a day; standard errors after Newey and West). A mere difference of means would take any trend
for an effect. Cases are placed by their start, and days too young for nine of ten cases to have ended are left out, so
that what still runs cannot look like what ran fast; so are days from which a clean-up may have removed the short cases,
so that what it left cannot look like what ran slowly.

Sources: segmented regression after Wagner et al. (2002); heteroskedasticity and autocorrelation consistent errors after
Newey and West (1987); false discovery rate after Benjamini and Hochberg (1995).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.cohorts import cohorts, slow_days, whole_from
from poanalyzer.mine.false_discovery import ALPHA, adjusted
from poanalyzer.mine.releases import releases_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process
    from poanalyzer.mine.releases import Release

MIN_CASES = 30
#: Days with cases that each side of a release must have. (Weekly points would ask for eight weeks without a release.)
MIN_DAYS = 8
#: Cases of either kind that a rate must have on both sides together.
MIN_EVENTS = 5
#: How far before and after a release is looked.
REACH_DAYS = 90
#: An effect still stands when the days from this many after the release on are better than those before.
LATER_DAYS = 60
LATER_SPAN = 60
#: A loss smaller than this part is none that a guard figure minds.
TOLERATED_LOSS = 0.05

Design = Literal["same days", "interrupted time series"]


@dataclass(frozen=True)
class Figure:
    """A figure by day: Σ ``part`` / Σ ``of``; ``lower`` is better or not; ``logs``: the mean of logarithms."""

    id: str
    part: str
    of: str
    lower: bool
    logs: bool = False


FIGURES = (
    Figure("cycle-time", "log_us", "closed", lower=True, logs=True),
    Figure("exception-rate", "failed", "cases", lower=True),
    Figure("rework", "repeated", "closed", lower=True),
    Figure("success-rate", "success", "decided", lower=False),
)


@dataclass(frozen=True)
class Effect:
    """What a release did to a figure.

    ``gain`` is the relative change for the better (0.2: a fifth less time, or a fifth more successes) with its 95 %
    interval; ``p_better`` and ``p_loss`` are one-sided: of a gain this large without any, and of a loss this far
    above the tolerated part were it just that. ``telling``: whether the interval is narrow enough that a halved time,
    no failures any more or half as many successes again would have shown. ``lasting``: whether the gain is credible
    from 60 days after the release on; None where those days are not in the export, or where there is no credible gain that
    could last. ``p_later``: of a gain this large in those days without any.
    """

    process: str
    release: int
    figure: str
    design: Design
    gain: float
    low: float
    high: float
    p_better: float
    p_loss: float
    cases_before: int
    cases_after: int
    telling: bool
    p_later: float | None = None
    lasting: bool | None = None


def release_effects(mined: Mined) -> tuple[Effect, ...]:
    """Return the effects of all releases on all figures that have enough cases and days on both sides."""
    found: list[Effect] = []
    for process in mined.processes:
        releases = mined.of(releases_of).get(process.key, ())
        if len(releases) < 2:
            continue
        frame = mined.of(cohorts)
        frame = frame[frame["process_ix"] == process.ix]
        frame = frame[(frame["day"] >= oldest_day(mined, process)) & (frame["day"] < youngest_day(mined, process))]
        for number in range(1, len(releases)):
            found += _of_release(process, releases, number, frame)
    return tuple(found)


def youngest_day(mined: Mined, process: Process) -> float:
    """Return the first start day (since 1970) that is too young for nine of ten cases to have ended."""
    return mined.window.end / DAY_US - mined.of(slow_days).get(process.ix, 0.0)


def oldest_day(mined: Mined, process: Process) -> float:
    """Return the first start day (since 1970) from which no case can have been removed."""
    return mined.of(whole_from).get(process.ix, -math.inf)


def _of_release(process: Process, releases: Sequence[Release], number: int, frame: pd.DataFrame) -> list[Effect]:
    at = releases[number].at / DAY_US
    known = frame[frame["decided"] > 0]
    near = frame[(frame["day"] >= at - REACH_DAYS - 1) & (frame["day"] < at + REACH_DAYS)]
    old = near[near["release"] == number - 1]
    new = near[near["release"] == number]
    both = sorted(set(old["day"]) & set(new["day"]))
    out = []
    for figure in FIGURES:
        if figure.id == "success-rate" and known.empty:
            continue
        side_by_side = _points(old[old["day"].isin(both)], figure), _points(new[new["day"].isin(both)], figure)
        if all(_enough(p) for p in side_by_side):
            design: Design = "same days"
            estimate = _same_days(*side_by_side)
            cases = [int(p[2].sum()) for p in side_by_side]
        else:
            design = "interrupted time series"
            before = _points(old[old["period"] == number - 1], figure)
            after = _points(new[new["period"] == number], figure)
            if not (_enough(before) and _enough(after)):
                continue
            estimate = interrupted(before, after, at)
            cases = [int(before[2].sum()), int(after[2].sum())]
        if not figure.logs and not _both_ways(old, new, figure):
            continue
        level = _level(_points(old, figure))
        effect = _effect(process.key, number, figure, design, estimate, level, cases)
        if effect is not None:
            later = frame[(frame["day"] >= at + LATER_DAYS) & (frame["day"] < at + LATER_DAYS + LATER_SPAN)]
            out.append(_with_later(effect, figure, _points(old, figure), _points(later, figure)))
    return out


Points = tuple[Any, Any, Any]  # days, values, weights: float arrays of one length
Estimate = tuple[float, float, int]  # step, standard error, degrees of freedom


def _points(rows: pd.DataFrame, figure: Figure) -> Points:
    """Return days, the figure on each, and the cases it rests on."""
    import numpy as np

    per = rows.groupby("day", as_index=False)[[figure.part, figure.of]].sum() if len(rows) else rows
    per = per[per[figure.of].astype(float) > 0]
    weight = per[figure.of].to_numpy(dtype=float)
    value = per[figure.part].to_numpy(dtype=float) / np.maximum(weight, 1)
    return per["day"].to_numpy(dtype=float), value / 1e6 if figure.logs else value, weight


def _enough(points: Points) -> bool:
    return bool(points[2].sum() >= MIN_CASES and points[0].size >= MIN_DAYS)


def _both_ways(old: pd.DataFrame, new: pd.DataFrame, figure: Figure) -> bool:
    """Return whether a rate has enough cases of both kinds for its daily values to say anything about their spread."""
    hits = float(old[figure.part].sum() + new[figure.part].sum())
    return MIN_EVENTS <= hits <= float(old[figure.of].sum() + new[figure.of].sum()) - MIN_EVENTS


def _level(points: Points) -> float:
    return float((points[1] * points[2]).sum() / points[2].sum()) if points[2].size else 0.0


def _same_days(old: Points, new: Points) -> Estimate:
    """Return the mean difference within days, days weighted by what they tell; errors clustered by day."""
    import numpy as np

    days, at_old, at_new = np.intersect1d(old[0], new[0], return_indices=True)
    weight = old[2][at_old] * new[2][at_new] / (old[2][at_old] + new[2][at_new])
    difference = new[1][at_new] - old[1][at_old]
    step = float((weight * difference).sum() / weight.sum())
    spread = (weight**2 * (difference - step) ** 2).sum() / weight.sum() ** 2
    return step, math.sqrt(float(spread) * days.size / max(days.size - 1, 1)), days.size - 1


def interrupted(before: Points, after: Points, at: float) -> Estimate:
    """Return the step at day ``at`` of a segmented regression with a slope on either side and a step for week-ends."""
    import numpy as np

    day = np.concatenate((before[0], after[0]))
    value = np.concatenate((before[1], after[1]))
    weight = np.concatenate((before[2], after[2]))
    post = np.concatenate((np.zeros(before[0].size), np.ones(after[0].size)))
    columns = [np.ones(day.size), day - at, post, post * (day - at)]
    # 1970-01-01 was a Thursday: days 2 and 3 of each seven are Saturday and Sunday
    rest = np.isin(day.astype(int) % 7, (2, 3)).astype(float)
    if 4 <= rest.sum() <= day.size - 4:
        columns.append(rest - rest.mean())
    return least_squares(day, np.column_stack(columns), value, weight, 2)


def least_squares(day: np.ndarray, x: np.ndarray, y: np.ndarray, weight: np.ndarray, wanted: int) -> Estimate:
    """Return coefficient ``wanted`` of weighted least squares by ``day`` with its Newey–West error."""
    import numpy as np

    order = np.argsort(day, kind="stable")
    x, y, weight = x[order], y[order], weight[order]
    bread = np.linalg.pinv((x * weight[:, None]).T @ x)
    beta = bread @ (x * weight[:, None]).T @ y
    score = x * (weight * (y - x @ beta))[:, None]
    meat = score.T @ score
    lags = math.floor(4 * (y.size / 100) ** (2 / 9))
    for lag in range(1, lags + 1):
        cross = score[lag:].T @ score[:-lag]
        meat += (1 - lag / (lags + 1)) * (cross + cross.T)
    freedom = max(y.size - x.shape[1], 1)
    robust = float((bread @ meat @ bread)[wanted, wanted]) * y.size / freedom
    # on few days the robust error is too small: the larger of it and the plain one is taken
    plain = float(bread[wanted, wanted] * (weight * (y - x @ beta) ** 2).sum() / freedom)
    return float(beta[wanted]), math.sqrt(max(robust, plain, 0.0)), freedom


def _effect(
    process: str, number: int, figure: Figure, design: Design, estimate: Estimate, level: float, cases: list[int]
) -> Effect | None:
    """Turn a step into a gain; None where the figure never moved (no exception at all, say)."""
    from scipy.special import stdtr, stdtrit

    step, error, freedom = estimate
    if error <= 1e-12 or (not figure.logs and level <= 0):
        return None
    spread = float(stdtrit(freedom, 0.975)) * error
    sign = -1.0 if figure.lower else 1.0
    scale = 1.0 if figure.logs else level

    def gain(of: float) -> float:
        change = -math.expm1(of) if figure.logs else sign * of / scale
        return min(change, 1.0) if figure.lower else change  # nothing falls by more than all of it

    ends = sorted((gain(step - spread), gain(step + spread)))
    tolerated = math.log1p(TOLERATED_LOSS) if figure.logs else TOLERATED_LOSS * scale
    return Effect(
        process=process, release=number, figure=figure.id, design=design, gain=gain(step), low=ends[0], high=ends[1],
        p_better=float(stdtr(freedom, -sign * step / error)),
        p_loss=float(stdtr(freedom, (sign * step + tolerated) / error)),
        cases_before=cases[0], cases_after=cases[1],
        telling=spread <= (math.log(2) if figure.logs else scale if figure.lower else scale / 2),
    )  # fmt: skip


def _with_later(effect: Effect, figure: Figure, before: Points, later: Points) -> Effect:
    """Add how likely chance makes the days from 60 after the release on as much better, beyond a common trend."""
    import numpy as np
    from scipy.special import stdtr

    if not (_enough(before) and _enough(later)):
        return effect
    day, value, weight = (np.concatenate((a, b)) for a, b in zip(before, later, strict=True))
    post = np.concatenate((np.zeros(before[0].size), np.ones(later[0].size)))
    # the trend within the two stretches, not between them: that would take the effect itself for a trend
    slope = np.concatenate((before[0] - before[0].mean(), later[0] - later[0].mean()))
    step, error, freedom = least_squares(day, np.column_stack((np.ones(day.size), post, slope)), value, weight, 1)
    sign = -1.0 if figure.lower else 1.0
    return replace(effect, p_later=float(stdtr(freedom, -sign * step / error)) if error > 1e-12 else 1.0)


@dataclass(frozen=True)
class Outcome:
    """What a release that can be evaluated did: figures that credibly improved, and those with a credible loss."""

    process: str
    release: int
    improved: tuple[Effect, ...]
    lost: tuple[Effect, ...]
    seen: tuple[Effect, ...]

    @property
    def hit(self) -> bool:
        """Whether a target figure improved and no figure lost."""
        return bool(self.improved) and not self.lost

    @property
    def lasting(self) -> bool | None:
        """Whether an improvement is still credible 60 days later; None where the export ends before that is known."""
        known = [e.lasting for e in self.improved if e.lasting is not None]
        return any(known) if known else None


def outcomes(mined: Mined) -> tuple[Outcome, ...]:
    """Return what every release did of which a target figure is told closely enough.

    Targets are the figures that the process has a declared KPI for; where there is none, all of them. The chances of gains
    are corrected over all target figures of all releases, those of losses over all figures, those of gains that last over the
    credible gains.
    """
    measured = {f.id for f in FIGURES}
    declared = {
        p.key: {k.measure for k in mined.config.kpi if not k.process or p.key in k.process} & measured
        for p in mined.processes
    }
    telling = [e for e in mined.of(release_effects) if e.telling]
    targets = [e for e in telling if e.figure in (declared[e.process] or measured)]
    believed = adjusted([e.p_better for e in targets])
    better = {(e.process, e.release, e.figure) for e, p in zip(targets, believed, strict=True) if p < ALPHA}
    feared = adjusted([e.p_loss for e in telling])
    worse = {(e.process, e.release, e.figure) for e, p in zip(telling, feared, strict=True) if p < ALPHA}
    later = [e for e in telling if (e.process, e.release, e.figure) in better and e.p_later is not None]
    lasts = adjusted([e.p_later or 0.0 for e in later])
    lasting = {(e.process, e.release, e.figure): p < ALPHA for e, p in zip(later, lasts, strict=True)}
    telling = [replace(e, lasting=lasting.get((e.process, e.release, e.figure))) for e in telling]
    found = []
    for key, number in dict.fromkeys((e.process, e.release) for e in targets):
        seen = tuple(e for e in telling if (e.process, e.release) == (key, number))
        improved = tuple(e for e in seen if (key, number, e.figure) in better)
        lost = tuple(e for e in seen if (key, number, e.figure) in worse)
        found.append(Outcome(key, number, improved, lost, seen))
    return tuple(found)
