"""Definitions and deployments of tables ``ACT_RE_*``, and which BPMN file is the model of which version."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.deployed import deployed_models
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.act.exports import is_model
from poanalyzer.ingest.bpmn.reader import ProcessModel, elements_table, read_models
from poanalyzer.ingest.bpmn.xml import MAX_BYTES
from poanalyzer.ingest.files import InputFile

if TYPE_CHECKING:
    import ibis

#: Deployments of one name and source that follow each other within this time are copies of one release: a pipeline
#: deploys it to tenant after tenant, or every node deploys it when it starts.
RELEASE_GAP_US = 10 * 60 * 1_000_000


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A process definition: one version of one process of one tenant, and its model where the export holds it.

    ``version`` is the engine's number; it has the tenant behind it (``3 (us)``) where another tenant's version of that
    number has another model.
    """

    id: str
    key: str
    version: str
    name: str | None = None
    version_tag: str | None = None
    tenant: str | None = None
    deployment_id: str | None = None
    history_ttl: str | None = None
    model: ProcessModel | None = None


def load_models(files: Iterable[InputFile], sink: Sink) -> list[ProcessModel]:
    """Read the models among ``files``; one that is broken is left out with a warning: the tables stand without it."""
    models: list[ProcessModel] = []
    for file in files:
        if is_model(file):
            try:
                with file.open() as stream:
                    models += read_models(stream.read(MAX_BYTES + 1), file.name)
            except InputError as error:
                sink.note("warning", f"the model {error.where or file.name} is left out: {error.what}", error.fix)
    return models


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
                key=row["KEY_"],
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
    found.sort(key=lambda d: (d.key, d.tenant or "", _number(d.version), d.id))
    latest = {(d.key, d.tenant): d.version for d in found}
    by_key: dict[str, list[ProcessModel]] = defaultdict(list)
    for model in models:
        by_key[model.key].append(model)
    deployed = deployed_models(export, [(d.id, d.key) for d in found])
    found = [
        replace(d, model=deployed[d.id])
        if d.id in deployed
        else _with_model(d, by_key[d.key], is_latest=latest[d.key, d.tenant] == d.version)
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
        if checksum and first.setdefault((definition.key, definition.version), checksum) != checksum:
            clashes.add(f"{definition.version} of “{definition.key}”")
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
    """Choose the model of a definition: by version tag, then by the number in the file's name, then the only one.

    A single file without any mark is the model of the newest version: that is what analysts export.
    """
    tagged = [m for m in models if m.version_tag and m.version_tag == definition.version_tag]
    numbered = [m for m in tagged or models if _file_version(m) == definition.version]
    if len(tagged) == 1 or len({m.checksum for m in tagged}) == 1:
        chosen = tagged[0]
    elif numbered:
        chosen = numbered[0]
    elif len(models) == 1 and is_latest and not (models[0].version_tag and definition.version_tag):
        chosen = models[0]
    else:
        return definition
    return replace(definition, model=chosen)


def _file_version(model: ProcessModel) -> str | None:
    """Return the version that a file's name ends with: ``order_v2.bpmn``, ``order-2.bpmn``, ``order.2.bpmn``."""
    bare = model.source.split("!")[-1].rsplit("/", 1)[-1].lower()
    stem = re.sub(r"(\.bpmn20)?\.(bpmn|xml)(\.gz)?$", "", bare)
    found = re.search(r"(?:[-_. ]|\bv|[-_. ]v)0*(\d{1,6})$", stem)
    return found.group(1) if found else None


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
        return Definition(id=definition_id, key=key or parts[0], version=parts[1])
    return Definition(id=definition_id, key=key or definition_id, version="unknown")


def _number(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdigit() else (-1, version)


def put_definitions(found: Sequence[Definition], export: Export, sink: Sink) -> None:
    """Fill ``definitions``, ``deployments`` and ``elements``."""
    import ibis
    import pyarrow as pa

    deployed = _deployments(export)
    by_whom = _deployers(export)
    previous: dict[tuple[str, str | None], str | None] = {}
    definition_rows: list[dict[str, Any]] = []
    deployment_rows: list[dict[str, Any]] = []
    models: dict[tuple[str, str], ProcessModel] = {}
    for definition in found:
        line = (definition.key, definition.tenant)
        checksum = definition.model.checksum if definition.model else None
        deployment = deployed.get(definition.deployment_id or "")
        if definition.model:
            models.setdefault((definition.key, definition.version), definition.model)
        common = {
            "process_key": definition.key, "version": definition.version, "checksum": checksum,
            "tenant": definition.tenant, "raw_ref": f"ACT_RE_PROCDEF:{definition.id}",
        }  # fmt: skip
        definition_rows.append(
            {
                **common,
                "version_tag": definition.version_tag,
                "name": definition.name,
                "model_ref": definition.model.source if definition.model else None,
                "deployed_at": deployment["at"] if deployment else None,
                "history_ttl": definition.history_ttl or (definition.model.history_ttl if definition.model else None),
            }
        )
        if deployment:
            known = checksum is not None and (line not in previous or previous[line] is not None)
            deployment_rows.append(
                {
                    **common,
                    "deployed_at": deployment["at"],
                    "deployed_by": by_whom.get(deployment["id"]),
                    "deployment_source": deployment["source"],
                    "release_id": deployment["release"],
                    "result": "success",
                    "is_duplicate": (line in previous and previous[line] == checksum) if known else None,
                }
            )
        previous[line] = checksum
    # the schemas are given: a column of nothing but None has no type of its own
    strings = ("process_key", "version", "checksum", "tenant", "raw_ref")
    schema = [(name, pa.string()) for name in strings]
    extra = [
        ("version_tag", pa.string()),
        ("name", pa.string()),
        ("model_ref", pa.string()),
        ("history_ttl", pa.string()),
        ("deployed_at", pa.int64()),
    ]
    sink.put("definitions", ibis.memtable(pa.Table.from_pylist(definition_rows, pa.schema([*schema, *extra]))))
    extra = [(n, pa.string()) for n in ("deployed_by", "deployment_source", "release_id", "result")]
    extra += [("deployed_at", pa.int64()), ("is_duplicate", pa.bool_())]
    sink.put("deployments", ibis.memtable(pa.Table.from_pylist(deployment_rows, pa.schema([*schema, *extra]))))
    rows = elements_table((key, version, model) for (key, version), model in sorted(models.items()))
    sink.put("elements", ibis.memtable(rows))


def _deployments(export: Export) -> dict[str, dict[str, Any]]:
    """Return deployments by id, each with the id of the release that it is a copy of."""
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
        found[row["ID_"]] = {"id": row["ID_"], "at": row["DEPLOY_TIME_"], "source": row["SOURCE_"], "release": release}
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
    keys = [dict(zip(names, (d.id, d.key, d.version, d.name), strict=True)) for d in found]
    columns = ("element_id", "element_type", "name", "parent_id", "attached_to", "event_kind", "event_ref",
               "implementation", "candidate_groups", "multi_instance")  # fmt: skip
    elements = [
        {
            "definition_id": d.id,
            **{f"m_{c}": getattr(e, c) for c in columns},
            "m_interrupting": e.interrupting,
            "m_is_compensation": e.is_compensation,
        }
        for d in found
        if d.model
        for e in d.model.elements
        if e.element_type != "sequenceFlow"
    ]
    key_schema = pa.schema([(n, pa.string()) for n in names])
    flags = [("m_interrupting", pa.bool_()), ("m_is_compensation", pa.bool_())]
    schema = pa.schema([("definition_id", pa.string()), *((f"m_{c}", pa.string()) for c in columns), *flags])
    return (
        export.keep(ibis.memtable(pa.Table.from_pylist(keys, key_schema)), "definitions"),
        export.keep(ibis.memtable(pa.Table.from_pylist(elements, schema)), "elements"),
    )
