"""Camunda 8: exporter records, answers of its search interfaces, and Optimize's raw data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.adapter import Claim
from poanalyzer.ingest.camunda8.answered import read_answers
from poanalyzer.ingest.camunda8.forms import (
    answer_shape,
    by_folder,
    folder_of,
    is_empty_index,
    is_model,
    is_raw_data,
    nearest,
    record_shape,
)
from poanalyzer.ingest.camunda8.log import read_log
from poanalyzer.ingest.camunda8.rawdata import read_raw_data
from poanalyzer.ingest.files import InputFile

#: A little surer than those who claim the models of any folder: these exports' own models go with them.
_SURE = 0.985
#: The claim for answers that alone say nothing of what ran: a last resort, which says what to add.
_WITHOUT_INSTANCES = 0.06
_CENTRAL = ("process-instances", "element-instances")


class Camunda8:
    """Camunda 8 (Zeebe), in the three forms in which it gives out its history."""

    id = "camunda8"
    title = "Camunda 8 exporter records (NDJSON, Elasticsearch hits), REST v2 and Operate answers, Optimize raw data"

    def claim(self, files: Sequence[InputFile], settings: InputSettings) -> Sequence[Claim]:
        """Claim each folder's exporter records, search answers and raw data, each as one log, with the models nearest to it."""
        claims: dict[tuple[str, str], list[InputFile]] = {}
        groups = by_folder(files)
        for folder, group in groups.items():
            for file in group:
                if form := _form(file):
                    claims.setdefault((folder, form), []).append(file)
        homes = {folder for folder, _ in claims}
        for file in files:
            home = _home(file, homes, groups) if is_model(file) else None
            if home is not None:
                # records hold their models; what needs files most comes first
                form = min((f for folder, f in claims if folder == home), key=list(_FORMS).index)
                claims[home, form].append(file)
        return [self._claim(form, group) for (_, form), group in sorted(claims.items())]

    def _claim(self, form: str, group: list[InputFile]) -> Claim:
        confidence, why, _ = _FORMS[form]
        if form == "answers" and not any(_kind(file) in _CENTRAL for file in group):
            return Claim(tuple(group), _WITHOUT_INSTANCES, "Camunda 8 answers without instances", engine="camunda8")
        return Claim(tuple(group), confidence, why, engine="camunda8")

    def read(self, claim: Claim, settings: InputSettings, config: Config, sink: Sink) -> None:
        """Read the export into the canonical tables."""
        forms = {form for file in claim.files if (form := _form(file))}
        if len(forms) != 1:
            raise InputError(
                "neither exporter records nor search answers nor Optimize's raw data" if not forms else "several forms",
                where=sink.record.path,
                fix="Give exporter records (NDJSON), or JSON answers of process-instances and element-instances.",
            )
        _FORMS[forms.pop()][2](claim.files, sink)
        sink.progress(1.0)


_FORMS: dict[str, tuple[float, str, Callable[[Sequence[InputFile], Sink], None]]] = {
    "answers": (_SURE, "answers of Camunda 8's search interface", read_answers),
    "raw data": (_SURE, "raw data of Camunda Optimize", read_raw_data),
    "records": (_SURE, "records of a Zeebe exporter", read_log),
}


def _form(file: InputFile) -> str | None:
    if record_shape(file) or is_empty_index(file):
        return "records"
    if is_raw_data(file):
        return "raw data"
    return "answers" if answer_shape(file) else None


def _home(file: InputFile, homes: set[str], groups: Mapping[str, Sequence[InputFile]]) -> str | None:
    """Return the export that a model belongs to: that of its folder or one above, else the nearest.

    A folder with data of another kind keeps its models: it is an export of its own.
    """
    if not homes:
        return None
    folder, home = folder_of(file), nearest(homes, file)
    within = home == "." or folder == home or folder.startswith(f"{home}/")
    return home if within or all(is_model(f) for f in groups[folder]) else None


def _kind(file: InputFile) -> str | None:
    shape = answer_shape(file)
    return shape.kind if shape else None


ADAPTER = Camunda8()
