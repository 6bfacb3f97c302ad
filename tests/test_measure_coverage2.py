"""Coverage by time, continuity, correlation, shadow work and first-time-right on tiny logs, worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from poanalyzer.measure import interval
from poanalyzer.results import Status

from .test_measure_scope2 import with_links
from .traces import check, measure, mined

# the engine has the case from 2:00 to 10:00. A service task runs 2:00–3:00, a person's task is open 2:30–9:00, a script of
# 20 minutes lies within the first (union 2:00–3:00 = 1 h). By phone 0:00–0:30; mail at 11:00–12:00 without effect, noted
# 11:30–12:00 again; one note inside the engine's time.
DARK = """
× 30
a    Post   2:00–3:00   bot    serviceTask
a    Calc   2:10–2:30   bot    scriptTask
a    Ask    2:30–9:00   human  userTask
a    Send   9:30–10:00  bot    serviceTask
outside:
a    Phone  0:00–0:30   human  -
a    Mail   11:00–12:00  human  -
a    Note   11:30–12:00  human  -
a    Memo   4:00–5:00   human  -
"""


def test_the_four_parts_of_the_time_add_up():
    # elapsed 12 h; engine 8 h: active 1 h + 30 min, waiting 6.5 h; outside 0.5 + 1 h; dark 12 − 8 − 1.5 = 2.5 h
    found = check(
        "dark-time-share", DARK, value=2.5 / 12, engine_active=1.5 / 12, engine_waiting=6.5 / 12,
        logged_outside=1.5 / 12, linked_cases=30, numerator=30 * 2.5 * 3600, denominator=30 * 12 * 3600.0,
    )  # fmt: skip
    parts = ("engine_active", "engine_waiting", "logged_outside", "dark")
    assert sum(found.details[p] for p in parts) == pytest.approx(1)
    assert found.evidence[0].what == "2.5 h without any record"
    # what is neither dark nor outside is the engine's
    check("time-coverage", DARK, value=8 / 12)


def test_open_cases_have_no_dark_time_and_a_source_is_needed():
    alone = DARK.partition("outside:")[0]
    check("dark-time-share", alone, status=Status.NOT_AVAILABLE, reason="no outside source")
    open_too = DARK.replace("outside:", "× 5\nb  Post  2:00–  bot  serviceTask\n× 30\noutside:")
    check("dark-time-share", open_too, value=2.5 / 12, n=30)
    strangers = DARK.replace("outside:", "outside:\n").replace("a    Phone", "z    Phone")
    strangers = strangers.replace("a    Mail", "z    Mail").replace("a    Note", "z    Note")
    strangers = strangers.replace("a    Memo", "z    Memo")
    check("dark-time-share", strangers, status=Status.NOT_AVAILABLE, reason="names no closed case")


def test_children_work_within_their_roots_and_instants_cover_nothing():
    text = """
    × 30
    a    Call   2:00–8:00   ?      callActivity  called_case_id=kid
    kid  Post   3:00–4:00   bot    serviceTask
    cases:
    kid  process_key=q  root_case_id=a  parent_case_id=a
    outside:
    a    Note   1:00        human  -
    """
    # elapsed 1:00–8:00 = 7 h; engine 6 h, of which the child's work is 1 h; the note is a moment: 1 h dark
    check("dark-time-share", text, value=1 / 7, engine_active=1 / 7, engine_waiting=5 / 7, logged_outside=0.0)


FIRST = """
× 30
a  A  0–1  bot  serviceTask
a  B  1–2  bot  serviceTask
× 10
b  A  0–1  bot  serviceTask
b  A  2–3  bot  serviceTask
× 5
c  A  0–1  bot  serviceTask
c  A  2–   bot  serviceTask
"""


def test_first_time_right_is_what_rework_leaves():
    low, high = interval.proportion(30, 40)[1:3]
    check("first-time-right", FIRST, value=0.75, numerator=30, denominator=40, low=low, high=high)
    check("rework-rate", FIRST, value=0.25)
    siblings = "× 30\n" + "\n".join(f"a  A  {i}–{i + 1}  bot  serviceTask  mi_index={i} scope_id=s" for i in range(3))
    check("first-time-right", siblings, value=1.0)


OUTSIDE = """
× 30
a  Pack  0–10  human  userTask
outside:
a  Pack  1–11  human  -     # the same step, written down twice
a  Call  3–4   human  -
× 10
outside:
zz  Call  3–4  human  -
"""


def test_correlation_counts_records_and_clusters_by_key():
    # 30 keys with 2 linked records, 10 keys with one that names no case: 60 / 70
    found = check(
        "correlation-rate", OUTSIDE, process=None, value=60 / 70, numerator=60, denominator=70, n=40, linked=60,
        unlinked=10, without_key=0,
    )  # fmt: skip
    assert found.low < 60 / 70 < found.high
    assert {e.case_id for e in found.evidence} == {f"zz~{i}" for i in range(1, 11)}
    check("correlation-rate", OUTSIDE, status=Status.NOT_APPLICABLE)
    check("correlation-rate", "× 30\na  A  0–1  bot  task", process=None, status=Status.NOT_AVAILABLE)


def test_shadow_steps_have_no_counterpart_and_unlinked_ones_make_the_bounds():
    # of 60 linked records 30 are the engine's own: .5; with ten unlinked: 30 / 70 … 40 / 70
    check(
        "shadow-step-rate", OUTSIDE, value=0.5, numerator=30, denominator=60, lower_bound=30 / 70, upper_bound=40 / 70,
        n=30, caveat="10 outside records name no known case",
    )  # fmt: skip
    check("shadow-step-rate", "× 30\na  A  0–1  bot  task", status=Status.NOT_AVAILABLE)


@pytest.mark.parametrize(
    ("engine", "outside", "shadow"),
    [
        # one step answers for one record, the nearest
        (("0–10",), ("1–11", "2–12"), 1),
        # two steps, two records: each finds its own, though both are nearest to the first
        (("0–10", "12–22"), ("1–11", "4–14"), 0),
        # too far away
        (("0–10",), ("30–40",), 1),
        # the ends are near although the starts are not
        (("0–100",), ("60–99",), 0),
        # a third record finds no free step
        (("0–10", "12–22"), ("1–11", "4–14", "5–15"), 1),
    ],
)
def test_counterparts_are_matched_one_to_one(engine: tuple[str, ...], outside: tuple[str, ...], shadow: int):
    text = "\n".join(
        ["× 30", *(f"a  Pack  {t}  human  userTask" for t in engine), "outside:"]
        + [f"a  Pack  {t}  human  -" for t in outside]
    )
    check("shadow-step-rate", text, value=shadow / len(outside))


KEYED = """
× 36
a  A  0–1  bot  task
cases:
a  business_key=O
× 4
b  B  5–6  bot  task
c  C  7–8  bot  task
cases:
b  business_key=R
c  business_key=R  process_key=q
"""


def test_continuity_counts_the_pieces_of_a_business_key():
    # 36 orders in one piece, 4 in two: 36 / 40, and (36 + 8) / 40 pieces a case; the cases began with p
    check("continuity", KEYED, value=0.9, numerator=36, denominator=40, pieces_per_case=1.1)
    check("continuity", KEYED, process=None, value=0.9, n=40)
    joined = with_links(KEYED, [("b~1", "c~1"), ("c~2", "b~2")])
    assert joined("continuity", "p").value == pytest.approx(38 / 40)  # whichever way the message went
    check("continuity", "× 30\na  A  0–1  bot  task", status=Status.NOT_AVAILABLE, reason="business key")


def test_roots_without_a_key_are_cases_or_pieces_that_nobody_can_join():
    # 60 cases in one piece and 20 in two; 20 more roots bear no key: a share k = 100 / 120 = 1 / 1.2 was seen.
    # In two pieces are 20 · 1.2² = 28.8 cases; 60 · 1.2 seen in one, of which 2 · 28.8 / 1.2 · 0.2 = 9.6 were in two: 62.4 whole
    text = """
    × 60
    a  A  0–1  bot  task
    cases:
    a  business_key=O
    × 20
    b  B  5–6  bot  task
    c  C  7–8  bot  task
    cases:
    b  business_key=R
    c  business_key=R
    × 20
    d  D  9–10  bot  task
    """
    found = check("continuity", text, value=62.4 / 91.2, numerator=60, denominator=80, caveat="20 of 120 root cases")
    assert (found.lower_bound, found.upper_bound) == (40 / 80, 80 / 100)
    assert found.low <= 40 / 80 and found.high >= 80 / 100


def test_pieces_are_joined_along_chains_of_messages():
    names = "bcdefgh"
    text = "× 36\na  A  0–1  bot  task\ncases:\na  business_key=O\n× 1\n" + "\n".join(
        f"{n}  B  {i}–{i + 1}  bot  task" for i, n in enumerate(names)
    )
    text += "\ncases:\n" + "\n".join(f"{n}  business_key=R" for n in names)
    chain = [(f"{a}~1", f"{b}~1") for a, b in pairwise(names)]
    whole = with_links(text, chain)("continuity", "p")
    assert (whole.value, whole.details["pieces_per_case"]) == (1.0, 1.0)
    broken = with_links(text, [pair for pair in chain if pair[0] != "e~1"])("continuity", "p")
    assert broken.details["pieces_per_case"] == pytest.approx((36 + 2) / 37)


def test_a_key_that_everything_shares_is_refused():
    log = mined("× 60\na  A  0–1  bot  task\ncases:\na  tenant=t")
    assert measure(log, "continuity").status is Status.NOT_AVAILABLE
    from .traces import parse, record, seal

    said = parse("× 60\na  A  0–1  bot  task").engine
    for case in said.tables["cases"]:
        case["business_key"] = "shop"
    found = measure(seal([(record(), said)]), "continuity")
    assert found.status is Status.NOT_AVAILABLE and "60 root cases share one business key" in found.reason


def test_jackknife_groups_do_not_depend_on_what_else_is_in_the_log():
    # the groups are drawn by the case id: adding a process and turning the rows round changes no interval of p
    rows = ["a  A  0–1  bot:x  serviceTask", "b  A  0–1  bot:y  serviceTask", "b  B  1–2  bot:x  serviceTask"]
    plain = "× 40\n" + "\n".join(rows)
    turned = "× 40\n" + "\n".join(reversed(rows)) + "\naa  A  0–1  bot:z  serviceTask\ncases:\naa  process_key=f"
    one, two = (measure(mined(text), "endpoint-diversity") for text in (plain, turned))
    assert (one.value, one.low, one.high) == (two.value, two.low, two.high)
    assert one.low < one.value < one.high


def test_endpoint_diversity_says_when_endpoints_are_still_unseen():
    # 30 cases, 29 of x and one each of 10 others: f₁ / N = 10 / 39
    text = "× 29\na  A  0–1  bot:x  serviceTask\n× 1\n" + "\n".join(
        f"b{i}  A  0–1  bot:y{i}  serviceTask" for i in range(10)
    )
    check("endpoint-diversity", text, sample_coverage=1 - 10 / 39, endpoints=11, caveat="26% of the work may go to")


def test_cases_without_work_are_neither_right_nor_wrong() -> None:
    text = "× 30\na  A  0–1  bot  serviceTask\nb  G  0–1  bot  exclusiveGateway"
    check("first-time-right", text, value=1.0, numerator=30, denominator=30)
