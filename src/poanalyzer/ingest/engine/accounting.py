"""Accounting for the rows of a source that cannot be used."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from poanalyzer.eventlog.sink import Sink

if TYPE_CHECKING:
    import ibis


def reject_rows(
    judged: ibis.Table, sink: Sink, key: str, example: str = "", aside: Collection[str] = ()
) -> dict[str, int]:
    """Reject the rows that have a ``reason``; return how many rows have each, with "" those that can be used.

    Args:
        judged: rows with a column ``reason``.
        sink: where they are rejected.
        key: the column that tells one row from another.
        example: how to show a row to the reader, ``{}`` being its key; nothing is shown without.
        aside: reasons that are no rejection: they are only counted.
    """
    found = judged.group_by("reason").agg(n=judged.count(), key=judged[key].min()).to_pyarrow().to_pylist()
    counts = {row["reason"]: int(row["n"]) for row in found}
    for row in sorted(found, key=lambda r: r["reason"]):
        if row["reason"] and row["reason"] not in aside:
            sink.reject(row["reason"], counts[row["reason"]], example.format(row["key"]) if row["key"] else "")
    return counts
