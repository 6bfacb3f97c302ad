"""``report.md``: the report as Markdown, for wikis and reviews."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from poanalyzer.report.renderer import Renderer
from poanalyzer.report.view import View, area_text
from poanalyzer.report.words import (
    GRADES,
    STATUS,
    amount,
    chances,
    count,
    day,
    duration,
    interval,
    level,
    lower_first,
    minute,
    number,
    sentence,
    short,
    upper_first,
)
from poanalyzer.results import Assessment, Claim, DriverResult, KpiGrade, ModelResult, PortfolioKpi

_EVIDENCE = 3
_ACTIVE = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def render(assessment: Assessment) -> bytes:
    """Return the UTF-8 bytes of the document."""
    view = View(assessment)
    model = assessment.models[0] if assessment.models else None
    lines = [*_head(view)]
    if model is not None:
        lines += [*_areas(view, model)]
        for each in assessment.models:
            lines += [*_levels(view, each)]
        lines += [*_next(view), *_comparison(view)]
        for each in assessment.models:
            lines += [*_criteria(view, each)]
    lines += [*_measures(view), *_kpis(view), *_variants(view), *_quality(view)]
    for each in assessment.models:
        lines += [*_unrated(view, each)]
    lines += [*_provenance(view)]
    return ("\n".join(lines).rstrip() + "\n").encode("utf-8")


def text(value: object, width: int = 300) -> str:
    """Return text of a log so that Markdown shows it as it is, on one line and cut to ``width``."""
    line = short(str(value), width)
    escaped = _ACTIVE.sub(r"\\\1", line).replace("&", "&amp;")
    return re.sub(r"\b(https?|ftp|javascript|mailto):", r"\1\\:", escaped)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _head(view: View) -> Iterator[str]:
    yield f"# {text(view.a.project, 120)}"
    yield ""
    yield f"Process orchestration assessment. Inputs: {text(view.input_line())}. Window: {view.window_line()}."
    yield ""
    for problem in view.problems("error", "warning"):
        where = f" ({text(problem.where)})" if problem.where else ""
        yield f"- **{problem.severity.capitalize()}**: {text(sentence(problem.text))}{where} {text(sentence(problem.fix))}"
    yield ""


def _areas(view: View, model: ModelResult) -> Iterator[str]:
    yield "## The four areas"
    yield ""
    ratings = view.ratings(model)
    if not ratings:
        yield "No process could be rated: none has 30 completed instances in four different weeks of the window."
        yield ""
    for rating in ratings:
        yield f"### {text(view.name(rating.key), 80)}"
        yield ""
        yield from _table(
            ["Area", "Rating", "Interval", "n", "Reason and advice"],
            (
                [
                    area.title,
                    f"{area.rating.value}, {area_text(area)}" if area.rating else area_text(area),
                    interval(area.low, area.high, area.unit) or "–",
                    count(area.n, area.n_unit) or "–",
                    text(" ".join(filter(None, (sentence(area.reason), sentence(area.advice))))) or "–",
                ]
                for area in rating.areas
            ),
        )


def _levels(view: View, model: ModelResult) -> Iterator[str]:
    local = " (cuts changed in the project file)" if model.local_cuts else ""
    yield f"## Levels: {text(model.title)}{local}"
    yield ""
    for scope in view.scopes(model):
        yield f"### {text(scope.title, 80)}"
        yield ""
        yield from _table(
            ["Driver", "Level", "Why", "Confidence"],
            (
                [
                    driver.title + (" (self-reported)" if driver.source == "self-reported" else ""),
                    level(driver.level),
                    text(sentence(driver.summary)),
                    text(_confidence(driver)),
                ]
                for driver in scope.drivers
            ),
        )


def _confidence(driver: DriverResult) -> str:
    said = f"{driver.confidence}: {driver.confidence_reason}".removesuffix(": ")
    likely = chances(driver.distribution)
    return f"{said}. Probability of {likely}" if likely else said


def _next(view: View) -> Iterator[str]:
    yield "## What to do next"
    yield ""
    if not view.a.roadmap:
        yield "No step follows from these records."
    for index, item in enumerate(view.a.roadmap, 1):
        scope = text(upper_first(view.name(item.process)), 60)
        yield f"{index}. **{view.KINDS[item.kind]}: {text(sentence(item.step))}** {scope}: {text(sentence(item.why))}"
        yield f"   It worked if {text(lower_first(sentence(item.works_if)))}"
    yield ""


def _comparison(view: View) -> Iterator[str]:
    yield "## Mined against self-reported"
    yield ""
    if not view.a.comparison:
        yield "No survey answers were given."
        yield ""
        return
    yield from _table(
        ["Driver", "Scope", "Mined", "Self-reported", "Verdict", "Reading"],
        (
            [
                view.driver_title(row.driver),
                text(view.name(row.scope), 60),
                view.comparison_text(row.demonstrated, row.potential),
                "no level" if row.self_level is None else f"level {row.self_level}",
                row.verdict,
                text(sentence(row.text)),
            ]
            for row in view.a.comparison
        ),
    )


def _criteria(view: View, model: ModelResult) -> Iterator[str]:
    yield f"## Criteria: {text(model.title)}"
    yield ""
    for scope in view.scopes(model):
        for driver in scope.drivers:
            if not driver.claims:
                continue
            yield f"### {text(scope.title, 80)}: {driver.title}"
            yield ""
            yield from _table(
                ["Claim", "Level", "Quote", "Rating", "Needs", "Met", "Value", "Because"],
                (_claim(view, scope.key, claim) for claim in sorted(driver.claims, key=lambda c: c.level)),
            )


def _claim(view: View, process: str | None, claim: Claim) -> list[str]:
    met = "–" if not claim.required else "yes" if claim.met else "possible" if claim.potential else "no"
    seen = []
    for metric in claim.metrics:
        row = view.row(metric, process)
        seen += [f"{e.case_id or ''} {e.what}".strip() for e in (row.evidence if row else ())][:_EVIDENCE]
    because = [sentence(claim.reason), sentence(claim.capped), sentence(claim.unlock)]
    if seen:
        because.append(f"For example: {'; '.join(seen[:_EVIDENCE])}.")
    return [
        claim.id,
        str(claim.level),
        text(f"“{claim.quote}”"),
        f"{claim.rating.value}, {claim.rating.word}" if claim.rating else STATUS[claim.status],
        claim.minimum.value if claim.minimum else "–",
        met,
        amount(claim.value, claim.unit),
        text(" ".join(filter(None, because)), 400) or "–",
    ]


def _measures(view: View) -> Iterator[str]:
    yield "## Measures"
    yield ""
    for process in (*(p.key for p in view.productive), None):
        yield f"### {text(view.name(process), 80)}"
        yield ""
        rows = [row for _, rows in view.by_area(process) for row in rows]
        if rows:
            yield from _table(
                ["Measure", "Value", "Interval", "n", "How"],
                (
                    [
                        f"{text(view.metric_title(row.id))} (`{row.id}`)",
                        amount(row.value, row.unit),
                        interval(row.low, row.high, row.unit) or "–",
                        count(row.n, row.n_unit) or "–",
                        text(row.method) or "–",
                    ]
                    for row in rows
                ),
            )
        for gap in view.gaps(process):
            what = ", ".join(f"`{item}`" for item in gap.items)
            why = f"{text(sentence(gap.reason))} {text(sentence(gap.unlock))}".rstrip()
            yield f"- Not measured, {STATUS[gap.status]}: {what}. {why}"
        yield ""


def _kpis(view: View) -> Iterator[str]:
    processes = [p for p in view.a.processes if p.kpis]
    if not processes:
        return
    yield "## Which KPIs these records can carry"
    yield ""
    yield "; ".join(f"{index} {meaning}" for index, meaning in enumerate(GRADES)) + "."
    yield ""
    yield from _kpi_values(view)
    yield "### What can be tracked"
    yield ""
    rows = []
    for kpi, title in view.kpi_rows():
        cells = (view.kpi(process, kpi) for process in processes)
        rows.append([text(title), *("–" if c is None or c.grade is None else str(c.grade) for c in cells)])
    yield from _table(["KPI", *(text(p.name or p.key, 40) for p in processes)], rows)


def _kpi_values(view: View) -> Iterator[str]:
    declared = [(p.name or p.key, kpis) for p, kpis in view.declared_kpis()]
    if not declared and not view.a.kpis:
        return
    yield "### Values and targets"
    yield ""
    rows = [(name, k, view.kpi_note(k)) for name, kpis in declared for k in kpis]
    yield from _table(_KPI_HEAD, (_kpi_row(name, kpi, note) for name, kpi, note in rows))
    if view.a.kpis:
        yield "Over several processes:"
        yield ""
        over = ((view.names(k.processes), k, sentence(k.reason)) for k in view.a.kpis)
        yield from _table(_KPI_HEAD, (_kpi_row(name, kpi, note) for name, kpi, note in over))
    yield "A month in brackets was seen in part; a month that is not there has no value."
    yield ""


_KPI_HEAD = ("Process", "KPI", "Value", "Interval", "n", "Target", "Met", "By month", "Measured as")


def _kpi_row(name: str, kpi: KpiGrade | PortfolioKpi, note: str) -> list[str]:
    months = (
        f"{m.month} {amount(m.value, kpi.unit)}" if m.complete else f"({m.month} {amount(m.value, kpi.unit)})"
        for m in kpi.months if m.value is not None
    )  # fmt: skip
    return [
        text(name, 60), text(kpi.title, 80), amount(kpi.value, kpi.unit), interval(kpi.low, kpi.high, kpi.unit) or "–",
        count(kpi.cases, kpi.n_unit) if kpi.value is not None else "–", text(kpi.target) if kpi.target else "none",
        "–" if kpi.attained is None else "yes" if kpi.attained else "no", "; ".join(months) or "–",
        text(f"{sentence(kpi.measured_as)} {note}".strip()) or "–",
    ]  # fmt: skip


def _variants(view: View) -> Iterator[str]:
    yield "## Processes"
    yield ""
    for process in (*view.productive, *view.others):
        counts = ", ".join(count(n, what) for n, what in ((process.cases, "cases"), (process.variants, "variants")))
        yield f"### {text(process.name or process.key, 80)}: {counts}"
        yield ""
        for variant in process.top_variants[:5]:
            yield f"- {count(variant.cases, 'cases')}: {text(' → '.join(variant.activities), 300)}"
        yield ""


def _quality(view: View) -> Iterator[str]:
    yield "## Log quality"
    yield ""
    grade = view.row("log-grade", None)
    if grade is not None and grade.value is not None:
        yield f"Grade of the records: {amount(grade.value, 'stars')}."
        yield ""
    for finding in view.a.quality:
        seen = next((f"{e.case_id or ''} {e.what}".strip() for e in finding.evidence), "")
        more = [f"For example {seen}." if seen else "", sentence(finding.fix)]
        yield (
            f"- {finding.severity}: {text(finding.title)}: {text(sentence(finding.text), 400)} "
            f"{text(' '.join(filter(None, more)), 400)}"
        ).rstrip()
    for source in view.a.inputs:
        rejected = "; ".join(f"{text(reason)}: {n}" for reason, n in source.rows_rejected.items()) or "none"
        rows = f"{number(source.rows_read)} rows read, {number(source.rows_kept)} kept"
        yield f"- {text(source.path)}: {rows}; rejected: {rejected}"
        for one in source.capabilities:
            if one.available != "yes":
                partly = "in part" if one.available == "partial" else "no"
                yield f"    - {text(one.capability)}: {partly}. {text(sentence(one.why))} {text(sentence(one.unlock))}".rstrip()
    yield ""


def _unrated(view: View, model: ModelResult) -> Iterator[str]:
    gaps = view.unrated(model)
    if not gaps:
        return
    yield f"## What could not be rated: {text(model.title)}"
    yield ""
    for gap in gaps:
        yield (
            f"- {', '.join(gap.items)} ({text(', '.join(gap.scopes), 120)}): {STATUS[gap.status]}. "
            f"{text(sentence(gap.reason))} {text(sentence(gap.unlock))}"
        ).rstrip()
    yield ""


def _provenance(view: View) -> Iterator[str]:
    yield "## Provenance"
    yield ""
    for source in view.a.inputs:
        yield (
            f"- {text(source.path)}: {source.role}, read as {source.adapter}, {day(source.window_start)} to "
            f"{day(source.window_end)}, SHA-256 `{source.sha256}`"
        )
    for model in view.a.models:
        judged, cuts = view.judged_cuts(model)
        local = "+local" if model.local_cuts else ""
        yield (
            f"- {text(model.title)}, {model.id}-{model.version}{local}, SHA-256 `{model.sha256}`; "
            f"{judged} of {cuts} cuts are judgement"
        )
    run = view.a.run
    yield (
        f"- {view.a.tool.name} {view.a.tool.version}, run {minute(run.started)} UTC in {duration(run.seconds)} on Python "
        f"{run.python}, {text(run.platform)}, {text(run.backend)}"
    )


RENDERER = Renderer(id="md", filename="report.md", title="the report as Markdown", render=render)
