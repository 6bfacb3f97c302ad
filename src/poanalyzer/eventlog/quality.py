"""What is odd about the log: counts that a reader must know before the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_HUMAN
from poanalyzer.eventlog.imperfections import patterns
from poanalyzer.results import QualityFinding

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog

DAY_US = 86_400_000_000
_NOTE, _WARNING = 0.01, 0.05
#: Shares above which patterns that are common and often meant are a warning, where that is not 5 %.
_TELLING = {
    "homonymous-labels": 1.1,
    "scattered-case": 1.1,
    "scattered-event": 1.1,
    "synonymous-labels": 0.2,
    "gap": 0.02,
}


def findings(log: EventLog) -> tuple[QualityFinding, ...]:
    """Return the findings over everything that was kept, worst first.

    Sources: imperfection patterns after Suriadi et al. (2017); timestamp measures after Fischer et al. (2020).
    """
    import ibis

    engines = log.coded("d_process").filter(~ibis._.outside).select("process_ix")
    acts = log.coded("c_acts").filter(ibis._.work).semi_join(engines, "process_ix")
    who = log.coded("d_resource").select("resource_ix", "resource")
    rows = acts.join(who, "resource_ix")
    rows = rows.select("case_ix", "activity_ix", "resource_ix", "at", "start", "end", "resource", "actor", "mi_index")
    same = _at_once(rows)
    ties = same.agg(**{name: same[name].sum() for name in ("tied", "form", "collateral", "repeated")})
    total = rows.agg(
        rows=rows.count(),
        no_resource=rows.resource.isnull().sum(),
        no_hands=(rows.actor == 0).sum(),
        midnight=(rows["at"] % DAY_US == 0).sum(),
        whole_seconds=(rows["at"] % 1_000_000 == 0).sum(),
        instant=(rows.start.notnull() & (rows.start == rows.end)).sum(),
        unfinished=rows.end.isnull().sum(),
        startless=(rows.start.isnull() & rows.end.notnull()).sum(),
    )
    found_sums = log.con.to_pandas(total).iloc[0]
    row = {name: 0 if value is None or value != value else int(value) for name, value in found_sums.items()}
    n = row["rows"]
    if not n:
        return ()
    at_once = {name: int(value) for name, value in log.con.execute(ties).fillna(0).iloc[0].items()}
    found = [
        _finding("tied-times", "Tied timestamps", at_once["tied"], n,
                 "rows of work share their time with another row of the case: their order is not known"),
        _finding("no-resource", "Missing resources", int(row["no_resource"]), n, "rows of work name no resource", 1.1),
        _finding("unknown-hands", "Unknown hands", int(row["no_hands"]), n,
                 "rows of work do not tell whether a person or a machine did them"),
        _finding("midnight", "Dates without time", int(row["midnight"]), n, "rows of work are stamped midnight UTC"),
        _finding("unfinished", "Unfinished rows", int(row["unfinished"]), n, "rows of work have no end"),
        _finding("no-start", "Ends without a start", int(row["startless"]), n, "rows of work have an end and no start", 1.1),
        _finding("form-based-capture", "Form-based capture", at_once["form"], n,
                 "rows of work of one person and case, of several activities, have one time: a form was saved, and the"
                 " times of the work itself are not known"),
        _finding("collateral-events", "Collateral events", at_once["collateral"], n,
                 "rows of work repeat an activity of the case at the same instant", 0.2),
        _finding("repeated-rows", "Repeated rows", at_once["repeated"], n,
                 "rows of work repeat another in case, activity, times and resource"),
        *(_finding(p.id, p.title, p.count, p.total, p.text, _TELLING.get(p.id, _WARNING)) for p in patterns(log, engines)),
        _finding("instant", "Rows without duration", int(row["instant"]), n, "rows of work start and end at once", 1.1),
    ]  # fmt: skip
    if int(row["whole_seconds"]) == n:
        found.append(
            QualityFinding(id="granularity", title="Coarse clock", severity="info", count=n, share=1.0,
                           text="all times are whole seconds: order and overlap below a second are not visible")
        )  # fmt: skip
    for record in log.inputs:
        for reason, count in sorted(record.rejected.items()):
            share = count / max(record.rows_read, 1)
            found.append(
                QualityFinding(
                    id="rejected", title="Rejected records", severity="warning" if share > _NOTE else "note",
                    count=count, share=share, text=f"{record.path}: {reason}",
                )
            )  # fmt: skip
    rank = {"warning": 0, "note": 1, "info": 2}
    return tuple(sorted((f for f in found if f is not None), key=lambda f: (rank[f.severity], f.id, f.text)))


def _at_once(rows: ibis.Table) -> ibis.Table:
    """Return one row a case and time with how many rows of work it has of what kind of coincidence."""
    import ibis

    same = rows.group_by(["case_ix", "at"]).agg(
        n=rows.count(), instances=rows.mi_index.count(),
        activity=rows.activity_ix.min(), last_activity=rows.activity_ix.max(),
        resource_ix=rows.resource_ix.min(), last_resource=rows.resource_ix.max(), named=rows.resource.count(),
        human=(rows.actor == ACTOR_HUMAN).sum(), end=rows.end.min(), last_end=rows.end.max(),
    )  # fmt: skip
    several = same.n > 1
    one_activity = several & (same.activity == same.last_activity) & (same.instances == 0)
    one_resource = same.resource_ix == same.last_resource
    form = (
        several & (same.activity != same.last_activity) & one_resource & (same.human == same.n) & (same.named == same.n)
    )
    twice = one_activity & one_resource & (same.end == same.last_end).fill_null(False)
    zero = ibis.literal(0, "int64")
    return same.select(
        tied=ibis.ifelse(several, same.n, zero), form=ibis.ifelse(form, same.n, zero),
        collateral=ibis.ifelse(one_activity & ~twice, same.n - 1, zero), repeated=ibis.ifelse(twice, same.n - 1, zero),
    )  # fmt: skip


def _finding(
    id_: str, title: str, count: int, total: int, text: str, warning: float = _WARNING
) -> QualityFinding | None:
    if not count:
        return None
    share = count / total
    severity = "warning" if share > warning else "note" if share > _NOTE else "info"
    return QualityFinding(
        id=id_, title=title, severity=severity, count=count, share=share,  # type: ignore[arg-type]
        text=f"{count:,} of {total:,} {text}",
    )  # fmt: skip
