"""Contribution evidence.

Share of the portfolio's KPIs (``portfolio = true``) that a release of a process demonstrably moved for the better: an
interrupted time series, or days on which the old and the new version ran side by side, with a credible gain that no
other figure paid for. A KPI must have twelve complete months before anything is said of it. Only measures of the
catalogue of which effects are estimated count (cycle time, exception rate, rework, success rate); what a KPI of
another measure owes to orchestration no log can tell, and it stays in the denominator.

Formula: portfolio KPIs with a credible gain from a release / declared portfolio KPIs.

Known bias: benefits that were agreed outside the engine are not seen.

Example: of two portfolio KPIs, cycle time fell by a fifth with a release and stayed, revenue has no estimate: 0.5.

Source: this project's definition; the designs are those of the sustained improvement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.effects import outcomes
from poanalyzer.mine.releases import release_name
from poanalyzer.mine.trackability import kpi_grades
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.kpis import Kpi
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MONTHS = 12


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of the portfolio's KPIs; it describes the portfolio only."""
    if process is not None:
        return missing(Status.NOT_APPLICABLE, "describes the portfolio only")
    asked = [k for k in mined.config.kpi if k.portfolio]
    if not asked:
        return missing(
            Status.NOT_AVAILABLE, "no KPI of the portfolio is declared",
            "Declare the portfolio's KPIs: [[kpi]] with portfolio = true.",
        )  # fmt: skip
    months = min(_months(mined, k) for k in asked)
    if months < MONTHS:
        return missing(
            Status.NOT_AVAILABLE, f"{months} complete months of a portfolio KPI; at least {MONTHS} are needed",
            "Export a year of history, and declare measures that the records carry.",
        )  # fmt: skip
    moved = {k.id: _moved(mined, k) for k in asked}
    good = [k for k in asked if moved[k.id]]
    value, low, high, _ = interval.proportion(len(good), len(asked))
    return Finding(
        value=value, low=low, high=high, numerator=len(good), denominator=len(asked), n=len(asked), n_unit="KPIs",
        method="Wilson over KPIs; effects by interrupted time series or same days",
        evidence=tuple(
            Evidence(case_id=None, what=f"{k.title or k.id}: {moved[k.id] or 'no credible estimate'}") for k in asked[:50]
        ),
    )  # fmt: skip


def _months(mined: Mined, kpi: Kpi) -> int:
    served = [g for p in mined.productive if kpi.serves(p.key) for g in mined.of(kpi_grades)[p.ix] if g.id == kpi.id]
    return max((sum(m.complete and m.computable for m in g.months) for g in served), default=0)


def _moved(mined: Mined, kpi: Kpi) -> str:
    """Return the credible gains of a KPI in words; empty where there is none."""
    gains = [
        f"{release_name(mined, o.process, o.release)} of {o.process}, {e.gain:.0%} better"
        for o in mined.of(outcomes) if kpi.serves(o.process) and o.hit for e in o.improved if e.figure == kpi.measure
    ]  # fmt: skip
    return ", ".join(gains)


METRIC = Computed(id="contribution-evidence", unit="share", needs=("instances", "deployments"), compute=compute)
