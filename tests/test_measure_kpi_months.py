"""Declared KPIs that are computable regularly: in 80 % of the complete months, three of them in a row."""

from __future__ import annotations

import pytest

from .traces import check

#: First day of each month of 2024, counted from 1 January.
JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP = 0, 31, 60, 91, 121, 152, 182, 213, 244
KPI = {"kpi": [{"id": "k", "measure": "cycle-time", "target": "<= 2 d", "owner": "Ann"}]}


@pytest.mark.parametrize(
    ("days", "value"),
    [
        # complete are February to July; the log begins in January and ends in August
        (range(JAN, AUG + 5), 1.0),
        # nothing ended in June: five of six months, 83 %, February to May in a row
        ([*range(JAN, JUN), *range(JUL, AUG + 5)], 1.0),
        # nothing in June and July: four of six months, 67 %, though February to May are four in a row
        ([*range(JAN, JUN), *range(AUG, AUG + 5)], 0.0),
        # the same, and August is complete too: five of seven, 71 %
        ([*range(JAN, JUN), *range(AUG, SEP + 5)], 0.0),
        # every other month: no three in a row
        ([*range(JAN, MAR), *range(APR, MAY), *range(JUN, JUL), *range(AUG, AUG + 5)], 0.0),
    ],
)
def test_regularly_computable(days: list[int], value: float):
    text = "\n".join(f"c{d}  A  {d}d–{d}d 10  bot  serviceTask" for d in days)
    check("kpi-computability", text, config=KPI, value=value, numerator=round(value), denominator=1)


def test_a_month_without_the_fields_is_no_good_month():
    # who did it is missing in June and July: hand-overs are known in four of six complete months, cycle times in all
    text = "\n".join(
        f"c{d}  A  {d}d–{d}d 10  {'?' if JUN <= d < AUG else 'human:ann'}  userTask" for d in range(JAN, AUG + 5)
    )
    both = {"kpi": [KPI["kpi"][0], {"id": "h", "measure": "handovers"}]}
    found = check("kpi-computability", text, config=both, value=0.5)
    assert [e.what.split(": ")[1] for e in found.evidence] == [
        "computable", "not computable in 80 % of the months, three in a row",
    ]  # fmt: skip
    # from May on it is known again: five of six
    check("kpi-computability", text.replace("?", "human:ann", 30), config=both, value=1.0)


def test_an_expression_is_judged_by_its_values():
    # the time from A to B has values in February to May, not in June and July
    lines = []
    for d in range(JAN, AUG + 5):
        lines.append(f"c{d}  A  {d}d–{d}d 10  bot  serviceTask")
        if not JUN <= d < AUG:
            lines.append(f"c{d}  B  {d}d 20–{d}d 30  bot  serviceTask")
    config = {"kpi": [{"id": "k", "measure": {"time": {"from": "A", "to": "B"}}}]}
    check("kpi-computability", "\n".join(lines), config=config, value=0.0)
    lines += [f"c{d}  B  {d}d 20–{d}d 30  bot  serviceTask" for d in range(JUN, JUL)]
    check("kpi-computability", "\n".join(lines), config=config, value=1.0)
