"""What people say of their own maturity: answers files, their check and their scoring."""

from __future__ import annotations

from poanalyzer.survey.answers import ROLES, Response, check, load_responses
from poanalyzer.survey.scoring import driver_level, score

__all__ = ["ROLES", "Response", "check", "driver_level", "load_responses", "score"]
