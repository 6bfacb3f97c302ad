"""Human overlap share.

Share of the time with work of people active in a case in which two or more such rows of the case were: time with ≥ 2
active / time with ≥ 1 active, summed over cases. A person's work begins when she claimed it, where that is recorded.
Unit: share, 0 to 1. Closed cases of the window, of at most 20 000 root cases by a hash of their ids. It stands beside the
overlap share of all work, in which tasks that merely wait in people's lists overlap with everything.

Known bias: without claims a task is open from when it was offered, and offers overlap more than work.

For example one clerk checks from 9 to 10 and another from 9:30 to 11: half an hour of two is a quarter.

Source: this project's definition, from interval overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_HUMAN
from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.measure.sampled import overlap_of

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined, Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    return overlap_of(mined, process, ACTOR_HUMAN, "no work of people took time in a closed case")


METRIC = Computed(id="human-overlap-share", unit="share", needs=("start-times", "end-times"), compute=compute)
