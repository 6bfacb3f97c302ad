"""Handler coverage.

Share of the tasks that may fail for which the model provides both a retry and a handler: service, send, script and
business rule tasks with a retry setting of more than one try and an error, timer or escalation event on them, on a
sub-process around them, or in an event sub-process beside them. Read from the model of the version that was started last.
Details: tasks with a retry, with a handler, with either, and how many of those that did fail had both.

Formula: failure-prone tasks with both a retry and a handler / failure-prone tasks in the models.

Known bias: only what stands in the model counts; engines retry by default what names no retry, and workers may do so by
themselves. A handler may be empty: whether handlers were ever used says the exercised handler share.

Example: of ten service tasks six have a retry cycle, three of these also an error boundary event: 0.3.

Source: this project's definition, after the exception handling patterns of Russell, van der Aalst and ter Hofstede (2006).
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
    """Return the share of failure-prone tasks with a retry and a handler: a census of the models."""
    found = [
        (p, mined.of(provisions)[p.ix])
        for p in mined.processes
        if p.ix in mined.of(provisions) and process in (None, p)
    ]
    if not found:
        unlock = mined.capability(process, "models").unlock or "Export the models of all versions that ran."
        return missing(Status.NOT_AVAILABLE, "no model of the version that was started last", unlock)
    tasks = [(p, t) for p, provision in found for t in provision.tasks]
    if not tasks:
        return missing(Status.NOT_APPLICABLE, "no model has a task that a machine does")
    both = sum(t.retried and t.handled for _, t in tasks)
    failed = [t for _, t in tasks if t.episodes]
    blank = len(mined.processes) - len(found) if process is None else 0
    # what failed most comes first
    worst = sorted(tasks, key=lambda pt: (pt[1].retried and pt[1].handled, -pt[1].episodes, pt[0].key, pt[1].name))
    words = {(True, True): "retry and handler", (True, False): "retry, no handler", (False, True): "handler, no retry",
             (False, False): "neither retry nor handler"}  # fmt: skip
    return Finding(
        value=both / len(tasks), low=both / len(tasks), high=both / len(tasks), numerator=both, denominator=len(tasks),
        n=len(tasks), n_unit="tasks", method="census of the models",
        caveats=(f"{blank} processes have no model and are not counted",) if blank else (),
        details={
            "with_retry": sum(t.retried for _, t in tasks), "with_handler": sum(t.handled for _, t in tasks),
            "with_either": sum(t.retried or t.handled for _, t in tasks), "failed_tasks": len(failed),
            "failed_with_both": sum(t.retried and t.handled for t in failed),
        },
        evidence=tuple(
            Evidence(
                case_id=None, element_id=t.element_id,
                what=f"{p.name}, {t.name}: {words[t.retried, t.handled]}; {t.episodes} failure episodes",
            )
            for p, t in worst[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="handler-coverage", unit="share", needs=("models",), compute=compute)
