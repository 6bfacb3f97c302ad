"""Waiting: unavailability.

Share of the waiting outside the hours in which the resource works, by a weekly calendar discovered from the log: an
hour of the week is worked if something began or ended in it in at least a tenth of the weeks, or if it lies between
such hours of a day. A day begins in the longest stretch of hours of the day that are never worked.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and
add up to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when
a named resource began it. Closed cases of the window, in large logs a sample of about 20 000 root cases and 150 000
rows of work at most, drawn by a hash of the case id. Work that names nobody is left out, and a caveat says how much
waiting that is.

The first row of evidence tells the impact: what cycle time efficiency, Σ work / (Σ work + Σ waiting) over rows of work,
would be without this cause. Waiting that names nobody stays in it.

Formula: Σ waiting by this cause / Σ waiting by all five causes, over rows of work that waited for a named resource.

Known bias: a discovered calendar takes breaks for work and a person's holidays for time at work, which then count as
extraneous; a resource with fewer than twenty records has the calendar of all; hours are UTC.

Example: work is ready on Friday at 18:00 and begun on Monday at 8:00, by one who never works between: all of the 62
hours, 1.

Source: Lashkevich et al. (2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.measure.sampled import waiting_share

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    return waiting_share(mined, process, "unavailability")


METRIC = Computed(
    id="waiting-unavailability-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
