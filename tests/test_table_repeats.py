"""Rows of a table that are there twice: one row where they can be no two, and two where they can."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .test_table import Read, read

HEADER = ["case id", "activity", "start time", "end time", "resource", "quantity"]


def row(n: int, fraction: str = "", quantity: str = "1") -> list[str]:
    """Return one of many unlike rows."""
    day, minute = 1 + n // 60 % 28, n % 60
    return [f"c{n // 5}", f"Step {n % 5}", f"2024-03-{day:02d} 09:{minute:02d}:07{fraction}",
            f"2024-03-{day:02d} 10:{minute:02d}:08{fraction}", "Ann", quantity]  # fmt: skip


def table(folder: Path, rows: list[list[str]], header: list[str] = HEADER, form: str = "csv") -> Read:
    """Write rows and read them."""
    if form == "parquet":
        columns = {name: pa.array([r[k] for r in rows]) for k, name in enumerate(header)}
        pq.write_table(pa.table(columns), folder / "log.parquet")
        return Read(folder, "log.parquet")
    with (folder / "log.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    return Read(folder, "log.csv")


def account(found: Read) -> tuple[int, int, dict[str, int], int]:
    """Return rows read, kept and rejected, and activities."""
    return found.record.rows_read, found.record.rows_kept, found.record.rejected, len(found.tables["activities"])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_equal_to_the_millisecond_are_one_where_they_are_many(tmp_path, form):
    rows = [row(n, ".250") for n in range(200)]
    found = table(tmp_path, rows + rows[::10] + rows[::40], form=form)
    assert account(found) == (225, 200, {"row exported twice": 25}, 200)
    assert any(p.startswith("25 rows rejected: row exported twice (for example case id “c0”") for p in found.problems)


def test_a_few_of_them_may_be_siblings_that_ended_together(tmp_path):
    rows = [row(n, ".250") for n in range(200)]
    assert account(table(tmp_path, rows + rows[:2])) == (202, 202, {}, 202)


def test_a_column_that_nobody_reads_tells_rows_apart(tmp_path):
    rows = [row(n, ".250") for n in range(200)]
    others = [row(n, ".250", quantity="2") for n in range(0, 200, 10)]
    assert account(table(tmp_path, rows + others)) == (220, 220, {}, 220)
    # of three that are alike in what is read, two are one
    assert account(table(tmp_path, rows + others + others)) == (240, 220, {"row exported twice": 20}, 220)


def test_on_a_slower_clock_things_happen_alike(tmp_path):
    rows = [row(n) for n in range(200)]
    assert account(table(tmp_path, rows + rows[::10])) == (220, 220, {}, 220)


@pytest.mark.parametrize("fraction", ["", ".000", ".250"])
def test_an_export_that_is_there_twice_is_there_once(tmp_path, fraction):
    rows = [row(n, fraction) for n in range(100)]
    # two that happened alike are there four times then; to the millisecond they are one
    alike = [] if fraction == ".250" else rows[7:8]
    found = table(tmp_path, 2 * (rows + alike))
    kept = len(rows + alike)
    assert account(found) == (2 * kept, kept, {"row exported twice": kept}, kept)


def test_few_rows_that_are_all_twice_may_be_so(tmp_path):
    assert account(table(tmp_path, 2 * [row(n) for n in range(10)])) == (20, 20, {}, 20)


def test_an_id_of_the_event_decides(tmp_path):
    rows = [[*row(n), f"e{n}"] for n in range(50)]
    found = table(tmp_path, [*rows, rows[3]], [*HEADER, "event id"])
    assert found.record.columns["row_key"] == "event id"
    assert account(found) == (51, 50, {"row exported twice": 1}, 50)
    # the same id in two states of one row is no repetition of it
    changed = [*rows[3][:4], "Bob", *rows[3][5:]]
    assert account(table(tmp_path, [*rows, changed], [*HEADER, "event id"])) == (51, 51, {}, 51)


def test_the_files_notes_are_told_once(tmp_path):
    rows = [row(n, ".250") for n in range(60)]
    text = "\n".join(",".join(r) for r in [HEADER, *rows, *rows[::2]]).replace("Ann", "Jürgen")
    found = read(tmp_path, text.encode("cp1252"))
    assert account(found)[:2] == (90, 60)
    assert len(found.problems) == len(set(found.problems))
