"""How much of the time that one kind of actor worked on a case, it worked on two things of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.mine.case_sample import case_work

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def actor_overlap(mined: Mined, process: Process | None, actor: int) -> tuple[list[int], list[int], list[int]]:
    """Return by sampled case: root, time with two or more rows of ``actor`` active, and with one or more, µs."""
    import numpy as np

    rows = mined.of(case_work)
    mask = (rows.actor == actor) & (rows.end > rows.begin)
    if process is not None:
        mask &= rows.process == process.ix
    case, root = rows.case[mask].tolist(), rows.root[mask].tolist()
    moments = np.concatenate([rows.begin[mask], rows.end[mask]])
    steps = np.concatenate([np.ones(len(case), dtype=np.int64), -np.ones(len(case), dtype=np.int64)])
    where = np.concatenate([rows.case[mask], rows.case[mask]])
    order = np.lexsort((steps, moments, where))
    where, moments, active = where[order], moments[order], np.cumsum(steps[order])
    # after its last end a case has nothing active, so that no span reaches into the next case
    span = np.append(np.diff(moments), 0)
    cases, index = np.unique(where, return_inverse=True)
    shared, busy = np.zeros(cases.size, dtype=np.int64), np.zeros(cases.size, dtype=np.int64)
    np.add.at(shared, index[active >= 2], span[active >= 2])
    np.add.at(busy, index[active >= 1], span[active >= 1])
    of = dict(zip(case, root, strict=True))
    return [of[c] for c in cases.tolist()], shared.tolist(), busy.tolist()
