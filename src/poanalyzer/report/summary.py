"""The assessment on a terminal: areas, levels and the next step in a few lines of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.report.view import View
from poanalyzer.report.words import STATUS, THIN, amount, level, sentence, short
from poanalyzer.results import AreaRating, Assessment, ModelResult

#: More processes than this are only counted: the report shows them all.
LISTED = 6
#: Tables that would be wider get headers of two lines: a terminal of the usual 80 columns shows them whole.
WIDE = 80


def terminal_summary(assessment: Assessment) -> str:
    """Return areas by process, levels by scope and the first step as aligned text, at most about 100 columns wide.

    Names come from the log as they are: whoever prints the text makes control characters harmless.
    """
    view = View(assessment)
    parts = [f"{short(assessment.project, 70)}: {view.window_line()}"]
    if assessment.models:
        model = assessment.models[0]
        parts += [_areas(view, model), _levels(view, model)]
    if assessment.roadmap:
        first = assessment.roadmap[0]
        parts.append(f"Next: {view.KINDS[first.kind].lower()}: {short(sentence(first.step), 90)}")
    return "\n\n".join(part for part in parts if part).replace(THIN, " ")


def _areas(view: View, model: ModelResult) -> str:
    ratings = view.ratings(model)
    if not ratings:
        return "No process could be rated: none has 30 completed instances in four different weeks of the window."
    head = ["Process", *(area.title for area in ratings[0].areas)]
    rows = [[short(view.name(r.key), 30), *(_area(area) for area in r.areas)] for r in ratings[:LISTED]]
    more = f"\n… and {len(ratings) - LISTED} more processes in the report" if len(ratings) > LISTED else ""
    return _aligned([head, *rows]) + more


def _area(area: AreaRating) -> str:
    if area.rating is None:
        return STATUS[area.status]
    return f"{area.rating.value} {amount(area.value, area.unit)}"


def _levels(view: View, model: ModelResult) -> str:
    front = view.front(model)
    head = ["Driver", "Portfolio"] if front.key is None else ["Driver", short(front.name, 30), "Portfolio"]
    own = {driver.id: driver.level for driver in front.drivers} if front.key is not None else {}
    rows = []
    for driver in model.drivers:
        row = [driver.title, level(driver.level)]
        if driver.source == "self-reported":
            row[-1] += " (self-reported)"
        if front.key is not None:
            row.insert(1, level(own[driver.id]) if driver.id in own else "–")
        rows.append(row)
    return _aligned([head, *rows])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    if sum(max(len(row[column]) for row in rows) + 2 for column in range(len(rows[0]))) - 2 > WIDE:
        halves = [title.partition(" ") for title in rows[0]]
        rows = [
            [first if rest else "" for first, _, rest in halves],
            [rest or first for first, _, rest in halves],
            *rows[1:],
        ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)
