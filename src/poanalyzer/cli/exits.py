"""Exit codes."""

from __future__ import annotations

DONE = 0
GATE_FAILED = 1
BAD_INPUT = 2
INCOMPLETE = 3
INTERNAL_ERROR = 70
INTERRUPTED = 130
BROKEN_PIPE = 141
