"""Apache Spark in place of DuckDB: for logs that outgrow one machine's memory or the patience of its owner.

Inputs are always read and coded by DuckDB. Then the stored tables go to Parquet files, and an Ibis connection to Spark
over these files takes the place of the log's own: everything that mines and measures is an Ibis expression, and the same
ones run there. A cluster's workers must see the files: they are written to the folder for temporary files (``TMPDIR``).
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError, UsageError
from poanalyzer.eventlog.coding import STORED
from poanalyzer.eventlog.schema import TABLES
from poanalyzer.eventlog.store import machine_memory

if TYPE_CHECKING:
    import ibis
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    from poanalyzer.eventlog.store import EventLog

OLDEST_JAVA = 17
#: Seconds after which a master that does not answer, or gives no worker, counts as unreachable.
MASTER_SECONDS, WORKER_SECONDS = 10.0, 60.0
#: With fewer activities than this a query's compilation costs more than its run.
SMALL = 500_000
_DICTIONARIES = ("d_process", "d_activity", "d_step", "d_resource")
_FIX_NAME = "Known: duckdb, local (all cores of this machine), local[4], spark://host:port."

#: What every session has: no pages, no network of its own, errors instead of overflows, and times as they are stored.
_SETTINGS = {
    "spark.app.name": "poanalyzer",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
#: Small logs: interpret the plans instead of compiling them to Java, in one task each.
_QUICK = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}
#: Large ones on this machine: more shuffle files than its cores need would only cost their opening.
_LARGE = {"spark.sql.shuffle.partitions": str(8 * (os.cpu_count() or 1))}


class Spark:
    """A Spark session for one log: :meth:`take` makes it the log's engine, and closing the log ends it."""

    def __init__(self, master: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="poanalyzer-spark-"))
        self._interrupt = signal.getsignal(signal.SIGINT)
        self._master = master
        try:
            self.session = _session(master, self._folder)
        except BaseException:
            self._tidy()
            raise

    def __enter__(self) -> Spark:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.stop()
        self._tidy()

    def _tidy(self) -> None:
        if signal.getsignal(signal.SIGINT) is not self._interrupt:  # Spark's own handler needs a running session
            signal.signal(signal.SIGINT, self._interrupt)
        shutil.rmtree(self._folder, ignore_errors=True)

    def take(self, log: EventLog) -> None:
        """Move the stored tables to Spark and close the DuckDB store.

        Raises :class:`InputError` where workers cannot read what is written here, or the other way round.
        """
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        rows, cases = log.row_count("activities"), log.row_count("cases")
        names = (*_DICTIONARIES, *(STORED.get(table, table) for table in TABLES))
        for key, value in (_QUICK if rows < SMALL else _LARGE if self._master.startswith("local") else {}).items():
            self.session.conf.set(key, value)
        for name in names:
            log.con.to_parquet(log.con.table(name), self._folder / f"{name}.parquet")
        log.close()
        log.con, log.workdir = _connection(self.session), self._folder
        try:
            for name in names:
                path = (self._folder / f"{name}.parquet").as_uri()
                self.session.read.parquet(path).createOrReplaceTempView(name)
            shared = log.row_count("cases") == cases and self._writes()
            said = ""
        except (PySparkException, Py4JError) as error:
            shared, said = False, f" Spark says: {' '.join(str(error).split())[:200]}"
        if not shared:
            raise InputError(
                "Spark cannot share this folder",
                where=f"{self._master}, {self._folder}",
                fix="Set TMPDIR to a folder that this machine and all workers can read and write under the same name."
                + said,
            )

    def _writes(self) -> bool:
        """Tell whether what a worker writes can be read again."""
        if self._master.startswith("local"):
            return True
        self.session.range(1).write.saveAsTable("t_shared")
        return bool(self.session.table("t_shared").count() == 1)


def engine(name: str) -> AbstractContextManager[Spark | None]:
    """Return the engine of this name to run a log on: None for the log's own DuckDB.

    ``name``: ``duckdb``, ``local`` (Spark on all cores of this machine), ``local[N]`` or ``spark://host:port``. Raises
    :class:`UsageError` for other names and where pyspark or Java is missing, :class:`InputError` where a master or its
    workers cannot be reached: all of it before anything is read.
    """
    if name == "duckdb":
        return nullcontext(None)
    if not re.fullmatch(r"local(\[(\d+|\*)\])?|spark://[^/\s]+:\d+(,[^/\s]+:\d+)*", name):
        raise UsageError(f"--backend {name}: there is no such back end", fix=_FIX_NAME)
    if find_spec("pyspark") is None:
        raise UsageError("pyspark is not installed", fix="pip install 'poanalyzer[spark]'")
    _check_java()
    if name.startswith("spark://"):
        _reach(name)
    return Spark("local[*]" if name == "local" else name)


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    fix = f"Install Java {OLDEST_JAVA} or later (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME."
    if java is None:
        raise UsageError("Spark needs Java, and there is none", fix=fix)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise UsageError(
            f"Spark needs Java {OLDEST_JAVA}; {java} is {version[1] if version else 'no Java that runs'}", fix=fix
        )


def _reach(master: str) -> None:
    """Raise where no master listens at any of the addresses: Spark itself would try for a minute, and say less."""
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=MASTER_SECONDS).close()
        except (OSError, OverflowError):
            continue
        return
    raise InputError("the Spark master cannot be reached", where=master, fix="Check the address, and that it runs.")


def _session(master: str, folder: Path) -> SparkSession:
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    local = master.startswith("local")
    settings = _SETTINGS | {
        "spark.master": master,
        "spark.sql.warehouse.dir": (folder / "tables").as_uri(),
        "spark.local.dir": str(folder / "spill"),
    }
    if local:
        settings |= _LOCAL
        if "SPARK_DRIVER_MEMORY" not in os.environ:
            settings["spark.driver.memory"] = f"{max(1 << 30, machine_memory() // 3) >> 20}m"
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    try:
        running = SparkContext._gateway is not None  # one Java a process, whoever started it
        if not running:  # Java goes back to the folder of its first session in all later ones
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        session = SparkSession(SparkContext(conf=conf, gateway=None if running else _java(conf)))
    except (PySparkException, Py4JError) as error:
        raise InputError(
            "Spark did not start", where=master, fix=f"It says: {' '.join(str(error).split())[:300]}"
        ) from error
    if not local and not _workers(session):
        session.stop()
        raise InputError(
            f"the Spark master gave no worker within {WORKER_SECONDS:.0f} seconds", where=master,
            fix="Check that workers are registered there and have free cores and memory.",
        )  # fmt: skip
    return session


def _connection(session: SparkSession) -> ibis.BaseBackend:
    """Return an Ibis connection that does two things otherwise than Ibis' own.

    Tables made in Python are handed over as Arrow: through pandas, one without rows needs Python on the workers. Created tables
    have the types that Ibis expects of them: Spark's own row numbers, for one, are narrower, and then no union takes them.
    """
    import ibis
    from ibis.backends.pyspark.datatypes import PySparkSchema

    def register(op: Any) -> None:
        rows = session.createDataFrame(op.data.to_pyarrow(op.schema), PySparkSchema.from_ibis(op.schema))
        rows.createOrReplaceTempView(op.name)

    def create_table(name: str, obj: ibis.Table) -> ibis.Table:
        wanted = PySparkSchema.from_ibis(obj.schema())
        con._run_pre_execute_hooks(obj)
        rows = session.sql(con.compile(obj))
        rows.select(*(rows[field.name].cast(field.dataType) for field in wanted)).write.saveAsTable(name)
        return con.table(name)

    con = ibis.pyspark.connect(session)
    con._register_in_memory_table, con.create_table = register, create_table
    return con


def _java(conf: SparkConf) -> Any:
    """Start Java; what it writes to the terminal before a session can tell it to be quiet is dropped."""
    from pyspark.java_gateway import launch_gateway

    return launch_gateway(conf, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})


def _workers(session: SparkSession) -> bool:
    """Tell whether an executor registers in time. (A session without any would wait for ever at its first query.)"""
    status = session.sparkContext._jsc.sc().getExecutorMemoryStatus  # Spark tells it to Java only
    until = time.monotonic() + WORKER_SECONDS
    while status().size() < 2:  # the driver is one of them
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True
