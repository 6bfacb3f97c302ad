"""Critical-path speed-up.

How much longer the cases would have worked had nothing run side by side. The critical path of a case is its longest
chain of work in which each row was enabled by the one before: by the latest that ended before it was ready and whose
activity is not concurrent with its own (of several that ended together, by the one with the longest chain behind it).
Activities are concurrent that overlap in at least 5 % of the cases that show both, of at least 20; an activity is
with itself where it does so in the cases that show it twice. A person's work begins when she claimed it, where that
is recorded. Closed cases of the window, in large logs a sample of about 20 000 root cases and 150 000 rows of work at
most, drawn by a hash of the case id.

Details: the share of working time with slack (work that could have taken longer without delaying its case) and the
mean slack in seconds.

Formula: Σ durations of rows of work / Σ lengths of the critical paths of their cases.

Range: 1 (everything in sequence) and above.

Known bias: where the engine does not record when work was ready, enabling is read from times, and a coincidence
counts as a cause; a task that nobody claims counts as work while it lies open. A called case has a path of its own.

Example: 10 minutes of work, then 20 and 30 side by side, then 10: 70 minutes of work over a path of 50: 1.4.

Source: critical path method; concurrency from interval overlap after Augusto et al. (2020).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.sampled import case_ids, of_sample, sums_by_root, too_few
from poanalyzer.mine.critical_path import critical_paths
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return Σ work / Σ critical path with an interval clustered by root case."""
    paths = mined.of(critical_paths)
    rows = paths.work_rows
    here = [k for k, (first, _) in enumerate(paths.cases) if process is None or rows.process[first] == process.ix]
    sums = sums_by_root(
        mined,
        (int(rows.root[paths.cases[k][0]]) for k in here),
        (paths.work[k] for k in here),
        (paths.length[k] for k in here),
    )
    if not sums.y:
        return missing(Status.NOT_APPLICABLE, "no closed case in the window has work that took time")
    value, low, high, method = interval.ratio(sums, lowest=1.0, highest=None)
    few = too_few(mined, process)
    inside = [i for k in here for i in range(*paths.cases[k])]
    slack = paths.slack[inside]
    lengths = (rows.end - rows.begin)[inside]
    top = sorted(here, key=lambda k: (paths.length[k] - paths.work[k], k))[:EVIDENCE_ROWS]
    top = [k for k in top if paths.work[k] > paths.length[k]]
    ids = case_ids(mined, [int(rows.case[paths.cases[k][0]]) for k in top])
    return Finding(
        value=value, low=low, high=high, numerator=sums.x / 1e6, denominator=sums.y / 1e6, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED, reason=few, caveats=of_sample(mined),
        details={
            "slack_share": int(lengths[slack > 0].sum()) / sums.x, "mean_slack_s": int(slack.sum()) / len(inside) / 1e6,
            "rows": len(inside), "probability": rows.probability,
        },
        evidence=tuple(
            Evidence(
                case_id=ids[int(rows.case[paths.cases[k][0]])],
                what=f"{paths.work[k] / 3.6e9:.1f} hours of work on a critical path of {paths.length[k] / 3.6e9:.1f}",
            )
            for k in top
        ),
    )  # fmt: skip


METRIC = Computed(id="critical-path-speedup", unit="ratio", needs=("start-times", "end-times"), compute=compute)
