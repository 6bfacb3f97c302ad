"""Life-cycle events (start, complete, schedule, …) become activity instances: queues as window expressions.

Source of the transitions: IEEE 1849-2016, lifecycle extension, standard model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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
        sudden: instances with an end event alone.
        pending: schedule and assign events after which no instance came.
        pauses: suspend and resume events; the time between them stays inside the instance.
    """

    rows: ibis.Table
    pairs: int
    ambiguous: int
    other_resource: int
    open: int
    sudden: int
    pending: int
    pauses: int


def transition(events: ibis.Table) -> ibis.Value:
    """Return the transition of each event, lower-case without blanks around it."""
    return events.lifecycle.strip().lower()


def pairs_up(transitions: Iterable[str]) -> bool:
    """Whether the transitions of a log describe instances by several events each.

    Free-text states (“Awaiting Assignment”) and logs of ends alone do not: there every event is an instance.
    """
    kinds = {KINDS[t] for t in transitions if t in KINDS}
    return "start" in kinds or ("end" in kinds and bool(kinds & {"scheduled", "assigned"}))


def end_state(word: ibis.Value) -> ibis.Value:
    """Return the state in which a transition leaves an instance that has ended."""
    import ibis

    return ibis.cases((word.isin(CANCELED), "canceled"), (word.isin(SKIPPED), "skipped"), else_="completed")


def pair(con: ibis.BaseBackend, events: ibis.Table, name: str) -> Paired:
    """Pair the ``events`` (``at``, ``lifecycle``, ``process_key``, ``case_id``, ``activity``) into instances.

    An end closes the earliest open start (first in, first out) of the same case and activity that has the same
    instance id, where there is one, else the same resource; what stays open is paired over resources in a second
    round. At one moment starts come before ends. Rows with a transition that means neither are instances by themselves.
    The result is kept in the back end as table ``name``.
    """
    import ibis

    word = transition(events)
    kind = ibis.cases(*((word == w, k) for w, k in KINDS.items()), else_="single")
    null = ibis.null("string")
    instance = events.instance if "instance" in events.columns else null
    resource = events.resource if "resource" in events.columns else null
    rows = events.mutate(
        kind=kind,
        state=end_state(word),
        named=instance.notnull(),
        lane=ibis.coalesce("i" + instance, "r" + resource, "r"),
    ).drop("lifecycle")
    case = ["process_key", "case_id", "activity"]
    counted = con.to_pyarrow(
        rows.aggregate(marks=kind.isin(["scheduled", "assigned"]).sum(), pauses=(rows.kind == "pause").sum())
    ).to_pylist()[0]
    ends = _instances(rows.filter(rows.kind.isin(["start", "end"])), case)
    single = rows.filter(rows.kind == "single").mutate(
        start=ibis.null("int64"), end=rows.at, matched=False, ambiguous=False, moved=False
    )
    result = ibis.union(ends, single.select(*ends.columns)).mutate(
        scheduled=ibis.null("int64"), assigned=ibis.null("int64")
    )
    if counted["marks"]:
        for mark in ("scheduled", "assigned"):
            result = _marked(result, rows.filter(rows.kind == mark), mark, case)
    result = con.create_table(name, result)
    seen = con.to_pyarrow(
        result.aggregate(
            pairs=result.matched.sum(),
            ambiguous=result.ambiguous.sum(),
            moved=result.moved.sum(),
            open=(result.kind == "start").sum(),
            sudden=((result.kind == "end") & ~result.matched).sum(),
            taken=result.scheduled.count() + result.assigned.count(),
        )
    ).to_pylist()[0]
    return Paired(
        rows=result.drop("kind", "named", "lane", "matched", "ambiguous", "moved", "at"),
        pairs=seen["pairs"] or 0,
        ambiguous=seen["ambiguous"] or 0,
        other_resource=seen["moved"] or 0,
        open=seen["open"] or 0,
        sudden=seen["sudden"] or 0,
        pending=(counted["marks"] or 0) - seen["taken"],
        pauses=counted["pauses"] or 0,
    )


def _instances(rows: ibis.Table, case: Sequence[str]) -> ibis.Table:
    """Return the end events with their starts beside them, and the starts that no end closed."""
    import ibis

    opens = rows.kind == "start"
    first = _queue(rows.mutate(opens=opens), [*case, "lane"], "first")
    first = first.mutate(left=first.first_pair.isnull() & ~first.named)
    both = _queue(first, [*case, "left"], "second")
    second = both.left & both.second_pair.notnull()
    both = both.mutate(
        matched=both.first_pair.notnull() | second,
        moved=second,
        ambiguous=~both.opens
        & ~both.named
        & (both.first_pair.notnull().ifelse(both.first_open, second.ifelse(both.second_open, 0)) > 1),
        lane=ibis.ifelse(second, "any", both.lane),
        number=both.first_pair.notnull().ifelse(both.first_pair, second.ifelse(both.second_pair, 0)),
    )
    instance = ibis.window(group_by=[*(both[c] for c in case), both.lane, both.matched, both.number])
    carried = {
        column: ibis.coalesce(
            both[column],
            (both.opens & both.matched).ifelse(both[column], ibis.null(both[column].type())).max().over(instance),
        )
        for column in _CARRIED
        if column in rows.columns
    }
    started = ibis.ifelse(both.opens, both.at, ibis.null("int64"))
    both = both.mutate(
        start=both.matched.ifelse(started.max().over(instance), started),
        end=ibis.ifelse(both.opens, ibis.null("int64"), both.at),
        state=ibis.ifelse(both.opens, "running", both.state),
        **carried,
    )
    both = both.filter(~(both.opens & both.matched))
    return both.mutate(ambiguous=both.ambiguous, moved=both.moved & ~both.opens).select(
        *rows.columns, "start", "end", "matched", "ambiguous", "moved"
    )


def _queue(rows: ibis.Table, keys: Sequence[str], name: str) -> ibis.Table:
    """Number the pairs of a first-in-first-out queue for each of ``keys``.

    Adds ``<name>_pair``, the same number on the row that opens (``opens``) and the row that closes, NULL where a row
    has no partner, and ``<name>_open``, how many were open when a row came. The length of the queue is the running
    sum of +1 and −1 above its running minimum; a close that reaches a new minimum below zero found nothing to close.
    """
    import ibis

    ties = [c for c in ("state", "lane", *_CARRIED) if c in rows.columns]
    rows = rows.mutate(late=(~rows.opens).cast("int8"))
    order = {"group_by": list(keys), "order_by": ["at", "late", *ties]}
    step = rows.opens.ifelse(1, -1)
    rows = rows.mutate(depth=step.sum().over(ibis.cumulative_window(**order)))
    rows = rows.mutate(lowest=rows.depth.min().over(ibis.cumulative_window(**order)))
    before = ibis.least(ibis.coalesce(rows.lowest.lag().over(ibis.window(**order)), 0), 0)
    rows = rows.mutate(before=before)
    rows = rows.mutate(closes=~rows.opens & (rows.depth >= rows.before))
    opened, closed = rows.opens.cast("int64"), rows.closes.cast("int64")
    rows = rows.mutate(
        opened=opened.sum().over(ibis.cumulative_window(**order)),
        closed=closed.sum().over(ibis.cumulative_window(**order)),
        closing=closed.sum().over(ibis.window(group_by=list(keys))),
    )
    number = ibis.cases(
        (rows.opens & (rows.opened <= rows.closing), rows.opened), (rows.closes, rows.closed), else_=ibis.null("int64")
    )
    rows = rows.mutate(**{f"{name}_pair": number, f"{name}_open": rows.depth - rows.before + rows.closes.cast("int64")})
    return rows.drop("late", "depth", "lowest", "before", "closes", "opened", "closed", "closing")


def _marked(instances: ibis.Table, marks: ibis.Table, column: str, case: Sequence[str]) -> ibis.Table:
    """Give each instance the earliest waiting mark of its case and activity; each mark goes to one instance at most."""
    import ibis

    absent = {c: ibis.null(t) for c, t in instances.schema().items() if c not in marks.columns}
    waiting = marks.mutate(**absent).select(*instances.columns)
    begun = instances.mutate(at=ibis.coalesce(instances.start, instances.end), opens=False)
    both = ibis.union(begun, waiting.mutate(opens=True))
    both = both.mutate(track=both.named.ifelse(both.lane, ""))
    both = _queue(both, [*case, "track"], "mark")
    group = ibis.window(group_by=[*(both[c] for c in case), both.track, both.mark_pair])
    at = both.opens.ifelse(both.at, ibis.null("int64")).max().over(group)
    both = both.mutate(**{column: both.mark_pair.notnull().ifelse(at, ibis.null("int64"))})
    return both.filter(~both.opens).drop("opens", "track", "mark_pair", "mark_open")
