"""Template share.

Share of the executed work of service type (service, send, script and business-rule tasks) whose element in the model was
made from an element template or is one of the vendor's connectors. Rows of versions whose model is not in the export
are left out.

Formula: executions of service type made from a template or vendor's connector / executions of service type with a
known model.

Known bias: a worker of one's own may be the better choice; the share says how much was taken from the shelf, not how
good it is.

Example: 300 of 1 000 executed service tasks are HTTP connectors, the others are own workers: 0.3.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import SERVICE_TYPES
from poanalyzer.measure.executed import share_of_executions
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.executions import modelled_executions
from poanalyzer.results import Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

_WITHOUT_TEMPLATES = ("flowable", "activiti")


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with a jackknife over groups of cases."""
    asked = [p for p in mined.processes if process is None or p.ix == process.ix]
    if all(p.engine in _WITHOUT_TEMPLATES for p in asked):
        return missing(Status.NOT_SUPPORTED, "the engine knows no element templates")
    rows = mined.of(modelled_executions)
    rows = rows[rows["whole"]] if process is None else rows[rows["own"] & (rows["process_ix"] == process.ix)]
    rows = rows[rows["work"] & rows["element_type"].isin(SERVICE_TYPES) & (rows["element_type"] != "receiveTask")]
    if rows.empty:
        return missing(Status.NOT_APPLICABLE, "no service task of a known model ran in the window")
    rows = rows.assign(x=rows["rows"].where(rows["ready_made"], 0))
    closed = sum(p.root_closed_in_window for p in mined.processes) if process is None else process.closed_in_window
    return share_of_executions(rows, closed, rows["x"][rows["x"] > 0], "from the shelf")


METRIC = Computed(id="template-share", unit="share", needs=("models", "activities"), compute=compute)
