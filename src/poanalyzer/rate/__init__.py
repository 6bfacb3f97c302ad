"""From evidence to levels: claims, drivers, areas, what would change a level, and the next steps."""

from __future__ import annotations

from poanalyzer.rate.rater import rate_model
from poanalyzer.rate.roadmap import roadmap

__all__ = ["rate_model", "roadmap"]
