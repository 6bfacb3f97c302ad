"""Fields that are filled in a planted share of the cases: what is trackable, and how well (METHODS D)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import corrupt
from .analyser import measure
from .blocks import Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line
from .corrupt import Rows
from .ledger import Ledger
from .renderers import camunda7, plain
from .world import simulate

QUALITIES = (1.0, 0.97, 0.9, 0.5, 0.0)
COMPUTABLE = 0.95


@dataclass(frozen=True)
class Field:
    """A field, the figure that needs nothing else, and which cells of which tables it stands in."""

    figure: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    by_case: bool = True


FIELDS = {
    "case-times": Field("cycle-time", ("HI_PROCINST",), ("END_TIME_",)),
    "activity-times": Field("processing-time", ("HI_ACTINST",), ("END_TIME_", "DURATION_"), by_case=False),
    "resource": Field("handovers", ("HI_ACTINST", "HI_TASKINST"), ("ASSIGNEE_",), by_case=False),
    "due": Field("sla-attainment", ("HI_TASKINST",), ("DUE_DATE_",)),
    "outcome": Field("success-rate", ("HI_PROCINST",), ("END_ACT_ID_",)),
}  # fmt: skip


def fields(folder: Path, cases: int, seed: int) -> list[Line]:
    """Each field is trackable as far as it is filled, and its figure computable where that is 95 % and more."""
    keys = {f"{field}-{q:.2f}": (field, q) for field in (*FIELDS, "outside") for q in QUALITIES}
    tree = Steps((Task("enter", "user", 10.0), Task("check", "user", 20.0)))
    world = World(tuple(Process(key, tree, cases) for key in keys), seed=seed, days=200, quiet=3)
    ledger = simulate(world)
    export = camunda7.render(ledger, world, folder / "whole")
    planted = dict(_without(export, keys, seed))
    desk, seen = _desk(ledger, folder / "desk" / "desk.csv", keys, seed)
    columns = {"case": "Order", "activity": "Step", "start": "Start", "end": "End"}
    ends = {"success": ["approved"], "failure": ["rejected"]}
    said = {
        "input": [{"path": str(desk), "role": "outside", "columns": columns}],
        "process": [{"key": k, "outcome": ends} for k in keys if k.startswith("outcome")],
    }  # fmt: skip
    found = measure([export], [], said, also=["kpis"]).seen["kpis"]
    figures = {name: field.figure for name, field in FIELDS.items()}
    figures["outside"] = "customer-waiting"
    lines = []
    for key, (field, q) in keys.items():
        expected = (planted | seen)[key]
        grade = found[key, figures[field]]
        check = f"fields, {cases} cases"
        lines.append(Line(check, f"{figures[field]} with {field} {q:.0%} filled", f"{expected:.4f}", f"{grade.quality:.4f}",
                          abs(grade.quality - expected) <= 0.01, "within .01", bias=grade.quality - expected))  # fmt: skip
        right = (grade.grade >= 1) == (expected >= COMPUTABLE)
        told = "computable" if grade.grade else "not computable"
        wanted = "computable" if expected >= COMPUTABLE else "not computable"
        lines.append(Line(check, f"{figures[field]}, {q:.0%}: computable", wanted, told, right, "from 95 % on"))
    return lines


def _without(export: Path, keys: dict[str, tuple[str, float]], seed: int) -> dict[str, float]:
    """Empty the cells of each field in exactly the planted share of rows or cases; return the shares."""
    rng = random.Random(seed)
    gone: dict[str, set[str]] = {}
    shares: dict[str, float] = {}

    def change(name: str, rows: Rows) -> Rows:
        table = name.removeprefix("ACT_")
        for key, (field, q) in keys.items():
            spec = FIELDS.get(field)
            if spec is None or table not in spec.tables:
                continue
            mine = [r for r in rows if r["PROC_DEF_KEY_"] == key and r.get("ACT_TYPE_", "userTask") == "userTask"]
            for row in mine:
                _fill(field, row)
            unit = _unit(table, by_case=spec.by_case)
            ids = sorted({unit(r) for r in mine})
            if key not in gone:
                gone[key] = set(rng.sample(ids, round((1 - q) * len(ids))))
                shares[key] = 1 - len(gone[key]) / len(ids)
            for row in mine:
                if unit(row) in gone[key]:
                    # a case that ended before it began has times that say nothing
                    empty = "2020-01-01 00:00:00.000" if field == "case-times" else ""
                    row.update(dict.fromkeys(spec.columns, empty))
        return rows

    corrupt.edited(export, change)
    return shares


def _fill(field: str, row: dict[str, str]) -> None:
    """Put in what the renderer leaves out: due dates, and ends that tell success from failure."""
    if field == "due":
        row["DUE_DATE_"] = row["END_TIME_"]
    if field == "outcome":
        row["END_ACT_ID_"] = "approved" if int(row["ID_"]) % 3 else "rejected"


def _unit(table: str, *, by_case: bool) -> Callable[[dict[str, str]], str]:
    """Return what tells the rows of one unit: of one case, or of one task in both tables that have it."""
    if by_case:
        return lambda row: row["PROC_INST_ID_"]
    return lambda row: row["TASK_ID_"] if table == "HI_ACTINST" else row["ID_"]


def _desk(ledger: Ledger, path: Path, keys: dict[str, tuple[str, float]], seed: int) -> tuple[Path, dict[str, float]]:
    """Let an outside source name the planted share of the cases."""
    rng, rows, shares = random.Random(seed + 1), [], {}
    for key, (_, q) in ((k, of) for k, of in keys.items() if of[0] == "outside"):
        closed = sorted(
            (c for c in ledger.cases.values() if c.process == key and c.end is not None), key=lambda c: c.id
        )
        named = rng.sample(closed, round(q * len(closed)))
        rows += [(c.key, "Call", plain.stamp(c.start), plain.stamp(c.start + 60_000)) for c in named]
        shares[key] = len(named) / len(closed)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["Order,Step,Start,End", *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, shares
