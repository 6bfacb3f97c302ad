"""Camunda 7: the history tables of its database as text tables, with the BPMN models beside them."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.definitions import definitions, deployments_of, lookup_tables
from poanalyzer.ingest.act.export import Export, staged_export
from poanalyzer.ingest.act.exports import find_exports, is_model
from poanalyzer.ingest.act.variables import put_variables
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.camunda7.activities import put_activity_instances
from poanalyzer.ingest.camunda7.capabilities import put_capabilities
from poanalyzer.ingest.camunda7.failures import put_attempts, put_incidents
from poanalyzer.ingest.camunda7.handled import put_handled
from poanalyzer.ingest.camunda7.instances import put_instances, usable_activities
from poanalyzer.ingest.camunda7.operations import put_operations
from poanalyzer.ingest.camunda7.tried import tried_instances
from poanalyzer.ingest.engine.definitions import put_definitions, read_model_files
from poanalyzer.ingest.files import InputFile

#: The claim for tables that alone say nothing of what ran: a last resort, which says what to add.
_WITHOUT_INSTANCES = 0.06


class Camunda7:
    """Camunda Platform 7 (and its forks that keep the tables), by SQL export."""

    id = "camunda7"
    title = "Camunda 7 history tables (ACT_HI_*, ACT_RE_*: CSV, SQL dump, REST answers, live) with BPMN models"

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Claim each folder with ACT_HI_PROCINST or ACT_HI_ACTINST, and the input's models; as a last resort, other tables."""
        found = find_exports(files)
        if found and not any(export.engine for export in found):
            tables = tuple(file for export in found for file in export.files)
            why = "part of a Camunda 7 export without ACT_HI_PROCINST and ACT_HI_ACTINST"
            return [Claim(tables, _WITHOUT_INSTANCES, why)]
        return [
            Claim(
                files=export.files,
                confidence=0.98,
                why=f"{export.tables} tables of a Camunda 7 database (ACT_HI_…)",
                engine="camunda7",
            )
            for export in found
            if export.engine == "camunda7"
        ]

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the export into the canonical tables."""
        export = staged_export(claim.files, settings.timezone or config.project.timezone, sink)
        if not export.has("HI_PROCINST") and not export.has("HI_ACTINST"):
            raise InputError(
                "neither ACT_HI_PROCINST nor ACT_HI_ACTINST is in the input",
                where=sink.record.path,
                fix="Export at least these two tables as CSV.",
            )
        _tell_absent(export, sink)
        export.refuse_if_empty()
        found = definitions(export, read_model_files(filter(is_model, claim.files), sink))
        keys, elements = lookup_tables(found, export)
        acts = usable_activities(export, elements, sink)
        cases = put_instances(export, acts, keys, sink)
        put_activity_instances(export, acts, elements, sink)
        tried = tried_instances(export, acts)
        put_attempts(export, tried, acts, sink)
        put_incidents(export, tried, acts, sink)
        put_handled(acts, cases, sink)
        put_definitions(deployments_of(found, export), sink, "ACT_RE_PROCDEF")
        put_operations(export, tried, sink)
        put_variables(export, sink)
        put_capabilities(export, cases, acts, found, sink)
        sink.progress(1.0)


def _tell_absent(export: Export, sink: Sink) -> None:
    """Say which of the two central tables is missing, and what cannot be known without it."""
    without = {
        "HI_PROCINST": "whether and how cases ended is unknown",
        "HI_ACTINST": "which activities ran, and when, is unknown",
    }
    for table, unknown in without.items():
        if not export.has(table):
            sink.note("warning", f"ACT_{table} is not in the input: {unknown}", "Export this table as well.")


ADAPTER = Camunda7()
