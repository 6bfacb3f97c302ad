"""Mined against self: verdicts, scopes and the facts beside them."""

from __future__ import annotations

import pytest

from poanalyzer.compare import compare
from poanalyzer.compare.self_view import judge
from poanalyzer.rate import rate_model
from poanalyzer.results import ComparisonRow, Level, SelfDriver, SelfItem, SurveyResult

from .rating import COMPLETE, KEYS, POMM, changed, dropped, profile


@pytest.mark.parametrize(
    ("demonstrated", "potential", "said", "unsure", "verdict"),
    [
        (1, 2, 3, 0.0, "over-claim"),
        (1, 2, 2, 0.0, "possible over-claim"),
        (1, None, 4, 0.0, "possible over-claim"),  # open: nothing bounds it
        (1, 1, 2, 0.0, "over-claim"),
        (2, 3, 2, 0.0, "aligned"),
        (2, None, 2, 0.0, "aligned"),
        (0, 0, 0, 0.0, "aligned"),
        (3, 3, 2, 0.0, "under-claim"),
        (3, None, 0, 0.0, "under-claim"),
        (None, None, 2, 0.0, "undetermined"),
        (2, 2, None, 0.0, "undetermined"),
        (2, 2, 4, 0.31, "undetermined"),
        (2, 2, 4, 0.30, "over-claim"),
    ],
)
def test_verdicts(
    demonstrated: int | None, potential: int | None, said: int | None, unsure: float, verdict: str
) -> None:
    assert judge(Level(demonstrated=demonstrated, potential=potential), said, unsure) == verdict


def survey(**levels: int | None) -> SurveyResult:
    def driver(name: str, level: int | None) -> SelfDriver:
        item = SelfItem(
            id="T1", title="Stack", level=level, low=0.0, high=3.0, n=1 if level is None else 4, dont_know=1
        )
        return SelfDriver(driver=name, level=level, low=None, high=None, items=(item,), dont_know_share=0.2)

    return SurveyResult(
        respondents=4,
        roles=("architect",),
        units=(),
        collected="2026-03-31",
        drivers=tuple(driver(name, level) for name, level in levels.items()),
    )


def rows(complete: bool, main: str | None = "order", **said: int | None) -> dict[str, ComparisonRow]:
    evidence = profile({"technology": 2, "delivery": 1, "measurement": 1})
    evidence = dropped(evidence, "outcome-observability")
    evidence = changed(evidence, "productive-processes", value=1.0)
    result = rate_model(POMM, evidence, KEYS, role_declared=True, config=COMPLETE)
    return {row.driver: row for row in compare(result, survey(**said), complete=complete, main_process=main)}


def test_scope_is_the_main_process_unless_the_inputs_are_complete() -> None:
    own = rows(False, technology=2, delivery=2)
    assert (own["technology"].scope, own["technology"].demonstrated, own["technology"].verdict) == (
        "order",
        2,
        "aligned",
    )
    # one process alone is at most level 1 as a portfolio
    whole = rows(True, technology=2)
    assert (whole["technology"].scope, whole["technology"].demonstrated) == ("portfolio", 1)
    assert whole["technology"].verdict == "over-claim"


def test_texts_are_facts() -> None:
    own = rows(False, technology=3, delivery=1, measurement=0)
    assert own["technology"].text.startswith("Respondents see level 3; the records of order show level 2, ")
    assert own["delivery"].verdict == "aligned"
    assert own["measurement"].verdict == "under-claim"
    kinds = [fact.split(":")[0] for fact in own["technology"].explanations]
    assert kinds == ["Scope", "Time", "Not in the records", "Reading of the items"]
    assert "about the process order alone" in own["technology"].explanations[0]
    assert "2026-03-31" in own["technology"].explanations[1]
    assert "M2.2" in own["measurement"].explanations[2]
    assert "T1 0–3" in own["technology"].explanations[3]


def test_what_engines_do_not_record() -> None:
    own = rows(False, vision=4)
    for driver, level in (("vision", 4), ("people", None)):
        assert (own[driver].verdict, own[driver].self_level, own[driver].text) == (
            "undetermined",
            level,
            "not visible in engine records",
        )


def test_nothing_to_compare() -> None:
    own = rows(False, technology=None)
    assert (own["technology"].verdict, own["technology"].explanations) == ("undetermined", ())
    assert own["delivery"].text == "No survey answers were given for this driver."
    for main in (None, "elsewhere"):
        row = rows(False, main, technology=2)["technology"]
        assert (row.verdict, row.demonstrated, row.self_level) == ("undetermined", None, 2)
    result = rate_model(POMM, profile({"technology": 1}), KEYS, role_declared=True)
    assert {row.verdict for row in compare(result, None, complete=False, main_process="order")} == {"undetermined"}
