"""Delivery metrics on tiny logs: releases, what they changed, whether they failed, what they did."""

from __future__ import annotations

import math

import pytest

from poanalyzer.measure.delivery.self_service_trend import mann_kendall
from poanalyzer.mine import changes, conformance, model_graph
from poanalyzer.mine.effects import adjusted
from poanalyzer.mine.releases import Release, carriers_of, releases_of
from poanalyzer.results import Status

from .traces import check, mined

# ---- models and what changes between them ------------------------------------------------------------------------------


def model(text: str) -> list[dict[str, object]]:
    """Rows of ``elements``: ``id type key=value …``; ``a>b`` is a flow, ``a?>b`` one with a condition."""
    columns = ("name", "parent_id", "attached_to", "event_kind", "interrupting", "retry", "timer", "template",
               "implementation", "multi_instance", "is_compensation", "default_flow", "source_ref", "target_ref",
               "called_key", "candidate_groups")  # fmt: skip
    rows: list[dict[str, object]] = []
    for number, line in enumerate(text.split(";")):
        first, *words = line.split()
        row: dict[str, object] = dict.fromkeys(columns)
        if ">" in first:
            source, target = first.replace("?", "").split(">")
            row |= {
                "element_id": f"f{number}",
                "element_type": "sequenceFlow",
                "source_ref": source,
                "target_ref": target,
            }
            row["event_kind"] = "conditional" if "?" in first else None
        else:
            row |= {"element_id": first, "element_type": words[0], **dict(w.split("=", 1) for w in words[1:])}
        rows.append(row | {"process_key": "p", "version": "1"})
    return rows


BASE = "s startEvent; A userTask name=Check; B serviceTask; e endEvent; s>A; A>B; B>e"

#: New model → changed elements, union, touched work, declarative.
CHANGES: dict[str, tuple[str, int, int, set[str], bool | None]] = {
    "nothing": (BASE, 0, 7, set(), None),
    "other ids of flows and another order": (
        "A>B; B>e; s>A; e endEvent; B serviceTask; A userTask name=Check; s startEvent", 0, 7, set(), None),
    "a renamed id is the same element": (BASE.replace("A ", "X ").replace(">A", ">X").replace("A>", "X>"), 0, 7, set(), None),
    "a new name": (BASE.replace("Check", "Look"), 1, 7, {"A"}, False),
    # C is new, A>B gone, A>C and C>B new: 4 of 4 + 1 nodes and 3 + 2 flows; nothing old was altered: neighbours are touched
    "a task between two": (BASE.replace("A>B", "A>C; C>B") + "; C userTask", 4, 10, {"A", "B"}, False),
    # B is gone with its two flows, A>e is new
    "a task less": ("s startEvent; A userTask name=Check; e endEvent; s>A; A>e", 4, 8, {"B"}, False),
    "a boundary event": (BASE + "; t boundaryEvent attached_to=B timer=PT1H; t>e", 2, 9, {"B"}, False),
    "another form": (BASE.replace("name=Check", "name=Check implementation=form:f2"), 1, 7, {"A"}, True),
    "another delegate": (BASE.replace("B serviceTask", "B serviceTask implementation=delegate:x"), 1, 7, {"B"}, False),
    "a template and a form": (
        BASE.replace("name=Check", "name=Check implementation=form:f2").replace("serviceTask", "serviceTask template=t"),
        2, 7, {"A", "B"}, True),
    "a condition on a flow": (BASE.replace("A>B", "A?>B"), 1, 7, {"A", "B"}, True),
    "another type under the same id": (BASE.replace("B serviceTask", "B userTask"), 1, 7, {"B"}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_between_two_models(name: str):
    new, changed, union, touched, declarative = CHANGES[name]
    found = changes.compare(model(BASE), model(new))
    assert (found.changed, found.union, found.touched) == (changed, union, frozenset(touched)), found
    assert found.declarative is declarative
    assert found.share == max(changed, 1) / union


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_and_its_undoing_are_of_one_size(name: str):
    there, back = (changes.compare(*pair) for pair in ((model(BASE), model(CHANGES[name][0])),
                                                       (model(CHANGES[name][0]), model(BASE))))  # fmt: skip
    assert (there.changed, there.union, there.declarative) == (back.changed, back.union, back.declarative)


# ---- releases ----------------------------------------------------------------------------------------------------------


def releases(text: str) -> tuple[Release, ...]:
    return mined(f"a  A  0–1  bot  serviceTask\ndeployments:\n{text}").of(releases_of)["p"]


def test_content_that_was_live_before_is_a_rollback():
    found = releases("1  1d 0  checksum=a\n2  5d 0  checksum=b\n3  9d 0  checksum=a\n4  20d 0  checksum=c")
    assert [(r.versions, r.restores) for r in found] == [
        (("1",), False), (("2",), False), (("3",), True), (("4",), False)
    ]  # fmt: skip


def test_a_redeployment_belongs_to_the_release_whose_content_it_is():
    log = mined(
        "a  A  0–1  bot  serviceTask\ndeployments:\n1  1d 0  checksum=a tenant=eu\n2  5d 0  checksum=b tenant=eu\n"
        "3  6d 5:00  checksum=b tenant=eu\n1  5d 0:10  checksum=b tenant=us"
    )
    assert [(c.version, c.tenant, c.release) for c in log.of(carriers_of)["p"]] == [
        ("1", "eu", 0), ("2", "eu", 1), ("1", "us", 1), ("3", "eu", 1)
    ]  # fmt: skip


# ---- change failure rate and recovery ----------------------------------------------------------------------------------


def cases(count: int, first_day: int, version: str, failing: int = 0, name: str = "c", hours: float = 6) -> str:
    """Cases of one step, so many hours apart from ``first_day`` on; the first ``failing`` of them have an incident."""
    rows, facts, bad = [], ["cases:"], ["exceptions:"]
    for i in range(count):
        at = first_day * 24 * 60 + int(i * hours * 60)
        start = f"{at // 1440}d {at % 1440}"
        end = f"{at // 1440}d {at % 1440 + 10}"
        case = f"{name}{version}_{i}"
        rows.append(f"{case}  A  {start}–{end}  bot  serviceTask")
        facts.append(f"{case}  process_version={version}")
        if i < failing:
            bad.append(f"{case}  A  {start}–{end}  operator")
    return "\n".join(["work:", *rows, *facts, *(bad if failing else [])])


# version 1 has 60 cases on days 1–15, 6 with an incident; version 2, on day 20, 40 cases
SOUND = (
    cases(60, 1, "1", 6) + "\n" + cases(40, 20, "2", 4) + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b"
)
# 24 of 40 against 6 of 60 is six times as many
FAILED = (
    cases(60, 1, "1", 6) + "\n" + cases(40, 20, "2", 24) + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b"
)


def test_a_release_is_sound_where_no_more_fails_than_before():
    check(
        "change-failure-rate", SOUND, value=0.0, numerator=0, denominator=1, inconclusive=0, caveat="too few releases"
    )
    check("failed-release-recovery", SOUND, status=Status.NOT_APPLICABLE, value=None)


def test_a_release_after_which_six_times_as_many_fail_has_failed():
    found = check("change-failure-rate", FAILED, value=1.0, numerator=1, denominator=1)
    assert "24 of its first 40 cases failed, 6 of 60 before" in found.evidence[0].what
    # incidents stop after the first 24 cases, 6 days on: days 26 and 27 are calm, so it was mended at the end of day 27
    check("failed-release-recovery", FAILED, status=Status.INSUFFICIENT, value=8 * 24.0, reason="1 failed releases")


def test_a_few_cases_tell_nothing_unless_nearly_all_fail():
    few = (
        cases(60, 1, "1", 6)
        + "\n"
        + cases(12, 20, "2", 2)
        + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b"
    )
    check("change-failure-rate", few, status=Status.INSUFFICIENT, value=None, reason="too few cases")
    bad = (
        cases(60, 1, "1", 6)
        + "\n"
        + cases(12, 20, "2", 10)
        + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b"
    )
    check("change-failure-rate", bad, value=1.0)


def test_a_hotfix_and_a_rollback_make_a_failed_release():
    steady = cases(60, 1, "1") + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b\n"
    # version 3 follows version 2 within three hours: 2 failed, mended by it
    check("change-failure-rate", steady + "3  20d 3:00  checksum=c", value=1.0)
    check("failed-release-recovery", steady + "3  20d 3:00  checksum=c", status=Status.INSUFFICIENT, value=3.0)
    # version 3 brings version 1's content back after ten days: 2 failed, and 3 itself ran nothing
    back = check("change-failure-rate", steady + "3  30d 0  checksum=a", value=1.0, denominator=1, inconclusive=1)
    assert "brought older content back" in back.evidence[0].what
    check("failed-release-recovery", steady + "3  30d 0  checksum=a", status=Status.INSUFFICIENT, value=240.0)


def test_rework_is_hotfixes_rollbacks_and_what_mended_the_release_before():
    head = cases(60, 1, "1") + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b\n"
    check("release-rework-rate", cases(60, 1, "1") + "\ndeployments:\n1  1d 0  checksum=a", status=Status.INSUFFICIENT)
    check("release-rework-rate", head + "3  40d 0  checksum=c", value=0.0, denominator=2)
    # version 3 is a hotfix of version 2: two changes after the first, one of them rework
    check("release-rework-rate", head + "3  20d 3:00  checksum=c", value=0.5, denominator=2)
    # the docstring's: 2 with its hotfix 3, then 4, 5 which brings 4's forerunner back, 6
    four = head + "3  20d 3:00  checksum=c\n4  30d 0  checksum=d\n5  40d 0  checksum=c\n6  50d 0  checksum=e"
    found = check("release-rework-rate", four, value=0.4, numerator=2, denominator=5)
    assert [e.what.split(": ")[1] for e in found.evidence] == [
        "release of version 2, 3 needed a hotfix within 24 hours", "release of version 5 brought older content back"
    ]  # fmt: skip
    # every case of version 2 fails until version 3 replaces it; where the failures end before, version 3 mends nothing
    for failing, value in ((60, 0.5), (30, 0.0)):
        bad = cases(60, 1, "1") + "\n" + cases(60, 20, "2", failing=failing) + "\n" + cases(60, 35, "3", name="d")
        live = "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b\n3  35d 0  checksum=c"
        check("release-rework-rate", bad + live, value=value, denominator=2)


def test_without_incidents_failed_attempts_stand_in():
    tries = "\nattempts:\n" + "\n".join(f"c2_{i}  A  {20 + i // 4}d {i % 4 * 360}" for i in range(24))
    plain = cases(60, 1, "1") + "\n" + cases(40, 20, "2")
    deployed = "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b\n"
    lacks = {"incidents": "Export them."}
    found = check("change-failure-rate", plain + tries + deployed, lacks=lacks, value=1.0, caveat="stand in for them")
    assert "24 of its first 40 cases failed, 0 of 60 before" in found.evidence[0].what
    # neither is recorded: the hotfix shows still, and nothing else is judged
    check("change-failure-rate", plain + deployed + "3  20d 1:00  checksum=c", lacks=lacks, value=1.0,
          caveat="only hotfixes and rollbacks")  # fmt: skip


def test_a_case_that_was_migrated_counts_for_the_release_it_began_on():
    # the twelve cases of version 2 were moved to version 3 four days later; they are version 2's failures, not 3's
    moved = cases(60, 1, "1", 6) + "\n" + cases(12, 20, "3", 10, hours=6) + "\n" + cases(40, 24, "3", 2, name="d")
    found = check("change-failure-rate", moved + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b\n"
                  "3  24d 0  checksum=c", value=0.5, numerator=1, denominator=2)  # fmt: skip
    assert "release of version 2 failed (10 of its first 12" in found.evidence[0].what


# ---- adoption ----------------------------------------------------------------------------------------------------------


def test_adoption_takes_until_nine_of_ten_new_cases_run_on_the_release():
    # ten cases a day; after the release on day 20, 0:00, four days with 2, 6, 9 and 10 of them on version 2
    parts = [cases(30, 1, "1", hours=2.4)]
    parts += [cases(n, d, "2", name=f"d{d}", hours=1) for d, n in ((20, 2), (21, 6), (22, 9), (23, 10))]
    parts += [cases(10 - n, d, "1", name=f"d{d}", hours=1) for d, n in ((20, 2), (21, 6), (22, 9)) if n < 10]
    text = "\n".join(parts) + "\ndeployments:\n1  1d 0  checksum=a\n2  20d 0  checksum=b"
    check("adoption-lag", text, value=2.0, half_days=1.0, first_case_days=0.0)


# ---- size and self-service ---------------------------------------------------------------------------------------------


def elements(new: str, version: str) -> str:
    return "\n".join(
        f"{r['element_id']}  {r['element_type']}  version={version} "
        + " ".join(f"{k}={v}" for k, v in r.items() if v is not None and k not in ("element_id", "element_type", "version"))
        for r in model(new)
    )  # fmt: skip


def history(*models: str, days: int = 30) -> str:
    """One case and a release of each of the models, so many days apart."""
    lines = [elements(m, str(n)) for n, m in enumerate(models, 1)]
    deployed = [f"{n}  {(n - 1) * days + 1}d 0  checksum=c{n}" for n in range(1, len(models) + 1)]
    return "\n".join(["a  A  1d 0–1d 1  bot  serviceTask", "elements:", *lines, "deployments:", *deployed])


FORM = [BASE.replace("name=Check", f"name=Check implementation=form:f{i}") for i in range(12)]
TASK = BASE.replace("A>B", "A>C; C>B") + "; C userTask"


def test_increment_size_is_the_median_share_of_changed_elements():
    # the form (1 / 7), a task more (form gone and task put in: 5 / 10), a task less (4 / 10, as every undoing)
    check("increment-size", history(BASE, FORM[1], TASK, BASE), status=Status.INSUFFICIENT, value=0.4, n=3,
          reason="at least 10")  # fmt: skip
    check("increment-size", history(*FORM), value=1 / 7, n=11)
    check("increment-size", history(BASE), status=Status.INSUFFICIENT, value=None)


def test_self_service_counts_releases_of_forms_and_bounds_what_is_not_told():
    check("self-service-release-share", history(BASE, FORM[1], TASK, BASE), value=1 / 3, numerator=1, denominator=3,
          upper_bound=None)  # fmt: skip
    # the second release changed nothing that the table holds: a condition's text, perhaps
    check(
        "self-service-release-share", history(BASE, BASE, TASK), value=0.0, lower_bound=0.0, upper_bound=0.5, not_told=1
    )


def test_self_service_trend_over_quarters():
    # releases every 92 days: one a quarter, of 2024 Q1 to 2025 Q1; the shares 0, 0, 1, 1 rise in 4 of 6 pairs, 2 are tied
    grows = history(BASE, TASK, BASE, FORM[1], FORM[2], days=92)
    check("self-service-trend", grows, value=4 / 6, n=4)
    check(
        "self-service-trend",
        history(BASE, TASK, BASE, days=92),
        status=Status.INSUFFICIENT,
        value=None,
        reason="2 quarters",
    )


def test_mann_kendall_by_hand():
    # 1 2 3 4: all six pairs rise; variance 4·3·13/18, z = 5 / √(26/3)
    tau, chance = mann_kendall([1, 2, 3, 4])
    assert tau == 1 and chance == pytest.approx(0.5 * math.erfc(5 / math.sqrt(26 / 3) / math.sqrt(2)), rel=1e-12)
    assert mann_kendall([0.2, 0.2, 0.2, 0.2]) == (0.0, 1.0)
    assert mann_kendall([4, 3, 2, 1])[0] == -1
    assert mann_kendall([0, 0.1, 0.1, 0.4])[0] == pytest.approx(5 / 6)


def test_lead_time_is_known_only_where_deployments_say_it():
    text = "a  A  0–1  bot  serviceTask\ndeployments:\n"
    check("change-lead-time", text + "1  5d 0  checksum=a", status=Status.NOT_AVAILABLE, value=None)
    known = "1  5d 0  checksum=a lead_start=3d\n2  9d 0  checksum=b lead_start=8d\n3  20d 0  checksum=c lead_start=10d"
    # 2, 1 and 10 days
    check("change-lead-time", text + known.replace("=3d", "=4320").replace("=8d", "=11520").replace("=10d", "=14400"),
          value=2.0, n=3)  # fmt: skip


# ---- fitness -----------------------------------------------------------------------------------------------------------


def test_what_must_have_been_done_before_a_step():
    text = ("s startEvent; x exclusiveGateway; A userTask; B userTask; j exclusiveGateway; C callActivity; e endEvent; "
            "t boundaryEvent attached_to=C; H userTask; s>x; x>A; x>B; A>j; B>j; j>C; C>e; t>H; H>e; "
            "u serviceTask is_compensation=true")  # fmt: skip
    found = set(conformance.enabled_by(model_graph.build(model(text))))
    free, done, begun = conformance.FREE, conformance.DONE, conformance.BEGUN
    assert found == {
        ("A", "", free), ("B", "", free), ("C", "A", done), ("C", "B", done), ("H", "C", begun), ("u", "", free)
    }  # fmt: skip


def test_sub_processes_are_entered_and_left_by_their_flows():
    text = ("s startEvent; A userTask; P subProcess; i startEvent parent_id=P; B userTask parent_id=P; "
            "o endEvent parent_id=P; C userTask; e endEvent; s>A; A>P; i>B; B>o; P>C; C>e; "
            "V eventSubProcess; v startEvent parent_id=V; D userTask parent_id=V; v>D")  # fmt: skip
    found = set(conformance.enabled_by(model_graph.build(model(text))))
    done = conformance.DONE
    assert found == {("A", "", 0), ("B", "A", done), ("C", "B", done), ("D", "", 0)}
    # where the sub-process can be passed without work, what comes before it will do
    empty = text.replace("i>B; B>o", "i>B; B>o; i>o")
    assert ("C", "A", done) in set(conformance.enabled_by(model_graph.build(model(empty))))


FITTING = """× 30
a  A  0–5  human  userTask
a  B  5–9  bot  serviceTask
cases:
a  process_version=1
elements:
"""


def test_fitness_is_one_where_the_engine_ran_its_model():
    check("model-fitness", FITTING + elements(BASE, "1"), every=60, value=1.0, numerator=60, denominator=60)


def test_steps_out_of_order_and_unknown_ones_do_not_fit():
    order = FITTING.replace("a  B  5–9", "a  B  -").replace("a  B  -", "a  B  1–2")
    # B began before A was done: 30 of 60 steps fit
    found = check("model-fitness", order + elements(BASE, "1"), every=60, value=0.5, not_in_the_model=0)
    assert "before the work that leads to it" in found.evidence[0].what
    without = BASE.replace("B serviceTask; ", "").replace("A>B; B>e", "A>e")
    found = check("model-fitness", FITTING + elements(without, "1"), every=60, value=0.5, not_in_the_model=30)
    assert "not in the model" in found.evidence[0].what
    check("model-fitness", FITTING + elements(BASE, "2"), every=60, status=Status.NOT_AVAILABLE, value=None)


def test_false_discovery_rate_by_hand():
    # 4 tests: .01·4/1, .02·4/2, .03·4/3, .5·4/4
    assert adjusted([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.04, 0.5, 0.04, 0.04])
    assert adjusted([]) == []
