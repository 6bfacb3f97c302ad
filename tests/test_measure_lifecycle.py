"""Sustained improvement, life-cycle coverage and retry effectiveness on tiny logs."""

from __future__ import annotations

from poanalyzer.results import Status

from .traces import check

LIVE = "× 40\na  A  0–120d  bot  serviceTask\ndeployments:\n1  0  checksum=a\n"


def test_two_later_releases_in_two_months_are_sustained_improvement():
    # first deployed on 1 January; 31 January and 15 March lie later than 30 days after it, in two months
    check(
        "sustained-improvement", LIVE + "2  30d  checksum=b\n3  74d  checksum=c", value=1.0, later_releases=2, months=2
    )


def test_the_first_thirty_days_do_not_count():
    check("sustained-improvement", LIVE + "2  29d  checksum=b\n3  74d  checksum=c", value=0.0, later_releases=1)


def test_two_releases_in_one_month_are_not_sustained():
    # 1 and 20 March
    check(
        "sustained-improvement", LIVE + "2  60d  checksum=b\n3  79d  checksum=c", value=0.0, later_releases=2, months=1
    )


def test_content_that_did_not_change_is_no_release():
    check("sustained-improvement", LIVE + "2  40d  checksum=a\n3  74d  checksum=c", value=0.0, later_releases=1)


def test_a_young_process_cannot_be_judged():
    young = "× 40\na  A  0–60d  bot  serviceTask\ndeployments:\n1  0  checksum=a\n2  35d  checksum=b"
    check("sustained-improvement", young, status=Status.INSUFFICIENT, value=None, reason="60 days")
    check("sustained-improvement", LIVE, lacks={"deployments": "also export them"}, status=Status.NOT_AVAILABLE)


STAGES = """
× 40
a  A  0–10   bot    serviceTask
a  B  10–20  human  userTask
attempts:
a  A  5
elements:
A  serviceTask
B  userTask
deployments:
1  0   checksum=a
2  3d  checksum=b
"""


def test_all_six_stages():
    check("lifecycle-coverage", STAGES, value=1.0, numerator=6, denominator=6, lower_bound=None)


def test_without_a_second_release_five_of_six():
    once = STAGES.replace("2  3d  checksum=b\n", "")
    check("lifecycle-coverage", once, value=5 / 6, numerator=5)


def test_stages_that_cannot_be_seen_make_the_bounds():
    # failures are not recorded: operation is unknown; 5 of 6 shown, all 6 possible
    gone = {"attempts": "full", "incidents": "full"}
    check("lifecycle-coverage", STAGES, lacks=gone, value=5 / 6, lower_bound=5 / 6, upper_bound=1.0)


def test_three_visible_stages_are_too_few():
    gone = dict.fromkeys(("attempts", "incidents", "deployments", "models"), "export")
    check("lifecycle-coverage", STAGES, lacks=gone, status=Status.NOT_AVAILABLE, value=None, reason="only 2 of 6")


RETRIED = """
× 9
a  A  0–30  bot  serviceTask
attempts:
a  A  5
"""
REPAIRED = """
× 3
b  A  0–300  bot  serviceTask
attempts:
b  A  5
exceptions:
b  A  6–200  operator
"""


def test_retries_that_help_and_those_that_do_not():
    # nine episodes that retrying overcame, three that an operator had to: 9 / 12
    check("retry-effectiveness", RETRIED + REPAIRED.lstrip(), value=9 / 12, numerator=9, denominator=12, n=12)


def test_nine_episodes_are_too_few():
    check("retry-effectiveness", RETRIED, status=Status.INSUFFICIENT, value=1.0, reason="9 closed episodes")


def test_nothing_retried_is_not_applicable():
    nothing = "× 40\na  A  0–30  bot  serviceTask"
    check("retry-effectiveness", nothing, status=Status.NOT_APPLICABLE, value=None)
    check("retry-effectiveness", nothing, lacks={"attempts": "full"}, status=Status.NOT_AVAILABLE, value=None)


def test_called_cases_whose_root_was_not_exported_make_no_productive_process():
    text = "× 40\na  A  0–9  bot  serviceTask\ncases:\na  root_case_id=elsewhere parent_case_id=elsewhere"
    check("productive-processes", text, every=1440, value=0)
    check("productive-processes", text.partition("cases:")[0], every=1440, value=1)
