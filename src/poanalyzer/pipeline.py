"""The way of the data, room by room. The only file that knows their order."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from poanalyzer import __version__
from poanalyzer.config import Config
from poanalyzer.errors import InputError, UsageError
from poanalyzer.mine.flow import variant_counts
from poanalyzer.results import (
    SCHEMA_VERSION,
    Assessment,
    InputResult,
    Inspection,
    LogSummary,
    ProcessResult,
    Run,
    SurveyResult,
    Tool,
)

if TYPE_CHECKING:
    from poanalyzer.eventlog.sink import InputRecord
    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.maturity import Model
    from poanalyzer.mine.discovery import RunningDiscovery
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

Progress = Callable[[str, float], None]
DISCOVERY_SECONDS = 20.0
#: Folders that everybody exports to.
_SAY_NOTHING = ("data", "db", "engine", "export", "exports", "history", "rest", "tables")


def read(
    inputs: Sequence[str] = (),
    config: Config | None = None,
    *,
    overrides: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> EventLog:
    """Read exports into a canonical log; close it when done (it is a context manager).

    Args:
        inputs: paths, folders, globs or archives; the project file's inputs are read beside them.
        config: what the analyst declared.
        overrides: column role → column name, for plain tables.

    Raises:
        InputError: an input is missing, unreadable, or nothing in it can be used.
    """
    from poanalyzer.eventlog.declarations import unmatched
    from poanalyzer.eventlog.store import Store
    from poanalyzer.eventlog.twins import twins
    from poanalyzer.ingest.reading import read_inputs, wanted_inputs, weigh

    config = config or Config()
    wanted = wanted_inputs(inputs, config, overrides or {})
    store = Store(size=weigh(wanted), progress=progress)
    try:
        problems = read_inputs(store, wanted, config)
        log = store.seal(config)
    except BaseException:
        store.close()
        raise
    log.problems = problems + log.problems + twins(log) + unmatched(log)
    return log


def assess(
    inputs: Sequence[str] = (),
    config: Config | None = None,
    *,
    overrides: Mapping[str, str] | None = None,
    survey: str | None = None,
    models: Sequence[str] = ("pomm",),
    backend: str = "duckdb",
    progress: Progress | None = None,
) -> Assessment:
    """Read, mine, measure, rate and compare; return the whole result. People appear in it as roles, never by name.

    ``backend`` says what mines and measures: ``duckdb``, or Spark as ``local``, ``local[N]`` or ``spark://host:port``.
    """
    from poanalyzer.compare import compare
    from poanalyzer.eventlog.quality import findings, ordered
    from poanalyzer.eventlog.spark import engine
    from poanalyzer.maturity import load_model
    from poanalyzer.measure import catalogue, measure_all
    from poanalyzer.measure.kpi_figures import portfolio_kpis, reported
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.rare_orders import rare_orders
    from poanalyzer.rate import rate_model, roadmap

    started, clock = datetime.now(UTC), time.monotonic()
    config = config or Config()
    loaded = [load_model(m, cuts=config.model[m].cuts if m in config.model else None) for m in models]
    _check_names(config, loaded)
    said = _survey(survey, config, loaded)
    with engine(backend) as spark, read(inputs, config, overrides=overrides, progress=progress) as log:
        if spark is not None:
            if progress:
                progress("handing the tables to Spark", 1.0)
            spark.take(log)
        mined = Mined(log)
        with _Discoveries(mined) as discoveries:
            metrics = measure_all(mined, progress)
            quality = ordered([*findings(log), *rare_orders(mined)])
            processes = tuple(
                replace(discoveries.portray(p), kpis=reported(mined, p, metrics)) for p in mined.processes
            )
        kpis = portfolio_kpis(mined)
        summary = _summary(mined)
        sources = tuple(_input(r) for r in log.inputs)
        problems = tuple(log.problems)
        productive = [p.key for p in mined.productive]
        role = all(r.role_declared for r in mined.engine_inputs)
        volumes = {p.key: float(p.completed_roots) for p in mined.productive}
        whole = config.context.complete
        main = productive[0] if productive else None
        main_name = mined.productive[0].name if productive else ""
        backend = f"{log.con.name} {log.con.version}"
    rated = [
        (m, rate_model(m, metrics, productive, role_declared=role, config=config, survey=said, volumes=volumes))
        for m in loaded
    ]
    model, first = rated[0]
    return Assessment(
        schema_version=SCHEMA_VERSION,
        tool=Tool(name="poanalyzer", version=__version__),
        run=Run(
            started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=round(time.monotonic() - clock, 3),
            python=platform.python_version(),
            platform=platform.system(),
            backend=backend,
        ),
        project=config.project.name or _project_name(sources[0].path),
        inputs=sources,
        log=summary,
        processes=processes,
        metric_catalogue=catalogue(),
        metrics=metrics,
        models=tuple(r for _, r in rated),
        survey=said,
        comparison=compare(first, said, complete=whole, main_process=main, main_name=main_name) if said else (),
        roadmap=roadmap(model, first, target=config.project.target, complete=whole, main_process=main),
        quality=quality,
        problems=problems,
        kpis=kpis,
    )


def _project_name(source: str) -> str:
    """Return what to call a project nobody named: by its first input, or the folder above one that says nothing."""
    path = Path(source.split("!")[0]).absolute()
    return path.parent.name if path.name.lower() in _SAY_NOTHING and path.parent.name else path.name


def _check_names(config: Config, models: Sequence[Model]) -> None:
    """Refuse cuts of unknown models and targets of unknown drivers before anything is read."""
    from poanalyzer.errors import ConfigError, did_you_mean
    from poanalyzer.maturity import list_models

    known = [m.id for m in list_models()]
    drivers = [d.id for m in models for d in m.drivers]
    for section, given, names in (("model", config.model, known), ("project.target", config.project.target, drivers)):
        for name in given:
            if name not in names:
                raise ConfigError(f"[{section}] names “{name}”, which does not exist", fix=did_you_mean(name, names))


def _survey(given: str | None, config: Config, models: Sequence[Model]) -> SurveyResult | None:
    from poanalyzer.survey import load_responses, score

    pattern = given or config.survey.responses
    if pattern is None:
        return None
    base = Path() if given else config.base
    path = base / pattern
    paths = [path] if path.exists() else sorted(base.glob(pattern)) if not Path(pattern).is_absolute() else []
    if not paths:
        raise InputError(
            "no survey answers there", where=pattern, fix="Check the path; docs/survey.md says the format."
        )
    return score(load_responses(paths, models[0]), models[0])


class _Discoveries:
    """Mines models of the largest processes in child processes while the metrics are measured."""

    def __init__(self, mined: Mined) -> None:
        self._mined = mined
        self._running: dict[int, RunningDiscovery] = {}

    def __enter__(self) -> _Discoveries:
        from poanalyzer.mine.portrait import MINED_PROCESSES, start_discovery

        for process in self._mined.processes[:MINED_PROCESSES]:
            running = start_discovery(self._mined, process, DISCOVERY_SECONDS)
            if running is not None:
                self._running[process.ix] = running
        return self

    def portray(self, process: Process) -> ProcessResult:
        """Return the process with its mined model, waiting for it where it is still being mined."""
        from poanalyzer.mine.portrait import portray

        running = self._running.get(process.ix)
        return portray(self._mined, process, None if running is None else running.result())

    def __exit__(self, *_: object) -> None:
        for running in self._running.values():
            running.close()


def inspect(
    inputs: Sequence[str] = (),
    config: Config | None = None,
    *,
    overrides: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Inspection:
    """Say what the inputs are, how they were read, what they can show and what is missing. Rates nothing."""
    from poanalyzer.eventlog.contents import contents
    from poanalyzer.eventlog.quality import findings, ordered
    from poanalyzer.maturity import load_model
    from poanalyzer.measure import measure_all
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.rare_orders import rare_orders
    from poanalyzer.rate.support import supported_claims, unlocks

    with read(inputs, config, overrides=overrides, progress=progress) as log:
        mined = Mined(log)
        metrics = measure_all(mined, progress)
        model = load_model("pomm")
        return Inspection(
            inputs=tuple(_input(r) for r in log.inputs),
            contents=contents(log),
            log=_summary(mined),
            quality=ordered([*findings(log), *rare_orders(mined)]),
            claims=supported_claims(model, metrics),
            unlocks=unlocks(model, metrics),
            problems=tuple(log.problems),
        )


def convert(
    inputs: Sequence[str],
    out: Path,
    to: str = "parquet",
    config: Config | None = None,
    *,
    overrides: Mapping[str, str] | None = None,
    names: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Write the canonical tables to ``out``; returns the files written, which appear whole or not at all."""
    from poanalyzer.eventlog.export import write_parquet

    if to != "parquet":
        raise UsageError(f"cannot convert to “{to}”", fix="Known: parquet.")
    with read(inputs, config, overrides=overrides, progress=progress) as log:
        return write_parquet(log, out, names=names)


def load(path: str | Path) -> Assessment:
    """Read an ``assessment.json``."""
    from poanalyzer.report import load as load_assessment

    return load_assessment(Path(path))


def _summary(mined: Mined) -> LogSummary:
    import ibis

    from poanalyzer.mine.mined import iso

    log = mined.log
    inside = log.coded("d_process").filter(ibis._.outside == ibis.literal(False)).select("process_ix")
    acts = log.coded("c_acts").semi_join(inside, "process_ix")
    row = mined.query(acts.agg(rows=acts.count(), names=acts.activity_ix.nunique(), first=acts["at"].min())).iloc[0]
    window = mined.window
    counts = mined.query(mined.cases.agg(n=mined.cases.count(), inside=mined.cases.in_window.sum())).iloc[0]
    starts = [t for t in (row["first"], *(p.start for p in mined.processes)) if t is not None and t == t]
    begin = min(starts) if starts else None
    return LogSummary(
        cases=int(counts["n"]),
        events=sum(r.rows_kept for r in mined.engine_inputs),
        activity_instances=int(row["rows"]),
        activity_names=int(row["names"]),
        variants=sum(v.variants for v in mined.of(variant_counts).values()),
        start=iso(begin),
        end=iso(window.end),
        window_days=window.days,
        window_start=iso(window.start),
        window_end=iso(window.end),
        cases_in_window=int(counts["inside"]),
    )


def _input(record: InputRecord) -> InputResult:
    from poanalyzer.mine.mined import iso

    return InputResult(
        path=record.path,
        role=record.role,
        role_declared=record.role_declared,
        adapter=record.adapter,
        engine=record.engine,
        engine_version=record.engine_version,
        sha256=record.sha256,
        timezone=f"{record.timezone} (assumed)" if record.zone_assumed else record.timezone,
        history_level=record.history_level,
        window_start=iso(record.window_start),
        window_end=iso(record.window_end),
        rows_read=record.rows_read,
        rows_kept=record.rows_kept,
        rows_rejected=dict(sorted(record.rejected.items())),
        capabilities=tuple(record.capabilities[k] for k in sorted(record.capabilities)),
        columns=dict(record.columns),
    )
