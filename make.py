#!/usr/bin/env python3
"""Set everything up in the project's own ``.venv`` and run one of its tasks.

    python3 make.py report    assess the example export and write its report to poanalyzer-report/
    python3 make.py test      check style, types and the direction of imports, then run the tests

Needs Python 3.11 or later and nothing else: what is missing is installed into ``.venv`` (and, for root on a Debian
system, with apt). Safe to run again; what is already set up is left alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)

EXAMPLE = Path("event_logs") / "camunda7-orders"
REPORT = Path("poanalyzer-report")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(arguments: list[str]) -> int:
    """Run the task named by the only argument; return the exit code."""
    if sys.version_info[:2] < OLDEST:
        have = ".".join(map(str, sys.version_info[:3]))
        return fail(
            f"Python {'.'.join(map(str, OLDEST))} or later is needed; this is Python {have} ({sys.executable})."
        )
    tasks = {"report": report, "test": test}
    if len(arguments) != 1 or arguments[0] not in tasks:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    return tasks[arguments[0]]()


def report() -> int:
    """Assess the example export."""
    if not set_up():
        return 1
    code = run([PYTHON, "-m", "poanalyzer", "assess", EXAMPLE, "--out", REPORT])
    page = ROOT / REPORT / "report.html"
    if code == 0:
        print(f"\nThe report: {page}\nOpen it in a browser: {page.as_uri()}")
    return code


def test() -> int:
    """Check and test the project; the tests come last, so that their result is the last line."""
    if not set_up("test"):
        return 1
    provide_browser()
    checks = {
        "style": ["ruff", "check"],
        "format": ["ruff", "format", "--check"],
        "types": ["mypy"],
        "direction of imports": ["lint-imports"],
        # a file a process: what a module sets up is set up once
        "tests": ["pytest", "-n", "auto", "--dist", "loadfile"],
    }
    for name, (tool, *options) in checks.items():
        say(name)
        code = run([tool_path(tool), *options])
        if code != 0:
            return fail(f"{name}: {tool} ended with exit code {code}.")
    return 0


def set_up(extra: str = "") -> bool:
    """Install the project, with its pinned dependencies, into ``.venv`` unless that is done; tell whether it is."""
    wanted = hashlib.sha256()
    for part in (ROOT / "pyproject.toml", ROOT / "constraints.txt"):
        wanted.update(part.read_bytes())
    wanted.update(f"{ROOT} {sys.version}".encode())
    done = VENV / f".set-up-{extra or 'plain'}"
    enough = (done, VENV / ".set-up-test")  # what the tests need holds all the rest
    if works() and any(mark.is_file() and mark.read_text() == wanted.hexdigest() for mark in enough):
        return True
    if not works() and not make_venv():
        return False
    say("installing into .venv (a few minutes the first time)")
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    code = run([PYTHON, "-m", "pip", "install", *quiet, "--constraint", ROOT / "constraints.txt", "--editable", target])
    if code != 0:
        fail("pip could not install the dependencies: its message stands above. Is a package index within reach?")
        return False
    done.write_text(wanted.hexdigest())
    return True


def works() -> bool:
    """Tell whether ``.venv`` holds a Python of this version that runs, with pip."""
    version = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    try:
        return subprocess.run([PYTHON, "-c", version], capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        return False


def make_venv() -> bool:
    """Make ``.venv``, on a Debian system with what its Python lacks for that; tell whether it was made."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        say(f"this Python cannot make virtual environments: installing {package}")
        if not (apt_install(package) or apt_install("python3-venv")):
            fail(
                f"Python's own “venv” and “ensurepip” are missing ({sys.executable}).\n"
                f"  → On Debian or Ubuntu: sudo apt-get install {package}; then run this again."
            )
            return False
    say("making .venv")
    # A process of its own: this one may not see modules that have just been installed.
    if run([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        fail(f"{VENV} could not be made: the message stands above.")
        return False
    return True


def provide_browser() -> None:
    """Install Chromium for the browser tests where that is possible; else say that they are skipped."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    say("installing Chromium for the browser tests")
    if not apt_install("chromium"):
        print("No Chromium: the browser tests are skipped. (Debian: sudo apt-get install chromium)", file=sys.stderr)


def apt_install(package: str) -> bool:
    """Install a Debian package if this is root on a system with apt; tell whether that worked."""
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        done = subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL)  # noqa: S603, S607
    return done.returncode == 0


def tool_path(name: str) -> Path:
    """Return the path of a program that is installed in ``.venv``."""
    return PYTHON.with_name(f"{name}.exe" if os.name == "nt" else name)


def run(command: list[object]) -> int:
    """Run ``command`` in the project's folder and return its exit code."""
    return subprocess.run([str(part) for part in command], cwd=ROOT).returncode  # noqa: S603


def say(text: str) -> None:
    """Say on standard error what is done next."""
    print(f"── {text}", file=sys.stderr, flush=True)


def fail(text: str) -> int:
    """Say what failed and return the exit code for it."""
    print(f"make.py: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
