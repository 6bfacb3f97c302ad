"""What the cycle time of the sampled cases is made of, and what it would be if work did not wait for one cause.

Cycle time efficiency is Σ work / (Σ work + Σ waiting) over rows of work, waiting from when a row was ready to when it began.
Source: Lashkevich et al. (2023), impact of a waiting time cause on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.mine.critical_path import critical_paths
from poanalyzer.mine.waiting import CAUSES, waits

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined


@dataclass(frozen=True)
class CycleTime:
    """Of one process, µs in all: ``work``, ``waiting`` of any row, and ``by_cause`` of rows that name their resource."""

    work: int
    waiting: int
    by_cause: tuple[float, ...]

    @property
    def efficiency(self) -> float:
        """The share of work in work and waiting; 1 where there is neither."""
        return self._share(0.0)

    def without(self, cause: int) -> float:
        """Return what the efficiency would be had nothing waited for the cause of this number."""
        return self._share(self.by_cause[cause])

    def _share(self, gone: float) -> float:
        whole = self.work + self.waiting - gone
        return self.work / whole if whole > 0 else 1.0


def together(times: Iterable[CycleTime]) -> CycleTime:
    """Return several processes as one."""
    known = tuple(times)
    causes = tuple(sum(t.by_cause[k] for t in known) for k in range(len(CAUSES)))
    return CycleTime(sum(t.work for t in known), sum(t.waiting for t in known), causes)


def cycle_times(mined: Mined) -> dict[int, CycleTime]:
    """Return the cycle time of the cases whose waiting was looked at, by process number.

    Where not all resources were looked at, the causes of those that were stand for all.
    """
    import numpy as np

    paths, found = mined.of(critical_paths), mined.of(waits)
    rows = paths.work_rows
    seen = rows.lot < round(found.cases * rows.drawn)
    waited = rows.begin - paths.ready
    out: dict[int, CycleTime] = {}
    for process in np.unique(rows.process).tolist():
        here = seen & (rows.process == process)
        named = int(waited[here & (rows.resource >= 0)].sum())
        parts = found.parts[rows.process[found.row] == process].sum(axis=0)
        known = int(parts.sum())
        by_cause = tuple(float(part) * named / known for part in parts) if known else (0.0,) * len(CAUSES)
        out[int(process)] = CycleTime(int((rows.end - rows.begin)[here].sum()), int(waited[here].sum()), by_cause)
    return out
