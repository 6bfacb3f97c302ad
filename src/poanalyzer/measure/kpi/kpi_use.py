"""KPI use.

Share of the declared KPIs that somebody used in the last 180 days: a report that was viewed, an alert, a target that
was revised, a release that names the KPI. No engine records any of these, and no input of this version carries them,
so the metric says that it is not available: that a KPI can be computed, or even that its target is met, shows no use
of it.

Formula: declared KPIs with a trace of use in the last 180 days / declared KPIs; never computed in this version.

Known bias: programs that fetch a report look like readers, and talk over a printed page leaves no trace.

Example: a cycle time with a target that is met in every month may still stand in no report that anybody opens: not
available, whatever the month says.

Source: this project's definition; the difference of trackable and tracked after del-Río-Ortega et al. (2013).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.results import Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return that it is not available, and why."""
    if not mined.config.kpi:
        return missing(Status.NOT_APPLICABLE, "no KPI is declared, so none can be used")
    return missing(
        Status.NOT_AVAILABLE,
        "engines do not record who looks at a figure or acts on it; logs show what can be tracked, not what is",
        "Ask in the survey, and keep the views, alerts and target changes of the analytics tool as evidence.",
    )


METRIC = Computed(id="kpi-use", unit="share", needs=(), compute=compute)
