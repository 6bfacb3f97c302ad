"""Flowable and Activiti: the history tables of their databases, with the BPMN models beside them."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.definitions import definitions, deployments_of, lookup_tables
from poanalyzer.ingest.act.export import staged_export
from poanalyzer.ingest.act.exports import find_exports, is_model
from poanalyzer.ingest.act.variables import put_variables
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.engine.definitions import put_definitions, read_model_files
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.flowable.capabilities import put_capabilities
from poanalyzer.ingest.flowable.handled import fired_boundaries, put_dead_letters, put_handled
from poanalyzer.ingest.flowable.instances import put_activity_instances, put_instances, usable_activities
from poanalyzer.ingest.flowable.models import event_starts, leaving_flows
from poanalyzer.ingest.flowable.operations import put_operations


class Flowable:
    """Flowable 5 to 7 and Activiti 5 to 8, by SQL export, dump, REST answers or live."""

    id = "flowable"
    title = (
        "Flowable and Activiti history tables (ACT_HI_*, ACT_RE_*: CSV, SQL dump, REST answers, live) with BPMN models"
    )

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Claim each export whose tables have the columns of these engines."""
        return [
            Claim(
                files=export.files,
                confidence=0.98,
                why=f"{export.tables} tables of a Flowable or Activiti database (ACT_HI_…)",
                engine="flowable",
            )
            for export in find_exports(files)
            if export.engine == "flowable"
        ]

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the export into the canonical tables."""
        export = staged_export(claim.files, settings.timezone or config.project.timezone, sink)
        export.refuse_if_empty()
        sink.record.engine = "flowable" if export.has_column("HI_ACTINST", "TRANSACTION_ORDER_") else "activiti"
        found = definitions(export, read_model_files(filter(is_model, claim.files), sink))
        keys, elements = lookup_tables(found, export)
        acts, flows = usable_activities(export, sink)
        cases = put_instances(export, acts, keys, sink)
        fired = fired_boundaries(export, acts, flows, elements, leaving_flows(found, export))
        put_activity_instances(export, acts, fired, elements, sink)
        put_handled(acts, fired, elements, event_starts(found, export), sink)
        put_dead_letters(export, acts, sink)
        put_definitions(deployments_of(found, export), sink, "ACT_RE_PROCDEF")
        put_operations(export, acts, cases, sink)
        put_variables(export, sink)
        put_capabilities(export, cases, acts, found, sink)
        sink.progress(1.0)


ADAPTER = Flowable()
