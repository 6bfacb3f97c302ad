"""What a renderer is, how the installed ones are found, and how a set of files is written: whole or not at all."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from poanalyzer.errors import UsageError, did_you_mean
from poanalyzer.results import Assessment


@dataclass(frozen=True)
class Renderer:
    """One output format: ``render`` turns an assessment into the bytes of ``filename``.

    A module of ``report/renderers/`` names one as ``RENDERER``; another package does so by an entry point of the group
    ``poanalyzer.renderers``.
    """

    id: str
    filename: str
    title: str
    render: Callable[[Assessment], bytes]


@cache
def renderers() -> dict[str, Renderer]:
    """Return the installed renderers by id: our own, then those of other packages."""
    found: dict[str, Renderer] = {}
    package = importlib.import_module("poanalyzer.report.renderers")
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        renderer: Renderer = importlib.import_module(f"{package.__name__}.{info.name}").RENDERER
        found[renderer.id] = renderer
    for point in entry_points(group="poanalyzer.renderers"):
        other: Renderer = point.load()
        found.setdefault(other.id, other)
    return found


def render(assessment: Assessment, formats: Sequence[str], out_dir: str | Path) -> list[Path]:
    """Write ``assessment`` to ``out_dir`` in each of ``formats`` and return the paths, in that order.

    Everything is rendered before anything is written, and files take their names only when all are complete: a failure
    leaves neither a new nor a damaged file. Raises :class:`UsageError` for an unknown format or an unusable folder.
    """
    known = renderers()
    wanted = list(dict.fromkeys(formats))
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no format “{name}”", fix=did_you_mean(name, list(known)))
    if not wanted:
        raise UsageError("no format is asked for", fix=f"Known: {', '.join(sorted(known))}.")
    ready = [(known[name].filename, known[name].render(assessment)) for name in wanted]
    return _write(ready, Path(out_dir))


def _write(files: Sequence[tuple[str, bytes]], folder: Path) -> list[Path]:
    parts: list[tuple[Path, Path]] = []
    for name, _ in files:  # seen before the first file takes its name, so that none does
        if (folder / name).is_dir():
            raise UsageError("cannot write there: a folder bears this name", where=str(folder / name))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files:
            handle, part = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            parts.append((Path(part), folder / name))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(part, 0o666 & ~_umask())  # noqa: PTH101 - mkstemp hides its files from everybody else
        for part_path, path in parts:
            part_path.replace(path)
    except OSError as error:
        raise UsageError(
            f"cannot write there: {error.strerror}", where=str(folder), fix="Name another folder with --out."
        ) from None
    finally:
        for part_path, _ in parts:
            with contextlib.suppress(FileNotFoundError):
                part_path.unlink()
    return [path for _, path in parts]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
