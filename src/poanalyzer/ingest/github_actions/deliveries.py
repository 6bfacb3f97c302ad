"""What of GitHub's answers is a deployment to production, when it went live or failed, and of which commit.

A deployment is the first success of a commit in a production environment. Where the answers hold none, it is the first
successful run of a workflow that deploys, by its name or by what the project file says.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from poanalyzer.ingest.github_actions.answers import Answers, Deployment, Run

#: Names of environments and workflows that go to production, and words that say they go elsewhere.
_PRODUCTION = re.compile(r"(?i)(?<![a-z])(prod|production|live)(?![a-z])")
_DEPLOYING = re.compile(r"(?i)(?<![a-z])((re)?deploy\w*|releas\w*|prod|production)(?![a-z])")
_ELSEWHERE = re.compile(
    r"(?i)(?<![a-z])(pre|non|not|stag\w*|test\w*|qa|uat|dev\w*|preview\w*|sandbox|dry|draft|notes|check\w*"
    r"|preprod\w*|nonprod\w*)(?![a-z])"
)
#: Runs for proposed changes go to no production, whatever their workflow is called.
_PROPOSED = ("pull_request", "pull_request_target", "merge_group")
#: Conclusions that mean a failure. Cancelled and skipped runs deployed nothing, and failed at nothing.
_FAILED = ("failure", "timed_out", "startup_failure")
#: States of deployments that mean one. “inactive” GitHub sets itself once a newer deployment is live: no outcome.
_FAILED_STATES = ("failure", "error")


@dataclass(frozen=True)
class Delivery:
    """One deployment to production: when it succeeded or failed (µs UTC; ``succeeded`` is None where neither), and of what.

    ``where`` is the environment or workflow, ``ref`` the branch or tag, ``commit`` when the commit was made.
    """

    record: str
    at: int
    succeeded: bool | None
    sha: str
    ref: str
    where: str
    repository: str
    by: str | None
    at_file: str
    commit: int | None = None


@dataclass
class Deliveries:
    """The deliveries of an export, how many records tell of them, and why the others do not.

    ``workflows`` are those taken for deploying ones; there are none where deployments themselves were exported.
    ``untold`` counts production deployments without any status, ``reruns`` runs whose earlier attempts are not in the
    export, ``undated`` successful runs whose end is only known as the time of their last change.
    """

    found: list[Delivery]
    kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    workflows: tuple[str, ...] = ()
    untold: int = 0
    reruns: int = 0
    undated: int = 0


def deliveries(answers: Answers, environment: str | None, workflow: str | None) -> Deliveries:
    """Return the deployments to production in ``answers``, oldest first.

    Args:
        environment: pattern of the production environments' names, where they do not say it themselves.
        workflow: pattern of the names of the workflows that deploy; with it runs count, and deployments do not.
    """
    aimed = [] if workflow else [d for d in answers.deployments if _in_production(d, environment)]
    found, left = _firsts(_deployed(answers, aimed))
    out = Deliveries(found)
    if workflow or not (found or environment):
        runs = _runs(answers)
        deploying = [r for r in runs if _deploys(r, workflow)]
        out.found, unused = _firsts(_ran(answers, deploying))
        left |= unused
        out.workflows = tuple(sorted({r.workflow for r in deploying}))
        exported = {(r.id, r.attempt) for r in runs}
        out.reruns = sum(any((r.id, n) not in exported for n in range(1, r.attempt)) for r in deploying)
        timed = {(j.run, j.attempt) for j in answers.jobs if j.completed is not None}
        out.undated = sum(r.conclusion == "success" and (r.id, r.attempt) not in timed for r in deploying)
    out.untold = len({d.id for d in aimed} - {s.deployment for s in answers.states})
    out.found = [replace(d, commit=answers.commits.get(d.sha)) for d in out.found]
    _account(answers, left, out)
    return out


def _in_production(deployment: Deployment, environment: str | None) -> bool:
    name = deployment.environment
    if environment is not None:
        return fnmatchcase(name, environment)
    # GitHub sets the mark by itself only where the environment is called “production”
    return bool(deployment.production) or (_PRODUCTION.search(name) is not None and not _ELSEWHERE.search(name))


def _deployed(answers: Answers, aimed: Iterable[Deployment]) -> Iterator[Delivery]:
    """Yield what became of each deployment: its first success, else its first failure, else nothing."""
    succeeded: dict[str, list[int]] = defaultdict(list)
    failed: dict[str, list[int]] = defaultdict(list)
    for state in answers.states:
        if state.state == "success":
            succeeded[state.deployment].append(state.at)
        elif state.state in _FAILED_STATES:
            failed[state.deployment].append(state.at)
    for d in aimed:
        at, outcome = d.created, None
        if d.id in succeeded:
            at, outcome = min(succeeded[d.id]), True
        elif d.id in failed:
            at, outcome = min(failed[d.id]), False
        yield Delivery(_named(d), at, outcome, d.sha, d.ref, d.environment, d.repository, d.by, d.at_file)


def _deploys(run: Run, workflow: str | None) -> bool:
    if workflow is not None:
        return fnmatchcase(run.workflow, workflow)
    if run.event in _PROPOSED:
        return False
    return _DEPLOYING.search(run.workflow) is not None and not _ELSEWHERE.search(run.workflow)


def _runs(answers: Answers) -> list[Run]:
    """Return the runs, those of which only jobs were exported included: failed if a job did, succeeded if all that ran did."""
    known = {(r.id, r.attempt) for r in answers.runs}
    of: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, job in enumerate(answers.jobs):
        if (job.run, job.attempt) not in known:
            of[job.run, job.attempt].append(number)
    out = list(answers.runs)
    for (run, attempt), numbers in of.items():
        jobs = [answers.jobs[n] for n in numbers]
        ends = [j.completed for j in jobs if j.completed is not None]
        said = {j.conclusion for j in jobs} - {"skipped", "neutral"}
        conclusion = "failure" if said & set(_FAILED) else "success" if said == {"success"} else None
        if ends:
            first = jobs[0]
            out.append(Run(run, attempt, first.workflow, None, conclusion, first.sha, first.branch, max(ends), None,
                           first.repository, first.at_file))  # fmt: skip
    return out


def _ran(answers: Answers, runs: Iterable[Run]) -> Iterator[Delivery]:
    """Yield what became of each deploying run. A run has no time of completion: the end of its last job is it."""
    ends: dict[tuple[str, int], int] = {}
    for job in answers.jobs:
        if job.completed is not None:
            key = (job.run, job.attempt)
            ends[key] = max(job.completed, ends.get(key, job.completed))
    for r in runs:
        outcome = True if r.conclusion == "success" else False if r.conclusion in _FAILED else None
        at = ends.get((r.id, r.attempt), r.updated)
        yield Delivery(_named(r), at, outcome, r.sha, r.branch or "", r.workflow, r.repository, r.by, r.at_file)


def _firsts(tries: Iterable[Delivery]) -> tuple[list[Delivery], dict[str, str]]:
    """Return the first success of each commit in each place with every failure, and why the other records count not."""
    found: list[Delivery] = []
    left: dict[str, str] = {}
    live: set[tuple[str, str, str]] = set()
    for one in sorted(tries, key=lambda d: (d.at, d.where, d.record)):
        key = (one.repository, one.where, one.sha)
        if one.succeeded is None:
            left[one.record] = "neither success nor failure"
        elif one.succeeded and key in live:
            left[one.record] = "a commit that was live before"
        else:
            found.append(one)
            if one.succeeded:
                live.add(key)
    return found, left


def _account(answers: Answers, left: dict[str, str], out: Deliveries) -> None:
    """Count the records that tell of a delivery, and why the others do not."""
    used, shas = {d.record for d in out.found}, {d.sha for d in out.found}

    def count(record: str, kept: bool, why: str) -> None:
        if kept:
            out.kept += 1
        else:
            out.rejected[left.get(record, why)] += 1

    for d in answers.deployments:
        count(_named(d), _named(d) in used, "a deployment that is not to production")
    for s in answers.states:
        count("", f"deployment {s.deployment}" in used, "status of a deployment that does not count")
    for r in answers.runs:
        count(_named(r), _named(r) in used or r.sha in shas, "run of a commit that was not deployed")
    for j in answers.jobs:
        count("", f"run {j.run} attempt {j.attempt}" in used, "job of a run that does not count")
    for sha in answers.committed:
        count("", sha in shas, "commit that was not deployed itself")


def _named(record: Deployment | Run) -> str:
    return f"deployment {record.id}" if isinstance(record, Deployment) else f"run {record.id} attempt {record.attempt}"
