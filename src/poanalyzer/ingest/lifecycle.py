"""Life-cycle events (start, complete, schedule, …) become activity instances: queues as window expressions.

Source of the transitions: IEEE 1849-2016, lifecycle extension, standard model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import ibis

Kind = Literal["start", "end", "scheduled", "assigned", "pause"]

#: Transition, lower-case → what it does to an instance. Spellings beyond the standard's are those of event tables.
KINDS: dict[str, Kind] = {
    "start": "start", "started": "start", "begin": "start",
    "complete": "end", "completed": "end", "end": "end", "finish": "end", "finished": "end",
    "withdraw": "end", "ate_abort": "end", "pi_abort": "end", "cancel": "end", "canceled": "end", "cancelled": "end",
    "abort": "end", "aborted": "end", "autoskip": "end", "manualskip": "end", "skip": "end", "skipped": "end",
    "schedule": "scheduled", "scheduled": "scheduled", "enable": "scheduled", "enabled": "scheduled",
    "assign": "assigned", "reassign": "assigned",
    "suspend": "pause", "resume": "pause",
}  # fmt: skip
CANCELED = ("withdraw", "ate_abort", "pi_abort", "cancel", "canceled", "cancelled", "abort", "aborted")
SKIPPED = ("autoskip", "manualskip", "skip", "skipped")
#: Activities that a filter names one by one.
_MOST_NAMED = 1000
_KEYS = ("case_id", "activity", "track")
#: What an instance has from its start event where its end event does not say it.
_CARRIED = ("resource", "role", "resource_type", "element_type", "due", "row_key", "seq")


@dataclass(frozen=True)
class Paired:
    """Activity instances and how they were found.

    Attributes:
        rows: one row an instance: the columns of the events, with ``start``, ``end``, ``scheduled``, ``assigned``
            (µs UTC) and ``state`` in place of ``at`` and ``lifecycle``.
        pairs: instances with a start event and an end event.
        ambiguous: pairs for which several starts were open when the end came, none named by an instance id.
        other_resource: pairs whose start and end name different resources.
        open: instances with a start event alone.
        ends_alone: instances with an end event alone, and events that mean neither.
        pending: schedule and assign events after which no instance came.
        pauses: suspend and resume events; the time between them stays inside the instance.
    """

    rows: ibis.Table
    pairs: int
    ambiguous: int
    other_resource: int
    open: int
    ends_alone: int
    pending: int
    pauses: int


def transition(events: ibis.Table) -> ibis.Value:
    """Return the transition of each event, lower-case without blanks around it."""
    return events.lifecycle.strip().lower()


def pairs_up(transitions: Iterable[str]) -> bool:
    """Whether the transitions of a log describe instances by several events each.

    Free-text states (“Awaiting Assignment”) and logs of starts or ends alone do not: there every event is an instance.
    """
    kinds = {KINDS[t] for t in transitions if t in KINDS}
    return "end" in kinds and bool(kinds & {"start", "scheduled", "assigned"})


def end_state(word: ibis.Value) -> ibis.Value:
    """Return the state in which a transition leaves an instance that has ended."""
    import ibis

    return ibis.cases((word.isin(CANCELED), "canceled"), (word.isin(SKIPPED), "skipped"), else_="completed")


def pair(con: ibis.BaseBackend, events: ibis.Table, name: str) -> Paired:
    """Pair the ``events`` (``case_id``, ``activity``, ``at``, ``lifecycle``, …) of a log into instances.

    An end closes the earliest open start (first in, first out) of the same case and activity, and of the same instance
    id where both have one. Where several starts are open, the same resource goes first, as far as that leaves no more
    events alone than taking the earliest would. At one moment starts come before ends. Events that are neither are
    instances by themselves. Tables called ``name`` and after it keep the result in the back end.
    """
    import ibis

    word = transition(events)
    kind = ibis.cases(
        *((word.isin([w for w, k in KINDS.items() if k == means]), means) for means in sorted(set(KINDS.values()))),
        else_="single",
    )
    track: ibis.Value = ibis.literal("")
    if "instance" in events.columns:
        track = ibis.coalesce("#" + events.instance, "")
    carried = [c for c in _CARRIED if c in events.columns]
    rows = events.select("case_id", "activity", "at", *carried, kind=kind, state=end_state(word), track=track)
    counted = con.to_pyarrow(rows.group_by("activity", "kind").agg(n=ibis._.count())).to_pylist()
    count = {k: sum(row["n"] for row in counted if row["kind"] == k) for k in {row["kind"] for row in counted}}
    several = sorted({row["activity"] for row in counted if row["kind"] in ("start", "scheduled", "assigned")})
    # activities of which only ends are recorded need no queue, and often are most of the log
    queues = rows.activity.isin(several) if len(several) <= _MOST_NAMED else ibis.literal(True)
    steps = rows.filter(queues & rows.kind.isin(["start", "end"]))
    queued = con.create_table(f"{name}_queue", _queue(steps.mutate(opens=steps.kind == "start"), _KEYS))
    crowded = queued.group_by(*_KEYS).agg(most=ibis._.length.max()).filter(ibis._.most > 1).drop("most")
    ambiguous = int(
        con.execute((~queued.opens & queued.number.notnull() & (queued.track == "") & (queued.length > 1)).sum()) or 0
    )
    numbered = queued.mutate(pair=queued.number, lane=ibis.literal(""))
    if ambiguous and "resource" in carried:
        lanes = con.create_table(f"{name}_lanes", _lanes(queued.semi_join(crowded, _KEYS)))
        numbered = ibis.union(numbered.anti_join(crowded, _KEYS), lanes.select(*numbered.columns))
    null = ibis.null("int64")
    instances = _joined(numbered).mutate(scheduled=null, assigned=null)
    for mark in ("scheduled", "assigned"):
        if count.get(mark):
            waiting = _waiting(instances, rows.filter(rows.kind == mark))
            instances = _marked(instances, con.create_table(f"{name}_{mark}", _queue(waiting, _KEYS)), mark)
    alone = rows.filter((rows.kind == "single") | (~queues & (rows.kind == "end")))
    alone = alone.mutate(start=null, end=alone.at, matched=False, moved=False, scheduled=null, assigned=null)
    instances = ibis.union(instances, alone.select(*instances.columns))
    result = con.create_table(name, instances)
    seen = con.to_pyarrow(
        result.aggregate(
            rows=result.count(),
            pairs=result.matched.sum().fill_null(0),
            moved=result.moved.sum().fill_null(0),
            open=(result.state == "running").sum().fill_null(0),
            taken=result.scheduled.count() + result.assigned.count(),
        )
    ).to_pylist()[0]
    return Paired(
        rows=result.drop("track", "matched", "moved"),
        pairs=seen["pairs"],
        ambiguous=ambiguous,
        other_resource=seen["moved"],
        open=seen["open"],
        ends_alone=seen["rows"] - seen["pairs"] - seen["open"],
        pending=count.get("scheduled", 0) + count.get("assigned", 0) - seen["taken"],
        pauses=count.get("pause", 0),
    )


def _queue(rows: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Number the pairs of a first-in-first-out queue for each of ``keys``.

    Adds ``number``, the same on the row that opens (``opens``) and on the row that closes it, NULL on one that closes
    nothing (one that opens and is never closed has a number of its own), and ``length``, that of the queue with this
    row in it. The queue's length is the running sum of +1 and −1 above its running minimum below zero: a row that
    closes and reaches a new minimum finds nothing open.
    """
    import ibis

    rows = rows.mutate(late=(~rows.opens).cast("int8"))
    ties = [c for c in ("state", *_CARRIED) if c in rows.columns]
    order: dict[str, Any] = {"group_by": list(keys), "order_by": ["at", "late", *ties]}
    running = ibis.cumulative_window(**order)
    # counting what is not NULL stays in 64 bits, where a sum would widen
    rows = rows.mutate(
        opened=rows.opens.nullif(False).count().over(running), closed=rows.opens.nullif(True).count().over(running)
    )
    depth = rows.opened - rows.closed
    before = ibis.window(**order, preceding=(None, 1), following=None)
    rows = rows.mutate(
        depth=depth,
        floor=ibis.least(ibis.coalesce(depth.min().over(before), 0), 0),
    )
    number = ibis.cases(
        (rows.opens, rows.opened),
        (~rows.opens & (rows.depth >= rows.floor), rows.closed + rows.floor),
        else_=ibis.null("int64"),
    )
    rows = rows.mutate(number=number, length=rows.depth - rows.floor + (~rows.opens).cast("int64"))
    return rows.drop("late", "opened", "closed", "depth", "floor")


def _lanes(rows: ibis.Table) -> ibis.Table:
    """Pair again, resources first, inside each stretch of time in which something was open.

    Adds ``lane`` and ``pair`` (the number inside the lane). A stretch in which resources first would leave more events
    alone than first in, first out keeps the latter's pairs.
    """
    import ibis

    free = rows.mutate(free=rows.number)
    begins = (free.opens & (free.length == 1)).ifelse(1, 0)
    ties = [c for c in ("state", *_CARRIED) if c in free.columns]
    order = ibis.cumulative_window(group_by=list(_KEYS), order_by=[free.at, ~free.opens, *[free[c] for c in ties]])
    free = free.mutate(stretch=begins.sum().over(order).cast("string"))
    # an end that found nothing open at all stays alone whatever the lanes
    held = free.filter(free.opens | free.free.notnull())
    first = _queue(held.mutate(key=ibis.coalesce("=" + held.resource, "=")), [*_KEYS, "stretch", "key"])
    lane = ibis.window(group_by=[*_KEYS, "stretch", "key"])
    own = (first.opens & (first.number > first.number.max(where=~first.opens).over(lane).fill_null(0))).ifelse(
        ibis.null("int64"), first.number
    )
    first = first.mutate(own=own, key=own.isnull().ifelse("*", first.key))
    both = _queue(first, [*_KEYS, "stretch", "key"])
    number = ibis.coalesce(both.own, both.number)
    stretch = ibis.window(group_by=[*_KEYS, "stretch"])
    both = both.mutate(
        better=number.count(where=~both.opens).over(stretch) >= both.free.count(where=~both.opens).over(stretch),
        pair=number,
    )
    both = both.mutate(
        pair=both.better.ifelse(both.pair, both.free), lane=both.better.ifelse(both.stretch + both.key, "")
    )
    lost = free.filter(~free.opens & free.free.isnull()).mutate(pair=ibis.null("int64"), lane=ibis.literal(""))
    return ibis.union(both.select(*rows.columns, "pair", "lane"), lost.select(*rows.columns, "pair", "lane"))


def _joined(rows: ibis.Table) -> ibis.Table:
    """Make one row of the two events of each pair; an event without a partner is an instance with one time."""
    import ibis

    carried = [c for c in _CARRIED if c in rows.columns]
    pairs = rows.filter(rows.pair.notnull())
    together = pairs.group_by(*_KEYS, "lane", "pair").agg(
        start=pairs.at.max(where=pairs.opens),
        end=pairs.at.max(where=~pairs.opens),
        state=ibis.coalesce(pairs.state.max(where=~pairs.opens), "running"),
        moved=(pairs.resource.min() != pairs.resource.max()).fill_null(False)
        if "resource" in carried
        else ibis.literal(False),
        **{c: ibis.coalesce(pairs[c].max(where=~pairs.opens), pairs[c].max(where=pairs.opens)) for c in carried},
    )
    together = together.mutate(matched=together.start.notnull() & together.end.notnull())
    alone = rows.filter(rows.pair.isnull())
    alone = alone.mutate(start=ibis.null("int64"), end=alone.at, matched=False, moved=False)
    columns = [*_KEYS, "start", "end", "state", "matched", "moved", *carried]
    return ibis.union(together.select(*columns), alone.select(*columns))


def _waiting(instances: ibis.Table, marks: ibis.Table) -> ibis.Table:
    """Return a queue that marks (schedule, assign) open and the beginnings of instances close."""
    import ibis

    absent = {c: ibis.null(t) for c, t in instances.schema().items() if c not in marks.columns}
    waiting = marks.mutate(**absent).select(*instances.columns, "at").mutate(opens=True)
    begun = instances.mutate(at=ibis.coalesce(instances.start, instances.end), opens=False)
    return ibis.union(begun, waiting.select(*begun.columns))


def _marked(instances: ibis.Table, queued: ibis.Table, column: str) -> ibis.Table:
    """Give each instance the earliest waiting mark of its case and activity; each mark goes to one instance at most."""
    given = queued.filter(queued.opens & queued.number.notnull()).select(*_KEYS, "number", marked="at")
    taken = queued.filter(~queued.opens).left_join(given, [*_KEYS, "number"])
    others = [c for c in instances.columns if c != column]
    return taken.select(*others, **{column: taken.marked}).select(*instances.columns)
