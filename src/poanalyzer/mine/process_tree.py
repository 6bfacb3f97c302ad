"""A process tree: what a miner finds, as a small value of our own.

Operators have the meaning of Leemans, Fahland and van der Aalst (2013): ``sequence`` all children in order, ``xor``
exactly one, ``parallel`` all in any interleaving, ``loop`` the first child, then any number of times the second and the
first again. A leaf is an activity, or silent where its label is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

Operator = Literal["sequence", "xor", "parallel", "loop"]

_SIGNS: dict[Operator, str] = {"sequence": "→", "xor": "×", "parallel": "∧", "loop": "↺"}


@dataclass(frozen=True)
class ProcessTree:
    """A node of a process tree: an operator over children, or a leaf."""

    operator: Operator | None = None
    label: str | None = None
    children: tuple[ProcessTree, ...] = ()

    def __str__(self) -> str:
        if self.operator is not None:
            return f"{_SIGNS[self.operator]}({', '.join(str(child) for child in self.children)})"
        return "τ" if self.label is None else _quoted(self.label)

    def labels(self) -> frozenset[str]:
        """Return the activities of this subtree."""
        if self.label is not None:
            return frozenset({self.label})
        return frozenset().union(*(child.labels() for child in self.children))

    def parallel_pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs of activities that stand in different branches of a parallel node, sorted.

        They are a hypothesis (“in any order”), not evidence that anything ran at the same time.
        """
        found: set[tuple[str, str]] = set()
        for child in self.children:
            found.update(child.parallel_pairs())
        if self.operator == "parallel":
            for one, other in combinations([child.labels() for child in self.children], 2):
                found.update((min(a, b), max(a, b)) for a in one for b in other if a != b)
        return tuple(sorted(found))


def _quoted(label: str) -> str:
    escaped = label.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"
