"""One export read into the canonical tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.engine.calls import put_calls, with_roots
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.power_automate.actions import action_rows, put_activities, put_attempts
from poanalyzer.ingest.power_automate.capabilities import Tables, put_capabilities
from poanalyzer.ingest.power_automate.desktop import put_logs, put_sessions, sessions
from poanalyzer.ingest.power_automate.failures import put_failures
from poanalyzer.ingest.power_automate.flowids import FlowIds, flow_ids
from poanalyzer.ingest.power_automate.queues import put_items, queue_items
from poanalyzer.ingest.power_automate.records import Records
from poanalyzer.ingest.power_automate.releases import lookups, put_releases, read_releases, with_versions
from poanalyzer.ingest.power_automate.runs import UNKNOWN, cloud_runs, with_restarts

if TYPE_CHECKING:
    import ibis


def read_export(files: Sequence[InputFile], settings: InputSettings, config: Config, sink: Sink) -> None:
    """Read an export. Raises :class:`InputError` where no run, session or queue item is in it."""
    records = Records(files, settings, config, sink)
    ids = flow_ids(records)
    runs = with_restarts(records, cloud_runs(records, ids))
    releases = read_releases(records, ids, runs)
    runs = with_roots(with_versions(records, runs, releases), "parent_case", records.keep)
    runs = records.keep(runs, "rooted")
    actions, handlers, scopes = lookups(records, releases)
    rows = action_rows(records, runs, actions)
    found = sessions(records, ids, runs)
    items = queue_items(records)
    if not any(int(sink.con.execute(table.count())) for table in (runs, found, items)):
        raise InputError(
            "no run of a flow, no desktop session and no queue item is in the export",
            where=sink.record.path,
            fix="Export the table flowrun, or fetch the run history of the flows.",
        )
    _put_runs(records, ids, runs)
    put_activities(records, ids, rows, runs)
    put_attempts(records, rows)
    put_failures(records, rows, runs, handlers, scopes)
    put_sessions(records, ids, found)
    put_logs(records, found)
    put_items(records, items)
    put_releases(records, releases)
    _put_operations(records, runs)
    put_capabilities(records, Tables(runs, rows, found, items, releases, ids))


def _put_runs(records: Records, ids: FlowIds, runs: ibis.Table) -> None:
    """Fill ``cases`` and ``links`` with the runs of cloud flows."""
    import ibis

    sink = records.sink
    if count := int(sink.con.execute(runs.filter(runs.never).count())):
        sink.note("note", f"{count:,} runs were skipped by their trigger and never began: they are no cases")
    runs = runs.filter(~runs.never)
    if count := int(sink.con.execute(runs.filter(runs.process_key == UNKNOWN).count())):
        sink.note(
            "warning", f"of {count:,} runs the flow is not said: they count as one process",
            fix="Name it with process in [[input]], one file a flow, or give the answers as JSON.",
        )  # fmt: skip
    named = runs.left_join(ids.names, [("process_key", "named_key")])
    sink.put(
        "cases",
        named.select(
            "case_id", "process_key", "process_name", "process_version", "root_case_id", "restarted_from", "tenant",
            "start", "end", "state", "raw_ref",
            engine=ibis.literal(sink.record.engine),
            parent_case_id=named.parent_case,
            trigger=ibis.coalesce(ibis.ifelse(named.parent_case.notnull(), "call", ibis.null("string")), named.trigger),
        ),
    )  # fmt: skip
    put_calls(runs, sink, parent="parent_case", key="tracking", raw_ref="raw_ref")
    # runs that share a tracking id, each with the first of them
    first = runs.filter(runs.tracking.notnull()).group_by(shared="tracking").agg(
        first=ibis._.case_id.argmin(ibis._.start), n=ibis._.count()
    )  # fmt: skip
    first = first.filter(first.n > 1)
    traced = runs.join(first, [("tracking", "shared")])
    traced = traced.filter((traced.case_id != traced["first"]) & traced.parent_case.isnull())
    sink.put(
        "links",
        traced.select(
            from_case_id="first", to_case_id="case_id", kind=ibis.literal("trace-id"), key="tracking", raw_ref="raw_ref"
        ),
    )


def _put_operations(records: Records, runs: ibis.Table) -> None:
    """Fill ``operations`` with resubmissions: somebody had a run begin again, at the time the new one began."""
    import ibis

    again = runs.filter(runs.restarted_from.notnull() & runs.start.notnull())
    records.sink.put(
        "operations",
        again.select(
            operation=ibis.literal("Resubmit"), case_id="restarted_from", entity=ibis.literal("run"), at="start",
            operation_id="case_id", raw_ref="raw_ref",
        ),
    )  # fmt: skip
