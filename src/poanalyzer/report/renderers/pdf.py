"""``report.pdf``: the page as WeasyPrint prints it (extra ``pdf``)."""

from __future__ import annotations

from poanalyzer.errors import UsageError
from poanalyzer.report.renderer import Renderer
from poanalyzer.results import Assessment


def render(assessment: Assessment) -> bytes:
    """Return the bytes of a tagged PDF. Raises :class:`UsageError` where WeasyPrint is missing."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # OSError: the package is there, the libraries it loads are not
        raise UsageError(
            f"PDF needs WeasyPrint, which cannot be loaded ({error})",
            fix="pip install 'poanalyzer[pdf]', or print report.html from a browser.",
        ) from None
    from poanalyzer.report.page import html

    document: bytes = HTML(string=html(assessment), url_fetcher=_nothing).write_pdf(pdf_variant="pdf/ua-1")
    return document


def _nothing(url: str) -> dict[str, object]:
    """Refuse to fetch: the page refers to nothing outside itself."""
    raise ValueError(f"the report refers to nothing outside itself, but {url} was asked for")


RENDERER = Renderer(id="pdf", filename="report.pdf", title="the report as PDF", render=render)
