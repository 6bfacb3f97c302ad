"""Service overlap share.

Share of the time with work of services active in a case in which two or more such rows of the case were: time with ≥ 2
active / time with ≥ 1 active, summed over cases. Unit: share, 0 to 1. Closed cases of the window, of at most 20 000 root
cases by a hash of their ids. It stands beside the overlap share of all work, in which tasks that merely wait in people's
lists overlap with everything.

Known bias: a service task that waits for an answer counts as active.

For example two calls of 10 seconds that begin together, then one of 20: ten seconds of thirty is a third.

Source: this project's definition, from interval overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_MACHINE
from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.measure.sampled import overlap_of

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined, Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    return overlap_of(mined, process, ACTOR_MACHINE, "no work of services took time in a closed case")


METRIC = Computed(id="service-overlap-share", unit="share", needs=("start-times", "end-times"), compute=compute)
