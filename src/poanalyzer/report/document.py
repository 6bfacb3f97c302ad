"""``assessment.json``: the published form of an assessment, written and read again."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poanalyzer.errors import InputError
from poanalyzer.results import SCHEMA_VERSION, Assessment

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_FIX = "Give an assessment.json that poanalyzer wrote, or make one with “poanalyzer assess”."


def dumps(assessment: Assessment) -> str:
    """Return the JSON text of ``assessment``: fields in the order of the types, floats with 12 significant
    digits, whole ones without a fraction.

    The same assessment always gives the same text; it ends with a newline. Raises ``ValueError``, which names the
    field, for a number that JSON does not have (NaN, infinity): a missing number is ``None``.
    """
    return json.dumps(_plain(assessment, "assessment"), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name), f"{where}.{f.name}") for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is {value}; JSON has no such number")
        rounded = float(f"{value:.12g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded
    if isinstance(value, str):
        # A log may hold half a surrogate pair, which no UTF-8 file can.
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def loads(text: str, where: str = "") -> Assessment:
    """Return the assessment in ``text``; fields that this version does not know are left out.

    Raises :class:`InputError`, naming the field, for anything that is not an assessment of this schema version.
    """
    from pydantic import ValidationError

    document = _parse(text, where)
    if not isinstance(document, dict) or "schema_version" not in document:
        raise InputError("this is JSON, but not an assessment: it has no “schema_version”", where=where, fix=_FIX)
    if document["schema_version"] != SCHEMA_VERSION:
        raise InputError(
            f"this assessment has schema version {_short(document['schema_version'])}; "
            f"this program reads version {SCHEMA_VERSION}",
            where=where,
            fix="Make it again from the exports with this version of poanalyzer.",
        )
    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        first = problems[0]
        more = f" (and {len(problems) - 1} more fields)" if len(problems) > 1 else ""
        raise InputError(f"field “{_path(first['loc'])}”: {first['msg']}{more}", where=where, fix=_FIX) from None


def _parse(text: str, where: str) -> Any:
    def refuse(word: str) -> None:
        raise InputError(f"{word} is not a JSON number", where=where, fix=_FIX)

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})", where=where, fix=_FIX
        ) from None
    except RecursionError:
        raise InputError("not an assessment: it is nested too deeply", where=where, fix=_FIX) from None


def load(path: str | Path) -> Assessment:
    """Read an ``assessment.json``. Raises :class:`InputError` for a file that is missing, unreadable or something else."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path), fix=_FIX) from None
    except IsADirectoryError:
        raise InputError("this is a folder", where=str(path), fix="Give the assessment.json in it.") from None
    except UnicodeDecodeError:
        raise InputError("this is not UTF-8 text", where=str(path), fix=_FIX) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return loads(text, str(path))


@cache
def _adapter() -> TypeAdapter[Assessment]:
    from pydantic import TypeAdapter

    return TypeAdapter(Assessment)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``assessment.json`` as :func:`dumps` writes it: every field is there."""
    schema = _adapter().json_schema(mode="serialization")
    definitions = schema.pop("$defs")
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "poanalyzer assessment",
        **_tidy({key: value for key, value in schema.items() if key != "title"}),
        "$defs": {name: _tidy(definitions[name]) for name in sorted(definitions)},
    }
    body["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    return body


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Require every property, drop titles that only repeat a name, and make descriptions plain text."""
    out = {key: value for key, value in schema.items() if key not in ("title", "default")}
    if "description" in out:
        out["description"] = " ".join(out["description"].replace("``", "").split())
    if "properties" in out:
        out["properties"] = {name: _tidy(prop) for name, prop in out["properties"].items()}
        out["required"] = list(out["properties"])
    return out


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"
