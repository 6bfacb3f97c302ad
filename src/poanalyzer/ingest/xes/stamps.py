"""Time stamps of many events at once: those written alike are read digit column by digit column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: A complete stamp with an offset, its digits written as 0; whatever else xs:dateTime allows is read one by one.
_LAYOUT = re.compile(r"0000-00-00[T ]00:00:00(?:[.,](0+))?(?:([Zz])|([+-])00:?00)")
#: Layouts looked for in one block of events; a log has one or two.
_MOST_LAYOUTS = 6
_ZERO = ord("0")
_SECOND = 1_000_000


def read_stamps(buffer: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read the time stamps that stand in ``buffer`` (uint8) from ``starts`` to ``ends``.

    Returns:
        Microseconds since 1970-01-01 UTC (int64), and which of them were read: the others are no times, or are written
        in a way left to :class:`~poanalyzer.ingest.xes.times.XesClock`, which reads all of these alike.
    """
    import numpy as np

    micros = np.zeros(len(starts), np.int64)
    done = np.zeros(len(starts), bool)
    left = np.arange(len(starts))
    for _ in range(_MOST_LAYOUTS):
        if not len(left):
            break
        first = buffer[starts[left[0]] : ends[left[0]]]
        layout = np.where(_is_digit(first), np.uint8(_ZERO), first)
        alike = ends[left] - starts[left] == len(layout)
        same, others = left[alike], left[~alike]
        if len(layout):
            characters = buffer[starts[same][:, None] + np.arange(len(layout))]
            fits = (np.where(_is_digit(characters), np.uint8(_ZERO), characters) == layout).all(axis=1)
            others = np.concatenate([others, same[~fits]])
            form = _LAYOUT.fullmatch(layout.tobytes().decode("latin-1"))
            if form:
                micros[same[fits]], done[same[fits]] = _read(characters[fits], form)
        left = others
    return micros, done


def _is_digit(characters: np.ndarray) -> np.ndarray:
    digits: np.ndarray = (characters >= _ZERO) & (characters < _ZERO + 10)
    return digits


def _read(characters: np.ndarray, form: re.Match[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read stamps of one layout: microseconds UTC, and whether each is a time of the calendar."""
    import numpy as np

    digits = characters.astype(np.int64) - _ZERO

    def number(low: int, high: int) -> np.ndarray:
        value: np.ndarray = digits[:, low:high] @ (10 ** np.arange(high - low - 1, -1, -1))
        return value

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
    good = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    good &= days < (months + 1).astype("datetime64[D]").astype(np.int64)
    micros = (((days * 24 + hour) * 60 + minute) * 60 + second) * _SECOND
    if form[1]:
        kept = min(len(form[1]), 6)
        micros += number(20, 20 + kept) * 10 ** (6 - kept)
    if form[3]:
        end = digits.shape[1]
        away = (number(form.end(3), form.end(3) + 2) * 60 + number(end - 2, end)) * 60 * _SECOND
        micros += away if form[3] == "-" else -away
    return micros, good
