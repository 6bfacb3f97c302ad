"""Definitions, deployments and models of Camunda 8."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.bpmn.reader import Element, ProcessModel, elements_table, read_models
from poanalyzer.ingest.bpmn.xml import MAX_BYTES
from poanalyzer.ingest.camunda8.records import Records
from poanalyzer.ingest.files import InputFile

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One version of one process of one tenant, by its key; ``deployed_at`` in microseconds UTC where it is recorded."""

    key: str
    process_key: str
    version: str
    name: str | None = None
    version_tag: str | None = None
    tenant: str | None = None
    deployment: str | None = None
    deployed_at: int | None = None
    deployed_by: str | None = None
    resource: str | None = None
    ran: bool = False
    model: ProcessModel | None = None


def recorded_definitions(
    records: Records, instances: ibis.Table, models: Sequence[ProcessModel], sink: Sink
) -> list[Definition]:
    """Return the definitions that the records deploy or run, with their models: deployed ones, else files beside."""
    found: dict[str, Definition] = {}
    times, users, inner = _deployments(records)
    process = records.of("PROCESS", "CREATED")
    rows = process.select("key", "at", "position", "bpmnProcessId", "version", "processDefinitionKey", "resourceName",
                          "resource", "versionTag", "tenantId", "deploymentKey", "user")  # fmt: skip
    raw: dict[str, bytes] = {}
    # every partition records a process that is distributed to it: the first is the deployment itself
    for row in sorted(rows.to_pyarrow().to_pylist(), key=lambda r: (r["at"], r["position"])):
        one = _definition(row, row["at"], times, users)
        if one and one.key not in found:
            found[one.key] = one
            raw[one.key] = _bytes(row["resource"])
    for at, metadata in inner:
        one = _definition(metadata, at, times, users)
        if one and not metadata.get("duplicate") and one.key not in found:
            found[one.key] = one
    ran = instances.filter(instances.definition.notnull() & instances.process_key.notnull())
    for row in ran.select("definition", "process_key", "version", "tenant").distinct().to_pyarrow().to_pylist():
        known = found.get(row["definition"])
        found[row["definition"]] = replace(known, ran=True) if known else Definition(
            key=row["definition"], process_key=row["process_key"], version=row["version"] or "unknown",
            tenant=row["tenant"], ran=True,
        )  # fmt: skip
    resources = _resources(records)
    with_models = []
    for one in found.values():
        data = raw.get(one.key) or resources.get((one.deployment or "", one.resource or ""), b"")
        name = f"{one.resource or one.process_key} (version {one.version})"
        own = [m for m in _read(data, name, sink) if m.key == one.process_key] if data else []
        with_models.append(replace(one, model=own[0]) if own else one)
    return with_files(with_models, models)


def with_files(found: Iterable[Definition], models: Sequence[ProcessModel]) -> list[Definition]:
    """Give definitions without a model one of the files beside; name all after their models; sort by key and version."""
    ordered = sorted(found, key=lambda d: (d.process_key, d.tenant or "", _number(d.version), d.key))
    latest = {(d.process_key, d.tenant): d.key for d in ordered}
    by_key: dict[str, list[ProcessModel]] = defaultdict(list)
    for file in models:
        by_key[file.key].append(file)
    out = []
    for one in ordered:
        model = one.model or _beside(one, by_key[one.process_key], latest[one.process_key, one.tenant] == one.key)
        name = one.name or (model.name if model else None)
        tag = one.version_tag or (model.version_tag if model else None)
        out.append(replace(one, model=model, name=name, version_tag=tag))
    return out


def _beside(one: Definition, models: Sequence[ProcessModel], is_latest: bool) -> ProcessModel | None:
    """Choose a file: by the definition's key or the version in its name, by tag, else the only one for the newest."""
    named = [m for m in models if one.key in m.source]
    tagged = [m for m in models if m.version_tag and m.version_tag == one.version_tag]
    numbered = [m for m in tagged or models if _file_version(m) == one.version]
    if named or len({m.checksum for m in tagged}) == 1:
        return (named or tagged)[0]
    if numbered:
        return numbered[0]
    return models[0] if len(models) == 1 and is_latest else None


def _file_version(model: ProcessModel) -> str | None:
    stem = re.sub(r"(\.bpmn20)?\.(bpmn|xml)(\.gz)?$", "", model.source.split("!")[-1].rsplit("/", 1)[-1].lower())
    found = re.search(r"(?:[-_. ]|\bv|[-_. ]v)0*(\d{1,6})$", stem)
    return found.group(1) if found else None


def read_model_files(files: Iterable[InputFile], sink: Sink) -> list[ProcessModel]:
    """Read the given BPMN files; one that is broken is left out with a warning."""
    models: list[ProcessModel] = []
    for file in files:
        with file.open() as stream:
            models += _read(stream.read(MAX_BYTES + 1), file.name, sink)
    return models


def read_model(text: str, name: str, sink: Sink) -> list[ProcessModel]:
    """Read a model given as text; one that is broken is left out with a warning."""
    return _read(text.encode(), name, sink)


def _read(data: bytes, name: str, sink: Sink) -> list[ProcessModel]:
    try:
        return list(read_models(data, name))
    except InputError as error:
        sink.note("warning", f"the model {error.where or name} is left out: {error.what}", error.fix)
        return []


def _definition(row: dict[str, Any], at: int, times: dict[str, int], users: dict[str, str | None]) -> Definition | None:
    key, process_key = row.get("processDefinitionKey"), row.get("bpmnProcessId")
    if not key or not process_key:
        return None
    deployment = str(row["deploymentKey"]) if row.get("deploymentKey") not in (None, -1, "-1") else None
    tenant = row.get("tenantId")
    return Definition(
        key=str(key), process_key=str(process_key), version=str(row.get("version") or "1"),
        version_tag=row.get("versionTag") or None, tenant=None if tenant in (None, "", "<default>") else str(tenant),
        deployment=deployment, deployed_at=times.get(deployment or "", at),
        deployed_by=users.get(deployment or "") or row.get("user"), resource=row.get("resourceName"),
    )  # fmt: skip


def _deployments(records: Records) -> tuple[dict[str, int], dict[str, str | None], list[tuple[int, dict[str, Any]]]]:
    """Return when and by whom each deployment was made, and the processes that deployments name."""
    rows = records.of("DEPLOYMENT", "CREATED").select("key", "at", "user", "processesMetadata", "tenantId")
    times: dict[str, int] = {}
    users: dict[str, str | None] = {}
    inner: list[tuple[int, dict[str, Any]]] = []
    for row in sorted(rows.to_pyarrow().to_pylist(), key=lambda r: (r["at"], r["key"])):
        times.setdefault(row["key"], row["at"])
        users.setdefault(row["key"], row["user"])
        named = {"tenantId": row["tenantId"], "deploymentKey": row["key"]}
        inner += [(row["at"], {**named, **metadata}) for metadata in _list(row["processesMetadata"])]
    return times, users, inner


def _resources(records: Records) -> dict[tuple[str, str], bytes]:
    """Return the files that deployments hold (brokers before 8.8 write them there too), by deployment and name."""
    rows = records.of("DEPLOYMENT", "CREATED")
    rows = rows.filter(rows.resources.notnull() & (rows.resources != "[]")).select("key", "resources")
    return {
        (row["key"], str(one.get("resourceName"))): _bytes(one.get("resource"))
        for row in rows.to_pyarrow().to_pylist()
        for one in _list(row["resources"])
    }


def _list(text: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _bytes(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "", validate=True)
    except binascii.Error:
        return b""


def _number(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdigit() else (-1, version)


def put_definitions(found: Sequence[Definition], sink: Sink) -> None:
    """Fill ``definitions``, ``deployments`` and ``elements``."""
    import ibis
    import pyarrow as pa

    previous: dict[tuple[str, str | None], str | None] = {}
    definition_rows: list[dict[str, Any]] = []
    deployment_rows: list[dict[str, Any]] = []
    models: dict[tuple[str, str], ProcessModel] = {}
    for one in found:
        line = (one.process_key, one.tenant)
        checksum = one.model.checksum if one.model else None
        if one.model:
            models.setdefault((one.process_key, one.version), one.model)
        common = {
            "process_key": one.process_key, "version": one.version, "checksum": checksum, "tenant": one.tenant,
            "deployed_at": one.deployed_at, "raw_ref": f"PROCESS:{one.key}",
        }  # fmt: skip
        model_ref = one.model.source if one.model else None
        definition_rows.append({**common, "version_tag": one.version_tag, "name": one.name, "model_ref": model_ref})
        if one.deployed_at is not None:
            known = checksum is not None and (line not in previous or previous[line] is not None)
            same = line in previous and previous[line] == checksum
            deployment_rows.append(
                {
                    **common,
                    "deployed_by": one.deployed_by,
                    "release_id": one.deployment,
                    "result": "success",
                    "is_duplicate": same if known else None,
                }
            )
        previous[line] = checksum
    # the schemas are given: a column of nothing but None has no type of its own
    names = ("process_key", "version", "checksum", "tenant", "raw_ref")
    schema = [*((n, pa.string()) for n in names), ("deployed_at", pa.int64())]
    more = [(n, pa.string()) for n in ("version_tag", "name", "model_ref")]
    sink.put("definitions", ibis.memtable(pa.Table.from_pylist(definition_rows, pa.schema([*schema, *more]))))
    more = [*((n, pa.string()) for n in ("deployed_by", "release_id", "result")), ("is_duplicate", pa.bool_())]
    sink.put("deployments", ibis.memtable(pa.Table.from_pylist(deployment_rows, pa.schema([*schema, *more]))))
    rows = elements_table((key, version, model) for (key, version), model in sorted(models.items()))
    sink.put("elements", ibis.memtable(rows))


def lookup_tables(found: Sequence[Definition], sink: Sink) -> tuple[ibis.Table, ibis.Table]:
    """Return (definitions by key, model elements by definition key) as staged tables to join with."""
    import pyarrow as pa

    names = ("definition", "process_name")
    keys = [dict(zip(names, (d.key, d.name), strict=True)) for d in found]
    columns = ("element_id", "element_type", "name", "attached_to", "event_ref", "implementation", "candidate_groups",
               "template")  # fmt: skip
    elements = [
        {
            "m_definition": d.key,
            "m_event_kind": _event_kind(d.model, e),
            **{f"m_{c}": getattr(e, c) for c in columns},
            "m_interrupting": e.interrupting,
            "m_is_compensation": e.is_compensation,
        }
        for d in found
        if d.model
        for e in d.model.elements
        if e.element_type != "sequenceFlow"
    ]
    flags = [("m_event_kind", pa.string()), ("m_interrupting", pa.bool_()), ("m_is_compensation", pa.bool_())]
    schema = pa.schema([("m_definition", pa.string()), *((f"m_{c}", pa.string()) for c in columns), *flags])
    return (
        sink.stage(pa.Table.from_pylist(keys, pa.schema([(n, pa.string()) for n in names])), "c8_definitions"),
        sink.stage(pa.Table.from_pylist(elements, schema), "c8_elements"),
    )


def _event_kind(model: ProcessModel, element: Element) -> str | None:
    """Return an event's kind; that of its start event for an event sub-process."""
    if element.element_type != "eventSubProcess":
        return element.event_kind
    inner = (e for e in model.elements if e.parent_id == element.element_id and e.element_type == "startEvent")
    return next((e.event_kind for e in inner), None)
