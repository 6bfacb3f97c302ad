"""Orphan-definition rate.

Share of the deployed processes whose newest definition was deployed more than 90 days before the end of the window and
of which no instance was seen in the window. Copies for several tenants count once, and a redeployment without change is
the same definition. For one process 1 or 0.

The window must reach further back than 90 days, and the export at least as far as the window: else it is insufficient.

Formula: processes whose newest definition is older than 90 days and without an instance in the window / deployed
processes.

Known bias: processes that run once a year, templates and definitions for emergencies look like orphans.

Example: ten processes are deployed, two of them long ago and never started in half a year: 0.2.

Source: this project's definition; cf. unused and orphaned resources in automation governance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.assets import text
from poanalyzer.mine.executions import version_order
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

DAY_US = 86_400_000_000
DAYS = 90


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share with Wilson's interval over definitions."""
    end = mined.window.end
    first = min((p.start for p in mined.processes if p.start is not None), default=end)
    start = max(first, mined.window.start if mined.window.start is not None else first)
    if end - start <= DAYS * DAY_US:
        return missing(Status.INSUFFICIENT, f"the window shows {(end - start) // DAY_US} days; more than {DAYS} are "
                       "needed", "Export a longer history.")  # fmt: skip
    newest = _newest(mined)
    if process is not None:
        newest = [d for d in newest if d.key == process.key]
    if not newest:
        return missing(Status.NOT_AVAILABLE, "no definition with the time of its deployment is in the export",
                       "Export the definitions and deployments of all versions.")  # fmt: skip
    seen = _seen(mined)
    orphans = [
        d for d in newest
        if d.since < end - DAYS * DAY_US and not any((d.key, v) in seen for v in (*d.versions, None))
    ]  # fmt: skip
    value, low, high, method = interval.proportion(len(orphans), len(newest))
    return Finding(
        value=value, low=low, high=high, numerator=len(orphans), denominator=len(newest), n=len(newest),
        n_unit="definitions", method=f"{method} over definitions",
        evidence=tuple(
            Evidence(case_id=None, what=f"{d.key}, version {d.versions[0]}: no instance in the window",
                     when=iso(d.since))
            for d in orphans[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class _Definition:
    """The newest content of a process: since when it is deployed, and the versions that hold it, newest first."""

    key: str
    since: int
    versions: tuple[str, ...]


def _newest(mined: Mined) -> list[_Definition]:
    out = []
    rows = mined.definitions.dropna(subset=["deployed_at"])
    for key, of in rows.groupby("process_key"):
        versions = sorted({str(v) for v in of["version"]}, key=version_order, reverse=True)
        newest = of[of["version"] == versions[0]]
        content = next((c for c in newest["checksum"] if text(c)), None)
        same = of if content is None else of[of["checksum"] == content]
        held = {str(v) for v in same["version"]} if content is not None else {versions[0]}
        same = same[same["version"].isin(held)]
        out.append(_Definition(str(key), int(same["deployed_at"].min()), tuple(v for v in versions if v in held)))
    return out


def _seen(mined: Mined) -> set[tuple[str, str | None]]:
    """Return the versions of which cases were alive in the window (None: of an unknown version)."""
    versions = mined.log.coded("c_cases").select("case_ix", "process_key", version="process_version")
    cases = mined.cases.filter(mined.cases.in_window).select("case_ix")
    rows = mined.query(versions.join(cases, "case_ix").select("process_key", "version").distinct())
    return {(k, v if isinstance(v, str) else None) for k, v in zip(rows["process_key"], rows["version"], strict=True)}


METRIC = Computed(
    id="orphan-definition-rate", unit="share", needs=("deployments", "instances"), compute=compute, better="down"
)
