"""Where the canonical log is kept: collected from the adapters, coded once, then only read.

Names of cases, activities and resources become integers with dictionary tables, in name order, so that everything
above works on integers and nothing depends on the order of rows. All of it is Ibis; DuckDB runs it by default, in
memory for small inputs and in a work file that spills for large ones.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poanalyzer.config import Config
from poanalyzer.errors import InputError
from poanalyzer.eventlog.coding import CODED, STORED, code_activities, code_cases, code_plainly
from poanalyzer.eventlog.delivery import bind_deliveries
from poanalyzer.eventlog.schema import TABLES, ibis_type
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.results import Problem

if TYPE_CHECKING:
    import ibis

#: Inputs larger than this go to a work file instead of memory.
WORK_FILE_BYTES = 64 << 20
#: What the engine may use of the machine's memory before it spills to disk, and at least so much.
MEMORY_SHARE, MEMORY_LEAST = 12, 1 << 30
#: Large inputs get so many times their size on disk, up to this share of the machine's memory: joins that spill cost four
#: times as much.
MEMORY_TIMES, MEMORY_MOST = 4, 4
#: What measuring needs for each activity: ten million were measured in 820 MB, and not in 430. At most this share of the
#: machine's memory.
BYTES_AN_ACTIVITY, MEASURING_MOST = 82, 3


class Store:
    """The writing side: opens a back end, hands out a :class:`Sink` for each input, and seals the log."""

    def __init__(
        self,
        *,
        size: int = 0,
        memory: int | None = None,
        threads: int | None = None,
        progress: Callable[[str, float], None] | None = None,
    ) -> None:
        import ibis

        self.workdir = Path(tempfile.mkdtemp(prefix="poanalyzer-"))
        self._limit = memory or memory_limit(size, machine_memory())
        self._fixed = memory is not None
        options: dict[str, Any] = {
            "memory_limit": f"{self._limit >> 20}MiB",
            "temp_directory": str(self.workdir / "spill"),
        }
        if threads:
            options["threads"] = threads
        where = str(self.workdir / "log.duckdb") if size > WORK_FILE_BYTES else ":memory:"
        self.con: ibis.BaseBackend = ibis.duckdb.connect(where, **options)
        self.sinks: list[Sink] = []
        self._progress = progress

    def sink(self, record: InputRecord) -> Sink:
        """Return a fresh sink for one input."""
        sink = Sink(self.con, record, self.workdir, self._progress)
        self.sinks.append(sink)
        return sink

    def progress(self, label: str, share: float) -> None:
        """Tell how much of something that comes before the inputs' rows is done, 0 to 1."""
        if self._progress:
            self._progress(label, share)

    def seal(self, config: Config) -> EventLog:
        """Code what the sinks hold and return the log to read. Raises :class:`InputError` where nothing was kept."""
        code_cases(self.con, self.sinks)
        code_activities(self.con, self.sinks, config.accounts)
        bind_deliveries(self.con, self.sinks)
        for table in TABLES:
            if table not in ("cases", "activities"):
                code_plainly(self.con, self.sinks, table)
        self.con.drop_table("t_pieces")
        for sink in self.sinks:
            sink.sealed()
        self._grow()
        log = EventLog(con=self.con, workdir=self.workdir, inputs=[s.record for s in self.sinks], config=config)
        log.problems = [p for s in self.sinks for p in s.problems]
        if not log.row_count("cases"):
            self.close()
            raise InputError(
                "nothing in the input could be used",
                where=", ".join(s.record.path for s in self.sinks),
                fix="poanalyzer inspect shows why rows were rejected; --map names the columns.",
            )
        return log

    def _grow(self) -> None:
        """Let the engine use what measuring so many activities needs, where that is more."""
        rows = int(self.con.execute(self.con.table("c_acts").count()))
        needed = min(BYTES_AN_ACTIVITY * rows, machine_memory() // MEASURING_MOST)
        if needed > self._limit and not self._fixed:
            self.con.raw_sql(f"SET memory_limit = '{needed >> 20}MiB'")

    def close(self) -> None:
        """Drop the back end and its files."""
        self.con.disconnect()
        shutil.rmtree(self.workdir, ignore_errors=True)


def memory_limit(size: int, machine: int) -> int:
    """Return how many bytes the engine may use for inputs of ``size`` bytes on disk, on a machine with so many."""
    return max(MEMORY_LEAST, machine // MEMORY_SHARE, min(MEMORY_TIMES * size, machine // MEMORY_MOST))


def machine_memory() -> int:
    """Return how many bytes of memory this machine has; a guess where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 6 << 30


@dataclass
class EventLog:
    """The reading side: canonical tables by name, coded tables for the miners, and the account of the inputs.

    Coded tables: ``c_cases`` and ``c_acts`` (integers in place of names), ``d_process``, ``d_activity``, ``d_step``
    (element, activity, type, endpoint) and ``d_resource`` (resource, role, type).
    """

    con: ibis.BaseBackend
    workdir: Path
    inputs: list[InputRecord]
    config: Config
    problems: list[Problem] = field(default_factory=list)

    def coded(self, name: str) -> ibis.Table:
        """Return a coded or plain stored table; columns of ``c_acts`` that no input fills are NULL, and not stored."""
        import ibis

        table = self.con.table(STORED.get(name, name))
        if name != "c_acts":
            return table
        unfilled = {c: k for c, k in TABLES["activities"].items() if c not in (*table.columns, *CODED)}
        return table.mutate(**{c: ibis.null(ibis_type(k)) for c, k in unfilled.items()}) if unfilled else table

    def table(self, name: str) -> ibis.Table:
        """Return a canonical table under its public name, times as UTC timestamps."""
        from poanalyzer.eventlog.views import canonical

        return canonical(self, name)

    def row_count(self, name: str) -> int:
        """Return how many rows a canonical table holds."""
        return int(self.con.execute(self.con.table(STORED.get(name, name)).count()))

    def close(self) -> None:
        """Drop the back end and its files."""
        self.con.disconnect()
        shutil.rmtree(self.workdir, ignore_errors=True)

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
