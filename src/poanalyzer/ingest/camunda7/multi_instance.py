"""Which instance of a multi-instance activity a row belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.act.export import Export

if TYPE_CHECKING:
    import ibis

#: Deeper than models are nested.
_LEVELS = 12


def with_index(rows: ibis.Table, acts: ibis.Table, export: Export) -> ibis.Table:
    """Add ``mi_index``: 0 for the first instance below a multi-instance body, and so on; NULL elsewhere.

    What runs inside an instance that is a sub-process has the index of that instance: the same task in two instances is
    no repetition, twice in one it is. Bodies inside bodies number their instances through, over all outer instances.
    """
    import ibis

    bodies = acts.filter(acts.ACT_TYPE_ == "multiInstanceBody")
    if not export.size(bodies):
        return rows.mutate(mi_index=ibis.null("int64"))
    # most rows stand right in their process instance, and have no index; the others, and the scopes that they stand in
    below = acts.PARENT_ACT_INST_ID_ != acts.PROC_INST_ID_
    inner = acts.filter(below).semi_join(bodies.select("PROC_INST_ID_"), "PROC_INST_ID_")
    inner = export.keep(_places(inner), "mi_inner")
    outer = _places(acts.filter(~below)).semi_join(inner.select(holder="up"), [("ID_", "holder")])
    some = inner.union(export.keep(outer, "mi_outer"))
    # from the outermost scopes inwards, a level at a time: only rows that others stand in are followed
    scopes = some.semi_join(some.select(inner="up"), [("ID_", "inner")])
    level = scopes.anti_join(some.select(outer="ID_"), [("up", "outer")])
    level = level.mutate(top=ibis.null("string"), mi_index=ibis.null("int64"))
    found: list[ibis.Table] = []
    for _ in range(_LEVELS):
        around = level.select(a_id="ID_", a_body="body", a_top="top", a_index="mi_index")
        inside = some.inner_join(around, [("up", "a_id")])
        inside = inside.mutate(top=ibis.coalesce(inside.a_top, inside.a_body.ifelse(inside.a_id, ibis.null("string"))))
        nth = ibis.row_number().over(
            group_by=[inside.top, inside.ACT_ID_, inside.a_body],
            order_by=[inside.a_index, inside.START_TIME_, inside.seq, inside.ID_],
        )
        inside = inside.mutate(mi_index=inside.a_body.ifelse(nth, inside.a_index))
        inside = export.keep(inside.drop("a_id", "a_body", "a_top", "a_index"), "mi_level")
        if not export.size(inside):
            break
        found.append(inside.filter(inside.mi_index.notnull()).select(mi_id="ID_", mi_index="mi_index"))
        level = inside.semi_join(scopes.select("ID_"), "ID_")
    if not found:
        return rows.mutate(mi_index=ibis.null("int64"))
    known = ibis.union(*found) if len(found) > 1 else found[0]
    return rows.left_join(known, [("ID_", "mi_id")])


def _places(acts: ibis.Table) -> ibis.Table:
    is_body = acts.ACT_TYPE_ == "multiInstanceBody"
    return acts.select("ID_", "START_TIME_", "seq", "ACT_ID_", up="PARENT_ACT_INST_ID_", body=is_body)
