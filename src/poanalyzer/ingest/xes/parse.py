"""XES text → rows: a streaming reader on expat that resolves no entity and never reads the network.

Source of the format: IEEE 1849-2016 (XES). Values that ``<global>`` gives are examples of what every event or trace
has; they are no defaults and are not filled in. Of an attribute with attributes inside, the value is its own; those
inside follow it as ``outer/inner``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import IO, NoReturn
from xml.parsers import expat

from poanalyzer.errors import InputError
from poanalyzer.ingest.xes.block import Span
from poanalyzer.ingest.xes.deviations import Deviations
from poanalyzer.ingest.xes.plain import PlainEvents, is_utf8
from poanalyzer.ingest.xes.stream import blocks_ahead

#: Bytes handed to the parser at a time.
BLOCK = 1 << 20
#: An element (with its attributes), comment or instruction larger than this is refused: it would be held whole.
LARGEST_TOKEN = 8 << 20
#: Attributes inside attributes; real logs have one or two levels.
DEEPEST = 64
#: Rows that are handed on together.
BATCH_ROWS = 1 << 16

#: What an event row holds, in this order.
EVENT_FIELDS = (
    "activity", "at", "start", "lifecycle", "instance", "resource", "role", "group", "row_key"
)  # fmt: skip
#: Field → attribute key of the XES extensions (``start_timestamp`` is pm4py's).
EVENT_KEYS = {
    "activity": "concept:name", "at": "time:timestamp", "start": "start_timestamp",
    "lifecycle": "lifecycle:transition", "instance": "concept:instance", "resource": "org:resource",
    "role": "org:role", "group": "org:group", "row_key": "identity:id",
}  # fmt: skip
_VALUED = frozenset({"string", "date", "int", "float", "boolean", "id"})
_TYPES = _VALUED | {"list", "container", "values"}
_PARTS = frozenset({"log", "trace", "event", "extension", "global", "classifier"})

EventRow = Sequence[str | None]
#: Events of a trace that follow one another: rows, or a part of a block.
Events = Sequence[EventRow] | Span
#: (name, type, value) of a case.
CaseAttribute = tuple[str, str, str]


class XesParser:
    """Reads one file. ``short_cut`` lets :mod:`xes_plain` take the plain events out first; the rows are the same.

    Attributes:
        deviations: where the file departs from the standard.
        outside: events that belong to no trace.
        unused: keys of event attributes that no field takes.
        traces, nameless, empty: traces; those without the case key; those without an event.
    """

    def __init__(
        self,
        name: str,
        keys: dict[str, str],
        case_key: str,
        on_trace: Callable[[str, list[Events], list[CaseAttribute]], None],
        *,
        short_cut: bool = True,
    ) -> None:
        self.deviations = Deviations()
        self.outside = 0
        self.outside_line = 0
        self.events = 0
        self.unused: set[str] = set()
        self.traces = 0
        self.nameless = 0
        self.empty = 0
        self._name = name
        self._case_key = case_key
        self._slots = {key: EVENT_FIELDS.index(field) for field, key in keys.items()}
        self._on_trace = on_trace
        self._parser = expat.ParserCreate()
        self._fed = 0
        self._given = 0
        self._short_cut = short_cut
        self._plain = PlainEvents(self._slots, len(EVENT_FIELDS), self.unused)

    def feed(self, stream: IO[bytes], progress: Callable[[int], None]) -> Generator[None]:
        """Parse ``stream``, one block a step. Raises :class:`InputError`, with the line, where it is no XES."""
        parser = self._parser
        parser.ordered_attributes = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._doctype
        self._handle()
        try:
            plain: PlainEvents | None = None
            with closing(blocks_ahead(stream, BLOCK)) as blocks:
                for block in blocks:
                    if not self._fed and self._short_cut and is_utf8(block):
                        plain = self._plain
                    self._fed += len(block)
                    self._parse(plain.without(block) if plain else block)
                    progress(self._fed)
                    yield
            if not self._fed:
                raise InputError("the file is empty", where=self._name, fix="Export the log again.")
            if plain:
                self._parse(plain.rest())
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            self._malformed(error)
        yield

    def _parse(self, text: bytes) -> None:
        self._given += len(text)
        self._parser.Parse(text, False)
        if self._given - max(self._parser.CurrentByteIndex, 0) > LARGEST_TOKEN:
            self.refuse(f"one element is larger than {LARGEST_TOKEN >> 20} MiB")

    def refuse(self, what: str, fix: str = "Export the log again as XES.") -> NoReturn:
        """Raise :class:`InputError` for the line that is being read."""
        raise InputError(what, where=f"{self._name}: line {self._parser.CurrentLineNumber}", fix=fix)

    def _malformed(self, error: expat.ExpatError) -> NoReturn:
        text = expat.errors.messages[error.code] if error.code in expat.errors.messages else str(error)
        where = f"{self._name}: line {error.lineno}"
        codes = expat.errors.codes
        ends = (codes["no element found"], codes["unclosed token"], codes["partial character"])
        if error.code in ends:
            raise InputError(
                "the file ends in the middle of the log", where=where, fix="Copy or export it again."
            ) from None
        raise InputError(f"not well-formed XML: {text}", where=where, fix="Export the log again as XES.") from None

    def _doctype(self, *_: object) -> None:
        self.refuse(
            "the file declares a document type or entities, which no XES log needs",
            "Remove the DOCTYPE if you trust the file.",
        )

    def _handle(self) -> None:
        """Install the handlers. ``depth`` counts open elements below the innermost log, trace or event."""
        parser, deviations, slots = self._parser, self.deviations, self._slots
        width = len(EVENT_FIELDS)
        in_trace = False
        row: list[str | None] = []
        rows: list[EventRow] = []
        parts: list[Events] = []
        attributes: list[CaseAttribute] = []
        seen: set[str] = set()
        known: set[str] = set()
        path: list[str] = []
        depth = 0
        skipping = 0
        unused = self.unused
        plain, mark = self._plain, self._plain.mark

        def line() -> int:
            return int(parser.CurrentLineNumber)

        def local(name: str) -> str:
            return name.rpartition(":")[2]

        def as_dict(attrs: list[str]) -> dict[str, str]:
            return dict(zip(attrs[::2], attrs[1::2], strict=True))

        def start_root(name: str, attrs: list[str]) -> None:
            if local(name) != "log":
                self.refuse(f"the root element is <{name[:60]}>, not <log>", "Give an XES event log.")
            deviations.header("log", "log", as_dict(attrs), line())
            parser.StartElementHandler, parser.EndElementHandler = start_outer, end_outer

        def attribute(tag: str, attrs: list[str], owner: str) -> None:
            """Take an attribute of a trace, or look at one of the log."""
            if len(attrs) == 4 and attrs[0] == "key" and attrs[2] == "value" and tag in _VALUED:
                key, value = attrs[1], attrs[3]
            else:
                given = as_dict(attrs)
                deviations.element(tag, "attribute", given, line())
                key, value = given.get("key", ""), given.get("value", "")
            path.append(key)
            if key not in known:
                known.add(key)
                deviations.key(key, line())
            if len(path) > 1 and not deviations.nested_declared and tag in _VALUED:
                deviations.add("attributes inside attributes, which “xes.features” does not declare", line())
            if tag not in _VALUED:
                return
            if tag != "string":
                deviations.value(tag, key, value, line)
            if owner == "trace" and key:
                name = key if len(path) == 1 else "/".join(part for part in path if part)
                if name in seen:
                    deviations.repeated("trace", [name], name, line())
                else:
                    seen.add(name)
                    attributes.append((name, tag, value))
            elif owner in ("event", "trace global") and len(path) == 1:
                deviations.global_keys[owner.removesuffix(" global")].add(key)

        scope = ""

        declares = False

        def start_outer(name: str, attrs: list[str]) -> None:
            """Handle what stands in the log or a trace, outside events."""
            nonlocal depth, row, rows, in_trace, skipping, scope, declares
            tag = name if ":" not in name else local(name)
            if tag == "event" and not depth:
                if attrs and attrs[0] == mark:
                    taken = plain.take(attrs[1])
                    if not in_trace:
                        deviations.order(tag, tag, line())
                        self.outside += len(taken)
                        self.outside_line = self.outside_line or line()
                    elif isinstance(taken, Span):
                        parts.extend((rows, taken) if rows else (taken,))
                        rows = []
                    else:
                        rows.extend(taken)
                    depth = skipping = 1
                    return
                if attrs:
                    deviations.element(tag, tag, as_dict(attrs), line())
                if not in_trace:
                    deviations.order(tag, tag, line())
                row = [None] * width
                parser.StartElementHandler, parser.EndElementHandler = start_in_event, end_in_event
                return
            if tag == "trace" and not depth and not in_trace:
                if attrs or deviations.before != "trace":
                    deviations.header(tag, tag, as_dict(attrs), line())
                in_trace = True
                return
            if skipping:
                skipping += 1
            elif tag in _TYPES:
                if not depth and not in_trace:
                    deviations.order(tag, "attribute", line())
                declares = declares or bool(scope)
                attribute(tag, attrs, "trace" if in_trace else scope)
            elif tag in ("extension", "global", "classifier") and not depth and not in_trace:
                given = as_dict(attrs)
                deviations.header(tag, tag, given, line())
                if tag == "global":
                    scope = "trace global" if given.get("scope") == "trace" else "event"
                    declares = False
                    path.clear()
                skipping = int(tag != "global")
            elif tag in _PARTS:
                self.refuse(
                    f"<{tag}> inside <{'trace' if in_trace and not depth else 'log' if not depth else 'an attribute'}>"
                )
            else:
                deviations.add(f"<{tag[:60]}> is no element of XES and is left out", line())
                skipping = 1
            depth += 1
            if depth > DEEPEST:
                self.refuse(f"elements are nested more than {DEEPEST} levels deep")

        def end_outer(name: str) -> None:
            nonlocal depth, in_trace, rows, parts, attributes, skipping, scope
            if depth:
                depth -= 1
                if skipping:
                    skipping -= 1
                elif path:
                    path.pop()
                else:
                    if scope and not depth and not declares:
                        deviations.add("<global> declares no attributes", line())
                    scope = ""
                return
            if not in_trace:
                return
            in_trace = False
            if rows:
                parts.append(rows)
            self._finish(parts, attributes)
            rows, parts, attributes = [], [], []
            seen.clear()

        def start_in_event(name: str, attrs: list[str]) -> None:
            nonlocal depth
            depth += 1
            if depth != 1:
                inner(name)
                return
            if len(attrs) == 4 and attrs[0] == "key" and attrs[2] == "value":
                key, value = attrs[1], attrs[3]
            else:
                given = as_dict(attrs)
                tag = local(name)
                if tag in _PARTS:
                    self.refuse(f"<{tag}> inside <event>")
                deviations.element(tag, "attribute", given, line())
                key, value = given.get("key", ""), given.get("value", "")
            if name not in _TYPES and local(name) not in _TYPES:
                inner(name)
                return
            slot = slots.get(key)
            if slot is None:
                unused.add(key)
            elif row[slot] is None:
                row[slot] = value
            else:
                deviations.repeated("event", [key], key, line())

        def inner(name: str) -> None:
            tag = local(name)
            if tag in _PARTS:
                self.refuse(f"<{tag}> inside <event>")
            if tag not in _TYPES:
                deviations.add(f"<{tag[:60]}> is no element of XES and is left out", line())
            if depth > DEEPEST:
                self.refuse(f"elements are nested more than {DEEPEST} levels deep")

        def end_in_event(name: str) -> None:
            nonlocal depth
            if depth:
                depth -= 1
                return
            if in_trace:
                rows.append(row)
            else:
                self.outside += 1
                self.outside_line = self.outside_line or line()
            parser.StartElementHandler, parser.EndElementHandler = start_outer, end_outer

        parser.StartElementHandler = start_root

    def _finish(self, parts: list[Events], attributes: list[CaseAttribute]) -> None:
        """Hand a finished trace on under its name."""
        self.traces += 1
        self.events += sum(map(len, parts))
        case = next((value for key, _, value in attributes if key == self._case_key), "")
        if not case.strip():
            case = next((value for key, _, value in attributes if key == "identity:id"), "")
        if not case.strip():
            self.nameless += 1
            case = f"trace {self.traces}"
        if not parts:
            self.empty += 1
        self._on_trace(case, parts, attributes)
