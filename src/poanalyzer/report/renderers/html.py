"""``report.html``: one self-contained page."""

from __future__ import annotations

from poanalyzer.report.renderer import Renderer
from poanalyzer.results import Assessment


def render(assessment: Assessment) -> bytes:
    """Return the UTF-8 bytes of the page."""
    from poanalyzer.report.page import html

    return html(assessment).encode("utf-8")


RENDERER = Renderer(id="html", filename="report.html", title="the report as a page", render=render)
