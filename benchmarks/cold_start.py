"""How long a person waits: ``--help``, the example assessment, and what re-rendering a report imports.

``python benchmarks/cold_start.py [--runs 10] [--example ARGUMENT …]`` prints the medians. The example is what follows
``poanalyzer assess`` (by default the project file found in ``event_logs/``). Exit code 1: something failed, a bound was
missed, or re-rendering imported a library it must do without.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measured import Cost, run

ROOT = Path(__file__).resolve().parent.parent
HELP_SECONDS = 0.5
EXAMPLE_SECONDS = 10.0
#: What a report is re-rendered without.
HEAVY = ("pandas", "ibis", "duckdb", "pyarrow", "pm4py")

RERENDER = """
import sys
from poanalyzer.cli import main

sys.argv = ["poanalyzer", "report", sys.argv[1], "--format", "html,md", "--out", sys.argv[2]]
try:
    main()
except SystemExit as end:
    if end.code:
        raise
print("imported:", *[name for name in HEAVY if name in sys.modules])
""".replace("HEAVY", repr(HEAVY))


def finished(name: str, command: list[str], log: Path, allowed: tuple[int, ...] = (0,)) -> Cost:
    """Run a command once; where it fails, show its last lines and stop."""
    cost = run(command, log)
    if cost.exit_code not in allowed:
        print(f"{name} failed with exit code {cost.exit_code}:")
        print("\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]))
        sys.exit(1)
    return cost


def median(name: str, command: list[str], runs: int, log: Path) -> float:
    """Return the median wall seconds of a command, after one run that warms the caches."""
    finished(name, command, log)
    return statistics.median(finished(name, command, log).wall for _ in range(runs))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure start-up, the example assessment and re-rendering.")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--example", nargs=argparse.REMAINDER, help="what follows “poanalyzer assess”")
    given = parser.parse_args()
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    example = given.example or default_example(parser)
    program = [sys.executable, "-m", "poanalyzer"]
    with tempfile.TemporaryDirectory() as folder:
        log, out = Path(folder) / "output.txt", Path(folder) / "report"
        bare = median("python", [sys.executable, "-c", "pass"], given.runs, log)
        print(f"python alone          {bare:6.3f} s")
        opened = median("--help", [*program, "--help"], given.runs, log)
        print(f"poanalyzer --help     {opened:6.3f} s   bound {HELP_SECONDS} s")
        assess = [*program, "assess", *example, "--format", "json,html", "--out", str(out)]
        cost = finished("assess", assess, log, allowed=(0, 3))
        memory = f"memory {cost.memory / 1e9:.2f} GB"
        print(f"example assessment    {cost.wall:6.1f} s   bound {EXAMPLE_SECONDS:g} s   {memory}")
        again = [sys.executable, "-c", RERENDER, str(out / "assessment.json"), str(Path(folder) / "again")]
        seconds = finished("report", again, log).wall
        last = log.read_text(encoding="utf-8").splitlines()[-1]
        imported = last.removeprefix("imported:").split()
        print(f"re-rendering          {seconds:6.2f} s   imports {', '.join(imported) or 'none'} of {', '.join(HEAVY)}")
    sys.exit(1 if imported or opened >= HELP_SECONDS or cost.wall >= EXAMPLE_SECONDS else 0)


def default_example(parser: argparse.ArgumentParser) -> list[str]:
    """Return the arguments for the example that ships with the project."""
    projects = sorted((ROOT / "event_logs").glob("**/poanalyzer.toml"))
    if not projects:
        parser.error("there is no example in event_logs/; name one with --example")
    return ["-c", str(projects[0])]


if __name__ == "__main__":
    main()
