"""The project file, ``poanalyzer.toml``: what the analyst declares.

Unknown keys are errors with a suggestion. Paths are relative to the project file.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    field_validator,
    model_validator,
)

from poanalyzer.errors import ConfigError, did_you_mean
from poanalyzer.kpis import TAGS, Kpi
from poanalyzer.results import DriverId

#: Roles that a column of a plain table can play.
COLUMN_ROLES = (
    "case", "activity", "start", "end", "resource", "process", "version", "lifecycle", "group", "role",
    "element_type", "state", "parent", "business_key", "due", "cost",
)  # fmt: skip


#: The drivers that the shipped model has; a model of one's own may have others.
_DRIVERS: tuple[str, ...] = get_args(DriverId)

#: Text that says something: a path, a key, a name.
Text = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(value: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"“{value}” is no time zone of the IANA database (example: Europe/Berlin)") from error
    return value


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class ProjectSettings(_Section):
    """``[project]``."""

    name: str = ""
    timezone: TimeZone | None = None
    window_days: int | Literal["all"] = 180
    target: dict[str, Annotated[int, Field(ge=0, le=4, strict=True)]] = {}

    @field_validator("window_days", mode="before")
    @classmethod
    def _whole_days(cls, value: Any) -> Any:
        if value == "all" or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise ValueError("needs a whole number of days, or “all”")

    @field_validator("target")
    @classmethod
    def _known_drivers(cls, value: dict[str, int]) -> dict[str, int]:
        for driver in value:
            if driver not in _DRIVERS and get_close_matches(driver, _DRIVERS, n=1):
                raise ValueError(f"“{driver}” is no driver. {did_you_mean(driver, _DRIVERS)}")
        return value


class InputSettings(_Section):
    """``[[input]]``: one export and how to read it."""

    path: Text
    adapter: str | None = None
    columns: dict[str, Text] = {}
    process: str | None = None
    role: Literal["engine", "outside"] | None = None
    environment: Text | None = None
    workflow: Text | None = None
    timezone: TimeZone | None = None

    @field_validator("columns")
    @classmethod
    def _known_roles(cls, value: dict[str, str]) -> dict[str, str]:
        for key in value:
            if key not in COLUMN_ROLES:
                raise ValueError(f"“{key}” is no column role. {did_you_mean(key, COLUMN_ROLES)}")
        return value


class Accounts(_Section):
    """``[accounts]``: shell-style patterns of resource names, case-sensitive."""

    bot: list[str] = []
    human: list[str] = []
    system: list[str] = []
    external: list[str] = []


class Outcome(_Section):
    """Which activities or end elements mean success and failure."""

    success: list[str] = []
    failure: list[str] = []


class ProcessSettings(_Section):
    """``[[process]]``."""

    key: Text
    name: str | None = None
    line_of_business: str | None = None
    unit: str | None = None
    automatable: list[str] = []
    outcome: Outcome = Outcome()
    journey: str | None = None
    model: str | None = None
    parallel: list[tuple[str, str]] = []
    end_to_end: StrictBool = False


class ExceptionSettings(_Section):
    """``[[exception]]``: an activity of a plain log that is an exception, and what handles it."""

    activity: Text
    kind: Literal["work-item-failure", "deadline", "resource-unavailable", "external", "constraint"] = (
        "work-item-failure"
    )
    process: str | None = None
    handled_by: list[str] = []


class Engine(_Section):
    """One entry of the declared inventory of engines."""

    product: str
    major: int | None = None
    volume: Annotated[float, Field(ge=0)] = 1.0


class Context(_Section):
    """``[context]``: what no export can know."""

    complete: StrictBool = False
    lines_of_business: list[str] = []
    engines: list[Engine] = []


class SurveySettings(_Section):
    """``[survey]``."""

    responses: str | None = None


class ModelSettings(_Section):
    """``[model.<id>]``: local cuts; any change marks the model as local.

    The values at which N becomes P, P becomes L and L becomes F: rising where more is better, falling where less is.
    """

    cuts: dict[str, tuple[float, float, float]] = {}

    @field_validator("cuts", mode="before")
    @classmethod
    def _three_numbers(cls, value: Any) -> Any:
        for metric, cuts in value.items() if isinstance(value, dict) else ():
            numbers = (
                [c for c in cuts if isinstance(c, int | float) and not isinstance(c, bool) and math.isfinite(c)]
                if isinstance(cuts, list | tuple)
                else []
            )
            if len(numbers) != 3 or len(cuts) != 3:
                raise ValueError(f"“{metric}” needs three numbers: where P, L and F begin, such as [0.15, 0.5, 0.85]")
            if numbers not in (sorted(numbers), sorted(numbers, reverse=True)):
                raise ValueError(f"the cuts of “{metric}” neither rise nor fall: {cuts}")
        return value


class Config(_Section):
    """The whole project file; ``base`` is the folder it stands in."""

    project: ProjectSettings = ProjectSettings()
    input: list[InputSettings] = []
    accounts: Accounts = Accounts()
    process: list[ProcessSettings] = []
    exception: list[ExceptionSettings] = []
    kpi: list[Kpi] = []
    context: Context = Context()
    survey: SurveySettings = SurveySettings()
    model: dict[str, ModelSettings] = {}
    base: Path = Path()

    @model_validator(mode="after")
    def _no_doubles(self) -> Config:
        _refuse_doubles("process", "key", (p.key for p in self.process))
        _refuse_doubles("kpi", "id", (k.id for k in self.kpi))
        _refuse_loose_ends(self.kpi)
        return self

    def resolve(self, path: str) -> str:
        """Return ``path``, which is relative to the project file, as seen from the current folder; URLs stay."""
        if "://" in path:
            return path
        return str(self.base / Path(path).expanduser())

    def process_settings(self, key: str) -> ProcessSettings:
        """Return what is declared of process ``key``, or defaults."""
        return next((p for p in self.process if p.key == key), ProcessSettings(key=key))


def load_config(path: Path) -> Config:
    """Read ``path``; raise :class:`ConfigError` naming the key that is wrong and the nearest known one."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("no such project file", where=str(path), fix="poanalyzer init INPUT… writes one.") from None
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", where=str(path), fix="Name a file that may be read."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", where=str(path), fix="Save the project file as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path), fix="Mend the line named.") from None
    return parse_config(data, base=path.parent, where=str(path))


def parse_config(data: dict[str, Any], *, base: Path = Path(), where: str = "") -> Config:
    """Validate ``data`` as a project file whose paths are relative to ``base``."""
    if "base" in data:
        raise ConfigError("unknown key “base”", where=where, fix="Remove it.")
    try:
        return Config.model_validate({**data, "base": base})
    except ValidationError as error:
        raise _explained(error, where) from None


def _refuse_doubles(section: str, key: str, values: Iterable[str]) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            raise ValueError(f"[[{section}]] {key} = “{value}” stands there {count} times")


def _refuse_loose_ends(kpis: list[Kpi]) -> None:
    """Raise where a KPI is derived from one that is not there, or where one definition has two formulas."""
    plain = {k.id for k in kpis if isinstance(k.measure, str) or not k.measure.derived}
    formulas: dict[str, object] = {}
    for kpi in kpis:
        for other in (None if isinstance(kpi.measure, str) else kpi.measure.derived) or ():
            if other not in plain:
                raise ValueError(
                    f"[[kpi]] “{kpi.id}” is derived from “{other}”, which is no KPI with a measure of its own. "
                    + did_you_mean(other, sorted(plain))
                )
        if kpi.definition and formulas.setdefault(kpi.definition, kpi.measure) != kpi.measure:
            raise ValueError(
                f"the definition “{kpi.definition}” stands for two measures; give one of them another name"
            )


def _explained(error: ValidationError, where: str) -> ConfigError:
    """Say what is wrong, in the words of the file, and how much more there is; a wrong name goes before its effects."""
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    first = details[0]
    loc, kind = tuple(part for part in first["loc"] if part not in TAGS), first["type"]
    more = f" ({len(details) - 1} more to mend)" if len(details) > 1 else ""
    *section, key = loc or ("",)
    inside = _place(tuple(section))
    if kind == "extra_forbidden":
        known = _keys_at(tuple(section))
        fix = did_you_mean(str(key), known)
        if not section and (homes := [_header(name) for name in known if key in _keys_at((name,))]):
            fix = f"It belongs under {' or '.join(homes)}."
        return ConfigError(f"unknown key “{key}”{' in ' + inside if inside else ''}{more}", where=where, fix=fix)
    if kind == "missing" and isinstance(key, str):
        return ConfigError(f"{inside} lacks “{key}”{more}", where=where, fix=f"Give it a “{key} = …”.")
    if kind == "missing":
        return ConfigError(f"{inside}: too few values{more}", where=where, fix=_DOCS)
    if kind == "list_type" and len(loc) == 1:
        return ConfigError(f"“{key}” is not a list of tables{more}", where=where, fix=f"Write it as [[{key}]].")
    if kind == "literal_error":
        wrong, known = str(first["input"]), re.findall(r"'([^']*)'", first["ctx"]["expected"])
        return ConfigError(
            f"{_place(loc)}: “{wrong}” is none of its values{more}", where=where, fix=did_you_mean(wrong, known)
        )
    place = _place(loc)
    message = _IN_WORDS.get(kind) or first["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return ConfigError(f"{place}{': ' if place else ''}{message}{more}", where=where, fix=_DOCS)


def _header(section: str) -> str:
    return f"[[{section}]]" if isinstance(Config.model_fields[section].default, list) else f"[{section}]"


_DOCS = "docs/project-file.md describes the project file."

#: pydantic's words for what is wrong, in the reader's.
_IN_WORDS = {
    "list_type": 'needs a list, such as ["a", "b"]',
    "bool_type": "needs true or false, without quotation marks",
    "string_type": "needs text in quotation marks",
    "string_too_short": "is empty",
    "model_type": "needs a table: { key = value }",
    "dict_type": "needs a table: { key = value }",
    "too_long": "too many values",
}


def _place(loc: tuple[int | str, ...]) -> str:
    """Return a place in the file as its reader names it: ``[[process]] 2, outcome.success``."""
    if not loc:
        return ""
    head, *rest = loc
    if rest and isinstance(number := rest[0], int):
        name, rest = f"[[{head}]] {number + 1}", rest[1:]
    elif head == "model":
        name, rest = f"[{'.'.join(str(part) for part in loc[:3])}]", rest[2:]
    else:
        name = f"[{head}]"
    inner = ".".join(str(part + 1 if isinstance(part, int) else part) for part in rest)
    return f"{name}, {inner}" if inner else name


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the section at ``loc`` knows."""
    model: Any = Config
    for part in loc:
        if isinstance(part, int) or _FIELD_OF.get(part, part) not in getattr(model, "model_fields", {}):
            continue
        annotation = model.model_fields[_FIELD_OF.get(part, part)].annotation
        model = next(iter(_sections(annotation)), annotation)
    names = [key for key in getattr(model, "model_fields", {}) if key != "base"]
    return [next((said for said, field in _FIELD_OF.items() if field == key), key) for key in names]


#: What a key is called in Python where the word of the file is a keyword.
_FIELD_OF = {"from": "from_"}


def _sections(annotation: Any) -> list[Any]:
    """Return the models within an annotation, however they are wrapped."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [found for part in get_args(annotation) for found in _sections(part)]
