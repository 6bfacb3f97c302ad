"""The layout of the process map."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.report.process_graph import MAX_NODES, with_ends
from poanalyzer.report.process_map import Box, Map, lay_out
from poanalyzer.report.process_picture import draw, process_map
from poanalyzer.report.svg import Ids
from poanalyzer.results import FlowEdge, FlowNode
from tests import report_sample

BOX = Box()


def graph(text: str, cases: int = 10) -> tuple[tuple[FlowNode, ...], tuple[FlowEdge, ...]]:
    """Read “a b 10” lines: an edge and its count."""
    edges = tuple(
        FlowEdge(source=s, target=t, count=int(n), cases=int(n))
        for s, t, n in (line.split() for line in text.strip().splitlines())
    )
    names = dict.fromkeys(name for e in edges for name in (e.source, e.target) if name not in ("start", "end"))
    return tuple(FlowNode(id=n, label=n, kind="task", count=cases, cases=cases) for n in names), edges


def layers(laid: Map) -> dict[str, int]:
    return {p.node.id: p.layer for p in laid.nodes}


def test_layers_are_longest_paths():
    laid = lay_out(*with_ends(*graph("start a 10\na b 6\nb c 6\na c 4\nc end 10"), 10))
    assert layers(laid) == {"start": 0, "a": 1, "b": 2, "c": 3, "end": 4}


def test_a_loop_runs_back_and_does_not_turn_the_map():
    laid = lay_out(*with_ends(*graph("start a 10\na b 12\nb a 2\nb end 10"), 10))
    assert layers(laid) == {"start": 0, "a": 1, "b": 2, "end": 3}
    assert {(r.edge.source, r.edge.target) for r in laid.edges if r.back} == {("b", "a")}


def test_starts_and_ends_are_derived_where_no_edge_names_them():
    nodes, edges = with_ends(*graph("a b 7\nb c 7", cases=7), 7)
    assert [n.kind for n in nodes] == ["task", "task", "task", "start", "end"]
    assert {(e.source, e.target, e.count) for e in edges} >= {("start", "a", 7), ("c", "end", 7)}
    assert len(edges) == 4


def test_ends_that_edges_name_are_kept_as_they_are():
    nodes, edges = with_ends(*graph("start a 10\na end 9", cases=10), 10)
    assert {n.kind for n in nodes} == {"task", "start", "end"}
    assert len(edges) == 2


def test_short_processes_run_across_long_ones_down():
    assert lay_out(*with_ends(*graph("start a 1\na end 1"), 1)).across
    chain = "\n".join(f"n{i} n{i + 1} 5" for i in range(12))
    assert not lay_out(*with_ends(*graph(chain), 5)).across


def test_rare_activities_are_folded():
    nodes = tuple(FlowNode(id=f"n{i}", label=f"n{i}", kind="task", count=i + 1, cases=1) for i in range(60))
    edges = tuple(FlowEdge(source=f"n{i}", target=f"n{i + 1}", count=5) for i in range(59))
    laid = lay_out(*with_ends(nodes, edges, 60))
    assert len(laid.nodes) == MAX_NODES + 2
    assert [n.id for n in laid.hidden_nodes[:2]] == ["n0", "n1"]


@st.composite
def graphs(make):
    size = make(st.integers(1, 14))
    names = [f"n{i}" for i in range(size)]
    pairs = make(st.sets(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=40))
    counts = make(st.lists(st.integers(1, 500), min_size=len(pairs), max_size=len(pairs)))
    nodes = tuple(FlowNode(id=n, label=n, kind="task", count=600, cases=9) for n in names)
    edges = tuple(FlowEdge(source=s, target=t, count=c) for (s, t), c in zip(sorted(pairs), counts, strict=True))
    return nodes, edges


@settings(deadline=None)
@given(graphs())
def test_no_boxes_overlap_and_forward_edges_go_forward(given_graph):
    nodes, edges = with_ends(*given_graph, 9)
    laid = lay_out(nodes, edges)
    for i, a in enumerate(laid.nodes):
        assert BOX.height / 2 < a.y < laid.height
        assert 0 < a.x < laid.width
        for b in laid.nodes[i + 1 :]:
            assert abs(a.x - b.x) >= BOX.width - 0.01 or abs(a.y - b.y) >= BOX.height - 0.01
    depth = layers(laid)
    for routed in laid.edges:
        if routed.edge.source != routed.edge.target:
            assert (depth[routed.edge.source] > depth[routed.edge.target]) == routed.back
    assert len(laid.edges) + len(laid.hidden_edges) == len(edges)


@settings(deadline=None)
@given(graphs(), st.randoms())
def test_the_order_of_the_input_does_not_matter(given_graph, random):
    nodes, edges = given_graph
    mixed_nodes, mixed_edges = list(nodes), list(edges)
    random.shuffle(mixed_nodes)
    random.shuffle(mixed_edges)
    assert lay_out(nodes, edges) == lay_out(mixed_nodes, mixed_edges)


def test_the_picture_names_what_it_shows():
    process = report_sample.hostile().processes[0]
    laid = process_map(process)
    assert laid is not None
    picture = draw(Ids(), laid, "Map")
    assert 'role="img"' in picture
    assert "<img" not in picture
    assert "&lt;img" in picture
    assert "Check credit" in picture
    assert picture.count("<path") == len(laid.edges) + 1  # and the arrow head
