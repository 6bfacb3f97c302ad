"""Temporal: histories of workflow runs, as the command line, the web interface and the SDKs write them."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.temporal.histories import is_history
from poanalyzer.ingest.temporal.log import read_log

_SURE = 0.98


class Temporal:
    """Temporal workflow histories."""

    id = "temporal"
    title = "Temporal workflow histories (temporal workflow show -o json, web downloads, SDK JSON; one file a run)"

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Claim all histories as one log: a run may go on in another file, or have its children there."""
        found = tuple(file for file in files if is_history(file))
        return [Claim(found, _SURE, "histories of Temporal workflow runs", engine="temporal")] if found else []

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the histories into the canonical tables."""
        read_log(claim.files, sink)
        sink.progress(1.0)


ADAPTER = Temporal()
