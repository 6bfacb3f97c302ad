"""The rows of work of a sample of closed cases: for what has to look at a case as a whole.

Root cases are drawn by a hash of their id, with all that descends from them, so that the sample depends neither on the order
of rows nor on the number of threads nor on the format; the probability to be drawn is told with whatever is computed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.blocks import day_of

if TYPE_CHECKING:
    import ibis
    import numpy as np

    from poanalyzer.mine.mined import Mined

#: At most about this many root cases, and about this many rows of work.
CASES, ROWS = 20_000, 150_000
#: Lots are the first five hexadecimal digits of the hash: those below a whole number of these are drawn.
LOTS = 16**5


@dataclass(frozen=True)
class CaseWork:
    """Rows of work with both times, by case and then by time; arrays of one length, times in µs.

    ``begin`` is when work on the row began: when a person claimed it, where that is recorded, else its start. ``enabled`` is
    when the engine made it ready, −1 where that is not recorded. ``resource`` is −1 where nobody is named. ``lot`` is what
    the row's root case drew: those below ``drawn`` of all :data:`LOTS` are in the sample. ``day`` (since 1970) is when the
    root case began.
    """

    case: np.ndarray[Any, Any]
    root: np.ndarray[Any, Any]
    process: np.ndarray[Any, Any]
    activity: np.ndarray[Any, Any]
    resource: np.ndarray[Any, Any]
    actor: np.ndarray[Any, Any]
    begin: np.ndarray[Any, Any]
    end: np.ndarray[Any, Any]
    enabled: np.ndarray[Any, Any]
    lot: np.ndarray[Any, Any]
    day: np.ndarray[Any, Any]
    drawn: int

    @property
    def probability(self) -> float:
        """The probability of a root case to be in the sample."""
        return self.drawn / LOTS

    def cases(self) -> list[tuple[int, int]]:
        """Return first and last + 1 row of each case."""
        import numpy as np

        if not self.case.size:
            return []
        cuts = [0, *(np.flatnonzero(np.diff(self.case)) + 1).tolist(), self.case.size]
        return list(pairwise(cuts))


def case_work(mined: Mined) -> CaseWork:
    """Draw the sample and fetch its rows."""
    import numpy as np

    chosen, drawn = _chosen(mined)
    frame = mined.query(_rows_of(mined, chosen))
    # rows alike in all of these are alike in everything: numbers stand for names in the order of the names
    keys = ["case_ix", "begin", "end", "activity_ix", "resource_ix", "actor", "enabled"]
    frame = frame.sort_values(keys, ignore_index=True, kind="stable")

    def whole(name: str) -> np.ndarray[Any, Any]:
        return np.asarray(frame[name], dtype=np.int64)

    return CaseWork(
        case=whole("case_ix"), root=whole("root_ix"), process=whole("process_ix"), activity=whole("activity_ix"),
        resource=whole("resource_ix"), actor=whole("actor"), begin=whole("begin"), end=whole("end"),
        enabled=whole("enabled"), lot=np.array([int(lot, 16) for lot in frame["lot"]], dtype=np.int64), day=whole("day"),
        drawn=drawn,
    )  # fmt: skip


def _chosen(mined: Mined) -> tuple[ibis.Table, int]:
    cases = mined.cases.filter(mined.cases.closed & mined.cases.in_window)
    row = mined.query(cases.agg(roots=cases.root_ix.nunique(), rows=cases.bounded.sum())).iloc[0]
    roots, rows = (0 if v is None or v != v else int(v) for v in (row["roots"], row["rows"]))
    # the threshold is a whole number of lots, and the probability said is exactly that
    drawn = max(1, int(min(1.0, CASES / max(roots, 1), ROWS / max(rows, 1)) * LOTS))
    lots = mined.cases.select(
        root_ix="case_ix", lot=mined.cases.case_id.hexdigest("md5").left(5), day=day_of(mined.cases)
    )
    if drawn < LOTS:
        lots = lots.filter(lots.lot < f"{drawn:05x}")
    return cases.join(lots, "root_ix").select("case_ix", "root_ix", "lot", "day"), drawn


def _rows_of(mined: Mined, chosen: ibis.Table) -> ibis.Table:
    rows = timed_work(mined).join(chosen, "case_ix")
    return rows.select(
        "case_ix", "root_ix", "lot", "day", "process_ix", "activity_ix", "actor", "begin", "end", "resource_ix", "enabled"
    )  # fmt: skip


def timed_work(mined: Mined) -> ibis.Table:
    """Return work rows of the engines with both times: ``begin`` and ``enabled`` as :class:`CaseWork` has them, and
    ``resource_ix`` the number of the named resource, −1 for none."""
    import ibis

    acts = mined.log.coded("c_acts")
    acts = acts.filter(acts.work & acts.start.notnull() & (acts.end >= acts.start))
    inside = mined.log.coded("d_process").filter(ibis._.outside == ibis.literal(False)).select("process_ix")
    acts = acts.semi_join(inside, "process_ix").left_join(_named(mined), "resource_ix").drop("resource_ix_right")
    claimed = (acts.assigned >= acts.start) & (acts.assigned <= acts.end)
    begin = ibis.ifelse(claimed.fill_null(False), acts.assigned, acts.start)
    ready = ibis.ifelse(
        (acts.scheduled <= begin).fill_null(False), acts.scheduled, ibis.ifelse(begin > acts.start, acts.start, -1)
    )
    return acts.select(
        "case_ix", "process_ix", "activity_ix", "actor", "end", begin=begin, enabled=ready,
        resource_ix=acts.named.fill_null(-1),
    )  # fmt: skip


def _named(mined: Mined) -> ibis.Table:
    """Return the number of each named resource: one for all of its roles."""
    who = mined.log.coded("d_resource").filter(lambda t: t.resource.notnull())
    one = who.group_by("resource").agg(named=who.resource_ix.min())
    return who.join(one, "resource").select("resource_ix", "named")
