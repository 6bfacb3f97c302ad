"""One million rows of Camunda 7's activity table, as CSV, into canonical tables.

``python benchmarks/camunda7_rows.py [--rows 1000000] [--keep FOLDER]`` multiplies the example export in
``event_logs/camunda7-orders/engine``: every copy has ids of its own, all history tables grow alike, definitions and models
stay. Then a fresh process reads it with :func:`poanalyzer.read`, once. Exit code 1: it failed, or took longer than a minute
or more than 2 GB.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from measured import run

EXAMPLE = Path(__file__).resolve().parent.parent / "event_logs/camunda7-orders/engine"
SECONDS = 60.0
BYTES = 2e9
#: Columns named like ids whose values are the same in every copy: elements, definitions, people.
SHARED = frozenset((
    "ACT_ID_", "FAILED_ACT_ID_", "ACTIVITY_ID_", "FAILED_ACTIVITY_ID_", "START_ACT_ID_", "END_ACT_ID_", "PROC_DEF_ID_",
    "PROCESS_DEF_ID_", "CASE_DEF_ID_", "JOB_DEF_ID_", "DEPLOYMENT_ID_", "TENANT_ID_", "USER_ID_", "START_USER_ID_",
    "GROUP_ID_", "ASSIGNER_ID_", "WORKER_ID_",
))  # fmt: skip
READ = """
import sys, time
import poanalyzer
from poanalyzer.config import Config, ProjectSettings

began = time.perf_counter()
with poanalyzer.read([sys.argv[1]], Config(project=ProjectSettings(timezone="Europe/Berlin"))) as log:
    counts = {table: log.con.execute(log.table(table).count()) for table in ("cases", "activities", "attempts", "variables")}
print(f"read in {time.perf_counter() - began:.1f} s:", *(f"{name} {count:,}" for name, count in counts.items()))
"""


def generate(folder: Path, rows: int, form: str = "csv") -> dict[str, int]:
    """Write an export with at least ``rows`` activity rows into ``folder``; return the rows of each history table.

    ``form`` is ``csv`` or ``parquet``.
    """
    import duckdb

    con = duckdb.connect()
    con.execute("SET preserve_insertion_order = false")

    def source(table: str) -> str:
        return f"read_csv('{EXAMPLE / f'ACT_{table}.csv.gz'}', header=true, all_varchar=true, delim=',', quote='\"')"

    def count(table: str) -> int:
        return int(con.execute(f"SELECT count(*) FROM {source(table)}").fetchall()[0][0])

    copies = -(-rows // count("HI_ACTINST"))
    written: dict[str, int] = {}
    for file in sorted(EXAMPLE.iterdir()):
        if "ACT_HI_" not in file.name:
            shutil.copy(file, folder)
            continue
        table = file.name.removeprefix("ACT_").removesuffix(".csv.gz")
        names = [name for (name, *_) in con.execute(f"SELECT * FROM {source(table)} LIMIT 0").description]
        columns = ", ".join(_column(name, form) for name in names)
        target = folder / f"ACT_{table}.{form}"
        written_as = "HEADER" if form == "csv" else "FORMAT parquet, COMPRESSION zstd"
        con.execute(
            f"COPY (SELECT {columns} FROM range({copies}) AS copies(copy), {source(table)}) TO '{target}' ({written_as})"
        )
        written[table] = copies * count(table)
    return written


def _column(name: str, form: str) -> str:
    """Return a column of a copy: ids of its own, and in Parquet times as a database's driver gives them."""
    if (name.endswith("ID_") and name not in SHARED) or name == "CONFIGURATION_":
        return f'"{name}" || \'-\' || copy AS "{name}"'
    is_time = name.endswith(("TIME_", "DATE_", "TIMESTAMP_"))
    return f'"{name}"::TIMESTAMP AS "{name}"' if is_time and form == "parquet" else f'"{name}"'


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long a large Camunda 7 export takes to read.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of ACT_HI_ACTINST, at least")
    parser.add_argument("--keep", type=Path, help="folder to write the export to, and to leave it in")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch) / "export"
        folder.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        written = generate(folder, given.rows)
        size = sum(file.stat().st_size for file in folder.iterdir())
        print(f"generated in {time.perf_counter() - began:.1f} s, {size / 1e6:,.0f} MB:")
        print("  " + ", ".join(f"{table} {count:,}" for table, count in written.items()))
        log = Path(scratch) / "output.txt"
        cost = run([sys.executable, "-c", READ, str(folder)], log)
        print(log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1])
        print(
            f"wall {cost.wall:.1f} s (bound {SECONDS:g} s), cpu {cost.cpu:.1f} s, "
            f"memory {cost.memory / 1e9:.2f} GB (bound {BYTES / 1e9:g} GB)"
        )
    sys.exit(1 if cost.exit_code or cost.wall >= SECONDS or cost.memory >= BYTES else 0)


if __name__ == "__main__":
    main()
