"""The direction of imports: the contracts hold, and would notice if they did not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import ROOT

SOURCE = ROOT / "src" / "poanalyzer"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package that stands in ``folder``/src."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--config", str(folder / "pyproject.toml")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a copy of the package and its contracts."""
    shutil.copytree(SOURCE, tmp_path / "src" / "poanalyzer", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path):
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("errors.py", "import poanalyzer.results", "Data flows one way through the rooms"),
        ("maturity/loader.py", "from poanalyzer import rate", "Data flows one way through the rooms"),
        ("report/__init__.py", "import pandas", "Re-rendering and comparing need no log and no engine"),
        ("measure/catalogue.py", "import pm4py", "Only mine/ knows pm4py"),
        ("measure/catalogue.py", "def late():\n    import pm4py", "Only mine/ knows pm4py"),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, module: str, line: str, contract: str):
    path = copy / "src" / "poanalyzer" / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n\n{line}\n", encoding="utf-8")
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in " ".join(done.stdout.split())


def test_two_metrics_that_know_each_other_are_caught(copy: Path):
    area = copy / "src" / "poanalyzer" / "measure" / "coverage"
    first, second = sorted(p for p in area.glob("*.py") if p.stem != "__init__")[:2]
    first.write_text(
        first.read_text(encoding="utf-8") + f"\n\nfrom poanalyzer.measure.coverage import {second.stem}\n",
        encoding="utf-8",
    )
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Metrics are independent of one another BROKEN" in " ".join(done.stdout.split())


def test_every_room_has_its_place_in_the_layers():
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c for c in contracts if c["id"] == "direction")["layers"]
    placed = {name.strip().removeprefix("poanalyzer.") for layer in layers for name in layer.split("|")}
    rooms = {p.stem for p in SOURCE.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    assert rooms - {"__init__", "__main__", "py"} <= placed


@pytest.mark.parametrize(
    "modules",
    [
        "poanalyzer",
        "poanalyzer.cli",
        "poanalyzer.report, poanalyzer.compare, poanalyzer.rate, poanalyzer.survey",
        "poanalyzer.maturity, poanalyzer.results, poanalyzer.config",
        "poanalyzer.measure",
    ],
)
def test_light_rooms_load_nothing_heavy(modules: str):
    heavy = ("pandas", "ibis", "duckdb", "pyarrow", "pm4py", "matplotlib", "scipy", "networkx")
    command = f"import sys, {modules}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
