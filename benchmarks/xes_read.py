"""An XES log into canonical tables against pm4py's iterparse reader, in one run.

``python benchmarks/xes_read.py LOG.xes.gz [--runs 3]`` runs both sides in turn, each in a process of its own, the order
changing from run to run, and prints medians and ratios. What is timed is the reading alone: both sides import what they
need, pandas among it, before the clock starts. It stops for pm4py at its table of events, for poanalyzer where the rows
of all canonical tables have been made in its back end, life-cycle events paired and every event accounted for (the
coding of names that follows, when a log of several inputs is sealed, belongs to no reader). Exit code 1: a side failed,
the counts of events differ, or the bound was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

#: How many times as fast as pm4py the reading must be.
BOUND = 3.0

PM4PY = """
import json, sys, time
import pm4py
wall, cpu = time.perf_counter(), time.process_time()
frame = pm4py.read_xes(sys.argv[1], variant="iterparse")
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "events": len(frame)}))
"""

POANALYZER = """
import json, sys, time
from pathlib import Path
import ibis, pandas, pyarrow.parquet, ibis.backends.duckdb
from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.xes import ADAPTER
from poanalyzer.ingest.files import InputFile
wall, cpu = time.perf_counter(), time.process_time()
file, settings = InputFile(Path(sys.argv[1]), sys.argv[1]), InputSettings(path=sys.argv[1])
store = Store(size=file.size)
sink = store.sink(InputRecord(file.name, "xes", "unknown", "engine", False, ""))
ADAPTER.read(ADAPTER.claim([file], settings)[0], settings, Config(), sink)
for number, (name, rows) in enumerate(sink.tables):
    store.con.create_table(f"canonical_{number}_{name}", rows)
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu,
                  "events": sink.record.rows_kept + sum(sink.record.rejected.values())}))
store.close()
"""
SIDES = {"pm4py": PM4PY, "poanalyzer": POANALYZER}


def measure(side: str, file: Path) -> dict[str, float]:
    """Run one side once and return its wall and processor seconds and its count of events."""
    environment = {**os.environ, "PM4PY_SHOW_PROGRESS_BAR": "False"}
    done = subprocess.run(
        [sys.executable, "-c", SIDES[side], str(file)], capture_output=True, text=True, env=environment, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        print(done.stderr[-2000:], file=sys.stderr)
        sys.exit(1)
    cost: dict[str, float] = json.loads(lines[-1])
    print(f"{side:<11}wall {cost['wall']:6.2f} s   cpu {cost['cpu']:6.2f} s   {cost['events']:,} events", flush=True)
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare reading an XES log with pm4py's iterparse reader.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    if not given.file.is_file():
        parser.error(f"there is no file {given.file}")
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    costs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for turn in range(given.runs):
        for side in SIDES if turn % 2 == 0 else reversed(SIDES):
            costs[side].append(measure(side, given.file))
    print(f"\nmedian of {given.runs}")
    ratios = {}
    for what in ("wall", "cpu"):
        medians = {side: statistics.median(cost[what] for cost in costs[side]) for side in SIDES}
        ratios[what] = medians["pm4py"] / medians["poanalyzer"]
        print(
            f"{what:<5}pm4py {medians['pm4py']:.2f} s   poanalyzer {medians['poanalyzer']:.2f} s   "
            f"{ratios[what]:.2f} times as fast"
        )
    same = len({cost["events"] for side in SIDES for cost in costs[side]}) == 1
    if not same:
        print("the two sides count different events")
    within = ratios["wall"] >= BOUND
    print(f"{'within' if within else 'short of'} the bound: {BOUND:g} times as fast (wall)")
    sys.exit(0 if within and same else 1)


if __name__ == "__main__":
    main()
