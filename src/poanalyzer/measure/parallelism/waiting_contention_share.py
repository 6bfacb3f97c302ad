"""Waiting: contention.

Share of the waiting in which the resource was busy with work that had been ready no later: there is too much of it.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and add up
to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when a named
resource began it. Unit: share of that time, 0 to 1, Σ over the rows of the sampled closed cases (at most 20 000 root
cases by a hash of their ids). Needs start and end times and resources; what names nobody is left out and told.

Known bias: work of the resource outside the log is not seen and falls to unavailability or extraneous waiting.

For example a clerk who finishes the order before this one from 9 to 10 makes it wait an hour by contention.

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
    return waiting_share(mined, process, "contention")


METRIC = Computed(
    id="waiting-contention-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
