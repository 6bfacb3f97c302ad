"""Portfolio roll-up coverage.

Share of the productive processes, and of the lines of business, that feed at least one KPI of the portfolio about a
business outcome; the lower of the two. Such a KPI is declared with ``portfolio = true`` and is about cost, revenue,
the customer, risk or compliance (service levels are compliance): counts of activities are no outcomes. A process
feeds it where it is one of the KPI's processes and its records carry the KPI (grade 1 or more); for one process 1 or
0. Declared evidence.

Formula: the lowest of productive processes that feed one / productive processes, the same by volume, and lines of
business with such a process / declared lines of business.

Known bias: a roll-up that was declared for the assessment counts as much as one that somebody reads; one fed process
stands for its whole line of business.

Example: revenue is rolled up over two of four processes of equal volume, both of one of the two lines of business:
0.5.

Source: this project's definition of the model's “large-scale KPIs”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.mine.trackability import dimension, kpi_grades
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

OUTCOMES = ("cost", "revenue", "customer", "risk", "compliance")


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return 1 or 0 for a process, and for the portfolio the lower of the shares of processes and lines of business."""
    if not mined.config.kpi:
        return missing(
            Status.NOT_AVAILABLE, "no KPI is declared", "Declare the portfolio's KPIs: [[kpi]] with portfolio = true."
        )
    if process is not None:
        fed = _fed(mined, process)
        value = 1.0 if fed else 0.0
        return Finding(
            value=value, low=value, high=value, numerator=len(fed), n=len(fed), n_unit="KPIs", basis="declared",
            method="census of the declarations", evidence=tuple(Evidence(case_id=None, what=name) for name in fed[:50]),
        )  # fmt: skip
    whole = share_of_processes(
        mined, lambda p: compute(mined, p), lambda f: f.value == 1, "it feeds a portfolio KPI about an outcome"
    )
    if not whole.value:
        return Finding(**{**whole.__dict__, "basis": "declared"})
    lines = set(mined.config.context.lines_of_business)
    if not lines:
        return missing(
            Status.NOT_AVAILABLE, "which lines of business exist is not declared",
            "Declare [context] lines_of_business and [[process]] line_of_business.",
        )  # fmt: skip
    reached = {p.settings.line_of_business for p in mined.productive if _fed(mined, p)} & lines
    share = len(reached) / len(lines)
    return Finding(
        **{
            **whole.__dict__, "value": min(whole.value, share), "low": min(whole.low or 0.0, share),
            "high": min(whole.high if whole.high is not None else 1.0, share), "basis": "declared",
            "details": {**whole.details, "lines_of_business": share},
        }
    )  # fmt: skip


def _fed(mined: Mined, process: Process) -> list[str]:
    grades = {k.id: k.grade or 0 for k in mined.of(kpi_grades)[process.ix]}
    return [
        k.title or k.id for k in mined.config.kpi
        if k.portfolio and k.serves(process.key) and dimension(k) in OUTCOMES and grades[k.id] >= 1
    ]  # fmt: skip


METRIC = Computed(id="portfolio-rollup-coverage", unit="share", needs=("instances",), compute=compute)
