"""Effective releases: deployments that changed the content of a model, merged where they belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: Releases of one process this close together are one.
MERGE_US = 86_400_000_000


@dataclass(frozen=True)
class Release:
    """One effective release of a process: when it began, the versions it holds, and whether a hotfix followed it."""

    at: int
    versions: tuple[str, ...]
    hotfixes: int


def effective_releases(deployments: pd.DataFrame) -> tuple[Release, ...]:
    """Return the effective releases of one process from its rows of ``deployments``, oldest first.

    Copies of one release (tenants, nodes) share ``release_id`` and count once; a deployment whose normalised content
    equals what was live before is none; what follows within 24 hours of a release is part of it (a hotfix).
    """
    rows = deployments.sort_values(["deployed_at", "version"])
    out: list[Release] = []
    live: object = None
    seen: set[object] = set()
    for row in rows.itertuples():
        content = row.checksum if isinstance(row.checksum, str) else None
        copy = isinstance(row.release_id, str) and row.release_id in seen
        if isinstance(row.release_id, str):
            seen.add(row.release_id)
        unchanged = row.is_duplicate is True if content is None else content == live
        live = content if content is not None else live
        if copy or unchanged:
            continue
        if out and row.deployed_at - out[-1].at <= MERGE_US:
            last = out[-1]
            out[-1] = Release(last.at, (*last.versions, str(row.version)), last.hotfixes + 1)
        else:
            out.append(Release(int(row.deployed_at), (str(row.version),), 0))
    return tuple(out)
