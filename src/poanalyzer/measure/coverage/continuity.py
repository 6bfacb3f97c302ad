"""Continuity.

Share of end-to-end cases that the engine carries in one piece. An end-to-end case is what shares a business key; its
pieces are its root cases, joined where a correlated message or signal leads from one to the other (called cases belong
to their roots). Cases count whose pieces are all closed and of the window. Details: pieces per case.

A key that more than 1 % of all root cases (and more than fifty) share names no business object: then it is refused.

Formula: closed end-to-end cases in one piece / closed end-to-end cases of the window. Of processes whose root cases bear
keys some roots may have none: U of them, a share 1 − k. Then each may be a case of its own, or one more piece of a case
that seems whole: the bounds are (whole − U) / cases and (whole + U) / (cases + U). The value is what the whole would be if
keys are lost at random: with o_j cases seen in j pieces, Σ o_j · j/k · (1 − 1/k)^(j−1) whole ones of
Σ o_j · (1 − (1 − 1/k)^j) (from k ≥ 0.5 on; below it the plain share).

Known bias: messages that the engine does not record make pieces of what belongs together. A root without a key counts as one
that lost it, though it may never have had any.

Example: of 100 order numbers 90 have one root case, 6 have an order and a return joined by a message, 4 the same
without: 0.96, and 1.04 pieces per case.

Source: this project's definition; connected components as in event correlation; the estimate inverts binomial thinning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.blocks import whole_number
from poanalyzer.mine.linkage import MAX_PER_KEY, fragments
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

COLLISION = 0.01
#: With fewer keys than this share what was lost cannot be continued from what is left.
LEAST_KEYED = 0.5
#: Weights of cases are counted in millionths.
_MILLION = 1_000_000


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share, an end-to-end case on the day of its first root; a process has the cases that began with it."""
    rows = mined.of(fragments)
    size = mined.query(rows.agg(largest=rows.roots.max(), roots=rows.roots.sum())).iloc[0]
    if not whole_number(size["roots"]):
        return missing(Status.NOT_AVAILABLE, "no root case carries a business key",
                       "Start instances with a business key, and export it.")  # fmt: skip
    if size["largest"] > max(MAX_PER_KEY, COLLISION * size["roots"]):
        return missing(Status.NOT_AVAILABLE, f"{size['largest']:.0f} root cases share one business key: it names no "
                       "business object")  # fmt: skip
    rows = rows.filter(rows.closed & rows.in_window)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    whole = rows.fragments == 1
    sums, more = over_units(mined, rows, whole, rows.fragments > 0, pieces=rows.fragments)
    n, k = sums.y, sums.x
    if not n:
        return missing(Status.INSUFFICIENT, "no closed end-to-end case in the window")
    value, low, high, method = interval.case_rate(sums)
    keyed, lost = _keys_of_roots(mined)
    lower, upper = max(0.0, (k - lost) / n), (k + lost) / (n + lost)
    if lost and keyed / (keyed + lost) >= LEAST_KEYED:
        x, y = _as_if_none_were_lost(mined, rows, keyed / (keyed + lost))
        weighed, _ = over_units(mined, rows, x, y)
        value, low, high, method = interval.ratio(weighed)
        value = min(max(value, lower), upper)
        method += ", as if no key were lost"
    broken = rows.filter(~whole).order_by([rows.fragments.desc(), rows.first_id]).limit(EVIDENCE_ROWS)
    return Finding(
        value=value, low=min(low, lower) if lost else low, high=max(high, upper) if lost else high,
        lower_bound=lower if lost else None, upper_bound=upper if lost else None, numerator=k, denominator=n, n=n,
        n_unit="end-to-end cases", method=method,
        caveats=(f"{lost} of {lost + keyed} root cases bear no business key where others of their process do",) if lost
        else (),
        status=Status.INSUFFICIENT if n < MIN_CASES else Status.MEASURED,
        reason=f"{n} closed end-to-end cases in the window; at least {MIN_CASES} are needed" if n < MIN_CASES else "",
        details={"pieces_per_case": more["pieces"] / n},
        evidence=tuple(
            Evidence(case_id=str(r.first_id), what=f"in {r.fragments} pieces that nothing joins")
            for r in mined.query(broken).itertuples()
        ),
    )  # fmt: skip


def _keys_of_roots(mined: Mined) -> tuple[int, int]:
    """Return how many closed root cases of the window bear a key, and how many bear none although others of their process do."""
    roots = mined.cases.filter(mined.cases.is_root & mined.cases.closed & mined.cases.in_window)
    per = roots.group_by("process_ix").agg(keyed=roots.business_key.count(), roots=roots.count())
    per = per.filter(per.keyed > 0)
    found = mined.query(per.agg(keyed=per.keyed.sum(), roots=per.roots.sum())).iloc[0]
    return whole_number(found["keyed"]), whole_number(found["roots"]) - whole_number(found["keyed"])


def _as_if_none_were_lost(mined: Mined, rows: ibis.Table, rate: float) -> tuple[ibis.Value, ibis.Value]:
    """Return what each case stands for: how many whole cases, and how many cases, if a share ``rate`` of pieces is seen."""
    import ibis

    seen = sorted(int(j) for j in mined.query(rows.select("fragments").distinct())["fragments"])
    gone = 1 - 1 / rate

    def by_pieces(weight: Callable[[int], float]) -> ibis.Value:
        return ibis.cases(*((rows.fragments == j, round(_MILLION * weight(j))) for j in seen), else_=0)

    return by_pieces(lambda j: j / rate * gone ** (j - 1)), by_pieces(lambda j: 1 - gone**j)


METRIC = Computed(id="continuity", unit="share", needs=("instances", "business-keys"), compute=compute)
