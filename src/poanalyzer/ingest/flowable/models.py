"""What the models say of boundary events and event sub-processes, as small tables to join with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.engine.definitions import Definition

if TYPE_CHECKING:
    import ibis


def leaving_flows(found: Sequence[Definition], export: Export) -> ibis.Table:
    """Return (definition, boundary event, the sequence flow that leaves it)."""
    import ibis
    import pyarrow as pa

    rows = [
        {"leaves_definition": d.id, "leaves": flow.source_ref, "leaves_by": flow.element_id}
        for d in found
        if d.model
        for flow in d.model.elements
        if flow.element_type == "sequenceFlow"
        and flow.source_ref in {e.element_id for e in d.model.elements if e.attached_to}
    ]
    schema = pa.schema([(name, pa.string()) for name in ("leaves_definition", "leaves", "leaves_by")])
    return export.keep(ibis.memtable(pa.Table.from_pylist(rows, schema)), "leaving")


def event_starts(found: Sequence[Definition], export: Export) -> ibis.Table:
    """Return (definition, event sub-process, kind and reference of its start event, whether it interrupts)."""
    import ibis
    import pyarrow as pa

    rows = []
    for d in found:
        if not d.model:
            continue
        scopes = {e.element_id for e in d.model.elements if e.element_type == "eventSubProcess"}
        rows += [
            {
                "s_definition": d.id, "s_scope": e.parent_id, "s_kind": e.event_kind, "s_ref": e.event_ref,
                "s_interrupting": e.interrupting,
            }
            for e in d.model.elements
            if e.element_type == "startEvent" and e.parent_id in scopes
        ]  # fmt: skip
    names = ("s_definition", "s_scope", "s_kind", "s_ref")
    schema = pa.schema([*((name, pa.string()) for name in names), ("s_interrupting", pa.bool_())])
    return export.keep(ibis.memtable(pa.Table.from_pylist(rows, schema)), "starts")
