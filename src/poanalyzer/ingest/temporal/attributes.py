"""Search attributes as variables: what a workflow shows of its business to whoever lists it.

The service reads them itself, to find workflows by them: so they are in plain text, where payloads may be encrypted and are never
read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.temporal.events import Events

if TYPE_CHECKING:
    import ibis


def put_variables(events: Events, runs: ibis.Table) -> None:
    """Fill ``variables``: every value that a search attribute took, with its time; without a value where it is taken away."""
    import ibis

    at = events.rows.select(event_run="run", event_id="id", at="at", file="file")
    of_run = runs.select("run", "case_id", "reset_id", "here")
    rows = events.attributes.join(at, [("run", "event_run"), ("id", "event_id")]).join(of_run, "run")
    rows = rows.filter(~(rows.here & (rows.id < rows.reset_id)).fill_null(False))
    bare = rows.told.re_replace(r'^\s*"|"\s*$', "")
    events.sink.put(
        "variables",
        rows.select(
            "case_id", "name", "at",
            type="declared",
            value=ibis.ifelse(rows.told.isin(["null", "[]", ""]), ibis.null("string"), bare),
            raw_ref=rows.file + ": event " + rows.id.cast("string"),
        ),
    )  # fmt: skip
