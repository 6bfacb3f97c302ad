"""Step coverage.

Share of the recorded steps of a process that the engine coordinated: engine rows of work / (those + outside records
that the engine did not record too). It needs an outside source. An outside record counts for the case whose key it
names. Records that name no known case may belong to the process or not, and may be engine work recorded twice or not: the
lower bound counts all of them against coverage, the upper one none. The naive estimate from linked records alone is the
upper bound: it rewards poor keys.

The value takes keys for lost at random within each kind of record (the name of the activity): a linked record stands for
1 / link rate of its kind, and one of engine work recorded twice stands for others like it. Where no linked record has a
counterpart in the engine, that is all unlinked records counted against coverage. Kinds that are never linked count
with all their records. What no source recorded remains unseen: full coverage can never be proved from logs.

Formula: N / (N + Σ L / k + V), bounds N / (N + L + U) and N / (N + L): N engine rows of work, L linked and U unlinked outside
records, each without a counterpart in the engine as far as that can be told, k the link rate of their kind, V records of kinds
that are never linked.

Known bias: outside work that nobody recorded makes it too high; an outside source that writes a record for every
click makes it too low.

Example: 80 engine rows of work, 15 linked outside records and 5 that name no known case: 80 / 100 = 0.8, at most
80 / 95 = 0.84.

Source: this project's definition; unlinked records by inverse probability of being linked, as for missing keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.mined import iso
from poanalyzer.mine.outside import build_outside
from poanalyzer.mine.unlinked import linkage, steps_beside
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the estimate with bounds and an interval clustered by root case."""
    if not mined.has_outside:
        return missing(
            Status.NOT_AVAILABLE, "no outside source: nothing shows what happened beside the engine",
            'Give an outside source (role = "outside"), such as a ticket, mail or ERP log with the same order numbers.',
        )  # fmt: skip
    units = mined.root_units.filter(mined.root_units.in_window)
    outside = mined.of(build_outside).filter(~mined.of(build_outside).counterpart)
    if process is not None:
        units = units.filter(units.process_ix == process.ix)
    linked = outside.filter(outside.root_ix.notnull())
    per = linked.group_by("root_ix").agg(outside_steps=linked.count()).rename(unit_ix="root_ix")
    units = units.left_join(per, [units.case_ix == per.unit_ix])
    extra = units.outside_steps.fill_null(0)
    both = units.mutate(x=units.work, y=units.work + extra)
    sums, seen = over_units(mined, both, both.x, both.y, closed=both.closed)
    if not sums.y:
        return missing(Status.INSUFFICIENT, "no case in the window")
    if process is not None and sums.y == sums.x:
        return missing(Status.NOT_AVAILABLE, "the outside source names no case of this process",
                       "Give an outside source whose keys are this process's business keys.")  # fmt: skip
    found = mined.of(linkage)
    unlinked = found.lost
    upper, low, high, method = interval.ratio(sums)
    # records without a key belong to nobody's sample: they shift the estimate, and its interval by the same factor
    shift = sums.y / (sums.y + unlinked)
    beside = min(max(steps_beside(mined, _shadow(mined, linked, units)), sums.y - sums.x), sums.y - sums.x + unlinked)
    value = sums.x / (sums.x + beside)
    total = sums.y - sums.x + unlinked
    few = seen["closed"] < MIN_CASES
    return Finding(
        value=value, low=low * shift, high=high, lower_bound=upper * shift, upper_bound=upper, numerator=sums.x,
        denominator=sums.x + beside, n=sums.n, method=f"{method}; bounds for unlinked records",
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{seen['closed']} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        caveats=(f"{unlinked} of {total} outside records name no known case (correlation rate "
                 f"{1 - unlinked / max(total, 1):.0%})",) if unlinked else (),
        details={"engine_steps": sums.x, "outside_linked": sums.y - sums.x, "outside_unlinked": unlinked},
        evidence=_evidence(mined, process),
    )  # fmt: skip


def _shadow(mined: Mined, linked: ibis.Table, units: ibis.Table) -> dict[str, int]:
    """Return the linked records of these cases without a counterpart in the engine, by activity."""
    rows = linked.semi_join(units.select(root_ix="case_ix"), "root_ix")
    frame = mined.query(rows.group_by("activity").agg(n=rows.count()))
    return {str(r.activity): int(r.n) for r in frame.itertuples()}


def _evidence(mined: Mined, process: Process | None) -> tuple[Evidence, ...]:
    rows = mined.of(build_outside).filter(
        mined.of(build_outside).root_ix.notnull() & ~mined.of(build_outside).counterpart
    )
    if process is not None:
        rows = rows.filter(rows.root_process_ix == process.ix)
    top = rows.group_by("activity").agg(rows=rows.count(), example=rows.key.min(), last=rows["at"].max())
    frame = mined.query(top.order_by([top.rows.desc(), top.activity]).limit(EVIDENCE_ROWS))
    return tuple(
        Evidence(case_id=str(r.example), what=f"outside the engine: {r.activity} ({r.rows} records)", when=iso(r.last))
        for r in frame.itertuples(index=False)
    )


METRIC = Computed(id="step-coverage", unit="share", needs=("activities",), compute=compute)
