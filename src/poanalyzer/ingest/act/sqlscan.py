r"""Statements of SQL dumps, found while the file streams by; nothing in it is ever run.

A dump is cut into pieces, which end with a semicolon or with a line, outside of quoted text and comments. Pieces that begin
with INSERT, COPY or CREATE TABLE are given out; all others are passed over. Memory holds a few megabytes, or the longest line.
Source: lexical rules of PostgreSQL (SQL syntax; COPY), MySQL (string literals; comments), H2 (grammar), T-SQL and Oracle.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Literal

from poanalyzer.errors import InputError
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.tables.dialect import Utf8Rows, encoding_of

CHUNK = 4 << 20
#: The beginning of a statement, up to its first row, and a whole CREATE TABLE are shorter than this.
_LONGEST_START = 1 << 16
#: A longer row is none of these tables': a quote in the file has no partner.
_LONGEST_ROW = 1 << 30
#: The first and last words of a dump are looked for in this many bytes.
_TAIL = 4096
_NAME = rb"(?:[^\s.,;()'\"`\[\]]+|`[^`]+`|\"[^\"]+\"|\[[^\]]+\])"
_QUALIFIED = rb"(" + _NAME + rb"(?:\s*+\.\s*+" + _NAME + rb")*+)"
_INTO = (
    rb"(?is)(?:insert|replace|merge)\b(?:\s++|/\*.*?\*/)(?:(?:ignore|low_priority|delayed|high_priority)\s++|/\*.*?\*/\s*+)*+"
    rb"(?:into\s++)?" + _QUALIFIED + rb"\s*+(?:\(([^()]*+)\)\s*+)?(?:overriding\s++\w++\s++value\s++)?"
)
_INSERT = re.compile(_INTO + rb"(?:key\s*+\([^()]*+\)\s*+)?values?\s*+(?=\()")
_SELECTED = re.compile(_INTO + rb"(?:select|exec|with|table)\b")
_COPY = re.compile(
    rb"(?i)copy\s++" + _QUALIFIED + rb"\s*+(?:\(([^()]*+)\)\s*+)?from\s++stdin\s*+(?:with\s++oids\s*+)?;[^\n]*+\n"
)
_CREATE = re.compile(
    rb"(?i)create\s++(?:(?:global|local|temporary|temp|unlogged|memory|cached|column|row)\s++)*+table\s++"
    rb"(?:if\s++not\s++exists\s++)?" + _QUALIFIED + rb"\s*+(?=\()"
)
#: mysqldump locks each table whose rows it writes, be there none.
_LOCK = re.compile(rb"(?i)lock\s++tables\s++" + _QUALIFIED)
_DELIMITER = re.compile(rb"(?i)delimiter[ \t]++(\S++)")
_PASSED = re.compile(rb"\\[^\n]*+\n|(?:rem|prompt)\b[^\n]*+\n", re.IGNORECASE)
_SPACE = re.compile(rb"[\s;]*+")
_NEXT = re.compile(rb"\s*+(,)?\s*+(\()?")
_TOOLS = re.compile(rb"(?i)-- (?:mysql|mariadb) dump|sqlyog|phpmyadmin|heidisql|type\s*:\s*(?:mysql|mariadb)")
_MYSQL = re.compile(rb"(?i)/\*M?!\d{5}|\)\s*engine\s*=\s*\w|\b(?:into|table|exists|update)\s+`")
_OTHERS = re.compile(rb"(?i)^-- H2 |PostgreSQL database|\bset\s+standard_conforming_strings|\[dbo\]|\"PUBLIC\"\.|^REM ")
_OLD_POSTGRES = re.compile(rb"(?i)\bset\s+standard_conforming_strings\s*=\s*off")
#: A quote after a backslash that does not end a text.
_ESCAPED = re.compile(rb"[^\\']\\'(?!\s*[,);'])")
_DECLARED = re.compile(rb"(?i)\bset\s+(?:names|client_encoding\s*=|client_encoding\s+to)\s*'?([\w-]+)")
#: Encodings in which a byte of ASCII may be half of a character.
_DOUBLE = {"gbk": "gbk", "gb2312": "gbk", "gb18030": "gb18030", "big5": "big5", "sjis": "cp932", "cp932": "cp932"}
#: Dumps that tell when they are complete: how they begin and what stands at their end.
_FRAMED = (
    (re.compile(rb"(?m)^-- (?:MySQL|MariaDB) dump"), re.compile(rb"(?m)^-- Dump completed")),
    (
        re.compile(rb"(?m)^-- PostgreSQL database dump\s*$"),
        re.compile(rb"(?m)^-- PostgreSQL database (?:cluster )?dump complete"),
    ),
)


@dataclass(frozen=True)
class Rules:
    """How texts are written: with backslash escapes (MySQL), or with doubled quotes only."""

    backslash: bool

    @property
    def quoted(self) -> bytes:
        """The pattern of one quoted text or name."""
        # each loop runs once an escape, not once more for what lies between: byte arrays are full of them
        single = rb"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
        if self.backslash:
            return single + rb"|\"[^\"\\]*+(?:(?:\\.|\"\")[^\"\\]*+)*+\"|`[^`]*+`"
        return rb"'[^']*+(?:''[^']*+)*+'|(?<![A-Za-z])[eE]" + single + rb"|\"[^\"]*+(?:\"\"[^\"]*+)*+\""

    @property
    def comment(self) -> bytes:
        """The pattern of one comment."""
        hashed = rb"|#[^\n]*+(?=\n)|--(?=\s)[^\n]*+(?=\n)" if self.backslash else rb"|--[^\n]*+(?=\n)"
        return rb"/\*(?:[^*]++|\*(?!/))*+\*/" + hashed

    @property
    def nested(self) -> bytes:
        """The pattern of what stands in parentheses, with them, four levels deep."""
        return self._parentheses(rb"")

    @property
    def declarations(self) -> bytes:
        """The pattern of the parentheses of a CREATE TABLE, with comments in them."""
        return self._parentheses(rb"|" + self.comment)

    def _parentheses(self, more: bytes) -> bytes:
        pattern = rb"(?!)"
        for _ in range(4):
            pattern = rb"\((?:[^()'\"`eE/#-]++|" + self.quoted + more + rb"|" + pattern + rb"|[eE`/#-])*+\)"
        return pattern

    @property
    def value(self) -> bytes:
        """The pattern of one value, whatever expression it is."""
        return rb"(?:" + self.quoted + rb"|[^,()'\"`eE]++|[eE]|" + self.nested + rb")++"


@dataclass(frozen=True)
class Statement:
    """The beginning of a statement: its table as written, and the names of the columns where it lists them."""

    kind: Literal["insert", "copy", "create", "lock", "select"]
    table: str
    columns: tuple[str, ...]


class Scanner:
    """Iterates over the statements of a dump.

    After an INSERT, :meth:`rows` may be taken before the iteration goes on; after a COPY, :meth:`lines`. What is not taken
    is passed over. Raises :class:`InputError` where the dump ends in the middle of something.
    """

    def __init__(self, file: InputFile) -> None:
        #: Bytes of the file that were read so far.
        self.read = 0
        self._name = file.name
        self._file = _opened(file)
        self.rules = rules_of(file.head)
        self._buffer = b""
        self._at = 0
        self._ended = False
        self._tail = b""
        self._semicolons = False
        self._inside: Statement | None = None
        self._framed = next((end for begin, end in _FRAMED if begin.search(file.head[:_TAIL])), None)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[Statement]:
        pass_over, comment, declarations = _patterns(self.rules)
        self._more()
        while True:
            self._space()
            if len(self._buffer) - self._at < _LONGEST_START and not self._ended:
                self._more()
                continue
            if self._at == len(self._buffer):
                break
            if statement := self._statement(declarations):
                self._inside = statement
                yield statement
                if self._inside is not None and statement.kind == "copy":
                    for _ in self.lines():
                        pass
            elif found := _DELIMITER.match(self._buffer, self._at):
                self._leave_routines(found)
            elif found := comment.match(self._buffer, self._at) or _PASSED.match(self._buffer, self._at):
                self._at = found.end()
            elif not (found := pass_over.match(self._buffer, self._at)):
                if self._more():
                    continue
                inside = self._inside is not None and self._semicolons
                if inside or not pass_over.match(self._buffer + b"\n", self._at):
                    raise self._truncated()
                break
            else:
                self._at = found.end()
                if self._buffer[self._at - 1 : self._at] == b";":
                    self._semicolons = self._semicolons or self._inside is not None
                    self._inside = None
        self._ends_well()

    def rows(self, pattern: re.Pattern[bytes], malformed: list[int], counted: int) -> Iterator[list[tuple[bytes, ...]]]:
        """Yield the rows of the INSERT at hand as groups of ``pattern``, whose last group is what is no such row.

        Rows that the pattern does not fit are numbered into ``malformed``, after ``counted`` rows before them.
        """
        whole = re.compile(rb"(?s)" + self.rules.nested)
        while True:
            found: list[tuple[bytes, ...]] = []
            last = self._at
            for match in pattern.finditer(self._buffer, self._at):
                groups = match.groups()
                if groups[-1] is not None:
                    break
                found.append(groups)
                last = match.end()
            self._at = last
            counted += len(found)
            if found:
                yield found
            ahead = _NEXT.match(self._buffer, self._at)
            assert ahead is not None
            if ahead.group(2):
                if odd := whole.match(self._buffer, ahead.end() - 1):
                    counted += 1
                    malformed.append(counted)
                    self._at = odd.end()
                elif not self._more():
                    raise self._truncated()
            elif ahead.end() < len(self._buffer):
                if ahead.group(1):
                    raise InputError(
                        f"the rows of {self._where()} cannot be read after row {counted}", where=self._name,
                        fix="Dump it again, as plain SQL.",
                    )  # fmt: skip
                self._inside = None
                return
            elif not self._more():
                if ahead.group(1) or self._framed or self._semicolons:
                    raise self._truncated()
                self._inside = None
                return

    def lines(self) -> Iterator[bytes]:
        """Yield the data of the COPY at hand in blocks of whole lines."""
        if self._starts_with_end():
            return
        while True:
            end = self._buffer.find(b"\n\\.", self._at)
            while end >= 0 and self._buffer[end + 3 : end + 4] not in (b"\n", b"\r", b""):
                end = self._buffer.find(b"\n\\.", end + 1)
            if end >= 0 and end + 3 == len(self._buffer) and self._more():
                continue
            cut = end + 1 if end >= 0 else self._buffer.rfind(b"\n", self._at) + 1
            if cut > self._at:
                block, self._at = self._buffer[self._at : cut], cut
                yield block
                if self._starts_with_end():
                    return
            elif not self._more():
                raise self._truncated()

    def _starts_with_end(self) -> bool:
        while len(self._buffer) - self._at < 4 and self._more():
            pass
        line = self._buffer[self._at : self._at + 4]
        if line[:2] == b"\\." and line[2:3] in (b"\n", b"\r", b""):
            self._at += len(line) if len(line) < 4 else 3
            self._inside = None
            return True
        return False

    def _statement(self, declarations: re.Pattern[bytes]) -> Statement | None:
        if found := _SELECTED.match(self._buffer, self._at):
            self._at = found.end()
            return Statement("select", _text(found.group(1)), ())
        if found := _INSERT.match(self._buffer, self._at):
            self._at = found.end()
            return Statement("insert", _text(found.group(1)), listed(found.group(2) or b""))
        if found := _COPY.match(self._buffer, self._at):
            self._at = found.end()
            return Statement("copy", _text(found.group(1)), listed(found.group(2) or b""))
        if found := _LOCK.match(self._buffer, self._at):
            self._at = found.end()
            return Statement("lock", _text(found.group(1)), ())
        if (found := _CREATE.match(self._buffer, self._at)) and (body := declarations.match(self._buffer, found.end())):
            self._at = body.end()
            return Statement("create", _text(found.group(1)), declared(body.group(), self.rules))
        return None

    def _leave_routines(self, found: re.Match[bytes]) -> None:
        """Pass over triggers and procedures: what they insert is no data."""
        self._at = found.end()
        if found.group(1) == b";":
            return
        back = re.compile(rb"\n\s*delimiter[ \t]+;", re.IGNORECASE)
        while not (end := back.search(self._buffer, self._at)):
            if not self._more():
                raise self._truncated()
        self._at = end.end()

    def _more(self) -> bool:
        """Read on; the part before the current place is let go. False at the end of the file."""
        rest = self._buffer[self._at :]
        if len(rest) > _LONGEST_ROW:
            raise InputError(
                f"a text in {self._where()} has no end within {_LONGEST_ROW >> 20} MiB", where=self._name,
                fix="Dump it again, as plain SQL.",
            )  # fmt: skip
        # as much again as is still unread: what is looked at twice stays in proportion
        block = self._file.read(max(CHUNK, len(rest)))
        self._ended = not block
        self.read += len(block)
        self._buffer = rest + block
        self._tail = (self._tail + block[-_TAIL:])[-_TAIL:]
        self._at = 0
        return bool(block)

    def _space(self) -> None:
        found = _SPACE.match(self._buffer, self._at)
        assert found is not None
        self._semicolons = self._semicolons or b";" in found.group()
        self._at = found.end()

    def _where(self) -> str:
        return self._inside.table if self._inside else "the dump"

    def _truncated(self) -> InputError:
        return InputError(
            f"the dump ends in the middle of {self._where()}", where=self._name, fix="Dump it again, or copy it again."
        )

    def _ends_well(self) -> None:
        if self._framed and not self._framed.search(self._tail):
            raise InputError(
                "the dump was cut off: the line that it is complete is not at its end", where=self._name,
                fix="Dump it again. If it was shortened on purpose, delete its first line as well.",
            )  # fmt: skip


@lru_cache
def _patterns(rules: Rules) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    """Return the patterns of a piece to pass over with its end, of a comment, and of the columns of a CREATE TABLE."""
    special = rb"`/\-#" if rules.backslash else rb"/\-$eE"
    single = rb"/(?!\*)|-(?!-\s)" if rules.backslash else rb"/(?!\*)|-(?!-)|\$(?!\w*+\$)|[eE]"
    dollar = rb"" if rules.backslash else rb"|\$(\w*+)\$.*?\$\1\$"
    piece = (
        rb"(?:[^;\n'\"" + special + rb"]++|" + rules.quoted + rb"|" + rules.comment + dollar + rb"|" + single + rb")*+"
    )
    return (
        re.compile(rb"(?s)" + piece + rb"[;\n]"),
        re.compile(rb"(?s)" + rules.comment),
        re.compile(rb"(?s)" + rules.declarations),
    )


def rules_of(head: bytes) -> Rules:
    """Return how a dump that begins with ``head`` writes texts."""
    plain = head.replace(b"\0", b"")
    first = plain[:_TAIL]
    if _TOOLS.search(first) or _OLD_POSTGRES.search(first):
        return Rules(backslash=True)
    if _OTHERS.search(first):
        return Rules(backslash=False)
    return Rules(bool(_MYSQL.search(plain) or (_ESCAPED.search(plain) and not re.search(rb"\b[eE]'", plain))))


def listed(text: bytes) -> tuple[str, ...]:
    """Return the names in a list of columns, in upper case and without quotes."""
    return tuple(_text(name).strip().strip('"`[]').upper() for name in text.split(b",")) if text.strip() else ()


_NO_COLUMN = re.compile(
    rb"(?i)\s*(?:primary|key|unique|constraint|index|foreign|check|fulltext|spatial|exclude|period|like)\b"
)


def declared(body: bytes, rules: Rules) -> tuple[str, ...]:
    """Return the names of the columns that the parentheses of a CREATE TABLE declare."""
    comment = rb"(?s)(" + rules.quoted + rb")|" + rules.comment
    inner = re.sub(comment, lambda found: found.group(1) or b" ", body[1:-1])
    item = rb"(?s)(?:" + rules.quoted + rb"|[^,()'\"`eE]++|[eE`]|" + rules.nested + rb")++"
    names = []
    for found in re.finditer(item, inner):
        name = re.match(rb"\s*(" + _NAME + rb")", found.group())
        if name and not _NO_COLUMN.match(found.group()):
            names.append(_text(name.group(1)).strip('"`[]').upper())
    return tuple(names)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _opened(file: InputFile) -> IO[bytes]:
    """Open a dump so that bytes of ASCII are what they seem."""
    try:
        encoding = encoding_of(file.head)[0]
    except ValueError:
        encoding = "utf-8"  # zeros and the like within byte arrays
    named = _DECLARED.search(file.head)
    if named and encoding not in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        encoding = _DOUBLE.get(named.group(1).decode().lower(), encoding)
    if encoding.startswith(("utf-16", "utf-32")) or encoding in _DOUBLE.values():
        return io.BufferedReader(Utf8Rows(file, 0, encoding), 1 << 20)
    stream = file.open()
    if file.head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    return stream
