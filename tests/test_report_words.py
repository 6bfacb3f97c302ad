"""Numbers and states as the report says them, and the palette it says them in."""

from __future__ import annotations

import pytest

from poanalyzer.report import palette, words
from poanalyzer.results import Level, Status


def plain(text: str) -> str:
    return text.replace(words.THIN, " ")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (0.34, "340 ms"), (12, "12 s"), (59.96, "60 s"), (60, "1 min"), (95, "1 min 35 s"), (3599, "1 h"),
        (3600, "1 h"), (8130, "2 h 16 min"), (86399, "1 d"), (86400, "1 d"), (187200, "2 d 4 h"), (1e7, "116 d"),
        (-90, "−1 min 30 s"),
    ],
)  # fmt: skip
def test_durations(seconds, said):
    assert plain(words.duration(seconds)) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (1, "100 %"), (0.74, "74 %"), (0.745, "74 %"), (0.9967, "99.7 %"), (0.99999, "> 99.9 %"),
     (0.004, "0.4 %"), (0.00001, "< 0.1 %"), (0.126, "13 %")],
)  # fmt: skip
def test_shares_never_round_to_all_or_nothing(share, said):
    assert plain(words.percent(share)) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "share", "–"), (0.5, "share", "50 %"), (90.0, "s", "1 min 30 s"), (3.0, "stars", "★★★☆ (3 of 4)"),
        (5.0, "endpoints", "5 endpoints"), (1234567.0, "", "1 234 567"), (1.314, "ratio", "1.31"), (0.00001, "", "1e-05"),
    ],
)  # fmt: skip
def test_amounts(value, unit, said):
    assert plain(words.amount(value, unit)).replace("−", "-") == said


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (0.58, 0.66, "share", "58–66 %"), (None, None, "share", ""), (0.5, None, "share", "at least 50 %"),
        (None, 3.0, "endpoints", "up to 3 endpoints"), (5400.0, 12900.0, "s", "1 h 30 min – 3 h 35 min"),
        (0.71, 0.71, "share", ""), (5.0, 6.0, "endpoints", "5–6 endpoints"),
    ],
)  # fmt: skip
def test_intervals(low, high, unit, said):
    assert plain(words.interval(low, high, unit)) == said


def test_counts_agree_with_their_noun():
    assert [plain(words.count(n, w)) for n, w in ((1, "cases"), (1240, "cases"), (1, "processes"), (0, "series"))] == [
        "1 case", "1 240 cases", "1 process", "0 series",
    ]  # fmt: skip


def test_levels_in_words():
    assert words.level(Level(demonstrated=1, potential=1)) == "level 1"
    assert words.level(Level(demonstrated=1, potential=3)) == "level 1, up to 3 possible"
    assert words.level(Level(demonstrated=0, potential=None)) == "level 0, open above"
    assert words.level(Level(demonstrated=None, potential=None)) == "no level"


def test_every_status_has_words():
    assert set(words.STATUS) == set(Status)
    assert set(words.STATUS_MEANING) == set(Status) - {Status.MEASURED}


def test_sentences():
    assert words.sentence("no case ended") == "No case ended."
    assert words.sentence(" Done! ") == "Done!"
    assert words.sentence("") == ""
    assert words.short("a\n b  c", 20) == "a b c"
    assert words.short("x" * 30, 10) == "x" * 9 + "…"


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_text_and_marks_stand_out(colours):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert [pair for pair in palette.PAIRS if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []
    assert [pair for pair in palette.MARKS if contrast(colours[pair[0]], colours[pair[1]]) < 3] == []


def test_light_and_dark_name_the_same_roles():
    assert list(palette.LIGHT) == list(palette.DARK)
