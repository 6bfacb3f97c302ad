"""Versions of flows: their definitions, when they were put in place, and which runs they belong to.

A run names the version that ran it only in the run history; Dataverse keeps the present definition with the time of its last
change, and solutions keep a history of imports. So a version is, for a run: the version id it names; else the import, or the
change, in force when it began, by solution version or by time; and before the first of them ``before …``, since that
definition is in no export. A definition belongs to the version ids of runs that began after its last change.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from poanalyzer.ingest.bpmn.reader import ProcessModel
from poanalyzer.ingest.engine.definitions import put_versions
from poanalyzer.ingest.power_automate.definition import Definition, read_definition
from poanalyzer.ingest.power_automate.flowids import FlowIds
from poanalyzer.ingest.power_automate.records import Records
from poanalyzer.ingest.times.timestamps import iso_utc

if TYPE_CHECKING:
    import ibis

_GUID = r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
#: An import changes its flows while it runs; clocks differ by less than this.
_NEAR_US = 300_000_000
_ALWAYS = -(1 << 62)


@dataclass(frozen=True, kw_only=True)
class Release:
    """A change of one flow: when it took effect (``_ALWAYS``: unknown, the only one), what it is called, its definition."""

    process_key: str
    at: int
    label: str
    definition: Definition | None = None
    by: str | None = None
    source: str | None = None
    release_id: str | None = None
    failed: bool = False
    raw_ref: str = ""


@dataclass(frozen=True)
class Releases:
    """Releases by flow, in order; the version ids that runs name, with the release each belongs to (None: unknown)."""

    by_key: dict[str, tuple[Release, ...]]
    ids: dict[tuple[str, str], Release | None]
    #: When the first and the last run of each version id began.
    spans: dict[tuple[str, str], tuple[int, int]]
    names: dict[str, str]
    #: Whether changes were recorded as a history, and not only the last one of each flow.
    history: bool
    #: Imports of solutions of which no flow is in the export.
    unmatched: int

    def models(self) -> dict[tuple[str, str], Definition]:
        """Return the definition of each (flow, version) that has one."""
        found = {(r.process_key, r.label): r.definition for rs in self.by_key.values() for r in rs if r.definition}
        found |= {pair: r.definition for pair, r in self.ids.items() if r and r.definition}
        return found


def read_releases(records: Records, ids: FlowIds, runs: ibis.Table) -> Releases:
    """Return the releases of the flows in the export."""
    snapshots, solutions = _snapshots(records, ids)
    imports = _imports(records)
    by_key: dict[str, list[Release]] = defaultdict(list)
    for one in snapshots:
        by_key[one.process_key].append(one)
    matched: set[str] = set()
    for key, solution in solutions.items():
        for one in imports.get(solution, ()):
            matched.add(solution)
            by_key[key].append(replace(one, process_key=key))
    ordered = {
        key: tuple(_merged(sorted(found, key=lambda r: (r.at, r.label)))) for key, found in sorted(by_key.items())
    }
    rows = runs.filter(runs.version.notnull()).group_by(["process_key", "version"]).agg(
        first=runs.start.min(), last=runs.start.max()
    )  # fmt: skip
    listed = rows.to_pyarrow().to_pylist()
    named = {
        (row["process_key"], row["version"]): _in_force(ordered.get(row["process_key"], ()), row["last"])
        for row in listed
    }
    spans = {
        (row["process_key"], row["version"]): (row["first"], row["last"]) for row in listed if row["first"] is not None
    }
    names = {row["named_key"]: row["process_name"] for row in ids.names.to_pyarrow().to_pylist()}
    unmatched = sum(len(found) for solution, found in imports.items() if solution not in matched)
    return Releases(ordered, named, spans, names, bool(matched), unmatched)


def _snapshots(records: Records, ids: FlowIds) -> tuple[list[Release], dict[str, str]]:
    """Return the definitions in the export, and in which solution each flow is."""
    found: list[Release] = []
    solutions: dict[str, str] = {}
    flows = records.of("workflow")
    # a row of type 2 is the running copy that the service makes of a definition
    flows = flows.filter(flows.type.isnull() | ~flows.type.isin(["2", "3", "Activation", "Template"]))
    for row in flows.order_by(["row", "modified"]).to_pyarrow().to_pylist():
        if row["solution"]:
            solutions[row["row"]] = row["solution"]
        one = _snapshot(row["row"], row["definition"], row["modified"], row["by"], row["raw_ref"], "dataverse")
        found += [one] if one else []
    answers = ids.key(records.of("flow").mutate(flow_name_=_flow_name(records.of("flow"))), "flow_name_")
    for row in answers.order_by(["process_key", "modified"]).to_pyarrow().to_pylist():
        if row["process_key"]:
            ref = f"flow:{row['row'] or row['file']}"
            one = _snapshot(row["process_key"], row["definition"], row["modified"], None, ref, "answer")
            found += [one] if one else []
    unique = {(r.process_key, r.at, r.definition.checksum if r.definition else ""): r for r in reversed(found)}
    return list(unique.values()), solutions


def _flow_name(rows: ibis.Table) -> ibis.Value:
    """Return a flow's id: its row's in Dataverse, its name, or the GUID in a solution file's name."""
    import ibis

    from_file = rows.file.re_extract(f"({_GUID})[^/]*$", 1).nullif("")
    return ibis.coalesce(
        rows.workflow, rows.name, rows.row.re_extract(r"/(?:flows|workflows)/([^/]+)$", 1).nullif(""), from_file
    ).lower()


def _snapshot(key: str, text: str | None, at: int | None, by: str | None, ref: str, source: str) -> Release | None:
    definition = read_definition(text) if text else None
    if definition is None:
        return None
    label = iso_utc(at)[:19] + "Z" if at is not None else "current"
    return Release(
        process_key=key, at=_ALWAYS if at is None else at, label=label, definition=definition, by=by, source=source,
        raw_ref=ref,
    )  # fmt: skip


def _imports(records: Records) -> dict[str, list[Release]]:
    """Return imports of solutions by solution, in order of time. What failed changed nothing, and is kept as failed."""
    rows = records.of("solutionhistory")
    found: dict[str, list[Release]] = defaultdict(list)
    for row in rows.to_pyarrow().to_pylist():
        at = row["end"] or row["start"]
        kind = str(row["operation"]).lower()
        if (
            not row["solution"]
            or at is None
            or kind not in ("0", "import")
            or str(row["suboperation"]).lower() in ("4", "delete")
        ):
            continue
        if str(row["status"]).lower() in ("0", "started"):
            continue
        failed = str(row["result"]).lower() in ("0", "false", "failure")
        version = row["version"] or iso_utc(at)[:19] + "Z"
        found[row["solution"]].append(
            Release(
                process_key="", at=at, label=version, failed=failed, source="solution import",
                release_id=f"{row['name'] or row['solution']} {version}", raw_ref=row["raw_ref"],
            )
        )  # fmt: skip
    return found


def _merged(found: Sequence[Release]) -> list[Release]:
    """Join a definition's last change with the import that made it; in order of time.

    The last definition holds from its last change on: an import after that did not change it.
    """
    imports = [r for r in found if r.release_id]
    good = [r.at for r in imports if not r.failed]
    out = []
    joined: set[int] = set()
    for one in imports:
        same = [s for s in found if not s.release_id and abs(s.at - one.at) <= _NEAR_US and not one.failed]
        joined |= {id(s) for s in same}
        out.append(replace(one, definition=same[-1].definition, by=one.by or same[-1].by) if same else one)
    # changed by hand after the last import, or in no solution
    out += [
        replace(one, label=f"changed {one.label}") if good and one.at > max(good) else one
        for one in found
        if not one.release_id and id(one) not in joined
    ]
    out.sort(key=lambda r: (r.at, r.label))
    last = max((r.at for r in out if r.definition), default=None)
    held = next((r.definition for r in reversed(out) if r.definition), None)
    return [replace(r, definition=held) if last is not None and r.at > last and not r.failed else r for r in out]


def _in_force(releases: Sequence[Release], at: int | None) -> Release | None:
    good = sorted((r for r in releases if not r.failed), key=lambda r: r.at)
    if at is None:
        return None
    place = bisect_right([r.at for r in good], at)
    return good[place - 1] if place else None


def with_versions(records: Records, runs: ibis.Table, releases: Releases) -> ibis.Table:
    """Add ``process_version``; kept in the store."""
    import ibis
    import pyarrow as pa

    rows = []
    for key, all_of_it in releases.by_key.items():
        good = sorted((r for r in all_of_it if not r.failed), key=lambda r: r.at)
        for one, after in zip(good, [*good[1:], None], strict=True):
            rows.append({"v_key": key, "since": one.at, "until": after.at if after else -_ALWAYS, "label": one.label})
        if good and good[0].at != _ALWAYS:
            rows.append({"v_key": key, "since": _ALWAYS, "until": good[0].at, "label": f"before {good[0].label}"})
    schema = pa.schema([("v_key", pa.string()), ("since", pa.int64()), ("until", pa.int64()), ("label", pa.string())])
    spans = records.sink.stage(pa.Table.from_pylist(rows, schema), "pa_spans")
    began = ibis.coalesce(runs.start, runs.end, _ALWAYS)
    out = runs.left_join(spans, [runs.process_key == spans.v_key, began >= spans.since, began < spans.until])
    out = out.mutate(process_version=ibis.coalesce(out.version, out.label)).drop("v_key", "since", "until", "label")
    return records.keep(out, "versions")


def put_releases(records: Records, releases: Releases) -> None:
    """Fill ``definitions``, ``deployments`` and ``elements``."""
    definitions: list[dict[str, Any]] = []
    deployments: list[dict[str, Any]] = []
    for key, found in releases.by_key.items():
        previous: str | None = None
        for one in sorted(found, key=lambda r: r.at):
            version = _version(one, releases)
            checksum = one.definition.checksum if one.definition else None
            at = None if one.at == _ALWAYS else one.at
            common = {
                "process_key": key, "version": version, "checksum": checksum, "deployed_at": at, "raw_ref": one.raw_ref,
            }  # fmt: skip
            if not one.failed and version not in {d["version"] for d in definitions if d["process_key"] == key}:
                tag = one.label if version != one.label else None
                definitions.append({**common, "name": releases.names.get(key), "version_tag": tag,
                                    "model_ref": one.raw_ref if checksum else None})  # fmt: skip
            if at is not None:
                deployments.append({
                    **common, "deployed_by": one.by, "deployment_source": one.source, "release_id": one.release_id,
                    "result": "failed" if one.failed else "success",
                    "is_duplicate": checksum == previous if checksum and previous else None,
                })  # fmt: skip
            previous = checksum if not one.failed else previous
    known = {(d["process_key"], d["version"]) for d in definitions}
    for (key, version), release in sorted(releases.ids.items()):
        if (key, version) not in known:
            definition = release.definition if release else None
            definitions.append({
                "process_key": key, "version": version, "name": releases.names.get(key), "raw_ref": f"run:version {version}",
                "checksum": definition.checksum if definition else None,
                "model_ref": release.raw_ref if release and definition else None,
            })  # fmt: skip
    models = {(key, version): _model(key, releases, d) for (key, version), d in releases.models().items()}
    put_versions(definitions, deployments, models, records.sink)


def _version(one: Release, releases: Releases) -> str:
    """Return what runs call a release: the version id of the first run that began under it, where they name one."""
    if one.failed:
        return one.label
    later = [r.at for r in releases.by_key[one.process_key] if not r.failed and r.at > one.at]
    until = min(later, default=-_ALWAYS)
    under = [
        (max(first, one.at), version)
        for (key, version), (first, last) in releases.spans.items()
        if key == one.process_key and first < until and last >= one.at
    ]
    return min(under)[1] if under else one.label


def _model(key: str, releases: Releases, definition: Definition) -> ProcessModel:
    return ProcessModel(
        key=key, name=releases.names.get(key), version_tag=None, executable=True, history_ttl=None,
        checksum=definition.checksum, source=f"flow {key}", elements=definition.elements,
    )  # fmt: skip


def lookups(records: Records, releases: Releases) -> tuple[ibis.Table, ibis.Table, ibis.Table]:
    """Return (actions, handlers, scopes) of all definitions as staged tables to join with.

    Actions are by ``m_key`` and ``m_version``; those of the flow's latest definition have the version NULL too, for runs whose
    own definition is in no export: names of actions keep their kind.
    """
    import pyarrow as pa

    actions: list[dict[str, Any]] = []
    handlers: list[dict[str, Any]] = []
    scopes: list[dict[str, Any]] = []
    models: dict[tuple[str, str | None], Definition] = {}
    models.update(((key, version), one) for (key, version), one in releases.models().items())
    latest = {r.process_key: r.definition for rs in releases.by_key.values() for r in rs if r.definition}
    models |= {(key, None): definition for key, definition in latest.items()}
    for (key, version), definition in models.items():
        place = {"m_key": key, "m_version": version}
        for action in definition.actions:
            element = action.element
            actions.append({
                **place, "m_element": action.name, "m_type": element.element_type, "m_parent": action.parent,
                "m_endpoint": action.endpoint, "m_called": element.called_key,
                "m_loop": definition.loop_of(action.name), "m_repeats": element.multi_instance,
            })  # fmt: skip
        if version is not None:
            handlers += [{**place, "h_element": e, "h_status": s, "h_handler": h, "h_distance": n}
                         for e, s, h, n in definition.handlers()]  # fmt: skip
            scopes += [{**place, "s_scope": scope, "s_inner": inner} for scope, inner in definition.scopes()]
    of_action = _schema("m_key m_version m_element m_type m_parent m_endpoint m_called m_loop m_repeats")
    of_handler = _schema("m_key m_version h_element h_status h_handler").append(pa.field("h_distance", pa.int64()))
    stage = records.sink.stage
    return (
        stage(pa.Table.from_pylist(actions, of_action), "pa_actions"),
        stage(pa.Table.from_pylist(handlers, of_handler), "pa_handlers"),
        stage(pa.Table.from_pylist(scopes, _schema("m_key m_version s_scope s_inner")), "pa_scopes"),
    )


def _schema(names: str) -> Any:
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in names.split()])
