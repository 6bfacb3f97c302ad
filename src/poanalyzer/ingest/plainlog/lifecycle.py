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

    kind, state = _kinds(con, events)
    rows = events.mutate(kind=kind, state=state)
    keys = ["case_id", "activity"]
    if "instance" in events.columns:
        rows = rows.mutate(track=ibis.coalesce("#" + events.instance, ""))
        keys.append("track")
    carried = [c for c in _CARRIED if c in events.columns]
    rows = rows.select(*keys, "at", "kind", "state", *carried)
    counted = con.to_pyarrow(rows.group_by("activity", "kind").agg(n=ibis._.count())).to_pylist()
    count = {k: sum(row["n"] for row in counted if row["kind"] == k) for k in {row["kind"] for row in counted}}
    several = sorted({row["activity"] for row in counted if row["kind"] in ("start", "scheduled", "assigned")})
    # activities of which only ends are recorded need no queue, and often are most of the log
    queues = rows.activity.isin(several) if len(several) <= _MOST_NAMED else ibis.literal(True)
    marks = [mark for mark in ("scheduled", "assigned") if count.get(mark)]
    coded = _coded(con, rows.filter(queues & rows.kind.isin(["start", "end", *marks])), keys, carried, name)
    steps = coded.events.filter(coded.events.kind.isin(["start", "end"]))
    steps = steps.select("queue", "single", "at", "what", "who", opens=steps.kind == "start")
    queued = con.create_table(f"{name}_queued", _queue(steps, ["queue"], ["what"]))
    doubtful = queued.filter(~queued.opens & queued.number.notnull() & queued.single & (queued.length > 1))
    ambiguous = int(con.to_pyarrow(doubtful.count()).as_py())
    zero = ibis.literal(0, "int64")
    numbered = queued.mutate(pair=queued.number, stretch=zero, lane=zero)
    if ambiguous and "resource" in carried:
        crowded = queued.group_by("queue").agg(most=ibis._.length.max()).filter(ibis._.most > 1).select("queue")
        lanes = con.create_table(f"{name}_lanes", _lanes(queued.semi_join(crowded, "queue")))
        numbered = ibis.union(numbered.anti_join(crowded, "queue"), lanes.select(*numbered.columns))
    instances = con.create_table(f"{name}_joined", _joined(numbered))
    for mark in marks:
        waiting = _waiting(instances, coded.events.filter(coded.events.kind == mark))
        given = con.create_table(f"{name}_{mark}", _queue(waiting, ["queue"], _INSTANCE_ORDER))
        instances = con.create_table(f"{name}_with_{mark}", _marked(instances, given, mark))
    told = _told(instances, coded, keys, carried)
    alone = rows.filter((rows.kind == "single") | (~queues & (rows.kind == "end")))
    null = ibis.null("int64")
    alone = alone.mutate(start=null, end=alone.at, matched=False, moved=False, scheduled=null, assigned=null)
    instances = ibis.union(told, alone.select(*told.columns))
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
        rows=result.drop("matched", "moved"),
        pairs=seen["pairs"],
        ambiguous=ambiguous,
        other_resource=seen["moved"],
        open=seen["open"],
        ends_alone=seen["rows"] - seen["pairs"] - seen["open"],
        pending=count.get("scheduled", 0) + count.get("assigned", 0) - seen["taken"],
        pauses=count.get("pause", 0),
    )


def _kinds(con: ibis.BaseBackend, events: ibis.Table) -> tuple[ibis.Value, ibis.Value]:
    """Return what each event means and the state in which it leaves its instance.

    A log spells its transitions in few ways, if it is not free text: asking for those alone is many times as fast.
    """
    import ibis

    spellings = events.select("lifecycle").distinct().limit(_MOST_NAMED + 1)
    spelled = con.to_pyarrow(spellings.mutate(word=transition(spellings))).to_pylist()
    column, words = events.lifecycle, {row["lifecycle"]: row["word"] for row in spelled if row["word"] is not None}
    if len(spelled) > _MOST_NAMED:
        column, words = transition(events), {word: word for word in KINDS}

    def within(values: Sequence[str]) -> list[str]:
        return sorted(text for text, word in words.items() if word in values)

    kinds = {means: within([w for w, k in KINDS.items() if k == means]) for means in sorted(set(KINDS.values()))}
    states = {"canceled": within(CANCELED), "skipped": within(SKIPPED)}

    def told(meanings: dict[str, list[str]], otherwise: str) -> ibis.Value:
        cases = [(column.isin(texts), meaning) for meaning, texts in meanings.items() if texts]
        return ibis.cases(*cases, else_=otherwise) if cases else ibis.literal(otherwise)

    return told({str(means): texts for means, texts in kinds.items()}, "single"), told(states, "completed")


@dataclass(frozen=True)
class _Coded:
    """Events with numbers in place of names: windows sort numbers several times as fast.

    Attributes:
        events: ``queue``, ``single`` (no instance id tells it apart), ``at``, ``kind``, ``what``, ``who``.
        queues: ``queue`` and the keys it stands for.
        words: ``what`` and what it stands for: the state and what is carried, in the order of their values; ``who`` is
            the number of the resource in it, 0 where there is none.
    """

    events: ibis.Table
    queues: ibis.Table
    words: ibis.Table


def _coded(con: ibis.BaseBackend, rows: ibis.Table, keys: list[str], carried: list[str], name: str) -> _Coded:
    import ibis

    queues = rows.select(*keys).distinct().mutate(queue=ibis.row_number().over(order_by=keys))
    queues = con.create_table(f"{name}_queues", queues)
    said = ["state", *carried]
    words = rows.select(*said).distinct().mutate(what=ibis.row_number().over(order_by=said))
    who: ibis.Value = ibis.literal(0, "int64")
    if "resource" in carried:
        who = words.resource.isnull().ifelse(0, ibis.dense_rank().over(order_by=words.resource) + 1)
    words = con.create_table(f"{name}_words", words.mutate(who=who))
    same = [rows[key] == queues[key] for key in keys]
    same_words = [rows.state == words.state, *(rows[c].identical_to(words[c]) for c in carried)]
    both = rows.join(queues, same).join(words, same_words)
    single = rows.track == "" if "track" in keys else ibis.literal(True)
    events = both.select(queues.queue, rows.at, rows.kind, words.what, words.who, single=single)
    return _Coded(con.create_table(f"{name}_events", events), queues, words)


def _queue(rows: ibis.Table, keys: Sequence[str], ties: Sequence[str]) -> ibis.Table:
    """Number the pairs of a first-in-first-out queue for each of ``keys``; ``ties`` order rows of one moment.

    Adds ``number``, the same on the row that opens (``opens``) and on the row that closes it, NULL on one that closes
    nothing (one that opens and is never closed has a number of its own), and ``length``, that of the queue with this
    row in it. The queue's length is the running sum of +1 and −1 above its running minimum below zero: a row that
    closes and reaches a new minimum finds nothing open. ``nth`` is the place of the row in its queue.
    """
    import ibis

    rows = rows.mutate(late=(~rows.opens).cast("int8"))
    order: dict[str, Any] = {"group_by": list(keys), "order_by": ["at", "late", *ties]}
    running = ibis.cumulative_window(**order)
    # counting what is not NULL stays in 64 bits, where a sum would widen
    rows = rows.mutate(
        opened=rows.opens.nullif(False).count().over(running), closed=rows.opens.nullif(True).count().over(running)
    )
    # a second sort may leave rows that are alike in another order: it must follow the first one
    rows = rows.mutate(nth=rows.opened + rows.closed)
    before = ibis.window(group_by=list(keys), order_by="nth", preceding=(None, 1), following=None)
    depth = rows.opened - rows.closed
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

    Adds ``stretch``, ``lane`` and ``pair`` (the number inside the lane). A stretch in which resources first would leave
    more events alone than first in, first out keeps the latter's pairs.
    """
    import ibis

    free = rows.mutate(free=rows.number)
    begins = (free.opens & (free.length == 1)).nullif(False)
    order = ibis.cumulative_window(group_by="queue", order_by="nth")
    free = free.mutate(stretch=begins.count().over(order))
    # an end that found nothing open at all stays alone whatever the lanes
    held = free.filter(free.opens | free.free.notnull())
    lanes = ["queue", "stretch", "lane"]
    first = _queue(held.mutate(lane=held.who + 2), lanes, ["what"])
    own = (
        first.opens
        & (
            first.number
            > first.number.max(where=~first.opens).over(ibis.window(group_by=lanes)).fill_null(0)
        )
    ).ifelse(ibis.null("int64"), first.number)  # fmt: skip
    # lane 1 is that of the events for which their own resource has no partner
    first = first.mutate(own=own).mutate(lane=own.isnull().ifelse(1, first.lane))
    both = _queue(first, lanes, ["what"])
    number = ibis.coalesce(both.own, both.number)
    stretch = ibis.window(group_by=["queue", "stretch"])
    both = both.mutate(
        better=number.count(where=~both.opens).over(stretch) >= both.free.count(where=~both.opens).over(stretch),
        pair=number,
    )
    zero = ibis.literal(0, "int64")
    both = both.mutate(
        pair=both.better.ifelse(both.pair, both.free),
        stretch=both.better.ifelse(both.stretch, zero),
        lane=both.better.ifelse(both.lane, zero),
    )
    lost = free.filter(~free.opens & free.free.isnull())
    lost = lost.mutate(pair=ibis.null("int64"), stretch=zero, lane=zero)
    columns = [*rows.columns, "stretch", "lane", "pair"]
    return ibis.union(both.select(*columns), lost.select(*columns))


#: What orders instances that begin at one moment: ended ones go first.
_INSTANCE_ORDER = ("running", "what", "begun", "end", "scheduled")


def _joined(rows: ibis.Table) -> ibis.Table:
    """Make one row of the two events of each pair; an event without a partner is an instance with one time.

    ``begun`` and ``ended`` are the words of the events that begin and end it, ``moved`` says that they name different
    resources.
    """
    import ibis

    null = ibis.null("int64")
    pairs = rows.filter(rows.pair.notnull())
    named = pairs.who.nullif(0)
    together = pairs.group_by("queue", "stretch", "lane", "pair").agg(
        start=pairs.at.max(where=pairs.opens),
        end=pairs.at.max(where=~pairs.opens),
        begun=pairs.what.max(where=pairs.opens),
        ended=pairs.what.max(where=~pairs.opens),
        moved=(named.min() != named.max()).fill_null(False),
    )
    together = together.mutate(scheduled=null, assigned=null)
    alone = rows.filter(rows.pair.isnull())
    alone = alone.mutate(
        start=null, end=alone.at, begun=null, ended=alone.what, moved=False, scheduled=null, assigned=null
    )
    columns = ["queue", "start", "end", "begun", "ended", "moved", "scheduled", "assigned"]
    return ibis.union(together.select(*columns), alone.select(*columns))


def _waiting(instances: ibis.Table, marks: ibis.Table) -> ibis.Table:
    """Return a queue that marks (schedule, assign) open and the beginnings of instances close."""
    import ibis

    begun = instances.mutate(
        at=ibis.coalesce(instances.start, instances.end),
        opens=False,
        running=instances.ended.isnull(),
        what=ibis.coalesce(instances.ended, instances.begun),
    )
    absent = {c: ibis.null(t) for c, t in instances.schema().items() if c != "queue"}
    waiting = marks.select("queue", "at", "what").mutate(**absent, opens=True, running=False)
    return ibis.union(begun, waiting.select(*begun.columns))


def _marked(instances: ibis.Table, queued: ibis.Table, column: str) -> ibis.Table:
    """Give each instance the earliest waiting mark of its case and activity; each mark goes to one instance at most."""
    given = queued.filter(queued.opens & queued.number.notnull()).select("queue", "number", marked="at")
    taken = queued.filter(~queued.opens).left_join(given, ["queue", "number"])
    others = [c for c in instances.columns if c != column]
    return taken.select(*others, **{column: taken.marked}).select(*instances.columns)


def _told(instances: ibis.Table, coded: _Coded, keys: list[str], carried: list[str]) -> ibis.Table:
    """Put the names back. Where the end event does not say something, the start event's word counts."""
    import ibis

    begun = coded.words.select(begun="what", **{f"begun_{c}": c for c in carried})
    ended = coded.words.select(ended="what", state="state", **{f"ended_{c}": c for c in carried})
    told = instances.join(coded.queues, "queue").left_join(begun, "begun").left_join(ended, "ended")
    return told.select(
        *[key for key in keys if key != "track"],
        "start",
        "end",
        "scheduled",
        "assigned",
        "moved",
        state=ibis.coalesce(told.state, "running"),
        matched=told.start.notnull() & told.end.notnull(),
        **{c: ibis.coalesce(told[f"ended_{c}"], told[f"begun_{c}"]) for c in carried},
    )
