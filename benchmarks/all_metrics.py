"""All metrics on ten million activities of Camunda 7, against pm4py's four calls on as many plain events, in one run.

``python benchmarks/all_metrics.py FOLDER [--rows 10000000] [--runs 1] [--only poanalyzer]`` multiplies the example export
into ``FOLDER/camunda7`` (Parquet: activities, instances, tasks, jobs, external tasks, incidents, operations, variables,
models) and writes as many plain events into ``FOLDER``, unless they are there. Then it assesses the export to JSON, and
lets pm4py read the events and find directly-follows graph and variants. With more rows than ten million the export of that
size is compared with the one of ten million instead. Exit code 1: a side failed or a bound was missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import camunda7_rows
import generate
from ten_million import measure, medians

#: An assessment with every metric takes at most so many times what pm4py's four calls take, and so much memory.
ROWS, TIMES, BYTES = 10_000_000, 2.0, 3e9
#: More rows take at most so many times what their number lets one expect, and a hundred million so many seconds.
GROWTH, SECONDS = 1.3, 900.0


def prepared(folder: Path, rows: int, *, plain: bool) -> tuple[Path, Path]:
    """Write what is not there yet; return the folder of the export and the file of plain events."""
    export, events = folder / f"camunda7-{rows}", folder / f"events-{rows}"
    if not export.is_dir():
        export.mkdir(parents=True)
        written = camunda7_rows.generate(export, rows, "parquet")
        (export / "poanalyzer.toml").write_text('[project]\ntimezone = "Europe/Berlin"\n', encoding="utf-8")
        print(", ".join(f"{table} {count:,}" for table, count in written.items()))
    if plain and not events.is_dir():
        generate.generate(events, rows, 180.0, 1)
    return export, next(events.glob("*.parquet"), events)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure an assessment with every metric on a large Camunda 7 export.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of ACT_HI_ACTINST, at least")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", choices=("poanalyzer",), help="leave pm4py out")
    given = parser.parse_args()
    if given.rows > ROWS:
        sys.exit(0 if _grows(given.folder, given.rows, given.runs) else 1)
    export, events = prepared(given.folder, given.rows, plain=not given.only)
    ours = medians([measure("poanalyzer", export) for _ in range(given.runs)])
    within = ours[2] < BYTES
    print(f"memory {ours[2] / 1e9:.2f} GB, {'within' if within else 'above'} the bound of {BYTES / 1e9:g} GB")
    if not given.only:
        theirs = medians([measure("pm4py", events) for _ in range(given.runs)])
        within &= ours[0] <= TIMES * theirs[0]
        print(f"wall    poanalyzer / pm4py = {ours[0] / theirs[0]:.3f}, bound {TIMES:g}")
        print(f"cpu     poanalyzer / pm4py = {ours[1] / theirs[1]:.3f}")
    sys.exit(0 if within else 1)


def _grows(folder: Path, rows: int, runs: int) -> bool:
    """Measure ten million rows and ``rows``; return whether the larger export keeps the bounds."""
    few, many = (
        medians([measure("poanalyzer", prepared(folder, n, plain=False)[0]) for _ in range(runs)]) for n in (ROWS, rows)
    )
    growth, seconds = many[0] / (few[0] * rows / ROWS), SECONDS * rows / 100_000_000
    print(f"wall    {many[0]:.0f} s, bound {seconds:.0f} s")
    print(f"growth  {growth:.2f} of what ten million rows took, bound {GROWTH:g}")
    return growth <= GROWTH and many[0] <= seconds


if __name__ == "__main__":
    main()
