"""Continuity.

Share of end-to-end cases that the engine carries in one piece. An end-to-end case is what shares a business key; its
pieces are its root cases, joined where a correlated message or signal leads from one to the other (called cases belong
to their roots). Cases count whose pieces are all closed and of the window. Details: pieces per case.

A key that more than 1 % of all root cases (and more than fifty) share names no business object: then it is refused.

Formula: closed end-to-end cases in one piece / closed end-to-end cases of the window.

Known bias: messages that the engine does not record make pieces of what belongs together.

Example: of 100 order numbers 90 have one root case, 6 have an order and a return joined by a message, 4 the same
without: 0.96, and 1.04 pieces per case.

Source: this project's definition; connected components as in event correlation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.blocks import whole_number
from poanalyzer.mine.linkage import MAX_PER_KEY, fragments
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

COLLISION = 0.01


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
    broken = rows.filter(~whole).order_by([rows.fragments.desc(), rows.first_id]).limit(EVIDENCE_ROWS)
    return Finding(
        value=value, low=low, high=high, numerator=k, denominator=n, n=n, n_unit="end-to-end cases", method=method,
        status=Status.INSUFFICIENT if n < MIN_CASES else Status.MEASURED,
        reason=f"{n} closed end-to-end cases in the window; at least {MIN_CASES} are needed" if n < MIN_CASES else "",
        details={"pieces_per_case": more["pieces"] / n},
        evidence=tuple(
            Evidence(case_id=str(r.first_id), what=f"in {r.fragments} pieces that nothing joins")
            for r in mined.query(broken).itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="continuity", unit="share", needs=("instances", "business-keys"), compute=compute)
