"""How many things of one case were worked on at once at most: a sweep over the sampled rows of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.case_sample import case_work

if TYPE_CHECKING:
    import numpy as np

    from poanalyzer.mine.mined import Mined


@dataclass(frozen=True)
class Peaks:
    """Arrays of one length, an entry a case (or root case) with work that took time, in order of its number.

    ``unit`` is its number, ``root`` that of its root case, ``process`` that of its process (means nothing for a root case with
    what it called), ``peak`` the most rows of work active at once, ``moment`` when that was so first (µs).
    """

    unit: np.ndarray[Any, Any]
    root: np.ndarray[Any, Any]
    process: np.ndarray[Any, Any]
    peak: np.ndarray[Any, Any]
    moment: np.ndarray[Any, Any]


def case_peaks(mined: Mined) -> Peaks:
    """Return the peaks of the sampled cases, each by itself."""
    rows = mined.of(_spans)
    return _peaks(rows["case_ix"], rows)


def root_peaks(mined: Mined) -> Peaks:
    """Return the peaks of the sampled root cases, each together with the cases that it called."""
    rows = mined.of(_spans)
    return _peaks(rows["root_ix"], rows)


def _spans(mined: Mined) -> dict[str, np.ndarray[Any, Any]]:
    """Return the rows of work of the sampled cases that took time, from start to end as recorded.

    The sample itself begins a person's work where she claimed it; overlaps are told from what lies open, as in the metrics
    that the engine sums over all cases.
    """
    import ibis
    import numpy as np

    sample = mined.of(case_work)
    cases, first = np.unique(sample.case, return_index=True)
    chosen = ibis.memtable(
        {"case_ix": cases.tolist(), "root_ix": sample.root[first].tolist()},
        schema=ibis.schema({"case_ix": "int64", "root_ix": "int64"}),
    )
    steps = mined.steps.filter(mined.steps.end > mined.steps.start).join(chosen, "case_ix")
    names = ("case_ix", "root_ix", "process_ix", "start", "end")
    frame = mined.query(steps.select(*names))
    return {name: np.asarray(frame[name], dtype=np.int64) for name in names}


def _peaks(unit: np.ndarray[Any, Any], rows: dict[str, np.ndarray[Any, Any]]) -> Peaks:
    import numpy as np

    moments = np.concatenate([rows["start"], rows["end"]])
    steps = np.repeat(np.array([1, -1], dtype=np.int64), unit.size)
    where = np.concatenate([unit, unit])
    # what ends at a moment makes room for what begins at it
    order = np.lexsort((steps, moments, where))
    where, moments, active = where[order], moments[order], np.cumsum(steps[order])
    # the highest comes first, and of several the earliest
    top = np.lexsort((moments, -active, where))
    names, first = np.unique(where[top], return_index=True)
    _, of = np.unique(unit, return_index=True)
    return Peaks(
        unit=names, root=rows["root_ix"][of], process=rows["process_ix"][of], peak=active[top][first],
        moment=moments[top][first],
    )  # fmt: skip
