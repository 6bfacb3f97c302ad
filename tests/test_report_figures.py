"""The small figures: where marks stand, and what is said of them in words."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from poanalyzer.report.figures import STRIP, dumbbell, scale, strip
from poanalyzer.report.svg import Ids, el, figure
from poanalyzer.results import ComparisonRow, Level

NAMES = ("none", "single", "broader", "distributed", "strategic")
SPACE = "{http://www.w3.org/2000/svg}"
BANDS = (0.15, 0.5, 0.85)


def tree(picture: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def circles(picture: Markup) -> list[float]:
    return [float(c.get("cx")) for c in tree(picture).iter(f"{SPACE}circle")]


def words(picture: Markup) -> list[str]:
    return [t.text or "" for t in tree(picture).iter(f"{SPACE}text")]


@pytest.mark.parametrize(("value", "share_of_axis"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_a_share_stands_on_its_place(value, share_of_axis):
    (x,) = circles(strip(Ids(), value, None, None, BANDS, "share", "t"))
    assert x == pytest.approx(6 + (STRIP - 12) * share_of_axis, abs=0.1)


def test_bands_are_named_and_turn_round_where_less_is_better():
    rising = [w for w in words(strip(Ids(), 0.4, None, None, BANDS, "share", "t")) if w in "NPLF"]
    falling = [w for w in words(strip(Ids(), 4.0, None, None, (10.0, 3.0, 1.5), "ratio", "t")) if w in "NPLF"]
    assert rising == ["N", "P", "L", "F"]
    assert falling == ["F", "L", "P", "N"]


def test_a_value_far_beyond_the_cuts_is_an_arrow_at_the_end():
    picture = strip(Ids(), 500.0, None, None, (1.0, 2.0, 4.0), "count", "t")
    assert circles(picture) == []
    assert len(list(tree(picture).iter(f"{SPACE}path"))) == 1


def test_equal_cuts_and_missing_values_draw():
    assert "N" in words(strip(Ids(), 1.0, None, None, (1.0, 1.0, 1.0), "count", "t"))
    assert circles(strip(Ids(), None, 0.2, 0.4, BANDS, "share", "t")) == []
    assert circles(strip(Ids(), 0.0, None, None, (0.0, 0.0, 0.0), "count", "t")) != []


def test_a_strip_says_itself_in_words():
    picture = tree(strip(Ids(), 0.58, 0.49, 0.66, BANDS, "share", "Exceptions: largely"))
    said = (picture.find(f"{SPACE}desc").text or "").replace("\u202f", " ")
    assert said == "58 %, interval 49–66 %; cuts for P, L, F: 15 % / 50 % / 85 %"
    assert picture.find(f"{SPACE}title").text == "Exceptions: largely"


@pytest.mark.parametrize(
    ("level", "filled", "dashed", "dotted"),
    [
        (Level(demonstrated=1, potential=3), 2, 2, 0),
        (Level(demonstrated=1, potential=None), 2, 0, 3),
        (Level(demonstrated=4, potential=4), 5, 0, 0),
        (Level(demonstrated=0, potential=0), 1, 0, 0),
        (Level(demonstrated=None, potential=None), 0, 0, 0),
    ],
)
def test_steps_are_solid_dashed_or_dotted(level, filled, dashed, dotted):
    boxes = list(tree(scale(Ids(), level, NAMES, "t")).iter(f"{SPACE}rect"))
    assert len(boxes) == 5
    assert sum("f-mined" in (b.get("class") or "") for b in boxes) == filled
    assert sum(b.get("stroke-dasharray") == "5 3" for b in boxes) == dashed
    assert sum(b.get("stroke-dasharray") == "1.5 3" for b in boxes) == dotted


def test_open_steps_bear_question_marks():
    assert words(scale(Ids(), Level(demonstrated=1, potential=None), NAMES, "t")) == ["0", "1", "2?", "3?", "4?"]


def row(shown: int | None, potential: int | None, said: int | None) -> ComparisonRow:
    return ComparisonRow(
        driver="technology",
        scope="p",
        demonstrated=shown,
        potential=potential,
        self_level=said,
        verdict="over-claim",
        text="",
    )


def test_mined_is_a_disc_and_self_a_diamond_on_one_scale():
    picture = dumbbell(Ids(), row(1, 2, 3), 4, "t")
    assert circles(picture) == [136.0, 76.0]  # ring at 2, disc at 1, 60 px a level
    diamond = next(tree(picture).iter(f"{SPACE}path")).get("d")
    assert diamond.startswith("M196")
    assert tree(picture).find(f"{SPACE}desc").text == (
        "Mined: level 1, up to 2 possible. Self-reported: self level 3. Verdict: over-claim."
    )


@pytest.mark.parametrize("pair", [row(None, None, None), row(None, None, 2), row(2, None, None), row(4, 4, 4)])
def test_missing_sides_draw(pair):
    assert tree(dumbbell(Ids(), pair, 4, "t")).tag == f"{SPACE}svg"


def test_everything_put_into_a_picture_is_escaped_and_ids_are_counted():
    ids = Ids()
    evil = "\"'><script>alert(1)</script>"
    picture = figure(ids, 10, 10, evil, evil, el("text", evil, x=1, data_name=evil))
    assert "<script" not in picture
    assert tree(picture).find(f"{SPACE}text").get("data-name") == evil
    assert re.findall(r'id="(.*?)"', picture) == ["i1", "i2"]
    assert ids.of("metric", evil) == ids.of("metric", evil) == "i3"
    assert ids.of("metric", "other") == "i4"
