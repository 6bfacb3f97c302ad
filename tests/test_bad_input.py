"""Bad input gets one clear message: what, where, what to do. Here: plain tables."""

from __future__ import annotations

import gzip
import time
import zipfile

import pytest

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.detect import plan_inputs
from poanalyzer.ingest.files import find_files

HEADER = "case id,activity,timestamp\n"
LOG = HEADER + "".join(f"{i},A,2024-01-01 10:00:{i:02}\n" for i in range(50))


def read(folder, name, **settings):
    """Read one input all the way into a store; return its sink's record."""
    given = InputSettings(path=name, **settings)
    store = Store()
    try:
        for reader, claim in plan_inputs(find_files(name, folder, store.workdir), given):
            record = InputRecord(name, reader.id, claim.engine, "engine", False, "")
            reader.read(claim, given, Config(), store.sink(record))
        return store.sinks[0].record
    finally:
        store.close()


def refusal(folder, name, content: bytes, **settings) -> InputError:
    (folder / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        read(folder, name, **settings)
    assert name in refused.value.where
    assert refused.value.fix
    assert "\n" not in refused.value.what
    return refused.value


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\xef\xbb\xbf\n\n", "empty"),
        ("header.csv", HEADER.encode(), "a header and no rows"),
        ("binary.csv", bytes(range(256)) * 40, "binary data"),
        ("words.txt", b"dear reader\nthis is a letter\n", "one column only"),
        ("values.csv", b"1,A,2024-01-01 10:00\n1,B,2024-01-01 11:00\n", "the first row holds values"),
        ("nocase.csv", b"colour,activity,timestamp\nred,A,2024-01-01\n", "no column for case was recognised"),
        ("ragged.csv", HEADER.encode() + b"1,A\n2,B\n", "no row has as many values"),
        ("times.csv", HEADER.encode() + b"1,A,in spring\n2,B,in autumn\n", "for example “in spring”"),
        ("order.csv", HEADER.encode() + b"1,A,01/02/2024\n2,B,03/04/2024\n", "day or with the month first"),
        ("fake.parquet", b"PAR1 and then nothing", "not a sound Parquet file"),
        ("text.parquet", LOG.encode(), "not a Parquet file"),
        ("twice.csv", b"case id,activity,case id,timestamp\n1,A,1,2024-01-01\n", "two columns are called “case id”"),
    ],
)
def test_one_clear_message(tmp_path, name, content, words):
    assert words in refusal(tmp_path, name, content).what


def test_a_truncated_gzip_file(tmp_path):
    import random

    many = HEADER + "".join(f"{random.Random(i).random()},A,2024-01-01 10:00\n" for i in range(60_000))
    packed = gzip.compress(many.encode())
    assert "ends in the middle" in refusal(tmp_path, "cut.csv.gz", packed[: len(packed) // 2]).what


def test_a_million_columns_are_refused_at_once(tmp_path):
    header = ",".join(f"c{i}" for i in range(1_000_000)).encode()
    begun = time.perf_counter()
    error = refusal(tmp_path, "wide.csv", header + b"\n" + header + b"\n")
    assert "more than 10,000 columns" in error.what
    assert time.perf_counter() - begun < 3


def test_a_decompression_bomb(tmp_path):
    # 50 sound rows, then 260 MiB of empty lines: more than may unpack at such a ratio
    bomb = gzip.compress(LOG.encode() + b"\n" * (260 << 20), compresslevel=9)
    assert len(bomb) * 400 < 260 << 20
    assert "unpacks to more than" in refusal(tmp_path, "bomb.csv.gz", bomb).what


def test_a_zip_bomb_is_refused_before_unpacking(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", b"0" * (300 << 20))
    with pytest.raises(InputError, match="unpacks to"):
        read(tmp_path, "bomb.zip")


@pytest.mark.parametrize("row", ['7,"B,2024-01-01 10:00\n', '7,B,"2024-01-01 10:00\n'])
@pytest.mark.parametrize("rows", [10_000, 600_000])
def test_a_quotation_mark_that_is_never_closed(tmp_path, row, rows):
    after = "".join(f"{i},A,2024-01-01 10:00\n" for i in range(rows))
    error = refusal(tmp_path, "quote.csv", (LOG + row + after).encode())
    assert "longer than 64 KiB" in error.what
    assert "quotation mark" in error.fix


def test_a_wrong_column_name(tmp_path):
    error = refusal(tmp_path, "log.csv", LOG.encode(), columns={"case": "case_id"})
    assert "no column “case_id”" in error.what
    assert "case id" in error.fix


def test_unusable_rows_are_counted_and_the_rest_is_read(tmp_path):
    rows = [
        "1,A,2024-01-01 10:00",
        "1,B,0001-01-01 00:00",  # year 1
        "1,C,9999-12-31 23:59",  # year 9999
        "1,,2024-01-01 11:00",  # no activity
        ",D,2024-01-01 11:00",  # no case
        "1,E,soon",  # no time that can be read
        "1,F",  # too short
        "1,G,2024-01-01 12:00,more",  # too long
        "1,H,2024-01-01 13:00",
    ]
    (tmp_path / "log.csv").write_text(HEADER + "\n".join(rows))
    record = read(tmp_path, "log.csv")
    assert (record.rows_read, record.rows_kept) == (9, 2)
    assert sum(record.rejected.values()) == 7
    assert record.rejected["the row does not have as many values as the header"] == 2
    assert record.rejected["time cannot be read"] == 1
