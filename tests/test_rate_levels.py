"""Levels of planted profiles, what stands beside them, areas, changes and the roadmap."""

from __future__ import annotations

import pytest

from poanalyzer.config import Config
from poanalyzer.errors import ConfigError
from poanalyzer.rate import rate_model, roadmap
from poanalyzer.results import (
    DriverResult,
    Level,
    MetricResult,
    ModelResult,
    Rating,
    SelfDriver,
    SelfItem,
    Status,
    SurveyResult,
)

from .rating import COMPLETE, KEYS, POMM, changed, config, dropped, missing, nothing, profile, row

MINED = ("technology", "delivery", "measurement")


def rate(
    rows: tuple[MetricResult, ...], *, keys: tuple[str, ...] = KEYS, settings: Config = COMPLETE, declared: bool = True
) -> ModelResult:
    return rate_model(POMM, rows, keys, role_declared=declared, config=settings)


def driver(result: ModelResult, name: str, process: str | None = None) -> DriverResult:
    drivers = result.drivers
    if process is not None:
        drivers = next(p for p in result.processes if p.key == process).drivers
    return next(d for d in drivers if d.id == name)


@pytest.mark.parametrize("name", MINED)
@pytest.mark.parametrize("level", range(5))
def test_planted_levels_are_found(name: str, level: int) -> None:
    result = rate(profile({name: level}))
    assert driver(result, name).level == Level(demonstrated=level, potential=level)
    # Measurement's scale ends at 3 for a single process.
    own = min(level, 3) if name == "measurement" else level
    assert driver(result, name, "order").level == Level(demonstrated=own, potential=own)


def test_one_process_alone_is_at_most_level_1() -> None:
    rows = changed(profile({"technology": 4}, keys=["order"]), "productive-processes", value=1.0)
    rows = changed(rows, "active-delivery-units", value=1.0)
    result = rate(rows, keys=("order",))
    assert driver(result, "technology").level == Level(demonstrated=1, potential=1)
    assert driver(result, "technology", "order").level.demonstrated == 4
    # nobody said that this export is all there is
    assert driver(rate(rows, keys=("order",), settings=Config()), "technology").level.demonstrated == 1


def test_no_evidence_at_all() -> None:
    result = rate((), keys=())
    for name in MINED:
        assert driver(result, name).level == Level(demonstrated=0, potential=None)
        assert driver(result, name).confidence == "low"
        assert "log-grade" in driver(result, name).changes[0].text
    assert result.processes == ()
    assert [d.id for d in result.drivers] == ["vision", "people", *MINED]
    assert driver(result, "vision").level == Level(demonstrated=None, potential=None)


@pytest.mark.parametrize(("grade", "demonstrated"), [(4.0, 2), (3.0, 2), (2.0, 0)])
def test_grade_of_the_log(grade: float, demonstrated: int) -> None:
    result = driver(rate(changed(profile({"delivery": 2}), "log-grade", value=grade)), "delivery")
    assert result.level == Level(demonstrated=demonstrated, potential=2)
    assert result.confidence == {4.0: "high", 3.0: "medium", 2.0: "low"}[grade]
    if not demonstrated:
        assert result.summary.startswith("no level shown: the grade of the log is ★★ (2 of 5)")
        assert (result.changes[0].claim, result.changes[0].kind) == ("log-grade", "raise")


def test_summary_counts_claims() -> None:
    rows = profile({"technology": 1})
    # T2.1, T2.2 without evidence; of S2, T2.3, T2.4 the last is met
    rows = dropped(dropped(rows, "stack-concentration"), "lifecycle-coverage")
    rows = changed(rows, "handled-exception-rate", value=0.2, low=0.1)
    result = driver(rate(rows), "technology")
    assert result.summary == "level 1 shown; level 2: 1 of 5 claims met, 2 lack evidence"
    assert result.level == Level(demonstrated=1, potential=1)


@pytest.mark.parametrize(
    ("withheld", "potential"),
    [
        # Level 2 of Measurement has four claims: S2, M2.1, M2.2, M2.4.
        ((), 1),
        (("kpi-definition-coverage",), 1),  # M2.2 fails whatever M2.1 may be
        (("outcome-observability",), 2),  # level 3 is known to fail
        (("outcome-observability", "kpi-definition-coverage"), 2),
        (("outcome-observability", "kpi-definition-coverage", "kpi-trackability"), None),
    ],
)
def test_potential_is_open_where_too_little_was_rated(withheld: tuple[str, ...], potential: int | None) -> None:
    rows = changed(profile({"measurement": 2}), "outcome-observability", value=0.1, low=0.1)
    for metric in withheld:
        rows = dropped(rows, metric)
    assert driver(rate(rows), "measurement").level == Level(demonstrated=1, potential=potential)


def test_potential_is_open_where_the_climb_meets_an_unrated_level() -> None:
    rows = dropped(profile({"measurement": 3}), "outcome-observability")
    for metric in ("portfolio-rollup-coverage", "contribution-evidence", "lob-coverage"):
        rows = dropped(rows, metric)
    # level 2 lacks one claim of four, level 3 is met, of level 4 one claim of four is rated
    assert driver(rate(rows), "measurement").level == Level(demonstrated=1, potential=None)


def test_what_does_not_apply_leaves_the_denominator_up_to_a_third() -> None:
    rows = profile({"technology": 3})
    # level 3 of one process: T3.3, T3.4, T3.5
    one = (*dropped(rows, "parallel-realisation-rate"), *nothing("parallel-realisation-rate"))
    assert driver(rate(one), "technology", "order").level.demonstrated == 3
    two = (*dropped(one, "load-degradation-ratio"), *nothing("load-degradation-ratio"))
    result = driver(rate(two), "technology", "order")
    assert result.level == Level(demonstrated=2, potential=2)
    assert "level 3 is not assessable with this engine: 2 of 3 claims" in result.summary
    assert [change.claim for change in result.changes if change.kind == "unlock"] == ["T3.3", "T3.5"]


def test_skipped_levels_are_told() -> None:
    rows = changed(profile({"measurement": 3}), "kpi-trackability", value=0.05, low=0.05, high=0.05)
    result = driver(rate(rows), "measurement", "order")
    assert result.level.demonstrated == 1
    assert "practices of level 3 are present, M2.4 holds the level back" in result.summary


def test_a_confirmed_ceiling_is_told() -> None:
    rows = changed(profile({"measurement": 2}), "kpi-computability", value=0.3)
    result = driver(rate(rows), "measurement")
    assert result.level.demonstrated == 2
    assert "ceiling of level 2 confirmed (M2.3)" in result.summary


def test_a_limit_below_the_level_is_a_conflict() -> None:
    # M0.2: processes cannot be linked, though level 1 is attained
    rows = changed(profile({"measurement": 2}), "cross-process-linkage", value=0.0)
    result = driver(rate(rows), "measurement")
    assert (result.level.demonstrated, result.confidence) == (2, "low")
    assert "the limit M0.2 of a lower level is confirmed" in result.confidence_reason


def test_conflicting_evidence_costs_confidence() -> None:
    rows = profile({"technology": 2})
    before, after = (
        driver(rate(rows), "technology"),
        driver(rate(changed(rows, "containment", value=0.0, low=0.0)), "technology"),
    )
    assert (before.confidence, after.confidence) == ("high", "medium")
    assert after.level == before.level
    assert "T2.4" in after.confidence_reason


def test_changes_name_distance_in_native_units() -> None:
    rows = changed(profile({"delivery": 3}), "time-to-restore", value=108000.0, low=36000.0, high=130000.0, unit="s")
    result = driver(rate(rows), "delivery", "order")
    assert result.level.demonstrated == 2
    change = next(c for c in result.changes if c.kind == "raise")
    assert (change.claim, change.text) == ("D3.4", "lower time-to-restore from 30 h to at most 24 h")
    assert change.distance == pytest.approx(6.0)


def test_changes_put_evidence_first_and_then_the_nearest() -> None:
    rows = changed(profile({"measurement": 1}), "kpi-trackability", value=0.14, low=0.1, high=0.2)
    rows = tuple(missing(r) if r.id == "kpi-definition-coverage" else r for r in rows)
    rows = changed(rows, "outcome-observability", value=0.0, low=None, high=None)
    result = driver(rate(rows), "measurement", "order")
    found = [(c.kind, c.claim) for c in result.changes if c.kind != "hold"]
    assert found == [("unlock", "M2.1"), ("raise", "M2.4"), ("raise", "M2.2")]
    assert result.changes[0].text == "lacks evidence: withheld. Export it."
    assert result.changes[1].text == "raise kpi-trackability from 14 % to at least 15 %"
    assert result.changes[2].text == "raise outcome-observability from 0 % to at least 95 %"


def test_changes_ask_to_confirm_what_was_inferred() -> None:
    rows = changed(profile({"measurement": 3}), "kpi-trackability-3", basis="inferred")
    result = driver(rate(rows), "measurement", "order")
    assert result.level == Level(demonstrated=2, potential=3)
    assert [(c.kind, c.claim) for c in result.changes] == [("unlock", "M3.3")]
    assert "confirm in the project file" in result.changes[0].text


def test_holds_name_what_may_be_chance() -> None:
    rows = changed(profile({"technology": 2}), "handled-exception-rate", value=0.2, low=0.1, high=0.3)
    result = driver(rate(rows), "technology", "order")
    assert result.level.demonstrated == 2
    hold = next(c for c in result.changes if c.kind == "hold")
    assert hold.text == ("handled-exception-rate is 20 %, but its 95 % interval reaches 10 %, and T2.4 needs 15 %")
    assert result.confidence == "medium"


def test_vision_and_people_are_asked() -> None:
    item = SelfItem(id="V4", title="Awareness", level=3.0, low=3.0, high=3.0, n=1, dont_know=0)
    said = tuple(
        SelfDriver(driver=d, level=level, low=None, high=None, items=(item,), dont_know_share=0.0)
        for d, level in (("vision", 3), ("people", None), ("technology", 4))
    )
    survey = SurveyResult(respondents=1, roles=("architect",), units=(), collected=None, drivers=said)
    result = rate_model(POMM, profile({"technology": 1}), KEYS, role_declared=True, config=COMPLETE, survey=survey)
    vision, people = driver(result, "vision"), driver(result, "people")
    assert (vision.source, vision.level.demonstrated, vision.confidence) == ("self-reported", 3, "low")
    assert (people.source, people.level.demonstrated) == ("self-reported", None)
    # self-report never moves a mined level
    assert driver(result, "technology").level.demonstrated == 1
    assert len(vision.claims) == 12
    assert {claim.id for claim in vision.claims if claim.strength == "E1"} == {"V0.2", "V2.2", "V4.3"}
    assert all(claim.rating is None for claim in vision.claims)


def area(rows: tuple[MetricResult, ...], name: str) -> tuple[object, ...]:
    result = rate_model(POMM, rows, ["order"], role_declared=True)
    found = next(a for a in result.processes[0].areas if a.id == name)
    return found.metric, found.rating, found.status, found.advice


def test_areas() -> None:
    measured = Status.MEASURED
    step = row("step-coverage", 0.6, "order", lower_bound=0.4, upper_bound=0.8)
    auto = row("automation-rate", 0.9, "order", lower_bound=0.85, upper_bound=0.95)
    assert area((step, auto), "coverage") == ("step-coverage", Rating.P, measured, "")
    advice = "Give an outside source to see coverage."
    gone = missing(step)
    assert area((gone, auto), "coverage") == ("automation-rate", Rating.F, measured, advice)
    assert area((gone,), "coverage")[:3] == ("automation-rate", None, Status.NOT_AVAILABLE)
    few = row("handled-exception-rate", None, "order", status=Status.INSUFFICIENT, unlock="Wait.")
    assert area((few,), "exceptions") == ("handled-exception-rate", None, Status.INSUFFICIENT, "Wait.")
    assert area((row("parallel-realisation-rate", 0.5, "order"),), "parallelism")[1] is Rating.L
    assert area((row("kpi-trackability", 0.149, "order"),), "kpi")[1] is Rating.N
    assert [a.id for a in rate(profile({"technology": 1})).processes[0].areas] == [
        "coverage", "exceptions", "parallelism", "kpi",
    ]  # fmt: skip


def test_areas_follow_local_cuts() -> None:
    from poanalyzer.maturity import load_model

    local = load_model("pomm", cuts={"kpi-trackability": (0.05, 0.1, 0.9)})
    result = rate_model(local, [row("kpi-trackability", 0.12, "order")], ["order"], role_declared=True)
    assert result.processes[0].areas[3].rating is Rating.L
    assert (result.version, result.local_cuts) == ("1+local", True)


def test_roadmap_takes_one_step_a_driver_and_fetches_first() -> None:
    rows = {r.id + str(r.process): r for r in profile({"technology": 2, "delivery": 1, "measurement": 3})}
    rows = {key: missing(r) if r.id == "increment-size" or r.id == "release-cadence" else r for key, r in rows.items()}
    result = rate(tuple(rows.values()))
    levels = {name: driver(result, name).level.demonstrated for name in MINED}
    assert levels == {"technology": 2, "delivery": 1, "measurement": 3}
    steps = roadmap(POMM, result, complete=True)
    assert [(s.kind, s.driver) for s in steps] == [
        ("unlock", "delivery"), ("raise", "delivery"), ("raise", "technology"), ("raise", "measurement"),
    ]  # fmt: skip
    assert (steps[0].step, steps[0].claims) == ("Export it.", ("D2.1",))
    assert all(s.works_if and s.why for s in steps)


def test_roadmap_honours_the_target_and_the_scope() -> None:
    result = rate(profile({"technology": 2, "delivery": 1, "measurement": 3}))
    aimed = roadmap(POMM, result, target={"technology": 2, "delivery": 2, "measurement": 3}, complete=True)
    assert [s.driver for s in aimed] == ["delivery"]
    own = roadmap(POMM, result, complete=False, main_process="claim")
    assert {s.process for s in own} == {"claim"}
    assert {s.driver for s in own} == {"technology", "delivery"}  # Measurement's scale ends at 3 there


def test_a_target_names_a_driver() -> None:
    with pytest.raises(ConfigError, match="Did you mean “technology”"):
        roadmap(POMM, rate(profile({"technology": 1})), target={"technolgy": 3})


def test_results_follow_no_order_of_rows() -> None:
    rows = profile({"technology": 2})
    assert rate(rows) == rate(tuple(reversed(rows)))


def test_local_config_is_not_needed() -> None:
    rows = profile({"delivery": 1})
    assert rate_model(POMM, rows, KEYS, role_declared=True).drivers == rate(rows, settings=config()).drivers


def test_undeclared_role_costs_no_level() -> None:
    rows = profile({"technology": 2})
    levels = [driver(rate(rows, declared=d), "technology").level for d in (True, False)]
    assert levels[0] == levels[1]
