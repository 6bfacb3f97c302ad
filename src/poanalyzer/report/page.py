"""The HTML page: templates filled from a view of the assessment."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from poanalyzer.maturity import PROVENANCE
from poanalyzer.report import figures, palette, process_picture, sparkline, svg, view, words
from poanalyzer.results import Assessment, Level, Rating, Status

if TYPE_CHECKING:
    from jinja2 import Environment

#: Evidence rows shown of one metric; the rest stand in assessment.json.
EVIDENCE_SHOWN = 10

#: Up to this many processes are open on the page; more are folded behind a table of all.
OPEN_PROCESSES = 2


def html(assessment: Assessment) -> str:
    """Return the whole page: one file, without scripts, that refers to nothing outside itself."""
    template = _environment().get_template("report.html.jinja")
    return template.render(
        a=assessment,
        view=view.View(assessment),
        ids=svg.Ids(),
        css=Markup(palette.css() + svg.colours() + _style()),  # noqa: S704 - our own files, no text of a log
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("poanalyzer.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=words,
        figures=figures,
        picture=process_picture,
        sparkline=sparkline.sparkline,
        area_text=view.area_text,
        Status=Status,
        Rating=Rating,
        Level=Level,
        EVIDENCE_SHOWN=EVIDENCE_SHOWN,
        OPEN_PROCESSES=OPEN_PROCESSES,
        PROVENANCE=PROVENANCE,
    )
    environment.filters.update(
        amount=words.amount,
        number=words.number,
        sentence=words.sentence,
        lower_first=words.lower_first,
        upper_first=words.upper_first,
        short=words.short,
        day=words.day,
        minute=words.minute,
    )
    return environment


@cache
def _style() -> str:
    return files("poanalyzer.report").joinpath("assets", "report.css").read_text(encoding="utf-8")
