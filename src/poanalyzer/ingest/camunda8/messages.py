"""Messages between instances.

A message's record says which instances it reached, and not who published it: workers publish, and the engine does not
know for whom. The sender is the one instance that was in an element that throws a message at that moment and holds the
message's correlation key in a variable; where several fit, or none does, no link is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.records import Records

if TYPE_CHECKING:
    import ibis

_RECEIVERS = ("PROCESS_MESSAGE_SUBSCRIPTION", "MESSAGE_START_EVENT_SUBSCRIPTION")


def put_messages(records: Records, instances: ibis.Table, sink: Sink) -> None:
    """Fill ``links`` with messages from one instance to another, the correlation key as their key."""
    import ibis

    if not records.has("MESSAGE") or not any(records.has(kind) for kind in _RECEIVERS):
        return
    reached = records.events.filter(records.events.valueType.isin(_RECEIVERS))
    reached = reached.filter((reached.intent == "CORRELATED") & reached.messageKey.notnull())
    reached = reached.filter(reached.processInstanceKey.notnull())
    reached = reached.select("messageKey", to_case="processInstanceKey").distinct()
    sent = records.of("MESSAGE", "PUBLISHED")
    sent = sent.filter(sent.correlationKey.notnull()).select(message="key", sent_at="at", correlation="correlationKey")
    sent = sent.join(reached, [("message", "messageKey")])
    values = records.of("VARIABLE", "CREATED", "UPDATED")
    values = values.filter(values.processInstanceKey.notnull())
    holders = values.select(holder="processInstanceKey", held=values.variable_value.re_replace('^"|"$', "")).distinct()
    throws = (instances.event == "MESSAGE") & instances.kind.isin(["END_EVENT", "INTERMEDIATE_THROW_EVENT"])
    throwing = instances.filter(throws | (instances.kind == "SEND_TASK"))
    throwing = throwing.select(from_case="case_id", begun="start", over="end")
    pairs = sent.join(holders, [("correlation", "held")]).join(throwing, [("holder", "from_case")])
    pairs = pairs.filter(
        (pairs.begun <= pairs.sent_at)
        & (pairs.over.isnull() | (pairs.over >= pairs.sent_at))
        & (pairs.holder != pairs.to_case)
    )
    found = pairs.group_by("message", "to_case").agg(
        from_case_id=pairs.holder.min(), senders=pairs.holder.nunique(), key=pairs.correlation.min()
    )
    found = found.filter(found.senders == 1)
    sink.put(
        "links",
        found.select(
            "from_case_id", "key",
            to_case_id=found.to_case,
            kind=ibis.literal("message"),
            raw_ref=ibis.literal("MESSAGE:") + found.message,
        ),
    )  # fmt: skip
