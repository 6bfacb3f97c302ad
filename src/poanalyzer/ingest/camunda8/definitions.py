"""Definitions, deployments and models of Camunda 8."""

from __future__ import annotations

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.bpmn.reader import ProcessModel
from poanalyzer.ingest.camunda8.records import Records
from poanalyzer.ingest.engine.definitions import Definition, by_marks, elements_by_definition, in_order, read_model

if TYPE_CHECKING:
    import ibis


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
        if one and one.id not in found:
            found[one.id] = one
            raw[one.id] = _bytes(row["resource"])
    for at, metadata in inner:
        one = _definition(metadata, at, times, users)
        if one and not metadata.get("duplicate") and one.id not in found:
            found[one.id] = one
    ran = instances.filter(instances.definition.notnull() & instances.process_key.notnull())
    for row in ran.select("definition", "process_key", "version", "tenant").distinct().to_pyarrow().to_pylist():
        known = found.get(row["definition"])
        found[row["definition"]] = replace(known, ran=True) if known else Definition(
            id=row["definition"], process_key=row["process_key"], version=row["version"] or "unknown",
            tenant=row["tenant"], ran=True,
        )  # fmt: skip
    resources = _resources(records)
    with_models = []
    for one in found.values():
        data = raw.get(one.id) or resources.get((one.deployment_id or "", one.resource or ""), b"")
        name = f"{one.resource or one.process_key} (version {one.version})"
        own = [m for m in read_model(data, name, sink) if m.key == one.process_key] if data else []
        with_models.append(replace(one, model=own[0]) if own else one)
    return with_files(with_models, models)


def with_files(found: Iterable[Definition], models: Sequence[ProcessModel]) -> list[Definition]:
    """Give definitions without a model one of the files beside; name all after their models; sort by key and version."""
    ordered = in_order(found)
    latest = {(d.process_key, d.tenant): d.id for d in ordered}
    by_key: dict[str, list[ProcessModel]] = defaultdict(list)
    for file in models:
        by_key[file.key].append(file)
    out = []
    for one in ordered:
        model = one.model or _beside(one, by_key[one.process_key], latest[one.process_key, one.tenant] == one.id)
        name = one.name or (model.name if model else None)
        tag = one.version_tag or (model.version_tag if model else None)
        out.append(replace(one, model=model, name=name, version_tag=tag))
    return out


def _beside(one: Definition, models: Sequence[ProcessModel], is_latest: bool) -> ProcessModel | None:
    """Choose a file: one with the definition's key in its name, else by its marks, else the only one for the newest."""
    only = models[0] if len(models) == 1 and is_latest else None
    return next((m for m in models if one.id in m.source), None) or by_marks(one, models) or only


def _definition(row: dict[str, Any], at: int, times: dict[str, int], users: dict[str, str | None]) -> Definition | None:
    key, process_key = row.get("processDefinitionKey"), row.get("bpmnProcessId")
    if not key or not process_key:
        return None
    deployment = str(row["deploymentKey"]) if row.get("deploymentKey") not in (None, -1, "-1") else None
    tenant = row.get("tenantId")
    return Definition(
        id=str(key), process_key=str(process_key), version=str(row.get("version") or "1"),
        version_tag=row.get("versionTag") or None, tenant=None if tenant in (None, "", "<default>") else str(tenant),
        deployment_id=deployment, release_id=deployment, deployed_at=times.get(deployment or "", at),
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


def lookup_tables(found: Sequence[Definition], sink: Sink) -> tuple[ibis.Table, ibis.Table]:
    """Return (definitions by id, model elements by definition id) as staged tables to join with."""
    import pyarrow as pa

    names = ("definition", "process_name")
    keys = [dict(zip(names, (d.id, d.name), strict=True)) for d in found]
    return (
        sink.stage(pa.Table.from_pylist(keys, pa.schema([(n, pa.string()) for n in names])), "c8_definitions"),
        sink.stage(elements_by_definition(found), "c8_elements"),
    )
