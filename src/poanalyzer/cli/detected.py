"""What a first project file says of a log: its inputs, processes, ends and resources, with what they seem to be."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from poanalyzer.cli.draft import DraftInput, DraftProcess, DraftResource, ProjectDraft
from poanalyzer.mine.flow import activity_counts, directly_follows

if TYPE_CHECKING:
    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

#: Words that ends of cases go by, English and German. A label with a word of both kinds says neither.
_FAILURE = re.compile(
    r"(?i)\b(cancel\w*|reject\w*|declin\w*|den(y|ied)|fail\w*|abort\w*|refus\w*|withdraw\w*|withdrawn|expired?|"
    r"storn\w*|abgelehnt\w*|ablehn\w*|abgebrochen|abbruch|fehlgeschlagen|zur(ü|ue)ckgezogen)\b|\bnot\b|\bnicht\b"
)
_SUCCESS = re.compile(
    r"(?i)\b(ship(ped)?|deliver(ed|y)?|complete(d)?|finish(ed)?|done|approved?|accept(ed)?|paid|pay(ment)?|fulfil\w*|"
    r"invoiced|resolved?|success\w*|granted|geliefert|ausgeliefert|versandt|abgeschlossen|genehmigt|bezahlt|erledigt|erfolgreich)\b"
)


def project_draft(log: EventLog, folder: Path, *, names: bool) -> ProjectDraft:
    """Return what is known of ``log``, for a project file in ``folder``.

    Without ``names``, resources of unknown kind, among which there may be people, are only counted.
    """
    from poanalyzer.mine.mined import Mined

    mined = Mined(log)
    inputs: dict[str, DraftInput] = {}
    for record in log.inputs:
        # members of an archive are read with it
        path = _from(folder, record.path.split("!")[0])
        found = DraftInput(
            path=path,
            adapter=record.adapter,
            role=record.role,
            role_known=record.role_declared,
            columns=record.columns,
        )
        if path not in inputs or inputs[path].role == "delivery":
            inputs[path] = found
    zones = {record.timezone for record in log.inputs} - {"UTC"}
    first = next(iter(inputs.values())).path
    return ProjectDraft(
        name=Path(first).name.split(".")[0] or first,
        timezone=next(iter(zones)) if len(zones) == 1 else None,
        inputs=list(inputs.values()),
        processes=[_process(mined, process) for process in mined.processes],
        resources=_resources(mined),
        names=names,
    )


def outcomes(labels: list[str]) -> tuple[list[str], list[str]]:
    """Return the labels that sound like success and those that sound like failure."""
    spaced = {label: re.sub(r"[_\-.]+|(?<=[a-z])(?=[A-Z])", " ", label) for label in labels}
    failure = [label for label, words in spaced.items() if _FAILURE.search(words)]
    success = [label for label, words in spaced.items() if _SUCCESS.search(words) and label not in failure]
    return success, failure


def _from(folder: Path, path: str) -> str:
    """Return ``path``, which is relative to the current folder, as seen from ``folder``."""
    return path if "://" in path or Path(path).is_absolute() else Path(os.path.relpath(path, folder)).as_posix()


def _process(mined: Mined, process: Process) -> DraftProcess:
    frame = mined.of(activity_counts)
    rows = frame[frame["process_ix"] == process.ix]
    ends = _ends(mined, process)
    success, failure = outcomes([label for label, _ in ends])
    return DraftProcess(
        key=process.key,
        name=process.name,
        activities=[(mined.activities[i], n) for i, n in zip(rows["activity_ix"], rows["count"], strict=True)],
        end_activities=ends,
        success=success,
        failure=failure,
    )


def _ends(mined: Mined, process: Process) -> list[tuple[str, int]]:
    """Return how cases ended, most frequent first: by end element where the engine says it, else by last activity."""
    cases = mined.cases
    own = cases.filter((cases.process_ix == process.ix) & cases.end_element_id.notnull())
    counted = mined.query(own.group_by("end_element_id").agg(count=own.count()))
    if len(counted):
        elements = mined.elements
        named = elements[(elements["process_key"] == process.key) & elements["name"].notna()]
        names = dict(zip(named["element_id"], named["name"], strict=True))
        found: dict[str, int] = {}
        for element, count in zip(counted["end_element_id"], counted["count"], strict=True):
            label = str(names.get(element, element))
            found[label] = found.get(label, 0) + int(count)
        ends = list(found.items())
    else:
        edges = mined.of(directly_follows)
        last = edges[(edges["process_ix"] == process.ix) & edges["target"].isna()]
        ends = [(mined.activities[int(s)], int(n)) for s, n in zip(last["source"], last["count"], strict=True)]
    return sorted(ends, key=lambda end: (-end[1], end[0]))


def _resources(mined: Mined) -> list[DraftResource]:
    """Return the resources whose type the export itself does not say."""
    known = mined.log.coded("d_resource")
    named = known.filter(known.resource.notnull() & (known.given_type == "unknown"))
    rows = mined.steps.join(named, "resource_ix")
    counted = mined.query(rows.group_by(["resource", "resource_type"]).agg(rows=rows.count()))
    return [
        DraftResource(name=name, inferred_type=None if kind == "unknown" else kind, rows=int(count))
        for name, kind, count in zip(counted["resource"], counted["resource_type"], counted["rows"], strict=True)
    ]
