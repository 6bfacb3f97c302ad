"""GitHub: deployments, workflow runs and jobs, as evidence of how the processes of other inputs are delivered."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.github_actions.log import read_export
from poanalyzer.ingest.github_actions.shapes import shape

_SURE = 0.97
#: The claim for statuses or commits of which no deployment or run is there: a last resort, which says what to add.
_ALONE = 0.06


class GithubActions:
    """Answers of GitHub's REST interface: no log of a process, but when changes of one went live."""

    id = "github-actions"
    title = "GitHub deployments with their statuses, workflow runs, jobs and commits (REST answers), beside an engine's export"

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Claim all of GitHub's answers as one input."""
        known = [(file, found) for file in files if (found := shape(file))]
        if not known:
            return []
        kinds = {found.kind for _, found in known}
        sure = bool(kinds & {"deployment", "run", "job"})
        why = f"GitHub's answers: {', '.join(sorted(kinds))}" + ("" if sure else " without deployments or runs")
        return [Claim(tuple(file for file, _ in known), _SURE if sure else _ALONE, why, engine="github", part="github")]

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the claimed files into the canonical table of deployments."""
        read_export(claim.files, settings, sink)
        sink.progress(1.0)


ADAPTER = GithubActions()
