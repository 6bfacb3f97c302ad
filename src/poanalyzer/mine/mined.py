"""One object with every reduction of the log, each computed once, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poanalyzer.config import Config, ProcessSettings
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.mine import (
    assets,
    branches,
    candidates,
    case_sample,
    changes,
    cohorts,
    conformance,
    critical_path,
    drift,
    effects,
    endpoints,
    episodes,
    executions,
    flow,
    handlers,
    handover,
    kpi_expressions,
    linkage,
    missed_parallelism,
    outside,
    pickup,
    recovery,
    repairs,
    steps,
    stuck,
    targeting,
    timeouts,
    times,
    trackability,
    units,
    verdicts,
    waiting,
)
from poanalyzer.mine import cases as case_facts
from poanalyzer.mine.cases import DAY_US, Window
from poanalyzer.mine.failure_sums import failure_sums
from poanalyzer.mine.releases import Carried, Release, carried_versions, effective_releases
from poanalyzer.mine.trackability import Fields
from poanalyzer.results import Capability, KpiGrade

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.assets import Asset
    from poanalyzer.mine.case_sample import CaseWork
    from poanalyzer.mine.changes import ModelChange
    from poanalyzer.mine.critical_path import CriticalPaths
    from poanalyzer.mine.drift import Deterioration, Drift
    from poanalyzer.mine.effects import Effect, Outcome
    from poanalyzer.mine.flow import VariantCounts
    from poanalyzer.mine.handover import HandoverEdges
    from poanalyzer.mine.kpi_expressions import Evaluation
    from poanalyzer.mine.lexicon import Hint
    from poanalyzer.mine.targeting import Aim
    from poanalyzer.mine.units import UnitsOf
    from poanalyzer.mine.verdicts import Verdict
    from poanalyzer.mine.waiting import Waits

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
        return episodes.build_episodes(self.log, self.steps, self.cases, self.repairs)

    @cached_property
    def repairs(self) -> ibis.Table | None:
        """What operators did to get instances going again; None where no operation was recorded."""
        return repairs.build_repairs(self.log, self.cases)

    @cached_property
    def episode_ends(self) -> pd.DataFrame:
        """Failure episodes counted by how and when they ended."""
        return recovery.episode_ends(self)

    @cached_property
    def unassigned_repairs(self) -> int:
        """How many repairs name no case."""
        return repairs.unassigned(self.log)

    @cached_property
    def stuck(self) -> ibis.Table | None:
        """Open cases with whether they still move; None where nothing shows where they stand."""
        return stuck.build_stuck(self)

    @cached_property
    def provisions(self) -> dict[int, handlers.Provision]:
        """What the models started last provide for failures, by process number."""
        return handlers.provisions(self)

    @cached_property
    def timeouts(self) -> ibis.Table | None:
        """Timers armed and fired by case; None where no model has one on an activity."""
        return timeouts.build_timeouts(self)

    @cached_property
    def exception_hints(self) -> dict[int, Hint]:
        """What the names of activities hint at, by activity number."""
        return candidates.hints(self)

    @cached_property
    def candidates(self) -> ibis.Table:
        """Cases in which names or life cycles hint at exceptions."""
        return candidates.build_candidates(self)

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
        found = self.episodes if self.has_failures else None
        return failure_sums(self.log, units, key, name, found, self.repairs)

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
    def executions(self) -> pd.DataFrame:
        """How often each element of each version ran."""
        return executions.executions(self.log, self.cases)

    @cached_property
    def modelled_executions(self) -> pd.DataFrame:
        """The same with what the models say of the elements."""
        return executions.modelled_executions(self)

    @cached_property
    def live_models(self) -> dict[str, pd.DataFrame]:
        """The rows of ``elements`` of each live model, by process key."""
        return executions.live_models(self)

    @cached_property
    def called_processes(self) -> frozenset[tuple[str, str]]:
        """Pairs (calling, called) of process keys that the cases show."""
        return assets.called_processes(self)

    @cached_property
    def assets(self) -> dict[str, frozenset[Asset]]:
        """The assets that each process reaches, by its key."""
        return assets.reached_assets(self)

    @cached_property
    def definitions(self) -> pd.DataFrame:
        """Definitions of all versions."""
        return self.log.con.to_pandas(self.log.coded("definitions"))

    @cached_property
    def units_of(self) -> UnitsOf:
        """The unit of each process."""
        return units.units_of(self)

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
    def message_links(self) -> ibis.Table | None:
        """Links between cases by messages and signals."""
        return linkage.message_links(self)

    @cached_property
    def fragments(self) -> ibis.Table:
        """The pieces in which the engine carries each business key."""
        return linkage.fragments(self)

    @cached_property
    def linked_processes(self) -> pd.DataFrame:
        """How many root cases of each productive process find one of each other."""
        return linkage.linked_processes(self)

    @cached_property
    def root_counts(self) -> dict[int, int]:
        """Root cases of the window by process number."""
        rows = self.cases.filter(self.cases.is_root & self.cases.in_window)
        frame = self.query(rows.group_by("process_ix").agg(n=rows.count()))
        return {int(i): int(n) for i, n in zip(frame["process_ix"], frame["n"], strict=True)}

    @cached_property
    def case_times(self) -> ibis.Table:
        """Where the end-to-end time of each closed root case went."""
        return times.case_times(self)

    @cached_property
    def handover_edges(self) -> HandoverEdges:
        """Hand-overs between endpoints, of a sample of root cases."""
        return handover.handover_edges(self)

    @cached_property
    def load_bands(self) -> dict[int, dict[str, Any]]:
        """How fast jobs were picked up in busy and in median hours."""
        return pickup.load_bands(self)

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
    def case_work(self) -> CaseWork:
        """The rows of work of a sample of closed cases."""
        return case_sample.case_work(self)

    @cached_property
    def critical_paths(self) -> CriticalPaths:
        """What held up each sampled case."""
        return critical_path.critical_paths(self)

    @cached_property
    def waits(self) -> Waits:
        """Why the work of the sampled cases waited."""
        return waiting.waits(self)

    @cached_property
    def missed_parallelism(self) -> missed_parallelism.Missed:
        """Pairs of activities on critical paths that might run side by side."""
        return missed_parallelism.missed(self)

    @cached_property
    def kpi_values(self) -> dict[tuple[int, str], Evaluation]:
        """Declared KPIs evaluated, by process number and KPI id."""
        return kpi_expressions.evaluations(self)

    @cached_property
    def kpi_grades(self) -> dict[int, tuple[KpiGrade, ...]]:
        """The trackability matrix, by process number."""
        return {p.ix: trackability.grades(self, p, self.field_quality[p.ix]) for p in self.processes}

    @cached_property
    def deployments(self) -> pd.DataFrame:
        """Every deployment of a version, as exported (they are few)."""
        return self.log.con.to_pandas(self.log.coded("deployments"))

    @cached_property
    def releases(self) -> dict[str, tuple[Release, ...]]:
        """Effective releases by process key."""
        return {str(key): effective_releases(rows) for key, rows in self.deployments.groupby("process_key")}

    @cached_property
    def carried_versions(self) -> dict[str, tuple[Carried, ...]]:
        """Which release each deployed version carries, by process key."""
        return {str(key): carried_versions(rows) for key, rows in self.deployments.groupby("process_key")}

    @cached_property
    def model_changes(self) -> dict[str, tuple[ModelChange | None, ...]]:
        """What each effective release changed in the model, by process key."""
        return changes.of_releases(self.elements, self.releases)

    def release_name(self, key: str, number: int) -> str:
        """Return what a release of a process is called: the versions it brought."""
        return "of version " + ", ".join(self.releases[key][number].versions)

    @cached_property
    def has_incidents(self) -> bool:
        """Whether some input records incidents: else failed attempts stand in for them."""
        return self.capability(None, "incidents").available != "no"

    @cached_property
    def release_cases(self) -> ibis.Table:
        """Cases with the release they run on and the one that was the latest when they began."""
        return cohorts.release_cases(self)

    @cached_property
    def cohorts(self) -> pd.DataFrame:
        """Counts of cases by process, release and day of their start."""
        return cohorts.cohorts(self)

    @cached_property
    def slow_days(self) -> dict[int, float]:
        """Days that nine of ten closed cases take at most, by process number."""
        return cohorts.slow_days(self)

    @cached_property
    def first_cases(self) -> pd.DataFrame:
        """Cases of each release and its first cases."""
        return cohorts.first_cases(self)

    @cached_property
    def element_days(self) -> pd.DataFrame:
        """Work, time and failures by element and day."""
        return cohorts.element_days(self)

    @cached_property
    def follow_days(self) -> pd.DataFrame:
        """How often one activity followed another, by day."""
        return drift.follow_days(self)

    @cached_property
    def drifts(self) -> tuple[Drift, ...]:
        """Days from which cases took other ways."""
        return drift.drifts(self)

    @cached_property
    def deteriorations(self) -> tuple[Deterioration, ...]:
        """Days from which a figure was credibly worse."""
        return drift.deteriorations(self)

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What each release did to the figures of its process."""
        return effects.release_effects(self)

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Which releases improved their process, and which harmed it."""
        return effects.outcomes(self)

    @cached_property
    def aims(self) -> tuple[Aim, ...]:
        """Where releases went, against what was hot before them."""
        return targeting.aims(self)

    @cached_property
    def replay(self) -> ibis.Table | None:
        """Recorded work with whether the model of its version explains it; None without models."""
        return conformance.replay(self)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Which releases failed, and when each was mended."""
        return verdicts.verdicts(self)

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
