"""Outside records that lost their key: what the linked ones of their kind say of them, worked out by hand."""

from __future__ import annotations

import pytest

from poanalyzer.mine.mined import Mined
from poanalyzer.mine.unlinked import MOST_WEIGHT, linkage

from .traces import check, measure, mined, parse, record, seal

ENGINE = "Work  10:00–20:00  bot  serviceTask"


def half(ask: str, call: str) -> str:
    """Return forty cases with two calls each before they began, of either of which every second one lost its number."""
    groups = [("a", "a", "a"), ("b", "b", "x"), ("c", "y", "c"), ("d", "z", "w")]
    return "\n".join(
        f"× 10\n{case}  {ENGINE}\noutside:\n{one}  Ask  {ask}  human  -\n{two}  Call  {call}  human  -"
        for case, one, two in groups
    )


# engine 10 h. Every case was asked at 8:00 and called at 9:00: with all numbers 2 h more, of which 1 h is covered
APART = half("8:00–8:30", "9:00–9:30")


def test_of_several_records_of_a_case_one_reaches_farthest():
    # linked alone: 10 + 10 cases reach 2 h, 10 reach 1 h, 10 nothing: 400 / 450.
    # a record stands for 2, the one behind it for 2·(1 − 2): 2·2 − 2·1 = 2 h, 4 h, 2 h, 0 h; ten times that is 80 h
    found = check(
        "time-coverage", APART, value=400 / 480, upper_bound=400 / 450, caveat="40 of 80 outside records name"
    )
    assert (found.numerator, found.denominator) == (pytest.approx(400 * 3600), pytest.approx(480 * 3600))
    # 40 lost records lengthen 20 cases at their beginning: to 2 h, which is 10 · 1 h + 10 · 2 h more
    assert found.lower_bound == pytest.approx(400 / 480)
    assert found.low <= found.value <= found.high


def test_the_dark_is_what_neither_linked_nor_lost_records_cover():
    # covered: 10 · (2 + 1 + 1 + 0) h = 40 h of the 80 h; the linked ones cover 20 h of 50 h
    found = check(
        "dark-time-share", APART, value=40 / 480, engine_active=400 / 480, logged_outside=40 / 480, dark=40 / 480
    )
    # lost ones last 20 h, all of them in 30 dark hours; or they lengthen the cases by 30 h
    assert found.lower_bound == pytest.approx(10 / 450)
    assert found.upper_bound == pytest.approx(60 / 480)


def test_time_that_two_records_cover_is_covered_once():
    # 8:00–9:00 and 8:30–9:30 cover 1.5 h of 2: 60 h. Both linked: 2·½ + (1 − (1 − 2)²)·½ + 2·½ = 2 h; one: 2 h; none: 0
    check("dark-time-share", half("8:00–9:00", "8:30–9:30"), value=20 / 480, logged_outside=60 / 480)


def test_after_the_end_as_before_the_beginning():
    # 21:00–22:00 and 23:00–24:00: 4 h more a case, of which 2 h are covered. At both ends: 2 h before and 2 h after
    check("time-coverage", half("21:00–22:00", "23:00–24:00"), value=400 / 560)
    check("dark-time-share", half("21:00–22:00", "23:00–24:00"), value=80 / 560)
    check("time-coverage", half("8:00–9:00", "21:00–22:00"), value=400 / 560)


def test_without_a_lost_record_there_are_no_bounds():
    whole = f"× 40\na  {ENGINE}\noutside:\na  Ask  8:00–8:30  human  -\na  Call  9:00–9:30  human  -"
    for metric, value in (("time-coverage", 400 / 480), ("dark-time-share", 40 / 480)):
        found = check(metric, whole, value=value)
        assert found.lower_bound is found.upper_bound is None


def test_the_time_of_moments_is_dark_and_work_within_the_engines_time_moves_nothing():
    # every second letter of 9:00 lost its number: all were 40 · 1 h; they cover nothing. The calls lie within
    text = f"× 20\na  {ENGINE}\noutside:\na  Letter  9:00  human  -\na  Call  11:00–12:00  human  -\n" + (
        f"× 20\nb  {ENGINE}\noutside:\nx  Letter  9:00  human  -\nb  Call  11:00–12:00  human  -"
    )
    check("time-coverage", text, value=400 / 440, upper_bound=400 / 420, lower_bound=400 / 440)
    check("dark-time-share", text, value=40 / 440, logged_outside=0.0)


def test_a_lost_record_doubles_engine_work_as_often_as_one_of_its_kind_that_is_linked():
    # 40 bookings in the engine, each written down again, of which half lost the number; 40 letters beside it
    text = "\n".join(
        f"× 20\n{case}  Book  10:00–11:00  bot  serviceTask\noutside:\n{key}  Book  10:02–11:01  human  -\n"
        f"{case}  Letter  12:00–13:00  human  -"
        for case, key in (("a", "a"), ("b", "x"))
    )
    for process in ("p", None):
        check("step-coverage", text, process=process, value=0.5, lower_bound=0.4, upper_bound=0.5, outside_unlinked=20)


def test_kinds_that_are_never_linked_count_against_the_steps_and_not_for_the_times():
    # 40 linked letters of 50, at 9:00; 20 tickets that name no case at all
    text = f"× 40\na  {ENGINE}\noutside:\na  Letter  9:00  human  -\n" + "".join(
        f"× {n}\n{case}  {ENGINE}\noutside:\nno-{case}  {kind}  9:00  human  -\n"
        for case, n, kind in (("b", 10, "Letter"), ("c", 20, "Ticket"))
    )
    log = mined(text)
    found = log.of(linkage)
    assert found.weights == {"Letter": 1.25}
    assert (found.linked, found.unlinked, found.never) == (40, 30, 20)
    # 70 engine rows; letters 40 · 1.25, tickets 20
    assert measure(log, "step-coverage").value == pytest.approx(70 / (70 + 50 + 20))
    assert measure(log, "time-coverage").value == pytest.approx(700 / (700 + 50))


def lossy(linked: int, unlinked: int, without_key: int) -> Mined:
    """Return a log with letters an hour before their cases began; some name no case, others nothing."""
    text = f"× {linked}\na  {ENGINE}\noutside:\na  Letter  9:00  human  -\n"
    if unlinked:
        text += f"× {unlinked}\nb  {ENGINE}\noutside:\nx  Letter  9:00  human  -\n"
    said = parse(text + f"× {without_key}\nc  {ENGINE}\n")
    account = record("outside.csv", "outside", rejected={"no case": without_key})
    return seal([(record(), said.engine), (account, said.outside)])


def test_records_without_any_key_are_of_the_kinds_that_the_others_are_of():
    log = lossy(30, 10, 20)
    assert log.of(linkage).weights == {"Letter": 2.0}
    assert log.of(linkage).rate == 0.5
    assert measure(log, "time-coverage").value == pytest.approx(600 / 660)
    assert measure(log, "step-coverage").value == pytest.approx(0.5)
    # none has an unknown key: all kinds alike
    assert lossy(30, 0, 15).of(linkage).weights == {"Letter": 1.5}


def test_a_linked_record_stands_for_a_few_at_most():
    log = lossy(10, 90, 10)
    assert log.of(linkage).weights == {"Letter": 11.0}
    found = measure(log, "time-coverage")
    assert found.value == pytest.approx(1100 / (1100 + 10 * MOST_WEIGHT))
    # a hundred lost letters, an hour before each of the other hundred cases
    assert found.lower_bound == pytest.approx(1100 / 1210)
    assert found.upper_bound == pytest.approx(1100 / 1110)
