"""The hand-over network: who gives work to whom, and whether the engine stands between.

Nodes are endpoints (roles, systems; see :mod:`poanalyzer.mine.endpoints`) and the engine itself. A hand-over that the
engine mediated leads from an endpoint to the engine and from there on; one that it did not leads straight to the other
endpoint. Source: van der Aalst, Reijers and Song (2005), on causal pairs instead of direct succession.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.outside import build_outside

if TYPE_CHECKING:
    import ibis
    import networkx as nx
    import pandas as pd

    from poanalyzer.mine.mined import Mined

#: The network is built from at most about this many root cases, sampled by a hash of their ids.
SAMPLE = 20_000
#: The engine's own node, and the ends of the flow: no endpoint has a name like these.
ENGINE, SOURCE, SINK = "\x00engine", "\x00source", "\x00sink"


@dataclass(frozen=True)
class HandoverEdges:
    """Hand-overs of the sampled root cases of the window, counted.

    ``moves``: ``process_ix, source, target, mediated, first, last, seen, group, moves`` – causal transitions; ``first`` and
    ``last`` are those of a case that change the endpoint, ``seen``: an outside source names the case, so that not all
    of its hand-overs are mediated by construction; ``source == target`` where the endpoint keeps the work.
    ``triples``: ``process_ix, group, triples, returns`` – runs of three different-from-the-last endpoints and those of
    them that go back to the first. ``skipped``: transitions with an unknown endpoint.
    """

    moves: pd.DataFrame
    triples: pd.DataFrame
    probability: float


def sampled(mined: Mined) -> tuple[ibis.Table, float]:
    """Return the sampled root cases of the window (``root_ix, root_process_ix, group``) and their inclusion
    probability: the first hexadecimal digits of a hash of the case id decide, whatever the order of rows."""
    from poanalyzer.mine.executions import case_group

    roots = mined.cases.filter(mined.cases.is_root & mined.cases.in_window)
    share = min(1.0, SAMPLE / max(sum(mined.root_counts.values()), 1))
    # five digits: the threshold is a whole number of 16⁵ parts, and the probability said is exactly that
    parts = max(1, int(share * 16**5))
    if parts < 16**5:
        roots = roots.filter(roots.case_id.hexdigest("md5").left(5) < f"{parts:05x}")
    chosen = roots.select(root_ix="case_ix", root_process_ix="process_ix", group=case_group(roots.case_id))
    return mined.log.con.create_table("m_handover_sample", chosen), min(1.0, parts / 16**5)


def handover_edges(mined: Mined) -> HandoverEdges:
    """Count the hand-overs of the sampled cases: engine steps and, where there is one, the outside source's."""
    import ibis

    from poanalyzer.mine.outside import causal_starts

    chosen, probability = sampled(mined)
    steps = mined.steps.join(mined.cases.select("case_ix", "root_ix"), "case_ix").semi_join(chosen, "root_ix")
    beside = None
    if mined.has_outside:
        beside = mined.of(build_outside).filter(
            mined.of(build_outside).root_ix.notnull() & ~mined.of(build_outside).counterpart
        )
        beside = beside.semi_join(chosen, "root_ix")
    starts = causal_starts(mined.log, steps, beside)
    if beside is None:
        chosen = chosen.mutate(seen=ibis.literal(False))
    else:
        named = beside.select(seen_ix="root_ix").distinct()
        chosen = chosen.left_join(named, [chosen.root_ix == named.seen_ix])
        chosen = chosen.mutate(seen=chosen.seen_ix.notnull()).drop("seen_ix")
    known = starts.filter(starts.endpoint.notnull() & starts.from_endpoint.notnull())
    moved = known.endpoint != known.from_endpoint
    order = ["t", "endpoint", "engine"]
    upward = ibis.window(group_by=["root_ix", "moved"], order_by=order)
    downward = ibis.window(group_by=["root_ix", "moved"], order_by=[ibis.desc(c) for c in order])
    known = known.mutate(moved=moved, mediated=(known.engine == 1) & (known.from_engine == 1))
    known = known.mutate(
        first=known.moved & (ibis.row_number().over(upward) == 0),
        last=known.moved & (ibis.row_number().over(downward) == 0),
    ).join(chosen, "root_ix")
    keys = ["root_process_ix", "group", "from_endpoint", "endpoint", "mediated", "first", "last", "seen"]
    moves = mined.query(known.group_by(keys).agg(moves=known.count()))
    moves = moves.rename(columns={"root_process_ix": "process_ix", "from_endpoint": "source", "endpoint": "target"})
    return HandoverEdges(
        moves=moves.sort_values(["process_ix", "source", "target", "group"], ignore_index=True, kind="stable"),
        triples=_triples(mined, starts, chosen),
        probability=probability,
    )


def _triples(mined: Mined, starts: ibis.Table, chosen: ibis.Table) -> pd.DataFrame:
    """Count runs of three in the sequence of endpoints of each case, repeats taken together, and returns among them."""
    import ibis

    order = ibis.window(group_by="root_ix", order_by=["t", "endpoint", "engine"])
    rows = starts.filter(starts.endpoint.notnull()).select("root_ix", "t", "endpoint", "engine")
    rows = rows.mutate(before=rows.endpoint.lag().over(order))
    rows = rows.filter(rows.before.isnull() | (rows.before != rows.endpoint))
    rows = rows.mutate(second=rows.endpoint.lag(2).over(order))
    rows = rows.filter(rows.second.notnull()).join(chosen, "root_ix")
    frame = mined.query(
        rows.group_by(process_ix=rows.root_process_ix, group=rows.group).agg(
            triples=rows.count(), returns=(rows.second == rows.endpoint).sum()
        )
    )
    return frame.sort_values(["process_ix", "group"], ignore_index=True)


def network(moves: pd.DataFrame) -> nx.DiGraph[Any]:
    """Return the weighted directed graph of endpoints and the engine; edges have ``weight`` (hand-overs)."""
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    changed = moves[moves["source"] != moves["target"]]
    sums = changed.groupby(["source", "target", "mediated"])["moves"].sum()
    for (source, target, mediated), count in sums.items():
        way = (source, ENGINE, target) if mediated else (source, target)
        _add(graph, way, int(count))
    return graph


def engine_betweenness(graph: nx.DiGraph[Any]) -> tuple[float, int]:
    """Return the share of connected ordered pairs of endpoints whose shortest ways lead through the engine, and how
    many such pairs there are (0: the share says nothing)."""
    import networkx as nx

    if ENGINE not in graph:
        ends = sum(len(nx.descendants(graph, n)) for n in graph)
        return 0.0, ends
    pairs = sum(len(nx.descendants(graph, n) - {ENGINE}) for n in graph if n != ENGINE)
    return (float(nx.betweenness_centrality(graph, normalized=False)[ENGINE]) / pairs if pairs else 0.0), pairs


def bypass_flow(moves: pd.DataFrame) -> tuple[int, int]:
    """Return how much of the flow from where hand-overs begin to where they end can avoid the engine, and all of it.

    Capacities are counts of hand-overs; both are maximum flows (Ford and Fulkerson 1956), without and with the engine.
    The endpoint of a case's first hand-over and that of its last are nodes of their own, so that each way holds at
    least one hand-over even where work ends with whom it began.
    """
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    changed = moves[moves["source"] != moves["target"]]
    for (a, b, mediated, first, last), count in (
        changed.groupby(["source", "target", "mediated", "first", "last"])["moves"].sum().items()
    ):
        begin, end = ("begin", a) if first else a, ("end", b) if last else b
        _add(graph, (begin, ENGINE, end) if mediated else (begin, end), int(count))
        if first:
            _add(graph, (SOURCE, begin), int(count))
        if last:
            _add(graph, (end, SINK), int(count))
    if SOURCE not in graph or SINK not in graph:
        return 0, 0
    whole = nx.maximum_flow_value(graph, SOURCE, SINK, capacity="weight")
    graph.remove_nodes_from([ENGINE])
    return int(nx.maximum_flow_value(graph, SOURCE, SINK, capacity="weight")), int(whole)


def _add(graph: nx.DiGraph[Any], way: tuple[Any, ...], count: int) -> None:
    """Add a count of hand-overs to each edge of a way."""
    for a, b in pairwise(way):
        held = graph.get_edge_data(a, b, {"weight": 0})["weight"]
        graph.add_edge(a, b, weight=held + count)


def shape(moves: pd.DataFrame) -> dict[str, float | int | str | None]:
    """Return density and reciprocity of the network of endpoints (whoever mediated), its endpoints, and the share of
    transitions in which an endpoint keeps the work."""
    import networkx as nx

    total = int(moves["moves"].sum())
    kept = int(moves.loc[moves["source"] == moves["target"], "moves"].sum())
    changed = moves[moves["source"] != moves["target"]]
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_nodes_from(sorted({*moves["source"], *moves["target"]}))
    graph.add_edges_from(zip(changed["source"], changed["target"], strict=True))
    return {
        "endpoints": graph.number_of_nodes(),
        "density": float(nx.density(graph)),
        "reciprocity": nx.overall_reciprocity(graph) if graph.number_of_edges() else None,
        "self_handover_share": kept / total if total else None,
    }
