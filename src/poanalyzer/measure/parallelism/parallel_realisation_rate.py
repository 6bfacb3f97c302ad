"""Parallel realisation rate.

Share of the modelled parallel pairs that really ran at the same time. The unit is a pair of branches of one activated
split (parallel or inclusive gateway, non-interrupting event sub-process; in a plain log a pair that the analyst
declared) in both of which at least one work row or call activity finished; it is realised if rows of the two overlap
by more than nothing. Multi-instance siblings are not pairs. Cases of the window count, open ones too.

Each activation counts for itself: each round of a loop, each instance of a sub-process that holds the split, each run of
an event sub-process. The recorded gateways tell them apart (or the element that several flows leave): a row belongs to
the last activation in its scope before it began. Of a declared pair each row of the activity that the case has fewer
of is one.

Engines that run both branches in one transaction one after the other show 0 here: a parallel gateway in a model is no
evidence of parallel work.

Formula: pairs of branches with an overlap / pairs of branches in both of which work finished, over cases.

Known bias: a user task that lies open overlaps with the other branch although nobody works on it, which makes it too
high. Where the export holds no gateways, all rounds of a loop are one activation, which is realised if any of them
overlaps. Two activations of one split under way at once in one scope cannot be told apart. Work that was done twice on
both sides of a declared pair counts as two.

Example: a split into three branches that run from minute 0 to 10, 5 to 15 and 20 to 30 makes three pairs, of which
one overlaps: 0.33.

Source: this project's definition, from interval overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.branches import realised_pairs
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by case (root case for the portfolio)."""
    pairs = mined.of(realised_pairs)
    asked = mined.processes if process is None else (process,)
    if pairs is None or not any(_modelled(mined, p) for p in asked):
        return _nothing_modelled(mined, asked)
    unit = "root_ix" if process is None else "case_ix"
    cases = mined.cases.filter(mined.cases.in_window)
    if process is not None:
        cases = cases.filter(cases.process_ix == process.ix)
    rows = pairs.semi_join(cases, "case_ix")
    rows = rows.mutate(realised=(rows.shared > 0).cast("int64"))
    per = rows.group_by(unit).agg(x=rows.realised.sum(), y=rows.count())
    sums, _ = over_units(mined, per, per.x, per.y)
    gone = _without_model(mined, asked)
    if not sums.n and gone:
        return missing(Status.NOT_AVAILABLE, f"no model of {gone}", "Export the BPMN of all versions.")
    if not sums.n:
        return missing(Status.NOT_APPLICABLE, "no split was activated with two branches that both finished work")
    value, low, high, method = interval.ratio(sums)
    closed = sum(p.closed_in_window for p in asked)
    few = closed < MIN_CASES
    by_declaration = not len(mined.elements)
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        basis="declared" if by_declaration else "observed",
        caveats=(f"no model of {gone}: their cases are left out",) if gone else (),
        details={"pairs": sums.y, "realised": sums.x, "modelled_pairs": mined.scalar(rows.pair.nunique())},
        evidence=_evidence(mined, rows),
    )  # fmt: skip


def _modelled(mined: Mined, process: Process) -> bool:
    if process.settings.parallel:
        return True
    elements = mined.elements
    return bool(len(elements)) and bool((elements["process_key"] == process.key).any())


def _without_model(mined: Mined, asked: tuple[Process, ...]) -> str:
    """Return the versions that ran and have no model, in words; empty where all have one or pairs are declared."""
    rows = mined.log.coded("c_cases").filter(mined.log.coded("c_cases").process_version.notnull())
    ran = mined.query(rows.select("process_ix", "process_version").distinct())
    keys = {p.ix: p.key for p in asked if not p.settings.parallel}
    elements = mined.elements
    known = set(zip(elements["process_key"], elements["version"], strict=True)) if len(elements) else set()
    pairs = sorted(
        (keys[int(ix)], str(version))
        for ix, version in zip(ran["process_ix"], ran["process_version"], strict=True)
        if int(ix) in keys and (keys[int(ix)], version) not in known
    )
    return ", ".join(f"{key} version {version}" for key, version in pairs[:5])


def _nothing_modelled(mined: Mined, asked: tuple[Process, ...]) -> Finding:
    elements = mined.elements
    known = set(elements["process_key"]) if len(elements) else set()
    if asked and all(p.key in known for p in asked):
        return missing(Status.NOT_APPLICABLE, "the models hold nothing parallel")
    return missing(
        Status.NOT_AVAILABLE,
        "no model and no declared pair says what should run in parallel",
        "Export the BPMN of all versions, or declare pairs: [[process]] parallel = [[…, …]].",
    )


def _evidence(mined: Mined, rows: ibis.Table) -> tuple[Evidence, ...]:
    names = mined.cases.select("case_ix", "case_id")
    serial = rows.filter(rows.shared <= 0).join(names, "case_ix")
    top = serial.order_by(["shared", "case_ix", "pair"]).limit(EVIDENCE_ROWS)
    return tuple(
        Evidence(
            case_id=str(r.case_id), element_id=str(r.pair).split("|")[0],
            what=f"branches of {str(r.pair).split('|')[0]} ran one after the other"
            + (f", {-r.shared / 6e7:.1f} min apart" if r.shared < 0 else ""),
        )
        for r in mined.query(top).itertuples()
    )  # fmt: skip


METRIC = Computed(id="parallel-realisation-rate", unit="share", needs=("start-times", "end-times"), compute=compute)
