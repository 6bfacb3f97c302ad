"""The scale and single claims, each rating worked out by hand."""

from __future__ import annotations

import pytest

from poanalyzer.config import Config
from poanalyzer.maturity import ClaimDefinition, Use
from poanalyzer.rate.claims import rate_claim
from poanalyzer.rate.evidence import gather
from poanalyzer.rate.scale import achievement, apart, classify, shown, unit_factor
from poanalyzer.results import Claim, MetricResult, Rating, Status

from .rating import COMPLETE, POMM, config, row

NPLF = (0.15, 0.5, 0.85)


@pytest.mark.parametrize(
    ("value", "cuts", "direction", "rating", "achieved"),
    [
        # the bands themselves: achievement is the value
        (0.0, NPLF, "up", "N", 0.0),
        (0.149, NPLF, "up", "N", 0.149),
        (0.15, NPLF, "up", "P", 0.15),
        (0.5, NPLF, "up", "L", 0.5),
        (0.85, NPLF, "up", "F", 0.85),
        (1.0, NPLF, "up", "F", 1.0),
        (0.5 - 1e-13, NPLF, "up", "L", 0.5),  # a tie in 12 digits
        # counts: 1 is P, 2 is L, 3 lies half way from 2 to 4, .5 + .35 / 2
        (1, (1, 2, 4), "up", "P", 0.15),
        (2, (1, 2, 4), "up", "L", 0.5),
        (3, (1, 2, 4), "up", "L", 0.675),
        (4, (1, 2, 4), "up", "F", 0.85),
        (0, (1, 2, 4), "up", "N", 0.0),
        # equal cuts: there or not
        (0, (1, 1, 1), "up", "N", 0.0),
        (1, (1, 1, 1), "up", "F", 0.85),
        (2, (1, 1, 1), "up", "F", 1.0),
        # less is better: hours to restore; 96 lies half way from 168 to 24
        (200, (168, 24, 4), "down", "N", 0.15 - 32 * 0.35 / 144),
        (168, (168, 24, 4), "down", "P", 0.15),
        (96, (168, 24, 4), "down", "P", 0.325),
        (24, (168, 24, 4), "down", "L", 0.5),
        (24.1, (168, 24, 4), "down", "P", 0.5 - 0.1 * 0.35 / 144),
        (4, (168, 24, 4), "down", "F", 0.85),
        (0, (168, 24, 4), "down", "F", 0.85 + 4 * 0.35 / 20),
        # a correlation may be negative
        (-0.2, (0.0, 0.3, 0.6), "up", "N", 0.0),
        (0.3, (0.0, 0.3, 0.6), "up", "L", 0.5),
    ],
)
def test_scale(value: float, cuts: tuple[float, float, float], direction: str, rating: str, achieved: float) -> None:
    assert classify(value, cuts, direction) == rating  # type: ignore[arg-type]
    assert achievement(value, cuts, direction) == pytest.approx(achieved)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "wanted", "factor"),
    [("s", "h", 1 / 3600), ("seconds", "d", 1 / 86400), ("hours", "h", 1), ("%", "share", 0.01), ("count", "count", 1)],
)
def test_units(unit: str, wanted: str, factor: float) -> None:
    assert unit_factor(unit, wanted) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.41, "share", "41 %"),
        (0.415, "share", "41.5 %"),
        (2.0, "count", "2"),
        (24.0, "h", "24 h"),
        (12345.0, "h", "12 345 h"),
    ],
)
def test_shown(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_near_values_are_told_apart() -> None:
    assert apart(0.4996, 0.5, "share") == ("49.96 %", "50 %")
    assert apart(0.41, 0.5, "share") == ("41 %", "50 %")


def definition(claim_id: str) -> ClaimDefinition:
    return next(claim for claim in POMM.claims if claim.id == claim_id)


def rated(
    claim: str | ClaimDefinition,
    *rows: MetricResult,
    process: str | None = "order",
    processes: tuple[str, ...] = ("order",),
    settings: Config = COMPLETE,
    role_declared: bool = True,
    volumes: dict[str, float] | None = None,
) -> Claim:
    body = gather(rows, processes, role_declared=role_declared, config=settings, volumes=volumes)
    return rate_claim(definition(claim) if isinstance(claim, str) else claim, process, body)


def at(metric: str, value: float | None, **more: object) -> MetricResult:
    return row(metric, value, "order", **more)


@pytest.mark.parametrize(
    ("claim", "rows", "rating", "met", "strength"),
    [
        # direction up, minimum P; corroboration is needed for F only
        ("T2.4", [at("handled-exception-rate", 0.14)], "N", False, "E4"),
        ("T2.4", [at("handled-exception-rate", 0.15)], "P", True, "E4"),
        ("T2.4", [at("handled-exception-rate", 0.9)], "L", True, "E4"),
        ("T2.4", [at("handled-exception-rate", 0.9), at("containment", 0.15, facets=("F4",))], "F", True, "E4+"),
        ("T2.4", [at("handled-exception-rate", 0.9), at("containment", 0.1)], "L", True, "E4"),
        (
            "T2.4",
            [at("handled-exception-rate", 0.9), at("containment", 0.9), at("retry-effectiveness", 0.1)],
            "L",
            True,
            "E4",
        ),
        # direction down, minimum L: the tie attains
        ("D3.4", [at("time-to-restore", 24.0, unit="h")], "L", True, "E4"),
        ("D3.4", [at("time-to-restore", 24.5, unit="h")], "P", False, "E4"),
        ("D3.4", [at("time-to-restore", 86400.0, unit="s")], "L", True, "E4"),
        # declared evidence stays at L until a direct metric supports it
        ("M2.1", [at("kpi-definition-coverage", 1.0)], "L", True, "E2"),
        ("M2.1", [at("kpi-definition-coverage", 1.0), at("kpi-dimension-breadth", 2)], "F", True, "E2"),
        ("M2.1", [at("kpi-definition-coverage", 1.0), at("kpi-dimension-breadth", 1)], "L", True, "E2"),
        ("M2.1", [at("kpi-definition-coverage", 0.0)], "N", False, "E2"),
        # facts that were inferred stay at P, declared ones at L; both may turn out better
        ("T3.5", [at("parallel-realisation-rate", 0.9, basis="inferred")], "P", True, "E3"),
        ("M3.3", [at("kpi-trackability-3", 0.9, basis="inferred")], "P", False, "E3"),
        ("M3.3", [at("kpi-trackability-3", 0.9, basis="declared")], "L", True, "E2"),
        # between bounds the worse end is rated
        ("M3.3", [at("kpi-trackability-3", 0.6, lower_bound=0.4, upper_bound=0.9)], "P", False, "E4"),
        # a share of processes: one process passes or not
        ("M1.1", [at("completion-observability", 1.0)], "F", True, "E4"),
        ("M1.1", [at("completion-observability", 0.0)], "N", False, "E4"),
        ("T3.4", [at("handled-exception-rate", 0.8, low=0.5), at("handler-coverage", 0.5)], "F", True, "E4"),
        ("T3.4", [at("handled-exception-rate", 0.8, low=0.49), at("handler-coverage", 0.5)], "N", False, "E4"),
        ("T3.4", [at("handled-exception-rate", 0.8)], "N", False, "E4"),
        ("T2.3", [at("time-coverage", 0.5)], "F", True, "E4"),
    ],
)
def test_claims(claim: str, rows: list[MetricResult], rating: str, met: bool, strength: str) -> None:
    result = rated(claim, *rows)
    assert (result.rating, result.met, result.strength) == (rating, met, strength)
    assert result.status is Status.MEASURED


@pytest.mark.parametrize(
    ("claim", "rows", "potential"),
    [
        ("M3.3", [at("kpi-trackability-3", 0.4)], False),
        ("M3.3", [at("kpi-trackability-3", 0.9, basis="inferred")], True),
        ("M3.3", [at("kpi-trackability-3", 0.4, basis="inferred")], False),
        ("M3.3", [at("kpi-trackability-3", 0.45, lower_bound=0.4, upper_bound=0.5)], True),
        ("M3.3", [at("kpi-trackability-3", 0.45, lower_bound=0.4, upper_bound=0.49)], False),
        ("D3.4", [at("time-to-restore", 30.0, unit="h", lower_bound=20.0, upper_bound=40.0)], True),
        ("T3.4", [at("handled-exception-rate", 0.8)], True),  # only the interval is missing
        ("T3.4", [at("handled-exception-rate", 0.8, low=0.4)], False),
    ],
)
def test_potential_of_unmet_claims(claim: str, rows: list[MetricResult], potential: bool) -> None:
    result = rated(claim, *rows)
    assert (result.met, result.potential) == (False, potential)


@pytest.mark.parametrize(
    ("status", "met", "potential"),
    [
        (Status.NOT_AVAILABLE, False, True),
        (Status.INSUFFICIENT, False, True),
        (Status.ERROR, False, True),
        (Status.NOT_APPLICABLE, None, None),
        (Status.NOT_SUPPORTED, None, None),
    ],
)
def test_missing_evidence(status: Status, met: bool | None, potential: bool | None) -> None:
    result = rated("T3.5", at("parallel-realisation-rate", None, status=status, reason="why", unlock="do this"))
    assert (result.rating, result.status, result.met, result.potential) == (None, status, met, potential)
    assert result.reason == "why"


def test_a_metric_that_is_not_built_says_so() -> None:
    result = rated("T3.1", process=None)
    assert result.status is Status.NOT_AVAILABLE
    assert result.reason == "this version does not measure shared-asset-coverage yet"
    other = rated("T3.5", row("parallel-realisation-rate", 0.5, "claim"))
    assert other.reason == "no value of parallel-realisation-rate for order"


def test_a_number_that_is_none_is_an_error() -> None:
    for value in (None, float("nan"), float("inf")):
        assert rated("T3.5", at("parallel-realisation-rate", value)).status is Status.ERROR


def test_an_undeclared_role_keeps_s1_at_l() -> None:
    assert rated("S1", at("productive-processes", 1)).rating is Rating.F
    assumed = rated("S1", at("productive-processes", 1), role_declared=False)
    assert (assumed.rating, assumed.met) == (Rating.L, True)
    assert "role" in assumed.capped


def test_conflict_is_named() -> None:
    result = rated("T2.4", at("handled-exception-rate", 0.6), at("containment", 0.05))
    assert result.rating is Rating.L
    assert result.reason.startswith("conflict: containment")


def test_several_primaries_take_the_lowest() -> None:
    def use(metric: str) -> Use:
        return Use(
            metric=metric, role="primary", cuts=NPLF, direction="up", provenance="N", evidence="direct", unit="share"
        )

    both = ClaimDefinition(
        id="X1", driver="technology", level=1, quote="q", polarity="attain", minimum=Rating.L,
        scopes=("process",), reading="r", uses=(use("a"), use("b")),
    )  # fmt: skip
    assert rated(both, at("a", 0.9), at("b", 0.2)).rating is Rating.P
    gone = Status.NOT_AVAILABLE
    # the one that is missing cannot save what the other one lacks
    failing = rated(both, at("a", 0.2), at("b", None, status=gone))
    assert (failing.rating, failing.met, failing.potential) == (Rating.P, False, False)
    open_ = rated(both, at("a", 0.9), at("b", None, status=gone))
    assert (open_.rating, open_.met, open_.potential) == (None, False, True)
    # one that does not apply leaves the other to decide
    assert rated(both, at("a", 0.9), at("b", None, status=Status.NOT_APPLICABLE)).rating is Rating.F


THREE = ("order", "claim", "loan")


def portfolio(claim: str, *rows: MetricResult, **more: object) -> Claim:
    return rated(claim, *rows, process=None, processes=THREE, **more)  # type: ignore[arg-type]


def test_share_of_processes() -> None:
    rows = [
        row("handled-exception-rate", 0.9, "order", low=0.8),
        row("handled-exception-rate", 0.7, "claim", low=0.5),
        row("handled-exception-rate", 0.7, "loan", low=0.4),
    ]
    result = portfolio("T3.4", *rows)
    # two of three pass: .667 is L; by volume 30 of 100 pass: .3 is P
    assert (result.rating, result.value) == (Rating.L, pytest.approx(2 / 3))
    weighted = portfolio("T3.4", *rows, volumes={"order": 20, "claim": 10, "loan": 70})
    assert (weighted.rating, weighted.value, weighted.potential) == (Rating.P, pytest.approx(0.3), False)
    # a process without a value does not pass, and might: 1 of 3 or 2 of 3
    unknown = portfolio("T3.4", rows[0], rows[2])
    assert (unknown.rating, unknown.met, unknown.potential) == (Rating.P, False, True)
    assert (unknown.low, unknown.high) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    # a process without exceptions leaves the denominator: 1 of 2
    free = row("handled-exception-rate", None, "claim", status=Status.NOT_APPLICABLE)
    assert portfolio("T3.4", rows[0], free, rows[2]).value == 0.5


def test_share_without_any_value_is_not_available() -> None:
    gone = [row("time-coverage", None, key, status=Status.NOT_AVAILABLE, reason="no outside source") for key in THREE]
    result = portfolio("T2.3", *gone)
    assert (result.rating, result.status, result.reason) == (None, Status.NOT_AVAILABLE, "no outside source")
    assert portfolio("T2.3").reason == "this version does not measure time-coverage yet"


def test_the_process_that_has_most() -> None:
    rows = [row("coordinated-endpoints", value, key) for key, value in zip(THREE, (1, 4, 2), strict=True)]
    assert portfolio("T1.2", *rows).value == 4
    # without “claim” the most seen is 2; the one not seen might have more
    two = portfolio("T1.2", rows[0], rows[2])
    assert (two.value, two.rating, two.potential) == (2, Rating.L, True)
    one = portfolio("T1.2", rows[0])
    assert (one.value, one.rating, one.met, one.potential) == (1, Rating.P, False, True)


def test_the_analysts_word_for_end_to_end() -> None:
    word = config(process=[{"key": "order", "end_to_end": True}], context={"complete": True})
    gone = at("time-coverage", None, status=Status.NOT_AVAILABLE, reason="no outside source")
    vouched = rated("T2.3", gone, settings=word)
    assert (vouched.rating, vouched.met, vouched.strength) == (Rating.L, True, "E2")
    # records refute the word
    assert rated("T2.3", at("time-coverage", 0.3), settings=word).rating is Rating.N
    # at portfolio scope one of three is vouched for, two are not known
    share = portfolio("T2.3", gone, settings=word)
    assert (share.rating, share.value, share.potential) == (Rating.P, pytest.approx(1 / 3), True)


def test_counts_are_lower_bounds_unless_complete() -> None:
    two = row("productive-processes", 2)
    closed = portfolio("S2", two)
    assert (closed.rating, closed.met, closed.potential) == (Rating.P, False, False)
    seen = portfolio("S2", two, settings=Config())
    assert (seen.rating, seen.status, seen.met, seen.potential) == (None, Status.NOT_AVAILABLE, False, True)
    assert "complete = true" in seen.unlock
    # what is seen is seen
    assert portfolio("S2", row("productive-processes", 3), settings=Config()).met is True
    assert portfolio("S1", row("productive-processes", 0), settings=Config()).rating is Rating.N


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0.2, "ceiling confirmed: kpi-computability is partially achieved"),
        (0.1, "ceiling confirmed: kpi-computability is not achieved"),
        (0.9, "ceiling not confirmed: kpi-computability is fully achieved"),
    ],
)
def test_limits(value: float, reason: str) -> None:
    result = portfolio("M2.3", row("kpi-computability", value))
    assert (result.reason, result.met, result.required) == (reason, None, False)


def test_attitudes_are_asked() -> None:
    result = portfolio("T4.1")
    assert (result.rating, result.status, result.required) == (None, Status.NOT_SUPPORTED, False)
    assert "survey" in result.reason
