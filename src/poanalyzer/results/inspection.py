"""What a look at exports finds out, before anything is rated."""

from __future__ import annotations

from dataclasses import dataclass

from poanalyzer.results.evidence import InputResult, LogSummary, Problem, QualityFinding


@dataclass(frozen=True, kw_only=True)
class Held:
    """A process or a tenant in an input: how many cases it has, and in how many versions it ran (0: unknown)."""

    name: str
    cases: int
    versions: int = 0


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What one input (``source``, its path) holds, largest first. ``tenants`` is empty where no case names one."""

    source: str
    processes: tuple[Held, ...]
    tenants: tuple[Held, ...]


@dataclass(frozen=True, kw_only=True)
class ClaimSupport:
    """Whether a claim can be rated, by any process or the portfolio; if not, why."""

    claim: str
    quote: str
    rateable: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Unlock:
    """Something to export or declare, and the metrics and claims that wait for it and for nothing else."""

    what: str
    metrics: tuple[str, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What inputs are, what they can show, and what each missing thing would unlock."""

    inputs: tuple[InputResult, ...]
    contents: tuple[Contents, ...]
    log: LogSummary
    quality: tuple[QualityFinding, ...]
    claims: tuple[ClaimSupport, ...]
    unlocks: tuple[Unlock, ...]
    problems: tuple[Problem, ...]
