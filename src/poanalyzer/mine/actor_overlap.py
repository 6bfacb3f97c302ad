"""How much of the time that one kind of actor worked on a case, it worked on two things of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poanalyzer.mine.case_sample import case_work

if TYPE_CHECKING:
    import numpy as np

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def actor_overlap(
    mined: Mined, process: Process | None, actor: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return root, time with two or more rows of ``actor`` active, and with one or more (µs): by sampled case of the
    process, without one by root case together with the cases it called."""
    import numpy as np

    rows = mined.of(case_work)
    mask = (rows.actor == actor) & (rows.end > rows.begin)
    if process is not None:
        mask &= rows.process == process.ix
    unit, root = (rows.root if process is None else rows.case)[mask], rows.root[mask]
    moments = np.concatenate([rows.begin[mask], rows.end[mask]])
    steps = np.concatenate([np.ones(unit.size, dtype=np.int64), -np.ones(unit.size, dtype=np.int64)])
    where = np.concatenate([unit, unit])
    order = np.lexsort((steps, moments, where))
    where, moments, active = where[order], moments[order], np.cumsum(steps[order])
    # after its last end a case has nothing active, so that no span reaches into the next case
    span = np.append(np.diff(moments), 0)
    units, index = np.unique(where, return_inverse=True)
    shared, busy = np.zeros(units.size, dtype=np.int64), np.zeros(units.size, dtype=np.int64)
    np.add.at(shared, index[active >= 2], span[active >= 2])
    np.add.at(busy, index[active >= 1], span[active >= 1])
    _, first = np.unique(unit, return_index=True)
    return root[first], shared, busy
