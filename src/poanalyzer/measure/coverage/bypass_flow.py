"""Bypass flow.

Share of the flow of work, from the endpoints where cases' hand-overs begin to those where they end, that can avoid the
engine: the maximum flow through the network of hand-overs without the engine / with it, capacities the counts of
hand-overs. 0: nothing gets through without the engine; 1: it could be taken away.

It needs an outside source: in cases that only the engine recorded every hand-over is mediated by construction, so those
are left out. Made from at most about 20 000 cases, sampled by a hash of the case id; the inclusion probability stands
in the details.

Formula: maximum flow through the network of hand-overs without the engine / maximum flow with it.

Known bias: the network adds up cases, so a way may be made of pieces of several cases: an upper bound of what cases
really did.

Example: 100 hand-overs from sales to the warehouse, 80 through the engine and 20 by mail: 0.2.

Source: this project's definition, on maximum flows (Ford and Fulkerson 1956).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.executions import jackknifed
from poanalyzer.mine.handover import bypass_flow, handover_edges
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with a jackknife over groups of cases."""
    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: every hand-over that the engine records is its own",
            'Give an outside source (role = "outside") with the same order numbers.',
        )  # fmt: skip
    edges = mined.of(handover_edges)
    moves = edges.moves[edges.moves["seen"]]
    if process is not None:
        moves = moves[moves["process_ix"] == process.ix]
    if moves.empty:
        return missing(Status.NOT_AVAILABLE, "no case was seen both by the engine and outside",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    around, whole = bypass_flow(moves)
    if not whole:
        return missing(Status.NOT_APPLICABLE, "no hand-over between two known endpoints")
    value, drawn = jackknifed(moves, _share)
    low, high = interval.jackknife(drawn, value, 0.0) if len(drawn) > 1 else (0.0, 1.0)
    cases = int(moves.loc[moves["first"], "moves"].sum())
    few = cases < MIN_CASES
    direct = moves[~moves["mediated"] & (moves["source"] != moves["target"])]
    ways = direct.groupby(["source", "target"])["moves"].sum().sort_values(ascending=False, kind="stable")
    return Finding(
        value=value, low=low, high=min(1.0, high), numerator=around, denominator=whole, n=cases,
        method=f"maximum flow, jackknife over {len(drawn)} groups of cases",
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{cases} cases with a hand-over, seen on both sides; at least {MIN_CASES} are needed" if few else "",
        details={"inclusion_probability": edges.probability},
        evidence=tuple(
            Evidence(case_id=None, what=f"{a} → {b}: {n} hand-overs beside the engine")
            for (a, b), n in ways.head(EVIDENCE_ROWS).items()
        ),
    )  # fmt: skip


def _share(moves: pd.DataFrame) -> float:
    around, whole = bypass_flow(moves)
    return around / whole if whole else 0.0


METRIC = Computed(
    id="bypass-flow", unit="share", needs=("activities", ("element-types", "resources")), compute=compute, better="down"
)
