"""Answers files: what is taken, what is refused and why; medians and levels worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.errors import ConfigError
from poanalyzer.maturity import load_model
from poanalyzer.results import SurveyResult
from poanalyzer.survey import Response, check, driver_level, load_responses, score

POMM = load_model("pomm")
ITEMS = [item.id for item in POMM.items]


def filled(**answers: Any) -> dict[str, Any]:
    return dict.fromkeys(ITEMS, 2) | answers


def entry(name: str = "r1", **more: Any) -> dict[str, Any]:
    return {"respondent": name, "role": "architect", "unit": "Orders", "date": "2026-03-31", "answers": filled()} | more


def written(tmp_path: Path, data: Any, name: str = "answers.json") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_one_respondent_or_several(tmp_path: Path) -> None:
    one = load_responses([written(tmp_path, entry())], POMM)
    assert [(r.respondent, r.role, r.unit, r.date) for r in one] == [("r1", "architect", "Orders", "2026-03-31")]
    two = load_responses([written(tmp_path, [entry(), entry("r2", role="Executive  Sponsor")])], POMM)
    assert [r.role for r in two] == ["architect", "executive sponsor"]
    assert check(tmp_path / "answers.json", POMM) == ()


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    written(tmp_path, entry("b"), "2.json")
    written(tmp_path, entry("a"), "1.json")
    (tmp_path / "notes.txt").write_text("not answers")
    assert [r.respondent for r in load_responses([tmp_path], POMM)] == ["a", "b"]


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_text(json.dumps(entry()), encoding="utf-8-sig")
    assert len(load_responses([path], POMM)) == 1


@pytest.mark.parametrize(
    ("content", "place", "text"),
    [
        (b"", "", "empty"),
        (b" \n", "", "empty"),
        (b"\x00\x01\xff\xfe", "", "not UTF-8"),
        (b"PK\x03\x04\x14\x00\x08\x00", "line 1", "not valid JSON"),
        (b'{"respondent": "r1"', "line 1, column 20", "not valid JSON"),
        (b'{"respondent": NaN}', "", "NaN is no number"),
        (b'{"respondent": "a", "respondent": "b"}', "", "stands there twice"),
        (b'{"respondent": "\\ud800"}', "", "no text"),
        (b"[" * 100_000, "", "nested too deeply"),
        (b"7", "", "not a number"),
        (b"null", "", "not null"),
        (b"[]", "", "list of respondents is empty"),
        (b'[{"respondent": "r1"}, "r2"]', "respondent 2", "not text"),
    ],
)
def test_garbage_is_refused(tmp_path: Path, content: bytes, place: str, text: str) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(content)
    errors = [problem for problem in check(path, POMM) if problem.severity == "error"]
    assert any(text in e.text and place in e.where and str(path) in e.where and e.fix for e in errors), errors
    with pytest.raises(ConfigError):
        load_responses([path], POMM)


@pytest.mark.parametrize(
    ("change", "place", "text", "fix"),
    [
        ({"answers": filled(T9=1)}, "answers.T9", "no item “T9”", "Known: D1, D2"),
        ({"answers": filled(T1=5)}, "answers.T1", "5 is no answer", "whole number"),
        ({"answers": filled(T1=-1)}, "answers.T1", "-1 is no answer", "whole number"),
        ({"answers": filled(T1=True)}, "answers.T1", "true is no answer", "whole number"),
        ({"answers": filled(T1=2.5)}, "answers.T1", "2.5 is no answer", "whole number"),
        ({"answers": filled(T1="dont know")}, "answers.T1", '"dont know" is no answer', "dont-know"),
        ({"answers": filled(T1=None)}, "answers.T1", "null is no answer", "dont-know"),
        ({"answers": filled(T1=[2])}, "answers.T1", "[2] is no answer", "whole number"),
        ({"answers": {}}, "answers", "is empty", "docs/survey.md"),
        ({"answers": "high"}, "answers", "an object was expected", "docs/survey.md"),
        ({"answer": {}}, "", "unknown key “answer”", "Did you mean “answers”"),
        ({"date": "31.3.2026"}, "date", "no date like 2026-03-31", "docs/survey.md"),
        ({"date": 20260331}, "date", "as text", "docs/survey.md"),
        ({"role": "  "}, "role", "is empty", "docs/survey.md"),
        ({"model": "omm"}, "", "model “omm”", "model that is assessed"),
        ({"confidence": {"technologie": 50}}, "confidence.technologie", "no driver", "technology"),
        ({"confidence": {"technology": 150}}, "confidence.technology", "150 is no percentage", "0 to 100"),
    ],
)
def test_each_mistake_has_place_and_advice(
    tmp_path: Path, change: dict[str, Any], place: str, text: str, fix: str
) -> None:
    path = written(tmp_path, [entry("r0"), entry() | change])
    errors = [problem for problem in check(path, POMM) if problem.severity == "error"]
    assert len(errors) == 1, errors
    assert place in errors[0].where
    assert "respondent 2" in errors[0].where
    assert text in errors[0].text
    assert fix in errors[0].fix
    with pytest.raises(ConfigError):
        load_responses([path], POMM)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    bare = entry() | {"answers": filled(T1=9, D1=9, X1=0)}
    del bare["role"]
    path = written(tmp_path, [entry("a") | {"answers": filled(V1=9, V2=9)}, bare])
    assert [p.text for p in check(path, POMM)] == ["9 is no answer", "9 is no answer", "“role” is missing"]
    with pytest.raises(ConfigError, match="2 more"):
        load_responses([path], POMM)


def test_notes_do_not_stop(tmp_path: Path) -> None:
    answers = filled()
    del answers["M4"]
    path = written(tmp_path, entry(answers=answers, role="develper"))
    notes = check(path, POMM)
    assert [p.severity for p in notes] == ["note", "note"]
    assert "M4" in notes[0].text
    assert "developer" in notes[1].fix
    assert len(load_responses([path], POMM)) == 1


def test_the_same_respondent_twice(tmp_path: Path) -> None:
    path = written(tmp_path, [entry(), entry()])
    assert "stands there twice" in check(path, POMM)[0].text
    first, second = written(tmp_path, entry(), "1.json"), written(tmp_path, entry(), "2.json")
    with pytest.raises(ConfigError, match="stands there twice"):
        load_responses([first, second], POMM)


@pytest.mark.parametrize("paths", [[], ["empty"], ["nothing.json"]])
def test_no_answers_at_all(tmp_path: Path, paths: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError) as error:
        load_responses([tmp_path / p for p in paths], POMM)
    assert error.value.fix


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(content)
    assert any(problem.severity == "error" for problem in check(path, POMM))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {"respondent": _JSON, "role": _JSON, "answers": _JSON}, optional={"date": _JSON, "model": _JSON}
    )
)
def test_no_json_crashes(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    for problem in check(path, POMM):
        assert problem.text
        assert str(path) in problem.where


# --- scoring ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facets", "level"),
    [
        ((2, 2, 2, 2), 2),
        ((3, 3, 3, 2), 3),  # three of four reach 3, the fourth misses by one
        ((3, 3, 3, 1), 2),  # the fourth misses 3 by two; 2 is reached by three, and 1 misses it by one
        ((4, 4, 4, 0), 1),
        ((2, 2, 1, 1), 1),
        ((0, 0, 4, 4), 0),
        ((2.5, 2.5, 2.5, 2.5), 2),
        ((3, 3, 3, None), 3),
        ((3, 3, 2, None), 2),
        ((3, 3, None, None), None),
        ((0, 0, 0, 0), 0),
        ((4, 4, 4, 4), 4),
    ],
)
def test_driver_level(facets: tuple[float | None, ...], level: int | None) -> None:
    assert driver_level(facets, 4) == level


def said(name: str, role: str, unit: str = "Orders", **answers: Any) -> Response:
    return Response(respondent=name, role=role, unit=unit, date="2026-03-31", answers=answers)


def item(result: SurveyResult, name: str) -> Any:
    return next(i for d in result.drivers for i in d.items if i.id == name)


def test_each_role_group_has_one_voice() -> None:
    # developers 1, 1, 2, 4: median 1.5; operations 4; architect 3: median of (1.5, 4, 3) = 3
    result = score(
        [
            *(said(f"d{n}", "developer", T1=v) for n, v in enumerate((1, 1, 2, 4))),
            said("o", "operations", T1=4),
            said("a", "architect", T1=3),
        ],
        POMM,
    )
    found = item(result, "T1")
    assert (found.level, found.low, found.high, found.n) == (3.0, 1.5, 4.0, 6)
    assert found.anchor == next(i for i in POMM.items if i.id == "T1").anchors[3]


def test_dont_know_is_excluded_and_counted() -> None:
    answers = [2, 2, 2, 2, 2, 2, 2, "dont-know", "dont-know", "dont-know"]
    at_limit = score([said(str(n), "developer", T1=v) for n, v in enumerate(answers)], POMM)
    assert (item(at_limit, "T1").level, item(at_limit, "T1").dont_know) == (2.0, 3)
    beyond = score([said(str(n), "developer", T1=v) for n, v in enumerate([*answers, "dont-know"])], POMM)
    assert (item(beyond, "T1").level, item(beyond, "T1").n, item(beyond, "T1").dont_know) == (None, 7, 4)
    # does not apply is neither an answer nor a doubt
    aside = score([said("a", "developer", T1="not-applicable"), said("b", "developer", T1=3)], POMM)
    assert (item(aside, "T1").level, item(aside, "T1").n, item(aside, "T1").dont_know) == (3.0, 1, 0)


def test_anchors_that_do_not_differ_are_one() -> None:
    assert item(score([said("a", "analyst", M3=0)], POMM), "M3").level == 1.0


def test_drivers_and_shares() -> None:
    result = score([said("a", "architect", T1=3, T2=3, T3=3, T4="dont-know", V1=1)], POMM)
    technology = next(d for d in result.drivers if d.driver == "technology")
    assert (technology.level, technology.low, technology.high, technology.dont_know_share) == (3, None, None, 0.25)
    assert "T4" in technology.reason
    vision = next(d for d in result.drivers if d.driver == "vision")
    assert (vision.level, vision.reason) == (None, "not known: V2, V3, V4")
    assert (result.respondents, result.roles, result.collected) == (1, ("architect",), "2026-03-31")


def crowd() -> list[Response]:
    roles = ("developer", "operations", "architect")
    return [
        Response(
            respondent=f"r{n}", role=roles[n % 3], unit=f"u{n % 2}", date=None,
            answers={i: (n + k) % 4 if n % 5 else 2 + k % 2 for k, i in enumerate(ITEMS)},
        )
        for n in range(12)
    ]  # fmt: skip


def test_interval_is_seeded_and_follows_no_order() -> None:
    result = score(crowd(), POMM)
    assert result == score(list(reversed(crowd())), POMM)
    for driver in result.drivers:
        assert driver.low is not None
        assert driver.high is not None
        assert driver.low <= driver.level <= driver.high  # type: ignore[operator]
    assert any(driver.low < driver.high for driver in result.drivers)  # type: ignore[operator]


def test_agreement_leaves_no_width() -> None:
    result = score([said(str(n), role, T1=2, T2=2, T3=2, T4=2) for n, role in enumerate(["a", "a", "b"])], POMM)
    technology = next(d for d in result.drivers if d.driver == "technology")
    assert (technology.level, technology.low, technology.high) == (2, 2.0, 2.0)


def test_caveats() -> None:
    assert "one respondent" in score([said("a", "analyst", T1=1)], POMM).caveats[0]
    lines = score([said(str(n), f"r{n % 3}", f"u{n % 2}", **filled()) for n in range(8)], POMM).caveats
    assert lines == ("8 respondents gave the same answer to 18 items or more",)
    assert score(crowd(), POMM).caveats == ()
