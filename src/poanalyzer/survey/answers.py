"""The survey answers file: JSON, one respondent or several; format in ``docs/survey.md``.

What is wrong is collected with its place, so that a form of a hundred answers is mended in one go.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, field_validator

from poanalyzer.errors import ConfigError, did_you_mean
from poanalyzer.maturity import Model
from poanalyzer.results import Problem

#: Answers that stand apart from the scale.
DONT_KNOW: Final = "dont-know"
NOT_APPLICABLE: Final = "not-applicable"

#: The roles that the survey is made for; others are taken, and noted.
ROLES = (
    "executive sponsor", "business process owner", "business user", "enablement", "architect", "developer",
    "operations", "analyst",
)  # fmt: skip

#: A form with 20 answers has about 2 kB; beyond this a file is something else.
LARGEST_FILE = 16 * 1024 * 1024

_DOCS = "docs/survey.md describes the file."
_ANSWERS = f"Write a whole number of the item's scale, “{DONT_KNOW}” or “{NOT_APPLICABLE}”."

Answer = int | Literal["dont-know", "not-applicable"]


@dataclass(frozen=True, kw_only=True)
class Response:
    """What one respondent answered; an item left out was not answered."""

    respondent: str
    role: str
    unit: str
    date: str | None
    answers: dict[str, Answer]
    confidence: dict[str, float] = field(default_factory=dict)
    source: str = ""


class _Entry(BaseModel):
    """One respondent as the file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    respondent: str = Field(min_length=1)
    role: str = Field(min_length=1)
    unit: str = ""
    date: dt.date | None = None
    model: str = "pomm"
    answers: dict[str, StrictInt | str] = Field(min_length=1)
    confidence: dict[str, float] = {}
    evidence: dict[str, str] = {}

    @field_validator("date", mode="before")
    @classmethod
    def _iso(cls, value: Any) -> Any:
        # pydantic would read a number as seconds since 1970.
        if value is not None and not isinstance(value, str):
            raise ValueError("write the date as text, like “2026-03-31”")
        return value


def load_responses(paths: Iterable[Path], model: Model) -> tuple[Response, ...]:
    """Read every file of ``paths``; a folder stands for its ``*.json`` files.

    Raises:
        ConfigError: naming the first thing that is wrong and how many more there are.
    """
    responses: list[Response] = []
    problems: list[Problem] = []
    for path in _files(paths):
        found, wrong = _read(path, model)
        responses += found
        problems += [problem for problem in wrong if problem.severity == "error"]
    seen: dict[str, str] = {}
    for response in responses:
        if response.respondent in seen:
            problems.append(_double(response.respondent, response.source, seen[response.respondent]))
        seen[response.respondent] = response.source
    if problems:
        more = f" ({len(problems) - 1} more: see “poanalyzer survey check”)" if len(problems) > 1 else ""
        first = problems[0]
        raise ConfigError(first.text + more, where=first.where, fix=first.fix)
    return tuple(responses)


def check(path: Path, model: Model) -> tuple[Problem, ...]:
    """Return everything that is wrong (error) or worth knowing (note) about one answers file; empty: all is well."""
    responses, problems = _read(path, model)
    seen: dict[str, str] = {}
    for response in responses:
        if response.respondent in seen:
            problems.append(_double(response.respondent, response.source, seen[response.respondent]))
        seen[response.respondent] = response.source
        missing = [item.id for item in model.items if item.id not in response.answers]
        if missing:
            problems.append(
                Problem(
                    severity="note",
                    text=f"{len(missing)} of {len(model.items)} items are not answered: {', '.join(missing)}",
                    where=response.source,
                    fix=f"Answer them, or write “{DONT_KNOW}” or “{NOT_APPLICABLE}”.",
                )
            )
        if response.role not in ROLES:
            problems.append(
                Problem(
                    severity="note",
                    text=f"role “{response.role}” is not one of the survey's; it forms a group of its own",
                    where=response.source,
                    fix=did_you_mean(response.role, ROLES),
                )
            )
    return tuple(problems)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.json"))
            if not inside:
                raise ConfigError("no answers file (*.json) in this folder", where=str(path), fix=_DOCS)
            found += inside
        else:
            found.append(path)
    if not found:
        raise ConfigError("no survey answers given", fix="Name an answers file or a folder of them.")
    return found


def _read(path: Path, model: Model) -> tuple[list[Response], list[Problem]]:
    problems: list[Problem] = []
    data = _json(path, problems)
    if problems:
        return [], problems
    entries = data if isinstance(data, list) else [data]
    if not entries:
        return [], [_error("the list of respondents is empty", str(path), _DOCS)]
    responses = []
    for number, entry in enumerate(entries, start=1):
        where = str(path) if not isinstance(data, list) else f"{path}, respondent {number}"
        if not isinstance(entry, dict):
            what = "an object with respondent, role and answers was expected"
            problems.append(_error(f"{what}, not {_kind(entry)}", where, _DOCS))
            continue
        name = entry.get("respondent")
        if isinstance(name, str) and name and isinstance(data, list):
            where = f"{where} (“{name}”)"
        response = _response(entry, model, where, problems)
        if response is not None:
            responses.append(response)
    return responses, problems


def _json(path: Path, problems: list[Problem]) -> Any:
    where = str(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            problems.append(_error("too large for survey answers", where, _DOCS))
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.append(_error("no such file", where, "Check the path, or [survey] responses of the project file."))
        return None
    except OSError as error:
        problems.append(_error(f"cannot be read: {error.strerror or error}", where, "Check the file."))
        return None
    except UnicodeDecodeError:
        problems.append(_error("not UTF-8 text", where, "Save the answers as JSON in UTF-8."))
        return None
    if not text.strip():
        problems.append(_error("the file is empty", where, _DOCS))
        return None
    try:
        data = json.loads(text, object_pairs_hook=_no_doubles, parse_constant=_no_constant)
        # Half of a surrogate pair passes as JSON, but can be written nowhere.
        json.dumps(data, ensure_ascii=False).encode()
        return data
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, column {error.colno}"
        problems.append(_error(f"not valid JSON: {error.msg}", place, _DOCS))
    except RecursionError:
        problems.append(_error("not survey answers: nested too deeply", where, _DOCS))
    except UnicodeEncodeError:
        problems.append(_error("holds characters that are no text (half of a surrogate pair)", where, _DOCS))
    except ValueError as error:
        problems.append(_error(f"not valid JSON: {error}", where, _DOCS))
    return None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        double = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"“{double}” stands there twice in one object")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _response(entry: dict[str, Any], model: Model, where: str, problems: list[Problem]) -> Response | None:
    before = len(problems)
    try:
        parsed = _Entry.model_validate(entry)
    except ValidationError as error:
        for detail in error.errors():
            problem = _explain(detail, where)
            if problem not in problems:
                problems.append(problem)
        return None
    if parsed.model not in (model.id, f"{model.id}-{model.version}"):
        text = f"the answers are to model “{parsed.model}”, not “{model.id}”"
        problems.append(_error(text, where, "Give answers to the model that is assessed."))
    items = {item.id for item in model.items}
    answers: dict[str, Answer] = {}
    for item, answer in parsed.answers.items():
        place = f"{where}: answers.{item}"
        if item not in items:
            problems.append(_error(f"there is no item “{item}”", place, did_you_mean(item, sorted(items))))
        elif isinstance(answer, int) and 0 <= answer <= model.top:
            answers[item] = answer
        elif answer == DONT_KNOW:
            answers[item] = DONT_KNOW
        elif answer == NOT_APPLICABLE:
            answers[item] = NOT_APPLICABLE
        else:
            problems.append(_error(f"{_short(answer)} is no answer", place, _ANSWERS))
    drivers = [driver.id for driver in model.drivers]
    for driver, percent in parsed.confidence.items():
        place = f"{where}: confidence.{driver}"
        if driver not in drivers:
            problems.append(_error(f"there is no driver “{driver}”", place, did_you_mean(driver, drivers)))
        elif not 0 <= percent <= 100:
            problems.append(_error(f"{percent:g} is no percentage", place, "Write a number 0 to 100."))
    if len(problems) > before:
        return None
    return Response(
        respondent=parsed.respondent,
        role=" ".join(parsed.role.split()).casefold(),
        unit=" ".join(parsed.unit.split()),
        date=parsed.date.isoformat() if parsed.date else None,
        answers=answers,
        confidence=parsed.confidence,
        source=where,
    )


def _explain(detail: Any, where: str) -> Problem:
    """Say what pydantic found, in the words of the file."""
    location: Sequence[int | str] = detail["loc"]
    kind = detail["type"]
    name = str(location[0]) if location else ""
    if kind == "missing":
        return _error(f"“{name}” is missing", where, f"Add it. {_DOCS}")
    if kind == "extra_forbidden":
        return _error(f"unknown key “{name}”", where, did_you_mean(name, sorted(_Entry.model_fields)))
    if name == "answers" and len(location) > 1:
        return _error(f"{_short(detail['input'])} is no answer", f"{where}: answers.{location[1]}", _ANSWERS)
    place = f"{where}: {'.'.join(str(part) for part in location)}"
    return _error(_WORDS.get(kind) or detail["msg"].removeprefix("Value error, "), place, _DOCS)


_WORDS = {
    "string_type": "text was expected",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "dict_type": "an object was expected",
    "float_type": "a number was expected",
    "float_parsing": "a number was expected",
    "date_parsing": "is no date like 2026-03-31",
    "date_from_datetime_parsing": "is no date like 2026-03-31",
    "date_from_datetime_inexact": "is no date like 2026-03-31, without a time",
}


def _double(respondent: str, where: str, first: str) -> Problem:
    return _error(f"respondent “{respondent}” stands there twice (also in {first})", where, "Give each an own id.")


def _error(text: str, where: str, fix: str) -> Problem:
    return Problem(severity="error", text=text, where=where, fix=fix)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
