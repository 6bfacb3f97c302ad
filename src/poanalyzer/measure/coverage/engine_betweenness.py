"""Engine betweenness.

Share of the pairs of endpoints that work can pass between – over one hand-over or several – whose shortest ways lead
through the engine, in the network of hand-overs: a mediated hand-over leads to the engine and from there on, any other
straight to the next endpoint. 1: the engine is the hub of everything; 0: it stands between no two endpoints.

It needs an outside source: in cases that only the engine recorded every hand-over is mediated by construction, so those
are left out. Made from at most about 20 000 cases, sampled by a hash of the case id; the inclusion probability stands
in the details.

Formula: Σ over pairs of endpoints of the share of their shortest ways that lead through the engine / ordered pairs
of endpoints that work can pass between.

Known bias: how often a way is used counts nothing; one stray mail opens a way as wide as a thousand orders do. See
``bypass-flow`` for the amounts.

Example: four teams that hand each other work only through the engine: 1. One of them also mails another: that pair no
longer needs the engine.

Source: Freeman (1977), betweenness, as a share of the connected pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.mine.executions import jackknifed
from poanalyzer.mine.handover import engine_betweenness, handover_edges, network, shape
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with a jackknife over groups of cases, and the shape of the network."""
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
    pairs = engine_betweenness(network(moves))[1]
    if not pairs:
        return missing(Status.NOT_APPLICABLE, "no hand-over between two known endpoints")
    value, drawn = jackknifed(moves, lambda part: engine_betweenness(network(part))[0])
    low, high = interval.jackknife(drawn, value, 0.0) if len(drawn) > 1 else (0.0, 1.0)
    cases = int(moves.loc[moves["first"], "moves"].sum())
    few = cases < MIN_CASES
    direct = moves[~moves["mediated"] & (moves["source"] != moves["target"])]
    ways = direct.groupby(["source", "target"])["moves"].sum().sort_values(ascending=False, kind="stable")
    return Finding(
        value=value, low=low, high=min(1.0, high), n=cases, denominator=pairs,
        method=f"jackknife over {len(drawn)} groups of cases", status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{cases} cases with a hand-over, seen on both sides; at least {MIN_CASES} are needed" if few else "",
        details={"pairs": pairs, "inclusion_probability": edges.probability, **shape(moves)},
        evidence=tuple(
            Evidence(case_id=None, what=f"{a} → {b}: {n} hand-overs beside the engine")
            for (a, b), n in ways.head(EVIDENCE_ROWS).items()
        ),
    )  # fmt: skip


METRIC = Computed(
    id="engine-betweenness", unit="share", needs=("activities", ("element-types", "resources")), compute=compute
)
