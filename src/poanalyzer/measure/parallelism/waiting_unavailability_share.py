"""Waiting: unavailability.

Share of the waiting outside the hours in which the resource works, by a weekly calendar discovered from the log.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and add up
to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when a named
resource began it. Unit: share of that time, 0 to 1, Σ over the rows of the sampled closed cases (at most 20 000 root
cases by a hash of their ids). Needs start and end times and resources; what names nobody is left out and told.

Known bias: a discovered calendar takes breaks for work and rare weekends for holidays; hours are UTC. Holidays of a
person look like extraneous waiting.

For example work that is ready on Friday at 18:00 and begun on Monday at 8:00, by one who never works between, waited 62
hours for this.

Source: Lashkevich et al. (2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.measure.sampled import waiting_share

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined, Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    return waiting_share(mined, process, "unavailability")


METRIC = Computed(
    id="waiting-unavailability-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
