"""Imperfection patterns of event logs (Suriadi et al. 2017), clocks and gaps: what each looks like in the canonical tables.

Form-based capture, collateral events and repeated rows are read from rows of one case at one time (see
:mod:`poanalyzer.eventlog.quality`); the rest are here: labels from the dictionaries, the others from one aggregate each.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog

DAY_US = 86_400_000_000
#: Labels are compared pair by pair up to this many; more are no vocabulary of steps but free text.
LABELS = 600
#: How alike two labels must be to be one misspelt, and how short ones are not compared.
ALIKE, SHORT = 0.92, 6
#: Rows that a day without any must have been expected to have, by the medians of its weekdays.
EXPECTED = 10


@dataclass(frozen=True)
class Pattern:
    """A pattern found: how many of how many rows (or cases) it touches, and what it looks like."""

    id: str
    title: str
    count: int
    total: int
    text: str


def patterns(log: EventLog, engines: ibis.Table) -> list[Pattern]:
    """Return the patterns of labels, cases, clocks and gaps; ``engines`` holds the ``process_ix`` to look at."""
    counts = _step_counts(log, engines)
    rows = int(counts["n"].sum()) if len(counts) else 0
    out = [*_labels(counts, rows), *_clocks(log, engines, counts, rows), *_cases(log, engines), *_days(log, engines)]
    return [p for p in out if p.count]


def _step_counts(log: EventLog, engines: ibis.Table) -> pd.DataFrame:
    """Return the rows of work of each step of each process, and how many are stamped on whole minutes."""
    acts = log.coded("c_acts")
    acts = acts.filter(acts.work).semi_join(engines, "process_ix")
    per = acts.group_by(["process_ix", "step_ix"]).agg(n=acts.count(), minutes=(acts["at"] % 60_000_000 == 0).sum())
    named = per.join(log.coded("d_step").select("step_ix", "element_id", "activity"), "step_ix")
    return log.con.to_pandas(named).sort_values(["process_ix", "activity", "step_ix"], ignore_index=True)


def _labels(counts: pd.DataFrame, rows: int) -> list[Pattern]:
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


def _clocks(log: EventLog, engines: ibis.Table, counts: pd.DataFrame, rows: int) -> list[Pattern]:
    """Return what clocks got wrong: order between case and row or caller and called, and unlike precision."""
    per = counts.groupby("activity")[["n", "minutes"]].sum() if len(counts) else counts
    coarse = per[(per["n"] >= 20) & (per["n"] == per["minutes"])] if len(per) else per
    fine = rows - int(counts["minutes"].sum()) if rows else 0
    cases = log.coded("c_cases").semi_join(engines, "process_ix").select("case_ix", case_start="start")
    acts = log.coded("c_acts")
    acts = acts.filter(acts.work | acts.called_ix.notnull()).semi_join(engines, "process_ix").join(cases, "case_ix")
    backwards = (acts.end < acts.start) | (acts.start < acts.case_start)
    row = log.con.to_pandas(acts.agg(n=acts.count(), back=backwards.fill_null(False).sum())).iloc[0]
    calls = acts.filter(acts.called_ix.notnull() & acts.start.notnull()).select("called_ix", called_at="start")
    called = calls.join(cases.select(called_ix="case_ix", began="case_start"), "called_ix")
    skew = called.began - called.called_at
    lag = log.con.to_pandas(called.agg(n=called.count(), early=(skew < 0).sum(), least=skew.min())).iloc[0]
    return [
        Pattern("time-travel", "Inadvertent time travel", _whole(row["back"]), _whole(row["n"]),
                "rows end before they start, or start before their case does"),
        Pattern("clock-skew", "Clocks that disagree", _whole(lag["early"]), _whole(lag["n"]),
                f"called cases begin before the call, by up to {-_whole(lag['least']) / 1e6:.3g} s: two clocks"),
        Pattern("mixed-granularity", "Clocks of unlike precision", int(coarse["n"].sum()) if fine and len(coarse) else 0,
                rows, f"rows of work are stamped to the minute, others finer{_such([str(n) for n in coarse.index])}"),
    ]  # fmt: skip


def _cases(log: EventLog, engines: ibis.Table) -> list[Pattern]:
    """Return cases that are hard to hold together: one row each, or one business key in unlinked cases."""
    import ibis

    acts = log.coded("c_acts").filter(ibis._.work).semi_join(engines, "process_ix")
    per = acts.group_by("case_ix").agg(n=acts.count())
    row = log.con.to_pandas(per.agg(cases=per.count(), single=(per.n == 1).sum())).iloc[0]
    plain = any(r.plain_log for r in log.inputs if r.role == "engine")
    cases, single = _whole(row["cases"]), _whole(row["single"])
    roots = log.coded("c_cases").semi_join(engines, "process_ix")
    roots = roots.filter((roots.root_ix == roots.case_ix) & roots.business_key.notnull())
    keys = roots.group_by("business_key").agg(n=roots.count(), processes=roots.process_ix.nunique())
    shared = log.con.to_pandas(keys.agg(n=keys.n.sum(), spread=keys.n.sum(where=keys.processes > 1))).iloc[0]
    said = log.coded("variables")
    moment = said.value.re_search(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
    stamps = log.con.to_pandas(said.agg(n=said.count(), at=moment.fill_null(False).sum())).iloc[0]
    return [
        Pattern("elusive-case", "Elusive cases", single if plain and single > cases / 2 else 0, cases,
                "cases have one row each: the column taken for the case may not be one"),
        Pattern("scattered-case", "Scattered cases", _whole(shared["spread"]), _whole(shared["n"]),
                "root cases share their business key with one of another process: one matter in several cases"),
        Pattern("scattered-event", "Scattered events", _whole(stamps["at"]), _whole(stamps["n"]),
                "values of variables are times: things may have happened that no row of its own tells"),
    ]  # fmt: skip


def _days(log: EventLog, engines: ibis.Table) -> list[Pattern]:
    """Return days on which records were to be expected and none are, and logs that know no day after the twelfth."""
    acts = log.coded("c_acts")
    acts = acts.filter(acts["at"].notnull()).semi_join(engines, "process_ix").mutate(day=acts["at"] // DAY_US)
    frame = log.con.to_pandas(acts.group_by("day").agg(n=acts.count()))
    counts = {int(d): int(n) for d, n in zip(frame["day"], frame["n"], strict=True)}
    if not counts:
        return []
    days = range(min(counts), max(counts) + 1)
    usual = {w: median([counts.get(d, 0) for d in days if d % 7 == w] or [0]) for w in range(7)}
    gaps: list[tuple[int, int]] = []
    start = None
    for day in days:
        if day not in counts:
            start = day if start is None else start
        elif start is not None:
            if sum(usual[d % 7] for d in range(start, day)) >= EXPECTED:
                gaps.append((start, day - 1))
            start = None
    lost = sum(b - a + 1 for a, b in gaps)
    months = {_date(d).strftime("%Y-%m") for d in counts}
    early = all(_date(d).day <= 12 for d in counts) and len(months) >= 3 and len(counts) >= 10
    where = ", ".join(f"{_date(a):%Y-%m-%d}" + (f" to {_date(b):%Y-%m-%d}" if b > a else "") for a, b in gaps[:5])
    return [
        Pattern("gap", "Days without records", lost, len(days), f"days have no record where there usually are: {where}"),
        Pattern("unanchored-event", "Unanchored events", len(counts) if early else 0, len(counts),
                f"days with records in {len(months)} months are all among the first twelve: day and month may be swapped"),
    ]  # fmt: skip


def _date(day: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)


def _whole(value: Any) -> int:
    return 0 if value is None or value != value else int(value)
