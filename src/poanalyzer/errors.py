"""Errors that a person reads: what happened, where, and what to do about it."""

from __future__ import annotations


class PoanalyzerError(Exception):
    """A failure the analyst can do something about.

    Attributes:
        what: one sentence, what is wrong.
        where: the file, row or key it concerns; empty where it concerns none.
        fix: one sentence, what to do; empty where nothing can be done.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  → {self.fix}" if self.fix else ""
        return f"{place}{self.what}{advice}"


class InputError(PoanalyzerError):
    """An input cannot be read, or holds nothing that can be assessed."""


class ConfigError(PoanalyzerError):
    """The project file or a survey answer is not what its format says."""


class UsageError(PoanalyzerError):
    """The call asks for something that does not exist."""


def did_you_mean(wrong: str, known: list[str] | tuple[str, ...]) -> str:
    """Return “Did you mean …?” for the nearest known name, or the list of known names."""
    from difflib import get_close_matches

    near = get_close_matches(wrong, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean “{near[0]}”?"
    return f"Known: {', '.join(sorted(known))}." if known else ""
