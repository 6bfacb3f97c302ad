"""Endpoint diversity.

Effective number of endpoints: exp(−Σ p ln p) over the shares p of the rows of work that each endpoint did (Hill number
of order 1). Ten endpoints of which one does nearly everything are effectively little more than one. Work of unknown
hands is left out and its share said. Details: the same for people and for systems alone, the count of endpoints, and
the sample coverage 1 − f₁/N (f₁ endpoints seen once in N rows of work): the share of work that goes to endpoints seen.

The interval is a jackknife over sixteen groups of cases, drawn by a hash of the case id: the same whatever the order
of rows and whatever else is in the log, drawn anew where cases are renamed.

Formula: exp(−Σ p ln p), p = an endpoint's rows of work / rows of work of all known endpoints.

Range: 1 (one endpoint does everything) to the number of endpoints.

Known bias: the number grows with the size of the log; compare logs at equal sample coverage. Below .95 a caveat says it.

Example: two endpoints with 50 rows of work each: 2; with 90 and 10 rows: 1.38.

Source: Hill (1973); Good (1953) and Chao and Jost (2012) on sample coverage.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_HUMAN, ACTOR_MACHINE
from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.endpoints import endpoint_counts
from poanalyzer.mine.executions import jackknifed
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


#: Below this sample coverage endpoints not seen yet weigh on the number.
ENOUGH_SEEN = 0.95


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the effective number with a delete-a-group jackknife over case groups."""
    rows = mined.of(endpoint_counts)
    rows = rows[rows["whole"]] if process is None else rows[rows["own"] & (rows["process_ix"] == process.ix)]
    known = rows.dropna(subset=["endpoint"])
    if known.empty:
        return missing(
            Status.NOT_AVAILABLE,
            "no row of work with a known endpoint in the window",
            "Say who is who in the project file: [accounts] human = […], bot = […], system = […].",
        )
    value, drawn = jackknifed(known, effective_number)
    low, high = interval.jackknife(drawn, value, 1.0) if len(drawn) > 1 else (1.0, None)
    closed = sum(p.root_closed_in_window for p in mined.processes) if process is None else process.closed_in_window
    seen = coverage(known)
    caveats = []
    if seen < ENOUGH_SEEN:
        caveats.append(
            f"{1 - seen:.0%} of the work may go to endpoints not seen yet: the number grows with more records"
        )
    unknown = float(rows["rows"].sum() - known["rows"].sum()) / float(rows["rows"].sum())
    shares = known.groupby("endpoint")["rows"].sum().sort_values(ascending=False)
    if unknown > 0:
        caveats.append(f"{unknown:.1%} of the rows of work are of unknown hands and left out")
    few = closed < MIN_CASES
    return Finding(
        value=value, low=low, high=high, n=closed,
        method=f"Hill number of order 1, jackknife over {len(drawn)} groups of cases",
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        caveats=tuple(caveats),
        details={
            "people": effective_number(known[known["actor"] == ACTOR_HUMAN]),
            "systems": effective_number(known[known["actor"] == ACTOR_MACHINE]),
            "endpoints": int(shares.size),
            "sample_coverage": seen,
        },
        evidence=tuple(
            Evidence(case_id=None, what=f"{name}: {count / shares.sum():.1%} of the rows of work")
            for name, count in shares.head(EVIDENCE_ROWS).items()
        ),
    )  # fmt: skip


def effective_number(rows: pd.DataFrame) -> float:
    """Return exp of the Shannon entropy of the rows by endpoint (0 where there are none)."""
    counts = rows.groupby("endpoint")["rows"].sum()
    total = float(counts.sum())
    if total == 0:
        return 0.0
    return math.exp(-sum(c / total * math.log(c / total) for c in counts if c))


def coverage(rows: pd.DataFrame) -> float:
    """Return Good and Turing's estimate of the share of work that goes to endpoints already seen."""
    counts = rows.groupby("endpoint")["rows"].sum()
    return 1 - float((counts == 1).sum()) / float(counts.sum())


METRIC = Computed(
    id="endpoint-diversity", unit="endpoints", needs=("activities", ("element-types", "resources")), compute=compute
)
