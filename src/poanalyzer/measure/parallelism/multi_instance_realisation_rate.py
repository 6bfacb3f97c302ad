"""Multi-instance realisation rate.

Share of the pairs of instances of one parallel multi-instance activity that really ran at the same time. The model says
that all instances of an activation (one for each item of an order, say) may run side by side. The unit is a pair of
them in both of which at least one work row or call activity finished; it is realised if rows of the two overlap by more
than nothing. It stands beside the parallel realisation rate, which looks at branches. Cases of the window count, open
ones too; sequential multi-instances and loops are left out.

Where the engine runs the instances in one transaction, one after the other, this is 0 although the model draws them
parallel. Of the instances of one activation the 100 that began first are compared.

Details: activations with two or more instances, their instances, and how many of these ran beside another.

Formula: pairs of instances with an overlap / pairs of instances in both of which work finished, over cases.

Known bias: user tasks that lie open overlap although nobody works on them, which makes it too high. An activation with
many instances has very many pairs, of which a few workers can only hold few open at a time: the details say how many
instances ran beside any other. Where the engine records no bodies, all rounds of a loop are one activation.

Example: three items of an order are checked from minute 0 to 10, 5 to 15 and 20 to 30: of three pairs one overlaps:
0.33.

Source: this project's definition, from interval overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Computed, Finding, missing
from poanalyzer.measure.sums import over_units
from poanalyzer.mine.siblings import COMPARED, sibling_pairs
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by case (root case for the portfolio)."""
    asked = mined.processes if process is None else (process,)
    unknown = _without_model(mined, asked)
    if not _modelled(mined, asked):
        return _nothing_modelled(unknown)
    rows = mined.of(sibling_pairs)
    assert rows is not None
    rows = rows.filter(rows.in_window)
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    unit = "root_ix" if process is None else "case_ix"
    per = rows.group_by(unit).agg(
        realised=rows.realised.sum(), pairs=(rows.instances * (rows.instances - 1) // 2).sum(), activations=rows.count(),
        instances=rows.instances.sum(), beside=rows.beside.sum(), left_out=rows.left_out.sum(),
    )  # fmt: skip
    counts = {name: per[name] for name in ("activations", "instances", "beside", "left_out")}
    sums, said = over_units(mined, per, per.realised, per.pairs, **counts)
    if not sums.n:
        return missing(Status.NOT_APPLICABLE, "no parallel multi-instance had two instances that finished work")
    value, low, high, method = interval.ratio(sums)
    closed = sum(p.closed_in_window for p in asked)
    few = closed < MIN_CASES
    caveats: tuple[str, ...] = (f"no model of {unknown}: their cases are left out",) if unknown else ()
    if left_out := said.pop("left_out"):
        caveats += (f"{left_out} instances beyond the first {COMPARED} of an activation are left out",)
    return Finding(
        value=value, low=low, high=high, numerator=sums.x, denominator=sums.y, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        caveats=caveats, details=dict(said), evidence=_evidence(mined, rows),
    )  # fmt: skip


def _modelled(mined: Mined, asked: tuple[Process, ...]) -> bool:
    elements = mined.elements
    if not len(elements):
        return False
    many = set(elements.loc[elements["multi_instance"] == "parallel", "process_key"])
    return any(p.key in many for p in asked)


def _without_model(mined: Mined, asked: tuple[Process, ...]) -> str:
    """Return the processes without any model, in words; empty where all have one."""
    known = set(mined.elements["process_key"]) if len(mined.elements) else set()
    return ", ".join(p.name for p in asked if p.key not in known)


def _nothing_modelled(unknown: str) -> Finding:
    if not unknown:
        return missing(Status.NOT_APPLICABLE, "the models hold no parallel multi-instance")
    return missing(
        Status.NOT_AVAILABLE, "no model says what runs once for each item, side by side",
        "Export the BPMN of all versions.",
    )  # fmt: skip


def _evidence(mined: Mined, rows: ibis.Table) -> tuple[Evidence, ...]:
    steps = mined.log.coded("d_step").select("step_ix", "element_id", "activity")
    serial = rows.filter(rows.beside < rows.instances).join(steps, "step_ix")
    serial = serial.join(mined.cases.select("case_ix", "case_id"), "case_ix")
    alone = serial.instances - serial.beside
    top = serial.mutate(alone=alone).order_by([alone.desc(), "case_ix", "step_ix"]).limit(EVIDENCE_ROWS)
    return tuple(
        Evidence(
            case_id=str(r.case_id), element_id=None if r.element_id is None else str(r.element_id),
            what=f"{r.alone} of {r.instances} instances of “{r.activity}” ran beside no other",
        )
        for r in mined.query(top).itertuples()
    )  # fmt: skip


METRIC = Computed(
    id="multi-instance-realisation-rate", unit="share", needs=("start-times", "end-times"), compute=compute
)
