"""Where a file departs from the XES standard without becoming unreadable: found, counted, told, never fatal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from poanalyzer.ingest.xes.times import XesClock

#: Order of the elements inside ``<log>`` (IEEE 1849-2016, 6.1).
_ORDER = {"extension": 0, "global": 1, "classifier": 2, "attribute": 3, "trace": 4, "event": 5}
#: XML attributes of each element: those it must have, those it may have.
_XML_ATTRIBUTES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "log": (("xes.version",), ("xes.features", "xes.creator", "openxes.version")),
    "extension": (("name", "prefix", "uri"), ()),
    "global": ((), ("scope",)),
    "classifier": (("name", "keys"), ("scope",)),
    "trace": ((), ()),
    "event": ((), ()),
    "list": (("key",), ()),
    "container": (("key",), ()),
    "values": ((), ()),
    "attribute": (("key", "value"), ()),
}
_VALUES = {
    "int": re.compile(r"[+-]?\d+"),
    "float": re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|INF)|NaN"),
    "boolean": re.compile(r"true|false|1|0"),
    "id": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
#: Kinds of deviation that are told apart; a file with more of them has its first ones named.
_MOST_KINDS = 20


class Deviations:
    """Counts departures by what they are, with the line of the first of each."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.lines: dict[str, int] = {}
        self._last = 0
        self.before = "log"
        self._clock = XesClock("UTC")
        self.prefixes: set[str] = set()
        self.global_keys: dict[str, set[str]] = {"event": set(), "trace": set()}
        self.nested_declared = False

    def add(self, text: str, line: int) -> None:
        """Count one departure."""
        if text in self.counts or len(self.counts) < _MOST_KINDS:
            self.counts[text] = self.counts.get(text, 0) + 1
            self.lines.setdefault(text, line)

    def sentences(self) -> list[str]:
        """Return one sentence a kind of departure."""
        return [
            f"line {self.lines[text]}: {text}" + (f" (and {count - 1} more times)" if count > 1 else "")
            for text, count in self.counts.items()
        ]

    def header(self, tag: str, kind: str, attrs: Mapping[str, str], line: int) -> None:
        """Look at an element directly inside ``<log>``, or at ``<log>`` itself."""
        self.order(tag, kind, line)
        self.element(tag, kind, attrs, line)
        if kind == "log":
            self.nested_declared = "nested-attributes" in attrs.get("xes.features", "")
        elif kind == "extension" and attrs.get("prefix"):
            self.prefixes.add(attrs["prefix"])
        elif kind in ("global", "classifier") and attrs.get("scope", "event") not in ("event", "trace"):
            self.add(f"<{tag}> has the scope “{attrs['scope']}”, which is neither event nor trace", line)
        if kind == "classifier":
            keys = attrs.get("keys", "").split()
            if not keys:
                self.add("<classifier> names no keys", line)
            known = self.global_keys.get(attrs.get("scope", "event"), set())
            for key in keys if known else ():
                # a key may hold blanks, and the list of keys is parted by blanks
                if not any(key == whole or key in whole.split() for whole in known):
                    self.add(f"<classifier> uses “{key[:60]}”, which no <global> declares", line)

    def order(self, tag: str, kind: str, line: int) -> None:
        """Look at the place of an element directly inside ``<log>``."""
        rank = _ORDER.get(kind)
        if rank is None:
            return
        if rank < self._last:
            self.add(f"<{tag}> comes after <{self.before}>", line)
        else:
            self._last, self.before = rank, tag

    def element(self, tag: str, kind: str, attrs: Mapping[str, str], line: int) -> None:
        """Look at the XML attributes of an element."""
        form = tag if tag in _XML_ATTRIBUTES else kind
        must, may = _XML_ATTRIBUTES.get(form, ((), ()))
        for name in must:
            if name not in attrs:
                self.add(f"<{tag}> has no “{name}”", line)
        for name in attrs:
            if name not in must and name not in may and not name.startswith(("xmlns", "xsi:", "xml:")):
                self.add(f"<{tag}> has an attribute “{name[:60]}” the standard does not know", line)

    def value(self, tag: str, key: str, value: str, line: Callable[[], int]) -> bool:
        """Look at the value of a typed attribute; return whether it is one of its type."""
        if tag == "date":
            zoneless = self._clock.zoneless
            good = self._clock.read(value) is not None
            if self._clock.zoneless > zoneless:
                self.add(f"the date “{key[:60]}” has no time zone", line())
        else:
            shape = _VALUES.get(tag)
            good = shape is None or shape.fullmatch(value.strip()) is not None
        if not good:
            self.add(f"“{value[:60]}” is no value of the type {tag} (“{key[:60]}”)", line())
        return good

    def key(self, key: str, line: int) -> None:
        """Look at whether the extension that a key belongs to is declared, and knows it."""
        prefix, colon, rest = key.partition(":")
        if colon and prefix in STANDARD_PREFIXES and prefix not in self.prefixes:
            self.add(f"the extension “{prefix}” is used and not declared", line)
        elif colon and prefix in _KEYS and rest not in _KEYS[prefix]:
            self.add(f"“{key[:60]}” is no key of the extension “{prefix}”", line)

    def repeated(self, where: str, keys: Sequence[str], key: str, line: int) -> None:
        """Look at whether a key occurs twice in one element."""
        if key in keys:
            self.add(f"two attributes “{key[:60]}” in one <{where}>: the first one counts", line)


#: Keys of the extensions that every reader relies on.
_KEYS = {
    "concept": ("name", "instance"),
    "lifecycle": ("model", "transition", "state"),
    "org": ("resource", "role", "group"),
    "time": ("timestamp",),
}
#: Prefixes of the standard's own extensions.
STANDARD_PREFIXES = frozenset({"concept", "lifecycle", "org", "time", "semantic", "identity", "cost", "micro"})
