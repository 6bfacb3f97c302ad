"""In-flight monitoring.

Share of the waiting states of the live model – waits for people, messages, signals – that something watches: a timer or
an escalation on them, around them or beside them, or due dates on their instances. For the portfolio the share of
productive processes in which at least one wait is watched and the watch was seen to work: a timer or escalation fired,
or due dates were set.

Formula: watched waits / waits of the live model; for the portfolio processes in which a watch worked / productive
processes, unweighted or by volume, the lower.

Known bias: alerts configured outside the engine are not seen. A timer that had no reason to fire looks like one that
never works.

Example: three user tasks, one with a timer of two days that fired in some cases: 1 / 3, and the process counts.

Source: this project's definition of the model's “improved process monitoring”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.mine.assets import text
from poanalyzer.mine.rules import guarded
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of watched waits, or of processes with a working watch."""
    if process is None:
        return share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: bool(f.details.get("working")), "a watch on a wait worked"
        )
    model = guarded(mined, process)
    if model is None:
        return missing(
            Status.NOT_AVAILABLE, "the model of this process is not in the export", "Export the models of all versions."
        )
    if not model.waits:
        return missing(Status.NOT_APPLICABLE, "the model waits for nobody and nothing")
    watch = {w: model.watchers(w) for w in model.waits}
    watched = [w for w, guards in watch.items() if guards or w in model.due]
    working = [w for w in watched if w in model.due or any(g in model.ran for g in watch[w])]
    value = len(watched) / len(model.waits)
    return Finding(
        value=value, low=value, high=value, numerator=len(watched), denominator=len(model.waits), n=len(model.waits),
        n_unit="waits", method="census of the live model",
        caveats=("no timer or escalation fired and no due date was set",) if watched and not working else (),
        details={"watched": len(watched), "working": len(working)},
        evidence=tuple(
            Evidence(case_id=None, what=f"{text(model.elements[w].name) or w}: "
                     f"{'watched' if w in watched else 'not watched'}{', seen to work' if w in working else ''}")
            for w in sorted(model.waits)[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="in-flight-monitoring", unit="share", needs=("models",), compute=compute)
