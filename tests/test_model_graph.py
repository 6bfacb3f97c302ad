"""Splits, their branches and handlers of models written as text, worked out by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.ingest.bpmn.reader import elements_table, read_models
from poanalyzer.mine.model_graph import Handler, Model, branch_pairs, build, handlers, has_parallel, splits
from tests.data import test_data

# The beginning of a name says what it is; everything else is a task.
TYPES = {
    "fork": "parallelGateway", "join": "parallelGateway", "and": "parallelGateway", "or": "inclusiveGateway",
    "xor": "exclusiveGateway", "event": "eventBasedGateway", "start": "startEvent", "end": "endEvent",
    "catch": "intermediateCatchEvent", "bnd": "boundaryEvent", "Call": "callActivity", "Sub": "subProcess",
    "Esp": "eventSubProcess",
}  # fmt: skip


def model(text: str, **settings: dict[str, Any]) -> Model:
    """``"a>b,c>d; d>e"`` → flows from each left name to each right one; ``?`` before a name: a conditional flow.

    ``settings`` give columns of single elements, for example where they lie: ``A={"parent_id": "Sub"}``.
    """
    rows: dict[str, dict[str, Any]] = {}

    def row(identifier: str) -> dict[str, Any]:
        kind = next((kind for start, kind in TYPES.items() if identifier.startswith(start)), "task")
        plain = {"process_key": "p", "version": "1", "element_id": identifier, "element_type": kind}
        return rows.setdefault(identifier, plain)

    for chain in filter(None, (part.strip() for part in text.split(";"))):
        steps = [step.split(",") for step in chain.split(">")]
        for name in steps[0]:
            row(name.strip())
        for left, right in pairwise(steps):
            for source in left:
                for target in right:
                    source, bare = source.strip().lstrip("?"), target.strip().lstrip("?")
                    row(bare)
                    identifier = f"{source}>{bare}"
                    rows[identifier] = {
                        "process_key": "p", "version": "1", "element_id": identifier, "element_type": "sequenceFlow",
                        "source_ref": source, "target_ref": bare,
                        "event_kind": "conditional" if target.strip().startswith("?") else None,
                    }  # fmt: skip
    for identifier, columns in settings.items():
        row(identifier).update(columns)
    return build(list(rows.values()))


def shown(of: Model) -> dict[str, list[str]]:
    """Splits as ``{"fork": ["A", "B C"]}``."""
    return {split.element_id: [" ".join(sorted(branch)) for branch in split.branches] for split in splits(of)}


def pairs(of: Model) -> list[str]:
    """Pairs as ``"fork: A | B C"``."""
    return [
        f"{pair.split_id}: {' '.join(sorted(pair.first))} | {' '.join(sorted(pair.second))}"
        for pair in branch_pairs(of)
    ]


@pytest.mark.parametrize(
    ("flows", "expected", "expected_pairs"),
    [
        ("start>A>B>end", {}, []),
        ("start>xor1>A,B>xor2>end", {}, []),
        ("start>event1>catch1,catch2>xor2>A>end", {}, []),
        ("start>fork>A,B>join>C>end", {"fork": ["A", "B"]}, ["fork: A | B"]),
        # Three branches, one of two tasks: three pairs.
        ("start>fork>A,B,C; A,C>join>end; B>B2>join", {"fork": ["A", "B B2", "C"]},
         ["fork: A | B B2", "fork: A | C", "fork: B B2 | C"]),
        # A nested split belongs to its branch, and is a split of its own.
        ("start>fork>A>join>end; fork>and1>B,C>and2>D>join", {"fork": ["A", "B C D"], "and1": ["B", "C"]},
         ["fork: A | B C D", "and1: B | C"]),
        ("start>or1>A,B>or2>C>end", {"or1": ["A", "B"]}, ["or1: A | B"]),
        # An empty branch is a branch, and pairs with nothing.
        ("start>fork>A,join; A>join>end", {"fork": ["A", ""]}, []),
        # Without a join each branch runs to its own end …
        ("start>fork>A,B; A>end1; B>C>end2", {"fork": ["A", "B C"]}, ["fork: A | B C"]),
        # … and what both may reach belongs to neither of the pair: here an early end hides the join.
        ("start>fork>A,B; A>xor1>end1,join; B>join>C>end2", {"fork": ["A C", "B C"]}, ["fork: A | B"]),
        ("start>fork>xor1,xor2; xor1>C,end1; xor2>C,end2; C>end3", {"fork": ["C", "C"]}, []),
        # A loop inside a branch, and one around everything.
        ("start>fork>A,B; B>join>end; A>xor1>A,join", {"fork": ["A", "B"]}, ["fork: A | B"]),
        ("start>xor0>P>fork>A,B>join>xor1>xor0,end", {"fork": ["A", "B"]}, ["fork: A | B"]),
        # One branch goes round for ever.
        ("start>fork>A,B; A>A2>A; B>C>end", {"fork": ["A A2", "B C"]}, ["fork: A A2 | B C"]),
        # A and B meet first: what follows them runs beside C, not beside A or B.
        ("start>fork>A,B>and1>X>join>end; fork>C>join", {"fork": ["A X", "B X", "C"]},
         ["fork: A | B", "fork: A X | C", "fork: B X | C"]),
        # Several unconditional flows out of a task.
        ("start>T>A,B>join>end", {"T": ["A", "B"]}, ["T: A | B"]),
        ("start>T>A,?B,?C>xor1>end", {}, []),
        ("start>T>A,B,?C>xor1>end", {"T": ["A", "B"]}, ["T: A | B"]),
        # Calls count, events and gateways do not.
        ("start>fork>Call1,catch1; Call1>join>end; catch1>A>join", {"fork": ["Call1", "A"]}, ["fork: Call1 | A"]),
    ],
)  # fmt: skip
def test_splits(flows: str, expected: dict[str, list[str]], expected_pairs: list[str]) -> None:
    built = model(flows)
    assert shown(built) == expected
    assert pairs(built) == expected_pairs
    assert has_parallel(built) == bool(expected_pairs)


def test_kinds() -> None:
    built = model("start>fork>A,B>join>or1>C,D>or2>T>E,F>end", Esp={"interrupting": False}, G={"parent_id": "Esp"})
    assert [split.kind for split in splits(built)] == [
        "parallelGateway", "inclusiveGateway", "implicit", "eventSubProcess",
    ]  # fmt: skip


def test_a_sub_process_counts_with_what_is_in_it() -> None:
    built = model(
        "start>fork>Sub1,B>join>end; start2>A>Sub2>end2; start3>fork3>C,D>join3>end3",
        **{name: {"parent_id": "Sub1"} for name in ("start2", "A", "Sub2", "end2")},
        **{name: {"parent_id": "Sub2"} for name in ("start3", "fork3", "C", "D", "join3", "end3")},
    )
    assert shown(built) == {"fork": ["A C D", "B"], "fork3": ["C", "D"]}


def test_event_sub_process_runs_beside_its_scope_unless_it_interrupts() -> None:
    inside: dict[str, dict[str, Any]] = {
        "start1": {"parent_id": "Esp1", "interrupting": False},
        "X": {"parent_id": "Esp1"},
    }
    other: dict[str, dict[str, Any]] = {
        "start2": {"parent_id": "Esp2", "interrupting": True},
        "Y": {"parent_id": "Esp2"},
        "Esp2": {},
    }
    built = model("start>A>Sub>end; start1>X; start2>Y; B", Esp1={}, B={"parent_id": "Sub"}, **inside, **other)
    assert shown(built) == {"Esp1": ["X", "A B"]}
    assert pairs(built) == ["Esp1: X | A B"]


def test_event_sub_process_inside_a_sub_process_runs_beside_that_only() -> None:
    built = model(
        "start>A>Sub>end; start1>X; B",
        Esp1={"parent_id": "Sub", "interrupting": False},
        start1={"parent_id": "Esp1"},
        X={"parent_id": "Esp1"},
        B={"parent_id": "Sub"},
    )
    assert pairs(built) == ["Esp1: X | B"]


def test_a_handler_in_a_branch_belongs_to_it() -> None:
    bnd = {"attached_to": "A", "event_kind": "error"}
    assert shown(model("start>fork>A,B>join>C>end; bnd1>R>join", bnd1=bnd)) == {"fork": ["A R", "B"]}
    assert shown(model("start>fork>A,B>join>C>end; bnd1>R>end2", bnd1=bnd)) == {"fork": ["A R", "B"]}
    # One that leads past the join leads to what does not belong to the branch.
    assert shown(model("start>fork>A,B>join>xor1>C>end; bnd1>R>xor1", bnd1=bnd)) == {"fork": ["A R", "B"]}


def test_default_flow_of_a_task_is_conditional() -> None:
    assert shown(model("start>T>A,B,?C>xor1>end")) == {"T": ["A", "B"]}
    assert shown(model("start>T>A,B,?C>xor1>end", T={"default_flow": "T>B"})) == {}


def test_only_multi_instances_are_parallel() -> None:
    assert has_parallel(model("start>A>end", A={"multi_instance": "parallel"}))
    assert not has_parallel(model("start>A>end", A={"multi_instance": "sequential"}))
    assert not splits(model("start>A>end", A={"multi_instance": "parallel"}))


def test_handlers() -> None:
    built = model(
        "start>A>Sub>B>end; C>D; X",
        bndA={"attached_to": "A", "event_kind": "error", "interrupting": True},
        bndT={"attached_to": "A", "event_kind": "timer", "interrupting": False},
        bndM={"attached_to": "A", "event_kind": "message", "interrupting": True},
        bndC={"attached_to": "C", "event_kind": "compensation", "parent_id": "Sub"},
        bndS={"attached_to": "Sub", "event_kind": "error"},
        bndSC={"attached_to": "Sub", "event_kind": "compensation"},
        C={"parent_id": "Sub"},
        D={"parent_id": "Sub"},
        Esp={"parent_id": "Sub"},
        startE={"parent_id": "Esp", "event_kind": "escalation", "interrupting": False},
        X={"parent_id": "Esp"},
    )
    error = Handler("bndA", "error", "boundary", "A", True)
    timer = Handler("bndT", "timer", "boundary", "A", False)
    undo = Handler("bndC", "compensation", "boundary", "C", True)
    around = Handler("bndS", "error", "boundary", "Sub", True)
    event = Handler("Esp", "escalation", "eventSubProcess", "Sub", False)
    assert handlers(built) == {
        "A": (error, timer), "B": (), "C": (undo, event, around), "D": (event, around), "X": (around,),
    }  # fmt: skip


def test_rows_as_a_frame_and_of_one_version_only() -> None:
    pandas = pytest.importorskip("pandas")
    rows: list[dict[str, Any]] = [
        {"process_key": "p", "version": "1", "element_id": "fork", "element_type": "parallelGateway"},
        {"process_key": "p", "version": "1", "element_id": "A", "element_type": "task", "parent_id": "p"},
        {"process_key": "p", "version": "1", "element_id": "B", "element_type": "task", "interrupting": None},
        {"process_key": "p", "version": "1", "element_id": "1", "element_type": "sequenceFlow",
         "source_ref": "fork", "target_ref": "A"},
        {"process_key": "p", "version": "1", "element_id": "2", "element_type": "sequenceFlow",
         "source_ref": "fork", "target_ref": "B"},
    ]  # fmt: skip
    frame = pandas.DataFrame(rows)  # holes become NaN
    assert pairs(build(frame)) == pairs(build(rows)) == ["fork: A | B"]
    assert build(frame).elements == build(rows).elements == build(frame.convert_dtypes()).elements
    with pytest.raises(ValueError, match="2"):
        build([*rows, {**rows[0], "version": "2"}])
    assert splits(build([])) == ()


def test_flows_to_nowhere_are_left_out() -> None:
    built = build(
        [
            {"process_key": "p", "version": "1", "element_id": "fork", "element_type": "parallelGateway"},
            {"process_key": "p", "version": "1", "element_id": "A", "element_type": "task"},
            *(
                {"process_key": "p", "version": "1", "element_id": f"f{target}", "element_type": "sequenceFlow",
                 "source_ref": "fork", "target_ref": target}
                for target in ("A", "lost")
            ),
        ]
    )  # fmt: skip
    assert splits(built) == ()


def test_lab_order_model() -> None:
    """The third version of the lab's order process: one fork with four branches; its event sub-process interrupts."""
    file = test_data("exports/camunda7/bpmn/order_v3.bpmn")
    (order,) = read_models(file.read_bytes(), file.name)
    built = build(elements_table([(order.key, "3", order)]).to_pylist())
    assert shown(built) == {"Gw_Fork": ["Task_Stock", "Call_Invoice", "Task_Label", "Task_Fraud"]}
    assert len(pairs(built)) == 6
    guards = {task: [handler.element_id for handler in found] for task, found in handlers(built).items()}
    assert guards["Task_Credit"] == ["Bnd_Credit"]
    assert guards["Task_Approve"] == ["Bnd_Timer"]
    assert guards["Task_Carrier"] == ["Bnd_Comp", "Bnd_Ship"]
    assert guards["Task_Pack"] == guards["Task_Refund"] == []


# --- properties: block-structured models, whose parallel pairs are known from how they were made ---

blocks = st.recursive(
    st.just("task"),
    lambda inner: st.tuples(st.sampled_from(["sequence", "and", "xor"]), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=9,
)


@settings(max_examples=100, deadline=None)
@given(blocks)
def test_block_structured_models(block: Any) -> None:
    flows: list[str] = []
    counter = iter(range(1000))

    def draw(part: Any) -> tuple[str, str, list[str], set[frozenset[str]]]:
        """Return first and last element, tasks, and the pairs that may overlap."""
        if part == "task":
            name = f"T{next(counter)}"
            return name, name, [name], set()
        kind, inner = part
        drawn = [draw(child) for child in inner]
        tasks = [name for _, _, names, _ in drawn for name in names]
        overlapping = set().union(*(found for *_, found in drawn))
        if kind == "sequence":
            flows.extend(f"{a[1]}>{b[0]}" for a, b in pairwise(drawn))
            return drawn[0][0], drawn[-1][1], tasks, overlapping
        split, join = f"{kind}{next(counter)}", f"{kind}{next(counter)}"
        flows.extend(f"{split}>{child[0]}; {child[1]}>{join}" for child in drawn)
        if kind == "and":
            for i, one in enumerate(drawn):
                for other in drawn[i + 1 :]:
                    overlapping |= {frozenset({a, b}) for a in one[2] for b in other[2]}
        return split, join, tasks, overlapping

    first, last, _, expected = draw(block)
    built = model("; ".join([f"start>{first}", *flows, f"{last}>end"]))
    found = {frozenset({a, b}) for pair in branch_pairs(built) for a in pair.first for b in pair.second}
    assert found == expected
    assert has_parallel(built) == bool(expected)
