"""Tables ``ACT_*`` live from PostgreSQL: the same rows as from CSV, nothing written there, no secret written here."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import signal
import time
from pathlib import Path

import pytest

from poanalyzer.config import Config, InputSettings, parse_config
from poanalyzer.errors import InputError
from poanalyzer.ingest.live import fetch, parse_url
from poanalyzer.ingest.live import postgres as live_postgres
from poanalyzer.pipeline import read
from poanalyzer.results import Problem
from tests.cli import run, run_process, start
from tests.data import EVENT_LOGS, test_data
from tests.live import ZONE, load, load_models, rows_of, same
from tests.postgres import Postgres

ORDERS = EVENT_LOGS / "camunda7-orders" / "engine"
SECRET = "Geheim+/%#1"
SECRET_IN_URL = "Geheim%2B%2F%25%231"


@pytest.fixture(scope="module")
def orders(postgres: Postgres) -> str:
    """The database of the shipped orders, with the models that were deployed."""
    name = load(postgres, sorted(ORDERS.glob("*.csv.gz")))
    definitions = csv.DictReader(io.StringIO(gzip.decompress((ORDERS / "ACT_RE_PROCDEF.csv.gz").read_bytes()).decode()))
    models = [
        (row["DEPLOYMENT_ID_"], row["RESOURCE_NAME_"], ORDERS / f"{row['KEY_']}_v{row['VERSION_TAG_'][0]}.bpmn")
        for row in definitions
    ]
    load_models(postgres, name, models)
    postgres.psql("CREATE TABLE act_hi_procinst_old AS SELECT * FROM act_hi_procinst", name)
    return name


@pytest.fixture(scope="module")
def reader(postgres: Postgres, orders: str) -> str:
    """A role that may read the orders and nothing else; its password has every sign that URLs make trouble of."""
    postgres.psql(
        f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'; GRANT USAGE ON SCHEMA public TO reader; "
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        orders,
    )
    return postgres.url(orders, user="reader", password=SECRET_IN_URL)


# the same rows


def test_the_shipped_orders_read_live_are_what_their_files_say(reader: str) -> None:
    live = rows_of(reader)
    same(live, rows_of(str(ORDERS)))
    assert sum(live["activities"].values()) > 1000 and sum(live["elements"].values()) > 30


def test_a_real_export_read_live_is_what_its_files_say(postgres: Postgres, tmp_path: Path) -> None:
    folder = test_data("exports/camunda7/db")
    files = sorted(f for f in folder.glob("ACT_*.csv") if not f.name.startswith("ACT_RU_"))
    for file in files:
        shutil.copy(file, tmp_path)
    same(rows_of(postgres.url(load(postgres, files, "camunda"), query="schema=camunda")), rows_of(str(tmp_path)))


def test_times_with_a_zone_are_instants_and_others_the_engines_clock(postgres: Postgres) -> None:
    database = postgres.database()
    postgres.psql(
        "SET timezone = 'America/New_York';"
        "CREATE TABLE act_hi_procinst (id_ text, proc_inst_id_ text, proc_def_key_ text, start_time_ timestamp, "
        "end_time_ timestamptz, state_ text);"
        "INSERT INTO act_hi_procinst VALUES ('c', 'c', 'p', '2026-07-01 08:00:00.5', '2026-07-01 09:00:00.123456+02',"
        "'COMPLETED'), ('d', 'd', 'p', '2026-01-01 08:00', 'infinity', 'ACTIVE')",
        database,
    )
    with read([postgres.url(database)], ZONE) as log:
        found = {row["case_id"]: row for row in log.table("cases").to_pyarrow().to_pylist()}
    assert f"{found['c']['start']} {found['c']['end']}" == "2026-07-01 06:00:00.500000 2026-07-01 07:00:00.123456"
    assert f"{found['d']['start']} {found['d']['end']}" == "2026-01-01 07:00:00 None"


def test_two_copies_of_the_same_tables_are_the_same_bytes(reader: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (fetch(reader, tmp_path / name) for name in ("one", "two"))
    assert [f.sha256() for f in one] == [f.sha256() for f in two]
    assert [f.name for f in one] == [f.name for f in two] and len(one) == 14


# read-only, one snapshot, limits


def test_the_session_cannot_write_and_says_who_it_is(postgres: Postgres, orders: str) -> None:
    import psycopg

    with live_postgres.session(parse_url(postgres.url(orders, query="statement_timeout=90s"))) as session:
        cursor = session.con.con.cursor()
        shown = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in (
            "transaction_read_only", "transaction_isolation", "statement_timeout", "lock_timeout", "application_name",
            "idle_in_transaction_session_timeout",
        )]  # fmt: skip
        assert shown == ["on", "repeatable read", "90s", "10s", "poanalyzer", "10min"]
        for statement in ("DELETE FROM act_hi_procinst", "CREATE TABLE x (y int)", "SET transaction_read_only = off"):
            with pytest.raises(psycopg.Error, match=r"read-only|read-write"), session.con.con.transaction():
                cursor.execute(statement)


def test_all_tables_are_of_one_moment(postgres: Postgres, tmp_path: Path) -> None:
    database = postgres.database()
    create = "(id_ text, proc_inst_id_ text, act_id_ text, start_time_ timestamp)"
    postgres.psql(f"CREATE TABLE act_hi_actinst {create}; CREATE TABLE act_hi_procinst {create}", database)

    def insert(label: str, share: float) -> None:
        if label == "act_hi_actinst" and share == 0.0:
            row = "VALUES ('a', 'a', 'a', now())"
            postgres.psql(f"INSERT INTO act_hi_actinst {row}; INSERT INTO act_hi_procinst {row}", database)

    def rows() -> list[int]:
        from pyarrow import parquet

        return [
            parquet.read_metadata(f.path).num_rows for f in fetch(postgres.url(database), tmp_path, progress=insert)
        ]

    assert rows() == [0, 0]  # what is written while it is being read is not seen, in no table
    assert rows() == [1, 1]


def test_rows_come_in_batches_and_progress_goes_by_rows(postgres: Postgres, tmp_path: Path) -> None:
    from pyarrow import parquet

    database = postgres.database()
    postgres.psql(
        "CREATE TABLE act_hi_actinst AS SELECT i::text AS id_, 'p' AS proc_inst_id_, 'a' AS act_id_, now()::timestamp AS "
        "start_time_ FROM generate_series(1, 50000) i; CREATE TABLE act_hi_procinst AS SELECT * FROM act_hi_actinst LIMIT "
        "10000; ANALYZE",
        database,
    )
    told: list[tuple[str, float]] = []
    files = fetch(postgres.url(database), tmp_path, progress=lambda label, share: told.append((label, round(share, 2))))
    metadata = parquet.read_metadata(files[0].path)
    groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert groups == [20_000, 20_000, 10_000]
    assert [t for t in told if t[0].startswith("act")] == [
        ("act_hi_actinst", 0.0), ("act_hi_actinst", 0.33), ("act_hi_actinst", 0.67), ("act_hi_actinst", 0.83),
        ("act_hi_procinst", 0.83), ("act_hi_procinst", 1.0),
    ]  # fmt: skip


def slow(postgres: Postgres, seconds: int) -> str:
    """Return a database whose activities take their time."""
    database = postgres.database()
    postgres.psql(
        "CREATE TABLE act_hi_procinst (id_ text, proc_inst_id_ text, start_time_ timestamp);"
        "CREATE VIEW act_hi_actinst AS SELECT 'a' AS id_, 'c' AS proc_inst_id_, 'x' AS act_id_, now()::timestamp AS "
        f"start_time_, pg_sleep({seconds})::text AS act_name_",
        database,
    )
    return database


def test_a_statement_that_takes_too_long_is_ended_and_named(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.url(slow(postgres, 20), query="statement_timeout=300ms")
    with pytest.raises(InputError, match=r"public\.act_hi_actinst: a statement took longer than 0\.3 s") as caught:
        fetch(url, tmp_path)
    assert "statement_timeout=" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_a_lock_is_not_waited_for_long(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    database = slow(postgres, 0)
    monkeypatch.setattr(live_postgres, "_LIMITS", (("lock_timeout", "100ms"),))
    with psycopg.connect(postgres.url(database)) as other:
        other.execute("LOCK TABLE act_hi_procinst IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(InputError, match=r"act_hi_procinst: somebody has locked it"):
            fetch(postgres.url(database), tmp_path)


def test_a_connection_that_breaks_leaves_nothing(
    postgres: Postgres, orders: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def kill(label: str, share: float) -> None:
        if label == "act_hi_job_log":
            ours = "application_name = 'poanalyzer'"
            postgres.psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")

    with pytest.raises(InputError, match=r"the connection was lost: could not copy public\.act_hi_job_log"):
        fetch(postgres.url(orders), tmp_path, progress=kill)
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr().err == ""


def test_ctrl_c_ends_the_statement_on_the_server(postgres: Postgres) -> None:
    database = slow(postgres, 60)
    active = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND state = 'active'"
    process = start("inspect", postgres.url(database))
    for _ in range(200):
        if postgres.psql(active) == "1":
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")
    for _ in range(50):
        if postgres.psql(active) == "0":
            return
        time.sleep(0.1)
    pytest.fail("the statement still runs on the server")


# what may not be read


def test_tables_and_columns_without_rights_count_as_not_exported(
    postgres: Postgres, orders: str, tmp_path: Path
) -> None:
    postgres.psql(
        "CREATE ROLE narrow LOGIN PASSWORD 'n4rrow'; GRANT SELECT ON act_hi_procinst, act_hi_actinst, act_re_procdef, "
        "act_ge_property TO narrow; GRANT SELECT (id_, proc_inst_id_, name_, var_type_) ON act_hi_varinst TO narrow",
        orders,
    )
    problems: list[Problem] = []
    files = fetch(postgres.url(orders, user="narrow", password="n4rrow"), tmp_path, problems=problems)
    read_tables = {f.name.split("!")[1] for f in files}
    assert read_tables == {
        f"act_{name}.parquet" for name in ("hi_procinst", "hi_actinst", "re_procdef", "ge_property", "hi_varinst")
    }
    said = {p.text.split(" may not")[0] for p in problems}
    assert {"ACT_HI_INCIDENT", "ACT_HI_JOB_LOG", "ACT_GE_BYTEARRAY"} <= said
    assert any(text.endswith("of ACT_HI_VARINST") and "text_" in text for text in said)
    with read([postgres.url(orders, user="narrow", password="n4rrow")], ZONE) as log:
        assert log.inputs[0].capabilities["incidents"].available == "no"
        assert {p.text.split(" may not")[0] for p in log.problems} >= {"ACT_HI_INCIDENT", "ACT_HI_JOB_LOG"}


def test_a_central_table_without_rights_is_an_error(postgres: Postgres, orders: str, tmp_path: Path) -> None:
    postgres.psql("CREATE ROLE blind LOGIN PASSWORD 'bl1nd'; GRANT SELECT ON act_hi_procinst TO blind", orders)
    with pytest.raises(InputError, match=r"permission denied for table public\.act_hi_actinst") as caught:
        fetch(postgres.url(orders, user="blind", password="bl1nd"), tmp_path)
    assert "GRANT SELECT ON public.act_hi_actinst" in caught.value.fix


def test_a_view_whose_tables_are_closed_is_left_out(postgres: Postgres, tmp_path: Path) -> None:
    database = slow(postgres, 0)
    postgres.psql(
        "CREATE TABLE hidden (id_ text); CREATE VIEW act_hi_incident WITH (security_invoker) AS SELECT id_ FROM hidden;"
        "CREATE ROLE viewer LOGIN PASSWORD 'v1ewer'; GRANT SELECT ON act_hi_incident, act_hi_procinst, act_hi_actinst "
        "TO viewer",
        database,
    )
    problems: list[Problem] = []
    files = fetch(postgres.url(database, user="viewer", password="v1ewer"), tmp_path, problems=problems)
    assert sorted(f.name.split("!")[1] for f in files) == ["act_hi_actinst.parquet", "act_hi_procinst.parquet"]
    assert ["permission denied for table hidden" in p.text for p in problems] == [True]


def test_where_there_are_no_tables_the_schemas_are_named(postgres: Postgres, tmp_path: Path) -> None:
    database = postgres.database()
    with pytest.raises(InputError, match=r"no tables ACT_HI_… found \(schemas searched: public\)"):
        fetch(postgres.url(database), tmp_path)
    postgres.psql("CREATE SCHEMA wf; CREATE TABLE wf.act_hi_procinst (id_ text, start_time_ timestamp)", database)
    with pytest.raises(InputError) as caught:
        fetch(postgres.url(database), tmp_path)
    assert f"…/{database}/wf" in caught.value.fix
    found = fetch(postgres.url(f"{database}/wf"), tmp_path)
    assert [f.name for f in found] == [f"postgresql://127.0.0.1:{postgres.port}/{database}/wf!act_hi_procinst.parquet"]


@pytest.mark.parametrize(
    ("change", "what", "fix"),
    [
        (("boss:s3cret-of-boss", f"boss:{SECRET_IN_URL}"), "password authentication failed", "PGPASSWORD"),
        (("/postgres", "/nowhere"), 'database "nowhere" does not exist', "names of database"),
        (("/postgres", "/postgres?sslmod=require"), 'invalid connection option "sslmod"', "spell it"),
        (("127.0.0.1:{port}", "127.0.0.1:1"), "refused", "server is running"),
        (("127.0.0.1", "no-such-host.invalid"), "no-such-host.invalid", "Check host"),
    ],
)
def test_what_keeps_it_from_connecting_is_said(
    postgres: Postgres, tmp_path: Path, change: tuple[str, str], what: str, fix: str
) -> None:
    url = postgres.url().replace(change[0].format(port=postgres.port), change[1])
    with pytest.raises(InputError, match="cannot connect") as caught:
        fetch(url, tmp_path)
    said = str(caught.value)
    assert what in said and fix in caught.value.fix
    assert "s3cret" not in said and SECRET not in said and SECRET_IN_URL not in said


# credentials


def everything_below(folder: Path) -> bytes:
    return b"\n".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


@pytest.mark.slow
def test_no_secret_is_written_anywhere(
    reader: str, orders: str, postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    project = tmp_path / "poanalyzer.toml"
    runs = [
        run_process("assess", reader, "-vv", "-o", out, "--format", "html,json,md", TMPDIR=str(temporary)),
        run_process("init", reader, "-vv", "-o", project, TMPDIR=str(temporary)),
    ]
    assert [done.code for done in runs] == [0, 0], [done.err for done in runs]
    wrong = [
        run(capsys, "inspect", reader.replace("Geheim", "Wrong-Geheim"), "-vv"),
        run(capsys, "inspect", reader.replace(f":{postgres.port}", ":1"), "-vv"),
        run(capsys, "inspect", reader + "?statement_timeout=1ms&sslpassword=Geheim", "-vv"),
        run(capsys, "inspect", reader + "?sslmod=Geheim", "-vv"),
        run(capsys, "inspect", reader.replace("postgresql:", "postgressql:"), "-vv"),
        run(capsys, "inspect", reader.replace("postgresql://", "postgresql:/"), "-vv"),
        run(capsys, "inspect", reader.replace(SECRET_IN_URL, f"Geheim?{SECRET}"), "-vv"),
        run(capsys, "report", reader, "-vv"),
        run(capsys, reader, "-vv"),
    ]
    assert [done.code for done in wrong] == [2] * len(wrong), [done.err for done in wrong]
    written = everything_below(tmp_path) + b"".join((done.out + done.err).encode() for done in runs + wrong)
    shown = f"postgresql://127.0.0.1:{postgres.port}/{orders}"
    assert f'path = "{shown}"' in project.read_text()
    assert shown.encode() in (out / "assessment.json").read_bytes()
    assert b"Geheim" not in written and b"reader:" not in written
    assert not list(temporary.iterdir())


@pytest.mark.usefixtures("reader")
def test_the_account_may_come_from_the_environment(
    postgres: Postgres, orders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGUSER", "reader")
    monkeypatch.setenv("PGPASSWORD", SECRET)
    monkeypatch.setenv("PGPORT", str(postgres.port))
    assert len(fetch(f"postgresql://127.0.0.1/{orders}", tmp_path)) == 14


def test_a_url_of_the_call_takes_the_settings_of_its_database(reader: str, orders: str, postgres: Postgres) -> None:
    shown = f"postgres://127.0.0.1:{postgres.port}/{orders}"
    config = parse_config({"input": [{"path": shown, "timezone": "Europe/Berlin"}]})
    with read([reader], config) as log:
        assert [(r.path, r.timezone, r.adapter) for r in log.inputs] == [
            (shown.replace("postgres:", "postgresql:"), "Europe/Berlin", "camunda7")
        ]
    declared = Config(input=[InputSettings(path=reader, timezone="Europe/Berlin")], base=Path("elsewhere"))
    with read([], declared) as log:
        assert len(log.inputs) == 1
