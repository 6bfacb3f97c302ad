"""Log grade.

How far a log can be trusted, in stars after the Process Mining Manifesto. Engine exports start at four stars
(recorded automatically and systematically), outside sources at three; each failed gate takes one away: a time zone
that had to be assumed, a history level that keeps too little (none or activity), retention shorter than the window,
more than 1 % of the records rejected. A process and the portfolio have the grade of their weakest engine input. Below
three stars no level is called demonstrated.

Formula: 4 − failed gates, at least 1; the lowest over the engine inputs.

Range: 1 to 4. The manifesto's fifth star, for events whose meaning is written down in an ontology, is not given.

Known bias: the gates believe what an export says of itself; one that was thinned out or merged without a word keeps
its stars, and a plain log whose role nobody stated is taken for an engine's.

Example: an export at history level activity that keeps finished cases for 90 days, seen over a window of 180 days: 4
− 2 = 2.

Source: IEEE Task Force on Process Mining, Process Mining Manifesto (2011), Table 1; the gates are this project's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

REJECTED = 0.01


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the stars of the weakest engine input of the process, or of all."""
    records = [r for r in mined.engine_inputs if process is None or r.path in process.inputs]
    if not records:
        return missing(Status.NOT_AVAILABLE, "no engine input", "Give the engine's export.")
    graded = sorted(((stars(r, mined.window.days), r) for r in records), key=lambda pair: (pair[0][0], pair[1].path))
    (value, reasons), record = graded[0]
    return Finding(
        value=value, low=value, high=value, n=len(records), n_unit="inputs", method="gates",
        evidence=tuple(Evidence(case_id=None, what=why, source=record.path) for why in reasons),
    )  # fmt: skip


def stars(record: InputRecord, window_days: int | None) -> tuple[int, list[str]]:
    """Return the stars of one input and why each was lost."""
    lost = []
    if record.zone_assumed:
        lost.append("times without a zone were read as UTC")
    if (record.history_level or "").split(" ")[0] in ("none", "activity"):
        lost.append(f"history level {record.history_level}: most of what happened was not kept")
    if window_days is not None and record.retention_days is not None and record.retention_days < window_days:
        lost.append("retention deletes finished cases before the window begins")
    rejected = sum(record.rejected.values())
    if record.rows_read and rejected / record.rows_read > REJECTED:
        lost.append(f"{rejected / record.rows_read:.1%} of the records were rejected")
    return max(1, (4 if record.role == "engine" else 3) - len(lost)), lost


METRIC = Computed(id="log-grade", unit="stars", needs=(), compute=compute)
