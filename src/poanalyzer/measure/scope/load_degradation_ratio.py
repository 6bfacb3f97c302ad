"""Load-degradation ratio.

How much longer jobs wait to be picked up when there is most to do: the 95th percentile of the pick-up time (from when a
job was due to its start) in the busiest tenth of hours / in the hours around the median load (40th to 60th percentile).
Load is the number of jobs due in an hour; hours without any do not count. Jobs that failed before they were done are
left out: their start is that of the last try. Percentiles are of times rounded to three digits. 1: no degradation.

At least 200 jobs in the busiest hours are needed, and a load that varies (the busiest hour twice the median).

Formula: 95th percentile of the pick-up time in the busiest tenth of hours / the same in the hours around the
median load.

Range: 0 and above; 1 is no degradation.

Known bias: how often workers ask for work weighs on short pick-up times; nightly batches are peaks of their own kind.
Job types are taken together.

Example: 95 % of the jobs start within 2 s in median hours and within 7 s in the busiest: 3.5.

Source: this project's definition of the model's “at scale”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.mined import iso
from poanalyzer.mine.pickup import GROUPS, HOUR_US, load_bands
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MIN_JOBS = 200
MIN_SPREAD = 2.0
_WITHOUT_JOB_LOG = ("flowable", "activiti")


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the ratio with a jackknife over groups of days."""
    found = mined.of(load_bands).get(-1 if process is None else process.ix)
    asked = mined.processes if process is None else (process,)
    if found is None and all(p.engine in _WITHOUT_JOB_LOG for p in asked):
        return missing(Status.NOT_SUPPORTED, "the engine keeps no history of jobs that were done")
    if found is None:
        return missing(Status.NOT_AVAILABLE, "when jobs were due and picked up is not recorded",
                       "Export the job log (Camunda 7: ACT_HI_JOB_LOG, history level full).")  # fmt: skip
    if found["most"] < MIN_SPREAD * found["middle"]:
        return missing(Status.NOT_APPLICABLE, f"the load hardly varies: {found['most']:.0f} jobs in the busiest hour, "
                       f"{found['middle']:.0f} in the median one")  # fmt: skip
    jobs, peak, calm = int(found["jobs"]), found["peak"], found["calm"]
    if not calm or peak != peak or calm != calm:
        return missing(Status.NOT_APPLICABLE, "jobs of median hours are picked up at once: nothing to compare with")
    value = peak / calm
    drawn = _left_out(found)
    low, high = interval.jackknife(drawn, value, 0.0) if len(drawn) > 1 else (0.0, None)
    few = jobs < MIN_JOBS
    return Finding(
        value=value, low=low, high=high, n=jobs, n_unit="jobs in the busiest hours",
        method=f"jackknife over {len(drawn)} groups of days", status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{jobs} jobs in the busiest tenth of hours; at least {MIN_JOBS} are needed" if few else "",
        details={"peak_p95_s": peak / 1e6, "median_p95_s": calm / 1e6, "busiest_hour": int(found["most"]),
                 "median_hour": float(found["middle"]), "hours": int(found["hours"])},
        evidence=tuple(
            Evidence(case_id=None, when=iso(hour * HOUR_US), what=f"{load} jobs in the hour, the slowest waited "
                     f"{worst / 1e6:.1f} s")
            for hour, load, worst in found["worst"][:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


def _left_out(found: dict[str, Any]) -> list[float]:
    pairs = [(found[f"peak{g}"], found[f"calm{g}"]) for g in range(GROUPS)]
    # a missing percentile is NaN: unequal to itself
    return [a / b for a, b in pairs if a == a and b == b and a is not None and b]


METRIC = Computed(
    id="load-degradation-ratio", unit="ratio", needs=("activities", "start-times"), compute=compute, better="down"
)
