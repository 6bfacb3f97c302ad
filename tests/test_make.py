"""``make.py``: one command that sets everything up, and leaves alone what is set up."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.data import ROOT

MAKE = ROOT / "make.py"


@pytest.fixture
def make(tmp_path: Path) -> ModuleType:
    """Return ``make.py`` as a module whose project is a copy in ``tmp_path`` without a ``.venv``."""
    for name in ("make.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    spec = importlib.util.spec_from_file_location("make", tmp_path / "make.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_needs_nothing_but_python():
    tree = ast.parse(MAKE.read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


def test_an_old_python_is_told_so(make, capsys, monkeypatch):
    monkeypatch.setattr(make, "OLDEST", (99, 0))
    assert make.main(["report"]) == 1
    said = capsys.readouterr().err
    assert "Python 99.0 or later is needed" in said
    assert sys.executable in said


@pytest.mark.parametrize("arguments", [[], ["reprot"], ["report", "test"]])
def test_a_task_that_does_not_exist_is_bad_usage(make, capsys, arguments):
    assert make.main(arguments) == 2
    assert "make.py report" in capsys.readouterr().err


def test_from_another_folder_it_finds_its_project(tmp_path):
    done = subprocess.run([sys.executable, MAKE, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert "poanalyzer-report" in done.stderr


def test_set_up_installs_once_until_a_requirement_changes(make, monkeypatch):
    commands: list[list[str]] = []
    monkeypatch.setattr(make, "run", lambda command: commands.append([str(part) for part in command]) or 0)
    monkeypatch.setattr(make, "works", lambda: True)
    make.VENV.mkdir()

    assert make.set_up("test")
    assert [c[1:4] for c in commands] == [["-m", "pip", "install"]]
    assert str(make.ROOT / "constraints.txt") in commands[0]
    assert commands[0][-1] == f"{make.ROOT}[test]"

    commands.clear()
    assert make.set_up("test")
    assert make.set_up(), "what the tests need holds what the report needs"
    assert commands == []

    with (make.ROOT / "constraints.txt").open("a") as f:
        f.write("# changed\n")
    assert make.set_up()
    assert len(commands) == 1
    commands.clear()
    assert make.set_up("test"), "the tests' tools are older than the change"
    assert len(commands) == 1


def test_a_failed_installation_is_tried_again(make, monkeypatch, capsys):
    monkeypatch.setattr(make, "run", lambda command: 1)
    monkeypatch.setattr(make, "works", lambda: True)
    make.VENV.mkdir()
    assert not make.set_up()
    assert "pip could not install" in capsys.readouterr().err
    assert list(make.VENV.iterdir()) == []


def test_without_venv_and_root_it_says_what_to_install(make, monkeypatch, capsys):
    monkeypatch.setattr(make.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(make.shutil, "which", lambda name: None)
    assert not make.set_up()
    assert f"sudo apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in capsys.readouterr().err


def test_a_broken_environment_does_not_count_as_set_up(make):
    assert not make.works()
    make.PYTHON.parent.mkdir(parents=True)
    make.PYTHON.symlink_to("/nowhere/python3")
    assert not make.works()


def closure() -> set[str]:
    """Return the names of all that this project needs, its test tools included, from what is installed here."""
    found: set[str] = set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(r) for r in (*project["dependencies"], *project["optional-dependencies"]["test"])]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        extras = wanted.extras or {""}
        for need in map(Requirement, needs):
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(Requirement(re.sub(r";.*", "", str(need))))
    return found


def test_every_version_is_pinned_and_allowed():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {}
    for line in lines:
        if line and not line.startswith("#"):
            found = re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][0-9a-z.]*)", line)
            assert found, line
            pins[canonicalize_name(found[1])] = found[2]
    assert closure() - set(pins) == set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for wanted in map(Requirement, (*project["dependencies"], *project["optional-dependencies"]["test"])):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted


def test_the_check_of_changes_is_a_sound_program():
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    if bash := shutil.which("bash"):
        assert subprocess.run([bash, "-n", path], capture_output=True).returncode == 0
    text = path.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert text.rstrip().endswith("python3 make.py test")
