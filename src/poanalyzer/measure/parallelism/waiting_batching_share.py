"""Waiting: batching.

Share of the waiting in which work waited for other work to be done with it in one go: from when it was ready until the
last row of its batch was.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and add up
to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when a named
resource began it. Unit: share of that time, 0 to 1, Σ over the rows of the sampled closed cases (at most 20 000 root
cases by a hash of their ids). Needs start and end times and resources; what names nobody is left out and told.

Known bias: a queue that one person works off without a pause looks like a batch where all of it was ready before she
began.

For example three invoices ready at 9, 10 and 11 o'clock and posted in one go at 12 waited two, one and no hours for the
batch.

Source: Lashkevich et al. (2023); batches after Martin et al. (2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.measure.sampled import waiting_share

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined, Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    return waiting_share(mined, process, "batching")


METRIC = Computed(
    id="waiting-batching-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
