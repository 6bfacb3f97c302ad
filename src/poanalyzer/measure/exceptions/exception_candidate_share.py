"""Exception candidate share.

Share of closed cases of a plain log in which something may have gone wrong: an activity whose name hints at a technical
exception (failed, error, timeout, overdue … in English, German, French, Spanish, Portuguese, Italian and Dutch), or work that
its life cycle says was broken off. Refusals, withdrawals and cancellations are outcomes of business and no exceptions; the
details count them apart, and say in how many cases a name that hints at handling (retry, correct, remind …) follows.

Inferred: names are candidates until somebody confirms them. Declare those that are right in the project file as
exceptions with what handles them, and the other exception metrics become available.

Formula: closed cases with a name that hints at a technical exception or with work broken off / closed cases, of
processes from plain logs.

Known bias: a name may mean something else (“Error report checked”), and most failures have no name of their own; check a
sample of at least 50 cases a class before quoting a number.

Example: of 40 cases five hold “Payment failed”: 0.125.

Source: this project's lexicon; the life cycle of work items is that of IEEE 1849 (XES).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.candidates import build_candidates, exception_hints
from poanalyzer.mine.flow import activity_counts
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

_COUNTS = ("technical", "business", "handling", "broken", "followed")


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of closed cases of plain logs with a candidate."""
    plain = {r.path for r in mined.engine_inputs if r.plain_log}
    known = [p for p in mined.processes if process in (None, p) and plain.intersection(p.inputs)]
    if not known:
        return missing(Status.NOT_APPLICABLE, "no plain log: the engine's own records of failures are looked at")
    if not sum(p.closed_in_window for p in known):
        return missing(Status.INSUFFICIENT, "no closed case in the window")
    rows = mined.cases.filter(mined.cases.in_window & mined.cases.closed)
    rows = rows.filter(rows.process_ix.isin([p.ix for p in known])).select("case_ix", "start", "end", "last_at")
    rows = rows.left_join(mined.of(build_candidates).select("case_ix", *_COUNTS), "case_ix")
    sums, counts = over_units(
        mined, rows, rows.technical | rows.broken, rows.case_ix.notnull(), **{c: rows[c] for c in _COUNTS}
    )
    cases = sums.y
    value, low, high, method = interval.case_rate(sums)
    few = cases < MIN_CASES
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=cases, n=cases, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{cases} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        basis="inferred", caveats=("candidates by their names, which nobody has confirmed",),
        details={f"cases_{name}": counts[name] for name in _COUNTS}, evidence=_evidence(mined, known),
    )  # fmt: skip


def _evidence(mined: Mined, known: list[Process]) -> tuple[Evidence, ...]:
    """Return the names with what they hint at, then cases."""
    counts = mined.of(activity_counts)
    counts = counts[counts["process_ix"].isin([p.ix for p in known])]
    cases = counts.groupby("activity_ix")["cases"].sum()
    hints = mined.of(exception_hints)
    order = sorted((n for n in hints if n in cases.index), key=lambda n: (-int(cases[n]), mined.activities[n]))
    names = tuple(
        Evidence(
            case_id=None,
            what=f"“{mined.activities[n]}” in {int(cases[n])} cases: {hints[n].kind} ({', '.join(hints[n].languages)})",
        )
        for n in order[: EVIDENCE_ROWS // 2]
    )
    rows = mined.of(build_candidates)
    hit = rows.in_window & rows.closed & (rows.technical | rows.broken) & rows.process_ix.isin([p.ix for p in known])
    rows = rows.filter(hit).order_by([rows.end.desc(), rows.case_id]).limit(EVIDENCE_ROWS - len(names))
    return names + tuple(
        Evidence(
            case_id=str(r.case_id), when=iso(r.end),
            what=f"{'a name that hints at a failure' if r.technical else 'work broken off'}"
            + (", handling follows" if r.followed else ""),
        )
        for r in mined.query(rows).itertuples()
    )  # fmt: skip


METRIC = Computed(
    id="exception-candidate-share", unit="share", needs=("activities",), compute=compute, better="neither"
)
