"""``model.bpmn``: the process model mined from the largest process, for any BPMN editor.

A mined model is a hypothesis about what ran. Its parallel gateways say “seen in either order”, never “ran at once”.
"""

from __future__ import annotations

from poanalyzer.errors import UsageError
from poanalyzer.report.renderer import Renderer
from poanalyzer.results import Assessment


def render(assessment: Assessment) -> bytes:
    """Return the BPMN 2.0 file of the first process with a mined model."""
    for process in assessment.processes:
        if model := process.discovery.get("bpmn"):
            return model.encode("utf-8")
    reasons = "; ".join(p.discovery["reason"] for p in assessment.processes if p.discovery.get("reason"))
    raise UsageError("no model was mined from this log", where=reasons, fix="Leave bpmn out of --format.")


RENDERER = Renderer(id="bpmn", filename="model.bpmn", title="the mined model of the largest process", render=render)
