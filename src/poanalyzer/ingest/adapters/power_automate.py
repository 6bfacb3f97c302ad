"""Power Automate: Dataverse tables, run history answers, logs of desktop flows, work queues, and the portal's CSV."""

from __future__ import annotations

from collections.abc import Sequence

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.power_automate.log import read_export
from poanalyzer.ingest.power_automate.portal import portal_columns, read_portal
from poanalyzer.ingest.power_automate.shapes import DESKTOP, QUEUES, RUNNING, Shape, shape

_SURE = 0.97
#: The claim for context without runs: a last resort, which says what to add.
_WITHOUT_RUNS = 0.06
#: A portal's table is known by words of its header and status alone: a little above what a plain table claims at most.
_PORTAL = 0.75


class PowerAutomate:
    """Microsoft Power Automate, in the forms in which it gives out what ran."""

    id = "power-automate"
    title = "Power Automate runs and actions (API and CLI JSON), Dataverse tables (CSV, OData), desktop flows, queues, portal CSV"

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Claim what tells of cloud flows, of desktop flows and of work queues as one log each, and each portal's table as one.

        They record different things, and what one cannot show must not count as absent in another. Context without runs
        (definitions, inventory) goes with desktop flows where these are all there is.
        """
        known = [(file, found) for file in files if (found := shape(file))]
        groups: dict[str, list[tuple[InputFile, Shape]]] = {}
        for file, found in known:
            groups.setdefault(_group(found), []).append((file, found))
        if "desktop" in groups and not _running(groups.get("cloud", [])):
            groups["desktop"] += groups.pop("cloud", [])
        claims = [_claim(group) for _, group in sorted(groups.items())]
        taken = {file.name for file, _ in known}
        claims += [
            Claim((file,), _PORTAL, "runs of one flow, from the portal", engine="power-automate", columns=columns)
            for file in files
            if file.name not in taken and (columns := portal_columns(file))
        ]
        return claims

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the claimed files into the canonical tables."""
        if len(claim.files) == 1 and shape(claim.files[0]) is None:
            read_portal(claim.files[0], settings, config, sink)
        else:
            read_export(claim.files, settings, config, sink)
        sink.progress(1.0)


def _group(found: Shape) -> str:
    return "desktop" if found.kind in DESKTOP else "queues" if found.kind in QUEUES else "cloud"


def _running(group: Sequence[tuple[InputFile, Shape]]) -> bool:
    return any(found.kind in RUNNING for _, found in group)


def _claim(group: Sequence[tuple[InputFile, Shape]]) -> Claim:
    kinds = ", ".join(sorted({found.kind for _, found in group}))
    answers = [file for file, found in group if found.kind in ("run", "action", "repetition")]
    logic_apps = bool(answers) and all(b"/providers/Microsoft.Logic/" in file.head for file in answers)
    running = _running(group)
    return Claim(
        tuple(file for file, _ in group),
        _SURE if running else _WITHOUT_RUNS,
        f"Power Automate: {kinds}" if running else f"Power Automate's {kinds} without runs",
        engine="logic-apps" if logic_apps else "power-automate",
    )


ADAPTER = PowerAutomate()
