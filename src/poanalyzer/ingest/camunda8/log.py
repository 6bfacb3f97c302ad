"""Exporter records of one export, read into the canonical tables."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.camunda8.capabilities import put_capabilities
from poanalyzer.ingest.camunda8.definitions import lookup_tables, recorded_definitions
from poanalyzer.ingest.camunda8.failures import incidents, put_attempts, put_incidents
from poanalyzer.ingest.camunda8.forms import is_model
from poanalyzer.ingest.camunda8.handled import put_handled
from poanalyzer.ingest.camunda8.instances import element_instances, put_cases, put_element_instances
from poanalyzer.ingest.camunda8.messages import put_messages
from poanalyzer.ingest.camunda8.operations import put_operations, put_variables
from poanalyzer.ingest.camunda8.records import Records
from poanalyzer.ingest.engine.definitions import put_definitions, read_model_files
from poanalyzer.ingest.files import InputFile


def read_log(files: Sequence[InputFile], sink: Sink) -> None:
    """Read the exporter records of one export. Raises :class:`InputError` where no process instance is among them."""
    records = Records(files, sink)
    if not records.has("PROCESS_INSTANCE"):
        raise InputError(
            "no PROCESS_INSTANCE records: nothing is known of what ran",
            where=sink.record.path,
            fix="Export the index zeebe-record_process-instance as well.",
        )
    instances = element_instances(records)
    models = read_model_files(filter(is_model, files), sink)
    found = recorded_definitions(records, instances, models, sink)
    keys, elements = lookup_tables(found, sink)
    cases = put_cases(records, instances, keys, sink)
    put_element_instances(records, instances, elements, sink)
    put_messages(records, instances, sink)
    raised = incidents(records, instances)
    put_attempts(records, sink)
    put_incidents(raised, sink)
    put_handled(instances, elements, sink)
    put_definitions(found, sink, "PROCESS")
    put_operations(records, instances, raised, sink)
    put_variables(records, sink)
    put_capabilities(records, instances, cases, found, sink)
