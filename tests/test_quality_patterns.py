"""Imperfection patterns planted in tiny logs: each is found, with its count, and a clean log shows none."""

from __future__ import annotations

from typing import Any

import pytest

from poanalyzer.eventlog.imperfections import _distorted
from poanalyzer.eventlog.quality import findings

from .traces import mined

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


def test_labels_that_differ_by_a_number_are_not_misspelt():
    assert _distorted(["Check step 1", "Check step 2", "Cancel", "Approve order", "Aprove order"]) == [
        ("Approve order", "Aprove order")
    ]
