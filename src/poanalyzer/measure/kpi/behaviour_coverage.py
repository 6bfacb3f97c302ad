"""Behaviour coverage.

Estimated share of the behaviour of the process that the log has seen (Good–Turing): the next case follows a variant
already seen with this probability. Low values warn that a figure about “the” process rests on a part of it. The whole
export counts, not only the window.

Formula: 1 − f₁ / N, with f₁ the variants seen once and N the cases with work.

Known bias: parallel branches that end in changing order make many variants of one behaviour, so that the value is too
low; otherwise unbiased, even for long tails.

Example: of 100 cases with work, 93 share their variant with another one and 7 have one of their own: 0.93.

Source: Good (1953); Chao and Jost (2012); Esty (1983) for the interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sample_coverage import coverage
from poanalyzer.mine.blocks import Sums
from poanalyzer.mine.flow import variant_counts
from poanalyzer.results import Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


#: Below this sample coverage a log does not speak of the behaviour of its process.
ENOUGH = 0.8


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return Ĉ with an interval in which variants seen twice count: they tell how far the unseen mass may be off."""
    counts = [
        mined.of(variant_counts)[p.ix]
        for p in mined.processes
        if p.ix in mined.of(variant_counts) and process in (None, p)
    ]
    cases, single = sum(c.cases for c in counts), sum(c.singletons for c in counts)
    if not cases:
        return missing(Status.NOT_APPLICABLE, "no case with a row of work")
    seen, twice = cases - single, sum(c.doubletons for c in counts)
    value, low, high = coverage(Sums(n=cases, x=seen, y=cases, xx=seen + 2 * twice, yy=cases, xy=seen))
    few = cases < MIN_CASES
    return Finding(
        value=value, low=low, high=high, numerator=seen, denominator=cases, n=cases, method="Good–Turing, Esty",
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{cases} cases; at least {MIN_CASES} are needed" if few else "",
        caveats=("less than 80 % of the behaviour was seen: what is said of the process may miss the rest",)
        if value < ENOUGH else (),
        details={"variants": sum(c.variants for c in counts), "seen_once": single, "seen_twice": twice},
    )  # fmt: skip


METRIC = Computed(id="behaviour-coverage", unit="share", needs=("activities",), compute=compute)
