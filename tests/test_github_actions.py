"""GitHub's answers about deployments, runs, jobs and commits, and the lead times that come of them beside an engine."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from poanalyzer.config import Config, InputSettings, parse_config
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import InputRecord, Sink
from poanalyzer.eventlog.store import Store
from poanalyzer.ingest.adapters.github_actions import ADAPTER
from poanalyzer.ingest.detect import plan_inputs
from poanalyzer.ingest.files import find_files
from poanalyzer.mine.lead_times import Live, Piped, join, joined_deliveries
from poanalyzer.mine.mined import Mined
from poanalyzer.mine.releases import releases_of
from poanalyzer.mine.units import units_of
from poanalyzer.pipeline import inspect, read
from poanalyzer.results import MetricResult, Status
from tests.cli import run as program
from tests.data import EVENT_LOGS, test_data
from tests.traces import DAY, EPOCH, HOUR, Rows, measure, parse, record, seal

Json = dict[str, Any]
REPO = "https://api.github.com/repos/acme/orders"
ENGINE = EVENT_LOGS / "camunda7-orders" / "engine"
A, B, C = "a" * 40, "b" * 40, "c" * 40


# ---- the documented shapes -------------------------------------------------------------------------------------------


def t(day: int, clock: str) -> str:
    return f"2026-03-{day:02}T{clock}:00Z"


def deployment(number: int, sha: str, at: str, environment: str = "production", **more: Any) -> Json:
    return {
        "url": f"{REPO}/deployments/{number}", "id": number, "task": "deploy", "ref": "main", "sha": sha, "payload": {},
        "environment": environment, "production_environment": environment == "production", "created_at": at,
        "updated_at": at, "creator": {"login": "release-bot", "id": 1},
        "statuses_url": f"{REPO}/deployments/{number}/statuses", "repository_url": REPO,
    } | more  # fmt: skip


def status(number: int, of: int, state: str, at: str) -> Json:
    return {
        "url": f"{REPO}/deployments/{of}/statuses/{number}", "id": number, "state": state, "created_at": at,
        "environment": "production", "deployment_url": f"{REPO}/deployments/{of}", "repository_url": REPO,
    }  # fmt: skip


def run(number: int, sha: str, ended: str, committed: str | None, name: str = "Deploy", **more: Any) -> Json:
    commit = {"id": sha, "timestamp": committed} if committed else None
    return {
        "id": number, "name": name, "head_branch": "main", "head_sha": sha, "run_number": number, "run_attempt": 1,
        "event": "push", "status": "completed", "conclusion": "success", "workflow_id": 7, "url": f"{REPO}/actions/runs/{number}",
        "created_at": ended, "run_started_at": ended, "updated_at": ended, "head_commit": commit,
        "triggering_actor": {"login": "anna"},
    } | more  # fmt: skip


def job(number: int, of: int, sha: str, ended: str | None, conclusion: str | None = "success", **more: Any) -> Json:
    return {
        "id": number, "run_id": of, "run_attempt": 1, "workflow_name": "Deploy", "head_branch": "main", "head_sha": sha,
        "url": f"{REPO}/actions/jobs/{number}", "status": "completed", "conclusion": conclusion, "started_at": ended,
        "completed_at": ended, "name": "deploy", "steps": [], "runner_id": 1,
    } | more  # fmt: skip


def runs(*found: Json, total: int | None = None) -> Json:
    return {"total_count": len(found) if total is None else total, "workflow_runs": list(found)}


def lines(*found: Json) -> str:
    return "".join(json.dumps(one) + "\n" for one in found)


class Read:
    """What one set of answers became."""

    def __init__(self, sink: Sink) -> None:
        self.sink, self.record = sink, sink.record

    @property
    def rows(self) -> list[tuple[str, str, str, str | None]]:
        """The deployments: when, version (seven characters), result and commit time, times as day hour:minute."""
        ((name, table),) = self.sink.tables
        assert name == "deployments"
        found = sorted(table.to_pyarrow().to_pylist(), key=lambda row: row["deployed_at"])
        return [(_when(r["deployed_at"]), r["version"][:7], r["result"], _when(r["lead_start"])) for r in found]

    def notes(self) -> str:
        return "\n".join(f"{p.text} {p.fix}" for p in self.sink.problems)


def _when(micros: int | None) -> Any:
    return None if micros is None else datetime.fromtimestamp(micros // 1_000_000, UTC).strftime("%d %H:%M")


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Callable[..., Read]]:
    store = Store()

    def answers(files: dict[str, Any], **settings: Any) -> Read:
        folder = tmp_path / "github"
        write(folder, files)
        found = InputSettings(path=str(folder), **settings)
        ((adapter, claim),) = plan_inputs(find_files(str(folder), Path(), store.workdir), found)
        assert adapter is ADAPTER
        sink = store.sink(InputRecord("github", ADAPTER.id, claim.engine, "engine", False, "0" * 64))
        ADAPTER.read(claim, found, Config(), sink)
        r = sink.record
        assert r.rows_read == r.rows_kept + sum(r.rejected.values())
        return Read(sink)

    yield answers
    store.close()


def write(folder: Path, files: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(data, encoding="utf-8")


# ---- deployments -----------------------------------------------------------------------------------------------------


def test_a_deployment_is_the_first_success_of_a_commit_in_production(reading: Callable[..., Read]) -> None:
    found = reading({
        "deployments.json": [
            deployment(1, A, t(2, "09:00")),
            deployment(2, A, t(3, "09:00")),  # the same commit again
            deployment(3, B, t(4, "09:00")),  # fails, and then succeeds as a new deployment
            deployment(4, B, t(4, "10:00")),
            deployment(5, C, t(5, "09:00"), "staging"),
            deployment(6, C, t(6, "09:00")),  # never ended
        ],
        "statuses.jsonl": lines(
            status(11, 1, "in_progress", t(2, "09:01")), status(12, 1, "success", t(2, "09:10")),
            status(13, 1, "inactive", t(3, "09:10")), status(14, 2, "success", t(3, "09:10")),
            status(15, 3, "failure", t(4, "09:10")), status(16, 3, "inactive", t(4, "10:10")),
            status(17, 4, "success", t(4, "10:10")), status(18, 5, "success", t(5, "09:10")),
            status(19, 6, "queued", t(6, "09:00")), status(20, 6, "inactive", t(6, "09:30")),
        ),
        "runs.json": runs(run(1, A, t(2, "09:10"), t(1, "08:00"), "CI"), run(2, B, t(4, "09:10"), "2026-03-03T20:00:00+02:00")),
    })  # fmt: skip
    assert found.rows == [
        ("02 09:10", "aaaaaaa", "success", "01 08:00"),
        ("04 09:10", "bbbbbbb", "failed", "03 18:00"),
        ("04 10:10", "bbbbbbb", "success", "03 18:00"),
    ]
    assert found.record.role == "delivery" and found.record.carries is None
    assert found.record.rejected == {
        "a commit that was live before": 1, "a deployment that is not to production": 1, "neither success nor failure": 1,
        "status of a deployment that does not count": 4,
    }  # fmt: skip
    assert found.record.capabilities["commits"].available == "yes"


def test_environments_that_are_production(reading: Callable[..., Read]) -> None:
    names = ["production-eu", "Prod", "eu/live", "pre-prod", "non-production", "github-pages", "customer"]
    some = [deployment(n, f"{n}" * 40, t(2, "09:00"), name) for n, name in enumerate(names, 1)]
    some[-1]["production_environment"] = True
    told = [status(n, n, "success", t(2, f"09:1{n}")) for n in range(1, 8)]
    found = reading({"d.json": some, "s.json": told})
    assert [row[1] for row in found.rows] == ["1111111", "2222222", "3333333", "7777777"]
    assert "taken for production by their names: the environments “Prod”, “eu/live”, “production-eu”" in found.notes()
    assert [row[1] for row in reading({}, environment="github-*").rows] == ["6666666"]


def test_commits_tell_what_runs_no_longer_do(reading: Callable[..., Read]) -> None:
    commit = {
        "sha": A,
        "commit": {"author": {"date": t(1, "07:00")}, "committer": {"date": t(1, "08:00")}},
        "parents": [],
    }
    found = reading({
        "d.json": [deployment(1, A, t(2, "09:00")), deployment(2, B, t(3, "09:00"), ref="refs/tags/v2.1.0")],
        "s.json": [status(1, 1, "success", t(2, "09:10")), status(2, 2, "success", t(3, "09:10"))],
        "commits.json": lines(commit, {**commit, "sha": C}),
    })  # fmt: skip
    # a commit that nothing names stays unknown
    assert found.rows == [("02 09:10", "aaaaaaa", "success", "01 08:00"), ("03 09:10", "2.1.0", "success", None)]
    assert found.record.capabilities["commits"].available == "partial"
    assert found.record.rejected == {"commit that was not deployed itself": 1}


# ---- runs that deploy ------------------------------------------------------------------------------------------------


def test_runs_stand_for_deployments_that_are_not_there(reading: Callable[..., Read]) -> None:
    found = reading({
        "runs.json": runs(
            run(1, A, t(2, "09:30"), t(1, "09:00")),
            run(2, B, t(3, "09:30"), t(3, "09:00"), conclusion="failure"),
            run(3, B, t(3, "10:30"), t(3, "09:00"), conclusion="cancelled"),
            run(4, B, t(3, "11:30"), t(3, "09:00"), conclusion="skipped"),
            run(5, C, t(4, "09:30"), t(4, "09:00"), event="pull_request"),
            run(6, C, t(4, "09:30"), t(4, "09:00"), name="Deploy to staging"),
            run(7, C, t(4, "09:30"), t(4, "09:00"), name="Tests"),
            run(8, C, t(4, "09:30"), t(4, "09:00"), status="in_progress", conclusion=None),
            run(9, A, t(5, "09:30"), t(1, "09:00")),
        ),
        "jobs.json": {"total_count": 2, "jobs": [job(1, 1, A, t(2, "09:10")), job(2, 1, A, t(2, "09:20"))]},
    })  # fmt: skip
    # the last job's end, where there are jobs: a run has no time of completion
    assert found.rows == [("02 09:20", "aaaaaaa", "success", "01 09:00"), ("03 09:30", "bbbbbbb", "failed", "03 09:00")]
    assert "runs of “Deploy” are taken for deployments, by the name" in found.notes()
    assert "deploying runs without jobs in the answers, whose last change is taken for their end: 1" in found.notes()


def test_the_project_file_names_the_workflow(reading: Callable[..., Read]) -> None:
    page = runs(run(1, A, t(2, "09:30"), t(1, "09:00"), name="CI"), run(2, B, t(3, "09:30"), t(3, "09:00")))
    some = {"d.json": [deployment(1, B, t(2, "09:00"))], "s.json": [status(1, 1, "success", t(2, "09:10"))]}
    assert [row[:2] for row in reading({"r.json": page, **some}, workflow="C?").rows] == [("02 09:30", "aaaaaaa")]


def test_both_the_workflow_and_the_environment_may_be_named(reading: Callable[..., Read]) -> None:
    found = reading({"r.json": runs(run(1, A, t(2, "09:30"), None, name="CI"))}, workflow="CI", environment="x")
    assert len(found.rows) == 1


def test_a_workflow_without_a_name_is_its_file(reading: Callable[..., Read]) -> None:
    nameless = run(1, A, t(2, "09:30"), None, name=None, path=".github/workflows/deploy.yml")
    assert len(reading({"r.json": runs(nameless)}).rows) == 1


def test_the_order_of_records_and_pages_means_nothing(reading: Callable[..., Read]) -> None:
    old = run(2, B, t(3, "09:00"), None, status="in_progress", conclusion=None)
    new = run(2, B, t(3, "09:30"), t(3, "08:00"))
    ended, running = job(7, 2, B, t(3, "09:20")), job(7, 2, B, None, None)
    one = reading(
        {"a.json": runs(old, run(1, A, t(2, "09:30"), None)), "b.json": runs(new), "j.json": lines(ended, running)}
    )
    rows = one.rows
    two = reading(
        {"a.json": runs(new), "b.json": runs(run(1, A, t(2, "09:30"), None), old), "j.json": lines(running, ended)}
    )
    assert (
        two.rows == rows == [("02 09:30", "aaaaaaa", "success", None), ("03 09:20", "bbbbbbb", "success", "03 08:00")]
    )
    assert one.record.rejected == two.record.rejected == {"the same record again": 2}


def test_attempts_of_a_run(reading: Callable[..., Read]) -> None:
    again = run(1, A, t(2, "11:00"), t(1, "09:00"), run_attempt=2)
    found = reading({"r.json": runs(again)})
    assert [row[0] for row in found.rows] == ["02 11:00"]
    assert "whose earlier attempts are not in the answers: 1" in found.notes()
    first = run(1, A, t(2, "10:00"), t(1, "09:00"), conclusion="failure")
    both = reading({"r.json": runs(again), "attempt.json": first})
    assert [row[::2] for row in both.rows] == [("02 10:00", "failed"), ("02 11:00", "success")]
    assert "earlier attempts" not in both.notes()


def test_answers_that_end_early_are_told(reading: Callable[..., Read]) -> None:
    found = reading({"r.json": runs(run(1, A, t(2, "09:30"), t(1, "09:00")), total=2041)})
    assert "runs in the answers: 1 of the 2,041 that GitHub says there are" in found.notes()


def test_jobs_alone_tell_of_runs_without_commits(reading: Callable[..., Read]) -> None:
    found = reading({
        "jobs.json": lines(
            job(1, 1, A, t(2, "09:10")), job(2, 1, A, t(2, "09:12"), "skipped"),
            job(3, 2, B, t(3, "09:10")), job(4, 2, B, t(3, "09:20"), "failure"),
            job(5, 3, C, t(4, "09:10"), "cancelled"),
        )
    })  # fmt: skip
    assert found.rows == [("02 09:12", "aaaaaaa", "success", None), ("03 09:20", "bbbbbbb", "failed", None)]
    assert found.record.capabilities["commits"].available == "no"
    assert "gh api --paginate" in found.record.capabilities["commits"].unlock


@pytest.mark.parametrize(
    "pages",
    [
        json.dumps(runs(run(1, A, t(2, "09:30"), None))) + json.dumps(runs(run(2, B, t(3, "09:30"), None))),
        lines(runs(run(1, A, t(2, "09:30"), None)), runs(run(2, B, t(3, "09:30"), None))),
        json.dumps([runs(run(1, A, t(2, "09:30"), None)), runs(run(2, B, t(3, "09:30"), None))]),
        json.dumps([run(1, A, t(2, "09:30"), None), run(2, B, t(3, "09:30"), None)]),
        json.dumps([[run(1, A, t(2, "09:30"), None)], [run(2, B, t(3, "09:30"), None)]]),
        json.dumps([run(1, A, t(2, "09:30"), None)]) + json.dumps([run(2, B, t(3, "09:30"), None)]),
        json.dumps(runs(*(run(n, A, t(2, "09:30"), None, "Tests", pad="x" * 5000) for n in range(3, 99))))
        + json.dumps(runs(run(1, A, t(2, "09:30"), None), run(2, B, t(3, "09:30"), None))),
        lines(run(1, A, t(2, "09:30"), None), run(2, B, t(3, "09:30"), None), run(2, B, t(3, "09:30"), None)),
    ],
    ids=[
        "pages in a row",
        "pages as lines",
        "array of pages",
        "array",
        "array of arrays",
        "arrays in a row",
        "large",
        "lines",
    ],
)
def test_pages_in_every_form(reading: Callable[..., Read], pages: str) -> None:
    assert [row[:2] for row in reading({"runs.json": pages}).rows] == [("02 09:30", "aaaaaaa"), ("03 09:30", "bbbbbbb")]


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"r.json": json.dumps(runs(run(1, A, t(2, "09:30"), None)))[:-30]}, "r.json"),
        ({"r.json": runs()}, "the answers hold no records"),
        ({"r.json": runs(run(1, A, t(2, "09:30"), None, "Tests"))}, "the workflows are “Tests”"),
        ({"d.json": [deployment(1, A, t(2, "09:00"), "qa")]}, "the environments are “qa”"),
        ({"d.json": [deployment(1, A, t(2, "09:00"))]}, "no status says how they ended"),
        ({"d.json": [deployment(1, A, "yesterday")]}, "none of the 1 records can be used: 1 without id, commit or time"),
        ({"s.json": [status(1, 1, "success", t(2, "09:10"))]}, "neither deployments nor runs"),
    ],
)  # fmt: skip
def test_answers_of_no_use(reading: Callable[..., Read], files: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        reading(files)
    assert words in str(error.value) and error.value.fix


@pytest.mark.parametrize(
    "content", ["[]", "{}", '[{"id": 1}]', '[{"sha": "a", "commit": 1}]', "[[]]", '{"1": {}}', "[1]"]
)
def test_other_json_is_not_claimed(tmp_path: Path, content: str) -> None:
    write(tmp_path / "in", {"x.json": content})
    assert not ADAPTER.claim(find_files(str(tmp_path / "in"), Path(), tmp_path), InputSettings(path="in"))


def test_alone_it_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "in", {"r.json": runs(run(1, A, t(2, "09:30"), t(1, "09:00")))})
    done = program(capsys, "inspect", tmp_path / "in")
    assert done.code == 2 and "deployments alone are no log of a process" in done.err and "engine" in done.err


# ---- the real answer -------------------------------------------------------------------------------------------------


def test_real_jobs(reading: Callable[..., Read]) -> None:
    path = test_data("exports/public/github-actions/jobs.json.gz")
    text = gzip.decompress(path.read_bytes()).decode()
    # 296 jobs of nightly builds by their ids: none of them deploys, until the analyst says so
    with pytest.raises(InputError, match="Stencil Nightly Build"):
        reading({"jobs.json": text})
    found = reading({"jobs.json": text}, workflow="*Nightly*")
    jobs = json.loads(text).values()
    attempts = {(j["run_id"], j["run_attempt"]) for j in jobs}
    assert found.record.rows_read == len(jobs) == 296
    failed = {(j["run_id"], j["run_attempt"]) for j in jobs if j["conclusion"] == "failure"}
    rows = found.rows
    assert sum(r[2] == "failed" for r in rows) == len(failed)
    assert 0 < len(rows) <= len(attempts) and {r[3] for r in rows} == {None}


# ---- lead times ------------------------------------------------------------------------------------------------------


def live(hours: float, version: str = "1", tag: str = "") -> Live:
    return Live(round(hours * HOUR), version, tag)


def piped(hours: float, commit: float | None, tag: str = "main", sha: str = A) -> Piped:
    return Piped(round(hours * HOUR), None if commit is None else round(commit * HOUR), tag, sha)


def test_deployments_belong_together_by_tag_then_by_time() -> None:
    one, two = live(100), live(103, "2")
    # the job reports success after it deployed; each deployment is used once, by the nearest
    assert join([one, two], [piped(100.5, 50)]) == ((one, piped(100.5, 50)),)
    assert join([one, two], [piped(100.5, 50), piped(102, 60)]) == ((one, piped(100.5, 50)), (two, piped(102, 60)))
    # more than an hour before, more than six after, or before the commit was made
    assert (
        not join([one], [piped(101.1, 50)])
        and not join([one], [piped(93.9, 50)])
        and not join([one], [piped(99, 100.1)])
    )
    tagged = live(170, "3", "v2.1")
    assert join([tagged], [piped(169, 50), piped(100, 40, "2.1", B)]) == ((tagged, piped(100, 40, "2.1", B)),)
    assert join([live(170, "3", C[:8])], [piped(150, 50, sha=C)])[0][1].commit == 50 * HOUR
    assert not join([live(170, "3", "2.1")], [piped(1, 0, "2.1")])  # more than a week ago: another 2.1


ENGINE_LOG = """
a  A  0–1  bot  serviceTask
deployments:
1  1d 0     checksum=a
2  5d 10:00  checksum=b
3  9d 10:00  checksum=b     # nothing changed
4  12d 10:00  checksum=c    # by hand, no pipeline
"""


def together(*delivered: tuple[str, float, float | None, str], carries: str | None = None) -> Mined:
    """Return a log with the engine's deployments above and a pipeline's: sha, day of success, of the commit, result."""
    rows = Rows()
    for sha, at, commit, result in delivered:
        rows.add(
            "deployments", version=sha, deployed_at=EPOCH + round(at * DAY), result=result, release_id=f"acme/orders@{sha}",
            lead_start=None if commit is None else EPOCH + round(commit * DAY), deployment_source="acme/orders production",
        )  # fmt: skip
    return seal([(record(), parse(ENGINE_LOG).engine), (record("github", "delivery", carries=carries), rows)])


PIPED = (
    (A, 5 + 10.5 / 24, 2, "success"),
    (B, 9 + 10.5 / 24, 7, "success"),  # version 3 changed nothing
    (C, 12 + 10.5 / 24, 11, "failed"),
)


def test_lead_times_by_hand() -> None:
    log = together(*PIPED)
    found = measure(log, "change-lead-time")
    # version 2 went live on day 5 at 10:00, its commit is of day 2 at 0:00
    assert found.status is Status.MEASURED and found.value == pytest.approx(3 + 10 / 24) and found.n == 1
    assert found.details == {"joined": 1, "without_model_change": 1, "outside_the_pipeline": 1, "failed_commits": 1}
    assert "commits that the pipeline deployed and that changed no model: 1" in found.caveats
    assert found.basis == "observed"
    assert measure(log, "change-lead-time", None).value == found.value
    assert "3.4 days after its commit" in found.evidence[0].what


def test_a_pipeline_makes_no_releases_of_its_own() -> None:
    alone, log = seal([(record(), parse(ENGINE_LOG).engine)]), together(*PIPED)
    assert log.of(releases_of) == alone.of(releases_of)
    assert units_of(log) == units_of(alone) and not log.has_outside
    for metric in ("release-cadence", "release-rework-rate", "log-grade"):
        assert measure(log, metric) == measure(alone, metric), metric
    assert [p.key for p in log.processes] == ["p"]


def test_whose_deployments_they_are() -> None:
    assert set(together(*PIPED, carries="p*").of(joined_deliveries)) == {"p"}
    log = together(*PIPED, carries="order")
    found = measure(log, "change-lead-time")
    assert found.status is Status.NOT_AVAILABLE and "[[input]] process" in found.unlock
    assert any("“order” is no process of the other inputs" in p.text for p in log.log.problems)
    two = Rows()
    two.add("cases", case_id="x", engine="test", process_key="q", root_case_id="x", start=EPOCH, state="running")
    pipe = Rows()
    pipe.add("deployments", version=A, deployed_at=EPOCH, result="success", release_id=f"r@{A}", lead_start=EPOCH)
    log = seal([(record(), parse(ENGINE_LOG).engine), (record("b"), two), (record("github", "delivery"), pipe)])
    assert any("nothing says which of 2 processes" in p.text for p in log.log.problems)
    assert not len(log.deliveries)


def test_without_commits_there_is_no_lead_time() -> None:
    found = measure(together((A, 5 + 10.5 / 24, None, "success")), "change-lead-time")
    assert found.status is Status.NOT_AVAILABLE and "name no commit" in found.reason and "gh api" in found.unlock
    none = measure(together((A, 7.0, 1, "success")), "change-lead-time")
    assert none.status is Status.INSUFFICIENT
    without = measure(seal([(record(), parse(ENGINE_LOG).engine)]), "change-lead-time")
    assert without.status is Status.NOT_AVAILABLE and "gh api" in without.unlock


# ---- beside a real engine's export -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of answers that fit the example: three deployments of an engine whose versions are known."""
    folder = tmp_path_factory.mktemp("answers") / "github"
    said = ((1, A, "2026-04-06T10:05:00Z", "2026-04-04T10:00:00Z"), (2, B, "2026-05-27T11:05:00Z", "2026-05-26T11:00:00Z"),
            (3, C, "2026-04-28T09:05:00Z", "2026-04-27T09:00:00Z"))  # fmt: skip
    write(folder, {
        "deployments.json": [deployment(n, sha, at) for n, sha, at, _ in said],
        "statuses.json": [status(n, n, "success", at) for n, _, at, _ in said],
        "runs.json": runs(*(run(n, sha, at, commit) for n, sha, at, commit in said)),
    })  # fmt: skip
    return folder


def test_beside_the_example(beside: Path) -> None:
    config = parse_config(
        {
            "input": [{"path": str(ENGINE)}, {"path": str(beside), "process": "*"}],
            "project": {"timezone": "Europe/Berlin"},
        }
    )
    with read([], config) as log:
        mined = Mined(log)
        found = {key: measure(mined, "change-lead-time", key) for key in ("order-fulfilment", "invoicing", None)}
    # versions 2 and 4 of order-fulfilment changed: 2 days and 1 day; version 3 was redeployed as it was
    assert found["order-fulfilment"].value == pytest.approx(1.0) and found["order-fulfilment"].n == 2
    assert found["order-fulfilment"].details["without_model_change"] == 1
    # of invoicing only version 4 changed
    assert found["invoicing"].value == pytest.approx(1.0) and found["invoicing"].n == 1
    # the portfolio counts a deployment of several processes once: that of version 3 alone changed nothing
    assert (
        found[None].n == 3 and found[None].details["joined"] == 2 and found[None].details["without_model_change"] == 1
    )
    assert found["order-fulfilment"].basis == "observed"


def test_workflows_known_by_name_only_are_an_inference(beside: Path, tmp_path: Path) -> None:
    shutil.copy(beside / "runs.json", tmp_path / "runs.json")

    def measured(**said: str) -> MetricResult:
        given = {"path": str(tmp_path / "runs.json"), "process": "order-*", **said}
        config = parse_config({"input": [{"path": str(ENGINE)}, given], "project": {"timezone": "Europe/Berlin"}})
        with read([], config) as log:
            return measure(Mined(log), "change-lead-time", "order-fulfilment")

    assert (measured().basis, measured(workflow="Deploy").basis) == ("inferred", "observed")


def test_inspect_names_it(beside: Path) -> None:
    found = inspect([str(ENGINE), str(beside)])
    mine = next(i for i in found.inputs if i.adapter == "github-actions")
    assert (mine.role, mine.engine, mine.rows_read, mine.rows_kept) == ("delivery", "github", 9, 9)
    assert any(c.capability == "commits" and c.available == "yes" for c in mine.capabilities)
    assert any("nothing says which of 3 processes" in p.text and '"*" for all' in p.fix for p in found.problems)
    assert not any("change-lead-time" in u.metrics and "gh api" in u.what for u in found.unlocks)
