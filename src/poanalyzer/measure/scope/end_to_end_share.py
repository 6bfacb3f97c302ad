"""End-to-end share.

Share of the root cases that take part in an orchestration that crosses units: a call activity or a correlated message
leads from a process of one unit to a process of another. Units are what the project file says, else tenants, else the
pipelines that deploy; links inside a unit are technical division and count nothing.

Formula: root cases with a call or message between units / root cases of the window, of processes whose unit is
known.

Known bias: links that the engine does not record (a message broker in between) are not seen.

Example: 200 of 1 000 orders call the invoicing process of another team: 0.2.

Source: this project's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.linkage import message_links
from poanalyzer.mine.units import units_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of root cases."""
    units = mined.of(units_of)
    known = {p.ix: units.unit[p.key] for p in mined.processes if p.key in units.unit}
    if len(set(known.values())) < 2:
        return missing(
            Status.NOT_AVAILABLE, "fewer than two units are known: nothing can be seen to cross them",
            "Declare [[process]] unit = … for every process.",
        )  # fmt: skip
    rows = _roots(mined, known)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    crossing = rows.filter(rows.crosses)
    sums, _ = over_units(mined, rows, rows.crosses, rows.case_ix.notnull())
    n, k = sums.y, sums.x
    if not n:
        return missing(Status.NOT_APPLICABLE, "no root case in the window")
    value, low, high, method = interval.case_rate(sums)
    shown = mined.query(crossing.order_by("case_ix").limit(EVIDENCE_ROWS))
    blind = sorted(p.key for p in mined.processes if p.ix not in known)
    return Finding(
        value=value, low=low, high=high, numerator=k, denominator=n, n=n, method=f"{method}; units from {units.where}",
        status=Status.INSUFFICIENT if n < MIN_CASES else Status.MEASURED,
        reason=f"{n} root cases in the window; at least {MIN_CASES} are needed" if n < MIN_CASES else "",
        basis="declared" if units.where == "the project file" else "observed",
        caveats=(f"the unit of {', '.join(blind[:5])} is not known: its links count nothing",) if blind else (),
        evidence=tuple(
            Evidence(case_id=str(i), what="takes part in work of another unit") for i in shown["case_id"]
        ),
    )  # fmt: skip


def _roots(mined: Mined, known: dict[int, str]) -> ibis.Table:
    """Return the root cases of the window with whether their calls and messages cross units."""
    import ibis

    names = sorted(set(known.values()))
    number = {name: i for i, name in enumerate(names)}
    of = ibis.memtable({"process_ix": list(known), "unit": [number[u] for u in known.values()]})
    cases = mined.cases.select("case_ix", "root_ix", "process_ix").join(of, "process_ix")
    tree = cases.group_by("root_ix").agg(lowest=cases.unit.min(), highest=cases.unit.max())
    tree = tree.filter(tree.lowest != tree.highest).select("root_ix")
    pair = mined.of(message_links)
    if pair is not None:
        here = cases.select(from_ix="case_ix", from_root="root_ix", from_unit="unit")
        there = cases.select(to_ix="case_ix", to_root="root_ix", to_unit="unit")
        both = pair.join(here, "from_ix").join(there, "to_ix")
        both = both.filter(both.from_unit != both.to_unit)
        sent, got = both.select(root_ix="from_root"), both.select(root_ix="to_root")
        tree = ibis.union(tree, sent, got)
    tree = tree.distinct().mutate(hit=ibis.literal(True)).rename(hit_ix="root_ix")
    roots = mined.cases.filter(mined.cases.is_root & mined.cases.in_window).select("case_ix", "case_id", "process_ix")
    joined = roots.left_join(tree, [roots.case_ix == tree.hit_ix])
    return joined.mutate(crosses=ibis.coalesce(joined.hit, False)).drop("hit", "hit_ix")


METRIC = Computed(id="end-to-end-share", unit="share", needs=("correlations",), compute=compute)
