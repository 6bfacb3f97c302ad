"""Peak concurrency.

How many activities of a case were active at once at most, on average over the cases with work that took time. A
case that never had two things under way has a peak of 1. Details say how the peaks are spread: half of the cases do not
exceed the median, nine of ten not `p90`, ninety-nine of a hundred not `p99`, and no case exceeds `most`.

Rows of work count from start to end, and what ends at the moment at which another begins does not overlap with it.
Closed cases of the window, in large logs a sample of about 20 000 root cases and 150 000 rows of
work at most, drawn by a hash of the case id. For the portfolio a root case is taken together with the cases it called.

Formula: Σ most rows of work active at once / cases with at least one row of work that took time.

Range: 1 and above.

Known bias: a user task that lies open counts as work, although nobody may be at it; a moment at a peak counts as much
as a day. In a sample `most` is of the cases drawn.

Example: of 40 cases, 30 do one thing at a time, 8 have two things under way at once, and 2 have four: 54 / 40 = 1.35.

Source: this project's definition: the largest number of intervals that share a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.sampled import case_ids, of_sample, sums_by_root, too_few
from poanalyzer.mine.case_sample import case_work
from poanalyzer.mine.mined import iso
from poanalyzer.mine.peaks import case_peaks, root_peaks
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the mean peak with an interval clustered by root case, and the quantiles of the peaks."""
    import numpy as np

    found = mined.of(root_peaks if process is None else case_peaks)
    here = np.arange(found.unit.size) if process is None else np.flatnonzero(found.process == process.ix)
    if not here.size:
        return missing(Status.NOT_APPLICABLE, "no closed case in the window has work that took time")
    peaks = found.peak[here]
    sums = sums_by_root(mined, found.root[here], peaks, np.ones_like(peaks))
    value, low, high, method = interval.ratio(sums, lowest=1.0, highest=None)
    few = too_few(mined, process)
    upward = np.sort(peaks)

    def quantile(share: float) -> int:
        """Return the least number that this share of the cases does not exceed."""
        return int(upward[max(0, int(np.ceil(share * upward.size)) - 1)])

    top = [k for k in here[np.lexsort((found.unit[here], -peaks))][:EVIDENCE_ROWS].tolist() if found.peak[k] > 1]
    ids = case_ids(mined, [int(found.unit[k]) for k in top])
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED, reason=few, caveats=of_sample(mined),
        details={
            "median": quantile(0.5), "p90": quantile(0.9), "p99": quantile(0.99), "most": int(upward[-1]),
            "probability": mined.of(case_work).probability,
        },
        evidence=tuple(
            Evidence(
                case_id=ids[int(found.unit[k])], what=f"{found.peak[k]} activities under way at once",
                when=iso(int(found.moment[k])),
            )
            for k in top
        ),
    )  # fmt: skip


METRIC = Computed(id="peak-concurrency", unit="activities", needs=("start-times", "end-times"), compute=compute)
