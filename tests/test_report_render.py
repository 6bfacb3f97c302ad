"""The files of a report: complete, escaped, self-contained, written whole or not at all."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from poanalyzer.errors import UsageError
from poanalyzer.report import Renderer, dumps, render, renderer, terminal_summary
from poanalyzer.report.page import html
from poanalyzer.report.renderer import renderers
from poanalyzer.report.renderers import markdown
from poanalyzer.results import Status
from tests import report_sample

MAKERS = {
    "sample": report_sample.sample,
    "many": report_sample.many,
    "bare": report_sample.bare,
    "hostile": report_sample.hostile,
}


class Page(HTMLParser):
    """What a page is made of."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: Counter[str] = Counter()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes[name] += 1
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src"):
                self.links.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\u202f", " ").split())


@pytest.fixture(scope="module", params=list(MAKERS))
def page(request) -> Page:
    return Page(html(MAKERS[request.param]()))


def test_the_page_is_well_formed_and_stands_alone(page):
    assert page.open == []
    assert page.tags["h1"] == 1
    assert page.tags["main"] == 1
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert all(link.startswith("#") for link in page.links)


def test_ids_are_unique_and_links_lead_somewhere(page):
    assert [i for i, n in Counter(page.ids).items() if n > 1] == []
    assert [link for link in page.links if link[1:] not in page.ids] == []
    ours = {"main", "short", "areas", "levels", "next", "self", "criteria", "measures", "kpis", "maps", "quality"}
    assert {i for i in page.ids if not re.fullmatch(r"i\d+", i)} <= ours | {"gaps", "provenance"}


def test_the_page_has_its_order():
    text = Page(html(report_sample.sample())).text
    order = [
        "Order desk", "In short", "The four areas", "What the level is, and why", "What to do next",
        "Mined against self-reported", "Criteria", "Measures", "Which KPIs these records can carry", "Process maps",
        "Log quality", "What could not be rated, and why", "Provenance, and how to read this",
    ]  # fmt: skip
    places = [text.index(title, 200 if title == "Measures" else 0) for title in order[:6]]
    assert places == sorted(places)
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", html(report_sample.sample()))
    assert headings == order[1:]


@pytest.mark.parametrize(
    "said",
    [
        "2026-02-01 to 2026-07-31, 180 days (1 320 cases of 1 558 cases)",
        "engine, assumed",
        "Warning: Assumed to be an engine's log",
        "L largely 74 %",
        "Interval 49–66 %; 131 episodes",
        "Range 37–47 %",
        "Give an outside source to see coverage.",
        "1 process not rated",
        "Level 1, up to 2 possible.",
        "Level 1, open above.",
        "Respondents see level 3",
        "over-claim",
        "Before you judge",
        "7 respondents",
        "Situations that require exceptions handling",
        "10 rows of 32",
        "22 more in assessment.json, under metrics › automation-rate",
        "No input states its role, an engine is assumed: at most L",
        "2 h 16 min",
        "Also export ACT_HI_JOB_LOG and ACT_HI_EXT_TASK_LOG.",
        "with a target, three complete months in a row",
        "due dates or targets of cases",
        "Values and targets",
        "1 d 18 h (1 d 15 h – 1 d 22 h) 1 320 cases",
        "<= 2 d met",
        ">= 95 % not met",
        "40% of the cases it applies to have a value",
        "Export the variable “amount” of every case, as a number.",
        "KPIs over several processes",
        "Over Order fulfilment, Schadenbearbeitung. Not additive: a median over several processes is of none of them.",
        "Export the engine's own sequence number.",
        "What really followed what",
        "no case: 31; time in the year 9999: 12",
        "Nothing: this engine cannot record it.",
        "Only people can answer",
        report_sample.SHA,
        "history level full",
        "Übergabe an den Spediteur",
    ],
)
def test_the_page_says(said):
    assert said in Page(html(report_sample.sample())).text


def test_a_dozen_processes_have_an_overview_and_fold():
    page = Page(html(report_sample.many()))
    assert "Areas of all rated processes" in page.text
    assert "Levels of all rated processes" in page.text
    assert "Process number 12 of the whole" in page.text


def test_an_empty_assessment_says_so():
    text = Page(html(report_sample.bare())).text
    for said in (
        "No process could be rated",
        "No survey answers were given",
        "No step follows",
        "Nothing was measured",
    ):
        assert said in text


def test_text_of_a_log_stays_text():
    source = html(report_sample.hostile())
    page = Page(source)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "49" not in re.findall(r"\{% raw|\b49\b(?=\s*\{%)", page.text)
    assert "=cmd('x')" in page.text
    assert "A" * 601 not in source
    assert "</style>" in page.text
    assert source.count("</style>") == 1


def test_a_second_model_is_shown_beside_the_first():
    full = report_sample.sample()
    other = replace(full.models[0], id="other", title="Another Model", local_cuts=True)
    text = Page(html(replace(full, models=(full.models[0], other)))).text
    assert "Another Model" in text
    assert "Cuts were changed in the project file" in text


def test_metrics_without_a_catalogue_entry_are_shown_by_id():
    full = report_sample.sample()
    page = Page(html(replace(full, metric_catalogue=())))
    assert "automation-rate" in page.text
    assert [link for link in page.links if link[1:] not in page.ids] == []


def test_rendering_is_deterministic():
    assert html(report_sample.sample()) == html(report_sample.sample())


def test_formats_are_found_by_scanning():
    assert set(renderers()) >= {"html", "json", "md", "pdf"}
    assert {r.filename for r in renderers().values()} >= {"assessment.json", "report.html", "report.md", "report.pdf"}


def test_files_are_written_under_their_names(tmp_path):
    out = tmp_path / "new" / "folder"
    paths = render(report_sample.sample(), ["json", "html", "md", "html"], out)
    assert [p.name for p in paths] == ["assessment.json", "report.html", "report.md"]
    assert sorted(p.name for p in out.iterdir()) == ["assessment.json", "report.html", "report.md"]
    assert paths[0].read_text(encoding="utf-8") == dumps(report_sample.sample())
    assert paths[0].stat().st_mode & 0o044 == 0o044 & ~renderer._umask()


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UsageError, match="htm") as raised:
        render(report_sample.bare(), ["json", "htm"], tmp_path / "out")
    assert "html" in raised.value.fix
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="no format"):
        render(report_sample.bare(), [], tmp_path / "out")


def test_a_failing_renderer_leaves_no_file(tmp_path, monkeypatch):
    def fail(_):
        raise ZeroDivisionError

    broken = {**renderers(), "broken": Renderer(id="broken", filename="b", title="", render=fail)}
    monkeypatch.setattr(renderer, "renderers", lambda: broken)
    old = tmp_path / "assessment.json"
    old.write_text("old")
    with pytest.raises(ZeroDivisionError):
        render(report_sample.bare(), ["json", "broken"], tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["assessment.json"]
    assert old.read_text() == "old"


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        render(report_sample.bare(), ["json"], tmp_path / "file")
    (tmp_path / "report.html").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        render(report_sample.bare(), ["json", "html"], tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "report.html"]


def test_pdf_without_weasyprint_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(UsageError, match="WeasyPrint") as raised:
        render(report_sample.bare(), ["json", "pdf"], tmp_path / "out")
    assert "poanalyzer[pdf]" in raised.value.fix
    assert not (tmp_path / "out").exists()


def test_pdf_is_written_where_weasyprint_is_there(tmp_path):
    pytest.importorskip("weasyprint", reason="WeasyPrint (extra “pdf”) is not installed")
    (path,) = render(report_sample.sample(), ["pdf"], tmp_path)
    assert path.read_bytes()[:5] == b"%PDF-"


def test_markdown_has_the_same_order_and_is_escaped():
    text = markdown.render(report_sample.hostile()).decode("utf-8")
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert heads[0] == "The four areas"
    assert heads[-1] == "Provenance"
    assert re.findall(r"(?<!\\)<", text) == []
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
    tables = re.split(r"\n\n+", text)
    for table in (t for t in tables if t.startswith("| ")):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1
    assert markdown.text("a|b `c` <d> javascript:x") == r"a\|b \`c\` \<d\> javascript\:x"


@pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))
def test_markdown_and_summary_of_everything(make):
    assert markdown.render(make()).decode("utf-8").startswith("# ")
    assert max(map(len, terminal_summary(make()).splitlines())) <= 130


def test_the_summary_names_areas_levels_and_the_next_step():
    text = terminal_summary(report_sample.sample())
    assert "Order fulfilment" in text
    assert "L 74 %" in text
    assert re.search(r"Technology +level 1, up to 2 possible +level 1, open above", text)
    assert "level 2 (self-reported)" in text
    assert "Next: " in text
    many = terminal_summary(report_sample.many())
    assert "and 6 more processes" in many


def test_no_status_is_silent():
    full = report_sample.sample()
    rows = tuple(
        replace(full.metrics[0], id=f"m-{status}", process=None, value=None, status=status, reason=f"because {status}")
        for status in Status
    )
    text = Page(html(replace(full, metrics=rows))).text
    for status in Status:
        assert f"Because {status}." in text


def test_the_document_is_json():
    assert json.loads(dumps(report_sample.sample()))["project"] == "Order desk"


def test_markdown_tells_figures_with_their_targets_and_months():
    text = markdown.render(report_sample.sample()).decode("utf-8").replace("\u202f", " ")
    row = next(line for line in text.splitlines() if line.startswith("| Order fulfilment | Cycle time |"))
    assert "| 1 d 18 h | 1 d 15 h – 1 d 22 h | 1 320 cases | \\<= 2 d | yes |" in row
    # January and July were seen in part, March has no value
    assert "(2026-01 1 d 12 h); 2026-02 1 d 15 h; 2026-04 1 d 20 h;" in row
    assert "2026-03" not in row
    assert "Over several processes:" in text
    assert "Not additive: a median over several processes is of none of them." in text
    assert (
        "For example 4711 Reserve stock and Write invoice at 10:02:11. Export the engine's own sequence number." in text
    )
