"""Calls from case to case: the links, and the root of every case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink

if TYPE_CHECKING:
    import ibis

#: Levels of calls are doubled at each step: sixteen are followed.
_STEPS = 4


def with_roots(rows: ibis.Table, parent: str, keep: Callable[[ibis.Table, str], ibis.Table]) -> ibis.Table:
    """Add ``root_case_id`` by following the column ``parent`` upwards, as far as the callers are in the export.

    ``keep`` runs an expression that is used more than once, and returns its result under a fresh name.
    """
    import ibis

    links = rows.select(child="case_id", up=ibis.coalesce(rows[parent], rows.case_id))
    for step in range(_STEPS):
        links = keep(links, f"links{step}")
        above = keep(links.select(middle="child", further="up"), f"above{step}")
        joined = links.left_join(above, [("up", "middle")])
        links = joined.select("child", up=ibis.coalesce(joined.further, joined.up))
    links = keep(links, "roots")
    return rows.left_join(links, [("case_id", "child")]).rename(root_case_id="up").drop("child")


def put_calls(rows: ibis.Table, sink: Sink, *, parent: str, key: str, raw_ref: ibis.Value | str) -> None:
    """Fill ``links`` with the calls of the cases that have a caller in the column ``parent``."""
    import ibis

    links = rows.select(from_case_id=parent, to_case_id="case_id", kind=ibis.literal("call"), key=key, raw_ref=raw_ref)
    sink.put("links", links.filter(links.from_case_id.notnull()))
