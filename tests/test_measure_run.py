"""What holds for every metric: its row for each process and the portfolio, its gates, its window, its absence."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import ibis
import pytest

from poanalyzer.errors import UsageError
from poanalyzer.eventlog.schema import CAPABILITIES
from poanalyzer.measure import catalogue, explain, measure_all, metric_ids
from poanalyzer.measure.catalogue import modules
from poanalyzer.measure.metric import Computed, Ratio
from poanalyzer.mine.blocks import Layout, Pair, day_of
from poanalyzer.mine.cases import DAY_US
from poanalyzer.mine.mined import Mined
from poanalyzer.results import MetricResult, Status

from .traces import EPOCH, check, measure, mined, parse, record, seal

# Two processes over forty days, with a child, an outside source, failures, a model and releases: something for each metric.
RICH = """
× 40
a  A     0–60     bot        serviceTask  endpoint=mail
a  B     30–90    human:ann  userTask     role=Clerks due=2d
a  Go    90–120   ?          callActivity  called_case_id=kid
a  C     120–130  ?          task
a  C     140–150  bot:y      serviceTask
kid  K   95–110   bot:z      serviceTask
attempts:
a  A  5
a  A  9
exceptions:
a  B  40–70  operator
kid  K  96–100  model  kind=constraint
cases:
a    process_version=1 end_element_id=Good business_key=order
kid  process_key=q root_case_id=a parent_case_id=a
outside:
order  Letter  160–200  human  -
zzz    Memo    160–200  human  -
× 20
b  A  0–60   bot:x  serviceTask
b  C  60–     human  userTask
elements:
S  startEvent
G  parallelGateway
A  serviceTask  retry=R3/PT5M
B  userTask
J  parallelGateway
Good  endEvent  name=Shipped
f1  sequenceFlow  source_ref=S target_ref=G
f2  sequenceFlow  source_ref=G target_ref=A
f3  sequenceFlow  source_ref=G target_ref=B
f4  sequenceFlow  source_ref=A target_ref=J
f5  sequenceFlow  source_ref=B target_ref=J
f6  sequenceFlow  source_ref=J target_ref=Good
deployments:
1  0    checksum=a
2  20d  checksum=b
"""
CONFIG: dict[str, Any] = {
    "process": [{"key": "p", "unit": "One", "outcome": {"success": ["Shipped"]}}],
    "kpi": [{"id": "ct", "measure": "cycle-time", "target": "<= 2 d", "owner": "Ops"}],
    "context": {
        "lines_of_business": ["Retail"],
        "engines": [{"product": "a", "major": 1}],
    },
}


@cache
def rich() -> Mined:
    return mined(RICH, CONFIG, every=1440)


@cache
def results() -> tuple[MetricResult, ...]:
    return measure_all(rich())


def test_every_metric_has_a_row_for_the_portfolio_and_for_each_process():
    rows = [(r.id, r.process) for r in results()]
    assert rows == [(m, p) for m in metric_ids() for p in (None, "p", "q")]


def test_no_metric_fails_and_those_without_a_number_say_why():
    for row in results():
        assert row.status is not Status.ERROR, f"{row.id} {row.process}: {row.reason}"
        if row.value is None:
            assert row.status is not Status.MEASURED, row.id
        if row.status is not Status.MEASURED:
            assert row.reason, row.id
        if row.status is Status.NOT_AVAILABLE:
            assert row.unlock, f"{row.id} {row.process} does not say what would unlock it"
        assert len(row.evidence) <= 50


def test_values_lie_in_their_intervals_and_bounds():
    for row in results():
        if row.value is None:
            continue
        assert math.isfinite(row.value), row.id
        for lower in (row.low, row.lower_bound):
            assert lower is None or lower <= row.value + 1e-12, row.id
        for upper in (row.high, row.upper_bound):
            assert upper is None or upper >= row.value - 1e-12, row.id
        if row.unit == "share":
            assert 0 <= row.value <= 1, row.id


#: What an engine's log of 40 cases with retries, incidents, models and an outside source shows; the others need releases over
#: months, several units, timers in the models …
SHOWN = {
    "automation-rate", "continuity", "coordinated-endpoints", "dark-time-share", "endpoint-diversity", "first-time-right",
    "mediated-handover-rate", "shadow-step-rate", "step-coverage", "time-coverage", "touchless-rate",
    "cancellation-rate", "containment", "exception-case-share", "exception-rate", "first-attempt-success",
    "handled-exception-rate",
    "handler-coverage", "incident-free-rate", "manual-intervention-rate", "recovery-24h", "retry-amplification",
    "retry-effectiveness", "rework-rate", "time-to-restore", "variant-tail-mass",
    "flow-efficiency", "mean-active-concurrency", "overlap-share", "parallel-case-share", "parallel-realisation-rate",
    "behaviour-coverage", "behaviour-coverage-pairs", "peak-concurrency", "completion-observability", "kpi-computability",
    "kpi-definition-coverage", "kpi-trackability",
    "kpi-trackability-3", "log-grade", "outcome-observability", "model-fitness", "release-cadence",
    "endpoint-class-diversity", "guardrail-conformance", "in-flight-monitoring", "lifecycle-coverage", "productive-processes",
}  # fmt: skip


def test_the_rich_log_measures_what_it_shows():
    assert {r.id for r in results() if r.process == "p" and r.value is not None} >= SHOWN


@pytest.mark.parametrize("metric", metric_ids())
def test_each_metric_is_silent_without_what_it_needs(metric: str):
    shape: Ratio | Computed = modules()[metric][1].METRIC
    for need in shape.needs:
        names = (need,) if isinstance(need, str) else need
        assert set(names) <= set(CAPABILITIES), metric
    if not shape.needs:
        return
    text = "× 40\na  A  0–9  bot  serviceTask\na  B  5–9  human  userTask"
    every = dict.fromkeys(CAPABILITIES, "Export it.")
    check(metric, text, lacks=every, status=Status.NOT_AVAILABLE, value=None, low=None, high=None, unlock="Export it.")
    check(metric, text, lacks=every, process=None, status=Status.NOT_AVAILABLE, value=None)
    never = dict.fromkeys(CAPABILITIES, "")
    check(metric, text, lacks=never, status=Status.NOT_SUPPORTED, value=None, low=None, high=None, unlock="")


@pytest.mark.parametrize("metric", [m for m in metric_ids() if isinstance(modules()[m][1].METRIC, Ratio)])
def test_ratios_of_fewer_than_thirty_closed_cases_are_insufficient(metric: str):
    if modules()[metric][1].METRIC.gate != "cases":
        return
    text = "× {}\na  A  0–9  bot  serviceTask\na  B  5–9  human  userTask"
    found = check(metric, text.format(29), status=Status.INSUFFICIENT, reason="29 closed cases in the window")
    assert found.value is not None
    check(metric, text.format(30), value=found.value)


def test_a_metric_that_fails_is_told_and_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by hand")

    area, module = modules()["log-grade"]
    metric = Computed(id="log-grade", unit="stars", needs=(), compute=broken)  # type: ignore[arg-type]
    monkeypatch.setattr(module, "METRIC", metric)
    rows = measure_all(mined("a  A  0–9  bot  serviceTask"))
    failed = [r for r in rows if r.status is Status.ERROR]
    assert [(r.id, r.value) for r in failed] == [("log-grade", None)] * 2
    assert "ZeroDivisionError: by hand" in failed[0].reason
    assert area == "kpi"


# Ended: 30 cases on day 0, 40 on day 100; open: 10 whose last record is on day 0, 10 whose last is on day 100.
WINDOW = """
× 30
old  A  0–9        human  userTask
× 40
new  A  0–9          bot    serviceTask    # begun long before the window: its rows come with it
new  B  100d–100d 9  human  userTask
× 10
lost  A  0–        human  userTask
× 10
late  A  0–9       human  userTask
late  B  100d 5–   bot    serviceTask
"""


def test_the_window_selects_by_end_and_open_cases_by_their_last_record():
    def days(n: object) -> dict[str, Any]:
        return {"project": {"window_days": n}}

    # 90 days: new 40·(1/2) and late 10·(1/2): 50/100. All: machine 40 + 10 of 30 + 80 + 10 + 20 = 140
    check("automation-rate", WINDOW, config=days(90), value=0.5, denominator=100, n=50)
    check("automation-rate", WINDOW, config=days("all"), value=50 / 140, denominator=140, n=90)
    check("automation-rate", WINDOW, config=days(180), value=50 / 140)
    check("touchless-rate", WINDOW, config=days(90), denominator=40)
    check("touchless-rate", WINDOW, config=days("all"), denominator=70)
    # the window's first moment belongs to it: the last record is on day 100 at 0:09, the old ones ended on day 0 at 0:09
    check("touchless-rate", WINDOW, config=days(100), denominator=70)
    check("touchless-rate", WINDOW, config=days(99), denominator=40)


def test_the_window_leaves_the_whole_export_to_what_describes_it():
    found = measure(mined(WINDOW, {"project": {"window_days": 90}}), "behaviour-coverage")
    assert found.denominator == 90


def test_a_case_whose_root_is_in_the_window_brings_its_children():
    # the child ended 95 days before its root; the root's window holds both
    text = """
    × 40
    a  A    0–9            human  userTask
    a  B    100d–100d 9    human  userTask
    kid  K  1–5            bot    serviceTask
    cases:
    kid  process_key=q root_case_id=a
    """
    config = {"project": {"window_days": 30}}
    check("automation-rate", text, config=config, process=None, value=1 / 3, denominator=120)
    check("automation-rate", text, config=config, process="q", status=Status.NOT_APPLICABLE, value=None)
    check("coordinated-endpoints", text, config=config, process="q", status=Status.NOT_APPLICABLE, value=None)
    check("endpoint-diversity", text, config=config, process=None, endpoints=2)


def test_catalogue_and_explanations():
    infos = catalogue()
    assert [i.id for i in infos] == list(metric_ids())
    for info in infos:
        assert info.title and info.definition and info.source and info.unit, info.id
        text = explain(info.id)
        assert info.id in text and info.title in text
    with pytest.raises(UsageError, match="rework-ratex") as wrong:
        explain("rework-ratex")
    assert "rework-rate" in wrong.value.fix


def test_evidence_names_cases_that_show_it():
    text = "× 40\na  A  0–9  bot  serviceTask\n× 3\nodd  A  0–9  bot  serviceTask\nodd  A  9–10  bot  serviceTask"
    found = check("rework-rate", text, value=3 / 43)
    assert [e.case_id for e in found.evidence] == ["odd~1", "odd~2", "odd~3"]
    assert found.evidence[0].when == "2024-01-01T00:10:00Z"
    assert found.evidence[0].source == "engine.csv"


# ---- uncertainty ---------------------------------------------------------------------------------------------------------


def days_of(bad: int, days: int = 20, cases: int = 10) -> str:
    """Ten cases a day; on the first of every five days ``bad`` of them fail once."""
    text = []
    for day in range(days):
        at = f"{day}d "
        text += [f"× {cases}", f"c{day}  A  {at}60–{at}70  bot  serviceTask"]
        if day % 5 == 0 and bad:
            text += [f"× {bad}", f"f{day}  A  {at}60–{at}70  bot  serviceTask", "attempts:", f"f{day}  A  {at}65"]
    return "\n".join(text)


def test_the_day_decides_where_days_differ_and_the_case_where_they_do_not():
    found = check("exception-rate", days_of(10), value=40 / 240, method="cluster-robust by day, 20 days")
    assert found.low is not None and found.high is not None
    # four of twenty days are bad: half of their cases fail, and as many cases without days would tell far more
    assert found.high - found.low > 0.2
    check("exception-case-share", days_of(10), value=40 / 240, method="Wilson, cluster-robust by day, 20 days")
    even = "\n".join(
        f"× 5\nc{d}  A  {d}d 60–{d}d 70  bot  serviceTask\n× 5\nf{d}  A  {d}d 60–{d}d 70  bot  serviceTask\n"
        f"attempts:\nf{d}  A  {d}d 65"
        for d in range(20)
    )
    check("exception-rate", even, value=0.5, method="cluster-robust by case, 200 cases", caveats=())
    check("exception-case-share", even, value=0.5, method="Wilson")


def test_few_days_are_told():
    text = days_of(10, days=5)
    check("exception-rate", text, method="cluster-robust by case, 60 cases", caveat="all cases began on 5 days")
    check("touchless-rate", "× 40\na  A  0–9  bot  serviceTask", caveat="all cases began on one day")


def test_the_day_is_that_of_the_start():
    text = "\n".join(f"× 3\nc{d}  A  {d}d 0–30d 0  bot  serviceTask" for d in range(12))  # all end on one day
    assert check("automation-rate", text, value=1.0).caveats == ()
    text = "\n".join(f"× 3\nc{d}  A  0–{d}d 60  bot  serviceTask" for d in range(12))
    check("automation-rate", text, value=1.0, caveat="all cases began on one day")


def test_a_case_that_decides_a_ratio_of_times_is_told():
    text = "× 40\na  A  0–10  human  userTask\na  B  20–30  human  userTask\n× 1\nz  A  0–10  human  userTask\n"
    text += "z  B  2d 0–2d 10  human  userTask"
    found = check("flow-efficiency", text, caveat="one case holds 71% of the elapsed time")
    assert found.low is not None and found.value is not None and found.value - found.low > 0.15


def test_a_portfolio_tells_how_far_its_processes_differ():
    text = "\n".join(
        f"× {30 if n else 200}\nc{n}  A  {n}d 0–{n}d 9  {'bot' if n < 3 else 'human'}  {'serviceTask' if n < 3 else 'userTask'}"
        f"\ncases:\nc{n}  process_key=p{n}"
        for n in range(5)
    )
    found = check(
        "automation-rate", text, process=None, value=260 / 320, caveat="62% of the rows of work are of one process"
    )
    low, high = found.details["low_over_processes"], found.details["high_over_processes"]
    assert isinstance(low, float) and isinstance(high, float) and found.low is not None and found.high is not None
    assert low < found.low < found.high < high
    assert "low_over_processes" not in check("automation-rate", text, process="p1").details


def test_a_portfolio_leaves_out_the_processes_whose_export_cannot_show_it():
    """Forty cases of A with twenty failures and forty of B whose export holds no failed tries: 20 of 40, not 20 of 80."""
    tries = "attempts:\n" + "\n".join(f"a_{n}  A  {n}d 1" for n in range(20))
    one = "\n".join(f"a_{n}  A  {n}d 0–{n}d 9  bot  serviceTask" for n in range(40))
    other = "\n".join(f"b_{n}  B  {n}d 0–{n}d 9  bot  serviceTask" for n in range(40))
    halves = [
        (record("first.csv"), parse(f"{one}\n{tries}").engine),
        (
            record("second.csv"),
            parse(f"{other}\ncases:\n" + "\n".join(f"b_{n}  process_key=q" for n in range(40))).engine,
        ),
    ]
    both = {
        r.process: r for r in measure_all(seal(halves, lacks_of={"second.csv": {"attempts": "Export the job log."}}))
        if r.id == "first-attempt-success"
    }  # fmt: skip
    assert (both["p"].value, both["q"].status, both[None].value) == (0.5, Status.NOT_AVAILABLE, 0.5)
    assert any("1 process left out, whose export does not show it" in c for c in both[None].caveats)


def test_a_share_that_is_not_known_closely_is_told():
    text = "× 16\na  A  0–9  bot  serviceTask\n× 16\nb  A  0–9  human  userTask"
    check("touchless-rate", text, value=0.5, caveat="known only to within 0.16 either way")
    whole = check("touchless-rate", text.replace("16", "400"), value=0.5, method="Wilson")
    assert not any("known only" in c for c in whole.caveats)


def test_a_share_whose_days_differ_is_told_and_a_handful_is_not():
    # twenty days of ten cases, all alike on each day: 200 cases tell no more than 20
    days = [
        f"× 10\na{d}  A  {d}d 0–{d}d 9  {'bot  serviceTask' if d % 4 else 'human  userTask'}" for d in range(20)
    ]  # fmt: skip
    found = check("touchless-rate", "\n".join(days), value=0.75, caveat="either way: its days differ")
    assert found.method == "Wilson, cluster-robust by day, 20 days"
    few = check("completion-observability", "× 40\na  A  0–9  bot  task", process=None, every=1440)
    assert few.n == 1 and few.low is not None and few.low < 0.1
    assert not any("known only" in c for c in few.caveats)


def test_much_unknown_work_is_told():
    text = "× 30\na  A  0–9  bot  serviceTask\na  B  9–12  ?  task"
    check(
        "automation-rate",
        text,
        value=0.5,
        caveat="50.0% of rows of work cannot be told, too many to judge the figure by",
    )


def test_threads_and_the_order_of_rows_change_no_sum():
    """400 000 units, so that the engine really shares the work."""

    def found(threads: int, descending: bool) -> list[Any]:
        con = ibis.duckdb.connect(threads=threads)
        rows = ibis.range(0, 400_000).unnest().name("i").as_table()
        rows = rows.mutate(
            process_ix=rows.i % 3, start=EPOCH + (rows.i * 7_919 % 200) * DAY_US + rows.i, end=ibis.null("int64"),
            last_at=ibis.null("int64"), busy=rows.i * 104_729 % 10**12, bad=(rows.i * 31 % 17 == 0).cast("int64"),
        )  # fmt: skip
        table = con.create_table("units", rows.order_by(ibis.desc("i") if descending else "i"))
        whole = table.busy + 3_600_000_000
        layout = Layout(
            {"time": Pair(table.busy, whole, times=True), "rate": Pair(table.bad, table.bad * 0 + 1)},
            {"all": table.bad},
        )
        frame = con.to_pandas(layout.agg(table, day_of(table), ("process_ix",)))
        by: dict[int, dict[int, Any]] = {}
        for row in frame.to_dict("records"):
            by.setdefault(int(row["process_ix"]), {})[int(row["k"])] = row
        return [
            (p, layout.sums(r, "time"), layout.sums(r, "rate"), layout.count(r, "all")) for p, r in sorted(by.items())
        ]

    one = found(1, descending=False)
    assert one == found(4, descending=True)
    days, weeks = one[0][1].days, one[0][1].weeks
    assert days is not None and days.n == 200
    assert weeks is not None and weeks.n == 29  # from a Monday on
    assert one[0][2].xx == one[0][2].x == one[0][3]


def test_results_are_the_same_to_the_byte_whatever_the_threads():
    one, four = (repr(measure_all(mined(RICH, CONFIG, every=1440, threads=n))) for n in (1, 4))
    assert one == four
