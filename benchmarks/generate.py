"""Write a plain event table of any size to Parquet: an order process with choices, rework and parallel branches.

``python benchmarks/generate.py FOLDER [--events N] [--days 180] [--seed 1]`` writes ``FOLDER/ten_million.parquet``
(``FOLDER/events_N.parquet`` where N is another number) with the columns ``case_id, activity, start, end, resource``;
the same arguments give the same rows. Rows stand as an engine writes its history, in the order in which activities end,
so the activities of one case are scattered.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TEN_MILLION = 10_000_000
CASES_PER_BLOCK = 100_000
FIRST_DAY = np.datetime64("2024-01-01T06:00:00", "us")
MINUTE_US = 60_000_000

PEOPLE = tuple(f"person-{i:03d}" for i in range(400))
SERVICES = ("svc-orders", "svc-credit", "svc-stock", "svc-billing", "svc-carrier", "svc-mail")
SCHEMA = pa.schema(
    [
        ("case_id", pa.string()),
        ("activity", pa.string()),
        ("start", pa.timestamp("us", "UTC")),
        ("end", pa.timestamp("us", "UTC")),
        ("resource", pa.string()),
    ]
)


@dataclass(frozen=True)
class Step:
    """One place in the process.

    ``share`` of the cases take it, or of those that took the step at place ``only_after``. A ``branch`` step starts
    beside the other steps of its block instead of after them. A ``service`` step is done by a machine.
    """

    activity: str
    share: float
    minutes: float
    wait_minutes: float
    service: str | None = None
    branch: bool = False
    only_after: int | None = None


STEPS = (
    Step("Receive order", 1.0, 0.2, 0.0, "svc-orders"),
    Step("Check order", 0.75, 6, 40),
    Step("Ask customer", 0.10, 9, 90, only_after=1),
    Step("Check order", 0.95, 5, 1400, only_after=2),
    Step("Check credit", 0.70, 0.5, 1, "svc-credit"),
    Step("Review credit", 0.15, 14, 300, only_after=4),
    Step("Approve order", 0.15, 4, 500),
    Step("Reserve stock", 0.95, 1.5, 2, "svc-stock", branch=True),
    Step("Create invoice", 0.85, 2.5, 2, "svc-billing", branch=True),
    Step("Print label", 0.45, 1.0, 2, "svc-carrier", branch=True),
    Step("Check fraud", 0.25, 12, 15, branch=True),
    Step("Report shortage", 0.06, 5, 60, only_after=7),
    Step("Order from supplier", 0.80, 8, 240, only_after=11),
    Step("Reserve stock", 0.90, 1.5, 2900, "svc-stock", only_after=12),
    Step("Pick goods", 0.65, 18, 180),
    Step("Pack goods", 0.70, 9, 25, only_after=14),
    Step("Check weight", 0.20, 1, 5, branch=True, only_after=15),
    Step("Book carrier", 0.50, 0.7, 3, "svc-carrier", branch=True),
    Step("Book express", 0.08, 0.7, 3, "svc-carrier", branch=True),
    Step("Load truck", 0.45, 20, 240),
    Step("Ship goods", 0.75, 3, 30),
    Step("Send confirmation", 0.45, 0.1, 1, "svc-mail"),
    Step("Send reminder", 0.08, 0.1, 4000, "svc-mail", only_after=20),
    Step("Receive payment", 0.65, 0.3, 5000, "svc-billing"),
    Step("Book payment", 0.65, 2, 120, "svc-billing", only_after=23),
    Step("Handle complaint", 0.04, 35, 3000),
    Step("Close order", 0.45, 0.3, 10, "svc-orders"),
)
ACTIVITIES = tuple(dict.fromkeys(step.activity for step in STEPS))


def block(rng: np.random.Generator, first_case: int, cases: int, days_from: float, days_to: float) -> pa.Table:
    """Return the activities of ``cases`` cases that begin between two days, in the order in which they end."""
    clock = np.sort(rng.uniform(days_from, days_to, cases)) * 1440.0  # minutes: when each case can go on
    fork = clock.copy()  # when the branches of the block a case is in may begin
    taken = np.zeros((len(STEPS), cases), dtype=bool)
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    branch_before = False
    for place, step in enumerate(STEPS):
        takes = rng.random(cases) < step.share
        if step.only_after is not None:
            takes &= taken[step.only_after]
        taken[place] = takes
        who = np.flatnonzero(takes)
        if step.branch and not branch_before:
            fork = clock.copy()
        branch_before = step.branch
        begins = fork[who] if step.branch else clock[who]
        starts = begins + rng.exponential(step.wait_minutes, who.size) if step.wait_minutes else begins
        ends = starts + step.minutes * rng.lognormal(0.0, 0.8, who.size)
        clock[who] = np.maximum(clock[who], ends)
        if step.service is not None:
            resource = np.full(who.size, len(PEOPLE) + SERVICES.index(step.service))
        else:  # a team of 40 does each human step, some of its people more often than others
            team = (place * 17) % (len(PEOPLE) - 40)
            resource = team + np.floor(40 * rng.random(who.size) ** 1.5).astype(np.int64)
            resource[rng.random(who.size) < 0.01] = -1  # nobody was recorded
        rows.append((who, np.full(who.size, ACTIVITIES.index(step.activity)), starts, ends, resource))
    case, activity, start, end, resource = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.lexsort((activity, case, end))
    return _table(first_case + case[order], activity[order], start[order], end[order], resource[order])


def _table(
    case: np.ndarray, activity: np.ndarray, start: np.ndarray, end: np.ndarray, resource: np.ndarray
) -> pa.Table:
    ids = pa.array(np.char.add("order-", np.char.zfill(case.astype("U8"), 8)), pa.string())
    names = pa.DictionaryArray.from_arrays(pa.array(activity, pa.int32()), list(ACTIVITIES)).cast(pa.string())
    codes = pa.array(resource, pa.int32(), mask=resource < 0)
    people = pa.DictionaryArray.from_arrays(codes, [*PEOPLE, *SERVICES]).cast(pa.string())

    def times(minutes: np.ndarray) -> pa.Array:
        # Whole milliseconds, as engines write them.
        microseconds = np.round(minutes * MINUTE_US / 1000).astype(np.int64) * 1000
        return pa.array(FIRST_DAY.astype(np.int64) + microseconds, pa.int64()).cast(SCHEMA.field("start").type)

    return pa.Table.from_arrays([ids, names, times(start), times(end), people], schema=SCHEMA)


def generate(folder: Path, events: int = TEN_MILLION, days: float = 180.0, seed: int = 1) -> Path:
    """Write ``events`` activities that begin over ``days`` days into ``folder`` and return the file.

    The last rows of the last block are left out where that is needed to reach the number exactly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("ten_million.parquet" if events == TEN_MILLION else f"events_{events}.parquet")
    partial = path.with_suffix(".part")
    expected_cases = events / sum(_reach())
    streams = np.random.SeedSequence(seed)
    written, first_case = 0, 0
    with pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        while written < events:
            per_block = min(CASES_PER_BLOCK, max(1_000, int(expected_cases) - first_case))
            day = first_case / expected_cases * days
            rng = np.random.default_rng(streams.spawn(1)[0])
            table = block(rng, first_case, per_block, day, day + per_block / expected_cases * days)
            table = table.slice(0, events - written)
            writer.write_table(table, row_group_size=1_000_000)
            written += table.num_rows
            first_case += per_block
    partial.replace(path)
    return path


def _reach() -> list[float]:
    """Return for each step the share of all cases that take it."""
    shares: list[float] = []
    for step in STEPS:
        shares.append(step.share * (1.0 if step.only_after is None else shares[step.only_after]))
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a generated event table to Parquet.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=TEN_MILLION)
    parser.add_argument("--days", type=float, default=180.0, help="days over which cases begin")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.events < 1:
        parser.error("--events must be at least 1")
    print(generate(given.folder, given.events, given.days, given.seed))


if __name__ == "__main__":
    main()
