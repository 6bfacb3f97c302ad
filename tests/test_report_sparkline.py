"""The line of a figure by month: gaps stay gaps, parts of months are rings, and all of it is said in words."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from poanalyzer.report.sparkline import HEIGHT, WIDTH, sparkline
from poanalyzer.report.svg import Ids
from poanalyzer.results import KpiMonth

SPACE = "{http://www.w3.org/2000/svg}"


def months(*values: float | None, first: int = 1, part: tuple[int, ...] = ()) -> tuple[KpiMonth, ...]:
    return tuple(
        KpiMonth(month=f"2026-{n:02d}", cases=10, value=v, complete=n not in part, computable=v is not None)
        for n, v in enumerate(values, first)
    )


def drawn(*args, **more) -> ElementTree.Element:
    return ElementTree.fromstring(sparkline(Ids(), *args, **more))


def dots(tree: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(c.get("cx")), float(c.get("cy"))) for c in tree.iter(f"{SPACE}circle")]


def test_values_stand_by_month_and_size():
    tree = drawn(months(1.0, 3.0, 2.0), "", "", "t")
    assert dots(tree) == [(8, 40), (98, 8), (188, 24)]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in dots(tree))
    (line,) = tree.iter(f"{SPACE}polyline")
    assert line.get("points") == "8,40 98,8 188,24"


@pytest.mark.parametrize(
    "series",
    [months(1.0, 2.0, None, 4.0, 5.0), (*months(1.0, 2.0), *months(4.0, 5.0, first=4))],
    ids=["a month without a value", "a month that is not there"],
)
def test_a_gap_is_no_zero_and_no_line(series):
    tree = drawn(series, "", "", "t")
    assert len(dots(tree)) == 4
    lines = [line.get("points").split() for line in tree.iter(f"{SPACE}polyline")]
    assert [len(line) for line in lines] == [2, 2]
    # the fourth month of five stands at three quarters, gap or not
    assert dots(tree)[2][0] == 8 + 180 * 3 / 4


def test_a_month_seen_in_part_is_a_ring():
    tree = drawn(months(1.0, 2.0, 3.0, part=(1, 3)), "", "", "t")
    fills = [c.get("class").split()[0] for c in tree.iter(f"{SPACE}circle")]
    assert fills == ["f-page", "f-mined", "f-page"]


def test_the_target_is_drawn_where_it_is_near():
    def aims(target: str, unit: str = "s") -> list[float]:
        return [float(e.get("y1")) for e in drawn(months(3600.0, 7200.0), unit, target, "t").iter(f"{SPACE}line")]

    assert aims("<= 2 h") == [8.0]
    assert aims("<= 3 h") == [8.0]  # the scale reaches it
    assert aims("<= 9 h") == []  # and would be flat for this one
    assert aims("<= 90 %") == []
    assert aims("") == []


def test_words_name_every_month_and_the_target():
    tree = drawn(months(3600.0, None, 7200.0, part=(3,)), "s", "<= 4 h", "Cycle time")
    assert tree.find(f"{SPACE}title").text == "Cycle time"
    said = tree.find(f"{SPACE}desc").text.replace("\u202f", " ")
    assert (
        said
        == "By month: 2026-01: 1 h (n 10); 2026-02: no value; 2026-03: 2 h (n 10, part of the month). Target <= 4 h."
    )
    assert tree.get("role") == "img"


def test_lines_of_one_page_share_their_months():
    tree = drawn(months(5.0, first=3), "", "", "t", span=("2026-01", "2026-05"))
    assert dots(tree) == [(98, 24)]
    assert [t.text for t in tree.iter(f"{SPACE}text")] == ["2026-01", "2026-05"]
    alone = drawn(months(5.0, first=3), "", "", "t")
    assert [t.text for t in alone.iter(f"{SPACE}text")] == ["2026-03"]


def test_nothing_is_drawn_of_nothing():
    assert sparkline(Ids(), (), "", "", "t") == ""
    assert sparkline(Ids(), months(None, None), "", "", "t") == ""
