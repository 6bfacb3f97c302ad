"""Exercised handler share.

Share of the handlers in the models that ever fired: exercised / handlers. Handlers are error, timer and escalation boundary
events and event sub-processes of the version that was started last; one is exercised when the log holds it, in whatever
version. What never fired was never tried in earnest, and may be there for show.

Formula: handlers that fired at least once / handlers in the models of the versions started last.

Known bias: a handler for what never goes wrong is no worse for it; compensation is left out, since engines record it
in different ways. The whole export counts, not only the window.

Example: of four handlers three stand in the log: 0.75.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.handlers import provisions
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of handlers that fired at least once: a census of models and log."""
    found = [
        (p, mined.of(provisions)[p.ix])
        for p in mined.processes
        if p.ix in mined.of(provisions) and process in (None, p)
    ]
    if not found:
        unlock = mined.capability(process, "models").unlock or "Export the models of all versions that ran."
        return missing(Status.NOT_AVAILABLE, "no model of the version that was started last", unlock)
    known = [(p, h) for p, provision in found for h in provision.handlers]
    if not known:
        return missing(Status.NOT_APPLICABLE, "no model has an error, timer or escalation handler")
    used = sum(h.fired > 0 for _, h in known)
    rows = sorted(known, key=lambda ph: (ph[1].fired, ph[0].key, ph[1].element_id))
    return Finding(
        value=used / len(known), low=used / len(known), high=used / len(known), numerator=used, denominator=len(known),
        n=len(known), n_unit="handlers", method="census of models and log",
        details={"fired": sum(h.fired for _, h in known)},
        evidence=tuple(
            Evidence(
                case_id=None, element_id=h.element_id,
                what=f"{p.name}, {h.name}: " + (f"fired {h.fired} times" if h.fired else "never fired"),
            )
            for p, h in rows[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="exercised-handler-share", unit="share", needs=("models", "activities"), compute=compute)
