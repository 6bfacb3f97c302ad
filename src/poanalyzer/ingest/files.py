"""Files of an input: found by path, folder, glob or archive, opened decompressed, with caps on their growth."""

from __future__ import annotations

import fnmatch
import glob
import gzip
import hashlib
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

from poanalyzer.errors import InputError

HEAD_BYTES = 1 << 18
#: A member of an archive may unpack to this many times its packed size, once it is larger than ``FREE_BYTES``.
MAX_RATIO = 400
FREE_BYTES = 256 << 20
MAX_MEMBERS = 20_000
#: More files than an export has: a folder or pattern with more was given by mistake.
MAX_FILES = 20_000
#: File names that are never logs: they lie about in export folders.
IGNORED = (
    "MANIFEST.toml",
    "poanalyzer.toml",
    "*.md",
    "README*",
    "LICENSE*",
    ".*",
    "Thumbs.db",
    "*.pdf",
    "*.html",
)


@dataclass(frozen=True)
class InputFile:
    """One file to read. ``name`` is what people see (relative, with the archive's name before ``!``)."""

    path: Path
    name: str

    @property
    def suffix(self) -> str:
        """The lower-case extension below a compression suffix: ``.xes`` of ``log.XES.gz``."""
        parts = [s.lower() for s in PurePosixPath(self.name.split("!")[-1]).suffixes]
        if parts and parts[-1] == ".gz":
            parts.pop()
        return parts[-1] if parts else ""

    @property
    def stem(self) -> str:
        """The bare name without folder, extension and compression suffix."""
        bare = PurePosixPath(self.name.split("!")[-1]).name
        if bare.lower().endswith(".gz"):
            bare = bare[:-3]
        return bare.rsplit(".", 1)[0] if "." in bare else bare

    @cached_property
    def size(self) -> int:
        """Bytes on disk (packed)."""
        return self.path.stat().st_size

    @cached_property
    def is_gzip(self) -> bool:
        """Whether the content is gzip, whatever the name says."""
        with self.path.open("rb") as f:
            return f.read(2) == b"\x1f\x8b"

    @cached_property
    def head(self) -> bytes:
        """The first bytes, decompressed; as many as can be read where the file is truncated."""
        with self.open() as f:
            data = b""
            try:
                while len(data) < HEAD_BYTES and (block := f.read(HEAD_BYTES - len(data))):
                    data += block
            except (EOFError, OSError):
                pass
            return data

    def open(self) -> IO[bytes]:
        """Open for reading bytes, decompressed, with a cap on what a gzip file may grow to."""
        try:
            if self.is_gzip:
                return io.BufferedReader(_CappedGzip(self.path, self.name), 1 << 20)
            return self.path.open("rb", buffering=1 << 20)
        except OSError as error:
            raise InputError(f"cannot be opened: {error.strerror}", where=self.name) from error

    def sha256(self) -> str:
        """Hash of the bytes on disk."""
        with self.path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()


class _CappedGzip(io.RawIOBase):
    """A gzip stream that refuses to grow without measure (a decompression bomb) and says when it is truncated."""

    def __init__(self, path: Path, name: str) -> None:
        self._file = gzip.open(path, "rb")  # noqa: SIM115 - closed with this stream
        self._limit = max(FREE_BYTES, path.stat().st_size * MAX_RATIO)
        self._done = 0
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            count = self._file.readinto(buffer)
        except EOFError:
            raise InputError(
                "the compressed file ends in the middle", where=self._name, fix="Copy or export it again."
            ) from None
        except (gzip.BadGzipFile, zlib.error, OSError) as error:
            raise InputError(f"not a sound gzip file ({error})", where=self._name, fix="Export it again.") from None
        self._done += count
        if self._done > self._limit:
            raise InputError(
                f"unpacks to more than {MAX_RATIO} times its size",
                where=self._name,
                fix="If it is a real export, unpack it yourself and give the unpacked file.",
            )
        return int(count)

    def close(self) -> None:
        self._file.close()
        super().close()


def find_files(pattern: str, base: Path, workdir: Path) -> list[InputFile]:
    """Return the files that ``pattern`` (a file, folder, glob or zip) means, in name order.

    Archives are unpacked into ``workdir``. Raises :class:`InputError` where nothing is found.
    """
    path = Path(pattern) if Path(pattern).is_absolute() else base / pattern
    if path.is_dir():
        found = [
            InputFile(p, f"{pattern.rstrip('/')}/{p.relative_to(path).as_posix()}")
            for p in _sorted((p for p in path.rglob("*") if p.is_file()), pattern)
            if not _ignored(p.relative_to(path))
        ]
        if not found:
            raise InputError("the folder holds no files to read", where=pattern, fix="Give the folder of the export.")
    elif path.is_file():
        found = [InputFile(path, pattern)]
    elif path.is_symlink() and not path.exists():
        raise InputError("a link that leads to no file", where=str(path), fix="Give the file itself.")
    elif path.exists():
        raise InputError(
            "neither a file nor a folder but a pipe or a device",
            where=str(path),
            fix="Save what it gives as a file, and give that file.",
        )
    else:
        hits = (Path(h) for h in glob.iglob(str(path), recursive=True))  # noqa: PTH207 - the pattern may be absolute
        found = [InputFile(h, os.path.relpath(h, base)) for h in _sorted((h for h in hits if h.is_file()), pattern)]
        if not found:
            raise InputError("no such file or folder", where=str(path), fix="Check the path, or quote the pattern.")
    return [member for file in found for member in _unpacked(file, workdir)]


def _sorted(paths: Iterable[Path], pattern: str) -> list[Path]:
    """Return ``paths`` in order, unless there are so many that they cannot be one export."""
    found = sorted(islice(paths, MAX_FILES + 1))
    if len(found) > MAX_FILES:
        raise InputError(
            f"more than {MAX_FILES:,} files", where=pattern, fix="Give the folder of the export, or a narrower pattern."
        )
    return found


def _ignored(relative: Path) -> bool:
    return any(fnmatch.fnmatchcase(part, rule) for part in relative.parts for rule in IGNORED)


def _unpacked(file: InputFile, workdir: Path) -> Iterator[InputFile]:
    with file.path.open("rb") as f:
        is_zip = f.read(4) == b"PK\x03\x04"
    if not is_zip or file.suffix in {".xlsx", ".ods"}:
        yield file
        return
    mark = hashlib.sha256(os.fsencode(file.path.resolve())).hexdigest()[:16]
    try:
        with zipfile.ZipFile(file.path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _ignored(Path(m.filename))]
            _refuse_bomb(members, file)
            for index, member in enumerate(members):
                # the member's own name is shown, never used as a path: it may point outside the folder
                # and the same archive given twice unpacks to the same files, which are then read once
                target = workdir / f"zip-{mark}-{index}"
                with archive.open(member) as packed, target.open("wb") as out:
                    _copy(packed, out, member.file_size, file)
                yield InputFile(target, f"{file.name}!{member.filename}")
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        # its table of contents stands at the end: without that, zipfile does not know it for an archive at all
        cut = "not a zip file" in str(error)
        what = "the archive ends in the middle, or is damaged" if cut else f"not a sound zip archive ({error})"
        raise InputError(what, where=file.name, fix="Copy it or pack it again.") from error
    except NotImplementedError:
        raise InputError(
            "the archive is packed in a way that cannot be read", where=file.name, fix="Pack it again as a plain zip."
        ) from None
    except RuntimeError:  # what zipfile raises for a missing password, and for nothing else
        raise InputError("the archive is encrypted", where=file.name, fix="Pack it again without a password.") from None


def _refuse_bomb(members: list[zipfile.ZipInfo], file: InputFile) -> None:
    total = sum(m.file_size for m in members)
    if len(members) > MAX_MEMBERS or total > max(FREE_BYTES, file.size * MAX_RATIO):
        raise InputError(
            f"the archive says it unpacks to {total:,} bytes in {len(members):,} file{'s' if len(members) != 1 else ''}",
            where=file.name,
            fix="If it is a real export, unpack it yourself and give the folder.",
        )
    if not members:
        raise InputError("the archive is empty", where=file.name, fix="Pack the export again.")


def _copy(packed: IO[bytes], out: IO[bytes], promised: int, file: InputFile) -> None:
    done = 0
    while block := packed.read(1 << 20):
        done += len(block)
        if done > promised:
            raise InputError("the archive unpacks to more than it says", where=file.name, fix="Pack it again.")
        out.write(block)
