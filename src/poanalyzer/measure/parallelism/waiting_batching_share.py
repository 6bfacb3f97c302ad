"""Waiting: batching.

Share of the waiting in which work waited for other work to be done with it in one go: from when it was ready until
the last row of its batch was. A batch is two or more rows of one activity that one resource did without a minute's
pause between them and that were all ready before the first began.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and
add up to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when
a named resource began it. Closed cases of the window, in large logs a sample of about 20 000 root cases and 150 000
rows of work at most, drawn by a hash of the case id. Work that names nobody is left out, and a caveat says how much
waiting that is.

The first row of evidence tells the impact: what cycle time efficiency, Σ work / (Σ work + Σ waiting) over rows of work,
would be without this cause. Waiting that names nobody stays in it.

Formula: Σ waiting by this cause / Σ waiting by all five causes, over rows of work that waited for a named resource.

Known bias: a queue that one person works off without a pause looks like a batch where all of it was ready before she
began.

Example: three invoices are ready at 9:00, 10:00 and 11:00 and posted in one go at 12:00. They waited 6 hours, 3 of
them for the batch (two, one and no hours): 0.5.

Source: Lashkevich et al. (2023); batches after Martin et al. (2017).
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
    return waiting_share(mined, process, "batching")


METRIC = Computed(
    id="waiting-batching-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
