"""Which processes a delivery input's deployments carry: decided once all inputs are read."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from poanalyzer.errors import did_you_mean
from poanalyzer.eventlog.sink import Sink

if TYPE_CHECKING:
    import ibis


def bind_deliveries(con: ibis.BaseBackend, sinks: list[Sink]) -> None:
    """Give the deployments of delivery inputs their ``process_key``: one row for each process that they carry.

    The project file says which (``[[input]] process``, a shell-style pattern); where it does not, they are those of the
    only process there is. Where there are several, nothing says whose they are: then they are left out, with a warning.
    """
    bound = [sink for sink in sinks if sink.record.role == "delivery"]
    if not bound:
        return
    import pyarrow as pa

    processes = con.table("d_process")
    known = sorted(con.to_pandas(processes.filter(~processes.outside).select("process_key").distinct())["process_key"])
    for sink in bound:
        keys = _carried(sink, known)
        if not keys:
            sink.tables = []
            continue
        names = sink.stage(pa.table({"process_key": pa.array(keys, pa.string())}), "processes")
        sink.tables = [
            (table, rows.drop("process_key").cross_join(names).select(*rows.columns)) for table, rows in sink.tables
        ]


def _carried(sink: Sink, known: list[str]) -> list[str]:
    pattern = sink.record.carries
    if pattern is not None:
        keys = [key for key in known if key == pattern or fnmatchcase(key, pattern)]
        if not keys:
            sink.note("warning", f"[[input]] process = “{pattern}” is no process of the other inputs: these deployments are "
                      "left aside", did_you_mean(pattern, known))  # fmt: skip
        return keys
    if len(known) > 1:
        sink.note(
            "warning", f"nothing says which of {len(known)} processes these deployments carry: they are left aside",
            f'Say it in the project file: [[input]] process = "{known[0]}", or "*" for all of them.',
        )  # fmt: skip
        return []
    return known
