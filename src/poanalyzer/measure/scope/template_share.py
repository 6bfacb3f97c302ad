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
from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.blocks import Sums
from poanalyzer.mine.executions import jackknifed, modelled_executions
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

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
    value, drawn = jackknifed(rows, lambda part: float(part["x"].sum()) / float(part["rows"].sum()))
    closed = sum(p.root_closed_in_window for p in mined.processes) if process is None else process.closed_in_window
    made, ran = int(rows["x"].sum()), int(rows["rows"].sum())
    if len(drawn) > 1 and min(drawn) < max(drawn):
        low, high = interval.jackknife(drawn, value, 0.0)
        method = f"jackknife over {len(drawn)} groups of cases"
    else:
        _, low, high, method = interval.ratio(Sums(closed, made, ran, 0, 0, 0))
    few = closed < MIN_CASES
    shelf = rows[rows["x"] > 0].groupby("activity")["x"].sum().sort_values(ascending=False, kind="stable")
    return Finding(
        value=value, low=low, high=min(1.0, high), numerator=made, denominator=ran,
        n=closed, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        evidence=tuple(
            Evidence(case_id=None, what=f"{name}: {count} executions from the shelf")
            for name, count in shelf.head(EVIDENCE_ROWS).items()
        ),
    )  # fmt: skip


METRIC = Computed(id="template-share", unit="share", needs=("models", "activities"), compute=compute)
