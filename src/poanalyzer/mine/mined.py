"""The log as metrics see it: steps, cases and processes, and every reduction of them, each computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from poanalyzer.config import Config
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.mine import cases as case_facts
from poanalyzer.mine import steps
from poanalyzer.mine.cases import Window
from poanalyzer.mine.episodes import build_episodes
from poanalyzer.mine.failure_sums import failure_sums
from poanalyzer.mine.processes import Process, build_processes
from poanalyzer.mine.repairs import build_repairs
from poanalyzer.results import Capability

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog

T = TypeVar("T")

#: What is counted against all cases of a process: an input that does not record it has them as cases without any.
COUNTED = ("attempts", "incidents", "operations")


class Mined:
    """The reductions of one sealed log. Tables stay in the engine; frames are small."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self._made: dict[Callable[[Mined], Any], Any] = {}

    def of(self, reduction: Callable[[Mined], T]) -> T:
        """Return what a reduction makes of this log, computed when it is first asked for.

        A reduction is a function of ``mine`` that takes the log's :class:`Mined` and nothing else: a metric asks for
        ``mined.of(episode_ends)``, and so does every other metric that needs the same.
        """
        if reduction not in self._made:
            self._made[reduction] = reduction(self)
        return cast("T", self._made[reduction])

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
        found = self.of(build_episodes) if self.has_failures else None
        return failure_sums(self.log, units, key, name, found, self.of(build_repairs))

    @cached_property
    def processes(self) -> tuple[Process, ...]:
        """The processes of the engines, largest first (ties by key)."""
        return build_processes(self.log, self.config, self.cases)

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
    def definitions(self) -> pd.DataFrame:
        """Definitions of all versions."""
        return self.log.con.to_pandas(self.log.coded("definitions"))

    @cached_property
    def has_outside(self) -> bool:
        """Whether an outside source was given."""
        return any(r.role == "outside" for r in self.log.inputs)

    @cached_property
    def root_counts(self) -> dict[int, int]:
        """Root cases of the window by process number."""
        rows = self.cases.filter(self.cases.is_root & self.cases.in_window)
        frame = self.query(rows.group_by("process_ix").agg(n=rows.count()))
        return {int(i): int(n) for i, n in zip(frame["process_ix"], frame["n"], strict=True)}

    @cached_property
    def elements(self) -> pd.DataFrame:
        """The models' elements, all versions (models are small)."""
        return self.log.con.to_pandas(self.log.coded("elements"))

    @cached_property
    def engine_inputs(self) -> tuple[InputRecord, ...]:
        """The inputs that an engine wrote."""
        return tuple(r for r in self.log.inputs if r.role == "engine")

    @cached_property
    def deployments(self) -> pd.DataFrame:
        """Every deployment of a version that an engine recorded (they are few)."""
        rows = self._deployments
        return rows[~rows["source"].isin(self._delivery_inputs)]

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """Every deployment that a pipeline recorded, a row for each process that it carried: no release of its own."""
        rows = self._deployments
        return rows[rows["source"].isin(self._delivery_inputs)]

    @cached_property
    def _deployments(self) -> pd.DataFrame:
        return self.log.con.to_pandas(self.log.coded("deployments"))

    @property
    def _delivery_inputs(self) -> list[str]:
        return [r.path for r in self.log.inputs if r.role == "delivery"]

    @cached_property
    def has_incidents(self) -> bool:
        """Whether some input records incidents: else failed attempts stand in for them."""
        return self.capability(None, "incidents").available != "no"

    def capability(self, process: Process | None, name: str) -> Capability:
        """Return what the inputs of a process can show; for None, what the process shows that shows most.

        Of several inputs the best tells, but for what is :data:`COUNTED`: there the worst does.
        """
        if process is None and name in COUNTED and self.processes:
            return max((self.capability(p, name) for p in self.processes), key=_rank)
        records = [r for r in self.engine_inputs if process is None or r.path in process.inputs]
        said = [(r.path, r.capabilities[name]) for r in records if name in r.capabilities]
        if not said:
            why = "the export says nothing about it"
            return Capability(capability=name, available="no", why=why, unlock="Give the engine's own export.")
        if process is None or name not in COUNTED:
            return max((c for _, c in said), key=_rank)
        path, worst = min(said, key=lambda pair: _rank(pair[1]))
        if any(c.available != worst.available for _, c in said):
            worst = replace(worst, why=f"{path}, one of {len(said)} inputs: {worst.why}")
        return worst

    def query(self, expr: ibis.Table) -> pd.DataFrame:
        """Run a small query."""
        return self.log.con.to_pandas(expr)

    def scalar(self, expr: ibis.Value) -> Any:
        """Run a query with one value."""
        return self.log.con.execute(expr)


def _rank(said: Capability) -> int:
    return ("no", "partial", "yes").index(said.available)


def iso(micros: int | float | None) -> str | None:
    """Return microseconds as an ISO 8601 UTC string."""
    from datetime import UTC, datetime, timedelta

    if micros is None or micros != micros:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
