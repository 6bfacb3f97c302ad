"""Shares of executions: rows of work by element, of which some are of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, Finding
from poanalyzer.mine.blocks import Sums
from poanalyzer.mine.executions import jackknifed
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    import pandas as pd


def share_of_executions(rows: pd.DataFrame, closed: int, shown: pd.Series, what: str) -> Finding:
    """Return Σ ``x`` / Σ ``rows`` with a jackknife over groups of cases.

    Args:
        rows: at least one row, as :func:`poanalyzer.mine.executions.modelled_executions` gives them, with ``x``, how many
            of the executions are of the kind.
        closed: closed cases in the window.
        shown: of the rows to look up, their executions; ``what`` says what they are.
    """
    value, drawn = jackknifed(rows, lambda part: float(part["x"].sum()) / float(part["rows"].sum()))
    of_kind, ran = int(rows["x"].sum()), int(rows["rows"].sum())
    if len(drawn) > 1 and min(drawn) < max(drawn):
        low, high = interval.jackknife(drawn, value, 0.0)
        method = f"jackknife over {len(drawn)} groups of cases"
    else:
        _, low, high, method = interval.ratio(Sums(closed, of_kind, ran, 0, 0, 0))
    few = closed < MIN_CASES
    by_name = shown.groupby(rows["activity"]).sum().sort_values(ascending=False, kind="stable")
    return Finding(
        value=value, low=low, high=min(1.0, high), numerator=of_kind, denominator=ran, n=closed, method=method,
        status=Status.INSUFFICIENT if few else Status.MEASURED,
        reason=f"{closed} closed cases in the window; at least {MIN_CASES} are needed" if few else "",
        evidence=tuple(
            Evidence(case_id=None, what=f"{name}: {count} executions {what}")
            for name, count in by_name.head(EVIDENCE_ROWS).items()
        ),
    )  # fmt: skip
