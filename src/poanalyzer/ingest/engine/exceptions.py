"""What an event that was caught says about the exception behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

#: Kind of a BPMN event → kind of exception (Russell et al. 2006).
KINDS = {
    "error": "constraint", "escalation": "constraint", "cancel": "constraint", "timer": "deadline",
    "message": "external", "signal": "external", "conditional": "external",
}  # fmt: skip


def exception_kind(event: ibis.Value) -> ibis.Value:
    """Return the kind of exception that an event of that kind means; NULL where it means none."""
    import ibis

    return ibis.cases(*((event == name, kind) for name, kind in KINDS.items()))
