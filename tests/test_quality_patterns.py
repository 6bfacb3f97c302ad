"""Imperfection patterns planted in tiny logs: each is found, with its count, and a clean log shows none."""

from __future__ import annotations

from typing import Any

import pytest

from poanalyzer.eventlog.imperfections import _distorted, days, patterns
from poanalyzer.eventlog.quality import findings
from poanalyzer.eventlog.remedies import REMEDIES
from poanalyzer.eventlog.tallies import tally
from poanalyzer.mine.rare_orders import rare_orders

from .traces import mined, parse, record, seal

CLEAN = "× 40\na  Enter order  0:07–0:10.5  human:sue  userTask\na  Check credit  0:11–0:12.3  system:bank  serviceTask"
FINE = CLEAN.replace("0:07–", "0:07.4–").replace("0:11–", "0:11.5–")
CHECK = "\nb  Check credit  5–6  system:bank  serviceTask"
PERSON = "human:sue  userTask"
#: A day apart, and seven minutes: times of cases differ in the hour.
EVERY = 1447.3

#: Pattern → text of the log, count, share.
PLANTED: dict[str, tuple[str, int, float]] = {
    "form-based-capture": (CLEAN + f"\n× 10\nb  Enter order  5–6  {PERSON}\nb  Sign form  5–6  {PERSON}", 20, 20 / 100),
    "collateral-events": (CLEAN + "\n× 10" + CHECK + CHECK.replace("5–6", "5–7"), 10, 10 / 100),
    "repeated-rows": (CLEAN + "\n× 10" + CHECK + CHECK, 10, 10 / 100),
    "polluted-label": (CLEAN + "".join(f"\n× 5\nc{n}  Call customer {n}  5–6  human:sue  -" for n in (17, 18, 902)), 15, 15 / 95),
    "distorted-label": (CLEAN + "\n× 10\nb  check_credit  5–6  system:bank  -", 50, 50 / 90),
    "homonymous-labels": (CLEAN + "\n× 10\nb  Check credit  5–6  system:bank  serviceTask  element_id=again", 50, 50 / 90),
    "time-travel": (CLEAN + "\n× 10\nb  Check credit  9–4  system:bank  serviceTask", 10, 10 / 90),
    "mixed-granularity": (FINE + "\n× 25\nb  Post letter  5:00–6:00  human:tom  userTask", 25, 25 / 105),
    "scattered-case": (CLEAN + "\ncases:\na  business_key=k\n× 10\nb  Pay  5.2–6  human:sue  userTask\ncases:\n"
        "b  process_key=q business_key=k", 20, 20 / 50),
    "scattered-event": (CLEAN + "\nvariables:\na  shippedAt  value=2024-01-02T10:00\na  amount  value=7", 2, 0.5),
    "no-start": (CLEAN + "\n× 10\nb  Check credit  –6.1  system:bank  serviceTask", 10, 10 / 90),
}  # fmt: skip


def found(text: str, every: float = EVERY, **more: Any) -> dict[str, Any]:
    log = mined(text, {"project": {"window_days": "all"}}, every=every, **more).log
    return {f.id: f for f in findings(log)}


def test_a_clean_log_shows_no_pattern():
    assert not set(found(CLEAN)) & {*PLANTED, "gap", "clock-skew", "elusive-case", "unanchored-event"}


@pytest.mark.parametrize("pattern", [p for p in PLANTED if p != "scattered-event"])
def test_each_planted_pattern_is_counted(pattern: str):
    text, count, share = PLANTED[pattern]
    if pattern == "mixed-granularity":
        found_ = found(text, every=1440)
    else:
        found_ = found(text)
    assert found_[pattern].count == count
    assert found_[pattern].share == pytest.approx(share)


def test_a_time_in_a_variable_is_an_event_that_has_no_row():
    assert found(PLANTED["scattered-event"][0])["scattered-event"].share == 0.5


def test_one_element_with_two_names():
    text = CLEAN.replace("system:bank  serviceTask", "system:bank  serviceTask  element_id=check")
    text += "\n× 10\nb  Ask bank  5.5–6  system:bank  serviceTask  element_id=check"
    assert found(text)["synonymous-labels"].count == 50


def test_called_cases_that_begin_before_their_call_show_two_clocks():
    text = """
    × 40
    a  Call  10–20  ?  callActivity  called_case_id=c
    c  Work  9–19   bot  serviceTask
    cases:
    c  root_case_id=a parent_case_id=a process_key=q
    """
    clock = found(text)["clock-skew"]
    assert (clock.count, clock.share) == (40, 1.0)
    assert "by up to 60 s" in clock.text


def test_days_without_records_where_there_usually_are():
    # twelve rows a day over seventy days, but for days 30 to 32
    first, second = (f"× {n}\n" + "\n".join(f"{c}{k}  A  {at}{k}:01–{k}:02  bot  serviceTask" for k in range(12))
                     for n, c, at in ((30, "a", ""), (37, "b", "")))  # fmt: skip
    second = second.replace(":01–", ":01–33d ").replace("A  ", "A  33d ")
    gap = found(first + "\n" + second, every=1440)["gap"]
    assert (gap.count, gap.share) == (3, 3 / 70)
    assert "2024-01-31 to 2024-02-02" in gap.text


def test_days_that_never_pass_the_twelfth():
    rows = "\n".join(f"a{m}{d}  A  {sum((31, 29, 31, 30)[:m]) + d}d 0:01–{sum((31, 29, 31, 30)[:m]) + d}d 0:02  bot  -"
                     for m in range(4) for d in range(12))  # fmt: skip
    assert found(rows)["unanchored-event"].share == 1.0
    assert "unanchored-event" not in found(rows + "\nz  A  20d 0:01–20d 0:02  bot  -")


def test_cases_of_one_row_in_a_plain_log():
    assert found("× 40\na  A  0–9  bot  -", plain_log=True)["elusive-case"].count == 40
    assert "elusive-case" not in found("× 40\na  A  0–9  bot  -")


def test_the_finest_unit_of_each_source_is_told():
    for every, unit in ((1447.3, "second"), (1447, "minute"), (1440, "minute")):
        text = CLEAN.replace("0:10.5", "0:10").replace("0:12.3", "0:12")
        clock = found(text, every)["granularity"]
        assert f"whole {unit}s" in clock.text and clock.count == 80, every
    hours = found("× 40\na  A  1:00–5:00  bot  -", 1440)["granularity"]
    assert "whole hours" in hours.text and hours.severity == "warning"
    # thousandths of a minute are 60 ms: no whole second
    assert "granularity" not in found("× 40\na  A  1:00.001–5:00  bot  -", 1440.001)
    days_ = "".join(f"o{n}  Call  {n}d 0:00–{n}d 1:00  human  -\n" for n in range(1, 31))
    log = mined(f"{CLEAN}\n× 1\noutside:\n{days_}", every=EVERY).log
    told = [f.text for f in findings(log) if f.id == "granularity"]
    assert any("outside.csv are whole days" in t for t in told) and any(
        "engine.csv are whole seconds" in t for t in told
    )


def test_an_activity_that_is_in_part_stamped_by_a_coarser_clock():
    text = (
        FINE
        + "\n× 15\nb  Post letter  5:00–6:00  human:tom  userTask\n× 15\nc  Post letter  5:00.3–6:00  human:tom  userTask"
    )
    mixed = found(text, 1440)["mixed-granularity"]
    assert (mixed.count, mixed.share) == (15, 15 / 110)
    assert "15 of 30 on whole hours" in mixed.text


def test_times_far_from_the_rest():
    text = "× 300\na  A  7d 0:07–7d 0:09  bot  serviceTask"
    assert "far-off-times" not in found(text, 1447.3)
    # three hundred days on, and a row in 2028
    far = found(text + "\n× 1\nz  A  1700d 0:00–1700d 0:10  bot  serviceTask", 1447.3)["far-off-times"]
    assert (far.count, far.severity) == (1, "warning")
    assert "2028-08-27" in far.text
    # a process that stood still for a month is no typing error
    pause = "× 200\na  A  0:07–0:09  bot  -\n× 200\nb  A  235d 0:07–235d 0:09  bot  -"
    assert "far-off-times" not in found(pause, 1447.3)


def test_an_order_is_known_where_neighbours_have_two_times():
    # forty cases of two rows in order; ten cases of three rows, two of them tied: 40 + 20 pairs, 10 without an order
    text = CLEAN + f"\n× 10\nb  A  4–5  {PERSON}\nb  B  6–7  {PERSON}\nb  C  6–8  bot  serviceTask"
    tied = found(text)["tied-times"]
    assert tied.count == 20
    assert "83.3% of the 60 neighbouring pairs have an order" in tied.text
    assert tied.evidence[0].case_id == "b~1"
    assert tied.fix.startswith("Export the engine's own sequence")


def test_starts_without_an_end_count_once_the_case_has_ended():
    text = CLEAN + f"\n× 10\nb  A  4–  {PERSON}\nb  B  6–7  {PERSON}\ncases:\nb  state=completed end=8"
    left = found(text)["unfinished"]
    assert (left.count, left.share) == (10, 10 / 100)
    assert "unfinished" not in found(CLEAN + f"\n× 10\nb  A  4–  {PERSON}")


def test_the_offset_of_two_clocks_lies_between_the_quickest_trips():
    # sent at 10, begun at 7, ended at 16, answered at 20: there −3, back 4 minutes; the quicker case: −2.9 and 3.1
    text = """
    × 20
    a  Call  10–20  ?  callActivity  called_case_id=c
    c  Work  7–16   bot  serviceTask
    × 20
    b  Call  10–20     ?  callActivity  called_case_id=d
    d  Work  7.1–16.9  bot  serviceTask
    cases:
    c  root_case_id=a parent_case_id=a process_key=q
    d  root_case_id=b parent_case_id=b process_key=q
    """
    clock = found(text)["clock-skew"]
    assert clock.count == 40
    # θ between −3.1 and −3 minutes: −183 s, rounded to three digits
    assert "about 183 s behind" in clock.text
    late = text.replace("Work  7–16 ", "Work  11–22").replace("Work  7.1–16.9", "Work  11–22")
    ahead = found(late)["clock-skew"]
    # there 1, back −2 minutes: θ between 1 and 2 … the middle of 60 and 120 s
    assert "about 90 s ahead" in ahead.text and "by up to 120 s" in ahead.text


@pytest.mark.parametrize(
    ("kind", "trigger", "wrong"), [("message", "message", 30), ("message", "none", 0), ("call", None, 30)]
)
def test_a_message_cannot_start_a_case_before_its_sender_began(kind: str, trigger: str | None, wrong: int):
    said = parse(
        "× 30\na  A  10–20  bot  serviceTask\nb  B  8–15  bot  serviceTask\nc  C  12–15  bot  serviceTask", EVERY
    )
    for case in said.engine.tables["cases"]:
        case["trigger"] = None if case["case_id"].startswith("a") else trigger
    for n in range(1, 31):
        for other in "bc":
            said.engine.add("links", from_case_id=f"a~{n}", to_case_id=f"{other}~{n}", kind=kind)
    clock = {f.id: f for f in findings(seal([(record(), said.engine)]).log)}.get("clock-skew")
    # b begins two minutes before a, c two minutes after it
    assert (clock.count if clock else 0) == wrong
    assert clock is None or (clock.share == 0.5 and "about 120 s behind" in clock.text)


def test_keys_that_are_missing_or_name_two_matters():
    keyed = CLEAN + "\ncases:\na  business_key=k"
    assert not {"no-business-key", "repeated-business-key"} & set(found(keyed))
    assert "no-business-key" not in found(CLEAN)  # none has one: nobody uses keys here
    text = (
        keyed
        + "\n× 10\n"
        + "".join(f"{c}  Pay  5–6  {PERSON}\n" for c in "bcd")
        + "cases:\nb  business_key=x\nc  business_key=x"
    )
    one = found(text)
    assert (one["no-business-key"].count, one["no-business-key"].share) == (10, 10 / 70)
    assert (one["repeated-business-key"].count, one["repeated-business-key"].share) == (20, 20 / 60)
    assert one["repeated-business-key"].evidence[0].case_id == "b~1"


def test_neighbours_in_an_order_that_is_almost_never_seen():
    text = "× 150\na  Pack  1–2  bot  -\na  Ship  3–4  bot  -\n× 1\nz  Ship  1–2  bot  -\nz  Pack  3–4  bot  -"
    (odd,) = rare_orders(mined(text, every=1440))
    assert (odd.count, odd.share) == (1, 1 / 151)
    assert odd.evidence[0].case_id == "z~1"
    assert "“Ship” right before “Pack” once, the other way round 150 times" in odd.text
    both = text.replace("× 1\n", "× 50\n")
    assert rare_orders(mined(both, every=1440)) == ()


def test_each_finding_says_what_to_do():
    kinds = {*PLANTED, "gap", "clock-skew", "elusive-case", "unanchored-event", "tied-times", "granularity", "rejected"}
    assert kinds <= set(REMEDIES)
    assert all(text.endswith(".") for text in REMEDIES.values())


def test_the_eleven_patterns_of_imperfection_are_looked_for():
    eleven = {
        "form-based-capture", "time-travel", "unanchored-event", "scattered-event", "elusive-case", "scattered-case",
        "collateral-events", "polluted-label", "distorted-label", "synonymous-labels", "homonymous-labels",
    }  # fmt: skip
    log = mined(CLEAN, every=EVERY).log
    tallies = tally(log)
    assert eleven <= {p.id for p in [*patterns(tallies, plain=True), *days(tallies.hours)]}


def test_quality_asks_the_engine_seven_times_at_most(monkeypatch):
    log = mined(PLANTED["form-based-capture"][0], every=EVERY).log
    asked = []
    ask = type(log.con).to_pandas
    monkeypatch.setattr(type(log.con), "to_pandas", lambda self, *a, **k: (asked.append(1), ask(self, *a, **k))[1])
    findings(log)
    assert len(asked) == 7


def test_labels_that_differ_by_a_number_are_not_misspelt():
    assert _distorted(["Check step 1", "Check step 2", "Cancel", "Approve order", "Aprove order"]) == [
        ("Approve order", "Aprove order")
    ]
