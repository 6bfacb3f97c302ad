"""Models as the engine keeps them: resources of deployments (ACT_GE_BYTEARRAY), and what its REST interface answers.

Only bytes that a process definition names as its resource are read. The same table holds the content of variables, which
is serialised code: it is never looked at.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.ingest.act.export import Export
from poanalyzer.ingest.bpmn.reader import ProcessModel, read_models

if TYPE_CHECKING:
    import ibis

#: How many models are in memory at a time.
_AT_ONCE = 64
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def deployed_models(export: Export, keys: Collection[tuple[str, str]]) -> dict[str, ProcessModel]:
    """Return the models that were deployed, by definition id.

    Args:
        export: the staged tables.
        keys: (definition id, process key) of every definition.

    A resource that cannot be read is left out with a warning: the definition stands without a model.
    """
    of_resource: dict[str, tuple[ProcessModel, ...]] = {}
    by_content: dict[bytes, tuple[ProcessModel, ...]] = {}
    key_of = dict(keys)
    found: dict[str, ProcessModel] = {}
    for definition_id, source, content in _resources(export):
        if definition_id not in key_of:
            continue
        if source not in of_resource:
            of_resource[source] = _read(export, source, content, by_content)
        model = next((m for m in of_resource[source] if m.key == key_of[definition_id]), None)
        if model:
            found.setdefault(definition_id, model)
    return found


def _read(
    export: Export, source: str, content: str, by_content: dict[bytes, tuple[ProcessModel, ...]]
) -> tuple[ProcessModel, ...]:
    """Return the models of a resource; one content is read once, however many tenants and versions deploy it."""
    try:
        data = resource_bytes(content)
        mark = hashlib.sha256(data).digest()
        if mark not in by_content:
            by_content[mark] = read_models(data, source)
    except InputError as error:
        export.note("warning", f"the model {error.where or source} is left out: {error.what}", error.fix)
        return ()
    return tuple(replace(model, source=source) for model in by_content[mark])


def _resources(export: Export) -> Iterator[tuple[str, str, str]]:
    """Yield (definition id, what to call the resource, its content as text), by definition id."""
    for definition_id, content in _answers(export):
        yield definition_id, f"{definition_id}.bpmn", content
    if not export.has("GE_BYTEARRAY") or not export.has("RE_PROCDEF"):
        return
    definitions = export.table("RE_PROCDEF")
    definitions = definitions.filter(definitions.ID_.notnull() & definitions.RESOURCE_NAME_.notnull())
    used: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in definitions.select("ID_", "DEPLOYMENT_ID_", "RESOURCE_NAME_").to_pyarrow().to_pylist():
        used[row["DEPLOYMENT_ID_"], row["RESOURCE_NAME_"]].append(row["ID_"])
    rows = export.table("GE_BYTEARRAY")
    named = definitions.select(d_deployment="DEPLOYMENT_ID_", d_name="RESOURCE_NAME_").distinct()
    rows = rows.filter(rows.BYTES_.notnull()).inner_join(
        named, [("DEPLOYMENT_ID_", "d_deployment"), ("NAME_", "d_name")]
    )
    rows = export.keep(rows.select("ID_", "DEPLOYMENT_ID_", "NAME_", "BYTES_"), "resources")
    for row in _in_order(rows, "ID_"):
        for definition_id in sorted(used[row["DEPLOYMENT_ID_"], row["NAME_"]]):
            yield definition_id, f"{row['DEPLOYMENT_ID_']}/{row['NAME_']}", row["BYTES_"]


def _answers(export: Export) -> Iterator[tuple[str, str]]:
    rows = export.table("MODEL")
    rows = rows.filter(rows.PROC_DEF_ID_.notnull() & rows.XML_.notnull())
    for row in _in_order(rows, "PROC_DEF_ID_"):
        yield row["PROC_DEF_ID_"], row["XML_"]


def _in_order(rows: ibis.Table, key: str) -> Iterator[dict[str, Any]]:
    """Yield rows by a column, a few at a time: models are long."""
    keys = sorted(rows.filter(rows[key].notnull()).select(key).distinct().to_pyarrow()[key].to_pylist())
    for start in range(0, len(keys), _AT_ONCE):
        yield from sorted(
            rows.filter(rows[key].isin(keys[start : start + _AT_ONCE])).to_pyarrow().to_pylist(),
            key=lambda row: [str(value) for value in row.values()],
        )


def resource_bytes(text: str) -> bytes:
    r"""Return the bytes that an exported cell stands for: hexadecimal (``3c3f``, ``\x3c3f``, ``0x3c3f``, ``X'3c3f'``),
    base64, or XML that a tool has written as text already.

    Raises :class:`InputError` where it is none of these.
    """
    bare = text.strip().lstrip("\ufeff")
    if bare.startswith("<"):
        # text has no encoding any more, whatever its declaration says
        return _DECLARATION.sub("", bare).encode()
    marked = re.fullmatch(r"(?:\\x|0[xX]|[xX]'|\\\\x)([0-9a-fA-F]*)'?", bare)
    digits = marked.group(1) if marked else bare
    if _HEX.fullmatch(digits):
        return bytes.fromhex(digits)
    try:
        return base64.b64decode("".join(bare.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError(
            "its bytes are written in no way that is known", fix="Export BYTES_ as hexadecimal or base64 text."
        ) from None
