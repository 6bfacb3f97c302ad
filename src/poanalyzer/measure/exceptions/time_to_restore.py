"""Time to restore.

Median time from the creation of a root incident to its resolution (Kaplan–Meier). Open incidents are censored at the
end of the window, and incidents closed by cancelling the work at the cancellation: nothing was restored there.
Details: the mean restricted to the first seven days, which exists where the median does not.

Counted are incidents created in the window; where the engine removes finished cases after some days, those created
since then, so that long ones are not over-represented.

The mean of the closed ones would be biased low, since long outages are the ones still open.

Formula: the earliest time t at which the estimated share still open, Π (1 − restored at tᵢ / still followed at tᵢ)
over tᵢ ≤ t, is one half or less.

Range: 0 seconds and above.

Known bias: cancelled incidents are taken to have gone on like the others, though cancelling often chooses the
hopeless ones; incidents cleared in bulk are restored late on paper.

Example: of four incidents two are restored after an hour, one after three, one is open: the median is one hour,
the restricted mean (1 + 1 + 3 + 168) / 4 hours.

Source: Kaplan and Meier (1958); Royston and Parmar (2013) for the restricted mean; DORA's recovery time,
carried over to incidents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.mined import iso
from poanalyzer.mine.recovery import WEEK, observed_from
from poanalyzer.mine.survival import cumulative_incidence
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

MIN_INCIDENTS = 20


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the Kaplan–Meier median in seconds with its log–log interval."""
    import numpy as np

    rows = mined.log.coded("exceptions")
    rows = rows.filter(
        (rows.kind == "work-item-failure") & (rows.root_id == rows.exception_id) & rows.case_ix.notnull()
    )
    begins = observed_from(mined)
    if begins is not None:
        rows = rows.join(begins, "process_ix")
        rows = rows.filter(rows.begin.isnull() | (rows.raised >= rows.begin))
    if process is not None:
        rows = rows.filter(rows.process_ix == process.ix)
    frame = mined.query(rows.select("case_id", "element_id", "raised", "cleared", "cleared_by", "raw_ref", "code"))
    if frame.empty:
        return missing(Status.NOT_APPLICABLE, "no incident in the window, although incidents are recorded")
    untold = int((frame["cleared"].isna() & frame["cleared_by"].isin(["operator", "retry", "model"])).sum())
    if untold:
        why = f"{untold} of {len(frame)} incidents were resolved, but the export does not say when"
        unlock = mined.capability(process, "incidents").unlock or "Export the history with the times of resolution."
        return missing(Status.NOT_AVAILABLE, why, unlock)
    frame = frame.sort_values(["raised", "case_id"], ignore_index=True)
    over = frame["cleared"].astype(float).fillna(mined.window.end).clip(lower=frame["raised"])
    seconds = ((over - frame["raised"]) / 1e6).to_numpy(dtype=float)
    censored = (frame["cleared"].isna() | frame["cleared_by"].isin(["cancel"])).to_numpy()
    restored = int((~censored).sum())
    worst = frame.assign(seconds=seconds, censored=censored).sort_values("seconds", ascending=False)
    evidence = tuple(
        Evidence(
            case_id=str(r.case_id), element_id=None if r.element_id != r.element_id else r.element_id,
            when=iso(r.raised), source=r.raw_ref if isinstance(r.raw_ref, str) else None,
            what=f"incident {'not restored after' if r.censored else 'restored after'} {r.seconds / 3600:.1f} h",
        )
        for r in worst.head(EVIDENCE_ROWS).itertuples()
    )  # fmt: skip
    details: dict[str, float | int | str | None] = {"incidents": len(frame), "restored": restored}
    if restored == 0:
        return Finding(
            status=Status.INSUFFICIENT, reason="no incident was restored", n=len(frame), n_unit="incidents",
            details=details, evidence=evidence,
        )  # fmt: skip
    median, low, high = interval.survival_median(seconds, censored)
    curve = cumulative_incidence(
        seconds, (~censored).astype(float), np.ones(seconds.size), np.full(seconds.size, -1.0), 1
    )
    details["restricted_mean_7d"] = curve.restricted_mean(WEEK)
    few = len(frame) < MIN_INCIDENTS
    reason = f"{len(frame)} incidents; at least {MIN_INCIDENTS} are needed" if few else ""
    if median is None:
        reason = "fewer than half of the incidents were restored: the median lies beyond what was observed"
    return Finding(
        value=median, low=low, high=high, n=len(frame), n_unit="incidents", method="Kaplan–Meier, log–log band",
        status=Status.INSUFFICIENT if few or median is None else Status.MEASURED, reason=reason, details=details,
        evidence=evidence,
    )  # fmt: skip


METRIC = Computed(id="time-to-restore", unit="s", needs=("incidents",), compute=compute, better="down")
