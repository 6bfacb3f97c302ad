"""What is odd about the log: counts that a reader must know before the numbers, and what to do about each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from poanalyzer.eventlog.clocks import far_off, granularity, lone_days, mixed, skew
from poanalyzer.eventlog.imperfections import days, first, patterns
from poanalyzer.eventlog.remedies import REMEDIES
from poanalyzer.eventlog.tallies import Pattern, Tallies, tally
from poanalyzer.results import Evidence, QualityFinding

if TYPE_CHECKING:
    from poanalyzer.eventlog.store import EventLog

_NOTE, _WARNING = 0.01, 0.05
#: Shares above which patterns that are common and often meant are a warning, where that is not 5 %.
_TELLING = {
    "homonymous-labels": 1.1,
    "scattered-case": 1.1,
    "scattered-event": 1.1,
    "no-resource": 1.1,
    "no-start": 1.1,
    "instant": 1.1,
    "no-business-key": 1.1,
    "repeated-business-key": 1.1,
    "synonymous-labels": 0.2,
    "collateral-events": 0.2,
    "mixed-granularity": 0.2,
    "gap": 0.02,
    "far-off-times": 0.0,
}
_RANK = {"warning": 0, "note": 1, "info": 2}


def findings(log: EventLog) -> tuple[QualityFinding, ...]:
    """Return the findings over everything that was kept, worst first.

    Sources: imperfection patterns after Suriadi et al. (2017); timestamp measures after Fischer et al. (2020); the
    quality of a case's keys and of start and complete pairs after Bose, Mans and van der Aalst (2013).
    """
    tallies = tally(log)
    paths = [r.path for r in log.inputs]
    ours = tallies.steps[~tallies.steps["outside"]]
    found: list[QualityFinding] = []
    if int(ours["n"].sum()):
        lone = set(lone_days(tallies))
        usual = {hour: n for hour, n in tallies.hours.items() if hour // 24 not in lone}
        plain = any(r.plain_log for r in log.inputs if r.role == "engine")
        said = [
            *_rows(tallies), *patterns(tallies, plain=plain), mixed(tallies), skew(tallies, paths), far_off(tallies),
            *days(usual), *_keys(tallies),
        ]  # fmt: skip
        found = _with_examples(log, [p for p in said if p.count])
        found += [_coarse(path, unit, n) for path, unit, n in granularity(tallies, paths)]
    return ordered([*found, *_rejected(log)])


def ordered(found: list[QualityFinding]) -> tuple[QualityFinding, ...]:
    """Return findings worst first, with what to do about each."""
    told = [replace(f, fix=f.fix or REMEDIES.get(f.id, "")) for f in found]
    return tuple(sorted(told, key=lambda f: (_RANK[f.severity], f.id, f.text)))


def _rows(tallies: Tallies) -> list[Pattern]:
    """Return what rows of work lack: times, an order, hands."""
    ours, ties = tallies.steps[~tallies.steps["outside"]], tallies.ties
    n = int(ours["n"].sum())
    pairs = ties["rows"] - ties["cases"]
    tied = ties["rows"] - ties["times"]
    sure = "all" if not tied else f"{min(1 - tied / pairs, 0.999):.1%}"

    def rows(id_: str, title: str, column: str, text: str, example: str = "") -> Pattern:
        return Pattern(id_, title, int(ours[column].sum()), n, text, first(ours, example) if example else None)

    return [
        Pattern("tied-times", "Tied timestamps", ties["tied"], n,
                "rows of work share their time with another row of the case: their order is not known. "
                f"{sure} of the {pairs:,} neighbouring pairs have an order", ties["tied_case"]),
        rows("no-resource", "Missing resources", "no_resource", "rows of work name no resource"),
        rows("unknown-hands", "Unknown hands", "no_hands",
             "rows of work do not tell whether a person or a machine did them"),
        rows("midnight", "Dates without time", "is_midnight", "rows of work are stamped midnight UTC", "midnight"),
        rows("unfinished", "Starts without an end", "is_unfinished",
             "rows of work have no end although their case has ended", "unfinished"),
        rows("no-start", "Ends without a start", "is_startless", "rows of work have an end and no start", "startless"),
        rows("instant", "Rows without duration", "instant", "rows of work start and end at once"),
    ]  # fmt: skip


def _keys(tallies: Tallies) -> list[Pattern]:
    """Return how business keys fail to name one matter each; where no case bears one, there is nothing to say."""
    keys = tallies.keys
    if not keys["keyed"]:
        return []
    return [
        Pattern("no-business-key", "Missing business keys", keys["roots"] - keys["keyed"], keys["roots"],
                "root cases have no business key, though others have", keys["keyless_case"]),
        Pattern("repeated-business-key", "Repeated business keys", keys["repeated"], keys["keyed"],
                "root cases share their business key with another of the same process", keys["repeated_case"]),
    ]  # fmt: skip


def _with_examples(log: EventLog, said: list[Pattern]) -> list[QualityFinding]:
    """Return the findings, each with the case that shows it; one query names all of these."""
    wanted = sorted({p.case for p in said if p.case is not None})
    names: dict[int, tuple[str, str]] = {}
    if wanted:
        cases = log.coded("c_cases")
        rows = log.con.to_pandas(cases.filter(cases.case_ix.isin(wanted)).limit(len(wanted)))
        names = {
            int(i): (str(c), str(s)) for i, c, s in zip(rows["case_ix"], rows["case_id"], rows["source"], strict=True)
        }
    out = []
    for p in said:
        share = p.count / p.total
        warning = _TELLING.get(p.id, _WARNING)
        seen = names.get(p.case) if p.case is not None else None
        out.append(
            QualityFinding(
                id=p.id, title=p.title, count=p.count, share=share, text=f"{p.count:,} of {p.total:,} {p.text}",
                severity="warning" if share > warning else "note" if share > _NOTE else "info",
                evidence=(Evidence(case_id=seen[0], what=p.title[0].lower() + p.title[1:], source=seen[1]),)
                if seen
                else (),
            )
        )  # fmt: skip
    return out


def _coarse(path: str, unit: str, n: int) -> QualityFinding:
    hidden = {"second": "a second", "minute": "a minute", "hour": "an hour", "day": "a day"}[unit]
    return QualityFinding(
        id="granularity", title="Coarse clock", count=n, share=1.0,
        severity={"second": "info", "minute": "note"}.get(unit, "warning"),  # type: ignore[arg-type]
        text=f"all times of {path} are whole {unit}s (UTC): order, overlap and durations below {hidden} are not visible",
    )  # fmt: skip


def _rejected(log: EventLog) -> list[QualityFinding]:
    out = []
    for record in log.inputs:
        for reason, count in sorted(record.rejected.items()):
            share = count / max(record.rows_read, 1)
            text = f"{count:,} of {record.rows_read:,} records of {record.path}: {reason}"
            severity: Literal["warning", "note"] = "warning" if share > _NOTE else "note"
            title = "Rejected records"
            out.append(
                QualityFinding(id="rejected", title=title, count=count, share=share, severity=severity, text=text)
            )
    return out
