"""Change lead time.

Median days from the start of a change (its commit) to its deployment, over deployments that say when their change began.
Nothing in an engine says it: without the records of version control or of the build it is not available, and it is never
inferred. Deployments of a pipeline (GitHub) belong to the engine's deployment of a changed model that bears their tag or
commit and followed within a week, or else came from one hour before to six hours after they succeeded. The change is live
when the engine has it.

Formula: median of (deployment − commit) in days, over deployments with a known commit.

Range: 0 days and above.

Known bias: squashed commits and long-lived branches move the start. The commit is the last one of what was deployed: the
first of a batch is older.

Example: three deployments 1, 3 and 8 days after their commits: 3 days.

Source: DORA's lead time for changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure import interval
from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.mine.lead_times import joined_deliveries
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.lead_times import Joined
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

DAY_US = 86_400_000_000
UNLOCK = (
    "Give GitHub's records beside the engine's export: gh api --paginate 'repos/OWNER/REPO/actions/runs?per_page=100' > "
    "runs.json, and the same for deployments and their statuses (docs/formats.md)."
)
#: When a change went live, of which process and version, and when it was committed.
Led = tuple[int, str, str, int]


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the median lead time in days."""
    wanted = None if process is None else process.key
    led = sorted({*_said(mined, wanted), *_joined(mined, wanted)})
    told = [j for key, j in mined.of(joined_deliveries).items() if wanted in (None, key)]
    if not led:
        return _missing(mined, told)
    days = [(at - commit) / DAY_US for at, _, _, commit in led]
    value, low, high = interval.survival_median(days, [False] * len(days))
    return Finding(
        value=value, low=low, high=high, n=len(days), n_unit="deployments", method="median, Brookmeyer–Crowley band",
        basis="inferred" if told and any(r.deploys_by_name for r in mined.log.inputs) else "observed",
        caveats=_caveats(told),
        details=dict(_details(told)),
        evidence=tuple(
            Evidence(case_id=None, what=f"{key}: version {version} went live {(at - commit) / DAY_US:.1f} days after its commit",
                     when=iso(at))
            for at, key, version, commit in led[:EVIDENCE_ROWS]
        ),
    )  # fmt: skip


def _said(mined: Mined, process: str | None) -> list[Led]:
    """Return the deployments of which the engine's own export names the start of the change."""
    rows = mined.deployments
    rows = rows[rows["lead_start"].notna() & (rows["lead_start"] <= rows["deployed_at"])]
    if process is not None:
        rows = rows[rows["process_key"] == process]
    # copies for several tenants or nodes are one deployment
    rows = rows.sort_values(["deployed_at", "version"]).drop_duplicates(["process_key", "release_id", "lead_start"])
    at, commit = rows["deployed_at"].astype("int64"), rows["lead_start"].astype("int64")
    return list(zip(at, rows["process_key"], rows["version"], commit, strict=True))


def _joined(mined: Mined, process: str | None) -> list[Led]:
    """Return the engine's effective deployments whose commit a pipeline's records name."""
    return [
        (live.at, key, live.version, piped.commit)
        for key, found in mined.of(joined_deliveries).items()
        if process in (None, key)
        for live, piped in found.pairs
        if piped.commit is not None
    ]


def _missing(mined: Mined, told: list[Joined]) -> Finding:
    if not any(r.role == "delivery" for r in mined.log.inputs):
        return missing(Status.NOT_AVAILABLE, "no deployment says when its change began", UNLOCK)
    if not told:
        return missing(
            Status.NOT_AVAILABLE, "the pipeline's deployments are not known to carry this process",
            'Say in the project file whose they are: [[input]] process = "…", beside the path of the pipeline\'s records.',
        )  # fmt: skip
    if any(j.pairs for j in told):
        return missing(Status.NOT_AVAILABLE, "the pipeline's records name no commit of a deployment", UNLOCK)
    return missing(
        Status.INSUFFICIENT, "no deployment of a changed model came with, or within six hours of, one of the pipeline's"
    )


def _details(told: list[Joined]) -> dict[str, int]:
    if not told:
        return {}
    joined = {p.sha for j in told for _, p in j.pairs}
    carried = frozenset[str]().union(*(j.carried for j in told))
    failed = frozenset[str]().union(*(j.failed for j in told))
    return {
        "joined": len(joined), "without_model_change": len(carried - joined),
        "outside_the_pipeline": sum(j.loose for j in told), "failed_commits": len(failed),
    }  # fmt: skip


def _caveats(told: list[Joined]) -> tuple[str, ...]:
    """Say what the pipeline and the engine do not have in common."""
    seen = _details(told)
    undated = sum(p.commit is None for j in told for _, p in j.pairs)
    said = (
        ("commits that the pipeline deployed and that changed no model", seen.get("without_model_change")),
        (
            "changes of models since the pipeline's first deployment that follow none of it",
            seen.get("outside_the_pipeline"),
        ),
        ("deployments of the pipeline whose commit has no known time", undated),
    )
    return tuple(f"{what}: {count:,}" for what, count in said if count)


METRIC = Computed(id="change-lead-time", unit="days", needs=("deployments",), compute=compute, better="down")
