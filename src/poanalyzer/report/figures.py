"""The small figures of the report: value on its cuts, levels on their scale, mined against self."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from poanalyzer.report.svg import Ids, el, figure, text
from poanalyzer.report.words import amount, interval, level
from poanalyzer.results import ComparisonRow, Level

STRIP = 222.0
_EDGE = 6.0
_BANDS = ("band-n", "band-p", "band-l", "band-f")


def strip(
    ids: Ids,
    value: float | None,
    low: float | None,
    high: float | None,
    cuts: Sequence[float],
    unit: str,
    title: str,
) -> Markup:
    """Return a value with its interval over the bands N, P, L, F that its three ``cuts`` part.

    Cuts fall where less is better; then the bands run the other way. A value beyond the scale stands at its end, with
    an arrow.
    """
    top = (
        1.0
        if unit == "share"
        else 1.25 * max([*cuts, *(v for v in (value, high) if v is not None and v <= 3 * max(cuts))])
    )
    top = top or 1.0

    def x(v: float) -> float:
        return _EDGE + (STRIP - 2 * _EDGE) * min(max(v / top, 0.0), 1.0)

    rising = cuts[0] <= cuts[-1]
    edges = [0.0, *sorted(cuts), top]
    order = range(4) if rising else range(3, -1, -1)
    parts = []
    for (left, right), band in zip(itertools.pairwise(edges), order, strict=False):
        width = x(right) - x(left)
        if width <= 0:
            continue
        parts.append(el("rect", fill=_BANDS[band], x=x(left), y=6, width=width, height=16))
        if width >= 9:
            parts.append(text((x(left) + x(right)) / 2, 44, "NPLF"[band], size=10, anchor="middle", fill="muted"))
    shown: list[float] = []
    for cut in sorted(cuts):
        parts.append(el("line", stroke="muted", x1=x(cut), x2=x(cut), y1=3, y2=25, stroke_width=1))
        if all(abs(x(cut) - s) > 26 for s in shown):
            parts.append(
                text(
                    x(cut),
                    34,
                    amount(cut, unit) if unit in ("share", "s") else f"{cut:g}",
                    size=9,
                    anchor="middle",
                    fill="muted",
                )
            )
            shown.append(x(cut))
    if low is not None or high is not None:
        left, right = x(low if low is not None else 0.0), x(high if high is not None else top)
        if right - left > 1:
            parts.append(el("line", stroke="page", x1=left, x2=right, y1=14, y2=14, stroke_width=6))
            parts.append(el("line", stroke="mined", x1=left, x2=right, y1=14, y2=14, stroke_width=3))
            ends = (el("line", stroke="mined", x1=end, x2=end, y1=10, y2=18, stroke_width=2) for end in (left, right))
            parts.extend(ends)
    if value is not None:
        if value > top:
            parts.append(el("path", fill="mined", d=f"M{STRIP - 12} 7 L{STRIP - 2} 14 L{STRIP - 12} 21 Z"))
        else:
            parts.append(el("circle", fill="mined", stroke="page", cx=x(value), cy=14, r=6, stroke_width=2))
    spread = interval(low, high, unit)
    named = " / ".join(amount(c, unit) for c in cuts)
    description = f"{amount(value, unit)}" + (f", interval {spread}" if spread else "") + f"; cuts for P, L, F: {named}"
    return figure(ids, STRIP, 48, title, description, *parts)


def scale(ids: Ids, value: Level, names: Sequence[str], title: str, *, reported: bool = False) -> Markup:
    """Return the levels as steps: filled up to the one demonstrated, dashed up to the potential, dotted where open."""
    mark = "self" if reported else "mined"
    shown = value.demonstrated
    potential = value.potential if value.potential is not None else shown
    step, gap = 44.0, 5.0
    parts = []
    for index in range(len(names)):
        left = 2 + index * (step + gap)
        reached = shown is not None and index <= shown
        possible = not reached and potential is not None and index <= potential
        unknown = not reached and not possible and shown is not None and value.potential is None
        box: dict[str, Any] = {"x": left, "y": 2.0, "width": step, "height": 24.0, "rx": 3.0}
        if reached:
            parts.append(el("rect", fill=mark, stroke=mark, stroke_width=2, **box))
        elif possible:
            parts.append(el("rect", fill="page", stroke=mark, stroke_width=2, stroke_dasharray="5 3", **box))
        elif unknown:
            parts.append(el("rect", fill="page", stroke="edge", stroke_width=1.5, stroke_dasharray="1.5 3", **box))
        else:
            parts.append(el("rect", fill="page", stroke="line", stroke_width=1, **box))
        label = f"{index}?" if unknown else str(index)
        colour = "on-mark" if reached else mark if possible else "muted"
        weight = "700" if index == shown else "400"
        parts.append(text(left + step / 2, 18.5, label, size=13, anchor="middle", fill=colour, font_weight=weight))
    width = 4 + len(names) * step + (len(names) - 1) * gap
    reading = level(value)
    if shown is not None and shown < len(names):
        reading += f" ({names[shown]})"
    return figure(ids, width, 28, title, reading, *parts)


def dumbbell(
    ids: Ids, row: ComparisonRow, top: int, title: str, low: float | None = None, high: float | None = None
) -> Markup:
    """Return mined (disc, ring for the potential) against self (diamond) on the scale of levels 0–``top``."""
    left, right, y = 16.0, 256.0, 20.0

    def x(v: float) -> float:
        return left + (right - left) * v / max(top, 1)

    parts = [el("line", stroke="line", x1=left, x2=right, y1=y, y2=y, stroke_width=1)]
    for index in range(top + 1):
        parts.append(el("line", stroke="line", x1=x(index), x2=x(index), y1=8, y2=32, stroke_width=1))
        parts.append(text(x(index), 46, str(index), size=11, anchor="middle", fill="muted"))
    shown, said = row.demonstrated, row.self_level
    if shown is not None and said is not None and shown != said:
        parts.append(el("line", stroke="edge", x1=x(shown), x2=x(said), y1=y, y2=y, stroke_width=3))
    if shown is not None:
        end = row.potential
        if end is None and shown < top:
            parts.append(
                el(
                    "line",
                    stroke="mined",
                    x1=x(shown),
                    x2=x(top),
                    y1=y - 11,
                    y2=y - 11,
                    stroke_width=2,
                    stroke_dasharray="1.5 4",
                )
            )
            parts.append(text(x(top), y - 13, "?", size=11, anchor="middle", fill="mined"))
        elif end is not None and end > shown:
            parts.append(
                el(
                    "line",
                    stroke="mined",
                    x1=x(shown),
                    x2=x(end) - 9,
                    y1=y - 0,
                    y2=y - 0,
                    stroke_width=3,
                    stroke_dasharray="5 3",
                )
            )
            parts.append(el("circle", fill="page", stroke="mined", cx=x(end), cy=y, r=8, stroke_width=2.5))
        parts.append(el("circle", fill="mined", stroke="page", cx=x(shown), cy=y, r=9, stroke_width=1.5))
    if said is not None:
        if low is not None and high is not None and high > low:
            parts.append(el("line", stroke="self", x1=x(low), x2=x(high), y1=y + 12, y2=y + 12, stroke_width=2))
        cx = x(said)
        parts.append(
            el(
                "path",
                fill="self",
                stroke="page",
                stroke_width=1.5,
                d=f"M{cx} {y - 7} L{cx + 7} {y} L{cx} {y + 7} L{cx - 7} {y} Z",
            )
        )
    mined = level(Level(demonstrated=row.demonstrated, potential=row.potential))
    own = "no self view" if said is None else f"self level {said}"
    return figure(ids, 272, 50, title, f"Mined: {mined}. Self-reported: {own}. Verdict: {row.verdict}.", *parts)
