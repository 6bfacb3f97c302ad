"""Endpoint-class diversity.

How many kinds of endpoint take part, each with at least 1 % of the executed work and messages: people, ready-made
connectors, own workers and code, messaging, decisions, robots (RPA), documents and artificial intelligence. The type of
an element, its implementation and its template decide; robots and documents are told by the names of their connectors
and worker types.

Formula: number of kinds of endpoint with at least 1 % of the executed work and messages of a known kind.

Range: 1 to 7.

Known bias: more kinds are not better by themselves; a robot behind a plain worker counts as a worker.

Example: 60 % user tasks, 38 % workers, 1.5 % business-rule tasks, .5 % messages: three kinds.

Source: this project's definition of the model's “fits their exact needs”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.executions import endpoint_class, modelled_executions
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: Less than this share of the executions is no taking part.
LEAST = 0.01


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the number of kinds; a census of what ran, so without a sampling interval."""
    rows = mined.of(modelled_executions)
    rows = rows[rows["whole"]] if process is None else rows[rows["own"] & (rows["process_ix"] == process.ix)]
    rows = rows.assign(kind=endpoint_class(rows)).dropna(subset=["kind"])
    if rows.empty:
        return missing(Status.NOT_AVAILABLE, "no executed element of a known type in the window",
                       "Export the element types of activities, best with the models.")  # fmt: skip
    shares = rows.groupby("kind")["rows"].sum().sort_values(ascending=False, kind="stable")
    shares = shares / float(shares.sum())
    value = int((shares >= LEAST).sum())
    closed = sum(p.root_closed_in_window for p in mined.processes) if process is None else process.closed_in_window
    few = closed < MIN_CASES
    return Finding(
        value=value, low=value, high=value, n=closed, method="census of the executed elements",
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        evidence=tuple(Evidence(case_id=None, what=f"{kind}: {share:.1%} of the executions")
                       for kind, share in shares.items()),
    )  # fmt: skip


METRIC = Computed(
    id="endpoint-class-diversity", unit="kinds", needs=("activities", "element-types"), compute=compute
)  # fmt: skip
