"""Life-cycle coverage.

How many of the six stages of a process's life the platform shows, of those that the export can show: a model, a
deployment, instances that ran, work of both people and machines (or decisions), operation (failed tries or incidents
recorded and followed), and improvement (a second effective release). For one process the share of the stages; for the
portfolio the share of productive processes with five of six, unweighted or by volume, whichever is lower.

Stages that the export cannot show are unknown: they make the bounds. With fewer than four of six visible it is not
available.

Formula: stages shown / 6; upper bound (shown + not visible) / 6; for the portfolio processes with at least 5 of 6
/ productive processes, unweighted or by volume, the lower.

Known bias: a stage counts when it shows once, however poorly it is done; a process in which nothing ever failed
shows no operation.

Example: four stages are shown, one is not and one cannot be seen: 4 / 6 = 0.67, at most 5 / 6 = 0.83.

Source: this project's definition of the model's “entire process lifecycle”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_HUMAN, ACTOR_MACHINE
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.mine.endpoints import endpoint_counts
from poanalyzer.mine.episodes import build_episodes
from poanalyzer.mine.releases import releases_of
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

STAGES = 6
ENOUGH = 5 / 6
MIN_VISIBLE = 4


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of stages shown, or of processes that show five of six."""
    if process is None:
        return share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: (f.value or 0.0) >= ENOUGH - 1e-9, "five of six stages shown"
        )
    shown = stages(mined, process)
    visible = [s for s in shown.values() if s is not None]
    if len(visible) < MIN_VISIBLE:
        return missing(
            Status.NOT_AVAILABLE,
            f"only {len(visible)} of {STAGES} stages of the life cycle can be seen in the export",
            "Export models, deployments and the engine's failure records beside the instances.",
        )
    unknown = STAGES - len(visible)
    value = sum(visible) / STAGES
    upper = (sum(visible) + unknown) / STAGES
    words = {True: "shown", False: "not shown", None: "cannot be seen in this export"}
    return Finding(
        value=value,
        low=value,
        high=upper,
        lower_bound=value if unknown else None,
        upper_bound=upper if unknown else None,
        numerator=sum(visible),
        denominator=STAGES,
        n=STAGES,
        n_unit="stages",
        method="census of the stages",
        evidence=tuple(Evidence(case_id=None, what=f"{stage}: {words[seen]}") for stage, seen in shown.items()),
    )


def stages(mined: Mined, process: Process) -> dict[str, bool | None]:
    """Return each stage with whether it shows; None where the export cannot show it."""
    elements = mined.elements
    modelled = len(elements) > 0 and bool((elements["process_key"] == process.key).any())
    releases = mined.of(releases_of).get(process.key, ())
    work = mined.of(endpoint_counts)
    actors = set(work[work["process_ix"] == process.ix]["actor"])
    can = {
        c: mined.capability(process, c).available != "no" for c in ("models", "deployments", "attempts", "incidents")
    }
    episodes = (
        mined.of(build_episodes).filter(mined.of(build_episodes).process_ix == process.ix)
        if mined.has_failures
        else None
    )
    followed = episodes is not None and bool(mined.scalar(episodes.count()))
    return {
        "model": modelled if can["models"] else None,
        "deploy": bool(releases) if can["deployments"] else None,
        "execute": process.closed > 0,
        "people and systems": {ACTOR_HUMAN, ACTOR_MACHINE} <= actors,
        "operate": followed if can["attempts"] or can["incidents"] else None,
        "improve": len(releases) >= 2 if can["deployments"] else None,
    }


METRIC = Computed(id="lifecycle-coverage", unit="share", needs=("activities",), compute=compute)
