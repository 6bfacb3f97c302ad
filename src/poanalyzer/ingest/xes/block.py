"""Plain events of a piece of text as columns, found with whole-array operations instead of one event at a time.

In a plain event every fourth quote opens a value, so that the positions of the quotes alone part the text into tags,
keys and values. What stands between the quotes is judged once for each of the few forms in which it occurs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_TAG = r"<(?:string|date|int|float|boolean|id) key="
_BLANK = r"[ \t\r\n]*"
#: What may stand before an attribute: another one of the same event, or the end of the event before.
_WITHIN = re.compile(rf"[ ]?/>{_BLANK}{_TAG}")
_BETWEEN = re.compile(rf"[ ]?/>{_BLANK}</event>{_BLANK}<event>{_BLANK}{_TAG}")
_LAST = re.compile(rf"[ ]?/>{_BLANK}</event>{_BLANK}")
#: Put before the first event, it gives that event the same form as the others.
LEAD = b'"/></event>'
_VALUE = b" value="
#: Characters that XML forbids, in UTF-8 (the control characters are counted).
_FORBIDDEN = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


@dataclass(frozen=True, eq=False)
class EventBlock:
    """Events that stand one after the other in a text.

    Attributes:
        rows: how many they are.
        buffer: the text, uint8.
        edges: where each piece of the text begins, int32; the last one is the end.
        pieces: the text, parted.
        places: slot of a field → for each event the number of the piece that is its value, −1 where it has none.
        unused: key that no field takes → the events that have it, in order.
    """

    rows: int
    buffer: np.ndarray
    edges: np.ndarray
    pieces: pa.StringArray
    places: dict[int, np.ndarray]
    unused: dict[str, np.ndarray]

    def texts(self, places: np.ndarray) -> pa.StringArray:
        """Return the pieces with these numbers; NULL for −1."""
        import pyarrow as pa

        absent = places < 0
        return self.pieces.take(pa.array(places, mask=absent if absent.any() else None))


@dataclass(frozen=True, eq=False)
class Span:
    """The events ``low`` to ``high`` (exclusive) of a block."""

    block: EventBlock
    low: int
    high: int

    def __len__(self) -> int:
        return self.high - self.low

    def has(self, key: str) -> bool:
        """Whether one of these events has the unused ``key``."""
        owners = self.block.unused[key]
        place = owners.searchsorted(self.low)
        return bool(place < len(owners) and owners[place] < self.high)


def find_events(text: bytes, slots: Mapping[str, int]) -> EventBlock | None:
    """Return the events of ``text``, which is :data:`LEAD` and events; None where one of them is not plain."""
    import numpy as np
    import pyarrow as pa

    if b"&" in text or not _is_sound(text):
        return None
    buffer = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(buffer == ord('"'))
    if len(quotes) % 4 != 1:
        return None
    # pieces by turns: a quote, and what follows it up to the next one
    edges = np.empty(2 * len(quotes) + 1, np.int32)
    edges[:-1:2] = quotes
    edges[1::2] = quotes + 1
    edges[-1] = len(text)
    pieces = pa.StringArray.from_buffers(len(edges) - 1, pa.py_buffer(edges), pa.py_buffer(text))

    def every_fourth(first: int) -> pa.DictionaryArray:
        return pieces.take(pa.array(np.arange(2 * first + 1, len(pieces), 8))).dictionary_encode()

    begins = _begins(every_fourth(0), buffer)
    if begins is None or not _are_values(buffer, quotes):
        return None
    event = np.cumsum(begins) - 1
    rows = int(event[-1]) + 1
    keys = every_fourth(1)
    codes = keys.indices.to_numpy()
    places: dict[int, np.ndarray] = {}
    unused: dict[str, np.ndarray] = {}
    for code, key in enumerate(keys.dictionary.to_pylist()):
        attributes = np.flatnonzero(codes == code)
        owners = event[attributes]
        if (owners[1:] == owners[:-1]).any():  # a key occurs twice in one event
            return None
        slot = slots.get(key)
        if slot is None:
            unused[key] = owners
            continue
        places[slot] = np.full(rows, -1, np.int64)
        places[slot][owners] = 8 * attributes + 7
    return EventBlock(rows, buffer, edges, pieces, places, unused)


def _is_sound(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return not any(character in text for character in _FORBIDDEN)


def _are_values(buffer: np.ndarray, quotes: np.ndarray) -> bool:
    """Whether `` value=`` stands between each key and what follows it."""
    import numpy as np

    ends, opens = quotes[2::4], quotes[3::4]
    if (opens - ends != len(_VALUE) + 1).any():
        return False
    between = buffer[ends[:, None] + np.arange(1, len(_VALUE) + 1)]
    return bool((between == np.frombuffer(_VALUE, np.uint8)).all())


def _begins(forms: pa.DictionaryArray, buffer: np.ndarray) -> np.ndarray | None:
    """Return for each attribute whether it is the first one of its event; None where the forms are not those of events.

    A ``<`` or a control character in a value shows in that the text has more of them than the forms have.
    """
    import numpy as np

    codes = forms.indices.to_numpy()
    texts = forms.dictionary.to_pylist()
    if _LAST.fullmatch(texts[codes[-1]]) is None:
        return None
    first = np.array([_BETWEEN.fullmatch(text) is not None for text in texts])
    known = first | np.array([_WITHIN.fullmatch(text) is not None for text in texts])
    body = codes[:-1]
    if not len(body) or not known[body].all() or not first[body[0]]:
        return None
    times = np.bincount(codes, minlength=len(texts))
    tags = np.array([text.count("<") for text in texts])
    controls = np.array([sum(c < " " for c in text) for text in texts])
    if np.count_nonzero(buffer == ord("<")) != (times * tags).sum():
        return None
    if np.count_nonzero(buffer < ord(" ")) != (times * controls).sum():
        return None
    begins: np.ndarray = first[body]
    return begins
