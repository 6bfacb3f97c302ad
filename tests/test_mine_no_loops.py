"""Nothing above the store loops over events or cases: what leaves the engine was counted, limited or distinct there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data import ROOT

ROOMS = [ROOT / "src" / "poanalyzer" / room for room in ("mine", "measure", "eventlog")]
#: Tables with a row an event, a case or a failure, by the names they have in the code.
BIG = {
    "c_acts", "c_cases", "m_steps", "m_cases", "m_roots", "m_units", "m_root_units", "m_outside", "m_episodes",
    "attempts", "exceptions", "variables",
    "steps", "cases", "units", "root_units", "outside", "episodes",
}  # fmt: skip
PULLS = {"query", "to_pandas", "execute", "to_pyarrow", "to_pyarrow_batches", "to_polars", "fetch_arrow_table"}
#: What makes a result small. (``distinct`` on names, tenants, sources: never on case ids.)
SMALL = {
    "agg", "aggregate", "limit", "count", "nunique", "sum", "max", "min", "distinct", "mean", "value_counts", "head", "tail",
}  # fmt: skip
#: What may be pulled row by row, with the reason.
ALLOWED = {
    ("measure/exceptions/time_to_restore.py", "compute"): "Kaplan–Meier sorts the incidents: root ones only, which are few",
    ("mine/flow.py", "top_variants"): "rows of one example case of each of the variants kept (limit 2 000)",
    ("mine/peaks.py", "_spans"): "rows of the sampled cases: about 150 000 at most",
    ("measure/run.py", "_by_process"): "the first few cases of each of the largest processes, picked by a window",
    ("mine/mined.py", "query"): "the door itself: its callers are looked at",
}  # fmt: skip


def findings(source: str, name: str) -> Iterator[str]:
    """Yield each pull of a big table that nothing made small, as file:line."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or (name, function.name) in ALLOWED:
            continue
        made: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                made.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(function):
            pull = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PULLS
            if pull and node.args and _big(node.args[0], made, function) and not _small(node.args[0], made, set()):
                yield f"{name}:{node.lineno}"


def _small(node: ast.expr, made: dict[str, list[ast.expr]], seen: set[str]) -> bool:
    """Return whether the outermost steps of an expression reduce it, following the last assignments of names."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute) and node.attr in SMALL:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.IfExp):
        return _small(node.body, made, seen) and _small(node.orelse, made, seen)
    if isinstance(node, ast.Name) and node.id in made and node.id not in seen:
        return any(_small(value, made, seen | {node.id}) for value in made[node.id])
    return False


def _big(node: ast.expr, made: dict[str, list[ast.expr]], function: ast.FunctionDef) -> bool:
    """Return whether a big table can be what the expression stands for: named in it, or handed to the function."""
    seen: set[str] = set()
    todo: list[ast.AST] = [node]
    tables = {a.arg for a in function.args.args if a.annotation and "ibis.Table" in ast.unparse(a.annotation)}
    while todo:
        for part in ast.walk(todo.pop()):
            word = part.attr if isinstance(part, ast.Attribute) else part.id if isinstance(part, ast.Name) else None
            word = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else word
            if word in BIG or word in tables:
                return True
            if isinstance(part, ast.Name) and part.id in made and part.id not in seen:
                seen.add(part.id)
                todo += made[part.id]
    return False


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_pull_of_a_table_of_events_or_cases(room: Path):
    files = sorted(room.rglob("*.py"))
    assert files
    found = [
        hit for f in files for hit in findings(f.read_text(encoding="utf-8"), f.relative_to(room.parent).as_posix())
    ]
    assert not found, f"these pull rows of events or cases out of the engine: {found}"


@pytest.mark.parametrize(
    "line",
    [
        "for row in mined.query(mined.cases).itertuples(): pass",
        "frame = log.con.to_pandas(log.coded('c_acts').filter(True))",
        "rows = mined.steps.select('case_ix')\n    return [r for r in mined.query(rows).to_dict('records')]",
        "rows = mined.units\n    rows = rows.filter(rows.closed)\n    log.con.execute(rows)",
        "wide = steps.mutate(x=1)\n    log.con.to_pyarrow(wide)",
    ],
)
def test_a_planted_loop_is_caught(line: str):
    assert list(findings(f"def planted(mined, log, steps: ibis.Table):\n    {line}\n", "planted.py"))


@pytest.mark.parametrize(
    "line",
    [
        "mined.query(mined.cases.limit(50))",
        "mined.scalar(mined.cases.count())",
        "per = mined.steps.group_by('x').agg(n=1)\n    log.con.to_pandas(per)",
        "log.con.to_pandas(log.coded('d_activity'))",
    ],
)
def test_what_is_made_small_first_passes(line: str):
    assert not list(findings(f"def fine(mined, log):\n    {line}\n", "fine.py"))


def test_every_exemption_is_still_needed():
    for (name, function), reason in ALLOWED.items():
        path = ROOT / "src" / "poanalyzer" / name
        names = {
            n.name for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)
        }
        assert function in names and reason
