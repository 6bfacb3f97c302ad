"""Failure episodes on tiny logs: what belongs to one, and how each ended."""

from __future__ import annotations

from functools import cache

import pytest

from poanalyzer.mine.episodes import build_episodes, longest_backoff
from poanalyzer.mine.mined import Mined

from .traces import EPOCH, HOUR, MINUTE, mined, together

# Each text is one process; beside it (dispositions of its episodes, in order of time).
EPISODES: dict[str, tuple[str, list[str]]] = {
    "retried": (
        """
        a  A  0–30  bot  serviceTask
        attempts:
        a  A  5
        a  A  10
        a  A  15
        """,
        ["retried_ok"],
    ),
    "resolved by an operator, then completed": (
        """
        a  A  0–300  bot  serviceTask
        attempts:
        a  A  5
        exceptions:
        a  A  6–200  operator
        """,
        ["manual"],
    ),
    "caught by a boundary event": (
        """
        a  A       0–10   bot    serviceTask  state=canceled
        a  Caught  10–10  ?      boundaryEvent
        a  Repair  10–20  human  userTask
        exceptions:
        a  A  10–10  model  kind=deadline handled_by=Caught
        """,
        ["modelled"],
    ),
    "ended with the cancellation of the case": (
        """
        a  A  0–60  bot  serviceTask  state=canceled
        exceptions:
        a  A  5–60  cancel
        cases:
        a  state=terminated
        """,
        ["cancelled"],
    ),
    "nothing cleared it and the case was stopped": (
        """
        a  A  0–60  bot  serviceTask  state=canceled
        attempts:
        a  A  5
        cases:
        a  state=terminated
        """,
        ["cancelled"],
    ),
    "the case died of it": (
        """
        a  A  0–60  bot  serviceTask  state=failed
        attempts:
        a  A  5
        exceptions:
        a  A  5–  none
        cases:
        a  state=failed
        """,
        ["dead"],
    ),
    "still open": (
        """
        a  A  0–  bot  serviceTask
        attempts:
        a  A  5
        exceptions:
        a  A  5–  none
        """,
        ["open"],
    ),
    "open although a sibling of the same element was done": (
        """
        a  A  0–    bot  serviceTask  mi_index=0
        a  A  0–90  bot  serviceTask  mi_index=1
        exceptions:
        a  A  5–  none
        """,
        ["open"],
    ),
    "an operator resolved one incident, the next is open": (
        """
        a  A  0–  bot  serviceTask
        exceptions:
        a  A  5–20   operator
        a  A  21–    none
        """,
        ["open"],
    ),
    "a gap of exactly an hour joins": (
        """
        a  A  0–200  bot  serviceTask
        attempts:
        a  A  0
        a  A  60
        """,
        ["retried_ok"],
    ),
    "a gap of more than an hour splits": (
        """
        a  A  0–200  bot  serviceTask
        attempts:
        a  A  0
        a  A  61
        """,
        ["retried_ok", "retried_ok"],
    ),
    "a back-off of two hours joins what is two hours apart": (
        """
        a  A  0–200  bot  serviceTask
        attempts:
        a  A  0
        a  A  120
        elements:
        A  serviceTask  retry=R3/PT2H
        """,
        ["retried_ok"],
    ),
    "the gap begins where the attempt ended": (
        """
        a  A  0–300  bot  serviceTask
        attempts:
        a  A  0  end=50
        a  A  110
        """,
        ["retried_ok"],
    ),
    "two elements are two episodes": (
        """
        a  A  0–20   bot  serviceTask
        a  B  20–40  bot  serviceTask
        attempts:
        a  A  10
        a  B  25
        """,
        ["retried_ok", "retried_ok"],
    ),
    "two instances of one element are two": (
        """
        a  A  0–20  bot  serviceTask
        a  A  0–30  bot  serviceTask
        attempts:
        a  A  10  activity_instance_id=i1
        a  A  11  activity_instance_id=i2
        """,
        ["retried_ok", "retried_ok"],
    ),
    "an attempt without an instance belongs to the only one that is named": (
        """
        a  A  0–20  bot  serviceTask
        attempts:
        a  A  10
        exceptions:
        a  A  11–15  retry  activity_instance_id=i1
        """,
        ["retried_ok"],
    ),
    "cleared by an operator, failed again and deleted with its case": (
        """
        a  A  0–60  bot  serviceTask  state=canceled
        exceptions:
        a  A  5–20   operator
        a  A  22–60  cancel
        cases:
        a  state=terminated
        """,
        ["cancelled"],
    ),
    "cleared by an operator, and deleted before it could fail again": (
        """
        a  A  0–60  bot  serviceTask  state=canceled
        exceptions:
        a  A  5–20   operator
        cases:
        a  state=terminated
        """,
        ["manual"],
    ),
    "cleared by an operator, failed again, and caught by the model": (
        """
        a  A       0–30   bot    serviceTask  state=canceled
        a  Caught  30     ?      boundaryEvent
        a  Repair  30–40  human  userTask
        exceptions:
        a  A  5–20   operator
        a  A  30–30  model  kind=constraint handled_by=Caught
        """,
        ["modelled"],
    ),
    "reminded of by the model, stuck later and deleted": (
        """
        a  A  0–60  bot  serviceTask  state=canceled
        exceptions:
        a  A  5–5    model  kind=deadline handled_by=Reminder
        a  A  20–60  cancel
        cases:
        a  state=terminated
        """,
        ["cancelled"],
    ),
    "cleared by an operator, failed once more and done by a retry": (
        """
        a  A  0–60  bot  serviceTask
        exceptions:
        a  A  5–20  operator
        attempts:
        a  A  25
        """,
        ["manual"],
    ),
    "an instance that never began is not done by its sibling": (
        """
        a  A  10–20  bot  serviceTask  activity_instance_id=i1
        a  B  20–    human  userTask   activity_instance_id=i2
        attempts:
        a  A  5  activity_instance_id=i1
        a  A  6  activity_instance_id=job:7
        """,
        ["retried_ok", "open"],
    ),
    "an incident that only propagates does not count": (
        """
        a  Call  0–40  ?    callActivity  called_case_id=kid
        kid  A   0–40  bot  serviceTask
        exceptions:
        a    Call  5–30  operator  exception_id=x2 root_id=x1
        kid  A     5–30  operator  exception_id=x1 root_id=x1
        cases:
        kid  root_case_id=a
        """,
        ["manual"],
    ),
}


@cache
def _together() -> Mined:
    return together({name: text for name, (text, _) in EPISODES.items()})


@pytest.mark.parametrize("name", EPISODES)
def test_episodes_and_how_they_ended(name: str):
    log = _together()
    process = next(p for p in log.processes if p.key == name)
    rows = log.query(log.of(build_episodes).filter(log.of(build_episodes).process_ix == process.ix)).sort_values(
        "first_at"
    )
    assert list(rows["disposition"]) == EPISODES[name][1]


def test_every_episode_has_one_of_the_known_dispositions_and_their_sum_is_their_number():
    log = _together()
    counts = log.query(log.of(build_episodes))["disposition"].value_counts().to_dict()
    assert counts == {"retried_ok": 12, "manual": 4, "modelled": 2, "cancelled": 4, "dead": 1, "open": 4}


def test_an_episode_lasts_from_its_first_failure_to_the_end_of_its_element():
    log = mined(EPISODES["resolved by an operator, then completed"][0])
    row = log.query(log.of(build_episodes)).iloc[0]
    assert (row.first_at, row.last_at, row.restored) == (EPOCH + 5 * MINUTE, EPOCH + 6 * MINUTE, EPOCH + 300 * MINUTE)
    assert (row.attempts, row.exceptions, row.incidents) == (1, 1, 1)


@pytest.mark.parametrize(
    ("setting", "hours"),
    [
        ("R3/PT2H", 2), ("PT5M,PT10M,PT90M", 1.5), ("R5/P1D", 24), ("P1W", 168), ("P1DT12H", 36), ("R10/PT30S", 1 / 120),
        ("3", 0), ("", 0), ("R3/", 0), ("${cycle}", 0), ("R3/PT0.5H", 0.5), ("P1M", 30 * 24),
    ],
)  # fmt: skip
def test_the_longest_backoff_of_a_retry_setting(setting: str, hours: float):
    assert longest_backoff(setting) == round(hours * HOUR)
