"""Histories of one export, read into the canonical tables."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.temporal.attributes import put_variables
from poanalyzer.ingest.temporal.capabilities import put_capabilities
from poanalyzer.ingest.temporal.cases import chained_runs, put_cases
from poanalyzer.ingest.temporal.events import Events
from poanalyzer.ingest.temporal.failures import failed_tries, put_attempts, put_exceptions
from poanalyzer.ingest.temporal.operations import put_definitions, put_operations, put_signals
from poanalyzer.ingest.temporal.work import put_activities, work_rows


def read_log(files: Sequence[InputFile], sink: Sink) -> None:
    """Read the histories of an export. Raises :class:`InputError` where no run is in them."""
    events = Events(files, sink)
    runs = chained_runs(events)
    cases = put_cases(events, runs)
    work = work_rows(events, runs)
    tries = failed_tries(events, work)
    put_activities(events, work, runs)
    put_attempts(events, tries)
    put_exceptions(events, work, runs)
    put_operations(events, runs)
    put_signals(events, runs)
    put_definitions(events, cases)
    put_variables(events, runs)
    put_capabilities(events, runs, cases, work, tries)
