"""Productive processes.

Count of root processes with at least 30 completed instances in at least four distinct weeks of the window; for one
process 1 or 0. Called child processes are parts of their roots. An export is not the organisation: unless the project
file says that the inputs are complete, the count is a lower bound.

Formula: number of root processes with at least 30 completed instances in at least four weeks of the window.

Range: 0 and above.

Known bias: rare but weighty processes stay below thirty instances; one process deployed under two keys counts
twice; a longer window shows more.

Example: of six root processes four have 30 completed instances or more, one of these all in a single week: 3.

Source: this project's definition; thirty cases are the convention for estimating a share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.results import EVIDENCE_ROWS, Evidence

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the count with the processes as evidence."""
    asked = mined.processes if process is None else (process,)
    found = [p for p in asked if p.productive]
    whole = mined.config.context.complete
    return Finding(
        value=len(found), low=len(found), high=len(found) if whole or process is not None else None,
        lower_bound=None if whole or process is not None else len(found), n=len(asked), n_unit="processes",
        method="census of the export",
        caveats=() if whole or process is not None else ("a lower bound: the inputs are not declared complete",),
        evidence=tuple(
            Evidence(case_id=None, what=f"{p.name}: {p.completed_roots} completed root instances in {p.weeks} weeks")
            for p in asked[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="productive-processes", unit="processes", needs=("instances",), compute=compute)
