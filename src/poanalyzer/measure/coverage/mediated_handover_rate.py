"""Mediated hand-over rate.

Share of the hand-overs between endpoints that the engine mediated: causal transitions x → y with a change of endpoint
and the engine on both sides / all causal transitions with a change of endpoint. The cause of y is the step of the same
case that ended last before y began, so that parallel branches make no false hand-overs. Cases seen only by the engine
are left out: there every hand-over is mediated by construction, so the metric needs an outside source.

Formula: hand-overs that the engine mediated / hand-overs between known endpoints, in cases seen both by the engine
and outside. Outside records that lost their key, U of them, hide hand-overs beside the engine, and make of two of them one
that looks mediated: at most, so that the lower bound is (mediated − U) / (all + U). The value is continued from the share of
records that is linked, k, to all: v + (v − v′) / k, with v′ the rate if another share 1 − k of them were lost (k ≥ 0.5).

Known bias: a hand-over by mail or phone that nobody recorded is not seen, so the rate is too high where outside
records are thin; the last step that ended is taken for the cause. The continuation is linear.

Example: 10 hand-overs between endpoints in cases seen on both sides, the engine on both sides of 7: 0.7.

Source: van der Aalst, Reijers and Song (2005) on hand-over of work, on causal pairs; Cook and Stefanski (1994) on simulation
and extrapolation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.measure.unlinked import unlinked_caveat, within
from poanalyzer.mine.outside import handovers
from poanalyzer.mine.unlinked import fewer_handovers, linkage
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: With fewer linked records than this share what was lost cannot be continued from what is left.
LEAST_LINKED = 0.5


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
    found = mined.of(linkage)
    value, low, high, method = interval.ratio(sums)
    lower = max(0.0, (sums.x - found.lost) / (sums.y + found.lost)) if found.lost else None
    upper = value if found.lost else None
    if found.lost and found.rate >= LEAST_LINKED:
        value, low, high = _continued(mined, process, found.rate, (value, low, high))
    value, low, high, method = within((value, low, high, method), lower, upper)
    skipped = left_out["skipped"]
    few = sums.n < MIN_CASES
    worst = rows.filter(rows.pairs > rows.mediated).order_by([(rows.pairs - rows.mediated).desc(), rows.root_ix])
    return Finding(
        value=value, low=low if lower is None else min(low, lower), high=high, lower_bound=lower, upper_bound=upper,
        numerator=sums.x, denominator=sums.y, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.n} cases seen on both sides; at least {MIN_CASES} are needed" if few else "",
        caveats=(
            *unlinked_caveat(found),
            *((f"{skipped} transitions with an unknown endpoint are left out",) if skipped else ()),
        ),
        evidence=tuple(
            Evidence(case_id=str(r.case_id), what=f"{r.pairs - r.mediated:.0f} of {r.pairs:.0f} hand-overs bypass the "
                     "engine")
            for r in mined.query(worst.limit(EVIDENCE_ROWS)).itertuples()
        ),
    )  # fmt: skip


def _continued(
    mined: Mined, process: Process | None, rate: float, seen: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return value, low and high as if no record had lost its key."""
    fewer = mined.of(fewer_handovers)
    counted = [pair for ix, pair in fewer.items() if process is None or ix == process.ix]
    x, y = sum(x for x, _ in counted), sum(y for _, y in counted)
    if not y:
        return seen
    shift = (seen[0] - x / y) / rate
    value, low, high = (min(1.0, max(0.0, part + shift)) for part in seen)
    return value, low, high


METRIC = Computed(
    id="mediated-handover-rate", unit="share", needs=("activities", ("element-types", "resources")), compute=compute
)
