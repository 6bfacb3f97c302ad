"""Ratios over the sample of cases: sums by root case, intervals, and what to say of the sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from poanalyzer.measure.metric import MIN_CASES, Finding, missing
from poanalyzer.mine.blocks import Sums, of_units
from poanalyzer.mine.case_sample import case_work
from poanalyzer.mine.cycle_time import cycle_times, together
from poanalyzer.mine.waiting import waits
from poanalyzer.results import EVIDENCE_ROWS, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def sums_by_root(mined: Mined, roots: Iterable[int], x: Iterable[int], y: Iterable[int]) -> Sums:
    """Return exact sums over root cases of the sample, their days and weeks, with what a few long ones weigh."""
    import numpy as np

    of, parts, wholes = (np.fromiter(values, dtype=np.int64) for values in (roots, x, y))
    units, index = np.unique(of, return_inverse=True)
    sums = np.zeros((2, units.size), dtype=np.int64)
    np.add.at(sums[0], index, parts)
    np.add.at(sums[1], index, wholes)
    rows = mined.of(case_work)
    sampled, first = np.unique(rows.root, return_index=True)
    days = rows.day[first][np.searchsorted(sampled, units)]
    # squares of microseconds need more than 64 bits: the integers of Python have them
    return of_units(sums[0].tolist(), sums[1].tolist(), days.tolist(), times=True)


def too_few(mined: Mined, process: Process | None) -> str:
    """Return why the cases are too few; empty where they are not."""
    closed = sum(p.root_closed_in_window for p in mined.processes) if process is None else process.closed_in_window
    return f"{closed} closed cases in the window; at least {MIN_CASES} are needed" if closed < MIN_CASES else ""


def of_sample(mined: Mined) -> tuple[str, ...]:
    """Return the caveat of a sample; nothing where all cases are in it."""
    probability = mined.of(case_work).probability
    return (f"of a sample of cases, each drawn with probability {probability:.3g}",) if probability < 1 else ()


def overlap_of(mined: Mined, process: Process | None, actor: int, nobody: str) -> Finding:
    """Return the overlap share of the work of one kind of actor; ``nobody`` says that there is none."""
    from poanalyzer.measure import interval
    from poanalyzer.mine.actor_overlap import actor_overlap

    sums = sums_by_root(mined, *actor_overlap(mined, process, actor))
    if not sums.y:
        return missing(Status.NOT_APPLICABLE, nobody)
    value, low, high, method = interval.ratio(sums)
    few = too_few(mined, process)
    return Finding(
        value=value, low=low, high=high, numerator=sums.x / 1e6, denominator=sums.y / 1e6, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED, reason=few, caveats=of_sample(mined),
        details={"probability": mined.of(case_work).probability},
    )  # fmt: skip


def waiting_share(mined: Mined, process: Process | None, cause: str) -> Finding:
    """Return the share of one cause in the waiting time of work that names its resource.

    Caveats say how much waiting names nobody; ``details`` hold it in seconds.
    """
    import numpy as np

    from poanalyzer.measure import interval
    from poanalyzer.mine.waiting import CAUSES
    from poanalyzer.results import Evidence

    found, rows = mined.of(waits), mined.of(case_work)
    number = CAUSES.index(cause)
    mask = np.ones(found.row.size, dtype=bool) if process is None else rows.process[found.row] == process.ix
    here = np.flatnonzero(mask)
    nobody = sum(us for ix, us in found.unattributed.items() if process is None or ix == process.ix)
    part, whole = found.parts[:, number], found.parts.sum(axis=1)
    sums = sums_by_root(mined, rows.root[found.row[here]], part[here], whole[here])
    if not sums.y and nobody:
        return missing(
            Status.NOT_AVAILABLE,
            "nothing that waited names who did it",
            "Export who did each activity, or worked on it.",
        )
    if not sums.y:
        return missing(Status.NOT_APPLICABLE, "no work waited for anybody")
    value, low, high, method = interval.ratio(sums)
    few = too_few(mined, process)
    drawn = rows.probability * found.cases
    caveats: tuple[str, ...] = ()
    if drawn < 1:
        caveats = (f"of a sample of cases, each drawn with probability {drawn:.3g}",)
    if found.probability < 1:
        caveats += (f"of the work of {found.probability:.1%} of the resources",)
    if nobody:
        caveats += (f"{nobody / (nobody + sums.y):.0%} of the waiting names nobody and is left out",)
    # rows of the sample stand in order of their cases and of time, and so do those that waited as long
    longest = [k for k in here[np.argsort(-part[here], kind="stable")][: EVIDENCE_ROWS - 1].tolist() if part[k] > 0]
    names = case_ids(mined, [int(rows.case[found.row[k]]) for k in longest])
    spent = together(t for ix, t in mined.of(cycle_times).items() if process is None or ix == process.ix)
    now, then = spent.efficiency, spent.without(number)
    told = f"without it cycle time efficiency, work / (work + waiting), would be {then:.1%} in place of {now:.1%}"
    return Finding(
        value=value, low=low, high=high, numerator=sums.x / 1e6, denominator=sums.y / 1e6, n=sums.n, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED, reason=few, caveats=caveats,
        details={
            "rows": len(here), "unattributed_s": nobody / 1e6, "probability": drawn * found.probability,
            "cycle_time_efficiency": now, "cycle_time_efficiency_without": then,
        },
        evidence=(
            Evidence(case_id=None, what=told),
            *(
                Evidence(
                    case_id=names[int(rows.case[found.row[k]])],
                    what=f"{mined.activities[int(rows.activity[found.row[k]])]}: {part[k] / 3.6e9:.1f} of "
                    f"{whole[k] / 3.6e9:.1f} hours of waiting",
                )
                for k in longest
            ),
        ),
    )  # fmt: skip


def case_ids(mined: Mined, cases: Sequence[int]) -> dict[int, str]:
    """Return the ids of a few cases by their numbers."""
    if not cases:
        return {}
    rows = mined.cases.filter(mined.cases.case_ix.isin(sorted(set(cases)))).select("case_ix", "case_id")
    frame = mined.query(rows.limit(len(cases)))
    return {int(i): str(c) for i, c in zip(frame["case_ix"], frame["case_id"], strict=True)}
