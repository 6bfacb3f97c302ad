"""Behaviour coverage, pairs.

Estimated share of the steps from one activity to the next, in a case yet to come, of a kind that the log has seen. It
asks of single steps what behaviour coverage asks of whole variants: a log can know every step of a process and still
see a new combination of them in every case. The next row of work of the same case makes a pair; a kind of pair is one
activity after another within one process. The whole export counts, not only the window.

Each case is held against all others: a step counts as new where no other case shows its kind, however often its own
case does (Good–Turing with cases, not steps, as what is drawn). The interval grows with the kinds that two cases show.

Formula: 1 − steps of kinds that only one case shows / steps, over cases with at least two rows of work.

Known bias: it speaks of a log with one case less, so it is too low by little. Branches that run side by side make pairs
in both orders, but far fewer than they make variants. New kinds of work that begin after the export ends are not
foreseen, and an oddity that several cases of one bad day share counts as seen.

Example: 40 cases run from A to B to C, one goes from A back to A and then to B and C: of 83 steps one, A to A, is seen in
one case only: 0.988.

Source: Good (1953); Esty (1983) for the variance; cases as what is drawn as in Chao and Jost (2012).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sample_coverage import coverage
from poanalyzer.measure.sampled import case_ids
from poanalyzer.mine.blocks import Sums
from poanalyzer.mine.pair_coverage import pairs
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


#: Below this sample coverage a log does not speak of the behaviour of its process.
ENOUGH = 0.8


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return Ĉ of the pairs with an interval over cases."""
    found = mined.of(pairs)
    parts = [s for ix, s in found.sums.items() if process is None or ix == process.ix]
    sums = Sums(
        n=sum(s.n for s in parts), x=sum(s.x for s in parts), y=sum(s.y for s in parts), xx=sum(s.xx for s in parts),
        yy=sum(s.yy for s in parts), xy=sum(s.xy for s in parts),
    )  # fmt: skip
    if not sums.y:
        return missing(Status.NOT_APPLICABLE, "no case with two rows of work")
    value, low, high = coverage(sums)
    kinds = found.kinds if process is None else found.kinds[found.kinds["process_ix"] == process.ix]
    alone = kinds[kinds["case_ix"] >= 0]
    few = sums.n < MIN_CASES
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.n,
        method="Good–Turing over cases, Esty", status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{sums.n} cases with two rows of work; at least {MIN_CASES} are needed" if few else "",
        caveats=("less than 80 % of the steps were seen: what is said of the process may miss the rest",)
        if value < ENOUGH else (),
        details={
            "kinds": len(kinds), "kinds_of_one_case": len(alone),
            "cases_with_a_kind_of_their_own": int(alone["case_ix"].nunique()),
        },
        evidence=_evidence(mined, alone.head(EVIDENCE_ROWS).to_dict("records")),
    )  # fmt: skip


def _evidence(mined: Mined, alone: list[dict[str, int]]) -> tuple[Evidence, ...]:
    ids = case_ids(mined, [row["case_ix"] for row in alone])
    return tuple(
        Evidence(
            case_id=ids[row["case_ix"]],
            what=f"the only case in which “{mined.activities[row['target']]}” follows “{mined.activities[row['source']]}”",
        )
        for row in alone
    )


METRIC = Computed(id="behaviour-coverage-pairs", unit="share", needs=("activities",), compute=compute)
