"""Names become integers: one dictionary a kind of name, in name order, and the rows that point into them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from poanalyzer.config import Accounts
from poanalyzer.eventlog.schema import (
    HUMAN_TYPES,
    NAMES,
    RESOURCE_NAMES,
    SERVICE_TYPES,
    STEP_NAMES,
    TABLES,
    WORK_TYPES,
    ibis_type,
)
from poanalyzer.eventlog.sink import Sink

if TYPE_CHECKING:
    import ibis

#: Who did a row of work, as the coded log keeps it.
ACTOR_UNKNOWN, ACTOR_HUMAN, ACTOR_MACHINE = 0, 1, 2

#: Resource names that mean a machine, when neither the export nor the analyst says: an inference, and marked as one.
MACHINE_NAME = r"(?i)^(system|bot|robot|rpa|batch|scheduler|cron|service|automat(ic|ed|ion)?|workflow|engine|svc[-_ ].*|.*[-_ ](bot|robot|rpa|svc|daemon))$"  # noqa: E501


def code_cases(con: ibis.BaseBackend, sinks: list[Sink]) -> None:
    """Create ``d_process`` and ``c_cases`` (one row a case, ``case_ix`` in order of process and case id)."""
    import ibis

    parts = []
    for number, sink in enumerate(sinks):
        for name, rows in sink.tables:
            if name == "cases":
                parts.append(rows.mutate(sink=ibis.literal(number, "int16"), outside=sink.record.role == "outside"))
    if not parts:
        parts = [_empty("cases").mutate(sink=ibis.literal(0, "int16"), outside=ibis.literal(False))]
    raw = con.create_table("t_cases", _union(parts), temp=True)
    con.create_table(
        "d_process",
        raw.select("process_key", "outside")
        .distinct()
        .mutate(process_ix=ibis.row_number().over(order_by=[ibis._.outside, ibis._.process_key])),
    )
    raw = raw.join(con.table("d_process"), ["process_key", "outside"])
    by_name = [raw.process_ix, raw.case_id]
    # a case may come in pieces from several inputs: it is one case where process and id agree
    rank = ibis.row_number() if len(parts) == 1 else ibis.dense_rank()
    pieces = con.create_table("t_pieces", raw.mutate(case_ix=rank.over(order_by=by_name)), temp=True)
    name = "t_untimed" if _silent(sinks) else "c_cases"
    con.create_table(name, _rooted(con, pieces if len(parts) == 1 else _merged(pieces)), temp=name.startswith("t_"))
    con.drop_table("t_cases")


def case_map(con: ibis.BaseBackend) -> ibis.Table:
    """Return which case number each input's case ids have."""
    return con.table("t_pieces").select("sink", "case_id", "case_ix", "process_ix")


def _merged(pieces: ibis.Table) -> ibis.Table:
    """Return one row a case from its pieces: the earliest start, the latest end, and the words of the first input that
    saw it end (an older export shows a case as running that a newer one shows as completed)."""
    import ibis

    first = ibis.row_number().over(group_by="case_ix", order_by=[ibis._.end.isnull(), ibis._.sink, ibis._.raw_ref])
    whole = pieces.group_by("case_ix").agg(first_start=pieces.start.min(), last_end=pieces.end.max())
    one = pieces.mutate(piece=first).filter(ibis._.piece == 0).drop("piece").join(whole, "case_ix")
    return one.mutate(start=one.first_start, end=one.last_end).drop("first_start", "last_end")


def _rooted(con: ibis.BaseBackend, cases: ibis.Table) -> ibis.Table:
    """Add ``root_ix``, and ``root_missing`` where the root case is not in the data (the case is its own root then)."""
    import ibis

    nested = con.execute(cases.filter(cases.root_case_id != cases.case_id).count())
    if not nested:
        return cases.mutate(root_ix=cases.case_ix, root_missing=ibis.literal(False))
    root = case_map(con).select("sink", root_case_id="case_id", found_root="case_ix")
    coded = cases.left_join(root, ["sink", "root_case_id"]).drop("sink_right", "root_case_id_right")
    return coded.mutate(
        root_ix=ibis.coalesce(coded.found_root, coded.case_ix), root_missing=coded.found_root.isnull()
    ).drop("found_root")  # fmt: skip


def code_activities(con: ibis.BaseBackend, sinks: list[Sink], accounts: Accounts) -> None:
    """Create the dictionaries of activities, steps and resources, and ``c_acts``."""
    import ibis

    put = [(n, s, rows) for n, s in enumerate(sinks) for name, rows in s.tables if name == "activities"]
    acts = [(n, s, s.once(rows) if s.names(rows) is None else rows) for n, s, rows in put]
    step_keys, resource_keys = list(STEP_NAMES), list(RESOURCE_NAMES)
    rows_of = [rows if (names := s.names(rows)) is None else names for _, s, rows in acts] or [_empty("activities")]
    # one scan finds the names of both kinds
    pairs = con.create_table("t_names", _union([r.select(*NAMES).distinct() for r in rows_of]), temp=True)
    steps = pairs.select(step_keys).distinct()
    resources = pairs.select(resource_keys).distinct()
    names = steps.select("activity").distinct()
    con.create_table("d_activity", names.mutate(activity_ix=ibis.row_number().over(order_by="activity")))
    steps = steps.join(con.table("d_activity"), "activity")
    steps = steps.mutate(step_ix=ibis.row_number().over(order_by=[steps[k] for k in step_keys]))
    con.create_table("d_step", _typed_steps(steps))
    con.create_table("d_resource", _typed_resources(resources, resource_keys, accounts))
    stored = _stored(acts)
    parts = [_coded(con, number, sink, rows, stored) for number, sink, rows in acts]
    con.create_table("c_acts", _union(parts) if parts else _coded(con, 0, None, _empty("activities"), stored))
    _refuse_unnamed(con)
    con.drop_table("t_names")
    if silent := _silent(sinks):
        _fill_spans(con, silent)


def _refuse_unnamed(con: ibis.BaseBackend) -> None:
    """Raise RuntimeError where rows bear names that their adapter did not put: a fault of the adapter."""
    acts = con.table("c_acts")
    unnamed = int(con.execute(acts.filter(acts.step_ix.isnull() | acts.resource_ix.isnull()).count()))
    if unnamed:
        raise RuntimeError(f"{unnamed} activities have names that are not among those put with them")


def _silent(sinks: list[Sink]) -> list[int]:
    """Return the numbers of the inputs whose adapter names no times of cases."""
    return [
        number
        for number, sink in enumerate(sinks)
        for name, rows in sink.tables
        if name == "cases" and {"start", "end"} <= sink.constants(rows).keys()
    ]


def _fill_spans(con: ibis.BaseBackend, silent: list[int]) -> None:
    """Create ``c_cases`` where inputs name no times of cases: their cases span their activities."""
    import ibis

    cases, acts = con.table("t_untimed"), con.table("c_acts")
    last = ibis.ifelse(acts.end.isnull(), acts["at"], acts.end)
    spans = acts.group_by("case_ix").agg(low=acts["at"].min(), high=last.max())
    both = cases.left_join(spans, "case_ix").drop("case_ix_right")
    mine = both.sink.isin(silent)
    filled = both.mutate(start=ibis.ifelse(mine, both.low, both.start), end=ibis.ifelse(mine, both.high, both.end))
    con.create_table("c_cases", filled.drop("low", "high"))
    con.drop_table("t_untimed")


def _typed_steps(steps: ibis.Table) -> ibis.Table:
    import ibis

    kind = steps.element_type
    return steps.mutate(
        is_task=kind.isin((*WORK_TYPES, "unknown")),
        is_call=kind == "callActivity",
        by_type=ibis.cases(
            (kind.isin(HUMAN_TYPES), ACTOR_HUMAN), (kind.isin(SERVICE_TYPES), ACTOR_MACHINE), else_=ACTOR_UNKNOWN
        ),
    )


def _typed_resources(resources: ibis.Table, keys: list[str], accounts: Accounts) -> ibis.Table:
    """Resource types: the analyst's word first, then the export's, then a guess by the name that is marked as one."""
    import ibis

    name = resources.resource
    declared = [(name.re_search(f"^(?:{_regex(p)})$"), kind) for p, kind in _patterns(accounts)]
    said = ibis.cases(*declared, else_=ibis.null("string")) if declared else ibis.null("string")
    given = resources.resource_type.nullif("unknown")
    guess = ibis.ifelse(name.re_search(MACHINE_NAME), "system", ibis.null("string"))
    kind = ibis.coalesce(said, given, guess, "unknown")
    return resources.mutate(
        resource_ix=ibis.row_number().over(order_by=[resources[k] for k in keys]),
        given_type=resources.resource_type,
        resource_type=kind,
        inferred=said.isnull() & given.isnull() & guess.notnull(),
        declared=said.notnull(),
        by_resource=ibis.cases(
            (kind == "human", ACTOR_HUMAN),
            (kind.isin(("bot", "system", "device", "external")), ACTOR_MACHINE),
            else_=ACTOR_UNKNOWN,
        ),
    )


def _patterns(accounts: Accounts) -> list[tuple[str, str]]:
    """Return (pattern, type), the one that counts first: full names before wildcards, machines before people."""
    said = accounts.model_dump()
    pairs = [(p, kind) for kind in ("system", "bot", "external", "human") for p in said[kind]]
    return sorted(pairs, key=lambda pair: "*" in pair[0] or "?" in pair[0])


def _regex(glob: str) -> str:
    """Return a shell pattern as the regular expression that every back end reads alike."""
    return "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob)


def _stored(acts: list[tuple[int, Sink, ibis.Table]]) -> list[str]:
    """Return the columns that some input fills: the others are NULL throughout and cost nothing if not stored."""
    filled = {c for _, s, rows in acts for c in TABLES["activities"] if s.constants(rows).get(c, "") is not None}
    return [c for c in TABLES["activities"] if c in filled - CODED or c in _ALWAYS]


#: Columns that stand in dictionaries, and columns that the coded table always has.
CODED = frozenset(("case_id", *NAMES, "source"))
_ALWAYS = ("start", "end", "state")


def _coded(con: ibis.BaseBackend, number: int, sink: Sink | None, rows: ibis.Table, stored: list[str]) -> ibis.Table:
    """Replace the names of one input's rows by their integers. Constant columns cost no join."""
    import ibis

    constants = sink.constants(rows) if sink else {}
    # names that were put apart may lack some: no row goes without being told
    how: Literal["inner", "left"] = "left" if sink and sink.names(rows) is not None else "inner"
    cases = case_map(con).filter(ibis._.sink == number)
    out = rows.join(cases.drop("sink"), "case_id")
    out = _lookup(out, con.table("d_step"), dict.fromkeys(STEP_NAMES),
                  constants, ["step_ix", "activity_ix", "is_task", "is_call", "by_type"], how)  # fmt: skip
    out = _lookup(out, con.table("d_resource"), {"resource": None, "role": None, "resource_type": "given_type"},
                  constants, ["resource_ix", "by_resource", "inferred"], how)  # fmt: skip
    if "called_case_id" in stored:
        called = cases.select(called_case_id="case_id", called_ix="case_ix")
        out = out.left_join(called, "called_case_id").drop("called_case_id_right")
    else:
        out = out.mutate(called_ix=ibis.null("int64"))
    actor = ibis.ifelse(out.by_type != ACTOR_UNKNOWN, out.by_type, out.by_resource)
    return out.select(
        "case_ix", "process_ix", "step_ix", "activity_ix", "resource_ix", "called_ix",
        *stored,
        sink=ibis.literal(number, "int16"),
        at=ibis.coalesce(out.start, out.end, out.scheduled),
        work=(out.is_task | (out.is_call & out.called_ix.isnull())) & (out.state != "skipped"),
        actor=actor.cast("int8"),
        actor_inferred=(out.by_type == ACTOR_UNKNOWN) & out.inferred,
    )  # fmt: skip


def _lookup(
    rows: ibis.Table,
    names: ibis.Table,
    keys: dict[str, str | None],
    constants: dict[str, object],
    take: list[str],
    how: Literal["inner", "left"],
) -> ibis.Table:
    """Join a dictionary on the keys that vary in this input; constant ones only narrow the dictionary.

    ``keys`` maps a column of the rows to the dictionary's (None: the same name).
    """
    import ibis

    def comparable(column: ibis.Value, name: str) -> ibis.Value:
        return column if name in _NEVER_NULL else ibis.coalesce(column, _NOTHING)

    picked = names
    for left in keys.keys() & constants.keys():
        value = constants[left]
        right = picked[keys[left] or left]
        picked = picked.filter(right.isnull() if value is None else right == value)
    varying = {left: other or left for left, other in keys.items() if left not in constants}
    small = picked.select(*take, **{f"k_{left}": comparable(picked[right], left) for left, right in varying.items()})
    if not varying:
        return rows.cross_join(small)
    on = [comparable(rows[left], left) == small[f"k_{left}"] for left in varying]
    return rows.join(small, on, how=how).drop(*[f"k_{left}" for left in varying])


_NEVER_NULL = frozenset(("activity", "element_type", "resource_type"))
#: Stands for NULL in dictionary keys, which SQL does not match with one another.
_NOTHING = "\x00"


#: Canonical tables that are stored under another name (DuckDB takes DESCRIBE variables for a statement of its own).
STORED = {"cases": "c_cases", "activities": "c_acts", "variables": "c_variables"}


def code_plainly(con: ibis.BaseBackend, sinks: list[Sink], table: str) -> None:
    """Create a canonical table that is small or read by few, with ``case_ix`` beside its case id."""
    import ibis

    parts = []
    for number, sink in enumerate(sinks):
        for name, rows in sink.tables:
            if name != table:
                continue
            part = rows
            if "case_id" in rows.columns:
                cases = case_map(con).filter(ibis._.sink == number).select("case_id", "case_ix", "process_ix")
                part = rows.left_join(cases, "case_id").drop("case_id_right")
            parts.append(part)
    if not parts:
        schema = {n: ibis_type(k) for n, k in TABLES[table].items()}
        if "case_id" in schema:
            schema |= {"case_ix": "int64", "process_ix": "int64"}
        con.create_table(STORED.get(table, table), schema=ibis.schema(schema))
        return
    con.create_table(STORED.get(table, table), _union(parts))


def _union(parts: list[ibis.Table]) -> ibis.Table:
    import ibis

    return parts[0] if len(parts) == 1 else ibis.union(*parts)


def _empty(table: str) -> ibis.Table:
    import ibis

    return ibis.memtable([], schema=ibis.schema({name: ibis_type(kind) for name, kind in TABLES[table].items()}))
