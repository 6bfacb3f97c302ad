"""What an adapter is, and how the installed ones are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import UsageError, did_you_mean
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.files import InputFile


@dataclass(frozen=True)
class Claim:
    """The files an adapter would read as one input, how sure it is (0–1), and why."""

    files: tuple[InputFile, ...]
    confidence: float
    why: str
    engine: str = "unknown"
    #: Column role → column name, where roles were detected (plain tables).
    columns: dict[str, str] = field(default_factory=dict)
    #: What to call these files where others of the same folder are read as an input of their own.
    part: str = ""


@runtime_checkable
class Adapter(Protocol):
    """Reads one kind of export."""

    id: str
    title: str

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Return the groups of ``files`` this adapter can read, one a log (looks at names and heads only)."""
        ...

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the claimed files into ``sink``. Raise :class:`~poanalyzer.errors.InputError` where that fails."""
        ...


@cache
def adapters() -> dict[str, Adapter]:
    """Return the installed adapters by id: our own, then those of other packages."""
    found: dict[str, Adapter] = {}
    package = importlib.import_module("poanalyzer.ingest.adapters")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        candidate = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "ADAPTER", None)
        if candidate is not None:
            found[candidate.id] = candidate
    for point in entry_points(group="poanalyzer.adapters"):
        candidate = point.load()
        found.setdefault(candidate.id, candidate)
    return found


def adapter(name: str) -> Adapter:
    """Return the adapter called ``name`` or raise :class:`UsageError` with the nearest known name."""
    known = adapters()
    if name not in known:
        raise UsageError(f"there is no adapter “{name}”", fix=did_you_mean(name, list(known)))
    return known[name]
