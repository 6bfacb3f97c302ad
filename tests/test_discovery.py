"""Discovery: the mined model replays what it was mined from, and no label or slow log upsets it."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.ingest.bpmn.reader import elements_table, read_models
from poanalyzer.mine import model_graph
from poanalyzer.mine.bpmn_out import BPMN, BPMNDI, to_bpmn
from poanalyzer.mine.discovery import Discovery, Task, discover, start
from poanalyzer.mine.discovery_child import mine
from poanalyzer.mine.process_tree import ProcessTree
from poanalyzer.results import Status
from tests.data import test_data


def log(text: str) -> list[tuple[tuple[str, ...], int]]:
    """``"3×ABC 1×AC"`` → variants of one-letter activities."""
    return [(tuple(word.partition("×")[2]), int(word.partition("×")[0])) for word in text.split()]


def mined_here(variants: list[tuple[tuple[str, ...], int]], noise: float = 0.0) -> Discovery:
    """What :func:`discover` returns, without a child process."""
    task = Task.of(variants, seconds=60, noise=noise)
    results = io.StringIO()
    mine(task.order(), results)
    return task.answer(results.getvalue().encode())


# What a person sees at once in these logs.
@pytest.mark.parametrize(
    ("variants", "tree", "pairs"),
    [
        ("5×A", "'A'", []),
        ("5×ABC", "→('A', 'B', 'C')", []),
        ("3×AB 2×AC", "→('A', ×('B', 'C'))", []),
        ("3×AB 2×A", "→('A', ×('B', τ))", []),
        ("3×ABCD 2×ACBD", "→('A', ∧('B', 'C'), 'D')", [("B", "C")]),
        # C before D on one branch, B on the other: two pairs, not three.
        ("3×BCD 2×CBD 1×CDB", "∧('B', →('C', 'D'))", [("B", "C"), ("B", "D")]),
        ("3×A 2×ABA 1×ABABA", "↺('A', 'B')", []),
        ("1×AA 3×A", "↺('A', τ)", []),
    ],
)
def test_tree(variants: str, tree: str, pairs: list[tuple[str, str]]) -> None:
    found = mined_here(log(variants))
    assert found.process_tree == tree
    assert list(found.parallel_pairs) == pairs
    assert (found.status, found.reason, found.coverage) == (Status.MEASURED, "", 1.0)


def test_noise_leaves_the_rare_out() -> None:
    # One case in fifty does B last, one stops after it.
    variants = log("97×ABCD 2×ACDB 1×AB")
    assert mined_here(variants).process_tree == "→('A', ∧('B', ×(→('C', 'D'), τ)))"
    assert mined_here(variants, noise=0.2).process_tree == "→('A', 'B', 'C', 'D')"


def test_child_process_says_what_it_used() -> None:
    found = discover([(("A", "B"), 3), (("A", "B"), 4), (("A",), 1)], seconds=120)
    assert found.process_tree == "→('A', ×('B', τ))"
    assert (found.variants_used, found.variants_total, found.coverage) == (2, 2, 1.0)
    assert found.tool == "pm4py"
    assert found.version
    assert "pm4py" not in sys.modules or found.version == sys.modules["pm4py"].__version__


@pytest.mark.parametrize(("variants", "reason"), [([], "no cases"), ([((), 7)], "no case has an activity")])
def test_nothing_ran(variants: list[tuple[tuple[str, ...], int]], reason: str) -> None:
    found = discover(variants)
    assert found.status is Status.NOT_APPLICABLE
    assert reason in found.reason
    assert found.bpmn_xml is None


def test_cases_without_activities_make_the_model_skippable() -> None:
    assert mined_here([((), 2), (("A", "B"), 3)]).process_tree == "×(→('A', 'B'), τ)"


def test_at_most_2000_variants_with_the_coverage_named() -> None:
    variants = [((f"A{number}",), 2 if number < 2000 else 1) for number in range(2100)]
    task = Task.of(variants, seconds=1, noise=0)
    assert len(task.used) == 2000
    found = task.answer(b'{"tool": "t", "version": "1"}\n{"used": 2000, "tree": ["loop", 0, null]}\n')
    assert found.coverage == pytest.approx(4000 / 4100)
    assert found.reason == "mined from the 2000 most frequent of 2100 variants: no more are used"


def test_very_long_variants_are_few_but_never_none() -> None:
    long = [(("A",) * 600_000, 3), (("B",) * 600_000, 2), (("C",), 1)]
    assert [trace[0] for trace, _ in Task.of(long, seconds=1, noise=0).used] == ["A"]
    assert len(Task.of([(("A",) * 1_000_001, 1)], seconds=1, noise=0).used) == 1


def test_coverage_is_of_the_whole_log() -> None:
    """Where only the frequent variants left the engine, the caller says how large the log is."""
    found = discover([(("A",), 6), (("A", "B"), 2)], seconds=120, log_variants=5, log_cases=20)
    assert found.coverage == pytest.approx(8 / 20)
    assert found.reason == "mined from the 2 most frequent of 5 variants: no more are used"
    with pytest.raises(ValueError, match="smaller"):
        discover([(("A",), 6)], log_cases=5)


def test_the_last_finished_model_stands_when_time_is_up() -> None:
    task = Task.of([((f"A{i}",), 300 - i) for i in range(250)], seconds=3, noise=0)
    assert task.order()["steps"] == [20, 200, 250]
    found = task.answer(b'{"tool": "t", "version": "1"}\n{"used": 20, "tree": 0}\n{"used": 200, "tr')
    assert found.status is Status.MEASURED
    assert found.process_tree == "'A0'"
    assert found.variants_used == 20
    assert found.reason == "mined from the 20 most frequent of 250 variants: 3 s were up before more"
    assert found.coverage == pytest.approx(sum(300 - i for i in range(20)) / sum(300 - i for i in range(250)))


def test_no_model_in_time() -> None:
    began = time.monotonic()
    found = discover(log("5×ABC"), seconds=0.05)
    assert found.status is Status.ERROR
    assert found.reason == "the miner found no model in 0.05 s"
    assert time.monotonic() - began < 20


def test_a_failing_miner_is_named_not_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pm4py.py").write_text("raise ImportError('no miner here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = discover(log("5×ABC"), seconds=60)
    assert found.status is Status.ERROR
    assert found.reason == "the miner failed: ImportError: no miner here"


def test_a_stray_module_in_the_working_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pm4py.py").write_text("raise SystemExit('ran what lay about')")
    monkeypatch.chdir(tmp_path)
    assert discover(log("5×AB"), seconds=120).process_tree == "→('A', 'B')"


def test_closing_ends_the_child_and_only_once() -> None:
    running = start(log("5×ABC"), seconds=60)
    child = running._child
    assert child is not None
    running.close()
    running.close()
    assert child.returncode is not None
    with pytest.raises(RuntimeError, match="closed"):
        running.result()


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="looks at the child through the system")
def test_the_child_ends_by_itself_while_the_parent_is_busy() -> None:
    with start(log("5×ABC"), seconds=0.3) as running:
        child = running._child
        assert child is not None
        assert child.wait(timeout=30) == 0
        assert running.result().status is Status.ERROR


@pytest.mark.parametrize(("seconds", "noise"), [(0, 0), (-1, 0), (float("nan"), 0), (1, 1), (1, -0.1)])
def test_wrong_limits(seconds: float, noise: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        discover(log("1×A"), seconds=seconds, noise=noise)


def test_a_variant_without_cases() -> None:
    with pytest.raises(ValueError, match="case"):
        discover([(("A",), 0)])


ODD = ["NA", "nan", "", " ", "a'b\"c", "x\ny\r\tz", "<&>", "🚚 Versand", "tau", "->( 'a', 'b' )", "\x00\x1b", "\ud800"]


def test_odd_labels_stay_what_they_are() -> None:
    found = discover([(tuple(ODD), 3), (tuple(ODD[:4]), 2)], seconds=120)
    assert found.tree is not None
    assert found.tree.labels() == set(ODD)
    assert found.bpmn_xml is not None
    names = [task.get("name") for task in ElementTree.fromstring(found.bpmn_xml.encode()).iter(f"{{{BPMN}}}task")]
    assert names == [*ODD[:-2], "\ufffd\ufffd", "\ufffd"]


# --- invariants ---

traces = st.lists(st.lists(st.sampled_from("ABCDE"), max_size=7).map(tuple), min_size=1, max_size=6, unique=True)


def counted(found: list[tuple[str, ...]]) -> list[tuple[tuple[str, ...], int]]:
    """Give every variant another number of cases."""
    return [(trace, 2 + index) for index, trace in enumerate(found)]


@settings(max_examples=40, deadline=None)
@given(traces.filter(any), st.permutations("ABCDE"))
def test_renaming_activities_renames_the_model(found: list[tuple[str, ...]], others: list[str]) -> None:
    names = dict(zip("ABCDE", others, strict=True))
    before = mined_here(counted(found)).tree
    after = mined_here(counted([tuple(names[a] for a in trace) for trace in found])).tree
    assert before is not None
    assert after == renamed(before, names)


def renamed(tree: ProcessTree, names: dict[str, str]) -> ProcessTree:
    label = None if tree.label is None else names[tree.label]
    return ProcessTree(tree.operator, label, tuple(renamed(child, names) for child in tree.children))


@settings(max_examples=40, deadline=None)
@given(traces.filter(any), st.randoms())
def test_order_of_variants_does_not_matter(found: list[tuple[str, ...]], random: object) -> None:
    variants = [(trace, 1) for trace in found]
    shuffled = list(variants)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert mined_here(shuffled) == mined_here(variants)


@settings(max_examples=60, deadline=None)
@given(traces.filter(any))
def test_without_noise_every_variant_is_in_the_model(found: list[tuple[str, ...]]) -> None:
    tree = mined_here(counted(found)).tree
    assert tree is not None
    for trace in found:
        assert accepts(tree, trace), f"{tree} does not replay {trace}"


def accepts(tree: ProcessTree, trace: tuple[str, ...]) -> bool:
    """Whether a trace is in the language of the tree: straight from the operators' definitions."""
    return _accepts(tree, trace, {})


def _accepts(tree: ProcessTree, trace: tuple[str, ...], seen: dict[tuple[ProcessTree, tuple[str, ...]], bool]) -> bool:
    key = (tree, trace)
    if key in seen:
        return seen[key]
    seen[key] = False  # a loop that comes back to itself without having consumed anything adds nothing
    first, rest = (tree.children[0], tree.children[1:]) if tree.children else (tree, ())
    if tree.operator is None:
        result = trace == (() if tree.label is None else (tree.label,))
    elif tree.operator == "xor":
        result = any(_accepts(child, trace, seen) for child in tree.children)
    elif len(tree.children) == 1:
        result = _accepts(first, trace, seen)
    elif tree.operator == "sequence":
        others = ProcessTree("sequence", None, rest)
        result = any(
            _accepts(first, trace[:cut], seen) and _accepts(others, trace[cut:], seen) for cut in range(len(trace) + 1)
        )
    elif tree.operator == "parallel":
        others = ProcessTree("parallel", None, rest)
        mine_only = tuple(a for a in trace if a in first.labels())
        other_only = tuple(a for a in trace if a not in first.labels())  # labels are unique in a mined tree
        result = _accepts(first, mine_only, seen) and _accepts(others, other_only, seen)
    else:
        result = _accepts(first, trace, seen) or any(
            _accepts(first, trace[:one], seen)
            and _accepts(rest[0], trace[one:two], seen)
            and _accepts(tree, trace[two:], seen)
            for one in range(len(trace) + 1)
            for two in range(one, len(trace) + 1)
            if two > 0
        )
    seen[key] = result
    return result


@pytest.mark.parametrize(
    "variants",
    ["3×ABCD 2×ACBD 1×AED", "4×ABCABC 1×ABC 1×AC", "2×ABCDE 1×EDCBA 1×A", "5×AAB 1×B", "3×ABD 2×ACD 1×D"],
)
def test_the_bpmn_file_means_the_same(variants: str, tmp_path: Path) -> None:
    """pm4py reads our file back, and each variant replays on it without a missing or a remaining token."""
    pandas = pytest.importorskip("pandas")
    import pm4py

    found = mined_here(log(variants))
    assert found.bpmn_xml is not None
    file = tmp_path / "mined.bpmn"
    file.write_text(found.bpmn_xml, encoding="utf-8")
    net, initial, final = pm4py.convert_to_petri_net(pm4py.read_bpmn(str(file)))
    rows = [
        (f"case {number}", activity, pandas.Timestamp("2024-01-01", tz="UTC") + pandas.Timedelta(minutes=minute))
        for number, (trace, _) in enumerate(log(variants))
        for minute, activity in enumerate(trace)
    ]
    frame = pandas.DataFrame(rows, columns=["case:concept:name", "concept:name", "time:timestamp"])
    mapped = {transition.label for transition in net.transitions if transition.label}
    assert mapped == set(frame["concept:name"])  # replay is silent about activities the model does not know
    replayed = pm4py.conformance_diagnostics_token_based_replay(frame, net, initial, final)
    assert [trace["trace_is_fit"] for trace in replayed] == [True] * len(log(variants))


@settings(max_examples=60, deadline=None)
@given(traces.filter(any))
def test_our_reader_finds_the_same_tasks_and_parallel_pairs(found: list[tuple[str, ...]]) -> None:
    mined = mined_here(counted(found))
    assert mined.tree is not None
    assert mined.bpmn_xml is not None
    (process,) = read_models(mined.bpmn_xml.encode(), "mined.bpmn")
    model = model_graph.build(elements_table([(process.key, "1", process)]).to_pylist())
    names = {element.id: element.name or "" for element in model.elements.values() if element.type == "task"}
    assert set(names.values()) == mined.tree.labels()
    pairs = {
        (min(names[a], names[b]), max(names[a], names[b]))
        for pair in model_graph.branch_pairs(model)
        for a in pair.first
        for b in pair.second
    }
    assert pairs == set(mined.parallel_pairs)


def test_bpmn_is_whole() -> None:
    """Every reference resolves, ids are unique, every node and flow is drawn, gateways have ways in and out."""
    leaf = [ProcessTree(label=name) for name in "ABCD"]
    silent = ProcessTree()
    tree = ProcessTree(
        "sequence",
        None,
        (
            ProcessTree("loop", None, (leaf[0], silent)),
            ProcessTree("parallel", None, (leaf[1], ProcessTree("xor", None, (leaf[2], silent)))),
            ProcessTree("loop", None, (silent, leaf[3])),
        ),
    )
    root = ElementTree.fromstring(to_bpmn(tree))
    process = root.find(f"{{{BPMN}}}process")
    assert process is not None
    nodes = {e.get("id"): e for e in process if not e.tag.endswith("sequenceFlow")}
    flows = {e.get("id"): e for e in process if e.tag.endswith("sequenceFlow")}
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert [count for count in Counter(ids).values() if count > 1] == []
    for flow in flows.values():
        assert flow.get("sourceRef") in nodes
        assert flow.get("targetRef") in nodes
    assert {e.get("bpmnElement") for e in root.iter(f"{{{BPMNDI}}}BPMNShape")} == set(nodes)
    assert {e.get("bpmnElement") for e in root.iter(f"{{{BPMNDI}}}BPMNEdge")} == set(flows)
    for key, node in nodes.items():
        into = [e.text for e in node if e.tag.endswith("incoming")]
        out = [e.text for e in node if e.tag.endswith("outgoing")]
        assert into == [f for f, e in flows.items() if e.get("targetRef") == key]
        assert out == [f for f, e in flows.items() if e.get("sourceRef") == key]
        assert bool(into) != node.tag.endswith("startEvent")
        assert bool(out) != node.tag.endswith("endEvent")


def test_a_silent_model_is_start_and_end() -> None:
    root = ElementTree.fromstring(to_bpmn(ProcessTree()))
    assert len(list(root.iter(f"{{{BPMN}}}sequenceFlow"))) == 1


def test_real_log_in_time() -> None:
    """Receipt: 1 434 cases in 116 variants; 71 of 351 pairs as parallel without noise."""
    cases: dict[str, list[tuple[str, str]]] = {}
    with gzip.open(test_data("logs/receipt/receipt.csv.gz"), "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            cases.setdefault(row["case:concept:name"], []).append((row["time:timestamp"], row["concept:name"]))
    variants = Counter(tuple(name for _, name in sorted(rows, key=lambda row: row[0])) for rows in cases.values())
    found = discover(list(variants.items()), seconds=120)
    assert found.status is Status.MEASURED
    assert found.coverage == 1.0
    assert len(found.parallel_pairs) == 71
    assert found.variants_used == len(variants) == 116
