"""The only door to the analyser: exports in, metric results out. Nothing else here knows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Key = tuple[str, str | None]


@dataclass(frozen=True)
class Measured:
    """Metric results by metric and process, and how many episodes of each disposition were found in each process."""

    results: dict[Key, Any]
    episodes: Counter[tuple[str, str]]

    def value(self, metric: str, process: str | None) -> float | None:
        """Return a value."""
        return self.results[metric, process].value  # type: ignore[no-any-return]


def measure(
    inputs: Sequence[Path],
    only: Sequence[str] | None = None,
    settings: dict[str, Any] | None = None,
    threads: int | None = None,
) -> Measured:
    """Measure exports. ``only``: these metrics; ``settings``: as in a project file; the window is everything."""
    from poanalyzer.config import parse_config
    from poanalyzer.measure import measure_all
    from poanalyzer.measure.catalogue import modules
    from poanalyzer.measure.metric import Ratio
    from poanalyzer.measure.run import run_computed, run_ratios
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
        rows = mined.episodes.group_by(["process_ix", "disposition"]).agg(n=mined.episodes.count())
        keys = {p.ix: p.key for p in mined.processes}
        episodes = Counter(
            {(keys[int(r.process_ix)], str(r.disposition)): int(r.n) for r in mined.query(rows).itertuples()}
        )
    return Measured({(r.id, r.process): r for r in found}, episodes)
