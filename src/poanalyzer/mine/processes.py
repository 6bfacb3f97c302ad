"""The processes of the engines, with the counts that decide what may be said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.config import Config, ProcessSettings
from poanalyzer.mine.cases import DAY_US

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog

WEEK_US = 7 * DAY_US
#: 1970-01-01 was a Thursday: ISO weeks begin three days later or four earlier.
_MONDAY_US = 4 * DAY_US


@dataclass(frozen=True)
class Process:
    """A process of the engines, with the counts that decide what may be said of it."""

    ix: int
    key: str
    name: str
    engine: str
    cases: int
    root_cases: int
    closed: int
    open: int
    closed_in_window: int
    root_closed_in_window: int
    completed_roots: int
    weeks: int
    start: int | None
    end: int | None
    inputs: tuple[str, ...]
    settings: ProcessSettings

    @property
    def productive(self) -> bool:
        """Whether at least 30 root instances were completed in at least 4 distinct weeks of the window."""
        return self.completed_roots >= 30 and self.weeks >= 4


def build_processes(log: EventLog, config: Config, cases: ibis.Table) -> tuple[Process, ...]:
    """Return the processes of the engines, largest first (ties by key)."""
    import ibis

    rows = cases
    # a called case whose root was not exported stands for no root of its own
    done = rows.is_root & ~rows.root_missing & rows.in_window & rows.closed & (rows.state == "completed")
    week = (rows.end - _MONDAY_US) // WEEK_US
    per = rows.group_by("process_ix").agg(
        cases=rows.count(),
        root_cases=rows.is_root.sum(),
        closed=rows.closed.sum(),
        closed_in_window=(rows.closed & rows.in_window).sum(),
        root_closed_in_window=(rows.closed & rows.in_window & rows.is_root).sum(),
        completed_roots=done.sum(),
        weeks=ibis.ifelse(done, week, ibis.null("int64")).nunique(),
        start=rows.start.min(),
        end=ibis.greatest(
            ibis.coalesce(rows.end.max(), rows.start.max()), ibis.coalesce(rows.last_at.max(), rows.start.max())
        ),
    )
    counts = log.con.to_pandas(per.join(log.coded("d_process"), "process_ix"))
    named = log.coded("c_cases")
    about = log.con.to_pandas(
        named.group_by(["process_ix", "source"]).agg(name=named.process_name.max(), engine=named.engine.max())
    )
    out = []
    for r in counts.itertuples():
        of = about[about["process_ix"] == r.process_ix].sort_values("source")
        settings = config.process_settings(r.process_key)
        said = [n for n in of["name"] if isinstance(n, str)]
        out.append(
            Process(
                ix=int(r.process_ix), key=r.process_key, name=settings.name or (said[0] if said else r.process_key),
                engine=str(of["engine"].iloc[0]), cases=int(r.cases), root_cases=int(r.root_cases),
                closed=int(r.closed), open=int(r.cases - r.closed), closed_in_window=int(r.closed_in_window),
                root_closed_in_window=int(r.root_closed_in_window), completed_roots=int(r.completed_roots),
                weeks=int(r.weeks), start=_int(r.start), end=_int(r.end), inputs=tuple(of["source"]),
                settings=settings,
            )
        )  # fmt: skip
    return tuple(sorted(out, key=lambda p: (-p.cases, p.key)))


def _int(value: Any) -> int | None:
    return None if value is None or value != value else int(value)
