"""Effective releases: deployments that changed the content of a model, merged where they belong together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.mine.mined import Mined

#: Releases of one process this close together are one.
MERGE_US = 86_400_000_000


@dataclass(frozen=True)
class Release:
    """One effective release of a process.

    ``at`` and ``last_at`` are its first and last deployment (µs UTC), ``versions`` what it brought, ``hotfixes`` how many
    changes followed the first within 24 hours, ``restores`` whether it brought back content that was live before what
    it replaced, ``from_source`` what deployed it (a pipeline, an application), ``deployed`` when each
    of its versions was.
    """

    at: int
    versions: tuple[str, ...]
    hotfixes: int
    last_at: int = 0
    restores: bool = False
    from_source: str | None = None
    deployed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Carried:
    """Which release (its place in the list) a version of a tenant belongs to, redeployments without change included."""

    version: str
    tenant: str
    release: int


def effective_releases(deployments: pd.DataFrame) -> tuple[Release, ...]:
    """Return the effective releases of one process from its rows of ``deployments``, oldest first.

    Copies of one release (tenants, nodes) share ``release_id`` and count once; a deployment whose normalised content
    equals what was live before is none; what follows within 24 hours of a release is part of it (a hotfix).
    """
    return _walk(deployments)[0]


def carried_versions(deployments: pd.DataFrame) -> tuple[Carried, ...]:
    """Return the release that each version of each tenant of one process carries: its content was live from then on."""
    return _walk(deployments)[1]


def releases_of(mined: Mined) -> dict[str, tuple[Release, ...]]:
    """Return the effective releases by process key."""
    return {str(key): effective_releases(rows) for key, rows in mined.deployments.groupby("process_key")}


def carriers_of(mined: Mined) -> dict[str, tuple[Carried, ...]]:
    """Return which release each deployed version carries, by process key."""
    return {str(key): carried_versions(rows) for key, rows in mined.deployments.groupby("process_key")}


def release_name(mined: Mined, key: str, number: int) -> str:
    """Return what a release of a process is called: the versions it brought."""
    return "of version " + ", ".join(mined.of(releases_of)[key][number].versions)


def _walk(deployments: pd.DataFrame) -> tuple[tuple[Release, ...], tuple[Carried, ...]]:
    rows = deployments.sort_values(["deployed_at", "version"])
    out: list[Release] = []
    carried: dict[tuple[str, str], int] = {}
    live: object = None
    seen: set[object] = set()
    past: set[str] = set()
    for row in rows.itertuples():
        content = row.checksum if isinstance(row.checksum, str) else None
        copy = isinstance(row.release_id, str) and row.release_id in seen
        if isinstance(row.release_id, str):
            seen.add(row.release_id)
        unchanged = row.is_duplicate is True if content is None else content == live
        if not (copy or unchanged):
            restores = content is not None and content in past
            if out and row.deployed_at - out[-1].at <= MERGE_US:
                last = out[-1]
                out[-1] = replace(
                    last, versions=(*last.versions, str(row.version)), hotfixes=last.hotfixes + 1,
                    last_at=int(row.deployed_at), deployed=(*last.deployed, int(row.deployed_at)),
                )  # fmt: skip
            else:
                at = int(row.deployed_at)
                source = _text(row.deployment_source)
                out.append(Release(at, (str(row.version),), 0, at, restores, source, (at,)))
        live = content if content is not None else live
        if content is not None:
            past.add(content)
        if out:
            carried.setdefault((str(row.version), _text(row.tenant) or ""), len(out) - 1)
    return tuple(out), tuple(Carried(v, t, n) for (v, t), n in carried.items())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
