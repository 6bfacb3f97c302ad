"""Human overlap share.

Share of the time with work of people active in a case in which two or more such rows of the case were. A person's
work begins when she claimed it, where that is recorded. Closed cases of the window, in large logs a sample of about
20 000 root cases and 150 000 rows of work at most, drawn by a hash of the case id; for the portfolio a root case is
taken together with the cases it called. It stands beside the overlap share of all work, in which tasks that merely
wait in people's lists overlap with everything.

Formula: Σ time with ≥ 2 rows of people's work active / Σ time with ≥ 1, over closed cases.

Known bias: without claims a task is open from when it was offered, and offers overlap more than work.

Example: one clerk checks from 9:00 to 10:00 and another from 9:30 to 11:00: half an hour of two, 0.25.

Source: this project's definition, from interval overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_HUMAN
from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.measure.sampled import overlap_of

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    return overlap_of(mined, process, ACTOR_HUMAN, "no work of people took time in a closed case")


METRIC = Computed(id="human-overlap-share", unit="share", needs=("start-times", "end-times"), compute=compute)
