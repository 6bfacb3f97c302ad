"""One export of GitHub's answers read into the canonical table of deployments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from poanalyzer.config import InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.schema import TABLES, ibis_type
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.github_actions.answers import Answers, read_answers
from poanalyzer.ingest.github_actions.deliveries import Deliveries, Delivery, deliveries

_TAG = re.compile(r"(?:refs/tags/)?(v?\d+(?:\.\d+)+\S*)")
_RUNS = "gh api --paginate 'repos/OWNER/REPO/actions/runs?per_page=100' > runs.json"
_COMMITS = "gh api --paginate 'repos/OWNER/REPO/commits?per_page=100' --jq '.[]' > commits.json"
_STATUSES = "fetch repos/OWNER/REPO/deployments/ID/statuses of each deployment (docs/formats.md has the commands)"
#: Names listed in a message before the rest is left out.
_SHOWN = 8
#: GitHub's searches end here, and say nothing.
_MOST = 1000


def read_export(files: Sequence[InputFile], settings: InputSettings, sink: Sink) -> None:
    """Read an export. Raises :class:`InputError` where no deployment to production is in it."""
    answers = read_answers(files, sink)
    if not answers.read:
        raise InputError("the answers hold no records", where=sink.record.path, fix=f"Fetch them again: {_RUNS}")
    found = deliveries(answers, settings.environment, settings.workflow)
    if not found.found:
        raise _nothing(answers, found, settings, sink)
    record = sink.record
    record.role, record.role_declared, record.carries = "delivery", True, settings.process
    record.deploys_by_name = bool(found.workflows) and settings.workflow is None
    record.window_start, record.window_end = found.found[0].at, found.found[-1].at
    sink.read(answers.read)
    sink.kept(found.kept)
    for reason, count in sorted((answers.rejected + found.rejected).items()):
        sink.reject(reason, count)
    _put(found.found, sink)
    _say(answers, found, settings, sink)


def _put(found: Sequence[Delivery], sink: Sink) -> None:
    """Fill ``deployments``. Which processes they carry is filled in when all inputs are read."""
    import pyarrow as pa

    # an owner may be a person: the name of the repository is enough
    names = {d.repository: d.repository.rpartition("/")[2] for d in found}
    rows = [
        {
            "version": _version(d), "deployed_at": d.at, "deployed_by": d.by,
            "deployment_source": f"{names[d.repository]} {d.where}".strip(), "release_id": f"{names[d.repository]}@{d.sha}",
            "result": "success" if d.succeeded else "failed", "lead_start": d.commit,
            "raw_ref": f"{d.at_file}: {d.record}",
        }
        for d in found
    ]  # fmt: skip
    arrow = {"string": pa.string(), "int64": pa.int64()}
    kinds = {name: arrow[ibis_type(TABLES["deployments"][name])] for name in rows[0]}
    sink.put("deployments", pa.table({name: pa.array([row[name] for row in rows], kinds[name]) for name in kinds}))


def _version(delivery: Delivery) -> str:
    """Return the tag that was deployed, without the “v” that many begin with; else the commit."""
    tag = _TAG.fullmatch(delivery.ref)
    return tag.group(1).removeprefix("v") if tag else delivery.sha


def _say(answers: Answers, found: Deliveries, settings: InputSettings, sink: Sink) -> None:
    succeeded = [d for d in found.found if d.succeeded]
    dated = sum(d.commit is not None for d in succeeded)
    unlock = f"Fetch the runs ({_RUNS}) or the commits ({_COMMITS})."
    if dated:
        why = f"the commits of {dated:,} of {len(succeeded):,} deployments to production"
        whole = dated == len(succeeded)
        sink.capability("commits", "yes" if whole else "partial", why, "" if whole else unlock)
    else:
        sink.capability("commits", "no", "no commit of a deployment is in the answers", unlock)
    if sink.record.deploys_by_name:
        sink.note(
            "note", f"runs of {_listed(found.workflows)} are taken for deployments, by the name of the workflow",
            'Fetch the deployments, or say which workflow deploys: [[input]] workflow = "…".',
        )  # fmt: skip
    unmarked = {d.environment for d in answers.deployments if not d.production} & {d.where for d in found.found}
    if unmarked and settings.environment is None and not found.workflows:
        sink.note(
            "note", f"taken for production by their names: the environments {_listed(sorted(unmarked))}",
            'Say which is production: [[input]] environment = "…".',
        )  # fmt: skip
    counts = (
        (found.undated, "deploying runs without jobs in the answers, whose last change is taken for their end",
         "Fetch repos/OWNER/REPO/actions/runs/ID/jobs of each: a later re-run moves the last change."),
        (found.reruns, "deploying runs that were run again, and whose earlier attempts are not in the answers",
         "Fetch repos/OWNER/REPO/actions/runs/ID/attempts/N."),
    )  # fmt: skip
    for count, what, fix in counts:
        if count:
            sink.note("note", f"{what}: {count:,}", fix)
    if found.untold:
        what = "deployments to production without a status in the answers, which do not count"
        sink.note("warning", f"{what}: {found.untold:,}", _sentence(_STATUSES))
    runs = len({r.id for r in answers.runs})
    if answers.told > runs:
        cut = ": a search answers with 1,000 at most" if runs >= _MOST else ""
        sink.note(
            "warning", f"runs in the answers: {runs:,} of the {answers.told:,} that GitHub says there are{cut}",
            "Fetch all pages, a month at a time (created=2026-01-01..2026-01-31).",
        )  # fmt: skip
    elif runs == _MOST:
        sink.note(
            "note", "exactly 1,000 runs: a search answers with no more", "Fetch them a month at a time (created=…)."
        )


def _nothing(answers: Answers, found: Deliveries, settings: InputSettings, sink: Sink) -> InputError:
    where = sink.record.path
    if found.untold:
        return InputError(f"{found.untold:,} deployments to production, and no status says how they ended", where=where,
                          fix=_sentence(_STATUSES))  # fmt: skip
    environments = sorted({d.environment for d in answers.deployments})
    workflows = sorted({r.workflow for r in answers.runs} or {j.workflow for j in answers.jobs})
    if settings.workflow or (workflows and not environments):
        asked = f" called “{settings.workflow}”" if settings.workflow else ""
        return InputError(
            f"no deployment to production: no run of a deploying workflow{asked} succeeded or failed; "
            f"the workflows are {_listed(workflows)}",
            where=where, fix='Name the one that deploys: [[input]] workflow = "…", or fetch repos/OWNER/REPO/deployments.',
        )  # fmt: skip
    if environments:
        asked = f" to “{settings.environment}”" if settings.environment else ""
        return InputError(
            f"no deployment to production{asked} that succeeded or failed; the environments are {_listed(environments)}",
            where=where, fix='Name the one that is production: [[input]] environment = "…".',
        )  # fmt: skip
    if answers.rejected:
        reasons = ", ".join(f"{count:,} {why}" for why, count in sorted(answers.rejected.items()))
        return InputError(
            f"none of the {answers.read:,} records can be used: {reasons}", where=where, fix="Fetch them again."
        )
    return InputError("neither deployments nor runs are among the answers", where=where, fix=f"Fetch them: {_RUNS}")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
