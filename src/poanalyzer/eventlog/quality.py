"""What is odd about the log: counts that a reader must know before the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.results import QualityFinding

if TYPE_CHECKING:
    from poanalyzer.eventlog.store import EventLog

DAY_US = 86_400_000_000
_NOTE, _WARNING = 0.01, 0.05


def findings(log: EventLog) -> tuple[QualityFinding, ...]:
    """Return the findings over everything that was kept, worst first.

    Sources: imperfection patterns after Suriadi et al. (2017); timestamp measures after Fischer et al. (2020).
    """
    import ibis

    engines = log.coded("d_process").filter(~ibis._.outside).select("process_ix")
    acts = log.coded("c_acts").filter(ibis._.work).semi_join(engines, "process_ix")
    who = log.coded("d_resource").select("resource_ix", "resource")
    rows = acts.join(who, "resource_ix").select("case_ix", "at", "start", "end", "resource", "actor")
    same = rows.group_by(["case_ix", "at"]).agg(n=rows.count())
    ties = same.agg(tied=ibis.ifelse(same.n > 1, same.n, 0).sum())
    total = rows.agg(
        rows=rows.count(),
        no_resource=rows.resource.isnull().sum(),
        no_hands=(rows.actor == 0).sum(),
        midnight=(rows["at"] % DAY_US == 0).sum(),
        whole_seconds=(rows["at"] % 1_000_000 == 0).sum(),
        instant=(rows.start.notnull() & (rows.start == rows.end)).sum(),
        unfinished=rows.end.isnull().sum(),
    )
    found_sums = log.con.to_pandas(total).iloc[0]
    row = {name: 0 if value is None or value != value else int(value) for name, value in found_sums.items()}
    n = row["rows"]
    if not n:
        return ()
    tied = int(log.con.execute(ties)["tied"].fillna(0).iloc[0])
    found = [
        _finding("tied-times", "Tied timestamps", tied, n,
                 "rows of work share their time with another row of the case: their order is not known"),
        _finding("no-resource", "Missing resources", int(row["no_resource"]), n, "rows of work name no resource", 1.1),
        _finding("unknown-hands", "Unknown hands", int(row["no_hands"]), n,
                 "rows of work do not tell whether a person or a machine did them"),
        _finding("midnight", "Dates without time", int(row["midnight"]), n, "rows of work are stamped midnight UTC"),
        _finding("unfinished", "Unfinished rows", int(row["unfinished"]), n, "rows of work have no end"),
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
