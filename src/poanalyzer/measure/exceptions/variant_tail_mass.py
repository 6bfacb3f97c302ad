"""Variant tail mass.

Estimated share of cases that follow a variant not seen before: f₁ / N, with f₁ the variants seen once and N the cases with
work (Good–Turing). It says how much of the process runs off the beaten tracks. Details: the share of cases outside the
ten most frequent variants, and the entropy of the variants in bits (where all of them were kept). The whole export
counts, not only the window.

Formula: variants seen once / cases with work (f₁ / N).

Range: 0 to 1; neither more nor less is better.

Known bias: parallel steps that finish in any order make variants although nobody left the track, so processes with
parallel branches look more varied than they are; behaviour coverage is 1 minus this.

Example: 100 cases, 80 of one variant and 20 of a variant each: 0.2.

Source: Good (1953).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.flow import top_variants, variant_counts
from poanalyzer.results import Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

TOP = 10


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return f₁ / N with Wilson's interval."""
    counts = [
        mined.of(variant_counts)[p.ix]
        for p in mined.processes
        if p.ix in mined.of(variant_counts) and process in (None, p)
    ]
    cases, single = sum(c.cases for c in counts), sum(c.singletons for c in counts)
    if not cases:
        return missing(Status.NOT_APPLICABLE, "no case with a row of work")
    value, low, high, _ = interval.proportion(single, cases)
    few = cases < MIN_CASES
    top = mined.of(top_variants)
    if process is not None:
        top = top[top["process_ix"] == process.ix]
    sizes = [int(n) for n in top.sort_values("cases", ascending=False)["cases"]]
    whole = sum(c.variants for c in counts) == len(sizes)
    bits = sum(n / cases * math.log2(cases / n) for n in sizes)
    return Finding(
        value=value, low=low, high=high, numerator=single, denominator=cases, n=cases, method="Good–Turing, Wilson",
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{cases} cases; at least {MIN_CASES} are needed" if few else "",
        details={"outside_top_10": 1 - sum(sizes[:TOP]) / cases, "entropy_bits": bits if whole else None},
    )  # fmt: skip


METRIC = Computed(id="variant-tail-mass", unit="share", needs=("activities",), compute=compute, better="neither")
