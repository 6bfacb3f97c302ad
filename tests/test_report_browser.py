"""The page in a real browser: nothing fetched, nothing logged, no barrier, no sideways scroll, light and dark."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from poanalyzer.report import palette, render
from tests import report_sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

MAKERS = {
    "sample": report_sample.sample,
    "many": lambda: report_sample.many(3),
    "bare": report_sample.bare,
    "hostile": report_sample.hostile,
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"


def axe_script() -> Path | None:
    """Return the axe-core script that a test package ships."""
    found = importlib.util.find_spec("axe_playwright_python")
    path = Path(found.origin).with_name("axe.min.js") if found and found.origin else None
    return path if path and path.is_file() else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    return {name: render(make(), ["html"], folder / name)[0] for name, make in MAKERS.items()}


def open_page(browser: Browser, path: Path, width: int = 1280, **options: Any) -> tuple[Page, list[str]]:
    """Open a page; return it with everything it asked for or complained about."""
    page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    return page, seen


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_fetched_and_nothing_runs(browser, files, name):
    page, seen = open_page(browser, files[name])
    page.evaluate(OPEN_ALL)
    page.mouse.wheel(0, 20_000)
    assert seen == [files[name].as_uri()]


@pytest.mark.parametrize(
    ("name", "scheme"), [("sample", "dark"), ("many", "light"), ("bare", "light"), ("hostile", "light")]
)
def test_axe_finds_no_violation(browser, files, name, scheme):
    script = axe_script()
    if script is None:
        pytest.skip("axe-core is not installed (axe-playwright-python, extra “test”)")
    page, _ = open_page(browser, files[name], color_scheme=scheme)
    page.evaluate(OPEN_ALL)
    page.add_script_tag(path=str(script))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 20
    told = [f"{v['id']}: {v['help']} ({v['nodes'][0]['html'][:200]})" for v in found["violations"]]
    assert told == []


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_scrolls_sideways(browser, files, name, width):
    page, _ = open_page(browser, files[name], width)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = """[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, svg, thead') &&
        e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"""
    assert page.evaluate(wide) == []


def test_wide_tables_scroll_by_keyboard(browser, files):
    page, _ = open_page(browser, files["sample"], 320)
    page.evaluate(OPEN_ALL)
    bad = """[...document.querySelectorAll('.scroll')].filter(e => e.tabIndex !== 0 ||
        !(e.getAttribute('aria-label') || document.getElementById(e.getAttribute('aria-labelledby'))))"""
    assert page.evaluate(f"{bad}.length") == 0


@pytest.mark.parametrize(("scheme", "colours"), [("light", palette.LIGHT), ("dark", palette.DARK)])
def test_light_and_dark_follow_the_system(browser, files, scheme, colours):
    page, _ = open_page(browser, files["sample"], color_scheme=scheme)
    rgb = "rgb({}, {}, {})".format(*(int(colours["page"][i : i + 2], 16) for i in (1, 3, 5)))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == rgb
    mark = "rgb({}, {}, {})".format(*(int(colours["mined"][i : i + 2], 16) for i in (1, 3, 5)))
    assert page.evaluate("getComputedStyle(document.querySelector('svg rect.f-mined')).fill") == mark


def test_the_skip_link_is_first_and_leads_to_the_report(browser, files):
    page, _ = open_page(browser, files["sample"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_everything_folded_is_open_in_print(browser, files):
    page, _ = open_page(browser, files["sample"], color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    hidden = """[...document.querySelectorAll('details')].filter(d => !d.open &&
        ![...d.children].filter(c => c.tagName !== 'SUMMARY').some(c => c.getBoundingClientRect().height > 0))"""
    assert page.evaluate(f"{hidden}.length") == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_text_in_figures_is_large_enough(browser, files):
    page, _ = open_page(browser, files["sample"], 320)
    page.evaluate(OPEN_ALL)
    small = """Math.min(...[...document.querySelectorAll('svg text')].map(t =>
        parseFloat(t.getAttribute('font-size')) * t.ownerSVGElement.getBoundingClientRect().width
        / t.ownerSVGElement.viewBox.baseVal.width))"""
    assert page.evaluate(small) >= 8
