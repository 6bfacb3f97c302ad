"""The project file, ``poanalyzer.toml``: what the analyst declares.

Unknown keys are errors with a suggestion. Paths are relative to the project file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from poanalyzer.errors import ConfigError, did_you_mean

#: Roles that a column of a plain table can play.
COLUMN_ROLES = (
    "case", "activity", "start", "end", "resource", "process", "version", "lifecycle", "group", "role",
    "element_type", "state", "parent", "business_key", "due", "cost",
)  # fmt: skip


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProjectSettings(_Section):
    """``[project]``."""

    name: str = ""
    timezone: str | None = None
    window_days: Annotated[int, Field(gt=0)] | Literal["all"] = 180
    target: dict[str, Annotated[int, Field(ge=0, le=4)]] = {}

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            from zoneinfo import ZoneInfo

            try:
                ZoneInfo(value)
            except (ValueError, OSError, KeyError) as error:
                raise ValueError(f"“{value}” is no time zone of the IANA database (example: Europe/Berlin)") from error
        return value


class InputSettings(_Section):
    """``[[input]]``: one export and how to read it."""

    path: str
    adapter: str | None = None
    columns: dict[str, str] = {}
    process: str | None = None
    role: Literal["engine", "outside"] | None = None
    timezone: str | None = None

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

    key: str
    name: str | None = None
    line_of_business: str | None = None
    unit: str | None = None
    automatable: list[str] = []
    outcome: Outcome = Outcome()
    journey: str | None = None
    model: str | None = None
    parallel: list[tuple[str, str]] = []
    end_to_end: bool = False


class ExceptionSettings(_Section):
    """``[[exception]]``: an activity of a plain log that is an exception, and what handles it."""

    activity: str
    kind: Literal["work-item-failure", "deadline", "resource-unavailable", "external", "constraint"] = (
        "work-item-failure"
    )
    process: str | None = None
    handled_by: list[str] = []


class Kpi(_Section):
    """``[[kpi]]``: a declared key performance indicator."""

    id: str
    title: str | None = None
    process: list[str] = []
    measure: str
    target: str | None = None
    owner: str | None = None


class Engine(_Section):
    """One entry of the declared inventory of engines."""

    product: str
    major: int | None = None
    volume: Annotated[float, Field(ge=0)] = 1.0


class Context(_Section):
    """``[context]``: what no export can know."""

    complete: bool = False
    lines_of_business: list[str] = []
    engines: list[Engine] = []


class SurveySettings(_Section):
    """``[survey]``."""

    responses: str | None = None


class ModelSettings(_Section):
    """``[model.<id>]``: local cuts; any change marks the model as local."""

    cuts: dict[str, tuple[float, float, float]] = {}


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

    def process_settings(self, key: str) -> ProcessSettings:
        """Return what is declared of process ``key``, or defaults."""
        return next((p for p in self.process if p.key == key), ProcessSettings(key=key))


def load_config(path: Path) -> Config:
    """Read ``path``; raise :class:`ConfigError` naming the key that is wrong and the nearest known one."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("no such project file", where=str(path), fix="poanalyzer init INPUT… writes one.") from None
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


def _explained(error: ValidationError, where: str) -> ConfigError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _keys_at(first["loc"][:-1])
        return ConfigError(f"unknown key “{key}”", where=where, fix=did_you_mean(str(first["loc"][-1]), known))
    message = first["msg"].removeprefix("Value error, ")
    return ConfigError(f"{key}: {message}", where=where, fix="docs/project-file.md describes it.")


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the section at ``loc`` knows."""
    model: Any = Config
    for part in loc:
        if isinstance(part, int) or not hasattr(model, "model_fields") or part not in model.model_fields:
            continue
        annotation = model.model_fields[part].annotation
        args = [a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")]
        model = args[0] if args else annotation
    return [k for k in getattr(model, "model_fields", {}) if k != "base"]
