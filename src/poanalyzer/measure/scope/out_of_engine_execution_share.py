"""Out-of-engine execution share.

Share of the executed work of service type (service, send, script and business-rule tasks) that workers outside the engine
(external tasks, jobs) or connectors did, rather than code or scripts inside the engine. What decides is the element in
the model of the version that ran. Decision tables are neither code nor a worker and are left out, as are rows of
versions whose model is not in the export and elements whose model does not say how they are done.

Engines that know only workers outside (Camunda 8) show 1 by construction, which tells nothing: not supported there.

Formula: executions of service type by workers or connectors / executions of service type by workers, connectors, code or
scripts.

Known bias: code in the engine may do no more than call a service elsewhere; more is not better by itself, and the figure
only supports what people say of old, monolithic systems.

Example: of 1 000 executed service tasks 300 are external tasks and 700 are Java classes in the engine: 0.3.

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

#: Engines whose service tasks are always done by workers outside.
_WORKERS_ONLY = ("camunda8",)
#: Kinds of implementation, as the models' readers name them.
_OUTSIDE, _INSIDE = ("external", "job", "connector"), ("class", "delegate", "expression", "script", "mail", "shell")


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with a jackknife over groups of cases."""
    asked = [p for p in mined.processes if process is None or p.ix == process.ix]
    telling = [p.ix for p in asked if p.engine not in _WORKERS_ONLY]
    if asked and not telling:
        return missing(Status.NOT_SUPPORTED, "the engine knows only workers outside: the share is 1 by construction")
    rows = mined.of(modelled_executions)
    rows = rows[rows["whole"] if process is None else rows["own"]]
    rows = rows[rows["process_ix"].isin(telling) & rows["work"] & rows["element_type"].isin(SERVICE_TYPES)]
    rows = rows[rows["element_type"] != "receiveTask"]
    kind = rows["implementation"].fillna("").str.partition(":")[0]
    rows = rows.assign(x=rows["rows"].where(kind.isin(_OUTSIDE), 0))[kind.isin((*_OUTSIDE, *_INSIDE))]
    if rows.empty:
        return missing(Status.NOT_APPLICABLE, "no service task whose model says how it is done ran in the window")
    closed = sum(p.root_closed_in_window if process is None else p.closed_in_window for p in asked if p.ix in telling)
    return share_of_executions(rows, closed, rows["rows"][rows["x"] == 0], "by code or scripts in the engine")


METRIC = Computed(id="out-of-engine-execution-share", unit="share", needs=("models", "activities"), compute=compute)
