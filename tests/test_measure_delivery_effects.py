"""Before and after, drift and targeting: planted changes are found, quiet series are left in peace."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from poanalyzer.mine import drift, effects, targeting
from poanalyzer.mine.cohorts import whole_from
from poanalyzer.rate.claims import rate_claim
from poanalyzer.rate.evidence import gather
from poanalyzer.results import Rating, Status

from .rating import COMPLETE, KEYS, POMM, row
from .traces import check, measure, mined

# ---- interrupted time series -------------------------------------------------------------------------------------------


def series(
    random: np.random.Generator, step: float, slope: float, days: int = 40
) -> tuple[effects.Points, effects.Points]:
    """Forty days on each side of day 40 with ten cases a day: noise, a trend, and a step."""
    day = np.arange(2 * days, dtype=float)
    value = slope * day + step * (day >= days) + random.normal(0, 0.7 / math.sqrt(10), 2 * days)
    weight = np.full(2 * days, 10.0)
    return tuple((day[part], value[part], weight[part]) for part in (slice(0, days), slice(days, None)))  # type: ignore[return-value]


def test_the_interval_of_a_step_holds_the_planted_one_under_a_trend():
    random = np.random.default_rng(1)
    inside = alarms = naive = 0
    for _ in range(300):
        before, after = series(random, -0.3, -0.01)
        step, error, freedom = effects.interrupted(before, after, 40.0)
        inside += abs(step + 0.3) <= 1.991 * error
        assert freedom == 75  # 80 days, four coefficients, one for week-ends
        before, after = series(random, 0.0, -0.01)
        step, error, _ = effects.interrupted(before, after, 40.0)
        alarms += step < -1.665 * error
        gap = after[1].mean() - before[1].mean()
        naive += gap < -1.665 * 0.7 / math.sqrt(10) * math.sqrt(2 / 40)
    assert 0.92 <= inside / 300 <= 0.99
    assert alarms / 300 <= 0.08
    # the negative control: a difference of means takes the trend for an effect, nearly always
    assert naive / 300 > 0.95


def test_a_step_without_noise_is_exact():
    day = np.arange(20.0)
    value = 3 + 0.5 * day + np.where(day >= 10, -2.0, 0.0) + np.where(day % 2, 1e-6, -1e-6)
    weight = np.ones(20)
    step, error, _ = effects.interrupted((day[:10], value[:10], weight[:10]), (day[10:], value[10:], weight[10:]), 10.0)
    assert step == pytest.approx(-2.0, abs=1e-5) and error < 1e-5


def test_versions_on_the_same_days_are_compared_within_the_day():
    day = np.arange(10.0)
    level = np.array([0, 5, 1, 9, 3, 7, 2, 8, 4, 6], dtype=float)  # the days differ wildly, the versions by one half
    weight = np.full(10, 5.0)
    step, error, freedom = effects._same_days((day, level, weight), (day, level + 0.5, weight))
    assert step == pytest.approx(0.5) and error == pytest.approx(0, abs=1e-12) and freedom == 9
    # differences 0 and 1 in turn: mean .5; Σ(.5)²·10/10² = .025, with 10/9: √(.025·10/9)
    step, error, _ = effects._same_days((day, level, weight), (day, level + day % 2, weight))
    assert step == pytest.approx(0.5) and error == pytest.approx(math.sqrt(0.025 * 10 / 9))


def history(minutes: list[int], release_day: int) -> str:
    """Four cases a day, of so many minutes ± a little, with versions 1 and 2."""
    rows, facts = [], ["cases:"]
    for day, long in enumerate(minutes, start=1):
        version = 1 if day < release_day else 2
        for number in range(4):
            name, start = f"c{day}_{number}", number * 60
            rows.append(
                f"{name}  A  {day}d {start}–{day}d {start + long + (day * 7 + number * 3) % 5}  bot  serviceTask"
            )
            facts.append(f"{name}  process_version={version}")
    deployed = f"deployments:\n1  1d 0  checksum=a\n2  {release_day}d 0  checksum=b"
    return "\n".join([*rows, *facts, deployed])


HALVED = history([40] * 30 + [20] * 30, 31)
STEADY = history([40] * 60, 31)


def test_a_release_that_halves_the_time_is_a_hit_and_one_that_does_nothing_is_none():
    found = check(
        "improvement-hit-rate", HALVED, status=Status.INSUFFICIENT, value=1.0, harmful=0, reason="1 evaluable"
    )
    assert "cycle-time 48% better" in found.evidence[0].what  # 42 → 22 minutes
    check("improvement-hit-rate", STEADY, status=Status.INSUFFICIENT, value=0.0, harmful=0)
    check("improvement-hit-rate", history([20] * 30 + [40] * 30, 31), status=Status.INSUFFICIENT, value=0.0, harmful=1)
    # nothing is said of a release with five days after it
    check("improvement-hit-rate", history([40] * 30 + [20] * 5, 31), status=Status.INSUFFICIENT, value=None)


def test_a_gain_lasts_where_later_cases_keep_it():
    kept = history([40] * 30 + [20] * 95, 31)
    lost = history([40] * 30 + [20] * 45 + [40] * 50, 31)
    check("effect-persistence", kept, status=Status.INSUFFICIENT, value=1.0)
    check("effect-persistence", lost, status=Status.INSUFFICIENT, value=0.0)
    check("effect-persistence", HALVED, status=Status.INSUFFICIENT, value=None, reason="less than 60 days")


def test_a_declared_kpi_makes_its_figure_the_target():
    kpi = {"kpi": [{"id": "ok", "process": ["p"], "measure": "exception-rate"}]}
    check("improvement-hit-rate", HALVED, config=kpi, status=Status.INSUFFICIENT, value=None)


# ---- drift -------------------------------------------------------------------------------------------------------------


def counts(random: np.random.Generator, days: int, shift_at: int | None, day_effect: float) -> np.ndarray:
    """Counts of three classes a day, about 50 in all; ``day_effect`` makes days unlike (a Dirichlet's concentration)."""
    rows = []
    for day in range(days):
        shares = np.array([0.6, 0.3, 0.1]) if shift_at is None or day < shift_at else np.array([0.35, 0.3, 0.35])
        rows.append(random.multinomial(50, random.dirichlet(shares * day_effect)))
    return np.array(rows, dtype=float)


def test_a_planted_drift_is_found_on_its_day():
    random = np.random.default_rng(2)
    for at in (20, 30, 45):
        found = drift.credible([counts(random, 60, at, 60)], drift._pooled_chi_squared)[0]
        assert found and abs(found[0][0] - at) <= 2 and found[0][1] < 0.05


def test_days_that_differ_are_no_drift():
    random = np.random.default_rng(3)
    alarms = sum(bool(drift.credible([counts(random, 60, None, 15)], drift._pooled_chi_squared)[0]) for i in range(60))
    assert alarms <= 8  # 5 % of 60 is 3; more than 8 would come by chance once in 200


def test_the_same_days_give_the_same_answer():
    rows = counts(np.random.default_rng(4), 60, 30, 40)
    one, again = (drift.change_points(rows, drift._pooled_chi_squared) for _ in range(2))
    assert one == again


def ways(days: int, change: int, deployed: str) -> str:
    """Six cases a day: A then B, and from a day on A, C, B."""
    rows = []
    for day in range(1, days + 1):
        for number in range(6):
            at = number * 60
            steps = ["A", "B"] if day < change else ["A", "C", "B"]
            rows += [f"c{day}_{number}  {s}  {day}d {at + 10 * i}–{day}d {at + 10 * i + 5}  bot  serviceTask"
                     for i, s in enumerate(steps)]  # fmt: skip
    return "\n".join([*rows, "deployments:", "1  1d 0  checksum=a", deployed])


def test_a_drift_with_a_deployment_is_managed_and_one_without_is_not():
    check("managed-change-ratio", ways(60, 31, "2  30d 0  checksum=b"), value=1.0, releases_with_drift=1)
    found = check("managed-change-ratio", ways(60, 31, "2  10d 0  checksum=b"), value=0.0, releases_with_drift=0)
    assert found.evidence[0].when == "2024-02-01T00:00:00Z"  # day 31 of the log
    check("managed-change-ratio", ways(60, 99, "2  30d 0  checksum=b"), status=Status.NOT_APPLICABLE, value=None)


# ---- closed loop -------------------------------------------------------------------------------------------------------

MODEL = "elements:\n" + "\n".join(
    f"A  serviceTask  version={v} implementation=delegate:{'x' if v < 3 else 'y'}\n"
    f"B  serviceTask  version={v} implementation=delegate:{'x' if v < 2 else 'y'}"
    for v in (1, 2, 3)
)  # fmt: skip


def worse(releases: str) -> str:
    """Four cases a day of A and B; from day 31 on A takes an hour instead of five minutes."""
    rows = []
    for day in range(1, 81):
        for number in range(4):
            at, long = number * 120, (5 if day < 31 else 60) + (day * 7 + number * 3) % 5
            rows += [f"c{day}_{number}  A  {day}d {at}–{day}d {at + long}  bot  serviceTask",
                     f"c{day}_{number}  B  {day}d {at + long}–{day}d {at + long + 5}  bot  serviceTask"]  # fmt: skip
    return "\n".join([*rows, MODEL, "deployments:", "1  1d 0  checksum=a", releases])


def test_the_release_that_touches_what_got_slower_answers_it():
    # version 2 changes B on day 40 and answers nothing; version 3 changes A on day 51, twenty days after
    text = worse("2  40d 0  checksum=b\n3  51d 0  checksum=c")
    found = check(
        "closed-loop-latency", text, status=Status.INSUFFICIENT, value=20.0, unanswered=0, reason="1 credible"
    )
    assert "through A" in found.evidence[0].what
    check("closed-loop-latency", worse("2  40d 0  checksum=b"), status=Status.INSUFFICIENT, value=None, unanswered=1)


# ---- targeting ---------------------------------------------------------------------------------------------------------


def test_hot_is_the_fifth_with_most_time_and_failures():
    ran = pd.DataFrame(
        {"rows": [5] * 10, "busy": [10, 80, *[1] * 8], "failures": [8, 0, *[0] * 7, 2]}, index=list("abcdefghij")
    )
    # parts of 98 and of 10: a .10 + .80, b .82 + 0, j .01 + .20
    assert targeting.hot(ran) == {"a", "b"}
    assert targeting.hot(ran.assign(failures=0)) == {"a", "b"}


def test_lift_and_its_chance():
    def aim(*touched: str) -> targeting.Aim:
        return targeting.Aim("p", 1, 10, frozenset("ab"), frozenset(touched))

    # one touched of ten, two hot: .2 hits expected a release; ten releases with five hits: 5 / 2
    found = tuple([aim("a")] * 5 + [aim("c")] * 5)
    assert targeting.lift(found) == pytest.approx(2.5)
    # binomial(10, .2): P(≥ 5) = .0328
    assert targeting.chance_of(found) == pytest.approx(0.0328, abs=0.006)
    assert targeting.chance_of(found) == targeting.chance_of(found)
    by_chance = tuple([aim("a")] * 2 + [aim("c")] * 8)
    assert targeting.lift(by_chance) == pytest.approx(1.0) and targeting.chance_of(by_chance) > 0.5


# ---- units -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "rating", "met"),
    [(0.5, Rating.F, True), (0.8, Rating.F, True), (0.81, Rating.P, False), (None, Rating.F, True)],
)
def test_one_unit_that_owns_nearly_all_caps_the_claims_of_several(share: float | None, rating: Rating, met: bool):
    details = {} if share is None else {"largest_unit_share": share}
    rows = [row("active-delivery-units", 5.0, details=details), row("lob-coverage", 0.9)]
    body = gather(rows, KEYS, role_declared=True, config=COMPLETE)
    for name in ("S3", "T3.2", "D3.1"):
        claim = next(c for c in POMM.claims if c.id == name)
        found = rate_claim(claim, None, body)
        # alone, without a corroborating metric, D3.1 and T3.2 are judged by their one primary
        assert found.rating is rating and found.met is met, (name, found)
        assert ("one unit owns 81%" in found.capped) is (not met)


def test_units_are_the_sources_of_deployments_where_nothing_else_tells_them_apart():
    week = 7 * 24 * 60
    parts = [
        f"{key}{i}  A  {i * week // 8}–{i * week // 8 + 5}  bot  serviceTask" for key in "pq" for i in range(40)
    ]  # fmt: skip
    facts = [f"{key}{i}  process_key={key}" for key in "pq" for i in range(40)]
    deployed = ["1  1d 0  checksum=a deployment_source=one", "1  1d 0  process_key=q checksum=b deployment_source={}"]
    text = "\n".join([*parts, "cases:", *facts, "deployments:", *deployed])
    check("active-delivery-units", text.format("two"), process=None, value=2, largest_unit_share=0.5)
    check("active-delivery-units", text.format("one"), process=None, status=Status.NOT_AVAILABLE, value=None)


def test_nothing_is_asked_of_a_log_without_deployments():
    log = mined("× 40\na  A  0–5  bot  serviceTask", every=60, lacks={"deployments": "Export them."})
    for metric in ("change-failure-rate", "improvement-hit-rate", "managed-change-ratio", "closed-loop-latency"):
        assert measure(log, metric).status is Status.NOT_AVAILABLE


# ---- clean-up ----------------------------------------------------------------------------------------------------------


def cleaned(until: int, long: int = 10) -> str:
    """Each day of 60 five cases, four of an hour and one of ``long`` days; what ended before day ``until`` was removed."""
    rows, facts = [], ["cases:"]
    for day in range(1, 61):
        for number in range(5):
            minutes = (60 if number else long * 1440) + day % 5
            if day + minutes // 1440 >= until:
                rows.append(f"c{day}_{number}  A  {day}d 0–{day}d {minutes}  bot  serviceTask")
                facts.append(f"c{day}_{number}  process_version={1 if day < 36 else 2}")
    return "\n".join([*rows, *facts, "deployments:\n1  1d 0  checksum=a\n2  36d 0  checksum=b"])


FIRST = 19_723  # 2024-01-01 is day 0 of the texts


@pytest.mark.parametrize(
    ("until", "long", "kept", "since"),
    [
        # all is there: the first end is an hour after the first start, on day 1
        (1, 10, None, None),
        # of days 15 to 24 only the long cases are left, and the first end that is left is that of day 25's short ones or
        # of day 15's long one, at 0:00 on day 25 (15 % 5 = 0). Ten cases waited for it. Of the 36 × 5 begun after it four
        # in five end within a short case's time: a hazard of .8 for each that waited, 8 in all, where 4.6 is as much as
        # one log in a hundred has
        (25, 10, None, 25),
        # long ones take three days: three of them waited, 2.4 in all. This little nobody can tell from the data alone
        (25, 3, None, None),
        # the last end is at 0:00 on day 70 (60 % 5 = 0), and cases are kept for 45 days: since day 25
        (25, 10, 45, 25),
        # the last end is on day 63, and cases are kept for 30 days, so since day 33; but day 25 to 32 hold 8 × 4 short
        # cases, and the long ones of 22 to 29 ended: 40 of 183 are more than a few, so nothing was removed yet by that rule
        (25, 3, 30, None),
        # the same where ten waited: what was removed shows, whatever the rule was
        (25, 10, 40, 25),
        # kept for 80 days: nothing that is here can have been due
        (25, 3, 80, None),
    ],
)
def test_days_from_which_short_cases_may_have_been_removed(until: int, long: int, kept: int | None, since: int | None):
    account = {} if kept is None else {"retention_days": kept}
    expected = {} if since is None else {0: FIRST + since}
    assert mined(cleaned(until, long), **account).of(whole_from) == expected


def test_cases_that_all_take_long_are_no_clean_up():
    # each of 60 days three cases begin that take twenty days: the first end comes on day 21, and sixty cases wait for it.
    # None could have ended before
    rows = [f"c{day}_{n}  A  {day}d {n}–{day + 20}d {n}  bot  serviceTask" for day in range(1, 61) for n in range(3)]
    assert mined("\n".join(rows)).of(whole_from) == {}


def test_a_clean_up_is_seen_where_one_was_and_nowhere_else():
    # sixty processes, three cases a day for 120 days, lognormal durations of some 4 days. With all there, one in a hundred
    # is taken for cleaned up: six or more of sixty come of that in one of twenty thousand tries. With what ended before day 60
    # gone, all but one in thirty show it in simulations: eight or more that do not come of that in one of three thousand
    random = np.random.default_rng(3)
    whole, left = {}, {}
    for n in range(60):
        starts = np.sort(random.integers(0, 120 * 1440, 360))
        ends = starts + (4 * 1440 * np.exp(random.normal(0, 0.8, 360))).astype(int)
        for case, (start, end) in enumerate(zip(starts, ends, strict=True)):
            name = f"c{n}_{case}"
            whole[name] = f"{name}  A  {start}–{end}  bot  serviceTask", f"{name}  process_key=p{n}"
            if end >= 60 * 1440:
                left[name] = whole[name]

    def told(rows: dict[str, tuple[str, str]]) -> int:
        work, facts = zip(*rows.values(), strict=True)
        return len(mined("\n".join((*work, "cases:", *facts))).of(whole_from))

    assert told(whole) < 6
    assert told(left) > 52


def test_the_clean_up_shows_where_nobody_says_it():
    # one case in twenty takes twenty days, the others an hour; what ended before day 31 is gone. So days 11 to 30 hold
    # their long cases alone: the first start is at day 11, the first end at day 31, twenty days after it; of 30 × 19
    # short cases and 50 long ones nine of ten took an hour
    rows = []
    for day in range(1, 61):
        for number in range(20):
            minutes = 60 if number else 20 * 1440
            if day + minutes // 1440 >= 31:
                rows.append(f"c{day}_{number}  A  {day}d 0–{day}d {minutes}  bot  serviceTask")
    log = mined("\n".join(rows))
    assert log.of(whole_from) == {0: FIRST + 31}


@pytest.mark.parametrize("account", [{"retention_days": 45}, {}], ids=["said", "shown"])
def test_days_that_the_clean_up_thinned_out_are_not_before_the_release(account: dict[str, int]):
    # nothing changed on day 36; of days 15 to 24 only the ten-day cases are left: with them, the level before would be
    # twice as high. Days 25 to 35 are before it, five cases each, 55; the last end is at day 70, nine of ten take up to
    # ten days: days 36 to 59 are after it, 120
    found = [e for e in mined(cleaned(25), **account).of(effects.release_effects) if e.figure == "cycle-time"]
    assert [(e.cases_before, e.cases_after) for e in found] == [(55, 120)]
    assert found[0].gain == pytest.approx(0, abs=0.01)
