"""Which adapter reads which file, and what a file is that nobody reads."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError, UsageError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest import adapter as registry
from poanalyzer.ingest import detect
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.detect import file_kind, plan_inputs
from poanalyzer.ingest.files import InputFile, find_files

LOG = "case id,activity,timestamp\n1,A,2024-01-01 10:00\n1,B,2024-01-01 11:00\n"


@dataclass(frozen=True)
class Fake:
    """Claims all files whose name holds ``part`` as one input."""

    id: str
    part: str
    confidence: float
    title: str = ""

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        mine = tuple(f for f in files if self.part in f.name)
        return [Claim(mine, self.confidence, f"named {self.part}")] if mine else []

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        raise NotImplementedError


@pytest.fixture
def known(monkeypatch):
    def use(*fakes: Fake) -> None:
        table = {fake.id: fake for fake in fakes}
        monkeypatch.setattr(detect, "adapters", lambda: table)
        monkeypatch.setattr(registry, "adapters", lambda: table)

    return use


def files(folder: Path, **contents: str) -> list[InputFile]:
    for name, text in contents.items():
        (folder / f"{name}.csv").write_text(text)
    return find_files(".", folder, folder / "work")


def planned(plan) -> list[tuple[str, list[str]]]:
    return [(reader.id, [f.stem for f in claim.files]) for reader, claim in plan]


def test_the_surest_claim_wins_and_a_file_is_read_once(tmp_path, known):
    known(Fake("engine", "hi", 0.9), Fake("table", "", 0.6))
    found = files(tmp_path, hi_a="x", hi_b="x", other="x")
    # the table's claim on all three is judged anew for the one that is left
    assert planned(plan_inputs(found, InputSettings(path="."))) == [("engine", ["hi_a", "hi_b"]), ("table", ["other"])]


def test_a_named_adapter_is_the_only_one_asked(tmp_path, known):
    known(Fake("engine", "hi", 0.9), Fake("table", "", 0.05))
    found = files(tmp_path, hi_a="x", other="x")
    settings = InputSettings(path=".", adapter="table")
    assert planned(plan_inputs(found, settings)) == [("table", ["hi_a", "other"])]


def test_an_unknown_adapter_is_an_error_of_use(tmp_path, known):
    known(Fake("engine", "hi", 0.9))
    with pytest.raises(UsageError, match="engin"):
        plan_inputs(files(tmp_path, a="x"), InputSettings(path=".", adapter="engin"))


def test_a_named_adapter_that_recognises_nothing_says_what_it_saw(tmp_path, known):
    known(Fake("engine", "hi", 0.9))
    with pytest.raises(InputError, match=r"“engine” does not recognise this: \./a\.csv looks like plain text"):
        plan_inputs(files(tmp_path, a="x"), InputSettings(path=".", adapter="engine"))


def test_leftovers_of_a_folder_are_listed(tmp_path, known):
    known(Fake("engine", "hi", 0.9))
    problems = []
    found = files(tmp_path, hi_a="x", notes="just words", table="a,b\n1,2")
    plan = plan_inputs(found, InputSettings(path="export"), problems=problems)
    assert planned(plan) == [("engine", ["hi_a"])]
    assert [p.text for p in problems] == [
        "files not read: ./notes.csv (plain text), ./table.csv (a table of text)",
    ]
    assert problems[0].where == "export"


def test_a_last_resort_claim_counts_only_for_a_single_file(tmp_path, known):
    known(Fake("table", "t", 0.05))
    found = files(tmp_path, t1="x", t2="x")
    with pytest.raises(InputError, match="none of the 2 files"):
        plan_inputs(found, InputSettings(path="."))
    assert planned(plan_inputs(found[:1], InputSettings(path="."))) == [("table", ["t1"])]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "an empty file"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, perhaps Excel (.xls)"),
        (b"PK\x03\x04\x14\x00[Content_Types].xml", "an Excel workbook (.xlsx) or another Office file"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"PAR1\x15\x04", "a Parquet table"),
        (bytes(range(256)) * 4, "binary data"),
        (b"<!DOCTYPE html><html>", "a web page (HTML)"),
        (
            b'<?xml version="1.0"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">',
            "a BPMN model",
        ),
        (
            b'<?xml version="1.0"?><!-- note --><project name="x"/>',
            "XML with the root element <project>, which is no log",
        ),
        (b'{"a": 1}', "JSON"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON lines"),
        (b"a;b;c\n1;2;3", "a table of text"),
        (b"hello world", "plain text"),
        ("a,b\n1,2".encode("utf-16"), "a table of text"),
    ],
)
def test_what_a_file_is(head, words):
    assert file_kind(head) == words


@pytest.mark.parametrize(
    ("name", "content", "words", "fix"),
    [
        ("a.pdf", b"%PDF-1.7", "a PDF document", "XES"),
        ("a.xlsx", b"PK\x03\x04[Content_Types].xml", "Excel", "CSV"),
        ("a.db", b"SQLite format 3\x00", "SQLite", "Export the tables"),
        ("a.json", b'{"a": 1}', "JSON", "folder"),
        ("a.png", b"\x89PNG", "image", "XES"),
    ],
)
def test_a_single_file_that_is_no_log_is_named(tmp_path, known, name, content, words, fix):
    known(Fake("engine", "hi", 0.9))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        plan_inputs(find_files(name, tmp_path, tmp_path), InputSettings(path=name))
    assert words in refused.value.what
    assert fix in refused.value.fix
    assert refused.value.where == name


def test_tables_in_folders_archives_and_packed_files_are_claimed(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("one", "two"):
        (tmp_path / "a" / f"{name}.csv").write_text(LOG)
    (tmp_path / "a" / "other.csv").write_text(LOG.replace("activity", "Activity name"))
    (tmp_path / "a" / "words.txt").write_text("nothing")
    problems = []
    plan = plan_inputs(find_files("a", tmp_path, tmp_path), InputSettings(path="a"), problems=problems)
    assert planned(plan) == [("table", ["one", "two"]), ("table", ["other"])]
    assert "a/words.txt" in problems[0].text

    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(LOG.encode()))
    plan = plan_inputs(find_files("log.csv.gz", tmp_path, tmp_path), InputSettings(path="log.csv.gz"))
    assert planned(plan) == [("table", ["log"])]

    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.writestr("inside/log.csv", LOG)
    plan = plan_inputs(find_files("log.zip", tmp_path, tmp_path), InputSettings(path="log.zip"))
    assert [f.name for _, claim in plan for f in claim.files] == ["log.zip!inside/log.csv"]


def test_declared_columns_mean_a_table(tmp_path, known):
    known(Fake("engine", "", 0.9), Fake("table", "", 0.3))
    found = files(tmp_path, a="x")
    assert planned(plan_inputs(found, InputSettings(path=".", columns={"case": "x"}))) == [("table", ["a"])]
