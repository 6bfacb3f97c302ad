"""Search answers of one export: items of each kind, under the same names for REST v2 and Operate v1.

Answers come in pages. Each item counts once however often it was fetched, and a page says how many items there are: what is
missing is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.forms import AnswerShape, answer_shape
from poanalyzer.ingest.camunda8.work import moment
from poanalyzer.ingest.engine.accounting import reject_rows
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.records import read_records

if TYPE_CHECKING:
    import ibis

#: Makes names of tables unique, however many exports are read into one store.
#: Kind → our name → member in REST v2 and in Operate v1 (None: not there). ``@`` marks times; ``key`` is the item's own.
_MEMBERS: dict[str, dict[str, tuple[str | None, str | None]]] = {
    "process-instances": {
        "key": ("processInstanceKey", "key"), "process_key": ("processDefinitionId", "bpmnProcessId"),
        "process_name": ("processDefinitionName", None), "version": ("processDefinitionVersion", "processVersion"),
        "version_tag": ("processDefinitionVersionTag", "processVersionTag"),
        "definition": ("processDefinitionKey", "processDefinitionKey"), "@start": ("startDate", "startDate"),
        "@end": ("endDate", "endDate"), "state": ("state", "state"), "tenant": ("tenantId", "tenantId"),
        "parent_case": ("parentProcessInstanceKey", "parentKey"), "root_case": ("rootProcessInstanceKey", None),
        "parent_element": ("parentElementInstanceKey", "parentFlowNodeInstanceKey"),
        "business_id": ("businessId", None), "has_incident": ("hasIncident", "incident"),
    },
    "element-instances": {
        "key": ("elementInstanceKey", "key"), "case_id": ("processInstanceKey", "processInstanceKey"),
        "element_id": ("elementId", "flowNodeId"), "name": ("elementName", "flowNodeName"), "kind": ("type", "type"),
        "state": ("state", "state"), "@start": ("startDate", "startDate"), "@end": ("endDate", "endDate"),
        "definition": ("processDefinitionKey", "processDefinitionKey"), "process_key": ("processDefinitionId", None),
        "incident": ("incidentKey", "incidentKey"), "tenant": ("tenantId", "tenantId"),
    },
    "incidents": {
        "key": ("incidentKey", "key"), "code": ("errorType", "type"), "element_id": ("elementId", None),
        "instance": ("elementInstanceKey", None), "@raised": ("creationTime", "creationTime"),
        "state": ("state", "state"), "case_id": ("processInstanceKey", "processInstanceKey"),
    },
    "jobs": {
        "key": ("jobKey", "key"), "instance": ("elementInstanceKey", None), "job_type": ("type", None),
        "worker": ("worker", None), "job_kind": ("kind", None), "error_code": ("errorCode", None),
    },
    "user-tasks": {
        "key": ("userTaskKey", None), "instance": ("elementInstanceKey", None), "assignee": ("assignee", None),
        "groups": ("candidateGroups", None), "@created": ("creationDate", None), "@due": ("dueDate", None),
    },
    "variables": {
        "key": ("variableKey", "key"), "case_id": ("processInstanceKey", "processInstanceKey"),
        "scope": ("scopeKey", "scopeKey"), "name": ("name", "name"), "value": ("value", "value"),
    },
    "process-definitions": {
        "key": ("processDefinitionKey", "key"), "process_key": ("processDefinitionId", "bpmnProcessId"),
        "name": ("name", "name"), "version": ("version", "version"), "version_tag": ("versionTag", "versionTag"),
        "tenant": ("tenantId", "tenantId"),
    },
    "decision-instances": {"key": ("decisionEvaluationInstanceKey", "id")},
}  # fmt: skip
#: What an item must have to be of use.
_NEEDED = {
    "process-instances": ("process_key", "start"), "element-instances": ("case_id", "element_id", "start"),
    "incidents": ("case_id", "raised"), "jobs": ("instance",), "user-tasks": ("instance",),
    "variables": ("case_id", "name"), "process-definitions": ("process_key",),
}  # fmt: skip
#: Operate counts no further.
_OPERATE_LIMIT = 10_000


class Answers:
    """The items of one export, by kind."""

    def __init__(self, files: Sequence[InputFile], sink: Sink) -> None:
        self._sink = sink
        self._tables: dict[str, ibis.Table] = {}
        groups: dict[str, dict[AnswerShape, list[InputFile]]] = {}
        for file in files:
            shape = answer_shape(file)
            if shape:
                groups.setdefault(shape.kind, {}).setdefault(shape, []).append(file)
        for number, (kind, shapes) in enumerate(sorted(groups.items()), 1):
            self._load(kind, shapes)
            sink.progress(0.6 * number / len(groups))

    def has(self, kind: str) -> bool:
        """Whether an answer of that kind is in the export, be it empty."""
        return kind in self._tables

    def items(self, kind: str) -> ibis.Table:
        """Return the items of a kind; none where no such answer is in the export."""
        import ibis

        if kind in self._tables:
            return self._tables[kind]
        schema = {n.lstrip("@"): "int64" if n.startswith("@") else "string" for n in _MEMBERS[kind]}
        return ibis.memtable([], schema=ibis.schema(schema))

    def keep(self, rows: ibis.Table, name: str) -> ibis.Table:
        """Run an expression that is used more than once, and return its result as a table of the store."""
        return self._sink.keep(rows, name)

    def _load(self, kind: str, shapes: dict[AnswerShape, list[InputFile]]) -> None:
        import ibis

        parts = []
        read = malformed = 0
        for shape, group in sorted(shapes.items(), key=lambda pair: str(pair[0])):
            members = {n.lstrip("@"): pair[shape.operate] for n, pair in _MEMBERS[kind].items()}
            # what this interface does not have: no member has an empty name
            found = read_records(group, {n: (m,) if m else ("\x00",) for n, m in members.items()}, self._sink,
                                 within=shape.within)  # fmt: skip
            parts.append(_typed(found.rows, kind))
            read += found.read
            malformed += found.malformed
        rows = parts[0] if len(parts) == 1 else ibis.union(*parts)
        self._tables[kind] = self._account(kind, rows, read, malformed)
        self._told(kind, shapes, int(self._sink.con.execute(self._tables[kind].key.nunique())))

    def _account(self, kind: str, rows: ibis.Table, read: int, malformed: int) -> ibis.Table:
        """Drop what cannot be used and what was fetched twice; the item that has ended stays."""
        import ibis

        lacking = rows.key.isnull()
        for name in _NEEDED.get(kind, ()):
            lacking = lacking | rows[name].isnull()
        times = [n[1:] for n in _MEMBERS[kind] if n.startswith("@")]
        odd = ibis.literal(False)
        for name in times:
            odd = odd | ~rows[name].between(EARLIEST_US, LATEST_US).fill_null(True)
        late = [rows[n].isnull() for n in ("end",) if n in rows.columns]
        rank = ibis.row_number().over(group_by=[rows.key, lacking], order_by=[*late, *(rows[c] for c in rows.columns)])
        reason = ibis.cases(
            (lacking, f"{kind[:-1]} without key, time or name"), (odd, "time outside 1950–2150"), else_=""
        )
        judged = rows.mutate(reason=reason, rank_=rank)
        judged = self.keep(
            judged.mutate(
                reason=ibis.ifelse((judged.reason == "") & (judged.rank_ > 0), "item fetched twice", judged.reason)
            ),
            kind.replace("-", "_"),
        )
        self._sink.read(read)
        self._sink.reject("no JSON object", malformed)
        self._sink.kept(reject_rows(judged, self._sink, "key", f"{kind} {{}}").get("", 0))
        return judged.filter(judged.reason == "").drop("reason", "rank_")

    def _told(self, kind: str, shapes: dict[AnswerShape, list[InputFile]], given: int) -> None:
        """Compare the items that were given with what the pages say there are."""
        pages = [file for shape, group in shapes.items() if shape.within for file in group]
        if not pages:
            return
        found = read_records(
            pages,
            {"total": ("page", "totalItems"), "more": ("page", "hasMoreTotalItems"), "old": ("total",)},
            self._sink,
        )
        rows = found.rows
        row = rows.aggregate(
            total=rows.total.try_cast("int64").max(),
            old=rows.old.try_cast("int64").max(),
            more=(rows.more == "true").any(),
        )
        said = row.to_pyarrow().to_pylist()[0]
        total = max((n for n in (said["total"], said["old"]) if n is not None), default=None)
        fix = "Fetch the following pages as well."
        if total is not None and given < total:
            self._sink.note("warning", f"{kind}: {given:,} of {total:,} items are in the input", fix)
        elif said["more"] or (said["old"] or 0) >= _OPERATE_LIMIT:
            self._sink.note("warning", f"{kind}: there may be more than the {given:,} items in the input", fix)


def _typed(rows: ibis.Table, kind: str) -> ibis.Table:
    """Return items with times in microseconds, and NULL for what is written as nothing."""
    columns = {}
    for declared in _MEMBERS[kind]:
        name = declared.lstrip("@")
        text = rows[name]
        if name != "value":
            text = text.nullif("").nullif("-1").nullif("<default>" if name == "tenant" else "")
        columns[name] = moment(text) if declared.startswith("@") else text
    return rows.select(**columns)
