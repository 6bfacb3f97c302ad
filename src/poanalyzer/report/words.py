"""Numbers and states as a person reads them. Plain text; escaping is the page's business."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from poanalyzer.results import Level, Status

#: Narrow no-break space: groups digits and joins a number to its unit.
THIN = "\u202f"

STATUS = {
    Status.MEASURED: "measured",
    Status.NOT_APPLICABLE: "does not apply",
    Status.NOT_SUPPORTED: "engine cannot record it",
    Status.NOT_AVAILABLE: "not available",
    Status.INSUFFICIENT: "too few cases",
    Status.ERROR: "computation failed",
}

STATUS_MEANING = {
    Status.NOT_APPLICABLE: "What is measured does not occur here, and it is proven that it would have been recorded.",
    Status.NOT_SUPPORTED: "No export of this engine can show it.",
    Status.NOT_AVAILABLE: "These inputs do not hold it, or this version does not measure it; the reason says which.",
    Status.INSUFFICIENT: "The records are there, but too few to say.",
    Status.ERROR: "The program failed on it; the reason stands beside it.",
}

POLARITY = {
    "attain": "must be met for the level",
    "limit": "says what is still missing at this level",
    "hedged": "may hold; never required",
    "affirmation": "a belief; only people can say",
}

STRENGTH = {
    "E0": "no evidence",
    "E1": "declared",
    "E2": "declared and checked",
    "E3": "indirect records",
    "E4": "direct records",
    "E4+": "direct records, corroborated",
}

AREA_NAMES = {
    "coverage": "Orchestration coverage",
    "exceptions": "Exception handling",
    "parallelism": "Parallelism",
    "kpi": "KPI trackability",
    "delivery": "Delivery",
    "scope": "Scope",
}

GRADES = (
    "cannot be computed",
    "computable",
    "computable, with a target",
    "with a target, three complete months in a row",
    "joined to outcome and end-to-end view",
)

_UNITS_OF_TIME = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))


def number(value: float | None, digits: int = 3) -> str:
    """Return a plain number: integers in full with grouped digits, others with ``digits`` significant digits."""
    if value is None:
        return "–"
    if value == int(value) or abs(value) >= 10**digits:
        return f"{value:,.0f}".replace(",", THIN).replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−") if abs(value) >= 1e-4 else f"{value:.0e}".replace("-", "−")


def percent(share: float) -> str:
    """Return a share as percent, with a decimal only where the whole number would hide something."""
    value = 100 * share
    exact = math.isclose(value, round(value), abs_tol=1e-9)
    near_an_end = 0 < value < 1 or 99 < value < 100
    if near_an_end and not exact:
        text = f"{value:.1f}"
        text = {"0.0": "< 0.1", "100.0": "> 99.9"}.get(text, text)
    else:
        text = f"{value:.0f}"
    return f"{text}{THIN}%"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: ``2 d 4 h``, ``35 min``, ``340 ms``."""
    if seconds < 0:
        return "−" + duration(-seconds)
    if 0 < seconds < 1:
        return f"{1000 * seconds:.3g}{THIN}ms"
    if seconds < 60:
        return f"{seconds:.3g}{THIN}s"
    at = next(index for index, (_, size) in enumerate(_UNITS_OF_TIME) if seconds >= size)
    (name, size), (small_name, small) = _UNITS_OF_TIME[at : at + 2]
    bigger = _UNITS_OF_TIME[at - 1][1] if at else math.inf
    whole = round(seconds / size)
    if whole >= 10:
        return duration(bigger) if whole * size >= bigger else f"{whole}{THIN}{name}"
    whole, rest = divmod(round(seconds / small), round(size / small))
    return f"{whole}{THIN}{name}" + (f" {rest}{THIN}{small_name}" if rest else "")


def amount(value: float | None, unit: str) -> str:
    """Return ``value`` with its unit: shares in percent, seconds as durations, grades of a log as stars."""
    if value is None:
        return "–"
    if unit == "share":
        return percent(value)
    if unit == "s":
        return duration(value)
    if unit == "stars":
        full = max(0, min(4, round(value)))
        return f"{'★' * full}{'☆' * (4 - full)} ({number(value)} of 4)"
    if unit in ("", "count", "ratio", "lift", "tau"):
        return number(value)
    return f"{number(value)} {unit}"


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Return “58–66 %”; an open end is said; where there is none, or the value is a census, nothing."""
    if low == high:
        return ""
    if low is None:
        return f"up to {amount(high, unit)}"
    if high is None:
        return f"at least {amount(low, unit)}"
    ends = [amount(low, unit), amount(high, unit)]
    if ends[0] == ends[1]:
        return ends[0]
    if unit == "share":
        ends[0] = ends[0].removesuffix(f"{THIN}%")
    elif unit not in ("s", "stars"):
        ends[0] = number(low)
    return " – ".join(ends) if unit == "s" else "–".join(ends)


def count(value: float | None, noun: str) -> str:
    """Return “1 case”, “1 240 cases”; ``noun`` is the plural."""
    if value is None:
        return ""
    if value == 1:
        noun = {"processes": "process", "series": "series"}.get(
            noun, re.sub(r"ies$", "y", noun) if noun.endswith("ies") else noun.removesuffix("s")
        )
    return f"{number(value)} {noun}"


def day(moment: str | None) -> str:
    """Return the date of an ISO time."""
    return moment[:10] if moment else "unknown"


def minute(moment: str | None) -> str:
    """Return an ISO time to the minute, in UTC as it stands."""
    if not moment:
        return ""
    return moment[:16].replace("T", " ") if len(moment) > 10 else moment


def level(value: Level) -> str:
    """Return “level 1, up to 3 possible”."""
    if value.demonstrated is None:
        return "no level"
    if value.potential is None:
        return f"level {value.demonstrated}, open above"
    if value.potential > value.demonstrated:
        return f"level {value.demonstrated}, up to {value.potential} possible"
    return f"level {value.demonstrated}"


def chances(distribution: Sequence[float] | None) -> str:
    """Return “level 2: 87 %, level 1: 12 %”, what is most probable first; nothing where one level is as good as certain."""
    if not distribution or max(distribution) >= 0.995:
        return ""
    likely = sorted((-p, n) for n, p in enumerate(distribution) if p >= 0.005)
    return ", ".join(f"level {n}: {-p:.0%}".replace("%", " %") for p, n in likely)


def short(text: str, width: int) -> str:
    """Return ``text`` on one line, cut to ``width`` characters with “…”."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def sentence(text: str) -> str:
    """Return ``text`` with a capital at its start and a full stop at its end."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…”" else ".")


def lower_first(text: str) -> str:
    """Return ``text`` going on within a sentence: a capital that begins an ordinary word becomes small."""
    return text[0].lower() + text[1:] if text[:1].isupper() and text[1:2].islower() else text


def upper_first(text: str) -> str:
    """Return ``text`` with a capital at its start."""
    return text[:1].upper() + text[1:]
