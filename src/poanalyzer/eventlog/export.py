"""The canonical tables as files for other tools."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import TABLES
from poanalyzer.eventlog.store import EventLog

if TYPE_CHECKING:
    import ibis

#: Columns that may name a person, by table.
_PERSONAL = {
    "activities": ("resource",), "cases": ("started_by",), "operations": ("user",), "deployments": ("deployed_by",),
}  # fmt: skip


def write_parquet(log: EventLog, out: Path, *, names: bool) -> list[Path]:
    """Write every canonical table that has rows as ``<table>.parquet``; people as stable pseudonyms unless ``names``.

    Files appear under their names only when all are complete.
    """
    out.mkdir(parents=True, exist_ok=True)
    done: list[tuple[Path, Path]] = []
    try:
        for name in TABLES:
            if not log.row_count(name):
                continue
            rows = log.table(name)
            if not names:
                for column in _PERSONAL.get(name, ()):
                    rows = _pseudonymous(log, rows, column)
            part = out / f".{name}.parquet.part"
            done.append((part, out / f"{name}.parquet"))
            log.con.to_parquet(rows, part, compression="zstd")
    except BaseException:
        for part, _ in done:
            part.unlink(missing_ok=True)
        raise
    for part, final in done:
        os.replace(part, final)  # noqa: PTH105 - atomic on the same file system
    return [final for _, final in done]


def _pseudonymous(log: EventLog, rows: ibis.Table, column: str) -> ibis.Table:
    """Replace names by pseudonyms, but not those of known machines."""
    import ibis

    known = log.con.to_pandas(rows.filter(rows[column].notnull()).select(name=rows[column]).distinct())
    if known.empty:
        return rows
    alias = ibis.memtable({"real_name": list(known["name"]), "shown_as": [pseudonym(str(n)) for n in known["name"]]})
    joined = rows.left_join(alias, [rows[column] == alias.real_name]).drop("real_name")
    machine = (
        joined.resource_type.isin(("bot", "system", "device", "external"))
        if column == "resource"
        else ibis.literal(False)
    )
    shown = ibis.ifelse(machine, joined[column], joined["shown_as"])
    return joined.mutate(**{column: shown}).drop("shown_as")


def pseudonym(name: str) -> str:
    """Return a stable pseudonym of a person's name."""
    return "person-" + hashlib.sha256(name.encode()).hexdigest()[:10]
