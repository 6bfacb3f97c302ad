"""Maturity models as data: what their levels claim, which metrics answer, and what the survey asks."""

from __future__ import annotations

from poanalyzer.maturity.loader import list_models, load_folder, load_model, with_cuts
from poanalyzer.maturity.schema import (
    PROVENANCE,
    ClaimDefinition,
    Cuts,
    Driver,
    Model,
    ModelInfo,
    Scope,
    Step,
    SurveyItem,
    Use,
)

__all__ = [
    "PROVENANCE", "ClaimDefinition", "Cuts", "Driver", "Model", "ModelInfo", "Scope", "Step", "SurveyItem", "Use",
    "list_models", "load_folder", "load_model", "with_cuts",
]  # fmt: skip
