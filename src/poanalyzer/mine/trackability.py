"""Which figures the records of a process can support: fields, their quality, and the grade of each KPI.

Source: after del-Río-Ortega et al. (2013): a performance indicator is computable where every field it needs
is there, in at least 95 % of the cases, and there are at least 30 closed ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.config import Kpi as Declared
from poanalyzer.eventlog.coding import ACTOR_HUMAN, ACTOR_UNKNOWN
from poanalyzer.eventlog.views import timestamp
from poanalyzer.results import KpiGrade

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined, Process

ENOUGH = 0.95
MIN_CASES = 30
MONTHS = 3

#: Field → what it is, as the report names it when it is missing.
FIELDS = {
    "case-times": "start and end of cases",
    "activity-times": "start and end of activities",
    "actor": "whether a person or a machine did the work",
    "resource": "who did the human work",
    "outcome": "the outcome of cases (declare which ends mean success and failure)",
    "due": "due dates or targets of cases",
    "failures": "failed attempts and incidents",
    "open-cases": "the state of open cases",
    "cost": "cost of the work",
    "outside": "records of an outside source",
}


@dataclass(frozen=True)
class Kpi:
    """A figure that process owners ask for, and the fields it needs."""

    id: str
    title: str
    needs: tuple[str, ...]


CATALOGUE = (
    Kpi("cycle-time", "Cycle time", ("case-times",)),
    Kpi("throughput", "Throughput (cases completed)", ("case-times",)),
    Kpi("backlog", "Work in progress and its age", ("case-times", "open-cases")),
    Kpi("processing-time", "Processing time", ("activity-times",)),
    Kpi("waiting-time", "Waiting time", ("activity-times",)),
    Kpi("sla-attainment", "Deadlines met", ("case-times", "due")),
    Kpi("straight-through", "Straight-through processing", ("case-times", "actor")),
    Kpi("automation-rate", "Automation rate", ("actor",)),
    Kpi("rework", "Rework and first time right", ("case-times",)),
    Kpi("exception-rate", "Exception rate", ("case-times", "failures")),
    Kpi("time-to-restore", "Time to restore", ("failures",)),
    Kpi("success-rate", "Success rate", ("outcome",)),
    Kpi("cancellation-rate", "Cancellation rate", ("outcome", "open-cases")),
    Kpi("resource-utilisation", "Utilisation of people", ("activity-times", "resource")),
    Kpi("handovers", "Hand-overs between people", ("resource",)),
    Kpi("cost-per-case", "Cost per case", ("cost",)),
    Kpi("customer-waiting", "Waiting of the customer, end to end", ("case-times", "outside")),
)


@dataclass(frozen=True)
class Fields:
    """Quality of the fields of one process, 0–1, over all closed cases and month by month (oldest first)."""

    closed: int
    whole: dict[str, float]
    months: tuple[tuple[int, int, dict[str, float]], ...]


def field_quality(mined: Mined) -> dict[int, Fields]:
    """Return the quality of each field by process number, from two aggregates over the whole export."""
    cases = mined.cases.filter(mined.cases.closed)
    ended = timestamp(cases.end)
    cases = cases.mutate(month=ended.year() * 12 + ended.month() - 1)
    ok = cases.start.notnull() & cases.end.notnull() & (cases.start <= cases.end)
    per_case = cases.group_by(["process_ix", "month"]).agg(
        closed=cases.count(), case_times=ok.sum(), outcome=cases.outcome.notnull().sum()
    )
    acts = mined.log.coded("c_acts")
    due = acts.filter(acts.due.notnull()).select("case_ix").distinct().mutate(has_due=True)
    with_due = cases.left_join(due, "case_ix").drop("case_ix_right")
    per_due = with_due.group_by(["process_ix", "month"]).agg(due=with_due.has_due.fill_null(False).sum())
    who = mined.log.coded("d_resource").select("resource_ix", "resource")
    steps = mined.steps.join(cases.select("case_ix", "month"), "case_ix").join(who, "resource_ix")
    human = steps.actor == ACTOR_HUMAN
    per_row = steps.group_by(["process_ix", "month"]).agg(
        rows=steps.count(),
        activity_times=(steps.start.notnull() & steps.end.notnull()).sum(),
        actor=(steps.actor != ACTOR_UNKNOWN).sum(),
        human=human.sum(),
        resource=(human & steps.resource.notnull()).sum(),
    )
    frame = mined.query(per_case).merge(mined.query(per_row), how="left", on=["process_ix", "month"])
    frame = frame.merge(mined.query(per_due), how="left", on=["process_ix", "month"]).fillna(0)
    out = {}
    for process in mined.processes:
        rows = frame[frame["process_ix"] == process.ix].sort_values("month")
        fixed = _fixed(mined, process)
        months = tuple((int(r["month"]), int(r["closed"]), _shares(r) | fixed) for r in rows.to_dict("records"))
        totals = rows.drop(columns=["process_ix", "month"]).sum().to_dict()
        out[process.ix] = Fields(int(totals.get("closed", 0)), _shares(totals) | fixed, months)
    return out


def _shares(row: dict[str, float]) -> dict[str, float]:
    def share(part: str, of: str) -> float:
        return float(row[part]) / float(row[of]) if row.get(of) else 0.0

    return {
        "case-times": share("case_times", "closed"), "outcome": share("outcome", "closed"),
        "due": share("due", "closed"), "activity-times": share("activity_times", "rows"),
        "actor": share("actor", "rows"), "resource": share("resource", "human"),
    }  # fmt: skip


def _fixed(mined: Mined, process: Process) -> dict[str, float]:
    """Return the fields that an export has or has not, whatever the month."""
    failures = all(mined.capability(process, c).available != "no" for c in ("attempts", "incidents"))
    plain = all(r.plain_log for r in mined.engine_inputs if r.path in process.inputs)
    declared = bool(process.settings.outcome.success or process.settings.outcome.failure)
    linked = 0.0
    if mined.has_outside:
        cases = mined.cases.filter((mined.cases.process_ix == process.ix) & mined.cases.is_root & mined.cases.closed)
        seen = mined.outside.select("root_ix").distinct()
        total = mined.scalar(cases.count())
        linked = float(mined.scalar(cases.semi_join(seen, [cases.case_ix == seen.root_ix]).count())) / max(total, 1)
    return {
        "failures": 1.0 if failures or mined.config.exception else 0.0,
        "open-cases": 0.0 if plain and not declared else 1.0,
        "cost": 0.0,
        "outside": linked,
    }


def grades(mined: Mined, process: Process, fields: Fields) -> tuple[KpiGrade, ...]:
    """Return the trackability of each KPI of a process: the catalogue and what is declared for it.

    Grades: 0 not computable; 1 computable; 2 with an explicit target; 3 and over three consecutive complete months;
    4 and joined to the outcome and to an end-to-end view.
    """
    declared = [k for k in mined.config.kpi if not k.process or process.key in k.process]
    out = []
    for kpi in CATALOGUE:
        asked: list[Declared | None] = [k for k in declared if k.measure == kpi.id]
        out += [_grade(mined, kpi, said, fields) for said in asked or [None]]
    known = {k.id for k in CATALOGUE}
    out += [
        KpiGrade(
            id=said.id, title=said.title or said.id, grade=None, declared=True, target=said.target or "",
            owner=said.owner or "", reason=f"“{said.measure}” is no measure of the catalogue",
        )
        for said in declared if said.measure not in known
    ]  # fmt: skip
    return tuple(out)


def _grade(mined: Mined, kpi: Kpi, said: Declared | None, fields: Fields) -> KpiGrade:
    """Return the grade of one figure: of the catalogue, or as it is declared."""
    quality = min(fields.whole.get(f, 0.0) for f in kpi.needs)
    missing = tuple(FIELDS[f] for f in kpi.needs if fields.whole.get(f, 0.0) < ENOUGH)
    grade, reason = 0, ""
    if missing:
        reason = f"filled in {quality:.0%}; at least {ENOUGH:.0%} are needed" if quality else "not in the export"
    elif fields.closed < MIN_CASES:
        reason = f"{fields.closed} closed cases; at least {MIN_CASES} are needed"
    else:
        grade = _higher(mined, kpi, said is not None and bool(said.target), fields)
    return KpiGrade(
        id=said.id if said else kpi.id, title=(said.title if said else None) or kpi.title, grade=grade,
        declared=said is not None, target=(said.target if said else None) or "",
        owner=(said.owner if said else None) or "", quality=quality, missing=missing, reason=reason,
    )  # fmt: skip


def _higher(mined: Mined, kpi: Kpi, target: bool, fields: Fields) -> int:
    if not target:
        return 1
    if not consecutive_months(mined, kpi, fields):
        return 2
    end_to_end = mined.has_outside and fields.whole["outside"] >= ENOUGH
    return 4 if end_to_end and fields.whole["outcome"] >= ENOUGH else 3


def consecutive_months(mined: Mined, kpi: Kpi, fields: Fields) -> bool:
    """Return whether the KPI was computable in three consecutive complete calendar months (UTC)."""
    from datetime import UTC, datetime

    end = datetime.fromtimestamp(mined.window.end / 1e6, tz=UTC)
    last = end.year * 12 + end.month - 2  # the month of the last record is not complete
    good = [m for m, closed, q in fields.months if closed and all(q.get(f, 0.0) >= ENOUGH for f in kpi.needs)]
    complete = set(good[1:]) if good and fields.months and good[0] == fields.months[0][0] else set(good)
    complete = {m for m in complete if m <= last}
    return any(all(m + i in complete for i in range(MONTHS)) for m in complete)
