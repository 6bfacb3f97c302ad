"""Versions of processes with their models, and the releases that they make, as canonical rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.eventlog.schema import TABLES, TIME
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.bpmn.reader import Element, ProcessModel, elements_table, read_models
from poanalyzer.ingest.bpmn.xml import MAX_BYTES
from poanalyzer.ingest.files import InputFile

if TYPE_CHECKING:
    import pyarrow as pa

#: What is known of an element beside its interrupting and compensating.
_ELEMENT = ("element_id", "element_type", "name", "parent_id", "attached_to", "event_ref", "implementation",
            "candidate_groups", "multi_instance", "template")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One version of one process of one tenant: how it was deployed, where that is recorded, and its model if it is known.

    ``id`` is the engine's, ``version`` its number; ``deployed_at`` in microseconds UTC. ``deployment_id`` and ``resource`` name
    the deployed file, ``release_id`` what was deployed together. ``ran``: whether an instance of it is in the export.
    """

    id: str
    process_key: str
    version: str
    name: str | None = None
    version_tag: str | None = None
    tenant: str | None = None
    history_ttl: str | None = None
    deployment_id: str | None = None
    resource: str | None = None
    deployed_at: int | None = None
    deployed_by: str | None = None
    deployment_source: str | None = None
    release_id: str | None = None
    ran: bool = False
    model: ProcessModel | None = None


def in_order(found: Iterable[Definition]) -> list[Definition]:
    """Return definitions by key, tenant and version."""
    return sorted(found, key=lambda d: (d.process_key, d.tenant or "", _number(d.version), d.id))


def _number(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdigit() else (-1, version)


def read_model(data: bytes, name: str, sink: Sink) -> list[ProcessModel]:
    """Read the models of a BPMN file; one that is broken is left out with a warning: the log stands without it."""
    try:
        return list(read_models(data, name))
    except InputError as error:
        sink.note("warning", f"the model {error.where or name} is left out: {error.what}", error.fix)
        return []


def read_model_files(files: Iterable[InputFile], sink: Sink) -> list[ProcessModel]:
    """Read the given BPMN files; one that is broken is left out with a warning."""
    models: list[ProcessModel] = []
    for file in files:
        with file.open() as stream:
            models += read_model(stream.read(MAX_BYTES + 1), file.name, sink)
    return models


def by_marks(definition: Definition, models: Sequence[ProcessModel]) -> ProcessModel | None:
    """Choose the model of a definition among files: by its version tag, else by the number in the file's name."""
    tagged = [m for m in models if m.version_tag and m.version_tag == definition.version_tag]
    if len({m.checksum for m in tagged}) == 1:
        return tagged[0]
    return next((m for m in tagged or models if _file_version(m) == definition.version), None)


def _file_version(model: ProcessModel) -> str | None:
    """Return the version that a file's name ends with: ``order_v2.bpmn``, ``order-2.bpmn``, ``order.2.bpmn``."""
    bare = model.source.split("!")[-1].rsplit("/", 1)[-1].lower()
    stem = re.sub(r"(\.bpmn20)?\.(bpmn|xml)(\.gz)?$", "", bare)
    found = re.search(r"(?:[-_. ]|\bv|[-_. ]v)0*(\d{1,6})$", stem)
    return found.group(1) if found else None


def put_definitions(found: Sequence[Definition], sink: Sink, ref: str) -> None:
    """Fill ``definitions``, ``deployments`` and ``elements`` from definitions in order; ``ref`` names where they stand.

    A deployment is a duplicate where its model is that of the version before; where either is unknown, so is that.
    """
    previous: dict[tuple[str, str | None], str | None] = {}
    definitions: list[dict[str, Any]] = []
    deployments: list[dict[str, Any]] = []
    models: dict[tuple[str, str], ProcessModel] = {}
    for one in found:
        line = (one.process_key, one.tenant)
        checksum = one.model.checksum if one.model else None
        if one.model:
            models.setdefault((one.process_key, one.version), one.model)
        common = {
            "process_key": one.process_key, "version": one.version, "checksum": checksum, "tenant": one.tenant,
            "deployed_at": one.deployed_at, "raw_ref": f"{ref}:{one.id}",
        }  # fmt: skip
        definitions.append({
            **common, "version_tag": one.version_tag, "name": one.name, "history_ttl": one.history_ttl,
            "model_ref": one.model.source if one.model else None,
        })  # fmt: skip
        if one.deployed_at is not None:
            known = checksum is not None and (line not in previous or previous[line] is not None)
            same = line in previous and previous[line] == checksum
            deployments.append({
                **common, "deployed_by": one.deployed_by, "deployment_source": one.deployment_source,
                "release_id": one.release_id, "result": "success", "is_duplicate": same if known else None,
            })  # fmt: skip
        previous[line] = checksum
    put_versions(definitions, deployments, models, sink)


def put_versions(
    definitions: Sequence[dict[str, Any]],
    deployments: Sequence[dict[str, Any]],
    models: Mapping[tuple[str, str], ProcessModel],
    sink: Sink,
) -> None:
    """Fill ``definitions``, ``deployments`` and, from the model of each (process, version), ``elements``."""
    sink.put("definitions", _canonical("definitions", definitions))
    sink.put("deployments", _canonical("deployments", deployments))
    sink.put("elements", elements_table((key, version, model) for (key, version), model in sorted(models.items())))


def _canonical(table: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows with the types of a canonical table: a column of nothing but None has no type of its own."""
    import pyarrow as pa

    types = {TIME: pa.int64(), "string": pa.string(), "boolean": pa.bool_()}
    kinds = {name: kind.rstrip("!") for name, kind in TABLES[table].items() if name != "source"}
    return pa.Table.from_pylist(list(rows), pa.schema([(name, types[kind]) for name, kind in kinds.items()]))


def elements_by_definition(found: Iterable[Definition]) -> pa.Table:
    """Return what the models say of their elements, to join with by ``definition_id`` and ``m_element_id``."""
    import pyarrow as pa

    rows = [
        {
            "definition_id": d.id,
            **{f"m_{c}": getattr(e, c) for c in _ELEMENT},
            "m_name": " ".join((e.name or "").split()) or None,  # modellers break names over lines
            "m_event_kind": _event_kind(d.model, e),
            "m_interrupting": e.interrupting,
            "m_is_compensation": e.is_compensation,
        }
        for d in found
        if d.model
        for e in d.model.elements
        if e.element_type != "sequenceFlow"
    ]
    names = ("definition_id", *(f"m_{c}" for c in _ELEMENT), "m_event_kind")
    flags = [("m_interrupting", pa.bool_()), ("m_is_compensation", pa.bool_())]
    return pa.Table.from_pylist(rows, pa.schema([*((name, pa.string()) for name in names), *flags]))


def _event_kind(model: ProcessModel, element: Element) -> str | None:
    """Return an event's kind; that of its start event for an event sub-process."""
    if element.element_type != "eventSubProcess":
        return element.event_kind
    inner = (e for e in model.elements if e.parent_id == element.element_id and e.element_type == "startEvent")
    return next((e.event_kind for e in inner), None)
