"""Which steps from one activity to the next only one case shows, or two: what a log without the case would not know.

A pair is two rows of work of a case, one directly after the other, by their activities. What leaves the engine are the kinds of
pairs, and for the rare ones how often a case shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from poanalyzer.mine.blocks import Sums, whole_number

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined


@dataclass(frozen=True)
class Pairs:
    """``kinds``: a row a kind of pair: ``process_ix, source, target`` (activity numbers), ``count`` and ``case_ix``, the only
    case that shows it (−1 where there are several); kinds of one case first, those that occur most often first among them.

    ``sums`` by process number: over its cases with two rows of work or more, of pairs of a kind that another case shows too
    (x) and of all pairs (y). Σx² holds what kinds that exactly two cases show add to the variance of the coverage.
    """

    kinds: pd.DataFrame
    sums: dict[int, Sums]


def pairs(mined: Mined) -> Pairs:
    """Return the pairs of the whole export, within each process."""
    import ibis

    steps = mined.steps.filter(mined.steps.next_activity_ix.notnull())
    kinds = steps.group_by(["process_ix", "activity_ix", "next_activity_ix"]).agg(
        count=steps.count(), first=steps.case_ix.min(), last=steps.case_ix.max()
    )
    frame = mined.query(kinds).rename(columns={"activity_ix": "source", "next_activity_ix": "target"}).astype("int64")
    frame["case_ix"] = frame["first"].where(frame["first"] == frame["last"], -1)
    frame["shared"] = frame["case_ix"] < 0
    order = ["process_ix", "shared", "count", "source", "target"]
    frame = frame.sort_values(order, ascending=[True, True, False, True, True], ignore_index=True)
    alone = frame[~frame["shared"]].groupby("case_ix", as_index=False)["count"].sum()
    own = ibis.memtable(
        {"case_ix": alone["case_ix"].tolist(), "own": alone["count"].tolist()},
        schema=ibis.schema({"case_ix": "int64", "own": "int64"}),
    )
    cases = mined.cases.filter(mined.cases.work > 1).left_join(own, "case_ix")
    y, x = cases.work - 1, cases.work - 1 - cases.own.fill_null(0)
    per = mined.query(
        cases.group_by("process_ix").agg(
            n=cases.count(), x=x.sum(), y=y.sum(), xx=(x * x).sum(), yy=(y * y).sum(), xy=(x * y).sum(), most=y.max()
        )
    )
    sums = {
        int(row["process_ix"]): Sums(
            n=whole_number(row["n"]), x=whole_number(row["x"]), y=whole_number(row["y"]), xx=whole_number(row["xx"]),
            yy=whole_number(row["yy"]), xy=whole_number(row["xy"]),
        )
        for row in per.to_dict("records")
    }  # fmt: skip
    # a kind of two cases occurs at most as often as two of the longest cases have pairs
    rare = frame[frame["shared"] & (frame["count"] <= 2 * whole_number(per["most"].max()))]
    for process, more in _of_two_cases(mined, steps, rare).items():
        sums[process] = replace(sums[process], xx=sums[process].xx + more)
    return Pairs(frame[["process_ix", "source", "target", "count", "case_ix"]], sums)


def _of_two_cases(mined: Mined, steps: ibis.Table, kinds: pd.DataFrame) -> dict[int, int]:
    """Return by process 2 Σ a·b over the couples of cases that alone show some kinds, one a times in all and the other b.

    It is what the number of kinds seen twice adds in Esty's variance, for cases that show more than one pair.
    """
    import ibis

    if kinds.empty:
        return {}
    keys = ["process_ix", "activity_ix", "next_activity_ix"]
    asked = ibis.memtable(kinds.rename(columns={"source": keys[1], "target": keys[2]})[[*keys, "first", "last"]])
    rows = steps.join(asked, keys)
    counts = rows.group_by([*keys, "first", "last"]).agg(
        a=(rows.case_ix == rows["first"]).sum(), b=(rows.case_ix == rows["last"]).sum(), count=rows.count()
    )
    two = mined.query(counts.filter(counts["count"] == counts.a + counts.b)).astype("int64")
    couples = two.groupby(["process_ix", "first", "last"])[["a", "b"]].sum()
    found: dict[int, int] = {}
    for (process, _, _), (a, b) in zip(couples.index, couples.to_numpy().tolist(), strict=True):
        found[int(process)] = found.get(int(process), 0) + 2 * a * b
    return found
