"""The hand-over network: planted stars and bypasses are found again."""

from __future__ import annotations

import pandas as pd
import pytest

from poanalyzer.mine.handover import bypass_flow, engine_betweenness, handover_edges, network, shape
from poanalyzer.results import Status

from .traces import check, measure, mined


def moves(*rows: tuple[str, str, bool, bool, bool, int]) -> pd.DataFrame:
    """Return hand-overs: source, target, mediated, first, last of a case, how often."""
    return pd.DataFrame(rows, columns=["source", "target", "mediated", "first", "last", "moves"])


STAR = [("a", "b", True, True, False, 50), ("b", "c", True, False, False, 50), ("c", "a", True, False, True, 50)]


def test_a_star_has_betweenness_one_and_no_bypass():
    graph = network(moves(*STAR))
    assert engine_betweenness(graph) == (1.0, 6)  # each of three reaches both others, always through the engine
    assert bypass_flow(moves(*STAR)) == (0, 50)


@pytest.mark.parametrize("k", [1, 20, 99])
def test_point_to_point_edges_make_the_planted_share(k: int):
    planted = moves(("a", "b", True, True, True, 100 - k), ("a", "b", False, True, True, k))
    assert bypass_flow(planted) == (k, 100)
    # the pair is joined both ways; the shortest does without the engine
    assert engine_betweenness(network(planted)) == (0.0, 1)


def test_one_of_several_pairs_that_does_without_the_engine():
    # a→b, b→c, c→a through the engine, and a→b by mail: five of the six connected pairs still need the engine
    rows = [*STAR, ("a", "b", False, False, False, 5)]
    assert engine_betweenness(network(moves(*rows)))[0] == pytest.approx(5 / 6)


def test_work_that_ends_where_it_began_still_takes_a_hand_over():
    # a → engine → b → engine → a: the first and the last endpoint are the same, yet nothing gets around the engine
    rows = [("a", "b", True, True, False, 10), ("b", "a", True, False, True, 10)]
    assert bypass_flow(moves(*rows)) == (0, 10)


def test_only_point_to_point_edges():
    rows = [("a", "b", False, True, False, 10), ("b", "c", False, False, True, 10)]
    assert bypass_flow(moves(*rows)) == (10, 10)
    assert engine_betweenness(network(moves(*rows))) == (0.0, 3)
    assert bypass_flow(moves(("a", "a", True, False, False, 5))) == (0, 0)


def test_the_shape_of_the_network():
    # edges a→b, b→a, b→c of 6 possible: density .5; 2 of 3 edges have their way back; 10 of 40 transitions stay
    rows = [("a", "b", True, True, False, 10), ("b", "a", True, False, False, 10), ("b", "c", False, False, True, 10),
            ("c", "c", True, False, False, 10)]  # fmt: skip
    found = shape(moves(*rows))
    assert (found["endpoints"], found["density"], found["self_handover_share"]) == (3, 0.5, 0.25)
    assert found["reciprocity"] == pytest.approx(2 / 3)


# 40 cases sales → credit → warehouse in the engine; all are known outside, where a mail after the end says so to nobody new
HANDED = """
× 32
a  Enter  0–1  human:s  userTask     role=sales
a  Check  1–2  bot:c    serviceTask  endpoint=credit
a  Pack   2–3  human:w  userTask     role=warehouse
outside:
a  Note   9–9  ?        -
× 8
b  Enter  0–1  human:s  userTask     role=sales
outside:
b  Check  1–2  human:x  -            role=clerk
b  Pack   2–3  human:w  -            role=warehouse
"""


def test_the_network_of_a_log():
    # 8 of 40 cases go by hand: sales → clerk → warehouse; the others through the engine
    found = check("bypass-flow", HANDED, value=0.2, numerator=8, denominator=40, n=40)
    assert 0 <= found.low < 0.2 < found.high
    assert {e.what for e in found.evidence} == {
        "people: sales → people: clerk: 8 hand-overs beside the engine",
        "people: clerk → people: warehouse: 8 hand-overs beside the engine",
    }
    # connected pairs: sales → credit, warehouse, clerk; credit → warehouse; clerk → warehouse. Shortest through the engine:
    # sales → credit, credit → warehouse wholly; sales → warehouse by two ways of equal length (engine, clerk): half
    check("engine-betweenness", HANDED, value=2.5 / 5, pairs=5, endpoints=4)
    check("mediated-handover-rate", HANDED, value=64 / 80)


def test_the_engines_own_cases_say_nothing_of_mediation():
    alone = HANDED.split("outside:")[0]
    check("bypass-flow", alone, status=Status.NOT_AVAILABLE, reason="no outside source")
    check("engine-betweenness", alone, status=Status.NOT_AVAILABLE, reason="no outside source")
    # cases that no outside source names are left out: here only the eight remain
    rest = HANDED.replace("outside:\na  Note   9–9  ?        -\n", "")
    check("bypass-flow", rest, value=1.0, denominator=8, status=Status.INSUFFICIENT, reason="8 cases with a hand-over")


def test_ping_pong_counts_returns_in_the_collapsed_sequence():
    # sales, sales, credit, sales, warehouse → sales credit sales warehouse: runs s-c-s and c-s-w: one of two returns
    text = """
    × 30
    a  Enter  0–1  human:s  userTask     role=sales
    a  Mend   1–2  human:t  userTask     role=sales
    a  Check  2–3  bot:c    serviceTask  endpoint=credit
    a  Ask    3–4  human:s  userTask     role=sales
    a  Pack   4–5  human:w  userTask     role=warehouse
    """
    # four causal transitions, one of which stays with sales; edges s→c, c→s, s→w of 6
    check(
        "ping-pong-rate", text, value=0.5, numerator=30, denominator=60, self_handover_share=0.25, density=0.5,
        inclusion_probability=1.0,
    )  # fmt: skip
    check("ping-pong-rate", "× 30\na  A  0–1  bot:x  serviceTask", status=Status.NOT_APPLICABLE)


def test_parallel_branches_hand_nothing_to_one_another():
    # A, then B and C at the same time, then D: B → C is no hand-over, for C's cause is A
    text = """
    × 30
    a  A  0–1  bot:a  serviceTask
    a  B  1–5  bot:b  serviceTask
    a  C  2–3  bot:c  serviceTask
    a  D  6–7  bot:d  serviceTask
    """
    edges = mined(text).of(handover_edges).moves
    assert {(s, t) for s, t in zip(edges["source"], edges["target"], strict=True)} == {
        ("a", "b"),
        ("a", "c"),
        ("b", "d"),
    }


def test_a_sample_keeps_the_same_cases_whatever_the_order(monkeypatch: pytest.MonkeyPatch):
    from poanalyzer.mine import handover

    monkeypatch.setattr(handover, "SAMPLE", 100)
    text = "× 400\na  A  0–1  bot:a  serviceTask\na  B  1–2  bot:b  serviceTask\na  C  2–3  bot:a  serviceTask"
    one = mined(text)
    edges = one.of(handover_edges)
    assert edges.probability == 0.25
    kept = int(edges.triples["triples"].sum())
    assert 60 < kept < 140  # 100 expected, four standard deviations are 35
    again = "\n".join(["× 400", *reversed(text.splitlines()[1:])])
    assert mined(again).of(handover_edges).triples.equals(edges.triples)
    assert measure(one, "ping-pong-rate").details["inclusion_probability"] == 0.25
