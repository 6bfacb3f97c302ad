"""The root of every case, where the engine does not keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

    from poanalyzer.ingest.act.export import Export

#: Levels of calls are doubled at each step: sixteen are followed.
_STEPS = 4


def with_roots(rows: ibis.Table, export: Export) -> ibis.Table:
    """Add ``root_case_id`` by following ``parent_case_id`` upwards as far as the callers are in the export."""
    import ibis

    links = rows.select(child="case_id", up=ibis.coalesce(rows.parent_case_id, rows.case_id))
    for step in range(_STEPS):
        links = export.keep(links, f"links{step}")
        above = export.keep(links.select(middle="child", further="up"), f"above{step}")
        joined = links.left_join(above, [("up", "middle")])
        links = joined.select("child", up=ibis.coalesce(joined.further, joined.up))
    links = export.keep(links, "roots")
    return rows.left_join(links, [("case_id", "child")]).rename(root_case_id="up").drop("child")
