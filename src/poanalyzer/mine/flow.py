"""Directly-follows graph and variants of the work that ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined


#: The most frequent variants that leave the engine; the share of cases they cover is always said.
MAX_VARIANTS = 2_000


@dataclass(frozen=True)
class VariantCounts:
    """How often variants occurred in one process: the sample's coverage follows from the rare ones."""

    cases: int
    variants: int
    singletons: int
    doubletons: int


def directly_follows(mined: Mined) -> pd.DataFrame:
    """Return the directly-follows counts: ``process_ix, source, target, count, waits, wait_us``.

    ``source``/``target`` are activity numbers; a missing target is the end of a case. ``waits`` counts the pairs
    whose end and next start are known and do not overlap, ``wait_us`` is the sum of their waiting times.
    """
    log, steps = mined.log, mined.steps
    gap = steps.next_at - steps.end
    known = gap.notnull() & (gap >= 0) & steps.start.notnull()
    edges = steps.group_by(["process_ix", "activity_ix", "next_activity_ix"]).agg(
        count=steps.count(), waits=known.sum(), wait_us=known.ifelse(gap, 0).sum()
    )
    frame: pd.DataFrame = log.con.to_pandas(edges)
    frame = frame.rename(columns={"activity_ix": "source", "next_activity_ix": "target"})
    return frame.sort_values(["process_ix", "count", "source", "target"], ascending=[True, False, True, True])


def activity_counts(mined: Mined) -> pd.DataFrame:
    """Return per process and activity: ``count`` rows, ``cases`` with it, ``firsts`` cases that begin with it."""
    log, steps = mined.log, mined.steps
    per_case = steps.group_by(["process_ix", "case_ix", "activity_ix"]).agg(
        rows=steps.count(), first=(steps.pos == 0).max().cast("int64")
    )
    per = per_case.group_by(["process_ix", "activity_ix"]).agg(
        count=per_case.rows.sum(), cases=per_case.count(), firsts=per_case["first"].sum()
    )
    frame: pd.DataFrame = log.con.to_pandas(per)
    return frame.sort_values(["process_ix", "count", "activity_ix"], ascending=[True, False, True])


def variant_counts(mined: Mined) -> dict[int, VariantCounts]:
    """Return the variant counts by process number. Cases without a row of work have no variant."""
    log, cases = mined.log, mined.cases
    groups = _groups(cases)
    per = groups.group_by("process_ix").agg(
        cases=groups.cases.sum(),
        variants=groups.count(),
        singletons=(groups.cases == 1).sum(),
        doubletons=(groups.cases == 2).sum(),
    )
    return {
        int(r.process_ix): VariantCounts(int(r.cases), int(r.variants), int(r.singletons), int(r.doubletons))
        for r in log.con.to_pandas(per).itertuples()
    }


def top_variants(mined: Mined) -> pd.DataFrame:
    """Return the most frequent variants: ``process_ix, cases, activities`` (a tuple of activity numbers).

    Ties at the edge of the selection are decided by the variant's name, which its sequence alone determines.
    """
    log, steps, cases = mined.log, mined.steps, mined.cases
    groups = _groups(cases)
    top = groups.order_by([groups.cases.desc(), groups.h1, groups.h2, groups.process_ix]).limit(MAX_VARIANTS)
    kept = log.con.create_table("m_top_variants", top)
    rows = steps.join(kept.select("example", cases_of="cases"), [steps.case_ix == kept.example])
    frame = log.con.to_pandas(rows.select("process_ix", "case_ix", "pos", "activity_ix", "cases_of"))
    frame = frame.sort_values(["case_ix", "pos"])
    grouped = frame.groupby(["process_ix", "case_ix", "cases_of"], sort=False)["activity_ix"].agg(tuple).reset_index()
    out = grouped.rename(columns={"activity_ix": "activities", "cases_of": "cases"}).drop(columns="case_ix")
    return out.sort_values(["process_ix", "cases", "activities"], ascending=[True, False, True], ignore_index=True)


def _groups(cases: ibis.Table) -> ibis.Table:
    with_work = cases.filter(cases.work > 0)
    return with_work.group_by(["process_ix", "h1", "h2", "work"]).agg(
        cases=with_work.count(), example=with_work.case_ix.min()
    )
