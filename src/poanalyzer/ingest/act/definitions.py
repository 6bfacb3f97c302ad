"""Definitions and deployments of tables ``ACT_RE_*``, and which BPMN file is the model of which version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poanalyzer.ingest.act.deployed import deployed_models
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.bpmn.reader import ProcessModel
from poanalyzer.ingest.engine.definitions import Definition, by_marks, elements_by_definition, in_order

if TYPE_CHECKING:
    import ibis

#: Deployments of one name and source that follow each other within this time are copies of one release: a pipeline
#: deploys it to tenant after tenant, or every node deploys it when it starts.
RELEASE_GAP_US = 10 * 60 * 1_000_000


def definitions(export: Export, models: Sequence[ProcessModel]) -> list[Definition]:
    """Return all definitions, by key, tenant and version, with their models.

    A model that the export holds as deployed is certain; otherwise it is one of ``models``, the files, by their marks.
    Without ACT_RE_PROCDEF they are what the instances name (``key:version:id``), and no deployment is known.
    """
    if export.has("RE_PROCDEF"):
        rows = export.table("RE_PROCDEF")
        raw = rows.filter(rows.ID_.notnull() & rows.KEY_.notnull()).to_pyarrow().to_pylist()
        found = [
            Definition(
                id=row["ID_"],
                process_key=row["KEY_"],
                version=row["VERSION_"] or "1",
                name=row["NAME_"],
                version_tag=row["VERSION_TAG_"],
                tenant=row["TENANT_ID_"],
                deployment_id=row["DEPLOYMENT_ID_"],
                history_ttl=row["HISTORY_TTL_"],
            )
            for row in raw
        ]
    else:
        found = [_from_id(*pair) for pair in _named_by_instances(export)]
    found = in_order(found)
    latest = {(d.process_key, d.tenant): d.version for d in found}
    by_key: dict[str, list[ProcessModel]] = defaultdict(list)
    for model in models:
        by_key[model.key].append(model)
    deployed = deployed_models(export, [(d.id, d.process_key) for d in found])
    found = [
        replace(d, model=deployed[d.id])
        if d.id in deployed
        else _with_model(d, by_key[d.process_key], is_latest=latest[d.process_key, d.tenant] == d.version)
        for d in found
    ]
    return _told_apart(found, export)


def _told_apart(found: Sequence[Definition], export: Export) -> list[Definition]:
    """Give versions of one number but different models different labels: each tenant counts for itself.

    Models, cases and deployments are matched by process and version. The first tenant keeps the bare number.
    """
    first: dict[tuple[str, str], str] = {}
    out: list[Definition] = []
    clashes: set[str] = set()
    for definition in found:
        checksum = definition.model.checksum if definition.model else None
        if checksum and first.setdefault((definition.process_key, definition.version), checksum) != checksum:
            clashes.add(f"{definition.version} of “{definition.process_key}”")
            label = f"{definition.version} ({definition.tenant or 'no tenant'})"
            out.append(replace(definition, version=label))
        else:
            out.append(definition)
    if clashes:
        shown = ", ".join(sorted(clashes)[:3]) + (f" and {len(clashes) - 3} more" if len(clashes) > 3 else "")
        export.note(
            "note",
            f"tenants run different models under one version number ({shown}): versions then carry the tenant's name",
        )
    return out


def _with_model(definition: Definition, models: list[ProcessModel], *, is_latest: bool) -> Definition:
    """Choose the model of a definition: by its marks, else the only one.

    A single file without any mark is the model of the newest version: that is what analysts export.
    """
    chosen = by_marks(definition, models)
    if not chosen and len(models) == 1 and is_latest and not (models[0].version_tag and definition.version_tag):
        chosen = models[0]
    return replace(definition, model=chosen)


def _named_by_instances(export: Export) -> list[tuple[str, str | None]]:
    pairs: set[tuple[str, str | None]] = set()
    for table in ("HI_PROCINST", "HI_ACTINST"):
        rows = export.table(table)
        named = rows.filter(rows.PROC_DEF_ID_.notnull()).select("PROC_DEF_ID_", "PROC_DEF_KEY_").distinct()
        pairs |= {(r["PROC_DEF_ID_"], r["PROC_DEF_KEY_"]) for r in named.to_pyarrow().to_pylist()}
    return sorted(pairs, key=lambda pair: (pair[0], pair[1] or ""))


def _from_id(definition_id: str, key: str | None) -> Definition:
    parts = definition_id.split(":")
    if len(parts) == 3:
        return Definition(id=definition_id, process_key=key or parts[0], version=parts[1])
    return Definition(id=definition_id, process_key=key or definition_id, version="unknown")


def deployments_of(found: Iterable[Definition], export: Export) -> list[Definition]:
    """Return definitions with what the deployments' table and the operation log say of their deployment.

    The time to live of finished instances is the model's where the definition has none.
    """
    deployed, by_whom = _deployments(export), _deployers(export)
    return [
        replace(
            one,
            history_ttl=one.history_ttl or (one.model.history_ttl if one.model else None),
            deployed_by=by_whom.get(one.deployment_id or ""),
            **deployed.get(one.deployment_id or "", {}),
        )
        for one in found
    ]


def _deployments(export: Export) -> dict[str, dict[str, Any]]:
    """Return when and from where each deployment was made, by its id, and of which release it is a copy."""
    rows = export.table("RE_DEPLOYMENT")
    usable = rows.filter(rows.ID_.notnull() & rows.DEPLOY_TIME_.notnull()).to_pyarrow().to_pylist()
    usable.sort(key=lambda r: (r["DEPLOY_TIME_"], r["ID_"]))
    last: dict[tuple[str | None, str | None], tuple[int, str]] = {}
    found: dict[str, dict[str, Any]] = {}
    for row in usable:
        line = (row["NAME_"], row["SOURCE_"])
        before = last.get(line)
        same = before is not None and row["DEPLOY_TIME_"] - before[0] <= RELEASE_GAP_US
        release = before[1] if before is not None and same else row["ID_"]
        last[line] = (row["DEPLOY_TIME_"], release)
        found[row["ID_"]] = {
            "deployed_at": row["DEPLOY_TIME_"], "deployment_source": row["SOURCE_"], "release_id": release,
        }  # fmt: skip
    return found


def _deployers(export: Export) -> dict[str, str]:
    ops = export.table("HI_OP_LOG")
    created = ops.filter(
        (ops.ENTITY_TYPE_ == "Deployment") & (ops.OPERATION_TYPE_ == "Create") & ops.USER_ID_.notnull()
    )
    rows = created.group_by("DEPLOYMENT_ID_").agg(user=created.USER_ID_.min()).to_pyarrow().to_pylist()
    return {row["DEPLOYMENT_ID_"]: row["user"] for row in rows if row["DEPLOYMENT_ID_"]}


def lookup_tables(found: Sequence[Definition], export: Export) -> tuple[ibis.Table, ibis.Table]:
    """Return (definitions by id, model elements by definition id) as staged tables to join with."""
    import ibis
    import pyarrow as pa

    names = ("definition_id", "process_key", "version", "process_name")
    keys = [dict(zip(names, (d.id, d.process_key, d.version, d.name), strict=True)) for d in found]
    schema = pa.schema([(n, pa.string()) for n in names])
    return (
        export.keep(ibis.memtable(pa.Table.from_pylist(keys, schema)), "definitions"),
        export.keep(ibis.memtable(elements_by_definition(found)), "elements"),
    )
