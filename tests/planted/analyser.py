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
            and KPI), ``verdicts`` (on releases), ``drifts``, ``deteriorations``, ``effects``.
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


_LOOKS: dict[str, Callable[[Any], Any]] = {
    "quality": _quality, "kpis": _kpis, "verdicts": _verdicts, "drifts": _drifts, "deteriorations": _deteriorations,
    "effects": _effects,
}  # fmt: skip
