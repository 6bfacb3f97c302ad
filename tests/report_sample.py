"""Assessments for the tests of the report, built in code and rated by the shipped model.

``sample()`` is an order desk with a second process and one that hardly runs; ``many()`` has twelve processes;
``hostile()`` is the sample with names that try to break out of a page.
"""

from __future__ import annotations

from dataclasses import replace

from poanalyzer.compare import compare
from poanalyzer.config import Config, parse_config
from poanalyzer.maturity import load_model
from poanalyzer.measure import catalogue
from poanalyzer.rate import rate_model, roadmap
from poanalyzer.results import (
    SCHEMA_VERSION,
    Assessment,
    Capability,
    Evidence,
    FlowEdge,
    FlowNode,
    InputResult,
    KpiGrade,
    KpiMonth,
    LogSummary,
    MetricResult,
    PortfolioKpi,
    Problem,
    ProcessResult,
    QualityFinding,
    Run,
    SelfDriver,
    SelfItem,
    Status,
    SurveyResult,
    Tool,
    Variant,
)

ORDER, CLAIM, ARCHIVE = "order-fulfilment", "claim-handling", "archive-cleanup"
SHA = "9f2c51d0a7be4c3f8d6e1b2a9c0f7e5d4b3a29181706f5e4d3c2b1a09f8e7d6c"

_NODES = (
    ("receive", "Receive order", "receiveTask", 1240, 1240),
    ("check", "Check credit", "businessRuleTask", 1302, 1240),
    ("repair", "Repair address data by hand", "userTask", 214, 186),
    ("reserve", "Reserve stock", "serviceTask", 1190, 1172),
    ("pick", "Pick goods", "userTask", 1168, 1168),
    ("carrier", "Book carrier", "serviceTask", 1171, 1168),
    ("pack", "Pack", "userTask", 1160, 1160),
    ("invoice", "Write invoice", "serviceTask", 1158, 1158),
    ("ship", "Übergabe an den Spediteur (Frachtbrief und Zollpapiere)", "sendTask", 1151, 1151),
    ("cancel", "Cancel order", "serviceTask", 84, 84),
)
_EDGES = (
    ("receive", "check", 1240), ("check", "reserve", 1130), ("check", "repair", 152), ("repair", "check", 62),
    ("repair", "reserve", 60), ("repair", "repair", 28), ("repair", "cancel", 64), ("check", "cancel", 20),
    ("reserve", "pick", 640), ("reserve", "carrier", 532), ("reserve", "reserve", 18), ("pick", "carrier", 520),
    ("carrier", "pick", 528), ("pick", "pack", 648), ("carrier", "pack", 512), ("carrier", "invoice", 131),
    ("pack", "invoice", 1027), ("invoice", "pack", 0), ("invoice", "ship", 1151),
)  # fmt: skip


def sample() -> Assessment:
    """Return the assessment of an order desk: two productive processes, one other, a survey, an outside source."""
    rows = [*_measured(), *_missing()]
    processes = (
        _process(ORDER, "Order fulfilment", 1240, nodes=_NODES, edges=_EDGES),
        _process(CLAIM, "Schadenbearbeitung", 312, nodes=_NODES[:5], edges=_EDGES[:9]),
        replace(_process(ARCHIVE, "Archive clean-up", 6, nodes=_NODES[:1], edges=()), productive=False, kpis=()),
    )
    return _assessment("Order desk", tuple(rows), processes, (ORDER, CLAIM), config=Config())


def many(number: int = 12) -> Assessment:
    """Return an assessment with ``number`` productive processes."""
    keys = tuple(f"process-{index:02d}" for index in range(1, number + 1))
    rows = [replace(row, process=None) for row in _measured() if row.process in (None, ORDER)]
    for index, key in enumerate(keys):
        for row in (*_measured(), *_missing()):
            if row.process != ORDER:
                continue
            factor = 1.0 if row.unit != "share" else max(0.1, 1 - 0.07 * index)
            scaled = {
                name: getattr(row, name) * factor
                for name in ("value", "low", "high", "lower_bound", "upper_bound")
                if getattr(row, name) is not None
            }
            rows.append(replace(row, process=key, **scaled))
    processes = tuple(
        _process(key, f"Process number {index + 1} of the whole", 1200 - 80 * index, nodes=_NODES, edges=_EDGES)
        for index, key in enumerate(keys)
    )
    whole = parse_config({"context": {"complete": True}})
    return _assessment("A dozen processes", tuple(rows), processes, keys, config=whole)


def bare() -> Assessment:
    """Return an assessment in which nothing could be measured: no process, no metric, no survey."""
    full = sample()
    model = rate_model(load_model("pomm"), (), (), role_declared=False)
    return replace(
        full,
        processes=(),
        metrics=(),
        models=(model,),
        survey=None,
        comparison=(),
        roadmap=(),
        quality=(),
        kpis=(),
        problems=(),
        inputs=full.inputs[:1],
        log=replace(full.log, cases=0, events=0, window_days=None, start=None, end=None, window_start=None),
    )


def hostile() -> Assessment:
    """Return the sample with names that would run, break or hide something if a renderer let them."""
    full = sample()
    evil = "<script>alert(1)</script>"
    quoted = "\"&'> <img src=x onerror=alert(2)>"
    order = full.processes[0]
    nodes = (replace(order.nodes[0], label=quoted), *order.nodes[1:-1], replace(order.nodes[-1], label="=cmd('x')"))
    order = replace(
        order,
        name=f"Order {evil}",
        nodes=nodes,
        top_variants=(Variant(activities=(quoted, "=cmd()", "A" * 4000), cases=7), *order.top_variants),
        kpis=(replace(order.kpis[0], title=evil, owner=quoted, target=evil, measured_as=quoted), *order.kpis[1:]),
    )
    metrics = tuple(
        replace(m, evidence=(Evidence(case_id=evil, what=quoted, when="2026-05-04T08:00:00Z"), *m.evidence))
        if m.evidence
        else m
        for m in full.metrics
    )
    finding = replace(full.quality[0], title=quoted, text="javascript:alert(3) `code` | pipe \u202e")
    problem = Problem(severity="warning", text=evil, where="]]> --> </style>", fix="{{ 7 * 7 }} {% raw %}")
    return replace(
        full,
        project=f"Order desk {evil}",
        processes=(order, *full.processes[1:]),
        metrics=metrics,
        quality=(finding, *full.quality[1:]),
        problems=(problem, *full.problems),
    )


def _assessment(
    project: str,
    rows: tuple[MetricResult, ...],
    processes: tuple[ProcessResult, ...],
    productive: tuple[str, ...],
    *,
    config: Config,
) -> Assessment:
    pomm = load_model("pomm")
    survey = _survey()
    volumes = {p.key: float(p.closed) for p in processes}
    model = rate_model(pomm, rows, productive, role_declared=False, config=config, survey=survey, volumes=volumes)
    whole = config.context.complete
    events = sum(node.count for p in processes for node in p.nodes)
    return Assessment(
        schema_version=SCHEMA_VERSION,
        tool=Tool(name="poanalyzer", version="0.1.0"),
        run=Run(started="2026-08-03T09:15:00Z", seconds=3.412, python="3.12.4", platform="Linux", backend="duckdb 1.3"),
        project=project,
        inputs=_inputs(),
        log=LogSummary(
            cases=sum(p.cases for p in processes), events=events * 2, activity_instances=events, activity_names=14,
            variants=61, start="2026-01-02T06:10:00Z", end="2026-07-31T17:55:00Z", window_days=180,
            window_start="2026-02-01T17:55:00Z", window_end="2026-07-31T17:55:00Z", cases_in_window=1320,
        ),
        processes=processes,
        metric_catalogue=catalogue(),
        metrics=rows,
        models=(model,),
        survey=survey,
        comparison=compare(model, survey, complete=whole, main_process=productive[0]),
        roadmap=roadmap(pomm, model, complete=whole, main_process=productive[0]),
        quality=_quality(),
        problems=(
            Problem(severity="warning", text="assumed to be an engine's log: nothing says so", where="exports/camunda7",
                    fix='Say it in the project file: role = "engine" or role = "outside".'),
            Problem(severity="warning", text="times without a zone were read as UTC", where="exports/erp.csv",
                    fix="Set timezone in the project file."),
            Problem(severity="note", text="ACT_GE_PROPERTY does not say the history level", where="exports/camunda7",
                    fix="Also export ACT_GE_PROPERTY."),
        ),
        kpis=_portfolio_kpis() if len(productive) > 1 else (),
    )  # fmt: skip


def _inputs() -> tuple[InputResult, ...]:
    can = (
        Capability(capability="instances", available="yes", why="ACT_HI_PROCINST"),
        Capability(capability="incidents", available="yes", why="ACT_HI_INCIDENT at history level full"),
        Capability(capability="user-assignments", available="partial", why="the operation log starts on 2026-03-01",
                   unlock="Export the operation log from the beginning of the window."),
        Capability(capability="attempts", available="no", why="ACT_HI_JOB_LOG was not exported",
                   unlock="Also export ACT_HI_JOB_LOG and ACT_HI_EXT_TASK_LOG."),
        Capability(capability="causal-order", available="no", why="the engine keeps no predecessor of an activity"),
    )  # fmt: skip
    return (
        InputResult(
            path="exports/camunda7", role="engine", role_declared=False, adapter="camunda7", engine="Camunda 7",
            engine_version="7.21.0", sha256=SHA, timezone="Europe/Berlin", history_level="full",
            window_start="2026-01-02T06:10:00Z", window_end="2026-07-31T17:55:00Z", rows_read=20124, rows_kept=20081,
            rows_rejected={"no case": 31, "time in the year 9999": 12}, capabilities=can,
        ),
        InputResult(
            path="exports/erp.csv", role="outside", role_declared=True, adapter="table", engine="table",
            engine_version=None, sha256=SHA[::-1], timezone="UTC", history_level=None,
            window_start="2026-01-03T00:00:00Z", window_end="2026-07-30T00:00:00Z", rows_read=3304, rows_kept=3304,
            columns={"case": "Order No", "activity": "Step", "end": "Finished"},
            capabilities=(Capability(capability="start-times", available="no", why="the table has one time a row",
                                     unlock="Export when each step began."),),
        ),
    )  # fmt: skip


def _process(
    key: str,
    name: str,
    cases: int,
    *,
    nodes: tuple[tuple[str, str, str, int, int], ...],
    edges: tuple[tuple[str, str, int], ...],
) -> ProcessResult:
    labels = tuple(node[1] for node in nodes)
    return ProcessResult(
        key=key,
        name=name,
        engine="Camunda 7",
        cases=cases,
        root_cases=cases,
        closed=cases - cases // 40,
        open=cases // 40,
        productive=True,
        start="2026-01-02T06:10:00Z",
        end="2026-07-31T17:55:00Z",
        activities=len(nodes),
        variants=61,
        unit="Team Orders",
        line_of_business="Retail",
        nodes=tuple(FlowNode(id=i, label=label, kind=kind, count=n, cases=c) for i, label, kind, n, c in nodes),
        edges=tuple(
            FlowEdge(source=s, target=t, count=n, cases=n, mean_wait_s=90.0 * (1 + len(s)))
            for s, t, n in edges
            if n and {s, t} <= {node[0] for node in nodes}
        ),
        top_variants=(
            Variant(activities=labels[:2] + labels[3:9], cases=cases // 2),
            Variant(activities=labels[:2] + labels[2:3] * 3 + labels[3:9], cases=cases // 9),
            Variant(activities=labels[:1], cases=cases // 60 + 1),
        ),
        kpis=_kpis(),
        discovery={
            "status": "measured",
            "reason": "",
            "tool": "inductive miner",
            "variants": "61 of 61",
            "coverage": "1",
            "process_tree": "->( a, X( b, tau ), c )",
            "bpmn": "<definitions/>",
        },
    )


def _kpis() -> tuple[KpiGrade, ...]:
    return (
        KpiGrade(id="cycle-time", title="Cycle time", grade=3, declared=True, target="<= 2 d",
                 owner="Head of Operations", quality=1.0, value=151_200.0, low=140_400.0, high=165_600.0, unit="s",
                 cases=1320, attained=True, measured_as="median time from start to end of the case",
                 method="order statistics", months=_months(130e3, 142e3, None, 160e3, 155e3, 149e3, 151e3)),
        KpiGrade(id="throughput", title="Throughput (cases completed)", grade=1, declared=False, quality=1.0),
        KpiGrade(id="waiting-time", title="Waiting time", grade=1, declared=False, quality=0.991),
        KpiGrade(id="success-rate", title="Success rate", grade=4, declared=True, target=">= 95 %", owner="Sales",
                 quality=1.0, value=0.93, low=0.91, high=0.945, unit="share", cases=1320, attained=False,
                 measured_as="share of cases with a successful outcome", method="Wilson",
                 months=_months(0.9, 0.96, 0.95, 0.92, 0.93, 0.94, 0.91)),
        KpiGrade(id="worth", title="Order value", grade=0, declared=True, target=">= 300000", quality=0.4,
                 reason="40% of the cases it applies to have a value; at least 95% are needed",
                 unlock="Export the variable “amount” of every case, as a number."),
        KpiGrade(id="sla-attainment", title="Deadlines met", grade=0, declared=False, quality=0.42,
                 missing=("due dates or targets of cases",), reason="filled in 42%; at least 95% are needed"),
        KpiGrade(id="cost-per-case", title="Cost per case", grade=0, declared=False, quality=0.0,
                 missing=("cost of the work",), reason="not in the export"),
        KpiGrade(id="exception-rate", title="Exception rate", grade=None, declared=False,
                 reason="failures cannot be recorded"),
    )  # fmt: skip


def _months(*values: float | None) -> tuple[KpiMonth, ...]:
    """Return January to July, of which the first and the last are seen in part."""
    return tuple(
        KpiMonth(month=f"2026-{n:02d}", cases=200, value=v, complete=n not in (1, 7), computable=v is not None)
        for n, v in enumerate(values, 1)
    )


def _portfolio_kpis() -> tuple[PortfolioKpi, ...]:
    return (
        PortfolioKpi(id="success", title="Orders that end well", processes=(ORDER, CLAIM), target=">= 90 %", value=0.91,
                     low=0.9, high=0.92, unit="share", cases=2010, attained=True, method="Wilson",
                     measured_as="share of cases with a successful outcome", months=_months(0.9, 0.92, None, 0.91)),
        PortfolioKpi(id="median", title="Cycle time of both", processes=(ORDER, CLAIM), unit="s",
                     measured_as="median time from start to end of the case",
                     reason="not additive: a median over several processes is of none of them"),
    )  # fmt: skip


def _quality() -> tuple[QualityFinding, ...]:
    return (
        QualityFinding(id="same-instant", title="Activities with the same start", severity="note", count=412, share=0.041,
                       text="Their order is not known; ties are broken by the engine's own sequence.",
                       evidence=(Evidence(case_id="4711", what="Reserve stock and Write invoice at 10:02:11"),),
                       fix="Export the engine's own sequence number."),
        QualityFinding(id="missing-resource", title="Human work without a name", severity="warning", count=233,
                       share=0.102, text="These rows count as unknown and only widen bounds."),
        QualityFinding(id="open-cases", title="Open cases", severity="info", count=31, share=0.025,
                       text="They are counted in activity rates and left out of rates over cases."),
    )  # fmt: skip


def _survey() -> SurveyResult:
    said = {"vision": 2, "people": 1, "technology": 3, "delivery": 0, "measurement": 2}
    drivers = tuple(
        SelfDriver(
            driver=driver, level=level, low=max(level - 0.5, 0), high=level + 0.5, dont_know_share=0.1,
            items=tuple(
                SelfItem(id=f"{driver[0].upper()}{i}", title=f"What people say of {driver}, part {i}",
                         level=float(level), low=float(max(level - 1, 0)), high=float(min(level + 1, 4)), n=7,
                         dont_know=i % 2, anchor="Practised in the last twelve months in most projects.")
                for i in (1, 2, 3, 4)
            ),
        )
        for driver, level in said.items()
    )  # fmt: skip
    return SurveyResult(
        respondents=7, roles=("architect", "business process owner", "operations"), units=("Team Orders",),
        collected="2026-07-20", drivers=drivers, caveats=("Only one unit answered.",),
    )  # fmt: skip


def _row(metric: str, value: float, process: str | None, unit: str = "share", **more: object) -> MetricResult:
    fields: dict[str, object] = {"n": 1209, "method": "Wilson", "status": Status.MEASURED, **more}
    return MetricResult(id=metric, process=process, value=value, unit=unit, **fields)  # type: ignore[arg-type]


def _measured() -> list[MetricResult]:
    seen = tuple(
        Evidence(case_id=f"47{index:02d}", what=f"{index % 5 + 1} of 9 rows of work done by people",
                 when=f"2026-05-{index % 28 + 1:02d}T10:02:11Z", element_id="pick", source="exports/camunda7")
        for index in range(32)
    )  # fmt: skip
    rows = []
    for scope, f in ((None, 0.97), (ORDER, 1.0), (CLAIM, 0.6)):
        rows += [
            _row("log-grade", 4.0, scope, "stars", low=4.0, high=4.0, method="rule"),
            _row("productive-processes", 2.0, scope, "processes", n=2, n_unit="processes", method="census"),
            _row("coordinated-endpoints", round(5 * f), scope, "endpoints", low=round(5 * f), high=6.0),
            _row("automation-rate", 0.68 * f, scope, low=0.61 * f, high=0.79 * f, lower_bound=0.64 * f,
                 upper_bound=0.76 * f, numerator=6120 * f, denominator=9000.0, evidence=seen,
                 caveats=("233 rows have no resource; they make the bounds.",)),
            _row("touchless-rate", 0.124 * f, scope, low=0.107 * f, high=0.144 * f, evidence=seen[:4]),
            _row("mediated-handover-rate", 0.91 * f, scope, low=0.89 * f, high=0.93 * f),
            _row("endpoint-diversity", 3.4 * f, scope, "endpoints"),
            _row("handled-exception-rate", 0.58 * f, scope, low=0.49 * f, high=0.66 * f, n=131, n_unit="episodes",
                 evidence=seen[:12], basis="observed"),
            _row("exception-rate", 0.11, scope, "episodes per case", low=0.09, high=0.13),
            _row("incident-free-rate", 0.9967, scope, low=0.991, high=0.999),
            _row("time-to-restore", 8130.0, scope, "s", low=5400.0, high=12900.0, n=22, n_unit="incidents",
                 method="Kaplan–Meier, log–log band", evidence=seen[:3]),
            _row("rework-rate", 0.155, scope, low=0.136, high=0.177, evidence=seen[:11]),
            _row("parallel-realisation-rate", 0.43 * f, scope, low=0.40 * f, high=0.46 * f, n=1168, n_unit="pairs",
                 evidence=seen[:5]),
            _row("mean-active-concurrency", 1.31, scope, "activities", low=1.28, high=1.34),
            _row("kpi-trackability", 0.71 * f, scope, low=0.71 * f, high=0.71 * f, n=17, n_unit="figures",
                 method="census of the matrix", evidence=seen[:2]),
            _row("kpi-trackability-3", 0.29 * f, scope, low=0.29 * f, high=0.29 * f, n=17, n_unit="figures"),
            _row("kpi-definition-coverage", 1.0 if f > 0.9 else 0.0, scope, n=2, n_unit="KPIs", basis="declared"),
            _row("kpi-computability", 0.8 * f, scope, n=5, n_unit="KPIs"),
            _row("completion-observability", 0.98, scope),
            _row("outcome-observability", 0.92, scope, basis="declared"),
            _row("release-cadence", 1.7 * f, scope, "releases per 30 days", low=1.0 * f, high=2.7 * f, n=10,
                 n_unit="releases", method="exact Poisson"),
        ]  # fmt: skip
    rows += [
        _row("step-coverage", 0.74, ORDER, low=0.71, high=0.77, evidence=seen[:10]),
        _row("step-coverage", 0.74, None, low=0.71, high=0.77),
        _row("time-coverage", 0.66, ORDER, low=0.62, high=0.70),
        _row("time-coverage", 0.66, None, low=0.62, high=0.70),
    ]
    return rows


def _missing() -> list[MetricResult]:
    rows = []
    for scope in (None, ORDER, CLAIM):
        rows += [
            MetricResult(id="first-attempt-success", process=scope, value=None, unit="share", status=Status.NOT_AVAILABLE,
                         reason="ACT_HI_JOB_LOG was not exported",
                         unlock="Also export ACT_HI_JOB_LOG and ACT_HI_EXT_TASK_LOG."),
            MetricResult(id="flow-efficiency", process=scope, value=None, unit="share", status=Status.NOT_SUPPORTED,
                         reason="the engine keeps no start of service work"),
            MetricResult(id="stack-concentration", process=scope, value=None, unit="share",
                         status=Status.NOT_AVAILABLE, reason="no inventory of engines is declared",
                         unlock="List the engines in [context] engines."),
            MetricResult(id="lob-coverage", process=scope, value=None, unit="share", status=Status.INSUFFICIENT,
                         reason="12 closed cases; at least 30 are needed", n=12),
        ]  # fmt: skip
    rows.append(
        MetricResult(id="step-coverage", process=CLAIM, value=None, unit="share", status=Status.NOT_AVAILABLE,
                     reason="no outside source names its cases", unlock="Give a log of another system with the same keys.")
    )  # fmt: skip
    return rows
