"""Optimize's raw data export: one object an instance, with its flow nodes and last variables.

It says neither what type a flow node has nor how an instance ended, and of incidents only how many there were. A flow node
goes by its name; its element is the one that the instance's durations list under that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.definitions import lookup_tables, with_files
from poanalyzer.ingest.camunda8.forms import is_model, is_raw_data
from poanalyzer.ingest.camunda8.work import moment
from poanalyzer.ingest.engine.accounting import reject_rows
from poanalyzer.ingest.engine.definitions import Definition, put_definitions, read_model_files
from poanalyzer.ingest.engine.shown import put_window
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.head import head_record
from poanalyzer.ingest.json.records import read_records

if TYPE_CHECKING:
    import ibis

#: Makes names of tables unique, however many exports are read into one store.
_MEMBERS = ("processInstanceId", "processDefinitionKey", "processDefinitionId", "startDate", "endDate", "businessKey",
            "tenantId", "flowNodeInstances", "flowNodeDurations", "variables")  # fmt: skip
_RECORDS = "Give the exporter's records (zeebe-record_… indexes) instead."
_UNKNOWN = {
    "attempts": "no tries of jobs", "incidents": "of incidents only their number", "operations": "no interventions",
    "deployments": "versions without their deployment", "decisions": "no decisions", "correlations": "no links",
    "resources": "no assignees and no workers", "user-tasks": "of human tasks only their number",
}  # fmt: skip


def read_raw_data(files: Sequence[InputFile], sink: Sink) -> None:
    """Read raw data. Raises :class:`InputError` where it holds no instance."""
    import ibis

    pages = [file for file in files if is_raw_data(file)]
    rows = _instances(pages, sink)
    _told(pages, int(sink.con.execute(rows.count())), sink)
    version = rows.processDefinitionId.re_extract(r"^[^:]*:(\d+):", 1).nullif("")
    rows = rows.mutate(version=version)
    found = _definitions(rows, files, sink)
    _, elements = lookup_tables(found, sink)
    sink.put(
        "cases",
        rows.select(
            "start", "end", "tenant",
            case_id=rows.processInstanceId,
            engine=ibis.literal(sink.record.engine),
            process_key=rows.processDefinitionKey,
            process_version=rows.version,
            root_case_id=rows.processInstanceId,
            business_key=rows.businessKey,
            state=ibis.ifelse(rows.end.isnull(), "running", "unknown"),
            raw_ref=rows.processInstanceId,
        ),
    )  # fmt: skip
    nodes = _nodes(rows, sink)
    _put_activities(nodes, elements, sink)
    _put_variables(rows, sink)
    put_definitions(found, sink, "PROCESS")
    _capabilities(rows, nodes, found, sink)


def _instances(pages: Sequence[InputFile], sink: Sink) -> ibis.Table:
    """Return instances, each once, those that can be used; account for all."""
    import ibis

    within = {(head.within if (head := head_record(file)) else None) for file in pages}
    parts = []
    read = malformed = 0
    for member in sorted(within, key=str):
        group = [file for file in pages if (head := head_record(file)) and head.within == member]
        found = read_records(group, {name: (name,) for name in _MEMBERS}, sink, within=member)
        parts.append(found.rows)
        read += found.read
        malformed += found.malformed
    rows = parts[0] if len(parts) == 1 else ibis.union(*parts)
    rows = rows.mutate(
        start=moment(rows.startDate), end=moment(rows.endDate), tenant=rows.tenantId.nullif("").nullif("<default>"),
        businessKey=rows.businessKey.nullif(""),
    )  # fmt: skip
    nth = ibis.row_number().over(
        group_by="processInstanceId", order_by=[rows.end.isnull(), *(rows[c] for c in rows.columns)]
    )
    reason = ibis.cases(
        (rows.processInstanceId.isnull() | rows.processDefinitionKey.isnull(), "no process instance"),
        (rows.start.isnull() | ~rows.start.between(EARLIEST_US, LATEST_US), "no time that can be read"),
        (nth > 0, "instance fetched twice"),
        else_="",
    )
    judged = sink.keep(rows.mutate(reason=reason), "raw")
    sink.read(read)
    sink.reject("no JSON object", malformed)
    sink.kept(reject_rows(judged, sink, "processInstanceId").get("", 0))
    good = judged.filter(judged.reason == "").drop("reason")
    if not sink.con.execute(good.count()):
        raise InputError(
            "the raw data holds no instance", where=sink.record.path, fix="Export a report that has instances."
        )
    return good


def _told(pages: Sequence[InputFile], given: int, sink: Sink) -> None:
    rows = read_records(pages, {"total": ("totalNumberOfRecords",)}, sink).rows
    total = rows.aggregate(n=rows.total.try_cast("int64").max()).to_pyarrow().to_pylist()[0]["n"]
    if total is not None and given < total:
        fix = "Fetch the following pages (searchRequestId) as well."
        sink.note("warning", f"{given:,} of {total:,} instances are in the input", fix)


def _nodes(rows: ibis.Table, sink: Sink) -> ibis.Table:
    """Return one row a flow node instance: case, id, name, element, times; kept in the store."""
    import ibis

    listed = rows.filter(rows.flowNodeInstances.notnull())
    listed = listed.select(
        "processInstanceId", "processDefinitionId", node=listed.flowNodeInstances.cast("json").array.unnest()
    )
    node = listed.node
    nodes = listed.select(
        "processInstanceId", "processDefinitionId", id=node["id"].str, name=node["name"].str,
        start=moment(node["startDate"].str), end=moment(node["endDate"].str),
    )  # fmt: skip
    known = rows.filter(rows.flowNodeDurations.notnull())
    known = known.select(of="processInstanceId", durations=known.flowNodeDurations.cast("json").map)
    known = known.mutate(element=known.durations.keys().unnest())
    known = known.select(
        "of", "element", label=ibis.coalesce(known.durations[known.element]["name"].str, known.element)
    )
    # a name that two elements share tells neither
    known = known.group_by("of", "label").agg(element=known.element.min(), n=known.element.nunique())
    known = known.filter(known.n == 1).drop("n")
    nodes = nodes.left_join(known, [("processInstanceId", "of"), ("name", "label")])
    # instances that Optimize took over from Camunda 7 have the element in their id
    said = nodes.id.re_extract(r"^(.+):[0-9a-f]{8}-[0-9a-f-]{27}$", 1).nullif("")
    nodes = nodes.mutate(element_id=ibis.coalesce(said, nodes.element))
    return sink.keep(nodes.filter(nodes.start.notnull() & (nodes.name.notnull() | nodes.id.notnull())), "nodes")


def _put_activities(nodes: ibis.Table, elements: ibis.Table, sink: Sink) -> None:
    import ibis

    rows = nodes.left_join(elements, [("processDefinitionId", "definition_id"), ("element_id", "m_element_id")])
    sink.put(
        "activities",
        rows.select(
            "element_id", "start", "end",
            activity_instance_id=rows.id,
            case_id=rows.processInstanceId,
            activity=ibis.coalesce(rows.m_name, rows.name, rows.id),
            element_type=ibis.coalesce(rows.m_element_type, "unknown"),
            start_kind=ibis.literal("observed"),
            state=ibis.ifelse(rows.end.isnull(), "running", "completed"),
            endpoint=rows.m_implementation.re_replace("^[a-z]+:", ""),
            is_compensation=rows.m_is_compensation,
            raw_ref=rows.id,
        ),
    )  # fmt: skip


def _put_variables(rows: ibis.Table, sink: Sink) -> None:
    listed = rows.filter(rows.variables.notnull())
    listed = listed.select("processInstanceId", values=listed.variables.cast("json").map)
    listed = listed.mutate(name=listed["values"].keys().unnest())
    sink.put(
        "variables",
        listed.select(
            "name",
            case_id=listed.processInstanceId,
            value=listed["values"][listed.name].str.nullif(""),
            raw_ref=listed.processInstanceId,
        ),
    )


def _definitions(rows: ibis.Table, files: Sequence[InputFile], sink: Sink) -> list[Definition]:
    named = rows.filter(rows.processDefinitionId.notnull())
    named = named.select("processDefinitionId", "processDefinitionKey", "version", "tenant").distinct()
    found = [
        Definition(
            id=row["processDefinitionId"], process_key=row["processDefinitionKey"],
            version=row["version"] or "unknown", tenant=row["tenant"], ran=True,
        )
        for row in named.to_pyarrow().to_pylist()
    ]  # fmt: skip
    return with_files(found, read_model_files(filter(is_model, files), sink))


def _capabilities(rows: ibis.Table, nodes: ibis.Table, found: Sequence[Definition], sink: Sink) -> None:
    put_window((rows, nodes), sink)
    sink.capability("instances", "partial", "start and end; how instances ended is not in raw data", _RECORDS)
    for name in ("activities", "start-times", "end-times"):
        sink.capability(name, "yes", "flowNodeInstances")
    with_model = sum(1 for d in found if d.model)
    more = "Put the BPMN files of all versions beside (order_v2.bpmn)."
    if with_model == len(found):
        sink.capability("models", "yes", f"the models of all {len(found)} definitions")
        sink.capability("element-types", "partial", "from the models, by the names of flow nodes", _RECORDS)
    else:
        why = f"models of {with_model} of {len(found)} definitions" if with_model else "no BPMN file"
        sink.capability("models", "partial" if with_model else "no", why, more)
        sink.capability("element-types", "partial" if with_model else "no", "raw data does not say them", more)
    for name, why in _UNKNOWN.items():
        sink.capability(name, "no", f"raw data has {why}", _RECORDS)
    sink.capability("variables", "yes", "last values, as Optimize flattens them")
    row = rows.aggregate(n=rows.count(), keyed=rows.businessKey.count()).to_pyarrow().to_pylist()[0]
    if row["keyed"]:
        why = f"business keys of {row['keyed']:,} of {row['n']:,} instances"
        sink.capability("business-keys", "yes" if row["keyed"] == row["n"] else "partial", why)
    else:
        sink.capability("business-keys", "no", "no instance has a business key", "Start instances with a business key.")
