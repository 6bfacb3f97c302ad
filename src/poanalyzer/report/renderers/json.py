"""``assessment.json``, the result itself."""

from __future__ import annotations

from poanalyzer.report.document import dumps
from poanalyzer.report.renderer import Renderer
from poanalyzer.results import Assessment


def render(assessment: Assessment) -> bytes:
    """Return the UTF-8 bytes of the document."""
    return dumps(assessment).encode("utf-8")


RENDERER = Renderer(id="json", filename="assessment.json", title="the result, for programs", render=render)
