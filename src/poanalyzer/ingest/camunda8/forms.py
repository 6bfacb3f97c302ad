"""Which kind of Camunda 8 export a JSON file is, judged by its first record.

Exporter records stand alone (NDJSON, arrays), inside Elasticsearch hits (dump lines, search answers) or, from the zdb
tool, with ``recordValue`` for ``value``. Answers of the Orchestration Cluster REST API (v2) and of Operate (v1) are
pages with ``items``; Optimize's raw data export is a page with ``data``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.head import head_record, head_text

#: Members that every exporter record has.
_ENVELOPE = frozenset(("partitionId", "position", "valueType", "intent"))
#: Kind of answer → members that tell it from the others, of REST v2 and of Operate v1; the first that fits.
_ANSWERS: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = (
    ("incidents", (frozenset(("incidentKey", "errorType")), frozenset(("key", "type", "message", "creationTime")))),
    ("user-tasks", (frozenset(("userTaskKey", "processInstanceKey")),)),
    ("jobs", (frozenset(("jobKey", "retries")),)),
    ("decision-instances", (frozenset(("decisionDefinitionId", "decisionEvaluationKey")),
                            frozenset(("decisionId", "evaluationDate")))),
    ("variables", (frozenset(("variableKey", "scopeKey", "name")), frozenset(("key", "scopeKey", "name", "value")))),
    ("element-instances", (frozenset(("elementInstanceKey", "elementId", "type")),
                           frozenset(("key", "flowNodeId", "processInstanceKey")))),
    ("process-instances", (frozenset(("processInstanceKey", "processDefinitionId", "startDate")),
                           frozenset(("key", "bpmnProcessId", "startDate")))),
    ("process-definitions", (frozenset(("processDefinitionKey", "processDefinitionId", "version")),
                             frozenset(("key", "bpmnProcessId", "version")))),
)  # fmt: skip
_OLD_NAMES = {"flownode-instances": "element-instances"}


#: Names of dump files say the kind they hold: zeebe-record_process-instance_8.7.0_2026-03-02.
_INDEX = re.compile(r"zeebe-record[_-]([a-z]+(?:-[a-z]+)*?)(?:[_.-]\d|[_.]|$)")
_BPMN = b"http://www.omg.org/spec/BPMN/20100524/MODEL"


@dataclass(frozen=True)
class RecordShape:
    """Where the parts of an exporter record stand: the page's member, the members above the record, and its value."""

    within: str | None
    above: tuple[str, ...]
    value: str


@dataclass(frozen=True)
class AnswerShape:
    """What a search answer is about, and whether Operate (v1) gave it or the Orchestration Cluster (v2)."""

    kind: str
    operate: bool
    within: str | None


@lru_cache(maxsize=4096)
def record_shape(file: InputFile) -> RecordShape | None:
    """Return how a file of exporter records is laid out, None where it is no such file."""
    head = head_record(file)
    if head is None:
        return _from_text(file)
    record, above = head.record, ()
    inner = record.get("_source")
    if isinstance(inner, dict):
        return _shape(inner, head.within, ("_source",))
    return _shape(record, head.within, above)


def _shape(record: object, within: str | None, above: tuple[str, ...]) -> RecordShape | None:
    if not isinstance(record, dict) or not record.keys() >= _ENVELOPE:
        return None
    return RecordShape(within, above, "value" if "value" in record else "recordValue")


def _from_text(file: InputFile) -> RecordShape | None:
    """Judge a file whose first record is longer than its head (a deployed model can be) by the members that show."""
    text = head_text(file)
    if text is None or not text.startswith("{"):
        return None
    seen = set(re.findall(r'"(\w+)"\s*:', text[:65_536]))
    if not seen >= {"valueType", "intent", "partitionId"}:
        return None
    return RecordShape(
        None, ("_source",) if "_source" in seen else (), "recordValue" if "recordValue" in seen else "value"
    )


def index_kind(file: InputFile) -> str | None:
    """Return the value type that a dump file's name says it holds (``zeebe-record_user-task_…`` → USER_TASK)."""
    found = _INDEX.search(file.name.split("!")[-1].rsplit("/", 1)[-1].lower())
    return found.group(1).replace("-", "_").upper() if found else None


def is_empty_index(file: InputFile) -> bool:
    """Whether a file is named for an index and holds no record: the dump of an index in which nothing was written."""
    if index_kind(file) is None:
        return False
    head = head_record(file)
    return not file.head.strip() if head is None else not head.record


@lru_cache(maxsize=4096)
def answer_shape(file: InputFile) -> AnswerShape | None:
    """Return what a search answer is about, None where a file is none. An answer without items is judged by its file's name."""
    head = head_record(file)
    if head is None or head.within not in ("items", None):
        return None
    names = head.record.keys()
    for kind, marks in _ANSWERS:
        for number, mark in enumerate(marks):
            if names >= mark:
                return AnswerShape(kind, number == 1, head.within)
    if head.record or head.within is None:
        return None
    stem = file.stem.lower().replace("_", "-")
    for kind in (*(kind for kind, _ in _ANSWERS), *_OLD_NAMES):
        if kind in stem:
            return AnswerShape(_OLD_NAMES.get(kind, kind), False, head.within)
    return None


@lru_cache(maxsize=4096)
def is_raw_data(file: InputFile) -> bool:
    """Whether a file is a page of Optimize's raw data export."""
    head = head_record(file)
    if head is None or head.within not in ("data", None):
        return False
    return head.record.keys() >= {"processInstanceId", "processDefinitionKey", "processDefinitionId", "startDate"}


def is_model(file: InputFile) -> bool:
    """Whether a file is a BPMN model: by its name, or XML that says so."""
    return file.suffix == ".bpmn" or (file.suffix == ".xml" and _BPMN in file.head)


def by_folder(files: Iterable[InputFile]) -> dict[str, list[InputFile]]:
    """Group files by their folder, an archive being one: a folder is one export."""
    groups: dict[str, list[InputFile]] = {}
    for file in files:
        groups.setdefault(folder_of(file), []).append(file)
    return groups


def folder_of(file: InputFile) -> str:
    """Return the folder of a file, an archive being one."""
    return str(PurePosixPath(file.name.replace("!", "!/")).parent)


def nearest(folders: Iterable[str], file: InputFile) -> str:
    """Return the folder that shares most of its path with a file's."""
    own = PurePosixPath(folder_of(file)).parts

    def shared(folder: str) -> int:
        return sum(1 for a, b in zip(PurePosixPath(folder).parts, own, strict=False) if a == b)

    return max(sorted(folders), key=shared)
