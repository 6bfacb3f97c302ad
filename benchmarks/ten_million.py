"""Ten million activities: a whole assessment against pm4py's first four steps on the same file, in one run.

``python benchmarks/generate.py FOLDER`` makes the file; ``python benchmarks/ten_million.py FOLDER/ten_million.parquet
[--runs 3]`` runs both sides in turn, each in its own process, the order changing from run to run, and prints medians
and ratios. ``--only pm4py`` or ``--only poanalyzer`` runs one side. Exit code 1: a side failed or a bound was missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measured import Cost, run

#: A whole assessment takes less than this share of pm4py's time and memory.
BOUND = 0.5

#: What pm4py does: read, bring into its form, directly-follows graph, variants.
PM4PY = """
import sys, time
import pandas
import pm4py

began = time.perf_counter()
def done(step):
    global began
    now = time.perf_counter()
    print(f"{step}: {now - began:.1f} s", flush=True)
    began = now

frame = pandas.read_parquet(sys.argv[1])
done("read_parquet")
frame = pm4py.format_dataframe(
    frame, case_id="case_id", activity_key="activity", timestamp_key="end", start_timestamp_key="start"
)
done("format_dataframe")
graph, starts, ends = pm4py.discover_dfg(frame)
done("discover_dfg")
variants = pm4py.get_variants(frame)
done("get_variants")
print(f"{len(frame)} activities, {len(graph)} edges, {len(variants)} variants")
"""


def command(side: str, file: Path, out: Path) -> list[str]:
    """Return the command line of one side."""
    if side == "pm4py":
        return [sys.executable, "-c", PM4PY, str(file)]
    return [sys.executable, "-m", "poanalyzer", "assess", str(file), "--format", "json", "--out", str(out)]


def measure(side: str, file: Path) -> Cost:
    """Run one side once. Exit code 3 of an assessment (done, something missing) is shown and counts as done."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "output.txt"
        cost = run(command(side, file, Path(folder) / "report"), log)
        text = log.read_text(encoding="utf-8", errors="replace").strip()
        done = cost.exit_code == 0 or (side == "poanalyzer" and cost.exit_code == 3)
        print(f"{side:<11}{show(cost)}" + (f"   exit {cost.exit_code}" if cost.exit_code else ""), flush=True)
        if not done or side == "pm4py":  # pm4py's steps are the last five lines
            print("\n".join(f"    {line}" for line in text.splitlines()[-12 if not done else -5 :]), flush=True)
        if not done:
            sys.exit(1)
    return cost


def show(cost: Cost) -> str:
    """Return one cost as a line: times in seconds, memory in GB (10⁹ bytes)."""
    together = "" if cost.together is None else f", all processes {cost.together / 1e9:5.2f} GB"
    return f"wall {cost.wall:6.1f} s   cpu {cost.cpu:6.1f} s   peak {cost.largest / 1e9:5.2f} GB{together}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare an assessment of ten million activities with pm4py.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("pm4py", "poanalyzer"))
    given = parser.parse_args()
    if not given.file.is_file():
        parser.error(f"there is no file {given.file}; make it with generate.py")
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    sides = (given.only,) if given.only else ("pm4py", "poanalyzer")
    with given.file.open("rb") as stream:  # both sides find the file in the system's cache
        while stream.read(1 << 24):
            pass
    costs: dict[str, list[Cost]] = {side: [] for side in sides}
    for turn in range(given.runs):
        for side in sides if turn % 2 == 0 else sides[::-1]:
            costs[side].append(measure(side, given.file))
    print(f"\nmedian of {given.runs}")
    for side in sides:
        wall, cpu, memory = medians(costs[side])
        print(f"{side:<11}wall {wall:6.1f} s   cpu {cpu:6.1f} s   memory {memory / 1e9:5.2f} GB")
    if given.only:
        return
    missed = False
    pairs = zip(("wall", "cpu", "memory"), medians(costs["poanalyzer"]), medians(costs["pm4py"]), strict=True)
    for name, ours, theirs in pairs:
        bounded = name != "cpu"
        within = ours < BOUND * theirs
        missed |= bounded and not within
        verdict = f"   {'within' if within else 'above'} the bound of {BOUND}" if bounded else ""
        print(f"{name:<7} poanalyzer / pm4py = {ours / theirs:.3f}{verdict}")
    sys.exit(1 if missed else 0)


def medians(costs: list[Cost]) -> tuple[float, float, float]:
    """Return the median wall seconds, processor seconds and peak bytes."""
    return (
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.memory for cost in costs),
    )


if __name__ == "__main__":
    main()
