"""Declared key performance indicators, ``[[kpi]]``: measures named or written as expressions, and their targets.

The kinds of measure are those of PPINOT (del-Río-Ortega et al. 2013): time between two conditions, count of a condition,
share of the cases in a state, data attribute, and measures derived from two others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

Text = Annotated[str, Field(min_length=1)]
Aggregate = Literal["mean", "median", "p90", "p95", "min", "max", "sum"]
#: What a figure is about: the sides of the devil's quadrangle, and what a business outcome is told in.
Dimension = Literal["time", "quality", "cost", "volume", "compliance", "customer", "revenue", "risk"]

#: Tags of the two ways to write a measure. They stand in pydantic's error locations and are left out of messages.
TAGS = ("measure by name", "measure as expression")

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WORDS = {
    "sec": "s", "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "day": "d",
    "days": "d", "week": "w", "weeks": "w",
}  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def seconds(text: str) -> float:
    """Return a span such as “2 d” or “1.5 h” in seconds; raise :class:`ValueError` where it is none."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", text)
    unit = _WORDS.get(match[2], match[2]) if match else ""
    if not match or unit not in _SECONDS:
        raise ValueError(f"“{text}” is no span of time; write a number and s, min, h, d or w: “2 d”")
    return float(match[1]) * _SECONDS[unit]


class Moment(_Part):
    """When an activity (by name or id) began or ended."""

    start: Text | None = None
    end: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> Moment:
        _exactly_one(self, ("start", "end"))
        return self

    @property
    def activity(self) -> str:
        """The activity's name or id."""
        return self.start or self.end or ""


def _exactly_one(part: BaseModel, names: tuple[str, ...]) -> None:
    given = [n for n in names if getattr(part, n) is not None]
    if len(given) != 1:
        said = f"has {' and '.join(given)}" if given else "has none"
        raise ValueError(f"needs exactly one of {', '.join(names)}; it {said}")


def _from(value: Any) -> Any:
    return {"start": value} if isinstance(value, str) else value


def _to(value: Any) -> Any:
    return {"end": value} if isinstance(value, str) else value


class Between(_Part):
    """From the first ``from`` to the first ``to`` at or after it; without one, from the start or to the end of the case."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    from_: Annotated[Moment | None, BeforeValidator(_from)] = Field(default=None, alias="from")
    to: Annotated[Moment | None, BeforeValidator(_to)] = None


class Condition(_Part):
    """What a case may show: an activity, an outcome, a state, a value of an attribute, or a time within a span."""

    activity: Text | None = None
    outcome: Literal["success", "failure"] | None = None
    state: Literal["completed", "failed", "terminated"] | None = None
    attribute: Text | None = None
    equals: str | None = None
    time: Between | None = None
    within: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Condition:
        _exactly_one(self, ("activity", "outcome", "state", "attribute", "time"))
        if (self.attribute is None) != (self.equals is None):
            raise ValueError("“attribute” and “equals” go together: { attribute = …, equals = … }")
        if (self.time is None) != (self.within is None):
            raise ValueError("“time” and “within” go together: { time = { … }, within = … }")
        if self.within is not None:
            seconds(self.within)
        return self


def _condition(value: Any) -> Any:
    return {"activity": value} if isinstance(value, str) else value


_KINDS = ("time", "count", "share", "attribute", "ratio", "difference")


class Expression(_Part):
    """One measure: exactly one of its kinds, and how the values of the cases become one figure."""

    time: Between | None = None
    count: Text | None = None
    share: Annotated[Condition | None, BeforeValidator(_condition)] = None
    attribute: Text | None = None
    ratio: tuple[Text, Text] | None = None
    difference: tuple[Text, Text] | None = None
    aggregate: Aggregate | None = None
    unit: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Expression:
        _exactly_one(self, _KINDS)
        if self.aggregate and (self.share or self.derived):
            raise ValueError("“aggregate” goes with time, count and attribute only")
        if self.unit and self.attribute is None:
            raise ValueError("“unit” goes with attribute only: the others have theirs")
        return self

    @property
    def kind(self) -> str:
        """Which kind of measure it is."""
        return next(k for k in _KINDS if getattr(self, k) is not None)

    @property
    def derived(self) -> tuple[str, str] | None:
        """The ids of the two KPIs that it is a function of."""
        return self.ratio or self.difference

    @property
    def reduced_by(self) -> str:
        """How the values of the cases become one figure: times by their median, all else by its mean."""
        return self.aggregate or ("median" if self.kind == "time" else "mean")


class Scope(_Part):
    """The cases that a KPI is about, where they are not all of its processes: every condition given must hold.

    Source: the scope of an indicator in PPINOT (del-Río-Ortega et al. 2013).
    """

    tenant: Text | None = None
    version: Text | None = None
    attribute: Text | None = None
    equals: str | None = None

    @field_validator("version", mode="before")
    @classmethod
    def _whole_number(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _whole(self) -> Scope:
        if (self.attribute is None) != (self.equals is None):
            raise ValueError("“attribute” and “equals” go together: { attribute = …, equals = … }")
        if self.told == "":
            raise ValueError("needs one of tenant, version, attribute; it has none")
        return self

    @property
    def told(self) -> str:
        """The conditions in words, to stand behind a measure: “of tenant “north””."""
        parts = [f"of tenant “{self.tenant}”"] if self.tenant else []
        parts += [f"of version {self.version}"] if self.version else []
        parts += [f"whose “{self.attribute}” is “{self.equals}”"] if self.attribute else []
        return ", ".join(parts)


def _tag(value: Any) -> str:
    return TAGS[1] if isinstance(value, dict | Expression) else TAGS[0]


class Kpi(_Part):
    """``[[kpi]]``: a declared key performance indicator."""

    id: Text
    title: str | None = None
    process: list[str] = []
    measure: Annotated[Annotated[Text, Tag(TAGS[0])] | Annotated[Expression, Tag(TAGS[1])], Discriminator(_tag)]
    target: str | None = None
    owner: str | None = None
    definition: Text | None = None
    dimension: Dimension | None = None
    portfolio: bool = Field(default=False, strict=True)
    scope: Scope | None = None
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0

    @model_validator(mode="after")
    def _scoped(self) -> Kpi:
        if self.scope and not isinstance(self.measure, str) and self.measure.derived:
            raise ValueError("“scope” goes with the two KPIs that this one is derived from")
        return self

    def serves(self, process: str, productive: bool = True) -> bool:
        """Return whether it is declared for a process: by its key, or for all (the productive ones)."""
        return process in self.process or (not self.process and productive)


@dataclass(frozen=True)
class Target:
    """What is aimed at: ``operator`` and ``value`` (seconds, a share or a plain number, by ``kind``)."""

    operator: Literal["<=", ">=", "<", ">"]
    value: float
    kind: Literal["time", "share", "number"]

    def attained(self, value: float) -> bool:
        """Return whether ``value`` does it."""
        return {
            "<=": value <= self.value, ">=": value >= self.value, "<": value < self.value, ">": value > self.value,
        }[self.operator]  # fmt: skip


def read_target(text: str) -> Target | None:
    """Return a target such as “<= 2 d”, “>= 85 %” or “< 100”; None where the text is no comparison."""
    match = re.fullmatch(r"\s*(<=|>=|≤|≥|<|>)\s*(\d+(?:\.\d+)?)\s*(.*?)\s*", text)
    if not match:
        return None
    operator: Any = {"≤": "<=", "≥": ">="}.get(match[1], match[1])
    number, unit = float(match[2]), match[3]
    if unit == "%":
        return Target(operator, number / 100, "share")
    unit = _WORDS.get(unit, unit)
    if unit in _SECONDS:
        return Target(operator, number * _SECONDS[unit], "time")
    return Target(operator, number, "number")
