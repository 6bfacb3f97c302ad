"""How long changes took from their commit to the engine: pipelines' deployments joined with those that engines recorded.

An engine knows when a model went live, a pipeline which commit it carried. The two belong together where the engine's
version tag is the pipeline's tag or commit (within a week), or where the engine's deployment came while the pipeline's job
ran or soon after it. Only effective deployments are looked at: those that changed the content of a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.mine.releases import releases_of

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined

HOUR_US = 3_600_000_000
#: A pipeline reports success when its job is done, after it deployed; applications deploy their models when they start.
BEFORE_US, AFTER_US = HOUR_US, 6 * HOUR_US
#: Models count their versions for themselves: an equal tag of long ago is another's.
TAG_AFTER_US = 7 * 24 * HOUR_US
#: A commit is named by so many of its characters at least.
_SHORTEST = 7


@dataclass(frozen=True)
class Live:
    """One effective deployment that an engine recorded: when (µs UTC), which version, and its tag."""

    at: int
    version: str
    tag: str = ""


@dataclass(frozen=True)
class Piped:
    """One deployment that a pipeline says succeeded: its time and that of its commit, the tag or commit it carried."""

    at: int
    commit: int | None
    tag: str
    sha: str = ""


@dataclass(frozen=True)
class Joined:
    """What the pipelines say of one process.

    ``pairs`` are engine's and pipeline's deployments that belong together; ``carried`` are the commits that the pipeline
    brought to production, ``failed`` its deployments that failed; ``loose`` counts the engine's since the pipeline's first
    that follow none of it. One deployment may carry several processes.
    """

    pairs: tuple[tuple[Live, Piped], ...]
    carried: frozenset[str]
    failed: frozenset[str]
    loose: int


def joined_deliveries(mined: Mined) -> dict[str, Joined]:
    """Return by process key what pipelines say of its deployments; processes of which they say nothing are not in it."""
    tags = {
        (d.process_key, d.version): d.version_tag
        for d in mined.definitions.itertuples()
        if isinstance(d.version_tag, str)
    }
    out = {}
    for key, rows in mined.deliveries.groupby("process_key"):
        live = [
            Live(at, version, tags.get((key, version), ""))
            for release in mined.of(releases_of).get(str(key), ())
            for version, at in zip(release.versions, release.deployed, strict=True)
        ]
        succeeded = rows[rows["result"] == "success"].sort_values(["deployed_at", "version"])
        dated = succeeded["lead_start"].notna()
        piped = [
            Piped(int(r.deployed_at), int(r.lead_start) if known else None, r.version, r.release_id.rpartition("@")[2])
            for r, known in zip(succeeded.itertuples(), dated, strict=True)
        ]
        pairs = join(live, piped)
        led = {e for e, _ in pairs}
        first = min((p.at for p in piped), default=0) - BEFORE_US
        out[str(key)] = Joined(
            pairs=pairs,
            carried=frozenset(p.sha for p in piped),
            failed=frozenset(rows.loc[rows["result"] == "failed", "release_id"]),
            loose=sum(e not in led and e.at >= first for e in live) if piped else 0,
        )
    return out


def join(live: Sequence[Live], piped: Sequence[Piped]) -> tuple[tuple[Live, Piped], ...]:
    """Return which deployments belong together, each at most once: those of one tag first, then the nearest in time."""
    near = sorted(
        (not _same(e, p), abs(e.at - p.at), e.at, p.at, i, j)
        for i, e in enumerate(live)
        for j, p in enumerate(piped)
        if (p.commit is None or p.commit <= e.at)
        and -BEFORE_US <= e.at - p.at <= (TAG_AFTER_US if _same(e, p) else AFTER_US)
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for *_, i, j in near:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return tuple((live[i], piped[j]) for i, j in sorted(pairs.items(), key=lambda pair: live[pair[0]].at))


def _same(live: Live, piped: Piped) -> bool:
    """Say whether the engine's version bears the tag that the pipeline deployed, or its commit."""
    tag = live.tag.lower().removeprefix("v")
    if not tag:
        return False
    return tag == piped.tag.lower().removeprefix("v") or (len(tag) >= _SHORTEST and piped.sha.startswith(tag))
