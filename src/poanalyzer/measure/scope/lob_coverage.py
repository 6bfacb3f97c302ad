"""Line-of-business coverage.

Share of the lines of business in scope that have at least one productive process. Which lines exist no log can know:
the project file says it (``[context] lines_of_business``, ``[[process]] line_of_business``).

Formula: declared lines of business with a productive process / declared lines of business.

Known bias: it is as good as the declaration: one small process serves a line as well as twenty, and a short list
of lines raises the share.

Example: five lines of business are declared, three of them have a productive process: 0.6.

Source: this project's definition of the model's “multiple lines of business”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share; it describes the portfolio only."""
    if process is not None:
        return missing(Status.NOT_APPLICABLE, "describes the portfolio only")
    scope = mined.config.context.lines_of_business
    if not scope:
        return missing(
            Status.NOT_AVAILABLE, "which lines of business exist is not declared",
            "Declare [context] lines_of_business and [[process]] line_of_business.",
        )  # fmt: skip
    served = {p.settings.line_of_business for p in mined.productive} & set(scope)
    value = len(served) / len(set(scope))
    return Finding(
        value=value, low=value, high=value, numerator=len(served), denominator=len(set(scope)), n=len(set(scope)),
        n_unit="lines of business", method="census of the declaration", basis="declared",
        evidence=tuple(
            Evidence(case_id=None, what=f"{name}: {'served' if name in served else 'no productive process'}")
            for name in sorted(set(scope))
        ),
    )  # fmt: skip


METRIC = Computed(id="lob-coverage", unit="share", needs=(), compute=compute)
