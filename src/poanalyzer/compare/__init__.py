"""What was mined beside what was said."""

from __future__ import annotations

from poanalyzer.compare.self_view import compare

__all__ = ["compare"]
