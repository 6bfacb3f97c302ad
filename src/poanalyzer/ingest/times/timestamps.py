"""Times written as text, numbers or typed columns → exact microseconds since 1970-01-01 UTC.

The format of a column is found from sampled values; what a sample cannot decide (day or month first) is decided over
the whole column or refused. Values are then read by an Ibis expression of integer arithmetic on parts of the text: the same
on every back end, independent of its session's time zone, and NULL where a value is no time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from poanalyzer.errors import InputError

if TYPE_CHECKING:
    import ibis

Family = Literal[
    "iso", "ymd", "day", "dmy", "mdy", "month", "compact", "epoch-s", "epoch-ms", "epoch-us", "epoch-ns", "excel"
]

#: Texts that stand for "no time" in exports.
MISSING = ("", "null", "none", "nat", "nan", "n/a", "na", "-", "(null)", "\\n")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?"
_OFFSET = r"(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)"
# groups after the date's three: 4 hour, 5 minute, 6 second, 7 fraction, 8 A or P, 9 offset
_CLOCK_SHAPE = (
    r",?(?:[ T]+([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)? ?(?:([AaPp])\.?[Mm]\.?)?)? ?"
    + _OFFSET
    + r"?$"
)
#: Shape of each family; also valid RE2 and Java syntax, for the back ends.
SHAPES: dict[Family, str] = {
    "iso": r"^\d{4}[-/.]\d\d[-/.]\d\d(?:[T ]" + _TIME + " ?" + _OFFSET + r"?)?$",
    "ymd": r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK_SHAPE,
    "day": r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _CLOCK_SHAPE,
    "month": r"^(\d{1,2})[-/. ]([A-Za-z]{3})[-/. ](\d{4})" + _CLOCK_SHAPE,
    "compact": r"^(?:19|20|21)\d{6}(?:[T ]?(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)?Z?$",
    "epoch-s": r"^-?\d{9,10}(?:[.,]\d+)?$",
    "epoch-ms": r"^-?\d{12,13}(?:[.,]\d+)?$",
    "epoch-us": r"^-?\d{15,16}(?:[.,]0+)?$",
    "epoch-ns": r"^-?\d{18,19}$",
    "excel": r"^[2-7]\d{4}(?:[.,]\d+)?$",
}
_COMPILED = {family: re.compile(shape) for family, shape in SHAPES.items()}
_NUMERIC = ("compact", "epoch-s", "epoch-ms", "epoch-us", "epoch-ns", "excel")
_WORDS: dict[str, str] = {
    "iso": "year-month-day", "ymd": "year/month/day", "day": "day and month in unknown order", "dmy": "day.month.year",
    "mdy": "month/day/year", "month": "day-month name-year", "compact": "yyyymmddhhmmss", "epoch-s": "epoch seconds",
    "epoch-ms": "epoch milliseconds", "epoch-us": "epoch microseconds", "epoch-ns": "epoch nanoseconds",
    "excel": "Excel serial dates",
}  # fmt: skip


@dataclass(frozen=True)
class TimeFormat:
    """How the times of one column are written. ``share`` of the sampled values follow it."""

    family: Family
    share: float

    @property
    def words(self) -> str:
        """The format in words."""
        return _WORDS[self.family]

    @property
    def fixed_to_utc(self) -> bool:
        """Whether the numbers count from an instant in UTC, so that no zone applies."""
        return self.family.startswith("epoch")


def iso_utc(micros: int) -> str:
    """Return microseconds since 1970 as ISO 8601 UTC; in words where no calendar of four-digit years holds them."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except OverflowError:
        return "before the year 1" if micros < 0 else "after the year 9999"
    return moment.isoformat().replace("+00:00", "Z")


def is_missing(value: str | None) -> bool:
    """Whether a text stands for no value. “NA” is a name elsewhere; only columns of times ask this of it."""
    return value is None or value.strip() == ""


def is_missing_time(value: str | None) -> bool:
    """Whether a text in a column of times stands for no time."""
    return value is None or value.strip().lower() in MISSING


def looks_like_time(value: str) -> bool:
    """Whether ``value`` is written as a time that cannot be taken for a number."""
    text = value.strip()
    return any(_COMPILED[family].match(text) for family in SHAPES if family not in _NUMERIC)


def guess_format(values: Iterable[str | None], column: str, where: str = "") -> TimeFormat | None:
    """Return the format that most of ``values`` follow, None where all are missing.

    Day-first and month-first stay ``day``: :func:`decide_order` settles them. Raises :class:`InputError` where no
    known format fits at least half of the values.
    """
    texts = [v.strip() for v in values if v is not None and not is_missing_time(v)]
    if not texts:
        return None
    hits = {f: sum(1 for t in texts if pattern.match(t)) for f, pattern in _COMPILED.items()}
    family = max(SHAPES, key=lambda f: hits[f])  # the first listed wins among equals: the narrower shape
    if hits[family] * 2 < len(texts):
        strange = next(t for t in texts if not _COMPILED[family].match(t))
        raise InputError(
            f"the times of column “{column}” are written in a way that is not known, for example “{strange[:60]}”",
            where=where,
            fix="Export them as ISO 8601, for example 2024-05-31T13:45:00+02:00.",
        )
    return TimeFormat(family, hits[family] / len(texts))


def decide_order(table: ibis.Table, columns: Sequence[str], where: str = "") -> Family:
    """Say whether ``columns`` (all written by the same program) put the day or the month first.

    Any first number above 12 is a day, any second one above 12 too. Dots are only used with the day first. Raises
    :class:`InputError` where no value decides, or values contradict each other.
    """
    import ibis

    pattern = r"^(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}"
    day_first = month_first = dots = seen = ibis.literal(0)
    for column in columns:
        text = table[column].strip()
        one = text.re_extract(pattern, 1).try_cast("int64")
        two = text.re_extract(pattern, 2).try_cast("int64")
        day_first = day_first + (one > 12).sum().fill_null(0)
        month_first = month_first + (two > 12).sum().fill_null(0)
        dots = dots + text.re_search(r"^\d{1,2}\.\d{1,2}\.\d{4}").sum().fill_null(0)
        seen = seen + one.notnull().sum().fill_null(0)
    counts = table.aggregate(d=day_first, m=month_first, dots=dots, n=seen).to_pyarrow().to_pylist()[0]
    named = " and ".join(f"“{c}”" for c in columns)
    if counts["d"] and counts["m"]:
        raise InputError(
            f"the dates of column {named} contradict each other: {counts['d']} can only have the day first, "
            f"{counts['m']} only the month",
            where=where,
            fix="Export them as ISO 8601, for example 2024-05-31 13:45:00.",
        )
    if counts["d"] or (counts["dots"] == counts["n"] and not counts["m"]):
        return "dmy"
    if counts["m"]:
        return "mdy"
    raise InputError(
        f"the dates of column {named} can be read with the day or with the month first: no number is above 12",
        where=where,
        fix="Export them as ISO 8601 (2024-05-31 13:45:00) or with dots (31.05.2024), or give a longer export.",
    )


def text_to_micros(text: ibis.Value, family: Family) -> tuple[ibis.Value, ibis.Value]:
    """Return (microseconds, zoned) for a column of text; NULL where a value is no time of the ``family``.

    ``zoned``: the value says its offset, and the microseconds are UTC; else they are those of the local clock.
    """
    import ibis

    if family == "day":
        raise ValueError("the order of day and month must be decided first")
    if family in ("iso", "compact"):
        return _fixed(text, family)
    if family in ("ymd", "dmy", "mdy", "month"):
        return _spelled(text, family)
    shaped = text.re_search(SHAPES[family])
    plain = text.replace(",", ".")
    if family == "excel":
        # Excel counts days in a double from 1899-12-30; its own resolution is a millisecond
        millis = ((plain.try_cast("float64") - 25_569) * 86_400_000).round().cast("int64")
        return shaped.ifelse(millis * 1000, ibis.null("int64")), ibis.literal(False)
    whole = plain.re_extract(r"^(-?\d+)", 1).try_cast("int64")
    if family == "epoch-us":
        value = whole
    elif family == "epoch-ns":
        value = whole // 1000
    else:
        digits = 6 if family == "epoch-s" else 3
        part = plain.re_extract(rf"[.](\d{{1,{digits}}})", 1)
        micros = (part + "000000").substr(0, digits).try_cast("int64")
        value = whole * 10**digits + text.startswith("-").ifelse(-micros, micros)
    return shaped.ifelse(value, ibis.null("int64")), ibis.literal(True)


def typed_to_micros(column: ibis.Value) -> tuple[ibis.Value, ibis.Value]:
    """Return (microseconds, zoned) for a typed column of timestamps (any unit, with zone or without) or dates."""
    import ibis

    kind = column.type()
    if kind.is_date():
        column = column.cast("timestamp")
    zoned = kind.is_timestamp() and kind.timezone is not None
    # the back end works in UTC: as a plain UTC time the difference costs a third
    plain = column.cast("timestamp") if zoned else column
    micros = plain.delta(ibis.timestamp("1970-01-01"), unit="microsecond")
    return micros.cast("int64"), ibis.literal(bool(zoned))


def _number(text: ibis.Value) -> ibis.Value:
    return text.try_cast("int64")


def _fixed(text: ibis.Value, family: Family) -> tuple[ibis.Value, ibis.Value]:
    """Read the shapes whose numbers stand at fixed positions, by substrings: several times as fast as patterns."""
    import ibis

    zero = ibis.literal(0, "int64")
    parts: list[ibis.Value]
    if family == "compact":
        days = _days(text.substr(0, 4), text.substr(4, 2), text.substr(6, 2))
        clock = text.re_replace(r"[TZ ]", "")
        parts = [_number(clock.substr(at, 2)).fill_null(0) for at in (8, 10, 12)]
        fraction, zoned, shift = zero, text.endswith("Z"), zero
    else:
        days = _days(text.substr(0, 4), text.substr(5, 2), text.substr(8, 2))
        parts = [_number(text.substr(at, 2)).fill_null(0) for at in (11, 14)]
        parts.append((text.substr(16, 1) == ":").ifelse(_number(text.substr(17, 2)), zero))
        fraction = text.substr(19, 1).isin([".", ","]).ifelse(_fraction(text.re_extract(r"[.,](\d{1,6})", 1)), zero)
        zoned = (text.length() > 16) & text.re_search(_OFFSET + "$")
        shift = zoned.ifelse(_offset(text.re_extract(_OFFSET + "$", 1)), zero)
    hour, minute, second = parts
    micros = days * 86_400_000_000 + _clock(hour, minute, second, fraction) - shift
    return text.re_search(SHAPES[family]).ifelse(micros, ibis.null("int64")), zoned


def _spelled(text: ibis.Value, family: Family) -> tuple[ibis.Value, ibis.Value]:
    """Read the shapes whose numbers have any width, by the groups of their pattern."""
    import ibis

    shape = SHAPES["day" if family in ("dmy", "mdy") else family]
    group = {n: text.re_extract(shape, n) for n in range(1, 10)}
    year, month, day = (group[n] for n in {"ymd": (1, 2, 3), "mdy": (3, 1, 2)}.get(family, (3, 2, 1)))
    if family == "month":
        month = ibis.cases(*((month.lower() == name, f"{number:02}") for number, name in enumerate(_MONTHS, 1)))
    hour = _number(group[4]).fill_null(0)
    half = group[8].lower()
    twelve = hour.between(1, 12).ifelse(hour % 12 + (half == "p").ifelse(12, 0), ibis.null("int64"))
    hour = half.isin(["a", "p"]).ifelse(twelve, hour)
    minute, second = (_number(group[n]).fill_null(0) for n in (5, 6))
    zoned = group[9].length() > 0
    shift = zoned.ifelse(_offset(group[9]), 0)
    clock = _clock(hour, minute, second, _fraction(group[7]).fill_null(0))
    micros = _days(year, month.lpad(2, "0"), day.lpad(2, "0")) * 86_400_000_000 + clock - shift
    return text.re_search(shape).ifelse(micros, ibis.null("int64")), zoned


def _days(year: ibis.Value, month: ibis.Value, day: ibis.Value) -> ibis.Value:
    """Return the days since 1970-01-01 of a date written in digits, NULL where there is no such date."""
    return (year + "-" + month + "-" + day).try_cast("date").epoch_days().cast("int64")


def _clock(hour: ibis.Value, minute: ibis.Value, second: ibis.Value, micros: ibis.Value) -> ibis.Value:
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros


def _fraction(digits: ibis.Value) -> ibis.Value:
    """Return the microseconds of the digits after the decimal sign; what is finer is cut off."""
    return _number((digits + "000000").substr(0, 6))


def _offset(text: ibis.Value) -> ibis.Value:
    """Return the microseconds that an offset (Z, UTC, +01, +0100, +01:00) is ahead of UTC."""
    import ibis

    digits = text.replace(":", "")
    minutes = _number(digits.substr(1, 2)) * 60 + _number(digits.substr(3, 2)).fill_null(0)
    sign = ibis.cases((text.startswith("-"), -60_000_000), (text.startswith("+"), 60_000_000), else_=0)
    return minutes.fill_null(0) * sign
