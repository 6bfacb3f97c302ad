"""What exports of tables ``ACT_*`` can show, as far as that does not depend on the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.engine.definitions import Definition
from poanalyzer.ingest.engine.shown import put_models

if TYPE_CHECKING:
    import ibis


def newest(versions: Iterable[str | None]) -> str | None:
    """Return the highest of some version numbers; None where there is none."""
    known = [version for version in versions if version]
    return max(known, key=lambda v: [int(p) if p.isdigit() else 0 for p in v.split(".")], default=None)


def put_by_table(
    export: Export,
    sink: Sink,
    capability: str,
    table: str,
    available: Literal["yes", "partial"] = "yes",
    why: str = "",
    unlock: str = "",
) -> None:
    """Say what a table shows if it was exported; else that it was not. Without ``why`` the table is named."""
    if export.has(table):
        sink.capability(capability, available, why or f"ACT_{table}", unlock)
    else:
        sink.capability(capability, "no", f"ACT_{table} was not exported", f"Also export ACT_{table}.")


def put_central_tables(export: Export, sink: Sink, cleaned: str = "") -> None:
    """Judge instances and activities by their tables. ``cleaned``: what was removed from the first, if that is known."""
    if export.has("HI_PROCINST"):
        sink.capability("instances", "yes", f"ACT_HI_PROCINST{cleaned}")
    else:
        sink.capability(
            "instances", "partial", "ACT_HI_PROCINST was not exported; start, end and state of instances are "
            "guessed from their activities", "Also export ACT_HI_PROCINST.",
        )  # fmt: skip
    for name in ("activities", "start-times", "end-times", "element-types"):
        put_by_table(export, sink, name, "HI_ACTINST")


def put_deployments(
    export: Export, found: Sequence[Definition], cases: ibis.Table, sink: Sink, *, none: str, unlock: str
) -> None:
    """Judge models over the versions that ran, and deployments over the definitions.

    ``none`` says where models were looked for if there are none, ``unlock`` how to give them.
    """
    ran = set(cases.filter(cases.PROC_DEF_ID_.notnull()).PROC_DEF_ID_.to_pyarrow().unique().to_pylist())
    relevant = [d for d in found if d.id in ran] or list(found)
    with_model = put_models(relevant, sink, none=none, unlock=unlock)
    missing = [f"ACT_{t}" for t in ("RE_PROCDEF", "RE_DEPLOYMENT") if not export.has(t)]
    if missing:
        names = " and ".join(missing)
        verb = "was" if len(missing) == 1 else "were"
        sink.capability("deployments", "no", f"{names} {verb} not exported", f"Also export {names}.")
    elif not with_model:
        why = "versions and deployment times; without models nobody sees which versions changed"
        sink.capability("deployments", "partial", why, unlock)
    else:
        sink.capability("deployments", "yes", "ACT_RE_PROCDEF and ACT_RE_DEPLOYMENT")


def put_business_keys(cases: ibis.Table, sink: Sink) -> None:
    """Judge business keys by the instances that no other one called."""
    roots = cases.filter(cases.parent_case_id.isnull())
    row = roots.aggregate(n=roots.count(), keyed=roots.BUSINESS_KEY_.count()).to_pyarrow().to_pylist()[0]
    share = row["keyed"] / row["n"] if row["n"] else 0.0
    if share == 1:
        sink.capability("business-keys", "yes", "BUSINESS_KEY_ of every root instance")
    elif share:
        sink.capability("business-keys", "partial", f"BUSINESS_KEY_ of {share:.0%} of the root instances")
    else:
        sink.capability("business-keys", "no", "no instance has a business key", "Start instances with a business key.")
