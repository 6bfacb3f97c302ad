"""Waiting: extraneous.

Share of the waiting that no other cause explains: within working hours, and the resource busy with nothing in the
log.

The five causes (batching, contention, prioritisation, unavailability, extraneous) are taken away in this order and
add up to the waiting time: from when work was ready (recorded by the engine, else the end of what enabled it) to when
a named resource began it. Closed cases of the window, in large logs a sample of about 20 000 root cases and 150 000
rows of work at most, drawn by a hash of the case id. Work that names nobody is left out, and a caveat says how much
waiting that is.

The first row of evidence tells the impact: what cycle time efficiency, Σ work / (Σ work + Σ waiting) over rows of work,
would be without this cause. Waiting that names nobody stays in it.

Formula: Σ waiting by this cause / Σ waiting by all five causes, over rows of work that waited for a named resource.

Known bias: it holds all that the log does not know, such as meetings, customers, and work in other systems.

Example: a task is ready at 9:00 and begun at 11:00 by one who was there all the time and, until 9:30, busy with a
task that came before: 1.5 of 2 hours, 0.75.

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
    return waiting_share(mined, process, "extraneous")


METRIC = Computed(
    id="waiting-extraneous-share", unit="share", better="down", needs=("start-times", "end-times", "resources"),
    compute=compute,
)  # fmt: skip
