"""The exporter records of one export: events, each once, with typed position and time.

What counts: every event is kept, also one of a kind that fills no canonical table, since it is part of the log that the
engine wrote. Commands and rejections are no events; they are told, and counted nowhere. Rejected are lines that are no
JSON, records without the members that place them, and records that stand in the export twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.forms import RecordShape, index_kind, record_shape
from poanalyzer.ingest.engine.accounting import reject_rows
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.records import MemberPath, read_records

if TYPE_CHECKING:
    import ibis

#: Makes names of tables unique, however many exports are read into one store.
_SERIAL = itertools.count()
_ENVELOPE = ("valueType", "intent", "recordType", "partitionId", "position", "key", "timestamp", "brokerVersion")
#: Members of values, under the names they have there.
_VALUE = (
    "bpmnProcessId", "version", "processDefinitionVersion", "processDefinitionKey", "processInstanceKey", "elementId",
    "flowScopeKey", "bpmnElementType", "bpmnEventType", "parentProcessInstanceKey", "parentElementInstanceKey",
    "rootProcessInstanceKey", "elementInstanceKey", "tenantId", "businessId", "worker", "retries", "errorMessage",
    "errorCode", "errorType", "jobKind", "jobKey", "assignee", "candidateGroupsList", "dueDate", "name", "scopeKey",
    "resourceName", "resource", "duplicate", "deploymentKey", "versionTag", "processesMetadata", "resources",
    "messageName", "messageKey", "correlationKey", "targetProcessDefinitionKey",
)  # fmt: skip
_USER_TASK_HEADER = "io.camunda.zeebe:"
#: Members that hold a key: -1 means that there is none.
_KEYS = (
    "key", "processDefinitionKey", "processInstanceKey", "flowScopeKey", "parentProcessInstanceKey",
    "parentElementInstanceKey", "rootProcessInstanceKey", "elementInstanceKey", "jobKey", "scopeKey", "deploymentKey",
    "messageKey", "targetProcessDefinitionKey",
)  # fmt: skip


class Records:
    """The events of one export. ``counts``: value type → number of events."""

    def __init__(self, files: Sequence[InputFile], sink: Sink) -> None:
        self._sink = sink
        groups: dict[RecordShape, list[InputFile]] = {}
        for file in files:
            shape = record_shape(file)
            if shape:
                groups.setdefault(shape, []).append(file)
        if not groups:
            raise InputError("the files hold no records", where=sink.record.path, fix="Export the indexes again.")
        parts = []
        read = malformed = 0
        for number, (shape, group) in enumerate(sorted(groups.items(), key=lambda pair: str(pair[0])), 1):
            found = read_records(group, _columns(shape), sink, within=shape.within)
            parts.append(found.rows)
            read += found.read
            malformed += found.malformed
            sink.progress(0.5 * number / len(groups))
        self._all = self._view(_typed(_union(parts)))
        self.gapless = False
        self.events = self._view(self._account(read, malformed))
        counted = self.events.group_by("valueType").agg(n=self.events.count()).to_pyarrow().to_pylist()
        self.counts: dict[str, int] = {row["valueType"]: int(row["n"]) for row in counted}
        self.named = frozenset(kind for file in files if (kind := index_kind(file)))

    def of(self, value_type: str, *intents: str) -> ibis.Table:
        """Return the events of a value type, of all or some intents."""
        rows = self.events.filter(self.events.valueType == value_type)
        return rows.filter(rows.intent.isin(intents)) if intents else rows

    def has(self, value_type: str) -> bool:
        """Whether events of that value type are in the export."""
        return value_type in self.counts

    def proven(self, value_type: str) -> bool:
        """Whether the export would hold events of that value type if there were any.

        An exporter chooses by value type, so one event proves it; a file named for that index, be it empty; or a log
        without gaps, commands included, from which nothing was left out.
        """
        return self.has(value_type) or value_type in self.named or self.gapless

    def keep(self, rows: ibis.Table, name: str) -> ibis.Table:
        """Run an expression that is used more than once, and return its result as a table of the store."""
        return self._sink.keep(rows, name)

    def _view(self, rows: ibis.Table) -> ibis.Table:
        """Give an expression a name in the back end: what is built on it stays small, and columns are read as needed."""
        return self._sink.con.create_view(f"c8_view_{next(_SERIAL)}", rows)

    def _account(self, read: int, malformed: int) -> ibis.Table:
        import ibis

        rows = self._all
        is_event = (rows.recordType == "EVENT") | rows.recordType.isnull()
        reason = ibis.cases(
            (rows.valueType.isnull() | rows.intent.isnull(), "no exporter record"),
            (~is_event, "command"),
            (rows.partitionId.isnull() | rows.position.isnull() | rows.key.isnull(), "no partition, position or key"),
            (rows["at"].isnull(), "no time that can be read"),
            (~rows["at"].between(EARLIEST_US, LATEST_US), "time outside 1950–2150"),
            else_="",
        )
        judged = rows.mutate(reason=reason)
        good = judged.filter(judged.reason == "").drop("reason")
        once, twice = self._once(good)
        self._sink.reject("line is no JSON object", malformed)
        counts = reject_rows(judged, self._sink, "key", "key {}", aside=("command",))
        commands = counts.get("command", 0)
        self._sink.read(read - commands)
        self._sink.kept(counts.get("", 0) - twice)
        if twice:
            self._sink.reject("record exported twice", twice)
        if commands:
            self._sink.note("note", f"{commands:,} commands and rejections are no events; they are left out")
            self.gapless = self._is_gapless()
        return once

    def _once(self, rows: ibis.Table) -> tuple[ibis.Table, int]:
        """Drop what an exporter wrote again after a restart: a position of a partition counts once."""
        import ibis

        per = rows.group_by("partitionId").agg(n=rows.count(), places=rows.position.nunique())
        twice = sum(int(row["n"]) - int(row["places"]) for row in per.to_pyarrow().to_pylist())
        if not twice:
            return rows, 0
        others = [c for c in rows.columns if c not in ("partitionId", "position")]
        rank = ibis.row_number().over(group_by=["partitionId", "position"], order_by=[rows[c] for c in others])
        ranked = rows.mutate(rank_=rank)
        return self.keep(ranked.filter(ranked.rank_ == 0).drop("rank_"), "events"), twice

    def _is_gapless(self) -> bool:
        """Whether every position between the first and the last of each partition is there."""
        rows = self._all.filter(self._all.position.notnull())
        per = rows.group_by("partitionId").agg(
            first=rows.position.min(), last=rows.position.max(), n=rows.position.nunique()
        )
        found = per.to_pyarrow().to_pylist()
        return bool(found) and all(row["last"] - row["first"] + 1 == row["n"] for row in found)


def _columns(shape: RecordShape) -> dict[str, MemberPath]:
    value = (*shape.above, shape.value)
    columns: dict[str, MemberPath] = {name: (*shape.above, name) for name in _ENVELOPE}
    columns["user"] = (*shape.above, "authorizations", "authorized_username")
    columns |= {name: (*value, name) for name in _VALUE}
    columns |= {"job_type": (*value, "type"), "variable_value": (*value, "value")}
    headers = (*value, "customHeaders")
    columns |= {
        "header_assignee": (*headers, f"{_USER_TASK_HEADER}assignee"),
        "header_groups": (*headers, f"{_USER_TASK_HEADER}candidateGroups"),
        "header_due": (*headers, f"{_USER_TASK_HEADER}dueDate"),
    }
    return columns


def _typed(rows: ibis.Table) -> ibis.Table:
    """Return the rows with position as a number, the time in microseconds, and NULL for what is written as nothing."""
    said = {
        name: rows[name].nullif("") if name not in _KEYS else rows[name].nullif("").nullif("-1")
        for name in rows.columns
        if name not in ("position", "timestamp", "tenantId", "variable_value")
    }
    said["key"] = rows.key
    return rows.select(
        **said,
        position=rows.position.try_cast("int64"),
        at=rows.timestamp.try_cast("int64") * 1000,
        tenantId=rows.tenantId.nullif("").nullif("<default>"),
        variable_value=rows.variable_value,
        raw_ref=rows.valueType + ":" + rows.partitionId + "-" + rows.position,
    )


def _union(parts: Sequence[ibis.Table]) -> ibis.Table:
    import ibis

    return parts[0] if len(parts) == 1 else ibis.union(*parts)
