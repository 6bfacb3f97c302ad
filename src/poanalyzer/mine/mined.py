"""One object with every reduction of the log, each computed once, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poanalyzer.config import Config, ProcessSettings
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.mine import branches, endpoints, episodes, flow, outside, steps, trackability
from poanalyzer.mine import cases as case_facts
from poanalyzer.mine.cases import DAY_US, Window
from poanalyzer.mine.releases import Release, effective_releases
from poanalyzer.mine.trackability import Fields
from poanalyzer.results import Capability, KpiGrade

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.flow import VariantCounts

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


class Mined:
    """The reductions of one sealed log. Tables stay in the engine; frames are small."""

    def __init__(self, log: EventLog) -> None:
        self.log = log

    @property
    def config(self) -> Config:
        """What the analyst declared."""
        return self.log.config

    @cached_property
    def window(self) -> Window:
        """The stretch of time that rates look at."""
        return case_facts.observation_window(self.log)

    @cached_property
    def steps(self) -> ibis.Table:
        """Every row of engine work with its place in its case."""
        return steps.build_steps(self.log)

    @cached_property
    def cases(self) -> ibis.Table:
        """One row a case of the engines (without exceptions; see :attr:`units`)."""
        return case_facts.build_cases(self.log, self.steps, self.window)

    @cached_property
    def _roots(self) -> ibis.Table:
        return case_facts.build_roots(self.log, self.steps, self.cases)

    @cached_property
    def episodes(self) -> ibis.Table:
        """Failure episodes with their dispositions."""
        return episodes.build_episodes(self.log, self.steps, self.cases)

    @cached_property
    def has_failures(self) -> bool:
        """Whether any failed attempt, exception or declared exception activity is in the log at all."""
        rows = self.log.row_count("attempts") + self.log.row_count("exceptions")
        return bool(rows or self.config.exception)

    @cached_property
    def units(self) -> ibis.Table:
        """Case facts with what went wrong: one row a case."""
        return self._with_failures(self.cases, "case_ix", "m_units")

    @cached_property
    def root_units(self) -> ibis.Table:
        """The same for root cases with their descendants."""
        return self._with_failures(self._roots, "root_ix", "m_root_units")

    def _with_failures(self, units: ibis.Table, key: str, name: str) -> ibis.Table:
        import ibis

        names = ("episodes", "closed_episodes", "handled", "incidents", "failed_recorded", "failed_unrecorded",
                 "retried_ok", "closed_with_attempts")  # fmt: skip
        if not self.has_failures:
            return units.mutate(**{n: ibis.literal(0, "int64") for n in names})
        rows = self.episodes
        sums = rows.group_by(key).agg(
            episodes=rows.count(),
            closed_episodes=(rows.disposition != "open").sum(),
            handled=rows.disposition.isin(episodes.HANDLED).sum(),
            incidents=rows.incidents.sum(),
            retried_ok=((rows.attempts > 0) & (rows.disposition == "retried_ok")).sum(),
            closed_with_attempts=((rows.attempts > 0) & (rows.disposition != "open")).sum(),
        )
        # an instance that failed in two episodes is one instance: no more of an element can have failed than were recorded
        tried = rows.filter(rows.attempts > 0).group_by(["case_ix", "root_ix", "element_id"])
        tried = tried.agg(failed=ibis.least(ibis._.count(), ibis._.machine.max()), lost=(~ibis._.recorded).max())
        tried = tried.group_by(key).agg(failed_recorded=tried.failed.sum(), failed_unrecorded=tried.lost.sum())
        sums = sums.left_join(tried, key).drop(f"{key}_right")
        sums = sums.rename(unit_ix=key)
        joined = units.left_join(sums, [units.case_ix == sums.unit_ix]).drop("unit_ix")
        # kept as a table: many small queries follow, and each would compile the joins anew
        return self.log.con.create_table(name, joined.mutate(**{n: ibis.coalesce(joined[n], 0) for n in names}))

    @cached_property
    def processes(self) -> tuple[Process, ...]:
        """The processes of the engines, largest first (ties by key)."""
        import ibis

        rows = self.cases
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
        counts = self.log.con.to_pandas(per.join(self.log.coded("d_process"), "process_ix"))
        named = self.log.coded("c_cases")
        about = self.log.con.to_pandas(
            named.group_by(["process_ix", "source"]).agg(name=named.process_name.max(), engine=named.engine.max())
        )
        out = []
        for r in counts.itertuples():
            of = about[about["process_ix"] == r.process_ix].sort_values("source")
            settings = self.config.process_settings(r.process_key)
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

    @cached_property
    def productive(self) -> tuple[Process, ...]:
        """The productive processes, largest first."""
        return tuple(p for p in self.processes if p.productive)

    @cached_property
    def activities(self) -> dict[int, str]:
        """Activity names by number."""
        frame = self.log.con.to_pandas(self.log.coded("d_activity"))
        return {int(i): str(a) for i, a in zip(frame["activity_ix"], frame["activity"], strict=True)}

    @cached_property
    def directly_follows(self) -> pd.DataFrame:
        """Directly-follows counts."""
        return flow.directly_follows(self.log, self.steps)

    @cached_property
    def activity_counts(self) -> pd.DataFrame:
        """Rows and cases of each activity."""
        return flow.activity_counts(self.log, self.steps)

    @cached_property
    def variant_counts(self) -> dict[int, VariantCounts]:
        """Counts of variants by process."""
        return flow.variant_counts(self.log, self.cases)

    @cached_property
    def top_variants(self) -> pd.DataFrame:
        """The most frequent variants."""
        return flow.top_variants(self.log, self.steps, self.cases)

    @cached_property
    def endpoint_counts(self) -> pd.DataFrame:
        """Rows of work by endpoint."""
        return endpoints.endpoint_counts(self.log, self.steps, self.cases)

    @cached_property
    def has_outside(self) -> bool:
        """Whether an outside source was given."""
        return any(r.role == "outside" for r in self.log.inputs)

    @cached_property
    def outside(self) -> ibis.Table:
        """Records of outside sources, linked to root cases."""
        return outside.build_outside(self.log, self.steps, self.cases)

    @cached_property
    def handovers(self) -> ibis.Table:
        """Causal hand-overs of root cases seen on both sides."""
        return outside.handovers(self.log, self.steps, self.cases, self.outside)

    @cached_property
    def elements(self) -> pd.DataFrame:
        """The models' elements, all versions (models are small)."""
        return self.log.con.to_pandas(self.log.coded("elements"))

    @cached_property
    def engine_inputs(self) -> tuple[InputRecord, ...]:
        """The inputs that an engine wrote."""
        return tuple(r for r in self.log.inputs if r.role == "engine")

    @cached_property
    def branch_pairs(self) -> ibis.Table | None:
        """Pairs of branches that both finished something, with the time they shared."""
        return branches.realised_pairs(self)

    @cached_property
    def field_quality(self) -> dict[int, Fields]:
        """Quality of the fields that figures need, by process number."""
        return trackability.field_quality(self)

    @cached_property
    def kpi_grades(self) -> dict[int, tuple[KpiGrade, ...]]:
        """The trackability matrix, by process number."""
        return {p.ix: trackability.grades(self, p, self.field_quality[p.ix]) for p in self.processes}

    @cached_property
    def releases(self) -> dict[str, tuple[Release, ...]]:
        """Effective releases by process key."""
        frame = self.log.con.to_pandas(self.log.coded("deployments"))
        return {str(key): effective_releases(rows) for key, rows in frame.groupby("process_key")}

    def capability(self, process: Process | None, name: str) -> Capability:
        """Return what the inputs of a process (of all, for None) can show: the best of them."""
        rank = {"no": 0, "partial": 1, "yes": 2}
        records = [r for r in self.engine_inputs if process is None or r.path in process.inputs]
        said = [r.capabilities[name] for r in records if name in r.capabilities]
        if not said:
            why = "the export says nothing about it"
            return Capability(capability=name, available="no", why=why, unlock="Give the engine's own export.")
        return max(said, key=lambda c: rank[c.available])

    def query(self, expr: ibis.Table) -> pd.DataFrame:
        """Run a small query."""
        return self.log.con.to_pandas(expr)

    def scalar(self, expr: ibis.Value) -> Any:
        """Run a query with one value."""
        return self.log.con.execute(expr)


def _int(value: Any) -> int | None:
    return None if value is None or value != value else int(value)


def iso(micros: int | float | None) -> str | None:
    """Return microseconds as an ISO 8601 UTC string."""
    from datetime import UTC, datetime, timedelta

    if micros is None or micros != micros:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
