"""What an export shows, judged in the same way for every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.engine.definitions import Definition

if TYPE_CHECKING:
    import ibis


def put_window(tables: Iterable[ibis.Table], sink: Sink, start: str = "start", end: str = "end") -> None:
    """Set the record's window: from the first start to the last time of any row; columns in microseconds UTC."""
    rows = []
    for table in tables:
        ends = table.aggregate(a=table[start].min(), b=table[start].max(), c=table[end].max())
        rows += ends.to_pyarrow().to_pylist()
    sink.record.window_start = min((row["a"] for row in rows if row["a"] is not None), default=None)
    sink.record.window_end = max((t for row in rows for t in (row["b"], row["c"]) if t is not None), default=None)


def put_models(relevant: Sequence[Definition], sink: Sink, *, none: str, unlock: str) -> int:
    """Judge models over the definitions that ran; return how many of them have one.

    ``none`` says where models were looked for if there are none, ``unlock`` how to give them.
    """
    with_model = sum(1 for d in relevant if d.model)
    if relevant and with_model == len(relevant):
        sink.capability("models", "yes", f"the models of all {len(relevant)} definitions that ran")
    elif with_model:
        sink.capability("models", "partial", f"models of {with_model} of {len(relevant)} definitions that ran", unlock)
    else:
        sink.capability("models", "no", none, unlock)
    return with_model
