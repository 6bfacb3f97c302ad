"""GitHub's answers as records: deployments with their statuses, runs, jobs and commits, each once."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.github_actions.shapes import PAGES, Kind, Shape, shape
from poanalyzer.ingest.json.records import MAX_PAGE_BYTES, read_records

#: Members that are read of each kind of record.
_MEMBERS: dict[Kind, tuple[str, ...]] = {
    "deployment": (
        "id", "sha", "ref", "environment", "production_environment", "created_at", "creator.login", "url",
    ),
    "status": ("id", "state", "created_at", "deployment_url"),
    "run": (
        "id", "run_attempt", "name", "path", "event", "status", "conclusion", "head_sha", "head_branch", "updated_at",
        "head_commit.id", "head_commit.timestamp", "triggering_actor.login", "url",
    ),
    "job": (
        "id", "run_id", "run_attempt", "workflow_name", "conclusion", "head_sha", "head_branch", "completed_at", "url",
    ),
    "commit": ("sha", "commit.committer.date"),
}  # fmt: skip
_REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)")
_SERIAL = itertools.count()
Row = Mapping[str, str | None]
T = TypeVar("T")


@dataclass(frozen=True)
class Deployment:
    """One deployment of a commit to an environment; ``production`` is what GitHub says of that, None where nothing."""

    id: str
    sha: str
    ref: str
    environment: str
    production: bool | None
    created: int
    by: str | None
    repository: str
    at_file: str


@dataclass(frozen=True)
class State:
    """One status that a deployment was given, and when (µs UTC)."""

    id: str
    deployment: str
    state: str
    at: int


@dataclass(frozen=True)
class Run:
    """One attempt of a workflow run. ``updated`` is the last change of the run, which has no time of completion."""

    id: str
    attempt: int
    workflow: str
    event: str | None
    conclusion: str | None
    sha: str
    branch: str | None
    updated: int
    by: str | None
    repository: str
    at_file: str


@dataclass(frozen=True)
class Job:
    """One job of an attempt of a run, with its end (None where it did not end)."""

    id: str
    run: str
    attempt: int
    workflow: str
    conclusion: str | None
    sha: str
    branch: str | None
    completed: int | None
    repository: str
    at_file: str


@dataclass
class Answers:
    """All records of an export. ``commits`` says when each commit was made; ``told`` how many runs GitHub says there are."""

    deployments: list[Deployment] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    commits: dict[str, int] = field(default_factory=dict)
    #: Shas that records of commits (not runs) told of, to account for them.
    committed: list[str] = field(default_factory=list)
    told: int = 0
    read: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def read_answers(files: Sequence[InputFile], sink: Sink) -> Answers:
    """Return the records of all files, each once. Raises :class:`InputError` where a file is broken JSON."""
    rows: dict[Kind, list[Row]] = {kind: [] for kind in _MEMBERS}
    out = Answers()
    for file in files:
        found = shape(file)
        if found is None:
            continue
        rows[found.kind] += _rows(file, found, sink, out)
        if found.within == "workflow_runs" and not found.loose:
            out.told = max(out.told, _told(file, sink))
    out.deployments = _once(rows["deployment"], _deployment, lambda d: d.id, out)
    out.states = _once(rows["status"], _state, lambda s: (s.deployment, s.id), out)
    out.runs = _once(rows["run"], _run, lambda r: (r.id, r.attempt), out)
    out.jobs = _once(rows["job"], _job, lambda j: j.id, out)
    commits = _once(rows["commit"], _commit, lambda c: c[0], out)
    told = [(r["head_commit.id"], micros(r["head_commit.timestamp"])) for r in rows["run"]]
    out.commits = {sha: at for sha, at in told if sha and at is not None} | dict(commits)
    out.committed = [sha for sha, _ in commits]
    return out


def _rows(file: InputFile, found: Shape, sink: Sink, out: Answers) -> list[Row]:
    """Return the members read of each record of one file, and count what is none."""
    paths = {name: tuple(name.split(".")) for name in _MEMBERS[found.kind]}
    if found.by_id:
        inside = {name: ("value", *path) for name, path in paths.items()}
        answer = read_records([file], inside, sink, members=())
    elif found.loose:
        answer = read_records([_taken_apart(file, sink)], paths, sink)
    else:
        try:
            answer = read_records([file], paths, sink, within=found.within)
        except InputError as error:
            if found.within is not None:
                raise
            # pages of arrays, one after another without a line between them, are no JSON document
            answer = read_records([_taken_apart(file, sink, error)], paths, sink)
    out.read += answer.read
    if answer.malformed:
        out.rejected["no record"] += answer.malformed
    return [dict(row) for row in sink.con.to_pyarrow(answer.rows).to_pylist()]


def _told(file: InputFile, sink: Sink) -> int:
    """Return how many runs the pages of a file say there are."""
    pages = read_records([file], {"total": "total_count"}, sink).rows
    said = [row["total"] for row in sink.con.to_pyarrow(pages).to_pylist()]
    return max((int(s) for s in said if s and s.isdigit()), default=0)


def _taken_apart(file: InputFile, sink: Sink, why: InputError | None = None) -> InputFile:
    """Return the records of nested arrays and of pages one after another as a file of lines."""
    with file.open() as stream:
        data = stream.read(MAX_PAGE_BYTES + 1)
    broken = why or InputError("broken JSON", where=file.name, fix="Copy or fetch it again.")
    if len(data) > MAX_PAGE_BYTES:
        raise InputError("pages of more than a gigabyte", where=file.name, fix="Fetch records as lines: --jq '.[]'.")
    try:
        text, place, records = data.decode("utf-8-sig"), 0, []
        decoder = json.JSONDecoder()
        while (place := _next(text, place)) < len(text):
            value, place = decoder.raw_decode(text, place)
            records += list(_flat(value))
    except (ValueError, RecursionError):
        raise broken from None
    path = sink.workdir / f"github-{next(_SERIAL)}.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return InputFile(path, file.name)


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _flat(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, dict) and (member := next((m for m in PAGES if isinstance(value.get(m), list)), None)):
        yield from value[member]
    else:
        yield value


def _once(rows: Iterable[Row], made: Callable[[Row], T | None], key: Callable[[T], object], out: Answers) -> list[T]:
    """Return the records of one kind, each once; count those that lack what they need, and those that come again."""
    seen: dict[object, T] = {}
    for row in sorted(rows, key=_age, reverse=True):
        record = made(row)
        if record is None:
            out.rejected["without id, commit or time"] += 1
        elif key(record) in seen:
            out.rejected["the same record again"] += 1
        else:
            seen[key(record)] = record
    return list(seen.values())


def _age(row: Row) -> list[str]:
    """Order records by their last time: one may stand in two answers, and have ended only in the later one."""
    return [row.get("updated_at") or row.get("completed_at") or "", *(value or "" for value in row.values())]


def _deployment(row: Row) -> Deployment | None:
    number, sha, created = row["id"], row["sha"], micros(row["created_at"])
    if not number or not sha or created is None:
        return None
    said = row["production_environment"]
    return Deployment(
        number, sha, row["ref"] or "", row["environment"] or "", None if said is None else said == "true", created,
        row["creator.login"], _repository(row["url"]), str(row["file"]),
    )  # fmt: skip


def _state(row: Row) -> State | None:
    of, at = re.search(r"/deployments/(\d+)", row["deployment_url"] or ""), micros(row["created_at"])
    if of is None or at is None or not row["id"]:
        return None
    return State(row["id"], of.group(1), row["state"] or "", at)


def _run(row: Row) -> Run | None:
    number, sha, updated = row["id"], row["head_sha"], micros(row["updated_at"])
    if not number or not sha or updated is None:
        return None
    return Run(
        number, _count(row["run_attempt"]), row["name"] or row["path"] or "", row["event"],
        row["conclusion"] if row["status"] in (None, "completed") else None,
        sha, row["head_branch"], updated, row["triggering_actor.login"], _repository(row["url"]), str(row["file"]),
    )  # fmt: skip


def _job(row: Row) -> Job | None:
    number, run, sha = row["id"], row["run_id"], row["head_sha"]
    if not number or not run or not sha:
        return None
    return Job(
        number, run, _count(row["run_attempt"]), row["workflow_name"] or "", row["conclusion"], sha,
        row["head_branch"], micros(row["completed_at"]), _repository(row["url"]), str(row["file"]),
    )  # fmt: skip


def _commit(row: Row) -> tuple[str, int] | None:
    sha, at = row["sha"], micros(row["commit.committer.date"])
    return (sha, at) if sha and at is not None else None


def _count(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 1


def _repository(url: str | None) -> str:
    found = _REPOSITORY.search(url or "")
    return found.group(1) if found else ""


def micros(text: str | None) -> int | None:
    """Return a time with its offset as microseconds since 1970 UTC; None where it is none, or has no offset."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1_000_000)
