"""The files of a model folder, as TOML says them; unknown keys and wrong types are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from poanalyzer.maturity.schema import Cuts, Direction, EvidenceClass, Polarity, Provenance, Role, Scope
from poanalyzer.results import Rating


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


LevelNumber = Annotated[int, Field(ge=0, le=9)]
Text = Annotated[str, Field(min_length=1)]


class DriverHead(_Part):
    """``[[driver]]`` of ``model.toml``."""

    id: Text
    title: Text
    source: Literal["mined", "survey"]
    question: Text


class ModelFile(_Part):
    """``model.toml``."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.]+$")]
    title: Text
    reference: Text
    levels: Annotated[list[str], Field(min_length=2)]
    driver: Annotated[list[DriverHead], Field(min_length=1)]


class Indicator(_Part):
    """One line of ``indicators.toml``: what a model says of a metric it reads."""

    direction: Direction
    evidence: EvidenceClass
    unit: Text
    open_world: bool = False


class UseEntry(_Part):
    """One use of a metric by a claim."""

    metric: Text
    role: Role
    cuts: Cuts
    provenance: Provenance
    over: Literal["row", "max", "share"] = "row"
    threshold: float | None = None
    bound: Literal["value", "low"] = "value"
    declared_by: Literal["", "end_to_end"] = ""


class ClaimEntry(_Part):
    """``[[claim]]``."""

    id: Annotated[str, Field(pattern=r"^[A-Z]+[0-9]+(\.[0-9]+)?$")]
    level: LevelNumber
    quote: Text
    polarity: Polarity
    minimum: Rating | None = None
    scopes: Annotated[list[Scope], Field(min_length=1)]
    reading: Text
    uses: list[UseEntry] = []


class CellEntry(_Part):
    """``[[cell]]``."""

    level: LevelNumber
    quotes: Annotated[list[Text], Field(min_length=1)]


class StepEntry(_Part):
    """``[[step]]``."""

    start: Annotated[LevelNumber, Field(alias="from")]
    step: Text
    works_if: Text


class DriverFile(_Part):
    """``<driver>.toml``."""

    id: Text
    cell: list[CellEntry] = []
    claim: list[ClaimEntry] = []
    step: list[StepEntry] = []


class ScopeFile(_Part):
    """``scope.toml``: claims that all mined drivers share."""

    claim: list[ClaimEntry] = []


class ItemEntry(_Part):
    """``[[item]]`` of ``survey.toml``."""

    id: Annotated[str, Field(pattern=r"^[A-Z]+[0-9]+$")]
    driver: Text
    title: Text
    question: Text
    anchors: Annotated[list[Text], Field(min_length=2)]
    claims: list[str] = []
    lowest: LevelNumber = 0


class SurveyFile(_Part):
    """``survey.toml``."""

    item: list[ItemEntry] = []

    @field_validator("item")
    @classmethod
    def _distinct(cls, value: list[ItemEntry]) -> list[ItemEntry]:
        ids = [item.id for item in value]
        for item_id in ids:
            if ids.count(item_id) > 1:
                raise ValueError(f"item “{item_id}” stands there twice")
        return value
