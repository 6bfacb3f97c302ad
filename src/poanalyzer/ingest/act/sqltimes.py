"""Times as Oracle and SQL Server write them in scripts, as ISO text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: Elements of Oracle's format models that exports use, longest first (Oracle SQL Language Reference, format models).
_ELEMENTS = (
    ("YYYY", r"(?P<year>\d{4})"), ("RRRR", r"(?P<year>\d{4})"), ("YY", r"(?P<short>\d\d)"), ("RR", r"(?P<short>\d\d)"),
    ("MONTH", r"(?P<name>[A-Za-z]+)\s*"), ("MON", r"(?P<name>[A-Za-z]{3})[A-Za-z.]*"), ("MM", r"(?P<month>\d\d?)"),
    ("DD", r"(?P<day>\d\d?)"), ("HH24", r"(?P<hour>\d\d?)"), ("HH12", r"(?P<hour>\d\d?)"), ("HH", r"(?P<hour>\d\d?)"),
    ("MI", r"(?P<minute>\d\d)"), ("SS", r"(?P<second>\d\d)"), ("XFF", r"(?:[.,](?P<part>\d{1,9}))?"),
    ("FF", r"(?P<part>\d{1,9})"), ("AM", r"(?P<half>[AP])\.?M\.?"), ("PM", r"(?P<half>[AP])\.?M\.?"),
)  # fmt: skip


def masked_time(text: str, mask: str) -> str:
    """Return a time written by a format model (``DD-MON-RR HH.MI.SSXFF AM``) as ISO text; as it is where it does not fit."""
    pattern, place, upper = "", 0, mask.upper()
    while place < len(mask):
        element = next(((name, found) for name, found in _ELEMENTS if upper.startswith(name, place)), None)
        if element is None:
            pattern += re.escape(mask[place]) if mask[place] != '"' else ""
            place += 1
            continue
        pattern += element[1]
        place += len(element[0])
        if element[0] in ("FF", "XFF") and upper[place : place + 1].isdigit():
            place += 1
    try:
        found = re.fullmatch(pattern, text.strip())
    except re.error:  # an element twice
        return text
    parts = found.groupdict() if found else {}
    named = (parts.get("name") or "")[:3].upper()
    month = parts.get("month") or (str(_MONTHS.index(named) + 1) if named in _MONTHS else "")
    short = parts.get("short")
    year = parts.get("year") or (f"{'19' if short >= '50' else '20'}{short}" if short else "")
    if not (year and month and parts.get("day")):
        return text
    hour = int(parts.get("hour") or 0)
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"].upper() == "P" else 0)
    clock = f"{hour:02}:{parts.get('minute') or '00'}:{parts.get('second') or '00'}"
    part = (parts.get("part") or "")[:6]
    return f"{year}-{int(month):02}-{int(parts['day']):02} {clock}{'.' + part if part.strip('0') else ''}"


def binary_time(digits: str, kind: str) -> bytes | None:
    """Return the time in the hexadecimal digits of a CAST to a type of SQL Server; None where they are none.

    ``datetime``: days since 1900 and 1/300 seconds, each four bytes, high byte first. ``datetime2``: a byte for the number
    of decimals, the ticks of the day in three to five bytes and days since year 1 in three bytes, low byte first.
    """
    data = bytes.fromhex(digits) if len(digits) % 2 == 0 else b""
    if kind == "datetime" and len(data) == 8:
        days = int.from_bytes(data[:4], "big", signed=True)
        ticks = int.from_bytes(data[4:], "big")
        # the type's own precision is three decimals
        moment = datetime(1900, 1, 1) + timedelta(days=days, milliseconds=round(ticks * 10 / 3))
    elif kind == "datetime2" and 7 <= len(data) <= 9 and data[0] <= 7:
        seconds = int.from_bytes(data[1:-3], "little") / 10 ** data[0]
        moment = datetime(1, 1, 1) + timedelta(days=int.from_bytes(data[-3:], "little"), seconds=seconds)
    else:
        return None
    return moment.isoformat(" ").encode()
