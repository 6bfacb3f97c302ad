"""Which files make one export of tables ``ACT_*``, and which engine wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from poanalyzer.ingest.act.forms import held
from poanalyzer.ingest.files import InputFile

#: The tables without which nothing is known of what ran.
CENTRAL = ("HI_PROCINST", "HI_ACTINST")
#: Flowable and Activiti have tables of the same names. Columns that only Camunda 7 has in them …
_CAMUNDA7 = {
    "HI_PROCINST": {"PROC_DEF_KEY_", "STATE_", "ROOT_PROC_INST_ID_", "SUPER_CASE_INSTANCE_ID_"},
    "HI_ACTINST": {"PROC_DEF_KEY_", "PARENT_ACT_INST_ID_", "ACT_INST_STATE_", "SEQUENCE_COUNTER_"},
}
#: … and columns that, without those, mean one of the others.
_FLOWABLE = {
    "HI_PROCINST": {"REV_", "NAME_", "CALLBACK_ID_"},
    "HI_ACTINST": {"REV_", "TRANSACTION_ORDER_", "CALL_PROC_INST_ID_"},
}


@dataclass(frozen=True)
class FoundExport:
    """The files of one export: those of a folder (or one file with many tables), and the models nearest to it.

    ``engine`` is ``camunda7`` or ``flowable`` (Activiti too); None where neither central table is there.
    """

    files: tuple[InputFile, ...]
    engine: Literal["camunda7", "flowable"] | None
    tables: int


def find_exports(files: Sequence[InputFile]) -> list[FoundExport]:
    """Group files into exports: a folder is one export, in whatever forms; models go with the nearest that has instances."""
    groups: dict[str, list[InputFile]] = {}
    for file in files:
        if held(file):
            groups.setdefault(folder_of(file), []).append(file)
    engines = {folder: _engine(group) for folder, group in groups.items()}
    tables = {folder: sum(len(held(f)) for f in group) for folder, group in groups.items()}
    homes = sorted(folder for folder, engine in engines.items() if engine)
    for file in files:
        if homes and is_model(file):
            groups[max(homes, key=lambda folder: _shared(folder, folder_of(file)))].append(file)
    return [FoundExport(tuple(groups[folder]), engines[folder], tables[folder]) for folder in sorted(groups)]


def is_model(file: InputFile) -> bool:
    """Whether a file is a BPMN model by its name."""
    return file.suffix == ".bpmn" or file.name.lower().endswith((".bpmn20.xml", ".bpmn.xml"))


def _engine(group: Sequence[InputFile]) -> Literal["camunda7", "flowable"] | None:
    central = [(t, names) for file in group for t, names in held(file).items() if t in CENTRAL]
    if not central:
        return None
    if any(names & _CAMUNDA7[t] for t, names in central):
        return "camunda7"
    return "flowable" if any(names & _FLOWABLE[t] for t, names in central) else "camunda7"


def folder_of(file: InputFile) -> str:
    """Return the folder of a file, an archive being one."""
    return str(PurePosixPath(file.name.replace("!", "!/")).parent)


def _shared(one: str, other: str) -> int:
    parts = zip(PurePosixPath(one).parts, PurePosixPath(other).parts, strict=False)
    return sum(1 for a, b in parts if a == b)
