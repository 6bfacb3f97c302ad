"""Orders of activities that are almost never seen: exceptions to a rule, or times that something has swapped.

Source: the infrequent event ordering of Fischer et al. (2020); here a pair of neighbours that stands in one order at least
ninety-nine times in a hundred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.mine.flow import directly_follows
from poanalyzer.results import Evidence, QualityFinding

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined

#: Pairs of neighbours that a rule needs, and the share of them that may be the other way round.
LEAST, RARE = 100, 0.01


def rare_orders(mined: Mined) -> tuple[QualityFinding, ...]:
    """Return a finding on neighbours in a rare order, with a case that shows the most frequent; none: an empty tuple.

    Activities that run in parallel stand in both orders often and are none of these.
    """
    frame = mined.of(directly_follows).dropna(subset=["target"])  # without the ends of cases
    pairs = {
        (int(p), int(a), int(b)): int(n)
        for p, a, b, n in zip(frame["process_ix"], frame["source"], frame["target"], frame["count"], strict=True)
        if a != b
    }
    rare = [
        (n, pairs[p, b, a], p, a, b)
        for (p, a, b), n in pairs.items()
        if n + pairs.get((p, b, a), 0) >= LEAST and n <= RARE * (n + pairs.get((p, b, a), 0))
    ]
    if not rare:
        return ()
    names = mined.activities
    count, total = sum(r[0] for r in rare), sum(r[0] + r[1] for r in rare)
    n, usual, process, a, b = max(rare)
    steps = mined.steps
    case = mined.query(
        steps.filter((steps.process_ix == process) & (steps.activity_ix == a) & (steps.next_activity_ix == b))
        .join(mined.log.coded("c_cases").select("case_ix", "case_id", "source"), "case_ix")
        .order_by("case_ix")
        .limit(1)
    ).iloc[0]
    return (
        QualityFinding(
            id="rare-order", title="Rare orders", severity="info", count=count, share=count / total,
            text=f"{count:,} of {total:,} pairs of neighbours stand in an order that is almost never seen: "
            f"“{names[a]}” right before “{names[b]}” {'once' if n == 1 else f'{n:,} times'}, the other way round {usual:,} times",
            evidence=(
                Evidence(case_id=str(case["case_id"]), what=f"“{names[a]}” before “{names[b]}”", source=case["source"]),
            ),
        ),
    )  # fmt: skip
