"""Mediated hand-over rate.

Share of the hand-overs between endpoints that the engine mediated: causal transitions x → y with a change of endpoint
and the engine on both sides / all causal transitions with a change of endpoint. The cause of y is the step of the same
case that ended last before y began, so that parallel branches make no false hand-overs. Cases seen only by the engine
are left out: there every hand-over is mediated by construction, so the metric needs an outside source.

Formula: hand-overs that the engine mediated / hand-overs between known endpoints, in cases seen both by the engine
and outside.

Known bias: a hand-over by mail or phone that nobody recorded is not seen, so the rate is too high where outside
records are thin; the last step that ended is taken for the cause.

Example: 10 hand-overs between endpoints in cases seen on both sides, the engine on both sides of 7: 0.7.

Source: van der Aalst, Reijers and Song (2005) on hand-over of work, on causal pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.outside import handovers
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: every hand-over that the engine records is its own",
            'Give an outside source (role = "outside") with the same order numbers.',
        )  # fmt: skip
    cases = mined.cases.filter(mined.cases.in_window).select("case_ix", "case_id", "process_ix")
    moves = mined.of(handovers)
    rows = moves.join(cases, [moves.root_ix == cases.case_ix])
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    sums, left_out = over_units(mined, rows, rows.mediated, rows.pairs, skipped=rows.skipped)
    if not sums.y:
        return missing(Status.NOT_AVAILABLE, "no case was seen both by the engine and outside",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    value, low, high, method = interval.ratio(sums)
    skipped = left_out["skipped"]
    few = sums.n < MIN_CASES
    worst = rows.filter(rows.pairs > rows.mediated).order_by([(rows.pairs - rows.mediated).desc(), rows.root_ix])
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.n} cases seen on both sides; at least {MIN_CASES} are needed" if few else "",
        caveats=(f"{skipped} transitions with an unknown endpoint are left out",) if skipped else (),
        evidence=tuple(
            Evidence(case_id=str(r.case_id), what=f"{r.pairs - r.mediated:.0f} of {r.pairs:.0f} hand-overs bypass the "
                     "engine")
            for r in mined.query(worst.limit(EVIDENCE_ROWS)).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(
    id="mediated-handover-rate", unit="share", needs=("activities", ("element-types", "resources")), compute=compute
)
