"""Tables ACT_* in SQL dumps: what real dumps hold, every way of writing a value, and dumps that are not whole."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.config import Config, InputSettings, ProjectSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.act import forms, sqldump
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.act.sqltimes import binary_time, masked_time
from poanalyzer.ingest.adapters.camunda7 import ADAPTER
from poanalyzer.ingest.files import InputFile, find_files
from tests.camunda7 import Read, csv_rows
from tests.data import test_data
from tests.postgres import Postgres

Rows = list[dict[str, Any]]
Reader = Callable[[str | bytes], dict[str, Rows]]

CREATE = (
    "CREATE TABLE `act_ge_property` (\n  `NAME_` varchar(64) NOT NULL,\n  `VALUE_` varchar(300),\n  PRIMARY KEY (`NAME_`)\n"
    ") ENGINE=InnoDB;\n"
)
NASTY = (
    "plain", "it's", "''", "'", "\\", "\\'", "back\\slash", "ends\\", "a\nb\r\nc\td", "\x1a z\b", "semi;colon", ");",
    "'); DROP TABLE x; --", "(1,2),(3", "ünï ✓ 😀", "NULL", "\\N", "\\n", "-- x", "/* c", "# h", 'dq"x"', "`bt`", "$$x$$",
    "", " lead ", "INSERT INTO act_ge_property VALUES ('x','y');", "x\nINSERT INTO act_ge_property VALUES ('q','r');\n\\.\n",
)  # fmt: skip


def unpacked(file: InputFile) -> tuple[dict[str, Rows], dict[str, list[int]]]:
    """Return the rows of every table of a dump that is read, and the numbers of the malformed ones."""
    with tempfile.TemporaryDirectory() as folder:
        # of the sink a dump needs the folder only; a store for each of hundreds of tiny dumps would take minutes
        found = sqldump.parts([file], cast(Sink, SimpleNamespace(workdir=Path(folder))))
        rows = {part.table: [row for batch in part.batches() for row in batch.to_pylist()] for part in found}
        return rows, {part.table: part.malformed for part in found}


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Return a function that writes a dump and reads its tables."""

    def run(dump: str | bytes) -> dict[str, Rows]:
        path = tmp_path / f"d{len(list(tmp_path.iterdir()))}.sql"
        path.write_bytes(dump if isinstance(dump, bytes) else dump.encode())
        return unpacked(InputFile(path, "dump.sql"))[0]

    return run


def values(rows: Rows) -> list[str | None]:
    return [row["VALUE_"] for row in rows]


# --- real dumps ---


def test_h2_script_holds_what_the_csv_export_holds(tmp_path: Path) -> None:
    script = test_data("exports/camunda7/camunda_h2_script.sql")
    (tmp_path / "dump").mkdir()
    shutil.copy(script, tmp_path / "dump" / "camunda.sql")
    (tmp_path / "csv").mkdir()
    tables = re.findall(r'^CREATE MEMORY TABLE "PUBLIC"."(\w+)"', script.read_text("utf-8"), re.MULTILINE)
    assert len(tables) == 6
    for table in tables:
        shutil.copy(test_data(f"exports/camunda7/db/{table}.csv"), tmp_path / "csv")
    dump, tables_csv = Read(tmp_path / "dump"), Read(tmp_path / "csv")
    try:
        names = {name for name, _ in tables_csv.sink.tables}
        assert names == {name for name, _ in dump.sink.tables}
        for name in names:
            assert _rows(dump, name) == _rows(tables_csv, name), name
        assert len(dump.rows("activities")) == len(csv_rows([test_data("exports/camunda7/db/ACT_HI_ACTINST.csv")]))
        assert dump.record.capabilities == tables_csv.record.capabilities
        assert (dump.record.rows_read, dump.record.rejected) == (
            tables_csv.record.rows_read,
            tables_csv.record.rejected,
        )
    finally:
        dump.close()
        tables_csv.close()


def _rows(read: Read, table: str) -> list[str]:
    """Return canonical rows as sorted text, without the name of the folder they come from."""
    return sorted(repr(sorted((k, v) for k, v in row.items() if k != "source")) for row in read.rows(table))


@pytest.mark.parametrize(
    ("dump", "instances", "activities"),
    [
        ("exports/public/activiti-mysqldump/Leave_leave.sql", 23, 105),
        ("exports/public/activiti/activiti.excerpt.sql", 5, 59),
    ],
)
def test_activiti_dumps_of_mysql(dump: str, instances: int, activities: int, tmp_path: Path) -> None:
    path = shutil.copy(test_data(dump), tmp_path / "dump.sql")
    store = Store()
    try:
        sink = store.sink(InputRecord(str(path), "flowable", "flowable", "engine", False, "0" * 64))
        export = Export([InputFile(Path(path), "dump.sql")], "UTC", sink)
        assert (export.count("HI_PROCINST"), export.count("HI_ACTINST")) == (instances, activities)
        assert sum(export.malformed.values()) == 0
        rows = export.table("HI_ACTINST").to_pyarrow().to_pylist()
        assert all(row["START_TIME_"] and row["ACT_TYPE_"] for row in rows)
        # an independent count: each row of that table begins with its number and its definition's id
        text = Path(path).read_bytes()
        line = re.search(rb"(?im)^insert\s+into `act_hi_actinst`.*$", text)
        assert line is not None
        counted = Counter(
            re.findall(rb"'(startEvent|endEvent|userTask|exclusiveGateway|boundaryError|subProcess)'", line.group())
        )
        assert counted == Counter(r["ACT_TYPE_"].encode() for r in rows)
    finally:
        store.close()


def test_models_in_a_real_dump(tmp_path: Path) -> None:
    path = shutil.copy(test_data("exports/public/activiti-mysqldump/Leave_leave.sql"), tmp_path / "dump.sql")
    rows = unpacked(InputFile(Path(path), "dump.sql"))[0]["GE_BYTEARRAY"]
    model = next(bytes.fromhex(row["BYTES_"]) for row in rows if row["NAME_"].endswith(".bpmn"))
    assert model.startswith(b"<?xml")
    assert model.rstrip().endswith(b"</definitions>")


TABLES = ("HI_PROCINST", "HI_ACTINST", "HI_INCIDENT", "HI_JOB_LOG", "HI_VARINST", "RE_PROCDEF", "GE_PROPERTY")


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    """A database with tables of a real export, and a table of texts that are hard to write."""
    name = postgres.database()
    for table in TABLES:
        path = test_data(f"exports/camunda7/db/ACT_{table}.csv")
        header, _, rest = path.read_bytes().partition(b"\n")
        columns = header.decode().strip().replace('"', "").lower().split(",")
        postgres.psql(f"CREATE TABLE act_{table.lower()} ({', '.join(f'{c} text' for c in columns)})", name)
        postgres.copy(name, f"act_{table.lower()}", columns, rest)
    postgres.psql("CREATE TABLE act_ge_schema_log (id_ text, version_ text)", name)
    for number, text in enumerate(NASTY):
        written = text.replace("'", "''")
        postgres.psql(f"INSERT INTO act_ge_schema_log VALUES ('{number}', '{written}')", name)
    postgres.psql(
        "CREATE TABLE act_ge_bytearray (id_ text, name_ text, bytes_ bytea, deployment_id_ text);"
        r"INSERT INTO act_ge_bytearray VALUES ('1', 'a.bpmn', '\x00ff5c273c', 'd1'), ('2', 'v', '\x01', NULL);"
        "CREATE TABLE other (t text); INSERT INTO other VALUES (E'\\nINSERT INTO act_ge_schema_log VALUES (''a'');\\n');"
        "CREATE TABLE act_hi_detail (id_ text, time_ text);"
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ select 'it''s'; $$;",
        name,
    )
    return name


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--inserts",
        "--column-inserts",
        "--rows-per-insert=7",
        "--quote-all-identifiers",
        "--data-only",
        "--encoding=LATIN1",
    ],
)
def test_pg_dump(postgres: Postgres, database: str, options: str, tmp_path: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        pytest.skip("needs pg_dump")
    command = [program, "-h", str(postgres.folder), "-p", str(postgres.port), "-U", postgres.user, *options.split()]
    if "LATIN1" in options:  # which cannot write all that is there
        command.append("--exclude-table=act_ge_schema_log")
    with (tmp_path / "dump.sql").open("wb") as out:
        subprocess.run([*command, database], stdout=out, check=True)
    file = InputFile(tmp_path / "dump.sql", "dump.sql")
    got, malformed = unpacked(file)
    assert not any(malformed.values())
    for table in TABLES:
        exported = csv_rows([test_data(f"exports/camunda7/db/ACT_{table}.csv")])
        columns = list(got[table][0])
        dumped = sorted(tuple(row[c] or "" for c in columns) for row in got[table])
        assert dumped == sorted(tuple(row[c] for c in columns) for row in exported), table
    if "LATIN1" not in options:
        assert {int(row["ID_"]): row["VERSION_"] for row in got["GE_SCHEMA_LOG"]} == dict(enumerate(NASTY))
    assert [(row["ID_"], row["BYTES_"]) for row in got["GE_BYTEARRAY"]] == [("1", "00ff5c273c")]
    if "insert" not in options:  # a COPY without rows proves that the table is empty
        assert got["HI_DETAIL"] == []


def test_custom_archive_of_pg_dump_is_told(tmp_path: Path) -> None:
    path = tmp_path / "act.dump"
    path.write_bytes(b"PGDMP\x01\x0e\x00\x04act_hi_procinst\x00act_hi_actinst")
    file = InputFile(path, "act.dump")
    assert set(forms.held(file)) == {"HI_PROCINST", "HI_ACTINST"}
    with pytest.raises(InputError, match="PostgreSQL's own format"):
        unpacked(file)


# --- ways of writing ---

MYSQL = [
    (r"'a\'b\"c\\d\0e\nf\rg\th\Zi\%j'", "a'b\"c\\d\0e\nf\rg\th\x1ai%j"), ("'it''s'", "it's"), ("''", ""), ("NULL", None),
    ("null", None), ("-5", "-5"), ("1.5e10", "1.5e10"), ("0x4142", "AB"), ("X'4142'", "AB"), ("b'101'", "5"),
    ("_utf8mb4'ü'", "ü"), ("_binary 'x'", "x"), ('"dq\'s"', "dq's"), ("TRUE", "TRUE"), (r"'\\'", "\\"),
    ("'a;b);\n(c'", "a;b);\n(c"), ("CONCAT('a', 'b,c')", "ab,c"), (r"'\\\''", "\\'"),
]  # fmt: skip
STANDARD = [
    (r"'a\b'", r"a\b"), (r"'ends\'", "ends\\"), ("'it''s'", "it's"), (r"E'a\nb\'c\\d\x41'", "a\nb'c\\dA"), ("N'ü'", "ü"),
    ("TIMESTAMP '2026-01-02 03:04:05.6'", "2026-01-02 03:04:05.6"), (r"U&'\000a\+01F600\d83d\de00\\''x'", "\n😀😀\\'x"),
    ("U&'a!0062!!' UESCAPE '!'", "ab!"), ("CAST(N'2026-01-02T03:04:05.1230000' AS DateTime2)", "2026-01-02T03:04:05.1230000"),
    ("CAST(0x0000B3C60034BC00 AS DateTime)", "2026-01-02 03:12:00"),
    ("TO_TIMESTAMP('2026-01-02 03:04:05.006000000','YYYY-MM-DD HH24:MI:SS.FF9')", "2026-01-02 03:04:05.006000"),
    ("to_timestamp('02-JAN-26 03.04.05.600000000 PM','DD-MON-RR HH.MI.SSXFF AM')", "2026-01-02 15:04:05.600000"),
    ("to_date('02.01.2026','DD.MM.YYYY')", "2026-01-02 00:00:00"), ("'a'||CHR(10)||'b||c'", "a\nb||c"),
    ("TO_CLOB('a,b') || TO_CLOB('c')", "a,bc"), (r"STRINGDECODE('a\u00fc\n''b')", "aü\n'b"), ("'x'::character varying", "x"),
    ("'a::b'", "a::b"), ("X'4142'", "AB"), ("NULL", None), ("FALSE", "FALSE"), ("'NULL'", "NULL"), ("(7)", "(7)"),
    ("'e''E'''", "e'E'"), ("EMPTY_CLOB()", None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), MYSQL)
def test_values_of_mysql(read: Reader, written: str, meant: str | None) -> None:
    got = read(f"{CREATE}INSERT INTO `act_ge_property` VALUES ('a',{written}),('b', {written} ),\n\t( 'c' , 'z' );\n")
    assert values(got["GE_PROPERTY"]) == [meant, meant, "z"]


@pytest.mark.parametrize(("written", "meant"), STANDARD)
def test_values_of_standard_sql(read: Reader, written: str, meant: str | None) -> None:
    head = 'INSERT INTO "PUBLIC"."ACT_GE_PROPERTY" ("NAME_", "VALUE_") VALUES'
    got = read(f"{head}\n('a', {written}),\n('b',{written} );\n{head} ('c', 'z');\n")
    assert values(got["GE_PROPERTY"]) == [meant, meant, "z"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO `act_ge_property`(`NAME_`,`VALUE_`) VALUES ('a','b');",
        "insert  into `act_ge_property`(`NAME_`,`VALUE_`) values ('a','b');",
        "INSERT IGNORE INTO `db`.`act_ge_property` (`name_`, `value_`) VALUES\n('a', 'b');",
        "REPLACE INTO act_ge_property (value_, name_) VALUES ('b','a');",
        "INSERT /*!32312 IGNORE */ INTO act_ge_property (name_, value_) VALUES ('a','b') ON DUPLICATE KEY UPDATE name_='x;y';",
        'INSERT INTO public.act_ge_property (name_, value_) OVERRIDING SYSTEM VALUE VALUES\n\t(\'a\', \'b\');',
        "INSERT [dbo].[ACT_GE_PROPERTY] ([NAME_], [VALUE_], [REV_]) VALUES (N'a', N'b', 1)\nGO\nSET IDENTITY_INSERT x OFF\n",
        "REM INSERTING into ACT_GE_PROPERTY, don't\nSET DEFINE OFF;\n"
        "Insert into FOO.ACT_GE_PROPERTY (NAME_,VALUE_) values ('a','b');",
        'MERGE INTO "PUBLIC"."ACT_GE_PROPERTY"("NAME_", "VALUE_") KEY("NAME_") VALUES (\'a\', \'b\');',
        "COPY public.act_ge_property (name_, value_) FROM stdin;\na\tb\n\\.\n",
        "COPY \"x y\".\"act_ge_property\" (\"name_\", value_) FROM stdin;\r\na\tb\r\n\\.\r\n",
        "/* it's */ INSERT INTO act_ge_property (name_, value_) VALUES ('a', 'b')",
        "DROP TABLE x; INSERT INTO my_act_ge_property (name_, value_) VALUES ('a', 'b'); SELECT 1;",
    ],
)  # fmt: skip
def test_statements(read: Reader, statement: str) -> None:
    assert read(statement) == {"GE_PROPERTY": [{"NAME_": "a", "VALUE_": "b"}]}


def test_columns_come_from_create_table(read: Reader) -> None:
    create = (
        "CREATE TABLE IF NOT EXISTS [dbo].[ACT_GE_PROPERTY](\n  [REV_] [numeric](10, 2) DEFAULT (0), -- a, comment's\n"
        "  /* b, */ [VALUE_] varchar(3) CHECK (VALUE_ IN ('a,(', 'b')),\n  NAME_ nvarchar(64) NOT NULL,\n"
        "  CONSTRAINT [PK] PRIMARY KEY (NAME_, [REV_]), UNIQUE (NAME_))\nGO\n"
    )
    assert read(f"{create}INSERT [dbo].[ACT_GE_PROPERTY] VALUES (1.5, N'v', N'n')\nGO\n") == {
        "GE_PROPERTY": [{"NAME_": "n", "VALUE_": "v"}]
    }


@pytest.mark.parametrize(
    "written",
    [r"_binary '\0<\'ÿ\n'", "0x003C27C3BF0A", "0X003c27c3bf0a", "X'003C27C3BF0A'",
     r"'\x003c27c3bf0a'", "HEXTORAW('003C27C3BF0A')",
     "CAST(0x003C27C3BF0A AS varbinary(max))"],
)  # fmt: skip
def test_bytes_become_hexadecimal(read: Reader, written: str) -> None:
    mark = "-- phpMyAdmin SQL\n" if "binary '" in written else ""
    table = "INSERT INTO ACT_GE_BYTEARRAY (ID_, NAME_, BYTES_, DEPLOYMENT_ID_) VALUES"
    got = read(f"{mark}{table} ('1', 'a', {written}, 'd'), ('2', 'b', {written}, NULL), ('3', 'c', NULL, 'd');\n")
    assert [(row["ID_"], row["BYTES_"]) for row in got["GE_BYTEARRAY"]] == [("1", "003c27c3bf0a"), ("3", None)]


def test_bytes_of_copy(read: Reader) -> None:
    got = read("COPY act_ge_bytearray (id_, name_, bytes_, deployment_id_) FROM stdin;\n"
               "1\ta\t\\\\x3C00\td\n2\tb\t<\\\\000\\\\\\\\\td\n3\tc\t\\\\x00\t\\N\n\\.\n")  # fmt: skip
    assert [row["BYTES_"] for row in got["GE_BYTEARRAY"]] == ["3c00", "3c005c"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "gbk"])
def test_encodings(read: Reader, encoding: str) -> None:
    text = "部门" if encoding == "gbk" else "Prüfung’s"
    names = "/*!40101 SET NAMES gbk */;\n" if encoding == "gbk" else ""
    body = f"{names}{CREATE}INSERT INTO `act_ge_property` VALUES ('a','{text.replace(chr(39), chr(92) + chr(39))}');\n"
    assert values(read(body.encode(encoding))["GE_PROPERTY"]) == [text]


def test_raw_bytes_do_not_spoil_the_texts(read: Reader) -> None:
    body = f"{CREATE}INSERT INTO `x` VALUES (_binary '\x01\x02'),('\udcff\udc89PNG');\n"
    body += "INSERT INTO `act_ge_property` VALUES ('ü','部');\n"
    assert read(body.encode("utf-8", "surrogateescape"))["GE_PROPERTY"] == [{"NAME_": "ü", "VALUE_": "部"}]


def test_what_is_no_row_of_a_table_is_passed_over(read: Reader) -> None:
    got = read(
        f"/* it's /* ; */\n-- don't\n# won't\n{CREATE}"
        "INSERT INTO `notes` VALUES ('x\nINSERT INTO act_ge_property VALUES (1,2);\n');\n"
        "DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN\nINSERT INTO act_ge_property VALUES ('evil','x');\n"
        "END ;;\nDELIMITER ;\nINSERT INTO `act_ge_property_backup` VALUES ('old','x');\n"
        "/*!40000 ALTER TABLE `act_ge_property` DISABLE KEYS */;\nINSERT INTO `act_ge_property` VALUES ('a','b');\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
    )
    assert got == {"GE_PROPERTY": [{"NAME_": "a", "VALUE_": "b"}]}


def test_a_table_twice_with_other_columns(read: Reader) -> None:
    got = read(
        "INSERT INTO a.act_ge_property (name_) VALUES ('1');\nINSERT INTO b.act_ge_property (value_, name_) VALUES ('v','2');\n"
        "COPY a.act_ge_property (value_) FROM stdin;\nw\n\\.\nCOPY a.act_ge_property (value_) FROM stdin;\n\\.\n"
    )
    assert [(row["NAME_"], row["VALUE_"]) for row in got["GE_PROPERTY"]] == [("1", None), ("2", "v"), (None, "w")]


def test_values_larger_than_what_is_read_at_once(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poanalyzer.ingest.act.sqlscan.CHUNK", 1 << 16)
    long = "x'\\;),(" * 50_000  # more than one block
    written = long.replace("\\", "\\\\").replace("'", "\\'")
    got = read(f"{CREATE}INSERT INTO `act_ge_property` VALUES ('a','{written}'),('b','{written}'),('c','d');\n")
    assert values(got["GE_PROPERTY"]) == [long, long, "d"]


@pytest.mark.parametrize("size", [64, 100, 1000])
def test_rows_across_the_ends_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("poanalyzer.ingest.act.sqlscan.CHUNK", size)
    monkeypatch.setattr("poanalyzer.ingest.act.sqlscan._LONGEST_START", 256)
    escape = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z", "\t": "\\t"})
    mysql = ",".join(f"('{n}','{text.translate(escape)}')" for n, text in enumerate(NASTY))
    copy = "".join(f"{n}\t{_copied(text)}\n" for n, text in enumerate(NASTY))
    path = tmp_path / "dump.sql.gz"
    more = f"{CREATE}INSERT INTO `act_ge_property` VALUES {mysql};\nINSERT INTO `skipped` VALUES {mysql};\n"
    block = f"COPY act_ge_property (name_, value_) FROM stdin;\n{copy}\\.\nCOPY skipped (a, b) FROM stdin;\n{copy}\\.\n"
    path.write_bytes(gzip.compress(f"{more}{block}".encode()))
    got, malformed = unpacked(InputFile(path, "dump.sql.gz"))
    assert Counter(values(got["GE_PROPERTY"])) == Counter([*NASTY, *NASTY])
    assert malformed == {"GE_PROPERTY": []}


def _copied(text: str) -> str:
    return text.translate(str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}))


# --- dumps that are not right ---


def test_rows_of_another_number_of_values_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        f"{CREATE}INSERT INTO `act_ge_property` VALUES ('a','1'),('b'),('c','3','x'),('d',(4)),('e','5');\n"
        "INSERT INTO `act_ge_property` VALUES ('f','6','y');\n"
        "COPY act_ge_property (name_, value_) FROM stdin;\ng\t7\nh\n\ni\t9\tz\nj\t10\n\\.\n"
    )
    got, malformed = unpacked(InputFile(path, "dump.sql"))
    assert sorted(row["NAME_"] for row in got["GE_PROPERTY"]) == ["a", "d", "e", "g", "j"]
    assert malformed["GE_PROPERTY"][:3] == [2, 3, 6]
    assert len(malformed["GE_PROPERTY"]) == 5


WHOLE = {
    "mysqldump": f"-- MySQL dump 10.13\n\n{CREATE}INSERT INTO `act_ge_property` VALUES ('a','b;'),('c','d\\'');\n"
    "INSERT INTO `z` VALUES ('e'),('f');\n-- Dump completed on 2026-01-02\n",
    "pg_dump": "--\n-- PostgreSQL database dump\n--\n\nCOPY public.act_ge_property (name_, value_) FROM stdin;\na\tb\n"
    "c\td\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n",
}


@pytest.mark.parametrize("kind", WHOLE)
def test_every_shorter_dump_is_refused(read: Reader, kind: str) -> None:
    whole = WHOLE[kind]
    assert len(read(whole)["GE_PROPERTY"]) == 2
    named = whole.index("VALUES (" if kind == "mysqldump" else "stdin;\n") + 10
    for length in range(named, whole.index("omplete")):
        with pytest.raises(InputError, match=r"ends in the middle of|was cut off"):
            read(whole[:length])


@pytest.mark.parametrize(
    "cut",
    [
        "INSERT INTO act_ge_property (name_, value_) VALUES ('a','b'),('c','",
        "INSERT INTO act_ge_property (name_, value_) VALUES ('a','b'),",
        "INSERT INTO x VALUES (1);\nINSERT INTO act_ge_property (name_, value_) VALUES ('a','b')",
        "INSERT INTO act_ge_property (name_, value_) VALUES ('a','b');\nINSERT INTO `other` VALUES ('x",
        "INSERT INTO act_ge_property (name_, value_) VALUES ('a','b');\nINSERT INTO `other` VALUES ('x'),",
        "COPY act_ge_property (name_, value_) FROM stdin;\na\tb\n",
        "COPY act_ge_property (name_, value_) FROM stdin;\na\tb\nc",
        "COPY act_ge_property (name_, value_) FROM stdin;\n",
        "INSERT INTO act_ge_property (name_, value_) VALUES ('a','b');\nCOPY other (x) FROM stdin;\nx\n",
    ],
)
def test_dumps_that_end_in_the_middle(read: Reader, cut: str) -> None:
    with pytest.raises(InputError, match="ends in the middle of"):
        read(cut)


def test_rows_without_column_names(read: Reader) -> None:
    with pytest.raises(InputError, match="have no column names"):
        read("INSERT INTO `act_ge_property` VALUES ('a','b');\n")
    with pytest.raises(InputError, match="stand before its CREATE TABLE"):
        read(f"INSERT INTO `act_ge_property` VALUES ('a','b');\n{CREATE}")


def test_a_script_that_only_creates_tables_is_no_export(tmp_path: Path) -> None:
    """Its tables without rows would look like proof that nothing happened."""
    path = tmp_path / "create.sql"
    path.write_text(
        "create table ACT_HI_INCIDENT (ID_ varchar(64));\ncreate table ACT_HI_PROCINST (ID_ varchar(64));\n"
    )
    assert sqldump.held(InputFile(path, "create.sql")) == {}


def test_a_script_that_creates_all_tables_is_no_export(tmp_path: Path) -> None:
    path = tmp_path / "create.sql"
    path.write_text(
        "create table ACT_GE_PROPERTY (NAME_ varchar(64), VALUE_ varchar(300), REV_ integer);\n"
        "insert into ACT_GE_PROPERTY values ('schema.version', 'fox', 1);\ncreate table ACT_HI_INCIDENT (ID_ varchar(64));\n"
    )
    assert sqldump.held(InputFile(path, "create.sql")) == {}


def test_rows_of_a_query_are_refused(read: Reader) -> None:
    with pytest.raises(InputError, match="result of a query"):
        read(f"{CREATE}INSERT INTO `act_ge_property` (`NAME_`, `VALUE_`) SELECT * FROM secrets;\n")


@pytest.mark.parametrize(
    "written", ["X'zz'", "B'2'", "CHR(99999999)", "U&'\\+FFFFFF'", "CAST(0xFFFFFFFFFFFFFFFF AS DateTime)"]
)
def test_values_that_mean_nothing_stay_as_they_are(read: Reader, written: str) -> None:
    got = read(f"INSERT INTO ACT_GE_PROPERTY (NAME_, VALUE_) VALUES ('a', {written});\n")
    assert len(got["GE_PROPERTY"]) == 1


def test_a_copy_of_nothing_but_malformed_lines(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        "COPY act_ge_property (name_, value_) FROM stdin;\na\nb\tc\td\n\\.\n"
        "COPY act_ge_property (name_, value_) FROM stdin;\n\n\\.\n"
    )
    assert unpacked(InputFile(path, "dump.sql")) == ({"GE_PROPERTY": []}, {"GE_PROPERTY": [1, 2]})


def test_a_table_without_its_data_was_not_exported(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    create = "CREATE TABLE act_hi_incident (id_ text);\nCREATE TABLE act_hi_detail (id_ text);\n"
    path.write_text(
        f"{create}COPY act_hi_detail (id_) FROM stdin;\n\\.\nCOPY act_ge_property (name_) FROM stdin;\na\n\\.\n"
    )
    assert sqldump.held(InputFile(path, "dump.sql")) == {
        "HI_DETAIL": frozenset({"ID_"}), "GE_PROPERTY": frozenset({"NAME_"}),
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "hello", "select 1;", "\0\1\2", "INSERT INTO orders VALUES (1);", "copy that (a", "-- x"]
)
def test_other_files_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.sql"
    path.write_text(text)
    assert sqldump.held(InputFile(path, "x.sql")) == {}


def test_the_adapter_reads_a_dump(tmp_path: Path) -> None:
    path = tmp_path / "company.sql"
    path.write_text(
        "COPY public.act_hi_procinst (id_, proc_inst_id_, proc_def_key_, proc_def_id_, start_time_, end_time_, state_) "
        "FROM stdin;\n"
        "c1\tc1\tp\tp:1:x\t2026-03-02 08:00:00.5\t\\N\tACTIVE\n\\.\n"
    )
    store = Store()
    try:
        settings_ = InputSettings(path=str(path))
        (claim,) = ADAPTER.claim(find_files(str(path), Path(), store.workdir), settings_)
        sink = store.sink(InputRecord(str(path), "camunda7", claim.engine, "engine", False, "0" * 64))
        ADAPTER.read(claim, settings_, Config(project=ProjectSettings(timezone="UTC")), sink)
        (case,) = [row for name, rows in sink.tables if name == "cases" for row in rows.to_pyarrow().to_pylist()]
        assert (case["case_id"], case["state"], case["start"]) == ("c1", "running", 1_772_438_400_500_000)
    finally:
        store.close()


# --- texts of any kind ---

ANY = st.lists(
    st.one_of(st.none(), st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))), max_size=6
)


def _mysqldump(texts: list[str | None]) -> str:
    escape = str.maketrans({"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\x1a": "\\Z"})
    rows = ",".join(
        f"('{n}'," + ("NULL" if t is None else f"'{t.translate(escape)}'") + ")" for n, t in enumerate(texts)
    )
    return f"{CREATE}LOCK TABLES `act_ge_property` WRITE;\n" + (
        f"INSERT INTO `act_ge_property` VALUES {rows};\n" if texts else ""
    )


def _quoted(texts: list[str | None]) -> str:
    head = 'INSERT INTO "PUBLIC"."ACT_GE_PROPERTY"("NAME_", "VALUE_") VALUES\n'
    rows = ",\n".join(
        f"('{n}', " + ("NULL" if t is None else "'" + t.replace("'", "''") + "'") + ")" for n, t in enumerate(texts)
    )
    return f"-- H2 2.1.214;\n{head}('z', 'z');\n" + (f"{head}{rows};        \n" if texts else "")


def _copy(texts: list[str | None]) -> str:
    rows = "".join(f"{n}\t" + ("\\N" if t is None else _copied(t)) + "\n" for n, t in enumerate(texts))
    return f"COPY public.act_ge_property (name_, value_) FROM stdin;\n{rows}\\.\n"


@pytest.mark.parametrize("writer", [_mysqldump, _quoted, _copy])
@settings(deadline=None, max_examples=60)
@given(texts=ANY)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, writer: Callable[[list[str | None]], str], texts: list[str | None]
) -> None:
    path = tmp_path_factory.mktemp("dump") / "dump.sql"
    path.write_bytes(writer(texts).encode())
    got, malformed = unpacked(InputFile(path, "dump.sql"))
    assert values([row for row in got["GE_PROPERTY"] if row["NAME_"] != "z"]) == texts
    assert malformed == {"GE_PROPERTY": []}


PIECES = st.sampled_from(
    ["INSERT INTO act_ge_property (name_) VALUES ", "COPY act_ge_property (name_) FROM stdin;\n", "DELIMITER ;;\n", "(", ")",
     "CREATE TABLE act_ge_property (name_ t)", "'", '"', "`", ",", ";", "\n", "\\", "\\.", "--", "/*", "*/", "$$", "E'", "x",
     "NULL", "0x", "X'", "U&'", "CAST(", "CHR(9)", "||", "#"]
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(pieces=st.lists(PIECES, max_size=30))
def test_no_file_is_too_odd(tmp_path_factory: pytest.TempPathFactory, pieces: list[str]) -> None:
    """Whatever a file holds: rows come of it, or an error that a person can read."""
    path = tmp_path_factory.mktemp("odd") / "dump.sql"
    path.write_text("INSERT INTO act_ge_property (name_) VALUES ('first');\n" + "".join(pieces))
    try:
        got = unpacked(InputFile(path, "dump.sql"))[0]
    except InputError as error:
        assert error.where
    else:
        assert {"NAME_": "first"}.items() <= got["GE_PROPERTY"][0].items()


# --- times ---


@pytest.mark.parametrize(
    ("text", "mask", "iso"),
    [
        ("02-MAR-26 12.00.00,5 AM", "DD-MON-RR HH.MI.SSXFF AM", "2026-03-02 00:00:00.5"),
        ("2026-03-02T08:00:00", 'YYYY-MM-DD"T"HH24:MI:SS', "2026-03-02 08:00:00"),
        ("02.03.99", "DD.MM.RR", "1999-03-02 00:00:00"),
        ("some day", "DD.MM.RR", "some day"),
        ("2026-03-02", "Q", "2026-03-02"),
    ],
)
def test_times_of_oracle(text: str, mask: str, iso: str) -> None:
    assert masked_time(text, mask) == iso


def test_times_of_sql_server() -> None:
    # 2026-01-02 is day 46,022 after 1900-01-01 and day 739,617 after 0001-01-01; 03:04:05.6 is 11,045.6 seconds
    assert binary_time(f"{46022:08x}{11045 * 300 + 180:08x}", "datetime") == b"2026-01-02 03:04:05.600000"
    two = bytes([7]) + int(11045.6 * 10**7).to_bytes(5, "little") + (739617).to_bytes(3, "little")
    assert binary_time(two.hex(), "datetime2") == b"2026-01-02 03:04:05.600000"
    assert binary_time("41", "varchar") is None


def test_the_pass_leaves_no_files(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(_copy(["a"]))
    store = Store()
    try:
        sink = store.sink(InputRecord("dump.sql", "camunda7", "camunda7", "engine", False, "0" * 64))
        for part in sqldump.parts([InputFile(path, "dump.sql")], sink):
            assert [batch.num_rows for batch in part.batches()] == [1]
        assert _files(store.workdir) == []
    finally:
        store.close()


def _files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("dump_*"))
