"""Imperfection patterns of event logs (Suriadi et al. 2017): what each of the eleven looks like in the canonical tables.

Form-based event capture, inadvertent time travel, unanchored event, scattered event, elusive case, scattered case,
collateral events, polluted label, distorted label, synonymous labels, homonymous labels. Labels are compared in Python,
since they are few; the rest are counts of :mod:`poanalyzer.eventlog.tallies`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from poanalyzer.eventlog.gaps import gaps
from poanalyzer.eventlog.tallies import Pattern, Tallies, date

if TYPE_CHECKING:
    import pandas as pd

#: Labels are compared pair by pair up to this many; more are no vocabulary of steps but free text.
LABELS = 600
#: How alike two labels must be to be one misspelt, and how short ones are not compared.
ALIKE, SHORT = 0.92, 6


def patterns(tallies: Tallies, *, plain: bool) -> list[Pattern]:
    """Return the eleven patterns and repeated rows; ``plain``: an input is a plain log, whose case column was chosen."""
    ours = tallies.steps[~tallies.steps["outside"]]
    rows = int(ours["n"].sum())
    return [*_captured(tallies, rows), _travel(ours), *_cases(tallies, plain=plain), *labels(ours, rows)]


def _captured(tallies: Tallies, rows: int) -> list[Pattern]:
    ties = tallies.ties
    return [
        Pattern("form-based-capture", "Form-based capture", ties["form"], rows,
                "rows of work of one person and case, of several activities, have one time: a form was saved, and the"
                " times of the work itself are not known", ties["form_case"]),
        Pattern("collateral-events", "Collateral events", ties["collateral"], rows,
                "rows of work repeat an activity of the case at the same instant", ties["collateral_case"]),
        Pattern("repeated-rows", "Repeated rows", ties["repeated"], rows,
                "rows of work repeat another in case, activity, times and resource", ties["repeated_case"]),
    ]  # fmt: skip


def _travel(ours: pd.DataFrame) -> Pattern:
    return Pattern(
        "time-travel", "Inadvertent time travel", int(ours["is_backwards"].sum()), int(ours["rows"].sum()),
        "rows end before they start, or start before their case does", first(ours, "backwards"),
    )  # fmt: skip


def first(steps: pd.DataFrame, what: str) -> int | None:
    """Return the number of the first case that shows something odd."""
    case = steps[f"{what}_case"].min() if len(steps) else None
    return None if case is None or case != case else int(case)


def _cases(tallies: Tallies, *, plain: bool) -> list[Pattern]:
    """Return cases that are hard to hold together: one row each, one business key in unlinked cases, events in values."""
    ties, keys, said = tallies.ties, tallies.keys, tallies.said
    single = ties["single"] if plain and ties["single"] > ties["cases"] / 2 else 0
    return [
        Pattern("elusive-case", "Elusive cases", single, ties["cases"],
                "cases have one row each: the column taken for the case may not be one"),
        Pattern("scattered-case", "Scattered cases", keys["spread"], keys["keyed"],
                "root cases share their business key with one of another process: one matter in several cases",
                keys["spread_case"]),
        Pattern("scattered-event", "Scattered events", said["times"], said["n"],
                "values of variables are times: things may have happened that no row of its own tells", said["case"]),
    ]  # fmt: skip


def labels(counts: pd.DataFrame, rows: int) -> list[Pattern]:
    """Return labels with numbers in them, misspelt ones, and names and elements that do not go one to one."""
    per = counts.groupby("activity")["n"].sum().to_dict() if len(counts) else {}
    names = sorted(per)
    skeletons: dict[str, list[str]] = defaultdict(list)
    for name in names:
        skeletons[re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "#", name)].append(name)
    polluted = [n for group in skeletons.values() if len(group) >= 3 for n in group]
    distorted = _distorted([n for n in names if n not in set(polluted)])
    of_id: dict[tuple[int, str], set[str]] = defaultdict(set)
    of_name: dict[tuple[int, str], set[str]] = defaultdict(set)
    touched_by_id: dict[tuple[int, str], int] = defaultdict(int)
    touched_by_name: dict[tuple[int, str], int] = defaultdict(int)
    for r in counts.to_dict("records"):
        if isinstance(r["element_id"], str):
            by_id, by_name = (r["process_ix"], r["element_id"]), (r["process_ix"], r["activity"])
            of_id[by_id].add(r["activity"])
            of_name[by_name].add(r["element_id"])
            touched_by_id[by_id] += int(r["n"])
            touched_by_name[by_name] += int(r["n"])
    synonyms = [k for k, said in of_id.items() if len(said) > 1]
    homonyms = [k for k, said in of_name.items() if len(said) > 1]
    alike = sorted({n for pair in distorted for n in pair})
    return [
        Pattern("polluted-label", "Polluted labels", sum(per[n] for n in polluted), rows,
                f"rows of work have a name with a number or id in it{_such(polluted)}: one step looks like many"),
        Pattern("distorted-label", "Distorted labels", sum(per[n] for n in alike), rows,
                "rows of work have names that differ only in spelling"
                + (f", such as “{distorted[0][0]}” and “{distorted[0][1]}”" if distorted else "")),
        Pattern("synonymous-labels", "Synonymous labels", sum(touched_by_id[k] for k in synonyms), rows,
                f"rows of work belong to elements that bear several names{_such([str(k[1]) for k in synonyms])}"),
        Pattern("homonymous-labels", "Homonymous labels", sum(touched_by_name[k] for k in homonyms), rows,
                f"rows of work share their name with another element of the process{_such([str(k[1]) for k in homonyms])}"),
    ]  # fmt: skip


def _such(names: list[str]) -> str:
    return f", such as “{sorted(names)[0]}”" if names else ""


def _distorted(names: list[str]) -> list[tuple[str, str]]:
    """Return pairs of labels that differ in case, spacing, punctuation or a letter or two, but not in a number."""
    if len(names) > LABELS:
        return []
    plain = {n: re.sub(r"[\W_]+", "", n).casefold() for n in names}
    out = []
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            a, b = plain[one], plain[other]
            if re.findall(r"\d+", a) != re.findall(r"\d+", b) or min(len(a), len(b)) < SHORT:
                continue
            match = SequenceMatcher(None, a, b, autojunk=False)
            if a == b or (match.quick_ratio() >= ALIKE and match.ratio() >= ALIKE):
                out.append((one, other))
    return out


def days(hours: dict[int, int]) -> list[Pattern]:
    """Return days that lack records where there usually are some, and logs that know no day after the twelfth."""
    if not hours:
        return []
    seen = sorted({h // 24 for h in hours})
    found = gaps(hours)
    lost = sorted({d for gap in found for d in gap.days})
    months = {date(d).strftime("%Y-%m") for d in seen}
    early = all(date(d).day <= 12 for d in seen) and len(months) >= 3 and len(seen) >= 10
    where = ", ".join(_stretch(g.first, g.last) for g in found[:5])
    worst = max((g.p for g in found), default=0.0)
    return [
        Pattern("gap", "Stretches without records", len(lost), seen[-1] - seen[0] + 1,
                f"days lack records in hours of the week that usually have some: {where} (UTC; p"
                f" {'< 0.0001' if worst < 1e-4 else f'≤ {worst:.2g}'}); {len(seen):,} days have records"),
        Pattern("unanchored-event", "Unanchored events", len(seen) if early else 0, len(seen),
                f"days with records in {len(months)} months are all among the first twelve: day and month may be swapped"),
    ]  # fmt: skip


def _stretch(begin: int, end: int) -> str:
    """Return a stretch of hours as dates, with the hours where it is within a day."""
    one, other = date(begin // 24), date(end // 24)
    if one == other:
        return f"{one:%Y-%m-%d} {begin % 24:02d}:00–{end % 24 + 1:02d}:00"
    return f"{one:%Y-%m-%d} to {other:%Y-%m-%d}"
