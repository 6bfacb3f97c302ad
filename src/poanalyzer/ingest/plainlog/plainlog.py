"""Plain event logs → canonical cases and activities: what XES and event tables have in common.

A *plain log* has cases, activities and times and nothing an engine knows beyond. Rows are either activity instances
(``start``/``end``: no window and no join touches them) or events at one moment (``at``), which are paired by their
life-cycle transition where the log has one. Everything is an Ibis expression; the rows stay where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.schema import ACTIVITY_STATES, EARLIEST_US, LATEST_US, RESOURCE_TYPES
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.plainlog.lifecycle import KINDS, Paired, end_state, pair, pairs_up, transition
from poanalyzer.ingest.times.timestamps import iso_utc

if TYPE_CHECKING:
    import ibis

#: Columns that ``events`` may have: name → type.
COLUMNS = {
    "row_key": "string", "case_id": "string", "activity": "string", "at": "int64", "start": "int64", "end": "int64",
    "lifecycle": "string", "instance": "string", "resource": "string", "role": "string", "resource_type": "string",
    "element_type": "string", "state": "string", "process_key": "string", "process_version": "string",
    "business_key": "string", "parent_case_id": "string", "due": "int64", "outcome": "string", "seq": "int64",
}  # fmt: skip
_TIMES = ("at", "start", "end")
_UNLOCK = "give the engine's own export, for example its history tables"
#: Distinct life-cycle transitions looked at; a column with more holds something else.
_MOST_TRANSITIONS = 1000
#: A chain of parents longer than 2 to this power is no chain of calls.
_PARENT_ROUNDS = 6


def put_plain_log(
    sink: Sink,
    events: ibis.Table,
    *,
    settings: InputSettings,
    config: Config,
    default_process: str,
    cases: ibis.Table | None = None,
    variables: ibis.Table | None = None,
) -> None:
    """Put the ``events`` of a plain log into ``sink`` as activities and cases, and account for every one of them.

    Args:
        sink: takes the rows; its record becomes that of a plain log.
        events: one row an event, with ``case_id``, ``activity`` and any of :data:`COLUMNS`; times are int64 µs UTC.
            ``at`` is the moment of an event, ``start`` and ``end`` bound an instance; a table has one kind or the other.
        settings: the input's; ``process`` names its process where no column does.
        config: the project's.
        default_process: the process where nobody names one.
        cases: cases the reader knows of, with or without events: ``case_id`` and any of ``process_key``,
            ``business_key``, ``outcome``.
        variables: attributes of cases: ``case_id``, ``name``, ``type``, ``value``.

    Rejected and counted: rows without case, activity or time, and those with a time outside 1950–2150. An instance
    that ends before it starts keeps its end and loses its start, with a warning: its duration is unknown, that it
    happened is not. Events that are equal are kept: tables lose repeated rows before. “NA” is a name, an empty text is missing.

    A case id that occurs under two processes means two cases: then every case id of the input is prefixed with its
    process key and “/”.
    """
    import ibis

    sink.record.plain_log = True
    unknown = set(events.columns) - set(COLUMNS)
    if unknown or not {"case_id", "activity"} <= set(events.columns):
        raise ValueError(f"not the columns of a plain log: {', '.join(events.columns)}")
    if "at" in events.columns and {"start", "end"} & set(events.columns):
        raise ValueError("events have either one time or a start and an end")
    default = settings.process or default_process
    rows = events
    if "process_key" in events.columns:
        rows = events.mutate(process_key=ibis.coalesce(events.process_key.nullif(""), default))
    seen = _account(sink, rows)
    rows = _usable(rows, seen)
    if "process_key" in events.columns and _shared_ids(sink, rows):
        rows = rows.mutate(case_id=rows.process_key + "/" + rows.case_id)
        sink.note("note", "case ids occur under more than one process; they are shown as process/case")
        # a case known apart from its events has no process to be told by
        cases = variables = None
    seen["instances"] = seen["rows"] - seen["bad"]
    instances, spans = _instances(sink, rows, seen)
    _put_activities(sink, instances, seen)
    _put_cases(sink, spans, default, cases)
    if variables is not None:
        sink.put("variables", variables)
    _capabilities(sink, seen, rows, variables is not None)


def _account(sink: Sink, rows: ibis.Table) -> dict[str, Any]:
    """Count what is in the rows and what is wrong with them: a light scan, and a full one where it finds a fault."""
    seen = _clean(sink, rows)
    return seen if seen is not None else _account_in_full(sink, rows)


def _clean(sink: Sink, rows: ibis.Table) -> dict[str, Any] | None:
    """Return the counts of rows that hold no fault at all, or None. Each column is looked at once, which is cheap."""
    times = [t for t in _TIMES if t in rows.columns]
    texts = [c for c in rows.columns if rows[c].type().is_string()]
    measures: dict[str, ibis.Value] = {"rows": rows.count()}
    for column in ("case_id", "activity", "resource", "lifecycle", "instance", "row_key", "role", *times):
        if column in rows.columns:
            measures[f"has_{column}"] = rows[column].count()
    measures |= {f"empty_{c}": (rows[c] == "").sum() for c in texts}
    for time in times:
        measures |= {f"low_{time}": rows[time].min(), f"high_{time}": rows[time].max()}
    if {"start", "end"} <= set(times):
        measures["backward"] = (rows.end < rows.start).sum()
    seen = {k: v or 0 for k, v in sink.con.to_pyarrow(rows.aggregate(**measures)).to_pylist()[0].items()}
    total = seen["rows"]
    whole = all(seen[f"has_{c}"] == total for c in ("case_id", "activity"))
    timed = any(seen[f"has_{t}"] == total for t in times)
    plausible = all(
        seen[f"has_{t}"] == 0 or EARLIEST_US <= seen[f"low_{t}"] <= seen[f"high_{t}"] < LATEST_US for t in times
    )
    if not (whole and timed and plausible) or seen.get("backward") or any(seen[f"empty_{c}"] for c in texts):
        return None
    sink.read(total)
    sink.kept(total)
    return seen | {"bad": 0}


def _account_in_full(sink: Sink, rows: ibis.Table) -> dict[str, Any]:
    import ibis

    def missing(column: str) -> ibis.Value:
        return rows[column].isnull() | (rows[column] == "")

    times = [rows[t] for t in _TIMES if t in rows.columns]
    none = ibis.literal(True)
    odd = ibis.literal(False)
    for time in times:
        none = none & time.isnull()
        odd = odd | ~time.between(EARLIEST_US, LATEST_US - 1).fill_null(True)
    reasons = {
        "no case": missing("case_id"),
        "no activity": missing("activity"),
        "no time": none,
        "time outside 1950–2150": odd,
    }
    measures: dict[str, ibis.Value] = {"rows": rows.count()}
    usable = ibis.literal(True)
    for number, bad in enumerate(reasons.values()):
        measures[f"bad{number}"] = (usable & bad).sum()
        usable = usable & ~bad
    for column in ("resource", "lifecycle", "instance", "start", "end", "row_key", "role"):
        if column in rows.columns:
            blank = missing(column) if rows[column].type().is_string() else rows[column].isnull()
            measures[f"has_{column}"] = (usable & ~blank).sum()
    if {"start", "end"} <= set(rows.columns):
        measures["backward"] = (usable & (rows.end < rows.start)).sum()
    texts = [c for c in rows.columns if rows[c].type().is_string() and c not in ("case_id", "activity", "process_key")]
    for column in texts:
        measures[f"empty_{column}"] = (rows[column] == "").sum()
    seen = {k: v or 0 for k, v in sink.con.to_pyarrow(rows.aggregate(**measures)).to_pylist()[0].items()}
    sink.read(seen["rows"])
    seen["bad"] = sum(seen[f"bad{n}"] for n in range(len(reasons)))
    sink.kept(seen["rows"] - seen["bad"])
    for number, (reason, bad) in enumerate(reasons.items()):
        if seen[f"bad{number}"]:
            sink.reject(reason, seen[f"bad{number}"], _example(sink, rows, bad))
    if seen.get("backward"):
        seen["has_start"] -= seen["backward"]
        sink.note(
            "warning",
            f"activities that end before they start: {seen['backward']:,}; "
            "the end is kept, the start counts as unknown",
        )
    return seen


def _example(sink: Sink, rows: ibis.Table, bad: ibis.Value) -> str:
    """Return one of the rows that are ``bad`` as text, the same one whatever their order."""

    shown = [c for c in ("row_key", "case_id", "activity", *_TIMES) if c in rows.columns]
    first = rows.filter(bad).select(*shown).order_by(shown).limit(1)
    found = sink.con.to_pyarrow(first).to_pylist()
    shown_as = {"case_id": "case", "row_key": "key", "at": "time"}
    values = {c: iso_utc(v) if isinstance(v, int) else v for c, v in (found[0] if found else {}).items()}
    return ", ".join(f"{shown_as.get(c, c)} “{str(v)[:60]}”" for c, v in values.items() if v not in (None, ""))


def _usable(rows: ibis.Table, seen: dict[str, Any]) -> ibis.Table:
    """Leave out what was rejected; texts become NULL where they are empty. Nothing is added to a clean scan."""
    import ibis

    if seen["bad"]:
        times = [rows[t] for t in _TIMES if t in rows.columns]
        good = rows.case_id.length().fill_null(0) > 0
        good = good & (rows.activity.length().fill_null(0) > 0) & ibis.coalesce(*times).notnull()
        for time in times:
            good = good & time.between(EARLIEST_US, LATEST_US - 1).fill_null(True)
        rows = rows.filter(good)
    empty = [c for c in rows.columns if seen.get(f"empty_{c}")]
    if empty:
        rows = rows.mutate(**{c: rows[c].nullif("") for c in empty})
    if seen.get("backward"):
        rows = rows.mutate(start=(rows.end < rows.start).ifelse(ibis.null("int64"), rows.start))
    return rows


def _shared_ids(sink: Sink, rows: ibis.Table) -> bool:
    import ibis

    per_case = rows.group_by("case_id").agg(low=rows.process_key.min(), high=rows.process_key.max())
    return bool(sink.con.execute(per_case.filter(ibis._.low != ibis._.high).count()))


def _instances(sink: Sink, rows: ibis.Table, seen: dict[str, Any]) -> tuple[ibis.Table, ibis.Table]:
    """Return the activity instances, and rows with the earliest and latest time (``low``, ``high``) for the cases."""
    import ibis

    null = ibis.null("int64")
    if "at" not in rows.columns:
        for time in ("start", "end"):
            if time not in rows.columns:
                rows = rows.mutate(**{time: null})
        low, high = ibis.coalesce(rows.start, rows.end), ibis.coalesce(rows.end, rows.start)
        return rows, rows.mutate(low=low, high=high)
    spans = rows.mutate(low=rows.at, high=rows.at)
    state: ibis.Value = ibis.literal("completed")
    begins: ibis.Value = ibis.literal(False)
    seen["has_start"] = 0
    if seen.get("has_lifecycle"):
        counts = rows.mutate(word=transition(rows)).group_by("word").agg(n=ibis._.count())
        found = sink.con.to_pyarrow(counts.order_by("word").limit(_MOST_TRANSITIONS)).to_pylist()
        if pairs_up(row["word"] for row in found if row["word"]):
            paired = pair(sink.con, rows, f"stage_paired_{uuid4().hex}")
            _tell(sink, paired)
            seen["instances"] = paired.pairs + paired.open + paired.ends_alone
            seen["has_start"], seen["has_end"] = paired.pairs + paired.open, paired.pairs + paired.ends_alone
            return paired.rows, spans
        word = transition(rows).fill_null("")
        state, begins = end_state(word), word.isin([w for w, k in KINDS.items() if k == "start"])
        seen["has_start"] = sum(row["n"] for row in found if KINDS.get(row["word"] or "") == "start")
    seen["has_end"] = seen["instances"] - seen["has_start"]
    if "state" not in rows.columns:
        rows = rows.mutate(state=state)
    rows = rows.mutate(start=begins.ifelse(rows.at, null), end=begins.ifelse(null, rows.at))
    return rows.drop("at", *({"lifecycle"} & set(rows.columns))), spans


def _tell(sink: Sink, paired: Paired) -> None:
    """Say what pairing could not decide."""
    if paired.ambiguous:
        sink.note(
            "note",
            f"{paired.ambiguous} of {paired.pairs} activity instances had several open starts when they ended: "
            "the earliest one was taken (first in, first out)",
            fix="An instance id (concept:instance) in the log would decide it.",
        )
    if paired.other_resource:
        sink.note(
            "note",
            f"{paired.other_resource} activity instances were ended by another resource than the one that started them",
        )
    if paired.open:
        sink.note("note", f"{paired.open} activity instances were started and have no end: they count as running")
    if paired.pending:
        sink.note(
            "note",
            f"{paired.pending} schedule or assign events are followed by no instance: they count for the case's time alone",
        )
    if paired.pauses:
        sink.note(
            "note", f"{paired.pauses} suspend and resume events: the pauses are part of the time of their instances"
        )


def _put_activities(sink: Sink, rows: ibis.Table, seen: dict[str, Any]) -> None:
    import ibis

    derived = ibis.literal("completed")
    if seen["has_end"] and "at" not in rows.columns:
        derived = ibis.ifelse(rows.end.isnull(), "running", "completed")
    state = derived
    if "state" in rows.columns:
        state = ibis.ifelse(rows.state.isin(ACTIVITY_STATES), rows.state, derived)
    made: dict[str, ibis.Value] = {"state": state}
    for column, known in (("resource_type", RESOURCE_TYPES), ("element_type", ())):
        if column in rows.columns:
            given = rows[column]
            made[column] = (given.isin(known) if known else given.notnull()).ifelse(given, "unknown")
        else:
            made[column] = ibis.literal("unknown")
    if "row_key" in rows.columns:
        made["raw_ref"] = ibis.literal(f"{sink.record.path}#") + rows.row_key
    kept = ("case_id", "activity", "start", "end", "scheduled", "assigned", "resource", "role", "due", "seq")
    sink.put("activities", rows.select(*[c for c in kept if c in rows.columns], **made))


def _put_cases(sink: Sink, spans: ibis.Table, default: str, known: ibis.Table | None) -> None:
    """One case a case id: it lasts from its earliest to its latest time."""
    import ibis

    texts = ("process_version", "business_key", "parent_case_id", "outcome")
    facts = {c: spans[c].max() for c in texts if c in spans.columns}
    # a process per case: two under one id have been told apart before
    keyed = {"process_key": spans.process_key.max()} if "process_key" in spans.columns else {}
    if "at" not in spans.columns and not keyed and not facts and known is None:
        # nothing but names is needed: the span of a case is that of its rows, which the store finds on integers
        found = spans.select("case_id").distinct()
    else:
        found = spans.group_by("case_id").agg(start=spans.low.min(), end=spans.high.max(), **keyed, **facts)
    found = found.mutate(state=ibis.literal("completed"))
    if known is not None:
        found = _with_known(found, known, default)
    if "process_key" not in found.columns:
        found = found.mutate(process_key=ibis.literal(default))
    found = found.mutate(engine=ibis.literal(sink.record.engine), root_case_id=found.case_id)
    if "parent_case_id" in found.columns:
        found = _rooted(found.mutate(parent_case_id=found.parent_case_id.nullif(found.case_id)))
    sink.put("cases", found)


def _with_known(found: ibis.Table, known: ibis.Table, default: str) -> ibis.Table:
    """Add the cases that have no usable event, and what is known of the others apart from their events."""
    import ibis

    known = known.rename({f"known_{c}": c for c in known.columns if c != "case_id"})
    both = found.outer_join(known, "case_id")
    made = {"case_id": ibis.coalesce(both.case_id, both.case_id_right)}
    for column in [c for c in found.columns if c != "case_id"] + [
        c
        for c in ("process_key", "business_key", "outcome")
        if f"known_{c}" in known.columns and c not in found.columns
    ]:
        sources = [both[c] for c in (column, f"known_{column}") if c in both.columns]
        made[column] = ibis.coalesce(*sources)
    if "process_key" in made:
        made["process_key"] = ibis.coalesce(made["process_key"], default)
    made["state"] = ibis.coalesce(both.state, "unknown")
    return both.select(**made)


def _rooted(cases: ibis.Table) -> ibis.Table:
    """Follow the parents up to the root, doubling the distance each round."""
    import ibis

    cases = cases.mutate(root_case_id=ibis.coalesce(cases.parent_case_id, cases.case_id))
    for _ in range(_PARENT_ROUNDS):
        above = cases.select(above_id="case_id", above_root="root_case_id")
        cases = cases.left_join(above, cases.root_case_id == above.above_id)
        cases = cases.mutate(root_case_id=ibis.coalesce(cases.above_root, cases.root_case_id))
        cases = cases.drop("above_id", "above_root")
    return cases


def _capabilities(sink: Sink, seen: dict[str, Any], rows: ibis.Table, variables: bool) -> None:
    """Say what a plain log can show, and what would show the rest."""
    total = seen["instances"]

    def share(name: str, count: int, what: str, unlock: str) -> None:
        available: Literal["yes", "partial", "no"] = "yes" if total and count >= total else "partial" if count else "no"
        sink.capability(name, available, f"{count} of {total} activities have {what}", unlock if count < total else "")

    def given(name: str, column: str, what: str) -> None:
        has = column in rows.columns
        why = f"the log has a column for {what}" if has else f"the log has no column for {what}"
        sink.capability(
            name, "yes" if has else "no", why, "" if has else "name the column, or give the engine's own export"
        )

    sink.capability("instances", "yes", "cases with their first and last event")
    sink.capability("activities", "yes", f"{total} activities")
    share("start-times", seen["has_start"], "a start", "give a log with start and end of each activity")
    share("end-times", seen["has_end"], "an end", "give a log with start and end of each activity")
    events = seen["rows"] - seen["bad"]
    known = seen.get("has_resource", 0)
    available: Literal["yes", "partial", "no"] = "yes" if events and known == events else "partial" if known else "no"
    sink.capability(
        "resources", available, f"{known} of {events} rows name who or what did them",
        "" if available == "yes" else "name the resource column, or give an export that has one",
    )  # fmt: skip
    given("element-types", "element_type", "element types")
    given("correlations", "parent_case_id", "the parent case")
    given("business-keys", "business_key", "the business object")
    why = "the cases have attributes" if variables else "the log has no attributes of cases"
    sink.capability("variables", "yes" if variables else "no", why, "" if variables else _UNLOCK)
    for name in ("user-tasks", "attempts", "incidents", "deployments", "operations", "models", "decisions"):
        sink.capability(name, "no", "a plain event log does not record this", _UNLOCK)
