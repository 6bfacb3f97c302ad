"""Completion observability.

Share of the cases of a process in the window with a valid start and either a valid end (not before the start) or an
explained open state (running, waiting or suspended). For the portfolio the share of productive processes in which
that holds for at least 95 % of the cases, unweighted or by volume, whichever is lower.

Formula: cases with a valid start and a valid end or an explained open state / cases of the window; portfolio:
productive processes with at least 0.95 / productive processes.

Known bias: retention deletes finished cases, and those that finished quickly first; what was deleted cannot count as
missing.

Example: of 40 cases 20 have ended, 15 are said to run or to wait, 3 end before they begin and 2 are in no known
state: 35 / 40 = 0.875.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

ENOUGH = 0.95
EXPLAINED = ("running", "waiting", "suspended")


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of cases, or of processes for the portfolio."""
    if process is None:
        return share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: (f.value or 0) >= ENOUGH, "95 % of cases are complete"
        )
    rows = mined.cases.filter((mined.cases.process_ix == process.ix) & mined.cases.in_window)
    ended = rows.end.notnull() & (rows.end >= rows.start)
    valid = (rows.start.notnull() & (ended | (rows.end.isnull() & rows.state.isin(EXPLAINED)))).fill_null(False)
    sums, _ = over_units(mined, rows, valid, rows.case_ix.notnull())
    if not sums.y:
        return missing(Status.INSUFFICIENT, "no case in the window")
    value, low, high, method = interval.case_rate(sums)
    bad = mined.query(rows.filter(~valid).order_by("case_ix").limit(EVIDENCE_ROWS))
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.y,
        method=method,
        evidence=tuple(
            Evidence(case_id=str(r.case_id), what=f"no valid end, state {r.state}", when=iso(r.start))
            for r in bad.itertuples()
        ),
    )  # fmt: skip


METRIC = Computed(id="completion-observability", unit="share", needs=("instances",), compute=compute)
