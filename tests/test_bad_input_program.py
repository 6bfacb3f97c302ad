"""The program itself against what people and attackers hand it: one clear message, or an account of what was left out.

Every run is a process of its own with 4 GiB of address space, and leaves no file behind where it refuses.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HEADER = "case id,activity,start,end\n"
#: Forty cases of three activities of half an hour.
ROWS = "".join(
    f"c{case},{name},2024-01-{1 + case % 20:02} 1{hour}:00:00,2024-01-{1 + case % 20:02} 1{hour}:30:00\n"
    for case in range(40)
    for hour, name in enumerate("ABC")
)
GOOD = HEADER + ROWS
XES = '<?xml version="1.0"?><log>' + '<trace><string key="concept:name" value="1"/></trace>' * 2000 + "</log>"
SECONDS = 30


@dataclass(frozen=True)
class Ended:
    """What a run said and left."""

    code: int
    said: str
    out: Path

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "assessment.json").read_text(encoding="utf-8"))
        return found


def assess(folder: Path, *args: str, formats: str = "json", **environment: str) -> Ended:
    """Assess from within ``folder`` into a folder that does not exist yet; fails where that takes too long."""
    out = folder / "result" / "deep"
    scratch = folder / ".scratch"
    scratch.mkdir(exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-m", "poanalyzer", "assess", *args, "--out", str(out), "--format", formats],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(scratch), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)),
    )
    assert list(scratch.iterdir()) == []
    return Ended(ended.returncode, ended.stderr, out)


def refused(folder: Path, *args: str) -> str:
    """Return the message of a run that must be refused: what, where and what to do in two lines."""
    ended = assess(folder, *args)
    assert ended.code == 2, ended.said
    assert not (folder / "result").exists()
    what, fix = ended.said.rstrip("\n").split("\n")
    assert what.startswith("poanalyzer: ")
    assert fix.startswith("  → ")
    assert "Traceback" not in ended.said
    return ended.said


def zipped(content: bytes, name: str = "log.csv") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def zip_that_lies() -> bytes:
    """An archive that says of a gigabyte of zeros that it is a thousand bytes."""
    packed = bytearray(zipped(b"0" * (64 << 20)))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = packed.find(mark)
        packed[start + at : start + at + 4] = (1000).to_bytes(4, "little")
    return bytes(packed)


def lines_bomb(start: bytes) -> bytes:
    """A gzip file of ``start`` and half a gigabyte of line ends."""
    return gzip.compress(start) + gzip.compress(b"\n" * (32 << 20), 9) * 16


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY e0 "ha">{ENTITIES}]><log><trace>&e9;</trace></log>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]><log>&x;</log>'
GARBAGE = bytes(range(256)) * 400


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", lambda: b"", ["the file is empty"]),
        ("header.csv", lambda: HEADER.encode(), ["a header and no rows"]),
        ("cut.xes.gz", lambda: gzip.compress(XES.encode())[:200], ["ends in the middle"]),
        ("cut.zip", lambda: zipped(GOOD.encode())[:200], ["ends in the middle"]),
        ("garbage.csv", lambda: GARBAGE, ["binary data", "CSV in UTF-8"]),
        ("garbage.xes", lambda: GARBAGE, ["XML"]),
        ("columns.csv", lambda: b"colour,size\nred,1\nblue,2\n", ["“colour”, “size”", "--map case="]),
        ("laughs.xes", LAUGHS.encode, ["document type or entities"]),
        ("outside.xes", OUTSIDE.encode, ["document type or entities"]),
        ("nested.xes", lambda: b"<log>" + b"<a>" * 10_000_000, ["nested"]),
        ("zeros.zip", lambda: zipped(b"0" * (300 << 20)), ["unpacks to 314,572,800 bytes in 1 file"]),
        ("lies.zip", zip_that_lies, ["archive"]),
        ("twice.zip", lambda: zipped(zipped(b"0" * (300 << 20)), "inner.zip"), ["a zip archive", "Unpack it"]),
        ("bomb.csv.gz", lambda: lines_bomb(GOOD.encode()), ["unpacks to more than 400 times its size"]),
        ("wide.csv", lambda: ",".join(f"c{n}" for n in range(10**6)).encode(), ["more than 10,000 columns"]),
        ("field.csv", lambda: HEADER.encode() + b"1," + b"x" * (300 << 20), ["longer than 64 KiB"]),
        ("quote.csv", lambda: (GOOD + '9,"B,' + "1,A,,\n" * 100_000).encode(), ["quotation mark"]),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path: Path, name: str, content: Callable[[], bytes], words: list[str]) -> None:
    (tmp_path / name).write_bytes(content())
    begun = time.monotonic()
    said = refused(tmp_path, name)
    assert time.monotonic() - begun < 15
    assert name in said
    for word in words:
        assert word in said


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe.csv")
    return "pipe.csv"


def _loop(folder: Path) -> str:
    (folder / "loop.csv").symlink_to("loop.csv")
    return "loop.csv"


def _folder(folder: Path) -> str:
    (folder / "exports").mkdir()
    os.mkfifo(folder / "exports" / "pipe.csv")
    (folder / "exports" / "zero.csv").symlink_to("/dev/zero")
    return "exports"


def _papers(folder: Path) -> str:
    (folder / "papers").mkdir()
    for name in ("letter.txt", "note.txt"):
        (folder / "papers" / name).write_text("Dear reader, this is no log.\n", encoding="utf-8")
    return "papers"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda _: "nowhere.csv", "no such file or folder"),
        (lambda _: "/dev/zero", "a pipe or a device"),
        (_pipe, "a pipe or a device"),
        (_loop, "a link that leads to no file"),
        (_folder, "the folder holds no files to read"),
        (_papers, "none of the 2 files is an event log"),
    ],
    ids=["nowhere", "device", "pipe", "loop", "folder-of-devices", "papers"],
)
def test_places_that_hold_no_log(tmp_path: Path, given: Callable[[Path], str], words: str) -> None:
    assert words in refused(tmp_path, given(tmp_path))


@pytest.mark.parametrize(
    ("files", "args", "words"),
    [
        ({"p.toml": "x = ["}, ["-c", "p.toml"], "p.toml: not valid TOML"),
        ({"p.toml": "[projekt]"}, ["-c", "p.toml"], "Did you mean “project”?"),
        ({"p.toml": '[[input]]\npath = "gone.csv"'}, ["-c", "p.toml"], "gone.csv: no such file"),
        ({"s.json": "{"}, ["--survey", "s.json"], "s.json, line 1, column 2: not valid JSON"),
        ({"s.json": "[" * 100_000}, ["--survey", "s.json"], "nested too deeply"),
        ({}, ["--survey", "gone.json"], "no survey answers there"),
        ({}, ["--map", "case=Order"], "no column “Order”"),
        ({}, ["--format", "nope"], "--format nope: there is no such format"),
        ({}, ["--fail-under", "nonsense"], "not DRIVER=LEVEL"),
    ],
)
def test_calls_and_files_beside_the_log(tmp_path: Path, files: dict[str, str], args: list[str], words: str) -> None:
    (tmp_path / "log.csv").write_text(GOOD, encoding="utf-8")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert words in refused(tmp_path, "log.csv", *args)


PROCINST = "ID_,PROC_INST_ID_,PROC_DEF_KEY_,START_TIME_,END_TIME_,STATE_\n"
ACTINST = "ID_,PROC_INST_ID_,ACT_ID_,ACT_TYPE_,START_TIME_,END_TIME_\n"
DAY = "2024-01-02 10:00:00.000,2024-01-02 11:00:00.000"


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"HI_TASKINST": "ID_,TASK_DEF_KEY_\n1,t\n", "RE_PROCDEF": "ID_,KEY_\np:1:1,p\n"}, "two tables as CSV"),
        ({"HI_ACTINST": "ID_,PROC_INST_ID_,ACT_ID_,END_TIME_\na,1,t,\n"}, "no column START_TIME_; it has ID_, PROC"),
        ({"HI_ACTINST": ACTINST}, "hold no rows"),
        ({"HI_ACTINST": f"{ACTINST}a,,t,userTask,{DAY}\n"}, "none of the 1 rows can be used: 1 no process instance"),
        ({"HI_ACTINST": ""}, "the file is empty"),
    ],
)
def test_engine_tables_that_are_refused(tmp_path: Path, tables: dict[str, str], words: str) -> None:
    (tmp_path / "export").mkdir()
    for name, text in {"HI_PROCINST": PROCINST, **tables}.items() if "HI_ACTINST" in tables else tables.items():
        (tmp_path / "export" / f"ACT_{name}.csv").write_text(text, encoding="utf-8")
    assert words in refused(tmp_path, "export")


def test_a_broken_model_is_left_out_and_the_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "ACT_HI_PROCINST.csv").write_text(
        f"{PROCINST}1,1,p,{DAY},COMPLETED\n2,2,p,{DAY},COMPLETED\n", encoding="utf-8"
    )
    (tmp_path / "ACT_HI_ACTINST.csv").write_text(
        f"{ACTINST}a,1,t,userTask,{DAY}\nb,2,t,userTask,{DAY}\n", encoding="utf-8"
    )
    (tmp_path / "p.bpmn").write_text("<definitions><oops", encoding="utf-8")
    ended = assess(tmp_path, ".")
    assert ended.code == 0
    assert "the model ./p.bpmn, line 1, column 14 is left out: not sound XML" in ended.said
    assert ended.result["log"]["cases"] == 2


def test_a_refusal_leaves_an_older_result_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "result" / "deep"
    out.mkdir(parents=True)
    (out / "assessment.json").write_text("older", encoding="utf-8")
    (tmp_path / "log.csv").write_text("", encoding="utf-8")
    assert assess(tmp_path, "log.csv").code == 2
    assert [(path.name, path.read_text(encoding="utf-8")) for path in out.iterdir()] == [("assessment.json", "older")]


def test_rows_that_cannot_be_used_are_counted_and_shown(tmp_path: Path) -> None:
    hour = "2024-01-05 10:00:00,2024-01-05 11:00:00"
    bad = [
        "y,A,0001-01-01 00:00:00,0001-01-01 00:00:00",
        "y,A,9999-12-31 23:59:59,9999-12-31 23:59:59",
        "u,A,soon,later",
        f"n,,{hour}",
        f",A,{hour}",
    ]
    odd = [
        "b,A,2024-01-05 12:00:00,2024-01-05 11:00:00",  # ends before it starts
        "m,A,2024-01-05T10:00:00+02:00,2024-01-05T11:00:00+02:00",  # has a zone of its own
        "g,A,2024-03-31 02:30:00,2024-03-31 02:45:00",  # that hour never was in Berlin
        f"NA,null,{hour}",  # names, both of them
        "c0,A,2024-01-01 10:00:00,2024-01-01 10:30:00",  # stands there twice
    ]
    (tmp_path / "poanalyzer.toml").write_text('[project]\ntimezone = "Europe/Berlin"\n', encoding="utf-8")
    (tmp_path / "log.csv").write_text(GOOD + "\n".join([*bad, *odd]) + "\n", encoding="utf-8")
    ended = assess(tmp_path, "log.csv", "-v")
    assert ended.code == 0, ended.said
    found = ended.result["inputs"][0]
    assert (found["rows_read"], found["rows_kept"]) == (130, 125)
    assert found["rows_rejected"] == {
        "time outside 1950–2150": 2,
        "time cannot be read": 1,
        "no activity": 1,
        "no case": 1,
    }
    # an example shows a time as a person reads it, in UTC
    assert "1 row rejected: no case (for example activity “A”, start “2024-01-05T09:00:00Z”, end" in ended.said
    assert "activities that end before they start: 1" in ended.said
    assert "around clock changes in Europe/Berlin, 0 times can mean two instants" in ended.said
    assert ended.result["log"]["cases"] == 44
    assert ended.result["log"]["start"] == "2024-01-01T09:00:00Z"


def test_a_log_without_a_completed_case(tmp_path: Path) -> None:
    rows = "".join(f"c{c},{a},2024-01-02 1{h}:00:00,,running\n" for c in range(40) for h, a in enumerate("ABC"))
    (tmp_path / "log.csv").write_text("case id,activity,start,end,state\n" + rows, encoding="utf-8")
    ended = assess(tmp_path, "log.csv")
    assert ended.code == 0, ended.said
    found = {metric["id"]: metric for metric in ended.result["metrics"]}
    for name in ("overlap-share", "flow-efficiency", "handled-exception-rate", "touchless-rate"):
        assert found[name]["status"] not in ("measured", "error")
        assert found[name]["reason"]


@pytest.mark.parametrize("rows", [ROWS.split("c1,")[0], "1,A,2024-01-01 10:00:00,2024-01-01 10:00:00\n"])
def test_a_log_of_one_case(tmp_path: Path, rows: str) -> None:
    (tmp_path / "log.csv").write_text(HEADER + rows, encoding="utf-8")
    ended = assess(tmp_path, "log.csv")
    assert ended.code == 0, ended.said
    shares = [m for m in ended.result["metrics"] if m["id"] in ("overlap-share", "flow-efficiency")]
    assert {m["status"] for m in shares} <= {"insufficient", "not-applicable", "not-available"}


def test_names_that_try_to_be_more_than_names(tmp_path: Path) -> None:
    names = [
        'say "hi"', "two\nlines", "🚀 ship", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred",
        "a\u202eb", "</script><img src=x onerror=alert(1)>", "{{7*7}}", "NA", "x" * (1 << 20),
    ]  # fmt: skip
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["case id", "activity", "start", "end"])
    for case in range(40):
        for minute, name in enumerate(names if case < 1 else names[:-1]):
            writer.writerow([f"c{case}", name, f"2024-01-02 10:{minute:02}:00", f"2024-01-02 10:{minute:02}:30"])
    (tmp_path / "log.csv").write_text(table.getvalue(), encoding="utf-8")
    ended = assess(tmp_path, "log.csv", formats="json,html,md", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert ended.code == 0, ended.said
    assert ended.result["log"]["activity_names"] == len(names)
    page = (ended.out / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\x1b" not in ended.said


def test_one_file_under_several_names_is_read_once_and_equal_case_ids_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "log.zip").write_bytes(zipped(GOOD.replace(",A,", ",X,").encode(), "other.csv"))
    ended = assess(tmp_path, "log.csv", "./log.csv", str(tmp_path / "log.csv"), "log.zip", "./log.zip")
    assert ended.code == 0, ended.said
    assert [found["rows_read"] for found in ended.result["inputs"]] == [120, 120]
    assert ended.result["log"]["cases"] == 80


def test_a_copy_of_a_log_is_told(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "log.tsv").write_text(GOOD.replace(",", "\t"), encoding="utf-8")
    ended = assess(tmp_path, "log.csv", "log.tsv")
    assert ended.code == 0, ended.said
    assert "log.tsv: looks like the same log as log.csv: 40 of its 40 cases stand there too" in ended.said
    # what is true of both is said once
    assert ended.said.count("have no time zone") == 1
    assert "log.csv, log.tsv: the times of" in ended.said


def test_encodings_without_a_mark_are_read(tmp_path: Path) -> None:
    for encoding, name in (("utf-16-le", "Prüfen"), ("cp1252", "Buchung auslösen")):
        (tmp_path / f"{encoding}.csv").write_bytes(GOOD.replace("A", name).encode(encoding))
    ended = assess(tmp_path, "utf-16-le.csv", "cp1252.csv", "-v")
    assert ended.code == 0, ended.said
    assert "UTF-16 without a byte order mark" in ended.said
    assert "not UTF-8; read as Windows-1252" in ended.said
    written = json.dumps(ended.result, ensure_ascii=False)
    assert "Prüfen" in written
    assert "Buchung auslösen" in written
