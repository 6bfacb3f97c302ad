"""Tables ``ACT_*`` as Parquet and by other back ends, and the URLs of databases."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poanalyzer.errors import InputError
from poanalyzer.ingest.live import fetch, parse_url
from poanalyzer.pipeline import read
from tests.data import EVENT_LOGS
from tests.live import column_type, rows_of, same

ORDERS = EVENT_LOGS / "camunda7-orders" / "engine"


# the other forms


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[tuple[Any, ...]]]:
    """The canonical rows of the orders' tables without the models that lie beside them."""
    folder = tmp_path_factory.mktemp("tables")
    for file in ORDERS.glob("*.csv.gz"):
        shutil.copy(file, folder)
    return rows_of(str(folder))


def test_tables_exported_as_parquet_are_read_like_csv(
    tables: dict[str, Counter[tuple[Any, ...]]], tmp_path: Path
) -> None:
    import pandas as pd

    for file in ORDERS.glob("*.csv.gz"):
        frame = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])
        for column in frame.columns:
            if column in ("START_TIME_", "END_TIME_", "TIMESTAMP_"):
                frame[column] = pd.to_datetime(frame[column], format="ISO8601")
            elif column in ("ACT_INST_STATE_", "VERSION_", "JOB_STATE_") and file.name != "ACT_GE_SCHEMA_LOG.csv.gz":
                frame[column] = frame[column].astype("Int32")
        # one of them is known by its columns alone
        name = "activities" if "ACTINST" in file.name else file.name.split(".")[0]
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    same(rows_of(str(tmp_path)), tables)


def test_a_damaged_parquet_table_is_said(tmp_path: Path) -> None:
    (tmp_path / "ACT_HI_PROCINST.parquet").write_bytes(b"PAR1 and then nothing of use")
    with pytest.raises(InputError, match="not a sound Parquet file"), read([str(tmp_path)]):
        pass


def test_any_back_end_of_ibis_can_be_asked(tables: dict[str, Counter[tuple[Any, ...]]], tmp_path: Path) -> None:
    con = sqlite3.connect(tmp_path / "engine.sqlite")
    for file in ORDERS.glob("*.csv.gz"):
        name = file.name.split(".")[0]
        header, *rows = csv.reader(io.StringIO(gzip.decompress(file.read_bytes()).decode("utf-8")))
        con.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {column_type(name, c)}' for c in header)})")
        marks = ", ".join("?" * len(header))
        con.executemany(f"INSERT INTO {name} VALUES ({marks})", [[cell or None for cell in row] for row in rows])
    con.commit()
    con.close()
    url = f"sqlite://{tmp_path}/engine.sqlite"
    same(rows_of(url), tables)
    with pytest.raises(InputError, match="no such file"):
        fetch(url + "3", tmp_path)
    assert not (tmp_path / "engine.sqlite3").exists()


@pytest.mark.parametrize(("url", "extra"), [("mysql://u:hush@h/db", "mysql"), ("oracle://u:hush@h/db", "oracle")])
def test_what_is_not_installed_is_named(url: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for driver in ("MySQLdb", "oracledb"):
        monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(InputError, match=f"to read {extra}://, Ibis needs its driver") as caught:
        fetch(url, tmp_path)
    assert caught.value.fix == f"pip install 'ibis-framework[{extra}]'"
    assert "hush" not in str(caught.value)


# URLs


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://u:p@h:5432/db", "postgresql://h:5432/db"),
        ("postgresql://h/db?sslmode=require&password=p", "postgresql://h/db"),
        ("postgresql://u:p@h/db/camunda?user=x", "postgresql://h/db/camunda"),
        ("postgresql://u@h/db?schema=a,b", "postgresql://h/db/a,b"),
        ("postgresql://u:p@ss/w#rd@[::1]:5433/db", "postgresql://[::1]:5433/db"),
        ("postgresql://a:1,b:2/db", "postgresql://a:1,b:2/db"),
        ("postgresql:///db?host=/run/postgresql", "postgresql:///db"),
        ("mysql://u:p@h/db", "mysql://h/db"),
    ],
)
def test_the_url_is_shown_without_its_account_and_parameters(url: str, shown: str) -> None:
    assert parse_url(url).shown == shown
    assert parse_url(parse_url(url).shown).shown == shown


@given(st.text(min_size=3, max_size=12), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=3))
def test_no_password_is_shown_whatever_its_signs(text: str, raw: str) -> None:
    address = parse_url(f"postgresql://u:{quote(text, safe='')}@h:5432/db?sslmode=require")
    assert address.password == text
    assert "password" not in repr(address) and address.shown == "postgresql://h:5432/db"
    try:
        said = parse_url(f"postgresql://u:§{raw}§@h:5432/db").shown
    except InputError as error:
        said = str(error)
    assert "§" not in said


@pytest.mark.parametrize(
    ("url", "what", "fix"),
    [
        ("https://example.org/export.zip", "begins with https://", "Download it"),
        ("postgressql://u:hush@h/db", "begins with postgressql://", "Did you mean “postgresql”?"),
        ("postgresql://u:hu?sh@h/db", "no host and port", "%3F"),
        ("postgresql://u:hush@h/db?statement_timeout=soon", "no time span", "10min"),
    ],
)
def test_urls_that_cannot_be_read(url: str, what: str, fix: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        parse_url(url)
    assert fix in caught.value.fix and "hu" not in str(caught.value).replace("should", "")
