"""Ping-pong rate.

How often work goes back to where it just came from: runs a → b → a / all runs of three endpoints in the sequence of a
case, repeats of the same endpoint taken together. Endpoints are roles and systems; steps of unknown hands are left out.
Details: the network of hand-overs – endpoints, density, reciprocity, and the share of causal transitions in which an
endpoint keeps the work.

Made from at most about 20 000 cases, sampled by a hash of the case id.

Formula: runs a → b → a / runs of three endpoints in a row.

Known bias: a dispatcher between steps makes every run a ping-pong by design; people without a known role are one
endpoint, so work that two of them toss to each other is not seen.

Example: sales → credit → sales → warehouse: two runs of three, one goes back: 0.5.

Source: after hand-over of work (van der Aalst, Reijers and Song 2005) and “ping-pong” in the VINST logs of BPIC 2013.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.executions import jackknifed
from poanalyzer.mine.handover import handover_edges, shape
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the rate with a jackknife over groups of cases."""
    edges = mined.of(handover_edges)
    rows, moves = edges.triples, edges.moves
    if process is not None:
        rows, moves = (t[t["process_ix"] == process.ix] for t in (rows, moves))
    total = int(rows["triples"].sum())
    if not total:
        return missing(Status.NOT_APPLICABLE, "no case with three endpoints in a row")
    value, drawn = jackknifed(rows, lambda part: float(part["returns"].sum()) / float(part["triples"].sum()))
    low, high = interval.jackknife(drawn, value, 0.0) if len(drawn) > 1 else (0.0, 1.0)
    cases = sum(mined.root_counts.values()) if process is None else mined.root_counts.get(process.ix, 0)
    few = cases < MIN_CASES
    changed = moves[moves["source"] != moves["target"]]
    ways = changed.groupby(["source", "target"])["moves"].sum().sort_values(ascending=False, kind="stable")
    return Finding(
        value=value, low=low, high=min(1.0, high), numerator=int(rows["returns"].sum()), denominator=total, n=cases,
        method=f"jackknife over {len(drawn)} groups of cases", status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{cases} cases in the window; at least {MIN_CASES} are needed" if few else "",
        details={"inclusion_probability": edges.probability, **shape(moves)},
        evidence=tuple(
            Evidence(case_id=None, what=f"{a} → {b}: {n} hand-overs") for (a, b), n in ways.head(EVIDENCE_ROWS).items()
        ),
    )  # fmt: skip


METRIC = Computed(
    id="ping-pong-rate", unit="share", needs=("activities", ("element-types", "resources")), compute=compute,
    better="down",
)  # fmt: skip
