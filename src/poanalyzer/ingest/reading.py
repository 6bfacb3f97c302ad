"""Reads what the analyst points at: finds the inputs, asks the adapters, and accounts for every one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import WORK_FILE_BYTES
from poanalyzer.ingest.detect import plan_inputs
from poanalyzer.ingest.files import InputFile, find_files
from poanalyzer.ingest.live import fetch, is_url, parse_url
from poanalyzer.results import Problem

if TYPE_CHECKING:
    from poanalyzer.eventlog.store import Store
    from poanalyzer.ingest.adapter import Adapter, Claim

#: Files and folders whose sizes are added up before reading: more are refused when they are read.
MOST_WEIGHED = 100_000
#: An input's settings, and the folder its path is relative to.
Wanted = tuple[InputSettings, Path]


def wanted_inputs(inputs: Sequence[str], config: Config, overrides: Mapping[str, str]) -> list[Wanted]:
    """Return what to read: the project file's inputs, and the others of the call; each once.

    A URL of the call whose database the project file names takes the settings from there: so the file needs no account.
    """
    declared = {_real(config.base / s.path): s for s in config.input if not is_url(s.path)}
    wanted = [(s, config.base) for s in config.input]
    for given in inputs:
        if is_url(given):
            place = parse_url(given).where
            same = next((s for s, _ in wanted if is_url(s.path) and parse_url(s.path).where == place), None)
            if same is None:
                wanted.append((InputSettings(path=given), Path()))
            else:
                wanted = [(s.model_copy(update={"path": given}) if s is same else s, base) for s, base in wanted]
            continue
        path = _real(Path(given))
        if path in declared or (path.is_dir() and any(d.is_relative_to(path) for d in declared)):
            continue
        wanted.append((InputSettings(path=given), Path()))
    if not overrides:
        return wanted
    return [(s.model_copy(update={"columns": {**s.columns, **overrides}}), base) for s, base in wanted]


def _real(path: Path) -> Path:
    """Return the path without links; one that leads into a circle is left to the reader to refuse."""
    return Path(os.path.realpath(path))


def weigh(wanted: Sequence[Wanted]) -> int:
    """Return the bytes of all inputs on disk, to decide where the log is kept; a database may be of any size."""
    return sum(
        WORK_FILE_BYTES + 1 if is_url(settings.path) else _bytes(settings.path, base) for settings, base in wanted
    )


def _bytes(pattern: str, base: Path) -> int:
    path = base / pattern
    if path.is_file():
        return path.stat().st_size
    if not path.is_dir():
        return 0
    return sum(p.stat().st_size for p in islice(path.rglob("*"), MOST_WEIGHED) if p.is_file())


def read_inputs(store: Store, wanted: Sequence[Wanted], config: Config) -> list[Problem]:
    """Read the inputs into ``store``, every file once; return what has to be said about files left aside.

    Raises :class:`InputError` where an input is missing, unreadable or of no use.
    """
    seen: set[Path] = set()
    problems: list[Problem] = []
    for settings, base in wanted:
        files, settings = _found(store, settings, base, problems)
        files = [f for f in files if f.path.resolve() not in seen]
        seen.update(f.path.resolve() for f in files)
        if not files:
            continue
        plan = plan_inputs(files, settings, problems=problems)
        for adapter, claim in plan:
            whole = f"{settings.path}!{claim.part}" if claim.part and len(plan) > 1 else settings.path
            _read_one(store, adapter, claim, settings, config, whole)
    if not store.sinks:
        raise InputError("nothing to read", fix="Give the file or folder of an export.")
    if all(sink.record.role == "delivery" for sink in store.sinks):
        raise InputError(
            "deployments alone are no log of a process",
            where=store.sinks[0].record.path,
            fix="Give them together with the export of the engine whose processes they deploy.",
        )
    return problems


def _found(
    store: Store, settings: InputSettings, base: Path, problems: list[Problem]
) -> tuple[list[InputFile], InputSettings]:
    """Return the files of an input, a database's copied from it, and its settings without anybody's password."""
    if not is_url(settings.path):
        return find_files(settings.path, base, store.workdir), settings
    files = fetch(settings.path, store.workdir, problems=problems, progress=store.progress)
    return files, settings.model_copy(update={"path": parse_url(settings.path).shown})


def _read_one(
    store: Store, adapter: Adapter, claim: Claim, settings: InputSettings, config: Config, whole: str
) -> None:
    """Read one claim; ``whole`` is what the input is called where it is more than one file."""
    names = [f.name for f in claim.files]
    record = InputRecord(
        path=names[0] if len(names) == 1 else whole,
        adapter=adapter.id,
        engine=claim.engine,
        role=settings.role or "engine",
        role_declared=settings.role is not None,
        sha256=_digest(claim),
        columns=dict(claim.columns),
    )
    sink = store.sink(record)
    adapter.read(claim, settings, config, sink)
    if record.rows_read and not record.rows_kept:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in record.rejected.items())
        raise InputError(
            f"none of the {record.rows_read:,} rows can be used: {reasons}",
            where=record.path,
            fix="Check that the columns are the right ones (--map, for a table), or export it again.",
        )
    # only an engine writes its own tables; a plain log may come from anywhere
    record.role_declared = record.role_declared or not record.plain_log
    sink.progress(1.0)


def _digest(claim: Claim) -> str:
    """Return the hash of one file, or of the sorted hashes of several: the same however the folder is called."""
    each = sorted(f.sha256() for f in claim.files)
    return each[0] if len(each) == 1 else hashlib.sha256("\n".join(each).encode()).hexdigest()
