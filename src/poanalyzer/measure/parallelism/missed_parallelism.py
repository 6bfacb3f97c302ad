"""Missed parallelism.

The most that could be saved of the time of cases if activities that always follow one another on the critical path
ran side by side. Of a chain of neighbours no activity is in two pairs.

A pair counts where the second waited for the first on critical paths, the first began first in at least 95 % of at
least 30 cases with both, the second ran in at least 95 % of the cases with the first, one and the same person did
both in at most half of the times, and the two overlapped in fewer than 5 % of the cases. Whether the second needs
what the first wrote no export says. So this is a hypothesis to ask people about, not evidence: it has no weight in
any level. Sampled as the critical-path speed-up.

Formula: Σ over the chosen pairs of the smaller of the two (waiting + work) / Σ (last end of work − when the first
work was ready), over closed cases.

Known bias: an upper bound, too high wherever the second activity reads what the first wrote or a rule orders them;
pairs of rare activities are not found.

Example: a credit check of 2 hours always before a stock check of 1 hour, in cases of 10 hours: at most 1 of 10 hours,
0.1.

Source: this project's conditions, after the critical path method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.sampled import of_sample, sums_by_root, too_few
from poanalyzer.mine.critical_path import critical_paths
from poanalyzer.mine.missed_parallelism import missed
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case, and the pairs as hypotheses."""
    paths, found = mined.of(critical_paths), mined.of(missed)
    rows = paths.work_rows
    here = [k for k, (first, _) in enumerate(paths.cases) if process is None or rows.process[first] == process.ix]
    sums = sums_by_root(
        mined, (int(rows.root[paths.cases[k][0]]) for k in here), (found.saving[k] for k in here),
        (found.elapsed[k] for k in here),
    )  # fmt: skip
    if not sums.y:
        return missing(Status.NOT_APPLICABLE, "no closed case in the window has work that took time")
    value, low, high, method = interval.ratio(sums)
    few = too_few(mined, process)
    pairs = [c for c in found.candidates if process is None or c.process == process.ix]
    names = {p.ix: p.name for p in mined.processes}
    return Finding(
        value=value, low=low, high=high, numerator=sums.x / 1e6, denominator=sums.y / 1e6, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED, reason=few, basis="inferred",
        caveats=("a hypothesis and an upper bound: no export says which data an activity reads", *of_sample(mined)),
        details={"pairs": len(pairs), "probability": rows.probability},
        evidence=tuple(
            Evidence(
                case_id=None,
                what=f"{names[c.process]}: “{mined.activities[c.other]}” always waits for “{mined.activities[c.one]}” "
                f"({c.order:.0%} of {c.cases} cases); side by side at most {c.saving / c.cases / 3.6e9:.2g} hours less a case",
            )
            for c in pairs[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(
    id="missed-parallelism", unit="share", better="down", needs=("start-times", "end-times"), compute=compute
)
