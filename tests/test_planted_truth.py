"""Planted truth: what the analyser measures of simulated worlds is what happened in them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.planted import checks, truth, worlds
from tests.planted.blocks import World
from tests.planted.ledger import Ledger
from tests.planted.world import simulate

FOLDER = Path(__file__).parent / "planted"
#: Cases of each world here; the full size is ``python -m tests.planted``.
CASES = 60


def test_only_the_door_knows_the_analyser() -> None:
    """Truths that used the code under test would prove nothing."""
    knowing = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "poanalyzer" for name in names):
                knowing.add(path.name)
    assert knowing == {"analyser.py"}


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return simulate(worlds.everything(CASES, seed=2))


def test_the_world_has_everything(ledger: Ledger) -> None:
    """A check of something that does not occur checks nothing."""
    fates = {e.disposition for e in simulate(worlds.everything(4 * CASES, seed=2)).episodes}
    assert fates == {"retried_ok", "modelled", "manual", "cancelled", "dead", "open"}
    assert {c.state for c in ledger.cases.values()} == {"completed", "running", "terminated"}
    assert any(c.parent for c in ledger.cases.values())
    assert any(i.index is not None for i in ledger.instances.values())
    for metric in checks.METRICS:
        value = truth.TRUTHS[metric](ledger, None)
        assert value is not None
    assert 0 < (truth.parallel_realisation_rate(ledger, "claims") or 0) < 1


def test_a_world_happens_the_same_way_twice(ledger: Ledger) -> None:
    assert simulate(worlds.everything(CASES, seed=2)) == ledger
    assert simulate(worlds.everything(CASES, seed=3)) != ledger


def test_adding_a_process_leaves_the_others_alone() -> None:
    world = worlds.everything(20, seed=2)
    alone = simulate(
        World(world.processes[:1], seed=2, days=world.days, withdrawn=world.withdrawn, relapse=world.relapse)
    )
    both = simulate(world)
    metric = truth.TRUTHS["flow-efficiency"]
    assert metric(alone, "claims") == metric(both, "claims")


@pytest.mark.parametrize(
    ("spans", "union", "doubly"),
    [([], 0, 0), ([(0, 10)], 10, 0), ([(0, 10), (10, 20)], 20, 0), ([(0, 10), (5, 20)], 20, 5),
     ([(0, 10), (2, 8), (3, 4)], 10, 6), ([(5, 5), (0, 3)], 3, 0)],
)  # fmt: skip
def test_lengths_of_spans(spans: list[tuple[float, float]], union: float, doubly: float) -> None:
    assert (truth.union(spans), truth.doubly(spans)) == (union, doubly)


def test_the_product_limit_median() -> None:
    assert truth.km_median([(1, True), (1, True), (3, True), (9, False)]) == 1
    assert truth.km_median([(2, True), (3, False), (4, False), (9, False)]) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [checks.exact, checks.formats, checks.absences, checks.cleaned, checks.identities],
    ids=lambda c: c.__name__,
)
def test_planted(check: Callable[[Path, int, int], list[checks.Line]], tmp_path: Path) -> None:
    lines = check(tmp_path, CASES, 2)
    assert len(lines) > 10
    assert checks.wrong(lines) == []


@pytest.mark.slow
def test_what_may_not_change_a_number(tmp_path: Path) -> None:
    assert checks.wrong(checks.metamorphic(tmp_path, 40, 2)) == []


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0.1, 0.5])
def test_beside_the_engine(missing: float, tmp_path: Path) -> None:
    assert checks.wrong(checks.outside(tmp_path, CASES, 2, missing)) == []


@pytest.mark.slow
def test_releases(tmp_path: Path) -> None:
    assert checks.wrong(checks.releases(tmp_path, 3)) == []


@pytest.mark.slow
def test_completeness(tmp_path: Path) -> None:
    assert checks.wrong(checks.completeness(tmp_path, 30, 100, 5)) == []


@pytest.mark.slow
def test_a_split_in_a_loop(tmp_path: Path) -> None:
    assert checks.wrong(checks.repeated_splits(tmp_path, CASES, 2)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", worlds.hard(1))
def test_failures_that_are_easily_mistaken(name: str, tmp_path: Path) -> None:
    lines = checks.hard(tmp_path, CASES, 4, name)
    assert lines
    assert checks.wrong(lines) == []
