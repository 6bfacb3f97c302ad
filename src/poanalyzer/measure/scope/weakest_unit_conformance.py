"""Weakest-unit conformance.

Share of a unit's productive processes that keep 80 % of the published rules (see ``guardrail-conformance``), in the
unit where it is lowest: a practice is established when the weakest keep it, too. Units are what the project file says,
else tenants, else the pipelines that deploy; at least two units with a productive process are needed.

Formula: the lowest, over units, of (productive processes that keep 80 % of the rules / productive processes with a
known model).

Known bias: units with one process show 0 or 1.

Example: one unit has three processes that all keep the rules, the other two of which one does: 1 / 2.

Source: this project's definition of the model's “establishing best practices”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.rules import ENOUGH, check, guarded
from poanalyzer.mine.units import units_of
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share in the weakest unit; it describes the portfolio only."""
    if process is not None:
        return missing(Status.NOT_APPLICABLE, "describes the portfolio only")
    units = mined.of(units_of)
    passed: dict[str, list[bool]] = {}
    for p in mined.productive:
        model = guarded(mined, p)
        if model is None or p.key not in units.unit:
            continue
        told = [r for r in check(model) if r.kept is not None]
        if told:
            enough = sum(bool(r.kept) for r in told) >= (ENOUGH - 1e-9) * len(told)
            passed.setdefault(units.unit[p.key], []).append(enough)
    if not units.unit:
        return missing(Status.NOT_AVAILABLE, "units are not known", "Declare [[process]] unit = ….")
    if len(passed) < 2:
        return missing(Status.INSUFFICIENT, f"{len(passed)} units with a productive process and its model; "
                       "at least 2 are needed", "Declare [[process]] unit = ….")  # fmt: skip
    ranked = sorted(passed.items(), key=lambda pair: (sum(pair[1]) / len(pair[1]), -len(pair[1]), pair[0]))
    name, kept = ranked[0]
    value, low, high, method = interval.proportion(sum(kept), len(kept))
    return Finding(
        value=value, low=low, high=high, numerator=sum(kept), denominator=len(kept), n=len(passed), n_unit="units",
        method=f"{method} over the processes of the weakest unit; units from {units.where}",
        basis="declared" if units.where == "the project file" else "observed",
        details={"weakest": name},
        evidence=tuple(
            Evidence(case_id=None, what=f"{u}: {sum(k)} of {len(k)} productive processes keep the rules")
            for u, k in ranked[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


METRIC = Computed(id="weakest-unit-conformance", unit="share", needs=("models",), compute=compute)
