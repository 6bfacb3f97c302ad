"""Spark gives what DuckDB gives: every figure, its interval and its evidence, on logs of several engines.

Spark here runs on one core of this machine, except for one test that starts a cluster of one worker.
"""

from __future__ import annotations

import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from poanalyzer import pipeline
from poanalyzer.config import load_config
from poanalyzer.errors import InputError, UsageError
from poanalyzer.eventlog import spark
from poanalyzer.eventlog.quality import findings
from poanalyzer.eventlog.spark import engine
from poanalyzer.eventlog.store import EventLog
from poanalyzer.maturity import load_model
from poanalyzer.measure import measure_all
from poanalyzer.mine.flow import directly_follows, variant_counts
from poanalyzer.mine.mined import Mined
from poanalyzer.rate import rate_model
from poanalyzer.report import render
from poanalyzer.results import Status
from tests.cli import run
from tests.data import EVENT_LOGS
from tests.traces import mined

needs_spark = pytest.mark.skipif(
    find_spec("pyspark") is None or not (shutil.which("java") or os.environ.get("JAVA_HOME")),
    reason="needs the extra “spark” and Java 17 (Debian: apt-get install default-jre-headless)",
)
#: Compiling thoroughly does not pay for a minute of small queries.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(autouse=True, scope="module")
def small_java() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_SUBMIT_OPTS", _JAVA_OPTIONS)
        patch.setenv("SPARK_DRIVER_MEMORY", "1500m")
        yield


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Return what differs between two results; numbers may by 1e-9."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(k for k in other if k not in one)]
        return [d for k in keys for d in differences(one.get(k), other.get(k), f"{where}.{k}")]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return [d for n, pair in enumerate(zip(one, other, strict=True)) for d in differences(*pair, f"{where}[{n}]")]
    if isinstance(one, float) and isinstance(other, float):
        same = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (one != one and other != other)
    else:
        same = type(one) is type(other) and one == other
    return [] if same else [f"{where}: {one!r} is not {other!r}"]


def result(log: EventLog) -> dict[str, Any]:
    """Return all that is computed from a log: metrics with evidence, ratings, quality, and some reductions whole."""
    reductions = Mined(log)
    metrics = measure_all(reductions)
    keys = [p.key for p in reductions.productive]
    rated = rate_model(load_model("pomm"), metrics, keys, role_declared=True, config=log.config, volumes=None)
    return {
        "metrics": {f"{m.id} of {m.process}": asdict(m) for m in metrics},
        "rated": asdict(rated),
        "quality": [asdict(f) for f in findings(log)],
        "log": asdict(pipeline._summary(reductions)),
        "variants": {p: asdict(v) for p, v in reductions.of(variant_counts).items()},
        "follows": sorted(map(tuple, reductions.of(directly_follows).to_numpy().tolist())),
    }


def on_both(open_log: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    with open_log() as log:
        by_duckdb = result(log)
    with engine("local[1]") as session, open_log() as log:
        assert session is not None
        session.take(log)
        assert log.con.name == "pyspark"
        by_spark = result(log)
    return by_duckdb, by_spark


def count(found: dict[str, Any], status: Status = Status.MEASURED) -> int:
    return len({m["id"] for m in found["metrics"].values() if m["status"] is status})


#: Retries, repairs, a rollback, rework, overlap, a parallel pair, a running case, two versions, variables, an outside source.
ORDERS = """
× 40
o  Check  0–10    human:sue  userTask  assigned=4
o  Pay    10–30   bot  serviceTask  endpoint=bank
o  Pick   30–60   human:ann  userTask  assigned=40  due=50
o  Book   35–50   system  serviceTask  endpoint=carrier
o  Ship   60–61   system  serviceTask
attempts:
o  Pay  15
variables:
o  amount  value=12
cases:
o  process_version=1  business_key=o
× 20
r  Check  0–10    human:tom  userTask
r  Pay    10–90   bot  serviceTask  endpoint=bank
r  Check  90–95   human:sue  userTask
r  Ship   95–95   system  serviceTask
exceptions:
r  Pay  12–85  operator
cases:
r  process_version=2  end_element_id=Shipped
× 12
f  Check  0–10    human:tom  userTask
f  Pay    10–70   bot  serviceTask  state=canceled  endpoint=bank
exceptions:
f  Pay  12–  none  kind=deadline
cases:
f  state=terminated  process_version=2
× 3
w  Check  5–      ?  userTask
× 1
elements:
Check  userTask
Pay    serviceTask  name=Pay_the_bill
Ship   serviceTask
deployments:
1  0
2  3d 0
outside:
o  Phone  12–20  human:sue  -
o  Pay    10–30  bot  -
"""
ORDERS_CONFIG: dict[str, Any] = {
    "process": [
        {"key": "p", "parallel": [["Pick", "Book"]], "outcome": {"success": ["Ship"]}, "automatable": ["Check"]}
    ],
    "kpi": [{"id": "cycle-time", "process": ["p"], "measure": "cycle-time", "target": "<= 1 h", "owner": "Head"}],
}


@needs_spark
def test_every_figure_of_a_hand_written_log() -> None:
    by_duckdb, by_spark = on_both(lambda: mined(ORDERS, ORDERS_CONFIG, every=180).log)
    assert count(by_duckdb) >= 40
    assert differences(by_duckdb, by_spark) == []
    # by hand: 40 cases with one failed try, 20 with an incident, 12 with a missed deadline, of 72 closed cases
    assert by_spark["metrics"]["exception-rate of p"]["value"] == 1.0
    assert by_spark["metrics"]["incident-free-rate of p"]["value"] == pytest.approx(52 / 72, rel=1e-12)
    assert by_spark["variants"][0]["variants"] == 4


def plain_log() -> str:
    """Return a CSV of sixty cases, one an hour: every fifth is checked twice, in every third billing and shipping overlap."""
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    lines = ["case,activity,start,end,resource"]
    for case in range(60):
        again = [("check", 30, 45, "ann")] if case % 5 == 0 else []
        bill = [("bill", 50, 58, "bot-1"), ("ship", 55 if case % 3 == 0 else 60, 75, "svc-carrier")]
        for name, first, last, who in [("register", 0, 9, "sue"), ("check", 10, 29, "ann"), *again, *bill]:
            start, end = (begin + timedelta(hours=case, minutes=minutes) for minutes in (first, last))
            lines.append(f"c{case},{name},{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},{who}")
    return "\n".join(lines) + "\n"


@needs_spark
def test_the_program_says_the_same_of_a_plain_log_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, work = tmp_path / "scratch", tmp_path / "work"
    scratch.mkdir()
    work.mkdir()
    (work / "plain.csv").write_text(plain_log(), encoding="utf-8")
    environment = {**os.environ, "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "poanalyzer", "assess", "plain.csv", "--backend", "local[1]", "--format", "json"]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "poanalyzer-report/assessment.json\n"
    assert "WARN" not in done.stderr and "Spark" not in done.stderr
    assert sorted(p.name for p in work.iterdir()) == ["plain.csv", "poanalyzer-report"]
    assert list(scratch.glob("poanalyzer*")) == []

    by_spark = asdict(pipeline.load(work / "poanalyzer-report/assessment.json"))
    assert by_spark["run"]["backend"].startswith("pyspark ")
    monkeypatch.chdir(work)
    render(pipeline.assess(["plain.csv"]), ["json"], tmp_path)
    by_duckdb = asdict(pipeline.load(tmp_path / "assessment.json"))
    for told in (by_duckdb, by_spark):
        del told["run"]
        for process in told["processes"]:
            del process["discovery"]  # it may run out of time
    assert differences(by_duckdb, by_spark) == []

    portfolio = {m["id"]: m["value"] for m in by_spark["metrics"] if m["process"] is None}
    assert portfolio["rework-rate"] == pytest.approx(12 / 60, rel=1e-12)
    assert portfolio["parallel-case-share"] == pytest.approx(20 / 60, rel=1e-12)
    assert by_spark["log"]["variants"] == 2


@needs_spark
@pytest.mark.parametrize("name", ["camunda7-orders", "flowable-permits"])
def test_every_figure_of_an_export(name: str) -> None:
    folder = EVENT_LOGS / name
    config = load_config(folder / "poanalyzer.toml")
    by_duckdb, by_spark = on_both(lambda: pipeline.read(config=config))
    assert count(by_duckdb) >= 50
    assert differences(by_duckdb, by_spark) == []


@needs_spark
def test_tables_have_the_types_of_their_expressions_and_need_no_python_on_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ibis

    monkeypatch.setenv("PYSPARK_PYTHON", "/no/such/python")
    with engine("local[1]") as session, mined(ORDERS, every=180).log as log:
        assert session is not None
        session.take(log)
        numbered = log.con.create_table("t_numbered", log.coded("d_activity").select(number=ibis.row_number()))
        wide = ibis.memtable({"number": [2**40]}, schema=ibis.schema({"number": "int64"}))
        assert log.con.to_pandas(ibis.union(numbered, wide))["number"].max() == 2**40
        nothing = ibis.memtable([], schema=ibis.schema({"number": "int64"}))
        assert log.con.execute(ibis.union(numbered, nothing).count()) == log.con.execute(numbered.count())


@needs_spark
def test_a_folder_that_spark_does_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    with engine("local[1]") as session, mined(ORDERS, every=180).log as log:
        assert session is not None
        monkeypatch.setattr(type(log.con), "to_parquet", lambda *_: None)
        with pytest.raises(InputError, match="Spark cannot share this folder") as told:
            session.take(log)
    assert "Set TMPDIR" in told.value.fix and "PATH_NOT_FOUND" in told.value.fix


@needs_spark
def test_a_cluster(tmp_path: Path) -> None:
    with cluster(tmp_path) as master, engine(master) as session, mined(ORDERS, every=180).log as log:
        assert session is not None
        session.take(log)
        reductions = Mined(log)
        assert reductions.of(variant_counts)[0].variants == 4
        assert int(reductions.of(directly_follows)["count"].sum()) == 40 * 5 + 20 * 4 + 12 * 2 + 3


@needs_spark
def test_a_cluster_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "WORKER_SECONDS", 3.0)
    with (
        cluster(tmp_path, workers=0) as master,
        pytest.raises(InputError, match="gave no worker within 3 seconds"),
        engine(master),
    ):
        pass


@contextmanager
def cluster(folder: Path, workers: int = 1) -> Iterator[str]:
    """Run a standalone cluster on this machine; give its address."""
    import pyspark

    port = free_port()
    program = Path(pyspark.__file__).parent / "bin/spark-class"
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(folder / "worker")}
    master = f"spark://127.0.0.1:{port}"
    of_master = ["Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port())]
    of_worker = ["Worker", "--host", "127.0.0.1", "--webui-port", str(free_port()), "-c", "1", "-m", "1g", master]
    running = []
    try:
        for name, *options in [of_master, *[of_worker] * workers]:
            command = [str(program), f"org.apache.spark.deploy.{name.lower()}.{name}", *options]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            running.append(subprocess.Popen(command, env=environment, **quiet))  # type: ignore[call-overload]
            await_port(port)
        yield master
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(timeout=60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def await_port(port: int, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < until, "the master does not listen"
            time.sleep(0.2)


@pytest.mark.parametrize(
    "name", ["spark", "DuckDB", "local[", "local[x]", "yarn", "spark://host", "postgresql://h/d", ""]
)
def test_a_name_that_is_no_back_end(name: str) -> None:
    with pytest.raises(UsageError, match="there is no such back end") as told:
        engine(name)
    assert "local[4]" in told.value.fix


def test_without_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="pyspark is not installed") as told:
        engine("local")
    assert "poanalyzer[spark]" in told.value.fix


def test_without_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UsageError, match="Spark needs Java, and there is none") as told:
        engine("local")
    assert "apt-get install" in told.value.fix
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    with pytest.raises(UsageError, match=r"Spark needs Java 17; .*java is 11"):
        engine("local")


@needs_spark
def test_a_master_that_nobody_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(plain_log(), encoding="utf-8")
    master = f"spark://127.0.0.1:{free_port()}"
    done = run(capsys, "assess", path, "--out", tmp_path / "out", "--backend", master)
    assert done.code == 2
    assert f"{master}: the Spark master cannot be reached" in done.err
    assert not (tmp_path / "out").exists()
