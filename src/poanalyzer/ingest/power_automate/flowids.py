"""Which flow is meant: one flow has a name in the management interface, and a row in Dataverse with an id of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poanalyzer.ingest.power_automate.records import Records

if TYPE_CHECKING:
    import ibis

#: The flow, or the Logic Apps workflow, in the path of a run or action.
FLOW_OF_PATH = r"/(?:flows|workflows)/([^/]+)/"
RUN_OF_PATH = r"/runs/([^/]+)"
ENVIRONMENT_OF_PATH = r"/environments/([^/]+)/"
_GUID = r"^[0-9a-fA-F-]{36}$"


@dataclass(frozen=True)
class FlowIds:
    """``alias`` (an id as some record has it) → ``process_key``; and ``process_key`` → ``process_name``."""

    aliases: ibis.Table
    names: ibis.Table

    def key(self, rows: ibis.Table, column: str) -> ibis.Table:
        """Add ``process_key`` for the ids in a column; ids that only stand there are keys themselves."""
        import ibis

        out = rows.left_join(self.aliases, [(column, "alias")])
        return out.mutate(process_key=ibis.coalesce(out.known_key, out[column])).drop("alias", "known_key")


def flow_of_path(path: ibis.Value) -> ibis.Value:
    """Return the flow in a path, in lower case where it is a GUID."""
    import ibis

    found = path.re_extract(FLOW_OF_PATH, 1).nullif("")
    return ibis.ifelse(found.re_search(_GUID), found.lower(), found)


def flow_ids(records: Records) -> FlowIds:
    """Return which ids mean the same flow, and what flows are called.

    A flow in a solution has two: the name that the management interface and its run history use (``resourceid`` in Dataverse),
    and the id of its row in the table ``workflow``. The row's id is the key where both are known.
    """
    import ibis

    pairs = []
    for kind, alias, key in (("flowrun", "resource", "flow_key"), ("workflow", "resource", "row"),
                             ("flow", "flow_name_", "workflow"), ("inventory-flow", "row", "workflow")):  # fmt: skip
        rows = records.of(kind)  # type: ignore[arg-type]
        if kind == "flowrun":
            rows = rows.mutate(flow_key=ibis.coalesce(rows.flow, rows.flow_id))
        if kind == "flow":
            rows = rows.mutate(flow_name_=rows.name.lower())
        rows = rows.filter(rows[alias].notnull() & rows[key].notnull() & (rows[alias] != rows[key]))
        pairs.append(rows.select(alias=rows[alias], known_key=rows[key]))
    # a run that both sources have tells that their ids mean one flow
    told = records.of("flowrun").select(told_run="run", known_key=ibis.coalesce(ibis._.flow, ibis._.flow_id))
    seen = records.of("run")
    seen = seen.select("run", alias=flow_of_path(seen.row)).join(told, [("run", "told_run")])
    seen = seen.filter(seen["alias"].notnull() & seen.known_key.notnull() & (seen["alias"] != seen.known_key))
    pairs.append(seen.select("alias", "known_key"))
    aliases = ibis.union(*pairs)
    aliases = records.keep(aliases.group_by("alias").agg(known_key=aliases.known_key.min()), "aliases")
    named = []
    for rank, (kind, key, title) in enumerate((("workflow", "row", "name"), ("flow", "flow_name_", "title"),
                                               ("flowrun", "flow_key", "flow_name"), ("flowsession", "flow", "flow_name"),
                                               ("inventory-flow", "row", "name"))):  # fmt: skip
        rows = records.of(kind)  # type: ignore[arg-type]
        if kind == "flowrun":
            rows = rows.mutate(flow_key=ibis.coalesce(rows.flow, rows.flow_id, rows.resource))
        if kind == "flow":
            rows = rows.mutate(flow_name_=rows.name.lower())
        rows = rows.filter(rows[key].notnull() & rows[title].notnull())
        latest = rows.modified if "modified" in rows.columns else ibis.literal(0, "int64")
        named.append(rows.select(id=rows[key], title=rows[title], at=latest, rank_=ibis.literal(rank)))
    names = FlowIds(aliases, aliases).key(ibis.union(*named), "id")
    # the latest name of the surest source
    first = ibis.row_number().over(
        group_by=names.process_key, order_by=[names.rank_, names["at"].desc(nulls_first=False), names.title]
    )
    names = names.mutate(first=first).filter(ibis._.first == 0).select(named_key="process_key", process_name="title")
    return FlowIds(aliases, records.keep(names, "names"))
