"""Which column of a table plays which role: judged by name and by content, with a confidence and a reason.

Names are compared after folding case, accents and punctuation (``case:concept:name`` and ``Case_Concept_Name`` are
the same), in English, German, French, Spanish and Dutch and in the conventions of XES, Celonis, Disco, Apromore,
UiPath, IBM and Power Automate. Content can only lower what a name promises, or stand in where no name
says anything and one column alone fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poanalyzer.config import COLUMN_ROLES
from poanalyzer.errors import InputError, did_you_mean
from poanalyzer.ingest.tables.rolenames import CANONICAL_STATES, NAMES, fold
from poanalyzer.ingest.times.timestamps import guess_format, is_missing, is_missing_time, looks_like_time

#: Roles that are read only where the analyst maps them.
ONLY_MAPPED = ("cost",)
#: A rival this close to the best candidate makes the choice ambiguous.
CLEAR_LEAD = 0.08
#: A name alone does not make a column a role below this.
LEAST = 0.35
_TIME_ROLES = ("start", "end", "due")
_LIFE_CYCLE = {
    "start", "complete", "schedule", "assign", "suspend", "resume", "ate_abort", "pi_abort", "withdraw", "reassign",
    "autoskip", "manualskip", "started", "completed", "end", "finish", "finished", "unknown",
}  # fmt: skip


@dataclass(frozen=True)
class ColumnGuess:
    """The column taken for a role, how sure that is (0–1), and why."""

    column: str
    confidence: float
    why: str


@dataclass(frozen=True)
class RoleDetection:
    """The outcome: ``roles`` are used; ``rejected`` are candidates that lost, role → guesses, best first."""

    roles: dict[str, ColumnGuess]
    rejected: dict[str, tuple[ColumnGuess, ...]]

    @property
    def columns(self) -> dict[str, str]:
        """Role → column name."""
        return {role: guess.column for role, guess in self.roles.items()}

    @property
    def declarable(self) -> dict[str, str]:
        """The part of :attr:`columns` that a project file can declare."""
        return {role: column for role, column in self.columns.items() if role in COLUMN_ROLES}

    @property
    def missing(self) -> tuple[str, ...]:
        """What an event log needs and was not found: case, activity, a time."""
        needed = [role for role in ("case", "activity") if role not in self.roles]
        if not {"start", "end"} & set(self.roles):
            needed.append("time")
        return tuple(needed)

    @property
    def confidence(self) -> float:
        """How sure it is that this is an event log: that of the weakest needed role, 0 where one is missing."""
        if self.missing:
            return 0.0
        times = [self.roles[r].confidence for r in ("start", "end") if r in self.roles]
        return min(self.roles["case"].confidence, self.roles["activity"].confidence, max(times))


@dataclass(frozen=True)
class _Profile:
    """What the sampled values of a column look like. Shares are of the values that are not missing."""

    filled: float
    distinct: int
    count: int
    times: float
    numbers: float
    values: tuple[str, ...]


def detect_roles(
    names: Sequence[str],
    sample: Sequence[Mapping[str, str]],
    overrides: Mapping[str, str] | None = None,
    *,
    where: str = "",
    times: Sequence[str] = (),
    strict: bool = False,
) -> RoleDetection:
    """Decide which of the columns ``names`` plays which role.

    ``sample`` holds rows as text (missing values empty); ``overrides`` are role → column of the analyst, taken as
    they are; ``times`` names columns whose type already says that they are times. With ``strict``, raise
    :class:`InputError` where a needed role is missing or two columns fit it equally well; an override that names no
    column always raises.
    """
    overrides = dict(overrides or {})
    for role, column in overrides.items():
        if column not in names:
            raise InputError(
                f"there is no column “{column}” (wanted for {role})", where=where, fix=did_you_mean(column, list(names))
            )
    # a row that is there twice says no more than once: an id is one for all that
    sample = list({tuple(row.get(name, "") for name in names): row for row in sample}.values())
    profiles = {name: _profile(name, sample, name in times) for name in names}
    roles = {role: ColumnGuess(column, 1.0, "declared") for role, column in overrides.items()}
    rejected: dict[str, tuple[ColumnGuess, ...]] = {}
    ambiguous: dict[str, tuple[ColumnGuess, ...]] = {}
    for role in NAMES:
        if role in roles or role in ONLY_MAPPED or (role in ("start", "end") and {"start", "end"} & set(overrides)):
            continue
        free = [n for n in names if n not in {g.column for g in roles.values()}]
        guesses = _candidates(role, free, profiles, roles, len(sample))
        if not guesses:
            continue
        best, rivals = guesses[0], guesses[1:]
        close = [g for g in rivals if best.confidence - g.confidence < CLEAR_LEAD]
        close = [g for g in close if not _same(best.column, g.column, sample)]
        rejected[role] = tuple(rivals)
        if close and role in ("case", "activity"):
            ambiguous[role] = (best, *close)
        elif best.confidence >= LEAST:
            roles[role] = best
    _sole_time(roles, names, profiles, overrides)
    _by_content(roles, rejected, ambiguous, names, profiles, len(sample))
    roles = {role: roles[role] for role in (*NAMES, *roles) if role in roles}
    found = RoleDetection(roles, {role: guesses for role, guesses in rejected.items() if guesses})
    if strict:
        if "time" in found.missing:
            _refuse_unknown_times(names, sample, where)
        _refuse(found, ambiguous, names, sample, where)
    return found


def _profile(name: str, sample: Sequence[Mapping[str, str]], typed_time: bool) -> _Profile:
    values = [row.get(name, "") for row in sample]
    present = [v for v in values if not is_missing(v)]
    few = present[:500]
    clocks = [v for v in few if not is_missing_time(v)]
    count = len(present)
    return _Profile(
        filled=count / len(values) if values else 0.0,
        distinct=len(set(present)),
        count=count,
        times=1.0 if typed_time else (sum(map(looks_like_time, clocks)) / len(clocks) if clocks else 0.0),
        numbers=sum(1 for v in few if _is_number(v)) / len(few) if few else 0.0,
        values=tuple(few),
    )


def _is_number(value: str) -> bool:
    return value.strip().lstrip("+-").replace(".", "", 1).replace(",", "", 1).isdigit()


def _candidates(
    role: str, free: Sequence[str], profiles: Mapping[str, _Profile], taken: Mapping[str, ColumnGuess], rows: int
) -> list[ColumnGuess]:
    guesses = []
    for column in free:
        score, label = _name_score(role, column)
        if not score:
            continue
        fit, remark = _fit(role, profiles[column], taken, profiles) if rows else (1.0, "")
        confidence = round(score * fit, 3)
        if confidence > 0:
            guesses.append(
                ColumnGuess(column, confidence, f"its name means {label}" + (f"; {remark}" if remark else ""))
            )
    order = {name: position for position, name in enumerate(free)}
    return sorted(guesses, key=lambda g: (-g.confidence, order[g.column]))


def _name_score(role: str, column: str) -> tuple[float, str]:
    folded = fold(column)
    known = NAMES[role]
    if folded in known:
        return known[folded], role
    bare = folded.removeprefix("event ")
    if bare in known:
        return known[bare] * 0.95, role
    if folded.startswith("case ") and role != "case":
        return 0.0, role  # an attribute of the whole case: its due date is not that of an activity
    # a name that contains a known one of two words or more: “sales order activity name”
    inside = [score for name, score in known.items() if " " in name and f" {name} " in f" {folded} "]
    return (max(inside) * 0.8, role) if inside else (0.0, role)


def _fit(
    role: str, profile: _Profile, taken: Mapping[str, ColumnGuess], profiles: Mapping[str, _Profile]
) -> tuple[float, str]:
    """Return how well the content suits the role (0–1) and what speaks against it."""
    if not profile.count:
        # an empty end or resource column is still that column; a case or activity cannot be empty
        return (
            (0.0, "empty") if role in ("case", "activity", "lifecycle", "state", "seq", "row_key") else (0.6, "empty")
        )
    if role in _TIME_ROLES:
        numeric_time = profile.numbers > 0.9 and all(len(v.strip()) >= 5 for v in profile.values[:50])
        share = max(profile.times, 1.0 if numeric_time else 0.0)
        return (share if share >= 0.5 else 0.0, "" if share > 0.95 else "some values are no times")
    if profile.times > 0.9 and role not in ("case", "row_key"):
        return 0.0, "its values are times"
    if role == "case":
        if profile.filled < 0.5:
            return 0.3, "mostly empty"
        unique = profile.distinct == profile.count and profile.count > 5
        return (0.75, "no value repeats") if unique else (1.0, "")
    if role == "activity":
        if profile.filled < 0.5:
            return 0.3, "mostly empty"
        if _life_cycle_share(profile) >= 0.5:
            return 0.3, "life-cycle words"
        # numeric step codes are activities in some systems, but a name is likelier
        if profile.numbers > 0.9:
            return 0.7, "numbers"
        case = taken.get("case")
        finer = case is not None and profile.distinct > max(20, profiles[case.column].distinct)
        return (0.85, "more names than cases") if finer else (1.0, "")
    if role == "process":
        case = taken.get("case")
        coarse = profile.distinct <= max(20, profile.count // 10)
        if case is not None and profile.distinct >= max(6, profiles[case.column].distinct):
            coarse = False
        if profile.numbers > 0.9 and profile.distinct > 1:
            coarse = False  # numbers that differ are rather keys of instances
        return (1.0, "") if coarse else (0.0, "as many values as cases")
    if role == "lifecycle":
        return (1.0, "") if _life_cycle_share(profile) >= 0.5 else (0.0, "no life-cycle words")
    if role == "state":
        words = {v.strip().lower() for v in profile.values}
        return (1.0, "") if words <= set(CANONICAL_STATES) else (0.0, "no states of activities")
    if role == "resource_type":
        return (1.0, "") if profile.distinct <= 8 else (0.0, "too many values")
    if role == "row_key":
        return (1.0, "") if profile.distinct == profile.count and profile.filled == 1.0 else (0.0, "no key")
    if role == "seq":
        return (1.0, "") if profile.numbers == 1.0 else (0.0, "no numbers")
    return 1.0, ""


def _life_cycle_share(profile: _Profile) -> float:
    words = {v.strip().lower() for v in profile.values}
    return len(words & _LIFE_CYCLE) / len(words)


def _same(one: str, other: str, sample: Sequence[Mapping[str, str]]) -> bool:
    return all(row.get(one, "") == row.get(other, "") for row in sample)


def _sole_time(
    roles: dict[str, ColumnGuess], names: Sequence[str], profiles: Mapping[str, _Profile], overrides: Mapping[str, str]
) -> None:
    """Where no name says time, a single column whose values are times is the event's time."""
    if {"start", "end"} & set(roles) or {"start", "end"} & set(overrides):
        return
    taken = {g.column for g in roles.values()}
    hits = [n for n in names if n not in taken and profiles[n].times >= 0.9 and profiles[n].filled >= 0.5]
    if len(hits) == 1:
        roles["end"] = ColumnGuess(hits[0], 0.5, "the only column whose values are times")


def _by_content(
    roles: dict[str, ColumnGuess],
    rejected: dict[str, tuple[ColumnGuess, ...]],
    ambiguous: Mapping[str, tuple[ColumnGuess, ...]],
    names: Sequence[str],
    profiles: Mapping[str, _Profile],
    rows: int,
) -> None:
    """Stand in for absent names of case and activity, in tables that have a time and enough rows to judge.

    A case is a key that several rows share, an activity a word that comes back in many cases, so there are fewer of
    them. Only where a single pair of columns is like that, it is taken.
    """
    if rows < 10 or not {"start", "end"} & set(roles) or ambiguous:
        return
    taken = {g.column for g in roles.values()}
    free = [n for n in names if n not in taken and profiles[n].filled >= 0.95 and profiles[n].times < 0.5]
    words = [n for n in free if profiles[n].numbers < 0.1 and 2 <= profiles[n].distinct <= max(2, min(200, rows // 3))]
    keys = [n for n in free if rows * 0.02 <= profiles[n].distinct <= rows * 0.7]
    cases = [roles["case"].column] if "case" in roles else keys
    activities = [roles["activity"].column] if "activity" in roles else words
    pairs = [
        (case, activity)
        for case in cases
        for activity in activities
        if case != activity and ("activity" in roles or profiles[activity].distinct < profiles[case].distinct)
    ]
    found = {
        "case": ("keys each of which several rows share", dict.fromkeys(case for case, _ in pairs)),
        "activity": ("words that come back again and again", dict.fromkeys(activity for _, activity in pairs)),
    }
    for role, (why, columns) in found.items():
        if role in roles:
            continue
        guesses = tuple(ColumnGuess(column, 0.4, why) for column in columns)
        if len(pairs) == 1:
            roles[role] = guesses[0]
        elif guesses:
            rejected[role] = guesses


def _refuse_unknown_times(names: Sequence[str], sample: Sequence[Mapping[str, str]], where: str) -> None:
    """Say of columns that are called times how their values are written, where that is not known."""
    for role in ("end", "start"):
        for name in names:
            if _name_score(role, name)[0] >= 0.75:
                guess_format((row.get(name, "") for row in sample), name, where)


def _refuse(
    found: RoleDetection,
    ambiguous: Mapping[str, tuple[ColumnGuess, ...]],
    names: Sequence[str],
    sample: Sequence[Mapping[str, str]],
    where: str,
) -> None:
    for role, guesses in ambiguous.items():
        listed = ", ".join(f"“{g.column}”" for g in guesses)
        raise InputError(
            f"{len(guesses)} columns could be the {role}: {listed}",
            where=where,
            fix=f"Say which: --map {role}={_quoted(guesses[0].column)}",
        )
    if found.missing:
        shown = ", ".join(f"“{n}”" for n in names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
        example = " ".join(f"{'end' if role == 'time' else role}=COLUMN" for role in found.missing)
        likely = [g.column for role in found.missing for g in found.rejected.get(role, ())]
        empty = [n for n in names if not any(row.get(n, "").strip() for row in sample)] if sample else []
        blank = [n for n in empty if any(_name_score(role, n)[0] >= 0.75 for role in found.missing if role != "time")]
        hint = f"; {', '.join(f'“{name}”' for name in blank)} holds no values" if blank else ""
        hint += f"; perhaps {', '.join(f'“{name}”' for name in dict.fromkeys(likely))}" if likely else ""
        raise InputError(
            f"no column for {_listed(found.missing)} was recognised among {shown}{hint}",
            where=where,
            fix=f"Name it: --map {example} (roles: {', '.join(COLUMN_ROLES)})",
        )


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _quoted(name: str) -> str:
    return f'"{name}"' if any(c in name for c in " ()&;|") else name
