"""Waiting: prioritisation.

Share of the waiting in which the resource was busy with work that became ready later: it was put first.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and add up
to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when a named
resource began it. Unit: share of that time, 0 to 1, Σ over the rows of the sampled closed cases (at most 20 000 root
cases by a hash of their ids). Needs start and end times and resources; what names nobody is left out and told.

Known bias: as waiting by contention; a resource that shares an account looks as if it did.

For example a rush order that comes at 9:30 and is done before the one of 9:00, from 9:30 to 10:00, makes it wait half an
hour.

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
    return waiting_share(mined, process, "prioritisation")


METRIC = Computed(
    id="waiting-prioritisation-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
