"""Waiting: extraneous.

Share of the waiting that no other cause explains: within working hours, and the resource busy with nothing in the log.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and add up
to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when a named
resource began it. Unit: share of that time, 0 to 1, Σ over the rows of the sampled closed cases (at most 20 000 root
cases by a hash of their ids). Needs start and end times and resources; what names nobody is left out and told.

Known bias: holds all that the log does not know: meetings, customers, work in other systems.

For example a task ready at 9:00 and begun at 11:00 by one who was there and had nothing else recorded waited two hours
for no cause seen.

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
    return waiting_share(mined, process, "extraneous")


METRIC = Computed(
    id="waiting-extraneous-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
