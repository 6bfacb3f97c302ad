"""Which processes and tenants an input holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.results import Contents, Held

if TYPE_CHECKING:
    from poanalyzer.eventlog.store import EventLog


def contents(log: EventLog) -> tuple[Contents, ...]:
    """Return what each input holds, counted in cases; processes and tenants by size, then by name."""
    cases = log.coded("c_cases")
    counted = cases.group_by("source", "process_key", "process_version", "tenant").agg(n=cases.count())
    rows = counted.to_pyarrow().to_pylist()
    found = []
    for record in log.inputs:
        mine = [row for row in rows if row["source"] == record.path]
        processes: dict[str, int] = {}
        versions: dict[str, set[str]] = {}
        tenants: dict[str, int] = {}
        for row in mine:
            key, tenant, version = row["process_key"], row["tenant"], row["process_version"]
            processes[key] = processes.get(key, 0) + row["n"]
            versions.setdefault(key, set()).update({version} if version else ())
            if tenant:
                tenants[tenant] = tenants.get(tenant, 0) + row["n"]
        found.append(
            Contents(
                source=record.path,
                processes=tuple(Held(name=k, cases=n, versions=len(versions[k])) for k, n in _by_size(processes)),
                tenants=tuple(Held(name=k, cases=n) for k, n in _by_size(tenants)),
            )
        )
    return tuple(found)


def _by_size(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
