"""Model fitness.

Steps that the model of the case's own version explains / recorded steps (tasks and call activities), over at most 20
000 cases taken by a hash of their id. A step is explained where the model has its element and either may begin with
it or holds work that leads to it and was done before it. An engine executes its own models, so this must be 1: less
means that versions are mapped wrongly, rows are lost, or instances were modified or migrated by hand. It is a check
of the data, and no evidence of maturity.

Formula: steps that the model of the case's version explains / recorded steps.

Known bias: two alternatives of one choice in the same case are not noticed; a migrated instance is held against the
version it ended on.

Example: of 400 steps two belong to elements that the version does not have: 398 / 400.

Source: the question of token replay (was the step enabled?) after Rozinat and van der Aalst (2008), without its
tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.conformance import replay
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of steps that fit their model."""
    rows = mined.of(replay)
    if rows is None:
        return missing(Status.NOT_AVAILABLE, "no model of a deployed version is in the export",
                       "Export the models of all versions.")  # fmt: skip
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    per_case = rows.group_by("case_ix").agg(
        fit=rows.fits.sum().cast("int64"), steps=rows.count().cast("int64"), unknown=(~rows.known).sum().cast("int64")
    )
    sums, counts = over_units(mined, per_case, per_case.fit, per_case.steps, unknown=per_case.unknown)
    if not sums.y:
        return missing(Status.NOT_AVAILABLE, "no case ran on a version whose model is in the export",
                       "Export the models of all versions.")  # fmt: skip
    value, low, high, method = interval.ratio(sums)
    enough = sums.n >= MIN_CASES
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.n, method=method,
        status=Status.MEASURED if enough else Status.INSUFFICIENT,
        reason="" if enough else f"{sums.n} cases with a modelled version; at least {MIN_CASES} are needed",
        details={"not_in_the_model": counts["unknown"]},
        evidence=_unexplained(mined, rows) if sums.x < sums.y else (),
    )  # fmt: skip


def _unexplained(mined: Mined, rows: ibis.Table) -> tuple[Evidence, ...]:
    ids = mined.cases.select("case_ix", "case_id")
    odd = rows.filter(~rows.fits).join(ids, "case_ix")
    odd = odd.order_by(["start", "case_id", "element_id"]).limit(EVIDENCE_ROWS)
    return tuple(
        Evidence(
            case_id=str(r.case_id), when=iso(r.start),
            what=f"{r.element_id} "
            + ("began before the work that leads to it was done" if r.known else "is not in the model of the version"),
        )
        for r in mined.query(odd).itertuples()
    )  # fmt: skip


METRIC = Computed(
    id="model-fitness", unit="share", needs=("activities", "models"), compute=compute
)  # fmt: skip
