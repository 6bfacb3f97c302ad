"""Service overlap share.

Share of the time with work of services active in a case in which two or more such rows of the case were. Closed cases
of the window, in large logs a sample of about 20 000 root cases and 150 000 rows of work at most, drawn by a hash of
the case id; for the portfolio a root case is taken together with the cases it called. It stands beside the overlap
share of all work, in which tasks that merely wait in people's lists overlap with everything.

Formula: Σ time with ≥ 2 rows of services' work active / Σ time with ≥ 1, over closed cases.

Known bias: a service task that waits for an answer counts as active.

Example: two calls of 10 seconds that begin together, then one of 20: ten seconds of thirty, 0.33.

Source: this project's definition, from interval overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_MACHINE
from poanalyzer.measure.metric import Computed, Finding
from poanalyzer.measure.sampled import overlap_of

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with an interval clustered by root case."""
    return overlap_of(mined, process, ACTOR_MACHINE, "no work of services took time in a closed case")


METRIC = Computed(id="service-overlap-share", unit="share", needs=("start-times", "end-times"), compute=compute)
