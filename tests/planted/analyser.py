"""The only door to the analyser: exports in, metric results out. Nothing else here knows it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str, str | None]


@dataclass(frozen=True)
class Measured:
    """Metric results by metric and process, and how many episodes of each disposition were found in each process.

    ``seen`` holds what else was asked for, by its name (see :func:`measure`).
    """

    results: dict[Key, Any]
    episodes: Counter[tuple[str, str]]
    seen: dict[str, Any] = field(default_factory=dict)

    def value(self, metric: str, process: str | None) -> float | None:
        """Return a value."""
        return self.results[metric, process].value  # type: ignore[no-any-return]


def measure(
    inputs: Sequence[Path],
    only: Sequence[str] | None = None,
    settings: dict[str, Any] | None = None,
    also: Sequence[str] = (),
) -> Measured:
    """Measure exports; the window is everything.

    Args:
        only: these metrics, None for all.
        settings: as in a project file.
        also: what else to look at: ``quality`` (what is odd about the log), ``kpis`` (the trackability matrix, by process
            and KPI), ``verdicts`` (on releases), ``drifts``, ``deteriorations``, ``effects``, ``concurrent`` (pairs of
            names, by process).
    """
    from poanalyzer.config import parse_config
    from poanalyzer.measure import measure_all
    from poanalyzer.measure.catalogue import modules
    from poanalyzer.measure.metric import Ratio
    from poanalyzer.measure.run import run_computed, run_ratios
    from poanalyzer.mine.episodes import build_episodes
    from poanalyzer.mine.mined import Mined
    from poanalyzer.pipeline import read

    said = dict(settings or {})
    said["project"] = {"window_days": "all", "timezone": "Europe/Berlin"} | said.get("project", {})
    with read([str(i) for i in inputs], parse_config(said)) as log:
        mined = Mined(log)
        if only is None:
            found = list(measure_all(mined))
        else:
            shapes = [modules()[name][1].METRIC for name in only]
            ratios = [s for s in shapes if isinstance(s, Ratio)]
            found = [row for rows in run_ratios(mined, ratios).values() for row in rows] if ratios else []
            found += [row for s in shapes if not isinstance(s, Ratio) for row in run_computed(mined, s)]
        episodes: Counter[tuple[str, str]] = Counter()
        if mined.has_failures:
            told = mined.of(build_episodes)
            keys = {p.ix: p.key for p in mined.processes}
            for row in mined.query(told.group_by(["process_ix", "disposition"]).agg(n=told.count())).itertuples():
                episodes[keys[int(row.process_ix)], str(row.disposition)] = int(row.n)
        seen = {name: _LOOKS[name](mined) for name in also}
    return Measured({(r.id, r.process): r for r in found}, episodes, seen)


@dataclass(frozen=True)
class Rated:
    """What a maturity model says of one driver of one process.

    ``claims``: id → rating, value and 95 % interval, None each where not rated; ``unsure``: claims said to be attained
    perhaps by chance; ``chances``: the stated probabilities of the levels from 0 on.
    """

    shown: int | None
    possible: int | None
    confidence: str
    unsure: frozenset[str]
    chances: tuple[float, ...]
    claims: dict[str, tuple[str | None, float | None, float | None, float | None]]


def rate(
    inputs: Sequence[Path], metrics: Sequence[str], model: Path | None = None, settings: dict[str, Any] | None = None
) -> dict[Key, Rated]:
    """Measure ``metrics`` and rate every process by the model in a folder (None: the shipped one): by driver and process."""
    from poanalyzer.maturity.loader import load_folder, load_model
    from poanalyzer.rate.rater import rate_model

    found = measure(inputs, [*metrics, "log-grade"], settings)
    rows = tuple(found.results.values())
    keys = sorted({r.process for r in rows if r.process is not None})
    said = rate_model(load_folder(model) if model else load_model(), rows, keys, role_declared=True)
    return {
        (driver.id, process.key): Rated(
            driver.level.demonstrated, driver.level.potential, driver.confidence,
            frozenset(c.claim for c in driver.changes if c.kind == "hold"), tuple(driver.distribution or ()),
            {c.id: (c.rating.value if c.rating else None, c.value, c.low, c.high) for c in driver.claims},
        )
        for process in said.processes
        for driver in process.drivers
    }  # fmt: skip


def fingerprint() -> str:
    """Return a digest of the analyser's sources and of these: results of another state are not taken for this one's."""
    import poanalyzer

    digest = hashlib.sha256()
    for root in (Path(poanalyzer.__file__).parent, Path(__file__).parent):
        for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def rated() -> frozenset[str]:
    """Return the metrics on which any claim of a shipped maturity model rests."""
    from poanalyzer.maturity.loader import list_models, load_model

    models = [load_model(info.id) for info in list_models()]
    return frozenset(use.metric for model in models for claim in model.claims for use in claim.uses)


def _quality(mined: Any) -> Any:
    from poanalyzer.eventlog.quality import findings

    return findings(mined.log)


def _kpis(mined: Any) -> Any:
    from poanalyzer.mine.trackability import kpi_grades

    return {(p.key, g.id): g for p in mined.processes for g in mined.of(kpi_grades)[p.ix]}


def _verdicts(mined: Any) -> Any:
    from poanalyzer.mine.verdicts import verdicts

    return mined.of(verdicts)


def _drifts(mined: Any) -> Any:
    from poanalyzer.mine.drift import drifts

    return mined.of(drifts)


def _deteriorations(mined: Any) -> Any:
    from poanalyzer.mine.drift import deteriorations

    return mined.of(deteriorations)


def _effects(mined: Any) -> Any:
    from poanalyzer.mine.effects import release_effects

    return mined.of(release_effects)


def _concurrent(mined: Any) -> Any:
    from poanalyzer.mine.case_sample import case_work
    from poanalyzer.mine.critical_path import concurrent_pairs

    keys = {p.ix: p.key for p in mined.processes}
    found: dict[str, set[frozenset[str]]] = {}
    for process, one, other in concurrent_pairs(mined.of(case_work)):
        found.setdefault(keys[process], set()).add(frozenset((mined.activities[one], mined.activities[other])))
    return {key: frozenset(pairs) for key, pairs in found.items()}


_LOOKS: dict[str, Callable[[Any], Any]] = {
    "quality": _quality, "kpis": _kpis, "verdicts": _verdicts, "drifts": _drifts, "deteriorations": _deteriorations,
    "effects": _effects, "concurrent": _concurrent,
}  # fmt: skip
