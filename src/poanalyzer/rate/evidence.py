"""What a claim can read: metric results by id and process, and what the analyst declared about the scope."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from poanalyzer.config import Config
from poanalyzer.maturity import Cuts, Use
from poanalyzer.rate.scale import achievement, classify, lower, meets, shown, unit_factor
from poanalyzer.results import MetricResult, Rating, Status

#: Statuses that leave the denominator: there is nothing to show, or the engine could never show it.
EXEMPT = (Status.NOT_APPLICABLE, Status.NOT_SUPPORTED)

#: What the basis of a metric allows a rating to be.
BASIS_CAP = {"observed": Rating.F, "inferred": Rating.P, "declared": Rating.L}


@dataclass(frozen=True, kw_only=True)
class Body:
    """The body of evidence: every metric result, the productive processes, and what was declared.

    ``volumes`` are closed cases by process; where given, a share of processes is the lower of the plain and the
    volume-weighted one.
    """

    rows: Mapping[tuple[str, str | None], MetricResult]
    processes: tuple[str, ...]
    volumes: Mapping[str, float]
    role_declared: bool
    complete: bool
    end_to_end: frozenset[str]
    built: frozenset[str] = field(default=frozenset())

    def row(self, metric: str, process: str | None) -> MetricResult:
        """Return the result of ``metric``, or a not-available one that says why there is none."""
        found = self.rows.get((metric, process))
        if found is None:
            reason = (
                f"no value of {metric} for {process or 'the portfolio'}"
                if metric in self.built
                else f"this version does not measure {metric} yet"
            )
            return MetricResult(
                id=metric, process=process, value=None, unit="", status=Status.NOT_AVAILABLE, reason=reason
            )
        return found


def gather(
    metrics: Sequence[MetricResult],
    processes: Sequence[str],
    *,
    role_declared: bool,
    config: Config,
    volumes: Mapping[str, float] | None = None,
) -> Body:
    """Index the metric results by id and process."""
    return Body(
        rows={(row.id, row.process): row for row in metrics},
        processes=tuple(processes),
        volumes=dict(volumes or {}),
        role_declared=role_declared,
        complete=config.context.complete,
        end_to_end=frozenset(p.key for p in config.process if p.end_to_end),
        built=frozenset(row.id for row in metrics),
    )


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One metric as one claim reads it.

    ``rating`` is demonstrated: the worse end of bounds, the basis capped. ``best`` is what the same record allows at
    most: the better end, the cap lifted. ``tested`` is the value compared with the cuts; times are in the use's unit.
    """

    use: Use
    status: Status
    reason: str = ""
    unlock: str = ""
    rating: Rating | None = None
    best: Rating | None = None
    value: float | None = None
    tested: float | None = None
    low: float | None = None
    high: float | None = None
    target: Cuts | None = None
    achievement: float | None = None
    basis: str = "observed"
    capped: str = ""
    facets: tuple[str, ...] = ()
    binary: bool = False
    bounded: bool = False

    @property
    def measured(self) -> bool:
        """Whether there is a rating."""
        return self.rating is not None


def read(use: Use, process: str | None, body: Body) -> Reading:
    """Read ``use`` for one process, or for the portfolio where ``process`` is ``None``."""
    if process is None and use.over == "max":
        return _maximum(use, body)
    if process is None and use.over == "share":
        return _share(use, body)
    return parts(use, process, body)[process]


def parts(use: Use, process: str | None, body: Body) -> dict[str | None, Reading]:
    """Return the rows that a reading rests on, each read by itself, by process: its own, or those of all processes."""
    if process is None and use.over == "row":
        return {None: _own(use, body.row(use.metric, None), threshold=None, declared=False)}
    if process is None and use.over == "max":
        return {p: _own(use, body.row(use.metric, p), threshold=None, declared=False) for p in body.processes}
    return {
        p: _own(use, body.row(use.metric, p), threshold=use.threshold, declared=_vouched(use, p, body))
        for p in (body.processes if process is None else (process,))
    }


def _vouched(use: Use, process: str, body: Body) -> bool:
    return use.declared_by == "end_to_end" and process in body.end_to_end


def _own(use: Use, row: MetricResult, *, threshold: float | None, declared: bool) -> Reading:
    """Read one row by the cuts, or by the threshold that decides between F and N."""
    usable = row.value is not None and math.isfinite(row.value)
    if row.status is not Status.MEASURED or not usable:
        if declared:
            return Reading(
                use=use,
                status=Status.MEASURED,
                rating=Rating.L,
                best=Rating.F,
                basis="declared",
                capped="the analyst's word, not measured: at most L",
                reason="declared in the project file",
                binary=True,
            )
        status = Status.ERROR if row.status is Status.MEASURED else row.status
        reason = f"{row.id} was measured but holds no number" if row.status is Status.MEASURED else row.reason
        return Reading(use=use, status=status, reason=reason, unlock=row.unlock, facets=row.facets)

    factor = unit_factor(row.unit, use.unit)

    def scaled(number: float | None) -> float | None:
        return None if number is None or math.isnan(number) else number * factor

    value, low, high = scaled(row.value), scaled(row.low), scaled(row.high)
    bounds = (scaled(row.lower_bound), scaled(row.upper_bound))
    worst, best = bounds if use.direction == "up" else (bounds[1], bounds[0])
    assert value is not None
    bounded = worst is not None or best is not None
    worst = value if worst is None else worst
    best = value if best is None else best
    if threshold is None:
        rating, most = classify(worst, use.cuts, use.direction), classify(best, use.cuts, use.direction)
        achieved = achievement(worst, use.cuts, use.direction)
        tested: float | None = worst
    else:
        tested = worst
        if use.bound == "low":
            limit = low if use.direction == "up" else high
            tested = limit
            # Without an interval nothing is shown beyond chance; what an interval could at best show is the value.
            best = best if bounded or limit is None else limit
        passed = tested is not None and meets(tested, threshold, use.direction)
        rating = Rating.F if passed else Rating.N
        most = Rating.F if passed or meets(best, threshold, use.direction) else Rating.N
        achieved = 1.0 if passed else 0.0
    cap = BASIS_CAP[row.basis]
    capped = ""
    if rating.order > cap.order:
        capped = f"{use.metric} rests on {row.basis} facts: at most {cap}"
    return Reading(
        use=use,
        status=Status.MEASURED,
        reason=row.reason,
        unlock=row.unlock,
        rating=lower(rating, cap),
        best=most,
        value=value,
        tested=tested,
        low=low,
        high=high,
        achievement=achieved,
        basis=row.basis,
        capped=capped,
        facets=row.facets,
        binary=threshold is not None,
        bounded=bounded,
    )


def _maximum(use: Use, body: Body) -> Reading:
    """Read the productive process that has most; one not measured might have more."""
    readings = list(parts(use, None, body).values())
    counted = [reading for reading in readings if reading.status not in EXEMPT]
    measured = [reading for reading in counted if reading.measured]
    if not measured:
        return _absent(use, counted or readings, body)
    top = max(measured, key=lambda r: (r.rating.order if r.rating else 0, r.achievement or 0.0))
    most = max((reading.best or Rating.N for reading in measured), key=lambda rating: rating.order)
    if len(measured) < len(counted):
        most = Rating.F
    return Reading(**{**top.__dict__, "best": most})


def _share(use: Use, body: Body) -> Reading:
    """Read the share of productive processes that pass the threshold; those without a value count as not passing."""
    assert use.threshold is not None
    readings = {p: r for p, r in parts(use, None, body).items() if p is not None}
    counted = {p: r for p, r in readings.items() if r.status not in EXEMPT}
    measured = {p: r for p, r in counted.items() if r.measured}
    if not measured:
        return _absent(use, list(counted.values()) or list(readings.values()), body)
    passing = {p for p, r in measured.items() if r.rating in (Rating.F, Rating.L)}
    possible = {p for p, r in counted.items() if not r.measured or r.best is Rating.F}
    least = _weighted(passing, counted, body.volumes)
    most = _weighted(passing | possible, counted, body.volumes)
    rating, best = classify(least, use.cuts), classify(most, use.cuts)
    basis, capped = "observed", ""
    if any(measured[p].basis == "declared" for p in passing):
        basis = "declared"
        if rating is Rating.F:
            rating, capped = Rating.L, "some processes rest on the analyst's word: at most L"
    missing = len(counted) - len(measured)
    limit = "the lower 95 % limit of " if use.bound == "low" else ""
    reason = (
        f"{len(passing)} of {len(counted)} processes pass ({limit}{use.metric} ≥ {shown(use.threshold, use.unit)})"
        + (f"; {missing} without a value count as not passing" if missing else "")
    )
    return Reading(
        use=use,
        status=Status.MEASURED,
        reason=reason,
        unlock=next((r.unlock for r in counted.values() if not r.measured and r.unlock), ""),
        rating=rating,
        best=best,
        value=least,
        tested=least,
        low=least if least != most else None,
        high=most if least != most else None,
        achievement=achievement(least, use.cuts),
        basis=basis,
        capped=capped,
        facets=next(iter(measured.values())).facets,
        bounded=least != most,
    )


def _weighted(chosen: set[str], counted: Mapping[str, Reading], volumes: Mapping[str, float]) -> float:
    """Return the lower of the plain and the volume-weighted share of ``chosen`` among ``counted``."""
    plain = len(chosen) / len(counted)
    weights = {process: volumes.get(process, 0.0) for process in counted}
    total = sum(weights.values())
    if total <= 0:
        return plain
    return min(plain, sum(weights[process] for process in chosen) / total)


def _absent(use: Use, readings: Sequence[Reading], body: Body) -> Reading:
    """Say why no productive process supplies a value."""
    if not readings:
        built = body.row(use.metric, None) if use.metric not in body.built else None
        reason = built.reason if built else "no productive process"
        return Reading(use=use, status=Status.NOT_AVAILABLE, reason=reason)
    return Reading(use=use, status=readings[0].status, reason=readings[0].reason, unlock=readings[0].unlock)
