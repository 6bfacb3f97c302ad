"""A short cut for the form in which nearly all tools write events; everything else is left to the XML parser.

Runs of events that hold nothing but plain attributes are taken out of the text and a mark is put in their place: an
empty ``<event/>`` that bears a number under a name nobody can guess. The parser still sees all that surrounds them, so
that structure, nesting and well-formedness are judged in one place, and a mark inside a comment is a comment.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from poanalyzer.ingest.xes.block import LEAD, EventBlock, Span, find_events

# a value with an entity, a line break, a tab or a character that XML forbids is the parser's business
_VALUE = r'[^"<&\x00-\x1f\ufffe\uffff]*+'
_ATTRIBUTE = rf'<(?:string|date|int|float|boolean|id) key="{_VALUE}" value="{_VALUE}"[ ]?/>'
_BLANK = r"[ \t\r\n]*+"
_RUN = re.compile(rf"(?:{_BLANK}<event>(?:{_BLANK}{_ATTRIBUTE})++{_BLANK}</event>)++")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']""")
_BEGIN = b"<event>"
_END = b"</event>"
_TRACE_END = b"</trace>"
#: Blocks in a row that hold events which are not plain, after which no block is taken as a whole any more.
_MOST_FAILURES = 8

Row = tuple[str | None, ...]


def is_utf8(head: bytes) -> bool:
    """Whether the text that begins with ``head`` is UTF-8, as far as its first bytes tell."""
    found = _DECLARED.search(head.removeprefix(b"\xef\xbb\xbf")[:200])
    return b"\x00" not in head[:4] and (found is None or found[1].lower() in (b"utf-8", b"us-ascii"))


class PlainEvents:
    """Takes plain events out of blocks of text.

    Attributes:
        mark: the name of the XML attribute by which the parser knows a mark.
    """

    def __init__(self, slots: dict[str, int], width: int, unused: set[str]) -> None:
        self.mark = f"m{secrets.token_hex(16)}"
        self._slots = slots
        self._width = width
        self._unused = unused
        self._shapes: dict[tuple[str, ...], Callable[[Sequence[str | None]], Row] | None] = {}
        self._runs: list[tuple[list[Row] | Span, Iterable[str]]] = []
        self._left = b""
        self._failures = 0

    def take(self, index: str) -> list[Row] | Span:
        """Return the rows that the mark with this number stands for; what stands in a comment is never asked for."""
        run, unused = self._runs[int(index)]
        if isinstance(run, Span):
            unused = {key for key in unused if key not in self._unused and run.has(key)}
        self._unused.update(unused)
        return run

    def without(self, block: bytes) -> bytes:
        """Return the text up to the last event that ends in it, its plain events replaced by marks."""
        text = self._left + block
        end = text.rfind(_END)
        if end < 0:
            self._left = b""
            return text
        whole, self._left = text[: end + len(_END)], text[end + len(_END) :]
        self._runs.clear()
        if self._failures < _MOST_FAILURES:
            taken = self._taken_whole(whole)
            if taken is not None:
                self._failures = 0
                return taken
            self._failures += 1
        try:
            return _RUN.sub(self._replaced, whole.decode()).encode()
        except UnicodeDecodeError:
            return whole  # the parser says where

    def rest(self) -> bytes:
        """Return what follows the last event."""
        left, self._left = self._left, b""
        return left

    def _taken_whole(self, text: bytes) -> bytes | None:
        """Replace all events of each trace by one mark; None where anything else stands among them."""
        around: list[bytes] = []
        events = [LEAD]
        for part in text.split(_TRACE_END):
            begin, end = part.find(_BEGIN), part.rfind(_END) + len(_END)
            if 0 <= begin < end:
                events.append(part[begin:end])
                around += (part[:begin], part[end:])
            else:
                around.append(part)
                events.append(b"")
        if not any(events[1:]):
            return text
        block = find_events(b"".join(events), self._slots)
        if block is None:
            return None
        return _TRACE_END.join(self._marked(block, events[1:], around))

    def _marked(self, block: EventBlock, events: list[bytes], around: list[bytes]) -> list[bytes]:
        parts = []
        rest = iter(around)
        low = 0
        for run in events:
            before = next(rest)
            if run:
                high = low + run.count(_BEGIN)
                self._runs.append((Span(block, low, high), block.unused))
                before += self._mark(run.count(b"\n")) + next(rest)
                low = high
            parts.append(before)
        return parts

    def _mark(self, lines: int) -> bytes:
        """Return a mark for the last run; the lines stay, for the parser's count of them."""
        return f'<event {self.mark}="{len(self._runs) - 1}"/>'.encode() + b"\n" * lines

    def _replaced(self, run: re.Match[str]) -> str:
        rows = []
        shapes = set()
        text = run[0]
        # the pattern leaves no quote in a value: between quotes stand key, “value=”, value, the next tag, …
        for body in text.split("<event>")[1:]:
            parts = body.split('"')
            keys = tuple(parts[1::4])
            values: list[str | None] = [*parts[3::4], None]
            try:
                pick = self._shapes[keys]
            except KeyError:
                pick = self._shapes[keys] = self._shape(keys)
            if pick is None:
                return text
            rows.append(pick(values))
            shapes.add(keys)
        self._runs.append((rows, {key for keys in shapes for key in keys if key not in self._slots}))
        return self._mark(text.count("\n")).decode()

    def _shape(self, keys: tuple[str, ...]) -> Callable[[Sequence[str | None]], Row] | None:
        """Return what picks a row out of the values that stand under ``keys``; None where a key occurs twice."""
        if len(set(keys)) < len(keys):
            return None
        places = [len(keys)] * self._width
        for place, key in enumerate(keys):
            slot = self._slots.get(key)
            if slot is not None:
                places[slot] = place
        return itemgetter(*places)
