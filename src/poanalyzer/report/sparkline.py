"""A figure month by month, small enough for a row of a table: gaps stay gaps, and months seen in part are rings."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from poanalyzer.kpis import read_target
from poanalyzer.report.svg import Ids, el, figure, num, text
from poanalyzer.report.words import amount, number
from poanalyzer.results import KpiMonth

WIDTH, HEIGHT = 196.0, 58.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 8.0, 8.0, 40.0


#: A target is drawn where the scale becomes at most this many times as long by it: else it would flatten the line.
_NEAR = 4.0


def sparkline(
    ids: Ids, months: Sequence[KpiMonth], unit: str, target: str, title: str, span: tuple[str, str] | None = None
) -> Markup:
    """Return the values of ``months`` (oldest first) as a line with a dot each and the target as a dashed line.

    Nothing is drawn where no month has a value. Months without one (no cases, or too few fields filled) leave a gap:
    the line is not drawn across it. The description names every month and its value. ``span``: first and last month of
    the scale, so that lines below one another can be compared; by default those of ``months``.
    """
    shown = [m for m in months if m.value is not None]
    if not shown:
        return Markup("")
    begin, over = span or (months[0].month, months[-1].month)
    first, last = _number(begin), _number(over)
    values = [m.value for m in shown if m.value is not None]
    aim = _aim(target, unit, min(values), max(values))
    low, high = min([*values, *aim]), max([*values, *aim])
    reach = high - low or 1.0

    def x(month: KpiMonth) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (
            (_number(month.month) - first) / (last - first) if last > first else 0.5
        )

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * ((value - low) / reach if high > low else 0.5)

    parts = [
        el("line", stroke="self", x1=_LEFT - 4, x2=WIDTH - _RIGHT + 4, y1=y(a), y2=y(a), stroke_width=1.5,
           stroke_dasharray="4 3")
        for a in aim
    ]  # fmt: skip
    for run in _runs(shown):
        if len(run) > 1:
            line = " ".join(f"{num(x(m))},{num(y(m.value or 0.0))}" for m in run)
            parts.append(el("polyline", stroke="mined", fill="none", points=line, stroke_width=2))
    for m in shown:
        ring = not m.complete
        parts.append(
            el("circle", fill="page" if ring else "mined", stroke="mined", cx=x(m), cy=y(m.value or 0.0), r=3,
               stroke_width=1.5)
        )  # fmt: skip
    if last > first:
        parts.append(text(_LEFT - 4, 55, begin, size=10, fill="muted"))
        parts.append(text(WIDTH - _RIGHT + 4, 55, over, size=10, anchor="end", fill="muted"))
    else:
        parts.append(text(WIDTH / 2, 55, begin, size=10, anchor="middle", fill="muted"))
    told = "; ".join(f"{m.month}: {month_value(m, unit)}" for m in months)
    aimed = f" Target {target}." if target else ""
    return figure(ids, WIDTH, HEIGHT, title, f"By month: {told}.{aimed}", *parts)


def month_value(month: KpiMonth, unit: str) -> str:
    """Return what a month says in words: its value, of how many, and whether it was seen in part; or that it has none."""
    if month.value is None:
        return "no value"
    return f"{amount(month.value, unit)} (n {number(month.cases)}{'' if month.complete else ', part of the month'})"


def _aim(target: str, unit: str, low: float, high: float) -> list[float]:
    """Return the target where it stands on the scale of the values, and not far from them."""
    aim = read_target(target) if target else None
    if aim is None or (aim.kind == "time") != (unit == "s"):
        return []
    reach = max(high, aim.value) - min(low, aim.value)
    return [aim.value] if low == high or reach <= _NEAR * (high - low) else []


def _runs(months: Sequence[KpiMonth]) -> list[list[KpiMonth]]:
    """Return the stretches of months that follow one another without a gap."""
    runs: list[list[KpiMonth]] = []
    for m in months:
        if runs and _number(m.month) == _number(runs[-1][-1].month) + 1:
            runs[-1].append(m)
        else:
            runs.append([m])
    return runs


def _number(month: str) -> int:
    year, _, number = month.partition("-")
    return 12 * int(year) + int(number)
