"""Which figures the records of a process can support: fields, their quality, and the grade of each KPI.

Source: after del-Río-Ortega et al. (2013): a performance indicator is computable where every field it needs
is there, in at least 95 % of the cases, and there are at least 30 closed ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_HUMAN, ACTOR_UNKNOWN
from poanalyzer.eventlog.views import timestamp
from poanalyzer.kpis import Dimension, read_target
from poanalyzer.kpis import Kpi as Declared
from poanalyzer.mine.kpi_values import Evaluation, complete, evaluations
from poanalyzer.mine.outside import build_outside
from poanalyzer.results import KpiGrade, KpiMonth

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

ENOUGH = 0.95
MIN_CASES = 30
MIN_INCIDENTS = 10
MONTHS = 3
#: A KPI is computable regularly in this share of the complete months.
REGULAR = 0.8

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


#: Field → what to export or declare where it is missing.
UNLOCKS = {
    "case-times": "Export process instances with their start and end.",
    "activity-times": "Export activities with both times: a history level that keeps them, or a start column.",
    "actor": "Say who is who: [accounts] human = […], bot = […], system = […].",
    "resource": "Export who completed human work (the assignee of tasks).",
    "outcome": "Declare which ends mean success and failure: [[process]] outcome = { success = […], failure = […] }.",
    "due": "Set due dates on tasks and export them, or map a column with the role due.",
    "failures": "Export failed attempts and incidents (job log, incidents), or declare [[exception]] activities.",
    "open-cases": "Export running instances too, or declare outcomes, so that open cases can be told from closed ones.",
    "cost": "Write the cost into a variable and declare it: measure = { attribute = … }.",
    "outside": 'Give an outside source that shows what happened before and after the engine: [[input]] role = "outside".',
}

#: What to do where an outside source is there, and too few of its cases are those of the engine.
LINK = "Give more rows of the outside source the case's number or business key, so that they can be linked."


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


#: What the figures of the catalogue are about.
DIMENSIONS: dict[str, Dimension] = {
    "cycle-time": "time", "waiting-time": "time", "time-to-restore": "time", "throughput": "volume", "backlog": "volume",
    "straight-through": "volume", "automation-rate": "volume", "processing-time": "cost", "resource-utilisation": "cost",
    "handovers": "cost", "cost-per-case": "cost", "sla-attainment": "compliance", "rework": "quality",
    "exception-rate": "quality", "success-rate": "quality", "cancellation-rate": "quality", "customer-waiting": "customer",
}  # fmt: skip


def dimension(said: Declared) -> Dimension | None:
    """Return what a declared KPI is about: the analyst's word, else what its measure leaves no doubt of."""
    if said.dimension or isinstance(said.measure, str):
        return said.dimension or DIMENSIONS.get(str(said.measure))
    share = said.measure.share
    if share and share.time:
        return "compliance"
    if share and (share.outcome or share.state):
        return "quality"
    return "time" if said.measure.time else None


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
        seen = mined.of(build_outside).select("root_ix").distinct()
        total = mined.scalar(cases.count())
        linked = float(mined.scalar(cases.semi_join(seen, [cases.case_ix == seen.root_ix]).count())) / max(total, 1)
    return {
        "failures": 1.0 if failures or mined.config.exception else 0.0,
        "open-cases": 0.0 if plain and not declared else 1.0,
        "cost": 0.0,
        "outside": linked,
    }


def kpi_grades(mined: Mined) -> dict[int, tuple[KpiGrade, ...]]:
    """Return the trackability matrix, by process number."""
    return {p.ix: grades(mined, p, mined.of(field_quality)[p.ix]) for p in mined.processes}


def grades(mined: Mined, process: Process, fields: Fields) -> tuple[KpiGrade, ...]:
    """Return the trackability of each KPI of a process: the catalogue and what is declared for it.

    Grades: 0 not computable; 1 computable; 2 with an explicit target; 3 and over three consecutive complete months;
    4 and joined to the outcome and to an end-to-end view.
    """
    declared = [k for k in mined.config.kpi if k.serves(process.key)]
    out = []
    for kpi in CATALOGUE:
        asked: list[Declared | None] = [k for k in declared if k.measure == kpi.id]
        out += [_grade(mined, process, kpi, said, fields) for said in asked or [None]]
    known = {k.id for k in CATALOGUE}
    out += [_expressed(mined, process, said, fields) for said in declared if not isinstance(said.measure, str)]
    out += [
        replace(_about(said), grade=None, reason=f"“{said.measure}” is no measure of the catalogue")
        for said in declared if isinstance(said.measure, str) and said.measure not in known
    ]  # fmt: skip
    return tuple(out)


def _about(said: Declared | None, kpi: Kpi | None = None) -> KpiGrade:
    """Return what is declared of a figure, or what the catalogue says, before it is graded."""
    if said is None:
        assert kpi is not None
        return KpiGrade(id=kpi.id, title=kpi.title, grade=0, declared=False)
    return KpiGrade(
        id=said.id, title=said.title or (kpi.title if kpi else said.id), grade=0, declared=True,
        target=said.target or "", owner=said.owner or "", weight=said.weight,
        scope=f"cases {said.scope.told}" if said.scope else "",
    )  # fmt: skip


def _grade(mined: Mined, process: Process, kpi: Kpi, said: Declared | None, fields: Fields) -> KpiGrade:
    """Return the grade of one figure: of the catalogue, or as it is declared."""
    quality = min(fields.whole.get(f, 0.0) for f in kpi.needs)
    lacking = [f for f in kpi.needs if fields.whole.get(f, 0.0) < ENOUGH]
    months = _months_of(kpi, fields)
    evaluation = mined.of(evaluations).get((process.ix, said.id)) if said else None
    scoped = evaluation is not None and said is not None and said.scope is not None and kpi.id != "backlog"
    closed = evaluation.cases_ever if evaluation is not None and scoped else fields.closed
    grade, reason = 0, ""
    if lacking:
        reason = f"filled in {quality:.0%}; at least {ENOUGH:.0%} are needed" if quality else "not in the export"
    elif closed < MIN_CASES:
        reason = f"{closed} closed cases{' in its scope' if scoped else ''}; at least {MIN_CASES} are needed"
    else:
        grade = _higher(mined, said, months, fields)
        if said is not None and evaluation is None:
            reason = f"graded by its fields only: this version works out no value of “{kpi.id}”"
    found = replace(
        _about(said, kpi), grade=grade, quality=quality, missing=tuple(FIELDS[f] for f in lacking), reason=reason,
        unlock=" ".join(LINK if f == "outside" and mined.has_outside else UNLOCKS[f] for f in lacking),
    )  # fmt: skip
    return found if evaluation is None else _valued(mined, found, evaluation, dict(months), grade > 0)


def _expressed(mined: Mined, process: Process, said: Declared, fields: Fields) -> KpiGrade:
    """Return the grade of a KPI that is written as an expression: its quality is that of its own values."""
    found = mined.of(evaluations).get((process.ix, said.id))
    about = _about(said)
    if found is None:
        return replace(about, reason="one of the KPIs that it is derived from has no value for this process")
    if found.missing:
        return replace(
            about, missing=found.missing, reason="not in the export", measured_as=found.measured_as,
            unlock="Name activities as the records do, or export those that hold them.",
        )  # fmt: skip
    months = _sound_months(found)
    grade, reason, unlock = 0, "", ""
    if found.cases_ever < MIN_CASES:
        reason = f"{found.cases_ever} closed cases show what it measures; at least {MIN_CASES} are needed"
    elif found.quality_ever < ENOUGH:
        reason = f"{found.quality_ever:.0%} of the cases it applies to have a value; at least {ENOUGH:.0%} are needed"
        attribute = None if isinstance(said.measure, str) else said.measure.attribute
        if attribute:
            unlock = f"Export the variable “{attribute}” of every case, as a number."
    else:
        grade = _higher(mined, said, months, fields)
    about = replace(about, grade=grade, quality=found.quality_ever, reason=reason, unlock=unlock)
    return _valued(mined, about, found, dict(months), grade > 0)


def _sound_months(found: Evaluation) -> tuple[tuple[int, bool], ...]:
    return tuple((m, f.value is not None and f.quality >= ENOUGH) for m, f in found.months)


def _valued(mined: Mined, grade: KpiGrade, found: Evaluation, sound: dict[int, bool], tell: bool) -> KpiGrade:
    """Add the values to a grade; a figure that is not computable has none, only the account of its months."""
    first = found.months[0][0] if found.months else 0
    held = found.how == "stock"  # what is open at the end of a month in which nothing ended is no less known
    value = found.whole.value if tell else None
    named = replace(
        grade, unit=found.unit, cases=found.whole.valued, measured_as=found.measured_as, n_unit=found.counted
    )
    return replace(
        judged(named, value),
        months=tuple(
            KpiMonth(
                month=month_name(m), cases=f.valued, value=f.value if (held and tell) or sound.get(m) else None,
                complete=complete(mined, m, first), computable=(held and tell) or sound.get(m, False),
            )
            for m, f in found.months
        ),
    )  # fmt: skip


def month_name(month: int) -> str:
    """Return the number of a month (year · 12 + month − 1) as ``2026-03``."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def judged(grade: KpiGrade, value: float | None) -> KpiGrade:
    """Return the figure with its value held against its target, or why the two do not compare."""
    attained, reason = held_against(grade.target, grade.unit, value)
    least = {"cases": MIN_CASES, "incidents": MIN_INCIDENTS}.get(grade.n_unit, 0)
    if attained is not None and (grade.cases or 0) < least:
        attained, reason = None, f"too few {grade.n_unit} in the window to hold it against its target"
    return replace(grade, value=value, attained=attained, reason=reason or grade.reason)


def held_against(said: str, unit: str, value: float | None) -> tuple[bool | None, str]:
    """Return whether a value meets a target, and where they do not compare why."""
    target = read_target(said) if said else None
    if not said or value is None:
        return None, ""
    if target is not None and (
        unit == "s" if target.kind == "time" else target.kind == "number" or unit in ("share", "ratio", *_RATES)
    ):
        return target.attained(value), ""
    near = " such as <= 2 d" if unit == "s" else " such as >= 85 %" if unit == "share" else ""
    return None, f"the target “{said}” is no comparison with a value in {unit or 'numbers'}{near}"


#: Units of figures a case that people aim at in percent.
_RATES = ("episodes a case", "rows a case")


def _higher(mined: Mined, said: Declared | None, months: tuple[tuple[int, bool], ...], fields: Fields) -> int:
    if said is None or not said.target:
        return 1
    if not consecutive(mined, months):
        return 2
    end_to_end = mined.has_outside and fields.whole["outside"] >= ENOUGH
    return 4 if end_to_end and fields.whole["outcome"] >= ENOUGH else 3


def tracked(mined: Mined, process: Process, said: Declared) -> bool:
    """Return whether a declared KPI was computable regularly (see :func:`regular`)."""
    if isinstance(said.measure, str):
        known = {k.id: k for k in CATALOGUE}
        return said.measure in known and regular(
            mined, _months_of(known[said.measure], mined.of(field_quality)[process.ix])
        )
    found = mined.of(evaluations).get((process.ix, said.id))
    return found is not None and not found.missing and regular(mined, _sound_months(found))


def regular(mined: Mined, months: tuple[tuple[int, bool], ...]) -> bool:
    """Return whether at least :data:`REGULAR` of the complete calendar months are good, and three of them in a row.

    A month in which no case ended has no value: it counts, and is not good.
    """
    if not consecutive(mined, months):
        return False
    first = months[0][0]
    there = 0
    while complete(mined, first + there + 1, first):
        there += 1
    return sum(sound and complete(mined, m, first) for m, sound in months) >= REGULAR * there


def consecutive(mined: Mined, months: tuple[tuple[int, bool], ...]) -> bool:
    """Return whether three consecutive complete calendar months (UTC; numbers, oldest first) are good."""
    good = {m for m, sound in months if sound and complete(mined, m, months[0][0])}
    return any(all(m + i in good for i in range(MONTHS)) for m in good)


def _months_of(kpi: Kpi, fields: Fields) -> tuple[tuple[int, bool], ...]:
    """Return the months of a figure of the catalogue, and in which of them its fields are filled."""
    return tuple((m, bool(n) and all(q.get(f, 0.0) >= ENOUGH for f in kpi.needs)) for m, n, q in fields.months)
