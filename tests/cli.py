"""Runs the command line for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from poanalyzer.cli import main


@dataclass(frozen=True)
class Done:
    """What a run left behind."""

    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *args: str | Path) -> Done:
    """Run the program inside this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int)
    return Done(code, out, err)


def start(*args: str | Path, **options: object) -> subprocess.Popen[str]:
    """Start the program as a process of its own."""
    command = [sys.executable, "-m", "poanalyzer", *map(str, args)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    if os.name == "posix":  # a run that a shell started in the background ignores interrupts, and so would its children
        pipes["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(command, **{**pipes, **options})  # type: ignore[call-overload,no-any-return]


def run_process(*args: str | Path, **environment: str) -> Done:
    """Run the program as a process of its own until it ends."""
    process = start(*args, env={**os.environ, **environment})
    out, err = process.communicate(timeout=120)
    return Done(process.returncode, out, err)
