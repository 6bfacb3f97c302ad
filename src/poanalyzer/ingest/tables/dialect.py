"""How a text table is written: encoding, delimiter, quoting, decimal sign and header, found from its first bytes."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from poanalyzer.errors import InputError
from poanalyzer.ingest.files import HEAD_BYTES, InputFile

#: More columns than any log has: such a file is refused before its rows are looked at.
MAX_COLUMNS = 10_000
#: Rows of the head from which dialect, roles and time formats are judged.
SAMPLE_ROWS = 5_000
_DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DATE_LIKE = re.compile(r"^\s*(\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}/\d{1,2}/\d{1,2})\b")


@dataclass(frozen=True)
class Dialect:
    """How one text table is written.

    ``names`` are the columns' names as they are used from here on: trimmed, unique, never empty; ``duplicates`` the
    names the header holds more than once. ``header_chars`` is the length of everything before the first data row.
    """

    encoding: str
    delimiter: str
    quote: str
    names: tuple[str, ...]
    header_chars: int
    decimal_comma: bool = False
    duplicates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def encoding_of(head: bytes) -> tuple[str, str]:
    """Return the codec of ``head`` and a remark for the reader (empty where there is nothing to say).

    Raises ValueError where the bytes are no text at all.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd:
        half = max(1, len(head) // 2)
        if odd > 0.3 * half and even < 0.02 * half:
            return "utf-16-le", "UTF-16 without a byte order mark"
        if even > 0.3 * half and odd < 0.02 * half:
            return "utf-16-be", "UTF-16 without a byte order mark"
        raise ValueError("binary")
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        control = sum(1 for byte in head[:4096] if byte < 32 and byte not in (9, 10, 12, 13, 27))
        if control > 0.01 * min(len(head), 4096):
            raise ValueError("binary") from None
        return "cp1252", "not UTF-8; read as Windows-1252"
    return "utf-8", ""


def sniff(file: InputFile) -> Dialect:
    """Find out how ``file`` is written. Raises :class:`InputError` where it is no table with a header."""
    head = file.head
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InputError("the file is empty", where=file.name, fix="Export it again.")
    try:
        encoding, remark = encoding_of(head)
    except ValueError:
        raise InputError("binary data, no table of text", where=file.name, fix="Export it as CSV in UTF-8.") from None
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    text = text.removeprefix("\ufeff")
    whole = len(head) < HEAD_BYTES
    preamble = re.match(r"sep=(.)\r?\n", text)
    start = preamble.end() if preamble else 0
    body = text[start:]
    _refuse_wide(body, file)
    if not whole:
        body = _whole_lines(body)
    quote = "'" if body.startswith("'") and "'" in body[1:] and '"' not in _first_line(body) else '"'
    delimiter = preamble.group(1) if preamble else _delimiter(body, quote, file)
    records = _records(body, delimiter, quote)
    first, length = next(((row, end) for row, end in records if row), ([], 0))
    names, duplicates = _names(first)
    rows = [row for row, _ in zip((r for r, _ in records), range(200), strict=False) if row]
    if sum(1 for name in first if _DATE_LIKE.match(name)) or not any(name.strip() for name in first):
        raise InputError(
            "the first row holds values, not the names of columns",
            where=file.name,
            fix="Add a first row with the columns' names.",
        )
    notes = [remark] if remark else []
    if duplicates:
        notes.append(f"columns of the same name: {', '.join(duplicates[:5])}; later ones are numbered")
    comma = delimiter != "," and any(re.fullmatch(r"-?\d+,\d+", cell.strip()) for row in rows for cell in row)
    return Dialect(encoding, delimiter, quote, names, start + length, comma, duplicates, tuple(notes))


def sample(file: InputFile, dialect: Dialect, rows: int = SAMPLE_ROWS) -> list[dict[str, str]]:
    """Return the first well-formed rows of the head as column name → text."""
    text = codecs.getincrementaldecoder(dialect.encoding)("replace").decode(file.head).removeprefix("\ufeff")
    body = text[dialect.header_chars :]
    if len(file.head) >= HEAD_BYTES:
        body = _whole_lines(body)
    found: list[dict[str, str]] = []
    for row, _ in _records(body, dialect.delimiter, dialect.quote):
        if len(row) == len(dialect.names):
            found.append(dict(zip(dialect.names, row, strict=True)))
        if len(found) >= rows:
            break
    return found


def open_rows(file: InputFile, dialect: Dialect, encoding: str) -> io.BufferedReader[Utf8Rows]:
    """Open ``file`` as UTF-8 bytes that begin at the first data row, read as ``encoding``."""
    return io.BufferedReader(Utf8Rows(file, dialect.header_chars, encoding), 1 << 20)


class Utf8Rows(io.RawIOBase):
    """The rows of a text table, recoded as UTF-8 on the fly; UTF-8 itself passes unchanged."""

    def __init__(self, file: InputFile, header_chars: int, encoding: str) -> None:
        self._file = file.open()
        self._size = 0 if file.is_gzip else file.size
        self._read = 0
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._decoder = None if encoding == "utf-8" else decoder
        self._rest = b""
        text = ""
        while len(text) <= header_chars + 1 and (block := self._file.read(1 << 18)):
            text += decoder.decode(block)
        # what the decoder keeps of a cut character belongs to the next block, where the bytes pass unchanged
        pending = decoder.getstate()[0] if self._decoder is None else b""
        text = text.removeprefix("\ufeff")[header_chars:]
        self._rest = text.encode("utf-8") + pending

    @property
    def share(self) -> float:
        """How much of the file has been read, 0 to 1; 0 where its unpacked size is unknown."""
        return min(1.0, self._read / self._size) if self._size else 0.0

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer`` with the next bytes; return their number."""
        while not self._rest:
            block = self._file.read(len(buffer))
            self._read += len(block)
            if self._decoder is None:
                self._rest = block
            else:
                self._rest = self._decoder.decode(block, final=not block).encode("utf-8")
            if not block:
                break
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def _first_line(body: str) -> str:
    return re.split(r"[\r\n]", body, maxsplit=1)[0]


def _whole_lines(body: str) -> str:
    """Drop the last line, which the end of the head may have cut."""
    return body[: max(body.rfind("\n"), body.rfind("\r")) + 1] or body


def _refuse_wide(body: str, file: InputFile) -> None:
    line = _first_line(body)
    widest = max(line.count(delimiter) for delimiter in _DELIMITERS) + 1
    if widest > MAX_COLUMNS:
        raise InputError(
            f"a table of more than {MAX_COLUMNS:,} columns",
            where=file.name,
            fix="Export one row per event, with columns for case, activity and time.",
        )
    if len(line) >= HEAD_BYTES // 4 and len(line) == len(body):
        raise InputError(
            "no end of line in the first 64 KiB: no table of text", where=file.name, fix="Export it as CSV."
        )


def _delimiter(body: str, quote: str, file: InputFile) -> str:
    """Return the delimiter under which the rows agree best with the header, wider tables first."""
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        widths = [len(row) for (row, _), _ in zip(_records(body, delimiter, quote), range(100), strict=False) if row]
        if not widths or widths[0] < 2:
            continue
        agreement = sum(1 for width in widths if width == widths[0]) / len(widths)
        candidate = (round(agreement, 1), widths[0], delimiter)
        if best is None or candidate[:2] > best[:2]:
            best = candidate
    if best is None:
        raise InputError(
            "one column only: no comma, semicolon, tab or bar divides the first row",
            where=file.name,
            fix="Export a table with columns for case, activity and time.",
        )
    return best[2]


def _records(body: str, delimiter: str, quote: str) -> Iterator[tuple[list[str], int]]:
    """Yield each record with the number of characters up to its end; stops at a field that csv refuses."""
    consumed = 0

    def lines() -> Iterator[str]:
        nonlocal consumed
        for line in io.StringIO(body, newline=""):
            consumed += len(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, quotechar=quote)
    try:
        for row in reader:
            yield row, consumed
    except csv.Error:
        return


def _names(first: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names: dict[str, None] = {}
    duplicates: list[str] = []
    for position, raw in enumerate(first, 1):
        name = raw.strip().strip("\ufeff\x00") or f"column {position}"
        unique, number = name, 1
        while unique in names:
            number += 1
            unique = f"{name} ({number})"
        if number == 2:
            duplicates.append(name)
        names[unique] = None
    return tuple(names), tuple(duplicates)
